/** Holds the model's latest word on customers against what became of them. It never writes. */
import type { Actor } from '../kernel/actor';
import { rankOf, type Grade } from '../kernel/grade';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import type { OutcomeEvent } from './domain/outcome';
import { areaUnderCurve, outcomesByGrade, type GradeOutcomeRow } from './domain/rank-power';

export interface RankPower {
  /** Customers with an outcome. */
  readonly customers: number;
  /** Of these, customers with a rating; the figures below are about them. */
  readonly rated: number;
  readonly bad: number;
  /** 0–1; null unless both some that went bad and some that did not are rated. */
  readonly auc: number | null;
  /** By model grade, best first. */
  readonly grades: readonly GradeOutcomeRow[];
  /** The same of the model's grades as of those in force, overrides included: which of the two separates better. */
  readonly byGrade: {
    readonly modelAuc: number | null;
    readonly inForceAuc: number | null;
    /** By grade in force, best first. */
    readonly inForce: readonly GradeOutcomeRow[];
  };
}

/** Of the outcomes that one source gave for one event. */
export interface SourcePower extends RankPower {
  readonly source: string;
  readonly event: OutcomeEvent;
}

interface FateRow {
  source: string;
  event: OutcomeEvent;
  bad: boolean;
  score: string | null;
  grade: Grade | null;
  inForce: Grade | null;
}

export const createOutcomeQueries = ({ query }: Pick<Database, 'query'>) => ({
  /**
   * Over the outcomes that one source gave for one event; a customer is bad if he was on any day. Scores and grades are the
   * model's, whatever overrides say, unless the grade in force is named. Needs `outcome.read`.
   */
  rankPower: async (
    viewer: Actor,
    { source, event }: { readonly source: string; readonly event: OutcomeEvent },
  ): Promise<Result<RankPower>> => {
    const permitted = permit(viewer, 'outcome.read');
    if (!permitted.ok) return permitted;
    return ok(powerOf(await query<FateRow>(fates('WHERE source = $1 AND event = $2'), [source, event])));
  },

  /** As {@link rankPower}, of every source and event there is, in their order. Needs `outcome.read`. */
  powerBySource: async (viewer: Actor): Promise<Result<readonly SourcePower[]>> => {
    const permitted = permit(viewer, 'outcome.read');
    if (!permitted.ok) return permitted;
    const bySource = new Map<string, FateRow[]>();
    for (const row of await query<FateRow>(fates(''))) {
      const key = `${row.event} ${row.source}`;
      const told = bySource.get(key);
      if (told === undefined) bySource.set(key, [row]);
      else told.push(row);
    }
    return ok(
      [...bySource.values()].flatMap((rows) =>
        rows.slice(0, 1).map(({ source, event }) => ({ source, event, ...powerOf(rows) })),
      ),
    );
  },
});

/** What became of each customer, by source and event. */
const fates = (where: string): string => `
  WITH holding AS (
    SELECT DISTINCT ON (source, event, customer_id, observed_on) source, event, customer_id, bad FROM outcome ${where}
    ORDER BY source, event, customer_id, observed_on, recorded_at DESC, id DESC),
  fate AS (SELECT source, event, customer_id, bool_or(bad) AS bad FROM holding GROUP BY source, event, customer_id)
  SELECT fate.source, fate.event, fate.bad, rating.score::text AS score, rating.model_grade AS grade, current.grade AS "inForce"
  FROM fate
  LEFT JOIN customer_grade AS current ON current.customer_id = fate.customer_id
  LEFT JOIN rating ON rating.id = current.rating_id
  ORDER BY fate.source, fate.event`;

const powerOf = (rows: readonly FateRow[]): RankPower => {
  const rated = rows.flatMap(({ bad, score, grade, inForce }) =>
    score === null || grade === null || inForce === null ? [] : [{ bad, score: Number(score), grade, inForce }],
  );
  const aucBy = (held: 'grade' | 'inForce'): number | null =>
    areaUnderCurve(rated.map((one) => ({ bad: one.bad, score: rankOf(one[held]) })));
  return {
    customers: rows.length,
    rated: rated.length,
    bad: rated.filter(({ bad }) => bad).length,
    auc: areaUnderCurve(rated),
    grades: outcomesByGrade(rated),
    byGrade: {
      modelAuc: aucBy('grade'),
      inForceAuc: aucBy('inForce'),
      inForce: outcomesByGrade(rated.map(({ bad, inForce }) => ({ bad, grade: inForce }))),
    },
  };
};

export type OutcomeQueries = ReturnType<typeof createOutcomeQueries>;
