/**
 * What the log shows to the outside: checkpoints, tiles, entries, proofs; and how far it is behind. It never writes, and it
 * asks for no permission: that the public may read hashes and signed checkpoints, and who may read entries, is known to the
 * doors.
 */
import type { Clock } from '../kernel/clock';
import type { Database } from '../platform/database';
import { BEGINNING, IS_NO_LEAF, isLeftIn, isNewTo, readHead } from './audit-log.store';
import { readRanges } from './audit-log.tiles';
import { formatLogProof } from './domain/log-proof';
import { consistencyRanges, inclusionRanges, TREE_HASH_BYTES, type TreeHash } from './domain/merkle-tree';
import { bundleOf, type Tile } from './domain/tile';

export interface PublishedCheckpoint {
  readonly size: number;
  readonly root: TreeHash;
  readonly signedAt: Date;
  /** The signed note with all cosignatures that it has. */
  readonly note: string;
}

export interface LogStatus {
  /** Leaves. */
  readonly size: number;
  /** When the newest checkpoint was signed; null before the first. */
  readonly signedAt: Date | null;
  /** Committed events that are no leaves yet, counted up to {@link WAITING_COUNTED}. */
  readonly waiting: number;
  /** Age of the first of them, in seconds; 0 where there is none. */
  readonly lagSeconds: number;
}

/** Above this the number says nothing that an alarm would not know already. */
const WAITING_COUNTED = 10_000;

