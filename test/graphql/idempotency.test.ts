/** Mutations under an idempotency key, as front ends send them: once done, always answered alike. */
import { createHash, randomBytes } from 'node:crypto';
import { isInputObjectType, isNonNullType } from 'graphql';
import { keyOf } from '../../graphql/global-id';
import { createSchema } from '../../graphql/schema';
import { asSystem, required } from '../../src/app';
import { DEFAULT_POLICIES } from '../../src/policies';
import { useApi, type Answer, type Loose } from '../support/api';
import { ed25519PublicKey, ed25519Sign } from '../../src/kernel/ed25519';
import { HALTS, type ApiChildOptions } from '../support/api-child';
import type { Handle } from '../support/people';
import { startScript, useProcesses } from '../support/processes';
import { finishRun } from '../support/sample';
import { SCHEDULES } from '../../workers/schedules';

const api = useApi('sample');
useProcesses();

const mutations = createSchema().getMutationType()?.getFields() ?? {};

/** Looks, and what somebody was refused, are put on record a second later and are no work of the mutation. */
const countEvents = async (): Promise<number> => {
  const counted = await api.test.asOwner<{ count: number }>(
    "SELECT count(*)::int AS count FROM audit_event WHERE action NOT IN ('sensitive.read', 'access.refused')",
  );
  return counted[0]?.count ?? 0;
};

const waiting = new Map<string, string[]>();
/** A rated customer with a limit that no other test has been given. Few are of the grade that is overridden here. */
const someCustomer = async (grade = 'BB'): Promise<Loose> => {
  const ids = waiting.get(grade) ?? (await idsOf(grade));
  waiting.set(grade, ids);
  for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
    const customer = (await api.ask('approver', 'customer', { id })).data['customer'];
    const { openRequests, creditLimit } = customer;
    if (openRequests.length === 0 && creditLimit.approved.amount !== '0.00') return customer;
  }
  throw new Error(`customers of grade ${grade} are used up`);
};

const idsOf = async (grade: string): Promise<string[]> => {
  const page = await api.ask('approver', 'customers', { first: 100, where: { grade: { eq: grade } } });
  return page.data['customers'].nodes.map(({ id }: Loose) => id);
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
  const input = overrideOf(await someCustomer('A'));
  return (await api.ask('maker', 'submit-grade-override', { input })).data['submitGradeOverride'].request;
};

const onOpenRequest = async (): Promise<Record<string, unknown>> => {
  const { id, version } = await openRequest();
  return { requestId: id, expectedVersion: version, comment: 'Seen.' };
};

const openRun = async (): Promise<string> => {
  const started = (await api.ask('analyst', 'start-rating-run')).data['startRatingRun'];
  const { nodes } = (await api.ask('analyst', 'rating-runs')).data['ratingRuns'];
  return started.run?.id ?? nodes.find(({ state }: { state: string }) => state === 'RUNNING').id;
};

const closeRuns = async (): Promise<void> => {
  for (const { id, state } of (await api.ask('analyst', 'rating-runs')).data['ratingRuns'].nodes) {
    if (state === 'RUNNING') await api.ask('analyst', 'cancel-rating-run', { input: { runId: id } });
  }
};

/** Years that nobody has attested yet. */
let nextYear = 2025;

const keyIn = (id: string): string => Buffer.from(id, 'base64url').toString().split(':')[1] ?? '';

const openTask = async (): Promise<Record<string, unknown>> => {
  const page = await api.ask('analyst', 'tier-tasks', { first: 1, where: { state: { eq: 'OPEN' } } });
  const [{ id, version }] = page.data['tierTasks'].nodes;
  return { taskId: id, expectedVersion: version, note: 'Seen to.' };
};

const liveCard = async (): Promise<Record<string, unknown>> => {
  const live = await api.ask('analyst', 'scorecard-versions', { first: 1, where: { state: { eq: 'LIVE' } } });
  return { basedOnId: live.data['scorecardVersions'].nodes[0].id };
};

const onDraft = async (): Promise<Record<string, unknown>> => {
  const { data } = await api.ask('analyst', 'create-scorecard-draft', { input: await liveCard() });
  return { versionId: data['createScorecardDraft'].scorecardVersion.id, expectedVersion: 1 };
};

