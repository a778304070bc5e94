/**
 * Says what is wrong with a well-formed definition, as coded findings for people who edit scorecards. Every variant is
 * judged as it would rate, with what it inherits. An ERROR bars review. It never repairs anything.
 */
import { DIMENSIONS, findIndicator } from '../../indicators/domain/dictionary';
import { industriesOf } from '../../indicators/domain/industry-extras';
import { GRADES } from '../../kernel/grade';
import { error, warning, type Finding } from './finding';
import { scaleFindings } from './lint-scales';
import { stepCentiOf } from './scale';
import {
  isWeighted,
  modelOf,
  overlaid,
  pointsFromE4,
  pointsToE4,
  type Characteristic,
  type Floor,
  type KnockOut,
  type ScorecardDefinition,
} from './scorecard-definition';

export { hasErrors, type Finding, type FindingCode } from './finding';

export const lintScorecard = (definition: ScorecardDefinition): readonly Finding[] => [
  ...indicatorFindings(definition),
  ...segmentFindings(definition, definition, []),
  ...ruleFindings(definition),
  ...masterScaleFindings(definition),
  ...variantFindings(definition),
  ...noteFindings(definition),
];

/** What may differ between segments; `at` leads to the variant. */
const segmentFindings = (
  base: ScorecardDefinition,
  definition: ScorecardDefinition,
  at: readonly string[],
): readonly Finding[] => [
  ...(isWeighted(definition) ? weightFindings(base, definition, at) : []),
  ...scaleFindings(definition, at),
  ...thresholdFindings(definition, at),
];

const indicatorFindings = (definition: ScorecardDefinition): readonly Finding[] => {
  const findings: Finding[] = [];
  const ids = new Set<string>();
  const scored = new Set<string>();
  const { characteristics, knockOuts, floors = [], groupRules = [] } = definition;
  for (const [kind, rows] of Object.entries({ characteristics, knockOuts, floors, groupRules })) {
    for (const row of rows) {
      const path = [kind, row.id];
      if (ids.has(row.id)) {
        findings.push(error('DUPLICATE_ID', path, `the id ${row.id} is used twice`, `编号 ${row.id} 重复`));
      }
      ids.add(row.id);
      if ('indicator' in row && findIndicator(row.indicator) === undefined) {
        const { indicator } = row;
        findings.push(
          error(
            'UNKNOWN_INDICATOR',
            path,
            `the dictionary has no indicator ${indicator}`,
            `指标字典中没有 ${indicator}`,
          ),
        );
      }
    }
  }
  for (const row of characteristics) {
    const path = ['characteristics', row.id];
    if (scored.has(row.indicator)) {
      findings.push(
        error('DUPLICATE_INDICATOR', path, `${row.indicator} is scored twice`, `指标 ${row.indicator} 被重复计分`),
      );
    }
    scored.add(row.indicator);
    const home = findIndicator(row.indicator)?.dimension ?? row.dimension;
    if (home !== row.dimension) {
      findings.push(
        warning(
          'DIMENSION_DIFFERS',
          path,
          `${row.indicator} counts as ${row.dimension} here, as ${home} in the dictionary`,
          `${row.indicator} 在此归入 ${row.dimension}，字典中归入 ${home}`,
        ),
      );
    }
  }
  return findings;
};

const weightFindings = (
  base: ScorecardDefinition,
  definition: ScorecardDefinition,
  at: readonly string[],
): readonly Finding[] => {
  const findings: Finding[] = [];
  const weighs = (id: string): boolean =>
    [base, ...(base.variants ?? [])].some((one) =>
      one.characteristics.some((row) => row.id === id && pointsToE4(row.weight ?? '0') > 0),
    );
  for (const row of definition.characteristics) {
    const path = [...at, 'characteristics', row.id, 'weight'];
    if (at.length === 0 && !weighs(row.id)) {
      findings.push(error('WEIGHT_ZERO', path, `${row.id} carries no weight`, `${row.id} 权重为零`));
    }
    findings.push(...shiftFindings(definition, row, path));
  }
  let totalE4 = 0;
  for (const dimension of DIMENSIONS) {
    const wantedE4 = pointsToE4(definition.dimensionWeights[dimension]);
    const foundE4 = definition.characteristics
      .filter((row) => row.dimension === dimension)
      .reduce((sum, row) => sum + pointsToE4(row.weight), 0);
    totalE4 += foundE4;
    if (foundE4 !== wantedE4) {
      const [wanted, found] = [pointsFromE4(wantedE4), pointsFromE4(foundE4)];
      findings.push(
        error(
          'DIMENSION_WEIGHT_MISMATCH',
          [...at, 'dimensionWeights', dimension],
          `${dimension} should weigh ${wanted}, its characteristics weigh ${found}`,
          `维度 ${dimension} 应为 ${wanted}，其指标权重合计 ${found}`,
        ),
      );
    }
  }
  if (totalE4 !== 1_000_000) {
    const total = pointsFromE4(totalE4);
    findings.push(
      error(
        'WEIGHTS_NOT_100',
        [...at, 'characteristics'],
        `all weights add up to ${total}, not 100`,
        `权重合计 ${total}，不等于 100`,
      ),
    );
  }
  return findings;
};

