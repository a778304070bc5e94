/**
 * The re-rating calendar (domain rule D24, supervision rules R11 and R15): how often each grade is rated again, which days are
 * business days, how long a model's upgrade waits after a downgrade, and how fast a new scorecard version has to cover everybody.
 */
import { z } from 'zod';
import { Decimal } from '../../kernel/decimal';
import { GRADES, type Grade } from '../../kernel/grade';

/** No rating is older than this, whatever else is said (R11). */
export const MOST_MONTHS = 12;

const months = z.number().int().min(1).max(MOST_MONTHS);
const share = z.string().regex(/^(0\.\d+|1(\.0+)?)$/);

export const reratingCalendarSchema = z
  .strictObject({
    /** Months after which a rating is due again, by the worse of a customer's two grades. */
    monthsByGrade: z.record(z.enum(GRADES), months),
    /** Where a tier asks for it more often than the grade. */
    monthsByTier: z.record(z.string().regex(/^[A-Z_]+$/), months),
    /** Hours and minutes that local time is ahead of UTC; days begin by it. */
    utcOffset: z.string().regex(/^[+-](0\d|1[0-4]):[0-5]\d$/),
    /** Nobody works on Saturdays, Sundays and these days, both ends included … */
    holidays: z.array(z.strictObject({ name: z.string().min(1), from: z.iso.date(), to: z.iso.date() })),
    /** … except on these. */
    workdays: z.array(z.iso.date()),
    /** Until when holidays are known; later only weekends count. */
    holidaysKnownThrough: z.iso.date(),
    /** Days after a downgrade by the model in which its upgrades wait for a checker; 0: none. */
    coolDownDays: z.number().int().min(0).max(366),
    /** What share of the portfolio a new scorecard version must have rated so long after it went live. */
    campaignTargets: z.array(z.strictObject({ months: z.number().int().min(1).max(60), share })).min(1),
  })
  .superRefine((calendar, context) => {
    GRADES.slice(1).forEach((worse, i) => {
      const better = GRADES[i] as Grade;
      if (calendar.monthsByGrade[worse] > calendar.monthsByGrade[better]) {
        context.addIssue({
          code: 'custom',
          path: ['monthsByGrade', worse],
          message: `rated less often than ${better}`,
        });
      }
    });
    calendar.holidays.forEach(({ from, to }, i) => {
      if (from > to) context.addIssue({ code: 'custom', path: ['holidays', i], message: 'ends before it begins' });
    });
    calendar.campaignTargets.slice(1).forEach((target, i) => {
      const before = calendar.campaignTargets[i] as typeof target;
      if (target.months <= before.months || new Decimal(target.share).lt(before.share)) {
        context.addIssue({
          code: 'custom',
          path: ['campaignTargets', i + 1],
          message: 'asks for less than the one before',
        });
      }
    });
  });

export type ReratingCalendar = z.infer<typeof reratingCalendarSchema>;

/** How long beforehand it is said that holidays are not known: the next year's are announced in November. */
const NOTICE_DAYS = 30;

/** What is wrong with the holidays that a calendar knows, in one line; null where they are known well beyond the moment. */
export const calendarGap = ({ holidaysKnownThrough: known }: ReratingCalendar, now: Date): string | null => {
  const today = now.toISOString().slice(0, 10);
  const soon = new Date(now.getTime() + NOTICE_DAYS * 86_400_000).toISOString().slice(0, 10);
  if (known >= soon) return null;
  return known < today
    ? `holidays are known through ${known} only, so business days are wrong: publish a re-rating calendar with later ones`
    : `holidays are known through ${known} only: publish a re-rating calendar with those of the next year`;
};