/** Submitted is only what was tried. */
const onTriedDraft = async (): Promise<Record<string, unknown>> => {
  const draft = await onDraft();
  await closeRuns();
  const input = { scorecardVersionId: draft['versionId'] };
  const { data } = await api.ask('analyst', 'simulate-rating-run', { input });
  await finishRun(api.app, keyOf('RatingRun', data['simulateRatingRun'].run.id as string));
  return draft;
};

/** Where a verb has left the request that it was used on. */
const after = async (
  who: Handle,
  operation: string,
  over: Record<string, unknown> = {},
): Promise<Record<string, unknown>> => {
  const input = { ...(await onOpenRequest()), ...over };
  const answer = await api.ask(who, operation, { input });
  const [payload] = Object.values<Loose>(answer.data);
  return { requestId: payload.request.id, expectedVersion: payload.request.version };
};

const draftOf = async (): Promise<Record<string, unknown>> => {
  const input = { ...overrideOf(await someCustomer('A')), draft: true };
  const { id, version } = (await api.ask('maker', 'submit-grade-override', { input })).data['submitGradeOverride']
    .request;
  return { requestId: id, expectedVersion: version };
};

/** As if it had been agreed to and something had stood against it. */
const failApplying = async (globalId: string): Promise<void> => {
  const [, id = ''] = Buffer.from(globalId, 'base64url').toString().split(':');
  const owner = (sql: string, params: readonly unknown[] = []) => api.test.asOwner(sql, params);
  await owner("SELECT set_config('tierwarden.actor', 'test', false)");
  for (const table of ['change_request', 'change_request_vote'])
    await owner(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await owner(
    `INSERT INTO change_request_vote (id, request_id, level_ordinal, voter_id, verdict, digest, cast_at)
     SELECT gen_random_uuid(), request.id, 1, voter.id, 'APPROVE', request.digest, request.submitted_at
     FROM change_request AS request, app_user AS voter WHERE request.id = $1 AND voter.subject = 'approver2'`,
    [id],
  );
  await owner("UPDATE change_request SET state = 'APPLY_FAILED', failure = 'INVALID_STATE' WHERE id = $1", [id]);
  for (const table of ['change_request', 'change_request_vote'])
    await owner(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
};

const rules = (remindEveryHours: number) => ({
  content: {
    remindEveryHours,
    delegationDaysUpTo: 14,
    breakGlass: { ratifyWithinHours: 24, kinds: ['GRADE_OVERRIDE'] },
    decideWithinDays: 14,
  },
  justification: 'Approvers are reminded too often.',
});

const userId = async (search: string): Promise<string> =>
  (await api.ask('maker', 'users', { where: { search } })).data['users'].nodes[0].id;

const asked = async (): Promise<Record<string, unknown>> => ({ requestId: (await openRequest()).id });

const LETTER = 'A letter.';
const announced = (): Record<string, unknown> => ({
  name: 'letter.txt',
  mediaType: 'text/plain',
  size: LETTER.length,
  sha256: createHash('sha256').update(LETTER).digest('hex'),
});
const newKey = async (): Promise<Record<string, unknown>> => {
  const { challenge, userId: owner } = (await api.ask('approver', 'signing-keys')).data['signingKeyChallenge'];
  const seed = randomBytes(32);
  const publicKey = ed25519PublicKey(seed).toString('base64url');
  const text = ['tierwarden key v1', owner, challenge, publicKey].join('\n');
  return {
    name: 'Office',
    challenge,
    ed25519: { publicKey, signature: ed25519Sign(seed, Buffer.from(text)).toString('base64url') },
  };
};
const AWAY = { startsAt: '2026-02-01T00:00:00.000Z', endsAt: '2026-02-08T00:00:00.000Z', reason: 'On leave.' };
const newPerson = async (): Promise<Loose> => {
  const input = { number: `P-${api.test.newId()}`, form: 'PERSON', personal: { nameZh: '某人' } };
  return (await api.ask('analyst', 'register-person', { input })).data['registerPerson'].customer;
};

const onPerson = async (): Promise<Record<string, unknown>> => {
  const { id, person } = await newPerson();
  return { customerId: id, expectedVersion: person.version, reason: 'He asks for it.' };
};

const protectedBy =
  (first: string | null): Case['input'] =>
  async () => {
    const input = await onPerson();
    if (first === null) return input;
    await api.ask('analyst', first, { input });
    return { ...input, expectedVersion: 2 };
  };

const sued = async (): Promise<Record<string, unknown>> => ({
  customerId: (await someCustomer()).id,
  kind: 'LAWSUIT',
  occurredAt: '2026-01-14T00:00:00Z',
  source: 'court',
  reference: `notice ${api.test.newId()}`,
  detail: 'Sued over a delivery.',
});

/** Where a customer has one already, the event is added to it. */
const warned = async (): Promise<Loose> => {
  const input = { ...(await sued()), kind: 'EQUITY_CHANGE' };
  return (await api.ask('analyst', 'record-risk-event', { input })).data['recordRiskEvent'].warning;
};

const onWarning = async (): Promise<Record<string, unknown>> => {
  const { id, version } = await warned();
  return { warningId: id, expectedVersion: version, note: 'Seen.' };
};

const onTaken = async (): Promise<Record<string, unknown>> => {
  const input = await onWarning();
  await api.ask('analyst', 'acknowledge-warning', { input });
  return { ...input, expectedVersion: Number(input['expectedVersion']) + 1 };
};

/** So that the next event raises a warning of its own. */
const closeWarnings = async (): Promise<void> => {
  await api.test.asOwner("SELECT set_config('tierwarden.actor', 'system:test', false)");
  await api.test.asOwner(
    `UPDATE warning_task SET state = 'DONE', note = 'test', done_at = now(), done_by = 'test' WHERE state = 'OPEN'`,
  );
  await api.test.asOwner(
    `UPDATE warning SET state = 'CLOSED', acknowledged_at = raised_at, closed_at = raised_at, outcome = 'ACCEPTED', outcome_note = 'test'
     WHERE state <> 'CLOSED'`,
  );
};

const ONE = { amount: { amount: '1.00', currency: 'CNY' } };

const onLimit = async (): Promise<Record<string, unknown>> => ({
  customerId: (await someCustomer()).id,
  ...ONE,
  reference: `order ${api.test.newId()}`,
});

const reserved = async (): Promise<Record<string, unknown>> => {
  const input = await onLimit();
  await api.ask('maker', 'reserve-credit', { input });
  return input;
};

const ofReservation = ({ customerId, reference }: Record<string, unknown>) => ({ customerId, reference });

const onFreeze = async (): Promise<Record<string, unknown>> => ({
  customerId: (await someCustomer()).id,
  reason: 'Rumours of insolvency.',
});

const onTightening = async (): Promise<Record<string, unknown>> => ({ ...(await onFreeze()), ...ONE });

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
  saveAuditSearch: {
    who: 'auditor',
    operation: 'save-audit-search',
    input: async () => ({ name: api.test.newId(), where: { result: 'REFUSED' } }),
    other: { where: { result: 'DONE' } },
  },
  discardAuditSearch: {
    who: 'auditor',
    operation: 'discard-audit-search',
    input: async () => {
      const input = { name: api.test.newId(), where: { result: 'REFUSED' } };
      return { searchId: (await api.ask('auditor', 'save-audit-search', { input })).data['saveAuditSearch'].searchId };
    },
    other: { searchId: '00000000-0000-7000-8000-000000000000' },
  },
  registerPerson: {
    who: 'analyst',
    operation: 'register-person',
    input: async () => ({ number: `P-${api.test.newId()}`, form: 'PERSON', personal: { nameZh: '某人' } }),
    other: { personal: { nameZh: '另一人' } },
  },
  revealPersonalData: {
    who: 'analyst',
    operation: 'reveal-personal-data',
    input: async () => ({ customerId: (await newPerson()).id, purpose: 'He asks.' }),
    other: { purpose: 'Somebody else asks.' },
  },
  lookUpPerson: {
    who: 'analyst',
    operation: 'look-up-person',
    input: async () => ({ field: 'name', value: '某人', purpose: 'He calls.' }),
    other: { value: '另一人' },
  },
  correctPersonalData: {
    who: 'analyst',
    operation: 'correct-personal-data',
    input: async () => ({ ...(await onPerson()), personal: { phone: '1' } }),
    other: { personal: { phone: '2' } },
  },
  restrictPerson: {
    who: 'analyst',
    operation: 'restrict-person',
    input: protectedBy(null),
    other: { reason: 'Another.' },
  },
  liftPersonRestriction: {
    who: 'analyst',
    operation: 'lift-person-restriction',
    input: protectedBy('restrict-person'),
    other: { reason: 'Another.' },
  },
  placeLegalHold: {
    who: 'analyst',
    operation: 'place-legal-hold',
    input: protectedBy(null),
    other: { reason: 'Another.' },
  },
  releaseLegalHold: {
    who: 'analyst',
    operation: 'release-legal-hold',
    input: protectedBy('place-legal-hold'),
    other: { reason: 'Another.' },
  },
  requestErasure: {
    who: 'analyst',
    operation: 'request-erasure',
    input: protectedBy(null),
    other: { reason: 'Another.' },
  },
  retainPerson: {
    who: 'analyst',
    operation: 'retain-person',
    input: async () => ({ ...(await onPerson()), until: '2027-01-01' }),
    other: { until: '2028-01-01' },
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
    input: async () => overrideOf(await someCustomer('A')),
    other: { toGrade: 'BB' },
  },
  submitAttestation: {
    who: 'validator',
    operation: 'submit-attestation',
    input: async () => {
      const year = nextYear--;
      await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
      await api.test.asOwner(
        `INSERT INTO attestation (year, due_on, opened_at, reminded_at, reminders)
         VALUES ($1, make_date($1 + 1, 3, 31), $2, $2, 0)`,
        [year, api.test.clock()],
      );
      return {
        year,
        answers: DEFAULT_POLICIES.ATTESTATION.statements.map(({ code }) => ({ statement: code, holds: true })),
      };
    },
    other: { year: 2001 },
  },
  submitInputOverride: {
    who: 'analyst',
    operation: 'submit-input-override',
    input: async () => ({
      customerId: (await someCustomer()).id,
      code: 'roa',
      value: '0.0125',
      reasonCode: 'OUTDATED_FINANCIALS',
      justification: 'The audited accounts say otherwise than the report.',
      evidence: [{ title: 'Audited accounts', reference: 'Shelf 12' }],
      validUntil: '2026-06-30T00:00:00.000Z',
    }),
    other: { value: '0.5' },
  },
  reserveCredit: {
    who: 'maker',
    operation: 'reserve-credit',
    input: onLimit,
    other: { amount: { amount: '2.00', currency: 'CNY' } },
  },
  confirmReservation: {
    who: 'maker',
    operation: 'confirm-reservation',
    input: async () => ofReservation(await reserved()),
    other: { amount: '0.50' },
  },
  releaseReservation: {
    who: 'maker',
    operation: 'release-reservation',
    input: async () => ofReservation(await reserved()),
    other: { reference: 'another' },
  },
  recordRepayment: {
    who: 'analyst',
    operation: 'record-repayment',
    input: async () => {
      const input = await reserved();
      await api.ask('maker', 'confirm-reservation', { input: ofReservation(input) });
      return input;
    },
    other: { amount: { amount: '0.50', currency: 'CNY' } },
  },
  freezeLimit: { who: 'analyst', operation: 'freeze-limit', input: onFreeze, other: { reason: 'Another.' } },
  requestLimitUnfreeze: {
    who: 'maker',
    operation: 'request-limit-unfreeze',
    input: async () => {
      const input = await onFreeze();
      await api.ask('analyst', 'freeze-limit', { input });
      return { customerId: input['customerId'], justification: 'It was another company.' };
    },
    other: { justification: 'Another.' },
  },
  setSubLimit: {
    who: 'analyst',
    operation: 'set-sub-limit',
    input: async () => ({ ...(await onTightening()), product: 'LOAN' }),
    other: { reason: 'Another.' },
  },
  setGroupLimit: {
    who: 'analyst',
    operation: 'set-group-limit',
    input: async () => onTightening(),
    other: { reason: 'Another.' },
  },
  requestCreditLimitRaise: {
    who: 'maker',
    operation: 'request-credit-limit-raise',
    input: async () => {
      const { id, creditLimit } = await someCustomer('AAA');
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
  returnRequest: { who: 'approver', operation: 'return-request', input: onOpenRequest, other: { comment: 'No.' } },
  submitDraft: { who: 'maker', operation: 'submit-draft', input: draftOf, other: { comment: 'Now.' } },
  resubmitRequest: {
    who: 'maker',
    operation: 'resubmit-request',
    input: () => after('approver', 'return-request'),
    other: { way: 'DIRECT' },
  },
  reassignRequest: {
    who: 'approver',
    operation: 'reassign-request',
    input: async () => ({ ...(await onOpenRequest()), userId: await userId('刘洋') }),
    other: { comment: 'Another.' },
  },
  addApprover: {
    who: 'approver',
    operation: 'add-approver',
    input: async () => ({ ...(await onOpenRequest()), userId: await userId('周敏') }),
    other: { place: 'AFTER' },
  },
  takeBackVote: {
    who: 'approver',
    operation: 'take-back-vote',
    input: async () => {
      const wanted = await after('approver', 'add-approver', { userId: await userId('周敏') });
      const voted = await api.ask('approver', 'approve-request', { input: wanted });
      const { id, version } = voted.data['approveRequest'].request;
      return { requestId: id, expectedVersion: version };
    },
    other: { comment: 'No.' },
  },
  retryRequest: {
    who: 'approver',
    operation: 'retry-request',
    input: async () => {
      const { id, version } = await openRequest();
      await failApplying(id);
      return { requestId: id, expectedVersion: version };
    },
    other: { expectedVersion: 9 },
  },
  copyRequest: {
    who: 'maker',
    operation: 'copy-request',
    input: async () => ({ ...(await asked()), userIds: [await userId('李强')] }),
    other: { comment: 'No.' },
  },
  remindApprovers: { who: 'maker', operation: 'remind-approvers', input: asked, other: { comment: 'No.' } },
  commentOnRequest: {
    who: 'maker',
    operation: 'comment-on-request',
    input: async () => ({ ...(await asked()), comment: 'Seen.' }),
    other: { comment: 'No.' },
  },
  prepareEvidenceUpload: {
    who: 'maker',
    operation: 'prepare-evidence-upload',
    input: async () => announced(),
    other: { name: 'another.txt' },
  },
  registerSigningKey: {
    who: 'approver',
    operation: 'register-signing-key',
    input: newKey,
    other: { name: 'Another' },
  },
  revokeSigningKey: {
    who: 'approver',
    operation: 'revoke-signing-key',
    input: async () => {
      const answer = await api.ask('approver', 'register-signing-key', { input: await newKey() });
      return { keyId: answer.data['registerSigningKey'].keyId };
    },
    other: { keyId: '00000000-0000-7000-8000-000000000000' },
  },
  attachEvidence: {
    who: 'maker',
    operation: 'attach-evidence',
    input: async () => {
      const { data } = await api.ask('maker', 'prepare-evidence-upload', { input: announced() });
      const { fileId, uploadUrl } = data['prepareEvidenceUpload'];
      await fetch(`${api.url}${uploadUrl}`, { method: 'PUT', body: LETTER });
      return { ...(await asked()), fileId };
    },
    other: { comment: 'No.' },
  },
  reviseGradeOverride: {
    who: 'maker',
    operation: 'revise-grade-override',
    input: async () => {
      const { customerId: _, expectedVersion: __, ...proposal } = overrideOf({ id: null, grade: {} });
      return { ...proposal, ...(await draftOf()) };
    },
    other: { justification: 'Something else has come to light.' },
  },
  decideRequests: {
    who: 'approver',
    operation: 'decide-requests',
    input: async () => ({ decisions: [{ ...(await onOpenRequest()), verdict: 'APPROVE' }] }),
    other: { decisions: [] },
  },
  delegate: {
    who: 'approver',
    operation: 'delegate',
    input: async () => ({ toId: await userId('周敏'), ...AWAY }),
    other: { reason: 'Another.' },
  },
  endDelegation: {
    who: 'approver',
    operation: 'end-delegation',
    input: async () => {
      const input = { toId: await userId('刘洋'), ...AWAY };
      return { delegationId: (await api.ask('approver', 'delegate', { input })).data['delegate'].delegation.id };
    },
    other: { delegationId: Buffer.from('Delegation:00000000-0000-7000-8000-000000000000').toString('base64url') },
  },
  submitPolicyVersion: {
    who: 'policy',
    operation: 'submit-policy-version',
    input: async () => ({ kind: 'APPROVAL_RULES', ...rules(8) }),
    other: rules(9),
  },
  draftPolicyVersion: {
    who: 'policy',
    operation: 'draft-policy-version',
    input: async () => ({ kind: 'APPROVAL_RULES', ...rules(10) }),
    other: rules(11),
  },
  revisePolicyVersion: {
    who: 'policy',
    operation: 'revise-policy-version',
    input: async () => {
      const input = { kind: 'APPROVAL_RULES', ...rules(12) };
      const { request } = (await api.ask('policy', 'draft-policy-version', { input })).data['draftPolicyVersion'];
      return { requestId: request.id, expectedVersion: request.version, ...rules(13) };
    },
    other: rules(14),
  },
  requestRole: {
    who: 'security',
    operation: 'request-role',
    input: async () => ({
      userId: await userId('李强'),
      role: 'RISK_APPROVER',
      expectedVersion: 1,
      reason: 'Takes over from a colleague.',
    }),
    other: { reason: 'Another.' },
  },
  breakGlass: {
    who: 'cro',
    operation: 'break-glass',
    input: async () => {
      const { id, version } = await openRequest();
      return { requestId: id, expectedVersion: version, reason: 'Nobody else can be reached.' };
    },
    other: { reason: 'Another.' },
  },
  createScorecardDraft: {
    who: 'analyst',
    operation: 'create-scorecard-draft',
    input: liveCard,
    other: { changes: { weightProfile: 'RISK_CONTROL' } },
  },
  editScorecardDraft: {
    who: 'analyst',
    operation: 'edit-scorecard-draft',
    input: async () => ({ ...(await onDraft()), changes: { weightProfile: 'RISK_CONTROL' } }),
    other: { changes: { weightProfile: 'MARKET_EXPANSION' } },
  },
  discardScorecardDraft: {
    who: 'analyst',
    operation: 'discard-scorecard-draft',
    input: onDraft,
    other: { expectedVersion: 2 },
  },
  submitScorecardVersion: {
    who: 'analyst',
    operation: 'submit-scorecard-version',
    input: async () => ({
      ...(await onTriedDraft()),
      justification: 'Payment behaviour has told most of the defaults.',
    }),
    other: { justification: 'Something else was found to tell most of them.' },
  },
  recordRiskEvent: {
    who: 'maker',
    operation: 'record-risk-event',
    input: sued,
    other: { detail: 'Sued over two deliveries.' },
  },
  acknowledgeWarning: {
    who: 'analyst',
    operation: 'acknowledge-warning',
    input: async () => {
      await closeWarnings();
      return onWarning();
    },
    other: { note: 'Seen twice.' },
  },
  closeWarning: {
    who: 'analyst',
    operation: 'close-warning',
    input: async () => {
      await closeWarnings();
      return { ...(await onTaken()), outcome: 'ACCEPTED' };
    },
    other: { outcome: 'FALSE_ALARM' },
  },
  completeWarningTask: {
    who: 'analyst',
    operation: 'complete-warning-task',
    input: async () => {
      await closeWarnings();
      const warning = (
        await api.ask('analyst', 'record-risk-event', { input: { ...(await sued()), kind: 'BLACKLIST' } })
      ).data['recordRiskEvent'].warning;
      const taken = { warningId: warning.id, expectedVersion: warning.version, note: 'Seen.' };
      await api.ask('analyst', 'acknowledge-warning', { input: taken });
      return { taskId: warning.tasks[0].id, note: 'The limit stays.' };
    },
    other: { note: 'The limit goes.' },
  },
  recordComplaint: {
    who: 'maker',
    operation: 'record-complaint',
    input: async () => ({ customerId: (await someCustomer()).id, text: '第二次发现质量问题，要求退货。' }),
    other: { text: '又一次发现质量问题。' },
  },
  recordExpertScore: {
    who: 'analyst',
    operation: 'record-expert-score',
    input: async () => ({
      customerId: (await someCustomer()).id,
      code: 'strategicFit',
      score: '7.5',
      reason: 'Their road map and ours meet.',
    }),
    other: { score: '6.5' },
  },
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
  simulateRatingRun: {
    who: 'analyst',
    operation: 'simulate-rating-run',
    input: async () => {
      await closeRuns();
      return {};
    },
    other: {
      scorecardVersionId: Buffer.from('ScorecardVersion:00000000-0000-7000-8000-000000000000').toString('base64url'),
    },
  },
  cancelRatingRun: {
    who: 'analyst',
    operation: 'cancel-rating-run',
    input: async () => ({ runId: await openRun() }),
    other: { runId: Buffer.from('RatingRun:00000000-0000-7000-8000-000000000000').toString('base64url') },
  },
  startValueComputation: {
    who: 'analyst',
    operation: 'start-value-computation',
    input: async () => {
      await api.app.tiers.computeDue(
        asSystem('rating-worker', 'test'),
        new Date(api.test.clock().getTime() + 3_600_000),
      );
      return {};
    },
    other: {},
  },
  evaluateCustomerValue: {
    who: 'analyst',
    operation: 'evaluate-customer-value',
    input: async () => {
      const { id } = await someCustomer();
      await api.app.indicators.commands.recordSnapshot(asSystem('rating-worker', 'test'), {
        customerId: keyIn(id),
        asOf: '2026-01-14',
        source: 'test',
        quality: 'VERIFIED',
        values: { ordersIn1Year: '1000000' },
      });
      return { customerId: id };
    },
    other: { customerId: Buffer.from('Customer:00000000-0000-7000-8000-000000000000').toString('base64url') },
  },
  completeTierTask: {
    who: 'analyst',
    operation: 'complete-tier-task',
    input: openTask,
    other: { note: 'Another.' },
  },
  cancelTierTask: { who: 'analyst', operation: 'cancel-tier-task', input: openTask, other: { note: 'Another.' } },
};

/** For those that have no input but a key: the mutation that the key is used for instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  startRatingRun: 'cancelRatingRun',
  startValueComputation: 'evaluateCustomerValue',
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

      const elsewhere = CASES[ELSEWHERE[name] ?? ''] ?? null;
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
    const input = { ...overrideOf(await someCustomer('A')), idempotencyKey: 'fifty' };
    const before = await countEvents();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => api.ask('maker', 'submit-grade-override', { input })),
    );
    const [first] = answers;
    expect(first?.data['submitGradeOverride'].request).toMatchObject({ state: 'IN_REVIEW' });
    for (const answer of answers) expect(answer.data).toEqual(first?.data);
    expect(await countEvents()).toBe(before + 1);
  });

  it('shows what was shown first, whatever has become of it since', async () => {
    const input = { ...overrideOf(await someCustomer('A')), idempotencyKey: 'shown' };
    const first = await api.ask('maker', 'submit-grade-override', { input });
    const { id, version } = first.data['submitGradeOverride'].request;
    await api.ask('approver', 'reject-request', { input: { requestId: id, expectedVersion: version, comment: 'No.' } });
    const again = await api.ask('maker', 'submit-grade-override', { input });
    expect(JSON.stringify(again.data)).toBe(JSON.stringify(first.data));
    expect(again.data['submitGradeOverride'].request.state).toBe('IN_REVIEW');

    const anew = `mutation ($input: SubmitGradeOverrideInput!, $whole: Boolean!) {
      submitGradeOverride(input: $input) { request { id state kind @include(if: $whole) } } }`;
    const ask = async (whole: boolean) =>
      (await api.ask('maker', anew, { input, whole })).data['submitGradeOverride'].request;
    // It is another question, so it is answered as things stand.
    expect(await ask(false)).toEqual({ id, state: 'REJECTED' });
    expect(await ask(true)).toEqual({ id, state: 'REJECTED', kind: 'GRADE_OVERRIDE' });
  });

  it('shows nothing again to somebody whose roles are others now', async () => {
    const input = { number: 'ROLES', nameEn: 'Roles Ltd', idempotencyKey: 'roles' };
    const register = async (): Promise<Loose> =>
      (await api.ask('analyst', 'register-customer', { input })).data['registerCustomer'].customer;
    const first = await register();
    const change = { customerId: first.id, expectedVersion: first.version, changes: { nameEn: 'Renamed Ltd' } };
    await api.ask('analyst', 'update-customer', { input: change });
    expect(await register()).toEqual(first);
    const { identity } = api.app;
    const analyst = (await identity.queries.bySubject('analyst'))!;
    const given = { userId: analyst.id, role: 'RISK_APPROVER', expectedVersion: analyst.version } as const;
    required(await identity.commands.grantRole(asSystem('bootstrap', 'test'), given));
    expect(await register()).toMatchObject({ id: first.id, name: 'Renamed Ltd' });
    const taken = { ...given, expectedVersion: analyst.version + 1 };
    required(await identity.commands.revokeRole(asSystem('bootstrap', 'test'), taken));
    expect(await register()).toEqual(first);
  });

  it('keeps what was shown as it is: neither the program nor anybody else changes it', async () => {
    const input = { number: 'KEPT', nameEn: 'Kept Ltd', idempotencyKey: 'kept' };
    await api.ask('maker', 'register-customer', { input });
    for (const change of ["shown = '{}'", "answer = '{}'"]) {
      await expect(api.test.asOwner(`UPDATE idempotency_key SET ${change} WHERE key = 'kept'`)).rejects.toThrow(
        /append-only/,
      );
    }
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
