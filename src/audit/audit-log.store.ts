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
}

/** Before everything. */
export const BEGINNING: Position = { seen: '1:1:', window: null };

export interface LogHead {
  readonly size: number;
  readonly root: TreeHash;
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
    note: string;
    seen: string;
    until: string | null;
    lastXact: string | null;
    lastEvent: string | null;
    isHere: boolean;
  }>(
    `SELECT size::text AS size, root, note, seen::text AS seen, until::text AS until, last_xact::text AS "lastXact",
       last_event::text AS "lastEvent", server = ${SERVER} AS "isHere"
     FROM audit_log_checkpoint ORDER BY audit_log_checkpoint.size DESC LIMIT 1`,
  );
  if (row === undefined) return null;
  const { size, root, note, seen, until, lastXact, lastEvent, isHere } = row;
  const window = until === null || lastXact === null || lastEvent === null ? null : { until, lastXact, lastEvent };
  return {
    size: Number(size),
    root: root.toString('latin1'),
    note,
    // Restored elsewhere, the numbers of its transactions say nothing: whatever is no leaf is looked for from the beginning.
    position: isHere ? { seen, window } : BEGINNING,
  };
};

const SERVER = '(SELECT system_identifier::text FROM pg_control_system())';

export interface TakenEvents {
  /** Stored bytes, in the order of their leaves. */
  readonly entries: readonly Buffer[];
  readonly position: Position;
}

export interface Bounds {
  readonly events: number;
  readonly bytes: number;
}

/**
 * Makes leaves, from `size` on, of events that were committed after `position`: in the order of their transactions, and
 * within a transaction in the order of their recording. What commits late comes later; nothing is passed over.
 */
export const takeEvents = async (
  query: Query,
  position: Position,
  size: number,
  bounds: Bounds,
): Promise<TakenEvents> => {
  const { seen, window } = position;
  const [row] = await query<{
    present: string;
    isWhole: boolean;
    entries: Buffer | null;
    lastXact: string | null;
    lastEvent: string | null;
  }>(
    `WITH candidate AS MATERIALIZED (
       SELECT e.id, e.xact, e.bytes FROM audit_event AS e
       WHERE e.xact >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(e.xact, $1::pg_snapshot)
         ${window === null ? '' : 'AND pg_visible_in_snapshot(e.xact, $5::pg_snapshot) AND (e.xact, e.id) > ($6::xid8, $7::uuid)'}
         -- Needed where transactions are numbered anew; as a subquery it stays one look-up for each event.
         AND (SELECT true FROM audit_log_leaf AS l WHERE l.event_id = e.id) IS NULL
       ORDER BY e.xact, e.id LIMIT $3),
     measured AS (
       SELECT *, row_number() OVER in_order - 1 AS place, sum(octet_length(bytes)) OVER in_order AS total
       FROM candidate WINDOW in_order AS (ORDER BY xact, id)),
     taken AS MATERIALIZED (SELECT * FROM measured WHERE place = 0 OR total <= $4),
     leaf AS (INSERT INTO audit_log_leaf (leaf_index, event_id) SELECT $2::bigint + place, id FROM taken ORDER BY place)
     SELECT pg_current_snapshot()::text AS present,
       (SELECT count(*) FROM candidate) < $3 AND (SELECT count(*) FROM candidate) = count(*) AS "isWhole",
       string_agg(int4send(octet_length(bytes)) || bytes, ''::bytea ORDER BY place) AS entries,
       (array_agg(xact::text ORDER BY place DESC))[1] AS "lastXact",
       (array_agg(id::text ORDER BY place DESC))[1] AS "lastEvent"
     FROM taken`,
    [
      seen,
      size,
      bounds.events,
      bounds.bytes,
      ...(window === null ? [] : [window.until, window.lastXact, window.lastEvent]),
    ],
  );
  if (row === undefined) throw new Error('no snapshot');
  const until = window?.until ?? row.present;
  return {
    entries: unpack(row.entries ?? Buffer.alloc(0)),
    position:
      row.isWhole || row.lastXact === null || row.lastEvent === null
        ? { seen: until, window: null }
        : { seen, window: { until, lastXact: row.lastXact, lastEvent: row.lastEvent } },
  };
};

/** They come in one value, as thousands of rows cost more than what is done with them. */
const unpack = (packed: Buffer): Buffer[] => {
  const entries: Buffer[] = [];
  for (let at = 0; at < packed.length;) {
    const end = at + 4 + packed.readInt32BE(at);
    entries.push(packed.subarray(at + 4, end));
    at = end;
  }
  return entries;
};

/** New hashes of one level of tiles, and how many it had before. */
export interface GrownLevel {
  readonly level: number;
  readonly before: number;
  readonly hashes: readonly TreeHash[];
}

export const writeTiles = async (query: Query, levels: readonly GrownLevel[]): Promise<void> => {
  const pieces = levels.flatMap(piecesOf);
  await query(
    `INSERT INTO audit_log_tile (level, tile, first, hashes)
     SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::smallint[], $4::bytea[])`,
    [
      pieces.map((piece) => piece.level),
      pieces.map((piece) => piece.tile),
      pieces.map((piece) => piece.first),
      pieces.map((piece) => piece.hashes),
    ],
  );
};

const piecesOf = ({ level, before, hashes }: GrownLevel) => {
  const bytes = Buffer.from(hashes.join(''), 'latin1');
  const pieces: { level: number; tile: number; first: number; hashes: Buffer }[] = [];
  for (let at = 0; at < hashes.length;) {
    const position = before + at;
    const first = position % TILE_WIDTH;
    const count = Math.min(TILE_WIDTH - first, hashes.length - at);
    pieces.push({
      level,
      tile: Math.floor(position / TILE_WIDTH),
      first,
      hashes: bytes.subarray(at * TREE_HASH_BYTES, (at + count) * TREE_HASH_BYTES),
    });
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
