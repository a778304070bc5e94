/** Door of the warnings room 「预警」: what has happened to customers, who has to look at it until when, and what came of it. */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { Database } from '../platform/database';
import type { RoomReads } from '../platform/read-model';
import { recordRiskEvent, type EventOutcome, type RiskEventInput, type WarningDeps } from './risk-event.commands';
import {
  acknowledgeWarning,
  closeWarning,
  completeWarningTask,
  type AcknowledgeWarning,
  type CloseWarning,
  type WarningHandled,
} from './warning.commands';
import { createWarningQueries, type WarningQueries } from './warning.queries';
import { warningReads } from './warning.reads';

export {
  WARNING_ACTIONS,
  WARNING_OUTCOMES,
  WARNING_STATES,
  WARNING_TASK_KINDS,
  WARNING_TASK_STATES,
  type WarningAction,
  type WarningOutcome,
  type WarningState,
  type WarningTaskKind,
  type WarningTaskState,
} from './domain/warning';
export type { EventOutcome } from './risk-event.commands';
export type { WarningHandled } from './warning.commands';
export { openSeverities } from './warning.queries';
export type { WarningFilter, WatchedWarning } from './warning.queries';

export interface Warnings {
  recordRiskEvent(by: Initiator, input: RiskEventInput): Promise<Result<EventOutcome>>;
  acknowledge(by: Initiator, input: AcknowledgeWarning): Promise<Result<WarningHandled>>;
  close(by: Initiator, input: CloseWarning): Promise<Result<WarningHandled>>;
  completeTask(
    by: Initiator,
    input: { readonly taskId: string; readonly note: string },
  ): Promise<Result<WarningHandled>>;
  readonly queries: WarningQueries;
  readonly reads: RoomReads;
}

export const createWarnings = (deps: WarningDeps & { readonly database: Database }): Warnings => ({
  recordRiskEvent: (by, input) => recordRiskEvent(deps, by, input),
  acknowledge: (by, input) => acknowledgeWarning(deps, by, input),
  close: (by, input) => closeWarning(deps, by, input),
  completeTask: (by, input) => completeWarningTask(deps, by, input),
  queries: createWarningQueries(deps.database),
  reads: warningReads,
});
