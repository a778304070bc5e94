/**
 * What is wrong with the scales of characteristics: bins that leave a gap or overlap, points that go against the direction of
 * the indicator, missing rules and coefficients that do not fit the model.
 */
import { findIndicator } from '../../indicators/domain/dictionary';
import { error, warning, type Finding } from './finding';
import { woeE6 } from './scale';
import { modelOf, pointsToE4, type Characteristic, type ScorecardDefinition } from './scorecard-definition';

export const scaleFindings = (definition: ScorecardDefinition, at: readonly string[]): readonly Finding[] =>
  definition.characteristics.flatMap((row) => {
    const path = [...at, 'characteristics', row.id];
    return [...binFindings(row, path), ...fitFindings(definition, row, path)];
  });

interface Bin {
  readonly from: number | null;
  readonly to: number | null;
  /** Grows with what is good. */
  readonly worth: number;
}

const binsOf = ({ normalisation }: Characteristic): readonly Bin[] | null => {
  if (normalisation.kind === 'BANDS') {
    return normalisation.bands.map(({ from, to, points }) => ({ from, to, worth: pointsToE4(points) }));
  }
  if (normalisation.kind === 'WOE') {
    return normalisation.bins.map(({ from, to, woe }) => ({ from, to, worth: woeE6(woe) }));
  }
  return null;
};

const binFindings = (row: Characteristic, path: readonly string[]): readonly Finding[] => {
  const bins = binsOf(row);
  if (bins === null) return [];
  const findings: Finding[] = [];
  bins.slice(1).forEach((bin, i) => {
    const end = bins[i]?.to ?? Infinity;
    const start = bin.from ?? -Infinity;
    const where = `${end} → ${start}`;
    if (start > end) {
      findings.push(
        error(
          'BINS_GAP',
          path,
          `${row.id} leaves values between ${where} without points`,
          `${row.id} 在 ${where} 之间存在空档`,
        ),
      );
    }
    if (start < end) {
      findings.push(
        error(
          'BINS_OVERLAP',
          path,
          `${row.id} gives values between ${where} points twice`,
          `${row.id} 在 ${where} 之间区间重叠`,
        ),
      );
    }
  });
  findings.push(...endFindings(row, bins, path), ...monotoneFindings(row, bins, path));
  return findings;
};

const endFindings = (row: Characteristic, bins: readonly Bin[], path: readonly string[]): readonly Finding[] => {
  const range = findIndicator(row.indicator)?.range ?? { min: null, max: null };
  const from = bins[0]?.from ?? null;
  const to = bins[bins.length - 1]?.to ?? null;
  // The end itself is never part of the last bin, so a closed end must lie beyond what the dictionary allows.
  const covered =
    (from === null || (range.min !== null && from <= range.min)) &&
    (to === null || (range.max !== null && to > range.max));
  return covered
    ? []
    : [
        error(
          'BINS_NOT_COVERING',
          path,
          `${row.id} has no points for the ends of its range`,
          `${row.id} 的区间未覆盖全部取值范围`,
        ),
      ];
};

const monotoneFindings = (row: Characteristic, bins: readonly Bin[], path: readonly string[]): readonly Finding[] => {
  const indicator = findIndicator(row.indicator);
  if (indicator === undefined) return [];
  const { direction, band } = indicator;
  const follows = bins.slice(1).every((bin, i) => {
    const rise = bin.worth - (bins[i]?.worth ?? 0);
    if (direction === 'HIGHER') return rise >= 0;
    if (direction === 'LOWER') return rise <= 0;
    // Up to the band points may only rise, beyond it only fall.
    const start = bin.from ?? -Infinity;
    return start <= (band?.low ?? -Infinity) ? rise >= 0 : start >= (band?.high ?? Infinity) ? rise <= 0 : rise === 0;
  });
  return follows
    ? []
    : [
        error(
          'BINS_NOT_MONOTONE',
          path,
          `${row.id} gives a worse value of ${row.indicator} more points than a better one`,
          `${row.id} 的分值与指标 ${row.indicator} 的优劣方向不一致`,
        ),
      ];
};

/** Largest contribution that the calculation log keeps, in points of the score. */
const LARGEST_CONTRIBUTION = 300;

const fitFindings = (
  definition: ScorecardDefinition,
  row: Characteristic,
  path: readonly string[],
): readonly Finding[] => {
  const model = modelOf(definition);
  const findings: Finding[] = [];
  if (model.kind !== 'LOGISTIC') {
    if (row.missing.kind === 'WOE') findings.push(missingUnfit(row, path));
    if (row.coefficient !== undefined) {
      findings.push(
        error(
          'COEFFICIENT_UNFIT',
          path,
          `${row.id} has a coefficient, but the model has none`,
          `${row.id} 含有系数，但该模型不使用系数`,
        ),
      );
    }
    return findings;
  }
  if (row.missing.kind !== 'WOE' && row.missing.kind !== 'WORST') findings.push(missingUnfit(row, path));
  if (row.normalisation.kind !== 'WOE') {
    findings.push(
      error(
        'NORMALISATION_UNFIT',
        path,
        `${row.id} needs bins with weights of evidence`,
        `${row.id} 需要带证据权重的分箱`,
      ),
    );
    return findings;
  }
  if (row.coefficient === undefined) {
    findings.push(error('COEFFICIENT_UNFIT', path, `${row.id} has no coefficient`, `${row.id} 缺少系数`));
    return findings;
  }
  const coefficient = Number(row.coefficient);
  if (coefficient > 0) {
    findings.push(
      error(
        'COEFFICIENT_AGAINST_DIRECTION',
        path,
        `${row.id} makes default likelier the better its evidence is`,
        `${row.id} 的系数方向错误：证据越好违约概率越高`,
      ),
    );
  }
  const most = Math.max(...row.normalisation.bins.map((bin) => Math.abs(Number(bin.woe) * coefficient)));
  if ((most * Number(model.scaling.pointsToDoubleOdds)) / Math.LN2 > LARGEST_CONTRIBUTION) {
    findings.push(
      error(
        'COEFFICIENT_UNFIT',
        path,
        `${row.id} alone moves the score by more than ${LARGEST_CONTRIBUTION} points`,
        `${row.id} 单项影响超过 ${LARGEST_CONTRIBUTION} 分`,
      ),
    );
  }
  if (pointsToE4(row.weight) > 0) {
    findings.push(
      warning(
        'WEIGHT_NOT_USED',
        path,
        `the weight of ${row.id} is not used by the model`,
        `模型不使用 ${row.id} 的权重`,
      ),
    );
  }
  return findings;
};

const missingUnfit = (row: Characteristic, path: readonly string[]): Finding =>
  error(
    'MISSING_RULE_UNFIT',
    path,
    `the missing rule ${row.missing.kind} of ${row.id} does not fit the model`,
    `${row.id} 的缺失值规则 ${row.missing.kind} 与模型不符`,
  );
