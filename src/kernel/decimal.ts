/**
 * Exact decimals for money and points. Binary floating point never carries an amount.
 * Money is rounded half-up to two places at the end of a calculation, never in between.
 */
import { Decimal } from 'decimal.js';

Decimal.set({ precision: 40, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -40, toExpPos: 40 });

export { Decimal };

/** ISO 4217 code; amounts are kept in major units with two decimals. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

const PLAIN_DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** At most 38 significant digits, as wide as the database columns that hold them. */
const MAX_DIGITS = 38;

/** Parses a plain decimal such as `-12.50`; null for anything else, exponents and over 38 digits included. */
export const parseDecimal = (text: string): Decimal | null => {
  if (!PLAIN_DECIMAL.test(text)) return null;
  if (text.replace(/[-.]/g, '').length > MAX_DIGITS) return null;
  return new Decimal(text);
};

/** Two places, half-up: the form in which amounts are stored and shown. */
export const roundMoney = (amount: Decimal): string => amount.toFixed(2, Decimal.ROUND_HALF_UP);
