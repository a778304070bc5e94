import { canonicalJson } from '../../src/kernel/canonical-json';
import { refuse } from '../../src/kernel/refusal';
import { ok } from '../../src/kernel/result';
import { useDatabase } from '../support/database';
import { asSystemActor } from '../support/people';

const test = useDatabase();
const by = asSystemActor();
const event = (id: string) => ({ action: 'test.done', object: { type: 'Test', id } });

const eventsOf = (id: string) =>
  test.asOwner<{ written: string; actor_id: string }>(
    "SELECT convert_from(bytes, 'UTF8') AS written, actor_id FROM audit_event WHERE object_id = $1",
    [id],
  );
const jobsOf = (key: string) => test.asOwner('SELECT FROM outbox WHERE job_key = $1', [key]);

describe('a unit of work', () => {
  it('writes event and outbox in one transaction', async () => {
    const id = test.newId();
    await test.unitOfWork.run(by, async (tx) => {
      tx.record(event(id));
      tx.enqueue({ kind: 'test', key: id, payload: { id } });
      return ok(true);
    });
    expect(await eventsOf(id)).toHaveLength(1);
    expect(await jobsOf(id)).toHaveLength(1);
  });

  it('stores the event as canonical JSON bytes', async () => {
    const id = test.newId();
    await test.unitOfWork.run(by, async (tx) => {
      tx.record({ ...event(id), before: { b: 1, a: '客户' }, after: null, reason: 'why', data: [1.5, true] });
      return ok(true);
    });
    const [row] = await eventsOf(id);
    const written = row?.written ?? '';
    expect(written).toBe(canonicalJson(JSON.parse(written) as never));
    expect(JSON.parse(written)).toMatchObject({
      v: 2,
      rows: null,
      actor: 'system:bootstrap',
      request: 'test',
      before: { a: '客户', b: 1 },
      at: '2026-01-15T08:00:00.000Z',
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a refusal', async () => refuse('INVALID', 'no')],
    ['a throw', async () => Promise.reject(new Error('bug'))],
  ])('leaves nothing behind after %s', async (_, end) => {
    const id = test.newId();
    await test.unitOfWork
      .run(by, async (tx) => {
        tx.record(event(id));
        tx.enqueue({ kind: 'test', key: id, payload: null });
        await tx.query(
          "INSERT INTO outbox (kind, job_key, payload, request_id, created_at) VALUES ('t', $1, '{}', 'r', now())",
          [id],
        );
        return (await end()) as never;
      })
      .catch(() => undefined);
    expect(await eventsOf(id)).toHaveLength(0);
    expect(await jobsOf(id)).toHaveLength(0);
  });

  it('throws when nothing was recorded', async () => {
    await expect(test.unitOfWork.run(by, async () => ok(true))).rejects.toThrow('at least one audit event');
  });

  it('keeps nothing of work that declares itself unchanged', async () => {
    const id = test.newId();
    const result = await test.unitOfWork.run(by, async (tx) => {
      await tx.query(
        "INSERT INTO outbox (kind, job_key, payload, request_id, created_at) VALUES ('t', $1, '{}', 'r', now())",
        [id],
      );
      tx.unchanged();
      return ok('seen');
    });
    expect(result).toEqual(ok('seen'));
    expect(await jobsOf(id)).toHaveLength(0);
  });

  it.each([
    ['0190f3c2-7a4b-7c11-9d3e-5f6a7b8c9d0e', 'tw/0190f3c2-7a4b-7c11-9d3e-5f6a7b8c9d0e'],
    ['r'.repeat(64), `tw/${'r'.repeat(60)}`],
  ])('names its statements to the server after request %s, until it ends', async (requestId, name) => {
    const shown = "SELECT current_setting('application_name') AS name";
    const seen = await test.unitOfWork.run({ ...by, requestId }, async (tx) => {
      tx.record(event(test.newId()));
      const [own] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      return ok(
        await test.asOwner<{ name: string }>('SELECT application_name AS name FROM pg_stat_activity WHERE pid = $1', [
          own?.pid,
        ]),
      );
    });
    expect(seen).toMatchObject({ ok: true, value: [{ name }] });
    expect(await test.database.query(shown)).toEqual([{ name: 'tierwarden-test' }]);
  });

  it('executes statements that are asked at once in their order, each seeing what the one before did', async () => {
    const keys = Array.from({ length: 12 }, () => test.newId());
    const seen = await test.unitOfWork.run(by, async (tx) => {
      tx.record(event(test.newId()));
      const counts = await Promise.all(
        keys.flatMap((key) => [
          tx.query<{ n: number }>(
            "INSERT INTO outbox (kind, job_key, payload, request_id, created_at) VALUES ('t', $1, '{}', 'r', now()) RETURNING 0 AS n",
            [key],
          ),
          tx.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox WHERE job_key = ANY ($1)', [keys]),
        ]),
      );
      return ok(counts.map(([row]) => row?.n));
    });
    expect(seen).toEqual(ok(keys.flatMap((_, i) => [0, i + 1])));
  });

  it('streams between statements that come again', async () => {
    const id = test.newId();
    const seen = await test.unitOfWork.run(by, async (tx) => {
      tx.record(event(id));
      const counted = () =>
        tx.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox WHERE request_id = $1', [id]);
      for (let i = 0; i < 5; i++) await Promise.all([counted(), counted()]);
      await tx.copyIn('COPY outbox (kind, job_key, payload, request_id, created_at) FROM STDIN', [
        `t\t${id}\t{}\t${id}\t2026-01-01\n`,
      ]);
      const [[after], [again]] = await Promise.all([counted(), counted()]);
      const out: Buffer[] = [];
      for await (const piece of tx.copyOut(`COPY (SELECT job_key FROM outbox WHERE request_id = '${id}') TO STDOUT`)) {
        // Its memory is used for the next one.
        out.push(Buffer.from(piece));
      }
      return ok([after?.n, again?.n, Buffer.concat(out).toString(), (await counted())[0]?.n]);
    });
    expect(seen).toEqual(ok([1, 1, `${id}\n`, 1]));
  });

  it('tells of the first statement that failed of those asked at once, and keeps nothing of the others', async () => {
    const id = test.newId();
    const write =
      "INSERT INTO outbox (kind, job_key, payload, request_id, created_at) VALUES ('t', $1, '{}', 'r', now())";
    const run = test.unitOfWork.run(by, async (tx) => {
      tx.record(event(id));
      await Promise.all([tx.query(write, [id]), tx.query('SELECT 1 / $1::int', [0]), tx.query(write, [id])]);
      return ok(true);
    });
    await expect(run).rejects.toThrow('division by zero');
    expect(await jobsOf(id)).toHaveLength(0);
    expect(await eventsOf(id)).toHaveLength(0);
  });

  it('throws where a statement had failed unheard, instead of taking the commit for one', async () => {
    const run = test.unitOfWork.run(by, async (tx) => {
      tx.record(event(test.newId()));
      await tx.query('SELECT 1 / $1::int', [0]).catch(() => undefined);
      return ok(true);
    });
    await expect(run).rejects.toThrow('aborted');
  });

  it('executes nothing of a transaction once its end is on its way', async () => {
    let late: Promise<unknown> = Promise.resolve();
    const run = test.unitOfWork.run(by, async (tx) => {
      late = tx.query('SELECT pg_sleep(0.05)').then(() => tx.query('SELECT 1'));
      late.catch(() => undefined);
      throw new Error('given up');
    });
    await expect(run).rejects.toThrow('given up');
    await expect(late).rejects.toThrow('this transaction is over');
  });

  it('undoes what came after a savepoint that leaves together with it, and nothing before', async () => {
    const [before, within] = [test.newId(), test.newId()];
    await test.unitOfWork.run(by, async (tx) => {
      tx.record(event(test.newId()));
      const put = (key: string) =>
        tx.query(
          `INSERT INTO idempotency_key (actor_id, key, body_digest, created_at) VALUES ($1, $2, repeat('0', 64), now())`,
          [by.actor.id, key],
        );
      await Promise.all([
        put(before),
        tx.attempt(async () => {
          await put(within);
          return refuse('INVALID', 'no');
        }),
      ]);
      return ok(true);
    });
    const kept = await test.database.query<{ key: string }>('SELECT key FROM idempotency_key WHERE key = ANY ($1)', [
      [before, within],
    ]);
    expect(kept).toEqual([{ key: before }]);
  });

  it('refuses an actor without a name', async () => {
    const nobody = { actor: { ...by.actor, id: '' }, requestId: 'r' };
    await expect(test.unitOfWork.run(nobody, async () => ok(true))).rejects.toThrow('needs an actor');
  });

  it('undoes a rehearsal with its events and jobs, and goes on', async () => {
    const [rehearsed, kept] = [test.newId(), test.newId()];
    await test.unitOfWork.run(by, async (tx) => {
      tx.record(event(kept));
      await tx.dryRun(async () => {
        tx.record(event(rehearsed));
        tx.enqueue({ kind: 'test', key: rehearsed, payload: null });
        return ok(true);
      });
      return ok(true);
    });
    expect(await eventsOf(kept)).toHaveLength(1);
    expect(await eventsOf(rehearsed)).toHaveLength(0);
    expect(await jobsOf(rehearsed)).toHaveLength(0);
  });

  it('runs again what the database asks to run again', async () => {
    let tries = 0;
    const crossing = (first: number, second: number) =>
      test.unitOfWork.run(by, async (tx) => {
        tries++;
        await tx.query('SELECT pg_advisory_xact_lock($1)', [first]);
        await tx.query('SELECT pg_sleep(0.2)');
        await tx.query('SELECT pg_advisory_xact_lock($1)', [second]);
        tx.record(event(test.newId()));
        return ok(true);
      });
    const results = await Promise.all([crossing(1, 2), crossing(2, 1)]);
    expect(results.every((result) => result.ok)).toBe(true);
    expect(tries).toBe(3);
  });
});
