/**
 * The tier matrix (domain rule D20): a value band and a risk class meet in a cell, which names the tier. The shape leaves no
 * cell empty, and the order is checked: more value never gives a worse tier at the same risk, more risk never a better one.
 */
import { z } from 'zod';
import { Decimal } from '../../kernel/decimal';
import { GRADES, type Grade } from '../../kernel/grade';

/** Best first: 钻石, 黄金, 白银, 标准, 观察. */
export const TIERS = ['DIAMOND', 'GOLD', 'SILVER', 'STANDARD', 'WATCH'] as const;
export type Tier = (typeof TIERS)[number];

/** Most valuable first. */
export const VALUE_BANDS = ['TOP', 'HIGH', 'MEDIUM', 'LOW'] as const;
export type ValueBand = (typeof VALUE_BANDS)[number];

/** Least risk first. */
export const RISK_CLASSES = ['LOW', 'MEDIUM', 'HIGH'] as const;
export type RiskClass = (typeof RISK_CLASSES)[number];

/** Levels of open warnings that count here, worst first. */
export const WARNING_LEVELS = ['RED', 'YELLOW'] as const;
export type WarningLevel = (typeof WARNING_LEVELS)[number];

const isWorseTier = (a: Tier, b: Tier): boolean => TIERS.indexOf(a) > TIERS.indexOf(b);
const isRiskier = (a: RiskClass, b: RiskClass): boolean => RISK_CLASSES.indexOf(a) > RISK_CLASSES.indexOf(b);

/** 0 to 100, at most two places. */
const scoreText = z.string().regex(/^(?:100(?:\.0{1,2})?|[1-9]?\d(?:\.\d{1,2})?)$/);
const riskClass = z.enum(RISK_CLASSES);

export const tierMatrixSchema = z
  .strictObject({
    /** Least value score of each band; the last band takes whoever is below. */
    bandsFrom: z.strictObject({ TOP: scoreText, HIGH: scoreText, MEDIUM: scoreText }),
    riskByGrade: z.record(z.enum(GRADES), riskClass),
    /** An open warning of the level makes a customer at least this risky. */
    riskByWarning: z.strictObject({ RED: riskClass, YELLOW: riskClass }),
    cells: z.record(z.enum(VALUE_BANDS), z.record(riskClass, z.enum(TIERS))),
  })
  .superRefine((policy, context) => {
    for (const { path, message } of matrixFaults(policy))
      context.addIssue({ code: 'custom', path: [...path], message });
  });

export interface TierMatrixPolicy {
  readonly bandsFrom: Readonly<Record<Exclude<ValueBand, 'LOW'>, string>>;
  readonly riskByGrade: Readonly<Record<Grade, RiskClass>>;
  readonly riskByWarning: Readonly<Record<WarningLevel, RiskClass>>;
  readonly cells: Readonly<Record<ValueBand, Readonly<Record<RiskClass, Tier>>>>;
}

interface MatrixFault {
  readonly path: readonly string[];
  readonly message: string;
}

/** Pairs of neighbours: the better one first. */
const neighbours = <T>(ordered: readonly T[]): (readonly [T, T])[] =>
  ordered.slice(1).map((worse, i) => [ordered[i] as T, worse] as const);

/** Where a matrix goes against the order of values, risks or grades. */
const matrixFaults = ({ bandsFrom, riskByGrade, riskByWarning, cells }: TierMatrixPolicy): MatrixFault[] => [
  ...neighbours(['TOP', 'HIGH', 'MEDIUM'] as const)
    .filter(([better, worse]) => new Decimal(bandsFrom[worse]).gte(bandsFrom[better]))
    .map(([better, worse]) => ({ path: ['bandsFrom', worse], message: `not below ${better}` })),
  ...neighbours(GRADES)
    .filter(([better, worse]) => isRiskier(riskByGrade[better], riskByGrade[worse]))
    .map(([better, worse]) => ({ path: ['riskByGrade', worse], message: `less risk than ${better}` })),
  ...(isRiskier(riskByWarning.YELLOW, riskByWarning.RED)
    ? [{ path: ['riskByWarning', 'RED'], message: 'less risk than YELLOW' }]
    : []),
  ...neighbours(VALUE_BANDS).flatMap(([better, worse]) =>
    RISK_CLASSES.filter((risk) => isWorseTier(cells[better][risk], cells[worse][risk])).map((risk) => ({
      path: ['cells', worse, risk],
      message: `better tier than at value ${better}`,
    })),
  ),
  ...neighbours(RISK_CLASSES).flatMap(([safer, riskier]) =>
    VALUE_BANDS.filter((band) => isWorseTier(cells[band][safer], cells[band][riskier])).map((band) => ({
      path: ['cells', band, riskier],
      message: `better tier than at risk ${safer}`,
    })),
  ),
];

export const valueBandOf = ({ bandsFrom }: TierMatrixPolicy, score: string): ValueBand =>
  (['TOP', 'HIGH', 'MEDIUM'] as const).find((band) => new Decimal(score).gte(bandsFrom[band])) ?? 'LOW';

/** By the grade in force and the worst open warning. */
export const riskClassOf = (
  { riskByGrade, riskByWarning }: TierMatrixPolicy,
  grade: Grade,
  warning: WarningLevel | null,
): RiskClass => {
  const byGrade = riskByGrade[grade];
  if (warning === null) return byGrade;
  return isRiskier(riskByWarning[warning], byGrade) ? riskByWarning[warning] : byGrade;
};

/** The cell that a customer falls into, and the tier that stands there. */
export interface MatchedCell {
  readonly valueBand: ValueBand;
  readonly riskClass: RiskClass;
  readonly tier: Tier;
}

export const matchCell = (
  policy: TierMatrixPolicy,
  customer: { readonly score: string; readonly grade: Grade; readonly warning: WarningLevel | null },
): MatchedCell => {
  const valueBand = valueBandOf(policy, customer.score);
  const riskClass = riskClassOf(policy, customer.grade, customer.warning);
  return { valueBand, riskClass, tier: policy.cells[valueBand][riskClass] };
};
