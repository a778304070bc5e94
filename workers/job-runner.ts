/**
 * Runs what the tables of handlers and schedules say, for any application object: the relay, one queue worker per queue,
 * one timer per schedule. It decides nothing about the work itself; a handler calls one command and that is all.
 */
import type { Logger } from 'pino';
import type { Json } from '../src/kernel/canonical-json';
import { messageKey } from '../src/kernel/refusal';
import type { Result } from '../src/kernel/result';
import type { Database } from '../src/platform/database';
import {
  FinalJobError,
  QUEUE_NAMES,
  type JobQueue,
  type QueueBackend,
  type QueuedJob,
  type QueueName,
} from '../src/platform/queue';
import { untraced, type Tracing } from '../src/platform/tracing';
import { startOutboxRelay } from './outbox-relay';
import { QUEUES, RECOVERY } from './queues';

export interface JobContext {
  /** Idempotency key given by whoever enqueued the job. */
  readonly jobKey: string;
  readonly requestId: string;
}

export interface JobHandler<App> {
  readonly queue: QueueName;
  /** Calls one idempotent command. A refusal is final, a throw is tried again. */
  readonly run: (app: App, payload: Json, context: JobContext) => Promise<Result<unknown>>;
}

/** Kind of job → handler. */
export type JobHandlers<App> = Readonly<Record<string, JobHandler<App>>>;

export interface Schedule<App> {
  readonly name: string;
  readonly everyMs: number;
  /** Asks PostgreSQL what is due and does it: ticks may be lost, doubled or late. */
  readonly tick: (app: App, requestId: string) => Promise<Result<unknown>>;
}

export interface RunnerDeps<App> {
  readonly app: App;
  readonly handlers: JobHandlers<App>;
  readonly schedules: readonly Schedule<App>[];
  readonly database: Database;
  readonly tracing?: Tracing;
  readonly databaseUrl: string;
  readonly backend: QueueBackend;
  readonly log: Logger;
  readonly newId: () => string;
  /** Jobs at a time in the queues that leave it to the configuration. */
  readonly concurrency: number;
  /** Time that jobs at work get to finish when the runner is closed. */
  readonly graceMs: number;
  /** Overrides how soon the jobs of a dead worker are found. */
  readonly recovery?: { readonly lockMs: number; readonly stalledCheckMs: number };
}

export interface Runner {
  /** Stops taking work, lets what is running finish or hands it back, and resolves when nothing is left. */
  close(): Promise<void>;
}

export const startJobRunner = <App>(deps: RunnerDeps<App>): Runner => {
  const queues = new Map<QueueName, JobQueue>(
    QUEUE_NAMES.map((name) => [name, deps.backend.queue(name, QUEUES[name])]),
  );
  const routes = new Map<string, JobQueue>();
  for (const [kind, handler] of Object.entries(deps.handlers)) {
    const queue = queues.get(handler.queue);
    if (queue !== undefined) routes.set(kind, queue);
  }
  const workers = QUEUE_NAMES.map((name) => {
    const { concurrency } = QUEUES[name];
    return deps.backend.work(
      name,
      {
        concurrency: concurrency === 'CONFIGURED' ? deps.concurrency : concurrency,
        ...(deps.recovery ?? RECOVERY),
        onError: (error) => deps.log.warn({ err: error, queue: name }, 'queue fault'),
      },
      (job) => runTraced(deps, name, job),
    );
  });
  const relay = startOutboxRelay({
    database: deps.database,
    databaseUrl: deps.databaseUrl,
    backend: deps.backend,
    routes,
    log: deps.log,
  });
  const timers = deps.schedules.map((schedule) => startTimer(deps, schedule));
  return {
    close: async () => {
      await Promise.all([
        ...timers.map((timer) => timer.close()),
        relay.close(),
        ...workers.map((worker) => worker.close(deps.graceMs)),
      ]);
    },
  };
};

interface JobData {
  readonly payload: Json;
  readonly jobKey: string;
  readonly requestId: string;
  /** Absent from jobs of releases that did not trace. */
  readonly traceParent?: string | null;
}

/**
 * In the trace of what enqueued it, however long ago that was. The queue's own instrumentation would follow the relay, not the
 * request, and open a span for each of its polls.
 */
const runTraced = <App>(deps: RunnerDeps<App>, queue: QueueName, job: QueuedJob): Promise<void> => {
  const { requestId, traceParent } = job.data as unknown as JobData;
  const attributes = {
    'messaging.system': 'bullmq',
    'messaging.destination.name': queue,
    'messaging.message.id': job.id,
    'tierwarden.request_id': requestId,
  };
  const { tracing = untraced } = deps;
  return tracing.span(`job ${job.name}`, { kind: 'consumer', parent: traceParent, attributes }, () =>
    runJob(deps, job),
  );
};

const runJob = async <App>(deps: RunnerDeps<App>, job: QueuedJob): Promise<void> => {
  const { payload, jobKey, requestId } = job.data as unknown as JobData;
  const log = deps.log.child({ job: job.name, jobKey, requestId });
  const handler = deps.handlers[job.name];
  // Thrown as a fault, so that a worker of a newer version can take it at the next try.
  if (handler === undefined) throw new Error(`no handler for ${job.name}`);
  const startedMs = performance.now();
  try {
    const result = await handler.run(deps.app, payload, { jobKey, requestId });
    const durationMs = Math.round(performance.now() - startedMs);
    if (result.ok) {
      log.info({ durationMs }, 'job done');
      return;
    }
    log.warn({ durationMs, refusal: messageKey(result.refusal) }, result.refusal.message);
    throw new FinalJobError(`${messageKey(result.refusal)}: ${result.refusal.message}`);
  } catch (error) {
    if (!(error instanceof FinalJobError)) log.error({ err: error }, 'job failed');
    throw error;
  }
};

/** A plain timer in every process: unlike a scheduler entry kept in a queue, it cannot vanish or be left behind. */
const startTimer = <App>(deps: RunnerDeps<App>, schedule: Schedule<App>): Runner => {
  let running: Promise<void> | null = null;
  const tick = (): void => {
    running ??= runTick(deps, schedule).finally(() => {
      running = null;
    });
  };
  const timer = setInterval(tick, schedule.everyMs);
  tick();
  return {
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
};

const runTick = async <App>(deps: RunnerDeps<App>, schedule: Schedule<App>): Promise<void> => {
  const requestId = `${schedule.name}:${deps.newId()}`;
  const log = deps.log.child({ schedule: schedule.name, requestId });
  try {
    const { tracing = untraced } = deps;
    const attributes = { 'tierwarden.request_id': requestId };
    const result = await tracing.span(`schedule ${schedule.name}`, { attributes }, () =>
      schedule.tick(deps.app, requestId),
    );
    if (!result.ok) log.warn({ refusal: messageKey(result.refusal) }, result.refusal.message);
  } catch (error) {
    log.error({ err: error }, 'schedule failed; the next tick tries again');
  }
};
