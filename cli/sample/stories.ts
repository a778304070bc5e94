/**
 * The stories told by the sample portfolio: for each, whose path of quality it bends and which values it sets. They are
 * what a newcomer looks for first: a slide, a lawsuit, a star. Pure data and small functions of the quarter.
 */
import type { Stage } from '../../src/customers';
import type { IndicatorCode } from '../../src/indicators';
import type { SampleIndustry } from './industries';

export const STORY_KINDS = [
  'SLIDE_INTO_DECLINE',
  'LAWSUIT',
  'RISING_STAR',
  'BLACKLIST_HIT',
  'MISSING_CREDIT_DATA',
  'WEAKENING_PARENT',
  'TURNAROUND',
] as const;
export type StoryKind = (typeof STORY_KINDS)[number];

/** Quarters of the sample, the oldest is 0. */
export const QUARTERS = 8;
const LAST = QUARTERS - 1;

export interface Story {
  readonly kind: StoryKind;
  readonly industry: SampleIndustry;
  readonly stage: Exclude<Stage, 'EXITED'>;
  readonly zh: string;
  readonly en: string;
  /** Quality in standard deviations of the industry, by quarter. */
  readonly quality: (quarter: number) => number;
  /** Values that override the drawn ones; null takes the value away. */
  readonly set: (quarter: number) => Partial<Record<IndicatorCode, number | null>>;
  /** Qualities of the subsidiaries of the head of a group; absent for a company on its own. */
  readonly subsidiaryQualities?: readonly number[];
}

const ramp = (quarter: number, from: number, to: number, firstQuarter: number): number =>
  quarter <= firstQuarter ? from : from + ((to - from) * (quarter - firstQuarter)) / (LAST - firstQuarter);

const nothing = () => ({});

export const STORIES: readonly Story[] = [
  {
    kind: 'SLIDE_INTO_DECLINE',
    industry: 'MANUFACTURING',
    stage: 'DECLINE',
    zh: '六个季度持续下滑：利润、回款与负债逐季恶化',
    en: 'Slides for six quarters: margins, collections and debt get worse one after another',
    quality: (quarter) => ramp(quarter, 1, -1.7, 2),
    set: nothing,
  },
  {
    kind: 'LAWSUIT',
    industry: 'MANUFACTURING',
    stage: 'MATURITY',
    zh: '经营良好，但在最近一季被起诉',
    en: 'A sound company that is sued in the last quarter',
    quality: () => 0.55,
    set: (quarter) =>
      quarter === LAST
        ? { openLawsuits: 1, externalLawsuits: 1, negativeNewsIn90Days: 4 }
        : { openLawsuits: 0, externalLawsuits: 0, negativeNewsIn90Days: 0 },
  },
  {
    kind: 'RISING_STAR',
    industry: 'NEW_ENERGY',
    stage: 'GROWTH',
    zh: '新星：两年间从中游升至行业前列',
    en: 'A star: climbs from the middle of its industry to the top in two years',
    quality: (quarter) => ramp(quarter, -0.2, 2.4, 0),
    set: nothing,
  },
  {
    kind: 'BLACKLIST_HIT',
    industry: 'RETAIL',
    stage: 'MATURITY',
    zh: '财务尚可，最近一季被列入行业黑名单',
    en: 'Fair figures, then a hit on the industry blacklist in the last quarter',
    quality: () => 0.6,
    set: (quarter) => ({ blacklistHit: quarter === LAST ? 1 : 0 }),
  },
  {
    kind: 'MISSING_CREDIT_DATA',
    industry: 'SERVICES',
    stage: 'ACQUISITION',
    zh: '新客户：尚无征信资料',
    en: 'A new customer without any credit-bureau data yet',
    quality: () => 0.3,
    set: () => ({
      defaultsIn3Years: null,
      bureauOverdueAmount: null,
      externalGuarantees: null,
      guaranteesToNetWorth: null,
      daysPastDue: null,
      paidOnTimeRate: null,
      overdueReceivablesShare: null,
    }),
  },
  {
    kind: 'WEAKENING_PARENT',
    industry: 'MANUFACTURING',
    stage: 'MATURITY',
    zh: '集团母公司走弱，对外担保激增，子公司尚好',
    en: 'The parent of a group weakens and its guarantees swell while the subsidiaries still look well',
    quality: (quarter) => ramp(quarter, 0.9, -1, 3),
    set: (quarter) => (quarter > 3 ? { guaranteesToNetWorth: 0.6 + 0.35 * (quarter - 3) } : {}),
    subsidiaryQualities: [0.9, 0.7, 0.6, 0.4],
  },
  {
    kind: 'TURNAROUND',
    industry: 'RETAIL',
    stage: 'GROWTH',
    zh: '触底反弹：重组之后逐季改善',
    en: 'A turnaround: mends quarter by quarter after a reorganisation',
    quality: (quarter) => ramp(quarter, -1.8, 0.8, 1),
    set: nothing,
  },
];
