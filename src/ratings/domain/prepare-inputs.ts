/**
 * From a customer's packed current values to what a scorecard takes: the inputs in its order, the day each is of, and
 * whether any is older than the dictionary allows. Old values still count; the rating says that it leans on them.
 */
/* eslint-disable no-param-reassign -- inputs are the caller's scratch space, filled again for every customer. */
import { indicatorOf } from '../../indicators/domain/dictionary';
import type { Slot } from '../../scorecards/domain/scorecard-definition';
import { MISSING_VALUE } from '../../scorecards/domain/value';

/** Note of a rating that leans on values older than the dictionary allows. */
export const OUTDATED_NOTE = 'OUTDATED_VALUES';

/** Stands for "no day" in an Int32Array: the value itself is missing. */
export const MISSING_DAY = -2_147_483_648;

const DAY_MS = 86_400_000;

/** Days since 1970-01-01. */
export const dayNumber = (day: string): number => Date.parse(day) / DAY_MS;

/**
 * Inputs of one customer at a time, in the order of the scorecard's slots: indicators, then what a model said, then ranks of
 * related parties; filled, judged, filled again.
 */
export interface Inputs {
  /** MISSING_VALUE where there is none. */
  readonly values: Float64Array;
  /** Days since 1970-01-01; MISSING_DAY where there is no value, and beyond the indicators. */
  readonly days: Int32Array;
}

export interface InputRules {
  /** Place of each indicator in packed arrays, from 0. */
  readonly slots: Int32Array;
  /** The highest of these places. */
  readonly lastSlot: number;
  /** Of the model's word among the inputs; -1 where the scorecard asks none. */
  readonly modelAt: number;
  /** Of the first rank of a related party; the others follow. */
  readonly relatedAt: number;
  readonly empty: () => Inputs;
  /**
   * Whether one of the values is older on the day than the dictionary allows; null where not one is known. A value of a
   * later day counts: days begin earlier in the east, and what is current now is what is rated.
   */
  readonly outdated: (inputs: Inputs, asOfDay: number) => boolean | null;
}

export const inputRules = (slots: readonly Slot[]): InputRules => {
  const definitions = slots.flatMap((slot) => (slot.kind === 'INDICATOR' ? [indicatorOf(slot.indicator)] : []));
  const maxAges = Int32Array.from(definitions, ({ maxAgeDays }) => maxAgeDays);
  return {
    slots: Int32Array.from(definitions, ({ ordinal }) => ordinal - 1),
    lastSlot: Math.max(...definitions.map(({ ordinal }) => ordinal - 1)),
    modelAt: slots.findIndex(({ kind }) => kind === 'MODEL_OUTPUT'),
    relatedAt: slots.filter(({ kind }) => kind !== 'RELATED_RANK').length,
    empty: () => ({
      values: new Float64Array(slots.length).fill(MISSING_VALUE),
      days: new Int32Array(slots.length).fill(MISSING_DAY),
    }),
    outdated: ({ days }, asOfDay) => {
      let known = false;
      let outdated = false;
      for (let i = 0; i < maxAges.length; i++) {
        const day = days[i] as number;
        if (day === MISSING_DAY) continue;
        known = true;
        if (asOfDay - day > (maxAges[i] as number)) outdated = true;
      }
      return known ? outdated : null;
    },
  };
};

export interface PackedIndicators {
  /** In the order of the dictionary's ordinals, from 1. */
  readonly values: readonly (number | null)[];
  /** YYYY-MM-DD in the same order. */
  readonly asOf: readonly (string | null)[];
}

/** Fills the indicators of `inputs` from packed arrays; a value without a day is none. */
export const fillInputs = ({ slots }: InputRules, packed: PackedIndicators | null, inputs: Inputs): void => {
  slots.forEach((slot, i) => {
    const [value, day] = [packed?.values[slot] ?? null, packed?.asOf[slot] ?? null];
    inputs.values[i] = value === null || day === null ? MISSING_VALUE : value;
    inputs.days[i] = value === null || day === null ? MISSING_DAY : dayNumber(day);
  });
};
