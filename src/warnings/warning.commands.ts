/** What people do about warnings: take one up, do its tasks, close it with what became of the risk. */
import type { Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import { handleWarning } from './domain/handle-warning';
import type { WarningOutcome, WarningVerb } from './domain/warning';
import type { WarningDeps } from './risk-event.commands';
import * as store from './warning.store';

export type HandlingDeps = Pick<WarningDeps, 'unitOfWork' | 'onWarningsChanged'>;

export interface WarningHandled {
  readonly warningId: string;
  readonly auditEventId: string;
}

export interface AcknowledgeWarning {
  readonly warningId: string;
  readonly expectedVersion: number;
  readonly note: string;
}

export interface CloseWarning extends AcknowledgeWarning {
  readonly outcome: WarningOutcome;
}

/** Refuses NOT_FOUND and what {@link handleWarning} refuses. */
export const acknowledgeWarning = (
  deps: HandlingDeps,
  by: Initiator,
  input: AcknowledgeWarning,
): Promise<Result<WarningHandled>> => handle(deps, by, 'ACKNOWLEDGE', input, null);

/** Refuses NOT_FOUND and what {@link handleWarning} refuses. */
export const closeWarning = (
  deps: HandlingDeps,
  by: Initiator,
  { outcome, ...input }: CloseWarning,
): Promise<Result<WarningHandled>> => handle(deps, by, 'CLOSE', input, outcome);

const DONE = {
  ACKNOWLEDGE: { action: 'ACKNOWLEDGED', event: 'warning.acknowledged' },
  CLOSE: { action: 'CLOSED', event: 'warning.closed' },
} as const;

const handle = async (
  { unitOfWork, onWarningsChanged }: HandlingDeps,
  by: Initiator,
  verb: WarningVerb,
  input: AcknowledgeWarning,
  outcome: WarningOutcome | null,
): Promise<Result<WarningHandled>> => {
  const permitted = permit(by.actor, 'warning.handle');
  if (!permitted.ok) return permitted;
  return unitOfWork.run(by, async (tx) => {
    const warning = await store.lockWarning(tx, input.warningId);
    if (warning === null) return refuse('NOT_FOUND', 'There is no such warning.', { field: ['warningId'] });
    const openTasks = await store.countOpenTasks(tx, warning.id);
    const next = handleWarning(warning, openTasks, { verb, ...input }, by.actor);
    if (!next.ok) return next;
    const note = input.note.trim();
    await store.moveWarning(tx, warning, { state: next.value, ...(outcome === null ? {} : { outcome, note }) });
    await store.insertEntry(tx, {
      warningId: warning.id,
      action: DONE[verb].action,
      severity: warning.severity,
      state: next.value,
      note,
    });
    const auditEventId = tx.record({
      action: DONE[verb].event,
      object: { type: 'Warning', id: warning.id },
      customerId: warning.customerId,
      before: { state: warning.state },
      after: { state: next.value, ...(outcome === null ? {} : { outcome }) },
      ...(note === '' ? {} : { reason: note }),
    });
    if (outcome !== null) {
      await onWarningsChanged(tx, [{ customerId: warning.customerId, warningId: warning.id }]);
    }
    return ok({ warningId: warning.id, auditEventId });
  });
};

/** Refuses NOT_FOUND, INVALID_STATE.{TASK_DONE, NOT_IN_PROGRESS} and COMMENT_REQUIRED. */
export const completeWarningTask = async (
  { unitOfWork }: HandlingDeps,
  by: Initiator,
  input: { readonly taskId: string; readonly note: string },
): Promise<Result<WarningHandled>> => {
  const permitted = permit(by.actor, 'warning.handle');
  if (!permitted.ok) return permitted;
  return unitOfWork.run(by, async (tx) => {
    const task = await store.lockTask(tx, input.taskId);
    const warning = task === null ? null : await store.lockWarning(tx, task.warningId);
    if (task === null || warning === null) {
      return refuse('NOT_FOUND', 'There is no such task.', { field: ['taskId'] });
    }
    if (task.done) return refuse('INVALID_STATE', 'the task is done', { reason: 'TASK_DONE' });
    if (warning.state !== 'IN_PROGRESS') {
      return refuse('INVALID_STATE', `the warning is ${warning.state}`, {
        reason: 'NOT_IN_PROGRESS',
        params: { state: warning.state },
      });
    }
    const note = input.note.trim();
    if (note === '')
      return refuse('COMMENT_REQUIRED', 'a task is done with a word on what was found', { field: ['note'] });
    await store.completeTask(tx, task.id, note);
    await store.moveWarning(tx, warning, {});
    await store.insertEntry(tx, {
      warningId: warning.id,
      action: 'TASK_DONE',
      severity: warning.severity,
      state: warning.state,
      note,
    });
    const auditEventId = tx.record({
      action: 'warning.taskDone',
      object: { type: 'Warning', id: warning.id },
      customerId: warning.customerId,
      reason: note,
      data: { task: task.id, kind: task.kind },
    });
    return ok({ warningId: warning.id, auditEventId });
  });
};
