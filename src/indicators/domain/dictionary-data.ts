/**
 * The rows of the indicator dictionary, one line per indicator, grouped by dimension. Pure data: the types, the
 * meaning of the units and the look-ups stand in dictionary.ts. A new indicator takes the next free ordinal; a
 * retired one keeps its own, so stored positions never change their meaning.
 */
import type { Cadence, IndicatorDefinition, IndicatorUnit, Sensitivity, Source } from './dictionary';

const HIGHER = { direction: 'HIGHER', band: null } as const;
const LOWER = { direction: 'LOWER', band: null } as const;
const bandOf = (low: number, high: number) => ({ direction: 'BAND', band: { low, high } }) as const;

/** Where a value comes from, how often, for how long it may be used, and who may see it. */
interface Supply {
  readonly source: Source;
  readonly cadence: Cadence;
  readonly maxAgeDays: number;
  readonly sensitivity: Sensitivity;
}
/** Yearly statements arrive months after the year's end: a value serves until the next ones are due. */
const STATEMENT: Supply = { source: 'INTERNAL', cadence: 'QUARTERLY', maxAgeDays: 550, sensitivity: 'INTERNAL' };
const LEDGER: Supply = { source: 'INTERNAL', cadence: 'MONTHLY', maxAgeDays: 120, sensitivity: 'INTERNAL' };
const CRM: Supply = { source: 'INTERNAL', cadence: 'QUARTERLY', maxAgeDays: 200, sensitivity: 'INTERNAL' };
const SURVEY: Supply = { source: 'INTERNAL', cadence: 'YEARLY', maxAgeDays: 400, sensitivity: 'INTERNAL' };
const BUREAU: Supply = { source: 'BUREAU', cadence: 'QUARTERLY', maxAgeDays: 200, sensitivity: 'CREDIT' };
const PUBLIC_RECORD: Supply = { source: 'BUREAU', cadence: 'EVENT', maxAgeDays: 400, sensitivity: 'INTERNAL' };
const INDUSTRY: Supply = { source: 'INDUSTRY', cadence: 'YEARLY', maxAgeDays: 550, sensitivity: 'INTERNAL' };
const MACRO: Supply = { source: 'MACRO', cadence: 'QUARTERLY', maxAgeDays: 200, sensitivity: 'INTERNAL' };
const EXPERT: Supply = { source: 'EXPERT', cadence: 'YEARLY', maxAgeDays: 400, sensitivity: 'INTERNAL' };

const derivedOf = (supply: Supply): Supply => ({ ...supply, source: 'DERIVED' });

type Range = readonly [min: number | null, max: number | null];
const FLAG: Range = [0, 1];
const FROM_ZERO: Range = [0, null];
const SHARE: Range = [0, 1];
/** Wide enough for a bad year, narrow enough to catch a percentage given where a ratio is meant. */
const MARGIN: Range = [-10, 2];
const GROWTH: Range = [-1, 20];
const OPEN: Range = [null, null];

type Preference = Pick<IndicatorDefinition, 'direction' | 'band'>;
type Row<Code extends string> = readonly [
  ordinal: number,
  code: Code,
  nameZh: string,
  nameEn: string,
  unit: IndicatorUnit,
  preference: Preference,
  range: Range,
  supply: Supply,
];

const inDimension = <const Code extends string>(
  dimension: IndicatorDefinition['dimension'],
  rows: readonly Row<Code>[],
): readonly (IndicatorDefinition & { readonly code: Code })[] =>
  rows.map(([ordinal, code, nameZh, nameEn, unit, preference, [min, max], supply]) => ({
    code,
    ordinal,
    dimension,
    nameZh,
    nameEn,
    unit,
    ...preference,
    range: { min, max },
    ...supply,
  }));

