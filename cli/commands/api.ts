/** `tierwarden api`: one API process, until it is told to stop. Any number of them may run beside one another. */
import type { Command } from 'commander';
import { startApi } from '../../graphql/server';
import { loadConfig, requireSignIn } from '../../src/config';
import { interrupted } from '../interruption';
import { demandDatabase } from '../reachable';
import { demandFreePort, endWithin } from '../serving';
import { withApp } from '../with-app';

export const register = (program: Command): void => {
  program.command('api').description('serve the GraphQL API on HOST and PORT').action(runApi);
};

const runApi = async (): Promise<void> => {
  const config = loadConfig();
  await demandDatabase(config);
  requireSignIn(config);
  await demandFreePort(config);
  await withApp(
    config,
    async (app) => {
      const api = await startApi(app, config);
      app.logger.info({ url: api.url }, 'serving');
      await interrupted();
      app.logger.info('stopping');
      endWithin(config.shutdownTimeoutMs);
      await api.close();
    },
    { process: 'api', logLevel: 'info', timeouts: config },
  );
};
