/** May this warning be taken up or closed, by this person, now? */
import type { Actor } from '../../kernel/actor';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { WARNING_TRANSITIONS, type Warning, type WarningState, type WarningVerb } from './warning';

export interface Handling {
  readonly verb: WarningVerb;
  readonly expectedVersion: number;
  /** Why it is closed; empty where it is only taken up. */
  readonly note: string;
}

/**
 * Yields the state that follows. Refuses STALE_VERSION, INVALID_STATE.{NOT_OPEN, NOT_IN_PROGRESS}, AUTHORITY_EXCEEDED.RED_IS_FOR_RISK,
 * INVALID_STATE.OPEN_TASKS and COMMENT_REQUIRED, in this order.
 */
export const handleWarning = (
  warning: Pick<Warning, 'state' | 'version' | 'severity'>,
  openTasks: number,
  { verb, expectedVersion, note }: Handling,
  actor: Pick<Actor, 'roles'>,
): Result<WarningState> => {
  if (warning.version !== expectedVersion) {
    return refuse('STALE_VERSION', `the warning is at version ${warning.version} now`, {
      field: ['expectedVersion'],
      params: { expected: expectedVersion, current: warning.version },
    });
  }
  const next = WARNING_TRANSITIONS[warning.state]?.[verb];
  if (next === undefined) {
    return refuse('INVALID_STATE', `the warning is ${warning.state}`, {
      reason: verb === 'ACKNOWLEDGE' ? 'NOT_OPEN' : 'NOT_IN_PROGRESS',
      params: { state: warning.state },
    });
  }
  if (verb === 'ACKNOWLEDGE') return ok(next);
  // The line that earns with the customer does not have the last word on its risk.
  if (warning.severity === 'RED' && actor.roles.includes('SALES_MAKER')) {
    return refuse('AUTHORITY_EXCEEDED', 'a red warning is closed by risk management', { reason: 'RED_IS_FOR_RISK' });
  }
  if (openTasks > 0) {
    return refuse('INVALID_STATE', 'tasks of this warning are still open', {
      reason: 'OPEN_TASKS',
      params: { openTasks },
    });
  }
  if (note.trim() === '')
    return refuse('COMMENT_REQUIRED', 'closing a warning needs a word on why', { field: ['note'] });
  return ok(next);
};
