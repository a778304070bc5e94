/**
 * Books what is reserved and used of limits, by one call of a function of the database each: it locks, asks, moves the balances
 * and writes the entry, or says what stands against it.
 */
import type { Query } from '../platform/database';
import type { Posting } from '../platform/unit-of-work';
import type { ExposureFacts } from './domain/decide-reservation';
import type { Ending, RepaymentFacts, ReservationFacts } from './domain/decide-settlement';

/** Whether it was booked, and which entry has the reference already. */
export interface Outcome {
  readonly posted: boolean;
  readonly knownId: string | null;
}

export interface ReservationRow {
  readonly customerId: string;
  /** Empty for none. */
  readonly product: string;
  readonly amount: string;
  readonly currency: string;
  readonly reference: string;
  readonly holdMinutes: number;
}

const FACTS = `facts.currency, facts.limit_amount AS "limitAmount", facts.used, facts.reserved, facts.frozen,
  facts.new_business AS "newBusiness", facts.product_limit AS "productLimit", facts.product_exposure AS "productExposure",
  facts.group_limit AS "groupLimit", facts.group_exposure AS "groupExposure"`;

type Call = Pick<Posting<Outcome, never>, 'sql' | 'params'>;

/** Yields {@link ReservationOutcome}; nothing where the customer has no limit. */
export const reservation = (entryId: string, row: ReservationRow, at: Date): Call => ({
  sql: `SELECT posted, known_id AS "knownId", (facts).currency, (facts).limit_amount AS "limitAmount", (facts).used,
       (facts).reserved, (facts).frozen, (facts).new_business AS "newBusiness", (facts).product_limit AS "productLimit",
       (facts).product_exposure AS "productExposure", (facts).group_limit AS "groupLimit",
       (facts).group_exposure AS "groupExposure"
     FROM exposure_reserve($1, $2, $3, $4, $5, $6, $7, $8)`,
  params: [entryId, row.customerId, row.product, row.amount, row.currency, row.reference, row.holdMinutes, at],
});

export type ReservationOutcome = Outcome & ExposureFacts;

/** What a reservation would be decided by at this moment; null where the customer has no limit. */
export const exposureFacts = async (
  query: Query,
  customerId: string,
  product: string,
  at: Date,
): Promise<ExposureFacts | null> => {
  const [facts] = await query<ExposureFacts>(
    `SELECT ${FACTS} FROM exposure_facts($1, $2, customer_group($1), $3) AS facts`,
    [customerId, product, at],
  );
  return facts ?? null;
};

export interface SettlementRow {
  readonly customerId: string;
  /** Of the reservation. */
  readonly reference: string;
  readonly verb: Ending;
  /** Null for all of it. */
  readonly amount: string | null;
}

/** Yields {@link SettlementOutcome}; nothing where there is no such reservation. */
export const settlement = (entryId: string, row: SettlementRow, at: Date): Call => ({
  sql: `SELECT posted, known_id AS "knownId", held, expires_at AS "expiresAt", ended_as AS "endedAs"
     FROM exposure_settle($1, $2, $3, $4, $5, $6)`,
  params: [entryId, row.customerId, row.reference, row.verb, row.amount, at],
});

export type SettlementOutcome = Outcome & ReservationFacts;

export type RepaymentRow = Omit<ReservationRow, 'holdMinutes'>;

/** Yields {@link RepaymentOutcome}; nothing where the customer has no limit. */
export const repayment = (entryId: string, row: RepaymentRow, at: Date): Call => ({
  sql: `SELECT posted, known_id AS "knownId", currency, in_use AS "inUse" FROM exposure_repay($1, $2, $3, $4, $5, $6, $7)`,
  params: [entryId, row.customerId, row.product, row.amount, row.currency, row.reference, at],
});

export type RepaymentOutcome = Outcome & RepaymentFacts;

/** What an entry says, as far as the same reference must say the same again. */
export interface EntryBody {
  readonly kind: string;
  readonly product: string;
  readonly amount: string;
  readonly currency: string;
  readonly holdMinutes: number | null;
}

export const entryBody = async (query: Query, entryId: string): Promise<EntryBody> => {
  const [body] = await query<EntryBody>(
    'SELECT kind, product, amount::text, currency, hold_minutes AS "holdMinutes" FROM exposure_entry WHERE id = $1',
    [entryId],
  );
  if (body === undefined) throw new Error(`exposure entry ${entryId} is gone`);
  return body;
};

export interface DueReservations {
  readonly customerId: string;
  readonly references: readonly string[];
}

/** Up to `atMost` reservations whose time is over, by customer. */
export const reservationsDue = (query: Query, at: Date, atMost: number): Promise<DueReservations[]> =>
  query<DueReservations>(
    `SELECT customer_id AS "customerId", array_agg(reference ORDER BY expires_at, id) AS references
     FROM (SELECT entry.customer_id, entry.reference, hold.expires_at, entry.id
           FROM exposure_hold AS hold JOIN exposure_entry AS entry ON entry.id = hold.reservation_id
           WHERE hold.expires_at <= $1 ORDER BY hold.expires_at, hold.reservation_id LIMIT $2) AS due
     GROUP BY customer_id ORDER BY customer_id`,
    [at, atMost],
  );
