/**
 * Reads indicator values for screens and other rooms: current, as of a day, as known at a moment, and over time. Values
 * of the class CREDIT are withheld from people without `indicator.readCredit`. It never writes.
 */
import type { Actor } from '../kernel/actor';
import type { Moments } from '../kernel/moments';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit, permitPast } from '../identity';
import type { Database, Query } from '../platform/database';
import { type OrderColumn } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { findIndicator } from './domain/dictionary';
import type { CurrentValues } from './domain/current';
import { newestDateAt } from './domain/parse-date';
import type { Quality } from './domain/snapshot';

export interface IndicatorValue {
  readonly customerId: string;
  readonly code: string;
  /** Plain decimal in the indicator's unit; null when it is masked. */
  readonly value: string | null;
  /** Whether the viewer may not see the value that is there. */
  readonly masked: boolean;
  /** YYYY-MM-DD. */
  readonly asOf: string;
  readonly recordedAt: Date;
  readonly source: string;
  readonly quality: Quality;
  readonly snapshotId: string;
}

/** The past that is asked for; what is absent bounds nothing. */
export interface Viewpoint {
  /** Last day that values may tell of, YYYY-MM-DD (valid time). */
  readonly asOf?: string;
  /** Last moment at which they may have been recorded. */
  readonly knownAt?: Date;
}

export interface PackedValues extends CurrentValues {
  readonly customerId: string;
}

type ValueRow = Omit<IndicatorValue, 'masked'>;

const VALUE_COLUMNS = `s.customer_id AS "customerId", v.key AS code, v.value, s.as_of::text AS "asOf",
  s.recorded_at AS "recordedAt", s.source, s.quality, s.id AS "snapshotId"`;

export const createIndicatorQueries = ({ query }: Pick<Database, 'query'>) => ({
  /**
   * Of each customer and indicator the value with the latest as-of date, and of those the one recorded last, as they could
   * be seen in the past; in the order of codes. Needs `indicator.read` and `audit.read`.
   */
  valuesAt: async (actor: Actor, customerIds: readonly string[], at: Moments): Promise<Result<IndicatorValue[]>> => {
    const permitted = permitPast(actor, 'indicator.read');
    if (!permitted.ok) return permitted;
    return ok((await valuesFrom(query, customerIds, viewpointOf(at))).map(maskFor(actor)));
  },

  /**
   * Values of one indicator of a customer that could be seen in the past, newest day first. Needs `indicator.read` and
   * `audit.read`; refuses NOT_FOUND/INDICATOR for a code that the dictionary does not know.
   */
  historyAt: (actor: Actor, customerId: string, code: string, at: Moments): Result<ListSource> => {
    const permitted = permitPast(actor, 'indicator.read');
    if (!permitted.ok) return permitted;
    const known = knownIndicator(code);
    if (!known.ok) return known;
    const { asOf, knownAt } = viewpointOf(at);
    return ok({
      model: 'RecordedIndicatorValue',
      alias: 'recorded',
      select: (params) => ({
        from: RECORDED_VALUES('recorded'),
        where: [
          `recorded.customer_id = ${params.add(customerId)}`,
          `recorded.code = ${params.add(code)}`,
          `recorded.as_of <= ${params.add(asOf)}::date`,
          `recorded.recorded_at <= ${params.add(knownAt)}`,
        ],
        order: NEWEST_DAY_FIRST('recorded'),
      }),
    });
  },
});

export type IndicatorQueries = ReturnType<typeof createIndicatorQueries>;

/** Refuses NOT_FOUND/INDICATOR. */
export const knownIndicator = (code: string): Result<true> =>
  findIndicator(code) === undefined
    ? refuse('NOT_FOUND', 'There is no such indicator.', { reason: 'INDICATOR', field: ['code'], params: { code } })
    : ok(true);

/** One row for each value of each snapshot. */
export const RECORDED_VALUES = (t: string): string => `(
  SELECT s.id, s.customer_id, v.key AS code, v.value, s.as_of, s.recorded_at, s.source, s.quality
  FROM indicator_snapshot AS s, jsonb_each_text(s.values) AS v) AS ${t}`;

export const NEWEST_DAY_FIRST = (t: string): OrderColumn[] => [
  { expression: `${t}.as_of`, type: 'date', direction: 'DESC' },
  { expression: `${t}.recorded_at`, type: 'timestamptz', direction: 'DESC' },
  { expression: `${t}.id`, type: 'uuid', direction: 'DESC' },
];

/** Days that had begun by then count, as they do when values come in. */
const viewpointOf = ({ asOf, knownAt }: Moments): Required<Viewpoint> => ({ asOf: newestDateAt(asOf), knownAt });

const valuesFrom = (query: Query, customerIds: readonly string[], viewpoint: Viewpoint): Promise<ValueRow[]> =>
  query<ValueRow>(
    `SELECT DISTINCT ON (s.customer_id, v.key) ${VALUE_COLUMNS}
     FROM indicator_snapshot s, jsonb_each_text(s.values) AS v
     WHERE s.customer_id = ANY ($1::uuid[]) AND ${SEEN_FROM}
     ORDER BY s.customer_id, v.key, s.as_of DESC, s.recorded_at DESC, s.id DESC`,
    [customerIds, viewpoint.asOf ?? null, viewpoint.knownAt ?? null],
  );

/** Snapshots `s` that a viewpoint in $2 and $3 sees. */
const SEEN_FROM = `($2::date IS NULL OR s.as_of <= $2::date)
       AND ($3::timestamptz IS NULL OR s.recorded_at <= $3::timestamptz)`;

/**
 * Exact current value of one indicator by customer id, or that of the past, for decisions of other rooms: takes the query
 * of a transaction or of the pool and masks nothing. Customers without a value are absent.
 */
export const currentValues = async (
  query: Query,
  code: string,
  customerIds: readonly string[],
  at: Moments | null = null,
): Promise<Map<string, string>> => {
  const viewpoint: Viewpoint = at === null ? {} : viewpointOf(at);
  const rows = await query<{ customerId: string; value: string }>(
    `SELECT DISTINCT ON (s.customer_id) s.customer_id AS "customerId", s.values ->> $4 AS value
     FROM indicator_snapshot s WHERE s.customer_id = ANY ($1::uuid[]) AND s.values ? $4 AND ${SEEN_FROM}
     ORDER BY s.customer_id, s.as_of DESC, s.recorded_at DESC, s.id DESC`,
    [customerIds, viewpoint.asOf ?? null, viewpoint.knownAt ?? null, code],
  );
  return new Map(rows.map((row) => [row.customerId, row.value]));
};

/** Packed current values for scoring, by customer id; customers without any are absent. Masks nothing. */
export const packedValues = (query: Query, customerIds: readonly string[]): Promise<PackedValues[]> =>
  query<PackedValues>(
    `SELECT customer_id AS "customerId", values, as_of::text[] AS "asOf", recorded_at AS "recordedAt"
     FROM indicator_current WHERE customer_id = ANY ($1::uuid[])`,
    [customerIds],
  );

/** Whether the viewer may not see values of the indicator. */
export const isMaskedFor = (viewer: Actor, code: string): boolean =>
  // A code that has left the dictionary is treated with the greater care.
  findIndicator(code)?.sensitivity !== 'INTERNAL' && !permit(viewer, 'indicator.readCredit').ok;

const maskFor =
  (actor: Actor) =>
  (row: ValueRow): IndicatorValue => {
    const masked = isMaskedFor(actor, row.code);
    return { ...row, value: masked ? null : row.value, masked };
  };
