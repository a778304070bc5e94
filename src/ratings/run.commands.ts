/**
 * Runs over the whole portfolio. A start freezes version, cut points and the moment that values are looked at; chunks rate
 * into a table of the run's own, each once, however often its job comes; when the last is done the run is sealed and judged,
 * and published in one switch, parked for a checker, or only shown. One customer that cannot be rated is parked with the
 * reason and never stops the others (I10).
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { withoutKey, type Initiator } from '../kernel/actor';
import { canonicalJson, digestOf, type Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, refused, type Result } from '../kernel/result';
import type { RequestHandler } from '../approvals';
import { accumulate } from '../audit';
import { permit } from '../identity';
import { parsePolicy, type LimitPolicy } from '../policies';
import type { OutboxJob, Tx } from '../platform/unit-of-work';
import type { DrawnCutPoints, FrozenCutPoints, ModelRunner, ScorecardVersion } from '../scorecards';
import { addMoves, isUnusual, runFigures } from './domain/judge-run';
import { HASH_BYTES } from './domain/rating-leaf';
import { chunkSize, nextRunState, type ChunkRange, type RunEvent, type RunState } from './domain/run';
import { TallySheet, whatIfFigures, type WhatIfFigures } from './domain/what-if';
import { submitHeld } from './held-grade.commands';
import { rateChunk, type ChunkMeans, type ChunkResult } from './rate-chunk';
import type { RatingDeps } from './rating.commands';
import type { CalendarDeps } from './rerating.commands';
import { drawCutPoints, ensureCutPoints, segmentsOf, type CutPointsBySegment } from './reference-population';
import * as store from './run.store';
import { createScorer } from './score-customers';
import { Outcomes, weighChunk, type Weighed } from './weigh-chunk';
import type { GradesThatMayCome } from './what-if.ports';

/** Kind of the job that {@link runChunk} answers. */
export const CHUNK_JOB = 'rating.chunk';
/** Kind of the job that {@link finishRun} answers. */
export const FINISH_JOB = 'rating.finish';

export interface RunDeps extends RatingDeps, CalendarDeps {
  readonly mayCome: GradesThatMayCome;
  /** Runs inside the transaction that publishes a run, after the new grades are in force. */
  readonly onRunPublished: (tx: Tx, run: { readonly runId: string; readonly rated: number }) => Promise<void>;
}

export interface RunStarted {
  readonly runId: string;
  readonly auditEventId: string;
}

export interface RunOrder {
  /** Rate by this version and only show what would come of it; left out, the live version is rated by and published. */
  readonly simulate?: {
    readonly scorecardVersionId: string | null;
    /** Content of a limit policy to try; left out, limits follow the one in force. */
    readonly limitPolicy?: unknown;
  };
}

/**
 * Starts a run over everybody. Refuses CONFLICTING_REQUEST.RUN_IN_PROGRESS, INVALID_STATE.NO_REFERENCE_VALUES, what `modelOf`
 * refuses, and for a simulation NOT_FOUND, INVALID_STATE.VERSION_DISCARDED and INVALID.POLICY_CONTENT.
 */
