/** A person's value of an indicator in place of the source's, for a time: what such a request carries, and whether it may be made. */
import { z } from 'zod';
import { Decimal } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { writtenEvidenceSchema } from '../../approvals/domain/evidence-file';
import type { WrittenEvidence } from '../../approvals';
import type { OverridePolicy } from '../../policies';
import { decideGrounds } from './decide-override';

export const inputOverrideSchema = z.strictObject({
  code: z.string(),
  /** Day of the value that it stands in for, YYYY-MM-DD. */
  asOf: z.string(),
  fromValue: z.string().nullable(),
  toValue: z.string(),
  reasonCode: z.string(),
  justification: z.string(),
  evidence: z.array(writtenEvidenceSchema),
  /** ISO 8601, UTC. */
  validUntil: z.string(),
});
export type InputOverridePayload = z.infer<typeof inputOverrideSchema>;

export interface InputOverrideProposal {
  readonly code: string;
  readonly value: Decimal;
  readonly reasonCode: string;
  readonly justification: string;
  readonly evidence: readonly WrittenEvidence[];
  readonly validUntil: Date;
}

const DAY_MS = 86_400_000;

/** Judged by the override policy; evidence is always demanded, since what a value does to the grade is not known yet. Yields until when it must be decided. */
export const decideInputOverride = (
  present: string | null,
  proposal: InputOverrideProposal,
  policy: OverridePolicy,
  now: Date,
): Result<{ readonly decideBy: Date }> => {
  const grounds = decideGrounds(proposal, policy, now);
  if (!grounds.ok) return grounds;
  if (present !== null && new Decimal(present).eq(proposal.value)) {
    return refuse('INVALID', `the value is ${present} already`, { reason: 'SAME_VALUE', field: ['value'] });
  }
  if (proposal.evidence.length === 0) {
    return refuse('EVIDENCE_REQUIRED', 'a value in place of the source’s needs evidence', { field: ['evidence'] });
  }
  const decideBy = Math.min(now.getTime() + policy.decideWithinDays * DAY_MS, proposal.validUntil.getTime());
  return ok({ decideBy: new Date(decideBy) });
};
