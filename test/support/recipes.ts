/**
 * The published operations as a story on the rated sample: who asks, with which variables. Later ones build on what earlier
 * ones were answered, so order counts. The cookbook and the reference show them, and tests run what holds of all operations.
 */
import { createHash } from 'node:crypto';
import { keyOf } from '../../graphql/global-id';
import type { Answer, Loose, TestApi } from './api';
import { ed25519PublicKey, ed25519Sign } from '../../src/kernel/ed25519';
import { asSystem } from '../../src/app';
import { DEFAULT_POLICIES } from '../../src/policies';
import { GRADES } from '../../src/kernel/grade';
import type { Handle } from './people';
import { finishRun } from './sample';

export interface Recipe {
  /** Unique; what the reader wants to do. */
  readonly title: string;
  /** File name of the operation, without its ending. */
  readonly operation: string;
  readonly as: Handle;
  /** What to notice in the answer. */
  readonly note?: string;
  /** Code of the user error that it shows; any other recipe succeeds. */
  readonly refused?: string;
  readonly variables?: (answered: Answered) => Record<string, unknown>;
  /** What others do before the next recipe, such as workers who carry out what it started. */
  readonly afterwards?: (api: TestApi, data: Loose) => Promise<void>;
}

/** The data that an earlier recipe was answered, by its title. */
export type Answered = (title: string) => Loose;

const FIND = 'See one customer';
const PROPOSE = 'Propose a worse grade';
const RAISE = 'Ask for a higher credit limit';
const SECOND_RAISE = 'Ask for the next one';
const RUN = 'Rate the whole portfolio';
const REGISTER = 'Register a customer';
const RELATE = 'Put a guarantee on record';
const CARDS = 'See which scorecard is live';
const DRAFT = 'Draft a scorecard with another weight profile';
const TRY = 'Try a draft on everybody';
const SECOND_DRAFT = 'Draft another one';
const SUED = 'Put on record that a customer was sued';
const TAKE_UP = 'Take a warning up';
/** Subsidiary of a group whose parent weakens. */
const NUMBER = 'C0007';
const TASKS = 'See which tasks follow from tiers';
const AUDIT = 'Read the audit log of a customer';
const OTHER = 'See another customer';
const PEOPLE = 'See who is there to decide';
const KEPT = 'Keep a proposal as a draft';
const REVISED = 'Change a draft';
const PUT_UP = 'Submit a draft';
const RETURNED = 'Return a request to its maker';
const AGAIN = 'Submit a returned request again';
const HANDED_ON = 'Hand my task on';
const ONE_MORE = 'Ask for one more vote';
const AGREED = 'Agree, and think better of it';
const TAKEN_BACK = 'Take my vote back';
const DELEGATED = 'Let a colleague act for me while I am away';
const URGENT = 'Propose what cannot wait';
const THIRD = 'See a third customer';
const RULES = 'Propose other rules of approval';
const RULES_DRAFTED = 'Draft other rules of approval';
const RULES_HALFWAY = 'Agree to other rules';
const RULES_VERSIONS = 'See all versions of a policy';
const KEPT_SEARCH = 'Keep a search in the audit log';
const PERSON = 'Register a natural person';
const KEYS = 'See which keys I sign votes with';
const KEY = 'Register a key to sign votes with';
/** Of the example alone. */
const SEED = Buffer.alloc(32, 1);
const ANNOUNCED = 'Announce a file';
const LETTER = '第二次催款函：货款已逾期六十天。\n';

const found = (answered: Answered): Loose => answered(FIND).customer;
const id = (answered: Answered) => ({ id: found(answered).id });
const keyOfCustomer = (answered: Answered) =>
  Buffer.from(found(answered).id as string, 'base64url')
    .toString('utf8')
    .replace('Customer:', '');
const proposed = (answered: Answered): Loose => answered(PROPOSE).submitGradeOverride.request;
const raise = (answered: Answered, title: string): Loose => answered(title).requestCreditLimitRaise.request;
const run = (answered: Answered) => answered(RUN).startRatingRun.run.id as string;
const registered = (answered: Answered): Loose => answered(REGISTER).registerCustomer.customer;
const liveCard = (answered: Answered): Loose => answered(CARDS).scorecardVersions.nodes[0];
const raised = (answered: Answered): Loose => answered(SUED).recordRiskEvent.warning;
const drafted = (answered: Answered): Loose => answered(DRAFT).createScorecardDraft.scorecardVersion;
const task = (answered: Answered, at: number) => {
  const { id: taskId, version } = answered(TASKS).tierTasks.nodes[at];
  return { taskId, expectedVersion: version };
};
const other = (answered: Answered): Loose => answered(OTHER).customer;
const personId = (answered: Answered, name: string): string =>
  answered(PEOPLE).users.nodes.find(({ displayName }: Loose) => displayName.includes(name)).id;
/** What a verb was answered: the request and the version that the next one names. */
const at = (answered: Answered, title: string) => {
  const [payload] = Object.values<Loose>(answered(title));
  return { requestId: payload.request.id, expectedVersion: payload.request.version };
};
const oneWorse = (customer: Loose): string => GRADES[GRADES.indexOf(customer.grade.inForce.value) + 1] ?? 'C';
const overrideOf = (toGrade: string, justification: string) => ({
  toGrade,
  reasonCode: 'MATERIAL_EVENT',
  justification,
  validUntil: '2026-06-30T00:00:00.000Z',
});
const listed = (answered: Answered): Loose => answered('List customers by grade').customers.nodes[0];

const bookedOn = (answered: Answered, reference: string, amount: string) => ({
  customerId: listed(answered).id,
  reference,
  amount: { amount, currency: 'CNY' },
});

const person = (answered: Answered): Loose => answered(PERSON).registerPerson.customer;
/** What a change of a person asks for; `version` counts them. */
const ofPerson = (answered: Answered, version: number, reason: string) => ({
  customerId: person(answered).id,
  expectedVersion: version,
  reason,
});

