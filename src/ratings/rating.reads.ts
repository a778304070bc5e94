/** How ratings, grades, their history and runs are read for screens. */
import type { Actor } from '../kernel/actor';
import { bandOf, GRADE_BANDS, gradeView, PORTFOLIO_BANDS, portfolioBandOf, type Grade } from '../kernel/grade';
import { byActorId, permit } from '../identity';
import { byCustomerId } from '../customers';
import { isSensitive } from '../indicators';
import { newestFirst } from '../platform/keyset';
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
  type ColumnField,
  type ReadModel,
  type RoomReads,
  type SqlOf,
} from '../platform/read-model';
import { distributionOf, groupDistribution, type RunFigures } from './domain/judge-run';
import { heldBecause, type Basis } from './domain/follow-grade';
import type { WhatIfFigures } from './domain/what-if';
import type { RatingProofs } from './rating-proof.queries';
import type { RatingQueries } from './rating.queries';
import { whatIfView } from './version-what-ifs';

const mayRead = (viewer: Actor): boolean => permit(viewer, 'rating.read').ok;

/** A grade as people are shown it, for models of rooms to the right too. */
export const gradeColumn = (column: string | SqlOf, join?: string) =>
  text(column, { as: (held) => gradeView(held as Grade), ...(join === undefined ? {} : { join }) });

const ofCustomer = (customer: string, row: string): string => `${row}.customer_id = ${customer}.id`;

/** What takes more than the rows to tell. */
type Explained = Pick<RatingQueries, 'calculationLogs' | 'reports'> & Pick<RatingProofs, 'ratingProofs'>;

export const createRatingReads = (queries: Explained): RoomReads => ({
  models: [
    CUSTOMER_GRADE,
    GRADE_HISTORY,
    ratingModel(queries),
    RATING_RUN,
    SIMULATION_MOVER,
    PARKED_CUSTOMER,
    DUE_RATING,
    RERATING,
  ],
  links: {
    Customer: {
      grade: one('CustomerGrade', ofCustomer),
      latestRating: one(
        'Rating',
        (customer, rating) =>
          `${rating}.id = (SELECT rating_id FROM customer_grade WHERE customer_id = ${customer}.id)`,
      ),
      ratings: connection('Rating', ofCustomer, (t) => newestFirst(t, 'rated_at')),
      gradeHistory: connection('GradeHistoryEntry', ofCustomer, (t) => newestFirst(t, 'changed_at')),
    },
  },
});

/** Also when it did not come to a rating. */
const lastEvaluatedAt = moment(
  (t) => `greatest(${t}.last_rated_at,
    (SELECT max(parked.parked_at) FROM rating_parked AS parked WHERE parked.customer_id = ${t}.customer_id),
    (SELECT max(tried.ended_at) FROM rerating AS tried WHERE tried.customer_id = ${t}.customer_id AND tried.state = 'PARKED'))`,
);

const CUSTOMER_GRADE: ReadModel = {
  name: 'CustomerGrade',
  table: (t) => `customer_grade AS ${t}`,
  key: 'customer_id',
  mayRead,
  fields: {
    model: gradeColumn('model_grade'),
    inForce: gradeColumn('grade'),
    basis: text('basis'),
    effectiveFrom: moment('effective_from'),
    lastRatedAt: moment('last_rated_at'),
    lastEvaluatedAt,
    ratingDueAt: moment('rating_due_at'),
    heldBecause: computed(
      { basis: text<Basis>('basis'), grade: text<Grade>('grade'), modelGrade: text<Grade>('model_grade') },
      heldBecause,
    ),
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
    modelBefore: gradeColumn('model_grade_before'),
    inForceBefore: gradeColumn('grade_before'),
    modelAfter: gradeColumn('model_grade_after'),
    inForceAfter: gradeColumn('grade_after'),
    basisAfter: text('basis_after'),
    changedAt: moment('changed_at'),
  },
};

/** What a rating is explained from. */
const RATING_INPUTS = {
  id: text('id'),
  customerId: text('customer_id'),
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
} as const;

