/** What-if for one customer: the same as what comes of it, told beforehand, to those who may know, without a trace. */
import { keyOf } from '../../graphql/global-id';
import { asSystem, required } from '../../src/app';
import { DEFAULT_POLICIES } from '../../src/policies';
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';
import { finishRun } from '../support/sample';

const api = useApi('sample');
const by = asSystem('rating-worker', 'test');

beforeEach(() => api.test.clock.advance(1_000));

const ask = async (who: Handle, variables: Record<string, unknown>): Promise<Loose> => {
  const answer = await api.ask(who, 'what-if', variables);
  expect(answer.errors).toEqual([]);
  return answer.data.whatIf;
};
const customers = async (): Promise<{ id: string; globalId: string }[]> =>
  (
    await api.test.asOwner<{ id: string }>(
      `SELECT customer_id AS id FROM customer_grade WHERE basis = 'MODEL' ORDER BY md5(customer_id::text) LIMIT 12`,
    )
  ).map(({ id }) => ({ id, globalId: Buffer.from(`Customer:${id}`).toString('base64url') }));
/** Looks are put on record a second later. */
const events = async (): Promise<number> =>
  (
    await api.test.asOwner<{ count: number }>(
      "SELECT count(*)::int AS count FROM audit_event WHERE action NOT IN ('sensitive.read', 'access.refused')",
    )
  )[0]?.count ?? 0;
const rate = async (customerId: string): Promise<{ leaf: unknown }> => {
  const { auditEventId } = required(await api.app.ratings.rateCustomer(by, { customerId }));
  const [event] = await api.test.asOwner<{ leaf: unknown }>(
    `SELECT convert_from(bytes, 'UTF8')::jsonb #>> '{data,leaf}' AS leaf FROM audit_event WHERE id = $1`,
    [auditEventId],
  );
  if (event === undefined) throw new Error('a rating without an event');
  return event;
};
const question = { changes: [], scorecardVersionId: null, limitPolicy: null };
const leafOf = async (customerId: string, changes: { indicator: string; value: string | null }[]): Promise<string> =>
  required(await api.app.ratings.queries.whatIf(by.actor, { ...question, customerId, changes }, api.test.clock())).leaf;

describe('by the live version', () => {
  it('is the rating in force where nothing is changed, byte for byte', async () => {
    for (const { id, globalId } of await customers()) {
      const { leaf } = await rate(id);
      expect(await leafOf(id, [])).toBe(leaf);
      const { before, after, contributions, notches } = await ask('analyst', { customerId: globalId });
      expect(after).toMatchObject(before);
      expect(notches).toBe(0);
      expect(new Set(contributions.map(({ change }: Loose) => Number(change)))).toEqual(new Set([0]));
    }
  });

  it('tells what comes of other values once they are there: score, grades, limit, byte for byte', async () => {
    let moved = 0;
    for (const [i, { id, globalId }] of (await customers()).entries()) {
      const changes = [
        { indicator: 'roa', value: (i % 3 === 0 ? -0.2 : 0.25).toFixed(2) },
        { indicator: 'daysPastDue', value: i % 2 === 0 ? '120' : '0' },
        { indicator: 'yearlyTurnoverWithUs', value: String(1_000 * (i + 1)) },
      ];
      const before = await events();
      const told = await ask('analyst', { customerId: globalId, changes });
      const leaf = await leafOf(id, changes);
      expect(await events()).toBe(before);
      const day = api.test.clock().toISOString().slice(0, 10);
      required(
        await api.app.indicators.commands.importSnapshots(by, {
          source: 'what-if',
          create: null,
          rows: [
            {
              number: (
                await api.test.asOwner<{ number: string }>('SELECT number FROM customer WHERE id = $1', [id])
              )[0]!.number,
              content: {
                asOf: day,
                source: 'what-if',
                quality: 'REPORTED',
                values: Object.fromEntries(changes.map(({ indicator, value }) => [indicator, value])),
              },
            },
          ],
        } as never),
      );
      api.test.clock.advance(1_000);
      expect((await rate(id)).leaf).toBe(leaf);
      const { grade, creditLimit } = (await api.ask('analyst', 'customer', { id: globalId })).data.customer;
      expect([grade.model.value, grade.inForce.value, grade.basis]).toEqual([
        told.after.modelGrade.value,
        told.after.inForce.value,
        told.after.basis,
      ]);
      expect(creditLimit.approved.amount).toBe(told.limit.approvedAfter.amount);
      const [{ tier } = { tier: null }] = await api.test.asOwner<{ tier: string | null }>(
        'SELECT tier FROM customer_tier WHERE customer_id = $1',
        [id],
      );
      expect(tier).toBe(told.tierAfter);
      expect(creditLimit.allowed.amount).toBe(told.limit.allowedAfter.amount);
      expect(creditLimit.paymentTermDays).toBe(told.limit.paymentTermDaysAfter);
      if (told.notches !== 0) moved += 1;
    }
    expect(moved).toBeGreaterThan(3);
  });

  it('tries a limit policy, and leaves the grade alone', async () => {
    const [one] = await customers();
    const limitPolicy = structuredClone(DEFAULT_POLICIES.LIMIT) as Loose;
    for (const row of Object.values<Loose>(limitPolicy.grades))
      Object.assign(row, { turnoverShare: '0', paymentTermDays: 7 });
    const { notches, limit } = await ask('analyst', { customerId: one?.globalId, limitPolicy });
    expect(notches).toBe(0);
    expect(limit).toMatchObject({ approvedAfter: { amount: '0.00' }, paymentTermDaysAfter: 7 });
  });
});

