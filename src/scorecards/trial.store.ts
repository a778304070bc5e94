/** Keeps trials of scorecard versions, and gives a version the cut points of its trial. What is kept never changes. */
import { digestOf, type Json } from '../kernel/canonical-json';
import type { Tx } from '../platform/unit-of-work';
import type { FrozenCutPoints, ScorecardVersion } from './domain/scorecard-version';
import { isFrozen, type DrawnCutPoints, type Trial } from './domain/trial';

export const insertTrial = async (
  tx: Tx,
  version: ScorecardVersion,
  drawn: readonly DrawnCutPoints[],
): Promise<Trial> => {
  const id = tx.newId();
  const cutPoints = drawn.map((set): FrozenCutPoints =>
    isFrozen(set)
      ? set
      : {
          id: tx.newId(),
          versionId: version.id,
          cutPoints: set,
          digest: digestOf(set as unknown as Json),
          frozenAt: tx.at,
        },
  );
  await tx.query(
    `INSERT INTO scorecard_trial (id, version_id, revision, definition, digest, frozen_by, frozen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      id,
      version.id,
      version.revision,
      JSON.stringify(version.definition),
      version.digest,
      tx.initiator.actor.id,
      tx.at,
    ],
  );
  await tx.query(
    `INSERT INTO scorecard_trial_cut_points (trial_id, segment, id, reference_size, content, digest, frozen_at)
     SELECT $1, * FROM unnest($2::text[], $3::uuid[], $4::int[], $5::jsonb[], $6::text[], $7::timestamptz[])`,
    [
      id,
      cutPoints.map((set) => set.cutPoints.segment),
      cutPoints.map((set) => set.id),
      cutPoints.map((set) => set.cutPoints.referenceSize),
      cutPoints.map((set) => JSON.stringify(set.cutPoints)),
      cutPoints.map((set) => set.digest),
      cutPoints.map((set) => set.frozenAt),
    ],
  );
  return { id, version, cutPoints };
};

/** The version is rated by these from now on; segments that it has cut points for keep them. Yields what was added. */
export const adoptCutPoints = async (tx: Tx, { id, version, cutPoints }: Trial): Promise<FrozenCutPoints[]> => {
  const added = await tx.query<{ id: string }>(
    `INSERT INTO cut_point_set (id, version_id, segment, reference_size, content, digest, frozen_by, frozen_at)
     SELECT id, $2, segment, reference_size, content, digest, $3, frozen_at
     FROM scorecard_trial_cut_points WHERE trial_id = $1
     ON CONFLICT DO NOTHING RETURNING id`,
    [id, version.id, tx.initiator.actor.id],
  );
  const ids = new Set(added.map(({ id }) => id));
  return cutPoints.filter((set) => ids.has(set.id));
};
