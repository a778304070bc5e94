/**
 * Cut points of a value computation: what the portfolio of one moment says a tenth begins with, and from which margin on a
 * customer is among those who make up a share of all margin. They are frozen, so that one customer can be looked at alone
 * and comes out as in the computation itself.
 */
import { Decimal } from '../../kernel/decimal';

/** Nine ascending values, each of which a customer must exceed for one more point. */
export type TenthCuts = readonly string[];

/** Steps of the Pareto curve: 5 % of the margin each. */
export const PARETO_STEPS = 20;

export interface ValueCuts {
  readonly frequency: TenthCuts;
  readonly averageOrder: TenthCuts;
  readonly margin: TenthCuts;
  readonly lifetimeValue: TenthCuts;
  /**
   * For 5 %, 10 % … 100 % of the margin of everybody: the least margin of those who make it up, largest first. Null where
   * nobody earns anything.
   */
  readonly pareto: readonly string[] | null;
}

/** 1 to 10; equal values get equal points. Nobody exceeds cuts that are not there. */
export const pointsOf = (value: Decimal | null, cuts: TenthCuts): number =>
  value === null ? 1 : 1 + cuts.filter((cut) => value.gt(cut)).length;

/**
 * The curve from the least margin that was met within each step, counted from 0; a step that one large customer spans
 * together with others has none of its own and takes that of the step before.
 */
export const paretoCurve = (leastByStep: ReadonlyMap<number, string>): readonly string[] | null => {
  if (leastByStep.size === 0) return null;
  const curve: string[] = [];
  for (let step = 0; step < PARETO_STEPS; step++) {
    const least = leastByStep.get(step) ?? curve.at(-1);
    if (least === undefined) throw new RangeError('the first step of the curve has nobody');
    curve.push(least);
  }
  return curve;
};

/**
 * Share of all margin, in steps of 5 %, that is made up by those who earn us at least as much; 1 for whoever earns us nothing
 * or is not known to.
 */
export const paretoShareOf = (margin: Decimal | null, curve: readonly string[] | null): Decimal => {
  const step = margin === null || margin.lte(0) ? -1 : (curve ?? []).findIndex((least) => margin.gte(least));
  return new Decimal(step === -1 ? PARETO_STEPS : step + 1).div(PARETO_STEPS);
};
