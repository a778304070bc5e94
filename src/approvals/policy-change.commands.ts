/**
 * Policies as something that is decided on 「制度变更」: drafted, looked through, tried with its cases, put up for decision and
 * published. The approval matrix changes this way as well, judged by the one in force before the change.
 */
import { z } from 'zod';
import type { Actor, Initiator } from '../kernel/actor';
import { canonicalJson, type Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import {
  diffPolicy,
  failedCases,
  lintPolicy,
  parsePolicy,
  parseTestCases,
  POLICY_KINDS,
  policySentences,
  routeChange,
  type ChangeFacts,
  type FailedCase,
  type PolicyContent,
  type PolicyDifference,
  type PolicyFinding,
  type PolicyKind,
  type PolicySentence,
  type PolicyTestCase,
  type PolicyVersion,
} from '../policies';
import type { Tx } from '../platform/unit-of-work';
import { requestNumber } from './change-request.rows';
import { openByFacts } from './change-request.store';
import { REQUEST_KINDS } from './domain/change-request';
import type { ApprovalDeps, Proposal, RequestHandle, RequestHandler, Submission, VerbOutcome } from './request-handler';
import { revise, saveDraft, submit } from './submission.commands';

const DAY_MS = 86_400_000;
/** Places and requests that are named one by one; of more the number says enough. */
const MOST_SHOWN = 200;
const MOST_EXAMPLES = 10;

export interface PolicyProposal {
  /** As JSON, in the form of its kind. */
  readonly content: unknown;
  /** Left out: those of the version in force. */
  readonly testCases?: unknown;
  readonly justification: string;
  /** In force from then on; left out: as soon as it is agreed to. */
  readonly effectiveFrom?: Date | null;
}

/** What is to be said of content that may become a policy. */
export interface PolicyCheck {
  readonly findings: readonly PolicyFinding[];
  readonly failedCases: readonly FailedCase[];
  /** From the version in force. */
  readonly differences: readonly PolicyDifference[];
  readonly sentences: readonly PolicySentence[];
}

/** Of the version in force where no content is given. Needs `policy.read`. Refuses INVALID.POLICY_CONTENT and INVALID.POLICY_TEST_CASES. */
export const checkPolicy = async <K extends PolicyKind>(
  deps: Pick<ApprovalDeps, 'policies'>,
  viewer: Actor,
  kind: K,
  proposal: Pick<PolicyProposal, 'content' | 'testCases'>,
  at: Date,
): Promise<Result<PolicyCheck>> => {
  const current = await deps.policies.current(viewer, kind, at);
  if (!current.ok) return current;
  const parsed = parseProposal(
    kind,
    { ...proposal, content: proposal.content ?? current.value.content },
    current.value,
  );
  if (!parsed.ok) return parsed;
  const { content, testCases } = parsed.value;
  return ok({
    findings: lintPolicy(kind, content, REQUEST_KINDS),
    failedCases: failedCases(kind, content, testCases),
    differences: diffPolicy(current.value.content as Json, content as Json),
    sentences: policySentences(kind, content, REQUEST_KINDS),
  });
};

const parseProposal = <K extends PolicyKind>(
  kind: K,
  { content, testCases }: Pick<PolicyProposal, 'content' | 'testCases'>,
  current: PolicyVersion<K>,
): Result<{ readonly content: PolicyContent<K>; readonly testCases: readonly PolicyTestCase[] }> => {
  const parsed = parsePolicy(kind, content);
  if (!parsed.ok) return parsed;
  const cases = testCases == null ? ok(current.testCases) : parseTestCases(testCases);
  return cases.ok ? ok({ content: parsed.value, testCases: cases.value }) : cases;
};

/**
 * Puts new content of a policy up for decision. Needs `policy.publish`. Refuses REQUIRED, EXPIRED.EFFECTIVE_FROM,
 * INVALID_STATE.POLICY_UNCHANGED, INVALID.POLICY_CONTENT, INVALID.POLICY_TEST_CASES, POLICY_VIOLATION.POLICY_FINDINGS with an
 * input that shows the first of them, and POLICY_VIOLATION.POLICY_TEST_FAILED.
 */
export const submitPolicy = (
  deps: ApprovalDeps,
  by: Initiator,
  kind: PolicyKind,
  input: PolicyProposal,
): Promise<Result<VerbOutcome>> =>
  putForward(deps, by, kind, input, async (tx, submission) => {
    const fit = demandFit(kind, submission.payload);
    return fit.ok ? submit(deps, tx, submission) : fit;
  });

/** Keeps new content as its maker's draft, whatever is found in it. Refuses as {@link submitPolicy} does for what is no policy at all. */
export const draftPolicy = (
  deps: ApprovalDeps,
  by: Initiator,
  kind: PolicyKind,
  input: PolicyProposal,
): Promise<Result<VerbOutcome>> =>
  putForward(deps, by, kind, input, (tx, submission) => saveDraft(deps, tx, submission));

const putForward = (
  deps: ApprovalDeps,
  by: Initiator,
  kind: PolicyKind,
  input: PolicyProposal,
  put: (tx: Tx, submission: Submission) => Promise<Result<VerbOutcome>>,
): Promise<Result<VerbOutcome>> =>
  administering(deps, by, async (tx) => {
    const proposal = await propose(deps, tx, kind, input);
    return proposal.ok
      ? put(tx, { kind: 'POLICY_VERSION', subject: { type: 'Policy', id: kind }, ...proposal.value })
      : proposal;
  });

/** Changes what a request proposes that lies with its maker. Refuses as {@link submitPolicy} does. */
export const revisePolicy = (
  deps: ApprovalDeps,
  by: Initiator,
  { requestId, expectedVersion, ...input }: RequestHandle & PolicyProposal,
): Promise<Result<VerbOutcome>> =>
  administering(deps, by, (tx) =>
    revise(deps, tx, { requestId, expectedVersion, kind: 'POLICY_VERSION', payload: writtenDown(input) }),
  );

const administering = async (
  deps: ApprovalDeps,
  by: Initiator,
  work: (tx: Tx) => Promise<Result<VerbOutcome>>,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'policy.publish');
  return permitted.ok ? deps.unitOfWork.run(by, work) : permitted;
};

