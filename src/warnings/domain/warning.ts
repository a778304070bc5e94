/** Warnings 「预警」: how they go on, and what may have become of the risk. */
import type { Severity } from '../../policies';

export const WARNING_STATES = ['OPEN', 'IN_PROGRESS', 'CLOSED'] as const;
export type WarningState = (typeof WARNING_STATES)[number];

export type WarningVerb = 'ACKNOWLEDGE' | 'CLOSE';

/** The whole life of a warning; a state without a row is final. */
export const WARNING_TRANSITIONS: Readonly<
  Partial<Record<WarningState, Readonly<Partial<Record<WarningVerb, WarningState>>>>>
> = {
  OPEN: { ACKNOWLEDGE: 'IN_PROGRESS' },
  IN_PROGRESS: { CLOSE: 'CLOSED' },
};

/** How the risk was answered (domain rule D35), or that there was none. */
export const WARNING_OUTCOMES = ['AVOIDED', 'TRANSFERRED', 'REDUCED', 'SPREAD', 'ACCEPTED', 'FALSE_ALARM'] as const;
export type WarningOutcome = (typeof WARNING_OUTCOMES)[number];

export const WARNING_ACTIONS = ['RAISED', 'EVENT_ADDED', 'ACKNOWLEDGED', 'TASK_DONE', 'CLOSED'] as const;
export type WarningAction = (typeof WARNING_ACTIONS)[number];

/** What has to be done about a warning besides deciding on it. */
export const WARNING_TASK_KINDS = ['LIMIT_REVIEW'] as const;
export type WarningTaskKind = (typeof WARNING_TASK_KINDS)[number];
export const WARNING_TASK_STATES = ['OPEN', 'DONE'] as const;
export type WarningTaskState = (typeof WARNING_TASK_STATES)[number];

export interface Warning {
  readonly id: string;
  readonly customerId: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly state: WarningState;
  readonly ownerId: string | null;
  readonly deadline: Date | null;
  readonly version: number;
}
