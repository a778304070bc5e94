/**
 * The compiled score: examples by hand, properties over random customers and populations, and a second implementation
 * written from the rules alone that has to agree to the last place.
 */
import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import {
  MISSING_VALUE,
  compileScorer,
  explainScore,
  inputIndicators,
  pointsToE4,
  type CompiledScorer,
  type CutPointSet,
  type ScorecardDefinition,
} from '../../src/scorecards';
import { INDICATORS, indicatorOf } from '../../src/indicators/domain/dictionary';
import { digestOf } from '../../src/kernel/canonical-json';
import { GRADES, gradeOfRank, rankOf } from '../../src/kernel/grade';
import { readCutPointSet } from '../../src/scorecards/domain/cut-points';
import { parseScorecardDefinition } from '../../src/scorecards/domain/scorecard-definition';
import { SMALL_SCORECARD, characteristic, freeze, oneTo, scoreOf } from './scorecards-fixture';

type Row = (number | null)[];

const INPUTS = inputIndicators(SMALL_SCORECARD);
const COUNT = SMALL_SCORECARD.characteristics.length;

/** 100 members; member 1 is the worst in everything, member 100 the best. */
const STAIRS = oneTo(100).map((step): Row => [
  100 - step,
  step / 100,
  (101 - step) / 100,
  0.75 - (100 - step) / 200,
  step,
  step / 10,
  0,
]);
const columnsOf = (rows: readonly Row[]) =>
  SMALL_SCORECARD.characteristics.map((_, i) => rows.map((row) => row[i] ?? null));
const onStairs = compileScorer(SMALL_SCORECARD, freeze(SMALL_SCORECARD, columnsOf(STAIRS)));

describe('examples', () => {
  const best: Row = [0, 1, 0.01, 0.8, 100, 10, 0];
  const cases: [string, Row, object][] = [
    ['best in everything', best, { score: '100.0000', modelGrade: 'AAA', caps: [], missing: [], notes: [] }],
    ['worst in everything', [99, 0, 1, 0.2, 1, 0, 0], { score: '10.0000', modelGrade: 'C', uncappedGrade: 'C' }],
    [
      'one tenth lower in a weight of 20',
      [0, 1, 0.01, 0.8, 90, 10, 0],
      { score: '98.0000', pointsCenti: [1000, 1000, 1000, 1000, 900, 1000] },
    ],
    [
      'bankrupt',
      [0, 1, 0.01, 0.8, 100, 10, 1],
      { score: '100.0000', uncappedGrade: 'AAA', modelGrade: 'C', caps: ['bankruptcy'] },
    ],
    [
      'insolvent and bankrupt: the lower cap holds, both are told',
      [0, 1, 1.2, 0.8, 100, 10, 1],
      { uncappedGrade: 'AA', modelGrade: 'C', caps: ['insolvent', 'bankruptcy'] },
    ],
    [
      'a newcomer, already below the cap',
      [0, 1, 0.9, 0.8, 0.5, 0, 0],
      { score: '59.1334', uncappedGrade: 'BB', modelGrade: 'BB', caps: ['newcomer'] },
    ],
    [
      'not known whether bankrupt: no cap, and no note, for no points hang on it',
      [0, 1, 0.01, 0.8, 100, 10, null],
      { modelGrade: 'AAA', caps: [], missing: [], notes: [] },
    ],
    [
      'defaults unknown: points of the worst tenth',
      [null, 1, 0.01, 0.8, 100, 10, 0],
      { score: '77.5000', missing: ['defaultsIn3Years'], notes: ['CREDIT_MISSING'] },
    ],
    [
      'payments unknown: mean points',
      [0, null, 0.01, 0.8, 100, 10, 0],
      {
        score: '93.2500',
        pointsCenti: [1000, 550, 1000, 1000, 1000, 1000],
        missing: ['paidOnTimeRate'],
        notes: ['CREDIT_MISSING'],
      },
    ],
    [
      'two of one dimension unknown: one note',
      [0, 1, null, null, 100, 10, 0],
      { score: '86.5000', missing: ['debtToAssetsRatio', 'capacityUse'], notes: ['OPERATION_MISSING'] },
    ],
  ];
  test.each(cases)('%s', (_, values, expected) => {
    expect(scoreOf(onStairs, values)).toMatchObject(expected);
  });

  test('a grade begins at its threshold, on the rounded score', () => {
    const grades = SMALL_SCORECARD.gradeThresholds.map(({ minScore }) => minScore);
    const definition: ScorecardDefinition = {
      ...SMALL_SCORECARD,
      gradeThresholds: GRADES.map((grade, i) => ({ grade, minScore: i === 0 ? '98' : (grades[i] ?? '0') })),
    };
    const at = (thresholdOfBest: string) => {
      const moved = {
        ...definition,
        gradeThresholds: [{ grade: 'AAA' as const, minScore: thresholdOfBest }, ...definition.gradeThresholds.slice(1)],
      };
      return scoreOf(compileScorer(moved, freeze(moved, columnsOf(STAIRS))), [0, 1, 0.01, 0.8, 90, 10, 0]).modelGrade;
    };
    expect([at('97.9999'), at('98'), at('98.0001')]).toEqual(['AAA', 'AAA', 'AA']);
  });

  test('halves of the last place are rounded up', () => {
    const definition: ScorecardDefinition = {
      ...SMALL_SCORECARD,
      knockOuts: [],
      characteristics: [characteristic('roa', 'CREDIT', '99.9990'), characteristic('roe', 'CREDIT', '0.0010')],
    };
    const cutPoints = freeze(definition, [oneTo(100), oneTo(100)]);
    expect(cutPoints.effectiveWeightsPpm).toEqual([999_990, 10]);
    const compiled = compileScorer(definition, {
      ...cutPoints,
      perCharacteristic: cutPoints.perCharacteristic.map((row) => ({ ...row, meanPointsCenti: 550 })),
    });
    // 99.999 in full and 0.001 at 5.5 of 10 points: 99.99955.
    expect(scoreOf(compiled, [100, null]).score).toBe('99.9996');
  });
});

