/**
 * Turns a scorecard version and its frozen cut points into the one pure function that every rating uses: single, batch,
 * what-if, back-test, replay (domain rules D12, D13, D16). All arithmetic is in whole numbers: points in hundredths,
 * weights in millionths, scores in ten-thousandths, so the same values give the same bytes everywhere.
 */
import { GRADES, gradeOfRank, rankOf, type Grade } from '../../kernel/grade';
import { refusal } from '../../kernel/refusal';
import { ok, refused, type Result } from '../../kernel/result';
import type { CutPointSet } from './cut-points';
import {
  inputIndicators,
  pointsFromE4,
  pointsToE4,
  type KnockOut,
  type ScorecardDefinition,
} from './scorecard-definition';
import { MISSING_VALUE, cutFromGoodness, goodnessOf, orientationOf, type Values } from './value';

export interface Score {
  /** 10 to 100, four places, rounded half-up. */
  readonly score: string;
  /** Hundredths of a point per characteristic, in their order; 0 where the segment has no cut points for it. */
  readonly pointsCenti: readonly number[];
  /** By score, with knock-outs applied. */
  readonly modelGrade: Grade;
  /** By score alone. */
  readonly uncappedGrade: Grade;
  /** Ids of the knock-outs that struck, in the order of the definition. */
  readonly caps: readonly string[];
  /** Ids of the applicable characteristics without a value. */
  readonly missing: readonly string[];
  /** Note codes, in the order of the definition's notes. */
  readonly notes: readonly string[];
}

/** Where {@link CompiledScorecard.scoreRow} leaves its result; made once by `newRow` and reused for every customer. */
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

export interface CompiledScorecard {
  /** Indicator codes in the order in which values are taken: `inputIndicators(definition)`. */
  readonly inputs: readonly string[];
  /** Refuses with INVALID.NOT_A_NUMBER, naming the indicator; throws when there are too few or too many values. */
  score(values: Values): Result<Score>;
  /**
   * The same for batches, without making objects: reads `inputs.length` values from `offset` on, MISSING_VALUE where
   * there is none, and fills `row`. False when a value is NaN or infinite; `row` is then undefined in content.
   */
  scoreRow(values: Float64Array, offset: number, row: ScoredRow): boolean;
  newRow(): ScoredRow;
  capsOf(capBits: number): readonly string[];
  notesOf(noteBits: number): readonly string[];
}

const CUTS = 9;
/** Cut points of one characteristic are padded with infinity to a power of two, for the search in `tenthOf`. */
const CUT_SLOTS = 16;
const CENTI = 100;
/** Hundredths of a point times millionths of the weight, per ten-thousandth of a point of 100. */
const PRODUCT_PER_E4 = 1_000;

/** Throws when the cut points were not made for this definition. */
export const compileScorecard = (definition: ScorecardDefinition, cutPoints: CutPointSet): CompiledScorecard => {
  demandMatch(definition, cutPoints);
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
      // Also true for NaN, which no comparison holds for.
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
  const capsOf = (capBits: number) => definition.knockOuts.filter((_, i) => capBits & (1 << i)).map((row) => row.id);
  const notesOf = (noteBits: number) => definition.notes.filter((_, i) => noteBits & (1 << i)).map((row) => row.code);

  const score = (values: Values): Result<Score> => {
    if (values.length !== inputs.length) {
      throw new RangeError(`${inputs.length} values are expected, ${values.length} were given`);
    }
    const packed = Float64Array.from(values, (value) => value ?? MISSING_VALUE);
    const row = newRow();
    if (!scoreRow(packed, 0, row)) return notANumber(inputs, packed);
    return ok({
      score: pointsFromE4(row.scoreE4),
      pointsCenti: [...row.pointsCenti],
      modelGrade: gradeOfRank(row.modelRank),
      uncappedGrade: gradeOfRank(row.uncappedRank),
      caps: capsOf(row.capBits),
      missing: definition.characteristics
        .filter((_, i) => packed[i] === MISSING_VALUE && scale.weightsPpm[i] !== 0)
        .map((characteristic) => characteristic.id),
      notes: notesOf(row.noteBits),
    });
  };

  return { inputs, score, scoreRow, newRow, capsOf, notesOf };
};

const demandMatch = (definition: ScorecardDefinition, cutPoints: CutPointSet): void => {
  const wanted = definition.characteristics.map((row) => row.id).join();
  const given = cutPoints.perCharacteristic.map((row) => row.id).join();
  const weightPpm = cutPoints.effectiveWeightsPpm.reduce((sum, weight) => sum + weight, 0);
  const cutsComplete = cutPoints.perCharacteristic.every((row) => row.cuts.length === (row.applicable ? CUTS : 0));
  if (wanted !== given || weightPpm !== 1_000_000 || !cutsComplete) {
    throw new Error(`the cut points of segment ${cutPoints.segment} were not made for this definition`);
  }
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

const notANumber = (inputs: readonly string[], values: Float64Array): Result<never> => {
  const indicator = inputs[values.findIndex((value) => !Number.isFinite(value))] ?? null;
  return refused(
    refusal('INVALID', `${indicator} is not a finite number`, { reason: 'NOT_A_NUMBER', params: { indicator } }),
  );
};
