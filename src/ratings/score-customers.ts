/**
 * Scores customers from their current values: the one path from inputs to ratings that single ratings and runs share. It
 * computes and parks; it writes nothing.
 */
import { refusal, type Refusal } from '../kernel/refusal';
import { compileScorecard, type CompiledScorecard, type FrozenCutPoints, type ScorecardVersion } from '../scorecards';
import { OUTDATED_NOTE, prepareInputs, type PackedIndicators } from './domain/prepare-inputs';
import type { NewRating } from './rating.store';
import { cutPointsFor, type CutPointsBySegment } from './reference-population';

export interface CustomerToRate {
  readonly customerId: string;
  readonly industryCode: string | null;
  /** Null when nothing was ever recorded of the customer. */
  readonly packed: PackedIndicators | null;
}

export interface ParkedCustomer {
  readonly customerId: string;
  readonly refusal: Refusal;
}

export interface Scorer {
  /** A rating, or the reason why the customer cannot be rated. */
  score(customer: CustomerToRate, asOf: string): NewRating | ParkedCustomer;
}

export const isParked = (outcome: NewRating | ParkedCustomer): outcome is ParkedCustomer => 'refusal' in outcome;

export const createScorer = (version: ScorecardVersion, cutPoints: CutPointsBySegment, newId: () => string): Scorer => {
  const compiled = new Map<string, CompiledScorecard>();
  const compiledFor = (set: FrozenCutPoints): CompiledScorecard => {
    const known = compiled.get(set.id);
    if (known !== undefined) return known;
    const fresh = compileScorecard(version.definition, set.cutPoints);
    compiled.set(set.id, fresh);
    return fresh;
  };
  return {
    score: (customer, asOf) => {
      const park = (reason: Refusal): ParkedCustomer => ({ customerId: customer.customerId, refusal: reason });
      if (customer.industryCode === null) return park(NO_INDUSTRY);
      const set = cutPointsFor(cutPoints, customer.industryCode);
      const card = compiledFor(set);
      const prepared = prepareInputs(card.inputs, customer.packed ?? EMPTY, asOf);
      if (!prepared.ok) return park(prepared.refusal);
      const scored = card.score(prepared.value.values);
      if (!scored.ok) return park(scored.refusal);
      const { score, modelGrade, uncappedGrade, pointsCenti, caps, notes } = scored.value;
      return {
        id: newId(),
        customerId: customer.customerId,
        cutPointSetId: set.id,
        score,
        modelGrade,
        uncappedGrade,
        inputs: prepared.value.values,
        inputAsOf: prepared.value.asOf,
        pointsCenti,
        caps,
        notes: prepared.value.outdated ? [...notes, OUTDATED_NOTE] : notes,
      };
    },
  };
};

const EMPTY: PackedIndicators = { values: [], asOf: [] };

const NO_INDUSTRY = refusal('INVALID_STATE', 'the industry of the customer is not known', { reason: 'NO_INDUSTRY' });
