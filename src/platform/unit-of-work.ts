/**
 * The one door for writes (I1). A unit of work names its initiator and commits state, audit events and outbox rows in
 * one transaction, or nothing at all. It never retries work that was refused; it does retry what the database asked to
 * run again (deadlock, serialization failure). Under an idempotency key it does its work once and gives the same answer
 * ever after.
 */
import { from as copyFrom } from 'pg-copy-streams';
import type { PoolClient } from 'pg';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EntityManager } from 'typeorm';
import type { IdempotencyKey, Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import type { Clock, NewId } from '../kernel/clock';
import type { Result } from '../kernel/result';
import type { Database, Query } from './database';
import { claimKey, isKeyed, keepAnswer } from './idempotency-key';
import { appendOutbox, type OutboxJob } from './outbox';
import { appendSignals, type Signal, type SignalTopic } from './signals';
import { untraced, type Tracing } from './tracing';

export type { OutboxJob } from './outbox';

/** What a command says of a change; time, actor and request id are added by the unit of work. */
export interface AuditDraft {
  /** `noun.verb-in-the-past`, for example `override.submitted`. */
  readonly action: string;
  readonly object: { readonly type: string; readonly id: string };
  readonly before?: Json;
  readonly after?: Json;
  readonly reason?: string;
  /** Customer whom it concerns, where the object is not the customer itself. */
  readonly customerId?: string;
  /** User id of the person for whom the actor acted. */
  readonly onBehalfOf?: string;
  /** Facts that are neither before nor after: counts, digests, policy rows. */
  readonly data?: Json;
}

export interface RecordedEvent extends AuditDraft {
  readonly id: string;
}

export interface Tx {
  /** For stores only. */
  readonly manager: EntityManager;
  /** The moment of this unit of work. */
  readonly at: Date;
  readonly initiator: Initiator;
  readonly newId: NewId;
  /** One statement inside this transaction. */
  readonly query: Query;
  /** Streams text or binary COPY data into `COPY … FROM STDIN`; yields the number of rows. */
  copyIn(sql: string, data: AsyncIterable<string | Buffer> | Iterable<string | Buffer>): Promise<number>;
  /** Adds an audit event to this transaction; returns its id. */
  record(event: AuditDraft): string;
  enqueue(job: OutboxJob): void;
  /** Tells those who watch the object that it is at this version now; they hear of it when this transaction has committed. */
  signal(topic: SignalTopic, objectId: string, version: number): void;
  /** Runs `work` and undoes it, its events, jobs and signals included: tells whether a change would go through. */
  dryRun<T>(work: () => Promise<Result<T>>): Promise<Result<T>>;
  /** Declares that the work found nothing to do: the transaction is rolled back and no event is demanded. */
  unchanged(): void;
}

export interface UnitOfWork {
  /**
   * Commits when `work` yields ok; rolls back when it yields a refusal or throws. Where the initiator brings an idempotency
   * key, the result is kept with the commit, refusals of the work alone; who brings the key again gets it without any work.
   * A missing permission and a throw are not kept.
   */
  run<T>(by: Initiator, work: (tx: Tx) => Promise<Result<T>>): Promise<Result<T>>;
}

export interface UnitOfWorkDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Stores the events of one transaction; given by the audit room. */
  readonly writeAudit: (tx: Tx, events: readonly RecordedEvent[]) => Promise<void>;
  /** Called after a transaction with signals has committed. */
  readonly signalled?: () => void;
  readonly tracing?: Tracing;
}

const RETRYABLE = new Set(['40001', '40P01']);
const MAX_TRIES = 4;

export const createUnitOfWork = (deps: UnitOfWorkDeps): UnitOfWork => {
  const spent = new WeakSet<IdempotencyKey>();
  const { tracing = untraced } = deps;
  return {
    run: async (by, work) => {
      if (by.actor.id === '') throw new Error('a unit of work needs an actor');
      if (by.idempotency !== undefined) {
        // A second unit would be given the answer of the first, which is of another type.
        if (spent.has(by.idempotency)) throw new Error('an idempotency key belongs to one unit of work');
        spent.add(by.idempotency);
      }
      const attributes = { 'db.system.name': 'postgresql', 'tierwarden.request_id': by.requestId };
      return tracing.span('unit of work', { kind: 'client', attributes }, async (span) => {
        for (let attempt = 1; ; attempt++) {
          try {
            span.set({ 'tierwarden.attempt': attempt });
            const result = await runOnce({ ...deps, tracing }, by, work);
            span.set({ 'tierwarden.outcome': result.ok ? 'ok' : result.refusal.code });
            return result;
          } catch (error) {
            if (attempt === MAX_TRIES || !RETRYABLE.has((error as { code?: string }).code ?? '')) throw error;
          }
        }
      });
    },
  };
};

