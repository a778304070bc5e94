/**
 * How a credit limit follows the grade in force (D29): what the policy no longer allows is cut at once, what it newly
 * allows is never given without a request.
 */
import { Decimal } from '../../kernel/decimal';
import type { Grade } from '../../kernel/grade';
import { termsAt, type LimitPolicy, type LimitTerms } from '../../policies/domain/limit-policy';

/** Yearly turnover with us, which limits are a share of. */
export const TURNOVER_INDICATOR = 'yearlyTurnoverWithUs';

export interface LimitPosition {
  readonly customerId: string;
  /** Approved amount, two places. */
  readonly amount: string;
  /** Yearly turnover with us; null where unknown. */
  readonly yearlyTurnover: Decimal | null;
}

export interface FollowedLimit {
  readonly customerId: string;
  readonly before: string;
  readonly after: string;
  readonly terms: LimitTerms;
}

/** The limit at its new grade; `after` is below `before` where the policy demands a cut and equal to it otherwise. */
export const followGrade = (position: LimitPosition, grade: Grade, policy: LimitPolicy): FollowedLimit => {
  const terms = termsAt(policy, grade, position.yearlyTurnover);
  const after = Decimal.min(position.amount, terms.amount).toFixed(2);
  return { customerId: position.customerId, before: new Decimal(position.amount).toFixed(2), after, terms };
};
