/** Decides whether a person may put a score of his own on record: which indicators take one, in which range, and why. */
import { type Decimal } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { findIndicator } from './dictionary';
import { isFuture, parseDate } from './parse-date';
import { MAX_SIGNIFICANT_DIGITS } from './parse-value';
import { OWN_SOURCES } from './precedence';
import { plain, rangeFault, type SnapshotContent } from './snapshot';

export interface ExpertScore {
  readonly code: string;
  readonly score: Decimal;
  readonly reason: string;
  /** Day that the judgement is of, YYYY-MM-DD; the day of recording where it is left out. */
  readonly asOf?: string;
}

/**
 * The snapshot that the score becomes. Refusals, in this order: NOT_FOUND/INDICATOR, INVALID/NOT_BY_EXPERTS,
 * OUT_OF_RANGE/{TOO_PRECISE, VALUE}, INVALID/NOT_WHOLE, REQUIRED/REASON, INVALID/AS_OF, OUT_OF_RANGE/FUTURE_DATE.
 */
export const decideExpertScore = (
  { code, score, reason, asOf }: ExpertScore,
  now: Date,
): Result<SnapshotContent & { readonly reason: string }> => {
  const indicator = findIndicator(code);
  if (indicator === undefined) {
    return refuse('NOT_FOUND', 'There is no such indicator.', {
      reason: 'INDICATOR',
      field: ['code'],
      params: { code },
    });
  }
  if (indicator.source !== 'EXPERT') {
    return refuse('INVALID', `${indicator.nameEn} is not for experts to judge.`, {
      reason: 'NOT_BY_EXPERTS',
      field: ['code'],
      params: { code },
    });
  }
  if (score.precision() > MAX_SIGNIFICANT_DIGITS) {
    return refuse('OUT_OF_RANGE', `A score has up to ${MAX_SIGNIFICANT_DIGITS} digits.`, {
      reason: 'TOO_PRECISE',
      field: ['score'],
    });
  }
  const fault = rangeFault(indicator, score);
  if (fault === 'NOT_WHOLE') {
    return refuse('INVALID', 'The score is a whole number.', { reason: fault, field: ['score'] });
  }
  if (fault === 'OUT_OF_RANGE') {
    return refuse('OUT_OF_RANGE', 'The score is outside the range of the dictionary.', {
      reason: 'VALUE',
      field: ['score'],
      params: { min: indicator.range.min, max: indicator.range.max },
    });
  }
  if (reason.trim() === '') {
    return refuse('REQUIRED', 'Say why.', { reason: 'REASON', field: ['reason'] });
  }
  const day = asOf ?? now.toISOString().slice(0, 10);
  if (parseDate(day) !== day) {
    return refuse('INVALID', 'The day is a calendar date like 2025-12-31.', { reason: 'AS_OF', field: ['asOf'] });
  }
  if (isFuture(day, now)) {
    return refuse('OUT_OF_RANGE', 'The day lies in the future.', { reason: 'FUTURE_DATE', field: ['asOf'] });
  }
  return ok({
    asOf: day,
    source: OWN_SOURCES.EXPERT,
    quality: 'REPORTED',
    values: { [code]: plain(score) },
    reason: reason.trim(),
  });
};
