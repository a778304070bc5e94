/** What commands that stay have in common: an address that must be free, and an end that must not take for ever. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../src/config';
import { CommandFailed } from './output';

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

/** Waits for an ending, but no longer than `timeoutMs`; then throws a {@link CommandFailed}. */
export const within = async (timeoutMs: number, ending: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CommandFailed(`work in hand did not end within ${timeoutMs / 1000} s and was cut off`)),
      timeoutMs,
    );
  });
  try {
    await Promise.race([ending, overdue]);
  } finally {
    clearTimeout(timer);
  }
};