export const startRun = async (deps: RunDeps, by: Initiator, order: RunOrder = {}): Promise<Result<RunStarted>> => {
  const permitted = permit(by.actor, order.simulate === undefined ? 'rating.run' : 'rating.simulate');
  if (!permitted.ok) return permitted;
  const prepared = await prepareRun(deps, by, order);

  return deps.unitOfWork.run(by, async (tx) => {
    // Refused in here, so that a key keeps this answer like any other.
    if (!prepared.ok) return prepared;
    const { version, limitPolicy } = prepared.value;
    const purpose = order.simulate === undefined ? 'PUBLICATION' : 'SIMULATION';
    await store.lockRunStarts(tx);
    const open = await store.openRunId(tx, purpose);
    if (open !== null) {
      return refuse('CONFLICTING_REQUEST', 'a run over the portfolio is already in progress', {
        reason: 'RUN_IN_PROGRESS',
        params: { runId: open },
      });
    }
    const trial =
      prepared.value.drawn === null ? null : await deps.scorecards.keepTrial(tx, version, prepared.value.drawn);
    const cutPoints = trial?.cutPoints ?? prepared.value.cutPoints;
    const asOf = tx.at.toISOString().slice(0, 10);
    const customers = await store.countCustomers(tx);
    const chunks = await store.planChunks(tx, customers, chunkSize(customers));
    const startedAt = notBeforeFreezing(tx.at, cutPoints);
    const trialId = trial?.id ?? null;
    const run = { purpose, scorecardVersionId: version.id, trialId, limitPolicy, asOf, customers, startedAt } as const;
    const runId = await store.insertRun(tx, run, chunks);
    for (const { ordinal } of chunks) tx.enqueue(chunkJob(runId, ordinal));
    const auditEventId = tx.record({
      action: 'ratingRun.started',
      object: { type: 'RatingRun', id: runId },
      after: { purpose, customers, chunks: chunks.length, asOf, scorecardVersion: version.id },
      data: {
        cutPoints: cutPoints.map((set) => set.id),
        ...(trial === null
          ? {}
          : { trial: trial.id, definition: version.digest, cutPointDigests: cutPoints.map((set) => set.digest) }),
        ...(limitPolicy === null ? {} : { limitPolicy: digestOf(limitPolicy) }),
      },
    });
    return ok({ runId, auditEventId });
  });
};

/** What a run is made with. A simulation keeps a copy of its own, and freezes nothing under the version. */
interface RunMeans {
  readonly version: ScorecardVersion;
  readonly cutPoints: readonly FrozenCutPoints[];
  readonly drawn: readonly DrawnCutPoints[] | null;
  readonly limitPolicy: LimitPolicy | null;
}

const prepareRun = async (deps: RunDeps, by: Initiator, { simulate }: RunOrder): Promise<Result<RunMeans>> => {
  if (simulate === undefined) {
    const live = await askable(deps, await deps.scorecards.liveVersion());
    if (!live.ok) return live;
    const version = live.value;
    const cutPoints = await ensureCutPoints(deps, withoutKey(by), version);
    if (!cutPoints.ok) return cutPoints;
    return ok({ version, cutPoints: [...cutPoints.value.values()], drawn: null, limitPolicy: null });
  }
  const version = await versionToTry(deps, simulate.scorecardVersionId);
  if (!version.ok) return version;
  const limitPolicy = simulate.limitPolicy == null ? ok(null) : parsePolicy('LIMIT', simulate.limitPolicy);
  if (!limitPolicy.ok) return refused({ ...limitPolicy.refusal, field: ['limitPolicy'] });
  const drawn = await drawCutPoints(deps, version.value);
  if (!drawn.ok) return drawn;
  return ok({ version: version.value, cutPoints: [], drawn: drawn.value, limitPolicy: limitPolicy.value });
};

/** Null: the live version. */
const versionToTry = async (deps: RunDeps, id: string | null): Promise<Result<ScorecardVersion>> => {
  if (id === null) return askable(deps, await deps.scorecards.liveVersion());
  const [version] = await deps.scorecards.versionsByIds([id]);
  if (version === undefined) {
    return refuse('NOT_FOUND', 'There is no such scorecard version.', { field: ['scorecardVersionId'] });
  }
  return version.state === 'DISCARDED'
    ? refuse('INVALID_STATE', 'a version that was given up is not tried any more', { reason: 'VERSION_DISCARDED' })
    : askable(deps, version);
};

/** Whoever starts a run must be able to ask its model; chunks that cannot, later, park their customers. */
const askable = async (deps: RunDeps, version: ScorecardVersion): Promise<Result<ScorecardVersion>> => {
  const model = await deps.scorecards.modelOf(version);
  return model.ok ? ok(version) : model;
};

/** A run goes by the cut points frozen before it started; the clock of whoever froze them may have been ahead. */
const notBeforeFreezing = (at: Date, cutPoints: readonly FrozenCutPoints[]): Date =>
  new Date(Math.max(at.getTime(), ...cutPoints.map((set) => set.frozenAt.getTime())));

/**
 * Rates the customers of one chunk. Does nothing when the chunk is done or the run is closed; a run that is cancelled
 * while the chunk is being computed keeps none of it.
 */
