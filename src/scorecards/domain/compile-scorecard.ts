/**
 * Turns a scorecard version and its frozen cut points into the one pure function that every rating uses: single, batch,
 * what-if, back-test, replay (domain rules D12, D13, D16). All arithmetic is in whole numbers: points in hundredths,
 * weights in millionths, scores in ten-thousandths, so the same values give the same bytes everywhere.
 */
import { gradeOfRank, type Grade } from '../../kernel/grade';
import { refusal } from '../../kernel/refusal';
import { ok, refused, type Result } from '../../kernel/result';
import type { CutPointSet } from './cut-points';
import { createRowScorer, type ScoredRow } from './score-row';
import { inputIndicators, pointsFromE4, type ScorecardDefinition } from './scorecard-definition';
import { MISSING_VALUE, type Values } from './value';

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

export interface CompiledScorecard {
  /** Indicator codes in the order in which values are taken: `inputIndicators(definition)`. */
  readonly inputs: readonly string[];
  /** Refuses with INVALID.NOT_A_NUMBER, naming the indicator; throws when there are too few or too many values. */
  readonly score: (values: Values) => Result<Score>;
  /**
   * The same for batches, without making objects: reads `inputs.length` values from `offset` on, MISSING_VALUE where
   * there is none, and fills `row`. False when a value is NaN or infinite; `row` is then undefined in content.
   */
  readonly scoreRow: (values: Float64Array, offset: number, row: ScoredRow) => boolean;
  readonly newRow: () => ScoredRow;
  readonly capsOf: (capBits: number) => readonly string[];
  readonly notesOf: (noteBits: number) => readonly string[];
}

const CUTS = 9;

/** Throws when the cut points were not made for this definition. */
export const compileScorecard = (definition: ScorecardDefinition, cutPoints: CutPointSet): CompiledScorecard => {
  demandMatch(definition, cutPoints);
  const inputs = inputIndicators(definition);
  const { scoreRow, newRow } = createRowScorer(definition, cutPoints);
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
        .filter((_, i) => packed[i] === MISSING_VALUE && cutPoints.effectiveWeightsPpm[i] !== 0)
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

const notANumber = (inputs: readonly string[], values: Float64Array): Result<never> => {
  const indicator = inputs[values.findIndex((value) => !Number.isFinite(value))] ?? null;
  return refused(
    refusal('INVALID', `${indicator} is not a finite number`, { reason: 'NOT_A_NUMBER', params: { indicator } }),
  );
};
