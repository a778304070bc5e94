/**
 * Life-cycle stages 「生命周期阶段」 of a party (domain rule D4) and the moves between them, as data. A party that has
 * left may be won back; nobody skips from acquisition to maturity or decline.
 */
import type { Stage } from '../../kernel/life-cycle';

export { STAGES, type Stage } from '../../kernel/life-cycle';

export const STAGE_MOVES: Readonly<Record<Stage, readonly Stage[]>> = {
  ACQUISITION: ['GROWTH', 'EXITED'],
  GROWTH: ['MATURITY', 'DECLINE', 'EXITED'],
  MATURITY: ['GROWTH', 'DECLINE', 'EXITED'],
  DECLINE: ['GROWTH', 'MATURITY', 'EXITED'],
  EXITED: ['ACQUISITION'],
};

export const FIRST_STAGE: Stage = 'ACQUISITION';

/** Staying is always allowed. */
export const mayMove = (from: Stage, to: Stage): boolean => from === to || STAGE_MOVES[from].includes(to);

/** Why a party left stays on record, so leaving is never without a reason. */
export const needsReason = (from: Stage, to: Stage): boolean => to === 'EXITED' && from !== 'EXITED';
