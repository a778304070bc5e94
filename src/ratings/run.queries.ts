/** Reads runs: progress from rows committed, distribution over grades, parked customers. It never writes. */
import type { Actor } from '../kernel/actor';
import type { Grade } from '../kernel/grade';
import type { Page, PageRequest } from '../kernel/page';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import {
  choiceConditions,
  filterConditions,
  rangeConditions,
  since,
  type Choice,
  type Filter,
  type Range,
} from '../platform/filter';
import { fetchPage, sortColumns, SqlParams, type PagedSelect, type Sort } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { distributionOf, type RunFigures } from './domain/judge-run';
import type { RunPurpose, RunState } from './domain/run';
import type { WhatIfFigures } from './domain/what-if';

export interface RatingRun {
  readonly id: string;
  readonly purpose: RunPurpose;
  readonly state: RunState;
  /** Null until it is sealed. */
  readonly figures: RunFigures | null;
  /** Of simulations, as soon as they are sealed. */
  readonly whatIf: WhatIfFigures | null;
  readonly scorecardVersionId: string;
  /** YYYY-MM-DD. */
  readonly asOf: string;
  /** Customers at the start. */
  readonly customers: number;
  readonly rated: number;
  readonly parked: number;
  readonly chunks: number;
  readonly chunksDone: number;
  readonly requestedBy: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  /** When it last moved or a chunk of it was done. */
  readonly updatedAt: Date;
  readonly version: number;
}

export type RunFilter = Filter<{
  readonly state?: Choice<RunState>;
  readonly startedAt?: Range<Date>;
  /** Changed at this moment or after. */
  readonly updatedSince?: Date;
}>;

export interface GradeCount {
  readonly grade: Grade;
  readonly count: number;
}

const RUN_COLUMNS = `run.id, run.purpose, run.state, run.figures, run.what_if AS "whatIf", run.scorecard_version_id AS "scorecardVersionId", run.as_of::text AS "asOf",
  run.customers, progress.rated, progress.parked, progress.chunks, progress.done AS "chunksDone",
  run.requested_by AS "requestedBy", run.started_at AS "startedAt", run.finished_at AS "finishedAt",
  run.updated_at AS "updatedAt", run.version`;

const RUN_TABLES = `rating_run AS run CROSS JOIN LATERAL (
  SELECT coalesce(sum(rated), 0)::int AS rated, coalesce(sum(parked), 0)::int AS parked, count(*)::int AS chunks,
    count(done_at)::int AS done
  FROM rating_run_chunk WHERE run_id = run.id) AS progress`;

export const createRunQueries = ({ query }: Database) => ({
  /** Needs `rating.read`, else none. */
  runsByIds: async (viewer: Actor, ids: readonly string[]): Promise<RatingRun[]> =>
    permit(viewer, 'rating.read').ok
      ? query<RatingRun>(`SELECT ${RUN_COLUMNS} FROM ${RUN_TABLES} WHERE run.id = ANY ($1::uuid[])`, [ids])
      : [],

  /** Read once for many viewers: the answer tells each of them what he may see, else FORBIDDEN or NOT_FOUND. */
  runsForViewers: async (ids: readonly string[]): Promise<(viewer: Actor, id: string) => Result<RatingRun>> => {
    const rows = await query<RatingRun>(`SELECT ${RUN_COLUMNS} FROM ${RUN_TABLES} WHERE run.id = ANY ($1::uuid[])`, [
      ids,
    ]);
    const runs = new Map(rows.map((run) => [run.id, run]));
    return (viewer, id) => {
      const permitted = permit(viewer, 'rating.read');
      if (!permitted.ok) return permitted;
      const run = runs.get(id);
      return run === undefined ? refuse('NOT_FOUND', 'There is no such run.') : ok(run);
    };
  },

  /** Needs `rating.read`. */
  listRuns: (viewer: Actor, filter: RunFilter, sort: readonly Sort<RunOrder>[]): Result<ListSource> => {
    const permitted = permit(viewer, 'rating.read');
    return permitted.ok
      ? ok({
          model: 'RatingRun',
          alias: 'run',
          select: (params) => ({ from: 'rating_run AS run', ...runsOf(filter, sort, params) }),
        })
      : permitted;
  },

  /** Newest first. */
  runs: async (viewer: Actor, filter: RunFilter, page: PageRequest): Promise<Result<Page<RatingRun>>> => {
    const permitted = permit(viewer, 'rating.read');
    return permitted.ok ? ok(await fetchPage<RatingRun>(query, runSelect(filter), page)) : permitted;
  },

  /** Model grades of a sealed run, best first; grades that nobody got are left out. Needs `rating.read`, else none. */
  distribution: async (viewer: Actor, runId: string): Promise<GradeCount[]> => {
    if (!permit(viewer, 'rating.read').ok) return [];
    const [run] = await query<{ figures: RunFigures | null }>('SELECT figures FROM rating_run WHERE id = $1', [runId]);
    return distributionOf(run?.figures?.moves ?? []);
  },
});

export type RunQueries = ReturnType<typeof createRunQueries>;

const runSelect = (filter: RunFilter): PagedSelect => {
  const params = new SqlParams();
  return { select: RUN_COLUMNS, from: RUN_TABLES, params, ...runsOf(filter, NEWEST_FIRST, params) };
};

const runsOf = (filter: RunFilter, sort: readonly Sort<RunOrder>[], params: SqlParams) => ({
  where: filterConditions(filter, ({ state, startedAt, updatedSince }) => [
    ...choiceConditions('run.state', 'text', state, params),
    ...rangeConditions('run.started_at', 'timestamptz', startedAt, params),
    ...rangeConditions('run.updated_at', 'timestamptz', since(updatedSince), params),
  ]),
  order: sortColumns('run', sort, {
    STARTED_AT: { expression: 'run.started_at', type: 'timestamptz' },
    UPDATED_AT: { expression: 'run.updated_at', type: 'timestamptz' },
  }),
});

export type RunOrder = 'STARTED_AT' | 'UPDATED_AT';
const NEWEST_FIRST: readonly Sort<RunOrder>[] = [{ by: 'STARTED_AT', direction: 'DESC' }];
