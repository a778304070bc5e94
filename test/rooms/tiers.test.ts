/** Values and tiers on the rated sample: what the database forbids, and that whoever is looked at alone comes out as with all. */
import { asSystem, required } from '../../src/app';
import { Decimal } from '../../src/kernel/decimal';
import type { Grade } from '../../src/kernel/grade';
import { DEFAULT_POLICIES, matchCell, TIERS, type WarningLevel } from '../../src/policies';
import { createTiers } from '../../src/tiers';
import { scoreValue, VALUE_INDICATORS, type DatedValue, type ValueInputs } from '../../src/tiers/domain/score-value';
import { PARETO_STEPS, type ValueCuts } from '../../src/tiers/domain/value-cuts';
import { indicatorOf } from '../../src/indicators';
import { useApi } from '../support/api';
import { rateEverybody } from '../support/sample';

const api = useApi('sample');
const by = asSystem('rating-worker', 'test');
const { TIER_MATRIX: MATRIX, VALUE_SCORE: POLICY } = DEFAULT_POLICIES;
const DAY_MS = 86_400_000;

const actAs = (id: string) => api.test.asApp("SELECT set_config('tierwarden.actor', $1, false)", [id]);
beforeEach(() => actAs('somebody'));

interface Known {
  readonly id: string;
  readonly values: (number | null)[];
  readonly days: (string | null)[];
}
/** Everybody's current values, by plain SQL. */
const known = (): Promise<Known[]> =>
  api.test.asOwner<Known>(
    `SELECT customer.id, current.values, current.as_of::text[] AS days FROM customer
     LEFT JOIN indicator_current AS current ON current.customer_id = customer.id
     WHERE kind = 'CUSTOMER' ORDER BY customer.id`,
  );
const inputsOf = ({ values, days }: Known): ValueInputs =>
  Object.fromEntries(
    VALUE_INDICATORS.map((code): [string, DatedValue | null] => {
      const slot = indicatorOf(code).ordinal - 1;
      const [value, asOf] = [values?.[slot] ?? null, days?.[slot] ?? null];
      return [code, value === null || asOf === null ? null : { value, asOf }];
    }),
  ) as unknown as ValueInputs;

const newestCuts = async (): Promise<{ cuts: ValueCuts; asOf: string }> => {
  const [row] = await api.test.asOwner<{ cuts: ValueCuts; asOf: string }>(
    'SELECT cuts, as_of::text AS "asOf" FROM value_computation ORDER BY started_at DESC LIMIT 1',
  );
  return row!;
};

/** Of everybody with a tier: the tier, and what it is told by. */
const tiered = () =>
  api.test.asOwner<{ id: string; tier: string; cell: string; score: string; grade: Grade }>(
    `SELECT held.customer_id AS id, held.tier, held.value_band || ' ' || held.risk_class AS cell, worth.score::text, graded.grade
     FROM customer_tier AS held JOIN customer_value AS worth USING (customer_id)
     JOIN customer_grade AS graded USING (customer_id) ORDER BY id`,
  );

const expectAllInTheirCells = async (warnings: ReadonlyMap<string, WarningLevel> = new Map()): Promise<void> => {
  for (const { id, tier, cell, score, grade } of await tiered()) {
    const matched = matchCell(MATRIX, { score, grade, warning: warnings.get(id) ?? null });
    expect({ id, tier, cell }).toEqual({ id, tier: matched.tier, cell: `${matched.valueBand} ${matched.riskClass}` });
  }
};

const expectHistoryAgrees = async (): Promise<void> => {
  const odd = await api.test.asOwner(
    `SELECT held.customer_id FROM customer_tier AS held
     CROSS JOIN LATERAL (SELECT * FROM tier_history AS entry WHERE entry.customer_id = held.customer_id
       ORDER BY changed_at DESC, id DESC LIMIT 1) AS newest
     CROSS JOIN LATERAL (SELECT count(*)::int FROM tier_history AS entry WHERE entry.customer_id = held.customer_id) AS entries
     WHERE (held.tier, held.value_band, held.risk_class, held.entry_id, held.version)
       IS DISTINCT FROM (newest.tier_after, newest.value_band, newest.risk_class, newest.id, entries.count)`,
  );
  expect(odd).toEqual([]);
};

