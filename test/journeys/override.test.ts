/**
 * The way of an override: a maker submits, it shows as pending on the customer, a checker approves, grade in force, limit
 * and audit log change; when it expires, the model grade is back and the limit is not raised by itself.
 */
import { asSystem } from '../../src/app';
import { useApi } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');
const DAY_MS = 86_400_000;

interface CustomerAnswer {
  id: string;
  number: string;
  grade: { model: { value: string }; inForce: { value: string; rank: number }; basis: string; version: number };
  override: { toGrade: { value: string } } | null;
  creditLimit: { approved: { amount: string }; allowed: { amount: string }; version: number };
  openRequests: { number: string; state: string }[];
}

const customer = async (id: string): Promise<CustomerAnswer> => {
  const answer = await api.ask('approver', 'customer', { id });
  expect(answer.errors).toEqual([]);
  return answer.data['customer'] as CustomerAnswer;
};

/** A rated customer of the given grade whose limit a lower grade would cut. */
const someCustomer = async (grade: string): Promise<CustomerAnswer> => {
  const page = await api.ask('approver', 'customers', {
    first: 100,
    where: { grade: { eq: grade }, kind: { eq: 'CUSTOMER' } },
  });
  expect(page.errors).toEqual([]);
  for (const { id } of page.data['customers'].nodes as { id: string }[]) {
    const found = await customer(id);
    if (found.openRequests.length === 0 && found.override === null && Number(found.creditLimit.approved.amount) > 0)
      return found;
  }
  throw new Error(`the sample has no customer of grade ${grade} with a limit`);
};

const proposal = (of: CustomerAnswer, toGrade: string, over: Record<string, unknown> = {}) => ({
  customerId: of.id,
  toGrade,
  reasonCode: 'MATERIAL_EVENT',
  justification: 'The main customer of this company has stopped paying.',
  validUntil: new Date(api.test.clock().getTime() + 30 * DAY_MS).toISOString(),
  expectedVersion: of.grade.version,
  ...over,
});

const submit = async (who: Handle, input: Record<string, unknown>) =>
  (await api.ask(who, 'submit-grade-override', { input })).data['submitGradeOverride'];

const decide = async (
  who: Handle,
  verb: 'approve' | 'reject',
  request: { id: string; version: number },
  comment?: string,
) =>
  (
    await api.ask(who, `${verb}-request`, {
      input: { requestId: request.id, expectedVersion: request.version, comment },
    })
  ).data[`${verb}Request`];

