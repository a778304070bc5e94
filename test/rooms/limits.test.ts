/** What protects limits, overrides and grades whatever the program does: asked by plain SQL as the app role. */
import { asSystem, required } from '../../src/app';
import type { RatingRun } from '../../src/ratings';
import { useApi, type Loose } from '../support/api';

const api = useApi('sample');

const actAs = (id: string) => api.test.asApp("SELECT set_config('tierwarden.actor', $1, false)", [id]);
const someLimit = async (): Promise<{ customer_id: string; amount: string }> => {
  const [row] = await api.test.asOwner<{ customer_id: string; amount: string }>(
    'SELECT customer_id, amount::text FROM credit_limit WHERE amount > 1000 ORDER BY customer_id LIMIT 1',
  );
  if (row === undefined) throw new Error('the sample has limits');
  return row;
};

beforeEach(() => actAs('somebody'));

describe('a credit limit', () => {
  it.each([
    ['UPDATE credit_limit SET amount = amount * 2', '42501'],
    ["INSERT INTO credit_limit VALUES (gen_random_uuid(), 1, 'CNY', 1, now())", '42501'],
    ['DELETE FROM credit_limit', '42501'],
    ['UPDATE credit_limit_entry SET after = 1', '42501'],
    ['DELETE FROM credit_limit_entry', '42501'],
  ])('is not moved by hand: %s', async (sql, code) => {
    await expect(api.test.asApp(sql)).rejects.toMatchObject({ code });
  });

  const book = (entry: { customer: string; kind: string; before: string; after: string }) =>
    api.test.asApp(
      `INSERT INTO credit_limit_entry (id, customer_id, kind, before, after, currency, cause_id, booked_at, booked_by)
       VALUES (gen_random_uuid(), $1, $2, $3, $4, 'CNY', gen_random_uuid()::text, now(), 'somebody')`,
      [entry.customer, entry.kind, entry.before, entry.after],
    );

  it('is not raised without an applied request', async () => {
    const { customer_id: customer, amount } = await someLimit();
    await expect(book({ customer, kind: 'RAISE', before: amount, after: '99999999999.00' })).rejects.toMatchObject({
      code: 'TW008',
    });
  });

  it('moves only from where it stands', async () => {
    const { customer_id: customer } = await someLimit();
    await expect(book({ customer, kind: 'POLICY_CUT', before: '123.45', after: '1.00' })).rejects.toMatchObject({
      code: 'TW009',
    });
  });

  it('moves in the order of time', async () => {
    const { customer_id: customer, amount } = await someLimit();
    await expect(
      api.test.asApp(
        `INSERT INTO credit_limit_entry (id, customer_id, kind, before, after, currency, cause_id, booked_at, booked_by)
         SELECT gen_random_uuid(), $1, 'POLICY_CUT', $2, 1, 'CNY', 'x', updated_at - interval '1 ms', 'somebody'
         FROM credit_limit WHERE customer_id = $1`,
        [customer, amount],
      ),
    ).rejects.toMatchObject({ code: 'TW009' });
  });

  it.each([
    ['a cut upwards', 'POLICY_CUT', '100.00', '200.00'],
    ['a raise downwards', 'RAISE', '200.00', '100.00'],
    ['an opening from something', 'OPENING', '100.00', '200.00'],
    ['a negative limit', 'POLICY_CUT', '100.00', '-1.00'],
  ])('takes no %s', async (_, kind, before, after) => {
    const { customer_id: customer } = await someLimit();
    await expect(book({ customer, kind, before, after })).rejects.toMatchObject({ code: '23514' });
  });

  it('is not moved through a table made to look like the journal', async () => {
    await expect(
      api.test.asApp(`DO $$ BEGIN
        CREATE TEMP TABLE forged (LIKE credit_limit_entry);
        CREATE TRIGGER forged AFTER INSERT ON forged FOR EACH ROW EXECUTE FUNCTION credit_limit_book();
      END $$`),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('is opened above nothing by the installation alone, and never at what is no number', async () => {
    const [row] = await api.test.asOwner<{ id: string }>(
      'SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM credit_limit) LIMIT 1',
    );
    const customer = row?.id ?? '';
    await expect(book({ customer, kind: 'OPENING', before: '0', after: '100.00' })).rejects.toMatchObject({
      code: 'TW008',
    });
    await expect(book({ customer, kind: 'OPENING', before: '0', after: 'NaN' })).rejects.toMatchObject({
      code: '23514',
    });
  });

  it('equals the newest entry of its journal, for everybody', async () => {
    const odd = await api.test.asOwner(
      `SELECT limits.customer_id FROM credit_limit AS limits
       WHERE amount <> (SELECT after FROM credit_limit_entry AS entry WHERE entry.customer_id = limits.customer_id
                        ORDER BY booked_at DESC, id DESC LIMIT 1)`,
    );
    expect(odd).toEqual([]);
  });

  it('is never above what the policy allows once everybody is rated', async () => {
    const limits: Loose[] = [];
    let after: string | null = null;
    do {
      const { nodes, pageInfo }: Loose = (
        await api.ask(
          'approver',
          `query ($after: String) { customers(first: 100, after: $after) {
            nodes { creditLimit { approved { amount } allowed { amount } } } pageInfo { hasNextPage endCursor } } }`,
          { after },
        )
      ).data.customers;
      limits.push(...nodes.map(({ creditLimit }: Loose) => creditLimit).filter(Boolean));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(limits.length).toBeGreaterThan(400);
    for (const { approved, allowed } of limits)
      expect(Number(approved.amount)).toBeLessThanOrEqual(Number(allowed.amount));
  });
});

describe('an override', () => {
  it('takes no effect without its applied request', async () => {
    const [row] = await api.test.asOwner<{ customer_id: string }>('SELECT customer_id FROM customer_grade LIMIT 1');
    await expect(
      api.test.asApp(
        `INSERT INTO grade_override (id, customer_id, request_id, model_grade, from_grade, to_grade, reason_code,
           justification, evidence, effective_from, valid_until)
         VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'A', 'A', 'AAA', 'X', 'because', '[]', now(), now() + interval '1 day')`,
        [row?.customer_id],
      ),
    ).rejects.toMatchObject({ code: '23503' });
  });
});

describe('a grade in force', () => {
  it('does not leave the model without a live override', async () => {
    await expect(
      api.test.asApp("UPDATE customer_grade SET grade = 'AAA', basis = 'OVERRIDE', override_id = gen_random_uuid()"),
    ).rejects.toMatchObject({ code: '23503' });
    await expect(api.test.asApp("UPDATE customer_grade SET grade = 'AAA'")).rejects.toMatchObject({ code: '23514' });
  });

  it('does not move to the rating of another customer', async () => {
    await expect(
      api.test.asApp(
        `UPDATE customer_grade AS held SET rating_id = (SELECT id FROM rating WHERE customer_id <> held.customer_id LIMIT 1)`,
      ),
    ).rejects.toMatchObject({ code: '23503' });
  });
});

describe('a closed run', () => {
  it('is not opened again, nor are its chunks', async () => {
    await expect(api.test.asApp("UPDATE rating_run SET state = 'RUNNING', finished_at = NULL")).rejects.toMatchObject({
      code: 'TW004',
    });
    await expect(api.test.asApp('UPDATE rating_run_chunk SET rated = 0')).rejects.toMatchObject({ code: 'TW004' });
  });
});

describe('ratings and their history', () => {
  it.each(['rating', 'rating_parked', 'grade_history', 'indicator_snapshot', 'cut_point_set'])(
    '%s is never changed by the app role',
    async (table) => {
      await expect(api.test.asApp(`DELETE FROM ${table}`)).rejects.toMatchObject({ code: '42501' });
      await expect(api.test.asApp(`TRUNCATE ${table}`)).rejects.toMatchObject({ code: '42501' });
    },
  );

  it('hold one open run at a time, and one rating per customer and run', async () => {
    const by = asSystem('rating-worker', 'test');
    const started = await Promise.all(Array.from({ length: 5 }, () => api.app.ratings.startRun(by)));
    const won = started.filter((result) => result.ok);
    expect(won).toHaveLength(1);
    for (const result of started) {
      if (!result.ok) expect(result.refusal).toMatchObject({ code: 'CONFLICTING_REQUEST', reason: 'RUN_IN_PROGRESS' });
    }
    const [first] = won;
    if (first?.ok !== true) throw new Error('one run starts');
    const { runId } = first.value;
    await Promise.all(Array.from({ length: 4 }, () => api.app.ratings.runChunk(by, { runId, ordinal: 1 })));
    required(await api.app.ratings.finishRun(by, { runId }));
    const [run] = await api.app.ratings.queries.runsByIds(by.actor, [runId]);
    expect(run).toMatchObject({ state: 'COMPLETED', customers: 600 } satisfies Partial<RatingRun>);
    const [counts] = await api.test.asOwner<{ ratings: number; customers: number }>(
      'SELECT count(*)::int AS ratings, count(DISTINCT customer_id)::int AS customers FROM rating WHERE run_id = $1',
      [runId],
    );
    expect(counts).toEqual({ ratings: run?.rated, customers: run?.rated });
  });
});