export const createAuditLogQueries = ({ query }: Pick<Database, 'query'>, clock: Clock) => {
  /** The newest, or the one of that many leaves; null where there is none. */
  const checkpoint = async (size: number | null = null): Promise<PublishedCheckpoint | null> => {
    const [row] = await query<{ size: string; root: Buffer; signedAt: Date; note: string }>(
      `SELECT size::text AS size, root, signed_at AS "signedAt",
         note || coalesce((SELECT string_agg(line, '' ORDER BY witness) FROM audit_log_cosignature AS c
                           WHERE c.size = checkpoint.size), '') AS note
       FROM audit_log_checkpoint AS checkpoint ${size === null ? '' : 'WHERE checkpoint.size = $1'}
       ORDER BY checkpoint.size DESC LIMIT 1`,
      size === null ? [] : [size],
    );
    return row === undefined
      ? null
      : { size: Number(row.size), root: row.root.toString('latin1'), signedAt: row.signedAt, note: row.note };
  };

  return {
    checkpoint,

    /** Bytes of a tile or bundle, as served; null for one that the log does not have (yet). */
    tile: async ({ level, index, width }: Tile): Promise<Buffer | null> => {
      if (level === 'entries') {
        const entries = await readEntries(query, index * 256, index * 256 + width);
        return entries.length === width ? bundleOf(entries) : null;
      }
      const [row] = await query<{ bytes: Buffer | null }>(
        `SELECT string_agg(hashes, ''::bytea ORDER BY first) AS bytes FROM audit_log_tile WHERE level = $1 AND tile = $2`,
        [level, index],
      );
      const bytes = row?.bytes ?? Buffer.alloc(0);
      return bytes.length < width * TREE_HASH_BYTES ? null : bytes.subarray(0, width * TREE_HASH_BYTES);
    },

    /** Stored bytes of the leaves from `begin` up to but not including `end`; empty where an event is gone. */
    entries: (begin: number, end: number): Promise<Buffer[]> => readEntries(query, begin, end),

    /** Signed notes of every checkpoint of more than `size` leaves, the smallest first. */
    notesAfter: async (size: number, limit: number): Promise<{ size: number; note: string }[]> => {
      const rows = await query<{ size: string; note: string }>(
        'SELECT size::text AS size, note FROM audit_log_checkpoint AS c WHERE c.size > $1 ORDER BY c.size LIMIT $2',
        [size, limit],
      );
      return rows.map((row) => ({ ...row, size: Number(row.size) }));
    },

    /** The whole written form of the leaf's event where it is kept aside; null where the leaf holds it itself. */
    bodies: async (begin: number, end: number): Promise<{ index: number; bytes: Buffer }[]> => {
      const rows = await query<{ index: string; bytes: Buffer }>(
        `SELECT l.leaf_index::text AS index, b.bytes FROM audit_log_leaf AS l
         CROSS JOIN LATERAL (SELECT bytes FROM audit_event_body WHERE event_id = l.event_id OFFSET 0) AS b
         WHERE l.leaf_index >= $1 AND l.leaf_index < $2 ORDER BY l.leaf_index`,
        [begin, end],
      );
      return rows.map((row) => ({ ...row, index: Number(row.index) }));
    },

    /** The leaves, from `begin` up to but not including `end`, of events of that time; the same numbers where there are none. */
    leavesBetween: async (from: Date | null, to: Date | null): Promise<{ begin: number; end: number }> => {
      const [row] = await query<{ begin: string | null; end: string | null }>(
        `SELECT min(leaf_index)::text AS begin, (max(leaf_index) + 1)::text AS "end"
         FROM audit_event JOIN audit_log_leaf ON event_id = id
         WHERE occurred_at >= coalesce($1::timestamptz, '-infinity') AND occurred_at < coalesce($2::timestamptz, 'infinity')`,
        [from, to],
      );
      return { begin: Number(row?.begin ?? 0), end: Number(row?.end ?? 0) };
    },

    /** Index of the event's leaf; null while it waits to become one, and for what is no event. */
    leafIndex: async (eventId: string): Promise<number | null> => (await leafIndexes([eventId])).get(eventId) ?? null,

    /**
     * The proof file (`.tlog-proof`) that the event is a leaf of the newest checkpoint, with the entry's bytes as its extra; null
     * while it is none. Two statements.
     */
    proof: async (eventId: string): Promise<{ leafIndex: number; proof: string } | null> => {
      const [row] = await query<{ leafIndex: string; size: string; note: string; bytes: Buffer }>(
        `SELECT leaf_index::text AS "leafIndex", size::text AS size, note, bytes
         FROM audit_log_leaf JOIN audit_event ON id = event_id, (SELECT size, note FROM audit_log_checkpoint ORDER BY size DESC LIMIT 1) AS newest
         WHERE event_id = $1`,
        [eventId],
      );
      if (row === undefined) return null;
      const index = Number(row.leafIndex);
      const leaf = { index, size: Number(row.size), note: row.note, entry: row.bytes };
      const [proof = ''] = await proveLeaves(query, [leaf]);
      return { leafIndex: index, proof };
    },

    /** Base64 hashes that lead from the tree of `from` leaves to that of `to`; null unless both are or were trees of the log. */
    consistency: async (from: number, to: number): Promise<readonly string[] | null> => {
      const [row] = await query<{ size: string | null }>('SELECT max(size)::text AS size FROM audit_log_checkpoint');
      if (from < 0 || from > to || to > Number(row?.size ?? -1)) return null;
      if (from === 0) return [];
      const path = await readRanges(query, consistencyRanges(from, to));
      return path.map((hash) => Buffer.from(hash, 'latin1').toString('base64'));
    },

    /** Two statements. */
    status: async (): Promise<LogStatus> => {
      const head = await readHead(query);
      const { seen, window } = head?.position ?? BEGINNING;
      // Out of an index and in its order, so that no more are read than are counted.
      const some = (condition: string): string =>
        `(SELECT e.xact, e.id FROM audit_event AS e WHERE ${condition} AND ${IS_NO_LEAF}
          ORDER BY e.xact, e.id LIMIT ${WAITING_COUNTED})`;
      const sources =
        window === null
          ? some(isNewTo('$1'))
          : `${some(`${isNewTo('$1')} AND ${isLeftIn('$2', '$3', '$4')}`)} UNION ALL ${some(isNewTo('$2'))}`;
      const [row] = await query<{ waiting: number; oldest: Date | null }>(
        `WITH waiting AS MATERIALIZED (SELECT * FROM (${sources}) AS e LIMIT ${WAITING_COUNTED})
         SELECT count(*)::int AS waiting,
           (SELECT occurred_at FROM audit_event WHERE id = (SELECT id FROM waiting ORDER BY xact, id LIMIT 1)) AS oldest
         FROM waiting`,
        [seen, ...(window === null ? [] : [window.until, window.lastXact, window.lastEvent])],
      );
      const { size = 0, signedAt = null } = head ?? {};
      const { waiting = 0, oldest = null } = row ?? {};
      const lagMs = oldest === null ? 0 : clock().getTime() - oldest.getTime();
      return { size, signedAt, waiting, lagSeconds: Math.max(0, lagMs / 1000) };
    },
  };

  async function leafIndexes(eventIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await query<{ eventId: string; leafIndex: string }>(
      `SELECT event_id::text AS "eventId", leaf_index::text AS "leafIndex" FROM audit_log_leaf WHERE event_id = ANY ($1::uuid[])`,
      [eventIds],
    );
    return new Map(rows.map(({ eventId, leafIndex }) => [eventId, Number(leafIndex)]));
  }
};