export const runChunk = async (
  deps: RunDeps,
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
    const { version, cutPoints, model } = scorecard;
    const means: ChunkMeans = {
      scorer: createScorer(version, cutPoints, run.asOf, model.ok ? null : model.refusal),
      groupRules: version.definition.groupRules ?? [],
      model: model.ok ? model.value : null,
    };
    let outcomes = new Outcomes();
    const simulated = run.purpose === 'SIMULATION';
    const rated = await (simulated
      ? rateChunk(tx, run, chunk, means, () => (outcomes = new Outcomes()).add)
      : rateChunk(tx, run, chunk, means));
    await store.insertParked(tx, run.id, rated.parked);
    const weighed = simulated ? await weigh(deps, tx, run, chunk, outcomes) : null;
    const digest = chunkDigest(rated);
    await store.closeChunk(tx, run.id, chunk.ordinal, { ...rated, digest, tally: weighed?.tally ?? null });
    tx.record({
      action: 'ratingRun.chunkRated',
      object: { type: 'RatingRun', id: run.id },
      data: {
        chunk: chunk.ordinal,
        rated: rated.rated,
        parked: rated.parked.length,
        digest,
        ...(weighed === null ? {} : { movers: weighed.moversDigest }),
      },
    });
    return finishWhenLast(tx, run.id);
  });
  // The refusal has undone the chunk of a run that was closed meanwhile; for the caller that is no failure.
  return !result.ok && result.refusal.reason === 'RUN_CLOSED' ? ok({ done: false }) : result;
};

const weigh = async (
  deps: RunDeps,
  tx: Tx,
  run: store.RunRow,
  chunk: ChunkRange,
  outcomes: Outcomes,
): Promise<Weighed> => {
  const { content } = await deps.policies.inForce(tx, 'RERATING_CALENDAR');
  return weighChunk(deps.mayCome, tx, run, chunk, outcomes, content.coolDownDays);
};

interface FrozenScorecard {
  readonly version: ScorecardVersion;
  readonly cutPoints: CutPointsBySegment;
  readonly model: Result<ModelRunner | null>;
}

/** Reading and checking them takes longer than many a chunk, and all chunks of a run ask for the same. */
const lastScorecard = new WeakMap<RunDeps, { readonly runId: string; readonly scorecard: Promise<FrozenScorecard> }>();

const frozenScorecard = (deps: RunDeps, run: store.RunRow): Promise<FrozenScorecard> => {
  const last = lastScorecard.get(deps);
  if (last?.runId === run.id) return last.scorecard;
  const scorecard = readScorecard(deps, run);
  lastScorecard.set(deps, { runId: run.id, scorecard });
  // A fault is not kept, nor a model that cannot be asked: it may be put right while the run lasts.
  scorecard.then(
    ({ model }) => model.ok || lastScorecard.delete(deps),
    () => lastScorecard.delete(deps),
  );
  return scorecard;
};

/** Version, cut points and model of a run: the same for all its chunks, also when further cut points are frozen meanwhile. */
const readScorecard = async (deps: RunDeps, run: store.RunRow): Promise<FrozenScorecard> => {
  if (run.trialId !== null) {
    const trial = await deps.scorecards.trialById(run.trialId);
    if (trial === null) throw new Error(`run ${run.id} lacks its trial`);
    const model = await deps.scorecards.modelOf(trial.version);
    return { version: trial.version, cutPoints: segmentsOf(trial.cutPoints), model };
  }
  const [version] = await deps.scorecards.versionsByIds([run.scorecardVersionId]);
  if (version === undefined) throw new Error(`run ${run.id} lacks its scorecard version`);
  const sets = await deps.scorecards.cutPointsOfVersion(version.id);
  const model = await deps.scorecards.modelOf(version);
  return { version, cutPoints: segmentsOf(sets.filter((set) => set.frozenAt <= run.startedAt)), model };
};

/** Binds the audit event to what the chunk came to, customer by customer. */
const chunkDigest = ({ leafHashes, parked }: ChunkResult): string =>
  createHash('sha256')
    .update(leafHashes)
    .update(canonicalJson(parked.map(({ customerId, refusal }) => [customerId, refusal.reason ?? refusal.code])))
    .digest('hex');

