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
      v: 1,
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
