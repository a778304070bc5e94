/** Days on which people work: calendar days as YYYY-MM-DD, local midnights as moments. Pure arithmetic over given data. */
export interface BusinessDays {
  /** Hours and minutes ahead of UTC, as in `+08:00`. */
  readonly utcOffset: string;
  /** Both ends included. */
  readonly holidays: readonly { readonly from: string; readonly to: string }[];
  /** Weekend days and holidays that are worked. */
  readonly workdays: readonly string[];
}

const DAY_MS = 86_400_000;

/** The local day of a moment. */
export const localDay = ({ utcOffset }: Pick<BusinessDays, 'utcOffset'>, at: Date): string =>
  dayText(at.getTime() + offsetMs(utcOffset));

/** The moment at which a local day begins. */
export const beginOfDay = ({ utcOffset }: Pick<BusinessDays, 'utcOffset'>, day: string): Date =>
  new Date(dayMs(day) - offsetMs(utcOffset));

export const isBusinessDay = ({ holidays, workdays }: BusinessDays, day: string): boolean => {
  if (workdays.includes(day)) return true;
  const weekday = new Date(dayMs(day)).getUTCDay();
  return weekday !== 0 && weekday !== 6 && !holidays.some(({ from, to }) => day >= from && day <= to);
};

/** The day itself, or the last business day before it. Throws where a year has none. */
export const businessDayUpTo = (calendar: BusinessDays, day: string): string =>
  nthBusinessDay(calendar, day, -1, isBusinessDay(calendar, day) ? 0 : 1);

/** The business day that comes so many business days after the day. */
export const addBusinessDays = (calendar: BusinessDays, day: string, count: number): string =>
  nthBusinessDay(calendar, day, 1, count);

const LONGEST_SEARCH_DAYS = 1_500;

const nthBusinessDay = (calendar: BusinessDays, from: string, step: 1 | -1, count: number): string => {
  let [day, left] = [from, count];
  for (let i = 0; left > 0; i++) {
    if (i > LONGEST_SEARCH_DAYS) throw new Error('the calendar has no business days');
    day = addDays(day, step);
    if (isBusinessDay(calendar, day)) left--;
  }
  return day;
};

export const addDays = (day: string, days: number): string => dayText(dayMs(day) + days * DAY_MS);

/** The same day of a later month, or that month's last day. */
export const addMonths = (day: string, months: number): string => {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return dayText(Date.UTC(year, month - 1 + months, Math.min(date, last)));
};

const dayMs = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const offsetMs = (utcOffset: string): number => {
  const [hours = 0, minutes = 0] = utcOffset.slice(1).split(':').map(Number);
  return (utcOffset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
};
