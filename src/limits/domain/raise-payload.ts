/** What a CREDIT_LIMIT request carries. */
import { z } from 'zod';

const amount = z.string().regex(/^\d+\.\d{2}$/);

export const raisePayloadSchema = z.strictObject({
  fromAmount: amount,
  toAmount: amount,
  currency: z.string().regex(/^[A-Z]{3}$/),
  justification: z.string(),
});

export type RaisePayload = z.infer<typeof raisePayloadSchema>;
