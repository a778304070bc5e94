/**
 * Writes the tree over the audit events: leaves, tiles, checkpoints. It only ever adds, and everything inside the transaction
 * that it is given. What may be signed is not decided here.
 */
import type { Query } from '../platform/database';
import type { Checkpoint } from './domain/checkpoint';
import { TREE_HASH_BYTES, type TreeHash } from './domain/merkle-tree';
import { TILE_WIDTH } from './domain/tile';

/** How far the events have been read: see the columns of audit_log_checkpoint. */
export interface Position {
  /** A snapshot of PostgreSQL; everything that it shows is in the tree. */
  readonly seen: string;
  /** Set while there are more events to this snapshot than were taken: those up to `lastXact`, `lastEvent` are in the tree. */
  readonly window: { readonly until: string; readonly lastXact: string; readonly lastEvent: string } | null;
  /** The log has been on more than one server: numbers of transactions do not tell alone what is a leaf already. */
  readonly numberedAnew: boolean;
}

/** Before everything. */
export const BEGINNING: Position = { seen: '1:1:', window: null, numberedAnew: false };

/* Of an event `e`, in SQL; the arguments are names of parameters. */

export const isNewTo = (seen: string): string =>
  `e.xact >= pg_snapshot_xmin(${seen}::pg_snapshot) AND NOT pg_visible_in_snapshot(e.xact, ${seen}::pg_snapshot)`;
export const isLeftIn = (until: string, lastXact: string, lastEvent: string): string =>
  `pg_visible_in_snapshot(e.xact, ${until}::pg_snapshot) AND (e.xact, e.id) > (${lastXact}::xid8, ${lastEvent}::uuid)`;
/** As a subquery it stays one look-up for each, where a join might read all leaves there are. */
export const IS_NO_LEAF = '(SELECT true FROM audit_log_leaf AS l WHERE l.event_id = e.id) IS NULL';

export interface LogHead {
  readonly size: number;
  readonly root: TreeHash;
  readonly signedAt: Date;
  /** The signed checkpoint, verbatim. */
  readonly note: string;
  readonly position: Position;
}

/** One sequencer at a time, wherever it runs: held to the end of the transaction, so that who dies holds nothing. */
const LOCK = 0x7477_6c6f;