describe('the sample', () => {
  it('shows all five tiers, for every rated customer and for no supplier', async () => {
    expect([...new Set((await tiered()).map(({ tier }) => tier))].sort()).toEqual([...TIERS].sort());
    const [counts] = await api.test.asOwner<{ without: number; suppliers: number }>(
      `SELECT count(*) FILTER (WHERE kind = 'CUSTOMER' AND held.customer_id IS NULL AND graded.customer_id IS NOT NULL)::int AS without,
         count(*) FILTER (WHERE kind = 'SUPPLIER' AND held.customer_id IS NOT NULL)::int AS suppliers
       FROM customer LEFT JOIN customer_tier AS held ON held.customer_id = customer.id
       LEFT JOIN customer_grade AS graded ON graded.customer_id = customer.id`,
    );
    expect(counts).toEqual({ without: 0, suppliers: 0 });
    await expectAllInTheirCells();
    await expectHistoryAgrees();
  });

  it('has cut points that a naive reckoning finds too', async () => {
    const { cuts, asOf } = await newestCuts();
    const nobody: ValueCuts = { frequency: [], averageOrder: [], margin: [], lifetimeValue: [], pareto: null };
    const measured = (await known()).map((row) => scoreValue(inputsOf(row), asOf, { cuts: nobody, policy: POLICY }));
    for (const [name, measure] of [
      ['frequency', 'orders'],
      ['averageOrder', 'averageOrder'],
      ['margin', 'margin'],
      ['lifetimeValue', 'lifetimeValue'],
    ] as const) {
      const sorted = measured.flatMap((value) => (value[measure] === null ? [] : [Number(value[measure])])).sort((a, b) => a - b); // prettier-ignore
      const naive = Array.from({ length: 9 }, (_, i) => sorted[Math.ceil((sorted.length * (i + 1)) / 10) - 1]!);
      cuts[name].forEach((cut, i) => expect(Math.abs(Number(cut) - naive[i]!)).toBeLessThanOrEqual(0.011));
    }
    const margins = measured.flatMap(({ margin }) => (margin === null || Number(margin) <= 0 ? [] : [Number(margin)]));
    margins.sort((a, b) => b - a);
    const whole = margins.reduce((sum, margin) => sum + margin, 0);
    for (let step = 0; step < PARETO_STEPS; step++) {
      let [made, count] = [0, 0];
      while (count < margins.length && made < (whole * (step + 1)) / PARETO_STEPS - 1e-6) made += margins[count++]!;
      expect(Number(cuts.pareto?.[step])).toBeCloseTo(margins[count - 1]!, 2);
    }
  });

  it('gives everybody the value that the one pure function gives', async () => {
    const { cuts, asOf } = await newestCuts();
    const stored = new Map(
      (
        await api.test.asOwner<{ id: string; score: string; points: number[]; pareto: string; clv: string | null }>(
          `SELECT told.customer_id AS id, told.score::text, told.points, told.pareto_share::text AS pareto, told.lifetime_value::text AS clv
           FROM customer_value JOIN value_score AS told ON told.id = value_score_id`,
        )
      ).map(({ id, ...value }) => [id, value]),
    );
    const everybody = await known();
    expect(stored.size).toBe(everybody.length);
    for (const row of everybody) {
      const { score, points, paretoShare, lifetimeValue } = scoreValue(inputsOf(row), asOf, { cuts, policy: POLICY });
      expect(stored.get(row.id)).toEqual({ score, points: [...points], pareto: paretoShare, clv: lifetimeValue });
    }
  });

  it('is worth the same one by one as all together', async () => {
    const [first] = await tiered();
    for (const { id } of (await tiered()).filter((_, i) => i % 25 === 0)) {
      expect(required(await api.app.tiers.evaluateCustomer(by, { customerId: id })).auditEventId).toBeNull();
    }
    expect(first).toEqual((await tiered())[0]);
  });

  it('makes up the first share of its margin with the core', async () => {
    const [sums] = await api.test.asOwner<{ share: string; heads: string }>(
      `SELECT (sum(margin) FILTER (WHERE pareto_share <= 0.8) / sum(margin) FILTER (WHERE margin > 0))::text AS share,
         (count(*) FILTER (WHERE pareto_share <= 0.8)::numeric / count(*))::text AS heads
       FROM customer_value JOIN value_score AS told ON told.id = value_score_id`,
    );
    expect(Number(sums?.share)).toBeGreaterThanOrEqual(0.8);
    expect(Number(sums?.share)).toBeLessThan(0.82);
    expect(Number(sums?.heads)).toBeLessThan(0.35);
  });
});

