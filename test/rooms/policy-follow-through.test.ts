/** What a published policy changes for those whom it touches: due dates by the calendar, limits by the limit policy, each once. */
import { toGlobalId } from '../../graphql/global-id';
import { asSystem, required } from '../../src/app';
import { digestOf, type Json } from '../../src/kernel/canonical-json';
import type { Grade } from '../../src/kernel/grade';
import { DEFAULT_POLICIES, type PolicyContent, type PolicyKind } from '../../src/policies';
import { dueAfter } from '../../src/ratings/domain/rating-due';
import { SCHEDULES } from '../../workers/schedules';
import { useApi } from '../support/api';

const api = useApi('sample');
const by = asSystem('scheduler', 'test');
const { RERATING_CALENDAR: CALENDAR, LIMIT } = DEFAULT_POLICIES;

beforeEach(() => api.test.clock.advance(60_000));

/** As its request would, which is shown elsewhere; yields the id of the version. */
const publish = async <K extends PolicyKind>(kind: K, content: PolicyContent<K>): Promise<string> => {
  await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
  const id = api.test.newId();
  await api.test.asOwner(
    `INSERT INTO policy_version (id, kind, number, content, digest, effective_from, published_at, published_by)
     SELECT $1, $2, max(number) + 1, $3, $4, $5, $5, 'test' FROM policy_version WHERE kind = $2`,
    [id, kind, JSON.stringify(content), digestOf(content as Json), api.test.clock()],
  );
  api.test.clock.advance(1_000);
  return id;
};

interface Due {
  readonly id: string;
  readonly worse: Grade;
  readonly rated: Date;
  readonly due: Date;
  readonly months: number | null;
  readonly tier: string | null;
}
const dueDates = () =>
  api.test.asOwner<Due>(
    `SELECT held.customer_id AS id, least(held.grade, held.model_grade) AS worse, last_rated_at AS rated, rating_due_at AS due,
       months_at_most AS months, tier.tier
     FROM customer_grade AS held LEFT JOIN customer_tier AS tier USING (customer_id) ORDER BY held.customer_id`,
  );
const limits = () =>
  api.test.asOwner<{ id: string; amount: string; grade: Grade }>(
    `SELECT customer_id AS id, amount::text, grade FROM credit_limit JOIN customer_grade USING (customer_id)
     WHERE amount > 0 ORDER BY customer_id`,
  );
const eventsOf = (action: string) =>
  api.test.asOwner<{ data: Record<string, unknown> }>(
    "SELECT convert_from(bytes, 'UTF8')::jsonb -> 'data' AS data FROM audit_event WHERE action = $1 ORDER BY occurred_at, id",
    [action],
  );
const followed = (id: string) =>
  api.test.asOwner(
    'SELECT moved, finished_at IS NOT NULL AS done FROM policy_follow_through WHERE policy_version_id = $1',
    [id],
  );

it('leaves what an installation begins with as it is', async () => {
  expect(required(await api.app.ratings.followCalendar(by))).toBe(0);
  expect(required(await api.app.limits.followPolicy(by))).toBe(0);
  expect(await api.test.asOwner('SELECT FROM policy_follow_through')).toEqual([]);
});

describe('a re-rating calendar', () => {
  const strict: typeof CALENDAR = {
    ...CALENDAR,
    monthsByGrade: { ...CALENDAR.monthsByGrade, AAA: 6, AA: 6, A: 6, BBB: 3, BB: 3, B: 3, CCC: 1, CC: 1, C: 1 },
    monthsByTier: { WATCH: 1, STANDARD: 2 },
  };
  const expected = ({ worse, rated, tier }: Due, calendar: typeof CALENDAR): Date =>
    dueAfter(
      rated,
      Math.min(calendar.monthsByGrade[worse], (tier === null ? undefined : calendar.monthsByTier[tier]) ?? 12),
      calendar,
    );

  it('moves everybody’s due date, from where a worker that died left off, once', async () => {
    const before = await dueDates();
    expect(new Set(before.map(({ tier }) => tier)).size).toBeGreaterThan(3);
    const version = await publish('RERATING_CALENDAR', strict);

    const { tiersOf } = api.app.tiers;
    const asked = jest.spyOn(api.app.tiers, 'tiersOf');
    asked.mockImplementationOnce(tiersOf).mockRejectedValueOnce(new Error('the lights went out'));
    await expect(api.app.ratings.followCalendar(by, 200)).rejects.toThrow('the lights went out');
    asked.mockRestore();
    const halfway = await dueDates();
    expect(halfway.slice(200)).toEqual(before.slice(200));
    expect(halfway.slice(0, 200)).not.toEqual(before.slice(0, 200));

    // Two workers at once take turns.
    const rest = await Promise.all([api.app.ratings.followCalendar(by, 200), api.app.ratings.followCalendar(by, 200)]);
    const after = await dueDates();
    for (const one of after) expect(one.due).toEqual(expected(one, strict));
    for (const { tier, months } of after)
      expect(months).toBe((tier === null ? null : strict.monthsByTier[tier]) ?? null);
    const moved = after.filter(({ due }, i) => due.getTime() !== before[i]!.due.getTime()).length;
    expect(moved).toBeGreaterThan(300);
    expect(await followed(version)).toEqual([{ moved, done: true }]);
    const events = await eventsOf('rating.dueMoved');
    expect(events.map(({ data }) => data['policyVersion'])).toEqual(events.map(() => version));
    expect(events.reduce((sum, { data }) => sum + Number(data['count']), 0)).toBe(moved);
    expect(rest.map(required).reduce((sum, count) => sum + count, 0)).toBe(moved - Number(events[0]!.data['count']));
    expect(required(await api.app.ratings.followCalendar(by))).toBe(0);
    expect(await eventsOf('policy.followedThrough')).toHaveLength(1);
  });

  it('that asks for less moves them back, never beyond twelve months', async () => {
    const lax = {
      ...CALENDAR,
      monthsByGrade: Object.fromEntries(Object.keys(CALENDAR.monthsByGrade).map((grade) => [grade, 12])),
      monthsByTier: {},
    } as typeof CALENDAR;
    await publish('RERATING_CALENDAR', lax);
    expect(required(await api.app.ratings.followCalendar(by))).toBeGreaterThan(300);
    for (const { rated, due, months } of await dueDates()) {
      expect(months).toBeNull();
      const bound = new Date(rated);
      bound.setUTCFullYear(bound.getUTCFullYear() + 1);
      expect(due.getTime()).toBeLessThanOrEqual(bound.getTime());
      expect(due).toEqual(dueAfter(rated, 12, lax));
    }
  });

  it('that another takes the place of is followed no further', async () => {
    const first = await publish('RERATING_CALENDAR', strict);
    const second = await publish('RERATING_CALENDAR', CALENDAR);
    const tick = SCHEDULES.find(({ name }) => name === 'due-dates-follow-calendar')!;
    required(await tick.tick(api.app, 'test'));
    expect(await followed(first)).toEqual([]);
    expect(await followed(second)).toMatchObject([{ done: true }]);
    for (const one of await dueDates()) expect(one.due).toEqual(expected(one, CALENDAR));
    const versions = await api.ask('approver', 'policy-versions', { kind: 'RERATING_CALENDAR', first: 2 });
    expect(versions.data['policyVersions'].nodes).toMatchObject([
      { followedThroughAt: expect.any(String), customersMoved: expect.any(Number) },
      { followedThroughAt: null, customersMoved: null },
    ]);
  });
});

