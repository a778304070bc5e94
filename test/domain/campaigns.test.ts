/** Campaigns: targets with dates, the pace between them, and when one is behind. */
import fc from 'fast-check';
import { DEFAULT_POLICIES } from '../../src/policies';
import { missedTargets, shareOf, targetsFrom, wantedBy } from '../../src/ratings/domain/campaign';

const STARTED = new Date('2026-01-31T08:00:00Z');
const targets = targetsFrom(STARTED, DEFAULT_POLICIES.RERATING_CALENDAR.campaignTargets);

it('70 % in six months, 95 % in nine, all in twelve', () => {
  expect(targets).toEqual([
    { dueAt: new Date('2026-07-31T08:00:00Z'), share: '0.70' },
    { dueAt: new Date('2026-10-31T08:00:00Z'), share: '0.95' },
    { dueAt: new Date('2027-01-31T08:00:00Z'), share: '1' },
  ]);
});

it.each([
  ['before the first date', '2026-07-31T07:59:59Z', 0, 0],
  ['at the first date, with less', '2026-07-31T08:00:00Z', 699, 1],
  ['at the first date, with as much', '2026-07-31T08:00:00Z', 700, 0],
  ['after the second, with enough for the first', '2026-11-01T00:00:00Z', 700, 1],
  ['at the end, one short', '2027-02-01T00:00:00Z', 999, 1],
  ['at the end, nobody', '2027-02-01T00:00:00Z', 0, 3],
])('targets missed %s (%s, %s of 1000): %s', (_, at, covered, missed) => {
  expect(missedTargets(targets, { customers: 1_000, covered }, new Date(at))).toBe(missed);
});

it('whoever keeps the pace misses nothing, and the pace never goes back', () => {
  const moment = fc.integer({ min: 0, max: 400 }).map((days) => new Date(STARTED.getTime() + days * 86_400_000));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), moment, moment, (customers, a, b) => {
      const wanted = [a, b]
        .sort((x, y) => x.getTime() - y.getTime())
        .map((at) => wantedBy(STARTED, targets, { customers }, at));
      expect(wanted[0]).toBeLessThanOrEqual(wanted[1] as number);
      expect(wanted[1]).toBeLessThanOrEqual(customers);
      const coverage = { customers, covered: wantedBy(STARTED, targets, { customers }, a) };
      expect(missedTargets(targets, coverage, a)).toBe(0);
    }),
  );
});

it.each([
  [{ customers: 0, covered: 0 }, '0.000000'],
  [{ customers: 3, covered: 2 }, '0.666666'],
  [{ customers: 3, covered: 3 }, '1.000000'],
])('the share of %o is %s', (coverage, share) => {
  expect(shareOf(coverage)).toBe(share);
});
