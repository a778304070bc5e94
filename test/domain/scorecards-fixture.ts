/** A small scorecard that holds one of everything, and ways to fill it, for the tests of the scorecards room. */
import {
  compileScorer,
  freezeCutPoints,
  type Characteristic,
  type CompiledScorer,
  type CutPointSet,
  type ScorecardDefinition,
  type Values,
} from '../../src/scorecards';

export const characteristic = (
  indicator: string,
  dimension: Characteristic['dimension'],
  weight: string,
  missing: 'INDUSTRY_MEAN' | 'WORST' = 'INDUSTRY_MEAN',
): Characteristic => ({
  id: indicator,
  indicator,
  dimension,
  weight,
  normalisation: { kind: 'DECILE' },
  missing: { kind: missing },
  noteWhenMissing: `${dimension}_MISSING`,
});

const text = { zh: '说明', en: 'Text' };

/** Six characteristics of every direction and missing rule, three knock-outs, one of them on an indicator not scored. */
export const SMALL_SCORECARD: ScorecardDefinition = {
  schema: 1,
  name: text,
  dimensionWeights: { CREDIT: '40', OPERATION: '30', COOPERATION: '20', POTENTIAL: '10' },
  characteristics: [
    characteristic('defaultsIn3Years', 'CREDIT', '25', 'WORST'),
    characteristic('paidOnTimeRate', 'CREDIT', '15'),
    characteristic('debtToAssetsRatio', 'OPERATION', '17.3333'),
    characteristic('capacityUse', 'OPERATION', '12.6667'),
    characteristic('cooperationYears', 'COOPERATION', '20'),
    characteristic('strategicFit', 'POTENTIAL', '10'),
  ],
  knockOuts: [
    { id: 'insolvent', indicator: 'debtToAssetsRatio', op: 'GT', value: 1, capGrade: 'CCC', reason: text },
    { id: 'bankruptcy', indicator: 'bankruptcyFiled', op: 'EQ', value: 1, capGrade: 'C', reason: text },
    { id: 'newcomer', indicator: 'cooperationYears', op: 'LT', value: 1, capGrade: 'A', reason: text },
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
  notes: ['CREDIT', 'OPERATION', 'COOPERATION', 'POTENTIAL'].map((dimension) => ({
    code: `${dimension}_MISSING`,
    text,
  })),
};

/** A scorecard of one characteristic that carries everything; for looking at one indicator's tenths. */
export const oneIndicatorScorecard = (indicator: string): ScorecardDefinition => ({
  ...SMALL_SCORECARD,
  dimensionWeights: { CREDIT: '100', OPERATION: '0', COOPERATION: '0', POTENTIAL: '0' },
  characteristics: [characteristic(indicator, 'CREDIT', '100')],
  knockOuts: [],
});

/** Throws what a test must not meet here: a refusal. */
export const freeze = (
  definition: ScorecardDefinition,
  columns: readonly Values[],
  segment = 'RETAIL',
): CutPointSet => {
  const frozen = freezeCutPoints(definition, segment, { columns });
  if (!frozen.ok) throw new Error(frozen.refusal.message);
  return frozen.value;
};

export const scoreOf = (compiled: CompiledScorer, values: Values) => {
  const scored = compiled.score(values);
  if (!scored.ok) throw new Error(scored.refusal.message);
  return scored.value;
};

/** Points of single values of one indicator against a population of it. */
export const pointsOf = (indicator: string, population: Values, values: readonly (number | null)[]): number[] => {
  const definition = oneIndicatorScorecard(indicator);
  const compiled = compileScorer(definition, freeze(definition, [population]));
  return values.map((value) => (scoreOf(compiled, [value]).pointsCenti[0] ?? NaN) / 100);
};

export const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
