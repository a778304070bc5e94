/** Writes runs, their chunks and the customers they had to park. */
import { gradeOfRank, GRADES } from '../kernel/grade';
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import type { LimitPolicy, ReratingCalendar } from '../policies';
import type { GroupRule } from '../scorecards';
import type { RunFigures } from './domain/judge-run';
import { dueByMonths } from './domain/rating-due';
import { chunksBetween, isOpenRun, type ChunkRange, type RunPurpose, type RunState } from './domain/run';
import type { Tally, WhatIfFigures } from './domain/what-if';
import { RatingRunChunkEntity, RatingRunEntity } from './run.entity';
import type { ChunkResult } from './rate-chunk';
import { relatedRanksSql } from './related-grades';
import type { ParkedCustomer } from './score-customers';

export interface RunRow {
  readonly id: string;
  /** 1, 2, 3 … */
  readonly number: number;
  readonly purpose: RunPurpose;
  readonly state: RunState;
  readonly scorecardVersionId: string;
  /** The copy of the version that a simulation rates by; null where the version itself does. */
  readonly trialId: string | null;
  /** The limit policy that a simulation tries; null for the one in force. */
  readonly limitPolicy: LimitPolicy | null;
  readonly asOf: string;
  readonly customers: number;
  readonly requestedBy: string;
  /** What was recorded before is what is rated. */
  readonly startedAt: Date;
  readonly figures: RunFigures | null;
  readonly ratingsRoot: string | null;
  readonly version: number;
}

const RUN_ROW = `id, number, purpose, state, scorecard_version_id AS "scorecardVersionId", trial_id AS "trialId",
  limit_policy AS "limitPolicy", as_of::text AS "asOf", customers, requested_by AS "requestedBy", started_at AS "startedAt", figures, ratings_root AS "ratingsRoot", version`;

/** Where its ratings are written before it is published. */
export const runTable = ({ number }: Pick<RunRow, 'number'>): string => `rating_runs.rating_${number}`;

/** Serialises the starts of runs. */
export const lockRunStarts = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('rating_run.start'))");
};

/** The run of that purpose that has not ended. */
export const openRunId = async (tx: Tx, purpose: RunPurpose): Promise<string | null> => {
  const [row] = await tx.query<{ id: string }>('SELECT id FROM rating_run WHERE purpose = $1 AND finished_at IS NULL', [
    purpose,
  ]);
  return row?.id ?? null;
};

export const countCustomers = async (tx: Tx): Promise<number> => {
  const [row] = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM customer');
  return row?.count ?? 0;
};

/** Chunks of about so many of the `customers` that there are. */
export const planChunks = async (tx: Tx, customers: number, size: number): Promise<ChunkRange[]> => {
  const bounds = await tx.query<{ id: string }>(
    `WITH RECURSIVE bound AS (
       SELECT '00000000-0000-0000-0000-000000000000'::uuid AS id, 0 AS place
       UNION ALL
       SELECT next.id, place + $1::int FROM bound CROSS JOIN LATERAL (
         SELECT customer.id FROM customer WHERE customer.id > bound.id ORDER BY customer.id OFFSET $1::int - 1 LIMIT 1) AS next
       WHERE place + $1::int < $2)
     SELECT id FROM bound WHERE place > 0 ORDER BY place`,
    [size, customers],
  );
  return chunksBetween(bounds.map(({ id }) => id));
};