describe('by a draft', () => {
  it('is what the simulation of the draft made of the customer', async () => {
    const live = (await api.ask('policy', 'scorecard-versions', { first: 1, where: { state: { eq: 'LIVE' } } })).data
      .scorecardVersions.nodes[0];
    // Who may draft may try, also without the right to rate everybody.
    const drafted = await api.ask('policy', 'create-scorecard-draft', {
      input: { basedOnId: live.id, changes: { weightProfile: 'RISK_CONTROL' } },
    });
    const scorecardVersionId = drafted.data.createScorecardDraft.scorecardVersion.id;
    const untried = await ask('analyst', { customerId: (await customers())[0]?.globalId, scorecardVersionId });
    expect(untried.scorecardVersion.state).toBe('DRAFT');
    const started = await api.ask('policy', 'simulate-rating-run', { input: { scorecardVersionId } });
    const { id } = started.data.simulateRatingRun.run;
    await finishRun(api.app, keyOf('RatingRun', id as string));
    const { movers } = (await api.ask('analyst', 'simulation', { id, first: 20 })).data.ratingRun;
    expect(movers.nodes.length).toBeGreaterThan(5);
    for (const mover of movers.nodes) {
      const told = await ask('analyst', { customerId: mover.customer.id, scorecardVersionId });
      expect([told.after.score, told.after.modelGrade, told.after.inForce, told.after.basis]).toEqual([
        mover.scoreAfter,
        mover.modelAfter,
        mover.inForceAfter,
        mover.basisAfter,
      ]);
      expect(told.limit.approvedAfter.amount).toBe(mover.limitAfter.amount);
      expect([told.tierBefore, told.tierAfter]).toEqual([mover.tierBefore, mover.tierAfter]);
    }
  });
});

describe('who asks', () => {
  it('sees of credit data what he sees elsewhere', async () => {
    const [one] = await customers();
    const { contributions } = await ask('maker', { customerId: one?.globalId });
    const masked = contributions.filter((row: Loose) => row.masked);
    expect(masked.length).toBeGreaterThan(0);
    expect(new Set(masked.flatMap(({ before, after, change }: Loose) => [before, after, change]))).toEqual(
      new Set([null]),
    );
  });

  const refused: [string, Handle, () => Promise<Record<string, unknown>>, string, string | null][] = [
    [
      'of credit data that he may not see',
      'maker',
      async () => ({ changes: [{ indicator: 'externalGuarantees', value: '0' }] }),
      'FORBIDDEN',
      'CREDIT_DATA',
    ],
    [
      'by another version, which would tell of credit data',
      'maker',
      async () => ({ scorecardVersionId: await anyDraft() }),
      'FORBIDDEN',
      'CREDIT_DATA',
    ],
    ['who runs the system only', 'system', async () => ({}), 'FORBIDDEN', 'ROLE_LACKS_PERMISSION'],
    [
      'of no indicator',
      'analyst',
      async () => ({ changes: [{ indicator: 'x', value: '1' }] }),
      'NOT_FOUND',
      'INDICATOR',
    ],
    [
      'of an impossible value',
      'analyst',
      async () => ({ changes: [{ indicator: 'daysPastDue', value: '-4' }] }),
      'BAD_USER_INPUT',
      'VALUE',
    ],
    ['of nobody', 'analyst', async () => ({ customerId: someId('Customer') }), 'NOT_FOUND', null],
    ['by no version', 'analyst', async () => ({ scorecardVersionId: someId('ScorecardVersion') }), 'NOT_FOUND', null],
    ['by no policy', 'analyst', async () => ({ limitPolicy: { currency: 'CNY' } }), 'BAD_USER_INPUT', 'POLICY_CONTENT'],
    [
      'too much',
      'analyst',
      async () => ({ changes: Array.from({ length: 101 }, () => ({ indicator: 'roa', value: '1' })) }),
      'BAD_USER_INPUT',
      'ARGUMENT',
    ],
  ];
  it.each(refused)('%s is refused', async (_, who, variables, code, reason) => {
    const [one] = await customers();
    const answer = await api.ask(who, 'what-if', { customerId: one?.globalId, ...(await variables()) });
    expect(answer.errors).toMatchObject([{ extensions: { code, ...(reason === null ? {} : { reason }) } }]);
  });
});

const someId = (type: string): string =>
  Buffer.from(`${type}:00000000-0000-7000-8000-000000000000`).toString('base64url');
const anyDraft = async (): Promise<string> =>
  (await api.ask('analyst', 'scorecard-versions', { first: 1, where: { state: { eq: 'DRAFT' } } })).data
    .scorecardVersions.nodes[0].id as string;
