/**
 * Puts the delivered scorecard into a new installation and freezes cut points at first use. It never changes a version
 * or a cut point set that is there.
 */
import { permit } from '../identity';
import type { Initiator } from '../kernel/actor';
import type { Clock } from '../kernel/clock';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Database } from '../platform/database';
import type { UnitOfWork } from '../platform/unit-of-work';
import { ALL_INDUSTRIES, MIN_REFERENCE_SIZE } from './domain/cut-points';
import { EXPERT_SCORECARD, EXPERT_SCORECARD_CODE } from './domain/expert-scorecard';
import { freezeCutPoints, type Population } from './domain/freeze-cut-points';
import { hasErrors, lintScorecard } from './domain/lint-scorecard';
import type { FrozenCutPoints, ScorecardVersion } from './domain/scorecard-version';
import { findCutPoints, findLiveVersion, versionsByIds } from './scorecard.queries';
import { insertCutPoints, insertScorecard, lockScorecards } from './scorecard.store';

export interface ScorecardDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
}

/** Publishes the expert scorecard unless the installation has one; yields the version that is live. */
export const ensureExpertScorecard = async (deps: ScorecardDeps, by: Initiator): Promise<Result<ScorecardVersion>> => {
  const permitted = permit(by.actor, 'policy.publish');
  if (!permitted.ok) return permitted;
  const findings = lintScorecard(EXPERT_SCORECARD);
  if (hasErrors(findings)) throw new Error(`the delivered scorecard is not fit: ${JSON.stringify(findings)}`);

  return deps.unitOfWork.run(by, async (tx) => {
    await lockScorecards(tx);
    const live = await findLiveVersion(tx.query, EXPERT_SCORECARD_CODE);
    if (live !== null) {
      tx.unchanged();
      return ok(live);
    }
    const version = await insertScorecard(tx, EXPERT_SCORECARD_CODE, EXPERT_SCORECARD);
    tx.record({
      action: 'scorecard.published',
      object: { type: 'ScorecardVersion', id: version.id },
      after: { scorecard: version.scorecardCode, number: version.number, digest: version.digest },
    });
    return ok(version);
  });
};

/**
 * Freezes the cut points of a segment under a version, or yields those that were frozen before, whoever was first.
 * Refuses with NOT_FOUND (version), INVALID_STATE.SEGMENT_TOO_SMALL below MIN_REFERENCE_SIZE members (everybody's
 * segment excepted) and INVALID_STATE.NO_REFERENCE_VALUES.
 */
export const freezeSegment = async (
  deps: ScorecardDeps,
  by: Initiator,
  versionId: string,
  segment: string,
  population: Population,
): Promise<Result<FrozenCutPoints>> => {
  const permitted = permit(by.actor, 'rating.run');
  if (!permitted.ok) return permitted;
  const known = await findCutPoints(deps.database.query, versionId, segment);
  if (known !== null) return ok(known);
  const [version] = await versionsByIds(deps.database.query, [versionId]);
  if (version === undefined) return refuse('NOT_FOUND', `There is no scorecard version ${versionId}.`);
  const cut = freezeCutPoints(version.definition, segment, population);
  if (!cut.ok) return cut;
  const { referenceSize } = cut.value;
  if (segment !== ALL_INDUSTRIES && referenceSize < MIN_REFERENCE_SIZE) {
    return refuse(
      'INVALID_STATE',
      `Segment ${segment} has ${referenceSize} members, fewer than ${MIN_REFERENCE_SIZE}.`,
      {
        reason: 'SEGMENT_TOO_SMALL',
        params: { segment, referenceSize, least: MIN_REFERENCE_SIZE },
      },
    );
  }

  return deps.unitOfWork.run(by, async (tx) => {
    const frozen = await insertCutPoints(tx, versionId, cut.value);
    if (frozen === null) {
      tx.unchanged();
      const winner = await findCutPoints(tx.query, versionId, segment);
      if (winner === null) throw new Error(`cut points of ${segment} vanished while they were being frozen`);
      return ok(winner);
    }
    tx.record({
      action: 'cutPoints.frozen',
      object: { type: 'CutPointSet', id: frozen.id },
      after: { versionId, segment, referenceSize, digest: frozen.digest },
    });
    return ok(frozen);
  });
};
