/**
 * Draws a company's indicator values quarter by quarter: a small set of books whose ratios agree with one another, and
 * the marks it leaves in our own ledgers, at the bureau and in the press. Everything hangs on one latent quality, so a
 * company that is good at one thing is mostly good at the others. It knows nothing of scorecards.
 */
import { indicatorOf, type IndicatorCode, type IndicatorUnit } from '../../src/indicators';
import { demand } from './demand';
import type { IndustryProfile } from './industries';
import type { Random } from './random';
import { QUARTERS } from './stories';

export type QuarterValues = Partial<Record<IndicatorCode, number>>;

export interface CompanyTraits {
  readonly profile: IndustryProfile;
  /** Revenue relative to the industry's median company. */
  readonly sizeFactor: number;
  /** Whether figures per share exist. */
  readonly jointStock: boolean;
  /** Quality in standard deviations of the industry; quarters before the first are asked for as negative numbers. */
  readonly quality: (quarter: number) => number;
  /** 0–3: the calendar quarter of quarter 0. */
  readonly firstCalendarQuarter: number;
}

/** Correlation of each trait with the latent quality. Weaker, and no company would stand out on a whole scorecard. */
const LOADING = 0.82;
/** Of what quality does not explain, the share that stays with the company; the rest is new in every quarter. */
const PERSISTENCE = 0.85;

/** Two years before the sample begin, so that growth over two years has a base. */
const HISTORY = -QUARTERS;

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const logit = (share: number): number => Math.log(share / (1 - share));
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** A trait by quarter, standard normal over companies of one industry; higher is better. */
type Trait = (quarter: number) => number;

const traitsOf = (random: Random, quality: (quarter: number) => number): ((name: string) => Trait) => {
  const drawn = new Map<string, Trait>();
  const remainder = Math.sqrt(1 - LOADING ** 2);
  const draw = (name: string): Trait => {
    const stream = random.fork(name);
    const lasting = stream.normal() * PERSISTENCE;
    const byQuarter = Array.from(
      { length: QUARTERS - HISTORY },
      (_, at) =>
        LOADING * quality(at + HISTORY) + remainder * (lasting + Math.sqrt(1 - PERSISTENCE ** 2) * stream.normal()),
    );
    return (quarter) => demand(byQuarter[quarter - HISTORY], `quarter ${quarter}`);
  };
  return (name) => {
    const known = drawn.get(name) ?? draw(name);
    drawn.set(name, known);
    return known;
  };
};

/** The books of one quarter end, in yuan; flows are those of the last four quarters. */
interface Books {
  readonly revenue: number;
  readonly grossMargin: number;
  readonly operatingProfit: number;
  readonly interest: number;
  readonly pretaxProfit: number;
  readonly netProfit: number;
  readonly operatingCashFlow: number;
  readonly assets: number;
  readonly liabilities: number;
  readonly equity: number;
  readonly currentAssets: number;
  readonly currentLiabilities: number;
  readonly inventory: number;
  readonly receivables: number;
  readonly cash: number;
  readonly borrowings: number;
}

