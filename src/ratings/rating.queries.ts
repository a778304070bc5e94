/** Reads ratings, grades and their history for screens and other rooms. It never writes. */
import type { Actor } from '../kernel/actor';
import { Decimal } from '../kernel/decimal';
import type { Grade } from '../kernel/grade';
import { decidedBy, type Moments } from '../kernel/moments';
import { ok, type Result } from '../kernel/result';
import { permit, permitPast } from '../identity';
import { isMaskedFor } from '../indicators';
import type { Database } from '../platform/database';
import type { ListSource } from '../platform/read-model';
import { explainScore, MISSING_VALUE, type ScoreExplanation, type Scorecards } from '../scorecards';
import { OUTDATED_NOTE } from './domain/prepare-inputs';
import { GRADE_COLUMNS, type CustomerGrade } from './grade.store';

export interface Rating {
  readonly id: string;
  readonly customerId: string;
  readonly runId: string | null;
  readonly scorecardVersionId: string;
  readonly cutPointSetId: string;
  /** YYYY-MM-DD. */
  readonly asOf: string;
  readonly ratedAt: Date;
  readonly score: string;
  readonly modelGrade: Grade;
  readonly uncappedGrade: Grade;
  readonly inputs: readonly (number | null)[];
  readonly inputAsOf: readonly (string | null)[];
  readonly pointsCenti: readonly number[];
  readonly caps: readonly string[];
  readonly notes: readonly string[];
}

/** The grades of a customer as they were; which override stood behind them is for the room of overrides to say. */
export type PastGrade = Omit<CustomerGrade, 'overrideId'>;

/** What a rating's calculation log is rebuilt from. */
export type RatingInputs = Pick<
  Rating,
  | 'id'
  | 'scorecardVersionId'
  | 'cutPointSetId'
  | 'score'
  | 'modelGrade'
  | 'uncappedGrade'
  | 'inputs'
  | 'inputAsOf'
  | 'pointsCenti'
  | 'caps'
  | 'notes'
>;

type ExplainedRow = ScoreExplanation['characteristics'][number];

/** The calculation log of a rating 「计算日志」; inputs that the viewer may not see are masked. */
export interface CalculationLog {
  readonly score: string;
  readonly rows: readonly (Omit<ExplainedRow, 'id' | 'input' | 'points' | 'contribution'> & {
    readonly characteristic: string;
    /** Plain decimal; null when missing or masked, as are points and contribution. */
    readonly input: string | null;
    readonly points: string | null;
    readonly contribution: string | null;
    readonly masked: boolean;
    /** Day that the input is of. */
    readonly inputAsOf: string | null;
  })[];
  readonly caps: readonly {
    readonly id: string;
    readonly indicator: string;
    readonly capGrade: string;
    readonly reasonZh: string;
    readonly reasonEn: string;
  }[];
  readonly notes: readonly { readonly code: string; readonly textZh: string; readonly textEn: string }[];
}

const OUTDATED_NOTE_TEXT = {
  code: OUTDATED_NOTE,
  text: { zh: '部分信息已过期', en: 'Some values are older than the dictionary allows' },
};

const RATING_COLUMNS = `id, customer_id AS "customerId", run_id AS "runId", scorecard_version_id AS "scorecardVersionId",
  cut_point_set_id AS "cutPointSetId", as_of::text AS "asOf", rated_at AS "ratedAt", score::text, model_grade AS "modelGrade",
  uncapped_grade AS "uncappedGrade", inputs, input_as_of::text[] AS "inputAsOf", points_centi AS "pointsCenti", caps, notes`;

export const createRatingQueries = ({ database, scorecards }: { database: Database; scorecards: Scorecards }) => ({
  /** Grades of rated customers; others are left out. Needs `rating.read`, else none. */
  gradesOf: async (viewer: Actor, customerIds: readonly string[]): Promise<CustomerGrade[]> =>
    permit(viewer, 'rating.read').ok
      ? database.query<CustomerGrade>(
          `SELECT ${GRADE_COLUMNS} FROM customer_grade WHERE customer_id = ANY ($1::uuid[])`,
          [customerIds],
        )
      : [],

  /** As {@link gradesOf}, in the past; customers without a grade then are left out. Needs `audit.read` besides. */
  gradesAt: async (viewer: Actor, customerIds: readonly string[], at: Moments): Promise<Result<PastGrade[]>> => {
    const permitted = permitPast(viewer, 'rating.read');
    if (!permitted.ok) return permitted;
    return ok(await database.query<PastGrade>(GRADES_AT, [customerIds, decidedBy(at)]));
  },

  /** Ratings that a customer had in the past, newest first. Needs `rating.read` and `audit.read`. */
  ratingsAt: (viewer: Actor, customerId: string, at: Moments): Result<ListSource> =>
    pastList(viewer, { model: 'Rating', table: 'rating', time: 'rated_at' }, customerId, at),

  /** Changes of a customer's grades in the past, newest first. Needs `rating.read` and `audit.read`. */
  historyAt: (viewer: Actor, customerId: string, at: Moments): Result<ListSource> =>
    pastList(viewer, { model: 'GradeHistoryEntry', table: 'grade_history', time: 'changed_at' }, customerId, at),

  /** Needs `rating.read`, else none. */
  byIds: async (viewer: Actor, ids: readonly string[]): Promise<Rating[]> =>
    permit(viewer, 'rating.read').ok
      ? database.query<Rating>(`SELECT ${RATING_COLUMNS} FROM rating WHERE id = ANY ($1::uuid[])`, [ids])
      : [],

  /** How ratings came about, rebuilt from what was stored with them; in their order. */
  calculationLogs: async (viewer: Actor, ratings: readonly RatingInputs[]): Promise<CalculationLog[]> => {
    const [versions, cutPoints] = await Promise.all([
      scorecards.versionsByIds([...new Set(ratings.map((rating) => rating.scorecardVersionId))]),
      scorecards.cutPointsByIds([...new Set(ratings.map((rating) => rating.cutPointSetId))]),
    ]);
    return ratings.map((rating) => {
      const version = versions.find(({ id }) => id === rating.scorecardVersionId);
      const set = cutPoints.find(({ id }) => id === rating.cutPointSetId);
      if (version === undefined || set === undefined) throw new Error(`rating ${rating.id} lacks its scorecard`);
      return calculationLog(viewer, rating, version.definition, set.cutPoints);
    });
  },
});

