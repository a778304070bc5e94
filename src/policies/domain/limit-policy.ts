/** Credit limit and payment term by grade (domain rule D29). */
import { z } from 'zod';
import { Decimal, roundMoney } from '../../kernel/decimal';
import { GRADES, type Grade } from '../../kernel/grade';

const gradeRowSchema = z.strictObject({
  /** Share of the yearly turnover with us that may be outstanding, 0–1. */
  turnoverShare: z.string().regex(/^(0(\.\d+)?|1(\.0+)?)$/),
  paymentTermDays: z.number().int().min(0),
  newBusinessAllowed: z.boolean(),
});

export const limitPolicySchema = z
  .strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/),
    grades: z.record(z.enum(GRADES), gradeRowSchema),
    /** Days in which a raise must be decided. */
    decideWithinDays: z.number().int().min(1),
    /** Most that the members of a group may owe together; left out: what is set for the group, if anything. */
    groupLimit: z
      .string()
      .regex(/^\d{1,18}(\.\d{1,2})?$/)
      .optional(),
  })
  .superRefine((policy, context) => {
    GRADES.slice(1).forEach((worse, i) => {
      const better = GRADES[i] as Grade;
      if (new Decimal(policy.grades[worse].turnoverShare).gt(policy.grades[better].turnoverShare)) {
        context.addIssue({ code: 'custom', path: ['grades', worse], message: `share above that of ${better}` });
      }
    });
  });

export type LimitPolicy = z.infer<typeof limitPolicySchema>;

export interface LimitTerms {
  /** Largest amount that the policy allows, two places. */
  readonly amount: string;
  readonly currency: string;
  readonly paymentTermDays: number;
  readonly newBusinessAllowed: boolean;
}

/** Terms at a grade; a customer whose turnover with us is unknown is entitled to nothing. */
export const termsAt = (policy: LimitPolicy, grade: Grade, yearlyTurnover: Decimal | null): LimitTerms => {
  const row = policy.grades[grade];
  const base = yearlyTurnover === null || yearlyTurnover.isNegative() ? new Decimal(0) : yearlyTurnover;
  return {
    amount: roundMoney(base.mul(row.turnoverShare)),
    currency: policy.currency,
    paymentTermDays: row.paymentTermDays,
    newBusinessAllowed: row.newBusinessAllowed,
  };
};
