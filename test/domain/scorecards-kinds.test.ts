/**
 * Scales, rules, variants and models beyond tenths: properties over random customers, and a second implementation, slow
 * and written from the rules alone, that has to agree.
 */
import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import {
  compileScorer,
  explainScore,
  freezeCutPoints,
  MISSING_VALUE,
  pointsToE4,
  type ScorecardDefinition,
} from '../../src/scorecards';
import { GRADES, rankOf, type Grade } from '../../src/kernel/grade';
import { expOf, lnOf } from '../../src/scorecards/domain/arithmetic';
import { hasErrors, lintScorecard } from '../../src/scorecards/domain/lint-scorecard';
import { masterScalePd, modelPd } from '../../src/scorecards/domain/probability';
import { definitionFor, parseScorecardDefinition } from '../../src/scorecards/domain/scorecard-definition';
import { PROFILE_WEIGHTS, withWeightProfile } from '../../src/scorecards/domain/weight-profiles';
import { characteristic, freeze, oneTo, scoreOf, SMALL_SCORECARD } from './scorecards-fixture';

type Row = (number | null)[];
const text = { zh: '说明', en: 'Text' };

/** One of every scale, with floors, group rules, a variant and a master scale. */
const MIXED: ScorecardDefinition = {
  ...SMALL_SCORECARD,
  characteristics: [
    {
      ...characteristic('defaultsIn3Years', 'CREDIT', '25'),
      normalisation: {
        kind: 'BANDS',
        bands: [
          { from: null, to: 1, points: '10' },
          { from: 1, to: 3, points: '5.25' },
          { from: 3, to: null, points: '1' },
        ],
      },
      missing: { kind: 'POINTS', points: '3.5' },
    },
    { ...characteristic('roa', 'CREDIT', '15'), normalisation: { kind: 'Z_SCORE', clampAt: '2' } },
    {
      ...characteristic('debtToAssetsRatio', 'OPERATION', '30'),
      normalisation: {
        kind: 'WOE',
        bins: [
          { from: null, to: 0.4, woe: '1.2' },
          { from: 0.4, to: 0.7, woe: '0.15' },
          { from: 0.7, to: null, woe: '-1.8' },
        ],
      },
      missing: { kind: 'WORST' },
    },
    characteristic('cooperationYears', 'COOPERATION', '20'),
    { ...characteristic('capacityUse', 'POTENTIAL', '10'), normalisation: { kind: 'Z_SCORE', clampAt: '3' } },
  ],
  floors: [{ id: 'strategic', indicator: 'strategicFit', op: 'GTE', value: 9, floorGrade: 'BBB', reason: text }],
  groupRules: [
    { id: 'weakParent', relations: ['PARENT'], when: 'WORST_AT_MOST', grade: 'CCC', notches: -2, reason: text },
    { id: 'strongParent', relations: ['PARENT'], when: 'BEST_AT_LEAST', grade: 'AA', notches: 1, reason: text },
  ],
  masterScale: GRADES.map((grade, i) => ({ grade, pd: `0.${String(2 ** i * 10).padStart(4, '0')}` })),
  variants: [
    {
      id: 'services',
      name: text,
      industries: ['SERVICES'],
      dimensionWeights: { CREDIT: '50', OPERATION: '30', COOPERATION: '20', POTENTIAL: '0' },
      characteristics: [
        { id: 'defaultsIn3Years', weight: '35' },
        { id: 'capacityUse', weight: '0' },
      ],
    },
  ],
};
/** debtToAssetsRatio doubles as the knock-out; slots: characteristics, bankruptcyFiled, strategicFit, two related ranks. */
const SLOTS = ['defaultsIn3Years', 'roa', 'debtToAssetsRatio', 'cooperationYears', 'capacityUse'];

const POPULATION = oneTo(60).map((step): Row => [step % 5, step / 100 - 0.3, step / 50, step, 0.5 + step / 100]);
const columns = SLOTS.map((_, i) => POPULATION.map((row) => row[i] ?? null));
const scorer = (segment: string, definition = MIXED) => compileScorer(definition, freeze(definition, columns, segment));