/**
 * From here to the end of the transaction chunks pass one by one, so that exactly one of them sees that none is left.
 */
const finishWhenLast = async (tx: Tx, runId: string): Promise<Result<{ readonly done: boolean }>> => {
  const run = await store.lockRun(tx, runId);
  if (run?.state !== 'RUNNING') {
    return refuse('INVALID_STATE', 'the run was closed while this chunk was computed', { reason: 'RUN_CLOSED' });
  }
  const totals = await store.runTotals(tx, runId);
  await store.noteProgress(tx, runId, run.version);
  if (totals.openChunks === 0) tx.enqueue(finishJob(runId));
  return ok({ done: true });
};

/**
 * Takes a run whose chunks are done as far as it goes by itself: sealed and judged, then published, parked or shown. What a
 * closed run has left behind is thrown away. May be called at any time and any number of times; tells what state it is in.
 */
export const finishRun = async (
  deps: RunDeps,
  by: Initiator,
  input: { readonly runId: string },
): Promise<Result<{ readonly state: RunState }>> => {
  const permitted = permit(by.actor, 'rating.run');
  if (!permitted.ok) return permitted;
  for (;;) {
    const run = await store.readRun(deps.database.query, input.runId);
    if (run === null) return refuse('NOT_FOUND', 'There is no such run.', { field: ['runId'] });
    const step = STEPS[run.state];
    if (step === undefined) return ok({ state: run.state });
    const moved = await deps.unitOfWork.run(by, async (tx) => {
      const locked = await store.lockRun(tx, run.id);
      const done = locked?.state === run.state && (await step(deps, tx, locked));
      // Somebody else has done it, or there is nothing to do.
      if (!done) tx.unchanged();
      return ok(done);
    });
    if (!moved.ok) return moved;
    if (!moved.value) return ok({ state: run.state });
  }
};

/** What becomes of a locked run in a state; false where nothing does. */
type Step = (deps: RunDeps, tx: Tx, run: store.RunRow) => Promise<boolean>;

const seal: Step = async (deps, tx, run) => {
  const totals = await store.runTotals(tx, run.id);
  if (totals.openChunks > 0) return false;
  const figures = runFigures(addMoves(await store.chunkMoves(tx, run.id)));
  const policy = await deps.policies.inForce(tx, 'RATING_RUN');
  // What the chunks wrote is committed, so the tree is made beside the indexes.
  const [ratingsRoot] = await Promise.all([rootOf(deps, run.id, totals.chunks), store.sealRun(tx, run.id)]);
  const unusual = isUnusual(figures, policy.content);
  const event: RunEvent = run.purpose === 'SIMULATION' ? 'SHOW' : unusual ? 'PARK' : 'PUBLISH';
  const whatIf = event === 'SHOW' ? await whatIfOf(deps, tx, run) : null;
  const sealed = await move(tx, run, event, { figures, unusual, ratingsRoot, ...(whatIf === null ? {} : { whatIf }) });
  const { moves, ...shares } = figures;
  tx.record({
    action: SEALED_ACTIONS[event] ?? 'ratingRun.sealed',
    object: { type: 'RatingRun', id: run.id },
    before: { state: run.state },
    after: { state: sealed.state, rated: totals.rated, parked: totals.parked, ratingsRoot },
    data: {
      ...shares,
      moves: moves.map(({ from, to, count }) => [from, to, count]),
      policyVersion: policy.id,
      ...(whatIf === null ? {} : { whatIf: digestOf(whatIf as unknown as Json) }),
    },
  });
  if (event !== 'PARK') return true;
  const submitted = await deps.approvals.submit(tx, {
    kind: 'RATING_RUN',
    subject: { type: 'RatingRun', id: run.id },
    payload: { ratingsRoot, rated: totals.rated, parked: totals.parked, ...shares },
    base: runBase(sealed),
    impact: { usual: policy.content, ...shares },
    facts: { kind: 'RATING_RUN' },
    decideBy: new Date(tx.at.getTime() + policy.content.decideWithinDays * DAY_MS),
    makerId: run.requestedBy,
  });
  if (!submitted.ok) throw new Error(`run ${run.id} cannot be put up for decision: ${submitted.refusal.message}`);
  return true;
};

