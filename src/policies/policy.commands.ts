/** Gives a new installation its first policies, and publishes those that were agreed to. */
import type { Initiator } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import { DEFAULT_POLICIES, DEFAULT_TEST_CASES } from './domain/default-policies';
import { POLICY_KINDS, type PolicyContent, type PolicyKind, type PolicyTestCase } from './domain/policy';
import { insertPolicyVersion, kindsWithVersions, lockPolicies, newestNumber } from './policy-version.store';

/** Publishes version 1 of every kind that has none; yields how many it published. */
export const ensureDefaultPolicies = (unitOfWork: UnitOfWork, by: Initiator): Promise<Result<number>> =>
  unitOfWork.run(by, async (tx) => {
    await lockPolicies(tx);
    const present = await kindsWithVersions(tx);
    const missing = POLICY_KINDS.filter((kind) => !present.has(kind));
    if (missing.length === 0) tx.unchanged();
    for (const kind of missing) {
      const { id, digest } = await insertPolicyVersion(tx, {
        kind,
        number: 1,
        content: DEFAULT_POLICIES[kind],
        effectiveFrom: tx.at,
        testCases: DEFAULT_TEST_CASES[kind] ?? [],
        requestId: null,
      });
      tx.record({
        action: 'policy.published',
        object: { type: 'PolicyVersion', id },
        after: { kind, number: 1, digest },
      });
    }
    return ok(missing.length);
  });

export interface Publication<K extends PolicyKind> {
  readonly kind: K;
  readonly content: PolicyContent<K>;
  readonly testCases: readonly PolicyTestCase[];
  /** The request that was agreed to. */
  readonly request: { readonly id: string; readonly number: string };
  readonly reason: string;
}

/** A version that was agreed to, in force from now on. */
export const publishPolicy = async <K extends PolicyKind>(
  tx: Tx,
  { kind, content, testCases, request, reason }: Publication<K>,
): Promise<void> => {
  await lockPolicies(tx);
  const before = await newestNumber(tx, kind);
  const number = before + 1;
  const version = { kind, number, content, testCases, effectiveFrom: tx.at, requestId: request.id };
  const { id, digest } = await insertPolicyVersion(tx, version);
  tx.record({
    action: 'policy.published',
    object: { type: 'PolicyVersion', id },
    before: { kind, number: before },
    after: { kind, number, digest },
    reason,
    data: { request: request.number },
  });
};