const perhaps = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary, { freq: 5 });
const anyRow: fc.Arbitrary<Row> = fc.tuple(
  perhaps(fc.integer({ min: 0, max: 6 })),
  perhaps(fc.double({ min: -1, max: 1, noNaN: true })),
  perhaps(fc.double({ min: 0, max: 2, noNaN: true })),
  perhaps(fc.integer({ min: 0, max: 70 })),
  perhaps(fc.double({ min: 0, max: 1.5, noNaN: true })),
  perhaps(fc.integer({ min: 0, max: 1 })),
  perhaps(fc.integer({ min: 0, max: 10 })),
  perhaps(fc.integer({ min: 1, max: 9 })),
  perhaps(fc.integer({ min: 1, max: 9 })),
);

test('the definition is one that may be reviewed, and survives JSON', () => {
  expect(lintScorecard(MIXED).filter(({ severity }) => severity === 'ERROR')).toEqual([]);
  expect(parseScorecardDefinition(JSON.parse(JSON.stringify(MIXED)))).toEqual({ ok: true, value: MIXED });
});

/** Points by the book, of one characteristic. */
const pointsByTheBook = (i: number, value: number | null): Decimal => {
  const mean = (of: (value: number) => Decimal) =>
    Decimal.sum(...POPULATION.map((row) => of(row[i] ?? 0)))
      .div(POPULATION.length)
      .toDecimalPlaces(2, Decimal.ROUND_HALF_UP);
  const z = (wide: number, goodness: (value: number) => number) => (one: number) => {
    const all = POPULATION.map((row) => goodness(row[i] ?? 0)).sort((a, b) => a - b);
    const middle = all.reduce((sum, each) => sum + each, 0) / all.length;
    const deviation = Math.sqrt(all.reduce((sum, each) => sum + (each - middle) ** 2, 0) / all.length);
    const points = 5.5 + (4.5 * (goodness(one) - middle)) / (wide * deviation);
    return new Decimal(Math.min(10, Math.max(1, points))).toDecimalPlaces(2, Decimal.ROUND_HALF_UP);
  };
  const byIndicator: readonly { value: (one: number) => Decimal; missing: () => Decimal }[] = [
    {
      value: (one) => new Decimal(one < 1 ? 10 : one < 3 ? 5.25 : 1),
      missing: () => new Decimal(3.5),
    },
    { value: z(2, (one) => one), missing: () => mean(z(2, (one) => one)) },
    {
      value: (one) =>
        new Decimal(one < 0.4 ? 1.2 : one < 0.7 ? 0.15 : -1.8)
          .plus(1.8)
          .div(3)
          .times(9)
          .plus(1)
          .toDecimalPlaces(2, Decimal.ROUND_HALF_UP),
      missing: () => new Decimal(1),
    },
    {
      value: (one) => new Decimal(1 + oneTo(9).filter((k) => one >= (k === 0 ? 1 : k * 6 + 1)).length),
      missing: () => new Decimal(5.5),
    },
    {
      value: z(3, (one) => (one < 0.75 ? one - 0.75 : one > 0.9 ? 0.9 - one : 0)),
      missing: () => mean(z(3, (one) => (one < 0.75 ? one - 0.75 : one > 0.9 ? 0.9 - one : 0))),
    },
  ];
  const scale = byIndicator[i];
  if (scale === undefined) throw new Error('no such characteristic');
  return value === null ? scale.missing() : scale.value(value);
};

const rateByTheBook = (row: Row, weights: readonly number[]) => {
  const score = Decimal.sum(
    ...weights.map((weight, i) =>
      weight === 0
        ? 0
        : pointsByTheBook(i, row[i] ?? null)
            .times(weight)
            .div(10),
    ),
  ).toDecimalPlaces(4, Decimal.ROUND_HALF_UP);
  const [, , debt, years, , bankrupt, fit, worst, best] = row;
  let rank = rankOf(MIXED.gradeThresholds.find(({ minScore }) => score.gte(minScore))?.grade ?? 'C');
  if (worst != null && worst <= rankOf('CCC')) rank -= 2;
  if (best != null && best >= rankOf('AA')) rank += 1;
  rank = Math.min(9, Math.max(1, rank));
  if (fit != null && fit >= 9) rank = Math.max(rank, rankOf('BBB'));
  if (debt != null && debt > 1) rank = Math.min(rank, rankOf('CCC'));
  if (bankrupt === 1) rank = Math.min(rank, rankOf('C'));
  if (years != null && years < 1) rank = Math.min(rank, rankOf('A'));
  return { score: score.toFixed(4), rank };
};

