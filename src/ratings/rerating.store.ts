/** Writes re-ratings: asked for, taken up by one worker at a time, ended for good. */
import type { Refusal } from '../kernel/refusal';
import { listenTo, type Listener } from '../platform/notification';
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import { urgencyOf, type EventTiming, type ReratingKind } from './domain/rerating';

const CHANNEL = 'tierwarden_rerating';

/** Calls `onAsked` soon after re-ratings were committed; a hint only. */
export const listenReratings = (databaseUrl: string, onAsked: () => void): Listener =>
  listenTo({ databaseUrl, channel: CHANNEL, applicationName: 'tierwarden-rerating' }, onAsked);

/**
 * Asks for a customer's re-rating because of an event. Where one is open the event joins it, and can only bring it forward; it
 * waits for a worker who is rating that customer at this moment, and then asks anew. Yields the re-rating's id.
 */
export const askForEvent = async (
  tx: Tx,
  input: { readonly customerId: string; readonly period: string } & EventTiming,
): Promise<string> => {
  const [row] = await tx.query<{ id: string }>(
    `WITH asked AS (
       INSERT INTO rerating AS open (id, customer_id, kind, period, urgency, rank, asked, asked_at, begin_at, deadline, state)
       VALUES ($1, $2, 'EVENT', $3, $4, 0, 1, $5, $6, $7, 'OPEN')
       ON CONFLICT (customer_id, kind) WHERE state = 'OPEN' DO UPDATE SET asked = open.asked + 1,
         begin_at = greatest(open.asked_at, least(open.begin_at, excluded.begin_at)),
         deadline = least(open.deadline, excluded.deadline)
       RETURNING id)
     SELECT id, pg_notify('${CHANNEL}', '') FROM asked`,
    [tx.newId(), input.customerId, input.period, urgencyOf('EVENT'), tx.at, input.beginAt, input.deadline],
  );
  if (row === undefined) throw new Error(`no re-rating of customer ${input.customerId} was asked for`);
  return row.id;
};

export interface DueCustomer {
  readonly customerId: string;
  /** YYYY-MM-DD in the calendar's time. */
  readonly period: string;
  readonly rank: number;
}

/** Those of `kind` that were not asked for before under the same period, nor are open; yields how many are new. */
export const insertReratings = async (
  tx: Tx,
  kind: Exclude<ReratingKind, 'EVENT'>,
  due: readonly DueCustomer[],
): Promise<number> => {
  const rows = await tx.query(
    `WITH asked AS (
       INSERT INTO rerating (id, customer_id, kind, period, urgency, rank, asked, asked_at, begin_at, state)
       SELECT id, customer_id, $4, period, $5, rank, 1, $6, $6, 'OPEN'
       FROM unnest($1::uuid[], $2::uuid[], $3::text[], $7::smallint[]) AS due (id, customer_id, period, rank)
       ON CONFLICT DO NOTHING RETURNING id)
     SELECT id, pg_notify('${CHANNEL}', '') FROM asked`,
    [
      due.map(() => tx.newId()),
      due.map(({ customerId }) => customerId),
      due.map(({ period }) => period),
      kind,
      urgencyOf(kind),
      tx.at,
      due.map(({ rank }) => rank),
    ],
  );
  return rows.length;
};

/** Customers whose rating is due, the longest due first, unless it was asked for under this period; a run at work rates them anyway. */
export const dueCustomers = async (
  tx: Tx,
  today: string,
  atMost: number,
): Promise<{ readonly customerId: string; readonly dueAt: Date }[]> =>
  tx.query(
    `SELECT held.customer_id AS "customerId", held.rating_due_at AS "dueAt"
     FROM customer_grade AS held
     WHERE held.rating_due_at <= $1
       AND NOT EXISTS (SELECT FROM rerating WHERE customer_id = held.customer_id AND kind = 'SCHEDULED' AND period = $2)
       AND NOT EXISTS (SELECT FROM rerating WHERE customer_id = held.customer_id AND kind = 'SCHEDULED' AND state = 'OPEN')
       AND NOT EXISTS (SELECT FROM rating_run WHERE purpose = 'PUBLICATION' AND state IN ('RUNNING', 'PUBLISHING'))
     ORDER BY held.rating_due_at, held.customer_id LIMIT $3`,
    [tx.at, today, atMost],
  );

