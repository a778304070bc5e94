/** Units of work under idempotency keys: done once, answered alike, whatever happens in between. */
import { Client } from 'pg';
import type { Initiator } from '../../src/kernel/actor';
import { refuse } from '../../src/kernel/refusal';
import { ok, type Result } from '../../src/kernel/result';
import { purgeIdempotencyKeys } from '../../src/platform/idempotency-key';
import type { Tx } from '../../src/platform/unit-of-work';
import { useDatabase } from '../support/database';
import { asSystemActor } from '../support/people';

const test = useDatabase();

beforeAll(() =>
  test.asOwner(`
    CREATE TABLE effect (name text NOT NULL);
    GRANT SELECT, INSERT ON effect TO tierwarden_app;
  `),
);

const BODY = 'a'.repeat(64);
const person = (id: string): Initiator => ({ actor: { ...asSystemActor().actor, id }, requestId: 'test' });
const keyed = (key: string, { id = 'system:bootstrap', bodyDigest = BODY } = {}): Initiator => ({
  ...person(id),
  idempotency: { key, bodyDigest },
});

interface Done {
  readonly name: string;
  readonly at: Date;
  readonly auditEventId: string;
}

const affect = async (tx: Tx, name: string): Promise<Result<Done>> => {
  await tx.query('INSERT INTO effect (name) VALUES ($1)', [name]);
  const auditEventId = tx.record({ action: 'test.affected', object: { type: 'Test', id: name } });
  return ok({ name, at: tx.at, auditEventId });
};
const effects = async (name: string): Promise<number> =>
  (await test.asOwner('SELECT FROM effect WHERE name = $1', [name])).length;
const keysKept = async (key: string): Promise<number> =>
  (await test.asOwner('SELECT FROM idempotency_key WHERE key = $1 AND answer IS NOT NULL', [key])).length;

describe('under a key', () => {
  it('50 at once are done once and hear the same, moments and event included', async () => {
    const name = test.newId();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        test.unitOfWork.run(keyed(name), async (tx) => {
          await tx.query('SELECT pg_sleep(0.05)');
          return affect(tx, name);
        }),
      ),
    );
    expect(await effects(name)).toBe(1);
    const [first] = answers;
    expect(first).toMatchObject({ ok: true, value: { name, at: test.clock() } });
    for (const answer of answers) expect(answer).toStrictEqual(first);
    const events = await test.asOwner('SELECT id FROM audit_event WHERE object_id = $1', [name]);
    expect(events).toEqual([{ id: first?.ok === true ? first.value.auditEventId : '' }]);
  });

  it('50 at once that are refused all hear the first refusal', async () => {
    const name = test.newId();
    let count = 0;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        test.unitOfWork.run(keyed(name), async (tx) => {
          await affect(tx, name);
          return refuse('INVALID_STATE', 'no', { params: { count: ++count }, field: ['a'] });
        }),
      ),
    );
    expect(count).toBe(1);
    for (const answer of answers) {
      expect(answer).toStrictEqual(refuse('INVALID_STATE', 'no', { params: { count: 1 }, field: ['a'] }));
    }
    expect(await effects(name)).toBe(0);
  });

  it('another actor has keys of his own', async () => {
    const name = test.newId();
    const [mine, his] = await Promise.all(
      ['system:mine', 'system:his'].map((id) => test.unitOfWork.run(keyed(name, { id }), (tx) => affect(tx, name))),
    );
    expect(await effects(name)).toBe(2);
    expect(mine).not.toStrictEqual(his);
  });

  it('another body is refused and does nothing, also while the first is under way', async () => {
    const name = test.newId();
    const bodies = ['b', 'c'].map((letter) => letter.repeat(64));
    const run = (bodyDigest: string) =>
      test.unitOfWork.run(keyed(name, { bodyDigest }), async (tx) => {
        await tx.query('SELECT pg_sleep(0.05)');
        return affect(tx, name);
      });
    const answers = await Promise.all(bodies.map(run));
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    expect(answers.find((answer) => !answer.ok)).toMatchObject({
      refusal: { code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] },
    });
    expect(await effects(name)).toBe(1);
  });

  it('work that found nothing to do is not asked again', async () => {
    const name = test.newId();
    const unchanged = () =>
      test.unitOfWork.run(keyed(name), async (tx) => {
        tx.unchanged();
        return ok({ seen: tx.at });
      });
    const first = await unchanged();
    expect(await test.unitOfWork.run(keyed(name), (tx) => affect(tx, name))).toStrictEqual(first);
    expect(await effects(name)).toBe(0);
  });

  it('the rehearsal of a change keeps nothing of itself', async () => {
    const name = test.newId();
    await test.unitOfWork.run(keyed(name), async (tx) => {
      await tx.dryRun(() => affect(tx, name));
      return affect(tx, name);
    });
    expect(await effects(name)).toBe(1);
  });

  it.each<[string, (tx: Tx) => Promise<Result<never>>]>([
    ['a missing permission', async () => refuse('FORBIDDEN', 'no')],
    ['a fault', async () => Promise.reject(new Error('bug'))],
    [
      'a connection that breaks',
      async (tx) => {
        await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
        throw new Error('not reached');
      },
    ],
  ])('%s is not kept: asked again, it is done', async (_, end) => {
    const name = test.newId();
    const first = await test.unitOfWork
      .run(keyed(name), async (tx) => {
        await affect(tx, name);
        return end(tx);
      })
      .catch(() => null);
    expect(first?.ok).not.toBe(true);
    expect(await keysKept(name)).toBe(0);
    expect(await test.unitOfWork.run(keyed(name), (tx) => affect(tx, name))).toMatchObject({ ok: true });
    expect(await effects(name)).toBe(1);
  });

  it('whoever waited for one that breaks does it himself', async () => {
    const name = test.newId();
    let begun = (): void => undefined;
    const keyTaken = new Promise<void>((resolve) => (begun = resolve));
    const breaking = test.unitOfWork
      .run(keyed(name), async (tx) => {
        await affect(tx, name);
        begun();
        await tx.query('SELECT pg_sleep(0.1)');
        throw new Error('bug');
      })
      .catch(() => 'thrown');
    await keyTaken;
    const waiting = await test.unitOfWork.run(keyed(name), (tx) => affect(tx, name));
    expect([await breaking, waiting.ok, await effects(name)]).toEqual(['thrown', true, 1]);
  });

  it('what the database asks to run again takes the key again', async () => {
    const crossing = (name: string, first: number, second: number) =>
      test.unitOfWork.run(keyed(name), async (tx) => {
        await tx.query('SELECT pg_advisory_xact_lock($1)', [first]);
        await tx.query('SELECT pg_sleep(0.2)');
        await tx.query('SELECT pg_advisory_xact_lock($1)', [second]);
        return affect(tx, name);
      });
    const names = [test.newId(), test.newId()] as const;
    const results = await Promise.all([crossing(names[0], 1, 2), crossing(names[1], 2, 1)]);
    expect(results.every((result) => result.ok)).toBe(true);
    expect([await effects(names[0]), await effects(names[1])]).toEqual([1, 1]);
  });

  it('belongs to one unit of work: a second would be given the answer of the first', async () => {
    const by = keyed(test.newId());
    await test.unitOfWork.run(by, (tx) => affect(tx, 'once'));
    await expect(test.unitOfWork.run(by, (tx) => affect(tx, 'twice'))).rejects.toThrow('belongs to one unit of work');
  });

  it('an answer that cannot be kept as it is takes its work down with it', async () => {
    const name = test.newId();
    await expect(
      test.unitOfWork.run(keyed(name), async (tx) => {
        await affect(tx, name);
        return ok(new Map());
      }),
    ).rejects.toThrow('cannot be kept');
    expect(await effects(name)).toBe(0);
  });
});

