/** When, how far and for how long a grade may be overridden (governance §3, supervision rules R1, R6). */
import { z } from 'zod';

export const overridePolicySchema = z.strictObject({
  reasons: z
    .array(z.strictObject({ code: z.string().regex(/^[A-Z][A-Z0-9_]*$/), nameZh: z.string(), nameEn: z.string() }))
    .min(1),
  /** Largest distance from the model grade, in notches; upwards tighter than downwards. */
  notchCap: z.strictObject({ up: z.number().int().min(0).max(8), down: z.number().int().min(0).max(8) }),
  longestValidityDays: z.number().int().min(1),
  justificationMinChars: z.number().int().min(1),
  /** Directions that demand at least one piece of evidence. */
  evidenceFor: z.array(z.enum(['UP', 'DOWN'])),
  /** Days in which a request must be decided. */
  decideWithinDays: z.number().int().min(1),
});

export type OverridePolicy = z.infer<typeof overridePolicySchema>;
