/** Gives a new installation its first policies. */
import type { Initiator } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import type { UnitOfWork } from '../platform/unit-of-work';
import { DEFAULT_POLICIES } from './domain/default-policies';
import { POLICY_KINDS } from './domain/policy';
import { insertPolicyVersion, kindsWithVersions, lockPolicies } from './policy-version.store';

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
      });
      tx.record({
        action: 'policy.published',
        object: { type: 'PolicyVersion', id },
        after: { kind, number: 1, digest },
      });
    }
    return ok(missing.length);
  });
