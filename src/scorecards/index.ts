/**
 * The scorecards room: scorecard versions and their frozen cut points as data, and the pure function compiled from them.
 * It knows nothing of customers' values, ratings or approvals.
 */
export {
  ALL_INDUSTRIES,
  MIN_REFERENCE_SIZE,
  segmentFor,
  type CharacteristicCuts,
  type CutPointSet,
} from './domain/cut-points';
export { compileScorecard, type CompiledScorecard, type Score, type ScoredRow } from './domain/compile-scorecard';
export { EXPERT_SCORECARD, EXPERT_SCORECARD_CODE } from './domain/expert-scorecard';
export {
  explainScore,
  type ExplainedCap,
  type ExplainedCharacteristic,
  type ScoreExplanation,
  type ScoreRecord,
} from './domain/explain-score';
export { freezeCutPoints, type Population } from './domain/freeze-cut-points';
export { hasErrors, lintScorecard, type Finding } from './domain/lint-scorecard';
export {
  inputIndicators,
  parseScorecardDefinition,
  pointsFromE4,
  pointsToE4,
  type Characteristic,
  type KnockOut,
  type ScorecardDefinition,
} from './domain/scorecard-definition';
export { MISSING_VALUE, type Values } from './domain/value';
