/**
 * Cuts a reference population into tenths for every characteristic of a definition. Done once per version and segment;
 * it neither knows nor asks whether the segment was frozen before.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { CharacteristicCuts, CutPointSet } from './cut-points';
import { largestRemainder } from './largest-remainder';
import { pointsToE4, type Characteristic, type ScorecardDefinition } from './scorecard-definition';
import { cutFromGoodness, goodnessOf, orientationOf, valueAt, type Orientation, type Values } from './value';

export interface Population {
  /** One column per characteristic, in their order; every column as long as the population is big. */
  readonly columns: readonly Values[];
}

const PPM = 1_000_000;
/** Fewer values cannot be told apart into tenths; in a small population a tenth of the members must do. */
const ENOUGH_VALUES = 10;

/** Refuses with INVALID_STATE.NO_REFERENCE_VALUES when nothing at all can be cut. Throws on NaN and infinities. */
export const freezeCutPoints = (
  definition: ScorecardDefinition,
  segment: string,
  population: Population,
): Result<CutPointSet> => {
  const { columns } = population;
  const referenceSize = columns[0]?.length ?? 0;
  if (
    columns.length !== definition.characteristics.length ||
    columns.some((column) => column.length !== referenceSize)
  ) {
    throw new RangeError('a population has one column per characteristic, all of one length');
  }
  const perCharacteristic = definition.characteristics.map((characteristic, index) =>
    cutsOf(characteristic, columns[index] ?? [], referenceSize),
  );
  if (!perCharacteristic.some((row) => row.applicable)) {
    return refuse('INVALID_STATE', `segment ${segment} has no values to take cut points from`, {
      reason: 'NO_REFERENCE_VALUES',
      params: { segment, referenceSize },
    });
  }
  const effectiveWeightsPpm = spreadWeights(definition, perCharacteristic);
  return ok({ segment, referenceSize, perCharacteristic, effectiveWeightsPpm });
};

const cutsOf = ({ id, indicator }: Characteristic, column: Values, referenceSize: number): CharacteristicCuts => {
  const orientation = orientationOf(indicator);
  const goodness = sortedGoodness(column, orientation);
  const valueCount = goodness.length;
  if (valueCount === 0 || valueCount < Math.min(ENOUGH_VALUES, Math.ceil(referenceSize / 10))) {
    return { id, applicable: false, valueCount, cuts: [], meanPointsCenti: 0 };
  }
  const cuts = decileCuts(goodness);
  return {
    id,
    applicable: true,
    valueCount,
    cuts: cuts.map((cut) => cutFromGoodness(cut, orientation.sign)),
    meanPointsCenti: meanPointsCenti(goodness, cuts),
  };
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

/** Half-up. */
const meanPointsCenti = (goodness: Float64Array, cuts: readonly number[]): number => {
  const count = goodness.length;
  let points = count;
  for (const cut of cuts) points += count - lowerBound(goodness, cut);
  return Math.floor((points * 200 + count) / (2 * count));
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
