/** Writes input overrides that take effect, and their ends. */
import type { Tx } from '../platform/unit-of-work';
import type { InputOverridePayload } from './domain/input-override';

export interface EndedInput {
  readonly id: string;
  readonly customerId: string;
  readonly code: string;
  readonly asOf: string;
  readonly toValue: string;
}

const ENDED = 'id, customer_id AS "customerId", indicator AS code, as_of::text AS "asOf", to_value AS "toValue"';

type EndCause = 'EXPIRED' | 'SUPERSEDED' | 'REVERTED';

const endWhere =
  (condition: string, cause: EndCause) =>
  (tx: Tx, ...params: readonly unknown[]): Promise<EndedInput[]> =>
    tx.query<EndedInput>(
      `UPDATE input_override SET ended_at = $1, end_cause = '${cause}' WHERE ended_at IS NULL AND ${condition} RETURNING ${ENDED}`,
      [tx.at, ...params],
    );

/** That of this customer and indicator, if there is one. */
export const supersedeInput = endWhere('customer_id = $2 AND indicator = $3', 'SUPERSEDED');
/** That which a request put in force. */
export const revertInput = endWhere('request_id = $2', 'REVERTED');
/** Up to so many whose time is over. */
export const endOverdueInputs = endWhere(
  `id IN (SELECT id FROM input_override WHERE ended_at IS NULL AND valid_until <= $1 ORDER BY valid_until, id LIMIT $2 FOR UPDATE SKIP LOCKED)`,
  'EXPIRED',
);

export const insertInput = async (
  tx: Tx,
  override: { readonly customerId: string; readonly requestId: string; readonly snapshotId: string },
  payload: InputOverridePayload,
): Promise<string> => {
  const id = tx.newId();
  await tx.query(
    `INSERT INTO input_override (id, customer_id, request_id, snapshot_id, indicator, as_of, from_value, to_value, reason_code,
       justification, evidence, effective_from, valid_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      id,
      override.customerId,
      override.requestId,
      override.snapshotId,
      payload.code,
      payload.asOf,
      payload.fromValue,
      payload.toValue,
      payload.reasonCode,
      payload.justification,
      JSON.stringify(payload.evidence),
      tx.at,
      payload.validUntil,
    ],
  );
  return id;
};
