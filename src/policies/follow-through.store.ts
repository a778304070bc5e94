/** Takes down how far the versions of policies have been followed through. */
import type { Tx } from '../platform/unit-of-work';
import type { PolicyKind } from './domain/policy';

/** One worker at a time for each kind, until the transaction ends. */
export const lockFollowThroughs = async (tx: Tx, kind: PolicyKind): Promise<void> => {
  await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`policy_follow_through.${kind}`]);
};

export interface FollowThrough {
  /** Customers up to this id are done; null before the first chunk. */
  readonly doneUpto: string | null;
  readonly finished: boolean;
}

/** How far a version has come; of one that nobody has begun with, nothing is done. */
export const findFollowThrough = async (tx: Tx, policyVersionId: string): Promise<FollowThrough> =>
  (
    await tx.query<FollowThrough>(
      `SELECT done_upto AS "doneUpto", finished_at IS NOT NULL AS finished FROM policy_follow_through WHERE policy_version_id = $1`,
      [policyVersionId],
    )
  )[0] ?? { doneUpto: null, finished: false };

/** `upto` is null where nobody is left. */
export const noteFollowThrough = async (
  tx: Tx,
  policyVersionId: string,
  { moved, upto }: { readonly moved: number; readonly upto: string | null },
): Promise<void> => {
  await tx.query(
    `INSERT INTO policy_follow_through AS so (policy_version_id, done_upto, moved, begun_at, updated_at, finished_at)
     VALUES ($1, $2, $3, $4, $4, CASE WHEN $2::uuid IS NULL THEN $4::timestamptz END)
     ON CONFLICT (policy_version_id) DO UPDATE SET done_upto = coalesce(excluded.done_upto, so.done_upto),
       moved = so.moved + excluded.moved, updated_at = greatest(so.updated_at, excluded.updated_at),
       finished_at = CASE WHEN excluded.finished_at IS NOT NULL THEN greatest(so.updated_at, excluded.finished_at) END`,
    [policyVersionId, upto, moved, tx.at],
  );
};
