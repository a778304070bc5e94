/**
 * Adds snapshots and keeps the projection of current values in the same transaction. Many rows are written by one
 * statement; no snapshot is ever changed.
 */
import type { Tx } from '../platform/unit-of-work';
import { foldSnapshots, NOTHING_KNOWN, type CurrentValues } from './domain/current';
import type { Snapshot } from './domain/snapshot';

/**
 * Serialises writers of values, so that what was found newest stays newest until the commit and the projection follows
 * the snapshots.
 */
export const lockValues = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('indicator'))");
};

export interface SnapshotKey {
  readonly customerId: string;
  readonly asOf: string;
  readonly source: string;
}

/** Content digests of the newest snapshots of these customers, days and sources, in the order of the keys. */
export const newestDigests = async (tx: Tx, keys: readonly SnapshotKey[]): Promise<(string | null)[]> => {
  const rows = await tx.query<{ digest: string | null }>(
    `SELECT newest.content_digest AS digest
     FROM unnest($1::uuid[], $2::date[], $3::text[]) WITH ORDINALITY AS key (customer_id, as_of, source, position)
     LEFT JOIN LATERAL (
       SELECT s.content_digest FROM indicator_snapshot s
       WHERE s.customer_id = key.customer_id AND s.as_of = key.as_of AND s.source = key.source
       ORDER BY s.recorded_at DESC, s.id DESC LIMIT 1) AS newest ON true
     ORDER BY key.position`,
    [keys.map((key) => key.customerId), keys.map((key) => key.asOf), keys.map((key) => key.source)],
  );
  return rows.map((row) => row.digest);
};

export const insertSnapshots = async (tx: Tx, snapshots: readonly Snapshot[]): Promise<void> => {
  if (snapshots.length === 0) return;
  await tx.query(
    `INSERT INTO indicator_snapshot (id, customer_id, as_of, recorded_at, source, quality, values, content_digest, batch_id)
     SELECT id, "customerId", "asOf", "recordedAt", source, quality, values, "contentDigest", "batchId"
     FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, "customerId" uuid, "asOf" date, "recordedAt" timestamptz,
       source text, quality text, values jsonb, "contentDigest" text, "batchId" uuid)`,
    [JSON.stringify(snapshots)],
  );
  await updateCurrent(tx, snapshots);
};

const updateCurrent = async (tx: Tx, snapshots: readonly Snapshot[]): Promise<void> => {
  const byCustomer = grouped(snapshots);
  const known = await currentOf(tx, [...byCustomer.keys()]);
  await putCurrent(
    tx,
    [...byCustomer].map(([customerId, added]) => ({
      customerId,
      current: foldSnapshots(known.get(customerId) ?? NOTHING_KNOWN, added),
    })),
  );
};

/** Folds the projection of some customers anew from all their snapshots. */
export const rebuildCurrent = async (tx: Tx, customerIds: readonly string[]): Promise<void> => {
  const snapshots = await tx.query<Pick<Snapshot, 'customerId' | 'asOf' | 'recordedAt' | 'values'>>(
    `SELECT customer_id AS "customerId", as_of::text AS "asOf", recorded_at AS "recordedAt", values
     FROM indicator_snapshot WHERE customer_id = ANY ($1::uuid[]) ORDER BY recorded_at, id`,
    [customerIds],
  );
  await putCurrent(
    tx,
    [...grouped(snapshots)].map(([customerId, all]) => ({ customerId, current: foldSnapshots(NOTHING_KNOWN, all) })),
  );
};

/** Customers with snapshots, in the order of ids, a page at a time. */
export const customersWithSnapshots = async (tx: Tx, after: string | null, limit: number): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `SELECT c.id FROM customer c
     WHERE ($1::uuid IS NULL OR c.id > $1::uuid) AND EXISTS (SELECT FROM indicator_snapshot s WHERE s.customer_id = c.id)
     ORDER BY c.id LIMIT $2`,
    [after, limit],
  );
  return rows.map((row) => row.id);
};

const currentOf = async (tx: Tx, customerIds: readonly string[]): Promise<Map<string, CurrentValues>> => {
  const rows = await tx.query<CurrentValues & { customerId: string }>(
    `SELECT customer_id AS "customerId", values, as_of::text[] AS "asOf", recorded_at AS "recordedAt"
     FROM indicator_current WHERE customer_id = ANY ($1::uuid[])`,
    [customerIds],
  );
  return new Map(rows.map((row) => [row.customerId, row]));
};

const putCurrent = async (
  tx: Tx,
  rows: readonly { readonly customerId: string; readonly current: CurrentValues }[],
): Promise<void> => {
  const literal = (slots: readonly (number | string | null)[]): string =>
    `{${slots.map((slot) => slot ?? 'NULL').join(',')}}`;
  await tx.query(
    `INSERT INTO indicator_current (customer_id, values, as_of, recorded_at, updated_at)
     SELECT id, packed::float8[], days::date[], times::timestamptz[], $5
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS r (id, packed, days, times)
     ON CONFLICT (customer_id) DO UPDATE SET values = excluded.values, as_of = excluded.as_of,
       recorded_at = excluded.recorded_at, updated_at = excluded.updated_at`,
    [
      rows.map((row) => row.customerId),
      rows.map(({ current }) => literal(current.values)),
      rows.map(({ current }) => literal(current.asOf)),
      rows.map(({ current }) => literal(current.recordedAt.map((at) => at?.toISOString() ?? null))),
      tx.at,
    ],
  );
};

const grouped = <T extends { readonly customerId: string }>(snapshots: readonly T[]): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const snapshot of snapshots) {
    const group = groups.get(snapshot.customerId);
    if (group === undefined) groups.set(snapshot.customerId, [snapshot]);
    else group.push(snapshot);
  }
  return groups;
};
