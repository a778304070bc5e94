/**
 * How far a distribution of scores has drifted from another: the population stability index, Σ (aᵢ − bᵢ) · ln(aᵢ ÷ bᵢ) over
 * twenty bins of five points each, a and b the shares after and before. A bin that nobody is in counts as half a customer.
 */
import { Decimal } from '../../kernel/decimal';

const BIN_POINTS = 5;
export const SCORE_BINS = 100 / BIN_POINTS;
const E4 = 10_000;

/** Bin of a score in ten-thousandths of a point; the best score of all is in the last. */
export const scoreBin = (scoreE4: number): number => Math.min(SCORE_BINS - 1, Math.floor(scoreE4 / (BIN_POINTS * E4)));

export interface Drift {
  /** Six places; null where nobody is compared. */
  readonly psi: string | null;
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly before: number;
    readonly after: number;
  }[];
}

/** Of the same customers, so that both sides hold as many. */
export const populationStability = (before: readonly number[], after: readonly number[]): Drift => {
  const bins = before.map((count, bin) => ({
    from: bin * BIN_POINTS,
    to: (bin + 1) * BIN_POINTS,
    before: count,
    after: after[bin] ?? 0,
  }));
  const compared = before.reduce((sum, count) => sum + count, 0);
  if (compared === 0) return { psi: null, bins };
  const share = (count: number): Decimal => new Decimal(count === 0 ? 0.5 : count).div(compared);
  const psi = bins
    // Empty on both sides: nothing has drifted.
    .filter((bin) => bin.before + bin.after > 0)
    .map((bin) => ({ was: share(bin.before), is: share(bin.after) }))
    .reduce((sum, { was, is }) => sum.plus(is.minus(was).mul(is.div(was).ln())), new Decimal(0));
  return { psi: psi.toFixed(6), bins };
};
