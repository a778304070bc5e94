/**
 * What follows from which risk event (domain rules D25, D33, supervision rule R12): how severe its warning is, which indicator it
 * moves, how soon the customer is rated again, whether the limit is reviewed, and until when somebody has to decide.
 */
import { z } from 'zod';
import { ROLES } from '../../kernel/role';

export const RISK_EVENT_KINDS = [
  'DEFAULT',
  'BANKRUPTCY',
  'LAWSUIT',
  'LAWSUIT_CLOSED',
  'BLACKLIST',
  'OVERDUE',
  'EQUITY_CHANGE',
  'BAD_NEWS',
  'DEBT_JUMP',
  'OTHER',
] as const;
export type RiskEventKind = (typeof RISK_EVENT_KINDS)[number];

/** Worst first. */
export const SEVERITIES = ['RED', 'YELLOW', 'GREEN'] as const;
export type Severity = (typeof SEVERITIES)[number];

const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/);

const ruleSchema = z.strictObject({
  nameZh: z.string().min(1),
  nameEn: z.string().min(1),
  severity: z.enum(SEVERITIES),
  /** ADD to the value on record, never below zero; SET it; or take the GIVEN value of the event. Null: none is moved. */
  indicator: z
    .discriminatedUnion('change', [
      z.strictObject({ code: z.string().min(1), change: z.literal('ADD'), value: decimalText }),
      z.strictObject({ code: z.string().min(1), change: z.literal('SET'), value: decimalText }),
      z.strictObject({ code: z.string().min(1), change: z.literal('GIVEN') }),
    ])
    .nullable(),
  /** Null: the calendar alone says when. */
  rerate: z
    .strictObject({
      /** Events of one customer within this time are answered by one rating; 0: at once. */
      debounceSeconds: z.number().int().min(0).max(86_400),
      deadlineMinutes: z.number().int().min(1).max(100_000),
    })
    .nullable(),
  /** Whether somebody has to review the credit limit, besides what the limit policy cuts by itself. */
  reviewLimit: z.boolean(),
  decideWithinBusinessDays: z.number().int().min(0).max(250),
});

export const riskEventPolicySchema = z
  .strictObject({
    events: z.record(z.enum(RISK_EVENT_KINDS), ruleSchema),
    /** Who owns warnings of customers without a customer manager. */
    ownerRole: z.enum(ROLES),
  })
  .superRefine(({ events }, context) => {
    for (const [kind, rule] of Object.entries(events)) {
      if (rule.rerate !== null && rule.rerate.debounceSeconds >= rule.rerate.deadlineMinutes * 60) {
        context.addIssue({ code: 'custom', path: ['events', kind], message: 'waits for longer than its deadline' });
      }
    }
  });

export type RiskEventPolicy = z.infer<typeof riskEventPolicySchema>;
export type RiskEventRule = z.infer<typeof ruleSchema>;
