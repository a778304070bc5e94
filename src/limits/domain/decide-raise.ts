/** May this raise be put up for decision? It must be a raise, within what the limit policy allows at the grade in force. */
import { Decimal, roundMoney } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { LimitTerms } from '../../policies';

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

export const decideRaise = (
  current: { readonly amount: string; readonly terms: LimitTerms },
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
  if (proposal.amount.gt(current.terms.amount)) {
    return refuse('POLICY_VIOLATION', `the limit policy allows ${current.terms.amount} at this grade`, {
      reason: 'ABOVE_POLICY_LIMIT',
      field: ['amount'],
      params: { allowed: current.terms.amount },
    });
  }
  const before = new Decimal(current.amount);
  return ok({
    amount: roundMoney(proposal.amount),
    relativeChange: before.isZero() ? null : proposal.amount.minus(before).div(before).toFixed(6, Decimal.ROUND_UP),
  });
};
