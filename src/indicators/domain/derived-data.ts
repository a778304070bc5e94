/**
 * Indicators that we work out ourselves, as data: from which values of the same customer, and by which form. A source that
 * states such a value counts more than our figure for the same period. Inputs are never derived themselves.
 */
import type { IndicatorCode } from './dictionary';

/**
 * GROWTH: now ÷ before − 1, before being so many years earlier; none where it was not above zero. CHANGE: (now − before) ÷
 * |before|, a jump against then. RATIO: the one ÷ the other of about the same day. SHARE_OF_TOTAL: now ÷ the sum over all
 * customers. PEER_DEVIATION: now − the median of the industry, or that ÷ |median|.
 */
export type Derivation =
  | { readonly form: 'GROWTH' | 'CHANGE'; readonly of: IndicatorCode; readonly years: number }
  | { readonly form: 'RATIO'; readonly of: IndicatorCode; readonly to: IndicatorCode }
  | { readonly form: 'SHARE_OF_TOTAL'; readonly of: IndicatorCode }
  | { readonly form: 'PEER_DEVIATION'; readonly of: IndicatorCode; readonly measure: 'DIFFERENCE' | 'RELATIVE' };

export interface DerivedIndicator {
  readonly code: IndicatorCode;
  readonly derivation: Derivation;
}

export const DERIVED_INDICATORS: readonly DerivedIndicator[] = [
  { code: 'revenueGrowth2Years', derivation: { form: 'GROWTH', of: 'annualRevenue', years: 2 } },
  { code: 'turnoverGrowthWithUs', derivation: { form: 'GROWTH', of: 'yearlyTurnoverWithUs', years: 1 } },
  { code: 'debtRatioJump', derivation: { form: 'CHANGE', of: 'debtToAssetsRatio', years: 1 } },
  { code: 'guaranteesToRevenue', derivation: { form: 'RATIO', of: 'externalGuarantees', to: 'annualRevenue' } },
  { code: 'shareOfOurTurnover', derivation: { form: 'SHARE_OF_TOTAL', of: 'yearlyTurnoverWithUs' } },
  { code: 'netMarginToPeers', derivation: { form: 'PEER_DEVIATION', of: 'netMargin', measure: 'DIFFERENCE' } },
  {
    code: 'receivablesTurnoverToPeers',
    derivation: { form: 'PEER_DEVIATION', of: 'receivablesTurnover', measure: 'RELATIVE' },
  },
];

export const derivationOf = (code: string): Derivation | null =>
  DERIVED_INDICATORS.find((derived) => derived.code === code)?.derivation ?? null;

/** What a form takes from the customer's own values. */
export const inputsOf = (derivation: Derivation): readonly IndicatorCode[] =>
  derivation.form === 'RATIO' ? [derivation.of, derivation.to] : [derivation.of];

/** What the peers are asked for. */
export const statisticOf = ({ form }: Derivation): 'TOTAL' | 'MEDIAN' | null =>
  form === 'SHARE_OF_TOTAL' ? 'TOTAL' : form === 'PEER_DEVIATION' ? 'MEDIAN' : null;

/** Every input of some derived indicator. */
export const INPUT_CODES: readonly IndicatorCode[] = [
  ...new Set(DERIVED_INDICATORS.flatMap(({ derivation }) => inputsOf(derivation))),
];

/** Furthest that any form looks back. */
export const MOST_YEARS_BACK: number = Math.max(
  ...DERIVED_INDICATORS.map(({ derivation }) => ('years' in derivation ? derivation.years : 0)),
);
