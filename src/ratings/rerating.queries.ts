/** What is due, when, and how promptly re-ratings are done; for screens, alarms and the loop that does them. It never writes. */
import type { Actor } from '../kernel/actor';
import { localDay, beginOfDay, addMonths } from '../kernel/business-days';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import {
  choiceConditions,
  filterConditions,
  rangeConditions,
  type Choice,
  type Filter,
  type Range,
} from '../platform/filter';
import { newestFirst } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import type { Policies } from '../policies';
import type { ReratingKind, ReratingState } from './domain/rerating';

export interface DueRatingFilter {
  readonly dueAt?: Range<Date>;
}

export type ReratingFilter = Filter<{
  readonly kind?: Choice<ReratingKind>;
  readonly state?: Choice<ReratingState>;
  readonly customerId?: string;
  readonly askedAt?: Range<Date>;
}>;

export interface DueMonth {
  /** First day, YYYY-MM-DD; null for what is overdue already. */
  readonly month: string | null;
  readonly due: number;
}

export interface ReratingFigures {
  /** Customers whose rating is due and has not been made (R11). */
  readonly overdue: number;
  /** When the longest overdue of them was due. */
  readonly overdueSince: Date | null;
  /** Re-ratings for events asked for in the period, by what became of them (R12). */
  readonly asked: number;
  readonly done: number;
  readonly parked: number;
  readonly open: number;
  /** Of those, ended or still open after the deadline. */
  readonly late: number;
  /** From asking to the rating, of those that were done; null where none was. */
  readonly medianSeconds: number | null;
}

/** What has not been done in time. */
export interface ReratingBacklog extends Pick<ReratingFigures, 'overdue' | 'overdueSince'> {
  /** Re-ratings for events that are open and past their deadline. */
  readonly lateEvents: number;
}

export const createReratingQueries = ({
  database: { query },
  policies,
}: {
  database: Database;
  policies: Policies;
}) => ({
  /** Rated customers by when the next rating is due, the longest due first. Needs `rating.read`. */
  listDueRatings: (viewer: Actor, filter: DueRatingFilter): Result<ListSource> => {
    const permitted = permit(viewer, 'rating.read');
    return permitted.ok
      ? ok({
          model: 'DueRating',
          alias: 'held',
          select: (params) => ({
            from: 'customer_grade AS held',
            where: rangeConditions('held.rating_due_at', 'timestamptz', filter.dueAt, params),
            order: [
              { expression: 'held.rating_due_at', type: 'timestamptz', direction: 'ASC' },
              { expression: 'held.customer_id', type: 'uuid', direction: 'ASC' },
            ],
          }),
        })
      : permitted;
  },

  /** Newest first. Needs `rating.read`. */
  listReratings: (viewer: Actor, filter: ReratingFilter): Result<ListSource> => {
    const permitted = permit(viewer, 'rating.read');
    return permitted.ok
      ? ok({
          model: 'Rerating',
          alias: 'asked',
          select: (params) => ({
            from: 'rerating AS asked',
            where: filterConditions(filter, ({ kind, state, customerId, askedAt }) => [
              ...choiceConditions('asked.kind', 'text', kind, params),
              ...choiceConditions('asked.state', 'text', state, params),
              ...(customerId === undefined ? [] : [`asked.customer_id = ${params.add(customerId)}::uuid`]),
              ...rangeConditions('asked.asked_at', 'timestamptz', askedAt, params),
            ]),
            order: newestFirst('asked', 'asked_at'),
          }),
        })
      : permitted;
  },

  /** How many ratings are overdue and how many fall due in this month and the following, by the calendar's time. Needs `rating.read`. */
  dueByMonth: async (viewer: Actor, now: Date, months: number): Promise<Result<DueMonth[]>> => {
    const permitted = permit(viewer, 'rating.read');
    if (!permitted.ok) return permitted;
    const { content: calendar } = await policies.inForceAt('RERATING_CALENDAR', now);
    const first = `${localDay(calendar, now).slice(0, 8)}01`;
    const starts = Array.from({ length: months + 1 }, (_, i) => addMonths(first, i));
    const bounds = starts.map((day) => beginOfDay(calendar, day));
    const rows = await query<{ place: number; due: number }>(
      `SELECT place, due FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS span (after, upto, place)
       CROSS JOIN LATERAL (SELECT count(*)::int AS due FROM customer_grade
         WHERE rating_due_at > span.after AND rating_due_at <= span.upto) AS counted ORDER BY place`,
      [
        [new Date(0), now, ...bounds.slice(1, -1).map(justBefore)],
        [now, ...bounds.slice(1).map(justBefore)],
      ],
    );
    return ok(rows.map(({ due }, i) => ({ month: i === 0 ? null : (starts[i - 1] ?? null), due })));
  },

  /** Needs `rating.read`. */
  reratingFigures: async (
    viewer: Actor,
    now: Date,
    period: { readonly from: Date; readonly to: Date },
  ): Promise<Result<ReratingFigures>> => {
    const permitted = permit(viewer, 'rating.read');
    if (!permitted.ok) return permitted;
    const [events] = await query<Omit<ReratingFigures, 'overdue' | 'overdueSince'>>(
      `SELECT count(*)::int AS asked, count(*) FILTER (WHERE state = 'DONE')::int AS done,
         count(*) FILTER (WHERE state = 'PARKED')::int AS parked, count(*) FILTER (WHERE state = 'OPEN')::int AS open,
         count(*) FILTER (WHERE deadline < coalesce(ended_at, $3))::int AS late,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - asked_at)::float8)
           FILTER (WHERE state = 'DONE') AS "medianSeconds"
       FROM rerating WHERE kind = 'EVENT' AND asked_at >= $1 AND asked_at < $2`,
      [period.from, period.to, now],
    );
    if (events === undefined) throw new Error('figures without a row');
    return ok({ ...(await overdueRatings(query, now)), ...events });
  },

  /** For alarms of whoever operates the installation; it names nobody. */
  reratingBacklog: async (now: Date): Promise<ReratingBacklog> => {
    const [row] = await query<{ late: number }>(
      `SELECT count(*)::int AS late FROM rerating WHERE state = 'OPEN' AND deadline < $1`,
      [now],
    );
    return { ...(await overdueRatings(query, now)), lateEvents: row?.late ?? 0 };
  },
});

export type ReratingQueries = ReturnType<typeof createReratingQueries>;

const overdueRatings = async (
  query: Database['query'],
  now: Date,
): Promise<Pick<ReratingFigures, 'overdue' | 'overdueSince'>> => {
  const [row] = await query<{ overdue: number; overdueSince: Date | null }>(
    `SELECT count(*)::int AS overdue, min(rating_due_at) AS "overdueSince" FROM customer_grade WHERE rating_due_at <= $1`,
    [now],
  );
  return row ?? { overdue: 0, overdueSince: null };
};

/** Dates begin at midnight, which belongs to the month that it begins. */
const justBefore = (moment: Date): Date => new Date(moment.getTime() - 1);