const keepBooks = (company: CompanyTraits, trait: (name: string) => Trait): ((quarter: number) => Books) => {
  const { profile, sizeFactor } = company;
  const books: Books[] = [];
  let revenue = profile.revenueMillion * 1e6 * sizeFactor;
  for (let quarter = HISTORY; quarter < QUARTERS; quarter++) {
    const z = (name: string): number => trait(name)(quarter);
    revenue *= 1 + (profile.growth + 0.11 * z('growth')) / 4;

    const grossMargin = clamp(profile.grossMargin * (1 + 0.24 * z('grossMargin')), -0.2, 0.9);
    const overheads = (profile.grossMargin - profile.operatingMargin) * (1 - 0.07 * z('overheads'));
    const operatingProfit = (grossMargin - overheads) * revenue;

    const assets = revenue / (profile.assetTurnover * Math.exp(0.13 * z('assetTurnover')));
    const liabilities = assets * clamp(logistic(logit(profile.debtToAssets) - 0.55 * z('debt')), 0.03, 0.97);
    const equity = assets - liabilities;
    const currentLiabilities = liabilities * profile.currentShareOfDebt;
    const currentAssets = Math.min(
      currentLiabilities * profile.currentRatio * Math.exp(0.3 * z('liquidity')),
      0.94 * assets,
    );
    const receivables = Math.min(
      revenue / (profile.receivablesTurnover * Math.exp(0.3 * z('collections'))),
      0.55 * currentAssets,
    );
    const inventory =
      profile.inventoryTurnover === null
        ? 0.01 * currentAssets
        : Math.min(
            (revenue * (1 - grossMargin)) / (profile.inventoryTurnover * Math.exp(0.3 * z('stock'))),
            0.4 * currentAssets,
          );
    const cash = Math.min(currentAssets * logistic(-1.1 + 0.5 * z('cash')), currentAssets - receivables - inventory);

    const borrowings = Math.min(equity * 0.5 * Math.exp(-0.55 * z('borrowing')), 0.9 * liabilities);
    const interest = borrowings * 0.048;
    const pretaxProfit = operatingProfit - interest;
    const netProfit = pretaxProfit > 0 ? pretaxProfit * 0.77 : pretaxProfit;
    const operatingCashFlow = 0.8 * netProfit + assets * (0.03 + 0.02 * z('cashFlow'));
    books.push({
      revenue, grossMargin, operatingProfit, interest, pretaxProfit, netProfit, operatingCashFlow, assets, liabilities,
      equity, currentAssets, currentLiabilities, inventory, receivables, cash, borrowings,
    }); // prettier-ignore
  }
  return (quarter) => demand(books[quarter - HISTORY], `quarter ${quarter}`);
};

const growthOf = (now: number, before: number): number => clamp((now - before) / Math.abs(before), -5, 5);

const statementValues = (
  company: CompanyTraits,
  books: (quarter: number) => Books,
  trait: (name: string) => Trait,
  quarter: number,
): QuarterValues => {
  const now = books(quarter);
  const lastYear = books(quarter - 4);
  const start = books(HISTORY);
  const paidInCapital = 0.2 * start.assets;
  const employees = start.revenue / (company.profile.revenuePerEmployeeThousand * 1000);
  // Turnover ratios are annualised from the quarter's own sales, so they breathe with the season.
  const season = demand(company.profile.season[(company.firstCalendarQuarter + quarter) % 4], 'the season');
  const receivablesTurnover = (now.revenue * season) / now.receivables;
  return {
    annualRevenue: now.revenue,
    grossMargin: now.grossMargin,
    operatingMargin: now.operatingProfit / now.revenue,
    pretaxMargin: now.pretaxProfit / now.revenue,
    netMargin: now.netProfit / now.revenue,
    roa: now.netProfit / now.assets,
    roaBeforeInterest: now.operatingProfit / now.assets + 0.03,
    roe: now.netProfit / now.equity,
    profitToPaidInCapital: now.pretaxProfit / paidInCapital,
    ...(company.jointStock
      ? { earningsPerShare: now.netProfit / paidInCapital, netAssetsPerShare: now.equity / paidInCapital }
      : {}),
    incomeToExpense: now.revenue / (now.revenue - now.pretaxProfit),
    debtToAssetsRatio: now.liabilities / now.assets,
    debtToEquity: now.liabilities / now.equity,
    equityToLiabilities: now.equity / now.liabilities,
    currentRatio: now.currentAssets / now.currentLiabilities,
    quickRatio: (now.currentAssets - now.inventory) / now.currentLiabilities,
    cashRatio: (now.cash * season) / now.currentLiabilities,
    cashToAssets: now.cash / now.assets,
    workingCapitalToAssets: (now.currentAssets - now.currentLiabilities) / now.assets,
    retainedEarningsToAssets: Math.min(0.16 + 0.13 * trait('retained')(quarter), (0.8 * now.equity) / now.assets),
    currentLiabilitiesToAssets: now.currentLiabilities / now.assets,
    currentLiabilitiesToCurrentAssets: now.currentLiabilities / now.currentAssets,
    operatingCashFlowToAssets: now.operatingCashFlow / now.assets,
    operatingCashFlowToSales: now.operatingCashFlow / now.revenue,
    cashFlowToLiabilities: now.operatingCashFlow / now.liabilities,
    borrowingDependency: now.borrowings / now.equity,
    interestExpenseRatio: now.interest / now.revenue,
    interestCover: clamp(now.operatingProfit / now.interest, -40, 150),
    assetTurnover: now.revenue / now.assets,
    receivablesTurnover,
    averageCollectionDays: 365 / receivablesTurnover,
    ...(company.profile.inventoryTurnover === null
      ? {}
      : { inventoryTurnover: (now.revenue * (1 - now.grossMargin) * season) / now.inventory }),
    operatingProfitPerEmployee: now.operatingProfit / employees,
    revenueGrowth2Years: growthOf(now.revenue, books(quarter - 8).revenue),
    assetGrowth: growthOf(now.assets, lastYear.assets),
    netAssetGrowth: growthOf(now.equity, lastYear.equity),
    netProfitGrowth: growthOf(now.netProfit, lastYear.netProfit),
    operatingProfitGrowth: growthOf(now.operatingProfit, lastYear.operatingProfit),
    researchIntensity: company.profile.researchIntensity * Math.exp(0.45 * trait('research')(quarter)),
  };
};