const whatIfOf = async (deps: RunDeps, tx: Tx, run: store.RunRow): Promise<WhatIfFigures> => {
  const sheet = new TallySheet();
  for (const tally of await store.chunkTallies(tx, run.id)) sheet.addTally(tally);
  const { currency } = run.limitPolicy ?? (await deps.policies.inForce(tx, 'LIMIT')).content;
  return whatIfFigures(sheet.total(), {
    customers: run.customers,
    failures: await store.parkedByReason(tx, run.id),
    currency,
    durationMs: Math.max(0, tx.at.getTime() - run.startedAt.getTime()),
  });
};

const SEALED_ACTIONS: Readonly<Partial<Record<RunEvent, string>>> = {
  PARK: 'ratingRun.parked',
  SHOW: 'ratingRun.simulated',
};

const DAY_MS = 86_400_000;

/** What a decision on a parked run builds on. */
const runBase = (run: store.RunRow): Json => ({ state: run.state, ratingsRoot: run.ratingsRoot });

/** Root of the RFC 6962 tree over all ratings of the run, in the order of chunks and rows, in hex. */
const rootOf = async ({ database }: RunDeps, runId: string, chunks: number): Promise<string> => {
  const tree = accumulate();
  for (let ordinal = 1; ordinal <= chunks; ordinal++) {
    const leaves = await store.chunkLeaves(database.query, runId, ordinal);
    for (let at = 0; at < leaves.length; at += HASH_BYTES) tree.append(leaves.toString('latin1', at, at + HASH_BYTES));
  }
  return Buffer.from(tree.root(), 'latin1').toString('hex');
};

const publish: Step = async (deps, tx, run) => {
  const publishedAt = new Date(Math.max(tx.at.getTime(), run.startedAt.getTime()));
  const { content: calendar } = await deps.policies.inForce(tx, 'RERATING_CALENDAR');
  const { changed, held } = await store.publishRun(tx, run, publishedAt, calendar);
  const { rated, parked } = await store.runTotals(tx, run.id);
  await deps.onRunPublished(tx, { runId: run.id, rated });
  const published = await move(tx, run, 'COMPLETE', { publishedAt });
  tx.record({
    action: 'ratingRun.completed',
    object: { type: 'RatingRun', id: run.id },
    before: { state: run.state },
    after: { state: published.state, rated, parked, ratingsRoot: run.ratingsRoot, gradesChanged: changed, held },
  });
  if (held > 0) await submitHeld(deps, tx, { type: 'RatingRun', id: run.id, held, makerId: run.requestedBy });
  return true;
};

const discard: Step = async (_, tx, run) => {
  if (!(await store.discardRun(tx, run.id))) return false;
  tx.record({ action: 'ratingRun.discarded', object: { type: 'RatingRun', id: run.id }, data: { state: run.state } });
  return true;
};

const STEPS: Readonly<Partial<Record<RunState, Step>>> = {
  RUNNING: seal,
  PUBLISHING: publish,
  CANCELLED: discard,
  REJECTED: discard,
  SIMULATED: discard,
};

const move = (
  tx: Tx,
  run: store.RunRow,
  event: RunEvent,
  facts: Parameters<typeof store.moveRun>[3] = {},
): Promise<store.RunRow> => {
  const next = nextRunState(run.state, event);
  if (next === null) throw new Error(`no transition from ${run.state} by ${event}`);
  return store.moveRun(tx, run, next, facts);
};

/** The parked run goes on to be published. Refuses INVALID_STATE.RUN_CLOSED. */
const releaseRun = async (tx: Tx, runId: string): Promise<Result<true>> => {
  const run = await store.lockRun(tx, runId);
  if (run?.state !== 'PARKED') return runClosed(run?.state ?? 'unknown');
  await move(tx, run, 'APPROVE');
  tx.enqueue(finishJob(runId));
  tx.record({
    action: 'ratingRun.released',
    object: { type: 'RatingRun', id: runId },
    before: { state: 'PARKED' },
    after: { state: 'PUBLISHING' },
  });
  return ok(true);
};

