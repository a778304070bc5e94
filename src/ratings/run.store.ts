/** Writes runs, their chunks and the customers they had to park. */
import { indicatorOf, MAX_ORDINAL } from '../indicators';
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import type { ChunkRange, RunState } from './domain/run';
import { RatingRunChunkEntity, RatingRunEntity } from './run.entity';
import type { CustomerToRate, ParkedCustomer } from './score-customers';

export interface RunRow {
  readonly id: string;
  readonly state: RunState;
  readonly scorecardVersionId: string;
  readonly asOf: string;
  readonly startedAt: Date;
  readonly version: number;
}

const RUN_ROW = `id, state, scorecard_version_id AS "scorecardVersionId", as_of::text AS "asOf",
  started_at AS "startedAt", version`;

/** Serialises the starts of runs. */
export const lockRunStarts = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('rating_run.start'))");
};

export const runningRunId = async (tx: Tx): Promise<string | null> => {
  const [row] = await tx.query<{ id: string }>("SELECT id FROM rating_run WHERE state = 'RUNNING'");
  return row?.id ?? null;
};

export const countCustomers = async (tx: Tx): Promise<number> => {
  const [row] = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM customer');
  return row?.count ?? 0;
};

export const insertRun = async (
  tx: Tx,
  run: {
    readonly scorecardVersionId: string;
    readonly asOf: string;
    readonly customers: number;
    readonly startedAt: Date;
  },
  chunks: readonly ChunkRange[],
): Promise<string> => {
  const id = tx.newId();
  await tx.manager.insert(RatingRunEntity, {
    id,
    ...run,
    state: 'RUNNING',
    requestedBy: tx.initiator.actor.id,
    updatedAt: run.startedAt,
    version: 1,
  });
  await tx.manager.insert(
    RatingRunChunkEntity,
    chunks.map((chunk) => ({ runId: id, ...chunk })),
  );
  tx.signal('RatingRun', id, 1);
  return id;
};

export const readRun = async (query: Query, id: string): Promise<RunRow | null> => {
  const [row] = await query<RunRow>(`SELECT ${RUN_ROW} FROM rating_run WHERE id = $1`, [id]);
  return row ?? null;
};

/** Not FOR UPDATE: every rating that a chunk has written holds a share of its run's key, and chunks would deadlock. */
export const lockRun = async (tx: Tx, id: string): Promise<RunRow | null> => {
  const [row] = await tx.query<RunRow>(`SELECT ${RUN_ROW} FROM rating_run WHERE id = $1 FOR NO KEY UPDATE`, [id]);
  return row ?? null;
};

export const moveRun = async (tx: Tx, run: RunRow, state: RunState): Promise<void> => {
  await noteProgress(tx, run.id, run.version + 1);
  await tx.manager.update(RatingRunEntity, run.id, { state, finishedAt: tx.at, version: run.version + 1 });
};

/** Marks the locked run as changed: a chunk of it is done, or it moves. */
export const noteProgress = async (tx: Tx, runId: string, version: number): Promise<void> => {
  await tx.query('UPDATE rating_run SET updated_at = greatest(updated_at, $2) WHERE id = $1', [runId, tx.at]);
  tx.signal('RatingRun', runId, version);
};

/** Locks a chunk that is not done yet; null when it is done or not there. */
export const lockOpenChunk = async (tx: Tx, runId: string, ordinal: number): Promise<ChunkRange | null> => {
  const [row] = await tx.query<ChunkRange & { done: boolean }>(
    `SELECT ordinal, bucket_from AS "bucketFrom", bucket_to AS "bucketTo", done_at IS NOT NULL AS done
     FROM rating_run_chunk WHERE run_id = $1 AND ordinal = $2 FOR UPDATE`,
    [runId, ordinal],
  );
  return row === undefined || row.done ? null : row;
};

export const closeChunk = async (
  tx: Tx,
  runId: string,
  ordinal: number,
  result: { readonly rated: number; readonly parked: number; readonly digest: string },
): Promise<void> => {
  await tx.manager.update(RatingRunChunkEntity, { runId, ordinal }, { ...result, doneAt: tx.at });
};

export interface RunTotals {
  readonly openChunks: number;
  readonly rated: number;
  readonly parked: number;
  /** Of the chunks that are done, in their order. */
  readonly digests: readonly string[];
}