export const insertRun = async (
  tx: Tx,
  run: {
    readonly purpose: RunPurpose;
    readonly scorecardVersionId: string;
    readonly trialId: string | null;
    readonly limitPolicy: LimitPolicy | null;
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
  await tx.query('SELECT rating_run_open($1)', [id]);
  tx.signal('RatingRun', id, 1);
  return id;
};

export const readRun = async (query: Query, id: string): Promise<RunRow | null> => {
  const [row] = await query<RunRow>(`SELECT ${RUN_ROW} FROM rating_run WHERE id = $1`, [id]);
  return row ?? null;
};

export const lockRun = async (tx: Tx, id: string): Promise<RunRow | null> => {
  const [row] = await tx.query<RunRow>(`SELECT ${RUN_ROW} FROM rating_run WHERE id = $1 FOR NO KEY UPDATE`, [id]);
  return row ?? null;
};

/** Moves a locked run; `facts` go with the move. Yields it as it stands then. */
export const moveRun = async (
  tx: Tx,
  run: RunRow,
  state: RunState,
  facts: {
    readonly figures?: RunFigures;
    readonly whatIf?: WhatIfFigures;
    readonly unusual?: boolean;
    readonly ratingsRoot?: string;
    readonly publishedAt?: Date;
  } = {},
): Promise<RunRow> => {
  const version = run.version + 1;
  await noteProgress(tx, run.id, version);
  await tx.query(
    `UPDATE rating_run SET state = $2, version = $3, finished_at = CASE WHEN $4 THEN $5::timestamptz END,
       figures = coalesce($6, figures), unusual = coalesce($7, unusual), ratings_root = coalesce($8, ratings_root),
       published_at = coalesce($9, published_at), what_if = coalesce($10, what_if)
     WHERE id = $1`,
    [
      run.id,
      state,
      version,
      !isOpenRun(state),
      tx.at,
      facts.figures === undefined ? null : JSON.stringify(facts.figures),
      facts.unusual,
      facts.ratingsRoot,
      facts.publishedAt,
      facts.whatIf === undefined ? null : JSON.stringify(facts.whatIf),
    ],
  );
  return { ...run, ...facts, state, version };
};

/** Marks the locked run as changed: a chunk of it is done, or it moves. */
export const noteProgress = async (tx: Tx, runId: string, version: number): Promise<void> => {
  await tx.query('UPDATE rating_run SET updated_at = greatest(updated_at, $2) WHERE id = $1', [runId, tx.at]);
  tx.signal('RatingRun', runId, version);
};

/** Locks a chunk that is not done yet; null when it is done or not there. */
export const lockOpenChunk = async (tx: Tx, runId: string, ordinal: number): Promise<ChunkRange | null> => {
  const [row] = await tx.query<ChunkRange & { done: boolean }>(
    `SELECT ordinal, id_after AS "idAfter", id_upto AS "idUpto", done_at IS NOT NULL AS done
     FROM rating_run_chunk WHERE run_id = $1 AND ordinal = $2 FOR UPDATE`,
    [runId, ordinal],
  );
  return row === undefined || row.done ? null : row;
};

export const closeChunk = async (
  tx: Tx,
  runId: string,
  ordinal: number,
  result: ChunkResult & { readonly digest: string; readonly tally: Tally | null },
): Promise<void> => {
  await tx.query(
    `UPDATE rating_run_chunk SET rated = $3, parked = $4, digest = $5, leaf_hashes = $6, moves = $7, done_at = $8, tally = $9
     WHERE run_id = $1 AND ordinal = $2`,
    [
      runId,
      ordinal,
      result.rated,
      result.parked.length,
      result.digest,
      result.leafHashes,
      JSON.stringify([...result.moves]),
      tx.at,
      result.tally === null ? null : JSON.stringify(result.tally),
    ],
  );
};

/** Leaf hashes of a chunk that is done. */
export const chunkLeaves = async (query: Query, runId: string, ordinal: number): Promise<Buffer> => {
  const [row] = await query<{ leaves: Buffer }>(
    'SELECT leaf_hashes AS leaves FROM rating_run_chunk WHERE run_id = $1 AND ordinal = $2',
    [runId, ordinal],
  );
  if (row === undefined) throw new Error(`run ${runId} lacks chunk ${ordinal}`);
  return row.leaves;
};

export const chunkMoves = async (tx: Tx, runId: string): Promise<(readonly number[])[]> =>
  (await tx.query<{ moves: number[] }>('SELECT moves FROM rating_run_chunk WHERE run_id = $1', [runId])).map(
    (row) => row.moves,
  );

/** Of a simulation whose chunks are done. */
export const chunkTallies = async (tx: Tx, runId: string): Promise<Tally[]> =>
  (await tx.query<{ tally: Tally }>('SELECT tally FROM rating_run_chunk WHERE run_id = $1', [runId])).map(
    (row) => row.tally,
  );

/** Customers that could not be rated, by reason, most first. */
export const parkedByReason = (tx: Tx, runId: string): Promise<{ reason: string; count: number }[]> =>
  tx.query(
    `SELECT reason, count(*)::int AS count FROM rating_parked WHERE run_id = $1
     GROUP BY reason ORDER BY count(*) DESC, reason`,
    [runId],
  );

/** Indexes and checks what the chunks wrote; afterwards nothing can be added. */
export const sealRun = async (tx: Tx, runId: string): Promise<void> => {
  await tx.query('SELECT rating_run_seal($1)', [runId]);
};

/** Brings the run's ratings into effect; readers see all of it or nothing. */
export const publishRun = async (
  tx: Tx,
  { id: runId, startedAt }: Pick<RunRow, 'id' | 'startedAt'>,
  at: Date,
  calendar: ReratingCalendar,
): Promise<{ changed: number; held: number }> => {
  const [row] = await tx.query<{ changed: string; held: string }>(
    'SELECT * FROM rating_run_publish($1, $2, $3, $4, make_interval(hours => 24 * $5))',
    [
      runId,
      at,
      dueByMonths(startedAt, calendar),
      GRADES.map((_, i) => calendar.monthsByGrade[gradeOfRank(i + 1)]),
      calendar.coolDownDays,
    ],
  );
  if (row === undefined) throw new Error(`run ${runId} was not published`);
  return { changed: Number(row.changed), held: Number(row.held) };
};

/** Whether there was anything to be discarded. */
export const discardRun = async (tx: Tx, runId: string): Promise<boolean> => {
  const [row] = await tx.query<{ discarded: boolean }>('SELECT rating_run_discard($1) AS discarded', [runId]);
  return row?.discarded === true;
};

export interface RunTotals {
  readonly chunks: number;
  readonly openChunks: number;
  readonly rated: number;
  readonly parked: number;
}

export const runTotals = async (tx: Tx, runId: string): Promise<RunTotals> => {
  const [row] = await tx.query<RunTotals>(
    `SELECT count(*)::int AS chunks, count(*) FILTER (WHERE done_at IS NULL)::int AS "openChunks",
       coalesce(sum(rated), 0)::int AS rated, coalesce(sum(parked), 0)::int AS parked
     FROM rating_run_chunk WHERE run_id = $1`,
    [runId],
  );
  if (row === undefined) throw new Error(`run ${runId} has no chunks`);
  return row;
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Before the ranks of related parties, one for each group rule. */
export const INPUT_COLUMNS = 6;

/**
 * Id, industry, packed values and days, the model grade before, whether something moved after the run began, and what group
 * rules look at, in the order of ids. COPY takes no parameters, so all that is put in is of a form that cannot be anything
 * else.
 */
export const chunkInputsSql = (
  run: RunRow,
  { idAfter, idUpto }: ChunkRange,
  groupRules: readonly GroupRule[],
): string => {
  for (const id of [idAfter, idUpto]) if (id !== null && !UUID.test(id)) throw new Error(`not an id: ${id}`);
  const within = (column: string): string =>
    [
      'true',
      ...(idAfter === null ? [] : [`${column} > '${idAfter}'`]),
      ...(idUpto === null ? [] : [`${column} <= '${idUpto}'`]),
    ].join(' AND ');
  const startedAt = `'${run.startedAt.toISOString()}'::timestamptz`;
  // The range is said of each table, so that all three are walked side by side in the order of their keys.
  return `COPY (
    SELECT customer.id, customer.industry_code, current.values, current.as_of, held.model_grade,
      customer.updated_at > ${startedAt} OR coalesce(current.updated_at > ${startedAt}, false)
      ${groupRules.map((_, i) => `, related.rank_${i}`).join('')}
    FROM (SELECT id, industry_code, updated_at FROM customer
          WHERE ${within('id')} AND created_at <= ${startedAt}) AS customer
    LEFT JOIN (SELECT customer_id, values, as_of, updated_at FROM indicator_current WHERE ${within('customer_id')}) AS current
      ON current.customer_id = customer.id
    LEFT JOIN (SELECT customer_id, model_grade FROM customer_grade WHERE ${within('customer_id')}) AS held
      ON held.customer_id = customer.id
    ${
      groupRules.length === 0
        ? ''
        : `LEFT JOIN (${relatedRanksSql(groupRules, { within, at: startedAt })}) AS related ON related.of_id = customer.id`
    }
    ORDER BY customer.id) TO STDOUT (FORMAT binary)`;
};

/** Industries of customers as they were on record at a moment. */
export const industriesAt = async (
  query: Query,
  customerIds: readonly string[],
  at: Date,
): Promise<Map<string, string | null>> => {
  const rows = await query<{ id: string; industry: string | null }>(
    `SELECT DISTINCT ON (customer_id) customer_id AS id, fields ->> 'industryCode' AS industry FROM customer_version
     WHERE customer_id = ANY ($1::uuid[]) AND recorded_at <= $2 ORDER BY customer_id, version DESC`,
    [customerIds, at],
  );
  return new Map(rows.map(({ id, industry }) => [id, industry]));
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

/** Whether a run has come on since the given moment and has not ended. */
export const isRunAtWork = async (query: Query, since: Date): Promise<boolean> => {
  const [row] = await query<{ busy: boolean }>(
    `SELECT EXISTS (SELECT FROM rating_run WHERE finished_at IS NULL AND state <> 'PARKED' AND updated_at > $1) AS busy`,
    [since],
  );
  return row?.busy === true;
};

export interface IdleWork {
  readonly runId: string;
  /** Null where all chunks are done, and the run waits to be finished. */
  readonly ordinal: number | null;
}

/**
 * What is to be done of runs that have neither been started, resumed nor gained a chunk since the given moment; they are
 * marked as resumed. A run that is being written to at this moment is not idle.
 */
export const takeIdleWork = (tx: Tx, since: Date): Promise<IdleWork[]> =>
  tx.query<IdleWork>(
    `WITH idle AS (
       SELECT run.id FROM rating_run AS run
       WHERE run.state IN ('RUNNING', 'PUBLISHING') AND $1 > greatest(run.updated_at, run.resumed_at)
       FOR NO KEY UPDATE OF run SKIP LOCKED),
     marked AS (UPDATE rating_run SET resumed_at = $2 WHERE id IN (SELECT id FROM idle) RETURNING id)
     SELECT marked.id AS "runId", chunk.ordinal
     FROM marked LEFT JOIN rating_run_chunk AS chunk ON chunk.run_id = marked.id AND chunk.done_at IS NULL
     ORDER BY chunk.ordinal`,
    [since, tx.at],
  );

/** Parked runs whose request was closed without being applied. */
export const refusedRuns = async (tx: Tx): Promise<RunRow[]> =>
  tx.query<RunRow>(
    `SELECT ${RUN_ROW} FROM rating_run AS run WHERE state = 'PARKED' AND NOT EXISTS (
       SELECT FROM change_request WHERE kind = 'RATING_RUN' AND subject_id = run.id::text
         AND state IN ('IN_REVIEW', 'APPLIED')) FOR NO KEY UPDATE SKIP LOCKED`,
  );
