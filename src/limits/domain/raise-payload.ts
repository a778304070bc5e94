/** What requests about limits carry. */
import { z } from 'zod';
import { writtenEvidenceSchema } from '../../approvals/domain/evidence-file';

const amount = z.string().regex(/^\d+\.\d{2}$/);

export const raisePayloadSchema = z.strictObject({
  fromAmount: amount,
  toAmount: amount,
  currency: z.string().regex(/^[A-Z]{3}$/),
  justification: z.string(),
  evidence: z.array(writtenEvidenceSchema).optional(),
  /** What is raised: the limit itself unless it says otherwise. */
  scope: z.enum(['PRODUCT', 'GROUP']).optional(),
  product: z.string().optional(),
  /** A raise of the limit itself may end by itself. */
  until: z.iso.datetime().optional(),
});

export type RaisePayload = z.infer<typeof raisePayloadSchema>;

export const unfreezePayloadSchema = z.strictObject({
  freezeId: z.uuid(),
  frozenFor: z.string(),
  frozenAt: z.iso.datetime(),
  justification: z.string(),
});

export type UnfreezePayload = z.infer<typeof unfreezePayloadSchema>;
