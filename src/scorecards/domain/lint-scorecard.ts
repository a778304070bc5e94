/**
 * Says what is wrong with a well-formed definition, as coded findings for people who edit scorecards. An ERROR bars
 * publication. It never repairs anything.
 */
import { DIMENSIONS, findIndicator } from '../../indicators/domain/dictionary';
import { GRADES } from '../../kernel/grade';
import { pointsFromE4, pointsToE4, type KnockOut, type ScorecardDefinition } from './scorecard-definition';

export type FindingCode =
  | 'UNKNOWN_INDICATOR'
  | 'DUPLICATE_ID'
  | 'DUPLICATE_INDICATOR'
  | 'DIMENSION_DIFFERS'
  | 'WEIGHT_ZERO'
  | 'DIMENSION_WEIGHT_MISMATCH'
  | 'WEIGHTS_NOT_100'
  | 'KNOCK_OUT_AGAINST_DIRECTION'
  | 'THRESHOLDS_OUT_OF_ORDER'
  | 'LOWEST_THRESHOLD_NOT_ZERO'
  | 'UNKNOWN_NOTE';

export interface Finding {
  readonly code: FindingCode;
  readonly severity: 'ERROR' | 'WARNING';
  /** Where in the definition. */
  readonly path: readonly string[];
  readonly message: string;
}

export const lintScorecard = (definition: ScorecardDefinition): readonly Finding[] => [
  ...indicatorFindings(definition),
  ...weightFindings(definition),
  ...knockOutFindings(definition),
  ...thresholdFindings(definition),
  ...noteFindings(definition),
];

export const hasErrors = (findings: readonly Finding[]): boolean => findings.some((row) => row.severity === 'ERROR');

const error = (code: FindingCode, path: readonly string[], message: string): Finding => ({
  code,
  severity: 'ERROR',
  path,
  message,
});

const indicatorFindings = (definition: ScorecardDefinition): readonly Finding[] => {
  const findings: Finding[] = [];
  const ids = new Set<string>();
  const scored = new Set<string>();
  for (const [kind, rows] of [
    ['characteristics', definition.characteristics],
    ['knockOuts', definition.knockOuts],
  ] as const) {
    for (const row of rows) {
      const path = [kind, row.id];
      if (ids.has(row.id)) findings.push(error('DUPLICATE_ID', path, `the id ${row.id} is used twice`));
      ids.add(row.id);
      if (findIndicator(row.indicator) === undefined) {
        findings.push(error('UNKNOWN_INDICATOR', path, `the dictionary has no indicator ${row.indicator}`));
      }
    }
  }
  for (const row of definition.characteristics) {
    const path = ['characteristics', row.id];
    if (scored.has(row.indicator)) {
      findings.push(error('DUPLICATE_INDICATOR', path, `${row.indicator} is scored twice`));
    }
    scored.add(row.indicator);
    const home = findIndicator(row.indicator)?.dimension ?? row.dimension;
    if (home !== row.dimension) {
      const message = `${row.indicator} counts as ${row.dimension} here, as ${home} in the dictionary`;
      findings.push({ code: 'DIMENSION_DIFFERS', severity: 'WARNING', path, message });
    }
  }
  return findings;
};

const weightFindings = (definition: ScorecardDefinition): readonly Finding[] => {
  const findings: Finding[] = [];
  for (const row of definition.characteristics) {
    if (pointsToE4(row.weight) === 0) {
      findings.push(error('WEIGHT_ZERO', ['characteristics', row.id, 'weight'], `${row.id} carries no weight`));
    }
  }
  let totalE4 = 0;
  for (const dimension of DIMENSIONS) {
    const wantedE4 = pointsToE4(definition.dimensionWeights[dimension]);
    const foundE4 = definition.characteristics
      .filter((row) => row.dimension === dimension)
      .reduce((sum, row) => sum + pointsToE4(row.weight), 0);
    totalE4 += foundE4;
    if (foundE4 !== wantedE4) {
      const message = `${dimension} should weigh ${pointsFromE4(wantedE4)}, its characteristics weigh ${pointsFromE4(foundE4)}`;
      findings.push(error('DIMENSION_WEIGHT_MISMATCH', ['dimensionWeights', dimension], message));
    }
  }
  if (totalE4 !== 1_000_000) {
    findings.push(
      error('WEIGHTS_NOT_100', ['characteristics'], `all weights add up to ${pointsFromE4(totalE4)}, not 100`),
    );
  }
  return findings;
};

/** A knock-out must strike the bad side: else a better value could lower a grade. */
const knockOutFindings = (definition: ScorecardDefinition): readonly Finding[] =>
  definition.knockOuts
    .filter((row) => strikesGoodSide(row))
    .map((row) =>
      error(
        'KNOCK_OUT_AGAINST_DIRECTION',
        ['knockOuts', row.id],
        `${row.id} strikes ${row.indicator} ${row.op} ${row.value}, which is not its worst side`,
      ),
    );

const strikesGoodSide = (row: KnockOut): boolean => {
  const indicator = findIndicator(row.indicator);
  if (indicator === undefined) return false;
  const { direction, band, range } = indicator;
  if (row.op === 'EQ') {
    // Only the worst end of the range can be struck by equality without sparing something worse.
    return !((direction === 'LOWER' && row.value === range.max) || (direction === 'HIGHER' && row.value === range.min));
  }
  const strikesHigh = row.op === 'GT' || row.op === 'GTE';
  if (band !== null) {
    const beyond = strikesHigh ? row.value - band.high : band.low - row.value;
    return row.op === 'GT' || row.op === 'LT' ? beyond < 0 : beyond <= 0;
  }
  return strikesHigh === (direction === 'HIGHER');
};

const thresholdFindings = (definition: ScorecardDefinition): readonly Finding[] => {
  const findings: Finding[] = [];
  let previousE4 = Infinity;
  definition.gradeThresholds.forEach(({ grade, minScore }, index) => {
    const e4 = pointsToE4(minScore);
    if (grade !== GRADES[index] || e4 >= previousE4) {
      const message = `${grade} from ${minScore}: grades stand best first, each from a lower score than the one before`;
      findings.push(error('THRESHOLDS_OUT_OF_ORDER', ['gradeThresholds', String(index)], message));
    }
    previousE4 = e4;
  });
  if (previousE4 !== 0) {
    const message = 'the lowest grade must begin at 0, or some scores have no grade';
    findings.push(error('LOWEST_THRESHOLD_NOT_ZERO', ['gradeThresholds', String(GRADES.length - 1)], message));
  }
  return findings;
};

const noteFindings = (definition: ScorecardDefinition): readonly Finding[] => {
  const known = new Set(definition.notes.map((note) => note.code));
  return definition.characteristics
    .filter((row) => !known.has(row.noteWhenMissing))
    .map((row) =>
      error(
        'UNKNOWN_NOTE',
        ['characteristics', row.id, 'noteWhenMissing'],
        `no note ${row.noteWhenMissing} is defined`,
      ),
    );
};
