/** Reads ratings, grades and their history for screens and other rooms. It never writes. */
import type { Actor } from '../kernel/actor';
import { Decimal } from '../kernel/decimal';
import type { Grade } from '../kernel/grade';
import { decidedBy, type Moments } from '../kernel/moments';
import { ok, type Result } from '../kernel/result';
import { permit, permitPast } from '../identity';
import { isMaskedFor } from '../indicators';
import type { Database } from '../platform/database';
import {
  choiceConditions,
  filterConditions,
  rangeConditions,
  type Choice,
  type Filter,
  type Range,
} from '../platform/filter';
import { sortColumns, type Sort } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import {
  explainScore,
  gradeReport,
  MISSING_VALUE,
  type GradeReport,
  type ScoreExplanation,
  type ScorecardDefinition,
  type Scorecards,
} from '../scorecards';
import { OUTDATED_NOTE } from './domain/prepare-inputs';
import { GRADE_COLUMNS, type CustomerGrade } from './grade.store';
import { gradeConditions, type GradeConditions } from './graded-customer.queries';

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

/** Ratings of one customer, or of one run. */
export type RatingsOf = { readonly customerId: string } | { readonly runId: string };

export type RatingFilter = Filter<{
  readonly modelGrade?: GradeConditions;
  readonly scorecardVersionId?: Choice<string>;
  readonly ratedAt?: Range<Date>;
}>;

export type RatingOrder = 'RATED_AT';

/** The grades of a customer as they were; which override stood behind them is for the room of overrides to say. */
export type PastGrade = Omit<CustomerGrade, 'overrideId' | 'ratingDueAt' | 'monthsAtMost' | 'downgradedAt'>;

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
type ExplainedRule = ScoreExplanation['rules'][number];

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
  /** What everybody begins with under the model; contributions and base add up to the score. */
  readonly base: string;
  /** Probability of default that the model states; null for models that only give points. */
  readonly pd: string | null;
  /** Whatever moved the grade apart from points. */
  readonly rules: readonly (Pick<ExplainedRule, 'id' | 'kind' | 'indicator' | 'grade' | 'notches'> & {
    readonly reasonZh: string;
    readonly reasonEn: string;
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

  /** What all customers were ever rated is nobody's list: it grows without bound. Needs `rating.read`. */
  list: (
    viewer: Actor,
    of: RatingsOf,
    filter: RatingFilter,
    sort: readonly Sort<RatingOrder>[],
  ): Result<ListSource> => {
    const permitted = permit(viewer, 'rating.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'Rating',
      alias: 'rating',
      select: (params) => ({
        from: 'rating',
        where: [
          'runId' in of ? inRun(params.add(of.runId)) : `rating.customer_id = ${params.add(of.customerId)}`,
          ...filterConditions(filter, ({ modelGrade, scorecardVersionId, ratedAt }) => [
            ...gradeConditions('rating.model_grade', modelGrade, params),
            ...choiceConditions('rating.scorecard_version_id', 'uuid', scorecardVersionId, params),
            ...rangeConditions('rating.rated_at', 'timestamptz', ratedAt, params),
          ]),
        ],
        // Those of a run are of one moment, and lie in the order of their ids.
        order:
          'runId' in of
            ? [{ expression: 'rating.id', type: 'uuid', direction: sort.at(-1)?.direction ?? 'ASC' }]
            : sortColumns('rating', sort, { RATED_AT: { expression: 'rating.rated_at', type: 'timestamptz' } }),
      }),
    });
  },

  /** Ratings that a customer had in the past, newest first. Needs `rating.read` and `audit.read`. */
  ratingsAt: (viewer: Actor, customerId: string, at: Moments): Result<ListSource> =>
    pastList(viewer, { model: 'Rating', table: 'rating', time: 'rated_at', and: IN_EFFECT }, customerId, at),

  /** Changes of a customer's grades in the past, newest first. Needs `rating.read` and `audit.read`. */
  historyAt: (viewer: Actor, customerId: string, at: Moments): Result<ListSource> =>
    pastList(viewer, { model: 'GradeHistoryEntry', table: 'grade_history', time: 'changed_at' }, customerId, at),

  /** Needs `rating.read`, else none. */
  byIds: async (viewer: Actor, ids: readonly string[]): Promise<Rating[]> =>
    permit(viewer, 'rating.read').ok
      ? database.query<Rating>(`SELECT ${RATING_COLUMNS} FROM rating WHERE id = ANY ($1::uuid[])`, [ids])
      : [],

  /** How ratings came about, rebuilt from what was stored with them; in their order. */
  calculationLogs: async (viewer: Actor, ratings: readonly RatingInputs[]): Promise<CalculationLog[]> =>
    (await scorecardsOf(scorecards, ratings)).map(({ rating, definition, cutPoints }) =>
      calculationLog(viewer, rating, definition, cutPoints),
    ),

  /** What ratings say to people, in their order; nothing is said of indicators that the viewer may not see. */
  reports: async (viewer: Actor, ratings: readonly RatingInputs[]): Promise<GradeReportView[]> =>
    (await scorecardsOf(scorecards, ratings)).map(({ rating, definition, cutPoints }) =>
      shownReport(
        gradeReport(definition, cutPoints, explainedRating(rating, definition, cutPoints), rating, (indicator) =>
          isMaskedFor(viewer, indicator),
        ),
      ),
    ),
});
export type RatingQueries = ReturnType<typeof createRatingQueries>;

