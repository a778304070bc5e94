/**
 * The industries of the sample portfolio: trades for the names, and the levels a middling company of each industry
 * shows. Figures are believable orders of magnitude, not statistics.
 */

/** Codes of the industry table that the sample uses. */
export type SampleIndustry = 'MANUFACTURING' | 'SERVICES' | 'RETAIL' | 'FINANCE' | 'NEW_ENERGY';

interface Trade {
  readonly zh: string;
  readonly en: string;
}

export interface IndustryProfile {
  readonly industry: SampleIndustry;
  readonly weight: number;
  readonly trades: readonly Trade[];
  /** Yearly revenue of the median company, in million yuan. */
  readonly revenueMillion: number;
  readonly grossMargin: number;
  readonly operatingMargin: number;
  /** Revenue to total assets, a year. */
  readonly assetTurnover: number;
  readonly debtToAssets: number;
  readonly currentRatio: number;
  /** Current share of the liabilities. */
  readonly currentShareOfDebt: number;
  /** Times a year. */
  readonly receivablesTurnover: number;
  /** Times a year; null where goods are not kept. */
  readonly inventoryTurnover: number | null;
  readonly researchIntensity: number;
  readonly revenuePerEmployeeThousand: number;
  /** Revenue growth in a year of the median company. */
  readonly growth: number;
  /** Outlook points 0–100 in the last quarter, and by how much they rose in each quarter before it. */
  readonly outlook: number;
  readonly outlookDrift: number;
  /** Factor on turnover with us by calendar quarter, first quarter first (spring festival, singles' day …). */
  readonly season: readonly [number, number, number, number];
}

const trade = (zh: string, en: string): Trade => ({ zh, en });

export const INDUSTRY_PROFILES: readonly IndustryProfile[] = [
  {
    industry: 'MANUFACTURING',
    weight: 38,
    trades: [
      trade('精密机械', 'Precision Machinery'),
      trade('电子科技', 'Electronics'),
      trade('汽车零部件', 'Auto Parts'),
      trade('新材料科技', 'New Materials'),
      trade('化工', 'Chemicals'),
      trade('包装材料', 'Packaging'),
      trade('五金制品', 'Hardware'),
      trade('医疗器械', 'Medical Devices'),
      trade('食品', 'Foods'),
      trade('纺织', 'Textiles'),
      trade('塑胶制品', 'Plastics'),
      trade('自动化设备', 'Automation Equipment'),
    ],
    revenueMillion: 320,
    grossMargin: 0.22,
    operatingMargin: 0.06,
    assetTurnover: 0.9,
    debtToAssets: 0.52,
    currentRatio: 1.45,
    currentShareOfDebt: 0.78,
    receivablesTurnover: 5.5,
    inventoryTurnover: 5,
    researchIntensity: 0.035,
    revenuePerEmployeeThousand: 900,
    growth: 0.06,
    outlook: 52,
    outlookDrift: 0.4,
    season: [0.86, 1.02, 1.03, 1.09],
  },
  {
    industry: 'SERVICES',
    weight: 22,
    trades: [
      trade('人力资源服务', 'Staffing Services'),
      trade('广告传媒', 'Advertising'),
      trade('企业管理咨询', 'Management Consulting'),
      trade('检测技术服务', 'Testing Services'),
      trade('物业服务', 'Property Services'),
      trade('供应链管理', 'Supply Chain Management'),
      trade('酒店管理', 'Hotel Management'),
      trade('会展服务', 'Exhibition Services'),
    ],
    revenueMillion: 140,
    grossMargin: 0.34,
    operatingMargin: 0.09,
    assetTurnover: 1.1,
    debtToAssets: 0.45,
    currentRatio: 1.7,
    currentShareOfDebt: 0.85,
    receivablesTurnover: 6.5,
    inventoryTurnover: null,
    researchIntensity: 0.012,
    revenuePerEmployeeThousand: 520,
    growth: 0.09,
    outlook: 58,
    outlookDrift: 0.7,
    season: [0.9, 1, 1.02, 1.08],
  },
  {
    industry: 'RETAIL',
    weight: 20,
    trades: [
      trade('商贸', 'Trading'),
      trade('百货', 'Department Stores'),
      trade('连锁超市', 'Supermarkets'),
      trade('电子商务', 'E-Commerce'),
      trade('家居用品', 'Home Furnishings'),
      trade('服饰', 'Apparel'),
      trade('医药连锁', 'Pharmacies'),
    ],
    revenueMillion: 260,
    grossMargin: 0.26,
    operatingMargin: 0.04,
    assetTurnover: 1.7,
    debtToAssets: 0.58,
    currentRatio: 1.25,
    currentShareOfDebt: 0.86,
    receivablesTurnover: 14,
    inventoryTurnover: 7,
    researchIntensity: 0.006,
    revenuePerEmployeeThousand: 1200,
    growth: 0.04,
    outlook: 45,
    outlookDrift: -0.5,
    season: [1.04, 0.92, 0.94, 1.1],
  },
  {
    industry: 'FINANCE',
    weight: 8,
    trades: [
      trade('融资租赁', 'Financial Leasing'),
      trade('商业保理', 'Commercial Factoring'),
      trade('融资担保', 'Financing Guarantee'),
      trade('小额贷款', 'Microcredit'),
    ],
    revenueMillion: 210,
    grossMargin: 0.5,
    operatingMargin: 0.22,
    assetTurnover: 0.16,
    debtToAssets: 0.68,
    currentRatio: 1.3,
    currentShareOfDebt: 0.6,
    receivablesTurnover: 2.2,
    inventoryTurnover: null,
    researchIntensity: 0.008,
    revenuePerEmployeeThousand: 1900,
    growth: 0.05,
    outlook: 49,
    outlookDrift: 0,
    season: [0.95, 1, 1, 1.05],
  },
  {
    industry: 'NEW_ENERGY',
    weight: 12,
    trades: [
      trade('光伏科技', 'Photovoltaics'),
      trade('储能技术', 'Energy Storage'),
      trade('风电设备', 'Wind Power Equipment'),
      trade('新能源科技', 'New Energy'),
      trade('动力电池', 'Traction Batteries'),
    ],
    revenueMillion: 450,
    grossMargin: 0.19,
    operatingMargin: 0.055,
    assetTurnover: 0.7,
    debtToAssets: 0.6,
    currentRatio: 1.3,
    currentShareOfDebt: 0.7,
    receivablesTurnover: 4.2,
    inventoryTurnover: 4.5,
    researchIntensity: 0.06,
    revenuePerEmployeeThousand: 1300,
    growth: 0.14,
    outlook: 63,
    outlookDrift: -1.2,
    season: [0.8, 1, 1.05, 1.15],
  },
];
