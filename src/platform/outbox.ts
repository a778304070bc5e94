/**
 * The outbox: jobs that a unit of work wants done, written in its own transaction and handed to the queue afterwards.
 * A row leaves in the transaction that delivered it, so a crash in between repeats a delivery and never loses one.
 * It does not know what a job means, nor which queue takes it.
 */
import type { Json } from '../kernel/canonical-json';
import { inTransaction, type Database, type Query } from './database';
import { listenTo, type Listener } from './notification';

export interface OutboxJob {
  /** Names the handler, for example `rating.chunk`. */
  readonly kind: string;
  /** Idempotency key of the effect: `kind:subject:period`. The command behind the job does its work once per key. */
  readonly key: string;
  readonly payload: Json;
}

export interface OutboxRow extends OutboxJob {
  /** Bigint in decimal digits; unique within one database. */
  readonly id: string;
  /** Request that caused the job; ends up in the logs and audit events of its effect. */
  readonly requestId: string;
  readonly createdAt: Date;
  /** `traceparent` of the unit of work that appended it; null where nothing was traced. */
  readonly traceParent: string | null;
}

const CHANNEL = 'tierwarden_outbox';

/** Called by the unit of work. The notification travels with the commit: a relay is never woken for what it cannot see. */
export const appendOutbox = async (
  query: Query,
  jobs: readonly OutboxJob[],
  requestId: string,
  at: Date,
  traceParent: string | null,
): Promise<void> => {
  await query(
    `WITH appended AS (
       INSERT INTO outbox (kind, job_key, payload, request_id, created_at, trace_parent)
       SELECT j.kind, j.job_key, j.payload::jsonb, $4, $5, $6
       FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS j (kind, job_key, payload, ordinal)
       ORDER BY j.ordinal)
     SELECT pg_notify('${CHANNEL}', '')`,
    [
      jobs.map((job) => job.kind),
      jobs.map((job) => job.key),
      jobs.map((job) => JSON.stringify(job.payload)),
      requestId,
      at,
      traceParent,
    ],
  );
};

/** A delivery that takes longer is given up by the server, so that a hung queue cannot hold rows or a snapshot for ever. */
const DELIVERY_TIMEOUT_MS = 30_000;

/**
 * Takes up to `limit` rows of the given kinds that no other relay holds, oldest first, hands them to `deliver`, and
 * forgets them when it returns. When it throws, or this process dies, the rows stay. Yields the number of rows delivered.
 */
export const drainOutbox = async (
  database: Database,
  kinds: readonly string[],
  limit: number,
  deliver: (rows: readonly OutboxRow[]) => Promise<void>,
): Promise<number> =>
  inTransaction(database, async (query) => {
    await query(`SET LOCAL idle_in_transaction_session_timeout = ${DELIVERY_TIMEOUT_MS}`);
    const taken = await query<OutboxRow>(
      `WITH taken AS (
         DELETE FROM outbox WHERE id IN (
           SELECT id FROM outbox WHERE kind = ANY ($1) ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, job_key, payload, request_id, created_at, trace_parent)
       SELECT id::text AS id, kind, job_key AS key, payload, request_id AS "requestId", created_at AS "createdAt",
         trace_parent AS "traceParent"
       FROM taken ORDER BY taken.id`,
      [kinds, limit],
    );
    if (taken.length > 0) await deliver(taken);
    return taken.length;
  });

export interface OutboxBacklog {
  /** Rows that no relay has delivered; counted up to {@link BACKLOG_COUNTED}. */
  readonly waiting: number;
  /** When the first of them was committed; null when there is none. */
  readonly oldest: Date | null;
}

/** Above this the number says nothing that an alarm would not know already, and counting on would cost. */
const BACKLOG_COUNTED = 10_000;

export const outboxBacklog = async ({ query }: Pick<Database, 'query'>): Promise<OutboxBacklog> => {
  const [backlog] = await query<OutboxBacklog>(
    `SELECT (SELECT count(*)::int FROM (SELECT FROM outbox LIMIT ${BACKLOG_COUNTED}) AS counted) AS waiting,
            (SELECT created_at FROM outbox ORDER BY id LIMIT 1) AS oldest`,
  );
  return backlog ?? { waiting: 0, oldest: null };
};

/** Calls `onAppended` soon after jobs were committed; notifications sent while disconnected are lost. */
export const listenOutbox = (databaseUrl: string, onAppended: () => void): Listener =>
  listenTo({ databaseUrl, channel: CHANNEL, applicationName: 'tierwarden-outbox' }, onAppended);
