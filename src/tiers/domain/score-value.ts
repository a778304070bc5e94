/**
 * What a customer is worth to us (domain rule D20): five parts, each placed by frozen cut points, weighed by the policy. One
 * function for one customer and for all of them. Amounts have two places and the score two, rounded half-up at the end of
 * each calculation and never in between.
 */
import { Decimal, roundMoney } from '../../kernel/decimal';
import { indicatorOf, type IndicatorCode } from '../../indicators/domain/dictionary';
import { VALUE_PARTS, type ValuePart, type ValueScorePolicy } from '../../policies/domain/value-score-policy';
import { paretoShareOf, pointsOf, type ValueCuts } from './value-cuts';

/** Indicators that are looked at, in the order in which inputs are given. */
export const VALUE_INDICATORS = [
  'ordersIn1Year',
  'yearlyTurnoverWithUs',
  'yearlyGrossMarginWithUs',
  'renewalRate',
] as const satisfies readonly IndicatorCode[];
export type ValueIndicator = (typeof VALUE_INDICATORS)[number];

/** A value and the day that it is of, YYYY-MM-DD. */
export interface DatedValue {
  readonly value: number;
  readonly asOf: string;
}
export type ValueInputs = Readonly<Record<ValueIndicator, DatedValue | null>>;

export interface ValueScore {
  /** 0 to 100, two places. */
  readonly score: string;
  readonly orders: string | null;
  /** Turnover by order, two places. */
  readonly averageOrder: string | null;
  readonly margin: string | null;
  /** Share that the lifetime value was reckoned with. */
  readonly retention: string;
  /** Two places; null without a margin. */
  readonly lifetimeValue: string | null;
  /** Two places, 0.05 to 1. */
  readonly paretoShare: string;
  /** 1 to 10, in the order of {@link VALUE_PARTS}. */
  readonly points: readonly number[];
  /** Indicators without a value that may still be used. */
  readonly missing: readonly ValueIndicator[];
}

const DAY_MS = 86_400_000;
const POINTS = 10;
const [CORE_POINTS, MIDDLE_POINTS, OTHER_POINTS] = [10, 5, 1];

/** `today` is YYYY-MM-DD: a value older than the dictionary allows is none. */
export const scoreValue = (
  inputs: ValueInputs,
  today: string,
  { cuts, policy }: { readonly cuts: ValueCuts; readonly policy: ValueScorePolicy },
): ValueScore => {
  const known = (code: ValueIndicator): Decimal | null => usable(code, inputs[code], today);
  const orders = known('ordersIn1Year');
  const turnover = known('yearlyTurnoverWithUs');
  const margin = known('yearlyGrossMarginWithUs');
  const renewal = known('renewalRate');
  const averageOrder = orders === null || turnover === null || orders.isZero() ? null : money(turnover.div(orders));
  const retention = renewal ?? new Decimal(policy.lifetime.retentionIfUnknown);
  const lifetime = margin === null ? null : money(lifetimeValue(margin, retention, policy.lifetime));
  const paretoShare = paretoShareOf(margin, cuts.pareto);
  const points: Readonly<Record<ValuePart, number>> = {
    FREQUENCY: pointsOf(orders, cuts.frequency),
    AVERAGE_ORDER: pointsOf(averageOrder, cuts.averageOrder),
    MARGIN: pointsOf(margin, cuts.margin),
    LIFETIME_VALUE: pointsOf(lifetime, cuts.lifetimeValue),
    PARETO: paretoPoints(paretoShare, policy.pareto),
  };
  return {
    score: Decimal.sum(...VALUE_PARTS.map((part) => contribution(policy.weights[part], points[part]))).toFixed(2),
    orders: orders?.toFixed() ?? null,
    averageOrder: averageOrder?.toFixed(2) ?? null,
    margin: margin?.toFixed() ?? null,
    retention: retention.toFixed(),
    lifetimeValue: lifetime?.toFixed(2) ?? null,
    paretoShare: paretoShare.toFixed(2),
    points: VALUE_PARTS.map((part) => points[part]),
    missing: VALUE_INDICATORS.filter((code) => known(code) === null),
  };
};

const money = (amount: Decimal): Decimal => new Decimal(roundMoney(amount));

/** Values are held as doubles of at most 15 digits, whose shortest text is the number that was reported. */
const usable = (code: ValueIndicator, dated: DatedValue | null, today: string): Decimal | null => {
  if (dated === null) return null;
  const ageDays = (Date.parse(today) - Date.parse(dated.asOf)) / DAY_MS;
  return ageDays > indicatorOf(code).maxAgeDays ? null : new Decimal(dated.value);
};

/** Points of the score that a part brings. */
export const contribution = (weight: string, points: number): Decimal => new Decimal(weight).mul(points).div(POINTS);

/**
 * Customer lifetime value: the yearly margin, of which every year the retained share is left, worth less by the discount
 * rate, over the years of the horizon: margin × Σ (retention ÷ (1 + discount rate))^t for t = 1 … horizon.
 */
export const lifetimeValue = (
  margin: Decimal,
  retention: Decimal,
  { discountRate, horizonYears }: Pick<ValueScorePolicy['lifetime'], 'discountRate' | 'horizonYears'>,
): Decimal => {
  const yearly = retention.div(new Decimal(discountRate).plus(1));
  let [left, sum] = [new Decimal(1), new Decimal(0)];
  for (let year = 1; year <= horizonYears; year++) {
    left = left.mul(yearly);
    sum = sum.plus(left);
  }
  return margin.mul(sum);
};

const paretoPoints = (share: Decimal, { coreShare, middleShare }: ValueScorePolicy['pareto']): number => {
  if (isCore(share, coreShare)) return CORE_POINTS;
  return share.lte(middleShare) ? MIDDLE_POINTS : OTHER_POINTS;
};

/** Whether a customer is among those who make up the first share of the margin 「80/20」. */
export const isCore = (paretoShare: Decimal | string, coreShare: string): boolean =>
  new Decimal(paretoShare).lte(coreShare);
