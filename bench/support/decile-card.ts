/** The scorecard that measurements rate by: twenty indicators, each on tenths within its industry, and knock-outs on some. */
import { INDICATORS, indicatorOf } from '../../src/indicators';
import { EXPERT_SCORECARD, type Characteristic, type ScorecardDefinition } from '../../src/scorecards';

const CHARACTERISTICS = 20;
const SHARE = 100 / CHARACTERISTICS;

const CODES = INDICATORS.filter((row) => row.unit !== 'FLAG' && row.direction !== 'BAND')
  .slice(0, CHARACTERISTICS)
  .map(({ code }) => code);

const weightOf = (dimension: Characteristic['dimension']): string =>
  String(SHARE * CODES.filter((code) => indicatorOf(code).dimension === dimension).length);

export const DECILE_CARD: ScorecardDefinition = {
  ...EXPERT_SCORECARD,
  dimensionWeights: {
    CREDIT: weightOf('CREDIT'),
    OPERATION: weightOf('OPERATION'),
    COOPERATION: weightOf('COOPERATION'),
    POTENTIAL: weightOf('POTENTIAL'),
  },
  characteristics: CODES.map((code) => ({
    id: code,
    indicator: code,
    dimension: indicatorOf(code).dimension,
    weight: String(SHARE),
    normalisation: { kind: 'DECILE' },
    missing: { kind: 'INDUSTRY_MEAN' },
    noteWhenMissing: EXPERT_SCORECARD.notes[0]?.code ?? '',
  })),
  knockOuts: EXPERT_SCORECARD.knockOuts.filter(({ indicator }) => CODES.some((code) => code === indicator)),
};
