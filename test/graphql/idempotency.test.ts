/** Mutations under an idempotency key, as front ends send them: once done, always answered alike. */
import { isInputObjectType, isNonNullType } from 'graphql';
import { createSchema } from '../../graphql/schema';
import { asSystem } from '../../src/app';
import { useApi, type Answer, type Loose } from '../support/api';
import { HALTS, type ApiChildOptions } from '../support/api-child';
import type { Handle } from '../support/people';
import { startScript, useProcesses } from '../support/processes';
import { SCHEDULES } from '../../workers/schedules';

const api = useApi('sample');
useProcesses();

const mutations = createSchema().getMutationType()?.getFields() ?? {};

const countEvents = async (): Promise<number> =>
  (await api.test.asOwner<{ count: number }>('SELECT count(*)::int AS count FROM audit_event'))[0]?.count ?? 0;

const found: Loose[] = [];
/** A rated customer that no other test has been given. */
const someCustomer = async (where: object = { grade: { eq: 'A' } }): Promise<Loose> => {
  const page = await api.ask('approver', 'customers', { first: 100, where });
  for (const { id } of page.data['customers'].nodes) {
    const customer = (await api.ask('approver', 'customer', { id })).data['customer'];
    if (found.includes(id) || customer.openRequests.length > 0 || customer.creditLimit.approved.amount === '0.00')
      continue;
    found.push(id);
    return customer;
  }
  throw new Error('the sample is used up');
};

const twoCustomers = async (): Promise<Record<string, unknown>> => ({
  fromId: (await someCustomer()).id,
  toId: (await someCustomer()).id,
});

const overrideOf = (customer: Loose): Record<string, unknown> => ({
  customerId: customer.id,
  toGrade: 'BBB',
  reasonCode: 'MATERIAL_EVENT',
  justification: 'The main customer of this company has stopped paying.',
  validUntil: '2026-03-01T00:00:00.000Z',
  expectedVersion: customer.grade.version,
});

const openRequest = async (): Promise<Loose> => {
  const input = overrideOf(await someCustomer());
  return (await api.ask('maker', 'submit-grade-override', { input })).data['submitGradeOverride'].request;
};

const onOpenRequest = async (): Promise<Record<string, unknown>> => {
  const { id, version } = await openRequest();
  return { requestId: id, expectedVersion: version, comment: 'Seen.' };
};

const openRun = async (): Promise<string> => {
  const started = (await api.ask('analyst', 'start-rating-run')).data['startRatingRun'];
  const [running] = (await api.ask('analyst', 'rating-runs')).data['ratingRuns'].nodes;
  return started.run?.id ?? running.id;
};

const closeRuns = async (): Promise<void> => {
  for (const { id, state } of (await api.ask('analyst', 'rating-runs')).data['ratingRuns'].nodes) {
    if (state === 'RUNNING') await api.ask('analyst', 'cancel-rating-run', { input: { runId: id } });
  }
};

interface Case {
  readonly who: Handle;
  /** Published operation. */
  readonly operation: string;
  readonly input: () => Promise<Record<string, unknown>>;
  /** What makes another body of it. */
  readonly other: Record<string, unknown>;
}