describe('a second implementation agrees', () => {
  test.each([
    ['the base, for everybody else', 'RETAIL', [25, 15, 30, 20, 10]],
    ['the variant, for its industry', 'SERVICES', [35, 15, 30, 20, 0]],
  ] as const)('%s', (_, segment, weights) => {
    const card = scorer(segment);
    fc.assert(
      fc.property(anyRow, (row) => {
        const { score, modelGrade } = scoreOf(card, row);
        expect({ score, rank: rankOf(modelGrade) }).toEqual(rateByTheBook(row, weights));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('properties', () => {
  const card = scorer('RETAIL');

  test('a better value never lowers score or grade', () => {
    // Slots whose growth is good, those whose growth is bad, and the one with a band.
    const better = (slot: number, from: number, to: number): boolean =>
      [0, 2, 5].includes(slot)
        ? to <= from
        : slot === 4
          ? Math.max(0.75 - to, to - 0.9, 0) <= Math.max(0.75 - from, from - 0.9, 0)
          : to >= from;
    fc.assert(
      fc.property(anyRow, anyRow, fc.integer({ min: 0, max: 8 }), (row, other, slot) => {
        const [from, to] = [row[slot], other[slot]];
        fc.pre(from != null && to != null && better(slot, from, to));
        const before = scoreOf(card, row);
        const after = scoreOf(card, row.with(slot, to));
        expect(Number(after.score)).toBeGreaterThanOrEqual(Number(before.score));
        expect(rankOf(after.modelGrade)).toBeGreaterThanOrEqual(rankOf(before.modelGrade));
      }),
      { numRuns: 2000 },
    );
  });

  test('caps win over floors, group rules and points', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const { modelGrade, uncappedGrade, caps } = scoreOf(card, row);
        expect(rankOf(modelGrade)).toBeLessThanOrEqual(rankOf(uncappedGrade));
        for (const { id, capGrade } of MIXED.knockOuts) {
          if (caps.includes(id)) expect(rankOf(modelGrade)).toBeLessThanOrEqual(rankOf(capGrade));
        }
      }),
    );
  });

  test('contributions and base add up to the score exactly, whatever the model', () => {
    fc.assert(
      fc.property(anyRow, fc.constantFrom(MIXED, LOGISTIC), (whole, definition) => {
        const row = definition === MIXED ? whole : whole.slice(0, 2);
        const cutPoints = freeze(definition, columns.slice(0, definition.characteristics.length));
        const scored = scoreOf(compileScorer(definition, cutPoints), row);
        const log = explainScore(definition, cutPoints, { ...scored, inputs: row });
        const parts = [log.base, ...log.characteristics.map((line) => line.contribution)];
        expect(Decimal.sum(...parts).toFixed(4)).toBe(scored.score);
        expect(log.rules.map(({ id }) => id)).toEqual(scored.caps);
      }),
    );
  });
});

/** Two characteristics on bins; its scores are known by the textbook. */
const LOGISTIC: ScorecardDefinition = {
  ...SMALL_SCORECARD,
  model: { kind: 'LOGISTIC', intercept: '-2.5', scaling: { evenOddsScore: '40', pointsToDoubleOdds: '8' } },
  dimensionWeights: { CREDIT: '0', OPERATION: '0', COOPERATION: '0', POTENTIAL: '0' },
  knockOuts: [],
  characteristics: [
    {
      ...characteristic('defaultsIn3Years', 'CREDIT', '0'),
      normalisation: {
        kind: 'WOE',
        bins: [
          { from: null, to: 1, woe: '0.9' },
          { from: 1, to: null, woe: '-1.4' },
        ],
      },
      missing: { kind: 'WOE', woe: '-0.3' },
      coefficient: '-0.8',
    },
    {
      ...characteristic('roa', 'CREDIT', '0'),
      normalisation: {
        kind: 'WOE',
        bins: [
          { from: null, to: 0.02, woe: '-1' },
          { from: 0.02, to: null, woe: '1.1' },
        ],
      },
      missing: { kind: 'WORST' },
      coefficient: '-1.2',
    },
  ],
};

describe('a logistic model', () => {
  const card = compileScorer(LOGISTIC, freeze(LOGISTIC, columns.slice(0, 2)));
  const byTheBook = ([defaults, roa]: Row): number => {
    const woe = [defaults === null ? -0.3 : (defaults ?? 0) < 1 ? 0.9 : -1.4, roa != null && roa >= 0.02 ? 1.1 : -1];
    return -2.5 - 0.8 * (woe[0] ?? 0) - 1.2 * (woe[1] ?? 0);
  };
  const rows: Row[] = [null, 0, 2].flatMap((defaults) => [null, -0.5, 0.5].map((roa) => [defaults, roa]));

  test.each(rows)('%p defaults, %p return: score and probability are those of its log-odds', (...row) => {
    const logOdds = byTheBook(row);
    const { score } = scoreOf(card, row);
    expect(Number(score)).toBeCloseTo(40 - (8 * logOdds) / Math.LN2, 3);
    expect(Number(modelPd(LOGISTIC, score))).toBeCloseTo(1 / (1 + Math.exp(logOdds * -1)), 4);
  });

  test.each([
    ['a weight that nobody uses', { weight: '5' }, 'WEIGHT_NOT_USED', 'WARNING'],
    ['tenths in the place of bins', { normalisation: { kind: 'DECILE' } }, 'NORMALISATION_UNFIT', 'ERROR'],
    ['no coefficient', { coefficient: undefined }, 'COEFFICIENT_UNFIT', 'ERROR'],
    ['one that outweighs everything', { coefficient: '-900' }, 'COEFFICIENT_UNFIT', 'ERROR'],
    ['the mean for a missing value', { missing: { kind: 'INDUSTRY_MEAN' } }, 'MISSING_RULE_UNFIT', 'ERROR'],
  ] as const)('has lint find %s', (_, change, code, severity) => {
    const [first, ...others] = LOGISTIC.characteristics;
    const changed = { ...first, ...change } as (typeof others)[number];
    const findings = lintScorecard({ ...LOGISTIC, characteristics: [changed, ...others] });
    expect(findings.filter((finding) => finding.code !== 'DIMENSION_DIFFERS')).toMatchObject([{ code, severity }]);
  });

  test('is fit for review, and speaks of no weights', () => {
    expect(hasErrors(lintScorecard(LOGISTIC))).toBe(false);
    const wrong = LOGISTIC.characteristics.map((row) => ({ ...row, coefficient: '0.5' }));
    const errors = lintScorecard({ ...LOGISTIC, characteristics: wrong }).filter(
      ({ severity }) => severity === 'ERROR',
    );
    expect(errors.map(({ code }) => code)).toEqual(wrong.map(() => 'COEFFICIENT_AGAINST_DIRECTION'));
  });
});

describe('a model from elsewhere', () => {
  const brought = (outputKind: 'PROBABILITY' | 'LOG_ODDS'): ScorecardDefinition => ({
    ...SMALL_SCORECARD,
    dimensionWeights: LOGISTIC.dimensionWeights,
    characteristics: [characteristic('roa', 'CREDIT', '0'), characteristic('roe', 'CREDIT', '0')],
    knockOuts: SMALL_SCORECARD.knockOuts.slice(1, 2),
    model: {
      kind: 'ONNX',
      digest: '0'.repeat(64),
      input: 'x',
      output: 'p',
      outputKind,
      scaling: { evenOddsScore: '40', pointsToDoubleOdds: '8' },
    },
  });
  const card = (kind: 'PROBABILITY' | 'LOG_ODDS') =>
    compileScorer(brought(kind), freeze(brought(kind), [oneTo(40), oneTo(40)]));

  test('takes its word after the indicators, and scores log-odds and probabilities alike', () => {
    expect(card('PROBABILITY').slots.map(({ kind }) => kind)).toEqual([
      'INDICATOR',
      'INDICATOR',
      'INDICATOR',
      'MODEL_OUTPUT',
    ]);
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.95, noNaN: true }), (p) => {
        const byProbability = scoreOf(card('PROBABILITY'), [5, 5, 0, p]);
        const byOdds = scoreOf(card('LOG_ODDS'), [5, 5, 0, Math.log(p / (1 - p))]);
        expect(Number(byProbability.score)).toBeCloseTo(Number(byOdds.score), 3);
        expect(Number(modelPd(brought('PROBABILITY'), byProbability.score))).toBeCloseTo(p, 4);
      }),
    );
  });

  test.each([NaN, Infinity, null, 1.5, -0.1])('parks the customer when it says %p', (word) => {
    expect(card('PROBABILITY').score([5, 5, 0, word])).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_STATE', reason: 'MODEL_OUTPUT' },
    });
  });

  test('certainty ends at 0 and 100', () => {
    expect([0, 1].map((p) => scoreOf(card('PROBABILITY'), [5, 5, 0, p]).score)).toEqual(['100.0000', '0.0000']);
  });
});

