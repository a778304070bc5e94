/** Door of the policies room: versioned rules that decisions are judged by. */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { Database } from '../platform/database';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { PolicyKind, PolicyVersion } from './domain/policy';
import { ensureDefaultPolicies } from './policy.commands';
import { policyInForce, policyVersionsByIds } from './policy.queries';

export { routeChange, HIGHEST_ROW, type ApprovalLevel, type ChangeFacts, type Routing } from './domain/approval-matrix';
export { termsAt, type LimitPolicy, type LimitTerms } from './domain/limit-policy';
export type { OverridePolicy } from './domain/override-policy';
export type { PolicyContent, PolicyKind, PolicyVersion } from './domain/policy';
export { DEFAULT_POLICIES } from './domain/default-policies';

export interface Policies {
  ensureDefaults(by: Initiator): Promise<Result<number>>;
  /** In force at the moment of the transaction, read inside it. */
  inForce<K extends PolicyKind>(tx: Tx, kind: K): Promise<PolicyVersion<K>>;
  /** In force now, for screens. */
  current<K extends PolicyKind>(kind: K, at: Date): Promise<PolicyVersion<K>>;
  byIds(ids: readonly string[]): Promise<PolicyVersion[]>;
}

export const createPolicies = (deps: { database: Database; unitOfWork: UnitOfWork }): Policies => ({
  ensureDefaults: (by) => ensureDefaultPolicies(deps.unitOfWork, by),
  inForce: (tx, kind) => policyInForce(tx.query, kind, tx.at),
  current: (kind, at) => policyInForce(deps.database.query, kind, at),
  byIds: (ids) => policyVersionsByIds(deps.database.query, ids),
});
