/** Re-ratings against PostgreSQL: who is due is rated once; events of one customer are answered together, and none is lost. */
import { pino } from 'pino';
import { asSystem, createApp, required, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { ok } from '../../src/kernel/result';
import type { Tx } from '../../src/platform/unit-of-work';
import { cloneDatabase, type TestDatabase } from '../support/database';
import { ensureSampleTemplate } from '../support/sample';

const by = asSystem('rating-worker', 'test');
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let db: TestDatabase;
let app: App;
let close = async (): Promise<void> => undefined;
let customers: { id: string; grade: string }[];

beforeAll(async () => {
  const cloned = await cloneDatabase(await ensureSampleTemplate());
  db = cloned.database;
  app = await createApp({
    config: { ...readConfig({}), auth: { kind: 'none' } },
    databaseUrl: db.appUrl,
    logger: pino({ level: 'silent' }),
    clock: db.clock,
  });
  close = async () => {
    await app.close();
    await cloned.close();
  };
  customers = await db.asOwner('SELECT customer_id AS id, grade FROM customer_grade ORDER BY customer_id');
}, 120_000);
afterAll(() => close());
beforeEach(() => db.clock.advance(1_000));

const write = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
  app.unitOfWork
    .run(by, async (tx) => {
      tx.record({ action: 'test.done', object: { type: 'test', id: 'test' } });
      return ok(await work(tx));
    })
    .then(required);
const at = (minutes: number): Date => new Date(db.clock().getTime() + minutes * MINUTE_MS);
const ask = (customerId: string, debounceSeconds = 0, deadlineMinutes = 60): Promise<string> =>
  write((tx) =>
    app.ratings.askForRerating(tx, { customerId, eventId: db.newId(), debounceSeconds, deadline: at(deadlineMinutes) }),
  );
const rateAll = async () => {
  const done = [];
  for (;;) {
    const next = required(await app.ratings.rerateNext(by));
    if (next === null) return done;
    done.push(next);
  }
};
const ratingsOf = async (id: string): Promise<number> =>
  (await db.asOwner('SELECT FROM rating WHERE customer_id = $1', [id])).length;
const rowOf = async (id: string): Promise<Record<string, unknown>> =>
  (await db.asOwner<Record<string, unknown>>('SELECT * FROM rerating WHERE id = $1', [id]))[0] ?? {};
const nth = (n: number): string => customers[n]?.id ?? '';

it('several events of one customer are answered by one rating, at the time of the most urgent', async () => {
  const before = await ratingsOf(nth(0));
  const first = await ask(nth(0), 600, 90);
  const second = await ask(nth(0), 60, 120);
  expect(second).toBe(first);
  expect(await rowOf(first)).toMatchObject({ asked: 2, begin_at: at(1), deadline: at(90), state: 'OPEN' });
  expect(await app.ratings.nextReratingAt()).toEqual(at(1));
  expect(await rateAll()).toEqual([]);
  db.clock.advance(MINUTE_MS);
  expect(await rateAll()).toMatchObject([{ reratingId: first, kind: 'EVENT', late: false }]);
  expect(await ratingsOf(nth(0))).toBe(before + 1);
  expect(await rowOf(first)).toMatchObject({ state: 'DONE', ended_at: db.clock() });
  // What comes after it is answered anew.
  expect(await ask(nth(0))).not.toBe(first);
  expect(await rateAll()).toHaveLength(1);
});

it('what is asked for while a customer is being rated is not answered by that rating', async () => {
  const early = await ask(nth(1));
  const asking: { promise?: Promise<string> } = {};
  const rated = jest.spyOn(app.indicators, 'packedValues').mockImplementationOnce(async (query, ids) => {
    const values = await app.indicators.packedValues(query, ids);
    // Waits for the rating, as it concerns the same row.
    asking.promise = ask(nth(1));
    return values;
  });
  expect(await rateAll()).toHaveLength(1);
  rated.mockRestore();
  const later = await asking.promise;
  expect(later).not.toBe(early);
  expect(await rateAll()).toMatchObject([{ reratingId: later }]);
});

it('workers beside one another rate every customer once', async () => {
  const ids = customers.slice(2, 22).map(({ id }) => id);
  const before = await Promise.all(ids.map(ratingsOf));
  for (const id of ids) await ask(id);
  const done = await Promise.all([rateAll(), rateAll(), rateAll()]);
  expect(done.flat()).toHaveLength(ids.length);
  expect(await Promise.all(ids.map(ratingsOf))).toEqual(before.map((count) => count + 1));
});

it('one that cannot be rated is parked and stops nobody, and one too late says so', async () => {
  const [industry] = await db.asOwner<{ code: string }>('SELECT industry_code AS code FROM customer WHERE id = $1', [
    nth(30),
  ]);
  await db.asOwner("SELECT set_config('tierwarden.actor', 'system:test', false)");
  await db.asOwner('UPDATE customer SET industry_code = NULL WHERE id = $1', [nth(30)]);
  const stuck = await ask(nth(30));
  const late = await ask(nth(31), 0, 1);
  db.clock.advance(2 * MINUTE_MS);
  expect(await rateAll()).toMatchObject([
    { reratingId: stuck, ratingId: null },
    { reratingId: late, late: true },
  ]);
  expect(await rowOf(stuck)).toMatchObject({ state: 'PARKED', reason: 'NO_INDUSTRY' });
  await db.asOwner('UPDATE customer SET industry_code = $2 WHERE id = $1', [nth(30), industry?.code]);
  const period = { from: new Date(0), to: at(1) };
  expect(required(await app.ratings.queries.reratingFigures(by.actor, db.clock(), period))).toMatchObject({
    parked: 1,
    open: 0,
    late: 1,
    overdue: 0,
  });
});

it('the database keeps what has ended, and no date later than a year', async () => {
  const [ended] = await db.asOwner<{ id: string }>("SELECT id FROM rerating WHERE state = 'DONE' LIMIT 1");
  await expect(
    write((tx) =>
      tx.query("UPDATE rerating SET state = 'OPEN', rating_id = NULL, ended_at = NULL WHERE id = $1", [ended?.id]),
    ),
  ).rejects.toMatchObject({ code: 'TW004' });
  await expect(write((tx) => tx.query('DELETE FROM rerating WHERE id = $1', [ended?.id]))).rejects.toMatchObject({
    code: '42501',
  });
  await expect(
    write((tx) => tx.query("UPDATE customer_grade SET rating_due_at = last_rated_at + interval '367 days'")),
  ).rejects.toMatchObject({ constraint: 'customer_grade_due_within_a_year' });
});

it('who is due is rated once, weaker grades first in the year, and who is parked again the next day', async () => {
  expect(required(await app.ratings.scheduleDue(by, 100))).toBe(0);
  const months = required(await app.ratings.queries.dueByMonth(by.actor, db.clock(), 13));
  expect(months[0]).toEqual({ month: null, due: 0 });
  expect(months.reduce((sum, { due }) => sum + due, 0)).toBe(customers.length);

  const weak = await db.asOwner<{ id: string }>(
    "SELECT customer_id AS id FROM customer_grade WHERE least(grade, model_grade) < 'B' ORDER BY rating_due_at, customer_id",
  );
  expect(weak.length).toBeGreaterThan(0);
  db.clock.set('2026-04-20T00:00:00Z');
  const listed = await app.ratings.queries.reratingBacklog(db.clock());
  expect(listed.overdue).toBe(weak.length);
  const some = 4;
  // Twice, as two workers would: the one takes what the other has left, or finds everything taken.
  const scheduled = await Promise.all([app.ratings.scheduleDue(by, some), app.ratings.scheduleDue(by, some)]);
  expect(Math.max(...scheduled.map(required))).toBe(some);
  const taken = scheduled.map(required).reduce((sum, count) => sum + count, 0);
  const done = await rateAll();
  expect(done.map(({ kind }) => kind)).toEqual(weak.slice(0, taken).map(() => 'SCHEDULED'));
  expect(await app.ratings.queries.reratingBacklog(db.clock())).toMatchObject({ overdue: weak.length - taken });

  await db.asOwner('UPDATE customer SET industry_code = NULL WHERE id = $1', [weak[taken]?.id]);
  expect(required(await app.ratings.scheduleDue(by, 1))).toBe(1);
  expect(await rateAll()).toMatchObject([{ ratingId: null }]);
  const next = (customerId: string | undefined) =>
    db.asOwner("SELECT FROM rerating WHERE customer_id = $1 AND state = 'OPEN'", [customerId]);
  expect(required(await app.ratings.scheduleDue(by, 1))).toBe(1);
  expect(await next(weak[taken]?.id)).toEqual([]);
  await rateAll();
  db.clock.advance(DAY_MS);
  expect(required(await app.ratings.scheduleDue(by, 1))).toBe(1);
  expect(await next(weak[taken]?.id)).toHaveLength(1);
  await rateAll();
});

describe('what the calendar asked for, beside a fresh rating', () => {
  const dueOne = async (): Promise<string> => {
    db.clock.advance(DAY_MS);
    const [due] = await db.asOwner<{ id: string }>(
      `SELECT held.customer_id AS id FROM customer_grade AS held JOIN customer ON customer.id = held.customer_id
       WHERE rating_due_at <= $1 AND customer.industry_code IS NOT NULL ORDER BY rating_due_at, customer_id LIMIT 1`,
      [db.clock()],
    );
    return due?.id ?? '';
  };
  const openOf = (id: string) =>
    db.asOwner<{ kind: string }>("SELECT kind FROM rerating WHERE customer_id = $1 AND state = 'OPEN'", [id]);

  it('is answered by it, whoever asked for that one', async () => {
    const id = await dueOne();
    expect(required(await app.ratings.scheduleDue(by, 100))).toBeGreaterThan(0);
    expect(await openOf(id)).toEqual([{ kind: 'SCHEDULED' }]);
    const { ratingId } = required(await app.ratings.rateCustomer(by, { customerId: id }));
    const before = await ratingsOf(id);
    const done = await rateAll();
    expect(done).toContainEqual(expect.objectContaining({ kind: 'SCHEDULED', ratingId, late: false }));
    expect(await openOf(id)).toEqual([]);
    expect(await ratingsOf(id)).toBe(before);
    const told = await db.asOwner("SELECT FROM audit_event WHERE action = 'rerating.answered' AND customer_id = $1", [
      id,
    ]);
    expect(told).toHaveLength(1);
  });

  it('is not taken while another worker has the event in hand, and answered by that rating', async () => {
    const id = await dueOne();
    const before = await ratingsOf(id);
    const event = await ask(id);
    const meanwhile: unknown[] = [];
    const rated = jest.spyOn(app.indicators, 'packedValues').mockImplementationOnce(async (query, ids) => {
      const values = await app.indicators.packedValues(query, ids);
      required(await app.ratings.scheduleDue(by, 100));
      meanwhile.push(...(await openOf(id)), required(await app.ratings.rerateNext(by)) === null);
      return values;
    });
    await db.asOwner("SELECT set_config('tierwarden.actor', 'system:test', false)");
    // Nobody else is due, so whatever is taken is this customer's.
    await db.asOwner(
      `UPDATE customer_grade SET rating_due_at = (last_rated_at AT TIME ZONE 'UTC' + interval '1 year') AT TIME ZONE 'UTC'
       WHERE customer_id <> $1`,
      [id],
    );
    const done = await rateAll();
    rated.mockRestore();
    expect(meanwhile).toEqual([{ kind: 'EVENT' }, { kind: 'SCHEDULED' }, true]);
    expect(done).toMatchObject([{ reratingId: event }, { kind: 'SCHEDULED', ratingId: done[0]?.ratingId }]);
    expect(await ratingsOf(id)).toBe(before + 1);
  });
});