describe('a kept answer', () => {
  it('goes after a day and not before; then it is done again', async () => {
    const name = test.newId();
    const run = () => test.unitOfWork.run(keyed(name), (tx) => affect(tx, name));
    const first = await run();
    test.clock.advance(24 * 3_600_000);
    await purgeIdempotencyKeys(test.database.query, test.clock(), 1_000);
    expect(await run()).toStrictEqual(first);
    test.clock.advance(2 * 3_600_000);
    expect(await purgeIdempotencyKeys(test.database.query, test.clock(), 1_000)).toBeGreaterThan(0);
    expect(await keysKept(name)).toBe(0);
    expect(await run()).not.toStrictEqual(first);
    expect(await effects(name)).toBe(2);
  });

  it('is purged a batch at a time, each row by one of those who purge', async () => {
    for (let i = 0; i < 30; i++) await test.unitOfWork.run(keyed(test.newId()), (tx) => affect(tx, 'batch'));
    test.clock.advance(30 * 3_600_000);
    const purged = await Promise.all(
      Array.from({ length: 3 }, () => purgeIdempotencyKeys(test.database.query, test.clock(), 10)),
    );
    for (const count of purged) expect(count).toBeLessThanOrEqual(10);
    let total = purged.reduce((sum, count) => sum + count, 0);
    for (let more = 1; more > 0; total += more)
      more = await purgeIdempotencyKeys(test.database.query, test.clock(), 10);
    expect(total).toBeGreaterThanOrEqual(30);
    expect(await test.asOwner('SELECT FROM idempotency_key')).toEqual([]);
  });

  it('is written once, by an actor, and with no other columns', async () => {
    const name = test.newId();
    await test.unitOfWork.run(keyed(name), (tx) => affect(tx, name));
    await expect(test.asApp('UPDATE idempotency_key SET answer = answer WHERE key = $1', [name])).rejects.toMatchObject(
      {
        code: 'TW002',
      },
    );
    await expect(test.asApp('UPDATE idempotency_key SET created_at = now()')).rejects.toMatchObject({ code: '42501' });
    await expect(
      test.asApp("INSERT INTO idempotency_key VALUES ('a', 'k', $1, now(), '{}')", [BODY]),
    ).rejects.toMatchObject({ code: 'TW001' });
  });
});

it.each([
  ['without a key', () => person('system:bootstrap'), 0],
  ['with one', keyed, 3],
])('statements that it takes %s', async (_, by, more) => {
  const statements = jest.spyOn(Client.prototype, 'query');
  try {
    await test.unitOfWork.run(by(test.newId()), async (tx) => {
      tx.record({ action: 'test.done', object: { type: 'Test', id: '1' } });
      return ok(true);
    });
    // START TRANSACTION, name and actor, the audit event, COMMIT.
    expect(statements).toHaveBeenCalledTimes(4 + more);
  } finally {
    statements.mockRestore();
  }
});