test('logarithm and exponential are those of the textbook, by arithmetic alone', () => {
  fc.assert(
    fc.property(fc.double({ min: -40, max: 40, noNaN: true }), (x) => {
      expect(Math.abs(expOf(x) / Math.exp(x) - 1)).toBeLessThan(1e-13);
      expect(Math.abs(lnOf(Math.exp(x)) - x)).toBeLessThan(1e-12);
    }),
  );
});

test('a master scale says what a grade means', () => {
  expect(['AAA', 'C'].map((grade) => masterScalePd(MIXED, grade as Grade))).toEqual(['0.0010', '0.2560']);
  expect(masterScalePd(SMALL_SCORECARD, 'AAA')).toBeNull();
});

describe('weight profiles', () => {
  test.each(Object.keys(PROFILE_WEIGHTS) as (keyof typeof PROFILE_WEIGHTS)[])(
    '%s weighs 100 and lints clean',
    (profile) => {
      const weighted = withWeightProfile(SMALL_SCORECARD, profile);
      if (!weighted.ok) throw new Error(weighted.refusal.message);
      expect(lintScorecard(weighted.value)).toEqual([]);
      expect(weighted.value.dimensionWeights).toEqual(PROFILE_WEIGHTS[profile]);
      const total = weighted.value.characteristics.reduce((sum, row) => sum + pointsToE4(row.weight), 0);
      expect(total).toBe(1_000_000);
    },
  );

  test('keep the proportions of a dimension', () => {
    const weighted = withWeightProfile(SMALL_SCORECARD, 'BALANCED');
    expect(weighted).toMatchObject({
      value: { characteristics: [{ weight: '15.625' }, { weight: '9.375' }, {}, {}, {}, {}] },
    });
  });

  test('reach variants, save those that say themselves what their dimensions carry', () => {
    const following = {
      ...MIXED,
      variants: MIXED.variants?.map(({ dimensionWeights: _, ...variant }) => ({
        ...variant,
        characteristics: [
          { id: 'defaultsIn3Years', weight: '10' },
          { id: 'roa', weight: '30' },
        ],
      })),
    } satisfies ScorecardDefinition;
    for (const definition of [MIXED, following]) {
      expect(hasErrors(lintScorecard(definition))).toBe(false);
      const weighted = withWeightProfile(definition, 'MARKET_EXPANSION');
      if (!weighted.ok) throw new Error(weighted.refusal.message);
      expect(lintScorecard(weighted.value).filter(({ severity }) => severity === 'ERROR')).toEqual([]);
    }
    const weightsFor = (definition: ScorecardDefinition) => {
      const weighted = withWeightProfile(definition, 'MARKET_EXPANSION');
      if (!weighted.ok) throw new Error(weighted.refusal.message);
      return definitionFor(weighted.value, 'SERVICES').characteristics.map(({ weight }) => weight);
    };
    expect(weightsFor(MIXED)).toEqual(['35', '15', '30', '20', '0']);
    expect(weightsFor(following)).toEqual(['6.25', '18.75', '25', '20', '30']);
  });

  test('need something in every dimension', () => {
    expect(
      withWeightProfile(
        { ...SMALL_SCORECARD, characteristics: SMALL_SCORECARD.characteristics.slice(0, 5) },
        'BALANCED',
      ),
    ).toMatchObject({
      refusal: { code: 'INVALID', reason: 'EMPTY_DIMENSION', params: { dimension: 'POTENTIAL' } },
    });
  });
});

