/**
 * The grades of related parties that group rules look at (domain rule D3): those in force at one moment, before anybody is
 * rated anew, so that neither order nor chunks matter and risk travels one step with each run. Of directed relations the
 * party that stands behind counts: parent, shareholder with a majority, guarantor, supplier; of mutual ones either.
 */
import { MAJORITY_SHARE, RELATION_READINGS, type RelationKind } from '../customers';
import type { Query } from '../platform/database';
import { MISSING_VALUE, type GroupRule } from '../scorecards';

const isMutual = (kind: RelationKind): boolean => RELATION_READINGS[kind].mutual;

/**
 * A query that yields for customers with related parties their id as `of_id`, and as `rank_0`, `rank_1` … the rank that each
 * rule looks at, null where there is nobody. `within` says of a column of ids that it is one of those asked about, `at` is
 * an expression. Holds no parameters of its own, so that COPY can take it.
 */
export const relatedRanksSql = (
  rules: readonly GroupRule[],
  { within, at }: { readonly within: (column: string) => string; readonly at: string },
): string => {
  const kinds = [...new Set(rules.flatMap((rule) => rule.relations))];
  const there = `created_at <= ${at} AND (ended_at IS NULL OR ended_at > ${at})`;
  const mutual = kinds.filter(isMutual);
  const ranks = rules.map(
    ({ when, relations }, i) =>
      `${when === 'WORST_AT_MOST' ? 'min' : 'max'}(standing.rank) FILTER (WHERE tie.kind IN (${list(relations)})) AS rank_${i}`,
  );
  return `
    SELECT tie.of_id, ${ranks.join(', ')}
    FROM (
      SELECT to_id AS of_id, from_id AS other_id, kind FROM customer_relation
      WHERE ${within('to_id')} AND kind IN (${list(kinds)}) AND ${there}
        AND (kind <> 'SHAREHOLDER' OR share > ${MAJORITY_SHARE})
      ${
        mutual.length === 0
          ? ''
          : `UNION ALL
      SELECT from_id, to_id, kind FROM customer_relation
      WHERE ${within('from_id')} AND kind IN (${list(mutual)}) AND ${there}`
      }) AS tie
    JOIN customer_grade AS held ON held.customer_id = tie.other_id
    -- What is in force since before the moment was in force then; anything newer has a history.
    CROSS JOIN LATERAL (SELECT CASE WHEN held.effective_from <= ${at} THEN grade_rank(held.grade)
      ELSE (SELECT grade_rank(past.grade_after) FROM grade_history AS past
            WHERE past.customer_id = tie.other_id AND past.changed_at <= ${at}
            ORDER BY past.changed_at DESC, past.id DESC LIMIT 1) END AS rank) AS standing
    GROUP BY tie.of_id`;
};

/** Kinds come from a definition, whose shape allows no others. */
const list = (kinds: readonly RelationKind[]): string => kinds.map((kind) => `'${kind}'`).join(', ');

/** What each rule looks at for one customer, in their order, as slots of a row hold it. */
export const relatedRanks = async (
  query: Query,
  rules: readonly GroupRule[],
  customerId: string,
  at: Date,
): Promise<number[]> => {
  if (rules.length === 0) return [];
  const [row] = await query<Record<string, number | null>>(
    relatedRanksSql(rules, { within: (column) => `${column} = $1`, at: '$2::timestamptz' }),
    [customerId, at],
  );
  return rules.map((_, i) => row?.[`rank_${i}`] ?? MISSING_VALUE);
};
