/** Policies that change by request: what is refused, who agrees, and by which matrix they are asked. */
import type { ChangeRequest } from '../../src/approvals';
import type { Initiator } from '../../src/kernel/actor';
import { createPolicies, DEFAULT_POLICIES, type PolicyKind } from '../../src/policies';
import { openApprovalHouse, valueOf, type ApprovalHouse } from '../support/approvals';
import { useDatabase } from '../support/database';
import { asSystemActor } from '../support/people';

const test = useDatabase();
let house: ApprovalHouse;
let admin: Initiator;
let other: Initiator;

beforeAll(async () => {
  house = await openApprovalHouse(test);
  admin = await house.hire('matrix-admin', ['POLICY_ADMIN'], 'RISK');
  other = await house.hire('other-admin', ['POLICY_ADMIN'], 'RISK');
});

const matrix = DEFAULT_POLICIES.APPROVAL_MATRIX;
const limit = DEFAULT_POLICIES.LIMIT;
const policies = () => createPolicies(test);
const inForce = async (kind: PolicyKind) => policies().inForceAt(kind, test.clock());

const one = [{ role: 'RISK_APPROVER' as const, quorum: 1 }];
/** A row of the matrix, changed. */
const withRow = (id: string, change: object) => ({
  ...matrix,
  rows: matrix.rows.map((row) => (row.id === id ? { ...row, ...change } : row)),
});
const holed = withRow('override-down-3-8', {
  when: { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: { min: 4, max: 8 }, amountUpTo: '10000000' },
});
const looser = (share: string) => ({
  ...limit,
  grades: { ...limit.grades, C: { ...limit.grades.C, paymentTermDays: Number(share) } },
});

const submit = (by: Initiator, kind: PolicyKind, content: unknown, over: object = {}) =>
  house.approvals.submitPolicy(by, kind, { content, justification: 'Agreed by the risk committee.', ...over });

const agree = async (request: ChangeRequest, ...people: Initiator[]): Promise<ChangeRequest> => {
  let standing = request;
  for (const by of people) standing = valueOf(await house.approve(by, standing)).request;
  return standing;
};
const refused = (code: string, reason: string, params: object = {}) => ({
  ok: false,
  refusal: { code, reason, ...(Object.keys(params).length === 0 ? {} : { params }) },
});
const withdraw = (request: ChangeRequest, by = admin) =>
  house.approvals.withdraw(by, { requestId: request.id, expectedVersion: request.version, comment: null });

