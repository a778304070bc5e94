/**
 * The indicator dictionary (domain rules D6, D7): what may be measured of a customer, in which unit, which way is
 * better, where it comes from and how long it may be used. It states the rules of arrival; it never holds values.
 */
import type { SourceKind } from '../../policies/domain/source-precedence';
import { DICTIONARY_ROWS } from './dictionary-data';

/** Credit 信用, operation 经营, cooperation 合作, potential 潜力. */
export const DIMENSIONS = ['CREDIT', 'OPERATION', 'COOPERATION', 'POTENTIAL'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** The meaning of one whole unit; files in another measure are converted on arrival. */
export const UNIT_MEANINGS = {
  RATIO: 'a plain ratio: 0.12 is 12 %',
  TIMES: 'a multiple: 1.8 is 1.8 times',
  CNY: 'renminbi yuan',
  COUNT: 'a number of things',
  DAYS: 'days',
  MONTHS: 'months',
  YEARS: 'years',
  SCORE: "points on the scale of the indicator's range",
  FLAG: '1 is yes, 0 is no',
} as const;
export type IndicatorUnit = keyof typeof UNIT_MEANINGS;

/** Which way is better; BAND: inside the band is best, and the further outside the worse. */
export type Direction = 'HIGHER' | 'LOWER' | 'BAND';
/** DERIVED: we work it out, see derived-data.ts. */
export type Source = Exclude<SourceKind, 'OTHER'>;
export type Cadence = 'EVENT' | 'MONTHLY' | 'QUARTERLY' | 'YEARLY';
/** CREDIT values are for risk staff only. */
export type Sensitivity = 'INTERNAL' | 'CREDIT';

export interface IndicatorDefinition {
  /** camelCase, the name used in maps, scorecards and the API. */
  readonly code: string;
  /** Position in packed value arrays, from 1; never reused. */
  readonly ordinal: number;
  readonly dimension: Dimension;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly unit: IndicatorUnit;
  readonly direction: Direction;
  /** Both ends inclusive, in `unit`; null unless the direction is BAND. */
  readonly band: { readonly low: number; readonly high: number } | null;
  readonly source: Source;
  readonly cadence: Cadence;
  /** Values outside are refused on arrival; both ends inclusive, null is open. */
  readonly range: { readonly min: number | null; readonly max: number | null };
  /** Days after its as-of date from which a value counts as missing. */
  readonly maxAgeDays: number;
  readonly sensitivity: Sensitivity;
}

export type IndicatorCode = (typeof DICTIONARY_ROWS)[number]['code'];

/** Every indicator, in ascending ordinal. */
export const INDICATORS: readonly (IndicatorDefinition & { readonly code: IndicatorCode })[] = DICTIONARY_ROWS;

const BY_CODE: ReadonlyMap<string, (typeof INDICATORS)[number]> = new Map(INDICATORS.map((row) => [row.code, row]));
const BY_ORDINAL: ReadonlyMap<number, (typeof INDICATORS)[number]> = new Map(
  INDICATORS.map((row) => [row.ordinal, row]),
);

export const isIndicatorCode = (code: string): code is IndicatorCode => BY_CODE.has(code);

export const findIndicator = (code: string): IndicatorDefinition | undefined => BY_CODE.get(code);

/** The definition of a code known to exist; throws a RangeError otherwise. */
export const indicatorOf = (code: string): IndicatorDefinition => {
  const found = BY_CODE.get(code);
  if (found === undefined) throw new RangeError(`the dictionary has no indicator ${code}`);
  return found;
};

export const indicatorAt = (ordinal: number): IndicatorDefinition | undefined => BY_ORDINAL.get(ordinal);

/** Highest ordinal given out so far: the length of a packed value array. */
export const MAX_ORDINAL: number = Math.max(...INDICATORS.map((row) => row.ordinal));
