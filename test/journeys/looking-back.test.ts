/** Auditors look back: everything that can be asked of a customer is answered as it was, by what was known. */
import fc from 'fast-check';
import { asSystem, required } from '../../src/app';
import { permit } from '../../src/identity';
import { ROLES } from '../../src/kernel/role';
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');
const by = asSystem('rating-worker', 'test');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** All that can look back, and what leads on from it. */
const EVERYTHING = `query Everything($id: ID, $number: String, $asOf: DateTime, $knownAt: DateTime) {
  customer(id: $id, number: $number, asOf: $asOf, knownAt: $knownAt) {
    id number name nameEn region stage version createdAt updatedAt industry { code } owner { id }
    grade { model { value } inForce { value } basis effectiveFrom lastRatedAt version
      rating { id customer { version grade { inForce { value } } } } }
    latestRating { id score ratedAt }
    ratings(first: 40) { nodes { id customer { name } } totalCount { count } }
    gradeHistory(first: 40) { nodes { cause changedAt inForceAfter { value } } totalCount { count } }
    override { id toGrade { value } validUntil endedAt endCause }
    creditLimit { approved { amount currency } allowed { amount } paymentTermDays newBusinessAllowed updatedAt version
      entries(first: 40) { nodes { kind bookedAt after { amount } } totalCount { count } } }
    tier { tier valueBand riskClass warning effectiveFrom version grade { value } plan { serviceLevel prepaymentShare }
      openTasks { id code dueOn } policy { number } valueScore { score } }
    valueScore { score margin evaluatedAt }
    tierHistory(first: 40) { nodes { cause before after changedAt } totalCount { count } }
    openRequests { number }
    indicators { code value asOf recordedAt source quality }
    indicatorHistory(code: "yearlyTurnoverWithUs", first: 40) { nodes { value asOf recordedAt } totalCount { count } }
    relations { id kind outgoing share other { number name version grade { inForce { value } } relations { id } } }
  }
}`;

interface Seen {
  readonly at: string;
  readonly customer: Loose;
}

const look = async (variables: Record<string, unknown>, who: Handle = 'auditor'): Promise<Loose> => {
  const { data, errors } = await api.ask(who, EVERYTHING, variables);
  expect(errors).toEqual([]);
  return data['customer'];
};

const see = async (id: string): Promise<Seen> => ({
  at: api.test.clock().toISOString(),
  customer: await look({ id }),
});

const mutate = async (who: Handle, operation: string, input: object): Promise<Loose> => {
  const { data, errors } = await api.ask(who, operation, { input });
  expect(errors).toEqual([]);
  return Object.values<Loose>(data)[0];
};

const approveBy = async (request: Loose): Promise<void> => {
  let { version } = request;
  for (const who of ['approver', 'cro'] as const) {
    const { request: voted } = await mutate(who, 'approve-request', {
      requestId: request.id,
      expectedVersion: version,
    });
    if (voted === null || voted.state !== 'IN_REVIEW') return;
    version = voted.version;
  }
};

const keyOf = (id: string): string => Buffer.from(id, 'base64url').toString().split(':')[1]!;

const sampleIds: string[] = [];
beforeAll(async () => {
  const page = await api.ask('auditor', 'customers', {
    first: 100,
    where: { grade: { in: ['AA', 'A', 'BBB', 'BB'] } },
  });
  sampleIds.push(...page.data['customers'].nodes.map((node: Loose) => node.id));
});
const takeCustomer = (): string => {
  const id = sampleIds.pop();
  if (id === undefined) throw new Error('the sample is used up');
  return id;
};

/** What can happen to a customer. Each tells whether it did. */
type Step = (id: string, other: string) => Promise<boolean>;

const recordValues =
  (code: string, value: string, daysAgo: number): Step =>
  async (id) => {
    const asOf = new Date(api.test.clock().getTime() - daysAgo * DAY_MS).toISOString().slice(0, 10);
    const content = { asOf, source: 'test', quality: 'VERIFIED' as const, values: { [code]: value } };
    return (
      required(await api.app.indicators.commands.recordSnapshot(by, { customerId: keyOf(id), ...content })).snapshot !==
      null
    );
  };

const rate: Step = async (id) => (await mutate('analyst', 'rate-customer', { customerId: id })).userErrors.length === 0;