describe('bad values', () => {
  test.each([
    [NaN, 2],
    [Infinity, 0],
    [-Infinity, 5],
    [NaN, 6],
  ])('%p at position %d is refused by name, in both forms', (value, position) => {
    const values: Row = [0, 1, 0.01, 0.8, 100, 10, 0];
    values[position] = value;
    const refusal = { code: 'INVALID', reason: 'NOT_A_NUMBER', params: { indicator: INPUTS[position] } };
    expect(onStairs.score(values)).toMatchObject({ ok: false, refusal });
    expect(onStairs.score(Float64Array.from(values as number[]))).toMatchObject({ ok: false, refusal });
    expect(onStairs.scoreRow(Float64Array.from(values as number[]), 0, onStairs.newRows(1), 0)).toBe(false);
  });

  test('too few and too many are bugs', () => {
    expect(() => onStairs.score([1, 2])).toThrow(RangeError);
    expect(() => onStairs.score([...oneTo(8)])).toThrow(RangeError);
  });

  test('cut points of another definition are a bug', () => {
    const cutPoints = freeze(SMALL_SCORECARD, columnsOf(STAIRS));
    const other = { ...SMALL_SCORECARD, characteristics: [...SMALL_SCORECARD.characteristics].reverse() };
    expect(() => compileScorer(other, cutPoints)).toThrow('not made for this definition');
    expect(() => compileScorer(SMALL_SCORECARD, { ...cutPoints, effectiveWeightsPpm: [1, 2, 3, 4, 5, 6] })).toThrow();
  });
});

