/**
 * Lays a definition and its cut points out flat: for every characteristic the steps of its scale, the points of each step
 * and what they add to the score. Everything that does not depend on the customer is computed here, once.
 */
import { CENTI_PER_POINT, centiOfProduct, productOf, productOfEvenOdds, productOfLogOdds } from './arithmetic';
import type { CutPointSet } from './cut-points';
import { scaleOf, stepCentiOf, woeE6 } from './scale';
import {
  isWeighted,
  MAX_STEPS,
  modelOf,
  pointsToE4,
  type Characteristic,
  type ScorecardDefinition,
} from './scorecard-definition';

/** Steps of a scale. One cut fewer than steps, padded with infinity, for a search without branches. */
export const STEP_SLOTS = MAX_STEPS;

/** One slot per characteristic, or STEP_SLOTS per characteristic where it says so. */
export interface Scale {
  /** STEP_SLOTS each: the goodness from which the next step begins, ascending. */
  readonly cuts: Float64Array;
  /** STEP_SLOTS each: hundredths of a point of each step. */
  readonly stepCenti: Int16Array;
  /** STEP_SLOTS each: what the points add to the score, see arithmetic.ts. */
  readonly stepProduct: Float64Array;
  /** 1 where points are linear in goodness and there are no steps. */
  readonly linear: Uint8Array;
  readonly linearMean: Float64Array;
  readonly linearCentiPerUnit: Float64Array;
  readonly weightsPpm: Int32Array;
  /** How a value becomes goodness, see `goodnessOf`. */
  readonly sign: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** 0 where the segment has no cut points or the variant no use for it: no points and no weight. */
  readonly applicable: Uint8Array;
  readonly missingCenti: Int16Array;
  readonly missingProduct: Float64Array;
  readonly missingNoteBits: Int32Array;
  /** Notes that everybody in the segment carries. */
  readonly segmentNoteBits: number;
  /** What everybody begins with. */
  readonly baseProduct: number;
}

/** Throws when the cut points were not made for this definition. */
export const compileScale = (definition: ScorecardDefinition, cutPoints: CutPointSet): Scale => {
  demandMatch(definition, cutPoints);
  const { characteristics } = definition;
  const { perCharacteristic, effectiveWeightsPpm } = cutPoints;
  const count = characteristics.length;
  const noteBitOf = (code: string): number => {
    const index = definition.notes.findIndex((note) => note.code === code);
    return index < 0 ? 0 : 1 << index;
  };
  const applicable = Uint8Array.from(perCharacteristic, (row) => (row.applicable ? 1 : 0));
  // Where the segment knows nothing of a whole dimension, everybody in it lacks that information.
  const known = new Set(characteristics.filter((_, i) => applicable[i] === 1).map((row) => row.dimension));
  const flat = {
    cuts: new Float64Array(count * STEP_SLOTS).fill(Infinity),
    stepCenti: new Int16Array(count * STEP_SLOTS),
    stepProduct: new Float64Array(count * STEP_SLOTS),
    linear: new Uint8Array(count),
    linearMean: new Float64Array(count),
    linearCentiPerUnit: new Float64Array(count),
    weightsPpm: Int32Array.from(effectiveWeightsPpm),
    sign: new Float64Array(count).fill(1),
    low: new Float64Array(count),
    high: new Float64Array(count),
    applicable,
    missingCenti: new Int16Array(count),
    missingProduct: new Float64Array(count),
    missingNoteBits: Int32Array.from(characteristics, (row) => noteBitOf(row.noteWhenMissing)),
    segmentNoteBits: characteristics
      .filter((row) => !known.has(row.dimension))
      .reduce((bits, row) => bits | noteBitOf(row.noteWhenMissing), 0),
    baseProduct: baseProductOf(definition),
  };
  characteristics.forEach((characteristic, i) => {
    const frozen = perCharacteristic[i];
    if (frozen?.applicable !== true) return;
    const scale = scaleOf(characteristic, frozen);
    const points = pointsOf(definition, characteristic, effectiveWeightsPpm[i] ?? 0, frozen.meanPointsCenti);
    flat.sign[i] = scale.orientation.sign;
    flat.low[i] = scale.orientation.low;
    flat.high[i] = scale.orientation.high;
    flat.cuts.set(scale.cuts, i * STEP_SLOTS);
    flat.stepCenti.set(points.stepCenti, i * STEP_SLOTS);
    flat.stepProduct.set(points.stepProduct, i * STEP_SLOTS);
    flat.missingCenti[i] = points.missingCenti;
    flat.missingProduct[i] = points.missingProduct;
    if (scale.linear === null) return;
    flat.linear[i] = 1;
    flat.linearMean[i] = scale.linear.mean;
    flat.linearCentiPerUnit[i] = scale.linear.centiPerUnit;
  });
  return flat;
};