const override =
  (toGrade: string, hours: number): Step =>
  async (id) => {
    const { grade } = (await api.ask('maker', 'customer', { id })).data['customer'];
    const { request } = await mutate('maker', 'submit-grade-override', {
      customerId: id,
      toGrade,
      reasonCode: 'MATERIAL_EVENT',
      justification: 'Something material has happened to them.',
      evidence: [{ title: 'Notice', reference: '2026-1' }],
      validUntil: new Date(api.test.clock().getTime() + hours * HOUR_MS).toISOString(),
      expectedVersion: grade.version,
    });
    if (request === null) return false;
    api.test.clock.advance(7 * MINUTE_MS);
    await approveBy(request);
    return true;
  };

const raise =
  (share: number): Step =>
  async (id) => {
    const { creditLimit } = (await api.ask('maker', 'customer', { id })).data['customer'];
    const amount = (Number(creditLimit.allowed.amount) * share).toFixed(2);
    const { request } = await mutate('maker', 'request-credit-limit-raise', {
      customerId: id,
      amount: { amount, currency: 'CNY' },
      justification: 'They order more.',
      expectedVersion: creditLimit.version,
    });
    if (request === null) return false;
    api.test.clock.advance(5 * MINUTE_MS);
    await approveBy(request);
    return true;
  };

const rename =
  (name: string): Step =>
  async (id) => {
    const { version } = (await api.ask('maker', 'customer', { id })).data['customer'];
    const changes = { nameEn: name, number: `N-${name}-${keyOf(id).slice(-6)}` };
    return (
      (await mutate('maker', 'update-customer', { customerId: id, expectedVersion: version, changes })).auditEvent !==
      null
    );
  };

const relate: Step = async (id, other) =>
  (await mutate('maker', 'relate-customers', { fromId: id, toId: other, kind: 'GUARANTOR' })).userErrors.length === 0;

const unrelate: Step = async (id) => {
  const { relations } = await look({ id });
  if (relations.length === 0) return false;
  await mutate('maker', 'end-customer-relation', { relationId: relations[0].id, reason: 'Over.' });
  return true;
};

const expire: Step = async () => required(await api.app.overrides.expire(by, 100)) > 0;
const wait =
  (hours: number): Step =>
  async () => {
    api.test.clock.advance(hours * HOUR_MS);
    return true;
  };

const steps: fc.Arbitrary<[string, Step]> = fc.oneof(
  fc
    .tuple(fc.constantFrom('500000', '90000000', '2000'), fc.integer({ min: 0, max: 300 }))
    .map(([value, days]): [string, Step] => ['value', recordValues('yearlyTurnoverWithUs', value, days)]),
  fc.constantFrom('0', '1').map((flag): [string, Step] => ['knock-out', recordValues('blacklistHit', flag, 0)]),
  { weight: 2, arbitrary: fc.constant<[string, Step]>(['rate', rate]) },
  fc
    .tuple(fc.constantFrom('AA', 'A', 'BBB', 'BB', 'B', 'CCC'), fc.integer({ min: 1, max: 60 }))
    .map(([grade, hours]): [string, Step] => ['override', override(grade, hours)]),
  fc.constantFrom(0.2, 0.6, 1).map((share): [string, Step] => ['raise', raise(share)]),
  fc
    .string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 2 })
    .map((name): [string, Step] => ['rename', rename(name)]),
  fc.constant<[string, Step]>(['relate', relate]),
  fc.constant<[string, Step]>(['unrelate', unrelate]),
  fc.constant<[string, Step]>(['expire', expire]),
  fc.integer({ min: 1, max: 40 }).map((hours): [string, Step] => ['wait', wait(hours)]),
);

const ONE_OF_EACH: [string, Step][] = [
  ['value', recordValues('yearlyTurnoverWithUs', '90000000', 3)],
  ['rate', rate],
  ['raise', raise(1)],
  ['override', override('CCC', 10)],
  ['rename', rename('once')],
  ['relate', relate],
  ['wait', wait(12)],
  ['expire', expire],
  ['knock-out', recordValues('blacklistHit', '1', 0)],
  ['unrelate', unrelate],
  ['rate', rate],
  ['rename', rename('twice')],
];

