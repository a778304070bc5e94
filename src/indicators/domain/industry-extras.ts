/** Indicators that only some industries have (domain rule D6); every other one may be asked of anybody. */
import type { IndicatorCode } from './dictionary';

const EXTRAS: Readonly<Partial<Record<IndicatorCode, readonly string[]>>> = {
  inventoryTurnover: ['MANUFACTURING', 'RETAIL', 'WHOLESALE', 'NEW_ENERGY', 'HEALTHCARE', 'AGRICULTURE', 'TECHNOLOGY'],
  acquisitionPaybackMonths: ['SERVICES', 'RETAIL', 'FINANCE', 'TECHNOLOGY', 'LOGISTICS'],
  supplyStability: ['MANUFACTURING', 'NEW_ENERGY', 'AGRICULTURE', 'HEALTHCARE', 'WHOLESALE'],
  capacityUse: ['MANUFACTURING', 'NEW_ENERGY', 'HEALTHCARE', 'LOGISTICS'],
  onlineSalesShare: ['RETAIL', 'WHOLESALE', 'SERVICES'],
  memberActivityRate: ['RETAIL', 'SERVICES'],
  greenPowerShare: ['NEW_ENERGY', 'MANUFACTURING'],
  repurchaseRate: ['SERVICES', 'RETAIL', 'WHOLESALE'],
};

/** Codes of the industries that an indicator is for; null where it is for all. */
export const industriesOf = (indicator: string): readonly string[] | null => EXTRAS[indicator as IndicatorCode] ?? null;