describe('an override downwards', () => {
  it('goes from submission to effect and back', async () => {
    const before = await someCustomer('A');
    const submitted = await submit('maker', proposal(before, 'BBB'));
    expect(submitted.userErrors).toEqual([]);
    expect(submitted.request).toMatchObject({ state: 'IN_REVIEW', routingRow: 'override-down-1-2' });
    expect(submitted.auditEvent.action).toBe('request.submitted');

    const pending = await customer(before.id);
    expect(pending.openRequests).toEqual([
      expect.objectContaining({ number: submitted.request.number, state: 'IN_REVIEW' }),
    ]);
    expect(pending.grade).toEqual(before.grade);

    const own = await decide('maker', 'approve', submitted.request);
    expect(own).toMatchObject({ request: null, userErrors: [{ code: 'MAKER_CANNOT_CHECK' }] });

    const inbox = await api.ask('approver', 'inbox', { tab: 'WAITING_FOR_ME' });
    expect(inbox.data['changeRequests'].nodes.map((node: { number: string }) => node.number)).toContain(
      submitted.request.number,
    );

    const approved = await decide('approver', 'approve', submitted.request);
    expect(approved.userErrors).toEqual([]);
    expect(approved.request).toMatchObject({ state: 'APPLIED' });

    const after = await customer(before.id);
    expect(after.grade).toMatchObject({ inForce: { value: 'BBB' }, model: { value: 'A' }, basis: 'OVERRIDE' });
    expect(after.override).toMatchObject({ toGrade: { value: 'BBB' } });
    expect(after.openRequests).toEqual([]);
    expect(Number(after.creditLimit.approved.amount)).toBeLessThanOrEqual(Number(after.creditLimit.allowed.amount));

    const events = await api.test.asOwner<{ action: string }>(
      `SELECT action FROM audit_event WHERE request_id IN
         (SELECT request_id FROM audit_event WHERE action = 'override.applied') ORDER BY id`,
    );
    expect(events.map((row) => row.action)).toEqual(
      expect.arrayContaining(['request.approved', 'override.applied', 'limit.cut', 'request.applied']),
    );

    const log = await api.ask('auditor', 'audit-events', { first: 100, where: { customer: before.id } });
    expect(log.data['auditEvents'].nodes.map((node: { action: string }) => node.action)).toEqual(
      expect.arrayContaining([
        'request.submitted',
        'request.approved',
        'override.applied',
        'limit.cut',
        'request.applied',
      ]),
    );

    const again = await decide('approver2', 'approve', submitted.request);
    expect(again).toMatchObject({ userErrors: [{ code: 'ALREADY_DECIDED' }] });

    api.test.clock.advance(31 * DAY_MS);
    expect(await api.app.overrides.expire(asSystem('scheduler', 'test'), 100)).toEqual({ ok: true, value: 1 });
    const expired = await customer(before.id);
    expect(expired.grade).toMatchObject({ inForce: { value: 'A' }, basis: 'MODEL' });
    expect(expired.override).toBeNull();
    expect(expired.creditLimit.approved).toEqual(after.creditLimit.approved);
    expect(Number(expired.creditLimit.allowed.amount)).toBeGreaterThan(Number(expired.creditLimit.approved.amount));

    const raise = await api.ask('maker', 'request-credit-limit-raise', {
      input: {
        customerId: before.id,
        amount: { amount: expired.creditLimit.allowed.amount, currency: 'CNY' },
        justification: 'The override has ended and business is back to normal.',
        expectedVersion: expired.creditLimit.version,
      },
    });
    const raised = raise.data['requestCreditLimitRaise'];
    expect(raised.userErrors).toEqual([]);
    let version = raised.request.version as number;
    for (const { role } of raised.request.levels as { role: string }[]) {
      const who = role === 'CHIEF_RISK_OFFICER' ? 'cro' : 'approver';
      const decided = await decide(who, 'approve', { id: raised.request.id, version });
      expect(decided.userErrors).toEqual([]);
      version = decided.request.version;
    }
    const final = await customer(before.id);
    expect(final.creditLimit.approved).toEqual(final.creditLimit.allowed);
  });

  it('goes over two levels when it is large', async () => {
    const of = await someCustomer('AA');
    const { request } = await submit('analyst', proposal(of, 'B'));
    expect(request.levels.map((level: { role: string }) => level.role)).toEqual([
      'RISK_APPROVER',
      'CHIEF_RISK_OFFICER',
    ]);
    expect(await decide('cro', 'approve', request)).toMatchObject({ userErrors: [{ code: 'AUTHORITY_EXCEEDED' }] });
    const first = await decide('approver', 'approve', request);
    expect(first.request).toMatchObject({ state: 'IN_REVIEW' });
    expect((await customer(of.id)).grade.inForce.value).toBe('AA');
    const second = await decide('cro', 'approve', first.request);
    expect(second.request).toMatchObject({ state: 'APPLIED', customer: { grade: { inForce: { value: 'B' } } } });
  });

  it('stays on record when rejected or withdrawn', async () => {
    const of = await someCustomer('BBB');
    const first = (await submit('maker', proposal(of, 'BB'))).request;
    expect(await decide('approver', 'reject', first)).toMatchObject({
      userErrors: [{ code: 'COMMENT_REQUIRED', field: ['comment'] }],
    });
    expect((await decide('approver', 'reject', first, 'No evidence.')).request).toMatchObject({ state: 'REJECTED' });
    const second = (await submit('maker', proposal(of, 'BB'))).request;
    const withdrawn = await api.ask('maker', 'withdraw-request', {
      input: { requestId: second.id, expectedVersion: 1 },
    });
    expect(withdrawn.data['withdrawRequest'].request).toMatchObject({ state: 'WITHDRAWN' });
    const list = await api.ask('auditor', 'inbox', { tab: null, first: 100 });
    expect(list.data['changeRequests'].nodes.map((node: { state: string }) => node.state)).toEqual(
      expect.arrayContaining(['REJECTED', 'WITHDRAWN', 'APPLIED']),
    );
  });

  it('goes stale when the grade moves before it is decided', async () => {
    const of = await someCustomer('BB');
    const { request } = await submit('maker', proposal(of, 'B'));
    await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
    await api.test.asOwner(
      `UPDATE customer_grade SET version = version + 1
       WHERE customer_id = (SELECT subject_id::uuid FROM change_request WHERE digest = $1)`,
      [request.digest],
    );
    expect(await decide('approver', 'approve', request)).toMatchObject({
      userErrors: [{ code: 'STALE_VERSION', messageKey: 'STALE_VERSION.BASE' }],
    });
    const answer = await api.ask('approver', 'change-request', { id: request.id });
    expect(answer.data['changeRequest']).toMatchObject({ state: 'STALE', votes: [] });
  });
});

