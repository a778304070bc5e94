/**
 * What another grade in force, another limit policy or both would mean for a customer's limit and terms: the same rules as when
 * it happens, told beforehand.
 */
import { type Decimal } from '../../kernel/decimal';
import type { Grade } from '../../kernel/grade';
import { termsAt, type LimitPolicy } from '../../policies/domain/limit-policy';
import { followGrade } from './follow-grade';

export interface LimitFacts {
  readonly customerId: string;
  /** Approved amount, two places. */
  readonly amount: string;
  /** Yearly turnover with us, before and after; null where unknown. */
  readonly turnover: { readonly before: Decimal | null; readonly after: Decimal | null };
}

/** Null before a first grade. */
export interface GradesInForce {
  readonly before: Grade | null;
  readonly after: Grade;
}

/** The policy in force, and the one that would be. */
export interface LimitPolicies {
  readonly before: LimitPolicy;
  readonly after: LimitPolicy;
}

export interface WeighedLimit {
  readonly limitBefore: string;
  readonly limitAfter: string;
  readonly allowedBefore: string | null;
  readonly allowedAfter: string;
}

export const weighLimit = (facts: LimitFacts, grades: GradesInForce, policies: LimitPolicies): WeighedLimit => {
  const { turnover } = facts;
  const followed = followGrade({ ...facts, yearlyTurnover: turnover.after }, grades.after, policies.after);
  return {
    limitBefore: followed.before,
    limitAfter: followed.after,
    allowedBefore: grades.before === null ? null : termsAt(policies.before, grades.before, turnover.before).amount,
    allowedAfter: followed.terms.amount,
  };
};

export interface WeighedTerms {
  /** Null before a first grade. */
  readonly termDaysBefore: number | null;
  readonly termDaysAfter: number;
  readonly newBusinessBefore: boolean | null;
  readonly newBusinessAfter: boolean;
}

/** Terms go by grade and policy alone. */
export const weighTerms = ({ before, after }: GradesInForce, policies: LimitPolicies): WeighedTerms => {
  const [was, is] = [before === null ? null : policies.before.grades[before], policies.after.grades[after]];
  return {
    termDaysBefore: was?.paymentTermDays ?? null,
    termDaysAfter: is.paymentTermDays,
    newBusinessBefore: was?.newBusinessAllowed ?? null,
    newBusinessAfter: is.newBusinessAllowed,
  };
};
