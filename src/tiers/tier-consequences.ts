/** Which tier grades that may come would put customers in, for rooms to the left: by the values of now and the matrix. It only reads. */
import { matchCell, type Tier } from '../policies';
import type { Query } from '../platform/database';
import type { PossibleGrade, TierConsequence } from '../ratings';
import type { TierDeps } from './tier.commands';

/** In the order of the grades; nobody without a value score has a tier. */
export const tierConsequences = async (
  deps: Pick<TierDeps, 'policies' | 'openWarnings'>,
  query: Query,
  grades: readonly PossibleGrade[],
  at: Date,
): Promise<TierConsequence[]> => {
  const ids = grades.map(({ customerId }) => customerId);
  const { content } = await deps.policies.inForceAt('TIER_MATRIX', at);
  const rows = await query<{ customerId: string; score: string; tier: Tier | null }>(
    `SELECT worth.customer_id AS "customerId", worth.score::text, held.tier
     FROM unnest($1::uuid[]) AS asked (id) JOIN customer_value AS worth ON worth.customer_id = asked.id
     LEFT JOIN customer_tier AS held ON held.customer_id = worth.customer_id`,
    [ids],
  );
  const worth = new Map(rows.map((row) => [row.customerId, row]));
  const warnings = await deps.openWarnings({ query }, ids);
  return grades.map(({ customerId, after }) => {
    const known = worth.get(customerId);
    if (known === undefined) return { before: null, after: null };
    const warning = warnings.get(customerId) ?? null;
    return { before: known.tier, after: matchCell(content, { score: known.score, grade: after, warning }).tier };
  });
};
