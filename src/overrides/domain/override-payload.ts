/** What a GRADE_OVERRIDE request carries; written once at submission and read back when it is applied. */
import { z } from 'zod';
import { writtenEvidenceSchema } from '../../approvals/domain/evidence-file';
import { GRADES } from '../../kernel/grade';

export const overridePayloadSchema = z.strictObject({
  fromGrade: z.enum(GRADES),
  modelGrade: z.enum(GRADES),
  toGrade: z.enum(GRADES),
  reasonCode: z.string(),
  justification: z.string(),
  evidence: z.array(writtenEvidenceSchema),
  /** ISO 8601, UTC. */
  validUntil: z.string(),
  /** ISO 8601, UTC; left out: as soon as it is agreed to. */
  effectiveFrom: z.string().optional(),
});

export type OverridePayload = z.infer<typeof overridePayloadSchema>;