export const runTotals = async (tx: Tx, runId: string): Promise<RunTotals> => {
  const [row] = await tx.query<RunTotals>(
    `SELECT count(*) FILTER (WHERE done_at IS NULL)::int AS "openChunks",
       coalesce(sum(rated), 0)::int AS rated, coalesce(sum(parked), 0)::int AS parked,
       coalesce(array_agg(digest ORDER BY ordinal) FILTER (WHERE done_at IS NOT NULL), '{}') AS digests
     FROM rating_run_chunk WHERE run_id = $1`,
    [runId],
  );
  if (row === undefined) throw new Error(`run ${runId} has no chunks`);
  return row;
};

export const customerIdsInRange = async (tx: Tx, range: ChunkRange): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>('SELECT id FROM customer WHERE bucket BETWEEN $1 AND $2 ORDER BY id', [
    range.bucketFrom,
    range.bucketTo,
  ]);
  return rows.map((row) => row.id);
};

/** The customers in the order of ids, with the current values of the indicators that are asked for. */
export const customersToRate = async (
  tx: Tx,
  customerIds: readonly string[],
  indicators: readonly string[],
): Promise<CustomerToRate[]> => {
  const ordinals = indicators.map((code) => indicatorOf(code).ordinal);
  const packed = (column: string): string =>
    `ARRAY[${ordinals.map((i) => `current.${column}[${i}]`).join(', ')}]::text`;
  // Arrays travel as text: taking them apart here costs a fraction of the driver's general array parser.
  const rows = await tx.query<{ customerId: string; industryCode: string | null; values: string; asOf: string }>(
    `SELECT customer.id AS "customerId", customer.industry_code AS "industryCode", ${packed('values')} AS values,
       ${packed('as_of')} AS "asOf"
     FROM customer LEFT JOIN indicator_current AS current ON current.customer_id = customer.id
     WHERE customer.id = ANY ($1::uuid[]) ORDER BY customer.id`,
    [customerIds],
  );
  return rows.map(({ customerId, industryCode, values, asOf }) => ({
    customerId,
    industryCode,
    packed: { values: spread(ordinals, values, Number), asOf: spread(ordinals, asOf, (day) => day) },
  }));
};

/** Puts the elements of an array literal of numbers or days where the dictionary's ordinals want them. */
const spread = <T>(ordinals: readonly number[], literal: string, read: (text: string) => T): (T | null)[] => {
  const slots = new Array<T | null>(MAX_ORDINAL).fill(null);
  literal
    .slice(1, -1)
    .split(',')
    .forEach((text, i) => {
      if (text !== 'NULL') slots[(ordinals[i] ?? 0) - 1] = read(text);
    });
  return slots;
};

export const insertParked = async (tx: Tx, runId: string, parked: readonly ParkedCustomer[]): Promise<void> => {
  if (parked.length === 0) return;
  await tx.query(
    `INSERT INTO rating_parked (run_id, customer_id, reason, detail, parked_at)
     SELECT $1, customer_id, reason, detail, $2
     FROM unnest($3::uuid[], $4::text[], $5::text[]) AS p (customer_id, reason, detail)`,
    [
      runId,
      tx.at,
      parked.map((customer) => customer.customerId),
      parked.map(({ refusal }) => refusal.reason ?? refusal.code),
      parked.map(({ refusal }) => refusal.message),
    ],
  );
};

/**
 * Open chunks of a run that has neither been started, resumed nor gained a chunk since the given moment; the run is marked
 * as resumed. A run that is being written to at this moment is not idle.
 */
export const takeIdleChunks = (tx: Tx, since: Date): Promise<{ runId: string; ordinal: number }[]> =>
  tx.query<{ runId: string; ordinal: number }>(
    `WITH idle AS (
       SELECT run.id FROM rating_run AS run
       WHERE run.state = 'RUNNING' AND $1 > greatest(run.started_at, run.resumed_at,
         (SELECT max(chunk.done_at) FROM rating_run_chunk AS chunk WHERE chunk.run_id = run.id))
       FOR NO KEY UPDATE OF run SKIP LOCKED),
     marked AS (UPDATE rating_run SET resumed_at = $2 WHERE id IN (SELECT id FROM idle) RETURNING id)
     SELECT chunk.run_id AS "runId", chunk.ordinal
     FROM marked JOIN rating_run_chunk AS chunk ON chunk.run_id = marked.id
     WHERE chunk.done_at IS NULL ORDER BY chunk.ordinal`,
    [since, tx.at],
  );
