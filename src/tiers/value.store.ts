/** Freezes the cut points of value computations, takes their progress down, and writes value scores, many at a time. */
import { momentAfter } from '../kernel/clock';
import { indicatorOf } from '../indicators';
import type { ValueScorePolicy } from '../policies';
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import {
  VALUE_INDICATORS,
  type DatedValue,
  type ValueIndicator,
  type ValueInputs,
  type ValueScore,
} from './domain/score-value';
import { PARETO_STEPS, paretoCurve, type TenthCuts, type ValueCuts } from './domain/value-cuts';
import { ValueComputationEntity } from './value.entity';

export interface ValueComputation {
  readonly id: string;
  readonly state: 'RUNNING' | 'COMPLETED';
  readonly policyVersionId: string;
  readonly tierPolicyVersionId: string;
  readonly policy: ValueScorePolicy;
  /** YYYY-MM-DD: what is older on this day than the dictionary allows does not count. */
  readonly asOf: string;
  readonly cuts: ValueCuts;
  /** Customers with values that the cut points were taken from. */
  readonly referenceSize: number;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  /** Customers up to this id are done; null before the first chunk. */
  readonly doneUpto: string | null;
}

const COMPUTATION = `SELECT computation.id, computation.state, computation.policy_version_id AS "policyVersionId",
    computation.tier_policy_version_id AS "tierPolicyVersionId", rules.content AS policy, computation.as_of::text AS "asOf",
    computation.cuts, computation.reference_size AS "referenceSize", computation.started_at AS "startedAt", computation.updated_at AS "updatedAt",
    computation.done_upto AS "doneUpto"
  FROM value_computation AS computation JOIN policy_version AS rules ON rules.id = computation.policy_version_id`;

/** The one that was started last: its cut points hold until the next. Null before the first. */
export const newestComputation = async (query: Query): Promise<ValueComputation | null> =>
  (
    await query<ValueComputation>(`${COMPUTATION} ORDER BY computation.started_at DESC, computation.id DESC LIMIT 1`)
  )[0] ?? null;

/** Locked until the transaction ends; null where it is done or not there. */
export const lockOpenComputation = async (tx: Tx, id: string): Promise<ValueComputation | null> =>
  (
    await tx.query<ValueComputation>(
      `${COMPUTATION} WHERE computation.id = $1 AND computation.finished_at IS NULL FOR NO KEY UPDATE OF computation`,
      [id],
    )
  )[0] ?? null;

export const lockComputationStarts = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('value_computation'))");
};

export const insertComputation = async (
  tx: Tx,
  computation: Pick<ValueComputation, 'policyVersionId' | 'tierPolicyVersionId' | 'asOf' | 'cuts' | 'referenceSize'>,
): Promise<string> => {
  const id = tx.newId();
  await tx.manager.insert(ValueComputationEntity, {
    ...computation,
    id,
    state: 'RUNNING',
    requestedBy: tx.initiator.actor.id,
    startedAt: tx.at,
    doneUpto: null,
    updatedAt: tx.at,
    finishedAt: null,
    version: 1,
  });
  return id;
};

export interface ChunkFigures {
  readonly evaluated: number;
  readonly tiersMoved: number;
  readonly core: number;
  readonly coreKnown: number;
  readonly coreRecognised: number;
}

/** `doneUpto` is null where nobody was left. Yields the version. */
export const noteChunk = async (
  tx: Tx,
  computation: Pick<ValueComputation, 'id' | 'updatedAt'>,
  figures: ChunkFigures,
  doneUpto: string | null,
): Promise<number> => {
  const at = momentAfter(tx.at, computation.updatedAt);
  const [row] = await tx.query<{ version: number }>(
    `UPDATE value_computation SET evaluated = evaluated + $3, tiers_moved = tiers_moved + $4, core = core + $5,
       core_known = core_known + $6, core_recognised = core_recognised + $7, updated_at = $2, version = version + 1,
       done_upto = coalesce($8, done_upto), state = CASE WHEN $8::uuid IS NULL THEN 'COMPLETED' ELSE state END,
       finished_at = CASE WHEN $8::uuid IS NULL THEN $2::timestamptz END
     WHERE id = $1 RETURNING version`,
    [
      computation.id,
      at,
      figures.evaluated,
      figures.tiersMoved,
      figures.core,
      figures.coreKnown,
      figures.coreRecognised,
      doneUpto,
    ],
  );
  if (row === undefined) throw new Error(`value computation ${computation.id} is gone`);
  return row.version;
};

