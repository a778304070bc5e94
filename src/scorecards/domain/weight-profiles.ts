/**
 * Weight profiles (domain rule D14): what the four dimensions are meant to carry. Taking a profile keeps what the
 * characteristics of a dimension weigh against one another.
 */
import { DIMENSIONS, type Dimension } from '../../indicators/domain/dictionary';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { largestRemainder } from './largest-remainder';
import {
  overlaid,
  pointsFromE4,
  pointsToE4,
  type ScorecardDefinition,
  type Variant,
  type WeightProfile,
} from './scorecard-definition';

/** Points of 100. */
export const PROFILE_WEIGHTS: Readonly<Record<WeightProfile, Readonly<Record<Dimension, string>>>> = {
  EXPERT: { CREDIT: '40', OPERATION: '30', COOPERATION: '20', POTENTIAL: '10' },
  BALANCED: { CREDIT: '25', OPERATION: '25', COOPERATION: '25', POTENTIAL: '25' },
  MARKET_EXPANSION: { CREDIT: '25', OPERATION: '25', COOPERATION: '20', POTENTIAL: '30' },
  RISK_CONTROL: { CREDIT: '40', OPERATION: '35', COOPERATION: '15', POTENTIAL: '10' },
};

/**
 * Refuses INVALID.EMPTY_DIMENSION where a dimension of the profile has nothing in it that carries weight. Variants follow, save
 * those that say themselves what their dimensions carry: these keep every weight that they had.
 */
export const withWeightProfile = (
  definition: ScorecardDefinition,
  profile: WeightProfile,
): Result<ScorecardDefinition> => {
  const { variants, ...base } = definition;
  const characteristics = spreadOver(base.characteristics, PROFILE_WEIGHTS[profile]);
  if (!characteristics.ok) return characteristics;
  const weighted = {
    ...base,
    weightProfile: profile,
    dimensionWeights: PROFILE_WEIGHTS[profile],
    characteristics: characteristics.value,
  };
  if (variants === undefined) return ok(weighted);
  const followed: Variant[] = [];
  for (const variant of variants) {
    const { characteristics: before } = overlaid(base, variant);
    const after = variant.dimensionWeights === undefined ? spreadOver(before, PROFILE_WEIGHTS[profile]) : ok(before);
    if (!after.ok) return after;
    followed.push(withWeights(variant, weighted.characteristics, after.value));
  }
  return ok({ ...weighted, variants: followed });
};

type Characteristics = ScorecardDefinition['characteristics'];

const spreadOver = (
  characteristics: Characteristics,
  dimensionWeights: Readonly<Record<Dimension, string>>,
): Result<Characteristics> => {
  const weightOf = new Map<string, string>();
  for (const dimension of DIMENSIONS) {
    const rows = characteristics.filter((row) => row.dimension === dimension);
    const weightsE4 = rows.map((row) => pointsToE4(row.weight));
    const totalE4 = weightsE4.reduce((sum, weight) => sum + weight, 0);
    const wantedE4 = pointsToE4(dimensionWeights[dimension]);
    if (totalE4 === 0) {
      return refuse('INVALID', `the dimension ${dimension} has nothing that carries weight`, {
        reason: 'EMPTY_DIMENSION',
        field: ['weightProfile'],
        params: { dimension },
      });
    }
    const spread = largestRemainder(
      weightsE4.map((weight) => weight * wantedE4),
      totalE4,
      wantedE4,
    );
    rows.forEach((row, i) => weightOf.set(row.id, shortest(pointsFromE4(spread[i] ?? 0))));
  }
  return ok(characteristics.map((row) => ({ ...row, weight: weightOf.get(row.id) ?? row.weight })));
};

/** The variant with these weights: said where they differ from what it would inherit, or where it changes the row anyway. */
const withWeights = (variant: Variant, inherited: Characteristics, weights: Characteristics): Variant => ({
  ...variant,
  characteristics: weights.flatMap(({ id, weight }, i) => {
    const change = variant.characteristics.find((row) => row.id === id);
    if (change === undefined && pointsToE4(inherited[i]?.weight ?? '0') === pointsToE4(weight)) return [];
    return [{ ...change, id, weight }];
  }),
});

/** Without zeros that say nothing. */
const shortest = (decimal: string): string => decimal.replace(/\.?0+$/, '');