/** Every mutation of the schema by its name: what a new one must show, too. */
const CASES: Readonly<Record<string, Case>> = {
  registerCustomer: {
    who: 'maker',
    operation: 'register-customer',
    input: async () => ({ number: `K-${api.test.newId()}`, nameEn: 'Keyed Ltd' }),
    other: { nameEn: 'Another Ltd' },
  },
  updateCustomer: {
    who: 'maker',
    operation: 'update-customer',
    input: async () => {
      const { id, version } = await someCustomer();
      return { customerId: id, expectedVersion: version, changes: { region: '北京' } };
    },
    other: { changes: { region: '上海' } },
  },
  relateCustomers: {
    who: 'maker',
    operation: 'relate-customers',
    input: async () => ({ ...(await twoCustomers()), kind: 'GUARANTOR' }),
    other: { kind: 'SUPPLY_CHAIN' },
  },
  endCustomerRelation: {
    who: 'maker',
    operation: 'end-customer-relation',
    input: async () => {
      const input = { ...(await twoCustomers()), kind: 'GUARANTOR' };
      const { relation } = (await api.ask('maker', 'relate-customers', { input })).data['relateCustomers'];
      return { relationId: relation.id, reason: 'The guarantee is over.' };
    },
    other: { reason: 'Another.' },
  },
  submitGradeOverride: {
    who: 'maker',
    operation: 'submit-grade-override',
    input: async () => overrideOf(await someCustomer()),
    other: { toGrade: 'BB' },
  },
  requestCreditLimitRaise: {
    who: 'maker',
    operation: 'request-credit-limit-raise',
    input: async () => {
      const { id, creditLimit } = await someCustomer({ grade: { eq: 'AAA' } });
      const { amount, currency } = creditLimit.allowed;
      return {
        customerId: id,
        amount: { amount, currency },
        justification: 'They order twice as much.',
        expectedVersion: creditLimit.version,
      };
    },
    other: { amount: { amount: '1.00', currency: 'CNY' } },
  },
  approveRequest: {
    who: 'approver',
    operation: 'approve-request',
    input: onOpenRequest,
    other: { comment: 'Seen twice.' },
  },
  rejectRequest: { who: 'approver', operation: 'reject-request', input: onOpenRequest, other: { comment: 'No.' } },
  withdrawRequest: { who: 'maker', operation: 'withdraw-request', input: onOpenRequest, other: { comment: 'No.' } },
  rateCustomer: {
    who: 'analyst',
    operation: 'rate-customer',
    input: async () => ({ customerId: (await someCustomer()).id }),
    other: { customerId: Buffer.from('Customer:00000000-0000-7000-8000-000000000000').toString('base64url') },
  },
  startRatingRun: {
    who: 'analyst',
    operation: 'start-rating-run',
    input: async () => {
      await closeRuns();
      return {};
    },
    // It has no other input; the key of a start is no key of anything else.
    other: {},
  },
  cancelRatingRun: {
    who: 'analyst',
    operation: 'cancel-rating-run',
    input: async () => ({ runId: await openRun() }),
    other: { runId: Buffer.from('RatingRun:00000000-0000-7000-8000-000000000000').toString('base64url') },
  },
};

describe('every mutation', () => {
  it('takes an optional key, and is tried out here', () => {
    const withKey = Object.values(mutations).filter(({ args }) => {
      const type = args.find(({ name }) => name === 'input')?.type;
      const input = type !== undefined && isNonNullType(type) ? type.ofType : type;
      return isInputObjectType(input) && String(input.getFields()['idempotencyKey']?.type) === 'String';
    });
    expect(withKey.map(({ name }) => name).sort()).toEqual(Object.keys(mutations).sort());
    expect(Object.keys(CASES).sort()).toEqual(Object.keys(mutations).sort());
  });

  describe.each(Object.entries(CASES))('%s', (name, { who, operation, input, other }) => {
    it('is done once and answered alike', async () => {
      const keyed = { ...(await input()), idempotencyKey: `once ${name}` };
      const before = await countEvents();
      const first = await api.ask(who, operation, { input: keyed });
      expect(first).toMatchObject({ status: 200, errors: [], data: { [name]: { userErrors: [] } } });
      const after = await countEvents();
      expect(after).toBeGreaterThan(before);
      api.test.clock.advance(1_000);
      const again = await api.ask(who, operation, { input: keyed });
      expect(again.data).toEqual(first.data);
      expect(await countEvents()).toBe(after);

      const elsewhere = name === 'startRatingRun' ? CASES['cancelRatingRun']! : null;
      const reused = await api.ask(who, elsewhere?.operation ?? operation, {
        input: { ...(elsewhere?.other ?? { ...keyed, ...other }), idempotencyKey: `once ${name}` },
      });
      expect(Object.values<Loose>(reused.data)[0].userErrors).toEqual([
        expect.objectContaining({ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }),
      ]);
      expect(await countEvents()).toBe(after);
    });

    it('refuses a key that is none', async () => {
      const answer = await api.ask(who, operation, { input: { ...(await input()), idempotencyKey: '' } });
      expect(answer.data[name].userErrors).toEqual([
        expect.objectContaining({ code: 'INVALID', field: ['idempotencyKey'] }),
      ]);
    });
  });
});

it.each<[string, boolean]>([
  ['k', true],
  ['订单 2026/7 – №1', true],
  ['𠮷'.repeat(200), true],
  ['x'.repeat(201), false],
  ['a\tb', false],
  ['a\u200bb', false],
  ['a\u2028b', false],
  ['ab\n', false],
])('%j as a key: %s', async (idempotencyKey, usable) => {
  const input = { number: `KEY-${api.test.newId()}`, nameEn: 'Key Ltd', idempotencyKey };
  const { userErrors } = (await api.ask('maker', 'register-customer', { input })).data['registerCustomer'];
  expect(userErrors).toEqual(usable ? [] : [expect.objectContaining({ code: 'INVALID', field: ['idempotencyKey'] })]);
});

