/** A scorecard version, its life, and a frozen cut point set, as the other rooms see them. What has been used never changes. */
import type { CutPointSet } from './cut-points';
import type { ScorecardDefinition } from './scorecard-definition';

export const VERSION_STATES = ['DRAFT', 'IN_REVIEW', 'APPROVED', 'SCHEDULED', 'LIVE', 'RETIRED', 'DISCARDED'] as const;
export type VersionState = (typeof VERSION_STATES)[number];

export type VersionEvent = 'SUBMIT' | 'RETURN' | 'APPROVE' | 'SCHEDULE' | 'GO_LIVE' | 'RETIRE' | 'DISCARD';

/** The whole life of a version; the database holds the same table. A state without a row is final. */
export const VERSION_TRANSITIONS: Readonly<
  Partial<Record<VersionState, Readonly<Partial<Record<VersionEvent, VersionState>>>>>
> = {
  DRAFT: { SUBMIT: 'IN_REVIEW', DISCARD: 'DISCARDED' },
  /** Not agreed to, or no longer asked for: the draft may be mended. */
  IN_REVIEW: { RETURN: 'DRAFT', APPROVE: 'APPROVED' },
  /** Passed through on the way: by its date a version is scheduled, or live at once. */
  APPROVED: { SCHEDULE: 'SCHEDULED', GO_LIVE: 'LIVE' },
  SCHEDULED: { GO_LIVE: 'LIVE' },
  LIVE: { RETIRE: 'RETIRED' },
};

/** The state that follows, or null where the event has no place. */
export const nextVersionState = (state: VersionState, event: VersionEvent): VersionState | null =>
  VERSION_TRANSITIONS[state]?.[event] ?? null;

export interface ScorecardVersion {
  readonly id: string;
  readonly scorecardCode: string;
  /** From 1, without gaps within a scorecard. */
  readonly number: number;
  readonly definition: ScorecardDefinition;
  /** Lower-case hex SHA-256 of the canonical definition. */
  readonly digest: string;
  readonly state: VersionState;
  /** Of the draft, from 1: counts edits and moves. */
  readonly revision: number;
  /** The version that it was drawn from; null for the first. */
  readonly basedOnId: string | null;
  /** Actor id. */
  readonly createdBy: string;
  readonly createdAt: Date;
  /** Ids of the actors who drafted or edited it, or a version that it was drawn from: none of them validates it (R20). */
  readonly developerIds: readonly string[];
  /** When it shall be live, or is since; null while nobody has agreed to it. */
  readonly effectiveFrom: Date | null;
}

export interface FrozenCutPoints {
  readonly id: string;
  readonly versionId: string;
  readonly cutPoints: CutPointSet;
  /** Lower-case hex SHA-256 of the canonical cut point set. */
  readonly digest: string;
  readonly frozenAt: Date;
}
