/**
 * A snapshot: the values that one source gave of one customer for one day (domain rule D8). Snapshots are only added; a
 * correction is a later snapshot, so every past view can be had again.
 */
import { digestOf, type Json } from '../../kernel/canonical-json';
import { Decimal } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { findIndicator, type IndicatorDefinition } from './dictionary';
import { isFuture, parseDate } from './parse-date';
import { MAX_SIGNIFICANT_DIGITS } from './parse-value';
import { isOwnSource } from './precedence';

/**
 * VERIFIED: checked against documents; REPORTED: as the source states it; ESTIMATED: worked out; SCALED: in a measure of
 * the source's own, good for order within that source only.
 */
export const QUALITIES = ['VERIFIED', 'REPORTED', 'ESTIMATED', 'SCALED'] as const;
export type Quality = (typeof QUALITIES)[number];

/** Plain decimals by indicator code, in the indicator's unit. */
export type ExactValues = Readonly<Record<string, string>>;

export interface SnapshotContent {
  /** YYYY-MM-DD. */
  readonly asOf: string;
  readonly source: string;
  readonly quality: Quality;
  readonly values: ExactValues;
}

/** As {@link ExactValues}; null takes back what the source said of the indicator for that day. */
export type StoredValues = Readonly<Record<string, string | null>>;

export interface Snapshot extends Omit<SnapshotContent, 'values'> {
  readonly id: string;
  readonly values: StoredValues;
  readonly customerId: string;
  readonly recordedAt: Date;
  readonly contentDigest: string;
  readonly batchId: string | null;
  /** Why a person gave it; null for what came without a reason. */
  readonly reason: string | null;
  /** How each value was worked out, by indicator; null for what was not. */
  readonly derivation: Readonly<Record<string, Json>> | null;
}

/** Tells whether two snapshots say the same of the same day; the customer is not part of it. */
export const contentDigest = ({
  asOf,
  source,
  quality,
  values,
}: Pick<Snapshot, 'asOf' | 'source' | 'quality' | 'values'>): string => digestOf({ asOf, source, quality, values });

export type ValueRangeFault = 'OUT_OF_RANGE' | 'NOT_WHOLE';

/** What the dictionary has against a value in the indicator's own unit. */
export const rangeFault = (indicator: IndicatorDefinition, value: Decimal): ValueRangeFault | null => {
  const { min, max } = indicator.range;
  if ((min !== null && value.lessThan(min)) || (max !== null && value.greaterThan(max))) return 'OUT_OF_RANGE';
  const whole = indicator.unit === 'COUNT' || indicator.unit === 'FLAG';
  return whole && !value.isInteger() ? 'NOT_WHOLE' : null;
};

const SOURCE_SHAPE = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$/u;
const PLAIN_DECIMAL = /^-?(?:0|[1-9]\d{0,23})(?:\.\d{1,24})?$/;

/**
 * Checks a snapshot given from elsewhere than a file, and puts its values into one form. Refusals: INVALID/SOURCE,
 * INVALID/OWN_SOURCE, INVALID/AS_OF, OUT_OF_RANGE/FUTURE_DATE, REQUIRED/VALUES, NOT_FOUND/INDICATOR, INVALID/NOT_A_NUMBER,
 * OUT_OF_RANGE/{TOO_PRECISE, VALUE}, INVALID/NOT_WHOLE; the range is not asked of SCALED values.
 */
export const checkSnapshot = (content: SnapshotContent, now: Date): Result<SnapshotContent> => {
  if (!SOURCE_SHAPE.test(content.source)) {
    return refuse('INVALID', 'A source is up to 80 letters, digits, spaces, dots and dashes.', {
      reason: 'SOURCE',
      field: ['source'],
    });
  }
  if (isOwnSource(content.source)) {
    return refuse('INVALID', `Nobody else speaks as ${content.source}.`, { reason: 'OWN_SOURCE', field: ['source'] });
  }
  if (parseDate(content.asOf) !== content.asOf) {
    return refuse('INVALID', 'The as-of date is a calendar date like 2025-12-31.', {
      reason: 'AS_OF',
      field: ['asOf'],
    });
  }
  if (isFuture(content.asOf, now)) {
    return refuse('OUT_OF_RANGE', 'The as-of date lies in the future.', { reason: 'FUTURE_DATE', field: ['asOf'] });
  }
  const entries = Object.entries(content.values);
  if (entries.length === 0)
    return refuse('REQUIRED', 'A snapshot has values.', { reason: 'VALUES', field: ['values'] });
  const values: Record<string, string> = {};
  for (const [code, text] of entries) {
    const field = ['values', code];
    const indicator = findIndicator(code);
    if (indicator === undefined)
      return refuse('NOT_FOUND', `There is no indicator ${code}.`, { reason: 'INDICATOR', field });
    if (!PLAIN_DECIMAL.test(text)) {
      return refuse('INVALID', `${code} is not a plain decimal.`, { reason: 'NOT_A_NUMBER', field });
    }
    const value = new Decimal(text);
    if (value.precision() > MAX_SIGNIFICANT_DIGITS) {
      return refuse('OUT_OF_RANGE', `${code} has more than ${MAX_SIGNIFICANT_DIGITS} significant digits.`, {
        reason: 'TOO_PRECISE',
        field,
      });
    }
    const fault = content.quality === 'SCALED' ? null : rangeFault(indicator, value);
    if (fault === 'NOT_WHOLE') return refuse('INVALID', `${code} is a whole number.`, { reason: fault, field });
    if (fault === 'OUT_OF_RANGE') {
      return refuse('OUT_OF_RANGE', `${code} is outside the range of the dictionary.`, {
        reason: 'VALUE',
        field,
        params: { min: indicator.range.min, max: indicator.range.max },
      });
    }
    values[code] = plain(value);
  }
  return ok({ ...content, values });
};

/** Without exponent, trailing zeros or a negative zero. */
export const plain = (value: Decimal): string => (value.isZero() ? '0' : value.toFixed());
