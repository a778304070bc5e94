/** What is a scorecard definition, and what is wrong with one that is. */
import {
  EXPERT_SCORECARD,
  inputIndicators,
  pointsFromE4,
  pointsToE4,
  type KnockOut,
  type ScorecardDefinition,
} from '../../src/scorecards';
import { hasErrors, lintScorecard, type FindingCode } from '../../src/scorecards/domain/lint-scorecard';
import { parseScorecardDefinition } from '../../src/scorecards/domain/scorecard-definition';
import { SMALL_SCORECARD, characteristic } from './scorecards-fixture';

// Tests break definitions in ways no type allows.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Change = (draft: any) => void;
const changed = (change: Change): ScorecardDefinition => {
  const draft = structuredClone(SMALL_SCORECARD);
  change(draft);
  return draft;
};

describe('reading a definition', () => {
  test.each([
    ['the small one', SMALL_SCORECARD],
    ['the delivered one', EXPERT_SCORECARD],
  ])('%s survives JSON unchanged', (_, definition) => {
    expect(parseScorecardDefinition(JSON.parse(JSON.stringify(definition)))).toEqual({ ok: true, value: definition });
  });

  const cases: [string, Change, string][] = [
    ['an unknown schema', (d) => (d.schema = 2), 'schema'],
    ['a field nobody knows', (d) => (d.surprise = 1), ''],
    ['no characteristics', (d) => (d.characteristics = []), 'characteristics'],
    ['a weight that is a number', (d) => (d.characteristics[1].weight = 15), 'characteristics.1.weight'],
    ['a weight with an exponent', (d) => (d.characteristics[1].weight = '1e1'), 'characteristics.1.weight'],
    ['a weight below zero', (d) => (d.characteristics[1].weight = '-1'), 'characteristics.1.weight'],
    ['a weight of five places', (d) => (d.characteristics[1].weight = '1.00001'), 'characteristics.1.weight'],
    ['a weight above 100', (d) => (d.characteristics[1].weight = '100.1'), 'characteristics.1.weight'],
    ['an unknown dimension', (d) => (d.characteristics[0].dimension = 'LUCK'), 'characteristics.0.dimension'],
    [
      'an unknown normalisation',
      (d) => (d.characteristics[0].normalisation.kind = 'MAGIC'),
      'characteristics.0.normalisation.kind',
    ],
    ['an unknown missing rule', (d) => (d.characteristics[0].missing.kind = 'BEST'), 'characteristics.0.missing.kind'],
    ['a knock-out at NaN', (d) => (d.knockOuts[0].value = NaN), 'knockOuts.0.value'],
    ['a knock-out at an unknown grade', (d) => (d.knockOuts[0].capGrade = 'D'), 'knockOuts.0.capGrade'],
    ['eight grades', (d) => d.gradeThresholds.pop(), 'gradeThresholds'],
    ['too many knock-outs', (d) => (d.knockOuts = Array(31).fill(d.knockOuts[0])), 'knockOuts'],
  ];
  test.each(cases)('refuses %s', (_, change, field) => {
    expect(parseScorecardDefinition(changed(change))).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID', reason: 'SCORECARD_DEFINITION', field: field === '' ? [] : field.split('.') },
    });
  });

  test.each([null, 'text', [], 7])('refuses %p', (json) => {
    expect(parseScorecardDefinition(json)).toMatchObject({ ok: false, refusal: { code: 'INVALID' } });
  });
});

