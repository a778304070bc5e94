/**
 * What a limit policy that may come would mean for everybody who has a limit, as counts, by the grades in force and the turnover
 * that is known. One statement, so that it may be asked inside of a submission; by the rules of {@link termsAt}. It only reads.
 */
import { indicatorOf } from '../indicators';
import type { LimitPolicy, Policies } from '../policies';
import type { Tx } from '../platform/unit-of-work';
import { TURNOVER_INDICATOR } from './domain/follow-grade';

/** Customers with a grade and a limit above nothing. */
export type LimitCrossings = Readonly<
  Record<
    'customers' | 'cut' | 'noLongerAbove' | 'newBusinessStopped' | 'newBusinessAllowed' | 'termShorter' | 'termLonger',
    number
  >
> & {
  /** What the cuts take, in the currency of the policy, two places. */
  readonly cutBy: string;
};

export const limitCrossings = async (
  { policies }: { readonly policies: Pick<Policies, 'inForce'> },
  tx: Tx,
  draft: LimitPolicy,
): Promise<LimitCrossings> => {
  const { content } = await policies.inForce(tx, 'LIMIT');
  const [crossings] = await tx.query<LimitCrossings>(
    `WITH terms AS (
       SELECT grade, (was ->> 'turnoverShare')::numeric AS share_was, (is_now ->> 'turnoverShare')::numeric AS share_now,
         (was ->> 'paymentTermDays')::int AS term_was, (is_now ->> 'paymentTermDays')::int AS term_now,
         (was ->> 'newBusinessAllowed')::boolean AS business_was, (is_now ->> 'newBusinessAllowed')::boolean AS business_now
       FROM jsonb_each($1::jsonb) AS before (grade, was) JOIN jsonb_each($2::jsonb) AS after (grade, is_now) USING (grade)),
     held AS (
       SELECT limits.amount, terms.*,
         greatest(coalesce((snapshot.values ->> '${TURNOVER_INDICATOR}')::numeric, 0), 0) AS turnover
       FROM credit_limit AS limits
       JOIN customer_grade AS graded ON graded.customer_id = limits.customer_id
       JOIN terms ON terms.grade = graded.grade::text
       LEFT JOIN indicator_origin AS origin ON origin.customer_id = limits.customer_id
       LEFT JOIN indicator_snapshot AS snapshot ON snapshot.id = origin.snapshot_ids[$3]
       WHERE limits.amount > 0),
     weighed AS (
       SELECT *, round(turnover * share_was, 2) AS allowed_was, round(turnover * share_now, 2) AS allowed_now FROM held)
     SELECT count(*)::int AS customers,
       (count(*) FILTER (WHERE amount > allowed_now AND amount <= allowed_was))::int AS cut,
       (count(*) FILTER (WHERE amount <= allowed_now AND amount > allowed_was))::int AS "noLongerAbove",
       (count(*) FILTER (WHERE business_was AND NOT business_now))::int AS "newBusinessStopped",
       (count(*) FILTER (WHERE business_now AND NOT business_was))::int AS "newBusinessAllowed",
       (count(*) FILTER (WHERE term_now < term_was))::int AS "termShorter",
       (count(*) FILTER (WHERE term_now > term_was))::int AS "termLonger",
       coalesce(sum(amount - allowed_now) FILTER (WHERE amount > allowed_now AND amount <= allowed_was), 0)::numeric(24, 2)::text AS "cutBy"
     FROM weighed`,
    [JSON.stringify(content.grades), JSON.stringify(draft.grades), indicatorOf(TURNOVER_INDICATOR).ordinal],
  );
  if (crossings === undefined) throw new Error('a count without a row');
  return crossings;
};
