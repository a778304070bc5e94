/**
 * What a draft becomes by the changes that somebody asks for: another definition altogether, a weight profile, single
 * weights, in this order. It judges shape alone; whether the result makes sense is lint's matter, and drafts may be unfit.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { parseScorecardDefinition, type ScorecardDefinition, type WeightProfile } from './scorecard-definition';
import { withWeightProfile } from './weight-profiles';

export interface DraftChanges {
  /** Takes the place of the whole definition. */
  readonly definition?: unknown;
  readonly weightProfile?: WeightProfile;
  readonly weights?: readonly { readonly characteristic: string; readonly weight: string }[];
}

/**
 * Refuses INVALID.SCORECARD_DEFINITION, INVALID.EMPTY_DIMENSION, NOT_FOUND.CHARACTERISTIC. Dimensions are meant to carry what
 * single weights make them carry.
 */
export const changeDraft = (base: ScorecardDefinition, changes: DraftChanges): Result<ScorecardDefinition> => {
  const parsed = changes.definition === undefined ? ok(base) : parseScorecardDefinition(changes.definition);
  if (!parsed.ok) return parsed;
  const profiled =
    changes.weightProfile === undefined ? parsed : withWeightProfile(parsed.value, changes.weightProfile);
  if (!profiled.ok) return profiled;
  return withWeights(profiled.value, changes.weights ?? []);
};

const withWeights = (
  definition: ScorecardDefinition,
  weights: NonNullable<DraftChanges['weights']>,
): Result<ScorecardDefinition> => {
  const known = new Set(definition.characteristics.map((row) => row.id));
  const unknown = weights.findIndex(({ characteristic }) => !known.has(characteristic));
  if (unknown !== -1) {
    return refuse('NOT_FOUND', `the scorecard has no characteristic ${weights[unknown]?.characteristic ?? ''}`, {
      reason: 'CHARACTERISTIC',
      field: ['weights'],
      index: unknown,
    });
  }
  if (weights.length === 0) return ok(definition);
  const weightOf = new Map(weights.map(({ characteristic, weight }) => [characteristic, weight]));
  // Shape is asked for again: weights come from outside.
  return parseScorecardDefinition({
    ...definition,
    characteristics: definition.characteristics.map((row) => ({ ...row, weight: weightOf.get(row.id) ?? row.weight })),
  });
};