const unusualPayload = z.looseObject({
  ratingsRoot: z.string(),
  rated: z.number(),
  parked: z.number(),
  compared: z.number(),
  up: z.number(),
  down: z.number(),
  shareMoved: z.string(),
  meanNotchShift: z.string(),
});

/** A run that was parked because its results are unusual. */
export const runHandler = (): RequestHandler => ({
  kind: 'RATING_RUN',
  currentBase: async (tx, runId) => {
    const run = await store.lockRun(tx, runId);
    return run === null ? null : runBase(run);
  },
  show: (payload) => ({ __typename: 'RatingRunProposal', ...unusualPayload.parse(payload) }),
  apply: (tx, request) => releaseRun(tx, request.subject.id),
});

const runClosed = (state: string) =>
  refuse('INVALID_STATE', `the run is already ${state}`, { reason: 'RUN_CLOSED', params: { state } });

/** Stops a run that is not yet published; nothing of it takes effect. Refuses NOT_FOUND, INVALID_STATE.RUN_CLOSED. */
export const cancelRun = async (
  deps: RunDeps,
  by: Initiator,
  input: { readonly runId: string },
): Promise<Result<RunStarted>> => {
  const permitted = permit(by.actor, 'run.cancel');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    const run = await store.lockRun(tx, input.runId);
    if (run === null) return refuse('NOT_FOUND', 'There is no such run.', { field: ['runId'] });
    if (nextRunState(run.state, 'CANCEL') === null) return runClosed(run.state);
    const { state } = await move(tx, run, 'CANCEL');
    const { rated, parked } = await store.runTotals(tx, run.id);
    // Chunks that are under way still write to its table, which therefore goes later.
    tx.enqueue(finishJob(run.id));
    const auditEventId = tx.record({
      action: 'ratingRun.cancelled',
      object: { type: 'RatingRun', id: run.id },
      before: { state: run.state },
      after: { state, rated, parked },
    });
    return ok({ runId: run.id, auditEventId });
  });
};

/** How long a run may stand still before what is to be done of it is enqueued again. */
const IDLE_MS = 120_000;

/** Whether a run is being rated or published, and has moved on of late. */
export const isRunAtWork = ({ database }: RunDeps, now: Date): Promise<boolean> =>
  store.isRunAtWork(database.query, new Date(now.getTime() - IDLE_MS));

/**
 * Enqueues what is to be done of runs that have come to a standstill, because their jobs were lost or given up, and closes
 * parked runs whose request was refused. Yields how many jobs.
 */
export const resumeIdleRuns = (deps: RunDeps, by: Initiator): Promise<Result<number>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const permitted = permit(by.actor, 'rating.run');
    if (!permitted.ok) return permitted;
    const refused = await store.refusedRuns(tx);
    for (const run of refused) {
      await move(tx, run, 'REJECT');
      tx.enqueue(finishJob(run.id));
      tx.record({
        action: 'ratingRun.rejected',
        object: { type: 'RatingRun', id: run.id },
        before: { state: run.state },
        after: { state: 'REJECTED' },
      });
    }
    const idle = await store.takeIdleWork(tx, new Date(tx.at.getTime() - IDLE_MS));
    for (const { runId, ordinal } of idle) tx.enqueue(ordinal === null ? finishJob(runId) : chunkJob(runId, ordinal));
    for (const runId of new Set(idle.map((work) => work.runId))) {
      tx.record({
        action: 'ratingRun.resumed',
        object: { type: 'RatingRun', id: runId },
        data: { jobs: idle.filter((work) => work.runId === runId).length },
      });
    }
    const jobs = refused.length + idle.length;
    if (jobs === 0) tx.unchanged();
    return ok(jobs);
  });

const chunkJob = (runId: string, ordinal: number): OutboxJob => ({
  kind: CHUNK_JOB,
  key: `${CHUNK_JOB}:${runId}:${ordinal}`,
  payload: { runId, ordinal },
});

const finishJob = (runId: string): OutboxJob => ({
  kind: FINISH_JOB,
  key: `${FINISH_JOB}:${runId}`,
  payload: { runId },
});
