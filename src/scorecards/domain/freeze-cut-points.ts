/**
 * Freezes what a version's scales take from a reference population: tenths, means and deviations, mean points. Done once per
 * version and segment; it neither knows nor asks whether the segment was frozen before.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { CharacteristicCuts, CutPointSet } from './cut-points';
import { largestRemainder } from './largest-remainder';
import { linearCenti, orientationFor, scaleOf, startsOf, type CharacteristicScale } from './scale';
import {
  definitionFor,
  isWeighted,
  pointsToE4,
  type Characteristic,
  type ScorecardDefinition,
} from './scorecard-definition';
import { cutFromGoodness, goodnessOf, valueAt, type Orientation, type Values } from './value';

export interface Population {
  /** One column per characteristic, in their order; every column as long as the population is big. */
  readonly columns: readonly Values[];
}

const PPM = 1_000_000;
/** Fewer values cannot be told apart into tenths; in a small population a tenth of the members must do. */
const ENOUGH_VALUES = 10;

/** Refuses with INVALID_STATE.NO_REFERENCE_VALUES when nothing at all can be cut. Throws on NaN and infinities. */
export const freezeCutPoints = (
  version: ScorecardDefinition,
  segment: string,
  population: Population,
): Result<CutPointSet> => {
  const definition = definitionFor(version, segment);
  const { columns } = population;
  const referenceSize = columns[0]?.length ?? 0;
  if (
    columns.length !== definition.characteristics.length ||
    columns.some((column) => column.length !== referenceSize)
  ) {
    throw new RangeError('a population has one column per characteristic, all of one length');
  }
  const weighted = isWeighted(definition);
  const perCharacteristic = definition.characteristics.map((characteristic, index) =>
    cutsOf(characteristic, weighted, columns[index] ?? [], referenceSize),
  );
  if (!perCharacteristic.some((row) => row.applicable)) {
    return refuse('INVALID_STATE', `segment ${segment} has no values to take cut points from`, {
      reason: 'NO_REFERENCE_VALUES',
      params: { segment, referenceSize },
    });
  }
  const effectiveWeightsPpm = weighted
    ? spreadWeights(definition, perCharacteristic)
    : definition.characteristics.map(() => 0);
  return ok({ segment, referenceSize, perCharacteristic, effectiveWeightsPpm });
};

const cutsOf = (
  characteristic: Characteristic,
  weighted: boolean,
  column: Values,
  referenceSize: number,
): CharacteristicCuts => {
  const { id, missing, normalisation, weight } = characteristic;
  const orientation = orientationFor(characteristic);
  const goodness = sortedGoodness(column, orientation);
  const valueCount = goodness.length;
  const notApplicable = { id, applicable: false, valueCount, cuts: [], meanPointsCenti: 0 };
  if (weighted && pointsToE4(weight) === 0) return notApplicable;
  const fixed = normalisation.kind === 'BANDS' || normalisation.kind === 'WOE';
  const enough = valueCount > 0 && valueCount >= Math.min(ENOUGH_VALUES, Math.ceil(referenceSize / 10));
  // What the version fixes by itself asks nothing of the population, but the mean that may stand for a missing value.
  if (!enough && (!fixed || missing.kind === 'INDUSTRY_MEAN')) return notApplicable;
  const frozen = { id, applicable: true, valueCount, ...frozenOf(characteristic, goodness, orientation) };
  return { ...frozen, meanPointsCenti: meanPointsCenti(scaleOf(characteristic, frozen), goodness) };
};

const frozenOf = (
  { normalisation }: Characteristic,
  goodness: Float64Array,
  { sign }: Orientation,
): Pick<CharacteristicCuts, 'cuts' | 'mean' | 'deviation'> => {
  switch (normalisation.kind) {
    case 'DECILE':
      return { cuts: decileCuts(goodness).map((cut) => cutFromGoodness(cut, sign)) };
    case 'BANDS':
      return { cuts: startsOf(normalisation.bands) };
    case 'WOE':
      return { cuts: startsOf(normalisation.bins) };
    case 'Z_SCORE': {
      // Added up from the worst to the best, so that the order of members does not matter.
      const mean = goodness.reduce((sum, value) => sum + value, 0) / goodness.length;
      const variance = goodness.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / goodness.length;
      return { cuts: [], mean: cutFromGoodness(mean, sign), deviation: Math.sqrt(variance) };
    }
  }
};

/** Worst first. */
const sortedGoodness = (column: Values, { sign, low, high }: Orientation): Float64Array => {
  const present = new Float64Array(column.length);
  let count = 0;
  for (let member = 0; member < column.length; member++) {
    const value = valueAt(column, member);
    if (value !== null) present[count++] = goodnessOf(value, sign, low, high);
  }
  return present.subarray(0, count).sort();
};

/**
 * Equal values get equal points, so a crowd of equals across a boundary has to go one way as a whole. It goes up, so that
 * "no default, like most" is as good as the best. The crowd at the very bottom goes down, so that "no research at all,
 * like most" is not lifted by its own size; unless it reaches into the best tenth, where it is best and worst at once.
 */
const decileCuts = (goodness: Float64Array): number[] => {
  const count = goodness.length;
  const at = (index: number): number => goodness[index] ?? NaN;
  const worst = at(0);
  const bestTenth = at(Math.floor((9 * count) / 10));
  const nextToWorst = goodness.find((value) => value > worst) ?? worst;
  return Array.from({ length: 9 }, (_, index) => {
    const cut = at(Math.floor(((index + 1) * count) / 10));
    return cut === worst && worst !== bestTenth ? nextToWorst : cut;
  });
};

/** Half-up; 0 where nobody has a value. */
const meanPointsCenti = ({ cuts, stepCenti, linear }: CharacteristicScale, goodness: Float64Array): number => {
  const count = goodness.length;
  if (count === 0) return 0;
  let centi = 0;
  if (linear !== null) {
    for (const value of goodness) centi += linearCenti(value, linear.mean, linear.centiPerUnit);
  } else {
    centi = count * (stepCenti[0] ?? 0);
    cuts.forEach((cut, k) => {
      centi += ((stepCenti[k + 1] ?? 0) - (stepCenti[k] ?? 0)) * (count - lowerBound(goodness, cut));
    });
  }
  return Math.floor((2 * centi + count) / (2 * count));
};

/** Index of the first element not below `bound`. */
const lowerBound = (sorted: Float64Array, bound: number): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? NaN) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
};

const spreadWeights = (definition: ScorecardDefinition, cuts: readonly CharacteristicCuts[]): number[] => {
  const weightsE4 = definition.characteristics.map((row, index) =>
    cuts[index]?.applicable === true ? pointsToE4(row.weight) : 0,
  );
  const totalE4 = weightsE4.reduce((sum, weight) => sum + weight, 0);
  return largestRemainder(
    weightsE4.map((weight) => weight * PPM),
    totalE4,
    PPM,
  );
};
