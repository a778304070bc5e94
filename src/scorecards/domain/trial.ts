/**
 * A trial 「试行副本」: a scorecard version as it stood when somebody wanted to see what would come of it, with cut points of its
 * own. It never changes, whatever becomes of the draft; who agrees to the version agrees to the cut points of its trial.
 */
import type { CutPointSet } from './cut-points';
import type { FrozenCutPoints, ScorecardVersion } from './scorecard-version';

/** Sets that the version has already, and those that would be frozen under it now. */
export type DrawnCutPoints = FrozenCutPoints | CutPointSet;

export const isFrozen = (drawn: DrawnCutPoints): drawn is FrozenCutPoints => 'cutPoints' in drawn;

export interface Trial {
  readonly id: string;
  /** As it was then: definition, digest and revision are those of the trial, whatever the version says now. */
  readonly version: ScorecardVersion;
  readonly cutPoints: readonly FrozenCutPoints[];
}
