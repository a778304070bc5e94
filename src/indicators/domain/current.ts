/**
 * The current values of a customer, folded from his snapshots by the precedence of sources. This fold is the one rule for
 * what holds: on arrival, in a rebuild, for runs and for every past view. Values are packed by the dictionary's ordinals
 * for scoring.
 */
import { indicatorOf, INDICATORS, MAX_ORDINAL } from './dictionary';
import type { Precedence } from './precedence';
import type { Snapshot } from './snapshot';

/** Arrays in the order of ordinals; null where no value is known. */
export interface CurrentValues {
  readonly values: readonly (number | null)[];
  /** YYYY-MM-DD. */
  readonly asOf: readonly (string | null)[];
  readonly recordedAt: readonly (Date | null)[];
}

/** Current values with where each comes from. */
export interface FoldedValues extends CurrentValues {
  readonly snapshotIds: readonly (string | null)[];
  /** Rank of each one's source when it was folded. */
  readonly ranks: readonly (number | null)[];
}

export type FoldedSnapshot = Pick<Snapshot, 'id' | 'asOf' | 'recordedAt' | 'source' | 'values'>;

export const NOTHING_KNOWN: FoldedValues = { values: [], asOf: [], recordedAt: [], snapshotIds: [], ranks: [] };

/**
 * Lays snapshots over what is known, in whatever order they come. Among equals the later one in the list wins. What was
 * known must not have been taken back by one of them: {@link takesBack} tells, and then all snapshots are folded anew.
 */
export const foldSnapshots = (
  known: FoldedValues,
  snapshots: readonly FoldedSnapshot[],
  precedence: Precedence,
): FoldedValues => {
  const folded = {
    values: padded(known.values),
    asOf: padded(known.asOf),
    recordedAt: padded(known.recordedAt),
    snapshotIds: padded(known.snapshotIds),
    ranks: padded(known.ranks),
  };
  for (const snapshot of standing(snapshots)) {
    for (const [code, text] of Object.entries(snapshot.values)) {
      if (text === null) continue;
      const slot = indicatorOf(code).ordinal - 1;
      const rank = precedence.rankOf(code, snapshot.source);
      const [asOf, recordedAt] = [folded.asOf[slot] ?? null, folded.recordedAt[slot] ?? null];
      if (asOf !== null && recordedAt !== null) {
        const held = { asOf, recordedAt, rank: folded.ranks[slot] ?? 0 };
        if (yields({ ...snapshot, rank }, held, (day) => precedence.periodOf(code, day))) continue;
      }
      folded.values[slot] = Number(text);
      folded.asOf[slot] = snapshot.asOf;
      folded.recordedAt[slot] = snapshot.recordedAt;
      folded.snapshotIds[slot] = snapshot.id;
      folded.ranks[slot] = rank;
    }
  }
  return folded;
};

/** Whether the snapshot says of an indicator that there is no value after all. */
export const takesBack = ({ values }: Pick<Snapshot, 'values'>): boolean => Object.values(values).includes(null);

interface Standing {
  readonly asOf: string;
  readonly recordedAt: Date;
  readonly rank: number;
}

/** Whether the one gives way to the other, which came before it; equals do not. */
export const yields = (one: Standing, held: Standing, periodOf: (asOf: string) => string): boolean => {
  if (one.asOf !== held.asOf) {
    const [period, heldPeriod] = [periodOf(one.asOf), periodOf(held.asOf)];
    if (period !== heldPeriod) return period < heldPeriod;
  }
  if (one.rank !== held.rank) return one.rank > held.rank;
  return one.asOf === held.asOf ? one.recordedAt < held.recordedAt : one.asOf < held.asOf;
};

/** Without the values that their own source has taken back for the same day. */
const standing = (snapshots: readonly FoldedSnapshot[]): readonly FoldedSnapshot[] => {
  if (!snapshots.some(takesBack)) return snapshots;
  const newest = new Map<string, FoldedSnapshot>();
  const keyOf = ({ source, asOf }: FoldedSnapshot, code: string): string => `${source} ${asOf} ${code}`;
  for (const snapshot of snapshots) {
    for (const code of Object.keys(snapshot.values)) {
      const key = keyOf(snapshot, code);
      const before = newest.get(key);
      if (before === undefined || snapshot.recordedAt >= before.recordedAt) newest.set(key, snapshot);
    }
  }
  return snapshots.map((snapshot) => ({
    ...snapshot,
    values: Object.fromEntries(
      Object.entries(snapshot.values).filter(([code]) => newest.get(keyOf(snapshot, code)) === snapshot),
    ),
  }));
};

/** Codes of the indicators that have a value, with the snapshot that each comes from. */
export const originsOf = ({ snapshotIds }: FoldedValues): { readonly code: string; readonly snapshotId: string }[] =>
  INDICATORS.flatMap(({ code, ordinal }) => {
    const snapshotId = snapshotIds[ordinal - 1] ?? null;
    return snapshotId === null ? [] : [{ code, snapshotId }];
  });

const padded = <T>(slots: readonly (T | null)[]): (T | null)[] =>
  Array.from({ length: MAX_ORDINAL }, (_, slot) => slots[slot] ?? null);
