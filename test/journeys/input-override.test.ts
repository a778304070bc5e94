/**
 * The way of an overridden input: a person's value in place of the source's, agreed to, in the next rating, which says so; then
 * its time is over and what the source says holds again.
 */
import { keyOf } from '../../graphql/global-id';
import { asSystem, required } from '../../src/app';
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');
const DAY_MS = 86_400_000;
/** Credit data, which sales do not see, and what everybody sees. */
const SECRET = 'defaultsIn3Years';
const CODE = 'roa';

const customers: string[] = [];
const someCustomer = async (): Promise<string> => {
  if (customers.length === 0) {
    const page = await api.ask('approver', 'customers', { first: 50, where: { grade: { eq: 'A' } } });
    customers.push(...page.data['customers'].nodes.map(({ id }: Loose) => id));
  }
  return customers.shift() ?? '';
};
const held = async (id: string, code = CODE): Promise<Loose> =>
  (await api.ask('analyst', 'customer-indicators', { id })).data['customer'].indicators.find(
    (one: Loose) => one.code === code,
  );
const EVIDENCE = [{ title: 'Audited accounts', reference: 'Shelf 12' }];
const submit = async (
  customerId: string,
  over: Record<string, unknown> = {},
  who: Handle = 'analyst',
): Promise<Loose> =>
  (
    await api.ask(who, 'submit-input-override', {
      input: {
        customerId,
        code: CODE,
        value: '1.25',
        reasonCode: 'OUTDATED_FINANCIALS',
        justification: 'The audited accounts say otherwise than the report.',
        evidence: EVIDENCE,
        validUntil: new Date(api.test.clock().getTime() + 30 * DAY_MS).toISOString(),
        ...over,
      },
    })
  ).data['submitInputOverride'];
const agree = async (request: Loose): Promise<Loose> => {
  let now = request;
  for (const who of ['approver', 'approver2', 'cro'] as const) {
    const input = { requestId: now.id, expectedVersion: now.version };
    const { approveRequest } = (await api.ask(who, 'approve-request', { input })).data;
    expect(approveRequest.userErrors).toEqual([]);
    now = approveRequest.request;
  }
  return now;
};
const rate = async (customerId: string): Promise<Loose> => {
  const rated = await api.ask(
    'analyst',
    `mutation ($input: RateCustomerInput!) { rateCustomer(input: $input) { userErrors { code } rating {
       overriddenInputs { code asOf fromValue toValue masked justification endedAt request { number } } } } }`,
    { input: { customerId } },
  );
  expect(rated.errors).toEqual([]);
  return rated.data['rateCustomer'].rating;
};

it('holds in place of the source’s until its time is over; ratings meanwhile say so', async () => {
  const id = await someCustomer();
  const before = await held(id);
  const { request, userErrors } = await submit(id);
  expect(userErrors).toEqual([]);
  expect(request).toMatchObject({
    state: 'IN_REVIEW',
    routingRow: 'input-override',
    proposal: { code: CODE, asOf: before.asOf, fromValue: before.value, toValue: '1.25' },
  });
  expect((await held(id)).value).toBe(before.value);
  expect(await rate(id)).toMatchObject({ overriddenInputs: [] });
  expect(await agree(request)).toMatchObject({ state: 'APPLIED' });

  // Its day is the source's: a judgement makes nothing fresher.
  expect(await held(id)).toMatchObject({
    value: '1.25',
    source: 'override',
    asOf: before.asOf,
    contradicted: before.contradicted,
  });
  expect(await rate(id)).toMatchObject({
    overriddenInputs: [
      { code: CODE, fromValue: before.value, toValue: '1.25', endedAt: null, request: { number: request.number } },
    ],
  });

  api.test.clock.advance(31 * DAY_MS);
  const by = asSystem('scheduler', 'test');
  expect(required(await api.app.overrides.expireInputs(by, 100))).toBe(1);
  expect(required(await api.app.overrides.expireInputs(by, 100))).toBe(0);
  expect(await held(id)).toMatchObject({ value: before.value, source: before.source, asOf: before.asOf });
  expect(await rate(id)).toMatchObject({ overriddenInputs: [] });
  const actions = await api.test.asOwner<{ action: string }>(
    "SELECT action FROM audit_event WHERE action LIKE 'inputOverride.%' AND customer_id = $1 ORDER BY occurred_at, id",
    [keyOf('Customer', id)],
  );
  expect(actions.map(({ action }) => action)).toEqual(['inputOverride.applied', 'inputOverride.expired']);
});

it('gives way to a newer one', async () => {
  const id = await someCustomer();
  const before = await held(id);
  await agree((await submit(id)).request);
  const second = (await submit(id, { value: '1.5' })).request;
  expect(second.proposal.fromValue).toBe('1.25');
  await agree(second);
  expect((await held(id)).value).toBe('1.5');
  api.test.clock.advance(31 * DAY_MS);
  expect(required(await api.app.overrides.expireInputs(asSystem('scheduler', 'test'), 100))).toBe(1);
  expect((await held(id)).value).toBe(before.value);
});

it('is refused without grounds, for what is derived or out of range, and to whom the value is masked', async () => {
  const id = await someCustomer();
  const { value } = await held(id);
  for (const [over, messageKey] of [
    [{ evidence: [] }, 'EVIDENCE_REQUIRED'],
    [{ reasonCode: 'MOOD' }, 'POLICY_VIOLATION.REASON_NOT_ALLOWED'],
    [{ justification: 'No.' }, 'POLICY_VIOLATION.JUSTIFICATION_TOO_SHORT'],
    [{ validUntil: '2030-01-01T00:00:00Z' }, 'POLICY_VIOLATION.VALIDITY_TOO_LONG'],
    [{ value }, 'INVALID.SAME_VALUE'],
    [{ value: '99999999999' }, 'OUT_OF_RANGE.VALUE'],
    [{ code: 'nothingKnown' }, 'NOT_FOUND.INDICATOR'],
    [{ code: 'revenueGrowth2Years' }, 'INVALID.DERIVED_INPUT'],
  ] as const) {
    expect(await submit(id, over)).toMatchObject({ request: null, userErrors: [{ messageKey }] });
  }
  const masked = await api.ask('maker', 'submit-input-override', {
    input: {
      customerId: id,
      code: SECRET,
      value: '1',
      reasonCode: 'OUTDATED_FINANCIALS',
      justification: 'The bureau has it wrong.',
      evidence: EVIDENCE,
      validUntil: '2026-06-30T00:00:00Z',
    },
  });
  expect(masked.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
});

it('cannot be put among the values by anybody alone, whatever the program does', async () => {
  const id = keyOf('Customer', await someCustomer());
  await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
  await expect(
    api.test.asOwner(
      `INSERT INTO indicator_snapshot (id, customer_id, as_of, recorded_at, source, quality, values, content_digest)
       VALUES ($1, $2, '2026-01-01', now(), 'override', 'ESTIMATED', '{"roa": "9"}', repeat('0', 64))`,
      [api.test.newId(), id],
    ),
  ).rejects.toMatchObject({ code: 'TW008' });
});
