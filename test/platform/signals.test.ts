/** Signals: in the transaction on the way in, gap-free on the way out, with wake-ups or without. */
import { randomInt } from 'node:crypto';
import { refuse } from '../../src/kernel/refusal';
import { ok } from '../../src/kernel/result';
import {
  createSignals,
  type Following,
  type Signal,
  type Signals,
  type SignalsOptions,
} from '../../src/platform/signals';
import { useDatabase } from '../support/database';
import { asSystemActor } from '../support/people';
import { QUEUE_STORES } from '../workers/support/queue-stores';
import { until } from '../workers/support/until';

const test = useDatabase();
const by = asSystemActor();
const logger = { warn: jest.fn() };
const opened: { close(): Promise<void> }[] = [];

const open = ({ redis = null, database = test.database, pollMs = 100 }: Partial<SignalsOptions> = {}): Signals => {
  const signals = createSignals({ database, databaseUrl: test.appUrl, redis, logger, pollMs });
  opened.push(signals);
  return signals;
};

interface Heard {
  readonly signals: Signal[];
  gaps: number;
}

const follow = async (signals: Signals): Promise<Heard> => {
  const heard: Heard = { signals: [], gaps: 0 };
  const following: Following = await signals.follow({
    onSignals: (read) => heard.signals.push(...read),
    onGap: () => heard.gaps++,
  });
  opened.unshift(following);
  return heard;
};

afterEach(async () => {
  for (const { close } of opened.splice(0)) await close();
  logger.warn.mockReset();
});

/** Commits one signal for each object. */
const commit = (...objectIds: readonly string[]) =>
  test.unitOfWork.run(by, async (tx) => {
    tx.record({ action: 'test.done', object: { type: 'Test', id: 'x' } });
    for (const id of objectIds) tx.signal('ChangeRequest', id, 1);
    return ok(true);
  });

const idsOf = (heard: Heard): string[] => heard.signals.map((signal) => signal.objectId).sort();
const reached = (heard: Heard, count: number): Promise<void> =>
  until(`${count} signals`, async () => heard.signals.length >= count, 10_000);
const rows = () => test.asOwner<{ object_id: string; version: number }>('SELECT object_id, version FROM signal');

describe('on the way in', () => {
  beforeEach(() => test.asOwner('DELETE FROM signal'));

  it('the newest of a transaction stands for the object', async () => {
    await test.unitOfWork.run(by, async (tx) => {
      tx.record({ action: 'test.done', object: { type: 'Test', id: 'x' } });
      tx.signal('ChangeRequest', 'a', 1);
      tx.signal('RatingRun', 'a', 7);
      tx.signal('ChangeRequest', 'a', 2);
      return ok(true);
    });
    expect((await rows()).map(({ object_id, version }) => `${object_id}${version}`).sort()).toEqual(['a2', 'a7']);
  });

  it('a refusal, a rehearsal and work that changed nothing leave none', async () => {
    await test.unitOfWork.run(by, async (tx) => {
      tx.signal('ChangeRequest', 'refused', 1);
      return refuse('INVALID', 'no');
    });
    await test.unitOfWork.run(by, async (tx) => {
      tx.signal('ChangeRequest', 'unchanged', 1);
      tx.unchanged();
      return ok(true);
    });
    await test.unitOfWork.run(by, async (tx) => {
      tx.record({ action: 'test.done', object: { type: 'Test', id: 'x' } });
      await tx.dryRun(async () => {
        tx.signal('ChangeRequest', 'rehearsed', 1);
        return ok(true);
      });
      return ok(true);
    });
    expect(await rows()).toEqual([]);
  });
});

