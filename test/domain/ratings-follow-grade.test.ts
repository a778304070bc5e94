/** The two grades of a customer: the model grade always moves, the grade in force only where no override stands. */
import {
  afterOverride,
  afterOverrideEnd,
  afterRating,
  afterRelease,
  heldBecause,
  isSameState,
  type GradeState,
} from '../../src/ratings/domain/follow-grade';

const NOW = new Date('2026-03-01T00:00:00Z');
const DAY_MS = 86_400_000;
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);
const rating = (before: GradeState | null, grade: GradeState['grade']): GradeState =>
  afterRating(before, grade, { at: NOW, coolDownDays: 30 });

const model = (grade: GradeState['grade'], downgradedAt: Date | null = null): GradeState => ({
  modelGrade: grade,
  grade,
  basis: 'MODEL',
  overrideId: null,
  downgradedAt,
});
const overridden = (modelGrade: GradeState['grade'], grade: GradeState['grade'], overrideId = 'o-1'): GradeState => ({
  modelGrade,
  grade,
  basis: 'OVERRIDE',
  overrideId,
  downgradedAt: null,
});
const held = (modelGrade: GradeState['grade'], was: GradeState): GradeState => ({ ...was, modelGrade, basis: 'HELD' });

it.each<[string, GradeState, GradeState]>([
  ['a first rating', rating(null, 'BBB'), model('BBB')],
  ['a better rating', rating(model('BBB'), 'A'), model('A')],
  ['a worse rating', rating(model('BBB'), 'C'), model('C', NOW)],
  ['the same rating', rating(model('BBB', daysAgo(5)), 'BBB'), model('BBB', daysAgo(5))],
  ['a much better rating', rating(model('BBB'), 'AA'), held('AA', model('BBB'))],
  ['one notch up in the cool-down', rating(model('BBB', daysAgo(29)), 'A'), held('A', model('BBB', daysAgo(29)))],
  ['one notch up when it ends', rating(model('BBB', daysAgo(30)), 'A'), model('A', daysAgo(30))],
  ['a held upgrade when it ends', rating(held('A', model('BBB', daysAgo(31))), 'A'), model('A', daysAgo(31))],
  ['a held upgrade that falls through', rating(held('A', model('BBB', daysAgo(3))), 'BB'), model('BB', NOW)],
  ['an upgrade that a checker lets go', afterRelease(held('A', model('BBB', daysAgo(3)))), model('A', daysAgo(3))],
  ['a rating under an override', rating(overridden('BBB', 'A'), 'CC'), overridden('CC', 'A')],
  ['a rating that agrees with the override', rating(overridden('BBB', 'A'), 'A'), overridden('A', 'A')],
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

it.each<[GradeState, ReturnType<typeof heldBecause>]>([
  [model('A'), null],
  [overridden('AAA', 'B'), null],
  [held('A', model('BBB')), 'COOL_DOWN'],
  [held('AA', model('BBB')), 'NOTCHES'],
])('%o is held because of %s', (state, reason) => {
  expect(heldBecause(state)).toBe(reason);
});
