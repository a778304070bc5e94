/** Are the results of a run so unusual that they wait for a checker instead of taking effect (D26)? And what moved at all? */
/* eslint-disable no-param-reassign -- counts are the caller's, counted up for a million rows. */
import { gradeOfRank, GRADES, type Grade } from '../../kernel/grade';

/**
 * Customers by model grade before and after: `[before * 10 + after]`, ranks 1 to 9, and 0 before for a first rating.
 */
export type MoveCounts = Int32Array;
const STRIDE = GRADES.length + 1;
export const newMoveCounts = (): MoveCounts => new Int32Array(STRIDE * STRIDE);
export const countMove = (counts: MoveCounts, rankBefore: number, rankAfter: number): void => {
  const cell = rankBefore * STRIDE + rankAfter;
  counts[cell] = (counts[cell] ?? 0) + 1;
};
export const addMoves = (all: readonly (readonly number[])[]): MoveCounts => {
  const sum = newMoveCounts();
  for (const counts of all) counts.forEach((count, cell) => (sum[cell] = (sum[cell] ?? 0) + count));
  return sum;
};

export interface RunFigures {
  /** Rated for the first time. */
  readonly first: number;
  /** Rated anew; the shares are of them. */
  readonly compared: number;
  readonly up: number;
  readonly down: number;
  /** Share of those compared whose model grade moved, six places. */
  readonly shareMoved: string;
  /** Notches that they moved on average, signed, six places. */
  readonly meanNotchShift: string;
  /** Migration matrix, only cells that somebody is in; `from` is null at a first rating. */
  readonly moves: readonly { readonly from: Grade | null; readonly to: Grade; readonly count: number }[];
}

export const runFigures = (counts: MoveCounts): RunFigures => {
  let [first, compared, up, down, notches] = [0, 0, 0, 0, 0];
  const moves: { from: Grade | null; to: Grade; count: number }[] = [];
  for (let before: number = GRADES.length; before >= 0; before--) {
    for (let after: number = GRADES.length; after >= 1; after--) {
      const count = counts[before * STRIDE + after] ?? 0;
      if (count === 0) continue;
      moves.push({ from: before === 0 ? null : gradeOfRank(before), to: gradeOfRank(after), count });
      if (before === 0) {
        first += count;
        continue;
      }
      compared += count;
      if (after > before) up += count;
      if (after < before) down += count;
      notches += (after - before) * count;
    }
  }
  const share = (part: number): string => (compared === 0 ? 0 : part / compared).toFixed(6);
  return { first, compared, up, down, shareMoved: share(up + down), meanNotchShift: share(notches), moves };
};

/** Plain decimals; both compared with what is absolute. */
export interface UsualMoves {
  readonly shareMovedUpTo: string;
  readonly meanNotchShiftUpTo: string;
  /** Of fewer customers than these no share says anything. */
  readonly fewestCompared: number;
}

export const isUnusual = (figures: RunFigures, usual: UsualMoves): boolean =>
  figures.compared >= usual.fewestCompared &&
  (Number(figures.shareMoved) > Number(usual.shareMovedUpTo) ||
    Math.abs(Number(figures.meanNotchShift)) > Number(usual.meanNotchShiftUpTo));

/** Model grades of everybody rated, best first; grades that nobody got are left out. */
export const distributionOf = (moves: RunFigures['moves']): { readonly grade: Grade; readonly count: number }[] =>
  GRADES.map((grade) => ({
    grade,
    count: moves.reduce((sum, move) => (move.to === grade ? sum + move.count : sum), 0),
  })).filter(({ count }) => count > 0);

/** The same by groups of grades, with each group's share of everybody rated, six places; empty where nobody was rated. */
export const groupDistribution = <Group>(
  groups: readonly Group[],
  groupOf: (grade: Grade) => Group,
  moves: RunFigures['moves'],
): { readonly group: Group; readonly count: number; readonly share: string }[] => {
  const graded = distributionOf(moves);
  const all = graded.reduce((sum, { count }) => sum + count, 0);
  if (all === 0) return [];
  return groups.map((group) => {
    const count = graded.reduce((sum, row) => (groupOf(row.grade) === group ? sum + row.count : sum), 0);
    return { group, count, share: (count / all).toFixed(6) };
  });
};
