/** The kinds of policy and the schema of each one's content. Content that does not fit its schema is never stored or used. */
import type { z } from 'zod';
import type { Json } from '../../kernel/canonical-json';
import { approvalMatrixSchema } from './approval-matrix';
import { approvalRulesSchema } from './approval-rules';
import { attestationPolicySchema } from './attestation-policy';
import { lifeCyclePolicySchema } from './life-cycle-policy';
import { limitPolicySchema } from './limit-policy';
import { overridePolicySchema } from './override-policy';
import { ratingRunPolicySchema } from './rating-run-policy';
import { sourcePrecedenceSchema } from './source-precedence';
import { tierMatrixSchema } from './tier-matrix';
import { treatmentPlanSchema } from './treatment-plan';
import { valueScorePolicySchema } from './value-score-policy';
import { reratingCalendarSchema } from './rerating-calendar';
import { riskEventPolicySchema } from './risk-event-policy';

export const POLICY_SCHEMAS = {
  APPROVAL_MATRIX: approvalMatrixSchema,
  APPROVAL_RULES: approvalRulesSchema,
  OVERRIDE: overridePolicySchema,
  LIMIT: limitPolicySchema,
  RATING_RUN: ratingRunPolicySchema,
  SOURCE_PRECEDENCE: sourcePrecedenceSchema,
  TIER_MATRIX: tierMatrixSchema,
  TREATMENT_PLAN: treatmentPlanSchema,
  VALUE_SCORE: valueScorePolicySchema,
  RERATING_CALENDAR: reratingCalendarSchema,
  RISK_EVENT: riskEventPolicySchema,
  LIFE_CYCLE: lifeCyclePolicySchema,
  ATTESTATION: attestationPolicySchema,
} as const;

export type PolicyKind = keyof typeof POLICY_SCHEMAS;
export const POLICY_KINDS = Object.keys(POLICY_SCHEMAS) as PolicyKind[];
export type PolicyContent<K extends PolicyKind> = z.infer<(typeof POLICY_SCHEMAS)[K]>;

export interface PolicyVersion<K extends PolicyKind = PolicyKind> {
  readonly id: string;
  readonly kind: K;
  /** 1, 2, 3 … within the kind. */
  readonly number: number;
  readonly content: PolicyContent<K>;
  /** SHA-256 of the canonical content. */
  readonly digest: string;
  readonly effectiveFrom: Date;
  /** What it was tried with before it was published. */
  readonly testCases: readonly PolicyTestCase[];
}

/** A case that a policy must answer as expected, kept with it. */
export interface PolicyTestCase {
  readonly name: string;
  /** Of an approval matrix the kind of change. */
  readonly table: string;
  readonly input: Readonly<Record<string, string | number | boolean>>;
  /** Parts of the answer, by name; `row` is the name of the row. */
  readonly expect: Readonly<Record<string, Json>>;
}
