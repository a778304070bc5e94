/**
 * Reads indicator values for screens and other rooms: current, as of a day, as known at a moment, and over time. Values
 * of the class CREDIT are withheld from people without `indicator.readCredit`. It never writes.
 */
import type { Actor } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import type { Moments } from '../kernel/moments';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit, permitPast } from '../identity';
import type { Database, Query } from '../platform/database';
import { type OrderColumn } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { foldSnapshots, NOTHING_KNOWN, originsOf, type CurrentValues, type FoldedSnapshot } from './domain/current';
import { findIndicator, indicatorOf, INDICATORS } from './domain/dictionary';
import { freshnessOf, type Freshness } from './domain/freshness';
import { newestDateAt } from './domain/parse-date';
import type { Quality, Snapshot } from './domain/snapshot';
import { snapshotsOf } from './indicator.store';
import { adoptedPrecedence } from './precedence.store';

export interface IndicatorValue extends Freshness {
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
  /** Whether another source contradicts it. */
  readonly contradicted: boolean;
  /** Id of the user or name of the part of the system; null for what was recorded before that was noted. */
  readonly recordedBy: string | null;
  readonly reason: string | null;
  /** How it was worked out; null for what was not, and where it is masked. */
  readonly derivation: Json | null;
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

export const createIndicatorQueries = ({ query }: Pick<Database, 'query'>) => ({
  /**
   * Of each customer and indicator the value that held, as it could be seen in the past, by the precedence of sources that
   * counted then; in the order of codes. Needs `indicator.read` and `audit.read`.
   */
  valuesAt: async (actor: Actor, customerIds: readonly string[], at: Moments): Promise<Result<IndicatorValue[]>> => {
    const permitted = permitPast(actor, 'indicator.read');
    if (!permitted.ok) return permitted;
    const values = await valuesFrom(query, customerIds, at);
    const contradicted = await contradictedAt(query, values, at.knownAt);
    return ok(
      values.map((row, i) => {
        const masked = isMaskedFor(actor, row.code);
        const shown = masked ? { value: null, derivation: null } : {};
        return {
          ...row,
          ...shown,
          masked,
          contradicted: contradicted[i] === true,
          ...freshnessOf(row.code, row.asOf, at.asOf),
        };
      }),
    );
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
  SELECT s.id, s.customer_id, v.key AS code, v.value, s.as_of, s.recorded_at, s.source, s.quality, s.recorded_by, s.reason,
    s.derivation -> v.key AS derivation
  FROM indicator_snapshot AS s, jsonb_each_text(s.values) AS v) AS ${t}`;

/** One row for each value that holds, with the snapshot that it comes from. */
export const HELD_VALUES = (t: string): string => `(
  SELECT s.id, origin.customer_id, entry.code, s.values ->> entry.code AS value, s.as_of, s.recorded_at, s.source, s.quality,
    s.recorded_by, s.reason, s.derivation -> entry.code AS derivation
  FROM indicator_origin AS origin
  CROSS JOIN unnest(origin.snapshot_ids) WITH ORDINALITY AS place (snapshot_id, ordinal)
  JOIN (VALUES ${INDICATORS.map(({ ordinal, code }) => `(${ordinal}, '${code}')`).join(', ')}) AS entry (ordinal, code)
    ON entry.ordinal = place.ordinal
  JOIN indicator_snapshot AS s ON s.id = place.snapshot_id) AS ${t}`;

/** Whether both sides of the conflict `c` are the last word of their sources, of what was known at a moment or is known now. */
export const OPEN_CONFLICT = (c: string, knownAt: string | null = null): string => `NOT EXISTS (
  SELECT FROM indicator_snapshot AS said JOIN indicator_snapshot AS later
    ON later.customer_id = said.customer_id AND later.as_of = said.as_of AND later.source = said.source
  WHERE said.id IN (${c}.holding_snapshot_id, ${c}.yielding_snapshot_id) AND later.values ? ${c}.indicator
    AND (later.recorded_at, later.id) > (said.recorded_at, said.id)
    ${knownAt === null ? '' : `AND later.recorded_at <= ${knownAt}`})`;

/** Whether a value of a snapshot is a side of an open conflict. */
export const CONTRADICTED = (snapshotId: string, code: string, knownAt: string | null = null): string => `EXISTS (
  SELECT FROM (
    SELECT * FROM indicator_conflict WHERE holding_snapshot_id = ${snapshotId} AND indicator = ${code}
    UNION ALL
    SELECT * FROM indicator_conflict WHERE yielding_snapshot_id = ${snapshotId} AND indicator = ${code}) AS conflict
  WHERE ${knownAt === null ? 'true' : `conflict.detected_at <= ${knownAt}`} AND ${OPEN_CONFLICT('conflict', knownAt)})`;

export const NEWEST_DAY_FIRST = (t: string): OrderColumn[] => [
  { expression: `${t}.as_of`, type: 'date', direction: 'DESC' },
  { expression: `${t}.recorded_at`, type: 'timestamptz', direction: 'DESC' },
  { expression: `${t}.id`, type: 'uuid', direction: 'DESC' },
];

/** Days that had begun by then count, as they do when values come in. */
const viewpointOf = ({ asOf, knownAt }: Moments): Required<Viewpoint> => ({ asOf: newestDateAt(asOf), knownAt });

type ValueRow = Omit<IndicatorValue, 'masked' | 'contradicted' | keyof Freshness>;

const contradictedAt = async (query: Query, values: readonly ValueRow[], knownAt: Date): Promise<boolean[]> => {
  const rows = await query<{ contradicted: boolean }>(
    `SELECT ${CONTRADICTED('value.id', 'value.code', '$3')} AS contradicted
     FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS value (id, code, place) ORDER BY value.place`,
    [values.map(({ snapshotId }) => snapshotId), values.map(({ code }) => code), knownAt],
  );
  return rows.map(({ contradicted }) => contradicted);
};

const valuesFrom = async (query: Query, customerIds: readonly string[], at: Moments): Promise<ValueRow[]> => {
  const viewpoint = viewpointOf(at);
  const precedence = await adoptedPrecedence(query, viewpoint.knownAt);
  const found = await query<Snapshot & { readonly recordedBy: string | null }>(
    `SELECT id, customer_id AS "customerId", as_of::text AS "asOf", recorded_at AS "recordedAt", source, quality, values,
       recorded_by AS "recordedBy", reason, derivation
     FROM indicator_snapshot s WHERE s.customer_id = ANY ($1::uuid[]) AND s.as_of <= $2 AND s.recorded_at <= $3
     ORDER BY s.recorded_at, s.id`,
    [customerIds, viewpoint.asOf, viewpoint.knownAt],
  );
  const byId = new Map(found.map((snapshot) => [snapshot.id, snapshot]));
  return customerIds.flatMap((customerId) => {
    const own = found.filter((snapshot) => snapshot.customerId === customerId);
    return originsOf(foldSnapshots(NOTHING_KNOWN, own, precedence))
      .sort((a, b) => (a.code < b.code ? -1 : 1))
      .flatMap(({ code, snapshotId }) => {
        const origin = byId.get(snapshotId);
        const value = origin?.values[code] ?? null;
        if (origin === undefined || value === null) return [];
        const { asOf, recordedAt, source, quality, recordedBy, reason } = origin;
        const derivation = origin.derivation?.[code] ?? null;
        return [
          { customerId, code, value, asOf, recordedAt, source, quality, snapshotId, recordedBy, reason, derivation },
        ];
      });
  });
};

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
  if (at !== null) {
    const values = await valuesFrom(query, customerIds, at);
    return new Map(
      values.flatMap((found) =>
        found.code === code && found.value !== null ? [[found.customerId, found.value] as const] : [],
      ),
    );
  }
  const rows = await query<{ customerId: string; value: string }>(
    `SELECT origin.customer_id AS "customerId", s.values ->> $2 AS value
     FROM indicator_origin AS origin JOIN indicator_snapshot AS s ON s.id = origin.snapshot_ids[$3]
     WHERE origin.customer_id = ANY ($1::uuid[])`,
    [customerIds, code, indicatorOf(code).ordinal],
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

/**
 * As {@link packedValues}, folded from what was recorded up to a moment: what the current values were then, save for writers
 * that were at work at that very moment.
 */
export const packedValuesAt = async (
  query: Query,
  customerIds: readonly string[],
  knownAt: Date,
): Promise<Map<string, CurrentValues>> => {
  const precedence = await adoptedPrecedence(query, knownAt);
  const byCustomer = new Map<string, FoldedSnapshot[]>();
  for (const snapshot of await snapshotsOf(query, customerIds, { knownAt })) {
    const own = byCustomer.get(snapshot.customerId);
    if (own === undefined) byCustomer.set(snapshot.customerId, [snapshot]);
    else own.push(snapshot);
  }
  return new Map(
    [...byCustomer].map(([customerId, own]) => [customerId, foldSnapshots(NOTHING_KNOWN, own, precedence)]),
  );
};

/** Whether who looks at values of the indicator leaves a record. */
export const isSensitive = (code: string): boolean =>
  // A code that has left the dictionary is treated with the greater care.
  findIndicator(code)?.sensitivity !== 'INTERNAL';

/** Whether the viewer may not see values of the indicator. */
export const isMaskedFor = (viewer: Actor, code: string): boolean =>
  isSensitive(code) && !permit(viewer, 'indicator.readCredit').ok;
