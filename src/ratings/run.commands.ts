/**
 * Runs over the whole portfolio. A start freezes version and cut points and enqueues one job per chunk; a chunk is one
 * unit of work that is done once, however often its job comes; the last chunk to commit completes the run. One customer
 * that cannot be rated is parked with the reason and never stops the others (I10).
 */
import { withoutKey, type Initiator } from '../kernel/actor';
import { digestOf } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { OutboxJob, Tx } from '../platform/unit-of-work';
import { inputIndicators, type ScorecardVersion } from '../scorecards';
import { nextRunState, planChunks } from './domain/run';
import { claimGrades, publishRatings, type RatingDeps } from './rating.commands';
import type { NewRating } from './rating.store';
import { ensureCutPoints, segmentsOf, type CutPointsBySegment } from './reference-population';
import * as store from './run.store';
import { createScorer, isParked, type ParkedCustomer } from './score-customers';

/** Kind of the job that {@link runChunk} answers. */
export const CHUNK_JOB = 'rating.chunk';

export interface RunStarted {
  readonly runId: string;
  readonly auditEventId: string;
}

/** Starts a run over everybody. Refuses CONFLICTING_REQUEST.RUN_IN_PROGRESS and INVALID_STATE.NO_REFERENCE_VALUES. */
export const startRun = async (deps: RatingDeps, by: Initiator): Promise<Result<RunStarted>> => {
  const permitted = permit(by.actor, 'rating.run');
  if (!permitted.ok) return permitted;
  const version = await deps.scorecards.liveVersion();
  const cutPoints = await ensureCutPoints(deps, withoutKey(by), version);

  return deps.unitOfWork.run(by, async (tx) => {
    // Refused in here, so that a key keeps this answer like any other.
    if (!cutPoints.ok) return cutPoints;
    await store.lockRunStarts(tx);
    const running = await store.runningRunId(tx);
    if (running !== null) {
      return refuse('CONFLICTING_REQUEST', 'a run over the portfolio is already in progress', {
        reason: 'RUN_IN_PROGRESS',
        params: { runId: running },
      });
    }
    const asOf = tx.at.toISOString().slice(0, 10);
    const customers = await store.countCustomers(tx);
    const chunks = planChunks(customers);
    const startedAt = notBeforeFreezing(tx.at, cutPoints.value);
    const run = { scorecardVersionId: version.id, asOf, customers, startedAt };
    const runId = await store.insertRun(tx, run, chunks);
    for (const { ordinal } of chunks) tx.enqueue(chunkJob(runId, ordinal));
    const auditEventId = tx.record({
      action: 'ratingRun.started',
      object: { type: 'RatingRun', id: runId },
      after: { customers, chunks: chunks.length, asOf, scorecardVersion: version.id },
      data: { cutPoints: [...cutPoints.value.values()].map((set) => set.id) },
    });
    return ok({ runId, auditEventId });
  });
};

/** A run goes by the cut points frozen before it started; the clock of whoever froze them may have been ahead. */
const notBeforeFreezing = (at: Date, cutPoints: CutPointsBySegment): Date =>
  new Date(Math.max(at.getTime(), ...[...cutPoints.values()].map((set) => set.frozenAt.getTime())));

/**
 * Rates the customers of one chunk. Does nothing when the chunk is done or the run is closed; a run that is cancelled
 * while the chunk is being computed keeps none of it.
 */
export const runChunk = async (
  deps: RatingDeps,
  by: Initiator,
  input: { readonly runId: string; readonly ordinal: number },
): Promise<Result<{ readonly done: boolean }>> => {
  const permitted = permit(by.actor, 'rating.run');
  if (!permitted.ok) return permitted;
  const run = await store.readRun(deps.database.query, input.runId);
  if (run?.state !== 'RUNNING') return ok({ done: false });
  // None of this ever changes, so it is read before the transaction takes a connection of its own.
  const scorecard = await frozenScorecard(deps, run);

  const result = await deps.unitOfWork.run(by, async (tx) => {
    const chunk = await store.lockOpenChunk(tx, run.id, input.ordinal);
    if (chunk === null) {
      tx.unchanged();
      return ok({ done: false });
    }
    // The grades are held before the values are read; who is registered in between waits for the next run.
    const customerIds = await store.customerIdsInRange(tx, chunk);
    const current = await claimGrades(tx, run.id, customerIds);
    const scorer = createScorer(scorecard.version, scorecard.cutPoints, tx.newId);
    const customers = await store.customersToRate(tx, customerIds, inputIndicators(scorecard.version.definition));
    const rated: NewRating[] = [];
    const parked: ParkedCustomer[] = [];
    for (const customer of customers) {
      const outcome = scorer.score(customer, run.asOf);
      if (isParked(outcome)) parked.push(outcome);
      else rated.push(outcome);
    }
    const occasion = { runId: run.id, scorecardVersionId: run.scorecardVersionId, asOf: run.asOf };
    const changes = await publishRatings(deps, tx, occasion, rated, current);
    await store.insertParked(tx, run.id, parked);
    const outcome = { rated: rated.length, parked: parked.length, digest: chunkDigest(rated, parked) };
    await store.closeChunk(tx, run.id, chunk.ordinal, outcome);
    tx.record({
      action: 'ratingRun.chunkRated',
      object: { type: 'RatingRun', id: run.id },
      data: { chunk: chunk.ordinal, ...outcome, gradesChanged: changes.filter(({ changed }) => changed).length },
    });
    return completeWhenLast(tx, run.id);
  });
  // The refusal has undone the chunk of a run that was closed meanwhile; for the caller that is no failure.
  return !result.ok && result.refusal.reason === 'RUN_CLOSED' ? ok({ done: false }) : result;
};