/** Few different values, so that ties and crowds abound; some beyond any population, some missing. */
const anyValue = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 8 }).map((step) => step / 4) },
  { weight: 2, arbitrary: fc.double({ min: -3, max: 12, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const anyFlag = fc.constantFrom(0, 0, 0, 1, null);
const anyRow: fc.Arbitrary<Row> = fc.tuple(anyValue, anyValue, anyValue, anyValue, anyValue, anyValue, anyFlag);
const anyCase = fc
  .record({ population: fc.array(anyRow, { minLength: 1, maxLength: 60 }), row: anyRow })
  .filter(({ population }) => population.some((member) => member.slice(0, COUNT).some((value) => value !== null)));

const compileOn = (population: readonly Row[]): { cutPoints: CutPointSet; compiled: CompiledScorer } => {
  const cutPoints = freeze(SMALL_SCORECARD, columnsOf(population));
  return { cutPoints, compiled: compileScorer(SMALL_SCORECARD, cutPoints) };
};

/** Later is better; a copy of the direction rules on purpose. */
const compareQuality = (indicator: string, a: number, b: number): number => {
  const { direction, band } = indicatorOf(indicator);
  if (direction === 'HIGHER') return a - b;
  if (direction === 'LOWER') return b - a;
  const outside = (value: number) => Math.max(0, (band?.low ?? 0) - value, value - (band?.high ?? 0));
  return outside(b) - outside(a);
};

describe('properties', () => {
  test('a better value never lowers score or grade', () => {
    fc.assert(
      fc.property(anyCase, anyRow, fc.nat(INPUTS.length - 1), ({ population, row }, other, position) => {
        const [before, after] = [row[position] ?? null, other[position] ?? null];
        fc.pre(before !== null && after !== null && compareQuality(INPUTS[position] ?? '', before, after) <= 0);
        // A knock-out looks at one side of a band only.
        fc.pre(INPUTS[position] !== 'capacityUse' || before <= 0.9 === after <= 0.9);
        const { compiled } = compileOn(population);
        const improved = row.with(position, after);
        const [low, high] = [scoreOf(compiled, row), scoreOf(compiled, improved)];
        expect(pointsToE4(high.score)).toBeGreaterThanOrEqual(pointsToE4(low.score));
        expect(rankOf(high.modelGrade)).toBeGreaterThanOrEqual(rankOf(low.modelGrade));
        expect(rankOf(high.uncappedGrade)).toBeGreaterThanOrEqual(rankOf(low.uncappedGrade));
      }),
      { numRuns: 500 },
    );
  });

  test('caps always win, and nothing else lowers a grade', () => {
    fc.assert(
      fc.property(anyCase, ({ population, row }) => {
        const scored = scoreOf(compileOn(population).compiled, row);
        const caps = SMALL_SCORECARD.knockOuts.filter((knockOut) => scored.caps.includes(knockOut.id));
        const lowest = Math.min(rankOf(scored.uncappedGrade), ...caps.map((knockOut) => rankOf(knockOut.capGrade)));
        expect(scored.modelGrade).toBe(gradeOfRank(lowest));
        expect(scored.caps.includes('bankruptcy')).toBe(row[6] === 1);
      }),
    );
  });

  test('contributions add up to the score exactly, and none is off by a whole last place', () => {
    fc.assert(
      fc.property(anyCase, ({ population, row }) => {
        const { compiled, cutPoints } = compileOn(population);
        const scored = scoreOf(compiled, row);
        const { characteristics } = explainScore(SMALL_SCORECARD, cutPoints, { ...scored, inputs: row });
        const sum = characteristics.reduce((total, line) => total.plus(line.contribution), new Decimal(0));
        expect(sum.toFixed(4)).toBe(scored.score);
        for (const line of characteristics) {
          const exact = new Decimal(line.points).times(line.effectiveWeight).div(10);
          expect(exact.minus(line.contribution).abs().lessThan('0.0001')).toBe(true);
        }
      }),
    );
  });

  test('the order of customers does not matter: batch, single and replay agree to the byte', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 40 }), fc.nat(), (rows, start) => {
        fc.pre(rows.some((row) => row.slice(0, COUNT).some((value) => value !== null)));
        const { compiled, cutPoints } = compileOn(rows);
        const singles = rows.map((row) => scoreOf(compiled, row));

        const packed = Float64Array.from(rows.flat(), (value) => value ?? MISSING_VALUE);
        const scored = compiled.newRows(rows.length);
        rows.forEach((_, step) => {
          const row = (start + step) % rows.length;
          expect(compiled.scoreRow(packed, row * compiled.width, scored, row)).toBe(true);
        });
        singles.forEach((single, row) => {
          expect({
            scoreE4: scored.scoreE4[row],
            pointsCenti: [...scored.pointsCenti.subarray(row * COUNT, (row + 1) * COUNT)],
            modelGrade: gradeOfRank(scored.modelRank[row] ?? 0),
            uncappedGrade: gradeOfRank(scored.uncappedRank[row] ?? 0),
            caps: compiled.capsOf(scored.capBits[row] ?? 0),
            notes: compiled.notesOf(scored.noteBits[row] ?? 0),
          }).toEqual({ ...single, score: undefined, missing: undefined, scoreE4: pointsToE4(single.score) });
        });

        // As after years in the database: definition, cut points and inputs as JSON.
        const stored = JSON.parse(JSON.stringify({ definition: SMALL_SCORECARD, cutPoints, rows }));
        const definition = parseScorecardDefinition(stored.definition);
        if (!definition.ok) throw new Error(definition.refusal.message);
        const replayed = compileScorer(definition.value, readCutPointSet(stored.cutPoints));
        expect(digestOf((stored.rows as Row[]).map((row) => ({ ...scoreOf(replayed, row) })))).toBe(
          digestOf(singles.map((single) => ({ ...single }))),
        );
      }),
    );
  });

  test('a second implementation, written from the rules, agrees', () => {
    fc.assert(
      fc.property(anyCase, ({ population, row }) => {
        const { score, modelGrade, caps, missing } = scoreOf(compileOn(population).compiled, row);
        expect({ score, modelGrade, caps, missing }).toEqual(rateByTheBook(population, row));
      }),
      { numRuns: 500 },
    );
  });
});

