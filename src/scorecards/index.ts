/**
 * Door of the scorecards room: scorecard versions and their frozen cut points as data, and the pure function compiled
 * from them. It knows nothing of customers' values, ratings or approvals.
 */
import type { RequestHandler, VerbOutcome } from '../approvals';
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import { EXPERT_SCORECARD_CODE } from './domain/expert-scorecard';
import type { Population } from './domain/freeze-cut-points';
import type { FrozenCutPoints, ScorecardVersion } from './domain/scorecard-version';
import type { RoomReads } from '../platform/read-model';
import type { Tx } from '../platform/unit-of-work';
import { addModelFile, type ModelFileAdded } from './model-file.commands';
import { createModels } from './models';
import type { ModelRunner } from './model-runner';
import { createScorecardReads } from './scorecard.reads';
import { ensureExpertScorecard, freezeSegment } from './scorecard.commands';
import {
  createScorecardQueries,
  cutPointsByIds,
  cutPointsOfVersion,
  findCutPoints,
  findLiveVersion,
  findNewestTrial,
  findTrial,
  versionsByIds,
  type ScorecardQueries,
} from './scorecard.queries';
import {
  createDraft,
  discardDraft,
  editDraft,
  goLiveDue,
  submitVersion,
  versionHandler,
  type DraftHandle,
  type VersionDeps,
  type VersionOutcome,
} from './version.commands';
import type { DrawnCutPoints, Trial } from './domain/trial';
import { insertTrial } from './trial.store';

export { ALL_INDUSTRIES, MIN_REFERENCE_SIZE, segmentFor, type CutPointSet } from './domain/cut-points';
export { compileScorer, type CompiledScorer, type Score } from './domain/compile-scorer';
export type { ScoredRows } from './domain/scored-rows';
export type { DraftChanges } from './domain/change-draft';
export { EXPERT_SCORECARD, EXPERT_SCORECARD_CODE } from './domain/expert-scorecard';
export { explainScore, type ScoreExplanation } from './domain/explain-score';
export { gradeReport, type GradeReport } from './domain/grade-report';
export { freezeCutPoints, type Population } from './domain/freeze-cut-points';
export {
  inputIndicators,
  pointsFromE4,
  pointsToE4,
  rowSlots,
  type Characteristic,
  type GroupRule,
  WEIGHT_PROFILES,
  type KnockOut,
  type ScorecardDefinition,
  type WeightProfile,
} from './domain/scorecard-definition';
export {
  VERSION_STATES,
  type FrozenCutPoints,
  type ScorecardVersion,
  type VersionState,
} from './domain/scorecard-version';
export type { Finding } from './domain/finding';
export type { VersionOutcome, VersionWhatIfs } from './version.commands';
export { isFrozen, type DrawnCutPoints, type Trial } from './domain/trial';
export type { ModelRunner } from './model-runner';
export { MISSING_VALUE, type Values } from './domain/value';

export interface Scorecards {
  /** Idempotent; needs `policy.publish`. */
  ensureExpertScorecard(by: Initiator): Promise<Result<ScorecardVersion>>;
  /** Throws before the installation was bootstrapped. */
  liveVersion(): Promise<ScorecardVersion>;
  versionsByIds(ids: readonly string[]): Promise<ScorecardVersion[]>;
  /** Null when the segment has not been frozen under this version. */
  cutPointsFor(versionId: string, segment: string): Promise<FrozenCutPoints | null>;
  cutPointsOfVersion(versionId: string): Promise<FrozenCutPoints[]>;
  cutPointsByIds(ids: readonly string[]): Promise<FrozenCutPoints[]>;
  /** Idempotent, also under concurrency; needs `rating.run`. See the command for its refusals. */
  freezeCutPoints(
    by: Initiator,
    versionId: string,
    segment: string,
    population: Population,
  ): Promise<Result<FrozenCutPoints>>;
  /** Keeps the version as it stands, to be tried; see {@link Trial}. */
  keepTrial(tx: Tx, version: ScorecardVersion, cutPoints: readonly DrawnCutPoints[]): Promise<Trial>;
  /** Null when there is none. */
  trialById(id: string): Promise<Trial | null>;
  /** Of exactly what the version says now; null when it was not tried. */
  newestTrial(version: ScorecardVersion): Promise<Trial | null>;
  createDraft(by: Initiator, input: Parameters<typeof createDraft>[2]): Promise<Result<VersionOutcome>>;
  editDraft(by: Initiator, input: Parameters<typeof editDraft>[2]): Promise<Result<VersionOutcome>>;
  discardDraft(by: Initiator, input: DraftHandle): Promise<Result<VersionOutcome>>;
  submitVersion(by: Initiator, input: Parameters<typeof submitVersion>[2]): Promise<Result<VerbOutcome>>;
  goLiveDue(by: Initiator, atMost: number): Promise<Result<number>>;
  /** Idempotent; needs `policy.publish`. See the command for its refusals. */
  addModelFile(by: Initiator, content: Buffer): Promise<Result<ModelFileAdded>>;
  /** The model from elsewhere that a version pins, ready to be asked; null where it needs none. See `Models` for refusals. */
  modelOf(version: ScorecardVersion): Promise<Result<ModelRunner | null>>;
  /** For the approvals room. */
  readonly handler: RequestHandler;
  readonly queries: ScorecardQueries;
  readonly reads: RoomReads;
}

export const createScorecards = (given: Omit<VersionDeps, 'models'>): Scorecards => {
  const deps = { ...given, models: createModels(given.database) };
  const { query } = deps.database;
  const queries = createScorecardQueries(deps.database);
  return {
    ensureExpertScorecard: (by) => ensureExpertScorecard(deps, by),
    liveVersion: async () => {
      const live = await findLiveVersion(query, EXPERT_SCORECARD_CODE);
      if (live === null) throw new Error('no scorecard version is live; the installation has not been bootstrapped');
      return live;
    },
    versionsByIds: (ids) => versionsByIds(query, ids),
    cutPointsFor: (versionId, segment) => findCutPoints(query, versionId, segment),
    cutPointsOfVersion: (versionId) => cutPointsOfVersion(query, versionId),
    cutPointsByIds: (ids) => cutPointsByIds(query, ids),
    freezeCutPoints: (by, versionId, segment, population) => freezeSegment(deps, by, versionId, segment, population),
    keepTrial: (tx, version, cutPoints) => insertTrial(tx, version, cutPoints),
    trialById: (id) => findTrial(query, id),
    newestTrial: (version) => findNewestTrial(query, version),
    createDraft: (by, input) => createDraft(deps, by, input),
    editDraft: (by, input) => editDraft(deps, by, input),
    discardDraft: (by, input) => discardDraft(deps, by, input),
    submitVersion: (by, input) => submitVersion(deps, by, input),
    goLiveDue: (by, atMost) => goLiveDue(deps, by, atMost),
    addModelFile: (by, content) => addModelFile(deps, by, content),
    modelOf: (version) => deps.models.open(version),
    handler: versionHandler(deps),
    queries,
    reads: createScorecardReads(queries),
  };
};
