/** Reads how good sources are, now and month by month. It never writes. */
import type { Actor } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { SourceKind } from '../policies';
import type { Database } from '../platform/database';
import { sourceQuality, type ArrivalCounts } from './domain/source-quality';
import { adoptedPrecedence } from './precedence.store';

export interface SourceMonth extends ArrivalCounts {
  /** YYYY-MM, in UTC. */
  readonly month: string;
  readonly score: string | null;
}

export interface IndicatorSource extends ArrivalCounts {
  readonly name: string;
  readonly kind: SourceKind;
  readonly lastArrivedAt: Date;
  readonly score: string | null;
  /** How often each row code was the reason of a refusal, the most frequent first. */
  readonly refusals: readonly { readonly code: string; readonly count: number }[];
  /** Oldest first; months in which nothing came are left out. */
  readonly months: readonly SourceMonth[];
}

type MonthRow = ArrivalCounts & { readonly source: string; readonly month: string; readonly last: Date };

/** Months that are looked back over. */
const MONTHS = 12;

export const createSourceQueries = ({ query }: Pick<Database, 'query'>) => ({
  /** Every source that something came from in the last twelve months, by name. Needs `indicator.read`. */
  sources: async (viewer: Actor, now: Date): Promise<Result<IndicatorSource[]>> => {
    const permitted = permit(viewer, 'indicator.read');
    if (!permitted.ok) return permitted;
    const since = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - MONTHS + 1, 1));
    const [precedence, rows, refusals] = await Promise.all([
      adoptedPrecedence(query),
      query<MonthRow>(
        `SELECT source, to_char(arrived_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, sum(accepted)::int AS accepted,
           sum(stale)::int AS stale, sum(contradicted)::int AS contradicted, sum(refused)::int AS refused,
           max(arrived_at) AS last
         FROM source_arrival WHERE arrived_at >= $1 GROUP BY source, month ORDER BY source COLLATE "C", month`,
        [since],
      ),
      query<{ source: string; code: string; count: number }>(
        `SELECT source, refusal.key AS code, sum(refusal.value::int)::int AS count
         FROM source_arrival, jsonb_each_text(refusals) AS refusal
         WHERE arrived_at >= $1 GROUP BY source, code ORDER BY count DESC, code`,
        [since],
      ),
    ]);
    const names = [...new Set(rows.map(({ source }) => source))];
    return ok(
      names.map((name) => {
        const months = rows.filter(({ source }) => source === name);
        const total = months.reduce<ArrivalCounts>(add, { accepted: 0, stale: 0, contradicted: 0, refused: 0 });
        return {
          name,
          kind: precedence.kindOf(name),
          ...total,
          score: sourceQuality(total),
          lastArrivedAt: new Date(Math.max(...months.map(({ last }) => last.getTime()))),
          refusals: refusals.flatMap(({ source, code, count }) => (source === name ? [{ code, count }] : [])),
          months: months.map(({ month, accepted, stale, contradicted, refused }) => {
            const counts = { accepted, stale, contradicted, refused };
            return { month, ...counts, score: sourceQuality(counts) };
          }),
        };
      }),
    );
  },
});

const add = (a: ArrivalCounts, b: ArrivalCounts): ArrivalCounts => ({
  accepted: a.accepted + b.accepted,
  stale: a.stale + b.stale,
  contradicted: a.contradicted + b.contradicted,
  refused: a.refused + b.refused,
});
