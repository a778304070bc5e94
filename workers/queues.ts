/**
 * The one table of queues. A job kind names its queue in its handler; how many run at once in a process, how often a
 * failing job is tried and how long it waits stand here and nowhere else.
 */
import type { QueueName, RetryPolicy } from '../src/platform/queue';

export interface QueuePolicy extends RetryPolicy {
  /** Jobs of one process at a time; `CONFIGURED`: as many as the configuration allows (`WORKER_CONCURRENCY`). */
  readonly concurrency: number | 'CONFIGURED';
}

export const QUEUES: Readonly<Record<QueueName, QueuePolicy>> = {
  /** Short commands that follow from other commands. */
  command: { concurrency: 4, attempts: 8, backoffMs: 500 },
  /** Chunks of portfolio runs: up to seconds of work each, bound by one core and the database. */
  rating: { concurrency: 'CONFIGURED', attempts: 6, backoffMs: 1_000 },
};

/** A worker that was killed is found out after the lock has run out and two checks have passed: twenty seconds at most. */
export const RECOVERY = { lockMs: 10_000, stalledCheckMs: 5_000 } as const;
