/** The yearly attestation (supervision rule R18): by when it is due, how often it is asked for, and what is attested, statement by statement. */
import { z } from 'zod';

export const attestationPolicySchema = z.strictObject({
  /** Months after the end of a year in which its attestation is given. */
  dueMonths: z.number().int().min(1).max(12),
  /** Days between two reminders, from the day on which the year is over. */
  remindEveryDays: z.number().int().min(1).max(90),
  /** Days in which a request must be decided. */
  decideWithinDays: z.number().int().min(1).max(90),
  statements: z
    .array(
      z.strictObject({
        code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
        nameZh: z.string().min(1),
        nameEn: z.string().min(1),
      }),
    )
    .min(1)
    .max(50)
    .refine(
      (statements) => new Set(statements.map(({ code }) => code)).size === statements.length,
      'a statement stands twice',
    ),
});

export type AttestationPolicy = z.infer<typeof attestationPolicySchema>;