export const tryLockLog = async (query: Query): Promise<boolean> => {
  const [row] = await query<{ locked: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS locked', [LOCK]);
  return row?.locked === true;
};

/** Where the log stands; null before its first checkpoint. */
export const readHead = async (query: Query): Promise<LogHead | null> => {
  const [row] = await query<{
    size: string;
    root: Buffer;
    signedAt: Date;
    note: string;
    seen: string;
    until: string | null;
    lastXact: string | null;
    lastEvent: string | null;
    isHere: boolean;
    numberedAnew: boolean;
  }>(
    `SELECT size::text AS size, root, signed_at AS "signedAt", note, seen::text AS seen, until::text AS until, last_xact::text AS "lastXact",
       last_event::text AS "lastEvent", server = ${SERVER} AS "isHere", ${NUMBERED_ANEW} AS "numberedAnew"
     FROM audit_log_checkpoint ORDER BY audit_log_checkpoint.size DESC LIMIT 1`,
  );
  if (row === undefined) return null;
  const { size, root, signedAt, note, seen, until, lastXact, lastEvent, isHere, numberedAnew } = row;
  const window = until === null || lastXact === null || lastEvent === null ? null : { until, lastXact, lastEvent };
  return {
    size: Number(size),
    root: root.toString('latin1'),
    signedAt,
    note,
    // Restored elsewhere, the numbers of its transactions say nothing: whatever is no leaf is looked for from the beginning.
    position: isHere ? { seen, window, numberedAnew } : { ...BEGINNING, numberedAnew },
  };
};

const SERVER = '(SELECT system_identifier::text FROM pg_control_system())';

/** By the ends of an index, however many checkpoints there are. */
const NUMBERED_ANEW = `EXISTS (SELECT FROM (VALUES ((SELECT min(server) FROM audit_log_checkpoint)),
  ((SELECT max(server) FROM audit_log_checkpoint))) AS ends (server) WHERE ends.server <> ${SERVER})`;

export interface TakenEvents {
  /** Of the leaves that they became. */
  readonly hashes: readonly TreeHash[];
  readonly position: Position;
}

/**
 * Makes leaves, from `size` on, of at most `limit` events that were committed after `position`: in the order of their
 * transactions, and within a transaction in the order of their recording. What commits late comes later; nothing is passed
 * over. The server hashes the entries where they lie: RFC 6962's SHA-256(0x00 ‖ entry), and 32 bytes of each come here.
 */
export const takeEvents = async (
  query: Query,
  { seen, window, numberedAnew }: Position,
  size: number,
  limit: number,
): Promise<TakenEvents> => {
  const [row] = await query<{
    present: string;
    count: number;
    hashes: Buffer | null;
    lastXact: string | null;
    lastEvent: string | null;
  }>(
    `WITH next AS (
       SELECT e.id, e.xact, e.bytes FROM audit_event AS e
       WHERE ${isNewTo('$1')}
         ${window === null ? '' : `AND ${isLeftIn('$4', '$5', '$6')}`}
         ${numberedAnew ? `AND ${IS_NO_LEAF}` : ''}
       ORDER BY e.xact, e.id LIMIT $3),
     taken AS MATERIALIZED (
       SELECT id, xact, sha256('\\x00'::bytea || bytes) AS hash, $2::bigint + row_number() OVER in_order - 1 AS leaf_index
       FROM next WINDOW in_order AS (ORDER BY xact, id ROWS UNBOUNDED PRECEDING)),
     leaf AS (INSERT INTO audit_log_leaf (leaf_index, event_id) SELECT leaf_index, id FROM taken),
     last AS (SELECT xact, id FROM taken ORDER BY leaf_index DESC LIMIT 1)
     SELECT pg_current_snapshot()::text AS present, count(*)::int AS count,
       string_agg(hash, ''::bytea ORDER BY leaf_index) AS hashes,
       (SELECT xact FROM last)::text AS "lastXact", (SELECT id FROM last)::text AS "lastEvent"
     FROM taken`,
    [seen, size, limit, ...(window === null ? [] : [window.until, window.lastXact, window.lastEvent])],
  );
  if (row === undefined) throw new Error('no snapshot');
  const { present, count, hashes, lastXact, lastEvent } = row;
  const until = window?.until ?? present;
  const isWhole = count < limit || lastXact === null || lastEvent === null;
  const packed = hashes?.toString('latin1') ?? '';
  return {
    hashes: Array.from({ length: count }, (_, i) => packed.slice(i * TREE_HASH_BYTES, (i + 1) * TREE_HASH_BYTES)),
    position: {
      numberedAnew,
      ...(isWhole ? { seen: until, window: null } : { seen, window: { until, lastXact, lastEvent } }),
    },
  };
};

/** New hashes of one level of tiles, and how many it had before. */
export interface GrownLevel {
  readonly level: number;
  readonly before: number;
  readonly hashes: readonly TreeHash[];
}

export const writeTiles = async (query: Query, levels: readonly GrownLevel[]): Promise<void> => {
  // All hashes in one value, which travels as it is; bytes in an array would travel as text.
  const packed = Buffer.from(levels.map(({ hashes }) => hashes.join('')).join(''), 'latin1');
  let at = 0;
  const pieces = levels.flatMap(piecesOf).map((piece) => {
    const begin = at;
    at += piece.count * TREE_HASH_BYTES;
    return { ...piece, begin };
  });
  await query(
    `INSERT INTO audit_log_tile (level, tile, first, hashes)
     SELECT level, tile, first, substr($1::bytea, begin + 1, count * ${TREE_HASH_BYTES})
     FROM unnest($2::smallint[], $3::bigint[], $4::smallint[], $5::int[], $6::int[]) AS piece (level, tile, first, begin, count)`,
    [
      packed,
      pieces.map((piece) => piece.level),
      pieces.map((piece) => piece.tile),
      pieces.map((piece) => piece.first),
      pieces.map((piece) => piece.begin),
      pieces.map((piece) => piece.count),
    ],
  );
};

/** What the hashes add to each tile that they fall into. */
const piecesOf = ({ level, before, hashes }: GrownLevel) => {
  const pieces: { level: number; tile: number; first: number; count: number }[] = [];
  for (let at = 0; at < hashes.length;) {
    const position = before + at;
    const first = position % TILE_WIDTH;
    const count = Math.min(TILE_WIDTH - first, hashes.length - at);
    pieces.push({ level, tile: Math.floor(position / TILE_WIDTH), first, count });
    at += count;
  }
  return pieces;
};

export const writeCheckpoint = async (
  query: Query,
  checkpoint: Checkpoint,
  note: string,
  signedAt: Date,
  { seen, window }: Position,
): Promise<void> => {
  await query(
    `INSERT INTO audit_log_checkpoint (size, root, note, signed_at, seen, until, last_xact, last_event, server)
     SELECT $1, $2, $3, $4, $5::pg_snapshot, $6::pg_snapshot, $7::xid8, $8::uuid, ${SERVER}`,
    [
      checkpoint.size,
      Buffer.from(checkpoint.root, 'latin1'),
      note,
      signedAt,
      seen,
      window?.until ?? null,
      window?.lastXact ?? null,
      window?.lastEvent ?? null,
    ],
  );
};

/** A witness says a thing once of each checkpoint; yields false where it has. */
export const writeCosignature = async (
  query: Query,
  cosigned: { readonly size: number; readonly witness: string; readonly line: string; readonly receivedAt: Date },
): Promise<boolean> => {
  const added = await query(
    `INSERT INTO audit_log_cosignature (size, witness, line, received_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING size`,
    [cosigned.size, cosigned.witness, cosigned.line, cosigned.receivedAt],
  );
  return added.length > 0;
};
