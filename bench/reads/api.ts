/** One API process as in daily life, told over IPC where its database is; it answers with its port and a token. */
import { pino } from 'pino';
import { startApi } from '../../graphql/server';
import { createApp } from '../../src/app';
import type { Config } from '../../src/config';

interface Order {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly subject: string;
}

const serve = async ({ config, databaseUrl, subject }: Order): Promise<void> => {
  const app = await createApp({
    config,
    databaseUrl,
    logger: pino({ level: 'warn' }, pino.destination(2)),
    timeouts: config,
  });
  const api = await startApi(app, { host: '127.0.0.1', port: 0 });
  const token = await app.tokens?.issue?.(subject, 24 * 60);
  process.send?.({ port: Number(new URL(api.url).port), token });
};

process.once('message', (message) => {
  void serve(message as Order);
});
process.on('message', (message) => {
  if (message !== 'memory') return;
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ resident: rss / 1e6, heap: heapUsed / 1e6 });
});
process.once('disconnect', () => process.exit());
