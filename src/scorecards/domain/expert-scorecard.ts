/**
 * The expert scorecard as delivered, version 1: credit 40, operation 30, cooperation 20, potential 10 (domain rule D14),
 * deciles within the industry. Its weights come from what the dimensions are meant to say, not from fitting outcomes.
 * Later versions are published as data; this one is only the start of a new installation.
 */
import { indicatorOf, type Dimension, type IndicatorCode } from '../../indicators/domain/dictionary';
import type { ScorecardDefinition } from './scorecard-definition';

export const EXPERT_SCORECARD_CODE = 'expert';

const characteristic = (indicator: IndicatorCode, weight: string) => {
  const { dimension } = indicatorOf(indicator);
  return {
    id: indicator,
    indicator,
    dimension,
    weight,
    normalisation: { kind: 'DECILE' },
    missing: { kind: 'INDUSTRY_MEAN' },
    noteWhenMissing: NOTE_OF[dimension],
  } as const;
};

const NOTE_OF: Record<Dimension, string> = {
  CREDIT: 'CREDIT_INFORMATION_MISSING',
  OPERATION: 'OPERATION_INFORMATION_MISSING',
  COOPERATION: 'COOPERATION_INFORMATION_MISSING',
  POTENTIAL: 'POTENTIAL_INFORMATION_MISSING',
};

export const EXPERT_SCORECARD: ScorecardDefinition = {
  schema: 1,
  name: { zh: '专家评分卡', en: 'Expert scorecard' },
  dimensionWeights: { CREDIT: '40', OPERATION: '30', COOPERATION: '20', POTENTIAL: '10' },
  characteristics: [
    // Credit: how it paid, and what it already has to carry.
    characteristic('defaultsIn3Years', '6'),
    characteristic('daysPastDue', '6'),
    characteristic('paidOnTimeRate', '4'),
    characteristic('overdueReceivablesShare', '3'),
    characteristic('bureauOverdueAmount', '4'),
    characteristic('contractDisputeRate', '3'),
    characteristic('externalLawsuits', '2'),
    characteristic('courtEnforcements', '2'),
    characteristic('guaranteesToNetWorth', '3'),
    characteristic('borrowingDependency', '4'),
    characteristic('cashFlowToLiabilities', '3'),
    // Operation: earning power first, then structure, liquidity, efficiency.
    characteristic('roa', '3'),
    characteristic('netMargin', '2'),
    characteristic('operatingMargin', '1.5'),
    characteristic('grossMargin', '1'),
    characteristic('roe', '1.5'),
    characteristic('retainedEarningsToAssets', '2.5'),
    characteristic('debtToAssetsRatio', '3'),
    characteristic('interestCover', '2'),
    characteristic('currentRatio', '1.5'),
    characteristic('quickRatio', '2'),
    characteristic('cashRatio', '1'),
    characteristic('workingCapitalToAssets', '1.5'),
    characteristic('operatingCashFlowToAssets', '1.5'),
    characteristic('assetTurnover', '1'),
    characteristic('receivablesTurnover', '1.5'),
    characteristic('inventoryTurnover', '1'),
    characteristic('capacityUse', '1'),
    characteristic('annualRevenue', '1.5'),
    // Cooperation: what the customer is to us, and how smooth it is.
    characteristic('shareOfOurTurnover', '3'),
    characteristic('grossMarginContribution', '3'),
    characteristic('crossPurchaseRate', '2'),
    characteristic('remainingContractMonths', '2'),
    characteristic('cooperationYears', '2'),
    characteristic('renewalRate', '2'),
    characteristic('satisfactionScore', '2'),
    characteristic('complaintResolutionDays', '1.5'),
    characteristic('complaintCount', '1'),
    characteristic('complaintSeverity', '1.5'),
    // Potential.
    characteristic('revenueGrowth2Years', '3'),
    characteristic('marketShareGain', '2'),
    characteristic('strategicFit', '1.5'),
    characteristic('researchIntensity', '1.5'),
    characteristic('netAssetGrowth', '1'),
    characteristic('netProfitGrowth', '1'),
  ],
  knockOuts: [
    {
      id: 'bankruptcy',
      indicator: 'bankruptcyFiled',
      op: 'EQ',
      value: 1,
      capGrade: 'C',
      reason: { zh: '已进入破产程序', en: 'Bankruptcy proceedings have been filed' },
    },
    {
      id: 'blacklist',
      indicator: 'blacklistHit',
      op: 'EQ',
      value: 1,
      capGrade: 'C',
      reason: { zh: '命中行业黑名单', en: 'Listed on the industry blacklist' },
    },
    {
      id: 'lawsuit',
      indicator: 'openLawsuits',
      op: 'GTE',
      value: 1,
      capGrade: 'B',
      reason: { zh: '存在未结被诉案件', en: 'Defendant in an open lawsuit' },
    },
    {
      id: 'longOverdue',
      indicator: 'daysPastDue',
      op: 'GT',
      value: 90,
      capGrade: 'CCC',
      reason: { zh: '逾期超过90天', en: 'More than 90 days past due' },
    },
    {
      id: 'insolvent',
      indicator: 'debtToAssetsRatio',
      op: 'GT',
      value: 1,
      capGrade: 'CCC',
      reason: { zh: '资不抵债', en: 'Liabilities exceed assets' },
    },
  ],
  gradeThresholds: [
    { grade: 'AAA', minScore: '90' },
    { grade: 'AA', minScore: '80' },
    { grade: 'A', minScore: '70' },
    { grade: 'BBB', minScore: '60' },
    { grade: 'BB', minScore: '50' },
    { grade: 'B', minScore: '40' },
    { grade: 'CCC', minScore: '30' },
    { grade: 'CC', minScore: '20' },
    { grade: 'C', minScore: '0' },
  ],
  notes: [
    { code: NOTE_OF.CREDIT, text: { zh: '信用信息不足', en: 'Credit information is incomplete' } },
    { code: NOTE_OF.OPERATION, text: { zh: '经营信息不足', en: 'Operating information is incomplete' } },
    { code: NOTE_OF.COOPERATION, text: { zh: '合作信息不足', en: 'Cooperation information is incomplete' } },
    { code: NOTE_OF.POTENTIAL, text: { zh: '潜力信息不足', en: 'Information on potential is incomplete' } },
  ],
};