const ratingModel = (queries: Explained): ReadModel => ({
  name: 'Rating',
  table: (t) => `rating AS ${t}`,
  key: 'id',
  mayRead,
  fields: {
    id: identity,
    score: numeric('score'),
    modelGrade: gradeColumn('model_grade'),
    uncappedGrade: gradeColumn('uncapped_grade'),
    asOf: day('as_of'),
    ratedAt: moment('rated_at'),
    caps: json((t) => `to_json(${t}.caps)`),
    notes: json((t) => `to_json(${t}.notes)`),
    customer: one('Customer', byCustomerId),
    scorecardVersion: one('ScorecardVersion', (rating, version) => `${version}.id = ${rating}.scorecard_version_id`),
    cutPoints: one('CutPointSet', (rating, set) => `${set}.id = ${rating}.cut_point_set_id`),
    calculationLog: batched(RATING_INPUTS, async (ratings, { viewer, looked }) => {
      const logs = await queries.calculationLogs(viewer, ratings);
      logs.forEach(({ rows }, i) => {
        const customerId = ratings[i]?.customerId ?? '';
        for (const { indicator, input, masked } of rows)
          if (input !== null && !masked && isSensitive(indicator)) looked?.({ customerId, field: indicator });
      });
      return logs;
    }),
    report: batched(RATING_INPUTS, async (ratings, { viewer, looked }) => {
      // To others it says nothing of credit data.
      if (permit(viewer, 'indicator.readCredit').ok)
        for (const { customerId } of ratings) looked?.({ customerId, field: 'gradeReport' });
      return queries.reports(viewer, ratings);
    }),
    proof: batched({ id: text('id') }, async (ratings, { viewer, looked }) => {
      const proofs = await queries.ratingProofs(
        viewer,
        ratings.map(({ id }) => id),
      );
      return proofs.map((proven) => {
        if (proven !== null) looked?.({ customerId: proven.customerId, field: 'ratingProof' });
        return proven?.proof ?? null;
      });
    }),
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
    purpose: text('purpose'),
    publishedAt: moment('published_at'),
    ratingsRoot: text('ratings_root'),
    scorecardVersion: one('ScorecardVersion', (run, version) => `${version}.id = ${run}.scorecard_version_id`),
    figures: json((t) => `${t}.figures`, { as: (figures) => figuresView(figures as RunFigures) }),
    whatIf: json((t) => `${t}.what_if`, { as: (figures) => whatIfView(figures as WhatIfFigures) }),
    trialDigest: text((t) => `(SELECT trial.digest FROM scorecard_trial AS trial WHERE trial.id = ${t}.trial_id)`),
    trialLimitPolicy: json('limit_policy'),
    movers: connection(
      'SimulationMover',
      (run, mover) => `${mover}.run_id = ${run}.id`,
      (t) => [
        { expression: `${t}.distance`, type: 'smallint', direction: 'DESC' },
        { expression: `${t}.exposure`, type: 'numeric', direction: 'DESC' },
        { expression: `${t}.id`, type: 'uuid', direction: 'DESC' },
      ],
    ),
    distribution: computed({ figures: json<RunFigures | null>((t) => `${t}.figures`) }, ({ figures }) =>
      distributionOf(figures?.moves ?? []).map(({ grade, count }) => ({ grade: gradeView(grade), count })),
    ),
    levels: computed({ figures: json<RunFigures | null>((t) => `${t}.figures`) }, ({ figures }) =>
      groupDistribution(GRADE_BANDS, bandOf, figures?.moves ?? []).map(({ group, ...counts }) => ({
        level: group,
        ...counts,
      })),
    ),
    portfolioBands: computed({ figures: json<RunFigures | null>((t) => `${t}.figures`) }, ({ figures }) =>
      groupDistribution(PORTFOLIO_BANDS, portfolioBandOf, figures?.moves ?? []).map(({ group, ...counts }) => ({
        band: group,
        ...counts,
      })),
    ),
    parkedCustomers: connection(
      'ParkedCustomer',
      (run, parked) => `${parked}.run_id = ${run}.id`,
      (t) => [{ expression: `${t}.customer_id`, type: 'uuid', direction: 'ASC' }],
    ),
  },
};

const figuresView = ({ moves, ...figures }: RunFigures) => ({
  ...figures,
  moves: moves.map(({ from, to, count }) => ({
    from: from === null ? null : gradeView(from),
    to: gradeView(to),
    count,
  })),
});

/** What is known of limits is for those who may see limits. */
function limitsOnly(column: ColumnField<number>) {
  return computed({ column }, (held, { viewer }) => (permit(viewer, 'limit.read').ok ? held.column : null));
}

function moved(column: string) {
  return computed({ amount: numeric(column), currency: text('currency') }, (held, { viewer }) =>
    permit(viewer, 'limit.read').ok ? held : null,
  );
}

function progress(column: string) {
  return int((t) => `${t}_progress.${column}`, { join: 'progress' });
}

const SIMULATION_MOVER: ReadModel = {
  name: 'SimulationMover',
  table: (t) => `simulation_mover AS ${t}`,
  key: 'id',
  mayRead,
  fields: {
    notches: int('notches'),
    modelBefore: gradeColumn('model_grade_before'),
    modelAfter: gradeColumn('model_grade_after'),
    inForceBefore: gradeColumn('grade_before'),
    inForceAfter: gradeColumn('grade_after'),
    basisAfter: text('basis_after'),
    scoreBefore: numeric('score_before'),
    scoreAfter: numeric('score_after'),
    exposure: moved('exposure'),
    limitBefore: moved('limit_before'),
    limitAfter: moved('limit_after'),
    tierBefore: text('tier_before'),
    tierAfter: text('tier_after'),
    paymentTermDaysBefore: limitsOnly(int('term_days_before')),
    paymentTermDaysAfter: limitsOnly(int('term_days_after')),
    customer: one('Customer', byCustomerId),
  },
};

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

/** A customer's rating by the date that the next one is due. */
const DUE_RATING: ReadModel = {
  name: 'DueRating',
  table: (t) => `customer_grade AS ${t}`,
  key: 'customer_id',
  mayRead,
  fields: {
    ratingDueAt: moment('rating_due_at'),
    lastRatedAt: moment('last_rated_at'),
    lastEvaluatedAt,
    inForce: gradeColumn('grade'),
    model: gradeColumn('model_grade'),
    overdue: computed({ dueAt: moment('rating_due_at') }, ({ dueAt }, { now }) => new Date(dueAt) <= now),
    customer: one('Customer', byCustomerId),
  },
};

const RERATING: ReadModel = {
  name: 'Rerating',
  table: (t) => `rerating AS ${t}`,
  key: 'id',
  mayRead,
  fields: {
    kind: text('kind'),
    state: text('state'),
    asked: int('asked'),
    askedAt: moment('asked_at'),
    beginAt: moment('begin_at'),
    deadline: moment('deadline'),
    endedAt: moment('ended_at'),
    late: computed(
      { deadline: moment('deadline'), endedAt: moment('ended_at') },
      ({ deadline, endedAt }, { now }) =>
        deadline !== null && new Date(deadline) < (endedAt === null ? now : new Date(endedAt)),
    ),
    reason: text('reason'),
    detail: text('detail'),
    customer: one('Customer', byCustomerId),
    rating: one('Rating', (rerating, rating) => `${rating}.id = ${rerating}.rating_id`),
  },
};
