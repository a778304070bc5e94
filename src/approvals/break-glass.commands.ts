/**
 * Letting a request through alone, and what must follow: a review by others. Ratified, it stays; rejected, withdrawn or not
 * decided in time, what was let through is taken back in the same transaction.
 */
import type { Initiator } from '../kernel/actor';
import { canonicalJson } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit, standingsOf } from '../identity';
import type { Tx } from '../platform/unit-of-work';
import { z } from 'zod';
import { endBreakGlass, insertBreakGlass } from './break-glass.store';
import * as store from './change-request.store';
import { decideBreakGlass } from './domain/decide-break-glass';
import { isAsSeen } from './domain/decide-vote';
import type { ApprovalDeps, RequestHandle, RequestHandler, VerbOutcome } from './request-handler';
import { customerOf, recordMove } from './request-log';
import { demandRequest, enter, recordEntry } from './submission.commands';
import { stateAfter } from './vote.commands';
import { withRequest } from './with-request';

export interface BreakGlassCommand extends RequestHandle {
  readonly reason: string;
}

export const breakGlass = async (
  deps: ApprovalDeps,
  by: Initiator,
  input: BreakGlassCommand,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.breakGlass');
  if (!permitted.ok) return permitted;
  return withRequest(deps, by, input, async (tx, request) => {
    const [person] = await standingsOf(tx.query, [by.actor.id]);
    if (person === undefined) throw new Error(`${by.actor.id} is not a user`);
    const rules = await deps.policies.inForce(tx, 'APPROVAL_RULES');
    const handler = deps.handlerOf(request.kind);
    const decision = decideBreakGlass(
      request,
      person,
      input.reason,
      handler.revert !== undefined,
      rules.content.breakGlass,
      tx.at,
    );
    if (!decision.ok) return decision;
    const seen = isAsSeen(request, input);
    if (!seen.ok) return seen;
    if (canonicalJson(await handler.currentBase(tx, request.subject.id)) !== canonicalJson(request.base)) {
      return refuse('STALE_VERSION', 'what the request builds on has changed since it was submitted', {
        reason: 'BASE',
        params: { number: request.number },
      });
    }
    const reason = input.reason.trim();
    const { ratifyBy } = decision.value;
    const review = await enter(
      deps,
      tx,
      {
        kind: 'BREAK_GLASS_REVIEW',
        subject: { type: 'ChangeRequest', id: request.id },
        payload: { requestId: request.id, number: request.number, kind: request.kind, digest: request.digest, reason },
        base: { requestId: request.id },
        impact: request.impact,
        facts: { kind: 'BREAK_GLASS_REVIEW' },
        decideBy: ratifyBy,
        // Who asked for the change does not say afterwards that it was right to let it through.
        interestedIds: [request.makerId, ...request.editorIds, ...request.interestedIds].filter(isPerson),
      },
      'IN_REVIEW',
    );
    await insertBreakGlass(tx, { requestId: request.id, reviewId: review.id, reason, ratifyBy });
    recordEntry(tx, review, 'request.submitted');
    await store.insertStep(tx, request, { verb: 'BREAK_GLASS', text: reason, data: { review: review.number } });
    const applied = await handler.apply(tx, request);
    if (!applied.ok) return applied;
    const moved = await store.moveRequest(tx, request, {
      state: stateAfter(request.state, 'BREAK_GLASS'),
      currentLevel: request.currentLevel,
    });
    const auditEventId = recordMove(tx, request, moved, 'request.glassBroken', {
      reason,
      data: { review: review.number, ratifyBy: ratifyBy.toISOString(), digest: request.digest },
    });
    return ok({ request: moved, auditEventId });
  });
};

const isPerson = (actorId: string): boolean => !actorId.startsWith('system:');

const reviewPayload = z.strictObject({
  requestId: z.uuid(),
  number: z.string(),
  kind: z.string(),
  digest: z.string(),
  reason: z.string(),
});

/** The review that breaking the glass opens. */
export const breakGlassReviewHandler = (deps: ApprovalDeps): RequestHandler => ({
  kind: 'BREAK_GLASS_REVIEW',
  currentBase: async (_, requestId) => ({ requestId }),
  show: (payload) => {
    const { number, kind, reason } = reviewPayload.parse(payload);
    return { __typename: 'BreakGlassReviewProposal', number, kind, reason };
  },
  apply: async (tx, review) => {
    if (!(await endBreakGlass(tx, review.id, 'RATIFIED'))) {
      return refuse('INVALID_STATE', 'nothing waits for this review', { reason: 'NOT_BROKEN' });
    }
    recordEnd(tx, review, 'breakGlass.ratified');
    return ok(true);
  },
  ended: async (tx, review) => {
    if (!(await endBreakGlass(tx, review.id, 'REVERTED'))) return;
    const request = await demandRequest(tx, review.subject.id);
    const reverted = await deps.handlerOf(request.kind).revert?.(tx, request);
    if (reverted?.ok !== true) throw new Error(`request ${request.number} cannot be taken back`);
    recordEnd(tx, review, 'breakGlass.reverted', customerOf(request));
  },
});

const recordEnd = (
  tx: Tx,
  review: { readonly number: string; readonly subject: { readonly id: string } },
  action: 'breakGlass.ratified' | 'breakGlass.reverted',
  concerned: { readonly customerId?: string } = {},
): void => {
  tx.record({
    action,
    object: { type: 'BreakGlass', id: review.subject.id },
    ...concerned,
    data: { review: review.number, request: review.subject.id },
  });
};
