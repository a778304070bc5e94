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
 * counting half (the Mann–Whitney statistic), in O(n log n). Null when either class is empty, since then nothing can be
 * separated. Throws a RangeError on a score that is not a number.
 */
export const areaUnderCurve = (observations: readonly ScoredOutcome[]): number | null => {
  const tallies = new Map<number, { good: number; bad: number }>();
  for (const { score, bad } of observations) {
    if (Number.isNaN(score)) throw new RangeError('a score is not a number');
    const tally = tallies.get(score) ?? { good: 0, bad: 0 };
    tally[bad ? 'bad' : 'good']++;
    tallies.set(score, tally);
  }
  let won = 0;
  let good = 0;
  let bad = 0;
  for (const [, tally] of [...tallies].sort(([left], [right]) => left - right)) {
    // Those with this score beat the bad ones below and tie with the bad ones beside them.
    won += tally.good * (bad + tally.bad / 2);
    good += tally.good;
    bad += tally.bad;
  }
  return good === 0 || bad === 0 ? null : won / (good * bad);
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
): readonly GradeOutcomeRow[] =>
  GRADES.map((grade) => {
    const held = observations.filter((observation) => observation.grade === grade);
    const bad = held.filter((observation) => observation.bad).length;
    return { grade, count: held.length, bad, shareBad: held.length === 0 ? null : bad / held.length };
  });
