/** Writes scorecards, their versions and cut points. Nothing written here is ever changed. */
import { digestOf, type Json } from '../kernel/canonical-json';
import type { Tx } from '../platform/unit-of-work';
import type { CutPointSet } from './domain/cut-points';
import type { ScorecardDefinition } from './domain/scorecard-definition';
import type { FrozenCutPoints, ScorecardVersion } from './domain/scorecard-version';
import { ScorecardEntity, ScorecardVersionEntity } from './scorecard.entity';

/** Serialises publishing until the end of the transaction. */
export const lockScorecards = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('scorecard_version'))");
};

/** Adds a scorecard with its version 1, live from now on. */
export const insertScorecard = async (
  tx: Tx,
  scorecardCode: string,
  definition: ScorecardDefinition,
): Promise<ScorecardVersion> => {
  const scorecardId = tx.newId();
  const version: ScorecardVersion = {
    id: tx.newId(),
    scorecardCode,
    number: 1,
    definition,
    digest: digestOf(definition),
    state: 'LIVE',
    createdBy: tx.initiator.actor.id,
    publishedAt: tx.at,
  };
  const { id, number, digest, state, createdBy, publishedAt } = version;
  await tx.manager.insert(ScorecardEntity, { id: scorecardId, code: scorecardCode });
  await tx.manager.insert(ScorecardVersionEntity, {
    id,
    scorecardId,
    number,
    definition,
    digest,
    state,
    createdBy,
    publishedAt,
  });
  return version;
};

/** Null when the segment was frozen before, also by a transaction that committed while this one waited for it. */
export const insertCutPoints = async (
  tx: Tx,
  versionId: string,
  cutPoints: CutPointSet,
): Promise<FrozenCutPoints | null> => {
  const frozen = {
    id: tx.newId(),
    versionId,
    cutPoints,
    digest: digestOf(cutPoints as unknown as Json),
    frozenAt: tx.at,
  };
  const inserted = await tx.query(
    `INSERT INTO cut_point_set (id, version_id, segment, reference_size, content, digest, frozen_by, frozen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (version_id, segment) DO NOTHING RETURNING id`,
    [
      frozen.id,
      versionId,
      cutPoints.segment,
      cutPoints.referenceSize,
      JSON.stringify(cutPoints),
      frozen.digest,
      tx.initiator.actor.id,
      frozen.frozenAt,
    ],
  );
  return inserted.length === 1 ? frozen : null;
};