/** What a customer's current value of the indicator is on the day; nothing where it is older than the dictionary allows. */
const usable = (code: ValueIndicator, day: string): string => {
  const { ordinal, maxAgeDays } = indicatorOf(code);
  return `CASE WHEN current.as_of[${ordinal}] >= ${day}::date - ${maxAgeDays} THEN current.values[${ordinal}] END`;
};

const MEASURED = `known AS (
    SELECT customer.id, ${usable('ordersIn1Year', '$1')} AS orders, ${usable('yearlyTurnoverWithUs', '$1')} AS turnover,
      ${usable('yearlyGrossMarginWithUs', '$1')} AS margin, coalesce(${usable('renewalRate', '$1')}, $2::float8) AS retention
    FROM customer JOIN indicator_current AS current ON current.customer_id = customer.id
    WHERE customer.kind = 'CUSTOMER'),
  measured AS MATERIALIZED (
    SELECT id, orders, CASE WHEN orders > 0 THEN turnover / orders END AS average_order, margin,
      margin * (SELECT sum(power(retention / (1 + $3::float8), year)) FROM generate_series(1, $4::int) AS year) AS lifetime_value
    FROM known)`;

const TENTHS = 'ARRAY[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]::float8[]';

const tenthsOf = (measure: string): string =>
  `(SELECT array_agg(round(cut::numeric, 2)::text ORDER BY cut)
    FROM unnest((SELECT percentile_disc(${TENTHS}) WITHIN GROUP (ORDER BY ${measure}) FROM measured)) AS cut)`;

interface Frozen {
  readonly referenceSize: number;
  readonly frequency: TenthCuts | null;
  readonly averageOrder: TenthCuts | null;
  readonly margin: TenthCuts | null;
  readonly lifetimeValue: TenthCuts | null;
  readonly pareto: readonly { readonly step: number; readonly least: string }[] | null;
}

/** Takes the cut points from all customers as they are on record now. Suppliers are worth something else to us. */
export const freezeCuts = async (
  tx: Tx,
  today: string,
  { lifetime }: ValueScorePolicy,
): Promise<Pick<ValueComputation, 'cuts' | 'referenceSize'>> => {
  const [frozen] = await tx.query<Frozen>(
    `WITH ${MEASURED},
       ranked AS (
         SELECT margin, sum(margin) OVER (ORDER BY margin DESC, id ROWS UNBOUNDED PRECEDING) - margin AS before,
           sum(margin) OVER () AS whole
         FROM measured WHERE margin > 0),
       stepped AS (
         SELECT least(floor(before / whole * ${PARETO_STEPS}), ${PARETO_STEPS - 1})::int AS step, min(margin) AS least
         FROM ranked GROUP BY 1)
     SELECT (SELECT count(*)::int FROM measured) AS "referenceSize", ${tenthsOf('orders')} AS frequency,
       ${tenthsOf('average_order')} AS "averageOrder", ${tenthsOf('margin')} AS margin,
       ${tenthsOf('lifetime_value')} AS "lifetimeValue",
       (SELECT json_agg(json_build_object('step', step, 'least', least::numeric::text)) FROM stepped) AS pareto`,
    [today, Number(lifetime.retentionIfUnknown), Number(lifetime.discountRate), lifetime.horizonYears],
  );
  if (frozen === undefined) throw new Error('no cut points came out');
  const { referenceSize, frequency, averageOrder, margin, lifetimeValue, pareto } = frozen;
  return {
    referenceSize,
    cuts: {
      frequency: frequency ?? [],
      averageOrder: averageOrder ?? [],
      margin: margin ?? [],
      lifetimeValue: lifetimeValue ?? [],
      pareto: paretoCurve(new Map((pareto ?? []).map(({ step, least }) => [step, least]))),
    },
  };
};

/** How many customers there are with values now. */
export const countReference = async (query: Query): Promise<number> =>
  (
    await query<{ count: number }>(
      `SELECT count(*)::int AS count FROM customer JOIN indicator_current AS current ON current.customer_id = customer.id
       WHERE customer.kind = 'CUSTOMER'`,
    )
  )[0]?.count ?? 0;

export interface CustomerInputs {
  readonly customerId: string;
  readonly inputs: ValueInputs;
}