it('whatever happens, the past is answered as it was seen', async () => {
  const happened = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 12, maxLength: 30 }), async (sequence) => {
      const [id, other] = [takeCustomer(), takeCustomer()];
      const seen: Seen[] = [await see(id)];
      for (const [name, step] of sequence) {
        api.test.clock.advance(1_001);
        if (await step(id, other)) happened.set(name, (happened.get(name) ?? 0) + 1);
        api.test.clock.advance(999);
        seen.push(await see(id));
      }
      api.test.clock.advance(DAY_MS);
      for (const { at, customer } of seen) {
        expect({ at, customer: await look({ id, asOf: at, knownAt: at }) }).toEqual({ at, customer });
        expect((await look({ number: customer.number, asOf: at, knownAt: at })).id).toBe(id);
      }
    }),
    { numRuns: 6, endOnFailure: true, examples: [[ONE_OF_EACH]] },
  );
  // A property over steps that were all refused would say nothing.
  for (const name of [
    'value',
    'knock-out',
    'rate',
    'override',
    'raise',
    'rename',
    'relate',
    'unrelate',
    'expire',
    'wait',
  ]) {
    expect([name, happened.get(name) ?? 0]).not.toEqual([name, 0]);
  }
}, 300_000);

it('what comes from a machine whose clock is behind still counts as the newest', async () => {
  const [id, other] = [takeCustomer(), takeCustomer()];
  api.test.clock.advance(DAY_MS);
  for (const [name, step] of ONE_OF_EACH) {
    api.test.clock.advance(name === 'wait' ? HOUR_MS : -HOUR_MS / 2);
    await step(id, other);
  }
  const present = await look({ id });
  api.test.clock.advance(2 * DAY_MS);
  const now = api.test.clock().toISOString();
  const { latestRating, grade, creditLimit, version, nameEn } = present;
  expect(await look({ id, asOf: now, knownAt: now })).toMatchObject({
    latestRating,
    grade,
    creditLimit,
    version,
    nameEn,
  });
  expect(present).toMatchObject({ nameEn: 'twice', grade: { rating: { id: latestRating.id } } });
  expect(present.ratings.nodes[0].id).toBe(latestRating.id);
  expect(present.creditLimit.entries.nodes[0].after).toEqual({ amount: creditLimit.approved.amount });
});

describe('what the house was told has a time of its own', () => {
  const limitAt = async (id: string, asOf: string | null, knownAt: string | null): Promise<string> =>
    (await look({ id, asOf, knownAt })).creditLimit.allowed.amount;

  it('a correction of the past shows as of the past, and not by what was known then', async () => {
    const id = takeCustomer();
    await recordValues('yearlyTurnoverWithUs', '1000000', 10)(id, '');
    const before = api.test.clock().toISOString();
    const allowed = await limitAt(id, null, null);
    api.test.clock.advance(DAY_MS);
    await recordValues('yearlyTurnoverWithUs', '2000000', 11)(id, '');
    api.test.clock.advance(DAY_MS);
    expect(await limitAt(id, before, before)).toBe(allowed);
    expect(Number(await limitAt(id, before, null))).toBeCloseTo(2 * Number(allowed), 2);
    expect(await limitAt(id, null, before)).toBe(allowed);
  });

  it('a policy that was published later for the past counts as of the past only', async () => {
    const id = takeCustomer();
    const before = api.test.clock().toISOString();
    const allowed = await limitAt(id, null, null);
    api.test.clock.advance(DAY_MS);
    await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
    await api.test.asOwner(
      `INSERT INTO policy_version (id, kind, number, content, digest, effective_from, published_at, published_by)
       SELECT gen_random_uuid(), kind, number + 1, regexp_replace(content::text, '"turnoverShare": "[^"]*"',
         '"turnoverShare": "0"', 'g')::jsonb, digest, $1, $2, 'test'
       FROM policy_version WHERE kind = 'LIMIT' ORDER BY number DESC LIMIT 1`,
      [new Date(Date.parse(before) - DAY_MS), api.test.clock()],
    );
    expect(Number(allowed)).toBeGreaterThan(0);
    expect(await limitAt(id, before, null)).toBe('0.00');
    expect(await limitAt(id, before, before)).toBe(allowed);
  });

  it('what was decided after the moment of knowing is not known, however far one looks', async () => {
    const id = takeCustomer();
    const { at, customer } = await see(id);
    api.test.clock.advance(HOUR_MS);
    await rename('later')(id, '');
    api.test.clock.advance(HOUR_MS);
    const now = api.test.clock().toISOString();
    expect((await look({ id, asOf: now, knownAt: at })).nameEn).toBe(customer.nameEn);
    expect((await look({ id, asOf: at, knownAt: now })).nameEn).toBe(customer.nameEn);
    expect((await look({ id, asOf: now, knownAt: now })).nameEn).toBe('later');
  });
});

