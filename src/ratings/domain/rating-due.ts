/**
 * When a rating is due again (D24, R11): so many months after it, by the worse of the two grades or more often where a tier asks for
 * it, on a business day and never later than twelve months. A grade that is held for the cool-down is due when that ends.
 */
import { addMonths, addDays, beginOfDay, businessDayUpTo, localDay } from '../../kernel/business-days';
import { rankOf, type Grade } from '../../kernel/grade';
import { MOST_MONTHS, type ReratingCalendar } from '../../policies/domain/rerating-calendar';
import { coolDownEnd, heldBecause, type GradeState } from './follow-grade';

export interface DueFacts extends GradeState {
  readonly lastRatedAt: Date;
  /** Months at most that somebody to the right asks for, such as the customer's tier; null where nobody does. */
  readonly monthsAtMost: number | null;
}

/** Months that a rating holds: by the worse grade, so that neither an override nor a held grade makes it rarer. */
const monthsOfGrades = (calendar: Pick<ReratingCalendar, 'monthsByGrade'>, a: Grade, b: Grade): number =>
  calendar.monthsByGrade[rankOf(a) < rankOf(b) ? a : b];

export const ratingDueAt = (facts: DueFacts, calendar: ReratingCalendar): Date => {
  const months = Math.min(monthsOfGrades(calendar, facts.modelGrade, facts.grade), facts.monthsAtMost ?? MOST_MONTHS);
  const due = dueAfter(facts.lastRatedAt, months, calendar);
  const end = heldBecause(facts) === 'COOL_DOWN' ? coolDownEnd(facts, calendar.coolDownDays) : null;
  return end !== null && end < due ? end : due;
};

/** Begin of the business day on which a rating of that moment is so many months old, or the last one before it. */
export const dueAfter = (ratedAt: Date, months: number, calendar: ReratingCalendar): Date => {
  const bound = new Date(ratedAt);
  bound.setUTCMonth(bound.getUTCMonth() + MOST_MONTHS);
  // A 29th of February that the year after does not have.
  if (bound.getUTCDate() !== ratedAt.getUTCDate()) bound.setUTCDate(0);
  let day = businessDayUpTo(calendar, addMonths(localDay(calendar, ratedAt), months));
  while (beginOfDay(calendar, day) > bound) day = businessDayUpTo(calendar, addDays(day, -1));
  return beginOfDay(calendar, day);
};

/** What {@link dueAfter} says for 1, 2 … 12 months, for everybody who was rated at that moment. */
export const dueByMonths = (ratedAt: Date, calendar: ReratingCalendar): Date[] =>
  Array.from({ length: MOST_MONTHS }, (_, i) => dueAfter(ratedAt, i + 1, calendar));
