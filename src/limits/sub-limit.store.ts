/** Books what a product may take of a limit, and what a group may owe together. The database moves both when an entry is booked. */
import type { Tx } from '../platform/unit-of-work';

export type LimitPart = { readonly scope: 'PRODUCT'; readonly product: string } | { readonly scope: 'GROUP' };

/** Two places; null where nothing is set. To be called with the limit locked. */
export const partInForce = async (tx: Tx, customerId: string, part: LimitPart): Promise<string | null> => {
  const [row] =
    part.scope === 'GROUP'
      ? await tx.query<{ amount: string | null }>('SELECT amount::text FROM group_limit WHERE customer_id = $1', [
          customerId,
        ])
      : await tx.query<{ amount: string | null }>(
          'SELECT amount::text FROM credit_sub_limit WHERE customer_id = $1 AND product = $2',
          [customerId, part.product],
        );
  return row?.amount ?? null;
};

export type PartEntry = LimitPart & {
  readonly customerId: string;
  readonly before: string | null;
  readonly after: string;
  readonly reason: string;
  /** The request that loosens; null where one person tightens. */
  readonly requestId: string | null;
};

export const bookPart = async (tx: Tx, entry: PartEntry): Promise<string> => {
  const id = tx.newId();
  await tx.query(
    `INSERT INTO sub_limit_entry (id, customer_id, scope, product, before, after, reason, request_id, booked_at, booked_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      id,
      entry.customerId,
      entry.scope,
      entry.scope === 'PRODUCT' ? entry.product : '',
      entry.before,
      entry.after,
      entry.reason,
      entry.requestId,
      tx.at,
      tx.initiator.actor.id,
    ],
  );
  return id;
};

export const exposureOfProduct = async (tx: Tx, customerId: string, product: string): Promise<string> => {
  const [row] = await tx.query<{ exposure: string }>(
    'SELECT (used + reserved)::text AS exposure FROM credit_sub_limit WHERE customer_id = $1 AND product = $2',
    [customerId, product],
  );
  return row?.exposure ?? '0.00';
};

export interface Freeze {
  readonly id: string;
  readonly reason: string;
  readonly frozenAt: Date;
}

/** The freeze in force; null where there is none. */
export const openFreeze = async (tx: Tx, customerId: string): Promise<Freeze | null> => {
  const [row] = await tx.query<Freeze>(
    `SELECT id, reason, frozen_at AS "frozenAt" FROM credit_freeze WHERE customer_id = $1 AND lifted_at IS NULL FOR UPDATE`,
    [customerId],
  );
  return row ?? null;
};

export const insertFreeze = async (tx: Tx, customerId: string, reason: string): Promise<string> => {
  const id = tx.newId();
  await tx.query(
    'INSERT INTO credit_freeze (id, customer_id, reason, frozen_at, frozen_by) VALUES ($1, $2, $3, $4, $5)',
    [id, customerId, reason, tx.at, tx.initiator.actor.id],
  );
  return id;
};

export const liftFreeze = async (tx: Tx, freezeId: string, requestId: string): Promise<void> => {
  await tx.query('UPDATE credit_freeze SET lifted_at = greatest($2, frozen_at), request_id = $3 WHERE id = $1', [
    freezeId,
    tx.at,
    requestId,
  ]);
};
