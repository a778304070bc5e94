/** Scorecard definitions of every kind, drawn at random and fit for review, with populations and customers for them. */
import fc from 'fast-check';
import { indicatorOf } from '../../src/indicators/domain/dictionary';
import { GRADES, type Grade } from '../../src/kernel/grade';
import {
  rowSlots,
  type Characteristic,
  type GroupRule,
  type KnockOut,
  type ScorecardDefinition,
} from '../../src/scorecards';
import { SMALL_SCORECARD } from '../domain/scorecards-fixture';

export type Row = readonly (number | null)[];

export interface DrawnCard {
  readonly definition: ScorecardDefinition;
  /** Values of the characteristics, member by member. */
  readonly population: readonly Row[];
}

const text = { zh: '说明', en: 'Text' };
const SCALING = { evenOddsScore: '45', pointsToDoubleOdds: '9.5' };
/** A flag apart, on which knock-outs look. */
const INDICATOR_CODES = [
  'defaultsIn3Years',
  'paidOnTimeRate',
  'debtToAssetsRatio',
  'roa',
  'cooperationYears',
  'capacityUse',
  'strategicFit',
  'netMargin',
] as const;

/** Few different values, so that ties and crowds abound. */
const anyValue = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 8 }).map((step) => step / 4) },
  { weight: 2, arbitrary: fc.double({ min: -3, max: 12, noNaN: true }) },
);
const perhaps = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary, { freq: 6 });
const anyGrade = fc.constantFrom<Grade>(...GRADES);

const anyStarts = fc
  .uniqueArray(fc.integer({ min: -8, max: 40 }), { minLength: 1, maxLength: 6 })
  .map((starts) => starts.sort((a, b) => a - b).map((start) => start / 4));
const ranges = (starts: readonly number[]) =>
  [...starts, null].map((to, i) => ({ from: i === 0 ? null : (starts[i - 1] ?? null), to }));

/** As many as there are ranges, in the order in which the indicator gets better. */
const worths = (count: number, code: string, arbitrary: fc.Arbitrary<number>) =>
  fc
    .array(arbitrary, { minLength: count, maxLength: count })
    .map((drawn) => drawn.sort((a, b) => (indicatorOf(code).direction === 'LOWER' ? b - a : a - b)));

const anyBands = (code: string): fc.Arbitrary<Characteristic['normalisation']> =>
  anyStarts.chain((starts) =>
    worths(starts.length + 1, code, fc.integer({ min: 100, max: 1000 })).map((centi) => ({
      kind: 'BANDS',
      bands: ranges(starts).map((range, i) => ({ ...range, points: String((centi[i] ?? 100) / 100) })),
    })),
  );
const anyBins = (code: string): fc.Arbitrary<Characteristic['normalisation']> =>
  anyStarts.chain((starts) =>
    worths(starts.length + 1, code, fc.integer({ min: -3000, max: 3000 })).map((milli) => ({
      kind: 'WOE',
      bins: ranges(starts).map((range, i) => ({ ...range, woe: ((milli[i] ?? 0) / 1000).toFixed(3) })),
    })),
  );
const anyScale = (code: string): fc.Arbitrary<Characteristic['normalisation']> =>
  fc.oneof(
    fc.constant({ kind: 'DECILE' } as const),
    fc.constantFrom('1', '1.5', '2', '2.5', '3').map((clampAt) => ({ kind: 'Z_SCORE', clampAt }) as const),
    ...(indicatorOf(code).direction === 'BAND' ? [] : [anyBands(code), anyBins(code)]),
  );
const anyMissing = fc.oneof(
  fc.constantFrom<Characteristic['missing']>({ kind: 'INDUSTRY_MEAN' }, { kind: 'WORST' }),
  fc.integer({ min: 100, max: 1000 }).map((centi) => ({ kind: 'POINTS', points: String(centi / 100) }) as const),
);

const lineOf = (code: string): Omit<Characteristic, 'normalisation' | 'missing'> => ({
  id: code,
  indicator: code,
  dimension: indicatorOf(code).dimension,
  weight: '0',
  noteWhenMissing: 'CREDIT_MISSING',
});

const anyCodes = (codes: readonly string[]) => fc.shuffledSubarray([...codes], { minLength: 1, maxLength: 6 });

const anyWeighted: fc.Arbitrary<Partial<ScorecardDefinition>> = anyCodes(INDICATOR_CODES).chain((codes) =>
  fc
    .record({
      lines: fc.tuple(...codes.map((code) => fc.record({ normalisation: anyScale(code), missing: anyMissing }))),
      shares: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: codes.length, maxLength: codes.length }),
      hybrid: fc.boolean(),
    })
    .map(({ lines, shares, hybrid }) => {
      const all = shares.reduce((sum, share) => sum + share, 0);
      const e4 = shares.map((share) => Math.floor((share * 1_000_000) / all));
      e4[0] = (e4[0] ?? 0) + 1_000_000 - e4.reduce((sum, share) => sum + share, 0);
      const characteristics = codes.map((code, i): Characteristic => {
        const weight = ((e4[i] ?? 0) / 10_000).toFixed(4);
        return { ...lineOf(code), ...lines[i]!, weight, ...(hybrid ? { proposedWeight: weight } : {}) };
      });
      const weighs = (dimension: string): string =>
        (
          codes.reduce((sum, code, i) => sum + (indicatorOf(code).dimension === dimension ? (e4[i] ?? 0) : 0), 0) /
          10_000
        ).toFixed(4);
      return {
        model: hybrid ? { kind: 'HYBRID', method: 'information value', largestShift: '5' } : { kind: 'EXPERT' },
        characteristics,
        dimensionWeights: {
          CREDIT: weighs('CREDIT'),
          OPERATION: weighs('OPERATION'),
          COOPERATION: weighs('COOPERATION'),
          POTENTIAL: weighs('POTENTIAL'),
        },
      };
    }),
);

