/** What lint has to say of a definition: coded, placed, and readable in both languages. It never repairs anything. */
import type { Bilingual } from './scorecard-definition';

export const FINDING_CODES = [
  'UNKNOWN_INDICATOR',
  'DUPLICATE_ID',
  'DUPLICATE_INDICATOR',
  'DIMENSION_DIFFERS',
  'WEIGHT_ZERO',
  'DIMENSION_WEIGHT_MISMATCH',
  'WEIGHTS_NOT_100',
  'WEIGHT_NOT_USED',
  'WEIGHT_SHIFT_UNEXPLAINED',
  'WEIGHT_SHIFT_TOO_LARGE',
  'BINS_GAP',
  'BINS_OVERLAP',
  'BINS_NOT_COVERING',
  'BINS_NOT_MONOTONE',
  'MISSING_RULE_UNFIT',
  'NORMALISATION_UNFIT',
  'COEFFICIENT_UNFIT',
  'COEFFICIENT_AGAINST_DIRECTION',
  'KNOCK_OUT_AGAINST_DIRECTION',
  'FLOOR_AGAINST_DIRECTION',
  'GROUP_RULE_AGAINST_DIRECTION',
  'THRESHOLDS_OUT_OF_ORDER',
  'LOWEST_THRESHOLD_NOT_ZERO',
  'UNREACHABLE_GRADE',
  'MASTER_SCALE_OUT_OF_ORDER',
  'VARIANT_UNKNOWN_CHARACTERISTIC',
  'VARIANT_INDUSTRY_TWICE',
  'INDICATOR_NOT_FOR_SEGMENT',
  'UNKNOWN_NOTE',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export interface Finding {
  readonly code: FindingCode;
  /** An ERROR bars review. */
  readonly severity: 'ERROR' | 'WARNING';
  /** Where in the definition. */
  readonly path: readonly string[];
  readonly text: Bilingual;
}

export const hasErrors = (findings: readonly Finding[]): boolean => findings.some((row) => row.severity === 'ERROR');

export const error = (code: FindingCode, path: readonly string[], en: string, zh: string): Finding => ({
  code,
  severity: 'ERROR',
  path,
  text: { zh, en },
});

export const warning = (code: FindingCode, path: readonly string[], en: string, zh: string): Finding => ({
  ...error(code, path, en, zh),
  severity: 'WARNING',
});
