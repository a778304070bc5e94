/**
 * May this override be put up for decision? Judged by the override policy (governance §3, D28): reason, justification,
 * evidence, distance from the model grade and validity. It decides nothing about who must agree.
 */
import { notchesBetween, type Grade } from '../../kernel/grade';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { WrittenEvidence } from '../../approvals';
import type { OverridePolicy } from '../../policies';

export interface OverrideProposal {
  readonly toGrade: Grade;
  readonly reasonCode: string;
  readonly justification: string;
  readonly evidence: readonly WrittenEvidence[];
  /** The override ends at this moment. */
  readonly validUntil: Date;
  /** In force from then on; left out: as soon as it is agreed to. */
  readonly effectiveFrom?: Date | null;
}

export interface GradedCustomer {
  readonly modelGrade: Grade;
  readonly grade: Grade;
}

export interface OverrideDecision {
  /** UP when the proposed grade is better than the model grade or than the grade in force. */
  readonly direction: 'UP' | 'DOWN';
  /** Distance from the model grade or from the grade in force, whichever is larger; absolute. */
  readonly notches: number;
  readonly decideBy: Date;
}

const DAY_MS = 86_400_000;

/** Why and how long, whatever is overridden. Refusals in order: unknown reason, blank texts, expired, too long. */
export const decideGrounds = (
  proposal: Pick<OverrideProposal, 'reasonCode' | 'justification' | 'validUntil'>,
  policy: OverridePolicy,
  now: Date,
): Result<true> => {
  if (proposal.reasonCode.trim() === '') {
    return refuse('REQUIRED', 'an override needs a reason', { field: ['reasonCode'] });
  }
  if (!policy.reasons.some((reason) => reason.code === proposal.reasonCode)) {
    return refuse('POLICY_VIOLATION', `the override policy knows no reason ${proposal.reasonCode}`, {
      reason: 'REASON_NOT_ALLOWED',
      field: ['reasonCode'],
      params: { allowed: policy.reasons.map((reason) => reason.code).join(' ') },
    });
  }
  const justification = proposal.justification.trim();
  if (justification === '') {
    return refuse('REQUIRED', 'an override needs a justification', { field: ['justification'] });
  }
  if (justification.length < policy.justificationMinChars) {
    return refuse('POLICY_VIOLATION', `a justification has at least ${policy.justificationMinChars} characters`, {
      reason: 'JUSTIFICATION_TOO_SHORT',
      field: ['justification'],
      params: { min: policy.justificationMinChars },
    });
  }
  if (proposal.validUntil <= now) {
    return refuse('EXPIRED', 'an override must end in the future', { reason: 'VALID_UNTIL', field: ['validUntil'] });
  }
  if (proposal.validUntil.getTime() - now.getTime() > policy.longestValidityDays * DAY_MS) {
    return refuse('POLICY_VIOLATION', `an override lasts at most ${policy.longestValidityDays} days`, {
      reason: 'VALIDITY_TOO_LONG',
      field: ['validUntil'],
      params: { maxDays: policy.longestValidityDays },
    });
  }
  return ok(true);
};

/** Refusals in order: those of {@link decideGrounds}, same grade, begun too early or too late, too far from the model, no evidence. */
export const decideOverride = (
  customer: GradedCustomer,
  proposal: OverrideProposal,
  policy: OverridePolicy,
  now: Date,
): Result<OverrideDecision> => {
  const grounds = decideGrounds(proposal, policy, now);
  if (!grounds.ok) return grounds;
  if (proposal.toGrade === customer.grade) {
    return refuse('INVALID', `the grade in force is already ${customer.grade}`, {
      reason: 'SAME_GRADE',
      field: ['toGrade'],
      params: { grade: customer.grade },
    });
  }
  if (
    proposal.effectiveFrom != null &&
    (proposal.effectiveFrom <= now || proposal.effectiveFrom >= proposal.validUntil)
  ) {
    return refuse('EXPIRED', 'an override begins in the future and before it ends', {
      reason: 'EFFECTIVE_FROM',
      field: ['effectiveFrom'],
    });
  }
  const fromModel = notchesBetween(customer.modelGrade, proposal.toGrade);
  const cap = fromModel > 0 ? policy.notchCap.up : policy.notchCap.down;
  if (Math.abs(fromModel) > cap) {
    return refuse('POLICY_VIOLATION', `an override stays within ${cap} notches of the model grade in this direction`, {
      reason: 'NOTCH_CAP',
      field: ['toGrade'],
      params: { cap, notches: Math.abs(fromModel), modelGrade: customer.modelGrade },
    });
  }
  const fromInForce = notchesBetween(customer.grade, proposal.toGrade);
  // Judgement above the model is upwards even where a still better override is in force.
  const direction = fromModel > 0 || fromInForce > 0 ? 'UP' : 'DOWN';
  if (policy.evidenceFor.includes(direction) && proposal.evidence.length === 0) {
    return refuse('EVIDENCE_REQUIRED', 'an override in this direction needs evidence', {
      field: ['evidence'],
      params: { direction },
    });
  }
  return ok({
    direction,
    notches: Math.max(Math.abs(fromModel), Math.abs(fromInForce)),
    decideBy: new Date(
      Math.min(
        now.getTime() + policy.decideWithinDays * DAY_MS,
        proposal.validUntil.getTime(),
        proposal.effectiveFrom?.getTime() ?? Infinity,
      ),
    ),
  });
};