const payloadSchema = z.strictObject({
  policy: z.enum(POLICY_KINDS),
  /** Number of the version that it would follow. */
  after: z.number().int(),
  content: z.json(),
  testCases: z.json(),
  justification: z.string(),
  effectiveFrom: z.string().nullable(),
  /** From the version that it would follow; at most {@link MOST_SHOWN}. */
  differences: z.array(z.strictObject({ path: z.string(), before: z.json(), after: z.json() })),
});
type PolicyPayload = z.infer<typeof payloadSchema>;

/** What its maker says; the rest comes with it when it is judged. */
const writtenDown = ({ content, testCases, justification, effectiveFrom }: PolicyProposal): Json => ({
  content: content as Json,
  testCases: (testCases ?? null) as Json,
  justification,
  effectiveFrom: effectiveFrom?.toISOString() ?? null,
});

/** Whether content is a policy of its kind is judged here; whether it is a sound one by {@link demandFit}. */
const propose = async <K extends PolicyKind>(
  deps: ApprovalDeps,
  tx: Tx,
  kind: K,
  input: PolicyProposal,
): Promise<Result<Proposal & { readonly payload: Json }>> => {
  await deps.policies.lock(tx);
  const current = await deps.policies.inForce(tx, kind);
  const parsed = parseProposal(kind, input, current);
  if (!parsed.ok) return parsed;
  const { content, testCases } = parsed.value;
  const justification = input.justification.trim();
  if (justification === '') {
    return refuse('REQUIRED', 'a change of a policy needs a justification', { field: ['justification'] });
  }
  const effectiveFrom = input.effectiveFrom ?? null;
  if (effectiveFrom !== null && effectiveFrom <= tx.at) {
    return refuse('EXPIRED', 'a policy cannot be in force from a moment that is over', {
      reason: 'EFFECTIVE_FROM',
      field: ['effectiveFrom'],
    });
  }
  const differences = diffPolicy(current.content, content);
  const dropped = current.testCases.filter(({ name }) => !testCases.some((one) => one.name === name));
  if (differences.length === 0 && isSame(testCases, current.testCases)) {
    return refuse('INVALID_STATE', `this is what version ${current.number} of the policy says`, {
      reason: 'POLICY_UNCHANGED',
      params: { kind, number: current.number },
    });
  }
  const { decideWithinDays } = (await deps.policies.inForce(tx, 'APPROVAL_RULES')).content;
  const payload: PolicyPayload = {
    policy: kind,
    after: current.number,
    content,
    testCases: testCases as unknown as PolicyPayload['testCases'],
    justification,
    effectiveFrom: effectiveFrom?.toISOString() ?? null,
    differences: differences.slice(0, MOST_SHOWN) as unknown as PolicyPayload['differences'],
  };
  return ok({
    payload,
    base: baseOf(current),
    impact: {
      differences: differences.length,
      droppedCases: dropped.map(({ name }) => name),
      warnings: lintPolicy(kind, content, REQUEST_KINDS).map(({ text }) => text),
      ...(await touchedRequests(tx, current, content)),
      limits: await deps.policyConsequences(tx, kind, content),
    },
    facts: { kind: 'POLICY_VERSION', policy: kind },
    decideBy: new Date(Math.min(tx.at.getTime() + decideWithinDays * DAY_MS, effectiveFrom?.getTime() ?? Infinity)),
    effectiveFrom,
  });
};

const baseOf = ({ id, number }: PolicyVersion): Json => ({ policyVersion: id, number });