/** Slow, with decimals and lists, sharing nothing with the product but the dictionary and the definition. */
const rateByTheBook = (population: readonly Row[], row: Row) => {
  const { characteristics, knockOuts, gradeThresholds } = SMALL_SCORECARD;
  const known = characteristics.map((_, i) => population.flatMap((member) => member[i] ?? []));
  const enough = Math.min(10, Math.ceil(population.length / 10));
  const applies = known.map((values) => values.length > 0 && values.length >= enough);

  const pointsAmong = (i: number, value: number): number => {
    const compare = (a: number, b: number) => compareQuality(characteristics[i]?.indicator ?? '', a, b);
    const ranked = [...(known[i] ?? [])].sort(compare);
    const floorOfTenth = (k: number) => ranked[Math.floor((k * ranked.length) / 10)] ?? NaN;
    const worst = ranked[0] ?? NaN;
    const bottomCrowdIsBest = compare(worst, floorOfTenth(9)) === 0;
    return (
      1 +
      oneTo(9).filter((k) => {
        const floor = floorOfTenth(k);
        const inBottomCrowd = compare(floor, worst) === 0 && !bottomCrowdIsBest;
        return inBottomCrowd
          ? compare(value, floor) > 0 && ranked.some((v) => compare(v, floor) > 0 && compare(value, v) >= 0)
          : compare(value, floor) >= 0;
      }).length
    );
  };

  const missing: string[] = [];
  const points = characteristics.map((line, i) => {
    if (!applies[i]) return new Decimal(0);
    const value = row[i] ?? null;
    if (value !== null) return new Decimal(pointsAmong(i, value));
    missing.push(line.id);
    if (line.missing.kind === 'WORST') return new Decimal(1);
    const all = (known[i] ?? []).map((v) => pointsAmong(i, v));
    return Decimal.sum(...all)
      .div(all.length)
      .toDecimalPlaces(2, Decimal.ROUND_HALF_UP);
  });

  const raw = characteristics.map((line, i) => new Decimal(applies[i] ? line.weight : 0));
  const total = Decimal.sum(...raw);
  const ideal = raw.map((weight) => weight.div(total).times(1_000_000));
  const weights = ideal.map((weight) => weight.floor());
  const short = 1_000_000 - Decimal.sum(...weights).toNumber();
  const byRemainder = ideal.map((weight, i) => ({ i, rest: weight.minus(weight.floor()).toDecimalPlaces(12) }));
  byRemainder.sort((a, b) => b.rest.comparedTo(a.rest) || a.i - b.i);
  for (const { i } of byRemainder.slice(0, short)) weights[i] = (weights[i] ?? new Decimal(0)).plus(1);

  const score = Decimal.sum(...points.map((value, i) => value.times(weights[i] ?? 0)))
    .div(100_000)
    .toDecimalPlaces(4, Decimal.ROUND_HALF_UP);
  const byScore = gradeThresholds.find(({ minScore }) => score.gte(minScore))?.grade ?? 'C';
  const struck = knockOuts.filter(({ indicator, op, value: bound }) => {
    const value = row[INPUTS.indexOf(indicator)] ?? null;
    if (value === null) return false;
    return { GT: value > bound, GTE: value >= bound, LT: value < bound, LTE: value <= bound, EQ: value === bound }[op];
  });
  const modelGrade = [byScore, ...struck.map((line) => line.capGrade)].sort((a, b) => rankOf(a) - rankOf(b))[0];
  return { score: score.toFixed(4), modelGrade, caps: struck.map((line) => line.id), missing };
};

