/**
 * Works out the derived indicators of one customer from what his sources said. Of each period the value that holds counts; a
 * derived value is of the day of its first input. Peer figures are frozen when they are taken, and only the newest value is
 * held against them, so that the same values and figures always give the same result.
 */
import { Decimal } from '../../kernel/decimal';
import { yields, type FoldedSnapshot } from './current';
import { inputsOf, statisticOf, type DerivedIndicator } from './derived-data';
import { indicatorOf } from './dictionary';
import { parseDate } from './parse-date';
import { MAX_SIGNIFICANT_DIGITS } from './parse-value';
import type { Precedence } from './precedence';
import { plain, rangeFault } from './snapshot';

/** A figure over many customers, as it was when it was taken. */
export interface PeerFigure {
  readonly indicator: string;
  readonly statistic: 'TOTAL' | 'MEDIAN';
  /** Code of an industry, or ALL. */
  readonly segment: string;
  readonly value: string;
  readonly members: number;
  /** ISO 8601. */
  readonly takenAt: string;
}

export const EVERYBODY = 'ALL';

export interface DerivedValue {
  readonly code: string;
  readonly asOf: string;
  /** Null where there is none: an input is missing, the divisor is zero, or the result lies outside the range. */
  readonly value: string | null;
  readonly derivation: DerivationRecord | null;
}

/** How a value came about, complete enough to work it out again. */
export interface DerivationRecord {
  readonly form: string;
  readonly inputs: readonly {
    readonly code: string;
    readonly asOf: string;
    readonly value: string;
    readonly source: string;
    readonly snapshotId: string;
  }[];
  readonly peers: PeerFigure | null;
}

interface Entry extends FoldedSnapshot {
  readonly value: string;
}

/** Days by which two values may be apart and count as of the same time. */
const SAME_TIME_DAYS = 45;

/** Values of days from `from` on, of every definition that has an input there. The snapshots are those of one customer. */
export const deriveValues = (
  definitions: readonly DerivedIndicator[],
  snapshots: readonly FoldedSnapshot[],
  precedence: Precedence,
  peers: { readonly industry: string | null; readonly figures: readonly PeerFigure[] },
  from: string,
): DerivedValue[] => {
  const known = new Map<string, readonly Entry[]>();
  const seriesOf = (code: string): readonly Entry[] => {
    const series = known.get(code) ?? holdingByPeriod(snapshots, code, precedence);
    known.set(code, series);
    return series;
  };
  return definitions.flatMap((definition) => {
    const { code, derivation } = definition;
    const series = seriesOf(derivation.of);
    if (statisticOf(derivation) !== null) {
      const newest = series.at(-1);
      const figure = figureFor(definition, peers);
      if (newest === undefined || figure === null || newest.asOf < from) return [];
      return [valueOf(definition, newest, null, figure)];
    }
    return series
      .filter(({ asOf }) => asOf >= from)
      .map((now): DerivedValue => {
        const [, second] = inputsOf(derivation);
        const other =
          'years' in derivation
            ? nearest(series, yearsBefore(now.asOf, derivation.years))
            : nearest(seriesOf(second ?? code), now.asOf);
        return other === null
          ? { code, asOf: now.asOf, value: null, derivation: null }
          : valueOf(definition, now, other, null);
      });
  });
};

const valueOf = (
  { code, derivation }: DerivedIndicator,
  now: Entry,
  other: Entry | null,
  figure: PeerFigure | null,
): DerivedValue => {
  const computed = compute(derivation.form, new Decimal(now.value), new Decimal(other?.value ?? figure?.value ?? 0), {
    relative: derivation.form === 'PEER_DEVIATION' && derivation.measure === 'RELATIVE',
  });
  const rounded = computed?.toSignificantDigits(MAX_SIGNIFICANT_DIGITS) ?? null;
  if (rounded === null || rangeFault(indicatorOf(code), rounded) !== null) {
    return { code, asOf: now.asOf, value: null, derivation: null };
  }
  const codes = inputsOf(derivation);
  const inputs = [now, ...(other === null ? [] : [other])].map(({ asOf, value, source, id }, i) => ({
    code: codes[i] ?? derivation.of,
    asOf,
    value,
    source,
    snapshotId: id,
  }));
  return { code, asOf: now.asOf, value: plain(rounded), derivation: { form: derivation.form, inputs, peers: figure } };
};

const compute = (
  form: DerivedIndicator['derivation']['form'],
  now: Decimal,
  base: Decimal,
  { relative }: { readonly relative: boolean },
): Decimal | null => {
  switch (form) {
    case 'GROWTH':
      return base.gt(0) ? now.div(base).minus(1) : null;
    case 'CHANGE':
      return base.isZero() ? null : now.minus(base).div(base.abs());
    case 'RATIO':
      return base.isZero() ? null : now.div(base);
    case 'SHARE_OF_TOTAL':
      return base.gt(0) ? now.div(base) : null;
    case 'PEER_DEVIATION':
      if (!relative) return now.minus(base);
      return base.isZero() ? null : now.minus(base).div(base.abs());
  }
};

/** Of each period the value that holds, in the order of time. */
const holdingByPeriod = (snapshots: readonly FoldedSnapshot[], code: string, precedence: Precedence): Entry[] => {
  const periodOf = (day: string): string => precedence.periodOf(code, day);
  const held = new Map<string, Entry & { readonly rank: number }>();
  for (const snapshot of snapshots) {
    const value = snapshot.values[code] ?? null;
    if (value === null) continue;
    const entry = { ...snapshot, value, rank: precedence.rankOf(code, snapshot.source) };
    const period = periodOf(snapshot.asOf);
    const before = held.get(period);
    if (before === undefined || !yields(entry, before, periodOf)) held.set(period, entry);
  }
  return [...held.values()].sort((a, b) => (a.asOf < b.asOf ? -1 : 1));
};

const DAY_MS = 86_400_000;
const daysApart = (a: string, b: string): number => Math.abs(Date.parse(a) - Date.parse(b)) / DAY_MS;

/** The entry closest to the day, the later of two; null where none is of that time. */
const nearest = (series: readonly Entry[], day: string): Entry | null => {
  let found: Entry | null = null;
  for (const entry of series) {
    const days = daysApart(entry.asOf, day);
    if (days <= SAME_TIME_DAYS && (found === null || days <= daysApart(found.asOf, day))) found = entry;
  }
  return found;
};

/** The same day of an earlier year; the last day of February where there is no such day. */
export const yearsBefore = (day: string, years: number): string => {
  const earlier = `${String(Number(day.slice(0, 4)) - years).padStart(4, '0')}${day.slice(4)}`;
  return parseDate(earlier) === null ? `${earlier.slice(0, -2)}28` : earlier;
};

/** The figure of the customer's industry, or of everybody where the industry is too small or unknown. */
const figureFor = (
  { derivation }: DerivedIndicator,
  { industry, figures }: { readonly industry: string | null; readonly figures: readonly PeerFigure[] },
): PeerFigure | null => {
  const fitting = figures.filter(
    (figure) => figure.indicator === derivation.of && figure.statistic === statisticOf(derivation),
  );
  return (
    fitting.find(({ segment }) => segment === industry) ?? fitting.find(({ segment }) => segment === EVERYBODY) ?? null
  );
};
