/**
 * The inner loop of scoring: one row of packed values in; points, score, ranks and flags out; nothing allocated. Called
 * through compile-scorer.ts only, for single customers and batches alike.
 */
/* eslint-disable @typescript-eslint/no-non-null-assertion, no-param-reassign --
   a million rows pass through here: every index is in bounds by construction, and the rows that are filled are the
   caller's scratch space. */
import { GRADES, rankOf } from '../../kernel/grade';
import { lnOf, productOf, productOfLogOdds, scoreE4Of } from './arithmetic';
import { STEP_SLOTS, type Scale } from './compile-scale';
import { linearCenti } from './scale';
import {
  inputIndicators,
  modelOf,
  pointsToE4,
  rowSlots,
  type Floor,
  type KnockOut,
  type ScorecardDefinition,
} from './scorecard-definition';
import type { ScoredRows } from './scored-rows';
import { MISSING_VALUE, goodnessOf } from './value';

/**
 * Reads the values of one customer from `offset` on, MISSING_VALUE where there is none, and fills the row of that number,
 * from 0, in `rows`. False when a value is NaN or infinite, on which nobody may be rated: what the row then holds says
 * nothing.
 */
export type ScoreRow = (values: Float64Array, offset: number, rows: ScoredRows, row: number) => boolean;

export const createRowScorer = (definition: ScorecardDefinition, scale: Scale): ScoreRow => {
  const inputs = inputIndicators(definition);
  const slots = rowSlots(definition);
  const count = definition.characteristics.length;
  const gradeFloorsE4 = Int32Array.from(definition.gradeThresholds, (row) => pointsToE4(row.minScore));
  const knockOuts = definition.knockOuts.map((row) => ({ ...whenOf(row, inputs), rank: rankOf(row.capGrade) }));
  const floors = (definition.floors ?? []).map((row) => ({ ...whenOf(row, inputs), rank: rankOf(row.floorGrade) }));
  const groupRules = (definition.groupRules ?? []).map((rule) => ({
    position: slots.findIndex((slot) => slot.kind === 'RELATED_RANK' && slot.rule === rule),
    atMost: rule.when === 'WORST_AT_MOST',
    rank: rankOf(rule.grade),
    notches: rule.notches,
  }));
  const firstFloorBit = knockOuts.length;
  const firstGroupBit = firstFloorBit + floors.length;
  const modelProduct = modelProductOf(
    definition,
    slots.findIndex((slot) => slot.kind === 'MODEL_OUTPUT'),
  );
  const { cuts, stepCenti, stepProduct, sign, low, high, applicable, baseProduct } = scale;
  const { linear, linearMean, linearCentiPerUnit, weightsPpm } = scale;
  const { missingCenti, missingProduct, missingNoteBits, segmentNoteBits } = scale;

  /** Group rules first, then floors, then knock-outs: a cap holds against anything else. */
  const applyRules = (
    values: Float64Array,
    offset: number,
    rows: ScoredRows,
    row: number,
    byScore: number,
  ): boolean => {
    let rank = byScore;
    let bits = 0;
    for (let i = 0; i < groupRules.length; i++) {
      const { position, atMost, rank: bound, notches } = groupRules[i]!;
      const related = values[offset + position]!;
      if (!(related - related === 0)) return false;
      // Whatever is below the lowest rank says that there is nobody.
      if (related < 1 || (atMost ? related > bound : related < bound)) continue;
      bits |= 1 << (firstGroupBit + i);
      rank += notches;
    }
    rank = rank < 1 ? 1 : rank > GRADES.length ? GRADES.length : rank;
    for (let i = 0; i < floors.length; i++) {
      const { position, strikes, rank: floor } = floors[i]!;
      const value = values[offset + position]!;
      if (!(value - value === 0)) return false;
      if (value === MISSING_VALUE || !strikes(value)) continue;
      bits |= 1 << (firstFloorBit + i);
      if (floor > rank) rank = floor;
    }
    rows.uncappedRank[row] = rank;
    for (let i = 0; i < knockOuts.length; i++) {
      const { position, strikes, rank: cap } = knockOuts[i]!;
      const value = values[offset + position]!;
      if (!(value - value === 0)) return false;
      if (value === MISSING_VALUE || !strikes(value)) continue;
      bits |= 1 << i;
      if (cap < rank) rank = cap;
    }
    rows.capBits[row] = bits;
    rows.modelRank[row] = rank;
    return true;
  };

  return (values, offset, rows, row) => {
    const { pointsCenti } = rows;
    const firstPoint = row * count;
    let product = baseProduct;
    let noteBits = segmentNoteBits;
    for (let i = 0; i < count; i++) {
      const value = values[offset + i]!;
      // An infinity less itself is NaN, and so is anything with NaN or with a value beyond the end.
      if (!(value - value === 0)) return false;
      let centi = 0;
      if (applicable[i] === 1) {
        if (value === MISSING_VALUE) {
          centi = missingCenti[i]!;
          product += missingProduct[i]!;
          noteBits |= missingNoteBits[i]!;
        } else {
          const goodness = goodnessOf(value, sign[i]!, low[i]!, high[i]!);
          if (linear[i] === 1) {
            centi = linearCenti(goodness, linearMean[i]!, linearCentiPerUnit[i]!);
            product += productOf(centi, weightsPpm[i]!);
          } else {
            const step = stepOf(goodness, cuts, i * STEP_SLOTS);
            centi = stepCenti[step]!;
            product += stepProduct[step]!;
          }
        }
      }
      pointsCenti[firstPoint + i] = centi;
    }
    if (modelProduct !== null) product += modelProduct(values, offset);
    // What a model said may be no number.
    if (!(product - product === 0)) return false;
    const scoreE4 = scoreE4Of(product);
    rows.scoreE4[row] = scoreE4;
    rows.noteBits[row] = noteBits;
    return applyRules(values, offset, rows, row, rankByScore(scoreE4, gradeFloorsE4));
  };
};

