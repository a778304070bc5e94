/**
 * The one table of queues. A job kind names its queue in its handler; how many run at once in a process, how often a
 * failing job is tried and how long it waits stand here and nowhere else.
 */
import type { QueueName, RetryPolicy } from '../src/platform/queue';

export interface QueuePolicy extends RetryPolicy {
  /** Jobs of one process at a time. */
  readonly concurrency: number;
}

export const QUEUES = {
  /** Short commands that follow from other commands. */
  command: { concurrency: 4, attempts: 8, backoffMs: 500 },
  /** Chunks of portfolio runs: seconds of work each, bound by one core and the database. */
  rating: { concurrency: 2, attempts: 6, backoffMs: 1_000 },
} as const satisfies Record<QueueName, QueuePolicy>;

/** A worker that was killed is found out after the lock has run out and two checks have passed: twenty seconds at most. */
export const RECOVERY = { lockMs: 10_000, stalledCheckMs: 5_000 } as const;

/** Time that jobs at work get to finish when the process is asked to stop. */
export const SHUTDOWN_GRACE_MS = 8_000;
