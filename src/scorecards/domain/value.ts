/**
 * How the values of a customer are handed to a scorecard, and how "better" is measured. A missing value is null, or
 * {@link MISSING_VALUE} in a typed array; NaN and the infinities are never values and never stand for "missing".
 */
import { indicatorOf } from '../../indicators/domain/dictionary';

/** Stands for "missing" in a Float64Array, where null cannot: below every range of the dictionary. */
export const MISSING_VALUE = -Number.MAX_VALUE;

/** In the order of `inputIndicators(definition)`. */
export type Values = Float64Array | readonly (number | null)[];

/** Null when missing; throws a RangeError on NaN, an infinity or a hole. */
export const valueAt = (values: Values, index: number): number | null => {
  const value = values[index];
  if (value === null || value === MISSING_VALUE) return null;
  if (value === undefined || !Number.isFinite(value))
    throw new RangeError(`position ${index} holds ${value}, not a value`);
  return value;
};

/** How an indicator's values turn into goodness: by their sign, or, with sign 0, by their distance outside a band. */
export interface Orientation {
  readonly sign: 1 | -1 | 0;
  readonly low: number;
  readonly high: number;
}

const SIGN_OF = { HIGHER: 1, LOWER: -1, BAND: 0 } as const;

export const orientationOf = (indicatorCode: string): Orientation => {
  const { direction, band } = indicatorOf(indicatorCode);
  return { sign: SIGN_OF[direction], low: band?.low ?? 0, high: band?.high ?? 0 };
};

/** A measure that grows with what is good: the value, its negative, or the negative distance outside the band. */
export const goodnessOf = (value: number, sign: number, low: number, high: number): number =>
  sign !== 0 ? sign * value : value < low ? value - low : value > high ? high - value : 0;

/**
 * Between goodness and the form in which cut points are kept: values in the indicator's own unit, or distances outside
 * the band. Its own inverse; never -0, which JSON cannot keep.
 */
export const cutFromGoodness = (goodness: number, sign: number): number => (sign === 1 ? goodness + 0 : 0 - goodness);
