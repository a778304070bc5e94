/** Adds complaints and counts those of the last year. */
import type { Tx } from '../platform/unit-of-work';
import type { RatedComplaint } from './domain/rate-complaint';
import { OWN_SOURCES } from './domain/precedence';

export interface NewComplaint extends RatedComplaint {
  readonly id: string;
  readonly customerId: string;
  /** YYYY-MM-DD. */
  readonly receivedOn: string;
  readonly text: string;
  readonly rulesVersion: number;
}

export const insertComplaint = async (tx: Tx, complaint: NewComplaint): Promise<void> => {
  await tx.query(
    `INSERT INTO complaint (id, customer_id, received_on, text, severity, matched, rules_version, recorded_at, recorded_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      complaint.id,
      complaint.customerId,
      complaint.receivedOn,
      complaint.text,
      complaint.severity,
      JSON.stringify(complaint.matched),
      complaint.rulesVersion,
      tx.at,
      tx.initiator.actor.id,
    ],
  );
};

export interface ComplaintYear {
  readonly customerId: string;
  readonly count: number;
  /** Of the worst; 0 without complaints. */
  readonly severity: number;
}

/** Complaints received in the 365 days up to a day. */
export const complaintYears = (tx: Tx, customerIds: readonly string[], upTo: string): Promise<ComplaintYear[]> =>
  tx.query<ComplaintYear>(
    `SELECT asked.id AS "customerId", count(complaint.id)::int AS count, coalesce(max(complaint.severity), 0)::int AS severity
     FROM unnest($1::uuid[]) AS asked (id)
     LEFT JOIN complaint ON complaint.customer_id = asked.id AND complaint.received_on <= $2
       AND complaint.received_on > $2::date - 365
     GROUP BY asked.id ORDER BY asked.id`,
    [customerIds, upTo],
  );

export const newestComplaintDay = async (tx: Tx, customerId: string): Promise<string | null> => {
  const [row] = await tx.query<{ day: string | null }>(
    'SELECT max(received_on)::text AS day FROM complaint WHERE customer_id = $1',
    [customerId],
  );
  return row?.day ?? null;
};

/** Customers with a complaint whose figures were last told so many days before a day or earlier, and were not zero. */
export const customersToCountAgain = async (
  tx: Tx,
  { day, afterDays, limit }: { readonly day: string; readonly afterDays: number; readonly limit: number },
): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `SELECT counted.customer_id AS id
     FROM (SELECT DISTINCT customer_id FROM complaint) AS complained
     CROSS JOIN LATERAL (
       SELECT s.customer_id, s.as_of, s.values FROM indicator_snapshot AS s
       WHERE s.customer_id = complained.customer_id AND s.source = '${OWN_SOURCES.COMPLAINTS}'
       ORDER BY s.as_of DESC, s.recorded_at DESC, s.id DESC LIMIT 1) AS counted
     WHERE counted.as_of <= $1::date - $2::int AND counted.values ->> 'complaintCount' <> '0'
     ORDER BY counted.customer_id LIMIT $3`,
    [day, afterDays, limit],
  );
  return rows.map(({ id }) => id);
};
