/**
 * Whether somebody may let another act for him: for a time, for some kinds of requests or all, and never in a circle. It
 * decides nothing about single requests; what a delegate may vote on is judged when he votes.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { decidesRequests } from './permissions';
import type { User } from './user';

export interface DelegationTerms {
  /** Kinds of requests that it holds for; null for all. */
  readonly kinds: readonly string[] | null;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly reason: string;
}

/** Who may act for whom, and when. */
export interface DelegationPeriod {
  readonly fromId: string;
  readonly toId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

type Person = Pick<User, 'id' | 'active' | 'roles'> & { readonly orgUnit: Pick<User['orgUnit'], 'line'> };

/** Longer than this nobody is away; whoever is gone for good gives his roles back. */
const LONGEST_DAYS = 366;
const DAY_MS = 86_400_000;

/**
 * Refuses REQUIRED, INVALID.SELF, OUT_OF_RANGE.PERIOD, EXPIRED, FORBIDDEN-like INVALID_STATE.NOTHING_TO_DELEGATE,
 * POLICY_VIOLATION.DELEGATE_NOT_ELIGIBLE and POLICY_VIOLATION.DELEGATION_CYCLE. `days` is its length, for bounds of policy.
 */
export const decideDelegation = (
  from: Person,
  to: Person,
  terms: DelegationTerms,
  others: readonly DelegationPeriod[],
  now: Date,
): Result<{ readonly days: number }> => {
  if (terms.reason.trim() === '') return refuse('REQUIRED', 'a delegation needs a reason', { field: ['reason'] });
  if (from.id === to.id) {
    return refuse('INVALID', 'nobody delegates to himself', { reason: 'SELF', field: ['toId'] });
  }
  if (terms.kinds?.length === 0) {
    return refuse('REQUIRED', 'a delegation holds for some kind of request', { field: ['kinds'] });
  }
  const days = (terms.endsAt.getTime() - terms.startsAt.getTime()) / DAY_MS;
  if (!(days > 0) || days > LONGEST_DAYS) {
    return refuse('OUT_OF_RANGE', `a delegation lasts up to ${LONGEST_DAYS} days`, {
      reason: 'PERIOD',
      field: ['endsAt'],
      params: { max: LONGEST_DAYS },
    });
  }
  if (terms.endsAt <= now) {
    return refuse('EXPIRED', 'the delegation would be over already', { reason: 'PERIOD', field: ['endsAt'] });
  }
  if (!from.active || !from.roles.some(decidesRequests)) {
    return refuse('INVALID_STATE', 'who decides nothing has nothing to delegate', { reason: 'NOTHING_TO_DELEGATE' });
  }
  if (!to.active || to.orgUnit.line === 'SALES' || !to.roles.some(decidesRequests)) {
    return refuse('POLICY_VIOLATION', 'only somebody who decides requests by office may decide for another', {
      reason: 'DELEGATE_NOT_ELIGIBLE',
      field: ['toId'],
    });
  }
  if (leadsBack(from.id, to.id, terms, others)) {
    return refuse('POLICY_VIOLATION', 'delegations would lead back to who gives this one', {
      reason: 'DELEGATION_CYCLE',
      field: ['toId'],
    });
  }
  return ok({ days });
};

/** Whether delegations of the same time lead from `toId` to `fromId`. */
const leadsBack = (
  fromId: string,
  toId: string,
  { startsAt, endsAt }: Pick<DelegationTerms, 'startsAt' | 'endsAt'>,
  others: readonly DelegationPeriod[],
): boolean => {
  const concurrent = others.filter((other) => other.startsAt < endsAt && other.endsAt > startsAt);
  const reached = new Set([toId]);
  for (const person of reached) {
    for (const other of concurrent) if (other.fromId === person) reached.add(other.toId);
  }
  return reached.has(fromId);
};