describe('on the way out', () => {
  it('nothing from before the follower came', async () => {
    await commit('earlier');
    const heard = await follow(open());
    await commit('later');
    await reached(heard, 1);
    expect(idsOf(heard)).toEqual(['later']);
  });

  it('a transaction that runs on holds nobody up, and is heard when it commits', async () => {
    const heard = await follow(open());
    const slow = test.database.dataSource.createQueryRunner();
    await slow.startTransaction();
    await slow.query("SELECT set_config('tierwarden.actor', 'test', true)");
    await slow.query("INSERT INTO signal (topic, object_id, version) VALUES ('ChangeRequest', 'slow', 1)");
    await commit('quick');
    await reached(heard, 1);
    expect(idsOf(heard)).toEqual(['quick']);
    await slow.commitTransaction();
    await slow.release();
    await reached(heard, 2);
    expect(idsOf(heard)).toEqual(['quick', 'slow']);
  });

  it('every commit once, in whatever order many transactions begin and end', async () => {
    const heard = await follow(open());
    const ids = Array.from({ length: 200 }, (_, i) => `object-${i}`);
    await Promise.all(
      Array.from({ length: 10 }, async (_, lane) => {
        for (const id of ids.filter((__, i) => i % 10 === lane)) {
          await test.unitOfWork.run(by, async (tx) => {
            // Numbers of transactions are given at their first write, well before they commit.
            await tx.query("INSERT INTO signal (topic, object_id, version) VALUES ('RatingRun', $1, 1)", [id]);
            await tx.query('SELECT pg_sleep($1)', [randomInt(20) / 1_000]);
            tx.record({ action: 'test.done', object: { type: 'Test', id } });
            return randomInt(4) === 0 && lane === 0 ? refuse('INVALID', 'no') : ok(true);
          });
        }
      }),
    );
    const committed = (await rows()).map((row) => row.object_id).filter((id) => ids.includes(id));
    await reached(heard, committed.length);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(idsOf(heard)).toEqual(committed.sort());
  });

  it('is heard by every follower', async () => {
    const both = await Promise.all([follow(open()), follow(open())]);
    await commit('for-both');
    await Promise.all(both.map((heard) => reached(heard, 1)));
    expect(both.map(idsOf)).toEqual([['for-both'], ['for-both']]);
  });

  it('goes on where it was when the database comes back', async () => {
    let away = false;
    const flaky: typeof test.database = {
      ...test.database,
      query: (sql, params) =>
        away ? Promise.reject(new Error('the database is away')) : test.database.query(sql, params),
    };
    const heard = await follow(open({ database: flaky }));
    away = true;
    await commit('meanwhile');
    await until('a failed reading', async () => logger.warn.mock.calls.length > 0, 10_000);
    away = false;
    await reached(heard, 1);
    expect([idsOf(heard), heard.gaps, logger.warn.mock.calls.length]).toEqual([['meanwhile'], 0, 1]);
  });

  it('says so where the database is another one, which knows nothing of the position', async () => {
    let restored = false;
    const future = '999999999:999999999:';
    const other: typeof test.database = {
      ...test.database,
      query: (sql, params) => test.database.query(sql, restored && params?.length === 1 ? [future] : params),
    };
    const heard = await follow(open({ database: other }));
    restored = true;
    await until('a gap', async () => heard.gaps > 0, 10_000);
    restored = false;
    await commit('afterwards');
    await reached(heard, 1);
    expect(idsOf(heard)).toEqual(['afterwards']);
  });

  it('throws when there is no database to follow', async () => {
    const gone: typeof test.database = { ...test.database, query: () => Promise.reject(new Error('away')) };
    const signals = open({ database: gone });
    await expect(signals.follow({ onSignals: () => undefined, onGap: () => undefined })).rejects.toThrow('away');
  });
});

describe('wake-ups', () => {
  it.each(QUEUE_STORES)('through $name come long before the next look', async (store) => {
    const redis = await store.start();
    const [sender, receiver] = [open({ redis }), open({ redis, pollMs: 600_000 })];
    try {
      const heard = await follow(receiver);
      await commit('woken');
      await until('a wake-up', async () => {
        sender.wake();
        return heard.signals.length > 0;
      });
    } finally {
      for (const { close } of opened.splice(0)) await close();
      await store.stop();
    }
  });

  it('never fail, nor wait, where nobody takes them', async () => {
    const signals = open({ redis: { kind: 'single', url: 'redis://127.0.0.1:1' } });
    for (let i = 0; i < 100; i++) signals.wake();
    const heard = await follow(signals);
    await commit('all-the-same');
    await reached(heard, 1);
  });

  it('that are all lost cost a look, and nothing else', async () => {
    const heard = await follow(open());
    await commit('unwoken');
    await reached(heard, 1);
    expect(idsOf(heard)).toEqual(['unwoken']);
  });
});

it('old signals are forgotten, and only those', async () => {
  await test.asOwner('DELETE FROM signal');
  await commit('new', 'old');
  await test.asOwner("UPDATE signal SET signalled_at = signalled_at - interval '61 minutes' WHERE object_id = 'old'");
  expect(await open().forgetOld()).toBe(1);
  expect((await rows()).map((row) => row.object_id)).toEqual(['new']);
});
