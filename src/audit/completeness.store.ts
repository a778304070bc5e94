/**
 * What the completeness check keeps: the versions of rows that the log holds, how far each walk has come, and what was found.
 * And the statements that compare, built from the keys that the tables have. What a difference means is not known here.
 */
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import type { RowVersion } from './domain/row-version';
import { rowDigest } from './domain/row-version';

/** A table that leaves a trail. */
export interface TrailedTable {
  readonly name: string;
  readonly keyColumns: readonly string[];
  readonly keyTypes: readonly string[];
  /** SQL condition of rows that are passed over; null for none. */
  readonly exempt: string | null;
  readonly isBaselined: boolean;
}

export const DISCREPANCY_KINDS = ['ROW_WITHOUT_LEAF', 'LEAF_WITHOUT_ROW', 'ROW_DIFFERS'] as const;
export type DiscrepancyKind = (typeof DISCREPANCY_KINDS)[number];

export interface Difference {
  readonly table: string;
  readonly key: string;
  readonly kind: DiscrepancyKind;
  /** Where the log speaks of the row last; null where it never does. */
  readonly leafIndex: number | null;
}

const LOCK = 0x7477_6370;

/** One check at a time, to the end of the transaction. */
export const tryLockCheck = async (query: Query): Promise<boolean> => {
  const [row] = await query<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS locked', [LOCK]);
  return row?.locked === true;
};

export const trailedTables = (query: Query): Promise<TrailedTable[]> =>
  query<TrailedTable>(
    `SELECT trail.table_name AS name, pk.columns AS "keyColumns", pk.types AS "keyTypes", x.condition AS exempt,
       trail.baselined_at IS NOT NULL AS "isBaselined"
     FROM audit_trail AS trail
     JOIN pg_index AS i ON i.indrelid = to_regclass(format('public.%I', trail.table_name)) AND i.indisprimary
     CROSS JOIN LATERAL (
       SELECT array_agg(a.attname::text ORDER BY k.place) AS columns,
         array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY k.place) AS types
       FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place)
       JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number) AS pk
     LEFT JOIN audit_trail_exemption AS x ON x.table_name = trail.table_name AND x.column_name = ''
     WHERE x.table_name IS NULL OR x.condition IS NOT NULL
     ORDER BY trail.table_name`,
  );

/* Progress */

export interface Walk {
  readonly leaves: number;
  readonly lastKey: readonly string[] | null;
}

/** Walk of the leaves; walks of tables are named after them. */
export const LEAVES_WALK = 'leaves';

export const readWalk = async (query: Query, walk: string): Promise<Walk> => {
  const [row] = await query<{ leaves: string; lastKey: string[] | null }>(
    'SELECT leaves::text AS leaves, last_key AS "lastKey" FROM audit_check WHERE walk = $1',
    [walk],
  );
  return row === undefined ? { leaves: 0, lastKey: null } : { leaves: Number(row.leaves), lastKey: row.lastKey };
};

export const noteLeaves = async (query: Query, leaves: number): Promise<void> => {
  await query(
    `INSERT INTO audit_check (walk, leaves) VALUES ($1, $2) ON CONFLICT (walk) DO UPDATE SET leaves = excluded.leaves`,
    [LEAVES_WALK, leaves],
  );
};

/** A round that has come to its end begins anew the next time. */
export const noteWalk = async (
  query: Query,
  walk: string,
  moved: { readonly lastKey: readonly string[] | null; readonly compared: number; readonly endedAt: Date | null },
): Promise<void> => {
  await query(
    `INSERT INTO audit_check (walk, last_key, compared, round_ended_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (walk) DO UPDATE SET last_key = excluded.last_key, compared = audit_check.compared + excluded.compared,
       round_ended_at = coalesce(excluded.round_ended_at, audit_check.round_ended_at)`,
    [walk, moved.lastKey, moved.compared, moved.endedAt],
  );
};

/* The log */

export interface WrittenLeaf {
  readonly leafIndex: number;
  /** Null where the event is gone. */
  readonly written: string | null;
}

/** Bytes of events that are held at a time; a single one may be larger. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Written forms of leaves from `from` on, within bounds that memory sets: as many as that is, but one at least. Looked up one by
 * one: for a range of unknown length a join would read all events there are.
 */
