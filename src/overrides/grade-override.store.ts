/** Writes overrides that take effect, and their ends. */
import type { Grade } from '../kernel/grade';
import type { Tx } from '../platform/unit-of-work';
import type { OverridePayload } from './domain/override-payload';
import { GradeOverrideEntity } from './grade-override.entity';

export interface EndedOverride {
  readonly id: string;
  readonly customerId: string;
  readonly toGrade: Grade;
}

/** Ends the live override of the customer, if there is one. */
export const supersedeLive = async (tx: Tx, customerId: string): Promise<EndedOverride[]> =>
  tx.query<EndedOverride>(
    `UPDATE grade_override SET ended_at = $2, end_cause = 'SUPERSEDED'
     WHERE customer_id = $1 AND ended_at IS NULL
     RETURNING id, customer_id AS "customerId", to_grade AS "toGrade"`,
    [customerId, tx.at],
  );

/** Ends up to `atMost` live overrides whose time is over, oldest first; rows that another transaction holds are left to it. */
export const endOverdue = async (tx: Tx, atMost: number): Promise<EndedOverride[]> =>
  tx.query<EndedOverride>(
    `UPDATE grade_override SET ended_at = $1, end_cause = 'EXPIRED'
     WHERE id IN (SELECT id FROM grade_override WHERE ended_at IS NULL AND valid_until <= $1
                  ORDER BY valid_until, id LIMIT ${atMost} FOR UPDATE SKIP LOCKED)
     RETURNING id, customer_id AS "customerId", to_grade AS "toGrade"`,
    [tx.at],
  );

export const insertOverride = async (
  tx: Tx,
  override: { customerId: string; requestId: string; payload: OverridePayload },
): Promise<string> => {
  const id = tx.newId();
  const { payload } = override;
  await tx.manager.insert(GradeOverrideEntity, {
    id,
    customerId: override.customerId,
    requestId: override.requestId,
    modelGrade: payload.modelGrade,
    fromGrade: payload.fromGrade,
    toGrade: payload.toGrade,
    reasonCode: payload.reasonCode,
    justification: payload.justification,
    evidence: payload.evidence,
    effectiveFrom: tx.at,
    validUntil: new Date(payload.validUntil),
    endedAt: null,
    endCause: null,
  });
  return id;
};
