/** The two grades of a customer: the model grade always moves, the grade in force only where no override stands. */
import {
  afterOverride,
  afterOverrideEnd,
  afterRating,
  isSameState,
  type GradeState,
} from '../../src/ratings/domain/follow-grade';

const model = (grade: GradeState['grade']): GradeState => ({
  modelGrade: grade,
  grade,
  basis: 'MODEL',
  overrideId: null,
});
const overridden = (modelGrade: GradeState['grade'], grade: GradeState['grade'], overrideId = 'o-1'): GradeState => ({
  modelGrade,
  grade,
  basis: 'OVERRIDE',
  overrideId,
});

it.each<[string, GradeState, GradeState]>([
  ['a first rating', afterRating(null, 'BBB'), model('BBB')],
  ['a better rating', afterRating(model('BBB'), 'A'), model('A')],
  ['a worse rating', afterRating(model('BBB'), 'C'), model('C')],
  ['a rating under an override', afterRating(overridden('BBB', 'A'), 'CC'), overridden('CC', 'A')],
  ['a rating that agrees with the override', afterRating(overridden('BBB', 'A'), 'A'), overridden('A', 'A')],
  ['an override', afterOverride(model('BBB'), 'A', 'o-1'), overridden('BBB', 'A')],
  ['an override over another', afterOverride(overridden('BBB', 'A'), 'B', 'o-2'), overridden('BBB', 'B', 'o-2')],
  ['the end of the override', afterOverrideEnd(overridden('CC', 'A'), 'o-1'), model('CC')],
  [
    'the end of one that was replaced',
    afterOverrideEnd(overridden('CC', 'B', 'o-2'), 'o-1'),
    overridden('CC', 'B', 'o-2'),
  ],
])('%s', (_, got, wanted) => {
  expect(got).toEqual(wanted);
});

it.each<[GradeState, GradeState, boolean]>([
  [model('A'), model('A'), true],
  [model('A'), model('B'), false],
  [model('A'), overridden('A', 'A'), false],
  [overridden('A', 'B'), overridden('A', 'B', 'o-2'), false],
  [overridden('A', 'B'), overridden('AA', 'B'), false],
])('%o is the same state as %o: %s', (a, b, same) => {
  expect(isSameState(a, b)).toBe(same);
});