describe('new content of a policy', () => {
  it.each<[string, PolicyKind, unknown, object, object]>([
    [
      'with a gap is refused with an input that falls into it',
      'APPROVAL_MATRIX',
      holed,
      {},
      refused('POLICY_VIOLATION', 'POLICY_FINDINGS', {
        code: 'GAP',
        table: 'GRADE_OVERRIDE',
        rows: '',
        example: '{"direction":"DOWN","notches":"3","amount":"0"}',
        count: 3,
      }),
    ],
    [
      'with an overlap is refused with an input that both rows take',
      'APPROVAL_MATRIX',
      { ...matrix, hitPolicy: 'UNIQUE' },
      {},
      refused('POLICY_VIOLATION', 'POLICY_FINDINGS', {
        code: 'OVERLAP',
        table: 'CREDIT_LIMIT',
        rows: 'limit-raise-small limit-raise-large',
        example: '{"direction":"UP","amount":"0.01","relativeChange":"0"}',
        count: 1,
      }),
    ],
    ['that is none of the kind is refused', 'LIMIT', matrix, {}, refused('INVALID', 'POLICY_CONTENT')],
    [
      'that lets nobody decide is refused',
      'APPROVAL_MATRIX',
      { ...matrix, highest: [{ role: 'RISK_APPROVER', quorum: 0 }] },
      {},
      refused('INVALID', 'POLICY_CONTENT'),
    ],
    ['that says nothing new is refused', 'LIMIT', limit, {}, refused('INVALID_STATE', 'POLICY_UNCHANGED')],
    [
      'whose cases are none is refused',
      'LIMIT',
      looser('1'),
      { testCases: [{ name: 'x' }] },
      refused('INVALID', 'POLICY_TEST_CASES'),
    ],
    [
      'that does not answer its cases as expected is refused with the first of them',
      'LIMIT',
      looser('1'),
      {
        testCases: [{ name: 'C pays at once', table: 'terms', input: { grade: 'C' }, expect: { paymentTermDays: 0 } }],
      },
      refused('POLICY_VIOLATION', 'POLICY_TEST_FAILED', {
        name: 'C pays at once',
        expected: '{"paymentTermDays":0}',
        got: '{"paymentTermDays":1}',
        count: 1,
      }),
    ],
    [
      'from a moment that is over is refused',
      'LIMIT',
      looser('1'),
      { effectiveFrom: new Date(0) },
      refused('EXPIRED', 'EFFECTIVE_FROM'),
    ],
  ])('%s', async (_, kind, content, over, expected) => {
    expect(await submit(admin, kind, content, over)).toMatchObject(expected);
    expect((await inForce(kind)).number).toBe(1);
  });

  it('needs a justification', async () => {
    expect(await submit(admin, 'LIMIT', looser('1'), { justification: ' ' })).toMatchObject({
      refusal: { code: 'REQUIRED', field: ['justification'] },
    });
  });

  it.each(['maker', 'approver', 'cro'] as const)('is not for the %s to propose', async (who) => {
    expect(await submit(house.people[who], 'LIMIT', looser('1'))).toMatchObject({ refusal: { code: 'FORBIDDEN' } });
  });

  it('is kept as a draft with a gap, and submitted once that is mended', async () => {
    const draft = valueOf(
      await house.approvals.draftPolicy(admin, 'APPROVAL_MATRIX', { content: holed, justification: 'New sizes.' }),
    ).request;
    expect(draft.state).toBe('DRAFT');
    const handle = { requestId: draft.id, expectedVersion: draft.version };
    expect(await house.approvals.resubmit(admin, { ...handle, way: 'RERUN', comment: null })).toMatchObject(
      refused('POLICY_VIOLATION', 'POLICY_FINDINGS'),
    );
    const mended = withRow('override-down-3-8', { levels: one });
    const revised = valueOf(
      await house.approvals.revisePolicy(admin, { ...handle, content: mended, justification: 'New sizes.' }),
    ).request;
    const sent = valueOf(
      await house.approvals.resubmit(admin, {
        requestId: revised.id,
        expectedVersion: revised.version,
        way: 'RERUN',
        comment: null,
      }),
    ).request;
    expect(sent).toMatchObject({
      state: 'IN_REVIEW',
      routingRow: 'policy-version',
      payload: { policy: 'APPROVAL_MATRIX' },
    });
    valueOf(await withdraw(sent));
  });
});

