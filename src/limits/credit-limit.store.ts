/** Books limit entries. The limit itself is moved by the database when an entry is booked, and by nothing else. */
import { momentAfter } from '../kernel/clock';
import type { Tx } from '../platform/unit-of-work';
import { CreditLimitEntryEntity } from './credit-limit.entity';

export interface LockedLimit {
  readonly customerId: string;
  readonly amount: string;
  readonly currency: string;
  readonly version: number;
  readonly updatedAt: Date;
}

/** Limits of the customers that have one, locked in a stable order until the transaction ends. */
export const lockLimits = (tx: Tx, customerIds: readonly string[]): Promise<LockedLimit[]> =>
  tx.query<LockedLimit>(
    `SELECT customer_id AS "customerId", amount::text, currency, version, updated_at AS "updatedAt"
     FROM credit_limit WHERE customer_id = ANY ($1) ORDER BY customer_id FOR UPDATE`,
    [customerIds],
  );

export interface LimitEntry {
  readonly customerId: string;
  readonly kind: 'OPENING' | 'POLICY_CUT' | 'RAISE';
  readonly before: string;
  readonly after: string;
  readonly currency: string;
  /** Grade history entry, request or batch that caused it. */
  readonly causeId: string;
  /** When the limit last moved; null at its opening. The entry is stamped later. */
  readonly lastMovedAt: Date | null;
}

/** Rows per insert statement: far below the wire protocol's 65,535 parameters. */
const BATCH = 2_000;

export const bookEntries = async (tx: Tx, entries: readonly LimitEntry[]): Promise<void> => {
  for (let start = 0; start < entries.length; start += BATCH) {
    await tx.manager.insert(
      CreditLimitEntryEntity,
      entries.slice(start, start + BATCH).map(({ lastMovedAt, ...entry }) => ({
        id: tx.newId(),
        ...entry,
        bookedAt: lastMovedAt === null ? tx.at : momentAfter(tx.at, lastMovedAt),
        bookedBy: tx.initiator.actor.id,
      })),
    );
  }
};

export const customersWithLimit = async (tx: Tx, customerIds: readonly string[]): Promise<Set<string>> => {
  const rows = await tx.query<{ customer_id: string }>(
    'SELECT customer_id FROM credit_limit WHERE customer_id = ANY ($1)',
    [customerIds],
  );
  return new Set(rows.map((row) => row.customer_id));
};
