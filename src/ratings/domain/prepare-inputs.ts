/**
 * From a customer's packed current values to what a scorecard takes: the inputs in its order, the day each is of, and
 * whether any is older than the dictionary allows. Old values still count; the rating says that it leans on them.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { indicatorOf } from '../../indicators/domain/dictionary';
import { MISSING_VALUE } from '../../scorecards/domain/value';

export interface PackedIndicators {
  /** In the order of the dictionary's ordinals, from 1. */
  readonly values: readonly (number | null)[];
  /** YYYY-MM-DD in the same order. */
  readonly asOf: readonly (string | null)[];
}

export interface Inputs {
  /** In the order of the codes; MISSING_VALUE where there is none. */
  readonly values: Float64Array;
  readonly asOf: readonly (string | null)[];
  readonly outdated: boolean;
}

/** Note of a rating that leans on values older than the dictionary allows. */
export const OUTDATED_NOTE = 'OUTDATED_VALUES';

const DAY_MS = 86_400_000;

/**
 * Refuses with INVALID_STATE.NO_VALUES where not one of the inputs is known. A value of a later day than `asOf` counts: days
 * begin earlier in the east, and what is current now is what is rated.
 */
export const prepareInputs = (codes: readonly string[], packed: PackedIndicators, asOf: string): Result<Inputs> => {
  const definitions = codes.map(indicatorOf);
  const days = definitions.map(({ ordinal }) =>
    packed.values[ordinal - 1] == null ? null : (packed.asOf[ordinal - 1] ?? null),
  );
  const values = Float64Array.from(definitions, ({ ordinal }, i) =>
    days[i] === null ? MISSING_VALUE : (packed.values[ordinal - 1] ?? MISSING_VALUE),
  );
  if (days.every((day) => day === null)) return noValues();
  const now = Date.parse(asOf);
  const outdated = definitions.some(({ maxAgeDays }, i) => {
    const day = days[i];
    return day != null && now - Date.parse(day) > maxAgeDays * DAY_MS;
  });
  return ok({ values, asOf: days, outdated });
};

const noValues = () =>
  refuse('INVALID_STATE', 'none of the indicators that the scorecard asks for is known', { reason: 'NO_VALUES' });