/** People may leave what the algorithm proposed, within bounds and with a reason. */
const shiftFindings = (
  definition: ScorecardDefinition,
  row: Characteristic,
  path: readonly string[],
): readonly Finding[] => {
  const model = modelOf(definition);
  if (model.kind !== 'HYBRID' || row.proposedWeight === undefined) return [];
  const shiftE4 = Math.abs(pointsToE4(row.weight) - pointsToE4(row.proposedWeight));
  if (shiftE4 === 0) return [];
  const shift = pointsFromE4(shiftE4);
  return [
    ...(row.weightReason === undefined
      ? [
          error(
            'WEIGHT_SHIFT_UNEXPLAINED',
            path,
            `${row.id} is ${shift} away from its proposed weight without a reason`,
            `${row.id} 偏离建议权重 ${shift}，未说明理由`,
          ),
        ]
      : []),
    ...(shiftE4 > pointsToE4(model.largestShift)
      ? [
          error(
            'WEIGHT_SHIFT_TOO_LARGE',
            path,
            `${row.id} is ${shift} away from its proposed weight, more than ${model.largestShift}`,
            `${row.id} 偏离建议权重 ${shift}，超过上限 ${model.largestShift}`,
          ),
        ]
      : []),
  ];
};

const ruleFindings = ({ knockOuts, floors = [], groupRules = [] }: ScorecardDefinition): readonly Finding[] => [
  ...knockOuts.filter(strikesGoodSide).map((row) => {
    const when = `${row.indicator} ${row.op} ${row.value}`;
    return error(
      'KNOCK_OUT_AGAINST_DIRECTION',
      ['knockOuts', row.id],
      `${row.id} strikes ${when}, which is not its worst side`,
      `${row.id} 的条件 ${when} 不在指标的不利一侧`,
    );
  }),
  ...floors
    .filter((row) => !strikesOnlyGoodSide(row))
    .map((row) => {
      const when = `${row.indicator} ${row.op} ${row.value}`;
      return error(
        'FLOOR_AGAINST_DIRECTION',
        ['floors', row.id],
        `${row.id} lifts ${when}, which is not its best side`,
        `${row.id} 的条件 ${when} 不在指标的有利一侧`,
      );
    }),
  // Bad relatives must not lift, and good ones must not lower.
  ...groupRules
    .filter((row) => row.notches > 0 === (row.when === 'WORST_AT_MOST'))
    .map((row) =>
      error(
        'GROUP_RULE_AGAINST_DIRECTION',
        ['groupRules', row.id],
        `${row.id} moves the grade by ${row.notches} where it should move it the other way`,
        `${row.id} 的调整方向错误（${row.notches} 级）`,
      ),
    ),
];

/** A knock-out must strike the bad side: else a better value could lower a grade. */
const strikesGoodSide = (row: KnockOut): boolean => {
  const indicator = findIndicator(row.indicator);
  if (indicator === undefined) return false;
  const { direction, band, range } = indicator;
  if (row.op === 'EQ') {
    // Only the worst end of the range can be struck by equality without sparing something worse.
    return !((direction === 'LOWER' && row.value === range.max) || (direction === 'HIGHER' && row.value === range.min));
  }
  const strikesHigh = row.op === 'GT' || row.op === 'GTE';
  if (band !== null) {
    const beyond = strikesHigh ? row.value - band.high : band.low - row.value;
    return row.op === 'GT' || row.op === 'LT' ? beyond < 0 : beyond <= 0;
  }
  return strikesHigh === (direction === 'HIGHER');
};

/** A floor must lift the good side, by the same reason. */
const strikesOnlyGoodSide = (row: Floor): boolean => {
  const indicator = findIndicator(row.indicator);
  if (indicator === undefined) return true;
  const { direction, range } = indicator;
  if (direction === 'BAND') return false;
  if (row.op === 'EQ') return row.value === (direction === 'HIGHER' ? range.max : range.min);
  return (row.op === 'GT' || row.op === 'GTE') === (direction === 'HIGHER');
};

const thresholdFindings = (definition: ScorecardDefinition, at: readonly string[]): readonly Finding[] => {
  const findings: Finding[] = [];
  let previousE4 = Infinity;
  definition.gradeThresholds.forEach(({ grade, minScore }, index) => {
    const e4 = pointsToE4(minScore);
    if (grade !== GRADES[index] || e4 >= previousE4) {
      findings.push(
        error(
          'THRESHOLDS_OUT_OF_ORDER',
          [...at, 'gradeThresholds', String(index)],
          `${grade} from ${minScore}: grades stand best first, each from a lower score than the one before`,
          `${grade}（${minScore} 分起）：等级应由高到低排列，分数线逐级递减`,
        ),
      );
    }
    previousE4 = e4;
  });
  if (previousE4 !== 0) {
    findings.push(
      error(
        'LOWEST_THRESHOLD_NOT_ZERO',
        [...at, 'gradeThresholds', String(GRADES.length - 1)],
        'the lowest grade must begin at 0, or some scores have no grade',
        '最低等级的分数线必须为 0，否则部分得分没有等级',
      ),
    );
  }
  return findings.length > 0 ? findings : unreachableFindings(definition, at);
};