describe('lint', () => {
  const knockOut = (change: Partial<KnockOut>): Change => {
    return (d) => (d.knockOuts[0] = { ...d.knockOuts[0], ...change });
  };
  const cases: [string, Change, readonly FindingCode[]][] = [
    ['nothing', () => undefined, []],
    ['an indicator the dictionary lacks', (d) => (d.characteristics[0].indicator = 'shoeSize'), ['UNKNOWN_INDICATOR']],
    ['a knock-out on nothing', knockOut({ indicator: 'shoeSize' }), ['UNKNOWN_INDICATOR']],
    ['one id twice', (d) => (d.characteristics[0].id = d.characteristics[1].id), ['DUPLICATE_ID']],
    ['an id shared with a knock-out', (d) => (d.knockOuts[0].id = d.characteristics[1].id), ['DUPLICATE_ID']],
    [
      'an indicator scored twice',
      (d) => (d.characteristics[0].indicator = d.characteristics[1].indicator),
      ['DUPLICATE_INDICATOR'],
    ],
    ['a weight of nothing', (d) => d.characteristics.push(characteristic('roa', 'OPERATION', '0')), ['WEIGHT_ZERO']],
    [
      'a weight too many',
      (d) => d.characteristics.push(characteristic('roa', 'OPERATION', '0.0001')),
      ['DIMENSION_WEIGHT_MISMATCH', 'WEIGHTS_NOT_100'],
    ],
    [
      'a weight moved to another dimension',
      (d) => {
        d.characteristics[1].weight = '14';
        d.characteristics[5].weight = '11';
      },
      ['DIMENSION_WEIGHT_MISMATCH', 'DIMENSION_WEIGHT_MISMATCH'],
    ],
    ['two thresholds alike', (d) => (d.gradeThresholds[1].minScore = '90'), ['THRESHOLDS_OUT_OF_ORDER']],
    ['grades upside down', (d) => (d.gradeThresholds[0].grade = 'AA'), ['THRESHOLDS_OUT_OF_ORDER']],
    ['scores without a grade', (d) => (d.gradeThresholds[8].minScore = '1'), ['LOWEST_THRESHOLD_NOT_ZERO']],
    ['a note that is not defined', (d) => (d.characteristics[3].noteWhenMissing = 'NOWHERE'), ['UNKNOWN_NOTE']],
    ['a knock-out of low debt', knockOut({ op: 'LT', value: 0.2 }), ['KNOCK_OUT_AGAINST_DIRECTION']],
    ['a knock-out of high debt', knockOut({ op: 'GTE', value: 0.2 }), []],
    [
      'a knock-out of long cooperation',
      knockOut({ indicator: 'cooperationYears', op: 'GTE' }),
      ['KNOCK_OUT_AGAINST_DIRECTION'],
    ],
    ['a knock-out of a flag that is set', knockOut({ indicator: 'blacklistHit', op: 'EQ', value: 1 }), []],
    [
      'a knock-out of a flag that is not',
      knockOut({ indicator: 'blacklistHit', op: 'EQ', value: 0 }),
      ['KNOCK_OUT_AGAINST_DIRECTION'],
    ],
    [
      'a knock-out of exactly two defaults',
      knockOut({ indicator: 'defaultsIn3Years', op: 'EQ', value: 2 }),
      ['KNOCK_OUT_AGAINST_DIRECTION'],
    ],
    ['a knock-out above a band', knockOut({ indicator: 'capacityUse', op: 'GT', value: 0.9 }), []],
    [
      'a knock-out that takes the end of a band',
      knockOut({ indicator: 'capacityUse', op: 'GTE', value: 0.9 }),
      ['KNOCK_OUT_AGAINST_DIRECTION'],
    ],
    ['a knock-out below a band', knockOut({ indicator: 'capacityUse', op: 'LTE', value: 0.4 }), []],
    [
      'a knock-out inside a band',
      knockOut({ indicator: 'capacityUse', op: 'LT', value: 0.8 }),
      ['KNOCK_OUT_AGAINST_DIRECTION'],
    ],
  ];
  test.each(cases)('finds %s', (_, change, codes) => {
    const findings = lintScorecard(changed(change));
    expect(findings.map((finding) => finding.code)).toEqual(codes);
    expect(hasErrors(findings)).toBe(codes.length > 0);
  });

  test('only warns where a dimension differs from the dictionary', () => {
    const findings = lintScorecard(changed((d) => (d.characteristics[5].indicator = 'roa')));
    expect(findings).toMatchObject([{ code: 'DIMENSION_DIFFERS', severity: 'WARNING' }]);
    expect(hasErrors(findings)).toBe(false);
  });
});

describe('the delivered expert scorecard', () => {
  test('has no findings, 30 to 45 characteristics and knock-outs for bankruptcy, blacklist and lawsuit', () => {
    expect(lintScorecard(EXPERT_SCORECARD)).toEqual([]);
    expect(EXPERT_SCORECARD.characteristics.length).toBeGreaterThanOrEqual(30);
    expect(EXPERT_SCORECARD.characteristics.length).toBeLessThanOrEqual(45);
    expect(EXPERT_SCORECARD.dimensionWeights).toEqual({
      CREDIT: '40',
      OPERATION: '30',
      COOPERATION: '20',
      POTENTIAL: '10',
    });
    expect(Object.fromEntries(EXPERT_SCORECARD.knockOuts.map((row) => [row.indicator, row.capGrade]))).toMatchObject({
      bankruptcyFiled: 'C',
      blacklistHit: 'C',
      openLawsuits: 'B',
    });
  });
});

test('inputs are the characteristics in order, then what only knock-outs look at, each once', () => {
  expect(inputIndicators(SMALL_SCORECARD)).toEqual([
    'defaultsIn3Years',
    'paidOnTimeRate',
    'debtToAssetsRatio',
    'capacityUse',
    'cooperationYears',
    'strategicFit',
    'bankruptcyFiled',
  ]);
});

test.each([
  ['0', 0, '0.0000'],
  ['100', 1_000_000, '100.0000'],
  ['17.3333', 173_333, '17.3333'],
  ['2.5', 25_000, '2.5000'],
  ['0.0001', 1, '0.0001'],
])('%s points are %d ten-thousandths', (text, e4, back) => {
  expect(pointsToE4(text)).toBe(e4);
  expect(pointsFromE4(e4)).toBe(back);
});