export const RECIPES: readonly Recipe[] = [
  { title: 'Find out who I am', operation: 'viewer', as: 'maker' },
  {
    title: 'List customers by grade',
    operation: 'customers',
    as: 'analyst',
    note: 'Grades compare by rank: `gte` is this grade or better. `endCursor` is `after` of the next page.',
    variables: () => ({ first: 2, where: { grade: { gte: 'A' }, kind: { eq: 'CUSTOMER' } } }),
  },
  {
    title: FIND,
    operation: 'customer',
    as: 'maker',
    note: 'By `number` or by `id`. Keep `grade.version`: who proposes another grade sends back which one he saw.',
    variables: () => ({ number: NUMBER }),
  },
  { title: 'Find anything by its id', operation: 'node', as: 'maker', variables: id },
  {
    title: 'Read the indicators of a customer',
    operation: 'customer-indicators',
    as: 'maker',
    note: 'Credit data are not for sales: `masked` says so, and `value` is null.',
    variables: id,
  },
  {
    title: 'Follow one indicator over time',
    operation: 'indicator-history',
    as: 'analyst',
    variables: (answered) => ({ ...id(answered), code: 'roa', first: 3 }),
  },
  {
    title: 'See where sources contradict one another',
    operation: 'indicator-conflicts',
    as: 'analyst',
    note: 'Empty here: one source speaks of this customer. `holding` is the value that the precedence of sources prefers.',
    variables: id,
  },
  {
    title: 'Give a customer a score of my own',
    operation: 'record-expert-score',
    as: 'analyst',
    note: 'Name, day and reason stand beside the value for ever. Only indicators whose source is EXPERT take a score.',
    variables: (answered) => ({
      input: {
        idempotencyKey: 'cookbook-score-1',
        customerId: listed(answered).id,
        code: 'strategicFit',
        score: '7.5',
        reason: 'Their road map and ours meet in the next generation of products.',
      },
    }),
  },
  {
    title: 'Put a complaint on record',
    operation: 'record-complaint',
    as: 'maker',
    note: '`matched` says why it is as severe as it is; telephone numbers and the like are not kept.',
    variables: (answered) => ({
      input: {
        idempotencyKey: 'cookbook-complaint-1',
        customerId: listed(answered).id,
        text: '第二次发现质量问题，要求退货。请致电 13800138000。',
      },
    }),
  },
  {
    title: 'Read the complaints of a customer',
    operation: 'complaints',
    as: 'analyst',
    variables: (answered) => ({ id: listed(answered).id }),
  },
  { title: 'Read how complaints become severe', operation: 'complaint-rules', as: 'analyst' },
  {
    title: 'See how good the sources of values are',
    operation: 'indicator-sources',
    as: 'analyst',
    note: '`score` is the share accepted, fresh and uncontradicted, multiplied, out of 100.',
  },
  { title: 'Read the dictionary of indicators', operation: 'indicator-definitions', as: 'analyst' },
  {
    title: 'Explain a rating',
    operation: 'rating-log',
    as: 'analyst',
    note: 'All contributions together are the score, exactly.',
    variables: id,
  },
  {
    title: 'See the scorecard behind a rating',
    operation: 'rating-scorecard',
    as: 'analyst',
    note: 'Cut points are frozen: the customer can be rated again tomorrow with the same result.',
    variables: id,
  },
  {
    title: 'See how overrides fared',
    operation: 'override-report',
    as: 'analyst',
    note: 'Borne out: the model has come to the same since. `tierwarden override-report` prints the same.',
  },
  {
    title: 'See how well scores tell who goes bad',
    operation: 'rank-power',
    as: 'analyst',
    note: 'Nobody has gone bad in the sample, so there is nothing to measure yet and `auc` is null.',
    variables: () => ({ event: 'DEFAULT', source: 'books' }),
  },
  {
    title: 'See what other values would make of a customer',
    operation: 'what-if',
    as: 'analyst',
    note: 'Asked as often as one likes: nothing is kept of it. What the grade in force, limit and term would become is told with it.',
    variables: (answered) => ({
      customerId: found(answered).id,
      changes: [
        { indicator: 'daysPastDue', value: '75' },
        { indicator: 'roa', value: '-0.04' },
      ],
    }),
  },
  {
    title: 'See the companies around a customer',
    operation: 'related-parties',
    as: 'analyst',
    note: '`outgoing` says which way a relation points: here from the other company, the parent, to this one.',
    variables: id,
  },
  {
    title: 'Read the policy on overrides',
    operation: 'policy',
    as: 'maker',
    note: 'Reason codes for the next step, and what they ask for.',
    variables: () => ({ kind: 'OVERRIDE' }),
  },
  {
    title: PROPOSE,
    operation: 'submit-grade-override',
    as: 'maker',
    note: 'Nothing changes yet: `levels` says who must agree. Asked again under the same `idempotencyKey`, the answer is the same and nothing is done twice.',
    variables: (answered) => ({
      input: {
        idempotencyKey: 'cookbook-override-1',
        customerId: found(answered).id,
        toGrade: 'BBB',
        reasonCode: 'MATERIAL_EVENT',
        justification: 'The parent of the group guarantees more than it owns.',
        validUntil: '2026-06-30T00:00:00.000Z',
        expectedVersion: found(answered).grade.version,
      },
    }),
  },
  {
    title: 'See what waits for me',
    operation: 'inbox',
    as: 'approver',
    note: 'The most urgent first; the newest first without `orderBy`.',
    variables: () => ({ tab: 'WAITING_FOR_ME', orderBy: [{ field: 'DECIDE_BY' }], first: 5 }),
  },
  {
    title: 'Read a request in full',
    operation: 'change-request',
    as: 'approver',
    note: '`viewerActions` says what the reader may do and why not, so that no screen has to know the rules.',
    variables: (answered) => ({ id: proposed(answered).id }),
  },
  {
    title: 'Try to approve my own request',
    operation: 'approve-request',
    as: 'maker',
    refused: 'MAKER_CANNOT_CHECK',
    note: 'What a person can mend or must be told is no fault of the request: it stands in `userErrors`, by code.',
    variables: (answered) => ({ input: { requestId: proposed(answered).id, expectedVersion: 1 } }),
  },
  {
    title: 'Approve a request',
    operation: 'approve-request',
    as: 'approver',
    note: 'This was the last vote that was needed. The grade in force changes, and in the same transaction the limit falls to what the new grade allows.',
    variables: (answered) => ({
      input: {
        requestId: proposed(answered).id,
        expectedVersion: proposed(answered).version,
        expectedDigest: proposed(answered).digest,
        comment: 'Seen the accounts of the group.',
      },
    }),
  },
  {
    title: OTHER,
    operation: 'customer',
    as: 'maker',
    variables: () => ({ number: 'C0009' }),
  },
  {
    title: PEOPLE,
    operation: 'users',
    as: 'maker',
    variables: () => ({ first: 20 }),
  },
  {
    title: KEPT,
    operation: 'submit-grade-override',
    as: 'maker',
    note: 'With `draft` nobody is asked yet; it is found under the tab `DRAFTS`.',
    variables: (answered) => ({
      input: {
        ...overrideOf('C', 'The main customer of this company has stopped paying.'),
        customerId: other(answered).id,
        expectedVersion: other(answered).grade.version,
        draft: true,
      },
    }),
  },
  {
    title: REVISED,
    operation: 'revise-grade-override',
    as: 'maker',
    note: 'A colleague who does so has had a hand in it, and cannot decide it.',
    variables: (answered) => ({
      input: {
        ...overrideOf(oneWorse(other(answered)), 'The main customer of this company pays late.'),
        ...at(answered, KEPT),
      },
    }),
  },
  {
    title: PUT_UP,
    operation: 'submit-draft',
    as: 'maker',
    note: 'Everything is judged and frozen as it is now; `round` has moved on.',
    variables: (answered) => ({ input: at(answered, REVISED) }),
  },
  {
    title: 'Remind those who are asked',
    operation: 'remind-approvers',
    as: 'maker',
    note: 'Once in a while: sooner it is refused with `POLICY_VIOLATION.REMINDED_ALREADY`.',
    variables: (answered) => ({
      input: { requestId: at(answered, PUT_UP).requestId, comment: 'The contract is up for renewal on Friday.' },
    }),
  },
  {
    title: 'Say something about a request',
    operation: 'comment-on-request',
    as: 'analyst',
    note: 'The version stays what it is: nobody who is about to vote has to look again.',
    variables: (answered) => ({
      input: { requestId: at(answered, PUT_UP).requestId, comment: 'The reminder letters are in the file.' },
    }),
  },
  {
    title: ANNOUNCED,
    operation: 'prepare-evidence-upload',
    as: 'maker',
    note: 'Put the bytes to `uploadUrl` with HTTP PUT: size, digest and kind are checked, and what does not fit is not kept.',
    variables: () => ({
      input: {
        idempotencyKey: 'cookbook-evidence-1',
        name: 'reminder-letter.txt',
        mediaType: 'text/plain',
        size: Buffer.byteLength(LETTER),
        sha256: createHash('sha256').update(LETTER).digest('hex'),
      },
    }),
    afterwards: async (api, data) => {
      await fetch(`${api.url}${data.prepareEvidenceUpload.uploadUrl}`, { method: 'PUT', body: LETTER });
    },
  },
  {
    title: 'Attach a file to a request',
    operation: 'attach-evidence',
    as: 'maker',
    note: '`downloadUrl` is for the caller alone and lives for minutes; who gets the file is put on record.',
    variables: (answered) => ({
      input: {
        requestId: at(answered, PUT_UP).requestId,
        fileId: answered(ANNOUNCED).prepareEvidenceUpload.fileId,
        comment: 'The second reminder.',
      },
    }),
  },
  {
    title: KEYS,
    operation: 'signing-keys',
    as: 'approver',
    note: 'Only people who decide requests have keys. The challenge lives for minutes.',
  },
  {
    title: KEY,
    operation: 'register-signing-key',
    as: 'approver',
    note: 'What is signed is `tierwarden key v1`, user id, challenge and public key, each on a line of its own. A passkey takes the challenge as it is.',
    variables: (answered) => {
      const { challenge, userId } = answered(KEYS).signingKeyChallenge;
      const publicKey = ed25519PublicKey(SEED).toString('base64url');
      const text = ['tierwarden key v1', userId, challenge, publicKey].join('\n');
      const signature = ed25519Sign(SEED, Buffer.from(text)).toString('base64url');
      return {
        input: { idempotencyKey: 'cookbook-key-1', name: 'Office', challenge, ed25519: { publicKey, signature } },
      };
    },
  },
  {
    title: 'Revoke a key of mine',
    operation: 'revoke-signing-key',
    as: 'approver',
    note: 'What it signed stays signed.',
    variables: (answered) => ({ input: { keyId: answered(KEY).registerSigningKey.keyId } }),
  },
  {
    title: 'Propose a value in place of a source’s',
    operation: 'submit-input-override',
    as: 'analyst',
    note: 'The override of an input. Ratings made while it holds list it under `overriddenInputs`.',
    variables: (answered) => ({
      input: {
        idempotencyKey: 'cookbook-input-1',
        customerId: listed(answered).id,
        code: 'roa',
        value: '0.0125',
        reasonCode: 'OUTDATED_FINANCIALS',
        justification: 'The audited accounts say otherwise than the report.',
        evidence: [{ title: 'Audited accounts of 2025', reference: 'Shelf 12, folder 3' }],
        validUntil: '2026-06-30T00:00:00.000Z',
      },
    }),
  },
  {
    title: 'Let others know of a request',
    operation: 'copy-request',
    as: 'maker',
    variables: (answered) => ({
      input: { requestId: at(answered, PUT_UP).requestId, userIds: [personId(answered, '李强')] },
    }),
  },
  {
    title: RETURNED,
    operation: 'return-request',
    as: 'approver',
    note: 'With `toLevel` it goes back to that level instead.',
    variables: (answered) => ({
      input: { ...at(answered, PUT_UP), comment: 'Since when do they pay late?' },
    }),
  },
  {
    title: AGAIN,
    operation: 'resubmit-request',
    as: 'maker',
    note: 'Nothing has changed, so it goes `DIRECT` to the level that returned it. `RERUN` asks every level anew.',
    variables: (answered) => ({
      input: { ...at(answered, RETURNED), way: 'DIRECT', comment: 'Since the third quarter, see the file.' },
    }),
  },
  {
    title: HANDED_ON,
    operation: 'reassign-request',
    as: 'approver',
    variables: (answered) => ({
      input: { ...at(answered, AGAIN), userId: personId(answered, '刘洋'), comment: 'You know the group.' },
    }),
  },
  {
    title: ONE_MORE,
    operation: 'add-approver',
    as: 'approver2',
    note: 'One more vote is needed now; it takes nobody’s place.',
    variables: (answered) => ({
      input: { ...at(answered, HANDED_ON), userId: personId(answered, '周敏'), place: 'AFTER' },
    }),
  },
  {
    title: AGREED,
    operation: 'approve-request',
    as: 'approver2',
    variables: (answered) => ({ input: at(answered, ONE_MORE) }),
  },
  {
    title: TAKEN_BACK,
    operation: 'take-back-vote',
    as: 'approver2',
    note: 'It stays on record and no longer counts.',
    variables: (answered) => ({ input: { ...at(answered, AGREED), comment: 'I want to see the file first.' } }),
  },
  {
    title: 'Decide many requests at once',
    operation: 'decide-requests',
    as: 'approver2',
    note: 'Each is judged and recorded by itself; `results` says what became of which.',
    variables: (answered) => ({
      input: { decisions: [{ ...at(answered, TAKEN_BACK), verdict: 'APPROVE', comment: 'Seen the file.' }] },
    }),
  },
  {
    title: 'Try again what has not failed',
    operation: 'retry-request',
    as: 'cro',
    refused: 'INVALID_STATE',
    variables: (answered) => ({
      input: {
        requestId: at(answered, TAKEN_BACK).requestId,
        expectedVersion: at(answered, TAKEN_BACK).expectedVersion + 1,
      },
    }),
  },
  {
    title: DELEGATED,
    operation: 'delegate',
    as: 'approver',
    note: 'For longer than the rules allow it becomes a request, and `delegation` is null until others have agreed.',
    variables: (answered) => ({
      input: {
        toId: personId(answered, '周敏'),
        kinds: ['GRADE_OVERRIDE'],
        startsAt: '2026-01-20T00:00:00.000Z',
        endsAt: '2026-01-27T00:00:00.000Z',
        reason: 'On leave.',
      },
    }),
  },
  {
    title: 'See who acts for whom',
    operation: 'delegations',
    as: 'analyst',
    variables: () => ({ first: 5 }),
  },
  {
    title: 'End a delegation',
    operation: 'end-delegation',
    as: 'approver',
    variables: (answered) => ({ input: { delegationId: answered(DELEGATED).delegate.delegation.id } }),
  },
  {
    title: THIRD,
    operation: 'customer',
    as: 'maker',
    variables: () => ({ number: 'C0011' }),
  },
  {
    title: URGENT,
    operation: 'submit-grade-override',
    as: 'maker',
    variables: (answered) => ({
      input: {
        ...overrideOf(oneWorse(answered(THIRD).customer), 'The plant of this company burns.'),
        customerId: answered(THIRD).customer.id,
        expectedVersion: answered(THIRD).customer.grade.version,
      },
    }),
  },
  {
    title: 'Let a request through alone',
    operation: 'break-glass',
    as: 'cro',
    note: 'In effect at once. Two others look at it afterwards; what they do not ratify within hours reverts by itself.',
    variables: (answered) => ({
      input: { ...at(answered, URGENT), reason: 'Goods are to be shipped tonight and nobody else can be reached.' },
    }),
  },
  {
    title: 'Ask for a role for somebody',
    operation: 'request-role',
    as: 'security',
    variables: (answered) => ({
      input: {
        userId: personId(answered, '李强'),
        role: 'RISK_APPROVER',
        expectedVersion: 1,
        reason: 'Takes over from a colleague who leaves.',
      },
    }),
  },
  {
    title: 'See whether duties are kept apart',
    operation: 'duty-conflicts',
    as: 'auditor',
    note: 'Empty where all is well. What the rules forbid is refused beforehand; this shows that nothing got past.',
  },
  {
    title: 'See how grades and limit came about',
    operation: 'customer-history',
    as: 'analyst',
    variables: (answered) => ({ ...id(answered), first: 3 }),
  },
  {
    title: 'See the tier of a customer and what it means',
    operation: 'customer-tier',
    as: 'maker',
    note: 'The grade has moved the customer along its row of the matrix. All contributions together are the value score.',
    variables: id,
    afterwards: async ({ app }) => {
      await app.tiers.followLifeCycles(asSystem('scheduler', 'recipes'));
    },
  },
  {
    title: 'See which stage of the life cycle the figures of a customer speak for',
    operation: 'customer-life-cycle',
    as: 'maker',
    note: '`stage` is what people keep; `lifeCycle` is told by the rules of the policy, from the figures that stand beside it.',
    variables: id,
  },
  {
    title: 'List diamond and gold customers of a four-level view',
    operation: 'customers',
    as: 'maker',
    variables: () => ({ first: 2, where: { tier: { in: ['DIAMOND', 'GOLD'] }, gradeLevel: { eq: 'EXCELLENT' } } }),
  },
  {
    title: TASKS,
    operation: 'tier-tasks',
    as: 'maker',
    note: 'Tasks belong to the customer manager; where there is none, to the unit.',
    variables: () => ({ first: 2, where: { state: { eq: 'OPEN' }, tier: { eq: 'DIAMOND' } } }),
  },
  {
    title: 'Complete a task',
    operation: 'complete-tier-task',
    as: 'maker',
    variables: (answered) => ({
      input: { ...task(answered, 0), note: 'Named and introduced.' },
    }),
  },
  {
    title: 'Try to cancel a task without a reason',
    operation: 'cancel-tier-task',
    as: 'maker',
    refused: 'COMMENT_REQUIRED',
    variables: (answered) => ({ input: { ...task(answered, 1), note: '' } }),
  },
  {
    title: 'Cancel a task',
    operation: 'cancel-tier-task',
    as: 'maker',
    variables: (answered) => ({ input: { ...task(answered, 1), note: 'Agreed last month already.' } }),
  },
  {
    title: 'Tell the value of one customer',
    operation: 'evaluate-customer-value',
    as: 'analyst',
    note: 'Nothing has come in since the computation, so the value is as before and no event is written.',
    variables: (answered) => ({ input: { customerId: found(answered).id } }),
  },
  {
    title: 'Tell the value of everybody',
    operation: 'start-value-computation',
    as: 'analyst',
    note: 'Cut points are frozen now; workers look at the customers, and tiers follow.',
    variables: () => ({ input: { idempotencyKey: 'cookbook-values-1' } }),
  },
  {
    title: 'See a customer as an auditor does',
    operation: 'customer-as-of',
    as: 'auditor',
    note: 'Without moments this is the present: the override is in force.',
    variables: () => ({ number: NUMBER }),
  },
  {
    title: 'See a customer as it was',
    operation: 'customer-as-of',
    as: 'auditor',
    note: 'What was valid at a moment; with `knownAt` also as it was known at another. Before the override, the grade was the model’s.',
    variables: (answered) => ({ ...id(answered), asOf: '2026-01-15T07:30:00.000Z' }),
  },
  {
    title: AUDIT,
    operation: 'audit-events',
    as: 'auditor',
    note: 'One request, one `requestId`: the vote, the override and the cut of the limit happened together.',
    variables: (answered) => ({
      first: 3,
      where: {
        customer: found(answered).id,
        action: { in: ['request.approved', 'override.applied', 'limit.cut'] },
      },
    }),
  },
  {
    title: 'Take the proof of an audit event along',
    operation: 'audit-event',
    as: 'auditor',
    note: '`proof` is a file that is checked with the key of the log alone; null for the second or so until the log is signed.',
    variables: (answered) => ({ id: answered(AUDIT).auditEvents.nodes[0].id }),
  },
  {
    title: 'See what the audit log signed last',
    operation: 'audit-checkpoint',
    as: 'auditor',
    note: 'Null here, where no worker ran beside.',
  },
  {
    title: 'See that the audit log only grew',
    operation: 'audit-consistency',
    as: 'auditor',
    variables: () => ({ fromSize: 0, toSize: 0 }),
  },
  {
    title: KEPT_SEARCH,
    operation: 'save-audit-search',
    as: 'auditor',
    variables: () => ({
      input: {
        name: 'Refused in January',
        where: { result: 'REFUSED', occurredAt: { gte: '2026-01-01T00:00:00.000Z', lt: '2026-02-01T00:00:00.000Z' } },
      },
    }),
  },
  {
    title: 'List kept searches',
    operation: 'audit-searches',
    as: 'auditor',
    note: '`where` goes as it is into the list of events.',
  },
  {
    title: 'Discard a kept search',
    operation: 'discard-audit-search',
    as: 'auditor',
    variables: (answered) => ({ input: { searchId: answered(KEPT_SEARCH).saveAuditSearch.searchId } }),
  },
  {
    title: PERSON,
    operation: 'register-person',
    as: 'analyst',
    note: 'The party bears a pseudonym everywhere. The number stands in lists and logs: nothing personal belongs into it.',
    variables: () => ({
      input: {
        number: 'P-2001',
        form: 'PERSON',
        industryCode: 'SERVICES',
        personal: { nameZh: '欧阳明月', idNumber: '11010519491231002X', phone: '+86 138 0000 0000' },
        idempotencyKey: 'register-person-1',
      },
    }),
  },
  {
    title: 'Find a person by his telephone',
    operation: 'look-up-person',
    as: 'analyst',
    note: 'By whole values alone, in any spelling. That somebody looked stands in the audit log.',
    variables: () => ({
      input: { field: 'phone', value: '+8613800000000', purpose: 'He calls and asks for his rating.' },
    }),
  },
  {
    title: 'See what is personal of a person',
    operation: 'reveal-personal-data',
    as: 'analyst',
    note: 'Who looked, when and what for stands in the audit log before the answer is given.',
    variables: (answered) => ({ input: { customerId: person(answered).id, purpose: 'He asks which data we hold.' } }),
  },
  {
    title: 'Correct what is personal',
    operation: 'correct-personal-data',
    as: 'analyst',
    variables: (answered) => ({
      input: { ...ofPerson(answered, 1, 'He has moved.'), personal: { address: '上海市浦东新区世纪大道1号' } },
    }),
  },
  {
    title: 'Restrict the data of a person',
    operation: 'restrict-person',
    as: 'analyst',
    note: 'From now on they are neither looked at, rated nor exported: INVALID_STATE.RESTRICTED.',
    variables: (answered) => ({ input: ofPerson(answered, 2, 'He disputes that they are right.') }),
  },
  {
    title: 'Lift the restriction',
    operation: 'lift-person-restriction',
    as: 'analyst',
    variables: (answered) => ({ input: ofPerson(answered, 3, 'They were corrected.') }),
  },
  {
    title: 'Place a legal hold',
    operation: 'place-legal-hold',
    as: 'analyst',
    variables: (answered) => ({ input: ofPerson(answered, 4, 'The court has asked for the file.') }),
  },
  {
    title: 'Ask for an erasure under a legal hold',
    operation: 'request-erasure',
    as: 'analyst',
    refused: 'INVALID_STATE',
    variables: (answered) => ({ input: ofPerson(answered, 5, 'He asks for it.') }),
  },
  {
    title: 'Release the legal hold',
    operation: 'release-legal-hold',
    as: 'analyst',
    variables: (answered) => ({ input: ofPerson(answered, 5, 'The court has closed the case.') }),
  },
  {
    title: 'Say until when data are to be kept',
    operation: 'retain-person',
    as: 'analyst',
    note: 'An erasure before that day is refused: INVALID_STATE.RETENTION. Today, so that the next one is not.',
    variables: (answered) => ({ input: { ...ofPerson(answered, 6, 'The contract has ended.'), until: '2026-01-15' } }),
  },
  {
    title: 'Ask for the erasure of a person',
    operation: 'request-erasure',
    as: 'analyst',
    note: 'Once it is approved, the key is destroyed under which everything personal was sealed.',
    variables: (answered) => ({
      input: { ...ofPerson(answered, 7, 'He asks for it.'), idempotencyKey: 'erasure-1' },
    }),
  },
  {
    title: 'See whether rows and audit log agree',
    operation: 'audit-completeness',
    as: 'auditor',
    note: 'Nothing was compared here, where no worker ran beside.',
  },
  {
    title: 'Rebuild a record from the audit log',
    operation: 'audit-record',
    as: 'auditor',
    note: 'By table and key, as the database has them. Empty until the log is signed and read.',
    variables: (answered) => ({ table: 'customer', key: { id: keyOfCustomer(answered) } }),
  },
  {
    title: 'Ask for more than the policy allows',
    operation: 'request-credit-limit-raise',
    as: 'maker',
    refused: 'POLICY_VIOLATION',
    note: '`params` holds what a screen needs for a sentence of its own.',
    variables: (answered) => ({
      input: {
        customerId: listed(answered).id,
        amount: { amount: '90000000.00', currency: 'CNY' },
        justification: 'A framework contract over three years.',
        expectedVersion: 1,
      },
    }),
  },
  {
    title: RAISE,
    operation: 'request-credit-limit-raise',
    as: 'maker',
    variables: (answered) => ({
      input: {
        customerId: listed(answered).id,
        amount: { amount: '12000000.00', currency: 'CNY' },
        justification: 'A framework contract over three years.',
        expectedVersion: 1,
      },
    }),
  },
  {
    title: 'Take a request back',
    operation: 'withdraw-request',
    as: 'maker',
    variables: (answered) => ({ input: { requestId: raise(answered, RAISE).id, expectedVersion: 1 } }),
  },
  {
    title: SECOND_RAISE,
    operation: 'request-credit-limit-raise',
    as: 'maker',
    variables: (answered) => ({
      input: {
        customerId: listed(answered).id,
        amount: { amount: '15000000.00', currency: 'CNY' },
        justification: 'The contract has grown while it was negotiated.',
        expectedVersion: 1,
      },
    }),
  },
  {
    title: 'Reject a request',
    operation: 'reject-request',
    as: 'approver',
    note: 'A no closes the request, and needs a comment.',
    variables: (answered) => ({
      input: {
        requestId: raise(answered, SECOND_RAISE).id,
        expectedVersion: 1,
        comment: 'Wait for the annual accounts.',
      },
    }),
  },
  {
    title: 'See which requests changed while I was away',
    operation: 'changed-requests',
    as: 'maker',
    note: 'For those who poll, or come back to a subscription: what has a version that is known is no news.',
    variables: () => ({ updatedSince: '2026-01-15T07:59:00.000Z', tab: 'MADE_BY_ME' }),
  },
  {
    title: CARDS,
    operation: 'scorecard-versions',
    as: 'analyst',
    variables: () => ({ first: 2, where: { state: { eq: 'LIVE' } } }),
  },
  {
    title: DRAFT,
    operation: 'create-scorecard-draft',
    as: 'analyst',
    note: 'Nothing is different for anybody until others have agreed and its date has come.',
    variables: (answered) => ({
      input: { basedOnId: liveCard(answered).id, changes: { weightProfile: 'RISK_CONTROL' } },
    }),
  },
  {
    title: 'Change single weights of a draft',
    operation: 'edit-scorecard-draft',
    as: 'analyst',
    variables: (answered) => ({
      input: {
        versionId: drafted(answered).id,
        expectedVersion: 1,
        changes: { weights: [{ characteristic: 'daysPastDue', weight: '7' }] },
      },
    }),
  },
  {
    title: 'Read what lint finds in a draft',
    operation: 'scorecard-version',
    as: 'analyst',
    note: 'Errors bar the way into review; every finding says where it is, in both languages.',
    variables: (answered) => ({ id: drafted(answered).id }),
  },
  {
    title: 'Submit a draft that is not fit',
    operation: 'submit-scorecard-version',
    as: 'analyst',
    refused: 'POLICY_VIOLATION',
    variables: (answered) => ({
      input: {
        versionId: drafted(answered).id,
        expectedVersion: 2,
        justification: 'Payment behaviour has told most of the defaults of the last year.',
      },
    }),
  },
  {
    title: 'Set the weights right',
    operation: 'edit-scorecard-draft',
    as: 'analyst',
    variables: (answered) => ({
      input: {
        versionId: drafted(answered).id,
        expectedVersion: 2,
        changes: { weights: [{ characteristic: 'defaultsIn3Years', weight: '5' }] },
      },
    }),
  },
  {
    title: 'Compare two versions of a scorecard',
    operation: 'scorecard-diff',
    as: 'approver',
    variables: (answered) => ({ fromId: liveCard(answered).id, toId: drafted(answered).id }),
  },
  {
    title: TRY,
    operation: 'simulate-rating-run',
    as: 'analyst',
    note: 'The draft is copied as it stands, and rated by as any version is. Workers do it; nothing of it takes effect.',
    variables: (answered) => ({ input: { scorecardVersionId: drafted(answered).id } }),
    afterwards: async ({ app }, data) => {
      await finishRun(app, keyOf('RatingRun', data.simulateRatingRun.run.id as string));
    },
  },
  {
    title: 'See what it would do',
    operation: 'simulation',
    as: 'analyst',
    note: 'Without it nobody is asked to agree: what is submitted is what was seen, and approvers see the same figures.',
    variables: (answered) => ({ id: answered(TRY).simulateRatingRun.run.id as string, first: 3 }),
  },
  {
    title: 'Ask others to agree to a scorecard version',
    operation: 'submit-scorecard-version',
    as: 'analyst',
    variables: (answered) => ({
      input: {
        versionId: drafted(answered).id,
        expectedVersion: 3,
        effectiveFrom: '2026-02-01T00:00:00.000Z',
        justification: 'Payment behaviour has told most of the defaults of the last year.',
      },
    }),
  },
  {
    title: SECOND_DRAFT,
    operation: 'create-scorecard-draft',
    as: 'policy',
    variables: (answered) => ({ input: { basedOnId: liveCard(answered).id } }),
  },
  {
    title: 'Give a draft up',
    operation: 'discard-scorecard-draft',
    as: 'policy',
    variables: (answered) => ({
      input: { versionId: answered(SECOND_DRAFT).createScorecardDraft.scorecardVersion.id, expectedVersion: 1 },
    }),
  },
  {
    title: 'Rate one customer now',
    operation: 'rate-customer',
    as: 'analyst',
    note: 'The model says A as before; in force stays what the override says.',
    variables: (answered) => ({ input: { customerId: found(answered).id } }),
  },
  {
    title: 'Read what a rating says to people',
    operation: 'grade-report',
    as: 'analyst',
    note: 'Every suggestion stands beside the number behind it. The same is printed at `/reports/<id of the rating>.pdf`.',
    variables: id,
  },
  {
    title: RUN,
    operation: 'start-rating-run',
    as: 'analyst',
    variables: () => ({ input: { idempotencyKey: 'cookbook-run-1' } }),
  },
  {
    title: 'Watch a run',
    operation: 'rating-run',
    as: 'analyst',
    note: 'Asked before a worker took the first chunk; `rated` and `chunksDone` grow from here.',
    variables: (answered) => ({ id: run(answered) }),
  },
  {
    title: 'See what a run would do, without doing it',
    operation: 'simulate-rating-run',
    as: 'analyst',
    note: 'Its `figures` tell who would move; with `scorecardVersionId`, by another version than the live one.',
    variables: () => ({ input: { idempotencyKey: 'cookbook-simulation-1' } }),
  },
  { title: 'List runs', operation: 'rating-runs', as: 'analyst', variables: () => ({ first: 3 }) },
  {
    title: 'List whom a run rated worst',
    operation: 'ratings',
    as: 'analyst',
    note: 'With `customer` in place of `run` it lists the ratings of one customer, in the order that is asked for.',
    variables: (answered) => ({
      run: answered('List runs').ratingRuns.nodes.at(-1).id,
      where: { modelGrade: { lte: 'C' } },
      first: 3,
    }),
  },
  {
    title: 'See which runs changed while I was away',
    operation: 'changed-runs',
    as: 'analyst',
    variables: () => ({ updatedSince: '2026-01-15T07:59:00.000Z' }),
  },
  {
    title: 'Stop a run',
    operation: 'cancel-rating-run',
    as: 'analyst',
    variables: (answered) => ({ input: { runId: run(answered) } }),
  },
  {
    title: REGISTER,
    operation: 'register-customer',
    as: 'maker',
    variables: () => ({
      input: {
        number: 'N-2001',
        nameZh: '上海某某贸易有限公司',
        nameEn: 'Shanghai Somebody Trading Co., Ltd.',
        creditCode: '91310112087994932F',
        industryCode: 'RETAIL',
        size: 'SMALL',
      },
    }),
  },
  {
    title: 'Correct master data',
    operation: 'update-customer',
    as: 'maker',
    note: 'Only what stands in `changes` changes; null would clear it.',
    variables: (answered) => ({
      input: {
        customerId: registered(answered).id,
        expectedVersion: registered(answered).version,
        changes: { shortName: '某某贸易', region: '上海' },
        reason: 'As the company writes it itself.',
      },
    }),
  },
  {
    title: RELATE,
    operation: 'relate-customers',
    as: 'analyst',
    variables: (answered) => ({
      input: { fromId: found(answered).id, toId: registered(answered).id, kind: 'GUARANTOR' },
    }),
  },
  {
    title: 'End a relation',
    operation: 'end-customer-relation',
    as: 'analyst',
    variables: (answered) => ({
      input: {
        relationId: answered(RELATE).relateCustomers.relation.id,
        reason: 'The guarantee has run out.',
      },
    }),
  },
  {
    title: 'See whose rating is due next',
    operation: 'due-ratings',
    as: 'analyst',
    note: 'Weaker grades are rated more often. Three moments are kept apart: `effectiveFrom` of the grade, `lastEvaluatedAt`, `ratingDueAt`.',
    variables: () => ({ first: 2 }),
  },
  {
    title: 'See what is due month by month',
    operation: 'rerating-calendar',
    as: 'analyst',
    variables: () => ({ months: 4 }),
  },
  {
    title: 'See how promptly events are answered',
    operation: 'rerating-figures',
    as: 'analyst',
    variables: () => ({ from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }),
  },
  {
    title: SUED,
    operation: 'record-risk-event',
    as: 'maker',
    note: 'Told again under the same source and reference, nothing is done twice. A worker rates the customer at once: `rerating` says by when at the latest.',
    variables: (answered) => ({
      input: {
        customerId: found(answered).id,
        kind: 'LAWSUIT',
        occurredAt: '2026-01-14T01:00:00Z',
        source: '人民法院公告网',
        reference: '(2026)沪0115民初101号',
        detail: '买卖合同纠纷，原告请求支付货款。',
      },
    }),
  },
  {
    title: 'See which warnings are open',
    operation: 'warnings',
    as: 'analyst',
    note: 'Red ones always have an owner, a person or a role, and a deadline.',
    variables: () => ({ first: 3, where: { state: { eq: 'OPEN' } } }),
  },
  {
    title: TAKE_UP,
    operation: 'acknowledge-warning',
    as: 'analyst',
    variables: (answered) => ({
      input: { warningId: raised(answered).id, expectedVersion: raised(answered).version, note: '已联系客户。' },
    }),
  },
  {
    title: 'Try to close it before its tasks are done',
    operation: 'close-warning',
    as: 'analyst',
    refused: 'INVALID_STATE',
    variables: (answered) => ({
      input: { warningId: raised(answered).id, expectedVersion: 2, outcome: 'REDUCED', note: '额度已调减。' },
    }),
  },
  {
    title: 'Say that the limit was reviewed',
    operation: 'complete-warning-task',
    as: 'analyst',
    variables: (answered) => ({
      input: { taskId: raised(answered).tasks[0].id, note: '维持调减后的额度。' },
    }),
  },
  {
    title: 'Close the warning',
    operation: 'close-warning',
    as: 'analyst',
    variables: (answered) => ({
      input: { warningId: raised(answered).id, expectedVersion: 3, outcome: 'REDUCED', note: '额度已调减，追加抵押。' },
    }),
  },
  {
    title: 'Read a warning in full',
    operation: 'warning',
    as: 'approver',
    variables: (answered) => ({ id: raised(answered).id }),
  },
  {
    title: 'See which customers were rated again, and why',
    operation: 'reratings',
    as: 'analyst',
    variables: () => ({ first: 2 }),
  },
  {
    title: 'See how far a new scorecard version has come',
    operation: 'rating-campaigns',
    as: 'approver',
    note: 'None yet: a campaign begins when a version goes live that somebody is not rated by.',
  },
  {
    title: 'Find people who decide',
    operation: 'users',
    as: 'analyst',
    variables: () => ({ first: 2, where: { role: 'RISK_APPROVER' } }),
  },
  { title: 'See the org units', operation: 'org-units', as: 'analyst', variables: () => ({ first: 3 }) },
  {
    title: 'See whether an order may be taken on credit',
    operation: 'credit-check',
    as: 'maker',
    note: 'By the same decision as a reservation; `against` names all that stands against it.',
    variables: (answered) => ({ customerId: listed(answered).id, amount: { amount: '100000.00', currency: 'CNY' } }),
  },
  {
    title: 'Reserve credit for an order',
    operation: 'reserve-credit',
    as: 'maker',
    note: 'The same reference with the same body does nothing twice; with another body it is refused.',
    variables: (answered) => ({ input: { ...bookedOn(answered, 'ORDER-2026-0117', '100000.00'), holdMinutes: 2_880 } }),
  },
  {
    title: 'Say how much of a reservation is owed',
    operation: 'confirm-reservation',
    as: 'maker',
    note: 'The rest of the reservation is free.',
    variables: (answered) => ({
      input: { customerId: listed(answered).id, reference: 'ORDER-2026-0117', amount: '80000.00' },
    }),
  },
  {
    title: 'Reserve credit for a product',
    operation: 'reserve-credit',
    as: 'maker',
    variables: (answered) => ({ input: { ...bookedOn(answered, 'BILL-0042', '20000.00'), product: 'BILL' } }),
  },
  {
    title: 'Give a reservation back',
    operation: 'release-reservation',
    as: 'maker',
    variables: (answered) => ({ input: { customerId: listed(answered).id, reference: 'BILL-0042' } }),
  },
  {
    title: 'Book a repayment',
    operation: 'record-repayment',
    as: 'analyst',
    variables: (answered) => ({ input: bookedOn(answered, 'PAYMENT-0009', '30000.00') }),
  },
  {
    title: 'Bound what a product takes of a limit',
    operation: 'set-sub-limit',
    as: 'analyst',
    note: 'New, or lower than before: that takes one person. To raise it is a request, as to raise the limit.',
    variables: (answered) => ({
      input: {
        customerId: listed(answered).id,
        product: 'BILL',
        amount: { amount: '50000.00', currency: 'CNY' },
        reason: 'Bills are to stay a small part.',
      },
    }),
  },
  {
    title: 'Bound what a group owes together',
    operation: 'set-group-limit',
    as: 'analyst',
    variables: (answered) => ({
      input: {
        customerId: found(answered).id,
        amount: { amount: '30000000.00', currency: 'CNY' },
        reason: 'One hand owns them all.',
      },
    }),
  },
  {
    title: 'Freeze a limit',
    operation: 'freeze-limit',
    as: 'analyst',
    variables: (answered) => ({
      input: { customerId: listed(answered).id, reason: 'Its bank has called a loan, as the press has it.' },
    }),
  },
  {
    title: 'Try to reserve of a frozen limit',
    operation: 'reserve-credit',
    as: 'maker',
    refused: 'FROZEN',
    variables: (answered) => ({ input: bookedOn(answered, 'ORDER-2026-0118', '1000.00') }),
  },
  {
    title: 'Ask for the end of a freeze',
    operation: 'request-limit-unfreeze',
    as: 'maker',
    variables: (answered) => ({
      input: { customerId: listed(answered).id, justification: 'The press took it back the next day.' },
    }),
  },
  {
    title: 'See a limit and all that was booked against it',
    operation: 'credit-limit',
    as: 'maker',
    variables: (answered) => ({ id: listed(answered).id }),
  },
  {
    title: 'See who uses more than he may',
    operation: 'over-uses',
    as: 'maker',
    variables: () => ({ first: 20 }),
  },
  {
    title: 'See how a policy reads',
    operation: 'check-policy',
    as: 'policy',
    variables: () => ({ kind: 'OVERRIDE' }),
  },
  {
    title: 'Look a policy through before it is proposed',
    operation: 'check-policy',
    as: 'policy',
    note: 'A matrix that would be refused: some changes fit no row, and `example` is one of them.',
    variables: () => ({
      kind: 'APPROVAL_MATRIX',
      content: {
        rows: [
          {
            id: 'override-small',
            when: { kind: 'GRADE_OVERRIDE', notches: { min: 1, max: 2 } },
            levels: [{ role: 'RISK_APPROVER', quorum: 1 }],
          },
        ],
        highest: [{ role: 'CHIEF_RISK_OFFICER', quorum: 1 }],
      },
    }),
  },
  {
    title: RULES_DRAFTED,
    operation: 'draft-policy-version',
    as: 'policy',
    variables: () => ({ input: { kind: 'APPROVAL_RULES', ...otherRules(8) } }),
  },
  {
    title: 'Change a draft of a policy',
    operation: 'revise-policy-version',
    as: 'policy',
    variables: (answered) => {
      const { id, version } = answered(RULES_DRAFTED).draftPolicyVersion.request;
      return { input: { requestId: id, expectedVersion: version, ...otherRules(12) } };
    },
  },
  {
    title: RULES,
    operation: 'submit-policy-version',
    as: 'policy',
    note: 'Who must agree follows from the approval matrix in force, even where the matrix itself is to change.',
    variables: () => ({ input: { kind: 'APPROVAL_RULES', ...otherRules(8) } }),
  },
  {
    title: RULES_HALFWAY,
    operation: 'approve-request',
    as: 'approver',
    variables: (answered) => {
      const { id, version, digest } = answered(RULES).submitPolicyVersion.request;
      return { input: { requestId: id, expectedVersion: version, expectedDigest: digest } };
    },
  },
  {
    title: 'Agree last, so that they are in force',
    operation: 'approve-request',
    as: 'cro',
    variables: (answered) => {
      const { id, version } = answered(RULES_HALFWAY).approveRequest.request;
      return { input: { requestId: id, expectedVersion: version } };
    },
  },
  {
    title: RULES_VERSIONS,
    operation: 'policy-versions',
    as: 'approver',
    variables: () => ({ kind: 'APPROVAL_RULES' }),
  },
  {
    title: 'Compare two versions of a policy',
    operation: 'policy-version-differences',
    as: 'approver',
    variables: (answered) => {
      const [to, from] = answered(RULES_VERSIONS).policyVersions.nodes;
      return { fromId: from.id, toId: to.id };
    },
    afterwards: (api) => openLastYear(api),
  },
  {
    title: 'See which years are to be attested',
    operation: 'attestations',
    as: 'validator',
  },
  {
    title: 'Put the attestation of a year up for decision',
    operation: 'submit-attestation',
    as: 'validator',
    note: 'Each statement of the policy `ATTESTATION` has its answer; the figures are those of the system.',
    variables: () => ({
      input: {
        year: 2025,
        answers: DEFAULT_POLICIES.ATTESTATION.statements.map(({ code }) =>
          code === 'RERATED'
            ? {
                statement: code,
                holds: false,
                remark: 'Three events were answered a day late; the deadline is watched now.',
              }
            : { statement: code, holds: true },
        ),
      },
    }),
  },
];

