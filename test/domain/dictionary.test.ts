/** The dictionary is complete, unambiguous and keeps its positions. */
import {
  DIMENSIONS,
  INDICATORS,
  MAX_ORDINAL,
  UNIT_MEANINGS,
  findIndicator,
  indicatorAt,
  indicatorOf,
  isIndicatorCode,
} from '../../src/indicators/domain/dictionary';

const NAMED_BY_THE_RATING_STANDARD: Record<(typeof DIMENSIONS)[number], readonly string[]> = {
  CREDIT: [
    'defaultsIn3Years',
    'daysPastDue',
    'contractDisputeRate',
    'bureauOverdueAmount',
    'externalGuarantees',
    'blacklistHit',
  ],
  OPERATION: [
    'annualRevenue',
    'netMargin',
    'debtToAssetsRatio',
    'receivablesTurnover',
    'inventoryTurnover',
    'acquisitionPaybackMonths',
    'currentRatio',
    'interestCover',
    'supplyStability',
    'capacityUse',
    'onlineSalesShare',
    'memberActivityRate',
    'greenPowerShare',
  ],
  COOPERATION: [
    'shareOfOurTurnover',
    'grossMarginContribution',
    'crossPurchaseRate',
    'remainingContractMonths',
    'complaintResolutionDays',
    'complaintCount',
    'complaintSeverity',
    'cooperationYears',
    'renewalRate',
    'satisfactionScore',
    'netPromoterScore',
    'repurchaseRate',
  ],
  POTENTIAL: ['revenueGrowth2Years', 'marketShareGain', 'strategicFit', 'researchIntensity'],
};

describe('the indicator dictionary', () => {
  test.each(DIMENSIONS)('holds every indicator of the rating standard in %s', (dimension) => {
    const codes = INDICATORS.filter((row) => row.dimension === dimension).map((row) => row.code);
    expect(codes).toEqual(expect.arrayContaining([...NAMED_BY_THE_RATING_STANDARD[dimension]]));
  });

  test('gives every code, ordinal and name once, and ordinals without gaps from 1', () => {
    for (const key of ['code', 'ordinal', 'nameZh', 'nameEn'] as const) {
      expect(new Set(INDICATORS.map((row) => row[key])).size).toBe(INDICATORS.length);
    }
    expect(INDICATORS.map((row) => row.ordinal)).toEqual(INDICATORS.map((_, index) => index + 1));
    expect(MAX_ORDINAL).toBe(INDICATORS.length);
  });

  test.each(INDICATORS.map((row) => [row.code, row] as const))('%s is well formed', (code, row) => {
    expect(code).toMatch(/^[a-z][A-Za-z0-9]{2,39}$/);
    expect(row.nameZh).toMatch(/[\u4e00-\u9fff]/);
    expect(row.nameEn).toMatch(/^[A-Z]/);
    expect(Object.keys(UNIT_MEANINGS)).toContain(row.unit);
    expect(row.maxAgeDays).toBeGreaterThan({ EVENT: 30, MONTHLY: 31, QUARTERLY: 92, YEARLY: 366 }[row.cadence]);
    const { min, max } = row.range;
    if (min !== null && max !== null) expect(min).toBeLessThan(max);
    expect(row.band !== null).toBe(row.direction === 'BAND');
    if (row.band !== null) {
      expect(row.band.low).toBeLessThan(row.band.high);
      expect(row.band.low).toBeGreaterThanOrEqual(min ?? -Infinity);
      expect(row.band.high).toBeLessThanOrEqual(max ?? Infinity);
    }
    if (row.unit === 'FLAG') expect(row.range).toEqual({ min: 0, max: 1 });
    if (row.unit === 'SCORE') expect([min, max]).not.toContain(null);
    if (row.source === 'BUREAU' && row.cadence !== 'EVENT') expect(row.sensitivity).toBe('CREDIT');
  });

  test('is looked up by code and by ordinal', () => {
    for (const row of INDICATORS) {
      expect(findIndicator(row.code)).toBe(row);
      expect(indicatorAt(row.ordinal)).toBe(row);
    }
    expect(isIndicatorCode('roa')).toBe(true);
    expect(isIndicatorCode('ROA')).toBe(false);
    expect(findIndicator('constructor')).toBeUndefined();
    expect(indicatorAt(0)).toBeUndefined();
    expect(() => indicatorOf('nonsense')).toThrow(RangeError);
  });
});
