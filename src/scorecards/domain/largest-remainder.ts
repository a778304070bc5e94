/**
 * Rounds fractions to whole numbers that add up to a given total: each is rounded down, then the largest remainders
 * get one more, the earlier position first among equals. Exact for integers whose products stay below 2^53;
 * what is below zero is rounded down too, away from it.
 */

/** Shares of `numerators[i] / denominator`; throws a RangeError when no such rounding adds up to `total`. */
export const largestRemainder = (numerators: readonly number[], denominator: number, total: number): number[] => {
  const remainders = numerators.map((numerator) => ((numerator % denominator) + denominator) % denominator);
  const shares = numerators.map((numerator, index) => (numerator - (remainders[index] ?? 0)) / denominator);
  const missing = total - shares.reduce((sum, share) => sum + share, 0);
  if (missing < 0 || missing > shares.length) throw new RangeError(`no rounding of the shares adds up to ${total}`);
  const byRemainder = remainders.map((remainder, index) => ({ remainder, index }));
  byRemainder.sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, missing)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
};
