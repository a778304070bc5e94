/** The life cycle by rules on a drawn portfolio: SQL finds and the pure rules decide alike, nothing is added twice, the past stands. */
import { Client } from 'pg';
import { drawPortfolio } from '../../bench/support/portfolio';
import { asSystem, required } from '../../src/app';
import { indicatorOf } from '../../src/indicators';
import {
  DEFAULT_POLICIES,
  LIFE_CYCLE_JOB,
  LIFE_CYCLE_MEASURES,
  matchRule,
  type LifeCycleFacts,
} from '../../src/policies';
import { lifeCyclePolicySchema } from '../../src/policies/domain/life-cycle-policy';
import { inputIndicators, EXPERT_SCORECARD } from '../../src/scorecards';
import { TIER_HANDLERS } from '../../workers/tiers.worker';
import { useApi } from '../support/api';
import { finishRun } from '../support/sample';

const api = useApi('empty');
const by = asSystem('rating-worker', 'test');
const CUSTOMERS = 120;
const POLICY = DEFAULT_POLICIES.LIFE_CYCLE;
const follow = async () => required(await api.app.tiers.followLifeCycles(by));

interface Known {
  readonly id: string;
  readonly number: string;
  readonly values: (number | null)[];
  readonly days: (string | null)[];
  readonly rated: boolean;
  readonly facts: LifeCycleFacts;
  readonly rule: string;
  readonly stage: string;
}
const known = () =>
  api.test.asOwner<Known>(
    `SELECT customer.id, customer.number, current.values, current.as_of::text[] AS days, held.customer_id IS NOT NULL AS rated,
       newest.facts, newest.rule, newest.stage_after AS stage
     FROM customer JOIN indicator_current AS current ON current.customer_id = customer.id
     LEFT JOIN customer_grade AS held ON held.customer_id = customer.id
     JOIN LATERAL (SELECT * FROM life_cycle_entry WHERE customer_id = customer.id ORDER BY number DESC LIMIT 1) AS newest ON true`,
  );
const factsOf = ({ values, days, rated }: Known): LifeCycleFacts => {
  const today = api.test.clock().getTime();
  return Object.fromEntries(
    LIFE_CYCLE_MEASURES.map((measure) => {
      if (measure === 'rated') return [measure, Number(rated)];
      const { ordinal, maxAgeDays } = indicatorOf(measure);
      const day = days[ordinal - 1] ?? null;
      const fresh = day !== null && today - Date.parse(day) < (maxAgeDays + 1) * 86_400_000;
      return [measure, fresh ? (values[ordinal - 1] ?? null) : null];
    }),
  ) as unknown as LifeCycleFacts;
};
const expectEverybodyByTheRules = async (): Promise<Known[]> => {
  const all = await known();
  expect(all).toHaveLength(CUSTOMERS);
  for (const one of all) {
    const { id, stage } = matchRule(POLICY, factsOf(one));
    expect({ of: one.number, rule: one.rule, stage: one.stage }).toEqual({ of: one.number, rule: id, stage });
  }
  return all;
};

beforeAll(async () => {
  const owner = new Client({ connectionString: api.test.ownerUrl });
  await owner.connect();
  const codes = [...inputIndicators(EXPERT_SCORECARD), ...LIFE_CYCLE_MEASURES.filter((code) => code !== 'rated')];
  await drawPortfolio(owner, { customers: CUSTOMERS, codes: [...new Set(codes)], missing: 0.2 });
  await owner.query("SELECT set_config('tierwarden.actor', 'system:test', false)");
  const slot = (code: 'daysSinceLastOrder' | 'cooperationYears' | 'turnoverGrowthWithUs') => indicatorOf(code).ordinal;
  await owner.query(
    `UPDATE indicator_current SET values[${slot('daysSinceLastOrder')}] = floor(random() * 500),
       values[${slot('cooperationYears')}] = floor(random() * 6), values[${slot('turnoverGrowthWithUs')}] = round((random() - 0.5)::numeric, 3)
     WHERE random() < 0.8`,
  );
  await owner.end();
  api.test.clock.set('2026-02-01T08:00:00Z');
});

