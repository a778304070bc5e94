/** A published scorecard version and a frozen cut point set as the other rooms see them; both never change. */
import type { CutPointSet } from './cut-points';
import type { ScorecardDefinition } from './scorecard-definition';

/** LIVE: new ratings use it. RETIRED: kept for replay only. */
export const VERSION_STATES = ['LIVE', 'RETIRED'] as const;
export type VersionState = (typeof VERSION_STATES)[number];

export interface ScorecardVersion {
  readonly id: string;
  readonly scorecardCode: string;
  /** From 1, without gaps within a scorecard. */
  readonly number: number;
  readonly definition: ScorecardDefinition;
  /** Lower-case hex SHA-256 of the canonical definition. */
  readonly digest: string;
  readonly state: VersionState;
  /** Actor id. */
  readonly createdBy: string;
  readonly publishedAt: Date;
}

export interface FrozenCutPoints {
  readonly id: string;
  readonly versionId: string;
  readonly cutPoints: CutPointSet;
  /** Lower-case hex SHA-256 of the canonical cut point set. */
  readonly digest: string;
  readonly frozenAt: Date;
}
