/** A whole worker process on a test database, as `tierwarden worker` runs it; lives until it is killed. */
import { pino } from 'pino';
import { createApp } from '../../../src/app';
import { readConfig, type RedisConfig, type TracingConfig } from '../../../src/config';
import { startWorker } from '../../../workers/main';

export interface WorkerChildOptions {
  readonly databaseUrl: string;
  readonly redis: RedisConfig | null;
  readonly tracing?: TracingConfig;
}

const run = async ({ databaseUrl, redis, tracing }: WorkerChildOptions): Promise<void> => {
  const app = await createApp({
    config: { ...readConfig({}), redis, tracing: tracing ?? null, auth: { kind: 'none' } },
    databaseUrl,
    logger: pino({ level: 'warn' }, pino.destination(2)),
    process: 'worker',
  });
  await startWorker(app);
};

void run(JSON.parse(process.argv[2] ?? '') as WorkerChildOptions);