/** Each rating with the version and the cut points that it was made with. */
const scorecardsOf = async (scorecards: Scorecards, ratings: readonly RatingInputs[]) => {
  const [versions, sets] = await Promise.all([
    scorecards.versionsByIds([...new Set(ratings.map((rating) => rating.scorecardVersionId))]),
    scorecards.cutPointsByIds([...new Set(ratings.map((rating) => rating.cutPointSetId))]),
  ]);
  return ratings.map((rating) => {
    const version = versions.find(({ id }) => id === rating.scorecardVersionId);
    const set = sets.find(({ id }) => id === rating.cutPointSetId);
    if (version === undefined || set === undefined) throw new Error(`rating ${rating.id} lacks its scorecard`);
    return { rating, definition: version.definition, cutPoints: set.cutPoints };
  });
};

/** Ratings of a run are there from its publication on, which comes after they were computed. */
const IN_EFFECT = (moment: string): string =>
  `NOT EXISTS (SELECT FROM rating_run AS run WHERE run.id = rating.run_id AND run.published_at > ${moment})`;

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
    WHERE customer_id = asked.id AND rated_at <= $2 AND ${IN_EFFECT('$2')} ORDER BY rated_at DESC, id DESC LIMIT 1) AS rating
  CROSS JOIN LATERAL (SELECT count(*)::int FROM grade_history
    WHERE customer_id = asked.id AND changed_at <= $2) AS changes`;

const pastList = (
  viewer: Actor,
  list: {
    readonly model: string;
    readonly table: string;
    readonly time: string;
    /** A further condition on the rows, given the place of the moment. */
    readonly and?: (moment: string) => string;
  },
  customerId: string,
  at: Moments,
): Result<ListSource> => {
  const permitted = permitPast(viewer, 'rating.read');
  if (!permitted.ok) return permitted;
  const { model, table, time, and } = list;
  return ok({
    model,
    alias: table,
    select: (params) => ({
      from: table,
      where: [
        `${table}.customer_id = ${params.add(customerId)}`,
        `${table}.${time} <= ${params.add(decidedBy(at))}`,
        ...(and === undefined ? [] : [and(params.add(decidedBy(at)))]),
      ],
      order: [
        { expression: `${table}.${time}`, type: 'timestamptz', direction: 'DESC' },
        { expression: `${table}.id`, type: 'uuid', direction: 'DESC' },
      ],
    }),
  });
};

/** Every run has a range of ids of its own, by its number. */
const inRun = (runId: string): string => {
  const number = `(SELECT run.number FROM rating_run AS run WHERE run.id = ${runId})`;
  return `rating.id >= run_id_floor(${number}) AND rating.id < run_id_floor(${number} + 1)`;
};

/** What a rating says to people, numbers as plain decimals. */
export type GradeReportView = ReturnType<typeof shownReport>;

const shownReport = ({ lift, suggestions, ...report }: GradeReport) => ({
  ...report,
  reasonsFor: report.reasonsFor.map(shownDistance),
  reasonsAgainst: report.reasonsAgainst.map(shownDistance),
  lift:
    lift === null
      ? null
      : {
          ...lift,
          steps: lift.steps.map((step) => ({
            ...step,
            input: plain(step.input),
            target: new Decimal(step.target).toFixed(),
          })),
        },
  suggestions: suggestions.map(({ text, ...row }) => ({
    ...row,
    input: new Decimal(row.input).toFixed(),
    peerMedian: plain(row.peerMedian),
    textZh: text.zh,
    textEn: text.en,
  })),
});

const shownDistance = (row: GradeReport['reasonsFor'][number]) => ({
  ...row,
  input: plain(row.input),
  peerMedian: plain(row.peerMedian),
});

const plain = (value: number | null): string | null => (value === null ? null : new Decimal(value).toFixed());

type CutPoints = Parameters<typeof explainScore>[1];

/** All of a rating that its log is made of, beside the scorecard. */
type LoggedRating = Pick<RatingInputs, 'score' | 'inputs' | 'inputAsOf' | 'pointsCenti' | 'caps' | 'notes'>;

const explainedRating = (
  rating: LoggedRating,
  definition: ScorecardDefinition,
  cutPoints: CutPoints,
): ScoreExplanation =>
  explainScore(definition, cutPoints, {
    ...rating,
    inputs: Float64Array.from(rating.inputs, (value) => value ?? MISSING_VALUE),
    // Given by the rating itself; the scorecard knows nothing of days.
    notes: rating.notes.filter((note) => note !== OUTDATED_NOTE),
  });

/** Inputs that the viewer may not see are masked. */
export const calculationLog = (
  viewer: Actor,
  rating: LoggedRating,
  definition: ScorecardDefinition,
  cutPoints: CutPoints,
): CalculationLog => {
  const explained = explainedRating(rating, definition, cutPoints);
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
    base: explained.base,
    pd: explained.pd,
    caps: explained.rules.flatMap(({ id, kind, indicator, grade, reason }) =>
      kind !== 'CAP' || indicator === null || grade === null
        ? []
        : [{ id, indicator, capGrade: grade, reasonZh: reason.zh, reasonEn: reason.en }],
    ),
    rules: explained.rules.map(({ id, kind, indicator, grade, notches, reason }) => ({
      id,
      kind,
      indicator,
      grade,
      notches,
      reasonZh: reason.zh,
      reasonEn: reason.en,
    })),
    notes: [...explained.notes, ...(rating.notes.includes(OUTDATED_NOTE) ? [OUTDATED_NOTE_TEXT] : [])].map(
      ({ code, text }) => ({ code, textZh: text.zh, textEn: text.en }),
    ),
  };
};
