/**
 * May one person let this request through alone 「紧急放行」? Only what can be taken back, only by somebody whom it does not
 * concern, with a reason, and only until others have looked at it.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { RequestStanding } from './change-request';
import { hadAHandIn, isInReview, type Standing } from './decide-vote';

export interface BreakGlassRules {
  readonly ratifyWithinHours: number;
  readonly kinds: readonly string[];
}

const HOUR_MS = 3_600_000;

/** Whether it is a matter for this person at all; kinds and times are of the rules in force. */
export const mayBreakGlass = (request: RequestStanding, person: Standing, now: Date): Result<true> => {
  if (hadAHandIn(request, person.userId)) {
    return refuse('MAKER_CANNOT_CHECK', 'who had a hand in a request cannot let it through', {
      params: { number: request.number },
    });
  }
  const open = isInReview(request, now);
  if (!open.ok) return open;
  if (request.interestedIds.includes(person.userId) || person.line === 'SALES') {
    return refuse('AUTHORITY_EXCEEDED', 'whom a change benefits does not decide it', { reason: 'INTERESTED' });
  }
  return ok(true);
};

/** Refusals in order: had a hand in it, not in review, benefits from it, kind, reason. `ratifyBy` bounds what is let through. */
export const decideBreakGlass = (
  request: RequestStanding,
  person: Standing,
  reason: string,
  canRevert: boolean,
  rules: BreakGlassRules,
  now: Date,
): Result<{ readonly ratifyBy: Date }> => {
  const may = mayBreakGlass(request, person, now);
  if (!may.ok) return may;
  if (!canRevert || !rules.kinds.includes(request.kind)) {
    return refuse('POLICY_VIOLATION', 'requests of this kind wait for their approvers', {
      reason: 'NO_BREAK_GLASS',
      params: { kind: request.kind },
    });
  }
  if (reason.trim() === '') return refuse('REQUIRED', 'breaking the glass needs a reason', { field: ['reason'] });
  return ok({ ratifyBy: new Date(now.getTime() + rules.ratifyWithinHours * HOUR_MS) });
};
