/** Door of the policies room: versioned rules that decisions are judged by. */
import type { Actor, Initiator } from '../kernel/actor';
import type { Moments } from '../kernel/moments';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import type { ListSource } from '../platform/read-model';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { PolicyKind, PolicyVersion } from './domain/policy';
import type { PolicyDifference } from './domain/diff-policy';
import { followThrough, type FollowChunk } from './follow-through';
import { lockPolicies } from './policy-version.store';
import { ensureDefaultPolicies, publishPolicy, type Publication } from './policy.commands';
import { differenceBetween, policyInForce, policyNumbered, policyVersions } from './policy.queries';

export type { AttestationPolicy } from './domain/attestation-policy';
export { groupsOf, routeChange, type ApprovalLevel, type ChangeFacts } from './domain/approval-matrix';
export {
  LIFE_CYCLE_MEASURES,
  matchRule,
  type LifeCycleFacts,
  type LifeCycleMeasure,
  type LifeCyclePolicy,
} from './domain/life-cycle-policy';
export { askForLifeCycles, LIFE_CYCLE_JOB } from './life-cycle-job';
export { termsAt, type LimitPolicy, type LimitTerms } from './domain/limit-policy';
export type { OverridePolicy } from './domain/override-policy';
export { diffPolicy, type PolicyDifference } from './domain/diff-policy';
export { parsePolicy, parseTestCases } from './domain/parse-policy';
export {
  POLICY_KINDS,
  type PolicyContent,
  type PolicyKind,
  type PolicyTestCase,
  type PolicyVersion,
} from './domain/policy';
export { jsonOfSheet, policySheet } from './domain/policy-csv';
export { policySentences, type PolicySentence } from './domain/policy-sentences';
export { failedCases, lintPolicy, type FailedCase, type PolicyFinding } from './domain/policy-tables';
export { SOURCE_KINDS, type SourceKind, type SourcePrecedence } from './domain/source-precedence';
export { calendarGap, type ReratingCalendar } from './domain/rerating-calendar';
export {
  RISK_EVENT_KINDS,
  SEVERITIES,
  type RiskEventKind,
  type RiskEventRule,
  type Severity,
} from './domain/risk-event-policy';
export { policyReads } from './policy.reads';
export {
  matchCell,
  RISK_CLASSES,
  TIERS,
  VALUE_BANDS,
  valueBandOf,
  WARNING_LEVELS,
  type MatchedCell,
  type RiskClass,
  type Tier,
  type TierMatrixPolicy,
  type ValueBand,
  type WarningLevel,
} from './domain/tier-matrix';
export {
  COLLATERAL_DEMANDS,
  MANAGER_KINDS,
  PRODUCT_ACCESS,
  SERVICE_LEVELS,
  TIER_DIRECTIONS,
  tasksFor,
  type TierDirection,
  type TreatmentPlan,
} from './domain/treatment-plan';
export { VALUE_PARTS, type ValuePart, type ValueScorePolicy } from './domain/value-score-policy';
export { DEFAULT_POLICIES } from './domain/default-policies';

export interface Policies {
  ensureDefaults(by: Initiator): Promise<Result<number>>;
  /** In force at the moment of the transaction, read inside it. */
  inForce<K extends PolicyKind>(tx: Tx, kind: K): Promise<PolicyVersion<K>>;
  /** In force at a moment, read outside any transaction, for the queries of other rooms. */
  inForceAt<K extends PolicyKind>(kind: K, at: Date): Promise<PolicyVersion<K>>;
  /** The version of that number, in force or not, for the command line; null where there is none. */
  numbered<K extends PolicyKind>(kind: K, number: number): Promise<PolicyVersion<K> | null>;
  /** In force in the past, as it was known then. */
  inForceLookingBack<K extends PolicyKind>(kind: K, at: Moments): Promise<PolicyVersion<K>>;
  /** In force at a moment, for screens. Needs `policy.read`. */
  current<K extends PolicyKind>(viewer: Actor, kind: K, at: Date): Promise<Result<PolicyVersion<K>>>;
  /** Keeps everybody else from publishing until the transaction ends. */
  lock(tx: Tx): Promise<void>;
  /** Publishes what was agreed to, in force from now on. Only its request's handler calls this. */
  publish<K extends PolicyKind>(tx: Tx, publication: Publication<K>): Promise<void>;
  /** Brings about for everybody what the version in force changes, chunk by chunk, once; yields for how many something changed. */
  followThrough<K extends PolicyKind>(by: Initiator, kind: K, chunk: FollowChunk<K>): Promise<Result<number>>;
  versions(viewer: Actor, kind: PolicyKind): Result<ListSource>;
  difference(viewer: Actor, fromId: string, toId: string): Promise<Result<readonly PolicyDifference[]>>;
}

export const createPolicies = (deps: { database: Database; unitOfWork: UnitOfWork }): Policies => ({
  ensureDefaults: (by) => ensureDefaultPolicies(deps.unitOfWork, by),
  inForce: (tx, kind) => policyInForce(tx.query, kind, tx.at),
  inForceAt: (kind, at) => policyInForce(deps.database.query, kind, at),
  numbered: (kind, number) => policyNumbered(deps.database.query, kind, number),
  inForceLookingBack: (kind, { asOf, knownAt }) => policyInForce(deps.database.query, kind, asOf, knownAt),
  current: async (viewer, kind, at) => {
    const permitted = permit(viewer, 'policy.read');
    return permitted.ok ? ok(await policyInForce(deps.database.query, kind, at)) : permitted;
  },
  lock: lockPolicies,
  publish: publishPolicy,
  followThrough: (by, kind, chunk) => followThrough(deps.unitOfWork, by, kind, chunk),
  versions: policyVersions,
  difference: (viewer, fromId, toId) => differenceBetween(deps.database.query, viewer, fromId, toId),
});