describe('a policy that is agreed to', () => {
  it('is in force with its cases, by two people who did not propose it', async () => {
    const testCases = [
      { name: 'C is given a day', table: 'terms', input: { grade: 'C' }, expect: { paymentTermDays: 1 } },
    ];
    const request = valueOf(await submit(admin, 'LIMIT', looser('1'), { testCases })).request;
    expect(request).toMatchObject({
      subject: { type: 'Policy', id: 'LIMIT' },
      payload: { differences: [{ path: 'grades.C.paymentTermDays', before: 0, after: 1 }] },
      impact: { differences: 1, droppedCases: [], toBeRefreshed: 0, rerouted: 0 },
    });
    expect(await house.approve(admin, request)).toMatchObject({ refusal: { code: 'MAKER_CANNOT_CHECK' } });
    const applied = await agree(request, house.people.approver, house.people.cro);
    expect(applied.state).toBe('APPLIED');
    expect(await inForce('LIMIT')).toMatchObject({ number: 2, content: looser('1'), testCases });
    expect(await house.actionsOn(request.id)).toContain('request.applied');
    const [event] = await test.asOwner<{ actor_id: string }>(
      "SELECT actor_id FROM audit_event WHERE action = 'policy.published' ORDER BY id DESC LIMIT 1",
    );
    expect(event?.actor_id).toBe(house.people.cro.actor.id);
  });

  it('hands its cases on to the next version, which says what it drops', async () => {
    expect(await submit(other, 'LIMIT', looser('2'))).toMatchObject(refused('POLICY_VIOLATION', 'POLICY_TEST_FAILED'));
    const request = valueOf(await submit(other, 'LIMIT', looser('2'), { testCases: [] })).request;
    expect(request.impact).toMatchObject({ droppedCases: ['C is given a day'] });
    valueOf(await withdraw(request, other));
  });

  it('comes into force on its date, if nothing has moved until then', async () => {
    const effectiveFrom = new Date(test.clock().getTime() + 86_400_000);
    const request = valueOf(
      await submit(admin, 'OVERRIDE', { ...DEFAULT_POLICIES.OVERRIDE, justificationMinChars: 20 }, { effectiveFrom }),
    ).request;
    const agreed = await agree(request, house.people.approver, house.people.cro);
    expect(agreed.state).toBe('SCHEDULED');
    valueOf(await house.approvals.applyDue(asSystemActor(), 100));
    expect((await inForce('OVERRIDE')).number).toBe(1);
    test.clock.advance(86_400_000);
    valueOf(await house.approvals.applyDue(asSystemActor(), 100));
    expect(await inForce('OVERRIDE')).toMatchObject({ number: 2, effectiveFrom: test.clock() });
  });

  it('is one at a time of a kind', async () => {
    const first = valueOf(
      await submit(admin, 'TIER_MATRIX', {
        ...DEFAULT_POLICIES.TIER_MATRIX,
        bandsFrom: { TOP: '91', HIGH: '65', MEDIUM: '35' },
      }),
    ).request;
    expect(
      await submit(other, 'TIER_MATRIX', {
        ...DEFAULT_POLICIES.TIER_MATRIX,
        bandsFrom: { TOP: '92', HIGH: '65', MEDIUM: '35' },
      }),
    ).toMatchObject({ refusal: { code: 'CONFLICTING_REQUEST', params: { number: first.number } } });
    valueOf(await withdraw(first));
  });
});

describe('the approval matrix', () => {
  it('is changed by those whom the matrix in force names, not by those whom the new one would', async () => {
    // Under the new one the risk approver alone would do.
    const easy = withRow('policy-version', { levels: one });
    const request = valueOf(await submit(admin, 'APPROVAL_MATRIX', easy)).request;
    expect(request.levels.map(({ role }) => role)).toEqual(['RISK_APPROVER', 'CHIEF_RISK_OFFICER']);
    const halfway = await agree(request, house.people.approver);
    expect(halfway.state).toBe('IN_REVIEW');
    expect((await inForce('APPROVAL_MATRIX')).number).toBe(1);
    expect((await agree(halfway, house.people.cro)).state).toBe('APPLIED');

    const next = valueOf(await submit(admin, 'APPROVAL_MATRIX', matrix)).request;
    expect(next.levels.map(({ role }) => role)).toEqual(['RISK_APPROVER']);
    valueOf(await withdraw(next));
  });

  it('tells how many open requests would ask others, and leaves them stale', async () => {
    const open = await house.submitted(house.people.maker);
    const now = (await inForce('APPROVAL_MATRIX')).content as typeof matrix;
    const stricter = {
      ...now,
      rows: now.rows.map((row) =>
        row.id === 'override-down-1-2' ? { ...row, levels: [{ role: 'CHIEF_RISK_OFFICER' as const, quorum: 1 }] } : row,
      ),
    };
    const request = valueOf(await submit(admin, 'APPROVAL_MATRIX', stricter)).request;
    expect(request.impact).toMatchObject({ toBeRefreshed: 1, rerouted: 1, examples: [open.number] });
    expect((await agree(request, house.people.approver)).state).toBe('APPLIED');
    expect(await house.approve(house.people.approver, open)).toMatchObject(refused('STALE_VERSION', 'BASE'));
  });
});

it('no version comes about without a request, whatever the program does', async () => {
  const forged = test.unitOfWork.run(admin, async (tx) => {
    tx.record({ action: 'policy.published', object: { type: 'PolicyVersion', id: tx.newId() } });
    await tx.query(
      `INSERT INTO policy_version (id, kind, number, content, digest, effective_from, published_at, published_by)
       VALUES ($1, 'LIMIT', 99, '{}', '', now(), now(), 'me')`,
      [tx.newId()],
    );
    return { ok: true as const, value: true };
  });
  await expect(forged).rejects.toMatchObject({ code: 'TW008' });
});
