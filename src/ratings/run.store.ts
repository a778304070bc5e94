/** Writes runs, their chunks and the customers they had to park. */
import type { Tx } from '../platform/unit-of-work';
import type { ChunkRange, RunState } from './domain/run';
import { RatingRunChunkEntity, RatingRunEntity } from './run.entity';
import type { CustomerToRate, ParkedCustomer } from './score-customers';

export interface RunRow {
  readonly id: string;
  readonly state: RunState;
  readonly scorecardVersionId: string;
  readonly asOf: string;
  readonly version: number;
}

const RUN_ROW = `id, state, scorecard_version_id AS "scorecardVersionId", as_of::text AS "asOf", version`;

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
  run: { readonly scorecardVersionId: string; readonly asOf: string; readonly customers: number },
  chunks: readonly ChunkRange[],
): Promise<string> => {
  const id = tx.newId();
  await tx.manager.insert(RatingRunEntity, {
    id,
    ...run,
    state: 'RUNNING',
    requestedBy: tx.initiator.actor.id,
    startedAt: tx.at,
    finishedAt: null,
    version: 1,
  });
  await tx.manager.insert(
    RatingRunChunkEntity,
    chunks.map((chunk) => ({ runId: id, ...chunk, rated: null, parked: null, doneAt: null })),
  );
  return id;
};

export const readRun = async (tx: Tx, id: string): Promise<RunRow | null> => {
  const [row] = await tx.query<RunRow>(`SELECT ${RUN_ROW} FROM rating_run WHERE id = $1`, [id]);
  return row ?? null;
};

export const lockRun = async (tx: Tx, id: string): Promise<RunRow | null> => {
  const [row] = await tx.query<RunRow>(`SELECT ${RUN_ROW} FROM rating_run WHERE id = $1 FOR UPDATE`, [id]);
  return row ?? null;
};

export const moveRun = async (tx: Tx, run: RunRow, state: RunState): Promise<void> => {
  await tx.manager.update(RatingRunEntity, run.id, { state, finishedAt: tx.at, version: run.version + 1 });
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
  counts: { readonly rated: number; readonly parked: number },
): Promise<void> => {
  await tx.manager.update(RatingRunChunkEntity, { runId, ordinal }, { ...counts, doneAt: tx.at });
};

export interface RunTotals {
  readonly openChunks: number;
  readonly rated: number;
  readonly parked: number;
}

export const runTotals = async (tx: Tx, runId: string): Promise<RunTotals> => {
  const [row] = await tx.query<RunTotals>(
    `SELECT count(*) FILTER (WHERE done_at IS NULL)::int AS "openChunks",
       coalesce(sum(rated), 0)::int AS rated, coalesce(sum(parked), 0)::int AS parked
     FROM rating_run_chunk WHERE run_id = $1`,
    [runId],
  );
  if (row === undefined) throw new Error(`run ${runId} has no chunks`);
  return row;
};

/** Customers of a hash range with their current values, in the order of ids. */
export const customersInRange = async (tx: Tx, range: ChunkRange): Promise<CustomerToRate[]> => {
  const rows = await tx.query<{
    customerId: string;
    industryCode: string | null;
    values: (number | null)[] | null;
    asOf: (string | null)[] | null;
  }>(
    `SELECT customer.id AS "customerId", customer.industry_code AS "industryCode", current.values,
       current.as_of::text[] AS "asOf"
     FROM customer LEFT JOIN indicator_current AS current ON current.customer_id = customer.id
     WHERE customer.bucket BETWEEN $1 AND $2 ORDER BY customer.id`,
    [range.bucketFrom, range.bucketTo],
  );
  return rows.map(({ customerId, industryCode, values, asOf }) => ({
    customerId,
    industryCode,
    packed: values === null || asOf === null ? null : { values, asOf },
  }));
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

/** Open chunks of running runs that made no progress since the given moment. */
export const idleChunks = (tx: Tx, since: Date): Promise<{ runId: string; ordinal: number }[]> =>
  tx.query<{ runId: string; ordinal: number }>(
    `SELECT chunk.run_id AS "runId", chunk.ordinal
     FROM rating_run AS run JOIN rating_run_chunk AS chunk ON chunk.run_id = run.id
     WHERE run.state = 'RUNNING' AND chunk.done_at IS NULL
       AND greatest(run.started_at, (SELECT max(done_at) FROM rating_run_chunk WHERE run_id = run.id)) < $1
     ORDER BY chunk.ordinal`,
    [since],
  );