// One indicator a line reads better as a table than broken up.
// prettier-ignore
const CREDIT = inDimension('CREDIT', [
  [1, 'defaultsIn3Years', '近三年违约次数', 'Defaults in 3 years', 'COUNT', LOWER, FROM_ZERO, BUREAU],
  [2, 'daysPastDue', '逾期天数', 'Days past due', 'DAYS', LOWER, FROM_ZERO, LEDGER],
  [3, 'contractDisputeRate', '合同纠纷率', 'Contract dispute rate', 'RATIO', LOWER, SHARE, CRM],
  [4, 'bureauOverdueAmount', '征信逾期金额', 'Overdue amount in the credit report', 'CNY', LOWER, FROM_ZERO, BUREAU],
  [5, 'externalGuarantees', '对外担保金额', 'External guarantees', 'CNY', LOWER, FROM_ZERO, BUREAU],
  [6, 'guaranteesToNetWorth', '对外担保比率', 'External guarantees to net worth', 'RATIO', LOWER, FROM_ZERO, BUREAU],
  [7, 'blacklistHit', '行业黑名单命中', 'Industry blacklist hit', 'FLAG', LOWER, FLAG, PUBLIC_RECORD],
  [8, 'bankruptcyFiled', '破产申请', 'Bankruptcy filed', 'FLAG', LOWER, FLAG, PUBLIC_RECORD],
  [9, 'openLawsuits', '未结被诉案件数', 'Open lawsuits as defendant', 'COUNT', LOWER, FROM_ZERO, PUBLIC_RECORD],
  [10, 'externalLawsuits', '近三年涉诉案件数', 'Lawsuits in 3 years', 'COUNT', LOWER, FROM_ZERO, PUBLIC_RECORD],
  [11, 'courtEnforcements', '被执行记录数', 'Court enforcements on record', 'COUNT', LOWER, FROM_ZERO, PUBLIC_RECORD],
  [12, 'paidOnTimeRate', '按时付款率', 'Share of invoices paid on time', 'RATIO', HIGHER, SHARE, LEDGER],
  [13, 'overdueReceivablesShare', '逾期应收占比', 'Overdue share of receivables', 'RATIO', LOWER, SHARE, LEDGER],
  [14, 'ownershipChangesIn1Year', '近一年股权变更次数', 'Ownership changes in 1 year', 'COUNT', LOWER, FROM_ZERO, PUBLIC_RECORD],
  [15, 'negativeNewsIn90Days', '近90天负面舆情数', 'Negative news items in 90 days', 'COUNT', LOWER, FROM_ZERO, PUBLIC_RECORD],
  [16, 'borrowingDependency', '借款依存度', 'Borrowing dependency (borrowings to net worth)', 'RATIO', LOWER, OPEN, STATEMENT],
  [17, 'cashFlowToLiabilities', '现金流动负债比率', 'Operating cash flow to liabilities', 'RATIO', HIGHER, OPEN, STATEMENT],
  [18, 'interestExpenseRatio', '利息支出率', 'Interest expense to revenue', 'RATIO', LOWER, OPEN, STATEMENT],
]);

