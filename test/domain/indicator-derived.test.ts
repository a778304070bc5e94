/** Derived indicators, expert scores, the severity of complaints and the quality of sources: what is decided without a database. */
import type { FoldedSnapshot } from '../../src/indicators/domain/current';
import { COMPLAINT_RULES } from '../../src/indicators/domain/complaint-rules-data';
import { decideExpertScore, type ExpertScore } from '../../src/indicators/domain/decide-expert-score';
import { DERIVED_INDICATORS, inputsOf } from '../../src/indicators/domain/derived-data';
import { deriveValues, yearsBefore, type PeerFigure } from '../../src/indicators/domain/derive-values';
import { indicatorOf, INDICATORS } from '../../src/indicators/domain/dictionary';
import { precedenceOf } from '../../src/indicators/domain/precedence';
import { rateComplaint } from '../../src/indicators/domain/rate-complaint';
import { sourceQuality } from '../../src/indicators/domain/source-quality';
import { withholdPersonalData } from '../../src/indicators/domain/withhold-personal-data';
import { Decimal } from '../../src/kernel/decimal';
import { messageKey } from '../../src/kernel/refusal';
import { DEFAULT_POLICIES } from '../../src/policies';

const precedence = precedenceOf(DEFAULT_POLICIES.SOURCE_PRECEDENCE);
const NOW = new Date('2026-01-15T08:00:00Z');

describe('the definitions', () => {
  test.each(DERIVED_INDICATORS)('$code fits its inputs', ({ code, derivation }) => {
    const inputs = inputsOf(derivation).map(indicatorOf);
    const derived = DERIVED_INDICATORS.map((one) => one.code);
    expect(inputs.filter((input) => derived.includes(input.code as never))).toEqual([]);
    // What is made of credit data is credit data.
    if (inputs.some(({ sensitivity }) => sensitivity === 'CREDIT')) {
      expect(indicatorOf(code).sensitivity).toBe('CREDIT');
    }
    const absolute = derivation.form === 'PEER_DEVIATION' && derivation.measure === 'DIFFERENCE';
    expect(indicatorOf(code).unit).toBe(absolute ? inputs[0]?.unit : 'RATIO');
  });

  test('every indicator that only we know is defined', () => {
    const ours = INDICATORS.filter(({ source }) => source === 'DERIVED').map(({ code }) => code);
    expect(DERIVED_INDICATORS.map(({ code }) => code)).toEqual(expect.arrayContaining(ours));
  });
});

let ids = 0;
const said = (asOf: string, values: Record<string, string>, source = 'erp'): FoldedSnapshot => ({
  id: `s${++ids}`,
  source,
  asOf,
  recordedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, ids)),
  values,
});
const figure = (indicator: string, statistic: PeerFigure['statistic'], segment: string, value: string): PeerFigure => ({
  indicator,
  statistic,
  segment,
  value,
  members: 9,
  takenAt: '2026-01-01T00:00:00.000Z',
});

