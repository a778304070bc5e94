/**
 * Overriding a grade: put it up for decision, put an approved one into effect, end those whose time is over. The model
 * grade goes on being computed beside it (I7) and is what the customer returns to.
 */
import type { Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import { GRADES, gradeView, isWorse } from '../kernel/grade';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Approvals, NamedEvidence, Proposal, RequestHandler, VerbOutcome } from '../approvals';
import { permit } from '../identity';
import type { Policies } from '../policies';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { CustomerGrade, Ratings } from '../ratings';
import { decideOverride, type OverrideProposal } from './domain/decide-override';
import { overridePayloadSchema, type OverridePayload } from './domain/override-payload';
import { endOverdue, insertOverride, revertLive, supersedeLive } from './grade-override.store';

export interface OverrideDeps {
  readonly unitOfWork: UnitOfWork;
  readonly policies: Policies;
  readonly approvals: Approvals;
  readonly ratings: Ratings;
  /** What is at stake with a customer, plain decimal: the approval matrix may ask for it as the amount. */
  readonly exposureOf: (tx: Tx, customerId: string) => Promise<string>;
  /** Customers whose live override should have ended, the longest overdue first. */
  readonly customersWithOverdue: (atMost: number) => Promise<string[]>;
}

/** A proposal as its maker words it, before files that it names have been looked up. */
interface WordedOverride extends Omit<OverrideProposal, 'evidence'> {
  readonly evidence: readonly NamedEvidence[];
}

export interface SubmitOverride extends WordedOverride {
  readonly customerId: string;
  /** Version of the customer's grade that the maker saw. */
  readonly expectedVersion: number;
  /** Kept as a draft: nobody is asked yet. */
  readonly draft?: boolean | null;
}

export const submitOverride = async (
  deps: OverrideDeps,
  by: Initiator,
  input: SubmitOverride,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'override.submit');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    const current = await judgedNow(deps, tx, input.customerId);
    if (!current.ok) return current;
    if (current.value.version !== input.expectedVersion) {
      return refuse('STALE_VERSION', `the customer's grade is at version ${current.value.version} now`, {
        field: ['expectedVersion'],
        params: { expected: input.expectedVersion, current: current.value.version, grade: current.value.grade },
      });
    }
    const evidence = await deps.approvals.writeDownEvidence(tx, input.evidence);
    if (!evidence.ok) return evidence;
    const proposal = await propose(deps, tx, input.customerId, current.value, { ...input, evidence: evidence.value });
    if (!proposal.ok) return proposal;
    const subject = { type: 'Customer', id: input.customerId };
    const submission = { kind: 'GRADE_OVERRIDE', subject, ...proposal.value } as const;
    return input.draft === true ? deps.approvals.saveDraft(tx, submission) : deps.approvals.submit(tx, submission);
  });
};

export interface ReviseOverride extends WordedOverride {
  readonly requestId: string;
  /** Version of the request that the editor saw. */
  readonly expectedVersion: number;
}

/** Changes what an override proposes that lies with its maker: a draft, one that was returned, or one found stale. */
export const reviseOverride = async (
  deps: OverrideDeps,
  by: Initiator,
  input: ReviseOverride,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'override.submit');
  if (!permitted.ok) return permitted;
  const { requestId, expectedVersion, ...proposal } = input;
  return deps.unitOfWork.run(by, async (tx) => {
    const evidence = await deps.approvals.writeDownEvidence(tx, proposal.evidence, requestId);
    if (!evidence.ok) return evidence;
    const payload = writtenDown({ ...proposal, evidence: evidence.value });
    return deps.approvals.revise(tx, { requestId, expectedVersion, kind: 'GRADE_OVERRIDE', payload });
  });
};

/** The customer's grade as it stands, after an override whose time is over has ended. */
const judgedNow = async (deps: OverrideDeps, tx: Tx, customerId: string): Promise<Result<CustomerGrade>> =>
  demandRated(deps, tx, customerId, await freshGrade(deps, tx, customerId));

