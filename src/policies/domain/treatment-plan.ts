/**
 * Treatment plans (domain rule D21): what customers of a tier are given and what is asked of them, and the tasks that follow
 * when one comes into the tier. A worse tier never asks for less security or prepayment than a better one.
 */
import { z } from 'zod';
import { Decimal } from '../../kernel/decimal';
import { TIERS, type Tier } from './tier-matrix';

export const SERVICE_LEVELS = ['DEDICATED', 'PRIORITY', 'REGULAR', 'BASIC', 'RESTRICTED'] as const;
export const MANAGER_KINDS = ['DEDICATED', 'SHARED', 'POOL', 'RISK'] as const;
export const PRODUCT_ACCESS = ['ALL', 'SELECTED', 'RESTRICTED'] as const;
/** Loosest first. */
export const COLLATERAL_DEMANDS = ['NONE', 'ON_REQUEST', 'REQUIRED'] as const;
/** How a customer came into a tier: without one before, from a worse or from a better one. */
export const TIER_DIRECTIONS = ['FIRST', 'UP', 'DOWN'] as const;
export type TierDirection = (typeof TIER_DIRECTIONS)[number];

const taskSchema = z.strictObject({
  code: z.string().regex(/^[A-Z][A-Z0-9_]{1,39}$/),
  on: z.array(z.enum(TIER_DIRECTIONS)).min(1),
  /** Counted from the day of the change. */
  dueInDays: z.number().int().min(0).max(366),
  nameZh: z.string().min(1).max(200),
  nameEn: z.string().min(1).max(200),
});
export type PlannedTask = z.infer<typeof taskSchema>;

const planSchema = z.strictObject({
  serviceLevel: z.enum(SERVICE_LEVELS),
  contactEveryDays: z.number().int().min(1).max(366),
  manager: z.enum(MANAGER_KINDS),
  productAccess: z.enum(PRODUCT_ACCESS),
  collateral: z.enum(COLLATERAL_DEMANDS),
  /** Share of an order that is paid beforehand, 0 to 1. */
  prepaymentShare: z.string().regex(/^(?:0(?:\.\d{1,4})?|1(?:\.0{1,4})?)$/),
  tasks: z.array(taskSchema).max(20),
});
export type TreatmentPlan = z.infer<typeof planSchema>;

export const treatmentPlanSchema = z
  .strictObject({ plans: z.record(z.enum(TIERS), planSchema) })
  .superRefine(({ plans }, context) => {
    TIERS.slice(1).forEach((worse, i) => {
      const better = TIERS[i] as Tier;
      const say = (field: string): void =>
        context.addIssue({ code: 'custom', path: ['plans', worse, field], message: `asks for less than ${better}` });
      if (new Decimal(plans[worse].prepaymentShare).lt(plans[better].prepaymentShare)) say('prepaymentShare');
      if (COLLATERAL_DEMANDS.indexOf(plans[worse].collateral) < COLLATERAL_DEMANDS.indexOf(plans[better].collateral)) {
        say('collateral');
      }
    });
    for (const tier of TIERS) {
      const codes = plans[tier].tasks.map(({ code }) => code);
      if (new Set(codes).size !== codes.length) {
        context.addIssue({ code: 'custom', path: ['plans', tier, 'tasks'], message: 'a code stands there twice' });
      }
    }
  });

/** The tasks that coming into the tier brings. */
export const tasksFor = (
  { plans }: z.infer<typeof treatmentPlanSchema>,
  tier: Tier,
  direction: TierDirection,
): readonly PlannedTask[] => plans[tier].tasks.filter(({ on }) => on.includes(direction));