describe('moments', () => {
  const codeOf = async (who: Handle, document: string, variables: Record<string, unknown>): Promise<unknown[]> => {
    const { errors } = await api.ask(who, document, variables);
    return [errors[0]?.extensions['code'], errors[0]?.extensions['reason']];
  };

  it('before anything was there are empty', async () => {
    const id = takeCustomer();
    const asOf = '2020-01-01T00:00:00Z';
    expect(await look({ id, asOf })).toBeNull();
    const { data } = await api.ask(
      'auditor',
      `query ($id: ID, $asOf: DateTime) { customer(id: $id) { grade(asOf: $asOf) { version } override(asOf: $asOf) { id }
         latestRating(asOf: $asOf) { id } creditLimit(asOf: $asOf) { version } indicators(asOf: $asOf, knownAt: $asOf) { code }
         ratings(asOf: $asOf) { nodes { id } totalCount { count } } relations(asOf: $asOf) { id } openRequests(asOf: $asOf) { id }
         gradeHistory(knownAt: $asOf) { nodes { cause } } } }`,
      { id, asOf },
    );
    expect(data['customer']).toEqual({
      grade: null,
      override: null,
      latestRating: null,
      creditLimit: null,
      indicators: [],
      ratings: { nodes: [], totalCount: { count: 0 } },
      relations: [],
      openRequests: [],
      gradeHistory: { nodes: [] },
    });
  });

  it('between registration and first rating there is a customer without a grade', async () => {
    const registered = await mutate('maker', 'register-customer', {
      number: 'YOUNG',
      nameEn: 'Young Ltd',
      industryCode: 'RETAIL',
    });
    const { id } = registered.customer;
    const at = api.test.clock().toISOString();
    api.test.clock.advance(HOUR_MS);
    await recordValues('blacklistHit', '1', 0)(id, '');
    expect(await rate(id, '')).toBe(true);
    api.test.clock.advance(HOUR_MS);
    expect(await look({ id, asOf: at })).toMatchObject({
      name: 'Young Ltd',
      grade: null,
      creditLimit: null,
      latestRating: null,
    });
    expect(await look({ number: 'YOUNG', asOf: at })).toMatchObject({ id });
    expect(await look({ id })).toMatchObject({
      grade: { inForce: { value: 'C' } },
      latestRating: { score: expect.any(String) },
    });
  });

  it.each(['asOf', 'knownAt'])('of the future are refused: %s', async (name) => {
    const moment = new Date(api.test.clock().getTime() + 1_000).toISOString();
    const id = takeCustomer();
    const nested = `query ($id: ID, $moment: DateTime) { customer(id: $id) { grade(${name}: $moment) { version } } }`;
    const direct = `query ($id: ID, $moment: DateTime) { customer(id: $id, ${name}: $moment) { id } }`;
    expect(await codeOf('auditor', direct, { id, moment })).toEqual(['BAD_USER_INPUT', 'FUTURE_MOMENT']);
    expect(await codeOf('auditor', nested, { id, moment })).toEqual(['BAD_USER_INPUT', 'FUTURE_MOMENT']);
    expect(await codeOf('auditor', direct, { id, moment: api.test.clock().toISOString() })).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('are inherited, and each beaten by one of its own', async () => {
    const id = takeCustomer();
    const versions: [string, number][] = [];
    for (const flag of ['1', '0', '1']) {
      api.test.clock.advance(HOUR_MS);
      await recordValues('blacklistHit', flag, 0)(id, '');
      await rate(id, '');
      versions.push([api.test.clock().toISOString(), (await look({ id })).grade.version]);
    }
    api.test.clock.advance(HOUR_MS);
    const [[t0, v0], [t1, v1], [, v2]] = versions as [[string, number], [string, number], [string, number]];
    const { data } = await api.ask(
      'auditor',
      `query ($id: ID, $t0: DateTime, $t1: DateTime) {
         then: customer(id: $id, asOf: $t1) { inherited: grade { version rating { customer { grade { version } } } }
           earlier: grade(asOf: $t0) { version } known: grade(knownAt: $t0) { version } }
         now: customer(id: $id) { grade { version } then: grade(asOf: $t0) { version } } }`,
      { id, t0, t1 },
    );
    expect(data).toEqual({
      then: {
        inherited: { version: v1, rating: { customer: { grade: { version: v1 } } } },
        earlier: { version: v0 },
        known: { version: v0 },
      },
      now: { grade: { version: v2 }, then: { version: v0 } },
    });
  });

  it('hold from page to page, and a cursor of one is no cursor of another', async () => {
    const id = takeCustomer();
    for (let i = 0; i < 3; i++) {
      api.test.clock.advance(HOUR_MS);
      await rate(id, '');
    }
    const asOf = api.test.clock().toISOString();
    api.test.clock.advance(HOUR_MS);
    await rate(id, '');
    const page = `query ($id: ID, $asOf: DateTime, $after: String) { customer(id: $id, asOf: $asOf) {
      ratings(first: 2, after: $after) { nodes { ratedAt } pageInfo { endCursor } totalCount { count } } } }`;
    const first = (await api.ask('auditor', page, { id, asOf })).data['customer'].ratings;
    api.test.clock.advance(HOUR_MS);
    const after = first.pageInfo.endCursor;
    const second = (await api.ask('auditor', page, { id, asOf, after })).data['customer'].ratings;
    expect([...first.nodes, ...second.nodes].every(({ ratedAt }: Loose) => ratedAt <= asOf)).toBe(true);
    expect(first.totalCount.count).toBe(first.nodes.length + second.nodes.length);
    expect(await codeOf('auditor', page, { id, after })).toEqual(['BAD_USER_INPUT', 'INVALID_CURSOR']);
  });

  it.each<Handle>(['maker', 'analyst', 'approver', 'policy', 'system', 'security'])('are not for %s', async (who) => {
    const [id, asOf] = [takeCustomer(), api.test.clock().toISOString()];
    const paths = ['grade { version }', 'latestRating { id }', 'ratings { nodes { id } }', 'gradeHistory { nodes { cause } }',
      'override { id }', 'creditLimit { version }', 'indicators { code }', 'relations { id }', 'openRequests { id }']; // prettier-ignore
    expect(await codeOf(who, EVERYTHING, { id, asOf })).toEqual(['FORBIDDEN', expect.any(String)]);
    if (
      !permit(
        { ...by.actor, kind: 'USER', roles: (await api.app.identity.queries.bySubject(who))!.roles },
        'customer.read',
      ).ok
    )
      return;
    for (const path of paths) {
      const document = `query ($id: ID, $asOf: DateTime) { customer(id: $id) { ${path.replace(/^(\w+)/, '$1(asOf: $asOf)')} } }`;
      expect([path, ...(await codeOf(who, document, { id, asOf }))]).toEqual([path, 'FORBIDDEN', expect.any(String)]);
    }
  });

  it('are for those who may read the log and see credit data besides, so nothing masked is unmasked', () => {
    const actor = (role: (typeof ROLES)[number]) => ({ ...by.actor, kind: 'USER' as const, roles: [role] });
    const auditing = ROLES.filter((role) => permit(actor(role), 'audit.read').ok);
    expect(auditing).toEqual(['CHIEF_RISK_OFFICER', 'AUDITOR']);
    for (const role of auditing) expect(permit(actor(role), 'indicator.readCredit').ok).toBe(true);
  });
});

it('ten customers at a moment take as many statements as one', async () => {
  const statements = async (first: number): Promise<number> => {
    const [query, rows] = [jest.spyOn(api.app.database, 'query'), jest.spyOn(api.app.database, 'rows')];
    try {
      const document = `query ($n: Int!, $asOf: DateTime) { customers(first: $n) { nodes {
        grade(asOf: $asOf) { version rating { id } } creditLimit(asOf: $asOf) { version } override(asOf: $asOf) { id } } } }`;
      const { errors } = await api.ask('auditor', document, { n: first, asOf: api.test.clock().toISOString() });
      expect(errors).toEqual([]);
      return query.mock.calls.length + rows.mock.calls.length;
    } finally {
      query.mockRestore();
      rows.mockRestore();
    }
  };
  const [one, ten] = [await statements(1), await statements(10)];
  expect(ten).toBe(one);
});
