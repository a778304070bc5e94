/** Reads what derived indicators are worked out from, and keeps the figures over all customers that they are held against. */
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import type { FoldedSnapshot } from './domain/current';
import { DERIVED_INDICATORS, INPUT_CODES, statisticOf } from './domain/derived-data';
import { EVERYBODY, type PeerFigure } from './domain/derive-values';
import { indicatorOf } from './domain/dictionary';
import { OWN_SOURCES } from './domain/precedence';

export interface DerivationInputs {
  readonly customerId: string;
  readonly industry: string | null;
  readonly snapshots: readonly FoldedSnapshot[];
  /** What was derived so far of these days, by `code day`. */
  readonly derived: ReadonlyMap<string, string | null>;
}

/** Of each customer what the forms may look at, from a day on, and what was derived from another day on. */
export const derivationInputs = async (
  tx: Tx,
  customerIds: readonly string[],
  { from, derivedFrom }: { readonly from: string; readonly derivedFrom: string },
): Promise<DerivationInputs[]> => {
  const industries = await tx.query<{ id: string; industry: string | null }>(
    'SELECT id, industry_code AS industry FROM customer WHERE id = ANY ($1::uuid[]) ORDER BY id',
    [customerIds],
  );
  const snapshots = await tx.query<FoldedSnapshot & { customerId: string }>(
    `SELECT id, customer_id AS "customerId", as_of::text AS "asOf", recorded_at AS "recordedAt", source, values
     FROM indicator_snapshot
     WHERE customer_id = ANY ($1::uuid[]) AND as_of >= $2 AND source <> '${OWN_SOURCES.DERIVED}' AND quality <> 'SCALED'
       AND values ?| $3::text[] ORDER BY recorded_at, id`,
    [customerIds, from, INPUT_CODES],
  );
  const derived = await tx.query<{ customerId: string; asOf: string; code: string; value: string | null }>(
    `SELECT DISTINCT ON (s.customer_id, s.as_of, v.key) s.customer_id AS "customerId", s.as_of::text AS "asOf", v.key AS code,
       v.value
     FROM indicator_snapshot AS s, jsonb_each_text(s.values) AS v
     WHERE s.customer_id = ANY ($1::uuid[]) AND s.as_of >= $2 AND s.source = '${OWN_SOURCES.DERIVED}'
     ORDER BY s.customer_id, s.as_of, v.key, s.recorded_at DESC, s.id DESC`,
    [customerIds, derivedFrom],
  );
  const own = new Map(
    industries.map(({ id, industry }) => [
      id,
      { customerId: id, industry, snapshots: [] as FoldedSnapshot[], derived: new Map<string, string | null>() },
    ]),
  );
  for (const snapshot of snapshots) own.get(snapshot.customerId)?.snapshots.push(snapshot);
  for (const { customerId, asOf, code, value } of derived) own.get(customerId)?.derived.set(`${code} ${asOf}`, value);
  return [...own.values()];
};

/** The figures of the set that was taken last; empty before the first. */
export const newestPeerFigures = (query: Query): Promise<PeerFigure[]> =>
  query<PeerFigure>(
    `SELECT figure.indicator, figure.statistic, figure.segment, figure.value::text AS value, figure.members,
       to_char(taken.taken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "takenAt"
     FROM peer_figure AS figure JOIN peer_figure_set AS taken ON taken.number = figure.set_number
     WHERE figure.set_number = (SELECT max(number) FROM peer_figure_set)
     ORDER BY figure.indicator, figure.statistic, figure.segment`,
  );

export interface PeerFigureSet {
  readonly number: number;
  readonly takenAt: Date;
  /** Customer up to whom values have been held against it. */
  readonly doneUpto: string | null;
  readonly doneAt: Date | null;
}

export const newestPeerFigureSet = async (tx: Tx): Promise<PeerFigureSet | null> => {
  const [row] = await tx.query<PeerFigureSet>(
    `SELECT number, taken_at AS "takenAt", done_upto AS "doneUpto", done_at AS "doneAt" FROM peer_figure_set
     ORDER BY number DESC LIMIT 1`,
  );
  return row ?? null;
};

/** Fewer peers say nothing. */
const MIN_PEERS = 5;
const DAY_MS = 86_400_000;

/** Takes every figure that a derived indicator asks for, from values that are current and no older than allowed. */
export const takePeerFigures = async (tx: Tx, number: number): Promise<number> => {
  await tx.query('INSERT INTO peer_figure_set (number, taken_at, taken_by) VALUES ($1, $2, $3)', [
    number,
    tx.at,
    tx.initiator.actor.id,
  ]);
  let taken = 0;
  const asked = new Map(
    DERIVED_INDICATORS.flatMap(({ derivation }) => {
      const statistic = statisticOf(derivation);
      return statistic === null ? [] : [[`${statistic} ${derivation.of}`, { statistic, indicator: derivation.of }]];
    }),
  );
  for (const { statistic, indicator } of asked.values()) {
    const { ordinal, maxAgeDays } = indicatorOf(indicator);
    const [segment, aggregate, grouping] =
      statistic === 'TOTAL'
        ? [`'${EVERYBODY}'`, 'sum(told.value::numeric)', '']
        : [
            `coalesce(customer.industry_code, '${EVERYBODY}')`,
            'percentile_cont(0.5) WITHIN GROUP (ORDER BY told.value)',
            'AND customer.industry_code IS NOT NULL GROUP BY GROUPING SETS ((), (customer.industry_code))',
          ];
    const rows = await tx.query(
      `INSERT INTO peer_figure (set_number, indicator, statistic, segment, value, members)
       SELECT $1, $2, $3, ${segment}, (${aggregate})::numeric, count(*)
       FROM customer
       JOIN (SELECT customer_id, values[$4] AS value, as_of[$4] AS as_of FROM indicator_current) AS told
         ON told.customer_id = customer.id
       WHERE customer.kind = 'CUSTOMER' AND told.value IS NOT NULL AND told.value <> 'NaN' AND told.as_of >= $5
         ${grouping}
       HAVING count(*) >= $6
       RETURNING segment`,
      [
        number,
        indicator,
        statistic,
        ordinal,
        new Date(tx.at.getTime() - maxAgeDays * DAY_MS),
        statistic === 'TOTAL' ? 1 : MIN_PEERS,
      ],
    );
    taken += rows.length;
  }
  return taken;
};

/** Customers who have a value that is held against peers, in the order of ids. */
export const customersWithPeers = async (tx: Tx, after: string | null, limit: number): Promise<string[]> => {
  const ordinals = DERIVED_INDICATORS.flatMap(({ derivation }) =>
    statisticOf(derivation) === null ? [] : [indicatorOf(derivation.of).ordinal],
  );
  const rows = await tx.query<{ id: string }>(
    `SELECT customer_id AS id FROM indicator_current
     WHERE ($1::uuid IS NULL OR customer_id > $1) AND (${ordinals.map((ordinal) => `values[${ordinal}] IS NOT NULL`).join(' OR ')})
     ORDER BY customer_id LIMIT $2`,
    [after, limit],
  );
  return rows.map(({ id }) => id);
};

export const noteFiguresApplied = async (
  tx: Tx,
  { number }: PeerFigureSet,
  progress: { readonly upto: string } | 'DONE',
): Promise<void> => {
  await tx.query('UPDATE peer_figure_set SET done_upto = coalesce($2, done_upto), done_at = $3 WHERE number = $1', [
    number,
    progress === 'DONE' ? null : progress.upto,
    progress === 'DONE' ? tx.at : null,
  ]);
};