const inputsOf = async (tx: Tx, where: string, params: readonly unknown[]): Promise<CustomerInputs[]> => {
  const slots = VALUE_INDICATORS.map((code) => indicatorOf(code).ordinal);
  const rows = await tx.query<{ id: string; values: (number | null)[]; asOf: (string | null)[] }>(
    `SELECT customer.id, ARRAY[${slots.map((slot) => `current.values[${slot}]`).join(', ')}] AS values,
       ARRAY[${slots.map((slot) => `current.as_of[${slot}]::text`).join(', ')}] AS "asOf"
     FROM customer LEFT JOIN indicator_current AS current ON current.customer_id = customer.id
     WHERE customer.kind = 'CUSTOMER' AND ${where}`,
    params,
  );
  return rows.map(({ id, values, asOf }) => ({
    customerId: id,
    inputs: Object.fromEntries(
      VALUE_INDICATORS.map((code, i): [ValueIndicator, DatedValue | null] => {
        const [value, day] = [values[i] ?? null, asOf[i] ?? null];
        return [code, value === null || day === null ? null : { value, asOf: day }];
      }),
    ) as ValueInputs,
  }));
};

/** Customers among the given ids; suppliers are left out. */
export const inputsOfCustomers = (tx: Tx, customerIds: readonly string[]): Promise<CustomerInputs[]> =>
  inputsOf(tx, 'customer.id = ANY ($1::uuid[]) ORDER BY customer.id', [customerIds]);

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** The next customers in the order of ids. */
export const customersAfter = async (tx: Tx, doneUpto: string | null, atMost: number): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM customer WHERE kind = 'CUSTOMER' AND id > $1 ORDER BY id LIMIT $2`,
    [doneUpto ?? BEFORE_ALL, atMost],
  );
  return rows.map(({ id }) => id);
};

/** Customers whose value was never told, in the order of ids. */
export const customersWithoutValue = async (query: Query, atMost: number): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    `SELECT id FROM customer WHERE kind = 'CUSTOMER'
       AND NOT EXISTS (SELECT FROM customer_value AS held WHERE held.customer_id = customer.id) ORDER BY id LIMIT $1`,
    [atMost],
  );
  return rows.map(({ id }) => id);
};

/** From here to the end of the transaction nobody else tells values, so that the newest inputs win. Taken after grades are. */
export const lockValues = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('customer_value'))");
};

export interface HeldValue extends ValueScore {
  readonly customerId: string;
  readonly evaluatedAt: Date;
}

export const heldValues = (tx: Tx, customerIds: readonly string[]): Promise<HeldValue[]> =>
  tx.query<HeldValue>(
    `SELECT held.customer_id AS "customerId", told.score::text, told.orders::text, told.average_order::text AS "averageOrder",
       told.margin::text, told.retention::text, told.lifetime_value::text AS "lifetimeValue",
       told.pareto_share::text AS "paretoShare", told.points, told.missing, told.evaluated_at AS "evaluatedAt"
     FROM customer_value AS held JOIN value_score AS told ON told.id = held.value_score_id
     WHERE held.customer_id = ANY ($1::uuid[])`,
    [customerIds],
  );

export interface ToldValue extends ValueScore {
  readonly customerId: string;
  /** Later than the one before it. */
  readonly evaluatedAt: Date;
}

/** Adds scores and makes them the ones that count. */
export const insertValues = async (
  tx: Tx,
  computation: Pick<ValueComputation, 'id'>,
  today: string,
  values: readonly ToldValue[],
): Promise<void> => {
  if (values.length === 0) return;
  await tx.query(
    `WITH told AS (
       INSERT INTO value_score (id, customer_id, computation_id, as_of, evaluated_at, score, orders, average_order, margin,
         retention, lifetime_value, pareto_share, points, missing)
       SELECT id, customer_id, $1, $2, evaluated_at, score, orders, average_order, margin, retention, lifetime_value,
         pareto_share, points::smallint[], missing::text[]
       FROM unnest($3::uuid[], $4::uuid[], $5::timestamptz[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[],
           $10::numeric[], $11::numeric[], $12::numeric[], $13::text[], $14::text[])
         AS t (id, customer_id, evaluated_at, score, orders, average_order, margin, retention, lifetime_value, pareto_share,
           points, missing)
       RETURNING id, customer_id, score)
     INSERT INTO customer_value (customer_id, value_score_id, score) SELECT customer_id, id, score FROM told
     ON CONFLICT (customer_id) DO UPDATE SET value_score_id = excluded.value_score_id, score = excluded.score`,
    [
      computation.id,
      today,
      values.map(() => tx.newId()),
      values.map((value) => value.customerId),
      values.map((value) => value.evaluatedAt),
      values.map((value) => value.score),
      values.map((value) => value.orders),
      values.map((value) => value.averageOrder),
      values.map((value) => value.margin),
      values.map((value) => value.retention),
      values.map((value) => value.lifetimeValue),
      values.map((value) => value.paretoShare),
      values.map((value) => `{${value.points.join(',')}}`),
      values.map((value) => `{${value.missing.join(',')}}`),
    ],
  );
};