/**
 * Name under which the server's log and pg_stat_activity show every statement of the transaction: they lead back to the
 * request. PostgreSQL keeps 63 bytes of it.
 */
const statementLabel = (requestId: string): string => `tw/${requestId}`.slice(0, 63);

const runOnce = async <T>(
  deps: UnitOfWorkDeps & { readonly tracing: Tracing },
  by: Initiator,
  work: (tx: Tx) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const runner = deps.database.dataSource.createQueryRunner();
  const events: RecordedEvent[] = [];
  const jobs: OutboxJob[] = [];
  const signals: Signal[] = [];
  let declaredUnchanged = false;
  try {
    const client = (await runner.connect()) as PoolClient;
    await runner.startTransaction();
    await client.query("SELECT set_config('tierwarden.actor', $1, true), set_config('application_name', $2, true)", [
      by.actor.id,
      statementLabel(by.requestId),
    ]);
    const tx: Tx = {
      manager: runner.manager,
      at: deps.clock(),
      initiator: by,
      newId: deps.newId,
      query: async (sql, params) =>
        (await client.query(sql, params === undefined ? undefined : [...params])).rows as never[],
      copyIn: async (sql, data) => {
        const sink = client.query(copyFrom(sql));
        await pipeline(Readable.from(data), sink);
        return sink.rowCount;
      },
      record: (event) => {
        const id = deps.newId();
        events.push({ ...event, id });
        return id;
      },
      enqueue: (job) => {
        jobs.push(job);
      },
      signal: (topic, objectId, version) => {
        signals.push({ topic, objectId, version });
      },
      dryRun: async (rehearsal) => {
        const [eventCount, jobCount, signalCount] = [events.length, jobs.length, signals.length];
        await client.query('SAVEPOINT dry_run');
        // A throw ends the whole transaction, so only the orderly end rolls back to here.
        const result = await rehearsal();
        await client.query('ROLLBACK TO SAVEPOINT dry_run');
        events.length = eventCount;
        jobs.length = jobCount;
        signals.length = signalCount;
        return result;
      },
      unchanged: () => {
        declaredUnchanged = true;
      },
    };
    if (isKeyed(by)) {
      const kept = await claimKey(tx.query, by, tx.at);
      if (kept !== null) {
        await runner.rollbackTransaction();
        return kept as Result<T>;
      }
      await client.query('SAVEPOINT key_claimed');
    }
    const result = await work(tx);
    if (!result.ok || declaredUnchanged) {
      if (declaredUnchanged && events.length > 0)
        throw new Error('work that declares itself unchanged recorded events');
      if (!isKeyed(by) || (!result.ok && result.refusal.code === 'FORBIDDEN')) {
        await runner.rollbackTransaction();
        return result;
      }
      await client.query('ROLLBACK TO SAVEPOINT key_claimed');
      signals.length = 0;
    } else {
      if (events.length === 0) throw new Error('a unit of work must record at least one audit event');
      await deps.writeAudit(tx, events);
      deps.tracing.current()?.set({ 'tierwarden.actions': [...new Set(events.map(({ action }) => action))] });
      if (jobs.length > 0) await appendOutbox(tx.query, jobs, by.requestId, tx.at, deps.tracing.traceParent());
      if (signals.length > 0) await appendSignals(tx.query, signals);
    }
    if (isKeyed(by)) await keepAnswer(tx.query, by, result);
    await runner.commitTransaction();
    if (signals.length > 0) deps.signalled?.();
    return result;
  } catch (error) {
    // The first error is the one worth hearing of; a rollback on a broken connection fails by itself.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
};
