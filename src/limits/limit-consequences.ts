/** What grades that may come would mean for limits and terms, for rooms to the left, many customers at a time. It only reads. */
import { Decimal } from '../kernel/decimal';
import { indicatorOf } from '../indicators';
import type { LimitPolicy } from '../policies';
import type { Query } from '../platform/database';
import type { GradeConsequence, PossibleGrade } from '../ratings';
import { TURNOVER_INDICATOR } from './domain/follow-grade';
import { weighLimit, weighTerms, type LimitPolicies } from './domain/weigh-limit';
import type { LimitDeps } from './limit.commands';

/** In the order of the grades. `draft` is the limit policy that is tried; null for the one in force. */
export const limitConsequences = async (
  deps: Pick<LimitDeps, 'policies' | 'indicators'>,
  query: Query,
  grades: readonly PossibleGrade[],
  { draft, at, exact }: { readonly draft: LimitPolicy | null; readonly at: Date; readonly exact?: true },
): Promise<GradeConsequence[]> => {
  const { content } = await deps.policies.inForceAt('LIMIT', at);
  const policies: LimitPolicies = { before: content, after: draft ?? content };
  const limits = await limitsOf(query, grades);
  const weighed = grades.filter(
    (grade) => draft !== null || exact === true || mayMatter(grade, limits.get(grade.customerId), content),
  );
  const turnovers = await deps.indicators.currentValues(
    query,
    TURNOVER_INDICATOR,
    weighed.map(({ customerId }) => customerId),
  );
  const isWeighed = new Set(weighed);
  return grades.map((grade) => {
    const { customerId, changed } = grade;
    const amount = limits.get(customerId)?.amount ?? '0.00';
    const before = decimalOrNull(turnovers.get(customerId));
    const after = changed?.has(TURNOVER_INDICATOR) ? decimalOrNull(changed.get(TURNOVER_INDICATOR)) : before;
    return {
      exposure: amount,
      currency: policies.after.currency,
      ...(isWeighed.has(grade)
        ? weighLimit({ customerId, amount, turnover: { before, after } }, grade, policies)
        : { limitBefore: amount, limitAfter: amount, allowedBefore: null, allowedAfter: null }),
      ...weighTerms(grade, policies),
    };
  });
};

interface LimitNow {
  readonly customerId: string;
  readonly amount: string;
  /** Packed, so not exact. */
  readonly turnover: number | null;
}

const limitsOf = async (query: Query, grades: readonly PossibleGrade[]): Promise<ReadonlyMap<string, LimitNow>> => {
  const rows = await query<LimitNow>(
    `SELECT held.customer_id AS "customerId", held.amount::text, current.values[$2] AS turnover
     FROM unnest($1::uuid[]) AS asked (id) JOIN credit_limit AS held ON held.customer_id = asked.id
     LEFT JOIN indicator_current AS current ON current.customer_id = held.customer_id`,
    [grades.map(({ customerId }) => customerId), indicatorOf(TURNOVER_INDICATOR).ordinal],
  );
  return new Map(rows.map((row) => [row.customerId, row]));
};

/** Rather too often than too seldom: what the policy allows moves with grade and turnover, and a limit may be above it now. */
const mayMatter = (
  { before, after, changed }: PossibleGrade,
  limit: LimitNow | undefined,
  policy: LimitPolicy,
): boolean =>
  before !== after ||
  changed?.has(TURNOVER_INDICATOR) === true ||
  (limit !== undefined &&
    limit.amount !== '0.00' &&
    (limit.turnover === null ||
      Number(limit.amount) >= limit.turnover * Number(policy.grades[after].turnoverShare) * NEARLY));

/** Within a millionth. */
const NEARLY = 0.999999;

const decimalOrNull = (text: string | null | undefined): Decimal | null => (text == null ? null : new Decimal(text));
