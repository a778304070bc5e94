/** What is booked against a credit limit, and what every booking must say. */
import { type Decimal, parseDecimal } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

export const EXPOSURE_KINDS = ['RESERVE', 'CONFIRM', 'RELEASE', 'EXPIRE', 'REPAY'] as const;
export type ExposureKind = (typeof EXPOSURE_KINDS)[number];

/** Longest time for which a reservation holds: ninety days. */
const MAX_HOLD_MINUTES = 129_600;
const MAX_REFERENCE = 100;
/** 18 digits before the point. */
const MAX_AMOUNT = '999999999999999999.99';
const PRODUCT = /^[A-Z0-9][A-Z0-9_-]{0,39}$/;

/** An amount of a booking: above nothing, two places. Refuses OUT_OF_RANGE. */
export const parseAmount = (text: string): Result<Decimal> => {
  const amount = parseDecimal(text);
  return amount === null || amount.lte(0) || amount.decimalPlaces() > 2 || amount.gt(MAX_AMOUNT)
    ? refuse('OUT_OF_RANGE', 'An amount is above 0, with two decimal places and 18 digits before the point at most.', {
        field: ['amount'],
      })
    : ok(amount);
};

/** Refuses INVALID.PRODUCT. An empty code stands for none. */
export const checkProduct = (product: string): Result<true> =>
  product === '' || PRODUCT.test(product)
    ? ok(true)
    : refuse('INVALID', 'A product code has up to 40 capital letters, digits, underscores and hyphens.', {
        reason: 'PRODUCT',
        field: ['product'],
      });

/** Refuses REQUIRED and OUT_OF_RANGE. */
export const checkReference = (reference: string): Result<true> => {
  if (reference.trim() === '') return refuse('REQUIRED', 'A booking has a reference.', { field: ['reference'] });
  return reference.length > MAX_REFERENCE
    ? refuse('OUT_OF_RANGE', `A reference has ${MAX_REFERENCE} characters at most.`, { field: ['reference'] })
    : ok(true);
};

/** Refuses OUT_OF_RANGE. */
export const checkHold = (minutes: number): Result<true> =>
  minutes >= 1 && minutes <= MAX_HOLD_MINUTES && Number.isInteger(minutes)
    ? ok(true)
    : refuse('OUT_OF_RANGE', `A reservation holds from 1 to ${MAX_HOLD_MINUTES} minutes.`, { field: ['holdMinutes'] });

/** The first refusal of several checks. */
export const allOf = (...checks: readonly Result<unknown>[]): Result<true> => checks.find(isRefused) ?? ok(true);

const isRefused = (check: Result<unknown>): check is Extract<Result<unknown>, { ok: false }> => !check.ok;