// prettier-ignore
const OPERATION = inDimension('OPERATION', [
  [19, 'interestCover', '利息保障倍数', 'Interest cover (EBIT to interest)', 'TIMES', HIGHER, OPEN, STATEMENT],
  [20, 'annualRevenue', '年营业收入', 'Annual revenue', 'CNY', HIGHER, FROM_ZERO, STATEMENT],
  [21, 'netMargin', '销售净利率', 'Net margin', 'RATIO', HIGHER, MARGIN, STATEMENT],
  [22, 'grossMargin', '销售毛利率', 'Gross margin', 'RATIO', HIGHER, MARGIN, STATEMENT],
  [23, 'operatingMargin', '营业利润率', 'Operating margin', 'RATIO', HIGHER, MARGIN, STATEMENT],
  [24, 'pretaxMargin', '税前利润率', 'Pre-tax margin', 'RATIO', HIGHER, MARGIN, STATEMENT],
  [25, 'roa', '总资产收益率', 'Return on assets (net income to total assets)', 'RATIO', HIGHER, MARGIN, STATEMENT],
  [26, 'roaBeforeInterest', '息前总资产收益率', 'Return on assets before interest and depreciation', 'RATIO', HIGHER, MARGIN, STATEMENT],
  [27, 'roe', '净资产收益率', 'Return on equity', 'RATIO', HIGHER, OPEN, STATEMENT],
  [28, 'profitToPaidInCapital', '实收资本利润率', 'Pre-tax profit to paid-in capital', 'RATIO', HIGHER, OPEN, STATEMENT],
  [29, 'earningsPerShare', '每股收益', 'Earnings per share, last four quarters', 'CNY', HIGHER, OPEN, STATEMENT],
  [30, 'netAssetsPerShare', '每股净资产', 'Net assets per share', 'CNY', HIGHER, OPEN, STATEMENT],
  [31, 'incomeToExpense', '收入费用比', 'Total income to total expense', 'TIMES', HIGHER, FROM_ZERO, STATEMENT],
  [32, 'debtToAssetsRatio', '资产负债率', 'Debt to assets', 'RATIO', LOWER, [0, 10], STATEMENT],
  [33, 'debtToEquity', '产权比率', 'Debt to equity', 'RATIO', LOWER, OPEN, STATEMENT],
  [34, 'equityToLiabilities', '权益负债比', 'Equity to liabilities', 'RATIO', HIGHER, OPEN, STATEMENT],
  [35, 'currentRatio', '流动比率', 'Current ratio', 'TIMES', HIGHER, FROM_ZERO, STATEMENT],
  [36, 'quickRatio', '速动比率', 'Quick ratio', 'TIMES', HIGHER, FROM_ZERO, STATEMENT],
  [37, 'cashRatio', '现金比率', 'Cash to current liabilities', 'TIMES', HIGHER, FROM_ZERO, STATEMENT],
  [38, 'cashToAssets', '现金资产比', 'Cash to total assets', 'RATIO', HIGHER, SHARE, STATEMENT],
  [39, 'workingCapitalToAssets', '营运资金占总资产比', 'Working capital to total assets', 'RATIO', HIGHER, [-10, 1], STATEMENT],
  [40, 'retainedEarningsToAssets', '留存收益占总资产比', 'Retained earnings to total assets', 'RATIO', HIGHER, [null, 1], STATEMENT],
  [41, 'currentLiabilitiesToAssets', '流动负债占总资产比', 'Current liabilities to total assets', 'RATIO', LOWER, [0, 10], STATEMENT],
  [42, 'currentLiabilitiesToCurrentAssets', '流动负债占流动资产比', 'Current liabilities to current assets', 'RATIO', LOWER, FROM_ZERO, STATEMENT],
  [43, 'operatingCashFlowToAssets', '总资产现金回收率', 'Operating cash flow to total assets', 'RATIO', HIGHER, OPEN, STATEMENT],
  [44, 'operatingCashFlowToSales', '销售现金比率', 'Operating cash flow to sales', 'RATIO', HIGHER, OPEN, STATEMENT],
  [45, 'assetTurnover', '总资产周转率', 'Total asset turnover', 'TIMES', HIGHER, FROM_ZERO, STATEMENT],
  [46, 'receivablesTurnover', '应收账款周转率', 'Receivables turnover', 'TIMES', HIGHER, FROM_ZERO, STATEMENT],
  [47, 'averageCollectionDays', '平均收现天数', 'Average collection period', 'DAYS', LOWER, FROM_ZERO, STATEMENT],
  [48, 'inventoryTurnover', '存货周转率', 'Inventory turnover (manufacturing)', 'TIMES', HIGHER, FROM_ZERO, STATEMENT],
  [49, 'operatingProfitPerEmployee', '人均营业利润', 'Operating profit per employee', 'CNY', HIGHER, OPEN, STATEMENT],
  [50, 'acquisitionPaybackMonths', '客户获取成本回收期', 'Payback time of customer acquisition (services)', 'MONTHS', LOWER, FROM_ZERO, CRM],
  [51, 'supplyStability', '供货稳定率', 'Supply stability: orders fulfilled as agreed (manufacturing)', 'RATIO', HIGHER, SHARE, CRM],
  [52, 'capacityUse', '产能利用率', 'Capacity use (manufacturing)', 'RATIO', bandOf(0.75, 0.9), [0, 1.5], CRM],
  [53, 'onlineSalesShare', '线上销售占比', 'Online share of sales (retail)', 'RATIO', HIGHER, SHARE, CRM],
  [54, 'memberActivityRate', '会员活跃度', 'Share of members active (retail)', 'RATIO', HIGHER, SHARE, CRM],
  [55, 'greenPowerShare', '绿电占比', 'Share of green power (new energy)', 'RATIO', HIGHER, SHARE, CRM],
]);

