/**
 * Fits a logistic scorecard outside of the program, as a statistician would: bins with monotone shares of the bad, weights of
 * evidence, coefficients by iteratively reweighted least squares. What comes out is plain numbers for a definition.
 */
import { Matrix, solve } from 'ml-matrix';

export interface Binned {
  /** Values from which the second bin begins, the third … */
  readonly starts: readonly number[];
  readonly woe: readonly number[];
}

const BINS = 10;

/** `better` is 1 where more is good, -1 where less is. Pools neighbours until the bad get fewer towards the good side. */
export const binned = (values: readonly number[], bad: readonly boolean[], better: 1 | -1): Binned => {
  const sorted = [...values].sort((a, b) => a - b);
  // Halfway between two values and a number of single precision, so that no rounding moves anybody across.
  const cuts = [
    ...new Set(
      Array.from({ length: BINS - 1 }, (_, k) => {
        const at = Math.floor(((k + 1) * sorted.length) / BINS);
        return Math.fround(((sorted[at - 1] ?? 0) + (sorted[at] ?? 0)) / 2);
      }),
    ),
  ].sort((a, b) => a - b);
  let bins = Array.from({ length: cuts.length + 1 }, (_, k) => ({
    from: cuts[k - 1] ?? -Infinity,
    good: 0.5,
    bad: 0.5,
  }));
  values.forEach((value, i) => {
    const bin = bins[cuts.filter((cut) => value >= cut).length];
    if (bin !== undefined) bin[bad[i] === true ? 'bad' : 'good'] += 1;
  });
  bins = bins.filter((bin, k) => k === 0 || bin.good + bin.bad > 1);
  for (;;) {
    const at = bins.findIndex((bin, k) => {
      const before = bins[k - 1];
      return before !== undefined && better * (rate(bin) - rate(before)) > 0;
    });
    if (at === -1) break;
    const [left, right] = [bins[at - 1], bins[at]];
    if (left === undefined || right === undefined) break;
    bins.splice(at - 1, 2, { from: left.from, good: left.good + right.good, bad: left.bad + right.bad });
  }
  const goods = bins.reduce((sum, bin) => sum + bin.good, 0);
  const bads = bins.reduce((sum, bin) => sum + bin.bad, 0);
  return {
    starts: bins.slice(1).map((bin) => bin.from),
    woe: bins.map((bin) => Number(Math.log(bin.good / goods / (bin.bad / bads)).toFixed(6))),
  };
};

const rate = ({ good, bad }: { readonly good: number; readonly bad: number }): number => bad / (good + bad);

export const woeAt = ({ starts, woe }: Binned, value: number): number =>
  woe[starts.filter((start) => value >= start).length] ?? 0;

const RIDGE = 2;

/** Intercept first. */
const irls = (rows: readonly (readonly number[])[], bad: readonly boolean[]): number[] => {
  const x = new Matrix(rows.map((row) => [1, ...row]));
  const width = x.columns;
  let beta = Matrix.zeros(width, 1);
  for (let round = 0; round < 25; round++) {
    const p = x
      .mmul(beta)
      .to1DArray()
      .map((logOdds) => 1 / (1 + Math.exp(-logOdds)));
    const weighted = x.clone();
    p.forEach((each, i) => weighted.mulRow(i, Math.max(each * (1 - each), 1e-9)));
    const hessian = x.transpose().mmul(weighted);
    for (let k = 1; k < width; k++) hessian.set(k, k, hessian.get(k, k) + RIDGE);
    const residual = Matrix.columnVector(p.map((each, i) => Number(bad[i]) - each));
    const gradient = x.transpose().mmul(residual);
    for (let k = 1; k < width; k++) gradient.set(k, 0, gradient.get(k, 0) - RIDGE * beta.get(k, 0));
    const step = solve(hessian, gradient);
    beta = beta.add(step);
    if (step.norm() < 1e-9) break;
  }
  return beta.to1DArray();
};

/** Coefficients of those that speak against default; whoever would speak for it is left out and the rest fitted anew. */
export const fitLogistic = (columns: readonly (readonly number[])[], bad: readonly boolean[]) => {
  let kept = columns.map((_, k) => k);
  for (;;) {
    const rows = bad.map((_, i) => kept.map((k) => columns[k]?.[i] ?? 0));
    const [intercept = 0, ...coefficients] = irls(rows, bad);
    const right = kept.filter((_, k) => (coefficients[k] ?? 0) < -0.02);
    if (right.length === kept.length) return { kept, intercept, coefficients };
    kept = right;
  }
};
