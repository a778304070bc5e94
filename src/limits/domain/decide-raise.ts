/**
 * May this raise be put up for decision? It must be a raise, and within what bounds it: the limit policy at the grade in force,
 * or for the sub-limit of a product the limit itself.
 */
import { Decimal, roundMoney } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

export interface RaiseProposal {
  /** Amount after the raise, in the limit's currency. */
  readonly amount: Decimal;
  readonly justification: string;
}

export interface RaiseDecision {
  readonly amount: string;
  /** (after − before) ÷ before, six places, rounded up so that no bound is met by rounding; null where nothing was approved before. */
  readonly relativeChange: string | null;
}

/** Largest amount that the books hold: 18 digits before the point. */
const LARGEST = new Decimal('999999999999999999.99');

/** `most`: what the limit policy allows, or for a product the limit itself; null where nothing bounds it. */
export const decideRaise = (
  current: { readonly amount: string; readonly most: string | null; readonly bound: 'POLICY' | 'LIMIT' },
  proposal: RaiseProposal,
): Result<RaiseDecision> => {
  if (proposal.justification.trim() === '') {
    return refuse('REQUIRED', 'a raise needs a justification', { field: ['justification'] });
  }
  if (proposal.amount.decimalPlaces() > 2 || proposal.amount.gt(LARGEST)) {
    return refuse('OUT_OF_RANGE', 'amounts have two decimal places and at most 18 digits before the point', {
      field: ['amount'],
    });
  }
  if (proposal.amount.lte(current.amount)) {
    return refuse('INVALID', `the limit is already ${current.amount}`, {
      reason: 'NOT_A_RAISE',
      field: ['amount'],
      params: { current: current.amount },
    });
  }
  if (current.most !== null && proposal.amount.gt(current.most)) {
    return current.bound === 'LIMIT'
      ? refuse('LIMIT_EXCEEDED', `the limit itself is ${current.most}`, {
          reason: 'LIMIT',
          field: ['amount'],
          params: { available: current.most },
        })
      : refuse('POLICY_VIOLATION', `the limit policy allows ${current.most} at this grade`, {
          reason: 'ABOVE_POLICY_LIMIT',
          field: ['amount'],
          params: { allowed: current.most },
        });
  }
  const before = new Decimal(current.amount);
  return ok({
    amount: roundMoney(proposal.amount),
    relativeChange: before.isZero() ? null : proposal.amount.minus(before).div(before).toFixed(6, Decimal.ROUND_UP),
  });
};

/** A raise that ends by itself ends after it began, and there is one at a time. */
export const decideDates = (
  dates: { readonly effectiveFrom: Date | null; readonly until: Date | null },
  current: { readonly fallsBackAt: Date | null },
  now: Date,
): Result<true> => {
  const { effectiveFrom, until } = dates;
  if (effectiveFrom !== null && effectiveFrom <= now) {
    return refuse('OUT_OF_RANGE', 'a date ahead, or none', { reason: 'IN_THE_PAST', field: ['effectiveFrom'] });
  }
  if (until === null) return ok(true);
  if (until <= (effectiveFrom ?? now)) {
    return refuse('OUT_OF_RANGE', 'a raise ends after it began', { reason: 'ENDS_BEFORE_IT_BEGINS', field: ['until'] });
  }
  return current.fallsBackAt === null
    ? ok(true)
    : refuse('INVALID_STATE', 'the limit is raised for a time already', {
        reason: 'RAISED_FOR_A_TIME',
        field: ['until'],
        params: { until: current.fallsBackAt.toISOString() },
      });
};
