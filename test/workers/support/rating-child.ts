/** A worker process for runs that others will kill: jobs of the dead are found within a second. Prints one line when it is at work. */
import { pino } from 'pino';
import { createApp } from '../../../src/app';
import { readConfig } from '../../../src/config';
import { createQueueBackend } from '../../../src/platform/queue';
import { startJobRunner } from '../../../workers/job-runner';
import { RATING_HANDLERS } from '../../../workers/ratings.worker';

export interface RatingChildOptions {
  readonly databaseUrl: string;
}

const run = async ({ databaseUrl }: RatingChildOptions): Promise<void> => {
  const log = pino({ level: 'silent' });
  const app = await createApp({
    config: { ...readConfig({}), auth: { kind: 'none' } },
    databaseUrl,
    logger: log,
    process: 'worker',
  });
  const backend = createQueueBackend({
    redis: null,
    redisPrefix: 'fire',
    databaseUrl,
    applicationName: 'rating-child',
  });
  await backend.ping();
  startJobRunner({
    app,
    handlers: RATING_HANDLERS,
    schedules: [],
    database: app.database,
    databaseUrl,
    backend,
    log,
    newId: app.newId,
    concurrency: 2,
    graceMs: 1_000,
    recovery: { lockMs: 1_000, stalledCheckMs: 300 },
  });
  process.stdout.write('working\n');
};

// The database goes away under its feet; whether it ends by that or comes through, others take over.
process.on('unhandledRejection', () => process.exit(1));
process.on('uncaughtException', () => process.exit(1));

void run(JSON.parse(process.argv[2] ?? '') as RatingChildOptions);