describe('the calculation log', () => {
  const cutPoints = freeze(SMALL_SCORECARD, columnsOf(STAIRS.map((row) => row.with(5, null))));
  const compiled = compileScorer(SMALL_SCORECARD, cutPoints);
  const inputs: Row = [0, null, 1.2, 0.8, 90, 5, 1];
  const scored = scoreOf(compiled, inputs);

  test('shows what went in, its points, weight and contribution, the caps that struck and the notes', () => {
    const log = explainScore(SMALL_SCORECARD, cutPoints, { ...scored, inputs });
    expect(log.score).toBe(scored.score);
    expect(
      log.characteristics.map((line) => [
        line.id,
        line.input,
        line.state,
        line.points,
        line.weight,
        line.effectiveWeight,
        line.contribution,
      ]),
    ).toEqual([
      ['defaultsIn3Years', 0, 'SCORED', '10.00', '25', '27.7778', '27.7778'],
      ['paidOnTimeRate', null, 'MISSING', '5.50', '15', '16.6667', '9.1667'],
      ['debtToAssetsRatio', 1.2, 'SCORED', '1.00', '17.3333', '19.2592', '1.9259'],
      ['capacityUse', 0.8, 'SCORED', '10.00', '12.6667', '14.0741', '14.0741'],
      ['cooperationYears', 90, 'SCORED', '9.00', '20', '22.2222', '20.0000'],
      ['strategicFit', 5, 'NOT_APPLICABLE', '0.00', '10', '0.0000', '0.0000'],
    ]);
    expect(log.rules.map((rule) => [rule.id, rule.input, rule.grade])).toEqual([
      ['insolvent', 1.2, 'CCC'],
      ['bankruptcy', 1, 'C'],
    ]);
    expect(log.notes.map((note) => note.code)).toEqual(['CREDIT_MISSING', 'POTENTIAL_MISSING']);
  });

  test('is the same from the compact form of a batch', () => {
    const record = {
      ...scored,
      inputs: Float64Array.from(inputs, (value) => value ?? MISSING_VALUE),
      pointsCenti: Int16Array.from(scored.pointsCenti),
    };
    expect(explainScore(SMALL_SCORECARD, cutPoints, record)).toEqual(
      explainScore(SMALL_SCORECARD, cutPoints, { ...scored, inputs }),
    );
  });

  test('refuses to explain a record of another version', () => {
    expect(() => explainScore(SMALL_SCORECARD, cutPoints, { ...scored, inputs: [1] })).toThrow(
      'not made with this scorecard version',
    );
    expect(() => explainScore(SMALL_SCORECARD, cutPoints, { ...scored, inputs, score: '99.0000' })).toThrow(RangeError);
  });
});

test('no value the dictionary allows is taken for a missing one', () => {
  for (const { range } of INDICATORS) expect(range.min ?? 0).toBeGreaterThan(MISSING_VALUE);
});