describe('a refusal', () => {
  it('stays the answer under its key, also when it would be another now', async () => {
    const register = { number: 'LATE', nameEn: 'Late Ltd', industryCode: 'RETAIL' };
    const { id } = (await api.ask('maker', 'register-customer', { input: register })).data['registerCustomer'].customer;
    const rate = async (idempotencyKey: string) =>
      (await api.ask('analyst', 'rate-customer', { input: { customerId: id, idempotencyKey } })).data['rateCustomer'];
    const first = await rate('late-1');
    expect(first.userErrors).toMatchObject([{ messageKey: 'INVALID_STATE.NO_VALUES' }]);
    const [customer] = await api.test.asOwner<{ id: string }>("SELECT id FROM customer WHERE number = 'LATE'");
    await api.app.indicators.commands.recordSnapshot(asSystem('rating-worker', 'test'), {
      customerId: customer!.id,
      asOf: '2026-01-14',
      source: 'test',
      quality: 'VERIFIED',
      values: { blacklistHit: '1' },
    });
    expect(await rate('late-1')).toEqual(first);
    expect(await rate('late-2')).toMatchObject({ userErrors: [] });
  });

  it('before the unit of work begins is kept like any other', async () => {
    const customerId = Buffer.from('Customer:00000000-0000-7000-8000-000000000000').toString('base64url');
    const input = { customerId, idempotencyKey: 'nobody' };
    const first = (await api.ask('analyst', 'rate-customer', { input })).data['rateCustomer'];
    expect(first.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    const other = { customerId: (await someCustomer()).id, idempotencyKey: 'nobody' };
    expect((await api.ask('analyst', 'rate-customer', { input: other })).data['rateCustomer'].userErrors).toMatchObject(
      [{ code: 'IDEMPOTENCY_KEY_REUSED' }],
    );
  });

  it('of somebody without the permission is none that is kept', async () => {
    const input = { customerId: (await someCustomer()).id, idempotencyKey: 'not-mine' };
    expect((await api.ask('maker', 'rate-customer', { input })).errors[0]?.extensions['code']).toBe('FORBIDDEN');
    expect(await api.test.asOwner("SELECT FROM idempotency_key WHERE key = 'not-mine'")).toEqual([]);
  });

  it('for a request whose base has moved keeps closing it to one event', async () => {
    const input = { ...(await onOpenRequest()), idempotencyKey: 'moved' };
    await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
    await api.test.asOwner(
      `INSERT INTO policy_version (id, kind, number, content, digest, effective_from, published_at, published_by)
       SELECT gen_random_uuid(), kind, number + 1, content, digest, effective_from, published_at, 'test'
       FROM policy_version WHERE kind = 'OVERRIDE' ORDER BY number DESC LIMIT 1`,
    );
    const approve = async () => (await api.ask('approver', 'approve-request', { input })).data['approveRequest'];
    const first = await approve();
    expect(first.userErrors).toMatchObject([{ messageKey: 'STALE_VERSION.BASE' }]);
    const events = await countEvents();
    expect(await approve()).toEqual(first);
    expect(await countEvents()).toBe(events);
  });
});

describe('one key', () => {
  it('sent 50 times at once has one effect and one answer', async () => {
    const input = { ...overrideOf(await someCustomer()), idempotencyKey: 'fifty' };
    const before = await countEvents();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => api.ask('maker', 'submit-grade-override', { input })),
    );
    const [first] = answers;
    expect(first?.data['submitGradeOverride'].request).toMatchObject({ state: 'IN_REVIEW' });
    for (const answer of answers) expect(answer.data).toEqual(first?.data);
    expect(await countEvents()).toBe(before + 1);
  });

  it('of two people is two keys', async () => {
    const register = async (who: Handle, number: string) =>
      (await api.ask(who, 'register-customer', { input: { number, nameEn: 'Two Ltd', idempotencyKey: 'shared' } }))
        .data['registerCustomer'];
    expect(await register('maker', 'TWO-1')).toMatchObject({ userErrors: [], customer: { number: 'TWO-1' } });
    expect(await register('analyst', 'TWO-2')).toMatchObject({ userErrors: [], customer: { number: 'TWO-2' } });
  });

  it('is bound to what the input means, not to how it is written', async () => {
    const input = { number: 'WRITTEN', nameEn: 'Written Ltd', idempotencyKey: 'written' };
    const first = (await api.ask('maker', 'register-customer', { input })).data['registerCustomer'];
    const { customer } = (
      await api.ask(
        'maker',
        `mutation { registerCustomer(input: {idempotencyKey: "written", kind: CUSTOMER, nameEn: "Written Ltd", number: "WRITTEN"})
         { customer { id number } } }`,
      )
    ).data['registerCustomer'];
    expect(customer).toEqual({ id: first.customer.id, number: 'WRITTEN' });
  });

  it('is forgotten by the workers after a day, and then stands for something new', async () => {
    const register = async (number: string) =>
      (await api.ask('maker', 'register-customer', { input: { number, nameEn: 'Old Ltd', idempotencyKey: 'old' } }))
        .data['registerCustomer'];
    const purge = () => SCHEDULES.find(({ name }) => name === 'purge-idempotency-keys')?.tick(api.app, 'test');
    expect(await register('OLD-1')).toMatchObject({ userErrors: [] });
    api.test.clock.advance(24 * 3_600_000);
    expect(await purge()).toMatchObject({ ok: true });
    expect(await register('OLD-2')).toMatchObject({ userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }] });
    api.test.clock.advance(2 * 3_600_000);
    expect(await purge()).toMatchObject({ ok: true });
    expect(await register('OLD-2')).toMatchObject({ userErrors: [], customer: { number: 'OLD-2' } });
  });

  it('stands for each mutation of a document by itself', async () => {
    const one = (number: string, key: string): string =>
      `registerCustomer(input: {number: "${number}", nameEn: "Several Ltd", idempotencyKey: "${key}"}) { customer { number } userErrors { code } }`;
    const document = `mutation { a: ${one('SEV-1', 'several-1')} b: ${one('SEV-2', 'several-2')} c: ${one('SEV-1', 'several-1')}
      d: ${one('SEV-4', 'several-1')} e: registerCustomer(input: {number: "SEV-5", nameEn: "Several Ltd"}) { customer { number } userErrors { code } } }`;
    expect((await api.ask('maker', document)).data).toEqual({
      a: { customer: { number: 'SEV-1' }, userErrors: [] },
      b: { customer: { number: 'SEV-2' }, userErrors: [] },
      c: { customer: { number: 'SEV-1' }, userErrors: [] },
      d: { customer: null, userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }] },
      e: { customer: { number: 'SEV-5' }, userErrors: [] },
    });
  });
});

