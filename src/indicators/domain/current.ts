/**
 * The current values of a customer, folded from his snapshots: of each indicator the value with the latest as-of date,
 * and of those the one recorded last. Values are packed by the dictionary's ordinals for scoring.
 */
import { indicatorOf, MAX_ORDINAL } from './dictionary';
import type { Snapshot } from './snapshot';

/** Three arrays in the order of ordinals; null where no value is known. */
export interface CurrentValues {
  readonly values: readonly (number | null)[];
  /** YYYY-MM-DD. */
  readonly asOf: readonly (string | null)[];
  readonly recordedAt: readonly (Date | null)[];
}

export const NOTHING_KNOWN: CurrentValues = { values: [], asOf: [], recordedAt: [] };

/** Lays snapshots over what is known, in whatever order they come. Among equals the later one in the list wins. */
export const foldSnapshots = (
  known: CurrentValues,
  snapshots: readonly Pick<Snapshot, 'asOf' | 'recordedAt' | 'values'>[],
): CurrentValues => {
  const folded = {
    values: padded(known.values),
    asOf: padded(known.asOf),
    recordedAt: padded(known.recordedAt),
  };
  for (const snapshot of snapshots) {
    for (const [code, text] of Object.entries(snapshot.values)) {
      const slot = indicatorOf(code).ordinal - 1;
      if (isOlder(snapshot, folded.asOf[slot] ?? null, folded.recordedAt[slot] ?? null)) continue;
      folded.values[slot] = Number(text);
      folded.asOf[slot] = snapshot.asOf;
      folded.recordedAt[slot] = snapshot.recordedAt;
    }
  }
  return folded;
};

const isOlder = (
  snapshot: Pick<Snapshot, 'asOf' | 'recordedAt'>,
  asOf: string | null,
  recordedAt: Date | null,
): boolean => {
  if (asOf === null || recordedAt === null) return false;
  return snapshot.asOf === asOf ? snapshot.recordedAt < recordedAt : snapshot.asOf < asOf;
};

const padded = <T>(slots: readonly (T | null)[]): (T | null)[] =>
  Array.from({ length: MAX_ORDINAL }, (_, slot) => slots[slot] ?? null);