describe('derived values', () => {
  const derive = (
    snapshots: FoldedSnapshot[],
    code: string,
    figures: PeerFigure[] = [],
    industry: string | null = null,
  ) =>
    deriveValues(
      DERIVED_INDICATORS.filter((one) => one.code === code),
      snapshots,
      precedence,
      { industry, figures },
      '2000-01-01',
    ).map(({ asOf, value }) => `${asOf} ${value ?? 'none'}`);

  test.each<[string, string, FoldedSnapshot[], string[]]>([
    [
      'growth over two years',
      'revenueGrowth2Years',
      [said('2023-12-31', { annualRevenue: '80' }), said('2025-12-31', { annualRevenue: '100' })],
      ['2023-12-31 none', '2025-12-31 0.25'],
    ],
    [
      'within weeks of the day',
      'revenueGrowth2Years',
      [said('2024-02-10', { annualRevenue: '80' }), said('2025-12-31', { annualRevenue: '100' })],
      ['2024-02-10 none', '2025-12-31 0.25'],
    ],
    [
      'not further off',
      'revenueGrowth2Years',
      [said('2024-02-20', { annualRevenue: '80' }), said('2025-12-31', { annualRevenue: '100' })],
      ['2024-02-20 none', '2025-12-31 none'],
    ],
    [
      'none from nothing',
      'revenueGrowth2Years',
      [said('2023-12-31', { annualRevenue: '0' }), said('2025-12-31', { annualRevenue: '100' })],
      ['2023-12-31 none', '2025-12-31 none'],
    ],
    [
      'none outside the range',
      'revenueGrowth2Years',
      [said('2023-12-31', { annualRevenue: '1' }), said('2025-12-31', { annualRevenue: '100' })],
      ['2023-12-31 none', '2025-12-31 none'],
    ],
    [
      'a jump of a fifth',
      'debtRatioJump',
      [said('2024-12-31', { debtToAssetsRatio: '0.5' }), said('2025-12-31', { debtToAssetsRatio: '0.6' })],
      ['2024-12-31 none', '2025-12-31 0.2'],
    ],
    [
      'from the better source of the year',
      'debtRatioJump',
      [
        said('2024-12-31', { debtToAssetsRatio: '0.5' }),
        said('2024-12-31', { debtToAssetsRatio: '0.3' }, 'bureau'),
        said('2025-12-31', { debtToAssetsRatio: '0.6' }),
      ],
      ['2024-12-31 none', '2025-12-31 0.2'],
    ],
    [
      'a ratio of two that were told apart',
      'guaranteesToRevenue',
      [said('2025-12-31', { externalGuarantees: '30' }, 'bureau'), said('2025-11-30', { annualRevenue: '120' })],
      ['2025-12-31 0.25'],
    ],
    [
      'no ratio over months',
      'guaranteesToRevenue',
      [said('2025-12-31', { externalGuarantees: '30' }, 'bureau'), said('2025-09-30', { annualRevenue: '120' })],
      ['2025-12-31 none'],
    ],
    [
      'no ratio to nothing',
      'guaranteesToRevenue',
      [said('2025-12-31', { externalGuarantees: '30', annualRevenue: '0' })],
      ['2025-12-31 none'],
    ],
  ])('%s', (_, code, snapshots, expected) => {
    expect(derive(snapshots, code)).toEqual(expected);
  });

  const two = [
    said('2024-12-31', { netMargin: '0.9', yearlyTurnoverWithUs: '1', receivablesTurnover: '9' }),
    said('2025-12-31', { netMargin: '0.12', yearlyTurnoverWithUs: '50', receivablesTurnover: '6' }),
  ];
  test.each<[string, string, PeerFigure[], string | null, string[]]>([
    [
      'share of our turnover, of the newest value alone',
      'shareOfOurTurnover',
      [figure('yearlyTurnoverWithUs', 'TOTAL', 'ALL', '2000')],
      null,
      ['2025-12-31 0.025'],
    ],
    [
      'deviation from the median of the industry',
      'netMarginToPeers',
      [figure('netMargin', 'MEDIAN', 'ALL', '0.02'), figure('netMargin', 'MEDIAN', 'RETAIL', '0.1')],
      'RETAIL',
      ['2025-12-31 0.02'],
    ],
    [
      'of everybody where the industry is small',
      'netMarginToPeers',
      [figure('netMargin', 'MEDIAN', 'ALL', '0.02'), figure('netMargin', 'MEDIAN', 'RETAIL', '0.1')],
      'FINANCE',
      ['2025-12-31 0.1'],
    ],
    [
      'relative',
      'receivablesTurnoverToPeers',
      [figure('receivablesTurnover', 'MEDIAN', 'ALL', '8')],
      null,
      ['2025-12-31 -0.25'],
    ],
    ['nothing before figures were taken', 'netMarginToPeers', [], 'RETAIL', []],
  ])('%s', (_, code, figures, industry, expected) => {
    expect(derive(two, code, figures, industry)).toEqual(expected);
  });

  test('names everything that went in', () => {
    const [before, now] = [
      said('2024-12-31', { debtToAssetsRatio: '0.5' }),
      said('2025-12-31', { debtToAssetsRatio: '0.6' }),
    ];
    const [, derived] = deriveValues(
      DERIVED_INDICATORS.filter(({ code }) => code === 'debtRatioJump'),
      [before, now],
      precedence,
      { industry: null, figures: [] },
      '2000-01-01',
    );
    expect(derived?.derivation).toEqual({
      form: 'CHANGE',
      inputs: [
        { code: 'debtToAssetsRatio', asOf: '2025-12-31', value: '0.6', source: 'erp', snapshotId: now.id },
        { code: 'debtToAssetsRatio', asOf: '2024-12-31', value: '0.5', source: 'erp', snapshotId: before.id },
      ],
      peers: null,
    });
  });

  test.each([
    ['2025-12-31', 2, '2023-12-31'],
    ['2024-02-29', 1, '2023-02-28'],
    ['2024-02-29', 4, '2020-02-29'],
  ])('%s, %i years before, is %s', (day, years, expected) => {
    expect(yearsBefore(day, years)).toBe(expected);
  });
});