// prettier-ignore
const COOPERATION = inDimension('COOPERATION', [
  [56, 'yearlyTurnoverWithUs', '年度合作交易额', 'Yearly turnover with us', 'CNY', HIGHER, FROM_ZERO, LEDGER],
  [57, 'shareOfOurTurnover', '占我方年交易额比重', 'Share of our yearly turnover', 'RATIO', HIGHER, SHARE, LEDGER],
  [58, 'grossMarginContribution', '毛利贡献率', 'Contribution to our gross margin', 'RATIO', HIGHER, [-1, 1], LEDGER],
  [59, 'crossPurchaseRate', '交叉购买率', 'Cross-purchase rate', 'RATIO', HIGHER, SHARE, LEDGER],
  [60, 'remainingContractMonths', '剩余合同期限', 'Remaining contract term', 'MONTHS', HIGHER, FROM_ZERO, CRM],
  [61, 'complaintResolutionDays', '投诉处理时长', 'Complaint resolution time', 'DAYS', LOWER, FROM_ZERO, CRM],
  [62, 'complaintCount', '近一年投诉次数', 'Complaints in 1 year', 'COUNT', LOWER, FROM_ZERO, CRM],
  [63, 'complaintSeverity', '投诉严重程度', 'Complaint severity, 0 (none) to 10', 'SCORE', LOWER, [0, 10], CRM],
  [64, 'cooperationYears', '合作年限', 'Years of cooperation', 'YEARS', HIGHER, FROM_ZERO, CRM],
  [65, 'renewalRate', '续约率', 'Renewal rate', 'RATIO', HIGHER, SHARE, CRM],
  [66, 'satisfactionScore', '客户满意度', 'Satisfaction, 0 to 100', 'SCORE', HIGHER, [0, 100], SURVEY],
  [67, 'netPromoterScore', '净推荐值', 'Net promoter score, -100 to 100', 'SCORE', HIGHER, [-100, 100], SURVEY],
  [68, 'repurchaseRate', '复购率', 'Repurchase rate (services)', 'RATIO', HIGHER, SHARE, LEDGER],
  [69, 'ordersIn1Year', '近一年订单数', 'Orders in 1 year', 'COUNT', HIGHER, FROM_ZERO, LEDGER],
]);

// prettier-ignore
const POTENTIAL = inDimension('POTENTIAL', [
  [70, 'revenueGrowth2Years', '近两年营收增长率', 'Revenue growth over 2 years', 'RATIO', HIGHER, GROWTH, STATEMENT],
  [71, 'marketShareGain', '市场份额增长', 'Market-share gain in 1 year', 'RATIO', HIGHER, [-1, 1], INDUSTRY],
  [72, 'strategicFit', '战略契合度', 'Strategic fit, 0 to 10', 'SCORE', HIGHER, [0, 10], EXPERT],
  [73, 'researchIntensity', '研发投入强度', 'R&D expense to revenue', 'RATIO', HIGHER, [0, 10], STATEMENT],
  [74, 'assetGrowth', '总资产增长率', 'Total asset growth', 'RATIO', HIGHER, GROWTH, STATEMENT],
  [75, 'netAssetGrowth', '净资产增长率', 'Net asset growth', 'RATIO', HIGHER, OPEN, STATEMENT],
  [76, 'netProfitGrowth', '净利润增长率', 'Net profit growth', 'RATIO', HIGHER, OPEN, STATEMENT],
  [77, 'operatingProfitGrowth', '营业利润增长率', 'Operating profit growth', 'RATIO', HIGHER, OPEN, STATEMENT],
  [78, 'turnoverGrowthWithUs', '合作交易额增长率', 'Growth of turnover with us in 1 year', 'RATIO', HIGHER, GROWTH, LEDGER],
  [79, 'industryOutlook', '行业景气度', 'Industry outlook, 0 to 100', 'SCORE', HIGHER, [0, 100], MACRO],
]);

// What came later stands behind all that was there before, whatever its dimension.
// prettier-ignore
const VALUE = inDimension('COOPERATION', [
  [80, 'yearlyGrossMarginWithUs', '年度合作毛利额', 'Yearly gross margin earned with the customer', 'CNY', HIGHER, OPEN, LEDGER],
]);

// prettier-ignore
const DERIVED = [
  ...inDimension('OPERATION', [
    [81, 'debtRatioJump', '资产负债率同比变动', 'Change of debt to assets in 1 year', 'RATIO', LOWER, OPEN, derivedOf(STATEMENT)],
    [82, 'netMarginToPeers', '净利率与同业中位数之差', 'Net margin above the median of the industry', 'RATIO', HIGHER, OPEN, derivedOf(STATEMENT)],
    [83, 'receivablesTurnoverToPeers', '应收账款周转率偏离同业中位数', 'Receivables turnover against the median of the industry', 'RATIO', HIGHER, OPEN, derivedOf(STATEMENT)],
  ]),
  ...inDimension('CREDIT', [
    [84, 'guaranteesToRevenue', '对外担保占营收比', 'External guarantees to revenue', 'RATIO', LOWER, FROM_ZERO, derivedOf(BUREAU)],
  ]),
  ...inDimension('COOPERATION', [
    [85, 'daysSinceLastOrder', '距上次下单天数', 'Days since the last order', 'DAYS', LOWER, FROM_ZERO, LEDGER],
  ]),
];

export const DICTIONARY_ROWS = [...CREDIT, ...OPERATION, ...COOPERATION, ...POTENTIAL, ...VALUE, ...DERIVED];
