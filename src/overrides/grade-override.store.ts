/** Writes overrides that take effect, and their ends. */
import type { Grade } from '../kernel/grade';
import type { Tx } from '../platform/unit-of-work';
import type { OverridePayload } from './domain/override-payload';

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

/** Ends the customer's live override if its time is over; null where there is none. */
export const endOverdue = async (tx: Tx, customerId: string): Promise<EndedOverride | null> => {
  const [ended] = await tx.query<EndedOverride>(
    `UPDATE grade_override SET ended_at = $2, end_cause = 'EXPIRED'
     WHERE customer_id = $1 AND ended_at IS NULL AND valid_until <= $2
     RETURNING id, customer_id AS "customerId", to_grade AS "toGrade"`,
    [customerId, tx.at],
  );
  return ended ?? null;
};

/** Ends the override that a request put in force, if it still is; null where it is not. */
export const revertLive = async (tx: Tx, requestId: string): Promise<EndedOverride | null> => {
  const [ended] = await tx.query<EndedOverride>(
    `UPDATE grade_override SET ended_at = $2, end_cause = 'REVERTED'
     WHERE request_id = $1 AND ended_at IS NULL
     RETURNING id, customer_id AS "customerId", to_grade AS "toGrade"`,
    [requestId, tx.at],
  );
  return ended ?? null;
};

export const insertOverride = async (
  tx: Tx,
  override: { id: string; customerId: string; requestId: string; payload: OverridePayload },
): Promise<void> => {
  const { payload } = override;
  await tx.query(
    `INSERT INTO grade_override (id, customer_id, request_id, model_grade, from_grade, to_grade, reason_code, justification,
       evidence, effective_from, valid_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      override.id,
      override.customerId,
      override.requestId,
      payload.modelGrade,
      payload.fromGrade,
      payload.toGrade,
      payload.reasonCode,
      payload.justification,
      JSON.stringify(payload.evidence),
      tx.at,
      payload.validUntil,
    ],
  );
};
