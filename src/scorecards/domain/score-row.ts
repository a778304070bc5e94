/**
 * The inner loop of scoring: one row of packed values in, points, score, ranks and flags out, nothing allocated. Called
 * by compile-scorecard.ts only, for single customers and batches alike.
 */
/* eslint-disable @typescript-eslint/no-non-null-assertion, no-param-reassign --
   a million rows pass through here: every index is in bounds by construction, and the row that is filled is the
   caller's scratch space. */
import { GRADES, rankOf } from '../../kernel/grade';
import type { CutPointSet } from './cut-points';
import { inputIndicators, pointsToE4, type KnockOut, type ScorecardDefinition } from './scorecard-definition';
import { MISSING_VALUE, cutFromGoodness, goodnessOf, orientationOf } from './value';

/** Where a scoring leaves its result; made once by `newRow` and reused for every customer. */
export interface ScoredRow {
  readonly pointsCenti: Int16Array;
  /** Ten-thousandths of a point. */
  scoreE4: number;
  /** 9 for AAA down to 1 for C, as in kernel/grade. */
  uncappedRank: number;
  modelRank: number;
  /** Bit i: knock-out i of the definition struck. */
  capBits: number;
  /** Bit i: note i of the definition applies. */
  noteBits: number;
}

export interface RowScorer {
  /** False when a value is NaN or infinite; `row` is then undefined in content. */
  readonly scoreRow: (values: Float64Array, offset: number, row: ScoredRow) => boolean;
  readonly newRow: () => ScoredRow;
}

/** Cut points of one characteristic are padded with infinity to a power of two, for the search in `tenthOf`. */
const CUT_SLOTS = 16;
const CENTI = 100;
/** Hundredths of a point times millionths of the weight, per ten-thousandth of a point of 100. */
const PRODUCT_PER_E4 = 1_000;

export const createRowScorer = (definition: ScorecardDefinition, cutPoints: CutPointSet): RowScorer => {
  const inputs = inputIndicators(definition);
  const count = definition.characteristics.length;
  const scale = compileScale(definition, cutPoints);
  const gradeFloorsE4 = Int32Array.from(definition.gradeThresholds, (row) => pointsToE4(row.minScore));
  const knockOuts = definition.knockOuts.map((row) => ({
    position: inputs.indexOf(row.indicator),
    strikes: comparison(row),
    capRank: rankOf(row.capGrade),
  }));

  const scoreRow = (values: Float64Array, offset: number, row: ScoredRow): boolean => {
    const { cuts, sign, low, high, weightsPpm, missingPointsCenti, missingNoteBits } = scale;
    const { pointsCenti } = row;
    let total = 0;
    let noteBits = scale.segmentNoteBits;
    for (let i = 0; i < count; i++) {
      const value = values[offset + i]!;
      // An infinity less itself is NaN, and so is anything with NaN or with a value beyond the end.
      if (!(value - value === 0)) return false;
      const weightPpm = weightsPpm[i]!;
      let centi = 0;
      if (weightPpm > 0) {
        if (value === MISSING_VALUE) {
          centi = missingPointsCenti[i]!;
          noteBits |= missingNoteBits[i]!;
        } else {
          centi = CENTI * tenthOf(goodnessOf(value, sign[i]!, low[i]!, high[i]!), cuts, i * CUT_SLOTS);
        }
      }
      pointsCenti[i] = centi;
      total += centi * weightPpm;
    }
    row.scoreE4 = Math.floor((total + PRODUCT_PER_E4 / 2) / PRODUCT_PER_E4);
    row.noteBits = noteBits;
    row.uncappedRank = rankByScore(row.scoreE4, gradeFloorsE4);
    return applyKnockOuts(values, offset, row);
  };

  const applyKnockOuts = (values: Float64Array, offset: number, row: ScoredRow): boolean => {
    let rank = row.uncappedRank;
    let capBits = 0;
    for (let i = 0; i < knockOuts.length; i++) {
      const { position, strikes, capRank } = knockOuts[i]!;
      const value = values[offset + position]!;
      if (!(value - value === 0)) return false;
      if (value === MISSING_VALUE || !strikes(value)) continue;
      capBits |= 1 << i;
      if (capRank < rank) rank = capRank;
    }
    row.capBits = capBits;
    row.modelRank = rank;
    return true;
  };

  const newRow = (): ScoredRow => ({
    pointsCenti: new Int16Array(count),
    scoreE4: 0,
    uncappedRank: 1,
    modelRank: 1,
    capBits: 0,
    noteBits: 0,
  });
  return { scoreRow, newRow };
};

/** The definition and cut points laid out flat, one slot per characteristic. */
const compileScale = (definition: ScorecardDefinition, cutPoints: CutPointSet) => {
  const { characteristics } = definition;
  const noteBitOf = (code: string): number => {
    const index = definition.notes.findIndex((note) => note.code === code);
    return index < 0 ? 0 : 1 << index;
  };
  const orientations = characteristics.map((row) => orientationOf(row.indicator));
  const cuts = new Float64Array(characteristics.length * CUT_SLOTS).fill(Infinity);
  cutPoints.perCharacteristic.forEach((row, i) => {
    row.cuts.forEach((cut, k) => {
      cuts[i * CUT_SLOTS + k] = cutFromGoodness(cut, orientations[i]?.sign ?? 1);
    });
  });
  const missingPointsCenti = Int16Array.from(characteristics, (row, i) => {
    switch (row.missing.kind) {
      case 'INDUSTRY_MEAN':
        return cutPoints.perCharacteristic[i]?.meanPointsCenti ?? 0;
      case 'WORST':
        return CENTI;
    }
  });
  const weightsPpm = Int32Array.from(cutPoints.effectiveWeightsPpm);
  // Where the segment knows nothing of a whole dimension, everybody in it lacks that information.
  const known = new Set(characteristics.filter((_, i) => weightsPpm[i] !== 0).map((row) => row.dimension));
  const segmentNoteBits = characteristics
    .filter((row) => !known.has(row.dimension))
    .reduce((bits, row) => bits | noteBitOf(row.noteWhenMissing), 0);
  const missingNoteBits = Int32Array.from(characteristics, (row) => noteBitOf(row.noteWhenMissing));
  return {
    cuts,
    sign: Float64Array.from(orientations, (row) => row.sign),
    low: Float64Array.from(orientations, (row) => row.low),
    high: Float64Array.from(orientations, (row) => row.high),
    missingPointsCenti,
    missingNoteBits,
    weightsPpm,
    segmentNoteBits,
  };
};

/**
 * 1 plus the number of cut points reached, 1 to 10. Four steps without a branch: values are as good as random here, and
 * a processor that guesses wrong loses more time than the whole search takes.
 */
const tenthOf = (goodness: number, cuts: Float64Array, from: number): number => {
  let at = from;
  at += +(goodness >= cuts[at + 7]!) << 3;
  at += +(goodness >= cuts[at + 3]!) << 2;
  at += +(goodness >= cuts[at + 1]!) << 1;
  at += +(goodness >= cuts[at]!);
  return 1 + at - from;
};

const rankByScore = (scoreE4: number, floorsE4: Int32Array): number => {
  let index = 0;
  while (index < floorsE4.length - 1 && scoreE4 < floorsE4[index]!) index++;
  return GRADES.length - index;
};

const comparison = ({ op, value: bound }: KnockOut): ((value: number) => boolean) => {
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
