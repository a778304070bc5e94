/**
 * Door of the scorecards room: scorecard versions and their frozen cut points as data, and the pure function compiled
 * from them. It knows nothing of customers' values, ratings or approvals.
 */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import { EXPERT_SCORECARD_CODE } from './domain/expert-scorecard';
import type { Population } from './domain/freeze-cut-points';
import type { FrozenCutPoints, ScorecardVersion } from './domain/scorecard-version';
import type { RoomReads } from '../platform/read-model';
import { createScorecardReads } from './scorecard.reads';
import { ensureExpertScorecard, freezeSegment, type ScorecardDeps } from './scorecard.commands';
import {
  createScorecardQueries,
  cutPointsByIds,
  cutPointsOfVersion,
  findCutPoints,
  findLiveVersion,
  versionsByIds,
  type ScorecardQueries,
} from './scorecard.queries';

export { ALL_INDUSTRIES, MIN_REFERENCE_SIZE, segmentFor, type CutPointSet } from './domain/cut-points';
export { compileScorecard, type CompiledScorecard, type Score } from './domain/compile-scorecard';
export { EXPERT_SCORECARD } from './domain/expert-scorecard';
export { explainScore, type ScoreExplanation } from './domain/explain-score';
export { freezeCutPoints, type Population } from './domain/freeze-cut-points';
export {
  inputIndicators,
  pointsFromE4,
  pointsToE4,
  type Characteristic,
  type KnockOut,
  type ScorecardDefinition,
} from './domain/scorecard-definition';
export {
  VERSION_STATES,
  type FrozenCutPoints,
  type ScorecardVersion,
  type VersionState,
} from './domain/scorecard-version';
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
  readonly queries: ScorecardQueries;
  readonly reads: RoomReads;
}

export const createScorecards = (deps: ScorecardDeps): Scorecards => {
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
    queries,
    reads: createScorecardReads(queries),
  };
};