/** Refuses what must not be published. */
const demandFit = (kind: PolicyKind, payload: Json): Result<true> => {
  const written = payloadSchema.parse(payload);
  const parsed = parsePolicy(kind, written.content);
  if (!parsed.ok) return parsed;
  const errors = lintPolicy(kind, parsed.value, REQUEST_KINDS).filter(({ severity }) => severity === 'ERROR');
  const [error] = errors;
  if (error !== undefined) {
    return refuse('POLICY_VIOLATION', `the policy is not fit to be published: ${error.text.en}`, {
      reason: 'POLICY_FINDINGS',
      field: ['content'],
      params: {
        code: error.code,
        table: error.table,
        rows: error.rows.join(' '),
        example: error.example === null ? null : JSON.stringify(error.example),
        count: errors.length,
      },
    });
  }
  const cases = parseTestCases(written.testCases);
  if (!cases.ok) return cases;
  const failed = failedCases(kind, parsed.value, cases.value);
  const [first] = failed;
  if (first === undefined) return ok(true);
  return refuse('POLICY_VIOLATION', `the policy does not answer the case “${first.name}” as expected`, {
    reason: 'POLICY_TEST_FAILED',
    field: ['testCases'],
    params: {
      name: first.name,
      expected: JSON.stringify(first.expected),
      got: JSON.stringify(first.got),
      count: failed.length,
    },
  });
};

/** Open requests that would have to be refreshed, and those that other people would be asked about. */
const touchedRequests = async (
  tx: Tx,
  current: PolicyVersion,
  content: PolicyContent<PolicyKind>,
): Promise<{ readonly [key: string]: Json }> => {
  const open = await openByFacts(tx);
  const isMatrix = current.kind === 'APPROVAL_MATRIX';
  const stale = open.filter(({ judgedBy }) => isMatrix || judgedBy === current.id);
  const routeBy = (matrix: PolicyContent<PolicyKind>, facts: ChangeFacts) =>
    routeChange(matrix as PolicyContent<'APPROVAL_MATRIX'>, facts);
  const rerouted = isMatrix
    ? stale.filter(({ facts }) => !isSame(routeBy(current.content, facts), routeBy(content, facts)))
    : [];
  const sum = (groups: typeof open): number => groups.reduce((total, { count }) => total + count, 0);
  return {
    toBeRefreshed: sum(stale),
    rerouted: sum(rerouted),
    examples: (isMatrix ? rerouted : stale)
      .flatMap(({ serials }) => serials)
      .slice(0, MOST_EXAMPLES)
      .map(requestNumber),
  };
};

const isSame = (a: object, b: object): boolean => canonicalJson(a as Json) === canonicalJson(b as Json);

interface PolicyImpact {
  readonly differences: number;
  readonly droppedCases: readonly string[];
  readonly warnings: readonly { readonly en: string; readonly zh: string }[];
  readonly toBeRefreshed: number;
  readonly rerouted: number;
  readonly examples: readonly string[];
  readonly limits?: Json;
}

export const policyVersionHandler = (deps: ApprovalDeps): RequestHandler => ({
  kind: 'POLICY_VERSION',
  currentBase: async (tx, kind) => {
    await deps.policies.lock(tx);
    return baseOf(await deps.policies.inForce(tx, kindOf(kind)));
  },
  show: (payload) => {
    // Checked when it was written; it cannot have changed since.
    const { policy, after, content, testCases, justification } = payload as PolicyPayload;
    return { __typename: 'PolicyVersionProposal', policy, after, content, testCases, justification };
  },
  showImpact: (impact) => ({ __typename: 'PolicyVersionImpact', limits: null, ...(impact as unknown as PolicyImpact) }),
  changes: (payload) =>
    (payload as PolicyPayload).differences.map(({ path, before, after }) => ({
      what: path,
      before: before === null ? null : textOf(before),
      after: after === null ? null : textOf(after),
    })),
  prepare: async (tx, subject, payload) => {
    const { content, testCases, justification, effectiveFrom } = payloadSchema
      .pick({ content: true, testCases: true, justification: true, effectiveFrom: true })
      .loose()
      .parse(payload);
    const kind = kindOf(subject.id);
    const proposal = await propose(deps, tx, kind, {
      content,
      testCases,
      justification,
      effectiveFrom: effectiveFrom === null ? null : new Date(effectiveFrom),
    });
    if (!proposal.ok) return proposal;
    const fit = demandFit(kind, proposal.value.payload);
    return fit.ok ? proposal : fit;
  },
  apply: async (tx, request) => {
    const payload = payloadSchema.parse(request.payload);
    // What may be published may have changed with the program since it was agreed to.
    const fit = demandFit(payload.policy, request.payload);
    if (!fit.ok) return fit;
    const content = parsePolicy(payload.policy, payload.content);
    if (!content.ok) return content;
    const testCases = parseTestCases(payload.testCases);
    if (!testCases.ok) return testCases;
    await deps.policies.publish(tx, {
      kind: payload.policy,
      content: content.value,
      testCases: testCases.value,
      request,
      reason: payload.justification,
    });
    return ok(true);
  },
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const kindOf = (text: string): PolicyKind => {
  const kind = POLICY_KINDS.find((candidate) => candidate === text);
  if (kind === undefined) throw new Error(`unknown kind of policy ${text}`);
  return kind;
};
