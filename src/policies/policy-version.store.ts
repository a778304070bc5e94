/** Writes policy versions; a published version is never changed. */
import { digestOf } from '../kernel/canonical-json';
import type { Tx } from '../platform/unit-of-work';
import type { PolicyContent, PolicyKind } from './domain/policy';
import { PolicyVersionEntity } from './policy-version.entity';

/** Serialises publishing, so that numbers within a kind have no gaps or doubles. */
export const lockPolicies = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('policy_version'))");
};

export const kindsWithVersions = async (tx: Tx): Promise<Set<string>> => {
  const rows = await tx.query<{ kind: string }>('SELECT DISTINCT kind FROM policy_version');
  return new Set(rows.map((row) => row.kind));
};

export const insertPolicyVersion = async <K extends PolicyKind>(
  tx: Tx,
  version: { kind: K; number: number; content: PolicyContent<K>; effectiveFrom: Date },
): Promise<{ id: string; digest: string }> => {
  const row = { id: tx.newId(), digest: digestOf(version.content) };
  await tx.manager.insert(PolicyVersionEntity, {
    ...row,
    kind: version.kind,
    number: version.number,
    content: version.content,
    effectiveFrom: version.effectiveFrom,
    publishedAt: tx.at,
    publishedBy: tx.initiator.actor.id,
  });
  return row;
};
