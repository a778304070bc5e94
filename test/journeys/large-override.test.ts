/**
 * The way of a large downgrade: AA to BBB above a bound of exposure. It is made by a risk analyst and agreed to by risk and finance,
 * then by the chief risk officer; one approver is on leave, a level sends it back, the votes of before no longer count, the limit
 * follows, and the audit log tells it all.
 */
import { keyOf } from '../../graphql/global-id';
import { asSystem, required } from '../../src/app';
import { digestOf, type Json } from '../../src/kernel/canonical-json';
import { DEFAULT_POLICIES } from '../../src/policies';
import { stateAfterEvents } from '../../src/approvals/domain/replay-events';
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');
const DAY_MS = 86_400_000;

/** The house demands more where more is at stake. */
const publishBound = async (bound: string): Promise<void> => {
  const { rows, highest } = DEFAULT_POLICIES.APPROVAL_MATRIX;
  const when = { kind: 'GRADE_OVERRIDE', direction: 'DOWN' } as const;
  const content = {
    rows: [
      { id: 'small', when: { ...when, amountUpTo: bound }, levels: [{ role: 'RISK_APPROVER', quorum: 1 }] },
      {
        id: 'large',
        when,
        levels: [
          {
            groups: [
              { role: 'RISK_APPROVER', quorum: 1 },
              { role: 'FINANCE_APPROVER', quorum: 1 },
            ],
            slaHours: 8,
          },
          { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
        ],
      },
      ...rows.filter((row) => row.when.kind !== 'GRADE_OVERRIDE' || row.when.direction === 'UP'),
    ],
    highest,
  };
  await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
  await api.test.asOwner(
    `INSERT INTO policy_version (id, kind, number, content, digest, effective_from, published_at, published_by)
     SELECT $1, 'APPROVAL_MATRIX', max(number) + 1, $2, $3, $4, $4, 'test' FROM policy_version WHERE kind = 'APPROVAL_MATRIX'`,
    [api.test.newId(), JSON.stringify(content), digestOf(content as Json), api.test.clock()],
  );
  api.test.clock.advance(1_000);
};

const customer = async (id: string): Promise<Loose> => (await api.ask('approver', 'customer', { id })).data['customer'];
const requestOf = async (who: Handle, id: string): Promise<Loose> =>
  (await api.ask(who, 'change-request', { id })).data['changeRequest'];

const mutate = async (who: Handle, operation: string, input: object): Promise<Loose> => {
  const answer = await api.ask(who, operation, { input });
  expect(answer.errors).toEqual([]);
  api.test.clock.advance(1_000);
  return Object.values<Loose>(answer.data)[0];
};
/** A verb on the request as it stands now. */
const act = async (who: Handle, operation: string, id: string, over: object = {}): Promise<Loose> => {
  const { version } = await requestOf(who, id);
  return mutate(who, operation, { requestId: id, expectedVersion: version, ...over });
};
const done = async (who: Handle, operation: string, id: string, over: object = {}): Promise<Loose> => {
  const payload = await act(who, operation, id, over);
  expect(payload.userErrors).toEqual([]);
  return payload.request;
};

const found: string[] = [];
/** AA, with a limit that BBB does not allow, and nothing open. */
const bigCustomer = async (): Promise<Loose> => {
  const page = await api.ask('approver', 'customers', {
    first: 100,
    where: { grade: { eq: 'AA' }, kind: { eq: 'CUSTOMER' } },
  });
  for (const { id } of page.data['customers'].nodes) {
    const one = await customer(id);
    if (
      !found.includes(id) &&
      one.openRequests.length === 0 &&
      Number(one.creditLimit.approved.amount) > Number(one.creditLimit.allowed.amount) * 0.6
    ) {
      found.push(id);
      return one;
    }
  }
  throw new Error('the sample has no such customer');
};

const submit = (of: Loose): Promise<Loose> =>
  mutate('analyst', 'submit-grade-override', {
    customerId: of.id,
    toGrade: 'BBB',
    reasonCode: 'MATERIAL_EVENT',
    justification: 'The main customer of this company has stopped paying.',
    evidence: [{ title: 'Press release', reference: 'Shelf 7' }],
    validUntil: new Date(api.test.clock().getTime() + 60 * DAY_MS).toISOString(),
    expectedVersion: of.grade.version,
  });

/** The chief risk officer lets somebody act for him; yields the delegation. */
const delegate = async (to: Handle): Promise<string> => {
  const toId = (await api.ask(to, 'viewer')).data['viewer'].id;
  const now = api.test.clock().getTime();
  const payload = await mutate('cro', 'delegate', {
    toId,
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(now + 7 * DAY_MS).toISOString(),
    reason: 'On leave.',
  });
  expect(payload.userErrors).toEqual([]);
  return payload.delegation.id;
};

it('goes through everybody who has to agree, and back, and comes into effect', async () => {
  const before = await bigCustomer();
  const limit = Number(before.creditLimit.approved.amount);
  await publishBound(String(limit / 2));

  const submitted = await submit(before);
  expect(submitted.userErrors).toEqual([]);
  const { id } = submitted.request;
  expect(submitted.request).toMatchObject({ state: 'IN_REVIEW', routingRow: 'large' });
  expect((await requestOf('analyst', id)).levels).toMatchObject([
    { ordinal: 1, part: 1, role: 'RISK_APPROVER' },
    { ordinal: 1, part: 2, role: 'FINANCE_APPROVER' },
    { ordinal: 2, part: 1, role: 'CHIEF_RISK_OFFICER' },
  ]);

  // Risk agrees; finance wants to know more, and the vote of risk no longer counts.
  await done('approver', 'approve-request', id);
  await done('finance', 'return-request', id, { comment: 'Which receivables are hit?' });
  expect(await requestOf('analyst', id)).toMatchObject({ state: 'RETURNED' });
  expect((await customer(before.id)).creditLimit.approved).toEqual(before.creditLimit.approved);
  expect(await act('approver2', 'approve-request', id)).toMatchObject({ userErrors: [{ code: 'INVALID_STATE' }] });
  await done('analyst', 'resubmit-request', id, { comment: 'Those of the third quarter; see the letter.' });
  const again = await requestOf('analyst', id);
  expect(again).toMatchObject({ state: 'IN_REVIEW', round: 2, votes: [{ round: 1, standing: false }] });
  expect(again.levels.map(({ approvals }: Loose) => approvals)).toEqual([0, 0, 0]);

  // All of the first level have to agree, in any order; its clock runs by business days.
  expect(again.nextAlarmAt).not.toBeNull();
  expect(await done('finance', 'approve-request', id)).toMatchObject({ state: 'IN_REVIEW' });
  expect((await requestOf('cro', id)).viewerActions[0]).toMatchObject({ verb: 'APPROVE', allowed: false });
  await done('approver', 'approve-request', id);

  // The chief risk officer is on leave. Whom he asked first has voted already and counts once; another acts for him.
  const first = await delegate('approver');
  expect(await act('approver', 'approve-request', id)).toMatchObject({
    userErrors: [{ messageKey: 'ALREADY_DECIDED.VOTED' }],
  });
  await mutate('cro', 'end-delegation', { delegationId: first });
  expect(await act('approver2', 'approve-request', id)).toMatchObject({ userErrors: [{ code: 'AUTHORITY_EXCEEDED' }] });
  await delegate('approver2');
  expect(await act('analyst', 'approve-request', id)).toMatchObject({ userErrors: [{ code: 'MAKER_CANNOT_CHECK' }] });
  expect(await done('approver2', 'approve-request', id)).toMatchObject({ state: 'APPLIED' });

  const after = await customer(before.id);
  expect(after.grade).toMatchObject({ inForce: { value: 'BBB' }, basis: 'OVERRIDE', model: before.grade.model });
  expect(Number(after.creditLimit.approved.amount)).toBeLessThanOrEqual(Number(after.creditLimit.allowed.amount));
  expect(Number(after.creditLimit.approved.amount)).toBeLessThan(limit);

  const { votes } = await requestOf('auditor', id);
  expect(
    votes.map(({ round, levelOrdinal, standing, principal }: Loose) => [
      round,
      levelOrdinal,
      standing,
      principal !== null,
    ]),
  ).toEqual([
    [1, 1, false, false],
    [2, 1, true, false],
    [2, 1, true, false],
    [2, 2, true, true],
  ]);
  const events = await api.test.asOwner<{ action: string; actor: string; behalf: string | null }>(
    `SELECT event.action, actor.subject AS actor, behalf.subject AS behalf FROM audit_event AS event
       JOIN app_user AS actor ON actor.id::text = event.actor_id
       LEFT JOIN app_user AS behalf ON behalf.id::text = event.on_behalf_of
     WHERE object_type = 'ChangeRequest' AND object_id = $1 ORDER BY event.occurred_at, event.id`,
    [keyOf('ChangeRequest', id)],
  );
  expect(events.map(({ action, actor, behalf }) => [action, actor, behalf])).toEqual([
    ['request.submitted', 'analyst', null],
    ['request.approved', 'approver', null],
    ['request.returned', 'finance', null],
    ['request.resubmitted', 'analyst', null],
    ['request.approved', 'finance', null],
    ['request.approved', 'approver', null],
    ['request.approved', 'approver2', 'cro'],
    ['request.applied', 'approver2', null],
  ]);
  expect(stateAfterEvents(events.map(({ action }) => action))).toBe('APPLIED');
  const followed = await api.test.asOwner<{ action: string }>(
    `SELECT action FROM audit_event WHERE customer_id = $1 AND action IN ('override.applied', 'limit.cut') ORDER BY action`,
    [keyOf('Customer', before.id)],
  );
  expect(followed.map(({ action }) => action)).toEqual(['limit.cut', 'override.applied']);
}, 120_000);

it('is followed up: what became of the customer counts for who asked and for who agreed', async () => {
  const report = async (who: Handle, variables = {}): Promise<Loose> => api.ask(who, 'override-report', variables);
  const row = (answer: Loose, view: string, name: string): Loose =>
    answer.data['overrideReport'].groups.find(
      (group: Loose) => group.view === view && (group.name ?? group.key).includes(name),
    );
  const before = await report('analyst');
  expect(before.data['overrideReport'].total).toMatchObject({ overrides: 1, known: 0, bad: 0 });
  // Who voted counts, not for whom, and not who voted in a round that came to nothing.
  expect(row(before, 'APPROVER', '刘洋')).toMatchObject({ overrides: 1 });
  expect(row(before, 'APPROVER', '周敏')).toBeUndefined();
  expect(row(before, 'REQUESTER', '李强')).toMatchObject({ overrides: 1, bad: 0 });
  expect(row(before, 'DIRECTION', 'DOWN')).toMatchObject({ overrides: 1 });

  const { number } = await customer(found[0] ?? '');
  const told = { event: 'DEFAULT', bad: true } as const;
  const claims = [
    { number, observedOn: '2026-01-16', ...told },
    // Of before the override: nothing that it could have foreseen.
    { number, observedOn: '2025-12-31', ...told, bad: false },
  ];
  api.test.clock.advance(3 * DAY_MS);
  const by = asSystem('cli', 'test');
  const batch = { batchId: api.test.newId(), source: 'court', claims };
  expect(required(await api.app.validation.recordOutcomes(by, batch))).toMatchObject({ recorded: 2 });
  const after = await report('auditor');
  expect(after.data['overrideReport'].total).toMatchObject({ overrides: 1, known: 1, bad: 1 });
  expect(row(after, 'REASON', 'MATERIAL_EVENT')).toMatchObject({ known: 1, bad: 1 });
  const earlier = await report('analyst', { to: '2026-01-01T00:00:00Z' });
  expect(earlier.data['overrideReport']).toEqual({
    total: { overrides: 0, known: 0, bad: 0, borneOut: 0, refuted: 0 },
    groups: [],
  });
  expect((await report('maker')).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
}, 120_000);

it('is decided by fewer where less is at stake', async () => {
  const one = await bigCustomer();
  await publishBound(one.creditLimit.approved.amount);
  expect(await submit(one)).toMatchObject({ userErrors: [], request: { routingRow: 'small' } });
  await publishBound('0.01');
  expect(await submit(await bigCustomer())).toMatchObject({ userErrors: [], request: { routingRow: 'large' } });
}, 120_000);