export interface ProvableLeaf {
  readonly index: number;
  /** Of the checkpoint that the proof leads to, and its signed note. */
  readonly size: number;
  readonly note: string;
  readonly entry: Uint8Array;
}

/** Proof files, in one statement for all of them. */
export const proveLeaves = async (query: Database['query'], leaves: readonly ProvableLeaf[]): Promise<string[]> => {
  const ranges = leaves.map(({ index, size }) => inclusionRanges(index, size));
  const hashes = await readRanges(query, ranges.flat());
  let at = 0;
  return leaves.map(({ index, note, entry }, i) => {
    const end = at + (ranges[i]?.length ?? 0);
    const path = hashes.slice(at, end);
    at = end;
    return formatLogProof({ index, path, checkpoint: note, extra: entry });
  });
};

/** The proof file of an event, and its whole written form where the entry holds the digest alone. */
export interface ProvenEvent {
  readonly proof: string;
  readonly body: Buffer | null;
}

/** Of each object the first event with one of these actions, as a leaf of the newest checkpoint. Two statements. */
export const proveEventsOf = async (
  query: Database['query'],
  objectType: string,
  objectIds: readonly string[],
  actions: readonly string[],
): Promise<Map<string, ProvenEvent>> => {
  if (objectIds.length === 0) return new Map();
  const rows = await query<{
    objectId: string;
    leafIndex: string;
    size: string;
    note: string;
    bytes: Buffer;
    body: Buffer | null;
  }>(
    `SELECT DISTINCT ON (object_id) object_id AS "objectId", leaf_index::text AS "leafIndex", size::text AS size, note,
       event.bytes, body.bytes AS body
     FROM audit_event AS event JOIN audit_log_leaf AS leaf ON leaf.event_id = event.id
     LEFT JOIN audit_event_body AS body ON body.event_id = event.id,
     (SELECT size, note FROM audit_log_checkpoint ORDER BY size DESC LIMIT 1) AS newest
     WHERE object_type = $1 AND object_id = ANY ($2) AND action = ANY ($3) ORDER BY object_id, leaf_index`,
    [objectType, objectIds, actions],
  );
  const proofs = await proveLeaves(
    query,
    rows.map(({ leafIndex, size, note, bytes }) => ({
      index: Number(leafIndex),
      size: Number(size),
      note,
      entry: bytes,
    })),
  );
  return new Map(rows.map(({ objectId, body }, i) => [objectId, { proof: proofs[i] ?? '', body }]));
};

export type AuditLogQueries = ReturnType<typeof createAuditLogQueries>;

const readEntries = async (query: Database['query'], begin: number, end: number): Promise<Buffer[]> => {
  // Looked up one by one: for a range of unknown length a join would read all events there are.
  const rows = await query<{ bytes: Buffer | null }>(
    `SELECT (SELECT e.bytes FROM audit_event AS e WHERE e.id = l.event_id) AS bytes FROM audit_log_leaf AS l
     WHERE l.leaf_index >= $1 AND l.leaf_index < $2 ORDER BY l.leaf_index`,
    [begin, end],
  );
  // An event that somebody took away leaves a hole that no hash fits.
  return rows.map(({ bytes }) => bytes ?? Buffer.alloc(0));
};
