/**
 * The one table of schedules. A tick carries nothing: the command asks PostgreSQL what is due, so a tick that is lost,
 * doubled (each worker process has its own) or late changes nothing.
 */
import { asSystem, type App } from '../src/app';
import type { Initiator } from '../src/kernel/actor';
import { ok, type Result } from '../src/kernel/result';
import { calendarGap } from '../src/policies';
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

/** Leaves the machine to a run that is at work: nothing here is in such a hurry that the next tick would not do. */
const besideRuns =
  (tick: Schedule<App>['tick']): Schedule<App>['tick'] =>
  async (app, requestId) =>
    (await app.ratings.isRunAtWork(app.clock())) ? ok(0) : tick(app, requestId);

/** Re-ratings that a campaign asks for in one go. */
const CAMPAIGN_BATCH = 5_000;

/** Ratings that are rated again each day. */
const REPLAYED_DAILY = 500;

export const SCHEDULES: readonly Schedule<App>[] = [
  {
    name: 'replay-sample',
    everyMs: 60 * MINUTE_MS,
    tick: besideRuns(async (app, requestId) => {
      const report = await app.ratings.replaySample(asSystem('scheduler', requestId), REPLAYED_DAILY);
      if (report.ok && report.value !== null && report.value.mismatches > 0) {
        app.logger.error({ ...report.value, requestId }, 'ALARM: ratings do not come out as they were stored');
      }
      return report;
    }),
  },
  {
    name: 'check-audit-log',
    everyMs: MINUTE_MS,
    tick: besideRuns(async (app, requestId) => {
      const report = await app.auditCheck.check(asSystem('audit-check', requestId));
      if (report.ok && report.value.found.length > 0) {
        const { found } = report.value;
        app.logger.error(
          { count: found.length, first: found.slice(0, 10), requestId },
          'ALARM: rows and audit log do not agree',
        );
      }
      return report;
    }),
  },
  {
    name: 'know-holidays',
    everyMs: 6 * 60 * MINUTE_MS,
    tick: async (app) => {
      const now = app.clock();
      const gap = calendarGap((await app.policies.inForceAt('RERATING_CALENDAR', now)).content, now);
      if (gap !== null) app.logger.warn({ part: 'calendar' }, gap);
      return ok(gap);
    },
  },
  {
    name: 'expire-overrides',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.overrides.expire(by, atMost)),
  },
  {
    name: 'expire-input-overrides',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.overrides.expireInputs(by, atMost)),
  },
  {
    name: 'expire-requests',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.approvals.expireOverdue(by, atMost)),
  },
  {
    name: 'apply-scheduled-requests',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.approvals.applyDue(by, atMost)),
  },
  {
    name: 'remind-and-escalate',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.approvals.sendAlarms(by, atMost)),
  },
  {
    name: 'expire-reservations',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.limits.expireReservations(by, atMost)),
  },
  {
    name: 'limits-fall-back',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.limits.fallBackDue(by, atMost)),
  },
  {
    name: 'limits-follow-policy',
    everyMs: MINUTE_MS,
    tick: (app, requestId) => app.limits.followPolicy(asSystem('limit-policy', requestId)),
  },
  {
    name: 'due-dates-follow-calendar',
    everyMs: MINUTE_MS,
    // A run that is being published says its customers' dates by the calendar of its beginning.
    tick: besideRuns((app, requestId) => app.ratings.followCalendar(asSystem('scheduler', requestId))),
  },
  {
    name: 'attestations-due',
    everyMs: 60 * MINUTE_MS,
    tick: async (app, requestId) => {
      const told = await app.validation.remindOfAttestations(asSystem('scheduler', requestId));
      for (const { year, dueOn } of told.ok ? told.value : []) {
        app.logger.warn({ part: 'attestation', year, dueOn }, 'the attestation of the year is due');
      }
      return told;
    },
  },
  {
    name: 'scorecards-go-live',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.scorecards.goLiveDue(by, atMost)),
  },
  {
    name: 'adopt-precedence',
    everyMs: MINUTE_MS,
    tick: (app, requestId) => app.indicators.commands.adoptPrecedence(asSystem('scheduler', requestId)),
  },
  {
    name: 'peer-figures',
    everyMs: 60 * MINUTE_MS,
    tick: besideRuns(async (app, requestId) => {
      const by = asSystem('scheduler', requestId);
      const taken = await app.indicators.commands.takePeerFigures(by);
      if (!taken.ok) return taken;
      for (let total = 0; ;) {
        const applied = await app.indicators.commands.applyPeerFigures(by);
        if (!applied.ok || applied.value === 0) return applied.ok ? ok(total) : applied;
        total += applied.value;
      }
    }),
  },
  {
    name: 'count-complaints-again',
    everyMs: 60 * MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.indicators.commands.countComplaintsAgain(by, atMost)),
  },
  {
    name: 'rate-what-is-due',
    everyMs: MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.ratings.scheduleDue(by, atMost)),
  },
  {
    name: 'advance-campaign',
    everyMs: 10 * MINUTE_MS,
    tick: async (app, requestId) => {
      const advanced = await app.ratings.advanceCampaign(asSystem('scheduler', requestId), CAMPAIGN_BATCH);
      if (advanced.ok && advanced.value.newlyMissed !== null) {
        app.logger.error(
          { ...advanced.value, requestId },
          'ALARM: the campaign of a scorecard version is behind its targets',
        );
      }
      return advanced;
    },
  },
  {
    name: 'resume-runs',
    everyMs: MINUTE_MS,
    tick: (app, requestId) => app.ratings.resumeIdleRuns(asSystem('scheduler', requestId)),
  },
  {
    name: 'tell-values',
    everyMs: 10 * MINUTE_MS,
    tick: besideRuns((app, requestId) => app.tiers.computeDue(asSystem('scheduler', requestId), app.clock())),
  },
  {
    name: 'follow-life-cycles',
    everyMs: 10 * MINUTE_MS,
    tick: besideRuns((app, requestId) => app.tiers.followLifeCycles(asSystem('scheduler', requestId))),
  },
  {
    name: 'follow-runs',
    everyMs: MINUTE_MS,
    tick: (app, requestId) => app.tiers.resumeFollowUps(asSystem('scheduler', requestId), app.clock()),
  },
  {
    name: 'purge-unused-evidence',
    everyMs: 10 * MINUTE_MS,
    tick: inBatches((app, by, atMost) => app.approvals.evidence.purge(by, atMost)),
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
