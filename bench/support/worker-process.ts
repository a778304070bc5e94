/** A worker process for measurements, as `tierwarden worker` runs it: ready when it says so, ended by a message, which it answers with its peak of memory. */
import { pino } from 'pino';
import { createApp } from '../../src/app';
import type { Config } from '../../src/config';
import { startWorker } from '../../workers/main';
import { keepHeapSmall } from '../../workers/own-process';

export interface WorkerOrder {
  readonly config: Config;
  readonly databaseUrl: string;
}

export type WorkerWord = 'ready' | { readonly peakMiB: number };

const tell = (word: WorkerWord): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(word, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
  });

const run = async ({ config, databaseUrl }: WorkerOrder): Promise<void> => {
  keepHeapSmall();
  const logger = pino({ level: 'warn' }, pino.destination(2));
  const app = await createApp({ config, databaseUrl, logger, process: 'worker' });
  const worker = await startWorker(app);
  process.once('message', () => {
    void (async () => {
      await worker.close();
      await app.close();
      // Kilobytes, the highest that the process ever held.
      await tell({ peakMiB: process.resourceUsage().maxRSS / 1024 });
      process.exit();
    })();
  });
  await tell('ready');
};

void run(JSON.parse(process.argv[2] ?? '') as WorkerOrder);
