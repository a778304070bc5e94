/** Reads overrides: the live one of a customer and those before. It never writes. */
import type { Actor } from '../kernel/actor';
import type { Grade } from '../kernel/grade';
import { decidedBy, type Moments } from '../kernel/moments';
import { ok, type Result } from '../kernel/result';
import { permit, permitPast } from '../identity';
import type { Database } from '../platform/database';
import type { Evidence } from './domain/decide-override';

export interface GradeOverride {
  readonly id: string;
  readonly customerId: string;
  readonly requestId: string;
  readonly modelGrade: Grade;
  readonly fromGrade: Grade;
  readonly toGrade: Grade;
  readonly reasonCode: string;
  readonly justification: string;
  readonly evidence: readonly Evidence[];
  readonly effectiveFrom: Date;
  readonly validUntil: Date;
  readonly endedAt: Date | null;
  readonly endCause: 'EXPIRED' | 'SUPERSEDED' | null;
}

const SELECT = `SELECT id, customer_id AS "customerId", request_id AS "requestId", model_grade AS "modelGrade",
  from_grade AS "fromGrade", to_grade AS "toGrade", reason_code AS "reasonCode", justification, evidence,
  effective_from AS "effectiveFrom", valid_until AS "validUntil", ended_at AS "endedAt", end_cause AS "endCause"
  FROM grade_override`;

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
  /** Live overrides of the customers. Needs `rating.read`, else none. */
  liveOf: async (viewer: Actor, customerIds: readonly string[]): Promise<GradeOverride[]> =>
    permit(viewer, 'rating.read').ok
      ? database.query<GradeOverride>(`${SELECT} WHERE ended_at IS NULL AND customer_id = ANY ($1)`, [customerIds])
      : [],

  /** As {@link liveOf}, in the past: which override it was of which customer. Needs `audit.read` besides. */
  liveAt: async (
    viewer: Actor,
    customerIds: readonly string[],
    at: Moments,
  ): Promise<Result<readonly Pick<GradeOverride, 'id' | 'customerId'>[]>> => {
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

  byIds: async (viewer: Actor, ids: readonly string[]): Promise<GradeOverride[]> =>
    permit(viewer, 'rating.read').ok ? database.query<GradeOverride>(`${SELECT} WHERE id = ANY ($1)`, [ids]) : [],
});

export type OverrideQueries = ReturnType<typeof createOverrideQueries>;
