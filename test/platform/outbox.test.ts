/** The outbox: part of the unit of work on the way in, at least one delivery on the way out. */
import { systemActor } from '../../src/kernel/actor';
import { refuse } from '../../src/kernel/refusal';
import { ok } from '../../src/kernel/result';
import { drainOutbox, listenOutbox, type OutboxRow } from '../../src/platform/outbox';
import type { OutboxJob, Tx } from '../../src/platform/unit-of-work';
import { useDatabase } from '../support/database';
import { until } from '../workers/support/until';

const db = useDatabase();
const by = { actor: systemActor('worker'), requestId: 'request-1' };

const job = (n: number, kind = 'test.kind'): OutboxJob => ({
  kind,
  key: `${kind}:${n}`,
  payload: { n, text: `it's "${n}"` },
});

const note = (tx: Tx): string => tx.record({ action: 'test.noted', object: { type: 'test', id: '1' } });

const append = (...jobs: readonly OutboxJob[]) =>
  db.unitOfWork.run(by, async (tx) => {
    note(tx);
    for (const one of jobs) tx.enqueue(one);
    return ok(null);
  });

const drain = async (kinds: readonly string[] = ['test.kind'], limit = 100): Promise<OutboxRow[]> => {
  const got: OutboxRow[] = [];
  await drainOutbox(db.database, kinds, limit, async (rows) => {
    got.push(...rows);
  });
  return got;
};

const keysLeft = async (): Promise<string[]> =>
  (await db.asApp<{ job_key: string }>('SELECT job_key FROM outbox ORDER BY id')).map((row) => row.job_key);

afterEach(() => db.asOwner('DELETE FROM outbox'));

describe('append', () => {
  it('writes the jobs of a committed unit of work, in order, with request and time', async () => {
    await append(job(1), job(2), job(3));
    const rows = await drain();
    expect(
      rows.map(({ kind, key, payload, requestId, createdAt }) => ({ kind, key, payload, requestId, createdAt })),
    ).toEqual([1, 2, 3].map((n) => ({ ...job(n), requestId: 'request-1', createdAt: db.clock() })));
  });

  it('leaves nothing when the work is refused, throws, or declares itself unchanged', async () => {
    await db.unitOfWork.run(by, async (tx) => {
      note(tx);
      tx.enqueue(job(1));
      return refuse('INVALID', 'no');
    });
    await expect(
      db.unitOfWork.run(by, async (tx) => {
        tx.enqueue(job(2));
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
    await db.unitOfWork.run(by, async (tx) => {
      tx.enqueue(job(3));
      tx.unchanged();
      return ok(null);
    });
    expect(await keysLeft()).toEqual([]);
  });

  it('is refused by the database outside a unit of work', async () => {
    await expect(
      db.asApp(
        `INSERT INTO outbox (kind, job_key, payload, request_id, created_at) VALUES ('k', 'k', '{}', 'r', now())`,
      ),
    ).rejects.toMatchObject({ code: 'TW001' });
  });

  it('wakes listeners at commit', async () => {
    let woken = 0;
    const listener = listenOutbox(db.appUrl, () => woken++);
    await listener.ensure();
    await append(job(1));
    await until('notification', async () => woken === 1);
    await listener.close();
  });

  it('listens again after its connection was cut', async () => {
    let woken = 0;
    const listener = listenOutbox(db.appUrl, () => woken++);
    await listener.ensure();
    await db.asOwner(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'tierwarden-outbox' AND datname = current_database()`,
    );
    await until('a new connection that hears of jobs', async () => {
      await listener.ensure();
      await append(job(1));
      return woken > 0;
    });
    await listener.close();
  });
});

describe('drain', () => {
  it('forgets what was delivered, and only that', async () => {
    await append(job(1), job(2), job(3));
    expect((await drain(['test.kind'], 2)).map((row) => row.key)).toEqual(['test.kind:1', 'test.kind:2']);
    expect(await keysLeft()).toEqual(['test.kind:3']);
  });

  it('leaves kinds it was not asked for', async () => {
    await append(job(1, 'test.later'), job(2));
    expect((await drain()).map((row) => row.key)).toEqual(['test.kind:2']);
    expect(await keysLeft()).toEqual(['test.later:1']);
  });

  it('keeps every row when the delivery fails, with the same id for the next time', async () => {
    await append(job(1), job(2));
    const seen: string[][] = [];
    const failing = drainOutbox(db.database, ['test.kind'], 10, async (rows) => {
      seen.push(rows.map((row) => row.id));
      throw new Error('queue is away');
    });
    await expect(failing).rejects.toThrow('queue is away');
    seen.push((await drain()).map((row) => row.id));
    expect(seen[1]).toEqual(seen[0]);
    expect(await keysLeft()).toEqual([]);
  });

  it('never hands one row to two relays', async () => {
    await append(...Array.from({ length: 40 }, (_, n) => job(n)));
    const delivered: string[] = [];
    await Promise.all(
      [1, 2, 3, 4].map(async () => {
        let taken: number;
        do {
          taken = await drainOutbox(db.database, ['test.kind'], 3, async (rows) => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            delivered.push(...rows.map((row) => row.key));
          });
        } while (taken > 0);
      }),
    );
    expect(delivered).toHaveLength(40);
    expect(new Set(delivered).size).toBe(40);
  });
});