export const readLeaves = async (query: Query, from: number, atMost: number): Promise<WrittenLeaf[]> => {
  const rows = await query<{ leafIndex: string; written: string | null }>(
    `SELECT leaf_index::text AS "leafIndex", convert_from(bytes, 'UTF8') AS written FROM (
       SELECT leaf_index, bytes, sum(octet_length(bytes)) OVER (ORDER BY leaf_index) AS so_far FROM (
         SELECT l.leaf_index, coalesce((SELECT b.bytes FROM audit_event_body AS b WHERE b.event_id = l.event_id),
           (SELECT e.bytes FROM audit_event AS e WHERE e.id = l.event_id)) AS bytes
         FROM audit_log_leaf AS l WHERE l.leaf_index >= $1 AND l.leaf_index < $1 + $2::int OFFSET 0) AS held) AS sized
     WHERE so_far <= $3 OR leaf_index = $1 ORDER BY leaf_index`,
    [from, atMost, MOST_BYTES],
  );
  return rows.map((row) => ({ ...row, leafIndex: Number(row.leafIndex) }));
};

/**
 * Written forms of committed events that `position` does not show to be leaves. Null where they are `atMost` or more, or more than
 * is held at a time: nothing is read of them then.
 */
export const readUnsequenced = async (query: Query, seen: string, atMost: number): Promise<string[] | null> => {
  const rows = await query<{ written: string | null }>(
    `WITH found AS (
       SELECT coalesce(b.bytes, e.bytes) AS bytes FROM audit_event AS e LEFT JOIN audit_event_body AS b ON b.event_id = e.id
       WHERE e.xact >= pg_snapshot_xmin($1::pg_snapshot)
         AND (SELECT true FROM audit_log_leaf AS l WHERE l.event_id = e.id) IS NULL LIMIT $2),
     sized AS (SELECT count(*) < $2 AND coalesce(sum(octet_length(bytes)), 0) <= $3 AS fit FROM found)
     SELECT convert_from(found.bytes, 'UTF8') AS written FROM found WHERE (SELECT fit FROM sized)
     UNION ALL SELECT NULL FROM sized WHERE NOT fit`,
    [seen, atMost, MOST_BYTES],
  );
  const written = rows.flatMap((row) => (row.written === null ? [] : [row.written]));
  return written.length < rows.length ? null : written;
};

export interface IndexedVersion {
  readonly leafIndex: number;
  readonly version: RowVersion;
}

export const insertRowVersions = async (query: Query, indexed: readonly IndexedVersion[]): Promise<void> => {
  if (indexed.length === 0) return;
  const shapes = new Map<string, readonly string[]>();
  for (const { version } of indexed) shapes.set(version.columns.join(), version.columns);
  const ids = new Map<string, number>();
  for (const [joined, columns] of shapes) {
    await query('INSERT INTO audit_row_columns (columns) VALUES ($1) ON CONFLICT DO NOTHING', [columns]);
    const [row] = await query<{ id: number }>('SELECT id FROM audit_row_columns WHERE columns = $1', [columns]);
    if (row !== undefined) ids.set(joined, row.id);
  }
  await query(
    `INSERT INTO audit_row (table_name, row_key, leaf_index, place, digest, columns_id, is_baseline)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::bytea[], $6::int[], $7::boolean[])`,
    [
      indexed.map(({ version }) => version.table),
      indexed.map(({ version }) => version.key),
      indexed.map(({ leafIndex }) => leafIndex),
      indexed.map(({ version }) => version.place),
      indexed.map(({ version }) => rowDigest(version)),
      indexed.map(({ version }) => ids.get(version.columns.join())),
      indexed.map(({ version }) => version.op === 'baseline'),
    ],
  );
};

/* Comparing */

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Key of the row of `held`, a jsonb value, as {@link rowKey} writes it. */
const keyOf = (held: string, { keyColumns }: TrailedTable): string => {
  const parts = keyColumns.map((column) => `${held} ->> '${column.replaceAll("'", "''")}'`);
  return parts.length === 1 ? `(${parts[0] ?? ''})` : `to_json(ARRAY[${parts.join(', ')}])::text`;
};

const keyTuple = ({ keyColumns }: TrailedTable, t: string): string =>
  `(${keyColumns.map((column) => `${t}.${quoted(column)}`).join(', ')})`;

/** What the log says last of the row, and whether the row is that. */
const JUDGED = `
  LEFT JOIN LATERAL (
    SELECT r.leaf_index, r.digest, r.columns_id FROM audit_row AS r
    WHERE r.table_name = $1 AND r.row_key = page.row_key ORDER BY r.is_baseline, r.leaf_index DESC, r.place DESC LIMIT 1) AS latest ON true
  LEFT JOIN audit_row_columns AS shape ON shape.id = latest.columns_id
  WHERE latest.digest IS DISTINCT FROM sha256(convert_to(tw_trail_row(page.held, shape.columns), 'UTF8'))
     OR latest.digest IS NULL`;

