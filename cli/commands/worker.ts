/** `tierwarden worker`: one worker process, until it is told to stop. Any number of them share the work. */
import type { Command } from 'commander';
import { loadConfig } from '../../src/config';
import { startWorker } from '../../workers/main';
import { keepHeapSmall } from '../../workers/own-process';
import { interrupted } from '../interruption';
import { demandDatabase, demandRedis } from '../reachable';
import { endWithin } from '../serving';
import { withApp } from '../with-app';

export const register = (program: Command): void => {
  program.command('worker').description('work on jobs: rating runs, expiries').action(runWorker);
};

const runWorker = async (): Promise<void> => {
  keepHeapSmall();
  const config = loadConfig();
  await demandDatabase(config);
  await demandRedis(config);
  await withApp(
    config,
    async (app) => {
      const worker = await startWorker(app);
      app.logger.info({ queue: worker.store }, 'working');
      await interrupted();
      app.logger.info('stopping');
      endWithin(config.shutdownTimeoutMs);
      await worker.close();
    },
    {
      process: 'worker',
      logLevel: 'info',
      timeouts: { idleInTransactionTimeoutMs: config.idleInTransactionTimeoutMs },
    },
  );
};
