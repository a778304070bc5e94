/** When ratings are due again: by grade, on business days, and never later than twelve months. */
import fc from 'fast-check';
import { addBusinessDays, addMonths, businessDayUpTo, isBusinessDay, localDay } from '../../src/kernel/business-days';
import { GRADES } from '../../src/kernel/grade';
import { calendarGap, DEFAULT_POLICIES } from '../../src/policies';
import { reratingCalendarSchema, type ReratingCalendar } from '../../src/policies/domain/rerating-calendar';
import { dueAfter, dueByMonths, ratingDueAt, type DueFacts } from '../../src/ratings/domain/rating-due';

const calendar: ReratingCalendar = DEFAULT_POLICIES.RERATING_CALENDAR;

it.each([
  ['a Wednesday', '2026-03-11', true],
  ['a Sunday', '2026-03-15', false],
  ['Spring Festival', '2026-02-18', false],
  ['a Saturday worked for it', '2026-02-28', true],
  ['a Sunday worked for National Day', '2026-09-20', true],
])('%s (%s) is a business day: %s', (_, day, is) => {
  expect(isBusinessDay(calendar, day)).toBe(is);
});

it.each([
  [businessDayUpTo(calendar, '2026-02-23'), '2026-02-14'],
  [businessDayUpTo(calendar, '2026-10-05'), '2026-09-30'],
  [addBusinessDays(calendar, '2026-02-13', 2), '2026-02-24'],
  [addBusinessDays(calendar, '2026-03-11', 0), '2026-03-11'],
  [addMonths('2026-01-31', 1), '2026-02-28'],
  [addMonths('2028-02-29', 12), '2029-02-28'],
  [localDay(calendar, new Date('2026-03-11T16:00:00Z')), '2026-03-12'],
])('%s is %s', (got, wanted) => {
  expect(got).toBe(wanted);
});

it('a house has holidays of its own beside the public ones', () => {
  const own = {
    ...calendar,
    holidays: [...calendar.holidays, { name: '公司周年', from: '2026-03-11', to: '2026-03-11' }],
  };
  expect(businessDayUpTo(own, '2026-03-11')).toBe('2026-03-10');
});

const facts = (given: Partial<DueFacts>): DueFacts => ({
  modelGrade: 'A',
  grade: 'A',
  basis: 'MODEL',
  overrideId: null,
  downgradedAt: null,
  lastRatedAt: new Date('2026-03-11T03:00:00Z'),
  monthsAtMost: null,
  ...given,
});

it.each<[string, Partial<DueFacts>, string]>([
  ['a good grade', {}, '2027-03-10T16:00:00.000Z'],
  ['a middling one', { modelGrade: 'BB', grade: 'BB' }, '2026-09-10T16:00:00.000Z'],
  ['a weak one', { modelGrade: 'CC', grade: 'CC' }, '2026-06-10T16:00:00.000Z'],
  ['a weak model grade under an override', { modelGrade: 'CC', basis: 'OVERRIDE' }, '2026-06-10T16:00:00.000Z'],
  ['a tier that asks for more', { monthsAtMost: 1 }, '2026-04-09T16:00:00.000Z'],
  [
    'an upgrade held for the cool-down',
    { grade: 'BBB', basis: 'HELD', downgradedAt: new Date('2026-03-01T00:00:00Z') },
    '2026-05-30T00:00:00.000Z',
  ],
  [
    'an upgrade held for its notches',
    { modelGrade: 'AAA', grade: 'BBB', basis: 'HELD', downgradedAt: new Date('2026-03-01T00:00:00Z') },
    '2026-09-10T16:00:00.000Z',
  ],
])('%s is due again', (_, given, due) => {
  expect(ratingDueAt(facts(given), calendar).toISOString()).toBe(due);
});

const moments = fc.date({
  min: new Date('2024-01-01T00:00:00Z'),
  max: new Date('2029-12-31T23:59:59Z'),
  noInvalidDate: true,
});

it('never later than twelve months, always later than the rating, always a business day', () => {
  fc.assert(
    fc.property(moments, fc.integer({ min: 1, max: 12 }), (ratedAt, months) => {
      const due = dueAfter(ratedAt, months, calendar);
      // As the database says it: the same day of the year after, or the last of its month.
      const [day = '', time = ''] = ratedAt.toISOString().split('T');
      expect(due.getTime()).toBeLessThanOrEqual(Date.parse(`${addMonths(day, 12)}T${time}`));
      expect(due > ratedAt).toBe(true);
      expect(isBusinessDay(calendar, localDay(calendar, due))).toBe(true);
    }),
  );
});

it('a worse grade is never due later, and a table of months says the same as each of them', () => {
  fc.assert(
    fc.property(moments, fc.option(fc.integer({ min: 1, max: 12 })), (lastRatedAt, monthsAtMost) => {
      const due = GRADES.map((grade) =>
        ratingDueAt(facts({ modelGrade: grade, grade, lastRatedAt, monthsAtMost }), calendar),
      );
      due.slice(1).forEach((worse, i) => expect(worse <= (due[i] as Date)).toBe(true));
      const table = dueByMonths(lastRatedAt, calendar);
      expect(due).toEqual(
        GRADES.map((grade) => table[Math.min(calendar.monthsByGrade[grade], monthsAtMost ?? 12) - 1]),
      );
    }),
  );
});

it.each<[string, object]>([
  ['more than twelve months', { monthsByGrade: { ...calendar.monthsByGrade, AAA: 13 } }],
  ['a weak grade rated less often than a good one', { monthsByGrade: { ...calendar.monthsByGrade, BBB: 3 } }],
  ['a holiday that ends before it begins', { holidays: [{ name: 'x', from: '2026-01-02', to: '2026-01-01' }] }],
  [
    'targets that fall',
    {
      campaignTargets: [
        { months: 6, share: '0.7' },
        { months: 9, share: '0.6' },
      ],
    },
  ],
])('no calendar has %s', (_, change) => {
  expect(reratingCalendarSchema.safeParse({ ...calendar, ...change }).success).toBe(false);
});

it.each([
  ['long before', '2026-12-01T00:00:00Z', null],
  ['when the next year is announced', '2026-12-02T00:00:00Z', /through 2026-12-31 only: publish .* next year$/],
  ['on the last known day', '2026-12-31T23:00:00Z', /next year$/],
  ['afterwards', '2027-01-01T00:00:00Z', /so business days are wrong: publish/],
])('holidays that nobody has entered are told %s', (_, now, wanted) => {
  const gap = calendarGap(calendar, new Date(now));
  if (wanted === null) expect(gap).toBeNull();
  else expect(gap).toMatch(wanted);
});