const creditValues = (now: Books, z: (name: string) => number): QuarterValues => {
  const standing = z('bureau');
  const guaranteesToNetWorth = 0.12 * Math.exp(-0.7 * z('guarantees'));
  return {
    defaultsIn3Years: standing < -2.3 ? 3 : standing < -1.8 ? 2 : standing < -1.2 ? 1 : 0,
    bureauOverdueAmount: standing > 0.5 ? 0 : now.revenue * 0.001 * (Math.exp(-0.9 * standing) - 0.6),
    guaranteesToNetWorth,
    externalGuarantees: guaranteesToNetWorth * now.equity,
    blacklistHit: 0,
    bankruptcyFiled: 0,
    openLawsuits: z('lawsuits') < -2.1 ? 2 : z('lawsuits') < -1.5 ? 1 : 0,
    externalLawsuits: Math.max(0, Math.round(1.1 * Math.exp(-0.8 * z('lawsuits')) - 0.5)),
    courtEnforcements: z('lawsuits') < -2 ? 1 : 0,
    ownershipChangesIn1Year: z('owners') < -1.6 ? 2 : z('owners') < -0.8 ? 1 : 0,
    negativeNewsIn90Days: Math.max(0, Math.round(1.2 * Math.exp(-0.7 * z('press')) - 0.7)),
    daysPastDue: Math.max(0, 7 * Math.exp(-0.8 * z('payment')) - 1.5),
    paidOnTimeRate: logistic(2.1 + 0.9 * z('punctuality')),
    overdueReceivablesShare: logistic(-2.5 - 0.85 * z('overdue')),
    contractDisputeRate: 0.02 * Math.exp(-0.8 * z('disputes')),
  };
};

