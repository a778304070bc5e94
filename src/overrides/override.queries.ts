/** Reads overrides: the live one of a customer and those before. It never writes. */
import type { Actor } from '../kernel/actor';
import { decidedBy, type Moments } from '../kernel/moments';
import { ok, type Result } from '../kernel/result';
import { permitPast } from '../identity';
import type { Database } from '../platform/database';

/** Customers whose live override should have ended by now, the longest overdue first. */
export const customersWithOverdue = async (database: Database, now: Date, atMost: number): Promise<string[]> => {
  const rows = await database.query<{ customer_id: string }>(
    `SELECT customer_id FROM grade_override WHERE ended_at IS NULL AND valid_until <= $1
     ORDER BY valid_until, id LIMIT $2`,
    [now, atMost],
  );
  return rows.map((row) => row.customer_id);
};

export const createOverrideQueries = (database: Database) => ({
  /** Which override of which customer was live in the past. Needs `rating.read` and `audit.read`. */
  liveAt: async (
    viewer: Actor,
    customerIds: readonly string[],
    at: Moments,
  ): Promise<Result<readonly { readonly id: string; readonly customerId: string }[]>> => {
    const permitted = permitPast(viewer, 'rating.read');
    if (!permitted.ok) return permitted;
    return ok(
      await database.query(
        `SELECT id, customer_id AS "customerId" FROM grade_override
         WHERE customer_id = ANY ($1) AND effective_from <= $2 AND (ended_at IS NULL OR ended_at > $2)`,
        [customerIds, decidedBy(at)],
      ),
    );
  },
});

export type OverrideQueries = ReturnType<typeof createOverrideQueries>;
