/** An API process on a test database that ends as `tierwarden api` does. Prints its address. */
import { pino } from 'pino';
import { installInterruption } from '../../../cli/interruption';
import { serveUntilInterrupted } from '../../../cli/serving';
import { startApi } from '../../../graphql/server';
import { createApp } from '../../../src/app';
import { readConfig } from '../../../src/config';

export interface ServingChildOptions {
  readonly databaseUrl: string;
  readonly home: string;
}

const run = async ({ databaseUrl, home }: ServingChildOptions): Promise<void> => {
  const app = await createApp({
    config: { ...readConfig({ TIERWARDEN_HOME: home }), port: 0 },
    databaseUrl,
    logger: pino({ level: 'warn' }, pino.destination(2)),
  });
  await serveUntilInterrupted(app, async (served, config) => {
    const api = await startApi(served, config);
    process.stdout.write(`${api.url}\n`);
    return api;
  });
  await app.close();
};

installInterruption();
void run(JSON.parse(process.argv[2] ?? '') as ServingChildOptions);
