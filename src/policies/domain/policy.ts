/** The kinds of policy and the schema of each one's content. Content that does not fit its schema is never stored or used. */
import type { z } from 'zod';
import { approvalMatrixSchema } from './approval-matrix';
import { limitPolicySchema } from './limit-policy';
import { overridePolicySchema } from './override-policy';

export const POLICY_SCHEMAS = {
  APPROVAL_MATRIX: approvalMatrixSchema,
  OVERRIDE: overridePolicySchema,
  LIMIT: limitPolicySchema,
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
}
