/** Writes scorecards, their versions and cut points. Of a version only a draft's content and the state ever change. */
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
  await tx.manager.insert(ScorecardEntity, { id: scorecardId, code: scorecardCode });
  return insertVersion(tx, scorecardId, {
    scorecardCode,
    number: 1,
    definition,
    state: 'LIVE',
    basedOnId: null,
    effectiveFrom: tx.at,
    developerIds: [tx.initiator.actor.id],
  });
};

/** Adds the next version of the scorecard, as a draft; versions are locked. */
export const insertDraft = async (
  tx: Tx,
  base: ScorecardVersion,
  definition: ScorecardDefinition,
): Promise<ScorecardVersion> => {
  const [scorecard] = await tx.query<{ id: string; next: number }>(
    `SELECT v.scorecard_id AS id, max(v.number) + 1 AS next FROM scorecard_version AS v
     JOIN scorecard AS s ON s.id = v.scorecard_id WHERE s.code = $1 GROUP BY v.scorecard_id`,
    [base.scorecardCode],
  );
  if (scorecard === undefined) throw new Error(`scorecard ${base.scorecardCode} vanished`);
  return insertVersion(tx, scorecard.id, {
    scorecardCode: base.scorecardCode,
    number: scorecard.next,
    definition,
    state: 'DRAFT',
    basedOnId: base.id,
    effectiveFrom: null,
    developerIds: withHand(tx, base),
  });
};

/** Its developers, and who is at work now. */
const withHand = (tx: Tx, { developerIds }: Pick<ScorecardVersion, 'developerIds'>): string[] => [
  ...new Set([...developerIds, tx.initiator.actor.id]),
];

const insertVersion = async (
  tx: Tx,
  scorecardId: string,
  content: Omit<ScorecardVersion, 'id' | 'digest' | 'revision' | 'createdBy' | 'createdAt'>,
): Promise<ScorecardVersion> => {
  const { scorecardCode, ...columns } = content;
  const row = {
    ...columns,
    id: tx.newId(),
    digest: digestOf(content.definition),
    revision: 1,
    createdBy: tx.initiator.actor.id,
    createdAt: tx.at,
  };
  await tx.manager.insert(ScorecardVersionEntity, { ...row, scorecardId });
  return { ...row, scorecardCode };
};

/** Whatever a version may still change: its content while it is a draft, its state, the moment it counts from. */
export const moveVersion = async (
  tx: Tx,
  version: ScorecardVersion,
  to: Partial<Pick<ScorecardVersion, 'state' | 'definition' | 'effectiveFrom'>>,
): Promise<ScorecardVersion> => {
  const definition = to.definition ?? version.definition;
  const moved: ScorecardVersion = {
    ...version,
    ...to,
    digest: to.definition === undefined ? version.digest : digestOf(definition),
    developerIds: to.definition === undefined ? version.developerIds : withHand(tx, version),
    revision: version.revision + 1,
  };
  const { state, digest, revision, effectiveFrom, developerIds } = moved;
  await tx.manager.update(ScorecardVersionEntity, version.id, {
    state,
    revision,
    effectiveFrom,
    ...(to.definition === undefined ? {} : { definition, digest, developerIds }),
    ...(state === 'RETIRED' ? { retiredAt: tx.at } : {}),
  });
  return moved;
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

/** False where it was there before. */
export const insertModelFile = async (tx: Tx, digest: string, content: Buffer): Promise<boolean> => {
  const inserted = await tx.query(
    `INSERT INTO model_file (digest, content, added_by, added_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (digest) DO NOTHING RETURNING digest`,
    [digest, content, tx.initiator.actor.id, tx.at],
  );
  return inserted.length === 1;
};
