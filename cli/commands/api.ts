/** `tierwarden api`: one API process, until it is told to stop. Any number of them may run beside one another. */
import type { Command } from 'commander';
import { loadConfig, requireSignIn } from '../../src/config';
import { demandDatabase } from '../reachable';
import { demandFreePort, serveUntilInterrupted } from '../serving';
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
      // Commands that serve nothing do without the half of the program that it brings along.
      const { startApi } = await import('../../graphql/server.js');
      await serveUntilInterrupted(app, startApi);
    },
    { process: 'api', logLevel: 'info', timeouts: config },
  );
};