const cooperationValues = (
  books: (quarter: number) => Books,
  trait: (name: string) => Trait,
  quarter: number,
): QuarterValues => {
  const z = (name: string): number => trait(name)(quarter);
  const turnoverAt = (at: number): number => books(at).revenue * 0.02 * Math.exp(0.35 * trait('turnover')(at));
  const complaints = Math.max(0, Math.round(3 * Math.exp(-0.65 * z('complaints')) - 0.7));
  return {
    yearlyTurnoverWithUs: turnoverAt(quarter),
    turnoverGrowthWithUs: growthOf(turnoverAt(quarter), turnoverAt(quarter - 4)),
    crossPurchaseRate: logistic(-0.8 + 0.75 * z('crossPurchase')),
    remainingContractMonths: Math.min(60, 12 * Math.exp(0.55 * z('contract'))),
    complaintCount: complaints,
    complaintSeverity: complaints === 0 ? 0 : clamp(3.5 - 1.3 * z('severity'), 0.5, 10),
    complaintResolutionDays: 5 * Math.exp(-0.45 * z('resolution')),
    cooperationYears: Math.max(0.25, 5.5 * Math.exp(0.45 * trait('years')(0)) + quarter / 4),
    renewalRate: logistic(1.5 + 0.8 * z('renewal')),
    satisfactionScore: clamp(76 + 8 * z('satisfaction'), 0, 100),
    netPromoterScore: clamp(25 + 20 * z('promoters'), -100, 100),
    ordersIn1Year: Math.max(1, Math.round(45 * Math.exp(0.5 * z('orders')))),
  };
};

const industryValues = (company: CompanyTraits, z: (name: string) => number, quarter: number): QuarterValues => {
  const { profile } = company;
  const makesGoods = profile.industry === 'MANUFACTURING' || profile.industry === 'NEW_ENERGY';
  const sellsOften = profile.industry === 'SERVICES' || profile.industry === 'RETAIL';
  // Good plants run inside the band of best use; the worse the plant, the further it stands idle.
  const idle = 0.1 * Math.max(0, 0.4 - z('capacity'));
  return {
    ...(makesGoods
      ? {
          supplyStability: logistic(2.5 + 0.8 * z('supply')),
          capacityUse: idle === 0 ? 0.75 + 0.15 * logistic(z('load')) : Math.max(0.15, 0.75 - idle),
        }
      : {}),
    ...(profile.industry === 'SERVICES' ? { acquisitionPaybackMonths: 14 * Math.exp(-0.35 * z('payback')) } : {}),
    ...(profile.industry === 'RETAIL'
      ? {
          onlineSalesShare: logistic(-0.6 + 0.75 * z('online')),
          memberActivityRate: logistic(-0.5 + 0.7 * z('members')),
        }
      : {}),
    ...(sellsOften ? { repurchaseRate: logistic(0.8 + 0.75 * z('repurchase')) } : {}),
    ...(profile.industry === 'NEW_ENERGY' ? { greenPowerShare: logistic(-0.3 + 0.75 * z('greenPower')) } : {}),
    marketShareGain: 0.004 * z('marketShare'),
    strategicFit: clamp(5.5 + 1.7 * z('fit'), 0, 10),
    industryOutlook: clamp(profile.outlook - profile.outlookDrift * (QUARTERS - 1 - quarter), 0, 100),
  };
};

const DECIMALS: Readonly<Record<IndicatorUnit, number>> = {
  RATIO: 6,
  TIMES: 2,
  CNY: 2,
  COUNT: 0,
  DAYS: 1,
  MONTHS: 0,
  YEARS: 2,
  SCORE: 1,
  FLAG: 0,
};

/** Rounded to what people write down, and inside the dictionary's range. */
export const writtenValue = (code: IndicatorCode, value: number): number => {
  const { unit, range } = indicatorOf(code);
  const rounded = Number(value.toFixed(DECIMALS[unit]));
  return clamp(rounded, range.min ?? -Infinity, range.max ?? Infinity) + 0;
};

/**
 * Values by quarter, oldest first, as drawn: neither rounded nor held to the dictionary's ranges. What depends on the whole
 * portfolio (shares of our turnover) is not among them.
 */
export const drawQuarters = (random: Random, company: CompanyTraits): QuarterValues[] => {
  const trait = traitsOf(random, (quarter) => company.quality(Math.max(0, quarter)));
  const books = keepBooks(company, trait);
  return Array.from({ length: QUARTERS }, (_, quarter) => {
    const z = (name: string): number => trait(name)(quarter);
    return {
      ...statementValues(company, books, trait, quarter),
      ...creditValues(books(quarter), z),
      ...cooperationValues(books, trait, quarter),
      ...industryValues(company, z, quarter),
    };
  });
};
