/** Finds the customers whose figures no longer fit their stage, and adds the entries of those who move. */
import { momentAfter } from '../kernel/clock';
import type { Stage } from '../kernel/life-cycle';
import { indicatorOf } from '../indicators';
import { LIFE_CYCLE_MEASURES, type LifeCycleFacts, type LifeCycleMeasure, type LifeCyclePolicy } from '../policies';
import { SqlParams } from '../platform/keyset';
import type { Tx } from '../platform/unit-of-work';

export interface LifeCycleCandidate {
  readonly customerId: string;
  readonly facts: LifeCycleFacts;
  /** YYYY-MM-DD. */
  readonly asOf: string;
  /** Null before the first entry. */
  readonly stage: Stage | null;
  readonly rule: string | null;
  readonly number: number;
  readonly changedAt: Date | null;
}

/** What a measure is on the day, as SQL: nothing where it is older than the dictionary allows. */
const measured = (measure: LifeCycleMeasure, day: string): string => {
  if (measure === 'rated') return '(graded.customer_id IS NOT NULL)::int::float8';
  const { ordinal, maxAgeDays } = indicatorOf(measure);
  return `CASE WHEN current.as_of[${ordinal}] >= ${day}::date - ${maxAgeDays} THEN current.values[${ordinal}] END`;
};

const ordinals = LIFE_CYCLE_MEASURES.flatMap((measure) => (measure === 'rated' ? [] : [indicatorOf(measure).ordinal]));

/** The id of the first rule that holds, as SQL; what is null holds nothing. */
const ruleSql = ({ rules }: LifeCyclePolicy, params: SqlParams): string => {
  const branches = rules.map(({ id, when }) => {
    const holds = when.flatMap(({ measure, atLeast, below }) => [
      ...(atLeast === undefined ? [] : [`fact."${measure}" >= ${params.add(Number(atLeast))}::float8`]),
      ...(below === undefined ? [] : [`fact."${measure}" < ${params.add(Number(below))}::float8`]),
    ]);
    return `WHEN ${holds.length === 0 ? 'true' : holds.join(' AND ')} THEN ${params.add(id)}::text`;
  });
  return `CASE ${branches.join(' ')} END`;
};

/** Customers after an id, of `only` where it is given, whom the rules put elsewhere than their newest entry, in the order of ids. */
export const lifeCycleCandidates = async (
  tx: Tx,
  policy: LifeCyclePolicy,
  {
    only,
    after,
    atMost,
  }: { readonly only: readonly string[] | null; readonly after: string | null; readonly atMost: number },
): Promise<LifeCycleCandidate[]> => {
  const params = new SqlParams();
  const day = params.add(tx.at.toISOString().slice(0, 10));
  const from = params.add(after ?? '00000000-0000-0000-0000-000000000000');
  const within = only === null ? '' : ` AND customer.id = ANY (${params.add(only)}::uuid[])`;
  const facts = LIFE_CYCLE_MEASURES.map((measure) => `${measured(measure, day)} AS "${measure}"`).join(', ');
  const days = `greatest(${ordinals.map((ordinal) => `current.as_of[${ordinal}]`).join(', ')}, customer.created_at::date)`;
  return tx.query<LifeCycleCandidate>(
    `SELECT fact.id AS "customerId", json_build_object(${LIFE_CYCLE_MEASURES.map((measure) => `'${measure}', fact."${measure}"`).join(', ')}) AS facts,
       least(fact.as_of, ${day}::date)::text AS "asOf", newest.stage_after AS stage, newest.rule,
       coalesce(newest.number, 0) AS number, newest.changed_at AS "changedAt"
     FROM (SELECT customer.id, ${facts}, ${days} AS as_of
           FROM customer LEFT JOIN indicator_current AS current ON current.customer_id = customer.id
           LEFT JOIN customer_grade AS graded ON graded.customer_id = customer.id
           WHERE customer.kind = 'CUSTOMER' AND customer.id > ${from}::uuid${within}) AS fact
     LEFT JOIN LATERAL (SELECT stage_after, rule, number, changed_at FROM life_cycle_entry
       WHERE customer_id = fact.id ORDER BY number DESC LIMIT 1) AS newest ON true
     WHERE ${ruleSql(policy, params)} IS DISTINCT FROM newest.rule
     ORDER BY fact.id LIMIT ${params.add(atMost)}`,
    params.values,
  );
};

export interface LifeCycleMove extends LifeCycleCandidate {
  readonly to: Stage;
  readonly by: string;
}

export const insertLifeCycleEntries = async (
  tx: Tx,
  policyVersionId: string,
  moves: readonly LifeCycleMove[],
): Promise<void> => {
  await tx.query(
    `INSERT INTO life_cycle_entry (id, customer_id, number, stage_before, stage_after, rule, facts, as_of, policy_version_id,
       changed_at, changed_by)
     SELECT id, customer_id, number, stage_before, stage_after, rule, facts, as_of, $1, changed_at, $2
     FROM unnest($3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::text[], $9::jsonb[], $10::date[],
         $11::timestamptz[])
       AS t (id, customer_id, number, stage_before, stage_after, rule, facts, as_of, changed_at)`,
    [
      policyVersionId,
      tx.initiator.actor.id,
      moves.map(() => tx.newId()),
      moves.map(({ customerId }) => customerId),
      moves.map(({ number }) => number + 1),
      moves.map(({ stage }) => stage),
      moves.map(({ to }) => to),
      moves.map(({ by }) => by),
      moves.map(({ facts }) => JSON.stringify(facts)),
      moves.map(({ asOf }) => asOf),
      moves.map(({ changedAt }) => (changedAt === null ? tx.at : momentAfter(tx.at, changedAt))),
    ],
  );
};