describe('a process that is killed', () => {
  it.each(HALTS)('%s has done it once when it is asked again', async (haltAt) => {
    const { test, app } = api;
    const options: ApiChildOptions = { databaseUrl: test.appUrl, home: app.config.home, haltAt };
    const child = startScript('test/support/api-child.ts', [JSON.stringify(options)]);
    const url = await child.line(/^http:/);
    const input = { number: `KILLED-${haltAt}`, nameEn: 'Killed Ltd', idempotencyKey: `killed-${haltAt}` };
    const document = `mutation ($input: RegisterCustomerInput!) {
      registerCustomer(input: $input) { customer { id number createdAt } auditEvent { id } userErrors { code } } }`;
    const lost = fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await api.token('analyst')}` },
      body: JSON.stringify({ query: document, variables: { input } }),
    }).catch(() => 'lost');
    await child.line(/^halted$/);
    child.process.kill('SIGKILL');
    expect(await lost).toBe('lost');

    const customers = () => test.asOwner<{ id: string }>('SELECT id FROM customer WHERE number = $1', [input.number]);
    expect(await customers()).toHaveLength(haltAt === 'AFTER_COMMIT' ? 1 : 0);
    const answers: Answer[] = [];
    for (let i = 0; i < 2; i++) answers.push(await api.ask('analyst', document, { input }));
    const [customer] = await customers();
    expect(answers[0]?.data['registerCustomer']).toMatchObject({
      customer: { id: Buffer.from(`Customer:${customer?.id ?? ''}`).toString('base64url') },
      userErrors: [],
    });
    expect(answers[1]?.data).toEqual(answers[0]?.data);
    expect(await customers()).toHaveLength(1);
    expect(
      await test.asOwner("SELECT FROM audit_event WHERE action = 'customer.registered' AND object_id = $1", [
        customer?.id,
      ]),
    ).toHaveLength(1);
  });
});
