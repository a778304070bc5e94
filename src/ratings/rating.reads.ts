/** How ratings, grades, their history and runs are read for screens. */
import type { Actor } from '../kernel/actor';
import { gradeView, type Grade } from '../kernel/grade';
import { byActorId, permit } from '../identity';
import { byCustomerId } from '../customers';
import {
  batched,
  computed,
  connection,
  day,
  identity,
  int,
  json,
  moment,
  numeric,
  one,
  text,
  type ReadModel,
  type RoomReads,
} from '../platform/read-model';
import type { RatingQueries } from './rating.queries';

const mayRead = (viewer: Actor): boolean => permit(viewer, 'rating.read').ok;

const grade = (column: string) => text(column, { as: (held) => gradeView(held as Grade) });

const newestFirst = (column: string) => (t: string) =>
  [
    { expression: `${t}.${column}`, type: 'timestamptz', direction: 'DESC' },
    { expression: `${t}.id`, type: 'uuid', direction: 'DESC' },
  ] as const;

const ofCustomer = (customer: string, row: string): string => `${row}.customer_id = ${customer}.id`;

export const createRatingReads = (queries: Pick<RatingQueries, 'calculationLogs'>): RoomReads => ({
  models: [CUSTOMER_GRADE, GRADE_HISTORY, ratingModel(queries), RATING_RUN, PARKED_CUSTOMER],
  links: {
    Customer: {
      grade: one('CustomerGrade', ofCustomer),
      latestRating: one(
        'Rating',
        (customer, rating) =>
          `${rating}.id = (SELECT rating_id FROM customer_grade WHERE customer_id = ${customer}.id)`,
      ),
      ratings: connection('Rating', ofCustomer, newestFirst('rated_at')),
      gradeHistory: connection('GradeHistoryEntry', ofCustomer, newestFirst('changed_at')),
    },
  },
});

const CUSTOMER_GRADE: ReadModel = {
  name: 'CustomerGrade',
  table: (t) => `customer_grade AS ${t}`,
  key: 'customer_id',
  mayRead,
  fields: {
    model: grade('model_grade'),
    inForce: grade('grade'),
    basis: text('basis'),
    effectiveFrom: moment('effective_from'),
    lastRatedAt: moment('last_rated_at'),
    version: int('version'),
    rating: one('Rating', (held, rating) => `${rating}.id = ${held}.rating_id`),
  },
};

const GRADE_HISTORY: ReadModel = {
  name: 'GradeHistoryEntry',
  table: (t) => `grade_history AS ${t}`,
  key: 'id',
  mayRead,
  fields: {
    cause: text('cause'),
    modelBefore: grade('model_grade_before'),
    inForceBefore: grade('grade_before'),
    modelAfter: grade('model_grade_after'),
    inForceAfter: grade('grade_after'),
    basisAfter: text('basis_after'),
    changedAt: moment('changed_at'),
  },
};

const ratingModel = (queries: Pick<RatingQueries, 'calculationLogs'>): ReadModel => ({
  name: 'Rating',
  table: (t) => `rating AS ${t}`,
  key: 'id',
  mayRead,
  fields: {
    id: identity,
    score: numeric('score'),
    modelGrade: grade('model_grade'),
    uncappedGrade: grade('uncapped_grade'),
    asOf: day('as_of'),
    ratedAt: moment('rated_at'),
    caps: json((t) => `to_json(${t}.caps)`),
    notes: json((t) => `to_json(${t}.notes)`),
    customer: one('Customer', byCustomerId),
    scorecardVersion: one('ScorecardVersion', (rating, version) => `${version}.id = ${rating}.scorecard_version_id`),
    cutPoints: one('CutPointSet', (rating, set) => `${set}.id = ${rating}.cut_point_set_id`),
    calculationLog: batched(
      {
        id: text('id'),
        scorecardVersionId: text('scorecard_version_id'),
        cutPointSetId: text('cut_point_set_id'),
        score: numeric('score'),
        modelGrade: text<Grade>('model_grade'),
        uncappedGrade: text<Grade>('uncapped_grade'),
        inputs: json<(number | null)[]>((t) => `to_json(${t}.inputs)`),
        inputAsOf: json<(string | null)[]>((t) => `to_json(${t}.input_as_of)`),
        pointsCenti: json<number[]>((t) => `to_json(${t}.points_centi)`),
        caps: json<string[]>((t) => `to_json(${t}.caps)`),
        notes: json<string[]>((t) => `to_json(${t}.notes)`),
      },
      (ratings, { viewer }) => queries.calculationLogs(viewer, ratings),
    ),
  },
});

const RATING_RUN: ReadModel = {
  name: 'RatingRun',
  table: (t) => `rating_run AS ${t}`,
  key: 'id',
  mayRead,
  joins: {
    progress: (t) => `CROSS JOIN LATERAL (
      SELECT coalesce(sum(chunk.rated), 0)::int AS rated, coalesce(sum(chunk.parked), 0)::int AS parked,
        count(*)::int AS chunks, count(chunk.done_at)::int AS done
      FROM rating_run_chunk AS chunk WHERE chunk.run_id = ${t}.id) AS ${t}_progress`,
  },
  fields: {
    id: identity,
    state: text('state'),
    asOf: day('as_of'),
    customers: int('customers'),
    rated: progress('rated'),
    parked: progress('parked'),
    chunks: progress('chunks'),
    chunksDone: progress('done'),
    startedAt: moment('started_at'),
    finishedAt: moment('finished_at'),
    updatedAt: moment('updated_at'),
    version: int('version'),
    requester: one('User', byActorId('requested_by')),
    distribution: computed(
      {
        counts: json<[Grade, number][]>(
          (
            t,
          ) => `(SELECT coalesce(json_agg(json_build_array(counted.grade, counted.count) ORDER BY counted.grade DESC), '[]')
                   FROM (SELECT model_grade AS grade, count(*) AS count FROM rating WHERE run_id = ${t}.id GROUP BY 1) AS counted)`,
        ),
      },
      ({ counts }) => counts.map(([held, count]) => ({ grade: gradeView(held), count })),
    ),
    parkedCustomers: connection(
      'ParkedCustomer',
      (run, parked) => `${parked}.run_id = ${run}.id`,
      (t) => [{ expression: `${t}.customer_id`, type: 'uuid', direction: 'ASC' }],
    ),
  },
};

function progress(column: string) {
  return int((t) => `${t}_progress.${column}`, { join: 'progress' });
}

const PARKED_CUSTOMER: ReadModel = {
  name: 'ParkedCustomer',
  table: (t) => `rating_parked AS ${t}`,
  key: 'customer_id',
  mayRead,
  fields: {
    reason: text('reason'),
    detail: text('detail'),
    parkedAt: moment('parked_at'),
    customer: one('Customer', byCustomerId),
  },
};
