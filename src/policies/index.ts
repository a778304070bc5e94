/** Door of the policies room: versioned rules that decisions are judged by. */
import type { Actor, Initiator } from '../kernel/actor';
import type { Moments } from '../kernel/moments';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { PolicyKind, PolicyVersion } from './domain/policy';
import { ensureDefaultPolicies } from './policy.commands';
import { policyInForce } from './policy.queries';

export { routeChange, type ChangeFacts } from './domain/approval-matrix';
export { termsAt, type LimitTerms } from './domain/limit-policy';
export type { OverridePolicy } from './domain/override-policy';
export { POLICY_KINDS, type PolicyKind, type PolicyVersion } from './domain/policy';
export { policyReads } from './policy.reads';
export { DEFAULT_POLICIES } from './domain/default-policies';

export interface Policies {
  ensureDefaults(by: Initiator): Promise<Result<number>>;
  /** In force at the moment of the transaction, read inside it. */
  inForce<K extends PolicyKind>(tx: Tx, kind: K): Promise<PolicyVersion<K>>;
  /** In force at a moment, read outside any transaction, for the queries of other rooms. */
  inForceAt<K extends PolicyKind>(kind: K, at: Date): Promise<PolicyVersion<K>>;
  /** In force in the past, as it was known then. */
  inForceLookingBack<K extends PolicyKind>(kind: K, at: Moments): Promise<PolicyVersion<K>>;
  /** In force at a moment, for screens. Needs `policy.read`. */
  current<K extends PolicyKind>(viewer: Actor, kind: K, at: Date): Promise<Result<PolicyVersion<K>>>;
}

export const createPolicies = (deps: { database: Database; unitOfWork: UnitOfWork }): Policies => ({
  ensureDefaults: (by) => ensureDefaultPolicies(deps.unitOfWork, by),
  inForce: (tx, kind) => policyInForce(tx.query, kind, tx.at),
  inForceAt: (kind, at) => policyInForce(deps.database.query, kind, at),
  inForceLookingBack: (kind, { asOf, knownAt }) => policyInForce(deps.database.query, kind, asOf, knownAt),
  current: async (viewer, kind, at) => {
    const permitted = permit(viewer, 'policy.read');
    return permitted.ok ? ok(await policyInForce(deps.database.query, kind, at)) : permitted;
  },
});
