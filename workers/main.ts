/**
 * The worker: everything that happens without somebody asking at that moment. It runs inside any process that has the
 * application, beside the API or alone, and any number of them run beside one another.
 */
import { asSystem, type App } from '../src/app';
import { createQueueBackend, redisPrefixOf } from '../src/platform/queue';
import { listenReratings } from '../src/ratings';
import { startSequencer } from './audit-sequencer';
import { startJobRunner, type JobHandlers } from './job-runner';
import { RATING_HANDLERS } from './ratings.worker';
import { TIER_HANDLERS } from './tiers.worker';
import { startReratingLoop } from './rerating-loop';
import { SCHEDULES } from './schedules';

const HANDLERS: JobHandlers<App> = { ...RATING_HANDLERS, ...TIER_HANDLERS };

export interface Worker {
  /** Where jobs wait, for the log. */
  readonly store: 'redis' | 'postgres';
  /**
   * Takes nothing more, lets jobs at work finish within three quarters of the configured shutdown time and leaves the rest
   * to other workers. The application stays open.
   */
  close(): Promise<void>;
}

/** Throws when the queue cannot be reached. */
export const startWorker = async (app: App): Promise<Worker> => {
  const { config, databaseUrl, database, logger, newId } = app;
  const backend = createQueueBackend({
    redis: config.redis,
    redisPrefix: await redisPrefixOf(database),
    databaseUrl,
    applicationName: 'tierwarden-worker',
  });
  try {
    await backend.ping();
  } catch (error) {
    await backend.close();
    throw new Error(`queue unreachable: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const runner = startJobRunner({
    app,
    handlers: HANDLERS,
    schedules: SCHEDULES,
    database,
    tracing: app.tracing,
    databaseUrl,
    backend,
    log: logger.child({ part: 'worker' }),
    newId,
    concurrency: config.workerConcurrency,
    graceMs: config.shutdownTimeoutMs * 0.75,
  });
  const sequencer = startSequencer(() => app.audit.log.sequencer.append(), logger.child({ part: 'audit-log' }));
  const reratings = startReratingLoop({
    next: () => app.ratings.rerateNext(asSystem('rating-worker', `rerating:${newId()}`)),
    nextAt: () => app.ratings.nextReratingAt(),
    listen: (onAsked) => listenReratings(databaseUrl, onAsked),
    clock: app.clock,
    log: logger.child({ part: 're-rating' }),
  });
  return {
    store: backend.store,
    close: async () => {
      await reratings.close();
      await sequencer.close();
      await runner.close();
      await backend.close();
    },
  };
};
