/**
 * Adds snapshots and keeps the projection of current values in the same transaction. Many rows are written by one
 * statement; no snapshot is ever changed.
 */
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import { foldSnapshots, NOTHING_KNOWN, takesBack, type FoldedSnapshot, type FoldedValues } from './domain/current';
import type { ComparedSnapshot, Contradiction } from './domain/find-contradictions';
import type { Precedence } from './domain/precedence';
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

export const insertSnapshots = async (
  tx: Tx,
  snapshots: readonly Snapshot[],
  precedence: Precedence,
): Promise<void> => {
  if (snapshots.length === 0) return;
  await tx.query(
    `INSERT INTO indicator_snapshot (id, customer_id, as_of, recorded_at, source, quality, values, content_digest,
       batch_id, reason, derivation)
     SELECT id, "customerId", "asOf", "recordedAt", source, quality, values, "contentDigest", "batchId", reason,
       nullif(derivation, 'null')
     FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, "customerId" uuid, "asOf" date, "recordedAt" timestamptz,
       source text, quality text, values jsonb, "contentDigest" text, "batchId" uuid, reason text, derivation jsonb)`,
    [JSON.stringify(snapshots)],
  );
  await updateCurrent(tx, snapshots, precedence);
};

const updateCurrent = async (tx: Tx, snapshots: readonly Snapshot[], precedence: Precedence): Promise<void> => {
  const byCustomer = grouped(snapshots);
  const anew = [...new Set(snapshots.filter(takesBack).map(({ customerId }) => customerId))];
  for (const customerId of anew) byCustomer.delete(customerId);
  if (anew.length > 0) await rebuildCurrent(tx, anew, precedence);
  if (byCustomer.size === 0) return;
  const known = await currentOf(tx, [...byCustomer.keys()]);
  await putCurrent(
    tx,
    [...byCustomer].map(([customerId, added]) => ({
      customerId,
      current: foldSnapshots(known.get(customerId) ?? NOTHING_KNOWN, added, precedence),
    })),
  );
};

/** Folds the projection of some customers anew from all their snapshots. */
export const rebuildCurrent = async (tx: Tx, customerIds: readonly string[], precedence: Precedence): Promise<void> => {
  const snapshots = await snapshotsOf(tx.query, customerIds);
  await putCurrent(
    tx,
    [...grouped(snapshots)].map(([customerId, all]) => ({
      customerId,
      current: foldSnapshots(NOTHING_KNOWN, all, precedence),
    })),
  );
};

/** What a fold takes of all snapshots of some customers up to a moment and day, in the order in which they came. */
export const snapshotsOf = (
  query: Query,
  customerIds: readonly string[],
  upTo: { readonly asOf?: string; readonly knownAt?: Date } = {},
): Promise<(FoldedSnapshot & Pick<Snapshot, 'customerId' | 'quality'>)[]> =>
  query(
    `SELECT id, customer_id AS "customerId", as_of::text AS "asOf", recorded_at AS "recordedAt", source, quality, values
     FROM indicator_snapshot WHERE customer_id = ANY ($1::uuid[])
       AND ($2::date IS NULL OR as_of <= $2) AND ($3::timestamptz IS NULL OR recorded_at <= $3)
     ORDER BY recorded_at, id`,
    [customerIds, upTo.asOf ?? null, upTo.knownAt ?? null],
  );

/** Snapshots by other sources of the same customers and calendar years, in which all periods end. */
export const snapshotsBeside = async (tx: Tx, snapshots: readonly Snapshot[]): Promise<ComparedSnapshot[]> => {
  const keys = new Map(
    snapshots.map(({ customerId, asOf, source }) => [
      [customerId, asOf.slice(0, 4), source].join(),
      { customerId, newYear: `${asOf.slice(0, 4)}-01-01`, source },
    ]),
  );
  const asked = [...keys.values()];
  return tx.query<ComparedSnapshot>(
    `SELECT s.id, s.customer_id AS "customerId", s.as_of::text AS "asOf", s.recorded_at AS "recordedAt", s.source, s.quality,
       s.values
     FROM indicator_snapshot AS s WHERE s.id IN (
       SELECT beside.id FROM unnest($1::uuid[], $2::date[], $3::text[]) AS key (customer_id, new_year, source)
       JOIN indicator_snapshot AS beside ON beside.customer_id = key.customer_id AND beside.source <> key.source
         AND beside.as_of >= key.new_year AND beside.as_of < key.new_year + interval '1 year')
       AND s.id <> ALL ($4::uuid[])
     ORDER BY s.recorded_at, s.id`,
    [
      asked.map(({ customerId }) => customerId),
      asked.map(({ newYear }) => newYear),
      asked.map(({ source }) => source),
      snapshots.map(({ id }) => id),
    ],
  );
};

