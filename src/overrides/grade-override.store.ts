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