export interface ComparedPage {
  readonly compared: number;
  /** Of the last row; null where there was none. */
  readonly lastKey: readonly string[] | null;
  readonly differences: readonly Difference[];
}

interface FoundDifference {
  readonly key: string;
  readonly leafIndex: number | null;
}

/** Rows of the table after a key, in the order of keys, held against the log. */
export const compareRows = async (
  query: Query,
  table: TrailedTable,
  after: readonly string[] | null,
  atMost: number,
): Promise<ComparedPage> => {
  const types = table.keyTypes;
  const from =
    after === null ? 'true' : `${keyTuple(table, 't')} > (${types.map((type, i) => `$${i + 3}::${type}`).join(', ')})`;
  const [row] = await query<{ compared: number; lastKey: string[] | null; found: FoundDifference[] | null }>(
    `WITH page AS MATERIALIZED (
       SELECT held, ${keyOf('held', table)} AS row_key, place, parts FROM (
         SELECT to_jsonb(t) AS held, row_number() OVER (ORDER BY ${keyTuple(table, 't').slice(1, -1)}) AS place,
           ARRAY[${table.keyColumns.map((column) => `t.${quoted(column)}::text`).join(', ')}] AS parts
         FROM public.${quoted(table.name)} AS t WHERE ${from} ${table.exempt === null ? '' : `AND NOT (${table.exempt})`}
         ORDER BY ${keyTuple(table, 't').slice(1, -1)} LIMIT $2) AS rows)
     SELECT (SELECT count(*)::int FROM page) AS compared,
       (SELECT parts FROM page ORDER BY place DESC LIMIT 1) AS "lastKey",
       (SELECT json_agg(json_build_object('key', page.row_key, 'leafIndex', latest.leaf_index)) FROM page ${JUDGED}) AS found`,
    [table.name, atMost, ...(after ?? [])],
  );
  return {
    compared: row?.compared ?? 0,
    lastKey: row?.lastKey ?? null,
    differences: (row?.found ?? []).map(({ key, leafIndex }) => ({
      table: table.name,
      key,
      leafIndex,
      kind: leafIndex === null ? 'ROW_WITHOUT_LEAF' : 'ROW_DIFFERS',
    })),
  };
};

/** Condition that the row `t` has the key that the text `key` holds. */
const hasKey = ({ keyColumns, keyTypes }: TrailedTable, t: string, key: string): string =>
  keyColumns
    .map((column, i) => {
      const part = keyColumns.length === 1 ? key : `(${key}::json ->> ${i})`;
      return `${t}.${quoted(column)} = ${part}::${keyTypes[i] ?? 'text'}`;
    })
    .join(' AND ');

/** Rows that the log speaks of, after a key, looked for in their table. */
export const compareLeaves = async (
  query: Query,
  table: TrailedTable,
  after: readonly string[] | null,
  atMost: number,
): Promise<ComparedPage> => {
  const [row] = await query<{ compared: number; lastKey: string | null; found: FoundDifference[] | null }>(
    `WITH page AS MATERIALIZED (
       SELECT DISTINCT ON (row_key) row_key, leaf_index, digest FROM audit_row
       WHERE table_name = $1 AND row_key > $2 ORDER BY row_key, is_baseline, leaf_index DESC, place DESC LIMIT $3)
     SELECT (SELECT count(*)::int FROM page) AS compared, (SELECT max(row_key) FROM page) AS "lastKey",
       (SELECT json_agg(json_build_object('key', row_key, 'leafIndex', leaf_index)) FROM page
        WHERE digest IS NOT NULL
          AND NOT EXISTS (SELECT FROM public.${quoted(table.name)} AS t WHERE ${hasKey(table, 't', 'page.row_key')})) AS found`,
    [table.name, after?.[0] ?? '', atMost],
  );
  return {
    compared: row?.compared ?? 0,
    lastKey: row?.lastKey == null ? null : [row.lastKey],
    differences: (row?.found ?? []).map(({ key, leafIndex }) => ({
      table: table.name,
      key,
      leafIndex,
      kind: 'LEAF_WITHOUT_ROW',
    })),
  };
};

/** Whether the row with the key is what the log says last of it. */
export const agrees = async (query: Query, table: TrailedTable, key: string): Promise<boolean> => {
  const [row] = await query<{ agrees: boolean }>(
    `WITH page AS MATERIALIZED (
       SELECT to_jsonb(t) AS held, $2::text AS row_key FROM public.${quoted(table.name)} AS t WHERE ${hasKey(table, 't', '$2::text')})
     SELECT CASE WHEN EXISTS (SELECT FROM page) THEN NOT EXISTS (SELECT FROM page ${JUDGED})
       ELSE (SELECT digest FROM audit_row WHERE table_name = $1 AND row_key = $2 ORDER BY is_baseline, leaf_index DESC, place DESC LIMIT 1)
         IS NULL END AS agrees`,
    [table.name, key],
  );
  return row?.agrees === true;
};

