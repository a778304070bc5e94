/**
 * The whole numbers that scores are computed in (I13). A product is a ten-millionth of a point of the score: hundredths of
 * a point out of 10 times millionths of the weight. Sums of products are exact; a score is rounded once, half-up, to
 * ten-thousandths of a point, and lies from 0 to 100.
 */
import type { Scaling } from './scorecard-definition';

export const CENTI_PER_POINT = 100;
export const PRODUCTS_PER_E4 = 1_000;
const PRODUCTS_PER_POINT = 10_000_000;
const PRODUCTS_PER_CENTI = PRODUCTS_PER_POINT / CENTI_PER_POINT;
const HIGHEST_E4 = 1_000_000;
/** The natural logarithm of 2, as any double says it. */
const LN_2 = 0.6931471805599453;

/** What `centi` hundredths of a point with a weight in millionths add to the score. */
export const productOf = (centi: number, weightPpm: number): number => centi * weightPpm;

/** Half-up. */
export const scoreE4Of = (product: number): number => {
  const e4 = Math.floor((product + PRODUCTS_PER_E4 / 2) / PRODUCTS_PER_E4);
  return e4 < 0 ? 0 : e4 > HIGHEST_E4 ? HIGHEST_E4 : e4;
};

/** What log-odds of default add to the score; half-up. */
export const productOfLogOdds = (logOdds: number, { pointsToDoubleOdds }: Scaling): number =>
  Math.floor((-logOdds / LN_2) * Number(pointsToDoubleOdds) * PRODUCTS_PER_POINT + 0.5);

export const productOfEvenOdds = ({ evenOddsScore }: Scaling): number =>
  Math.round(Number(evenOddsScore) * 10_000) * PRODUCTS_PER_E4;

/** Hundredths of a point of the score, half-up. */
export const centiOfProduct = (product: number): number => Math.floor(product / PRODUCTS_PER_CENTI + 0.5);

/**
 * Natural logarithm and exponential by sums, products and quotients alone. Those of the language may differ in the last
 * place from one release to the next, and a rating must be the same for ever (I8). Good to 1e-15 relative.
 */
export const lnOf = (x: number): number => {
  let mantissa = x;
  let exponent = 0;
  while (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent -= 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let k = 23; k >= 1; k -= 2) sum = sum * square + 1 / k;
  return 2 * s * sum + exponent * LN_2;
};

export const expOf = (x: number): number => {
  const halvings = Math.floor(x / LN_2 + 0.5);
  const rest = x - halvings * LN_2;
  let sum = 1;
  for (let k = 18; k >= 1; k--) sum = 1 + (rest / k) * sum;
  let power = 1;
  for (let i = Math.abs(halvings); i > 0; i--) power *= 2;
  return halvings < 0 ? sum / power : sum * power;
};
