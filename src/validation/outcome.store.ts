/** Adds outcomes and reads what the decision about them needs. It never changes or removes one. */
import type { Tx } from '../platform/unit-of-work';
import { outcomeKey, type OutcomeFact } from './domain/outcome';

/** One writer at a time, so that two loads of one file do not both find its facts new. */
export const lockOutcomes = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('outcome'))");
};

/** The bad flag that holds for each fact that the source gave of these customers, by `outcomeKey`. */
export const holdingOutcomes = async (
  tx: Tx,
  source: string,
  customerIds: readonly string[],
): Promise<Map<string, boolean>> => {
  const rows = await tx.query<OutcomeFact>(
    `SELECT DISTINCT ON (customer_id, event, observed_on)
       customer_id AS "customerId", event, bad, to_char(observed_on, 'YYYY-MM-DD') AS "observedOn"
     FROM outcome WHERE source = $2 AND customer_id = ANY ($1::uuid[])
     ORDER BY customer_id, event, observed_on, recorded_at DESC, id DESC`,
    [customerIds, source],
  );
  return new Map(rows.map((row) => [outcomeKey(row), row.bad]));
};

export const insertOutcomes = async (
  tx: Tx,
  facts: readonly OutcomeFact[],
  origin: { readonly source: string; readonly batchId: string },
): Promise<void> => {
  await tx.query(
    `INSERT INTO outcome (id, customer_id, event, bad, observed_on, source, batch_id, recorded_at)
     SELECT id, customer_id, event, bad, observed_on, $6, $7, $8
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[], $5::date[])
       AS f (id, customer_id, event, bad, observed_on)`,
    [
      facts.map(() => tx.newId()),
      facts.map(({ customerId }) => customerId),
      facts.map(({ event }) => event),
      facts.map(({ bad }) => bad),
      facts.map(({ observedOn }) => observedOn),
      origin.source,
      origin.batchId,
      tx.at,
    ],
  );
};
