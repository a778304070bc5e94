/**
 * How well a score separates customers that went bad from those that did not: the area under the ROC curve, and
 * the share of bad per grade. Pure arithmetic over pairs of score and outcome; never says what counts as bad.
 */
import { GRADES, type Grade } from '../../kernel/grade';

export interface ScoredOutcome {
  /** Model score, 0–100; a higher score promises a better customer. */
  readonly score: number;
  readonly bad: boolean;
}

/**
 * Area under the ROC curve, 0–1: the chance that a good customer drawn at random scores higher than a bad one, a tie
 * counting half (the Mann–Whitney statistic, by mid-ranks, O(n log n)). Null when either class is empty, since then
 * nothing can be separated. Throws a RangeError on a score that is not a number.
 */
export const areaUnderCurve = (observations: readonly ScoredOutcome[]): number | null => {
  if (observations.some(({ score }) => Number.isNaN(score))) throw new RangeError('a score is not a number');
  const ascending = [...observations].sort((left, right) => left.score - right.score);
  const goodCount = ascending.filter(({ bad }) => !bad).length;
  const badCount = ascending.length - goodCount;
  if (goodCount === 0 || badCount === 0) return null;

  let goodRankSum = 0;
  let start = 0;
  while (start < ascending.length) {
    let end = start + 1;
    while (end < ascending.length && ascending[end]!.score === ascending[start]!.score) end++;
    // Everybody in a tie holds the mean of the ranks start+1 … end.
    const midRank = (start + 1 + end) / 2;
    for (let at = start; at < end; at++) if (!ascending[at]!.bad) goodRankSum += midRank;
    start = end;
  }
  return (goodRankSum - (goodCount * (goodCount + 1)) / 2) / (goodCount * badCount);
};

export interface GradeOutcomeRow {
  readonly grade: Grade;
  readonly count: number;
  readonly bad: number;
  /** 0–1; null for a grade nobody holds. */
  readonly shareBad: number | null;
}

/** One row for each of the nine grades, best first, whether anybody holds it or not. */
export const outcomesByGrade = (
  observations: readonly { readonly grade: Grade; readonly bad: boolean }[],
): readonly GradeOutcomeRow[] => {
  const tally = new Map(GRADES.map((grade) => [grade, { count: 0, bad: 0 }]));
  for (const { grade, bad } of observations) {
    const row = tally.get(grade)!;
    row.count++;
    if (bad) row.bad++;
  }
  return GRADES.map((grade) => {
    const { count, bad } = tally.get(grade)!;
    return { grade, count, bad, shareBad: count === 0 ? null : bad / count };
  });
};