describe('an override is refused', () => {
  it.each<[string, string, Record<string, unknown>, string]>([
    ['without reason', 'CCC', { reasonCode: ' ' }, 'REQUIRED'],
    ['with a reason that the policy does not know', 'CCC', { reasonCode: 'BECAUSE' }, 'POLICY_VIOLATION'],
    ['without justification', 'CCC', { justification: '' }, 'REQUIRED'],
    ['with too short a justification', 'CCC', { justification: 'short' }, 'POLICY_VIOLATION'],
    ['to the same grade', 'B', {}, 'INVALID'],
    ['with an end in the past', 'CCC', { validUntil: '2020-01-01T00:00:00Z' }, 'EXPIRED'],
    ['for too long', 'CCC', { validUntil: '2040-01-01T00:00:00Z' }, 'POLICY_VIOLATION'],
    ['upwards beyond the cap', 'AAA', {}, 'POLICY_VIOLATION'],
    ['upwards without evidence', 'BB', {}, 'EVIDENCE_REQUIRED'],
    ['with blank evidence', 'BB', { evidence: [{ title: '', reference: 'x' }] }, 'REQUIRED'],
    ['on a grade that has moved', 'CCC', { expectedVersion: 99 }, 'STALE_VERSION'],
  ])('%s', async (_, toGrade, over, code) => {
    const of = await someCustomer('B');
    const answer = await submit('maker', proposal(of, toGrade, over));
    expect(answer.userErrors.map((error: { code: string }) => error.code)).toEqual([code]);
    expect(answer.request).toBeNull();
  });

  it('for a customer that does not exist', async () => {
    const of = await someCustomer('B');
    const unknown = Buffer.from('Customer:00000000-0000-7000-8000-000000000000').toString('base64url');
    expect(await submit('maker', proposal(of, 'CCC', { customerId: unknown }))).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND', field: ['customerId'] }],
    });
  });

  it('to people who may not ask for one', async () => {
    const of = await someCustomer('B');
    const answer = await api.ask('auditor', 'submit-grade-override', { input: proposal(of, 'CCC') });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'AUDITOR_ONLY_READS' });
  });
});

it('one grade in force, and one live override, per party: the database takes no second', async () => {
  const owner = api.test.asOwner;
  await owner("SELECT set_config('tierwarden.actor', 'system:test', false)");
  await expect(owner('INSERT INTO customer_grade SELECT * FROM customer_grade')).rejects.toMatchObject({
    code: '23505',
  });
  const [given] = await owner<{ id: string }>('SELECT id FROM grade_override LIMIT 1');
  const twice = `INSERT INTO grade_override SELECT (jsonb_populate_record(held,
      jsonb_build_object('id', gen_random_uuid(), 'request_id', gen_random_uuid(), 'ended_at', NULL, 'end_cause', NULL))).*
    FROM grade_override AS held, generate_series(1, 2) WHERE held.id = $1`;
  await expect(owner(twice, [given!.id])).rejects.toMatchObject({
    code: '23505',
    constraint: 'grade_override_one_live',
  });
});