/** What is put up for decision, judged by the override policy in force. */
const propose = async (
  deps: OverrideDeps,
  tx: Tx,
  customerId: string,
  current: CustomerGrade,
  input: OverrideProposal,
): Promise<Result<Proposal>> => {
  const policy = await deps.policies.inForce(tx, 'OVERRIDE');
  const decision = decideOverride(current, input, policy.content, tx.at);
  if (!decision.ok) return decision;
  const { direction, notches, decideBy } = decision.value;
  const exposure = await deps.exposureOf(tx, customerId);
  return ok({
    payload: { fromGrade: current.grade, modelGrade: current.modelGrade, ...writtenDown(input) },
    base: baseOf(current, policy.id),
    impact: { fromGrade: current.grade, toGrade: input.toGrade, notches, direction },
    facts: { kind: 'GRADE_OVERRIDE', direction, notches, amount: exposure },
    decideBy,
    evidence: input.evidence,
    effectiveFrom: input.effectiveFrom ?? null,
  });
};

/** What its maker says, as it is kept; grades at submission come with it when it is judged. */
const writtenDown = (input: OverrideProposal): Omit<OverridePayload, 'fromGrade' | 'modelGrade'> => ({
  toGrade: input.toGrade,
  reasonCode: input.reasonCode,
  justification: input.justification.trim(),
  evidence: [...input.evidence],
  validUntil: input.validUntil.toISOString(),
  ...(input.effectiveFrom == null ? {} : { effectiveFrom: input.effectiveFrom.toISOString() }),
});

export const overrideHandler = (deps: OverrideDeps): RequestHandler => ({
  kind: 'GRADE_OVERRIDE',
  currentBase: async (tx, customerId) => {
    const [current, policy] = await Promise.all([
      freshGrade(deps, tx, customerId),
      deps.policies.inForce(tx, 'OVERRIDE'),
    ]);
    return current === null ? null : baseOf(current, policy.id);
  },
  show: (payload) => {
    // Checked when it was written; it cannot have changed since.
    const proposed = payload as OverridePayload;
    return {
      __typename: 'GradeOverrideProposal',
      ...proposed,
      fromGrade: gradeView(proposed.fromGrade),
      modelGrade: gradeView(proposed.modelGrade),
      toGrade: gradeView(proposed.toGrade),
    };
  },
  changes: (payload) => {
    const { fromGrade, toGrade } = payload as OverridePayload;
    return [{ what: 'grade', before: fromGrade, after: toGrade }];
  },
  prepare: async (tx, subject, payload) => {
    const written = overridePayloadSchema.partial({ fromGrade: true, modelGrade: true }).parse(payload);
    const current = await judgedNow(deps, tx, subject.id);
    if (!current.ok) return current;
    const { validUntil, effectiveFrom } = written;
    return propose(deps, tx, subject.id, current.value, {
      ...written,
      validUntil: new Date(validUntil),
      effectiveFrom: effectiveFrom === undefined ? null : new Date(effectiveFrom),
    });
  },
  lower: (payload, to) => {
    const proposed = payload as OverridePayload;
    const lower = GRADES.find((grade) => grade === to);
    if (lower === undefined || !isWorse(lower, proposed.toGrade)) {
      return refuse('INVALID', `a later level may propose a lower grade than ${proposed.toGrade}, not a higher one`, {
        reason: 'NOT_LOWER',
        field: ['lowerTo'],
        params: { proposed: proposed.toGrade },
      });
    }
    return ok({ ...proposed, toGrade: lower });
  },
  revert: async (tx, request) => {
    await deps.ratings.lockGrade(tx, request.subject.id);
    const ended = await revertLive(tx, request.id);
    if (ended === null) return ok(false);
    tx.record({
      action: 'override.reverted',
      object: { type: 'GradeOverride', id: ended.id },
      customerId: ended.customerId,
      data: { customer: ended.customerId, grade: ended.toGrade, request: request.number },
    });
    await deps.ratings.endOverride(tx, { customerId: ended.customerId, overrideId: ended.id });
    return ok(true);
  },
  apply: async (tx, request) => {
    const payload = overridePayloadSchema.parse(request.payload);
    if (new Date(payload.validUntil) <= tx.at) {
      return refuse('EXPIRED', 'the validity of this override is already over', { reason: 'VALID_UNTIL' });
    }
    const customerId = request.subject.id;
    const current = await demandRated(deps, tx, customerId, await deps.ratings.lockGrade(tx, customerId));
    if (!current.ok) return current;
    const overrideId = tx.newId();
    const recorded = async (): Promise<void> => {
      for (const ended of await supersedeLive(tx, customerId)) {
        tx.record({
          action: 'override.superseded',
          object: { type: 'GradeOverride', id: ended.id },
          customerId,
          data: { customer: customerId, grade: ended.toGrade, by: request.number },
        });
      }
      tx.record({
        action: 'override.applied',
        object: { type: 'GradeOverride', id: overrideId },
        customerId,
        before: { grade: current.value.grade, basis: current.value.basis },
        after: { grade: payload.toGrade, validUntil: payload.validUntil },
        reason: payload.justification,
        data: {
          customer: customerId,
          request: request.number,
          reasonCode: payload.reasonCode,
          modelGrade: current.value.modelGrade,
        },
      });
    };
    await Promise.all([
      recorded(),
      insertOverride(tx, { id: overrideId, customerId, requestId: request.id, payload }),
      deps.ratings.applyOverride(tx, { customerId, overrideId, grade: payload.toGrade }),
    ]);
    return ok(true);
  },
});