/** What the model's own word adds to the score; NaN where it said nothing that can be used. Null for models without one. */
const modelProductOf = (
  definition: ScorecardDefinition,
  position: number,
): ((values: Float64Array, offset: number) => number) | null => {
  const model = modelOf(definition);
  if (model.kind !== 'ONNX') return null;
  const { outputKind, scaling } = model;
  return (values, offset) => {
    const output = values[offset + position]!;
    if (outputKind === 'LOG_ODDS') return output === MISSING_VALUE ? NaN : productOfLogOdds(output, scaling);
    if (!(output >= 0 && output <= 1)) return NaN;
    // Certainty has no odds; the score is at its end long before.
    const bounded =
      output < LEAST_PROBABILITY ? LEAST_PROBABILITY : output > 1 - LEAST_PROBABILITY ? 1 - LEAST_PROBABILITY : output;
    return productOfLogOdds(lnOf(bounded / (1 - bounded)), scaling);
  };
};

const LEAST_PROBABILITY = 1e-12;

const whenOf = (row: KnockOut | Floor, inputs: readonly string[]) => ({
  position: inputs.indexOf(row.indicator),
  strikes: comparison(row),
});

/**
 * `from` plus the number of cuts reached. Four steps without a branch: values are as good as random here, and a processor
 * that guesses wrong loses more time than the whole search takes.
 */
const stepOf = (goodness: number, cuts: Float64Array, from: number): number => {
  let at = from;
  at += +(goodness >= cuts[at + 7]!) << 3;
  at += +(goodness >= cuts[at + 3]!) << 2;
  at += +(goodness >= cuts[at + 1]!) << 1;
  at += +(goodness >= cuts[at]!);
  return at;
};

const rankByScore = (scoreE4: number, floorsE4: Int32Array): number => {
  let index = 0;
  while (index < floorsE4.length - 1 && scoreE4 < floorsE4[index]!) index++;
  return GRADES.length - index;
};

const comparison = ({ op, value: bound }: KnockOut | Floor): ((value: number) => boolean) => {
  switch (op) {
    case 'GT':
      return (value) => value > bound;
    case 'GTE':
      return (value) => value >= bound;
    case 'LT':
      return (value) => value < bound;
    case 'LTE':
      return (value) => value <= bound;
    case 'EQ':
      return (value) => value === bound;
  }
};
