/** May one person alone set this bound? Only where it is new, or lower than the one before. */
import { Decimal, parseDecimal, type Money } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

/** Yields the amount, two places. Refuses INVALID.CURRENCY, OUT_OF_RANGE and INVALID.NOT_TIGHTER. */
export const decideTightening = (
  current: { readonly before: string | null; readonly currency: string },
  { amount: text, currency }: Money,
): Result<string> => {
  if (currency !== current.currency) {
    return refuse('INVALID', `limits are kept in ${current.currency}`, {
      reason: 'CURRENCY',
      field: ['amount', 'currency'],
      params: { currency: current.currency },
    });
  }
  const amount = parseDecimal(text);
  if (amount === null || amount.isNegative() || amount.decimalPlaces() > 2 || amount.gt(LARGEST)) {
    return refuse('OUT_OF_RANGE', 'amounts are not negative and have at most two decimal places', {
      field: ['amount'],
    });
  }
  if (current.before !== null && amount.gte(current.before)) {
    return refuse('INVALID', `it is ${current.before} now; more takes a request`, {
      reason: 'NOT_TIGHTER',
      field: ['amount'],
      params: { current: current.before },
    });
  }
  return ok(amount.toFixed(2));
};

const LARGEST = new Decimal('999999999999999999.99');
