/** From a committed outbox row to a handled job, and the timers beside it. */
import pino from 'pino';
import type { Json } from '../../src/kernel/canonical-json';
import { refuse } from '../../src/kernel/refusal';
import { ok, type Result } from '../../src/kernel/result';
import { createQueueBackend, type QueueBackend } from '../../src/platform/queue';
import { startJobRunner, type JobContext, type Runner, type Schedule } from '../../workers/job-runner';
import { useDatabase } from '../support/database';
import { QUEUE_STORES, removeKeys, uniquePrefix } from './support/queue-stores';
import { asSystem } from './support/system';
import { until } from './support/until';

const db = useDatabase();

describe.each(QUEUE_STORES)('job runner with the queue on $name', (store) => {
  let backend: QueueBackend;
  let runner: Runner | null = null;
  let clean = async (): Promise<void> => undefined;
  const app = { calls: [] as { payload: Json; context: JobContext }[] };
  const logged: string[] = [];

  const start = (
    run: (attempt: number) => Promise<Result<unknown>>,
    schedules: readonly Schedule<typeof app>[] = [],
  ): void => {
    runner = startJobRunner({
      app,
      handlers: {
        'test.known': {
          queue: 'command',
          run: (given, payload, context) => {
            given.calls.push({ payload, context });
            return run(given.calls.length);
          },
        },
      },
      schedules,
      database: db.database,
      databaseUrl: db.appUrl,
      backend,
      log: pino({ level: 'info' }, { write: (line: string) => logged.push(line) }),
      newId: db.newId,
      concurrency: 2,
      graceMs: 5_000,
    });
  };

  const enqueue = async (kind: string, payload: Json): Promise<void> => {
    db.clock.advance(1_000);
    await db.unitOfWork.run(asSystem('request-7'), async (tx) => {
      tx.record({ action: 'test.asked', object: { type: 'test', id: '1' } });
      tx.enqueue({ kind, key: `${kind}:1`, payload });
      return ok(null);
    });
  };
  const failedJobs = async (): Promise<number> =>
    (await backend.queue('command', { attempts: 1, backoffMs: 1 }).counts()).failed;

  beforeAll(async () => {
    const redis = await store.start();
    const redisPrefix = uniquePrefix();
    backend = createQueueBackend({ redis, redisPrefix, databaseUrl: db.appUrl, applicationName: 'runner-test' });
    clean = () => removeKeys(redis, redisPrefix);
  });
  afterEach(async () => {
    await runner?.close();
    app.calls.length = 0;
    logged.length = 0;
    await db.asOwner('DELETE FROM outbox');
  });
  afterAll(async () => {
    await backend.close();
    await clean();
    await store.stop();
  });

  it('calls the handler with application, payload, key and request id, and logs the request id', async () => {
    start(async () => ok(null));
    await enqueue('test.known', { n: 1, list: ['a', null] });
    await until('the call', async () => app.calls.length === 1);
    expect(app.calls).toEqual([
      { payload: { n: 1, list: ['a', null] }, context: { jobKey: 'test.known:1', requestId: 'request-7' } },
    ]);
    await until('the log line', async () =>
      logged.some((line) => line.includes('"requestId":"request-7"') && line.includes('job done')),
    );
  });

  it('tries again after a fault', async () => {
    start(async (attempt) => {
      if (attempt === 1) throw new Error('database is restarting');
      return ok(null);
    });
    await enqueue('test.known', null);
    await until('the second call', async () => app.calls.length === 2);
  });

  it('gives a refused job up at once and keeps it for people to see', async () => {
    const before = await failedJobs();
    start(async () => refuse('INVALID_STATE', 'The run is over.'));
    await enqueue('test.known', null);
    await until('the failed job', async () => (await failedJobs()) === before + 1);
    expect(app.calls).toHaveLength(1);
  });

  it('leaves kinds without a handler in the outbox', async () => {
    start(async () => ok(null));
    await enqueue('test.fromTheFuture', null);
    await enqueue('test.known', null);
    await until('the known job', async () => app.calls.length === 1);
    expect(await db.asApp('SELECT kind FROM outbox')).toEqual([{ kind: 'test.fromTheFuture' }]);
  });

  it('delivers what was committed before it started', async () => {
    await enqueue('test.known', 'early');
    start(async () => ok(null));
    await until('the call', async () => app.calls.length === 1);
    expect(app.calls[0]?.payload).toBe('early');
  });

  it('ticks on and on, whatever a tick comes to, and stops when closed', async () => {
    const ticks: string[] = [];
    const outcomes = [
      async () => {
        throw new Error('no database');
      },
      async () => refuse('FORBIDDEN', 'not now'),
      async () => ok(0),
    ];
    start(
      async () => ok(null),
      [
        {
          name: 'test-tick',
          everyMs: 20,
          tick: async (_, requestId) => {
            ticks.push(requestId);
            return (outcomes[ticks.length - 1] ?? (async () => ok(0)))();
          },
        },
      ],
    );
    await until('four ticks', async () => ticks.length >= 4);
    await runner?.close();
    const count = ticks.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ticks).toHaveLength(count);
    expect(new Set(ticks).size).toBe(count);
  });

  it('never ticks twice at the same time', async () => {
    let running = 0;
    let most = 0;
    let ticks = 0;
    start(
      async () => ok(null),
      [
        {
          name: 'slow-tick',
          everyMs: 5,
          tick: async () => {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setTimeout(resolve, 40));
            running--;
            ticks++;
            return ok(0);
          },
        },
      ],
    );
    await until('three ticks', async () => ticks >= 3);
    expect(most).toBe(1);
  });
});
