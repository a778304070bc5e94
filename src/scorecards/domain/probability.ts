/**
 * Probability of default within a year, as a rating says it (domain rule D15): of the model itself where it speaks of
 * probabilities, and of the grade by the master scale. It takes part in no grade.
 */
import { GRADES, type Grade } from '../../kernel/grade';
import { expOf } from './arithmetic';
import { modelOf, type ScorecardDefinition } from './scorecard-definition';

const PPM = 1_000_000;
const LN_2 = 0.6931471805599453;

/** Six places, half-up; null for models that only give points. Scores are cut at 0 and 100, and so is what they say. */
export const modelPd = (definition: ScorecardDefinition, score: string): string | null => {
  const model = modelOf(definition);
  if (model.kind !== 'LOGISTIC' && model.kind !== 'ONNX') return null;
  const { evenOddsScore, pointsToDoubleOdds } = model.scaling;
  const odds = expOf(((Number(score) - Number(evenOddsScore)) / Number(pointsToDoubleOdds)) * LN_2);
  const ppm = Math.floor(PPM / (1 + odds) + 0.5);
  return `${Math.trunc(ppm / PPM)}.${String(ppm % PPM).padStart(6, '0')}`;
};

/** Null where the version has no master scale. */
export const masterScalePd = (definition: ScorecardDefinition, grade: Grade): string | null =>
  definition.masterScale?.[GRADES.indexOf(grade)]?.pd ?? null;