describe('the database', () => {
  it.each([
    ["UPDATE customer_tier SET tier = 'DIAMOND'", '42501'],
    ['DELETE FROM customer_tier', '42501'],
    ["UPDATE tier_history SET tier_after = 'DIAMOND'", '42501'],
    ['DELETE FROM tier_history', '42501'],
    ['UPDATE value_score SET score = 100', '42501'],
    ['DELETE FROM value_score', '42501'],
    ["UPDATE value_computation SET cuts = '{}'", '42501'],
    ['UPDATE value_computation SET evaluated = 0', 'TW004'],
    ['UPDATE tier_task SET due_on = due_on + 30', '42501'],
    ['DELETE FROM tier_task', '42501'],
    ['UPDATE customer_value SET score = 99 WHERE value_score_id = gen_random_uuid()', null],
    ['UPDATE customer_value SET value_score_id = gen_random_uuid()', '23503'],
  ])('answers %s by %s', async (sql, code) => {
    if (code === null) await expect(api.test.asApp(sql)).resolves.toEqual([]);
    else await expect(api.test.asApp(sql)).rejects.toMatchObject({ code });
  });

  const book = (changes: string) =>
    api.test.asApp(
      `INSERT INTO tier_history (id, customer_id, cause, cause_id, tier_before, tier_after, value_band, risk_class,
         value_score_id, grade, warning, policy_version_id, changed_at, changed_by)
       SELECT gen_random_uuid(), (forged).customer_id, 'GRADE', 'x', (forged).tier, 'DIAMOND', 'TOP', 'LOW',
         (forged).value_score_id, 'AAA', NULL, (forged).policy_version_id, (forged).updated_at + interval '1 s', 'somebody'
       FROM (SELECT held AS forged FROM customer_tier AS held WHERE tier = 'WATCH' ORDER BY customer_id LIMIT 1) AS one ${changes}`,
    );

  it('moves a tier only from where it stands', async () => {
    await expect(
      api.test.asApp(
        `INSERT INTO tier_history SELECT gen_random_uuid(), customer_id, 'GRADE', 'x', 'GOLD', 'DIAMOND', 'TOP', 'LOW',
           value_score_id, 'AAA', NULL, policy_version_id, updated_at + interval '1 s', 'somebody'
         FROM customer_tier WHERE tier = 'WATCH' LIMIT 1`,
      ),
    ).rejects.toMatchObject({ code: 'TW009' });
  });

  it('moves it in the order of time', async () => {
    await expect(
      api.test.asApp(
        `INSERT INTO tier_history SELECT gen_random_uuid(), customer_id, 'GRADE', 'x', tier, 'DIAMOND', 'TOP', 'LOW',
           value_score_id, 'AAA', NULL, policy_version_id, updated_at, 'somebody'
         FROM customer_tier WHERE tier = 'WATCH' LIMIT 1`,
      ),
    ).rejects.toMatchObject({ code: 'TW009' });
  });

  it('takes no entry in the name of another, and no first one twice', async () => {
    await actAs('somebody else');
    await expect(book('')).rejects.toMatchObject({ code: 'TW010' });
    await actAs('somebody');
    await expect(
      api.test.asApp(
        `INSERT INTO tier_history SELECT gen_random_uuid(), customer_id, 'GRADE', 'x', NULL, 'DIAMOND', 'TOP', 'LOW',
           value_score_id, 'AAA', NULL, policy_version_id, updated_at + interval '1 s', 'somebody'
         FROM customer_tier WHERE tier = 'WATCH' LIMIT 1`,
      ),
    ).rejects.toMatchObject({ code: '23505' });
  });

  it('is not moved through a table made to look like the history', async () => {
    await expect(
      api.test.asApp(`DO $$ BEGIN
        CREATE TEMP TABLE forged (LIKE tier_history);
        CREATE TRIGGER forged AFTER INSERT ON forged REFERENCING NEW TABLE AS entries
          FOR EACH STATEMENT EXECUTE FUNCTION customer_tier_move();
      END $$`),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('opens no closed task again, and holds each task of a change once', async () => {
    await api.test.asApp(
      "UPDATE tier_task SET state = 'DONE', closed_at = created_at, closed_by = 'x' WHERE id = (SELECT id FROM tier_task ORDER BY id LIMIT 1)",
    );
    await expect(
      api.test.asApp("UPDATE tier_task SET state = 'OPEN', closed_at = NULL, closed_by = NULL WHERE state = 'DONE'"),
    ).rejects.toMatchObject({ code: 'TW004' });
    await expect(
      api.test.asApp(
        `INSERT INTO tier_task (id, entry_id, customer_id, code, name_zh, name_en, tier, direction, plan_version_id, due_on, state, created_at, version)
         SELECT gen_random_uuid(), entry_id, customer_id, code, name_zh, name_en, tier, direction, plan_version_id, due_on, 'OPEN', created_at, 1
         FROM tier_task LIMIT 1`,
      ),
    ).rejects.toMatchObject({ code: '23505' });
  });
});

const record = (customerId: string, values: Record<string, string>, asOf = '2026-01-14') =>
  api.app.indicators.commands
    .recordSnapshot(by, { customerId, asOf, source: 'test', quality: 'VERIFIED', values })
    .then(required);

const eventsOf = (action: string) =>
  api.test.asOwner<{ data: Record<string, unknown> }>(
    "SELECT convert_from(bytes, 'UTF8')::jsonb -> 'data' AS data FROM audit_event WHERE action = $1 ORDER BY occurred_at, id",
    [action],
  );

describe('a tier follows', () => {
  it('the grade, in the transaction that moves it, with tasks that follow and those that lapse', async () => {
    const diamond = (await tiered()).find(({ tier }) => tier === 'DIAMOND')!;
    api.test.clock.advance(1_000);
    await record(diamond.id, { blacklistHit: '1' });
    required(await api.app.ratings.rateCustomer(by, { customerId: diamond.id }));
    const after = (await tiered()).find(({ id }) => id === diamond.id);
    expect(after).toMatchObject({ tier: 'WATCH', cell: 'TOP HIGH', grade: 'C' });
    const tasks = await api.test.asOwner<{ code: string; state: string; due: string }>(
      'SELECT code, state, (due_on - created_at::date)::text AS due FROM tier_task WHERE customer_id = $1 ORDER BY created_at, due_on, code',
      [diamond.id],
    );
    expect(tasks.filter(({ state }) => state === 'OPEN')).toEqual([
      { code: 'REVIEW_EXPOSURE', state: 'OPEN', due: '3' },
      { code: 'AGREE_PREPAYMENT', state: 'OPEN', due: '10' },
      { code: 'ASK_FOR_COLLATERAL', state: 'OPEN', due: '10' },
    ]);
    expect(tasks.filter(({ code, state }) => code === 'AGREE_YEARLY_PLAN' && state === 'OPEN')).toEqual([]);
    const [entry] = await api.test.asOwner<{ cause: string; rating: boolean }>(
      `SELECT cause, EXISTS (SELECT FROM rating WHERE id::text = cause_id) AS rating FROM tier_history
       WHERE customer_id = $1 ORDER BY changed_at DESC LIMIT 1`,
      [diamond.id],
    );
    expect(entry).toEqual({ cause: 'GRADE', rating: true });
    await expectHistoryAgrees();
    // Rated again with the same result, nothing is added.
    const [before] = await api.test.asOwner('SELECT count(*) FROM tier_history');
    required(await api.app.ratings.rateCustomer(by, { customerId: diamond.id }));
    expect(await api.test.asOwner('SELECT count(*) FROM tier_history')).toEqual([before]);
  });

  it('a run over the portfolio, all at once and with one event', async () => {
    const struck = (await tiered()).filter(({ tier }) => tier === 'GOLD').slice(0, 12);
    for (const { id } of struck) await record(id, { bankruptcyFiled: '1' });
    const before = (await eventsOf('tier.moved')).length;
    api.test.clock.advance(1_000);
    await rateEverybody(api.app);
    await expectAllInTheirCells();
    await expectHistoryAgrees();
    const events = (await eventsOf('tier.moved')).slice(before);
    expect(events).toHaveLength(1);
    expect(events[0]!.data['down']).toBeGreaterThanOrEqual(struck.length);
    const now = new Map((await tiered()).map(({ id, tier }) => [id, tier]));
    expect(struck.map(({ id }) => now.get(id))).toEqual(struck.map(() => 'WATCH'));
  });

  it('a run over a large portfolio, in chunks after it, from where they were left', async () => {
    const [run] = await api.test.asOwner<{ id: string }>("SELECT id FROM rating_run WHERE state = 'COMPLETED' LIMIT 1");
    const runId = run!.id;
    const calm = (await tiered()).filter(({ cell }) => !cell.endsWith(' HIGH')).slice(0, 50);
    const warnings = new Map<string, WarningLevel>(calm.map(({ id }) => [id, 'RED']));
    const { database, unitOfWork, policies, ratings } = api.app;
    let lookups = 0;
    const openWarnings = async () => {
      if (++lookups === 6) throw new Error('the lights went out');
      return warnings;
    };
    const tiers = createTiers({ database, unitOfWork, policies, ratings, openWarnings, batch: 20 });
    const before = (await eventsOf('tier.moved')).length;
    api.test.clock.advance(1_000);
    required(
      await unitOfWork.run(by, async (tx) => {
        await tiers.runPublished(tx, { runId, rated: 21 });
        tx.record({ action: 'ratingRun.completed', object: { type: 'RatingRun', id: runId } });
        return { ok: true, value: null };
      }),
    );
    expect((await eventsOf('tier.moved')).length).toBe(before);
    await expect(tiers.runFollowUp(by, { runId })).rejects.toThrow('the lights went out');
    const [left] = await api.test.asOwner('SELECT moved, finished_at FROM tier_follow_up');
    expect(left).toEqual({ moved: 40, finished_at: null });
    expect(required(await tiers.resumeFollowUps(by, api.test.clock()))).toBe(0);
    api.test.clock.advance(61_000);
    expect(required(await tiers.resumeFollowUps(by, api.test.clock()))).toBe(10);
    expect(required(await tiers.runFollowUp(by, { runId }))).toBe(0);
    await expectAllInTheirCells(warnings);
    await expectHistoryAgrees();
    expect((await eventsOf('tier.moved')).slice(before).map(({ data }) => data['count'])).toEqual([20, 20, 10]);
    await expect(api.test.asOwner('UPDATE tier_follow_up SET moved = 0')).rejects.toThrow();
    // And back, for whatever comes after.
    warnings.clear();
    api.test.clock.advance(1_000);
    required(
      await unitOfWork.run(by, async (tx) => {
        await tiers.warningsChanged(
          tx,
          calm.map(({ id }) => ({ customerId: id, warningId: 'w-0' })),
        );
        return { ok: true, value: null };
      }),
    );
  });

  it('the value of one customer', async () => {
    const poor = (await tiered()).find(({ cell }) => cell === 'LOW LOW' || cell === 'LOW MEDIUM')!;
    await record(poor.id, { ordersIn1Year: '500', yearlyTurnoverWithUs: '900000000', yearlyGrossMarginWithUs: '200000000', renewalRate: '1' }); // prettier-ignore
    api.test.clock.advance(1_000);
    const { auditEventId } = required(await api.app.tiers.evaluateCustomer(by, { customerId: poor.id }));
    expect(auditEventId).not.toBeNull();
    const rich = (await tiered()).find(({ id }) => id === poor.id)!;
    expect(rich.cell).toBe(poor.cell.replace('LOW', 'TOP'));
    expect(new Decimal(rich.score).toFixed(2)).toBe('100.00');
  });

  it('warnings, in the transaction of whoever raises them', async () => {
    const silver = (await tiered()).find(({ cell }) => cell.endsWith(' LOW'))!;
    const warnings = new Map<string, WarningLevel>([[silver.id, 'RED']]);
    const { database, unitOfWork, policies, ratings } = api.app;
    const tiers = createTiers({ database, unitOfWork, policies, ratings, openWarnings: async () => warnings });
    const raise = async (warningId: string) =>
      required(
        await unitOfWork.run(by, async (tx) => {
          await tiers.warningsChanged(tx, [{ customerId: silver.id, warningId }]);
          return { ok: true, value: null };
        }),
      );
    api.test.clock.advance(1_000);
    await raise('w-1');
    await expectAllInTheirCells(warnings);
    expect((await tiered()).find(({ id }) => id === silver.id)?.tier).toBe('WATCH');
    const [entry] = await api.test.asOwner(
      'SELECT cause, cause_id, warning FROM tier_history WHERE customer_id = $1 ORDER BY changed_at DESC LIMIT 1',
      [silver.id],
    );
    expect(entry).toEqual({ cause: 'WARNING', cause_id: 'w-1', warning: 'RED' });
    warnings.clear();
    api.test.clock.advance(1_000);
    await raise('w-1');
    await expectAllInTheirCells();
  });

  it('other grades in thought only', async () => {
    const some = (await tiered()).slice(0, 50);
    const { actor } = asSystem('rating-worker', 'test');
    const grades = new Map(some.map(({ id }, i): [string, Grade] => [id, (['AAA', 'BB', 'C'] as const)[i % 3]!]));
    const cells = required(await api.app.tiers.queries.cellsAtGrades(actor, grades, api.test.clock()));
    for (const { id, score } of some) {
      expect(cells.get(id)).toEqual(matchCell(MATRIX, { score, grade: grades.get(id)!, warning: null }));
    }
    const tiers = await api.app.tiers.queries.tiersOf(api.app.database, some.map(({ id }) => id)); // prettier-ignore
    expect(Object.fromEntries(tiers)).toEqual(Object.fromEntries(some.map(({ id, tier }) => [id, tier])));
  });
});

describe('a computation', () => {
  const tick = (ms = 0) => api.app.tiers.computeDue(by, new Date(api.test.clock().getTime() + ms)).then(required);
  const computations = () =>
    api.test.asOwner<{ id: string; state: string; evaluated: number; core: number; core_known: number; core_recognised: number }>( // prettier-ignore
      'SELECT id, state, evaluated, core, core_known, core_recognised FROM value_computation ORDER BY started_at',
    );

  it('is not due again before its time, but looks after who came in between', async () => {
    expect(await tick()).toBe(0);
    const { customer } = required(
      await api.app.customers.commands.registerCustomer(by, { number: 'NEW-1', nameEn: 'New Ltd', kind: 'CUSTOMER', industryCode: 'RETAIL' }),
    ); // prettier-ignore
    await record(customer.id, { ordersIn1Year: '60', yearlyTurnoverWithUs: '2000000', yearlyGrossMarginWithUs: '400000', renewalRate: '0.9' }); // prettier-ignore
    expect(await tick()).toBe(1);
    expect(await tick()).toBe(0);
    const worth = () => api.test.asOwner('SELECT score FROM customer_value WHERE customer_id = $1', [customer.id]);
    expect(await worth()).toHaveLength(1);
    required(await api.app.ratings.rateCustomer(by, { customerId: customer.id }));
    expect((await tiered()).some(({ id }) => id === customer.id)).toBe(true);
  });

  it('gives a newcomer value and tier with the first rating', async () => {
    const { customer } = required(
      await api.app.customers.commands.registerCustomer(by, { number: 'NEW-2', nameEn: 'Newer Ltd', kind: 'CUSTOMER', industryCode: 'RETAIL' }),
    ); // prettier-ignore
    await record(customer.id, { roa: '0.05' });
    required(await api.app.ratings.rateCustomer(by, { customerId: customer.id }));
    expect((await tiered()).find(({ id }) => id === customer.id)).toMatchObject({ score: '10.00' });
    const { customer: supplier } = required(
      await api.app.customers.commands.registerCustomer(by, { number: 'NEW-3', nameEn: 'Supplier Ltd', kind: 'SUPPLIER', industryCode: 'RETAIL' }),
    ); // prettier-ignore
    await record(supplier.id, { roa: '0.05' });
    required(await api.app.ratings.rateCustomer(by, { customerId: supplier.id }));
    expect((await tiered()).some(({ id }) => id === supplier.id)).toBe(false);
    expect(await api.app.tiers.evaluateCustomer(by, { customerId: supplier.id })).toMatchObject({
      refusal: { code: 'INVALID_STATE', reason: 'SUPPLIER' },
    });
  });

  it('is started once when its time has come, and taken to its end however often and by however many', async () => {
    api.test.clock.advance(31 * DAY_MS);
    expect((await Promise.all([tick(), tick(), tick()])).sort()).toEqual([0, 0, 1]);
    const started = (await computations()).at(-1)!;
    expect(started).toMatchObject({ state: 'RUNNING', evaluated: 0 });
    expect(await api.app.tiers.startComputation(by)).toMatchObject({
      refusal: { code: 'CONFLICTING_REQUEST', reason: 'COMPUTATION_IN_PROGRESS' },
    });
    // Fresh work is somebody else's; what has been left for a minute is taken up.
    expect(await tick()).toBe(0);
    await Promise.all([tick(61_000), tick(61_000), api.app.tiers.runComputation(by, { computationId: started.id })]);
    const [done] = (await computations()).slice(-1);
    const [{ count } = { count: 0 }] = await api.test.asOwner<{ count: number }>(
      "SELECT count(*)::int FROM customer WHERE kind = 'CUSTOMER'",
    );
    expect(done).toMatchObject({ state: 'COMPLETED', evaluated: count });
    expect(done!.core_known).toBe(done!.core);
    expect(done!.core_recognised / done!.core_known).toBeGreaterThan(0.85);
    await expectAllInTheirCells();
    await expectHistoryAgrees();
  });

  it('keeps what it has done when it fails on the way', async () => {
    const { computationId } = required(await api.app.tiers.startComputation(by));
    const before = await tiered();
    const failing = createTiers({
      database: api.app.database,
      unitOfWork: api.app.unitOfWork,
      policies: api.app.policies,
      ratings: api.app.ratings,
      openWarnings: () => Promise.reject(new Error('the lights went out')),
    });
    await expect(failing.runComputation(by, { computationId })).rejects.toThrow('the lights went out');
    expect(await tiered()).toEqual(before);
    expect((await computations()).at(-1)).toMatchObject({ state: 'RUNNING', evaluated: 0 });
    required(await api.app.tiers.runComputation(by, { computationId }));
    expect((await computations()).at(-1)).toMatchObject({ state: 'COMPLETED' });
  });

  it('follows a new version of the matrix, and says that this is why', async () => {
    const content = { ...MATRIX, cells: { ...MATRIX.cells, TOP: { ...MATRIX.cells.TOP, MEDIUM: 'DIAMOND' } } };
    await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
    const moment = api.test.clock();
    await api.test.asOwner(
      `INSERT INTO policy_version (id, kind, number, content, digest, effective_from, published_at, published_by)
       VALUES (gen_random_uuid(), 'TIER_MATRIX', 2, $1, 'x', $2, $2, 'test')`,
      [JSON.stringify(content), moment],
    );
    const gold = (await tiered()).filter(({ cell }) => cell === 'TOP MEDIUM');
    expect(gold.length).toBeGreaterThan(0);
    api.test.clock.advance(1_000);
    expect(await tick()).toBe(1);
    required(await api.app.tiers.runComputation(by, { computationId: (await computations()).at(-1)!.id }));
    const causes = await api.test.asOwner<{ cause: string; tier: string }>(
      `SELECT DISTINCT cause, tier_after AS tier FROM tier_history WHERE changed_at > $1 AND customer_id = ANY ($2::uuid[])`,
      [moment, gold.map(({ id }) => id)],
    );
    // Cut points are new as well, so that some may have moved by value besides.
    expect(causes).toContainEqual({ cause: 'POLICY', tier: 'DIAMOND' });
    await expectHistoryAgrees();
  });
});
