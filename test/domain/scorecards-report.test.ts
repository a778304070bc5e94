/** What a rating says to people: reasons add up, improvements really lift, and nothing is said of what is hidden. */
import fc from 'fast-check';
import { compileScorer, explainScore, gradeReport, inputIndicators, pointsToE4 } from '../../src/scorecards';
import { indicatorOf } from '../../src/indicators/domain/dictionary';
import { rankOf } from '../../src/kernel/grade';
import { SUGGESTION_RULES } from '../../src/scorecards/domain/suggestion-rules';
import { freeze, oneTo, scoreOf, SMALL_SCORECARD } from './scorecards-fixture';

type Row = (number | null)[];

const POPULATION = oneTo(100).map((step): Row => [
  100 - step,
  step / 100,
  (101 - step) / 100,
  step / 100,
  step,
  step / 10,
]);
const cutPoints = freeze(
  SMALL_SCORECARD,
  SMALL_SCORECARD.characteristics.map((_, i) => POPULATION.map((row) => row[i] ?? null)),
);
const card = compileScorer(SMALL_SCORECARD, cutPoints);
const INPUTS = inputIndicators(SMALL_SCORECARD);

const anyRow: fc.Arbitrary<Row> = fc
  .tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99))
  .chain((members) =>
    fc.tuple(
      ...members.map((member, i) => fc.option(fc.constant(POPULATION[member]?.[i] ?? 0), { freq: 8 })),
      fc.constantFrom(0, 1, null),
    ),
  );

const report = (row: Row, hidden: (indicator: string) => boolean = () => false) => {
  const scored = scoreOf(card, row);
  const explained = explainScore(SMALL_SCORECARD, cutPoints, { ...scored, inputs: row });
  return { scored, told: gradeReport(SMALL_SCORECARD, cutPoints, explained, scored, hidden) };
};

test('the improvements that are named reach the next grade, and none of them is idle', () => {
  fc.assert(
    fc.property(anyRow, (row) => {
      const { scored, told } = report(row);
      const { lift } = told;
      if (lift === null) return expect(scored.modelGrade).toBe('AAA');
      if (lift.steps.length === 0) return undefined;
      const improved = row.map(
        (value, i) => lift.steps.find(({ indicator }) => indicator === INPUTS[i])?.target ?? value,
      );
      const threshold = SMALL_SCORECARD.gradeThresholds.find(({ grade }) => grade === lift.toGrade)?.minScore ?? '0';
      expect(pointsToE4(scoreOf(card, improved).score)).toBeGreaterThanOrEqual(pointsToE4(threshold));
      for (const { gain } of lift.steps) expect(Number(gain)).toBeGreaterThan(0);
      return undefined;
    }),
    { numRuns: 500 },
  );
});

test('a cap that stands in the way is named, and reasons are sorted by what they do', () => {
  fc.assert(
    fc.property(anyRow, (row) => {
      const { scored, told } = report(row);
      const binding = scored.caps.length > 0 && rankOf(scored.modelGrade) < rankOf(scored.uncappedGrade);
      if (binding) expect(told.lift?.caps.length).toBeGreaterThan(0);
      const effects = told.reasonsFor.map(({ effect }) => Number(effect));
      expect(effects).toEqual([...effects].sort((a, b) => b - a));
      for (const { effect } of told.reasonsAgainst) expect(Number(effect)).toBeLessThan(0);
      const total = told.dimensions.reduce((sum, { contribution }) => sum + pointsToE4(contribution), 0);
      expect(total).toBe(pointsToE4(scored.score));
    }),
  );
});

test('nothing is said of what is hidden', () => {
  const { told } = report([90, 0.1, 0.9, 0.1, 1, 0, 0], (indicator) => indicator !== 'cooperationYears');
  expect(new Set([...told.reasonsAgainst, ...(told.lift?.steps ?? [])].map(({ indicator }) => indicator))).toEqual(
    new Set(['cooperationYears']),
  );
});

test('every rule for suggestions is of an indicator of the dictionary, in both languages and without numbers of a customer', () => {
  expect(new Set(SUGGESTION_RULES.map(({ id }) => id)).size).toBe(SUGGESTION_RULES.length);
  for (const { indicator, text } of SUGGESTION_RULES) {
    expect(indicatorOf(indicator).code).toBe(indicator);
    expect(text.zh).toMatch(/\p{Script=Han}/u);
    expect(text.en.length).toBeGreaterThan(10);
  }
});
