/**
 * An API process of its own on a test database, which can be told to halt around the commit of a mutation so that a test
 * can kill it there. Prints its address, then one line when it has halted.
 */
import { pino } from 'pino';
import type { PoolClient } from 'pg';
import { startApi } from '../../graphql/server';
import { createApp, type App } from '../../src/app';
import { readConfig } from '../../src/config';

export const HALTS = ['BEFORE_COMMIT', 'AFTER_COMMIT'] as const;
export type Halt = (typeof HALTS)[number];

export interface ApiChildOptions {
  readonly databaseUrl: string;
  readonly home: string;
  readonly haltAt: Halt;
}

const run = async ({ databaseUrl, home, haltAt }: ApiChildOptions): Promise<void> => {
  const app = await createApp({
    config: readConfig({ TIERWARDEN_HOME: home }),
    databaseUrl,
    logger: pino({ level: 'warn' }, pino.destination(2)),
  });
  haltCommits(app, haltAt);
  const server = await startApi(app, { port: 0, host: '127.0.0.1' });
  process.stdout.write(`${server.url}\n`);
};

const haltCommits = ({ database: { dataSource } }: App, haltAt: Halt): void => {
  const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (mode) => {
    const runner = createQueryRunner(mode);
    const connect = runner.connect.bind(runner);
    runner.connect = async () => {
      const client = (await connect()) as Pick<PoolClient, 'query'>;
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      const halting = async (...args: unknown[]): Promise<never> => {
        if (haltAt === 'AFTER_COMMIT') await query(...args);
        process.stdout.write('halted\n');
        return new Promise<never>(() => undefined);
      };
      const halted = (...args: unknown[]): unknown => (args[0] === 'COMMIT' ? halting : query)(...args);
      return Object.assign(client, { query: halted });
    };
    return runner;
  };
};

if (require.main === module) void run(JSON.parse(process.argv[2] ?? '') as ApiChildOptions);
