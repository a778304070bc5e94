/**
 * The life cycle by rules (domain rule D4): which stage a customer's own figures put him in. The first rule whose conditions all
 * hold decides; the last has none and takes everybody else. What is not known fulfils no condition.
 */
import { z } from 'zod';
import { Decimal } from '../../kernel/decimal';
import { STAGES } from '../../kernel/life-cycle';

/** Indicators that stages are told by, and whether the customer was ever rated (1) or not (0). */
export const LIFE_CYCLE_MEASURES = [
  'cooperationYears',
  'daysSinceLastOrder',
  'ordersIn1Year',
  'turnoverGrowthWithUs',
  'rated',
] as const;
export type LifeCycleMeasure = (typeof LIFE_CYCLE_MEASURES)[number];

const bound = z.string().regex(/^-?\d{1,9}(\.\d{1,6})?$/);

const condition = z
  .strictObject({ measure: z.enum(LIFE_CYCLE_MEASURES), atLeast: bound.optional(), below: bound.optional() })
  .refine(
    ({ atLeast, below }) => atLeast !== undefined || below !== undefined,
    'says neither from where nor up to where',
  )
  .refine(
    ({ atLeast, below }) => atLeast === undefined || below === undefined || new Decimal(atLeast).lt(below),
    'holds for nobody',
  );

export const lifeCyclePolicySchema = z
  .strictObject({
    rules: z
      .array(
        z.strictObject({
          id: z.string().regex(/^[a-z][a-zA-Z0-9-]{1,39}$/),
          nameZh: z.string().min(1),
          nameEn: z.string().min(1),
          stage: z.enum(STAGES),
          when: z.array(condition),
        }),
      )
      .min(1)
      .max(50),
  })
  .superRefine(({ rules }, context) => {
    rules.forEach(({ id, when }, i) => {
      const path = ['rules', i];
      if (rules.findIndex((rule) => rule.id === id) !== i) {
        context.addIssue({ code: 'custom', path, message: `${id} stands there twice` });
      }
      if ((when.length === 0) !== (i === rules.length - 1)) {
        context.addIssue({ code: 'custom', path, message: 'the last rule, and no other, takes everybody else' });
      }
    });
  });

export type LifeCyclePolicy = z.infer<typeof lifeCyclePolicySchema>;
type LifeCycleRule = LifeCyclePolicy['rules'][number];

/** Null where not known, or too old to count. */
export type LifeCycleFacts = Readonly<Record<LifeCycleMeasure, number | null>>;

export const matchRule = ({ rules }: LifeCyclePolicy, facts: LifeCycleFacts): LifeCycleRule => {
  const matched = rules.find(({ when }) =>
    when.every(({ measure, atLeast, below }) => {
      const value = facts[measure];
      return (
        value !== null &&
        (atLeast === undefined || value >= Number(atLeast)) &&
        (below === undefined || value < Number(below))
      );
    }),
  );
  if (matched === undefined) throw new Error('the last rule of a life cycle takes everybody');
  return matched;
};
