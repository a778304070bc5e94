/** Writes policy versions; a published version is never changed. */
import { digestOf } from '../kernel/canonical-json';
import type { Tx } from '../platform/unit-of-work';
import type { PolicyContent, PolicyKind, PolicyTestCase } from './domain/policy';
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
  version: {
    readonly kind: K;
    readonly number: number;
    readonly content: PolicyContent<K>;
    readonly effectiveFrom: Date;
    readonly testCases: readonly PolicyTestCase[];
    /** Null for what an installation starts with. */
    readonly requestId: string | null;
  },
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
    testCases: version.testCases,
    requestId: version.requestId,
  });
  return row;
};

/** Number of the newest version of a kind, in force or not yet; 0 where there is none. */
export const newestNumber = async (tx: Tx, kind: PolicyKind): Promise<number> => {
  const [row] = await tx.query<{ number: number }>(
    'SELECT coalesce(max(number), 0)::int AS number FROM policy_version WHERE kind = $1',
    [kind],
  );
  return row?.number ?? 0;
};