export interface TakenRerating {
  readonly id: string;
  /** All that is open of the customer, this one included, locked: one rating answers them all. */
  readonly ids: readonly string[];
  /** Whether nothing but the calendar asks for it. */
  readonly onlyByDate: boolean;
  readonly customerId: string;
  readonly kind: ReratingKind;
  readonly askedAt: Date;
  readonly deadline: Date | null;
  readonly industryCode: string | null;
  /** The version to rate by, and how many sets of cut points it has. */
  readonly liveVersionId: string | null;
  readonly segments: number;
}

/**
 * The next one whose time has come, locked; others pass it by. Null where there is none. What is asked for from here on is
 * not among its ids and stays open, since values are read only after this.
 */
export const takeNext = async (tx: Tx, scorecardCode: string): Promise<TakenRerating | null> => {
  const [row] = await tx.query<TakenRerating>(
    `WITH next AS MATERIALIZED (
       SELECT id, customer_id, kind, asked_at, deadline FROM rerating AS open
       WHERE state = 'OPEN' AND begin_at <= $1
         -- What is more urgent may be in the hands of another worker, whose rating answers for this one as well.
         AND NOT EXISTS (SELECT FROM rerating AS other WHERE other.customer_id = open.customer_id AND other.state = 'OPEN'
           AND other.begin_at <= $1 AND other.urgency < open.urgency)
       ORDER BY urgency, rank, begin_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED),
     together AS MATERIALIZED (
       SELECT id, kind FROM rerating WHERE customer_id = (SELECT customer_id FROM next) AND state = 'OPEN'
       FOR NO KEY UPDATE SKIP LOCKED)
     SELECT next.id, ARRAY(SELECT id FROM together) AS ids,
       NOT EXISTS (SELECT FROM together WHERE kind <> 'SCHEDULED') AS "onlyByDate", next.customer_id AS "customerId", next.kind, next.asked_at AS "askedAt", next.deadline,
       customer.industry_code AS "industryCode", live.id AS "liveVersionId",
       (SELECT count(*)::int FROM cut_point_set WHERE version_id = live.id) AS segments
     FROM next JOIN customer ON customer.id = next.customer_id
     LEFT JOIN LATERAL (SELECT version.id FROM scorecard_version AS version JOIN scorecard ON scorecard.id = version.scorecard_id
       WHERE scorecard.code = $2 AND version.state = 'LIVE') AS live ON true`,
    [tx.at, scorecardCode],
  );
  return row ?? null;
};

/** When the next open one may begin; null where none is open. */
export const nextBeginAt = async (query: Query): Promise<Date | null> => {
  const [row] = await query<{ at: Date | null }>(`SELECT min(begin_at) AS at FROM rerating WHERE state = 'OPEN'`);
  return row?.at ?? null;
};

export const endWithRating = async (tx: Tx, { ids }: TakenRerating, ratingId: string): Promise<void> => {
  await tx.query(
    `UPDATE rerating SET state = 'DONE', rating_id = $2, ended_at = greatest($3, asked_at) WHERE id = ANY ($1::uuid[])`,
    [ids, ratingId, tx.at],
  );
};

export const park = async (tx: Tx, { ids }: TakenRerating, refusal: Refusal): Promise<void> => {
  await tx.query(
    `UPDATE rerating SET state = 'PARKED', reason = $2, detail = $3, ended_at = greatest($4, asked_at)
     WHERE id = ANY ($1::uuid[])`,
    [ids, refusal.reason ?? refusal.code, refusal.message, tx.at],
  );
};