/** Version and cut points of a run: the same for all its chunks, also when further cut points are frozen meanwhile. */
const frozenScorecard = async (
  deps: RatingDeps,
  run: store.RunRow,
): Promise<{ readonly version: ScorecardVersion; readonly cutPoints: CutPointsBySegment }> => {
  const [version] = await deps.scorecards.versionsByIds([run.scorecardVersionId]);
  if (version === undefined) throw new Error(`run ${run.id} lacks its scorecard version`);
  const sets = await deps.scorecards.cutPointsOfVersion(version.id);
  return { version, cutPoints: segmentsOf(sets.filter((set) => set.frozenAt <= run.startedAt)) };
};

/** Binds the audit event to what the chunk came to, customer by customer. */
const chunkDigest = (rated: readonly NewRating[], parked: readonly ParkedCustomer[]): string =>
  digestOf({
    rated: rated.map(({ id, customerId, score, modelGrade }) => [id, customerId, score, modelGrade]),
    parked: parked.map(({ customerId, refusal }) => [customerId, refusal.reason ?? refusal.code]),
  });

/**
 * From here to the end of the transaction chunks pass one by one, so that exactly one of them sees that none is left.
 */
const completeWhenLast = async (tx: Tx, runId: string): Promise<Result<{ readonly done: boolean }>> => {
  const run = await store.lockRun(tx, runId);
  if (run?.state !== 'RUNNING') {
    return refuse('INVALID_STATE', 'the run was closed while this chunk was computed', { reason: 'RUN_CLOSED' });
  }
  const totals = await store.runTotals(tx, runId);
  if (totals.openChunks === 0) {
    await store.moveRun(tx, run, 'COMPLETED');
    tx.record({
      action: 'ratingRun.completed',
      object: { type: 'RatingRun', id: runId },
      before: { state: run.state },
      after: { state: 'COMPLETED', ...summary(totals) },
    });
  } else {
    await store.noteProgress(tx, runId, run.version);
  }
  return ok({ done: true });
};

const summary = ({ rated, parked, digests }: store.RunTotals): { rated: number; parked: number; digest: string } => ({
  rated,
  parked,
  digest: digestOf(digests),
});

/** Stops a run: chunks that are done stay, the others are never rated. Refuses NOT_FOUND, INVALID_STATE.RUN_CLOSED. */
export const cancelRun = async (
  deps: RatingDeps,
  by: Initiator,
  input: { readonly runId: string },
): Promise<Result<RunStarted>> => {
  const permitted = permit(by.actor, 'run.cancel');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    const run = await store.lockRun(tx, input.runId);
    if (run === null) return refuse('NOT_FOUND', 'There is no such run.', { field: ['runId'] });
    const next = nextRunState(run.state, 'CANCEL');
    if (next === null) {
      return refuse('INVALID_STATE', `the run is already ${run.state}`, {
        reason: 'RUN_CLOSED',
        params: { state: run.state },
      });
    }
    await store.moveRun(tx, run, next);
    const totals = await store.runTotals(tx, run.id);
    const auditEventId = tx.record({
      action: 'ratingRun.cancelled',
      object: { type: 'RatingRun', id: run.id },
      before: { state: run.state },
      after: { state: next, ...summary(totals) },
    });
    return ok({ runId: run.id, auditEventId });
  });
};

/** How long a run may stand still before its open chunks are enqueued again. */
const IDLE_MS = 120_000;

/** Enqueues the open chunks of a run that has come to a standstill: its jobs were lost or given up. Yields how many. */
export const resumeIdleRuns = (deps: RatingDeps, by: Initiator): Promise<Result<number>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const permitted = permit(by.actor, 'rating.run');
    if (!permitted.ok) return permitted;
    const chunks = await store.takeIdleChunks(tx, new Date(tx.at.getTime() - IDLE_MS));
    const [first] = chunks;
    if (first === undefined) {
      tx.unchanged();
      return ok(0);
    }
    for (const { runId, ordinal } of chunks) tx.enqueue(chunkJob(runId, ordinal));
    tx.record({
      action: 'ratingRun.resumed',
      object: { type: 'RatingRun', id: first.runId },
      data: { chunks: chunks.length },
    });
    return ok(chunks.length);
  });

const chunkJob = (runId: string, ordinal: number): OutboxJob => ({
  kind: CHUNK_JOB,
  key: `${CHUNK_JOB}:${runId}:${ordinal}`,
  payload: { runId, ordinal },
});
