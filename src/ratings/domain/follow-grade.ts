/**
 * How the two grades of a customer move: the model grade with every rating, also while an override is in force; the grade
 * in force with the model unless a person's override stands in between (I7), or the model's grade is so much better, or
 * better so soon after it fell, that a checker looks at it first (D27). Publishing a run says the same in SQL, for everybody
 * at once.
 */
import { isWorse, notchesBetween, type Grade } from '../../kernel/grade';

/** HELD: the model grade is better and waits for a checker, {@link HELD_REASONS} say why; an older grade stays in force. */
export const BASES = ['MODEL', 'OVERRIDE', 'HELD'] as const;
export type Basis = (typeof BASES)[number];

const NOTCHES_HELD = 2;

export interface GradeState {
  readonly modelGrade: Grade;
  readonly grade: Grade;
  readonly basis: Basis;
  readonly overrideId: string | null;
  /** When a rating last made the grade in force worse; null where none ever did. */
  readonly downgradedAt: Date | null;
}

/** When a rating takes hold, and for how many days after a downgrade an upgrade waits. */
export interface RatingMoment {
  readonly at: Date;
  readonly coolDownDays: number;
}

/** After a rating; `before` is null at the first one, which nothing is held against. */
export const afterRating = (before: GradeState | null, modelGrade: Grade, moment: RatingMoment): GradeState => {
  if (before === null) return fromModel(modelGrade, null);
  if (before.basis === 'OVERRIDE') return { ...before, modelGrade };
  const notches = notchesBetween(before.grade, modelGrade);
  const end = coolDownEnd(before, moment.coolDownDays);
  if (notches >= NOTCHES_HELD || (notches > 0 && end !== null && moment.at < end)) {
    return { ...before, modelGrade, basis: 'HELD', overrideId: null };
  }
  return fromModel(modelGrade, isWorse(modelGrade, before.grade) ? moment.at : before.downgradedAt);
};

const fromModel = (modelGrade: Grade, downgradedAt: Date | null): GradeState => ({
  modelGrade,
  grade: modelGrade,
  basis: 'MODEL',
  overrideId: null,
  downgradedAt,
});

/** Why a better grade waits: it is better by {@link NOTCHES_HELD} or more, or comes too soon after a downgrade. */
export const HELD_REASONS = ['NOTCHES', 'COOL_DOWN'] as const;
export type HeldReason = (typeof HELD_REASONS)[number];

/** Null where no grade is held. What is better by less than the notches is only ever held for the cool-down. */
export const heldBecause = ({
  basis,
  grade,
  modelGrade,
}: Omit<GradeState, 'overrideId' | 'downgradedAt'>): HeldReason | null => {
  if (basis !== 'HELD') return null;
  return notchesBetween(grade, modelGrade) >= NOTCHES_HELD ? 'NOTCHES' : 'COOL_DOWN';
};

const DAY_MS = 86_400_000;

/** From when on an upgrade by one notch takes hold by itself; null where there was no downgrade. */
export const coolDownEnd = ({ downgradedAt }: Pick<GradeState, 'downgradedAt'>, coolDownDays: number): Date | null =>
  downgradedAt === null ? null : new Date(downgradedAt.getTime() + coolDownDays * DAY_MS);

/** A checker has agreed to the better grade. */
export const afterRelease = (before: GradeState): GradeState =>
  before.basis === 'HELD' ? fromModel(before.modelGrade, before.downgradedAt) : before;

export const afterOverride = (before: GradeState, grade: Grade, overrideId: string): GradeState => ({
  modelGrade: before.modelGrade,
  grade,
  basis: 'OVERRIDE',
  overrideId,
  downgradedAt: before.downgradedAt,
});

/** The model grade is in force again; nothing happens where another override has taken the place of the one that ends. */
export const afterOverrideEnd = (before: GradeState, overrideId: string): GradeState =>
  before.overrideId === overrideId ? fromModel(before.modelGrade, before.downgradedAt) : before;

export const isSameState = (a: GradeState, b: GradeState): boolean =>
  a.modelGrade === b.modelGrade && a.grade === b.grade && a.basis === b.basis && a.overrideId === b.overrideId;
