/**
 * How the two grades of a customer move: the model grade with every rating, also while an override is in force; the grade
 * in force with the model unless a person's override stands in between (I7).
 */
import type { Grade } from '../../kernel/grade';

export type Basis = 'MODEL' | 'OVERRIDE';

export interface GradeState {
  readonly modelGrade: Grade;
  readonly grade: Grade;
  readonly basis: Basis;
  readonly overrideId: string | null;
}

/** After a rating; `before` is null at the first one. */
export const afterRating = (before: GradeState | null, modelGrade: Grade): GradeState =>
  before === null || before.basis === 'MODEL'
    ? { modelGrade, grade: modelGrade, basis: 'MODEL', overrideId: null }
    : { ...before, modelGrade };

export const afterOverride = (before: GradeState, grade: Grade, overrideId: string): GradeState => ({
  modelGrade: before.modelGrade,
  grade,
  basis: 'OVERRIDE',
  overrideId,
});

/** The model grade is in force again; nothing happens where another override has taken the place of the one that ends. */
export const afterOverrideEnd = (before: GradeState, overrideId: string): GradeState =>
  before.overrideId === overrideId
    ? { modelGrade: before.modelGrade, grade: before.modelGrade, basis: 'MODEL', overrideId: null }
    : before;

export const isSameState = (a: GradeState, b: GradeState): boolean =>
  a.modelGrade === b.modelGrade && a.grade === b.grade && a.basis === b.basis && a.overrideId === b.overrideId;
