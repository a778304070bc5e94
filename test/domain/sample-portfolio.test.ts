/** The sample portfolio is believable, complete, inside the dictionary's rules, and the same at every draw. */
import { createHash } from 'node:crypto';
import { generatePortfolio, lastQuarterEnd, type SamplePortfolio } from '../../cli/sample/portfolio';
import { createRandom } from '../../cli/sample/random';
import { STORY_KINDS, type StoryKind } from '../../cli/sample/stories';
import { creditCodeFault, leiFault } from '../../src/customers';
import { indicatorOf } from '../../src/indicators';
import { GRADES } from '../../src/kernel/grade';
import { compileScorer, EXPERT_SCORECARD, freezeCutPoints, inputIndicators, type Score } from '../../src/scorecards';

const SEED = 20260101;
const LAST = '2025-12-31';
let portfolio: SamplePortfolio;
beforeAll(() => {
  portfolio = generatePortfolio(SEED, LAST);
});

const digestOfPortfolio = (drawn: SamplePortfolio): string =>
  createHash('sha256').update(JSON.stringify(drawn)).digest('hex');

describe('the draw', () => {
  test('is the same for the same seed and quarter', () => {
    expect(digestOfPortfolio(generatePortfolio(SEED, LAST))).toBe(digestOfPortfolio(portfolio));
  });

  test('is another one for another seed', () => {
    const other = generatePortfolio(SEED + 1, LAST);
    expect(other.parties[0]).not.toEqual(portfolio.parties[0]);
    expect(other.snapshots[0]).not.toEqual(portfolio.snapshots[0]);
  });

  test('refuses a day that ends no quarter', () => {
    expect(() => generatePortfolio(SEED, '2025-12-30')).toThrow(RangeError);
    expect(() => generatePortfolio(SEED, 'soon')).toThrow(RangeError);
  });

  test.each([
    ['2026-01-15T08:00:00Z', '2025-12-31'],
    ['2025-12-31T00:00:00Z', '2025-12-31'],
    ['2025-12-30T23:59:59Z', '2025-09-30'],
    ['2026-04-01T00:00:00Z', '2026-03-31'],
    ['2024-07-02T00:00:00Z', '2024-06-30'],
  ])('the last quarter end at %s is %s', (day, expected) => {
    expect(lastQuarterEnd(new Date(day))).toBe(expected);
  });

  test('forked streams do not disturb each other', () => {
    const first = createRandom(7).fork('a').unit();
    const other = createRandom(7);
    other.fork('b').unit();
    expect(other.fork('a').unit()).toBe(first);
    expect(other.fork('b').unit()).not.toBe(first);
  });
});

describe('parties', () => {
  test('are about 600, mostly customers, with names and codes of their own', () => {
    expect(portfolio.parties).toHaveLength(600);
    expect(portfolio.parties.filter(({ kind }) => kind === 'SUPPLIER')).toHaveLength(80);
    for (const key of ['number', 'nameZh', 'nameEn', 'creditCode'] as const) {
      expect(new Set(portfolio.parties.map((party) => party[key])).size).toBe(600);
    }
    expect(portfolio.parties.every(({ nameZh }) => /^\p{Script=Han}{8,}公司$/u.test(nameZh))).toBe(true);
  });

  test('have codes with right check characters', () => {
    expect(portfolio.parties.map(({ creditCode }) => creditCodeFault(creditCode)).filter(Boolean)).toEqual([]);
    const leis = portfolio.parties.flatMap(({ lei }) => (lei === null ? [] : [lei]));
    expect(leis.length).toBeGreaterThan(40);
    expect(leis.map(leiFault).filter(Boolean)).toEqual([]);
  });

  test('stand in every stage and in five industries big enough for cut points of their own', () => {
    expect([...new Set(portfolio.parties.map(({ stage }) => stage))].sort()).toEqual(
      ['ACQUISITION', 'DECLINE', 'EXITED', 'GROWTH', 'MATURITY'].sort(),
    );
    const industries = new Set(portfolio.parties.map(({ industryCode }) => industryCode));
    expect(industries.size).toBe(5);
    for (const industry of industries) {
      const members = portfolio.parties.filter(({ industryCode }) => industryCode === industry);
      expect(members.length).toBeGreaterThanOrEqual(30);
    }
  });

  test('are related to parties that exist, never to themselves, and nobody has two parents', () => {
    const numbers = new Set(portfolio.parties.map(({ number }) => number));
    for (const { fromNumber, toNumber } of portfolio.relations) {
      expect(numbers.has(fromNumber) && numbers.has(toNumber) && fromNumber !== toNumber).toBe(true);
    }
    const children = portfolio.relations.filter(({ kind }) => kind === 'PARENT').map(({ toNumber }) => toNumber);
    expect(new Set(children).size).toBe(children.length);
  });
});

