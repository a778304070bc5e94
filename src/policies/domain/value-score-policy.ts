/** How the worth of a customer is told (domain rule D20): what each part weighs, and the figures of the lifetime value. */
import { z } from 'zod';
import { Decimal } from '../../kernel/decimal';

export const VALUE_PARTS = ['FREQUENCY', 'AVERAGE_ORDER', 'MARGIN', 'LIFETIME_VALUE', 'PARETO'] as const;
export type ValuePart = (typeof VALUE_PARTS)[number];

const share = z.string().regex(/^(?:0(?:\.\d{1,4})?|1(?:\.0{1,4})?)$/);
const weight = z.string().regex(/^\d{1,3}(?:\.\d{1,2})?$/);

const WHOLE = 100;

export const valueScorePolicySchema = z
  .strictObject({
    /** Percent of the score; together 100. */
    weights: z.record(z.enum(VALUE_PARTS), weight),
    lifetime: z.strictObject({
      /** By which margins of later years count less, a year. */
      discountRate: share,
      /** Years that are looked ahead. */
      horizonYears: z.number().int().min(1).max(20),
      /** Share that goes on buying from one year to the next, where the customer's own is not known. */
      retentionIfUnknown: share,
    }),
    /** Shares of our margin: who makes up the first is the core, who comes before the second the middle. */
    pareto: z.strictObject({ coreShare: share, middleShare: share }),
    /** Days after which everybody's value is told anew. */
    computeEveryDays: z.number().int().min(1).max(366),
  })
  .superRefine(({ weights, pareto }, context) => {
    const sum = Decimal.sum(...VALUE_PARTS.map((part) => weights[part]));
    if (!sum.eq(WHOLE)) context.addIssue({ code: 'custom', path: ['weights'], message: `add up to ${sum.toFixed()}` });
    if (new Decimal(pareto.coreShare).gte(pareto.middleShare)) {
      context.addIssue({ code: 'custom', path: ['pareto', 'middleShare'], message: 'not above the core share' });
    }
  });

export type ValueScorePolicy = z.infer<typeof valueScorePolicySchema>;