/* Rows of before */

/**
 * Puts rows that no leaf speaks of into the trail of the transaction, from a key on; yields how many there were and where it
 * stopped.
 */
export const trailBaseline = async (
  { query }: Tx,
  table: TrailedTable,
  after: readonly string[] | null,
  atMost: number,
): Promise<{ readonly recorded: number; readonly lastKey: readonly string[] | null }> => {
  const from =
    after === null
      ? 'true'
      : `${keyTuple(table, 't')} > (${table.keyTypes.map((type, i) => `$${i + 3}::${type}`).join(', ')})`;
  const [row] = await query<{ recorded: number; lastKey: string[] | null }>(
    `WITH page AS MATERIALIZED (
       SELECT held, ${keyOf('held', table)} AS row_key, place, parts FROM (
         SELECT to_jsonb(t) AS held, row_number() OVER (ORDER BY ${keyTuple(table, 't').slice(1, -1)}) AS place,
           ARRAY[${table.keyColumns.map((column) => `t.${quoted(column)}::text`).join(', ')}] AS parts
         FROM public.${quoted(table.name)} AS t WHERE ${from} ${table.exempt === null ? '' : `AND NOT (${table.exempt})`}
         ORDER BY ${keyTuple(table, 't').slice(1, -1)} LIMIT $2) AS rows),
     shape AS (SELECT columns FROM audit_trail WHERE table_name = $1),
     fresh AS (
       SELECT page.* FROM page
       WHERE NOT EXISTS (SELECT FROM audit_row AS r WHERE r.table_name = $1 AND r.row_key = page.row_key)),
     listed AS (SELECT count(*)::int AS recorded, string_agg(tw_trail_row(held, shape.columns), ',' ORDER BY place) AS rows FROM fresh, shape)
     SELECT recorded, (SELECT parts FROM page ORDER BY place DESC LIMIT 1) AS "lastKey",
       CASE WHEN recorded > 0 THEN set_config('tierwarden.rows', concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''),
         '{"columns":' || to_json((SELECT columns FROM shape))::text || ',"op":"baseline","rows":[' || rows || '],"table":'
         || to_json($1::text) || '}'), true) END AS kept
     FROM listed`,
    [table.name, atMost, ...(after ?? [])],
  );
  return { recorded: row?.recorded ?? 0, lastKey: row?.lastKey ?? null };
};

export const markBaselined = async (query: Query, table: TrailedTable, at: Date): Promise<void> => {
  await query('UPDATE audit_trail SET baselined_at = $2 WHERE table_name = $1', [table.name, at]);
};

/* Findings */

/** Those that are not open already. */
export const insertDiscrepancies = async (tx: Tx, differences: readonly Difference[]): Promise<Difference[]> => {
  const rows = await tx.query<{ table: string; key: string; kind: DiscrepancyKind; leafIndex: string | null }>(
    `INSERT INTO audit_discrepancy (id, table_name, row_key, kind, leaf_index, found_at)
     SELECT *, $6::timestamptz FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[])
     ON CONFLICT (table_name, row_key) WHERE gone_at IS NULL DO NOTHING
     RETURNING table_name AS table, row_key AS key, kind, leaf_index::text AS "leafIndex"`,
    [
      differences.map(() => tx.newId()),
      differences.map(({ table }) => table),
      differences.map(({ key }) => key),
      differences.map(({ kind }) => kind),
      differences.map(({ leafIndex }) => leafIndex),
      tx.at,
    ],
  );
  return rows.map((row) => ({ ...row, leafIndex: row.leafIndex === null ? null : Number(row.leafIndex) }));
};

export const openDiscrepancies = (
  query: Query,
  atMost: number,
): Promise<{ id: string; table: string; key: string }[]> =>
  query(
    `SELECT id, table_name AS table, row_key AS key FROM audit_discrepancy WHERE gone_at IS NULL ORDER BY found_at, id LIMIT $1`,
    [atMost],
  );

export const closeDiscrepancies = async (tx: Tx, ids: readonly string[]): Promise<void> => {
  await tx.query('UPDATE audit_discrepancy SET gone_at = greatest($2, found_at) WHERE id = ANY ($1::uuid[])', [
    ids,
    tx.at,
  ]);
};
