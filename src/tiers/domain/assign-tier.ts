/** Does a customer's tier move? Where the cell of the matrix is the one from before, nothing does. */
import type { Grade } from '../../kernel/grade';
import {
  matchCell,
  TIERS,
  type MatchedCell,
  type TierMatrixPolicy,
  type WarningLevel,
} from '../../policies/domain/tier-matrix';
import type { TierDirection } from '../../policies/domain/treatment-plan';

export interface TierFacts {
  /** Value score, two places. */
  readonly score: string;
  /** In force. */
  readonly grade: Grade;
  /** Worst open warning; null where there is none. */
  readonly warning: WarningLevel | null;
}

export interface TierMove extends MatchedCell {
  /** Null where another cell holds the same tier. */
  readonly direction: TierDirection | null;
}

/** `before` is null for a customer without a tier; the answer is null where the cell is the same. */
export const assignTier = (before: MatchedCell | null, facts: TierFacts, policy: TierMatrixPolicy): TierMove | null => {
  const cell = matchCell(policy, facts);
  if (before === null) return { ...cell, direction: 'FIRST' };
  const same = cell.tier === before.tier && cell.valueBand === before.valueBand && cell.riskClass === before.riskClass;
  if (same) return null;
  const steps = TIERS.indexOf(before.tier) - TIERS.indexOf(cell.tier);
  return { ...cell, direction: steps === 0 ? null : steps > 0 ? 'UP' : 'DOWN' };
};
