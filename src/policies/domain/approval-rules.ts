/** The rules of the approval process itself, beside who must agree: bounds, throttles and times (governance §4). */
import { z } from 'zod';

export const approvalRulesSchema = z.strictObject({
  /** Hours between two reminders of one request by hand. */
  remindEveryHours: z.number().int().min(1).max(240),
  /** Days that a person may let another act for him by his own word; longer needs a request. */
  delegationDaysUpTo: z.number().int().min(0).max(366),
  breakGlass: z.strictObject({
    /** Hours in which what one person let through must be ratified; else it reverts by itself. */
    ratifyWithinHours: z.number().int().min(1).max(72),
    kinds: z.array(z.string().min(1)),
  }),
  /** Days in which requests about people and their duties must be decided. */
  decideWithinDays: z.number().int().min(1).max(365),
});