export const insertConflicts = async (tx: Tx, contradictions: readonly Contradiction[]): Promise<void> => {
  if (contradictions.length === 0) return;
  await tx.query(
    `INSERT INTO indicator_conflict (id, customer_id, indicator, period, holding_snapshot_id, yielding_snapshot_id,
       deviation, tolerance, detected_at)
     SELECT id, "customerId", indicator, period, "holdingSnapshotId", "yieldingSnapshotId", deviation, tolerance, $2
     FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, "customerId" uuid, indicator text, period text,
       "holdingSnapshotId" uuid, "yieldingSnapshotId" uuid, deviation numeric, tolerance numeric)`,
    [JSON.stringify(contradictions.map((contradiction) => ({ id: tx.newId(), ...contradiction }))), tx.at],
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

const currentOf = async (tx: Tx, customerIds: readonly string[]): Promise<Map<string, FoldedValues>> => {
  const rows = await tx.query<FoldedValues & { customerId: string }>(
    `SELECT current.customer_id AS "customerId", current.values, current.as_of::text[] AS "asOf",
       current.recorded_at AS "recordedAt", coalesce(origin.snapshot_ids, '{}') AS "snapshotIds",
       coalesce(origin.ranks, '{}') AS ranks
     FROM indicator_current AS current LEFT JOIN indicator_origin AS origin USING (customer_id)
     WHERE current.customer_id = ANY ($1::uuid[])`,
    [customerIds],
  );
  return new Map(rows.map((row) => [row.customerId, row]));
};

const putCurrent = async (
  tx: Tx,
  rows: readonly { readonly customerId: string; readonly current: FoldedValues }[],
): Promise<void> => {
  const literal = (slots: readonly (number | string | null)[]): string =>
    `{${slots.map((slot) => slot ?? 'NULL').join(',')}}`;
  // A customer whose values are the same as before has not been updated: runs look again at those that were.
  await tx.query(
    `WITH current AS (
       INSERT INTO indicator_current (customer_id, values, as_of, recorded_at, updated_at)
       SELECT id, packed::float8[], days::date[], times::timestamptz[], $5
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS r (id, packed, days, times)
       ON CONFLICT (customer_id) DO UPDATE SET values = excluded.values, as_of = excluded.as_of,
         recorded_at = excluded.recorded_at, updated_at = excluded.updated_at
       WHERE (indicator_current.values, indicator_current.as_of, indicator_current.recorded_at)
         IS DISTINCT FROM (excluded.values, excluded.as_of, excluded.recorded_at))
     INSERT INTO indicator_origin (customer_id, snapshot_ids, ranks)
     SELECT id, snapshot_ids::uuid[], ranks::smallint[]
     FROM unnest($1::uuid[], $6::text[], $7::text[]) AS r (id, snapshot_ids, ranks)
     ON CONFLICT (customer_id) DO UPDATE SET snapshot_ids = excluded.snapshot_ids, ranks = excluded.ranks`,
    [
      rows.map((row) => row.customerId),
      rows.map(({ current }) => literal(current.values)),
      rows.map(({ current }) => literal(current.asOf)),
      rows.map(({ current }) => literal(current.recordedAt.map((at) => at?.toISOString() ?? null))),
      tx.at,
      rows.map(({ current }) => literal(current.snapshotIds)),
      rows.map(({ current }) => literal(current.ranks)),
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
