/**
 * Which values would be others in a what-if, and may whoever asks change them? What the dictionary refuses on arrival is refused
 * here too; credit data are changed by nobody who may not see them, since scores would tell what they are.
 */
import { findIndicator } from '../../indicators/domain/dictionary';
import { checkSnapshot } from '../../indicators/domain/snapshot';
import { refused, ok, type Result } from '../../kernel/result';
import { refusal, type Refusal } from '../../kernel/refusal';

export interface InputChange {
  readonly indicator: string;
  /** Plain decimal in the indicator's unit; null for no value at all. */
  readonly value: string | null;
}

/**
 * Refuses NOT_FOUND.INDICATOR, INVALID.DOUBLED_INDICATOR, FORBIDDEN.CREDIT_DATA, and what arriving values are refused for:
 * OUT_OF_RANGE.VALUE, OUT_OF_RANGE.TOO_PRECISE, INVALID.NOT_A_NUMBER, INVALID.NOT_WHOLE. `today`: YYYY-MM-DD.
 */
export const changeInputs = (
  changes: readonly InputChange[],
  isMasked: (indicator: string) => boolean,
  today: string,
): Result<ReadonlyMap<string, string | null>> => {
  const changed = new Map<string, string | null>();
  for (const [index, { indicator, value }] of changes.entries()) {
    const found = judge(indicator, changed, isMasked);
    if (found !== null) return refused(placed(found, index, indicator));
    if (value === null) {
      changed.set(indicator, null);
      continue;
    }
    const content = { asOf: today, source: 'what-if', quality: 'REPORTED', values: { [indicator]: value } } as const;
    const checked = checkSnapshot(content, new Date(`${today}T00:00:00Z`));
    if (!checked.ok) return refused(placed(checked.refusal, index, indicator));
    changed.set(indicator, checked.value.values[indicator] ?? value);
  }
  return ok(changed);
};

const judge = (
  indicator: string,
  changed: ReadonlyMap<string, string | null>,
  isMasked: (indicator: string) => boolean,
): Refusal | null => {
  if (findIndicator(indicator) === undefined) {
    return refusal('NOT_FOUND', `There is no indicator ${indicator}.`, { reason: 'INDICATOR' });
  }
  if (changed.has(indicator)) {
    return refusal('INVALID', `${indicator} is changed twice.`, { reason: 'DOUBLED_INDICATOR' });
  }
  return isMasked(indicator)
    ? refusal('FORBIDDEN', `${indicator} is credit data, which your roles do not show.`, { reason: 'CREDIT_DATA' })
    : null;
};

const placed = (found: Refusal, index: number, indicator: string): Refusal => ({
  ...found,
  field: ['changes'],
  index,
  params: { ...found.params, indicator, index },
});
