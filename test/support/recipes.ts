/**
 * The published operations as a story on the rated sample: who asks, with which variables. Later ones build on what earlier
 * ones were answered, so order counts. The cookbook and the reference show them, and tests run what holds of all operations.
 */
import type { Answer, Loose, TestApi } from './api';
import type { Handle } from './people';

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
/** Subsidiary of a group whose parent weakens. */
const NUMBER = 'C0007';

const found = (answered: Answered): Loose => answered(FIND).customer;
const id = (answered: Answered) => ({ id: found(answered).id });
const proposed = (answered: Answered): Loose => answered(PROPOSE).submitGradeOverride.request;
const raise = (answered: Answered, title: string): Loose => answered(title).requestCreditLimitRaise.request;
const run = (answered: Answered) => answered(RUN).startRatingRun.run.id as string;
const registered = (answered: Answered): Loose => answered(REGISTER).registerCustomer.customer;
const listed = (answered: Answered): Loose => answered('List customers by grade').customers.nodes[0];

const RECIPES: readonly Recipe[] = [
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
    title: 'See how well scores tell who goes bad',
    operation: 'rank-power',
    as: 'analyst',
    note: 'Nobody has gone bad in the sample, so there is nothing to measure yet and `auc` is null.',
    variables: () => ({ event: 'DEFAULT', source: 'books' }),
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
    variables: () => ({ tab: 'WAITING_FOR_ME', first: 5 }),
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
    title: 'See how grades and limit came about',
    operation: 'customer-history',
    as: 'analyst',
    variables: (answered) => ({ ...id(answered), first: 3 }),
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
    title: 'Read the audit log of a customer',
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
    title: 'Rate one customer now',
    operation: 'rate-customer',
    as: 'analyst',
    note: 'The model says A as before; in force stays what the override says.',
    variables: (answered) => ({ input: { customerId: found(answered).id } }),
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
  { title: 'List runs', operation: 'rating-runs', as: 'analyst', variables: () => ({ first: 2 }) },
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
    title: 'Find people who decide',
    operation: 'users',
    as: 'analyst',
    variables: () => ({ first: 2, where: { role: 'RISK_APPROVER' } }),
  },
  { title: 'See the org units', operation: 'org-units', as: 'analyst', variables: () => ({ first: 3 }) },
];

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
    ran.push({ recipe, variables, answer });
  }
  return ran;
};
