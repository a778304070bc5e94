/**
 * The one table of schedules. A tick carries nothing: the command asks PostgreSQL what is due, so a tick that is lost,
 * doubled (each worker process has its own) or late changes nothing.
 */
import { asSystem, type App } from '../src/app';
import type { Initiator } from '../src/kernel/actor';
import { ok, type Result } from '../src/kernel/result';
import { purgeIdempotencyKeys } from '../src/platform/idempotency-key';
import type { Schedule } from './job-runner';

const MINUTE_MS = 60_000;
/** Rows of one transaction. */
const BATCH = 100;

/** Repeats a command until it finds less than a full batch to do. */
const inBatches =
  (command: (app: App, by: Initiator, atMost: number) => Promise<Result<number>>): Schedule<App>['tick'] =>
  async (app, requestId) => {
    const by = asSystem('scheduler', requestId);
    for (let total = 0; ;) {
      const done = await command(app, by, BATCH);
      if (!done.ok) return done;
      total += done.value;
      if (done.value < BATCH) return ok(total);
    }
  };

export const SCHEDULES: readonly Schedule<App>[] = [
  {
    name: 'expire-overrides',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.overrides.expire(by, atMost)),
  },
  {
    name: 'expire-requests',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.approvals.expireOverdue(by, atMost)),
  },
  {
    name: 'resume-runs',
    everyMs: MINUTE_MS,
    tick: (app, requestId) => app.ratings.resumeIdleRuns(asSystem('scheduler', requestId)),
  },
  {
    name: 'purge-idempotency-keys',
    everyMs: 10 * MINUTE_MS,
    tick: inBatches(async (app, _, atMost) => ok(await purgeIdempotencyKeys(app.database.query, app.clock(), atMost))),
  },
  {
    name: 'forget-signals',
    everyMs: 10 * MINUTE_MS,
    tick: async (app) => ok(await app.signals.forgetOld()),
  },
];