/** As the schedule would, had anybody been rated in that year. */
const openLastYear = async ({ test }: TestApi): Promise<void> => {
  await test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
  await test.asOwner(
    `INSERT INTO attestation (year, due_on, opened_at, reminded_at, reminders) VALUES (2025, '2026-03-31', $1, $1, 0)`,
    [test.clock()],
  );
};

const otherRules = (remindEveryHours: number) => ({
  content: {
    remindEveryHours,
    delegationDaysUpTo: 14,
    breakGlass: { ratifyWithinHours: 24, kinds: ['GRADE_OVERRIDE'] },
    decideWithinDays: 14,
  },
  justification: 'Approvers are reminded too often.',
});

export interface RanRecipe {
  readonly recipe: Recipe;
  readonly variables: Record<string, unknown>;
  readonly answer: Answer;
}

/** Runs all recipes; throws where one is not answered as it should. `around` is called for each and executes it. */
export const runRecipes = async (
  api: TestApi,
  around: (recipe: Recipe, execute: () => Promise<Answer>) => Promise<Answer> = (_, execute) => execute(),
): Promise<RanRecipe[]> => {
  const answers = new Map<string, Loose>();
  const answered: Answered = (title) => {
    if (!answers.has(title)) throw new Error(`no recipe before this one is called ${title}`);
    return answers.get(title);
  };
  const ran: RanRecipe[] = [];
  for (const recipe of RECIPES) {
    const variables = recipe.variables?.(answered) ?? {};
    const answer = await around(recipe, () => api.ask(recipe.as, recipe.operation, variables));
    const [payload] = Object.values((answer.data ?? {}) as Record<string, Loose>);
    const refusals = ((payload?.userErrors ?? []) as Loose[]).map(({ code }) => code as string);
    if (answer.errors.length > 0 || refusals.join() !== (recipe.refused ?? '')) {
      throw new Error(`${recipe.title}: ${JSON.stringify(answer)}`);
    }
    answers.set(recipe.title, answer.data);
    await recipe.afterwards?.(api, answer.data);
    ran.push({ recipe, variables, answer });
  }
  return ran;
};
