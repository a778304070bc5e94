/**
 * The figures of one process, in the text format of Prometheus. It counts what it is told and asks its sources anew at each
 * scrape, never for long and never twice at a time; what the figures mean to the business it does not know.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PoolCounts } from './database';
import type { OutboxBacklog } from './outbox';
import type { JobCounts } from './queue';

export interface TelemetrySources {
  readonly pool: () => PoolCounts;
  readonly outbox: () => Promise<OutboxBacklog>;
  readonly auditLog: () => Promise<AuditLogProgress>;
  readonly ratings: () => Promise<RatingsProgress>;
  /** By name of the queue. */
  readonly queues: () => Promise<ReadonlyMap<string, JobCounts>>;
  /** The present, for ages. */
  readonly clock: () => Date;
}

export interface AuditLogProgress {
  /** Leaves of the newest signed tree. */
  readonly size: number;
  /** Committed events that are not in it. */
  readonly waiting: number;
  /** Age of the first of them. */
  readonly lagSeconds: number;
  /** Rows that do not agree with it. */
  readonly discrepancies: number;
}

export interface RatingsProgress {
  /** Ratings that are due and have not been made. */
  readonly overdue: number;
  /** When the longest overdue of them was due; null where there is none. */
  readonly overdueSince: Date | null;
  /** Re-ratings for events that are open and past their deadline. */
  readonly lateEvents: number;
  /** Share of rated customers, 0 to 1, that the newest scorecard version covers, and targets it missed; null where no campaign is open. */
  readonly campaign: { readonly share: number; readonly missed: number } | null;
}

export interface Telemetry {
  /** `operation` must come from a closed list. */
  operationEnded(operation: string, durationMs: number): void;
  faulted(code: string): void;
  refused(code: string): void;
  /** Connections that stay open; `by` is 1 or -1. */
  connections(transport: 'websocket' | 'sse', by: number): void;
  /** `subscription` must come from a closed list. */
  subscriptions(subscription: string, by: number): void;
  /** What became of something that a subscription could have told. */
  event(outcome: EventOutcome): void;
  readonly contentType: string;
  /** All figures; answers within seconds, whatever its sources do. */
  expose(): Promise<string>;
}

/** Sent; covered by a later one that was not sent yet either; not for the eyes of the subscriber. */
export type EventOutcome = 'sent' | 'coalesced' | 'withheld';

