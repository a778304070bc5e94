/**
 * Reads versions and cut points. Each is checked against its shape and digest on the way out: a stored version that no
 * longer says what was published throws, it never rates anybody.
 */
import { permit } from '../identity';
import { isMaskedFor } from '../indicators';
import type { Actor } from '../kernel/actor';
import { digestOf, type Json } from '../kernel/canonical-json';
import type { Database, Query } from '../platform/database';
import { readCutPointSet } from './domain/cut-points';
import { parseScorecardDefinition, pointsFromE4 } from './domain/scorecard-definition';
import { VERSION_STATES, type FrozenCutPoints, type ScorecardVersion } from './domain/scorecard-version';

/** A frozen cut point set as people see it. */
export interface CutPointsView extends Pick<FrozenCutPoints, 'id' | 'versionId' | 'digest' | 'frozenAt'> {
  readonly segment: string;
  readonly referenceSize: number;
  readonly characteristics: readonly {
    readonly id: string;
    readonly indicator: string;
    readonly applicable: boolean;
    readonly valueCount: number;
    /** In the indicator's unit, for 2 points to 10; null when masked. */
    readonly cuts: readonly number[] | null;
    /** 1.00 to 10.00, or 0.00 when not applicable; null when masked. */
    readonly meanPoints: string | null;
    /** Points of 100, four places. */
    readonly effectiveWeight: string;
    readonly masked: boolean;
  }[];
}

/** For people: both need `policy.read`, else nothing is found. */
export const createScorecardQueries = ({ query }: Pick<Database, 'query'>) => ({
  /** In ascending number per scorecard; unknown ids are left out. */
  versionsByIds: async (viewer: Actor, ids: readonly string[]): Promise<ScorecardVersion[]> =>
    permit(viewer, 'policy.read').ok ? versionsByIds(query, ids) : [],

  /**
   * In order of freezing; unknown ids are left out. Cut points are values that members of the reference population had, so
   * those of class CREDIT are withheld from viewers without `indicator.readCredit`.
   */
  cutPointsByIds: async (viewer: Actor, ids: readonly string[]): Promise<CutPointsView[]> => {
    if (!permit(viewer, 'policy.read').ok) return [];
    const sets = await cutPointsByIds(query, ids);
    const versions = await versionsByIds(
      query,
      sets.map((set) => set.versionId),
    );
    return sets.map(({ id, versionId, digest, frozenAt, cutPoints }) => {
      const { segment, referenceSize, perCharacteristic, effectiveWeightsPpm } = cutPoints;
      const { characteristics = [] } = versions.find((version) => version.id === versionId)?.definition ?? {};
      return {
        id,
        versionId,
        digest,
        frozenAt,
        segment,
        referenceSize,
        characteristics: characteristics.map(({ indicator }, i) => {
          const row = perCharacteristic[i];
          if (row === undefined) throw new Error(`cut point set ${id} does not fit its version`);
          const masked = isMaskedFor(viewer, indicator);
          return {
            id: row.id,
            indicator,
            applicable: row.applicable,
            valueCount: row.valueCount,
            cuts: masked ? null : row.cuts,
            meanPoints: masked ? null : (row.meanPointsCenti / 100).toFixed(2),
            effectiveWeight: pointsFromE4(effectiveWeightsPpm[i] ?? 0),
            masked,
          };
        }),
      };
    });
  },
});

export type ScorecardQueries = ReturnType<typeof createScorecardQueries>;

interface VersionRow {
  id: string;
  code: string;
  number: number;
  definition: Json;
  digest: string;
  state: string;
  created_by: string;
  published_at: Date;
}

const SELECT_VERSION = `
  SELECT v.id, s.code, v.number, v.definition, v.digest, v.state, v.created_by, v.published_at
  FROM scorecard_version v JOIN scorecard s ON s.id = v.scorecard_id`;

export const findLiveVersion = async (query: Query, scorecardCode: string): Promise<ScorecardVersion | null> => {
  const [row] = await query<VersionRow>(`${SELECT_VERSION} WHERE s.code = $1 AND v.state = 'LIVE'`, [scorecardCode]);
  return row === undefined ? null : versionOf(row);
};

/** In ascending number per scorecard, whatever the order of the ids; unknown ids are left out. */
export const versionsByIds = async (query: Query, ids: readonly string[]): Promise<ScorecardVersion[]> => {
  const rows = await query<VersionRow>(`${SELECT_VERSION} WHERE v.id = ANY ($1) ORDER BY s.code, v.number`, [ids]);
  return rows.map(versionOf);
};

const versionOf = (row: VersionRow): ScorecardVersion => {
  const parsed = parseScorecardDefinition(row.definition);
  if (!parsed.ok) throw new Error(`scorecard version ${row.id}: ${parsed.refusal.message}`);
  demandDigest('scorecard version', row.id, row.definition, row.digest);
  const state = VERSION_STATES.find((known) => known === row.state);
  if (state === undefined) throw new Error(`scorecard version ${row.id} is in the unknown state ${row.state}`);
  return {
    id: row.id,
    scorecardCode: row.code,
    number: row.number,
    definition: parsed.value,
    digest: row.digest,
    state,
    createdBy: row.created_by,
    publishedAt: row.published_at,
  };
};

interface CutPointRow {
  id: string;
  version_id: string;
  content: Json;
  digest: string;
  frozen_at: Date;
}

const SELECT_CUT_POINTS = 'SELECT id, version_id, content, digest, frozen_at FROM cut_point_set';

export const findCutPoints = async (
  query: Query,
  versionId: string,
  segment: string,
): Promise<FrozenCutPoints | null> => {
  const [row] = await query<CutPointRow>(`${SELECT_CUT_POINTS} WHERE version_id = $1 AND segment = $2`, [
    versionId,
    segment,
  ]);
  return row === undefined ? null : cutPointsOf(row);
};

export const cutPointsOfVersion = async (query: Query, versionId: string): Promise<FrozenCutPoints[]> => {
  const rows = await query<CutPointRow>(`${SELECT_CUT_POINTS} WHERE version_id = $1 ORDER BY segment`, [versionId]);
  return rows.map(cutPointsOf);
};

/** In order of freezing, whatever the order of the ids; unknown ids are left out. */
export const cutPointsByIds = async (query: Query, ids: readonly string[]): Promise<FrozenCutPoints[]> => {
  const rows = await query<CutPointRow>(`${SELECT_CUT_POINTS} WHERE id = ANY ($1) ORDER BY frozen_at, id`, [ids]);
  return rows.map(cutPointsOf);
};

const cutPointsOf = (row: CutPointRow): FrozenCutPoints => {
  demandDigest('cut point set', row.id, row.content, row.digest);
  return {
    id: row.id,
    versionId: row.version_id,
    cutPoints: readCutPointSet(row.content),
    digest: row.digest,
    frozenAt: row.frozen_at,
  };
};

const demandDigest = (what: string, id: string, content: Json, digest: string): void => {
  if (digestOf(content) !== digest) throw new Error(`${what} ${id} does not match its digest`);
};