interface StepPoints {
  readonly stepCenti: readonly number[];
  readonly stepProduct: readonly number[];
  readonly missingCenti: number;
  readonly missingProduct: number;
}

const pointsOf = (
  definition: ScorecardDefinition,
  characteristic: Characteristic,
  weightPpm: number,
  meanPointsCenti: number,
): StepPoints => {
  const { normalisation } = characteristic;
  const model = modelOf(definition);
  if (model.kind === 'LOGISTIC') {
    const productAt = (woe: string): number =>
      productOfLogOdds(Number(characteristic.coefficient ?? '0') * Number(woe), model.scaling);
    const { woe } = evidenceOf(characteristic);
    const stepProduct = woe.map(productAt);
    const missingProduct = productAt(missingWoe(characteristic));
    return {
      stepCenti: stepProduct.map(centiOfProduct),
      stepProduct,
      missingCenti: centiOfProduct(missingProduct),
      missingProduct,
    };
  }
  const stepCenti = normalisation.kind === 'Z_SCORE' ? [] : stepCentiOf(normalisation);
  const missingCenti = missingPointsCenti(characteristic, meanPointsCenti, stepCenti);
  return {
    stepCenti,
    stepProduct: stepCenti.map((centi) => productOf(centi, weightPpm)),
    missingCenti,
    missingProduct: productOf(missingCenti, weightPpm),
  };
};

/** Throws where a fitted model stands on anything but bins; lint says so before. */
const evidenceOf = ({ id, normalisation }: Characteristic): { readonly woe: readonly string[] } => {
  if (normalisation.kind !== 'WOE') throw new Error(`${id} has no bins for a coefficient`);
  return { woe: normalisation.bins.map((bin) => bin.woe) };
};

const missingWoe = (characteristic: Characteristic): string => {
  const { missing } = characteristic;
  if (missing.kind === 'WOE') return missing.woe;
  if (missing.kind !== 'WORST')
    throw new Error(`${characteristic.id} does not say what a missing value is evidence of`);
  const { woe } = evidenceOf(characteristic);
  return woe.reduce((worst, one) => (woeE6(one) < woeE6(worst) ? one : worst));
};

const missingPointsCenti = (
  { missing }: Characteristic,
  meanPointsCenti: number,
  stepCenti: readonly number[],
): number => {
  switch (missing.kind) {
    case 'INDUSTRY_MEAN':
      return meanPointsCenti;
    case 'WORST':
      return stepCenti.length === 0 ? CENTI_PER_POINT : Math.min(...stepCenti);
    case 'POINTS':
      return pointsToE4(missing.points) / CENTI_PER_POINT;
    case 'WOE':
      throw new Error('a weight of evidence for missing values belongs to fitted models');
  }
};

const baseProductOf = (definition: ScorecardDefinition): number => {
  const model = modelOf(definition);
  switch (model.kind) {
    case 'EXPERT':
    case 'HYBRID':
      return 0;
    case 'LOGISTIC':
      return productOfEvenOdds(model.scaling) + productOfLogOdds(Number(model.intercept), model.scaling);
    case 'ONNX':
      return productOfEvenOdds(model.scaling);
  }
};

const demandMatch = (definition: ScorecardDefinition, cutPoints: CutPointSet): void => {
  const wanted = definition.characteristics.map((row) => row.id).join();
  const given = cutPoints.perCharacteristic.map((row) => row.id).join();
  const weightPpm = cutPoints.effectiveWeightsPpm.reduce((sum, weight) => sum + weight, 0);
  if (wanted !== given || weightPpm !== (isWeighted(definition) ? 1_000_000 : 0)) {
    throw new Error(`the cut points of segment ${cutPoints.segment} were not made for this definition`);
  }
};