it('puts everybody where the rules say, each with the figures behind it, and adds nothing twice', async () => {
  const counts = await Promise.all([follow(), follow()]);
  expect(counts[0] + counts[1]).toBe(CUSTOMERS);
  const all = await expectEverybodyByTheRules();
  for (const one of all) expect(one.facts).toEqual(factsOf(one));
  expect(new Set(all.map(({ rule }) => rule))).toEqual(new Set(['lost', 'unrated']));
  expect(await follow()).toBe(0);
});

it('follows ratings, values and the days that pass', async () => {
  await finishRun(api.app, required(await api.app.ratings.startRun(by)).runId);
  api.test.clock.advance(60_000);
  expect(await follow()).toBeGreaterThan(50);
  const all = await expectEverybodyByTheRules();
  expect(new Set(all.map(({ stage }) => stage)).size).toBe(5);
  // What is too old counts for nothing: cooperation years may be older than the others.
  api.test.clock.set('2026-06-01T08:00:00Z');
  expect(await follow()).toBeGreaterThan(20);
  await expectEverybodyByTheRules();
  const [event] = await api.test.asOwner<{ count: number }>(
    `SELECT count(*)::int FROM audit_event WHERE action = 'lifeCycle.moved'`,
  );
  expect(event?.count).toBe(3);
});

describe('what arrives', () => {
  const asked = async (): Promise<string[][]> => {
    const jobs = await api.test.asOwner<{ payload: { customerIds: string[] } }>(
      'DELETE FROM outbox WHERE kind = $1 RETURNING payload',
      [LIFE_CYCLE_JOB],
    );
    return jobs.map(({ payload }) => payload.customerIds);
  };
  const carryOut = async (customerIds: readonly string[]): Promise<unknown> => {
    const done = await TIER_HANDLERS[LIFE_CYCLE_JOB]?.run(api.app, { customerIds: [...customerIds] }, {
      requestId: 'test',
    } as never);
    return required(done as never);
  };
  const stageOf = async (id: string) =>
    (
      await api.test.asOwner<{ stage: string; rule: string; number: number }>(
        'SELECT stage_after AS stage, rule, number FROM life_cycle_entry WHERE customer_id = $1 ORDER BY number DESC LIMIT 1',
        [id],
      )
    )[0];
  const entries = async () => (await api.test.asOwner('SELECT FROM life_cycle_entry')).length;

  it('asks for the stage of whom it concerns, and of nobody else', async () => {
    await asked();
    const by = asSystem('cli', 'test');
    const registered = await api.app.customers.commands.registerCustomer(by, {
      number: 'LATE-1',
      kind: 'CUSTOMER',
      nameZh: '新客户',
      industryCode: 'RETAIL',
    });
    const { id } = (required(registered) as { customer: { id: string } }).customer;
    expect(await asked()).toEqual([[id]]);
    // Others are due by the days that have passed; the job leaves them to whoever looks at everybody.
    api.test.clock.set('2026-07-20T08:00:00Z');
    const before = await entries();
    expect(await carryOut([id])).toBe(1);
    expect(await stageOf(id)).toMatchObject({ rule: 'unrated', number: 1 });
    expect(await entries()).toBe(before + 1);

    const record = async (values: Record<string, string>) =>
      required(
        await api.app.indicators.commands.recordSnapshot(by, {
          customerId: id,
          asOf: '2026-07-19',
          source: 'erp',
          quality: 'REPORTED',
          values,
        } as never),
      );
    await record({ currentRatio: '1.5' });
    expect(await asked()).toEqual([]);
    await record({ daysSinceLastOrder: '400' });
    expect(await asked()).toEqual([[id]]);
    expect(await carryOut([id])).toBe(1);
    expect(await stageOf(id)).toMatchObject({ rule: 'lost', stage: 'EXITED', number: 2 });
    expect(await carryOut([id])).toBe(0);
  });

  it('a first rating asks too, later ones do not', async () => {
    const by = asSystem('cli', 'test');
    const [unrated] = await api.test.asOwner<{ id: string }>("SELECT id FROM customer WHERE number = 'LATE-1'");
    const customerId = unrated?.id ?? '';
    required(await api.app.ratings.rateCustomer(by, { customerId }));
    expect(await asked()).toEqual([[customerId]]);
    api.test.clock.advance(60_000);
    required(await api.app.ratings.rateCustomer(by, { customerId }));
    expect(await asked()).toEqual([]);
    // Of those whom the clock alone has moved.
    await follow();
    expect(await follow()).toBe(0);
  });
});