describe('freezing', () => {
  test('what the version fixes needs no population, what is taken from one does', () => {
    const frozen = freezeCutPoints(MIXED, 'RETAIL', { columns: SLOTS.map(() => [null]) });
    expect(frozen).toMatchObject({
      ok: true,
      value: { perCharacteristic: [{ applicable: true }, { applicable: false }, { applicable: true }, {}, {}] },
    });
  });

  test('the order of members does not matter', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(POPULATION, { minLength: POPULATION.length }), (shuffled) => {
        expect(
          freeze(
            MIXED,
            SLOTS.map((_, i) => shuffled.map((row) => row[i] ?? null)),
          ),
        ).toEqual(freeze(MIXED, columns));
      }),
      { numRuns: 20 },
    );
  });

  test('cut points of one variant do not fit another', () => {
    expect(() => compileScorer(MIXED, { ...freeze(MIXED, columns), perCharacteristic: [] })).toThrow(
      'not made for this definition',
    );
    expect(definitionFor(MIXED, 'SERVICES').variants).toBeUndefined();
  });

  test('rows of a batch hold what single customers get, related ranks included', () => {
    const card = scorer('RETAIL');
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 20 }), (rows) => {
        const packed = Float64Array.from(rows.flat(), (value) => value ?? MISSING_VALUE);
        const filled = card.newRows(rows.length);
        rows.forEach((row, i) => {
          expect(card.scoreRow(packed, i * card.width, filled, i)).toBe(true);
          const single = scoreOf(card, row);
          expect(filled.scoreE4[i]).toBe(pointsToE4(single.score));
          expect(card.capsOf(filled.capBits[i] ?? 0)).toEqual(single.caps);
        });
      }),
    );
  });
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- definitions are broken in ways no type allows.
type Change = (draft: any) => void;
describe('lint of scales, rules and variants', () => {
  const cases: [string, Change, readonly string[]][] = [
    ['a gap', (d) => (d.characteristics[0].normalisation.bands[1].from = 2), ['BINS_GAP']],
    ['an overlap', (d) => (d.characteristics[2].normalisation.bins[1].from = 0.3), ['BINS_OVERLAP']],
    ['an end that is not covered', (d) => (d.characteristics[0].normalisation.bands[2].to = 9), ['BINS_NOT_COVERING']],
    [
      'points that rise with defaults',
      (d) => (d.characteristics[0].normalisation.bands[2].points = '7'),
      ['BINS_NOT_MONOTONE', 'UNREACHABLE_GRADE'],
    ],
    ['a rule for models', (d) => (d.characteristics[0].missing = { kind: 'WOE', woe: '0' }), ['MISSING_RULE_UNFIT']],
    ['a coefficient for nothing', (d) => (d.characteristics[0].coefficient = '-1'), ['COEFFICIENT_UNFIT']],
    ['a floor for the bad', (d) => (d.floors[0].op = 'LT'), ['FLOOR_AGAINST_DIRECTION']],
    ['a weak parent that lifts', (d) => (d.groupRules[0].notches = 1), ['GROUP_RULE_AGAINST_DIRECTION']],
    ['a master scale upside down', (d) => d.masterScale.reverse(), Array(9).fill('MASTER_SCALE_OUT_OF_ORDER')],
    [
      'a variant of nothing',
      (d) => (d.variants[0].characteristics[1].id = 'nothing'),
      ['DIMENSION_WEIGHT_MISMATCH', 'VARIANT_UNKNOWN_CHARACTERISTIC', 'WEIGHTS_NOT_100'],
    ],
    [
      'an industry with two variants',
      (d) => d.variants.push(structuredClone({ ...d.variants[0], id: 'again' })),
      ['VARIANT_INDUSTRY_TWICE'],
    ],
    [
      'an indicator that an industry lacks',
      (d) => {
        d.variants[0].characteristics[1].weight = '5';
        d.variants[0].characteristics[0].weight = '30';
        d.variants[0].dimensionWeights.CREDIT = '45';
        d.variants[0].dimensionWeights.POTENTIAL = '5';
      },
      ['INDICATOR_NOT_FOR_SEGMENT'],
    ],
    [
      'a grade that nobody reaches',
      (d) => {
        for (const row of d.characteristics)
          row.normalisation = { kind: 'BANDS', bands: [{ from: null, to: null, points: '8' }] };
      },
      ['AAA', 'BBB', 'BB', 'B', 'CCC', 'CC', 'C', 'A', 'services'].map(() => 'UNREACHABLE_GRADE'),
    ],
  ];
  test.each(cases)('finds %s, in both languages', (_, change, codes) => {
    const draft = structuredClone(MIXED);
    change(draft);
    const findings = lintScorecard(draft).filter(({ code }) => code !== 'DIMENSION_DIFFERS');
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(codes));
    for (const { text: said } of findings) expect([said.en, said.zh].every((words) => words.length > 5)).toBe(true);
    for (const { text: said } of findings) expect(said.zh).toMatch(/\p{Script=Han}/u);
  });

  test('finds weights that people moved away from what was proposed', () => {
    const draft: ScorecardDefinition = {
      ...SMALL_SCORECARD,
      model: { kind: 'HYBRID', method: 'information value', largestShift: '5' },
      characteristics: SMALL_SCORECARD.characteristics.map((row, i) => ({
        ...row,
        proposedWeight: i === 0 ? '18' : row.weight,
      })),
    };
    expect(lintScorecard(draft).map(({ code }) => code)).toEqual([
      'WEIGHT_SHIFT_UNEXPLAINED',
      'WEIGHT_SHIFT_TOO_LARGE',
    ]);
  });
});
