/** How a reference population is cut into tenths, and what becomes of ties, gaps and small segments. */
import fc from 'fast-check';
import { MISSING_VALUE, compileScorer, freezeCutPoints, segmentFor } from '../../src/scorecards';
import { readCutPointSet } from '../../src/scorecards/domain/cut-points';
import { SMALL_SCORECARD, freeze, oneIndicatorScorecard, oneTo, pointsOf, scoreOf } from './scorecards-fixture';

const of = (count: number, value: number): number[] => Array<number>(count).fill(value);

describe('tenths', () => {
  test('give the best tenth 10 points and the worst tenth 1, a tenth of the members to each', () => {
    const points = pointsOf('cooperationYears', oneTo(100), oneTo(100));
    expect(points).toEqual(oneTo(100).map((years) => Math.ceil(years / 10)));
  });

  test('turn round where lower is better', () => {
    const points = pointsOf('daysPastDue', oneTo(100), oneTo(100));
    expect(points).toEqual(oneTo(100).map((days) => 11 - Math.ceil(days / 10)));
  });

  test('are taken of the distance from a band where a band is best', () => {
    // The band is 0.75 to 0.9: 50 inside, 25 below and 25 above at growing distance.
    const below = oneTo(25).map((step) => 0.75 - step / 50);
    const above = oneTo(25).map((step) => 0.9 + step / 50);
    const points = pointsOf(
      'capacityUse',
      [...below, ...of(50, 0.8), ...above],
      [0.75, 0.8, 0.9, 0.745, 0.905, 0.25, 1.4, 0],
    );
    expect(points).toEqual([10, 10, 10, 5, 5, 1, 1, 1]);
  });

  test('rate values outside the population like its ends', () => {
    expect(pointsOf('cooperationYears', oneTo(50), [0, 1_000])).toEqual([1, 10]);
  });

  const crowds: [string, string, number[], [number, number][]][] = [
    [
      'most at the best go up to 10',
      'defaultsIn3Years',
      [...of(70, 0), ...oneTo(30)],
      [
        [0, 10],
        [1, 3],
        [30, 1],
      ],
    ],
    [
      'nearly all at the best go up to 10',
      'defaultsIn3Years',
      [...of(99, 0), 3],
      [
        [0, 10],
        [1, 1],
        [3, 1],
      ],
    ],
    [
      'most at the worst go down to 1',
      'strategicFit',
      [...of(60, 0), ...oneTo(40).map((step) => step / 4)],
      [
        [0, 1],
        [0.25, 7],
        [10, 10],
      ],
    ],
    [
      'a crowd in the middle goes up as a whole',
      'cooperationYears',
      [...oneTo(30), ...of(40, 50), ...oneTo(30).map((step) => 50 + step)],
      [
        [30, 3],
        [50, 7],
        [51, 8],
        [80, 10],
      ],
    ],
    [
      'nobody differs: all are as good as the best tenth',
      'cooperationYears',
      of(40, 7),
      [
        [7, 10],
        [6.9, 1],
      ],
    ],
    [
      'one member only',
      'cooperationYears',
      [5],
      [
        [5, 10],
        [4, 1],
      ],
    ],
    [
      'five members',
      'cooperationYears',
      oneTo(5),
      [
        [1, 1],
        [2, 4],
        [3, 6],
        [4, 8],
        [5, 10],
      ],
    ],
  ];
  test.each(crowds)('%s', (_, indicator, population, expected) => {
    expect(
      pointsOf(
        indicator,
        population,
        expected.map(([value]) => value),
      ),
    ).toEqual(expected.map(([, points]) => points));
  });

  test('do not depend on the order of the population, nor on which zero it holds', () => {
    const definition = oneIndicatorScorecard('cashFlowToLiabilities');
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -2, max: 2 })), {
          minLength: 1,
          maxLength: 80,
        }),
        fc.infiniteStream(fc.nat()),
        (population, keys) => {
          const shuffled = population.map((value) => ({ value, key: keys.next().value as number }));
          shuffled.sort((a, b) => a.key - b.key);
          const values = shuffled.map(({ value }) => (value === 0 ? 0 : value));
          expect(freeze(definition, [values])).toEqual(freeze(definition, [Float64Array.from(population)]));
        },
      ),
    );
  });

  test('survive JSON exactly', () => {
    const definition = oneIndicatorScorecard('cashFlowToLiabilities');
    const frozen = freeze(definition, [[-0, 0.1 + 0.2, 1e-320, -1e300, 5, 1 / 3, 2e21]]);
    expect(readCutPointSet(JSON.parse(JSON.stringify(frozen)))).toEqual(frozen);
  });
});

