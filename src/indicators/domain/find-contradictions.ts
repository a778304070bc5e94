/**
 * Finds where sources contradict one another (domain rule D11): values of the same indicator and period that lie further
 * apart than was agreed. Both are kept; the precedence says which one holds. What we worked out ourselves contradicts
 * nobody, and what a source scaled by a measure of its own cannot be compared.
 */
import { Decimal } from '../../kernel/decimal';
import { yields, type FoldedSnapshot } from './current';
import type { Precedence } from './precedence';
import type { Snapshot } from './snapshot';

export type ComparedSnapshot = FoldedSnapshot & Pick<Snapshot, 'customerId' | 'quality'>;

export interface Contradiction {
  readonly customerId: string;
  readonly indicator: string;
  readonly period: string;
  readonly holdingSnapshotId: string;
  readonly yieldingSnapshotId: string;
  /** |a − b| ÷ the greater of |a| and |b|, six places, rounded up. */
  readonly deviation: string;
  readonly tolerance: string;
  /** Of the two, the snapshot that has just arrived. */
  readonly arrivedId: string;
}

/** What the arriving snapshots contradict: of each other source the newest value of the same period. */
export const findContradictions = (
  arriving: readonly ComparedSnapshot[],
  known: readonly ComparedSnapshot[],
  precedence: Precedence,
): Contradiction[] => {
  const newest = new Map<string, Map<string, ComparedSnapshot>>();
  const groupOf = (snapshot: ComparedSnapshot, code: string): string =>
    `${snapshot.customerId} ${code} ${precedence.periodOf(code, snapshot.asOf)}`;
  const note = (snapshot: ComparedSnapshot): void => {
    for (const [code, value] of Object.entries(snapshot.values)) {
      if (value === null) continue;
      const group = groupOf(snapshot, code);
      const bySource = newest.get(group) ?? new Map<string, ComparedSnapshot>();
      newest.set(group, bySource);
      const before = bySource.get(snapshot.source);
      if (before === undefined || !isEarlier(snapshot, before)) bySource.set(snapshot.source, snapshot);
    }
  };
  known.filter(isComparable).forEach(note);
  const found: Contradiction[] = [];
  for (const snapshot of arriving.filter(isComparable)) {
    for (const [indicator, value] of Object.entries(snapshot.values)) {
      const tolerance = precedence.toleranceOf(indicator);
      if (value === null || tolerance === null) continue;
      for (const [source, other] of newest.get(groupOf(snapshot, indicator)) ?? []) {
        const told = other.values[indicator] ?? null;
        if (source === snapshot.source || told === null) continue;
        const deviation = deviationOf(new Decimal(value), new Decimal(told));
        if (deviation.lte(tolerance)) continue;
        const arrivedYields = yields(
          { ...snapshot, rank: precedence.rankOf(indicator, snapshot.source) },
          { ...other, rank: precedence.rankOf(indicator, source) },
          (day) => precedence.periodOf(indicator, day),
        );
        found.push({
          customerId: snapshot.customerId,
          indicator,
          period: precedence.periodOf(indicator, snapshot.asOf),
          holdingSnapshotId: arrivedYields ? other.id : snapshot.id,
          yieldingSnapshotId: arrivedYields ? snapshot.id : other.id,
          // Up, so that it stays above the tolerance.
          deviation: deviation.toFixed(DEVIATION_PLACES, Decimal.ROUND_UP),
          tolerance,
          arrivedId: snapshot.id,
        });
      }
    }
    // Snapshots that arrive together may contradict one another.
    note(snapshot);
  }
  return found;
};

const DEVIATION_PLACES = 6;

const isComparable = ({ source, quality }: ComparedSnapshot): boolean => source !== 'derived' && quality !== 'SCALED';

const isEarlier = (one: ComparedSnapshot, other: ComparedSnapshot): boolean =>
  one.asOf === other.asOf ? one.recordedAt < other.recordedAt : one.asOf < other.asOf;

const deviationOf = (a: Decimal, b: Decimal): Decimal => {
  const greater = Decimal.max(a.abs(), b.abs());
  return greater.isZero() ? greater : a.minus(b).abs().div(greater);
};
