/**
 * Scores customers from their values: the one path from inputs to ratings that single ratings, runs, what-if and replay share.
 * It computes and parks; it writes nothing and keeps nothing but scratch space.
 */
import { refusal, type Refusal } from '../kernel/refusal';
import { uuidField } from '../platform/binary-copy';
import {
  compileScorer,
  rowSlots,
  type CompiledScorer,
  type FrozenCutPoints,
  type ScoredRows,
  type ScorecardVersion,
} from '../scorecards';
import { dayNumber, inputRules, OUTDATED_NOTE, type InputRules, type Inputs } from './domain/prepare-inputs';
import { codeList, type RatingFacts } from './domain/rating-leaf';
import { cutPointsFor, type CutPointsBySegment } from './reference-population';

export interface ParkedCustomer {
  readonly customerId: string;
  readonly refusal: Refusal;
}

/** What one customer came to; overwritten by the next. */
export type RatedRow = RatingFacts & { readonly caps: Codes; readonly notes: Codes; readonly cutPointSet: string };

/** Codes as they are shown, and as their canonical bytes. */
export interface Codes extends Uint8Array {
  readonly texts: readonly string[];
}

export interface Scorer {
  readonly rules: InputRules;
  /** To be filled before each call. */
  readonly inputs: Inputs;
  /** `customerId`: 16 bytes. */
  rate(customerId: Uint8Array, industryCode: string | null): RatedRow | Refusal;
}

export const isRefusal = (outcome: RatedRow | Refusal): outcome is Refusal => 'code' in outcome;

/** `asOf`: YYYY-MM-DD. `silence`: why nobody can be told what the model says, where that is so. */
export const createScorer = (
  version: ScorecardVersion,
  cutPoints: CutPointsBySegment,
  asOf: string,
  silence: Refusal | null = null,
): Scorer => {
  const rules = inputRules(rowSlots(version.definition));
  const inputs = rules.empty();
  const asOfDay = dayNumber(asOf);
  const versionId = uuidField(version.id);
  const cards = new Map<string, Card>();
  const cardFor = (industryCode: string): Card => {
    const known = cards.get(industryCode);
    if (known !== undefined) return known;
    const fresh = cardOf(version, cutPointsFor(cutPoints, industryCode));
    cards.set(industryCode, fresh);
    return fresh;
  };
  return {
    rules,
    inputs,
    rate: (customerId, industryCode) => {
      if (industryCode === null) return NO_INDUSTRY;
      const card = cardFor(industryCode);
      const outdated = rules.outdated(inputs, asOfDay);
      if (outdated === null) return NO_VALUES;
      const { rows } = card;
      if (!card.compiled.scoreRow(inputs.values, 0, rows, 0)) {
        const refused = notANumber(card.compiled, inputs.values);
        return silence !== null && refused.reason === 'MODEL_OUTPUT' ? silence : refused;
      }
      return {
        customerId,
        scorecardVersionId: versionId,
        cutPointSetId: card.setId,
        cutPointSet: card.set,
        asOfDay,
        scoreE4: rows.scoreE4[0] as number,
        modelRank: rows.modelRank[0] as number,
        uncappedRank: rows.uncappedRank[0] as number,
        values: inputs.values,
        days: inputs.days,
        pointsCenti: rows.pointsCenti,
        caps: card.caps(rows.capBits[0] as number),
        notes: outdated ? card.outdatedNotes(rows.noteBits[0] as number) : card.notes(rows.noteBits[0] as number),
      };
    },
  };
};

interface Card {
  readonly set: string;
  readonly setId: Uint8Array;
  readonly compiled: CompiledScorer;
  readonly rows: ScoredRows;
  readonly caps: (bits: number) => Codes;
  readonly notes: (bits: number) => Codes;
  readonly outdatedNotes: (bits: number) => Codes;
}

const cardOf = (version: ScorecardVersion, set: FrozenCutPoints): Card => {
  const compiled = compiledFor(version, set);
  return {
    set: set.id,
    setId: uuidField(set.id),
    compiled,
    rows: compiled.newRows(1),
    caps: remembered(compiled.capsOf),
    notes: remembered(compiled.notesOf),
    outdatedNotes: remembered((bits) => [...compiled.notesOf(bits), OUTDATED_NOTE]),
  };
};

const compiledCards = new WeakMap<
  FrozenCutPoints,
  { readonly version: ScorecardVersion; readonly compiled: CompiledScorer }
>();

/** Compiling a segment costs as much as rating hundreds by it, and every chunk of a run asks for the same. */
const compiledFor = (version: ScorecardVersion, set: FrozenCutPoints): CompiledScorer => {
  const known = compiledCards.get(set);
  if (known?.version === version) return known.compiled;
  const compiled = compileScorer(version.definition, set.cutPoints);
  compiledCards.set(set, { version, compiled });
  return compiled;
};

/** Few combinations occur, each of them often. */
const remembered = (codesOf: (bits: number) => readonly string[]): ((bits: number) => Codes) => {
  const known = new Map<number, Codes>();
  return (bits) => {
    let codes = known.get(bits);
    if (codes === undefined) known.set(bits, (codes = codesFrom(codesOf(bits))));
    return codes;
  };
};

export const codesFrom = (texts: readonly string[]): Codes => Object.assign(codeList(texts), { texts });

const notANumber = (compiled: CompiledScorer, values: Float64Array): Refusal => {
  const scored = compiled.score(values);
  if (scored.ok) throw new Error('values that cannot be scored were scored');
  return scored.refusal;
};

const NO_INDUSTRY = refusal('INVALID_STATE', 'the industry of the customer is not known', { reason: 'NO_INDUSTRY' });
const NO_VALUES = refusal('INVALID_STATE', 'none of the indicators that the scorecard asks for is known', {
  reason: 'NO_VALUES',
});