const SOURCE_TIMEOUT_MS = 2_000;
const DURATION_BUCKETS_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export const createTelemetry = ({ pool, outbox, auditLog, ratings, queues, clock }: TelemetrySources): Telemetry => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const durations = new Histogram({
    name: 'tierwarden_operation_duration_seconds',
    help: 'GraphQL operations from request to answer, by published name',
    labelNames: ['operation'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  const faults = new Counter({
    name: 'tierwarden_faults_total',
    help: 'Entries of errors[] in answers, by code',
    labelNames: ['code'],
    registers,
  });
  const userErrors = new Counter({
    name: 'tierwarden_user_errors_total',
    help: 'Refusals in the payloads of mutations, by code',
    labelNames: ['code'],
    registers,
  });
  const connections = new Gauge({
    name: 'tierwarden_open_connections',
    help: 'WebSockets and event streams that this process holds open',
    labelNames: ['transport'],
    registers,
  });
  const subscriptions = new Gauge({
    name: 'tierwarden_open_subscriptions',
    help: 'Subscriptions that this process serves, by field',
    labelNames: ['subscription'],
    registers,
  });
  const events = new Counter({
    name: 'tierwarden_subscription_events_total',
    help: 'Events of subscriptions: sent, coalesced into a later one, or withheld from somebody who may not see them',
    labelNames: ['outcome'],
    registers,
  });
  new Gauge({
    name: 'tierwarden_database_connections',
    help: 'Connections of this process: total, of them idle, and callers that wait for one',
    labelNames: ['state'],
    registers,
    collect() {
      const { total, idle, waiting } = pool();
      this.set({ state: 'total' }, total);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  const jobs = new Gauge({
    name: 'tierwarden_queue_jobs',
    help: 'Jobs of the whole installation, by queue and state',
    labelNames: ['queue', 'state'],
    registers,
  });
  const outboxRows = new Gauge({
    name: 'tierwarden_outbox_rows',
    help: 'Jobs that wait to be handed to the queue, counted up to 10000',
    registers,
  });
  const outboxAge = new Gauge({
    name: 'tierwarden_outbox_oldest_seconds',
    help: 'Age of the first job in the outbox; 0 when there is none',
    registers,
  });
  const logLeaves = new Gauge({
    name: 'tierwarden_audit_log_leaves',
    help: 'Events in the newest signed tree of the audit log',
    registers,
  });
  const logWaiting = new Gauge({
    name: 'tierwarden_audit_log_waiting_events',
    help: 'Committed events that no signed tree holds yet, counted up to 10000',
    registers,
  });
  const logLag = new Gauge({
    name: 'tierwarden_audit_log_lag_seconds',
    help: 'Age of the first of them; 0 when there is none',
    registers,
  });
  const logDiscrepancies = new Gauge({
    name: 'tierwarden_audit_log_discrepancies',
    help: 'Rows that were found not to agree with the audit log, and still do not',
    registers,
  });
  const ratingsOverdue = new Gauge({
    name: 'tierwarden_ratings_overdue',
    help: 'Ratings that are due and have not been made',
    registers,
  });
  const ratingsOverdueAge = new Gauge({
    name: 'tierwarden_ratings_overdue_seconds',
    help: 'How long the longest overdue of them has been due; 0 when there is none',
    registers,
  });
  const lateEvents = new Gauge({
    name: 'tierwarden_reratings_late',
    help: 'Re-ratings for events that are open and past their deadline',
    registers,
  });
  const campaignShare = new Gauge({
    name: 'tierwarden_rating_campaign_share',
    help: 'Share of rated customers that the newest scorecard version covers; absent where no campaign is open',
    registers,
  });
  const campaignMissed = new Gauge({
    name: 'tierwarden_rating_campaign_missed_targets',
    help: 'Targets of the open campaign that have passed without being met',
    registers,
  });
  const answering = new Gauge({
    name: 'tierwarden_source_up',
    help: '1 if the source answered this scrape; without an answer its figures are absent',
    labelNames: ['source'],
    registers,
  });

  const sources = [
    askedOnce('outbox', outbox, (backlog) => {
      outboxRows.remove();
      outboxAge.remove();
      if (backlog === null) return;
      outboxRows.set(backlog.waiting);
      const ageMs = backlog.oldest === null ? 0 : clock().getTime() - backlog.oldest.getTime();
      outboxAge.set(Math.max(0, ageMs / 1_000));
    }),
    askedOnce('audit_log', auditLog, (progress) => {
      for (const gauge of [logLeaves, logWaiting, logLag, logDiscrepancies]) gauge.remove();
      if (progress === null) return;
      logLeaves.set(progress.size);
      logWaiting.set(progress.waiting);
      logLag.set(progress.lagSeconds);
      logDiscrepancies.set(progress.discrepancies);
    }),
    askedOnce('ratings', ratings, (progress) => {
      for (const gauge of [ratingsOverdue, ratingsOverdueAge, lateEvents, campaignShare, campaignMissed])
        gauge.remove();
      if (progress === null) return;
      ratingsOverdue.set(progress.overdue);
      ratingsOverdueAge.set(
        progress.overdueSince === null ? 0 : (clock().getTime() - progress.overdueSince.getTime()) / 1_000,
      );
      lateEvents.set(progress.lateEvents);
      if (progress.campaign === null) return;
      campaignShare.set(progress.campaign.share);
      campaignMissed.set(progress.campaign.missed);
    }),
    askedOnce('queue', queues, (counts) => {
      jobs.reset();
      for (const [queue, states] of counts ?? []) {
        for (const [state, count] of Object.entries<number>(states)) jobs.set({ queue, state }, count);
      }
    }),
  ];

  return {
    operationEnded: (operation, durationMs) => durations.observe({ operation }, durationMs / 1_000),
    faulted: (code) => faults.inc({ code }),
    refused: (code) => userErrors.inc({ code }),
    connections: (transport, by) => connections.inc({ transport }, by),
    subscriptions: (subscription, by) => subscriptions.inc({ subscription }, by),
    event: (outcome) => events.inc({ outcome }),
    contentType: registry.contentType,
    expose: async () => {
      for (const { source, up } of await Promise.all(sources.map((ask) => ask()))) {
        answering.set({ source }, up ? 1 : 0);
      }
      return registry.metrics();
    },
  };
};

/**
 * Asks a source and hands over its answer, or null where none came in time. A question that is still open is not put again:
 * scrapes of a database that hangs hold one connection, not one each.
 */
const askedOnce = <T>(source: string, ask: () => Promise<T>, take: (answer: T | null) => void) => {
  let open: Promise<T | null> | null = null;
  return async (): Promise<{ source: string; up: boolean }> => {
    open ??= ask()
      .catch(() => null)
      .finally(() => {
        open = null;
      });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), SOURCE_TIMEOUT_MS);
    });
    const answer = await Promise.race([open, late]);
    clearTimeout(timer);
    take(answer);
    return { source, up: answer !== null };
  };
};