const NO_WEIGHTS = { CREDIT: '0', OPERATION: '0', COOPERATION: '0', POTENTIAL: '0' };
const milli = (min: number, max: number) => fc.integer({ min, max }).map((value) => (value / 1000).toFixed(3));

const anyLogistic: fc.Arbitrary<Partial<ScorecardDefinition>> = anyCodes(
  INDICATOR_CODES.filter((code) => indicatorOf(code).direction !== 'BAND'),
).chain((codes) =>
  fc
    .record({
      intercept: milli(-4000, 1000),
      lines: fc.tuple(
        ...codes.map((code) =>
          fc.record({
            normalisation: anyBins(code),
            coefficient: milli(-2000, 0),
            missing: fc.oneof(
              fc.constant({ kind: 'WORST' } as const),
              milli(-3000, 3000).map((woe) => ({ kind: 'WOE', woe }) as const),
            ),
          }),
        ),
      ),
    })
    .map(({ intercept, lines }) => ({
      model: { kind: 'LOGISTIC', intercept, scaling: SCALING },
      dimensionWeights: NO_WEIGHTS,
      characteristics: codes.map((code, i) => ({ ...lineOf(code), ...lines[i]! })),
    })),
);

const anyBrought: fc.Arbitrary<Partial<ScorecardDefinition>> = fc
  .tuple(anyCodes(INDICATOR_CODES), fc.constantFrom('PROBABILITY' as const, 'LOG_ODDS' as const))
  .map(([codes, outputKind]) => ({
    model: { kind: 'ONNX', digest: '0'.repeat(64), input: 'x', output: 'p', outputKind, scaling: SCALING },
    dimensionWeights: NO_WEIGHTS,
    characteristics: codes.map((code) => ({
      ...lineOf(code),
      normalisation: { kind: 'DECILE' },
      missing: { kind: 'INDUSTRY_MEAN' },
    })),
  }));

const anyRules = fc.record({
  knockOuts: fc.subarray<Omit<KnockOut, 'capGrade'>>([
    { id: 'insolvent', indicator: 'debtToAssetsRatio', op: 'GT', value: 1, reason: text },
    { id: 'bankruptcy', indicator: 'bankruptcyFiled', op: 'EQ', value: 1, reason: text },
    { id: 'newcomer', indicator: 'cooperationYears', op: 'LT', value: 1, reason: text },
  ]),
  caps: fc.array(anyGrade, { minLength: 3, maxLength: 3 }),
  floorGrade: fc.option(anyGrade),
  groupRules: fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('ruleOne', 'ruleTwo', 'ruleThree'),
      grade: anyGrade,
      notches: fc.constantFrom<GroupRule['notches']>(-3, -2, -1, 1, 2),
    }),
    { maxLength: 3, selector: ({ id }) => id },
  ),
});

const anyDefinition: fc.Arbitrary<ScorecardDefinition> = fc
  .tuple(fc.oneof({ weight: 3, arbitrary: anyWeighted }, { weight: 2, arbitrary: anyLogistic }, anyBrought), anyRules)
  .map(([card, { knockOuts, caps, floorGrade, groupRules }]) => ({
    ...SMALL_SCORECARD,
    ...card,
    knockOuts: knockOuts.map((rule, i) => ({ ...rule, capGrade: caps[i] ?? 'C' })),
    floors:
      floorGrade === null
        ? []
        : [{ id: 'strategic', indicator: 'strategicFit', op: 'GTE', value: 9, floorGrade, reason: text }],
    groupRules: groupRules.map(({ id, grade, notches }) => ({
      id,
      relations: ['PARENT'],
      when: notches < 0 ? 'WORST_AT_MOST' : 'BEST_AT_LEAST',
      grade,
      notches,
      reason: text,
    })),
  }));

/** Somebody has a value of everything, as cut points ask for. */
export const anyCard: fc.Arbitrary<DrawnCard> = anyDefinition.chain((definition) => {
  const count = definition.characteristics.length;
  return fc
    .record({
      whole: fc.array(anyValue, { minLength: count, maxLength: count }),
      rest: fc.array(fc.array(perhaps(anyValue), { minLength: count, maxLength: count }), {
        minLength: 8,
        maxLength: 40,
      }),
    })
    .map(({ whole, rest }) => ({ definition, population: [whole, ...rest] }));
});

/** Values for every slot of a row. */
export const anyRowOf = (definition: ScorecardDefinition): fc.Arbitrary<(number | null)[]> => {
  const { model } = definition;
  return fc.tuple(
    ...rowSlots(definition).map((slot): fc.Arbitrary<number | null> => {
      if (slot.kind === 'RELATED_RANK') return perhaps(fc.integer({ min: 1, max: 9 }));
      if (slot.kind === 'MODEL_OUTPUT') {
        return model?.kind === 'ONNX' && model.outputKind === 'LOG_ODDS'
          ? fc.double({ min: -12, max: 12, noNaN: true })
          : fc.double({ min: 0, max: 1, noNaN: true });
      }
      if (indicatorOf(slot.indicator).unit === 'FLAG') return perhaps(fc.constantFrom(0, 0, 0, 1));
      return perhaps(anyValue);
    }),
  );
};