it('is shown with its history, now and as it was known', async () => {
  const [moved] = await api.test.asOwner<{ number: string }>(
    `SELECT customer.number FROM customer JOIN life_cycle_entry AS entry ON entry.customer_id = customer.id
     WHERE entry.number = 3 ORDER BY 1 LIMIT 1`,
  );
  const fields = 'stage before asOf rule { id nameZh nameEn } facts { measure value } policy { kind number }';
  const answer = await api.ask(
    'auditor',
    `query($number: String!, $at: DateTime!) { customer(number: $number) { stage lifeCycle { ${fields} }
       then: lifeCycle(asOf: $at) { stage rule { id } }
       never: lifeCycle(knownAt: "2026-01-15T00:00:00Z") { stage }
       lifeCycleHistory(first: 5) { nodes { stage before changedAt } }
       past: lifeCycleHistory(first: 5, asOf: $at) { nodes { stage before } } } }`,
    { number: moved?.number, at: '2026-02-01T08:00:30Z' },
  );
  expect(answer.errors).toEqual([]);
  const { lifeCycle, then, never, lifeCycleHistory, past } = answer.data.customer;
  expect(lifeCycle).toMatchObject({ policy: { kind: 'LIFE_CYCLE', number: 1 }, facts: expect.any(Array) });
  expect(lifeCycle.facts.map(({ measure }: { measure: string }) => measure).sort()).toEqual(
    [...LIFE_CYCLE_MEASURES].sort(),
  );
  expect(lifeCycle.rule).toEqual(
    expect.objectContaining({ nameZh: POLICY.rules.find(({ id }) => id === lifeCycle.rule.id)?.nameZh }),
  );
  expect(then.rule.id).toMatch(/^(lost|unrated)$/);
  expect(never).toBeNull();
  const stages = lifeCycleHistory.nodes.map(({ stage }: { stage: string }) => stage);
  expect(stages).toHaveLength(3);
  expect(lifeCycleHistory.nodes.map(({ before }: { before: string | null }) => before)).toEqual([
    ...stages.slice(1),
    null,
  ]);
  expect(past.nodes).toEqual([{ stage: stages[2], before: null }]);
});

it.each([
  ['UPDATE life_cycle_entry SET rule = $$x$$', '42501'],
  ['DELETE FROM life_cycle_entry', '42501'],
  [
    `INSERT INTO life_cycle_entry SELECT gen_random_uuid(), customer_id, number + 1, 'GROWTH', 'EXITED', 'other', facts, as_of,
       policy_version_id, changed_at - interval '1 day', 'somebody' FROM life_cycle_entry ORDER BY number DESC, id LIMIT 1`,
    'TW009',
  ],
  [
    `INSERT INTO life_cycle_entry SELECT gen_random_uuid(), customer_id, number, stage_before, stage_after, rule, facts, as_of,
       policy_version_id, changed_at, 'somebody' FROM life_cycle_entry LIMIT 1`,
    '23505',
  ],
])('the database answers %s by %s', async (statement, code) => {
  await api.test.asApp("SELECT set_config('tierwarden.actor', 'somebody', false)");
  await expect(api.test.asApp(statement)).rejects.toMatchObject({ code });
});

const last = { id: 'rest', nameZh: '其他', nameEn: 'Rest', stage: 'MATURITY', when: [] };
const ruled = (when: object[]) => ({ ...last, id: 'first', when });
it.each([
  ['no rule for the rest', [ruled([{ measure: 'rated', below: '1' }])]],
  ['a rule after the rest', [last, { ...last, id: 'more' }]],
  ['a name twice', [{ ...ruled([{ measure: 'rated', below: '1' }]), id: 'rest' }, last]],
  ['a condition that says nothing', [ruled([{ measure: 'rated' }]), last]],
  ['a condition that nobody fulfils', [ruled([{ measure: 'rated', atLeast: '2', below: '1' }]), last]],
  ['a measure that there is not', [ruled([{ measure: 'mood', atLeast: '2' }]), last]],
])('rules with %s are none', (_, rules) => {
  expect(lifeCyclePolicySchema.safeParse({ rules }).success).toBe(false);
  expect(lifeCyclePolicySchema.safeParse({ rules: [ruled([{ measure: 'rated', below: '1' }]), last] }).success).toBe(
    true,
  );
});