describe('what the segment does not know', () => {
  const member = (index: number): (number | null)[] => [
    index % 3,
    0.5 + (index % 50) / 100,
    index / 100,
    0.8,
    index % 20,
    index % 10,
  ];
  const columnsWithout = (...blank: number[]): (number | null)[][] =>
    SMALL_SCORECARD.characteristics.map((_, column) =>
      oneTo(100).map((index) => (blank.includes(column) ? null : (member(index)[column] ?? null))),
    );

  test('everything known: the weights are those of the version', () => {
    expect(freeze(SMALL_SCORECARD, columnsWithout()).effectiveWeightsPpm).toEqual([
      250_000, 150_000, 173_333, 126_667, 200_000, 100_000,
    ]);
  });

  test('an indicator nobody has is not applicable, and its weight goes to the others in proportion', () => {
    const frozen = freeze(SMALL_SCORECARD, columnsWithout(2, 5));
    expect(frozen.perCharacteristic.map((row) => row.applicable)).toEqual([true, true, false, true, true, false]);
    // 25, 15, 12.6667 and 20 of 72.6667, largest remainders rounded up.
    expect(frozen.effectiveWeightsPpm).toEqual([344_037, 206_422, 0, 174_312, 275_229, 0]);
    const scored = scoreOf(compileScorer(SMALL_SCORECARD, frozen), [0, 1, 0.5, 0.8, 20, 9, 0]);
    expect(scored.pointsCenti).toEqual([1000, 1000, 0, 1000, 1000, 0]);
    expect(scored).toMatchObject({ score: '100.0000', modelGrade: 'AAA', missing: [] });
    // Of potential nothing at all is known; of operation the capacity still is.
    expect(scored.notes).toEqual(['POTENTIAL_MISSING']);
  });

  test('effective weights add up to a million whatever is not applicable', () => {
    fc.assert(
      fc.property(fc.subarray([0, 1, 2, 3, 4, 5], { maxLength: 5 }), (blank) => {
        const weights = freeze(SMALL_SCORECARD, columnsWithout(...blank)).effectiveWeightsPpm;
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(1_000_000);
        weights.forEach((weight, index) => expect(weight > 0).toBe(!blank.includes(index)));
      }),
    );
  });

  test.each([
    [300, 9, false],
    [300, 10, true],
    [45, 4, false],
    [45, 5, true],
    [5, 1, true],
  ])('of %d members %d have a value: applicable is %p', (size, known, applicable) => {
    const definition = { ...SMALL_SCORECARD, characteristics: SMALL_SCORECARD.characteristics.slice(0, 2) };
    const partly = oneTo(size).map((index) => (index <= known ? index : null));
    const { perCharacteristic } = freeze(definition, [oneTo(size), partly]);
    expect(perCharacteristic[1]).toMatchObject({ applicable, valueCount: known });
  });

  test('a segment without any value is refused', () => {
    expect(freezeCutPoints(SMALL_SCORECARD, 'RETAIL', { columns: columnsWithout(0, 1, 2, 3, 4, 5) })).toMatchObject({
      ok: false,
      refusal: {
        code: 'INVALID_STATE',
        reason: 'NO_REFERENCE_VALUES',
        params: { segment: 'RETAIL', referenceSize: 100 },
      },
    });
    expect(
      freezeCutPoints(SMALL_SCORECARD, '*', { columns: SMALL_SCORECARD.characteristics.map(() => []) }),
    ).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_STATE', reason: 'NO_REFERENCE_VALUES' },
    });
  });

  test('a gap is null, or its stand-in in a typed array', () => {
    const gaps = columnsWithout().map((column, index) =>
      column.map((value, row) => ((row + index) % 7 === 0 ? null : value)),
    );
    const typed = gaps.map((column) => Float64Array.from(column, (value) => value ?? MISSING_VALUE));
    expect(freeze(SMALL_SCORECARD, typed)).toEqual(freeze(SMALL_SCORECARD, gaps));
  });

  test('the mean points are those of the members that have a value, in hundredths, half-up', () => {
    const definition = oneIndicatorScorecard('strategicFit');
    const population = [0, 0, 3, 4, 5, 6, 7, 8, null];
    const { perCharacteristic } = freeze(definition, [population]);
    expect(pointsOf('strategicFit', population, population.slice(0, 8))).toEqual([1, 1, 4, 5, 7, 8, 9, 10]);
    expect(perCharacteristic[0]?.meanPointsCenti).toBe(563);
    expect(perCharacteristic[0]?.valueCount).toBe(8);
  });
});

describe('bugs of the caller are thrown', () => {
  test.each([NaN, Infinity, -Infinity])('%p in the population', (value) => {
    expect(() => freeze(oneIndicatorScorecard('roa'), [[0.1, value]])).toThrow(RangeError);
    expect(() => freeze(oneIndicatorScorecard('roa'), [Float64Array.of(0.1, value)])).toThrow(RangeError);
  });

  test('columns that do not fit', () => {
    expect(() => freeze(SMALL_SCORECARD, [[1]])).toThrow(RangeError);
    expect(() => freeze(SMALL_SCORECARD, [[1], [1], [1], [1], [1], [1, 2]])).toThrow(RangeError);
  });
});

test.each([
  ['RETAIL', 30, 'RETAIL'],
  ['RETAIL', 29, '*'],
  ['RETAIL', 0, '*'],
])('%s with %d members is rated by the cut points of %s', (industry, members, segment) => {
  expect(segmentFor(industry, members)).toBe(segment);
});