describe('a limit policy', () => {
  const strict: typeof LIMIT = {
    ...LIMIT,
    grades: Object.fromEntries(
      Object.entries(LIMIT.grades).map(([grade, terms]) => [grade, { ...terms, turnoverShare: '0.01' }]),
    ) as typeof LIMIT.grades,
  };

  it('cuts what it no longer allows, in batches, once, and says why', async () => {
    const before = await limits();
    const version = await publish('LIMIT', strict);
    const tick = SCHEDULES.find(({ name }) => name === 'limits-follow-policy')!;
    expect(required(await api.app.limits.followPolicy(by, 150))).toBeGreaterThan(150);
    required(await tick.tick(api.app, 'test'));
    const after = new Map((await limits()).map(({ id, amount }) => [id, Number(amount)]));
    const cut = before.filter(({ id, amount }) => (after.get(id) ?? 0) < Number(amount));
    expect(before.filter(({ id, amount }) => (after.get(id) ?? 0) > Number(amount))).toEqual([]);
    expect(await followed(version)).toEqual([{ moved: cut.length, done: true }]);
    const entries = await api.test.asOwner(
      "SELECT FROM credit_limit_entry WHERE kind = 'POLICY_CUT' AND cause_id = $1",
      [version],
    );
    expect(entries).toHaveLength(cut.length);
    const policy = (await api.ask('approver', 'policy', { kind: 'LIMIT' })).data['policy'];
    expect(policy.number).toBe(2);
    for (const { id } of cut.slice(0, 10)) {
      const { creditLimit } = (await api.ask('approver', 'customer', { id: toGlobalId('Customer', id) })).data[
        'customer'
      ];
      expect(Number(creditLimit.approved.amount)).toBeLessThanOrEqual(Number(creditLimit.allowed.amount));
    }
  });

  it('gives nothing back that it newly allows: that takes a request', async () => {
    const before = await limits();
    const version = await publish('LIMIT', LIMIT);
    expect(required(await api.app.limits.followPolicy(by))).toBe(0);
    expect(await limits()).toEqual(before);
    expect(await followed(version)).toEqual([{ moved: 0, done: true }]);
  });
});

describe('what has been followed through', () => {
  it.each([
    ['is not opened again', 'UPDATE policy_follow_through SET finished_at = NULL', 'TW004'],
    ['is not deleted', 'DELETE FROM policy_follow_through', '42501'],
  ])('%s', async (_, sql, code) => {
    await api.test.asApp("SELECT set_config('tierwarden.actor', 'somebody', false)");
    await expect(api.test.asApp(sql)).rejects.toMatchObject({ code });
  });

  it('goes forward only', async () => {
    await api.test.asApp("SELECT set_config('tierwarden.actor', 'somebody', false)");
    const version = await publish('LIMIT', LIMIT);
    await api.test.asApp(
      `INSERT INTO policy_follow_through (policy_version_id, done_upto, moved, begun_at, updated_at)
       VALUES ($1, '80000000-0000-4000-8000-000000000000', 5, now(), now())`,
      [version],
    );
    for (const change of ["done_upto = '70000000-0000-4000-8000-000000000000'", 'done_upto = NULL', 'moved = 4']) {
      await expect(
        api.test.asApp(`UPDATE policy_follow_through SET ${change} WHERE finished_at IS NULL`),
      ).rejects.toMatchObject({ code: 'TW009' });
    }
  });
});
