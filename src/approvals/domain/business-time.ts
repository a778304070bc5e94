/** Hours that count: those of business days, all twenty-four of them. Which days are business days the calendar of the house tells. */
import { addDays, beginOfDay, isBusinessDay, localDay, type BusinessDays } from '../../kernel/business-days';

const HOUR_MS = 3_600_000;
/** A calendar without a business day in so long is broken. */
const MOST_DAYS = 400;

/** The moment at which so many hours of business days have passed since `from`. */
export const afterBusinessHours = (from: Date, hours: number, calendar: BusinessDays): Date => {
  let at = from.getTime();
  let left = hours * HOUR_MS;
  let day = localDay(calendar, from);
  for (let days = 0; days < MOST_DAYS + hours; days++) {
    const next = addDays(day, 1);
    const endOfDay = beginOfDay(calendar, next).getTime();
    if (isBusinessDay(calendar, day)) {
      if (at + left <= endOfDay) return new Date(at + left);
      left -= endOfDay - at;
    }
    at = endOfDay;
    day = next;
  }
  throw new Error('the calendar has no business days');
};
