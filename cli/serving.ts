/** What commands that stay have in common: an address that must be free, and an end that must not take for ever. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { App } from '../src/app';
import type { Config } from '../src/config';
import { interrupted } from './interruption';
import { CommandFailed, EXIT_FAILURE, warn } from './output';

/** Throws a {@link CommandFailed} unless HOST and PORT can be listened on. */
export const demandFreePort = async ({ host, port }: Pick<Config, 'host' | 'port'>): Promise<void> => {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch (error) {
    throw new CommandFailed(portProblem(error as NodeJS.ErrnoException, host, port));
  }
  probe.close();
  await once(probe, 'close');
};

const portProblem = (error: NodeJS.ErrnoException, host: string, port: number): string => {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} is taken; set PORT to a free one, for example PORT=${port + 1}`;
    case 'EACCES':
      return `port ${port} may not be used by this user; set PORT to one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST ${host} is no address of this machine`;
    default:
      return `cannot listen on ${host}:${port}: ${error.message}`;
  }
};

/** Serves the API until the process is told to stop, and lets what is under way end. */
export const serveUntilInterrupted = async (
  app: App,
  startApi: (app: App, config: Config) => Promise<{ readonly url: string; close(): Promise<void> }>,
): Promise<void> => {
  const api = await startApi(app, app.config);
  app.logger.info({ url: api.url }, 'serving');
  await interrupted();
  app.logger.info('stopping');
  endWithin(app.config.shutdownTimeoutMs);
  await api.close();
};

/** Longer than any part of the program takes to close when it keeps to SHUTDOWN_TIMEOUT_MS. */
const MARGIN_MS = 2000;

/** From now on the process has `timeoutMs`, and a little, to end by itself; then it is ended. */
export const endWithin = (timeoutMs: number): void => {
  setTimeout(() => {
    warn(`work in hand did not end within ${timeoutMs / 1000} s and was cut off`);
    process.exit(EXIT_FAILURE);
  }, timeoutMs + MARGIN_MS).unref();
};
