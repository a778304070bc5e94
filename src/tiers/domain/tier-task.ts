/** A task that follows from a change of tier (domain rule D21): its states, and who may close it. */
import type { Actor } from '../../kernel/actor';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

export const TASK_STATES = ['OPEN', 'DONE', 'CANCELLED'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** Closed is closed. */
const TRANSITIONS: Readonly<Record<TaskState, readonly TaskState[]>> = {
  OPEN: ['DONE', 'CANCELLED'],
  DONE: [],
  CANCELLED: [],
};

export interface TierTask {
  readonly state: TaskState;
  readonly ownerUserId: string | null;
  readonly orgUnitId: string | null;
}

/** Who sees to it that tasks are done at all may close those of others. */
const OVERSEERS: Actor['roles'] = ['RISK_ANALYST', 'RISK_APPROVER', 'CHIEF_RISK_OFFICER'];

/** The owner, the people of the unit, and whoever oversees risk. A task that belongs to nobody is anybody's. */
export const mayClose = ({ ownerUserId, orgUnitId }: Omit<TierTask, 'state'>, actor: Actor): boolean =>
  (ownerUserId === null && orgUnitId === null) ||
  ownerUserId === actor.id ||
  (orgUnitId !== null && orgUnitId === actor.orgUnitId) ||
  actor.roles.some((role) => OVERSEERS.includes(role));

export interface Closing {
  readonly state: Exclude<TaskState, 'OPEN'>;
  /** What was done, or why it is not. */
  readonly note: string;
}

/** Refusals in order: INVALID_STATE.TASK_CLOSED, AUTHORITY_EXCEEDED.NOT_OWNER, COMMENT_REQUIRED for a cancellation. */
export const decideClosing = (task: TierTask, closing: Closing, actor: Actor): Result<true> => {
  if (!TRANSITIONS[task.state].includes(closing.state)) {
    return refuse('INVALID_STATE', `the task is ${task.state}`, {
      reason: 'TASK_CLOSED',
      params: { state: task.state },
    });
  }
  if (!mayClose(task, actor)) {
    return refuse('AUTHORITY_EXCEEDED', 'the task belongs to somebody else', { reason: 'NOT_OWNER' });
  }
  if (closing.state === 'CANCELLED' && closing.note.trim() === '') {
    return refuse('COMMENT_REQUIRED', 'a task is cancelled for a reason', { field: ['note'] });
  }
  return ok(true);
};
