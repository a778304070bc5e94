/**
 * Turns a scorecard version and the frozen cut points of a segment into the one pure scorer that every rating uses:
 * single, batch, what-if, back-test, replay (domain rules D12, D13, D16). All arithmetic is in whole numbers: points in
 * hundredths, weights in millionths, scores in ten-thousandths, so the same values give the same bytes everywhere.
 */
import { gradeOfRank, type Grade } from '../../kernel/grade';
import { refusal } from '../../kernel/refusal';
import { ok, refused, type Result } from '../../kernel/result';
import { compileScale, type Scale } from './compile-scale';
import type { CutPointSet } from './cut-points';
import { createRowScorer, type ScoreRow } from './score-row';
import { definitionFor, pointsFromE4, rowSlots, type ScorecardDefinition, type Slot } from './scorecard-definition';
import { createScoredRows, type ScoredRows } from './scored-rows';
import { MISSING_VALUE, type Values } from './value';

export interface Score {
  /** 0 to 100, four places, rounded half-up. */
  readonly score: string;
  /** Hundredths of a point per characteristic, in their order; 0 where the segment has no cut points for it. */
  readonly pointsCenti: readonly number[];
  /** With everything applied. */
  readonly modelGrade: Grade;
  /** By score, group rules and floors, before any knock-out caps it. */
  readonly uncappedGrade: Grade;
  /** Ids of the knock-outs, floors and group rules that struck, in this order and that of the definition. */
  readonly caps: readonly string[];
  /** Ids of the applicable characteristics without a value. */
  readonly missing: readonly string[];
  /** Note codes, in the order of the definition's notes. */
  readonly notes: readonly string[];
}

/** The pure scorer of one segment. It holds no state, and any number of batches may use it. */
export interface CompiledScorer {
  /** Codes of the indicators that the first slots of a row hold: `inputIndicators(definition)`. */
  readonly inputs: readonly string[];
  /** What each slot of a row of values holds; the same for all segments of a version. */
  readonly slots: readonly Slot[];
  /** Number of slots. */
  readonly width: number;
  /** Points of one row: the definition's characteristics, in their order. */
  readonly characteristics: number;
  /** Refuses with INVALID.NOT_A_NUMBER, naming the indicator; throws when there are too few or too many values. */
  readonly score: (values: Values) => Result<Score>;
  /** The same for batches. Scorers of several segments may fill the same rows. */
  readonly scoreRow: ScoreRow;
  /** Room for the results of so many customers, used again for every batch. */
  readonly newRows: (capacity: number) => ScoredRows;
  readonly capsOf: (capBits: number) => readonly string[];
  readonly notesOf: (noteBits: number) => readonly string[];
}

/** Throws when the cut points were not made for this definition. */
export const compileScorer = (version: ScorecardDefinition, cutPoints: CutPointSet): CompiledScorer => {
  const definition = definitionFor(version, cutPoints.segment);
  const slots = rowSlots(definition);
  const inputs = slots.flatMap((slot) => (slot.kind === 'INDICATOR' ? [slot.indicator] : []));
  const scale = compileScale(definition, cutPoints);
  const characteristics = definition.characteristics.length;
  const scoreRow = createRowScorer(definition, scale);
  const newRows = (capacity: number) => createScoredRows(capacity, characteristics);
  const rules = rulesOf(definition);
  const capsOf = (capBits: number) => rules.filter((_, i) => capBits & (1 << i)).map((row) => row.id);
  const notesOf = (noteBits: number) => definition.notes.filter((_, i) => noteBits & (1 << i)).map((row) => row.code);

  const score = (values: Values): Result<Score> => {
    if (values.length !== slots.length) {
      throw new RangeError(`${slots.length} values are expected, ${values.length} were given`);
    }
    const packed = Float64Array.from(values, (value) => value ?? MISSING_VALUE);
    const rows = newRows(1);
    if (!scoreRow(packed, 0, rows, 0)) return notANumber(slots, packed);
    const [scoreE4 = 0] = rows.scoreE4;
    return ok({
      score: pointsFromE4(scoreE4),
      pointsCenti: [...rows.pointsCenti],
      modelGrade: gradeOfRank(rows.modelRank[0] ?? 0),
      uncappedGrade: gradeOfRank(rows.uncappedRank[0] ?? 0),
      caps: capsOf(rows.capBits[0] ?? 0),
      missing: missingOf(definition, scale, packed),
      notes: notesOf(rows.noteBits[0] ?? 0),
    });
  };

  return { inputs, slots, width: slots.length, characteristics, score, scoreRow, newRows, capsOf, notesOf };
};

/** Everything that moves a grade apart from points, in the order of its bits. */
const rulesOf = ({ knockOuts, floors = [], groupRules = [] }: ScorecardDefinition) => [
  ...knockOuts,
  ...floors,
  ...groupRules,
];

const missingOf = (definition: ScorecardDefinition, { applicable }: Scale, values: Float64Array): readonly string[] =>
  definition.characteristics
    .filter((_, i) => values[i] === MISSING_VALUE && applicable[i] === 1)
    .map((characteristic) => characteristic.id);

const notANumber = (slots: readonly Slot[], values: Float64Array): Result<never> => {
  const slot = slots[values.findIndex((value) => !Number.isFinite(value))];
  if (slot?.kind !== 'INDICATOR') {
    return refused(refusal('INVALID_STATE', 'the model gave no usable answer', { reason: 'MODEL_OUTPUT' }));
  }
  const { indicator } = slot;
  return refused(
    refusal('INVALID', `${indicator} is not a finite number`, { reason: 'NOT_A_NUMBER', params: { indicator } }),
  );
};