export type RatingQueries = ReturnType<typeof createRatingQueries>;

/**
 * Both grades up to a moment, from the history and the ratings: the newest change tells the grades, the newest change of
 * the grade in force since when, and their number the version. Every rating counts as the one the model grade comes from.
 */
const GRADES_AT = `
  SELECT asked.id AS "customerId", newest.model_grade_after AS "modelGrade", newest.grade_after AS grade,
    newest.basis_after AS basis, rating.id AS "ratingId", since.changed_at AS "effectiveFrom",
    rating.rated_at AS "lastRatedAt", changes.count AS version
  FROM unnest($1::uuid[]) AS asked (id)
  CROSS JOIN LATERAL (SELECT model_grade_after, grade_after, basis_after FROM grade_history
    WHERE customer_id = asked.id AND changed_at <= $2 ORDER BY changed_at DESC, id DESC LIMIT 1) AS newest
  CROSS JOIN LATERAL (SELECT changed_at FROM grade_history
    WHERE customer_id = asked.id AND changed_at <= $2 AND grade_after IS DISTINCT FROM grade_before
    ORDER BY changed_at DESC, id DESC LIMIT 1) AS since
  CROSS JOIN LATERAL (SELECT id, rated_at FROM rating
    WHERE customer_id = asked.id AND rated_at <= $2 ORDER BY rated_at DESC, id DESC LIMIT 1) AS rating
  CROSS JOIN LATERAL (SELECT count(*)::int FROM grade_history
    WHERE customer_id = asked.id AND changed_at <= $2) AS changes`;

const pastList = (
  viewer: Actor,
  { model, table, time }: { readonly model: string; readonly table: string; readonly time: string },
  customerId: string,
  at: Moments,
): Result<ListSource> => {
  const permitted = permitPast(viewer, 'rating.read');
  if (!permitted.ok) return permitted;
  return ok({
    model,
    alias: table,
    select: (params) => ({
      from: table,
      where: [`${table}.customer_id = ${params.add(customerId)}`, `${table}.${time} <= ${params.add(decidedBy(at))}`],
      order: [
        { expression: `${table}.${time}`, type: 'timestamptz', direction: 'DESC' },
        { expression: `${table}.id`, type: 'uuid', direction: 'DESC' },
      ],
    }),
  });
};

const calculationLog = (
  viewer: Actor,
  rating: RatingInputs,
  definition: Parameters<typeof explainScore>[0],
  cutPoints: Parameters<typeof explainScore>[1],
): CalculationLog => {
  const explained = explainScore(definition, cutPoints, {
    ...rating,
    inputs: Float64Array.from(rating.inputs, (value) => value ?? MISSING_VALUE),
    // Given by the rating itself; the scorecard knows nothing of days.
    notes: rating.notes.filter((note) => note !== OUTDATED_NOTE),
  });
  return {
    score: explained.score,
    rows: explained.characteristics.map(({ id, ...row }, i) => {
      const masked = isMaskedFor(viewer, row.indicator);
      return {
        ...row,
        characteristic: id,
        masked,
        input: row.input === null || masked ? null : new Decimal(row.input).toFixed(),
        // Points and contribution would tell the tenth that the value lies in.
        points: masked ? null : row.points,
        contribution: masked ? null : row.contribution,
        inputAsOf: rating.inputAsOf[i] ?? null,
      };
    }),
    caps: explained.caps.map(({ id, indicator, capGrade, reason }) => ({
      id,
      indicator,
      capGrade,
      reasonZh: reason.zh,
      reasonEn: reason.en,
    })),
    notes: [...explained.notes, ...(rating.notes.includes(OUTDATED_NOTE) ? [OUTDATED_NOTE_TEXT] : [])].map(
      ({ code, text }) => ({ code, textZh: text.zh, textEn: text.en }),
    ),
  };
};