describe('values', () => {
  test('cover eight quarters, inside the ranges of the dictionary', () => {
    expect([...new Set(portfolio.snapshots.map(({ asOf }) => asOf))]).toEqual([
      '2024-03-31', '2024-06-30', '2024-09-30', '2024-12-31', '2025-03-31', '2025-06-30', '2025-09-30', '2025-12-31',
    ]); // prettier-ignore
    const outside = portfolio.snapshots.flatMap(({ number, asOf, values }) =>
      Object.entries(values).flatMap(([code, value]: [string, number]) => {
        const { range } = indicatorOf(code);
        const inside = Number.isFinite(value) && value >= (range.min ?? -Infinity) && value <= (range.max ?? Infinity);
        return inside ? [] : [`${number} ${asOf} ${code} ${value}`];
      }),
    );
    expect(outside).toEqual([]);
  });

  test('agree with one another', () => {
    for (const { values } of portfolio.snapshots) {
      const { debtToAssetsRatio: debt, debtToEquity, grossMargin, operatingMargin } = values;
      if (debt !== undefined && debtToEquity !== undefined) {
        expect(debtToEquity / (debt / (1 - debt))).toBeCloseTo(1, 3);
      }
      if (grossMargin !== undefined && operatingMargin !== undefined) expect(operatingMargin).toBeLessThan(grossMargin);
    }
  });

  test('give every customer a share of our turnover, adding up to the whole', () => {
    const customers = new Set(portfolio.parties.filter(({ kind }) => kind === 'CUSTOMER').map(({ number }) => number));
    const shares = portfolio.snapshots
      .filter(({ asOf, number }) => asOf === LAST && customers.has(number))
      .map(({ values }) => values.shareOfOurTurnover ?? 0);
    const sum = shares.reduce((total, share) => total + share, 0);
    // A few are missing on purpose, so the known ones stay a little below 1.
    expect(sum).toBeGreaterThan(0.93);
    expect(sum).toBeLessThanOrEqual(1.001);
  });

  test('some are missing, in some companies', () => {
    const counts = portfolio.snapshots
      .filter(({ asOf }) => asOf === LAST)
      .map(({ values }) => Object.keys(values).length);
    expect(Math.min(...counts)).toBeLessThan(Math.max(...counts));
    expect(portfolio.snapshots.every(({ values }) => values.yearlyTurnoverWithUs !== undefined)).toBe(true);
  });
});

/** Rates one quarter by the expert scorecard, cut points taken from the same quarter. */
const rate = (asOf: string): Map<string, Score> => {
  const values = new Map(portfolio.snapshots.filter((row) => row.asOf === asOf).map((row) => [row.number, row.values]));
  const valueOf = (number: string, code: string): number | null =>
    (values.get(number) as Record<string, number> | undefined)?.[code] ?? null;
  const scores = new Map<string, Score>();
  const present = portfolio.parties.filter(({ number }) => values.has(number));
  for (const industry of new Set(present.map(({ industryCode }) => industryCode))) {
    const members = present.filter(({ industryCode }) => industryCode === industry);
    const columns = EXPERT_SCORECARD.characteristics.map(({ indicator }) =>
      members.map(({ number }) => valueOf(number, indicator)),
    );
    const frozen = freezeCutPoints(EXPERT_SCORECARD, industry, { columns });
    if (!frozen.ok) throw new Error(frozen.refusal.message);
    const card = compileScorer(EXPERT_SCORECARD, frozen.value);
    for (const { number } of members) {
      const score = card.score(inputIndicators(EXPERT_SCORECARD).map((code) => valueOf(number, code)));
      if (!score.ok) throw new Error(score.refusal.message);
      scores.set(number, score.value);
    }
  }
  return scores;
};

describe('grades by the expert scorecard', () => {
  test('spread over all nine, with the middle ones the fullest', () => {
    const held = [...rate(LAST).values()].map(({ modelGrade }) => modelGrade);
    const counts = GRADES.map((grade) => held.filter((other) => other === grade).length);
    for (const count of counts) expect(count).toBeGreaterThan(5);
    expect(Math.max(...counts)).toBeLessThan(held.length / 4);
  });

  test('tell the stories', () => {
    expect(portfolio.stories.map(({ kind }) => kind)).toEqual(expect.arrayContaining([...STORY_KINDS]));
    const [before, after] = [rate('2024-03-31'), rate(LAST)];
    const of = (scores: Map<string, Score>, kind: StoryKind): Score =>
      scores.get(portfolio.stories.find((story) => story.kind === kind)!.number)!;
    const moved = (kind: StoryKind): number => Number(of(after, kind).score) - Number(of(before, kind).score);

    expect(moved('SLIDE_INTO_DECLINE')).toBeLessThan(-40);
    expect(moved('RISING_STAR')).toBeGreaterThan(20);
    expect(moved('TURNAROUND')).toBeGreaterThan(40);
    expect(moved('WEAKENING_PARENT')).toBeLessThan(-25);
    expect(of(after, 'LAWSUIT')).toMatchObject({ uncappedGrade: 'A', modelGrade: 'B', caps: ['lawsuit'] });
    expect(of(after, 'BLACKLIST_HIT')).toMatchObject({ modelGrade: 'C', caps: ['blacklist'] });
    expect(of(after, 'MISSING_CREDIT_DATA').notes).toContain('CREDIT_INFORMATION_MISSING');
  });
});

describe('opening limits', () => {
  test('are round positive yuan amounts of customers only', () => {
    const kinds = new Map(portfolio.parties.map(({ number, kind }) => [number, kind]));
    expect(portfolio.openingLimits.length).toBeGreaterThan(400);
    for (const { number, limit } of portfolio.openingLimits) {
      expect(kinds.get(number)).toBe('CUSTOMER');
      expect(limit.currency).toBe('CNY');
      expect(limit.amount).toMatch(/^[1-9]\d*0000\.00$/);
    }
  });
});
