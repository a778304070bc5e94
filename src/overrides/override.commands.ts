/**
 * Overriding a grade: put it up for decision, put an approved one into effect, end those whose time is over. The model
 * grade goes on being computed beside it (I7) and is what the customer returns to.
 */
import type { Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import { gradeView } from '../kernel/grade';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Approvals, RequestHandler, VerbOutcome } from '../approvals';
import { permit } from '../identity';
import type { Policies } from '../policies';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { CustomerGrade, Ratings } from '../ratings';
import { decideOverride, type OverrideProposal } from './domain/decide-override';
import { overridePayloadSchema, type OverridePayload } from './domain/override-payload';
import { endOverdue, insertOverride, supersedeLive } from './grade-override.store';

export interface OverrideDeps {
  readonly unitOfWork: UnitOfWork;
  readonly policies: Policies;
  readonly approvals: Approvals;
  readonly ratings: Ratings;
  /** Customers whose live override should have ended, the longest overdue first. */
  readonly customersWithOverdue: (atMost: number) => Promise<string[]>;
}

export interface SubmitOverride extends OverrideProposal {
  readonly customerId: string;
  /** Version of the customer's grade that the maker saw. */
  readonly expectedVersion: number;
}

export const submitOverride = async (
  deps: OverrideDeps,
  by: Initiator,
  input: SubmitOverride,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'override.submit');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    await endOverdueOf(deps, tx, input.customerId);
    const current = await lockRated(deps, tx, input.customerId);
    if (!current.ok) return current;
    if (current.value.version !== input.expectedVersion) {
      return refuse('STALE_VERSION', `the customer's grade is at version ${current.value.version} now`, {
        field: ['expectedVersion'],
        params: { expected: input.expectedVersion, current: current.value.version, grade: current.value.grade },
      });
    }
    const policy = await deps.policies.inForce(tx, 'OVERRIDE');
    const decision = decideOverride(current.value, input, policy.content, tx.at);
    if (!decision.ok) return decision;
    const { direction, notches, decideBy } = decision.value;
    const payload: OverridePayload = {
      fromGrade: current.value.grade,
      modelGrade: current.value.modelGrade,
      toGrade: input.toGrade,
      reasonCode: input.reasonCode,
      justification: input.justification.trim(),
      evidence: input.evidence.map(({ title, reference }) => ({ title: title.trim(), reference: reference.trim() })),
      validUntil: input.validUntil.toISOString(),
    };
    return deps.approvals.submit(tx, {
      kind: 'GRADE_OVERRIDE',
      subject: { type: 'Customer', id: input.customerId },
      payload,
      base: baseOf(current.value, policy.id),
      impact: { fromGrade: current.value.grade, toGrade: input.toGrade, notches, direction },
      facts: { kind: 'GRADE_OVERRIDE', direction, notches },
      decideBy,
    });
  });
};

export const overrideHandler = (deps: OverrideDeps): RequestHandler => ({
  kind: 'GRADE_OVERRIDE',
  currentBase: async (tx, customerId) => {
    await endOverdueOf(deps, tx, customerId);
    const current = await deps.ratings.lockGrade(tx, customerId);
    const policy = await deps.policies.inForce(tx, 'OVERRIDE');
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
  apply: async (tx, request) => {
    const payload = overridePayloadSchema.parse(request.payload);
    if (new Date(payload.validUntil) <= tx.at) {
      return refuse('EXPIRED', 'the validity of this override is already over', { reason: 'VALID_UNTIL' });
    }
    const customerId = request.subject.id;
    const current = await lockRated(deps, tx, customerId);
    if (!current.ok) return current;
    for (const ended of await supersedeLive(tx, customerId)) {
      tx.record({
        action: 'override.superseded',
        object: { type: 'GradeOverride', id: ended.id },
        customerId,
        data: { customer: customerId, grade: ended.toGrade, by: request.number },
      });
    }
    const overrideId = await insertOverride(tx, { customerId, requestId: request.id, payload });
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
    await deps.ratings.applyOverride(tx, { customerId, overrideId, grade: payload.toGrade });
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

/** Ends the customer's override if its time is over, whoever notices first. The grade is locked before the override is. */
export const endOverdueOf = async (deps: OverrideDeps, tx: Tx, customerId: string): Promise<boolean> => {
  if ((await deps.ratings.lockGrade(tx, customerId)) === null) return false;
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

const lockRated = async (deps: OverrideDeps, tx: Tx, customerId: string): Promise<Result<CustomerGrade>> => {
  const current = await deps.ratings.lockGrade(tx, customerId);
  if (current !== null) return ok(current);
  return (await deps.ratings.customerExists(tx, customerId))
    ? refuse('INVALID_STATE', 'a customer without a rating has no grade to override', { reason: 'NOT_RATED' })
    : refuse('NOT_FOUND', 'no such customer', { field: ['customerId'] });
};

const baseOf = (current: CustomerGrade, policyVersion: string): Json => ({
  gradeVersion: current.version,
  policyVersion,
});
