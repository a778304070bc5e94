/** The rank statistic against its definition by pairs, and the share of bad by grade. */
import fc from 'fast-check';
import { GRADES } from '../../src/kernel/grade';
import { areaUnderCurve, outcomesByGrade, type ScoredOutcome } from '../../src/validation/domain/rank-power';

const observed = (score: number, bad: boolean): ScoredOutcome => ({ score, bad });

/** The definition: over all pairs of a good and a bad customer, how often the good one scores higher, ties half. */
const byPairs = (observations: readonly ScoredOutcome[]): number | null => {
  const good = observations.filter(({ bad }) => !bad);
  const bad = observations.filter((observation) => observation.bad);
  if (good.length === 0 || bad.length === 0) return null;
  let won = 0;
  for (const left of good) {
    for (const right of bad) won += left.score > right.score ? 1 : left.score === right.score ? 0.5 : 0;
  }
  return won / (good.length * bad.length);
};

describe('areaUnderCurve', () => {
  test.each<[string, ScoredOutcome[], number | null]>([
    ['nobody', [], null],
    ['nobody went bad', [observed(50, false), observed(60, false)], null],
    ['everybody went bad', [observed(50, true)], null],
    ['every good one above every bad one', [observed(20, true), observed(30, true), observed(80, false)], 1],
    ['every good one below', [observed(80, true), observed(20, false)], 0],
    ['all tied', [observed(50, true), observed(50, false), observed(50, false)], 0.5],
    ['one pair of four lost', [observed(10, true), observed(20, false), observed(30, true), observed(40, false)], 0.75],
  ])('%s', (_, observations, expected) => {
    expect(areaUnderCurve(observations)).toBe(expected);
  });

  test('agrees with the definition by pairs, ties included', () => {
    // Few distinct scores, so that ties are common.
    const observations = fc.array(fc.record({ score: fc.integer({ min: 0, max: 12 }), bad: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(observations, (drawn) => {
        const expected = byPairs(drawn);
        const found = areaUnderCurve(drawn);
        if (expected === null) expect(found).toBeNull();
        else expect(found).toBeCloseTo(expected, 12);
      }),
    );
  });

  test('turning every score round turns the area round', () => {
    const observations = fc.array(fc.record({ score: fc.integer({ min: 0, max: 100 }), bad: fc.boolean() }), {
      minLength: 2,
    });
    fc.assert(
      fc.property(observations, (drawn) => {
        const area = areaUnderCurve(drawn);
        fc.pre(area !== null);
        const turned = areaUnderCurve(drawn.map(({ score, bad }) => observed(-score, bad)));
        expect(turned).toBeCloseTo(1 - area, 12);
      }),
    );
  });

  test('leaves its argument alone and refuses what is not a number', () => {
    const observations = Object.freeze([observed(2, true), observed(1, false)]);
    areaUnderCurve(observations);
    expect(observations.map(({ score }) => score)).toEqual([2, 1]);
    expect(() => areaUnderCurve([observed(Number.NaN, true), observed(1, false)])).toThrow(RangeError);
  });
});

describe('outcomesByGrade', () => {
  test('names all nine grades, best first, with the share of bad where anybody holds the grade', () => {
    const rows = outcomesByGrade([
      { grade: 'AAA', bad: false },
      { grade: 'CC', bad: true },
      { grade: 'CC', bad: true },
      { grade: 'CC', bad: false },
      { grade: 'CC', bad: false },
    ]);
    expect(rows.map(({ grade }) => grade)).toEqual([...GRADES]);
    expect(rows[0]).toEqual({ grade: 'AAA', count: 1, bad: 0, shareBad: 0 });
    expect(rows[7]).toEqual({ grade: 'CC', count: 4, bad: 2, shareBad: 0.5 });
    expect(rows[8]).toEqual({ grade: 'C', count: 0, bad: 0, shareBad: null });
  });

  test('counts everybody once', () => {
    const observations = fc.array(fc.record({ grade: fc.constantFrom(...GRADES), bad: fc.boolean() }));
    fc.assert(
      fc.property(observations, (drawn) => {
        const rows = outcomesByGrade(drawn);
        expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(drawn.length);
        expect(rows.reduce((sum, { bad }) => sum + bad, 0)).toBe(drawn.filter(({ bad }) => bad).length);
      }),
    );
  });
});
