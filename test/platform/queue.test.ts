/** The queue: the same promises on every store. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { readConfig, type RedisConfig } from '../../src/config';
import {
  createQueueBackend,
  FinalJobError,
  migrateQueueSchema,
  type JobWorker,
  type QueueBackend,
  type QueuedJob,
} from '../../src/platform/queue';
import { useDatabase } from '../support/database';
import { describeAbsentStores, QUEUE_STORES, removeKeys, uniquePrefix } from '../workers/support/queue-stores';
import { until } from '../workers/support/until';

const db = useDatabase();
const RETRY = { attempts: 3, backoffMs: 10 };

describeAbsentStores();

describe.each(QUEUE_STORES)('queue on $name', (store) => {
  let redis: RedisConfig | null = null;
  let prefix = '';
  let backend: QueueBackend;
  const workers: JobWorker[] = [];
  const faults: Error[] = [];

  const open = (): QueueBackend =>
    createQueueBackend({
      redis,
      redisPrefix: prefix,
      databaseUrl: db.appUrl,
      applicationName: 'queue-test',
    });

  const work = (name: string, handle: (job: QueuedJob) => Promise<void>, on: QueueBackend = backend): JobWorker => {
    const settings = {
      concurrency: 2,
      lockMs: 1_000,
      stalledCheckMs: 300,
      onError: (error: Error) => faults.push(error),
    };
    const worker = on.work(name, settings, handle);
    workers.push(worker);
    return worker;
  };

  beforeAll(async () => {
    redis = await store.start();
    prefix = uniquePrefix();
    // A cloned database has not the grants of its template.
    await db.asOwner(`GRANT CREATE ON DATABASE ${db.name} TO tierwarden_owner`);
    await migrateQueueSchema(db.ownerUrl, ['handover', 'dedup', 'retry', 'final', 'graceful', 'abandoned']);
    backend = open();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close(1_000)));
  });
  afterAll(async () => {
    await backend.close();
    await removeKeys(redis, prefix);
    await store.stop();
  });

  it('answers a ping', async () => {
    await backend.ping();
    expect(backend.store).toBe(redis === null ? 'postgres' : 'redis');
  });

  it('hands over every job with its id, name and data', async () => {
    const queue = backend.queue('handover', RETRY);
    const jobs = [1, 2, 3].map((n) => ({ id: `job-${n}`, name: 'test', data: { n, nested: [{ yes: true }, null] } }));
    const got: QueuedJob[] = [];
    work('handover', async (job) => {
      got.push(job);
    });
    await queue.add(jobs);
    await until('three jobs', async () => got.length === 3);
    expect(got.sort((a, b) => a.id.localeCompare(b.id))).toEqual(jobs);
  });

  it('takes one id once: while it waits, and after it is done', async () => {
    const queue = backend.queue('dedup', RETRY);
    const ran: string[] = [];
    await queue.add([{ id: 'same-1', name: 'test', data: 1 }]);
    await queue.add([{ id: 'same-1', name: 'test', data: 1 }]);
    work('dedup', async (job) => {
      ran.push(job.id);
    });
    await until('done', async () => (await queue.counts()).completed === 1);
    await queue.add([
      { id: 'same-1', name: 'test', data: 1 },
      { id: 'other-1', name: 'test', data: 1 },
    ]);
    await until('the other one', async () => (await queue.counts()).completed === 2);
    expect(ran).toEqual(['same-1', 'other-1']);
  });

  it('tries a throwing job again, and keeps it among the failed when the attempts are used up', async () => {
    const queue = backend.queue('retry', RETRY);
    let runs = 0;
    work('retry', async () => {
      runs++;
      throw new Error('not yet');
    });
    await queue.add([{ id: 'retry-1', name: 'test', data: null }]);
    await until('failed', async () => (await queue.counts()).failed === 1);
    expect(runs).toBe(RETRY.attempts);
  });

  it('does not try a finally failed job again', async () => {
    const queue = backend.queue('final', RETRY);
    let runs = 0;
    work('final', async () => {
      runs++;
      throw new FinalJobError('never');
    });
    await queue.add([{ id: 'final-1', name: 'test', data: null }]);
    await until('failed', async () => (await queue.counts()).failed === 1);
    expect(runs).toBe(1);
  });

  it('lets a job at work finish when its worker closes in time', async () => {
    const queue = backend.queue('graceful', RETRY);
    let release = (): void => undefined;
    let started = false;
    const worker = work('graceful', async () => {
      started = true;
      await new Promise<void>((resolve) => (release = resolve));
    });
    await queue.add([{ id: 'slow-1', name: 'test', data: null }]);
    await until('start', async () => started);
    const closing = worker.close(30_000);
    release();
    await closing;
    expect(await queue.counts()).toMatchObject({ completed: 1, active: 0, failed: 0 });
  });

  it('hands a job to another worker when its own leaves without finishing', async () => {
    const queue = backend.queue('abandoned', RETRY);
    const leaver = open();
    let abandoned = false;
    let taken = false;
    const first = leaver.work(
      'abandoned',
      { concurrency: 1, lockMs: 1_000, stalledCheckMs: 300, onError: () => undefined },
      async () => {
        abandoned = true;
        await new Promise(() => undefined);
      },
    );
    await queue.add([{ id: 'slow-2', name: 'test', data: null }]);
    await until('first start', async () => abandoned);
    await first.close(50);
    await leaver.close();
    work('abandoned', async () => {
      taken = true;
    });
    await until('second start', async () => taken);
    await until('completed', async () => (await queue.counts()).completed === 1);
    expect(await queue.counts()).toMatchObject({ failed: 0, active: 0 });
  });
});

describe('an outage', () => {
  it.each([
    ['Redis', readConfig({ REDIS_URL: 'redis://127.0.0.1:1' }).redis],
    ['a Redis Cluster', readConfig({ REDIS_URL: 'redis+cluster://127.0.0.1:1' }).redis],
    ['PostgreSQL', null],
  ])('of %s fails the ping instead of hanging it', async (_, redis) => {
    const backend = createQueueBackend({
      redis,
      databaseUrl: 'postgres://127.0.0.1:1/none',
      applicationName: 'queue-test',
    });
    await expect(backend.ping()).rejects.toThrow();
    await backend.close();
  });
});

it('a worker whose database is away at first comes to its jobs, and lets the process breathe till then', async () => {
  const name = 'late';
  await db.asOwner(`GRANT CREATE ON DATABASE ${db.name} TO tierwarden_owner`);
  await migrateQueueSchema(db.ownerUrl, [name]);
  const { hostname, port } = new URL(db.appUrl);
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(Number(port || 5432), hostname);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  const away = createServer().listen(0, '127.0.0.1');
  await once(away, 'listening');
  const address = away.address() as AddressInfo;
  await new Promise((resolve) => away.close(resolve));

  const url = new URL(db.appUrl);
  url.host = `127.0.0.1:${address.port}`;
  const settings = { redis: null, redisPrefix: '', applicationName: 'queue-test' };
  const late = createQueueBackend({ ...settings, databaseUrl: url.toString() });
  const prompt = createQueueBackend({ ...settings, databaseUrl: db.appUrl });
  const done: string[] = [];
  const onError = jest.fn();
  const worker = late.work(
    name,
    { concurrency: 1, lockMs: 1_000, stalledCheckMs: 300, onError },
    async ({ id }) => void done.push(id),
  );
  await prompt.queue(name, RETRY).add([{ id: 'job', name: 'late', data: {} }]);
  proxy.listen(address.port, '127.0.0.1');
  await until('the job is done', async () => done.length === 1);
  expect(onError.mock.calls.length).toBeLessThan(10);
  await worker.close(1_000);
  await Promise.all([late.close(), prompt.close()]);
  for (const socket of sockets) socket.destroy();
  proxy.close();
});
