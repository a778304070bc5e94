/**
 * Reads versions and cut points. Each is checked against its shape and digest on the way out: a stored version that no
 * longer says what was published throws, it never rates anybody.
 */
import { permit } from '../identity';
import { isMaskedFor } from '../indicators';
import type { Actor } from '../kernel/actor';
import { digestOf, type Json } from '../kernel/canonical-json';
import { ok, type Result } from '../kernel/result';
import type { Database, Query } from '../platform/database';
import { choiceConditions, filterConditions, type Choice, type Filter } from '../platform/filter';
import { newestFirst } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { readCutPointSet } from './domain/cut-points';
import { diffDefinitions, type DefinitionChange } from './domain/diff-definitions';
import { parseScorecardDefinition, pointsFromE4 } from './domain/scorecard-definition';
import {
  VERSION_STATES,
  type FrozenCutPoints,
  type ScorecardVersion,
  type VersionState,
} from './domain/scorecard-version';
import type { Trial } from './domain/trial';

export type VersionFilter = Filter<{ readonly state?: Choice<VersionState> }>;

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
  /** Newest first. Needs `policy.read`. */
  versions: (viewer: Actor, filter: VersionFilter): Result<ListSource> => {
    const permitted = permit(viewer, 'policy.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'ScorecardVersion',
      alias: 'version',
      select: (params) => ({
        from: 'scorecard_version AS version',
        where: filterConditions(filter, ({ state }) => choiceConditions('version.state', 'text', state, params)),
        order: newestFirst('version', 'created_at'),
      }),
    });
  },

  /** What is different in the second version; null unless both are there. Needs `policy.read`. */
  diff: async (viewer: Actor, fromId: string, toId: string): Promise<Result<readonly DefinitionChange[] | null>> => {
    const permitted = permit(viewer, 'policy.read');
    if (!permitted.ok) return permitted;
    const found = await versionsByIds(query, [fromId, toId]);
    const [from, to] = [fromId, toId].map((id) => found.find((version) => version.id === id));
    return ok(from === undefined || to === undefined ? null : diffDefinitions(from.definition, to.definition));
  },

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
  revision: number;
  based_on_id: string | null;
  created_by: string;
  created_at: Date;
  effective_from: Date | null;
  developer_ids: string[];
}

const SELECT_VERSION = `
  SELECT v.id, s.code, v.number, v.definition, v.digest, v.state, v.revision, v.based_on_id, v.created_by, v.created_at,
    v.effective_from, v.developer_ids
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

/** Scheduled versions whose moment has come, the longest overdue first. */
export const dueVersionIds = async (query: Query, at: Date, atMost: number): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    `SELECT id FROM scorecard_version WHERE state = 'SCHEDULED' AND effective_from <= $1
     ORDER BY effective_from, id LIMIT ${atMost}`,
    [at],
  );
  return rows.map(({ id }) => id);
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
    revision: row.revision,
    basedOnId: row.based_on_id,
    createdBy: row.created_by,
    createdAt: row.created_at,
    effectiveFrom: row.effective_from,
    developerIds: row.developer_ids,
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

interface TrialRow {
  id: string;
  version_id: string;
  revision: number;
  definition: Json;
  digest: string;
}

/** Null when there is none; held against its digest like everything that rates. */
export const findTrial = async (query: Query, id: string): Promise<Trial | null> => {
  const [row] = await query<TrialRow>(
    'SELECT id, version_id, revision, definition, digest FROM scorecard_trial WHERE id = $1',
    [id],
  );
  if (row === undefined) return null;
  const [version] = await versionsByIds(query, [row.version_id]);
  if (version === undefined) throw new Error(`trial ${id} lacks its version`);
  const parsed = parseScorecardDefinition(row.definition);
  if (!parsed.ok) throw new Error(`trial ${id}: ${parsed.refusal.message}`);
  demandDigest('trial', id, row.definition, row.digest);
  const sets = await query<CutPointRow>(
    `SELECT cuts.id, trial.version_id, cuts.content, cuts.digest, cuts.frozen_at
     FROM scorecard_trial_cut_points AS cuts JOIN scorecard_trial AS trial ON trial.id = cuts.trial_id
     WHERE trial.id = $1 ORDER BY cuts.segment`,
    [id],
  );
  const { revision, digest } = row;
  return {
    id,
    version: { ...version, definition: parsed.value, revision, digest },
    cutPoints: sets.map(cutPointsOf),
  };
};

/** The newest trial of exactly what the version says; null when it was not tried. */
export const findNewestTrial = async (query: Query, version: ScorecardVersion): Promise<Trial | null> => {
  const [row] = await query<{ id: string }>(
    `SELECT id FROM scorecard_trial WHERE version_id = $1 AND digest = $2 ORDER BY frozen_at DESC, id DESC LIMIT 1`,
    [version.id, version.digest],
  );
  return row === undefined ? null : findTrial(query, row.id);
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

/** Null where it was never taken in. */
export const findModelFile = async (query: Query, digest: string): Promise<Buffer | null> => {
  const [row] = await query<{ content: Buffer }>('SELECT content FROM model_file WHERE digest = $1', [digest]);
  return row?.content ?? null;
};

const demandDigest = (what: string, id: string, content: Json, digest: string): void => {
  if (digestOf(content) !== digest) throw new Error(`${what} ${id} does not match its digest`);
};