/**
 * Ends up to `atMost` overrides whose time is over: the model grade is in force again. Each in a transaction of its own, so
 * that one that fails stops no other. Yields how many ended; throws the first failure after the last one was tried.
 */
export const expireOverrides = async (deps: OverrideDeps, by: Initiator, atMost: number): Promise<Result<number>> => {
  const failures: unknown[] = [];
  let ended = 0;
  for (const customerId of await deps.customersWithOverdue(atMost)) {
    try {
      const result = await deps.unitOfWork.run(by, async (tx) => {
        const done = await endOverdueOf(deps, tx, customerId);
        // Somebody else ended it in between.
        if (!done) tx.unchanged();
        return ok(done);
      });
      if (result.ok && result.value) ended += 1;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return ok(ended);
};

/** The grade, locked, after an override whose time is over has ended; null where there is none. */
const freshGrade = async (deps: OverrideDeps, tx: Tx, customerId: string): Promise<CustomerGrade | null> => {
  const grade = await deps.ratings.lockGrade(tx, customerId);
  if (grade?.overrideId == null || !(await endOverdueUnder(deps, tx, customerId))) return grade;
  return deps.ratings.lockGrade(tx, customerId);
};

/** Ends the customer's override if its time is over, whoever notices first. The grade is locked before the override is. */
export const endOverdueOf = async (deps: OverrideDeps, tx: Tx, customerId: string): Promise<boolean> =>
  (await deps.ratings.lockGrade(tx, customerId)) !== null && endOverdueUnder(deps, tx, customerId);

const endOverdueUnder = async (deps: OverrideDeps, tx: Tx, customerId: string): Promise<boolean> => {
  const override = await endOverdue(tx, customerId);
  if (override === null) return false;
  tx.record({
    action: 'override.expired',
    object: { type: 'GradeOverride', id: override.id },
    customerId,
    data: { customer: customerId, grade: override.toGrade },
  });
  await deps.ratings.endOverride(tx, { customerId, overrideId: override.id });
  return true;
};

const demandRated = async (
  deps: OverrideDeps,
  tx: Tx,
  customerId: string,
  current: CustomerGrade | null,
): Promise<Result<CustomerGrade>> => {
  if (current !== null) return ok(current);
  return (await deps.ratings.customerExists(tx, customerId))
    ? refuse('INVALID_STATE', 'a customer without a rating has no grade to override', { reason: 'NOT_RATED' })
    : refuse('NOT_FOUND', 'no such customer', { field: ['customerId'] });
};

const baseOf = (current: CustomerGrade, policyVersion: string): Json => ({
  gradeVersion: current.version,
  policyVersion,
});