describe('an expert’s score', () => {
  const decide = (change: Partial<ExpertScore>): string => {
    const decision = decideExpertScore(
      { code: 'strategicFit', score: new Decimal(7.5), reason: ' why ', ...change },
      NOW,
    );
    return decision.ok
      ? `${decision.value.asOf} ${decision.value.values['strategicFit']} ${decision.value.reason}`
      : messageKey(decision.refusal);
  };
  test.each<[string, Partial<ExpertScore>, string]>([
    ['is of today', {}, '2026-01-15 7.5 why'],
    ['or of a day before', { asOf: '2025-12-31' }, '2025-12-31 7.5 why'],
    ['of nothing', { code: 'nothing' }, 'NOT_FOUND.INDICATOR'],
    ['of what is measured', { code: 'roa', reason: '' }, 'INVALID.NOT_BY_EXPERTS'],
    ['too precise', { score: new Decimal('1.0000000000000001'), reason: '' }, 'OUT_OF_RANGE.TOO_PRECISE'],
    ['beyond the scale', { score: new Decimal('10.1'), reason: '' }, 'OUT_OF_RANGE.VALUE'],
    ['without a reason', { reason: ' ', asOf: 'x' }, 'REQUIRED.REASON'],
    ['of no day', { asOf: '2025-02-30' }, 'INVALID.AS_OF'],
    ['of a day to come', { asOf: '2026-01-17' }, 'OUT_OF_RANGE.FUTURE_DATE'],
  ])('%s', (_, change, expected) => {
    expect(decide(change)).toBe(expected);
  });
});

describe('the severity of a complaint', () => {
  test.each<[string, number, string[]]>([
    ['麻烦回个电话。', 1, []],
    ['第三次发现质量问题，要求退货！', 7, ['QUALITY 质量问题', 'RETURN 退货', 'REPEATED 第三次']],
    ['货物没有任何质量问题，只是发票开错了', 2, ['QUALITY 质量问题 negated', 'BILLING 发票']],
    ['没有按时交货', 3, ['DELAY 没有按时']],
    ['不是延误，是损坏', 3, ['QUALITY 损坏', 'DELAY 延误 negated']],
    ['爆炸造成人员受伤，我们将起诉并索赔', 10, ['SAFETY 受伤', 'LEGAL 起诉', 'DAMAGES 索赔']],
    ['The pump was DEFECTIVE again; a refund, please.', 7, ['QUALITY defective', 'RETURN refund', 'REPEATED again']],
    ['There is no defect and we won’t go to court.', 5, ['LEGAL court', 'QUALITY defect negated']],
    ['Not one delay. Rude staff, though.', 2, ['DELAY delay negated', 'SERVICE rude']],
    ['A delayed lot, not delayed by us', 3, ['DELAY delayed']],
    ['latest issue of the catalogue', 1, []],
    ['ＦＲＡＵＤ', 6, ['FRAUD fraud']],
  ])('%s', (text, severity, expected) => {
    const rated = rateComplaint(text);
    expect(rated.matched.map(({ ruleId, term, negated }) => `${ruleId} ${term}${negated ? ' negated' : ''}`)).toEqual(
      expected,
    );
    expect(rated.severity).toBe(severity);
  });

  test('rules have names and terms of their own', () => {
    const terms = COMPLAINT_RULES.flatMap((rule) => rule.terms);
    expect(new Set(terms).size).toBe(terms.length);
    expect(terms.filter((term) => term !== term.normalize('NFKC').toLowerCase().trim() || term === '')).toEqual([]);
    expect(new Set(COMPLAINT_RULES.map(({ id }) => id)).size).toBe(COMPLAINT_RULES.length);
  });
});

test.each([
  ['请联系 li.ming@example.com.cn 或 13800138000', '请联系 [email] 或 [phone]'],
  ['身份证110101199003077758，卡号6222 0212 3456 7890 123', '身份证[id number],卡号[card number]'],
  ['+86 138-0013-8000, 010-62345678', '[phone], [phone]'],
  ['合同金额 1250000 元，订单 20251231-17', '合同金额 1250000 元,订单 20251231-17'],
])('%s is kept as %s', (text, kept) => {
  expect(withholdPersonalData(text)).toBe(kept);
});

test.each([
  [{ accepted: 100, stale: 0, contradicted: 0, refused: 0 }, '100.0'],
  [{ accepted: 90, stale: 9, contradicted: 0, refused: 10 }, '81.0'],
  [{ accepted: 50, stale: 25, contradicted: 25, refused: 50 }, '12.5'],
  [{ accepted: 0, stale: 0, contradicted: 0, refused: 3 }, '0.0'],
  [{ accepted: 0, stale: 0, contradicted: 0, refused: 0 }, null],
])('%j makes a quality of %s', (counts, expected) => {
  expect(sourceQuality(counts)).toBe(expected);
});
