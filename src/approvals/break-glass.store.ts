/** Writes what one person let through alone, and how that ended. */
import type { Tx } from '../platform/unit-of-work';

export const insertBreakGlass = async (
  tx: Tx,
  broken: { readonly requestId: string; readonly reviewId: string; readonly reason: string; readonly ratifyBy: Date },
): Promise<void> => {
  await tx.query(
    `INSERT INTO break_glass (request_id, review_id, broken_by, reason, broken_at, ratify_by)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [broken.requestId, broken.reviewId, tx.initiator.actor.id, broken.reason, tx.at, broken.ratifyBy],
  );
};

/** False where it had ended before. */
export const endBreakGlass = async (tx: Tx, reviewId: string, outcome: 'RATIFIED' | 'REVERTED'): Promise<boolean> => {
  const ended = await tx.query(
    `UPDATE break_glass SET outcome = $2, ended_at = $3 WHERE review_id = $1 AND outcome IS NULL RETURNING request_id`,
    [reviewId, outcome, tx.at],
  );
  return ended.length === 1;
};