/** Grades whose scores nobody can have. */
const unreachableFindings = (definition: ScorecardDefinition, at: readonly string[]): readonly Finding[] => {
  if (!isWeighted(definition)) return [];
  const ends = definition.characteristics.map((row) => {
    const { normalisation, weight } = row;
    const centi = normalisation.kind === 'Z_SCORE' ? [100, 1000] : stepCentiOf(normalisation);
    const weightE4 = pointsToE4(weight);
    return { least: Math.min(...centi) * weightE4, most: Math.max(...centi) * weightE4 };
  });
  // Hundredths of 10 points times ten-thousandths of 100: a thousandth of it is a ten-thousandth of the score.
  const leastE4 = ends.reduce((sum, end) => sum + end.least, 0) / 1000;
  const mostE4 = ends.reduce((sum, end) => sum + end.most, 0) / 1000;
  return definition.gradeThresholds.flatMap(({ grade, minScore }, index) => {
    const fromE4 = pointsToE4(minScore);
    const above = definition.gradeThresholds[index - 1];
    const toE4 = above === undefined ? Infinity : pointsToE4(above.minScore);
    return fromE4 > mostE4 || toE4 <= leastE4
      ? [
          warning(
            'UNREACHABLE_GRADE',
            [...at, 'gradeThresholds', String(index)],
            `no score leads to ${grade}: scores lie from ${leastE4 / 10_000} to ${mostE4 / 10_000}`,
            `等级 ${grade} 不可达：得分范围为 ${leastE4 / 10_000} 至 ${mostE4 / 10_000}`,
          ),
        ]
      : [];
  });
};

const masterScaleFindings = ({ masterScale = [] }: ScorecardDefinition): readonly Finding[] =>
  masterScale.flatMap(({ grade, pd }, index) => {
    const previous = masterScale[index - 1];
    if (grade === GRADES[index] && (previous === undefined || Number(pd) > Number(previous.pd))) return [];
    return [
      error(
        'MASTER_SCALE_OUT_OF_ORDER',
        ['masterScale', String(index)],
        `${grade} at ${pd}: grades stand best first, each likelier to default than the one before`,
        `${grade}（${pd}）：等级应由高到低排列，违约概率逐级递增`,
      ),
    ];
  });

const variantFindings = (definition: ScorecardDefinition): readonly Finding[] => {
  const { variants = [], ...base } = definition;
  const known = new Set(base.characteristics.map((row) => row.id));
  const industries = new Set<string>();
  return variants.flatMap((variant) => {
    const at = ['variants', variant.id];
    const findings: Finding[] = [];
    for (const industry of variant.industries) {
      if (industries.has(industry)) {
        findings.push(
          error('VARIANT_INDUSTRY_TWICE', at, `${industry} has two variants`, `行业 ${industry} 出现在两个变体中`),
        );
      }
      industries.add(industry);
    }
    for (const { id } of variant.characteristics) {
      if (known.has(id)) continue;
      findings.push(
        error(
          'VARIANT_UNKNOWN_CHARACTERISTIC',
          [...at, 'characteristics', id],
          `there is no characteristic ${id} to inherit from`,
          `不存在可继承的评分项 ${id}`,
        ),
      );
    }
    const whole = overlaid(base, variant);
    return [...findings, ...segmentFindings(definition, whole, at), ...availabilityFindings(whole, variant, at)];
  });
};

/** A variant that gives weight to what its industries do not have. */
const availabilityFindings = (
  whole: ScorecardDefinition,
  { industries, characteristics }: NonNullable<ScorecardDefinition['variants']>[number],
  at: readonly string[],
): readonly Finding[] =>
  characteristics.flatMap(({ id, weight, coefficient }) => {
    const indicator = whole.characteristics.find((row) => row.id === id)?.indicator;
    const available = indicator === undefined ? null : industriesOf(indicator);
    if (available === null || (pointsToE4(weight ?? '0') === 0 && coefficient === undefined)) return [];
    const lacking = industries.filter((industry) => !available.includes(industry));
    return lacking.length === 0
      ? []
      : [
          error(
            'INDICATOR_NOT_FOR_SEGMENT',
            [...at, 'characteristics', id],
            `${indicator} is not available for ${lacking.join(', ')}`,
            `指标 ${indicator} 不适用于 ${lacking.join('、')}`,
          ),
        ];
  });

const noteFindings = (definition: ScorecardDefinition): readonly Finding[] => {
  const known = new Set(definition.notes.map((note) => note.code));
  return definition.characteristics
    .filter((row) => !known.has(row.noteWhenMissing))
    .map(({ id, noteWhenMissing }) =>
      error(
        'UNKNOWN_NOTE',
        ['characteristics', id, 'noteWhenMissing'],
        `no note ${noteWhenMissing} is defined`,
        `未定义提示 ${noteWhenMissing}`,
      ),
    );
};
