/** A run over the portfolio whose worker is killed in the middle: another takes over, and nobody is rated twice. */
import { Client } from 'pg';
import { pino } from 'pino';
import { drawPortfolio } from '../../bench/support/portfolio';
import { asSystem, bootstrap, createApp, required, type App } from '../../src/app';
import { readConfig, type RedisConfig } from '../../src/config';
import { redisPrefixOf } from '../../src/platform/queue';
import type { RatingRun } from '../../src/ratings';
import { startWorker } from '../../workers/main';
import { useDatabase } from '../support/database';
import { startChild, type Child } from './support/child-process';
import { QUEUE_STORES, removeKeys } from './support/queue-stores';
import { until } from './support/until';
import type { WorkerChildOptions } from './support/worker-child';

const db = useDatabase();
const by = asSystem('cli', 'test');
const CUSTOMERS = 16_000;

const openApp = (redis: RedisConfig | null): Promise<App> =>
  createApp({
    config: { ...readConfig({}), redis, auth: { kind: 'none' } },
    databaseUrl: db.appUrl,
    logger: pino({ level: 'silent' }),
  });

beforeAll(async () => {
  const app = await openApp(null);
  await bootstrap(app);
  await app.close();
  const owner = new Client({ connectionString: db.ownerUrl });
  await owner.connect();
  await drawPortfolio(owner, { customers: CUSTOMERS });
  await owner.end();
}, 120_000);

// A Cluster differs in how it is spoken to, which the tests of the queue cover.
describe.each(QUEUE_STORES.filter((store) => store.name !== 'Redis Cluster'))('with the queue on $name', (store) => {
  let redis: RedisConfig | null = null;
  let app: App;
  const children: Child[] = [];

  const startWorkerProcess = (): Child => {
    const child = startChild('worker-child.ts', { databaseUrl: db.appUrl, redis } satisfies WorkerChildOptions);
    children.push(child);
    return child;
  };
  const read = async (runId: string): Promise<RatingRun> => {
    const [run] = await app.ratings.queries.runsByIds(by.actor, [runId]);
    if (run === undefined) throw new Error('the run is not there');
    return run;
  };

  beforeAll(async () => {
    redis = await store.start();
    app = await openApp(redis);
  });
  afterAll(async () => {
    await Promise.all(children.map((child) => child.kill()));
    await removeKeys(redis, await redisPrefixOf(app.database));
    await app.close();
    await store.stop();
  });

  it('is completed by a second worker after the first was killed, everybody rated once', async () => {
    const { runId } = required(await app.ratings.startRun(by));
    const first = startWorkerProcess();
    await until('the first chunks', async () => (await read(runId)).chunksDone >= 2);
    await first.kill();
    expect(await read(runId)).toMatchObject({ state: 'RUNNING' });

    startWorkerProcess();
    await until('the end of the run', async () => (await read(runId)).state === 'COMPLETED', 100_000);
    const run = await read(runId);
    expect(run).toMatchObject({ rated: CUSTOMERS, parked: 0, chunksDone: run.chunks });
    expect(
      await db.asOwner(
        'SELECT count(*)::int AS ratings, count(DISTINCT customer_id)::int AS customers FROM rating WHERE run_id = $1',
        [runId],
      ),
    ).toEqual([{ ratings: CUSTOMERS, customers: CUSTOMERS }]);
    const events = await db.asOwner<{ action: string; count: number }>(
      `SELECT action, count(*)::int AS count FROM audit_event WHERE object_id = $1 AND action LIKE 'ratingRun.%'
       GROUP BY action ORDER BY action`,
      [runId],
    );
    expect(events).toEqual([
      { action: 'ratingRun.chunkRated', count: run.chunks },
      { action: 'ratingRun.completed', count: 1 },
      { action: 'ratingRun.sealed', count: 1 },
      { action: 'ratingRun.started', count: 1 },
    ]);
  }, 180_000);

  it('stops in good order: what is at work is finished or handed back', async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    const { runId } = required(await app.ratings.startRun(by));
    const worker = await startWorker(app);
    expect(worker.store).toBe(redis === null ? 'postgres' : 'redis');
    await until('the first chunk', async () => (await read(runId)).chunksDone >= 1);
    await worker.close();
    expect(await read(runId)).toMatchObject({ state: 'RUNNING' });

    const next = await startWorker(app);
    await until('the end of the run', async () => (await read(runId)).state === 'COMPLETED', 100_000);
    await next.close();
    expect(await read(runId)).toMatchObject({ rated: CUSTOMERS, parked: 0 });
  }, 180_000);
});
