/** Books limit entries. The limit itself is moved by the database when an entry is booked, and by nothing else. */
import { momentAfter } from '../kernel/clock';
import type { Query } from '../platform/database';
import type { LimitPolicy } from '../policies';
import type { Tx } from '../platform/unit-of-work';
import type { GradeChange } from '../ratings';
import { CreditLimitEntryEntity } from './credit-limit.entity';

export interface LockedLimit {
  readonly customerId: string;
  readonly amount: string;
  readonly currency: string;
  readonly version: number;
  readonly updatedAt: Date;
  /** In use and reserved. */
  readonly exposure: string;
  /** When a temporary raise ends, and what is left then; null where there is none. */
  readonly fallsBackAt: Date | null;
  readonly fallsBackTo: string | null;
}

/** Limits of the customers that have one, locked in a stable order until the transaction ends. */
export const lockLimits = (tx: Tx, customerIds: readonly string[]): Promise<LockedLimit[]> =>
  tx.query<LockedLimit>(
    `SELECT customer_id AS "customerId", amount::text, currency, version, updated_at AS "updatedAt",
       (used + reserved)::text AS exposure, falls_back_at AS "fallsBackAt", falls_back_to::text AS "fallsBackTo"
     FROM credit_limit WHERE customer_id = ANY ($1) ORDER BY customer_id FOR UPDATE`,
    [customerIds],
  );

/** Amount that the customer may owe now; 0 where he has no limit. */
export const exposureOf = async (tx: Tx, customerId: string): Promise<string> => {
  const [limit] = await tx.query<{ amount: string }>('SELECT amount::text FROM credit_limit WHERE customer_id = $1', [
    customerId,
  ]);
  return limit?.amount ?? '0';
};

/** A customer whose grade in force is now this one, and why. */
export type GradeNow = Pick<GradeChange, 'customerId' | 'causeId'> & {
  readonly after: Pick<GradeChange['after'], 'grade'>;
};

/**
 * Customers whose limit exceeds their share of the turnover, or nearly so: packed values are not exact, so what is within a
 * millionth is looked at as well, and so is whoever has no turnover on record. Those after an id, in the order of ids; everybody
 * where `atMost` is null.
 */
export const limitsAboveShare = async (
  tx: Tx,
  turnoverOrdinal: number,
  { grades }: Pick<LimitPolicy, 'grades'>,
  { after, atMost }: { readonly after: string | null; readonly atMost: number | null },
): Promise<GradeNow[]> => {
  const shares = Object.entries(grades);
  const rows = await tx.query<{ customerId: string; grade: GradeNow['after']['grade']; causeId: string }>(
    `SELECT held.customer_id AS "customerId", held.grade, held.rating_id AS "causeId"
     FROM credit_limit
     JOIN customer_grade AS held ON held.customer_id = credit_limit.customer_id
     JOIN unnest($2::grade[], $3::float8[]) AS allowed (grade, share) ON allowed.grade = held.grade
     LEFT JOIN indicator_current AS current ON current.customer_id = credit_limit.customer_id
     WHERE credit_limit.amount > 0
       AND coalesce(credit_limit.amount >= current.values[$1] * allowed.share * 0.999999, true)
       AND held.customer_id > coalesce($4::uuid, '00000000-0000-0000-0000-000000000000')
     ORDER BY held.customer_id LIMIT $5`,
    [
      turnoverOrdinal,
      shares.map(([grade]) => grade),
      shares.map(([, { turnoverShare }]) => turnoverShare),
      after,
      atMost,
    ],
  );
  return rows.map(({ customerId, causeId, grade }) => ({ customerId, causeId, after: { grade } }));
};

export interface LimitEntry {
  readonly customerId: string;
  readonly kind: 'OPENING' | 'POLICY_CUT' | 'RAISE' | 'FALL_BACK';
  readonly before: string;
  readonly after: string;
  readonly currency: string;
  /** Grade history entry, request, policy version or batch that caused it. */
  readonly causeId: string;
  /** When the limit last moved; null at its opening. The entry is stamped later. */
  readonly lastMovedAt: Date | null;
  /** End of a temporary raise. */
  readonly until?: Date | null;
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

/** Customers whose temporary raise is over, the longest ago first. */
export const limitsToFallBack = async (query: Query, at: Date, atMost: number): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    'SELECT customer_id AS id FROM credit_limit WHERE falls_back_at <= $1 ORDER BY falls_back_at, customer_id LIMIT $2',
    [at, atMost],
  );
  return rows.map(({ id }) => id);
};
