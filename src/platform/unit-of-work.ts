/**
 * The one door for writes (I1). A unit of work names its initiator and commits state, audit events and outbox rows in
 * one transaction, or nothing at all. It never retries work that was refused; it does retry what the database asked to
 * run again (deadlock, serialization failure). Under an idempotency key it does its work once and gives the same answer
 * ever after.
 */
import { from as copyFrom } from 'pg-copy-streams';
import type { Connection, PoolClient } from 'pg';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import type { IdempotencyKey, Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import type { Clock, NewId } from '../kernel/clock';
import type { Result } from '../kernel/result';
import { cancelRunning } from './cancel';
import { CopyOut } from './copy-out';
import type { Database, Query } from './database';
import { claimKey, isKeyed, keepAnswer } from './idempotency-key';
import { appendOutbox, type OutboxJob } from './outbox';
import { gather } from './gather';
import { keptStatement, type KeptStatement } from './kept-statements';
import { patienceHere } from './patience';
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
  /**
   * One statement inside this transaction. Several that do not need one another's answers may be asked at once: they are
   * executed in the order in which they were asked, each seeing what the one before did, and share a trip to the server.
   */
  readonly query: Query;
  /** Streams text or binary COPY data into `COPY … FROM STDIN`; yields the number of rows. */
  copyIn(sql: string, data: AsyncIterable<string | Buffer> | Iterable<string | Buffer>): Promise<number>;
  /**
   * The pieces of `COPY … TO STDOUT`, to be taken to their end before anything else is asked of this transaction. Each is there
   * until the next is asked for, and its memory is used again.
   */
  copyOut(sql: string): AsyncIterable<Buffer>;
  /** Adds an audit event to this transaction; returns its id. */
  record(event: AuditDraft): string;
  /**
   * Writes the events so far, the last of them with what was written to business tables so far. For work that touches more than
   * belongs into one event: after each part of a few thousand rows. Does nothing where nothing was recorded since the last time.
   */
  settle(): Promise<void>;
  enqueue(job: OutboxJob): void;
  /** Tells those who watch the object that it is at this version now; they hear of it when this transaction has committed. */
  signal(topic: SignalTopic, objectId: string, version: number): void;
  /** Runs `work` and undoes it, its events, jobs and signals included: tells whether a change would go through. */
  dryRun<T>(work: () => Promise<Result<T>>): Promise<Result<T>>;
  /** Runs `work`; where it refuses, what it did is undone and this transaction goes on. Not to be nested. */
  attempt<T>(work: () => Promise<Result<T>>): Promise<Result<T>>;
  /** Declares that the work found nothing to do: the transaction is rolled back and no event is demanded. */
  unchanged(): void;
}

/** One statement that decides by itself whether it writes, and what is said of it where it does. */
export interface Posting<Row extends Posted, T> {
  /** Yields one row, or none where there is nothing that it could write to. */
  readonly sql: string;
  readonly params: readonly unknown[];
  /** What it locks, by any name: postings that would wait for one another follow each other at once. */
  readonly lane: string;
  /** The event where it writes; so small that it is an entry of the log as it stands. */
  readonly event: AuditDraft;
  /** What its answer comes to, as it stands when the transaction is over. `read` is for what explains a refusal. */
  conclude(row: Row | undefined, auditEventId: string | null, read: Query): Promise<Result<T>>;
}

export interface Posted {
  /** Whether it wrote. */
  readonly posted: boolean;
}

export interface UnitOfWork {
  /**
   * Commits when `work` yields ok; rolls back when it yields a refusal or throws. Where the initiator brings an idempotency
   * key, the result is kept with the commit, refusals of the work alone; who brings the key again gets it without any work.
   * A missing permission and a throw are not kept.
   */
  run<T>(by: Initiator, work: (tx: Tx) => Promise<Result<T>>): Promise<Result<T>>;
  /**
   * A unit of work that is one statement: it is sent together with its event and commits by itself, so that what it locks is
   * locked for no trip. Nobody's patience cuts it, only the bounds of the server. Under an idempotency key as `run`.
   */
  post<Row extends Posted, T>(
    by: Initiator,
    posting: (unit: Pick<Tx, 'at' | 'newId'>) => Posting<Row, T>,
  ): Promise<Result<T>>;
}

export interface UnitOfWorkDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Stores events of one transaction, the last of them with the rows since the call before; given by the audit room. */
  readonly writeAudit: (tx: Tx, events: readonly RecordedEvent[]) => Promise<void>;
  /** The statement of a posting with that of its event around it, to be executed as a transaction of its own. */
  readonly writePosting: (unit: Pick<Tx, 'at' | 'initiator'>, posting: PostingStatement) => KeptStatement;
  /** Called after a transaction with signals has committed. */
  readonly signalled?: () => void;
  readonly tracing?: Tracing;
}

export interface PostingStatement {
  readonly sql: string;
  readonly params: readonly unknown[];
  readonly event: RecordedEvent;
  /** Name of the transaction for whoever looks at the server. */
  readonly label: string;
}

const RETRYABLE = new Set(['40001', '40P01']);
const MAX_TRIES = 4;

export const createUnitOfWork = (deps: UnitOfWorkDeps): UnitOfWork => {
  const spent = new WeakSet<IdempotencyKey>();
  const { tracing = untraced } = deps;
  const attempts = async <T>(by: Initiator, once: () => Promise<Result<T>>): Promise<Result<T>> => {
    if (by.actor.id === '') throw new Error('a unit of work needs an actor');
    const attributes = { 'db.system.name': 'postgresql', 'tierwarden.request_id': by.requestId };
    return tracing.span('unit of work', { kind: 'client', attributes }, async (span) => {
      for (let attempt = 1; ; attempt++) {
        try {
          span.set({ 'tierwarden.attempt': attempt });
          const result = await once();
          span.set({ 'tierwarden.outcome': result.ok ? 'ok' : result.refusal.code });
          return result;
        } catch (error) {
          if (attempt === MAX_TRIES || !RETRYABLE.has((error as { code?: string }).code ?? '')) throw error;
        }
      }
    });
  };
  const run = async <T>(by: Initiator, work: (tx: Tx) => Promise<Result<T>>): Promise<Result<T>> => {
    if (by.idempotency !== undefined) {
      // A second unit would be given the answer of the first, which is of another type.
      if (spent.has(by.idempotency)) throw new Error('an idempotency key belongs to one unit of work');
      spent.add(by.idempotency);
    }
    return attempts(by, () => runOnce({ ...deps, tracing }, by, work));
  };
  return {
    run,
    post: async (by, posting) =>
      isKeyed(by)
        ? run(by, (tx) => postWithin(tx, posting(tx)))
        : attempts(by, () => postOnce({ ...deps, tracing }, by, posting)),
  };
};

/** Beside the idempotency key, which takes a transaction of several statements. */
const postWithin = async <Row extends Posted, T>(tx: Tx, posting: Posting<Row, T>): Promise<Result<T>> => {
  const [row] = await tx.query<Row>(posting.sql, posting.params);
  const auditEventId = row?.posted === true ? tx.record(posting.event) : null;
  if (auditEventId === null) tx.unchanged();
  return posting.conclude(row, auditEventId, tx.query);
};

const postOnce = async <Row extends Posted, T>(
  deps: UnitOfWorkDeps & { readonly tracing: Tracing },
  by: Initiator,
  posting: (unit: Pick<Tx, 'at' | 'newId'>) => Posting<Row, T>,
): Promise<Result<T>> => {
  const unit = { at: deps.clock(), newId: deps.newId, initiator: by };
  const { sql, params, lane, event, conclude } = posting(unit);
  const id = deps.newId();
  const statement = deps.writePosting(unit, {
    sql,
    params,
    event: { ...event, id },
    label: statementLabel(by.requestId),
  });
  const [row] = await deps.database.commit<Row>(lane, statement);
  const posted = row?.posted === true;
  if (posted) deps.tracing.current()?.set({ 'tierwarden.actions': [event.action] });
  return conclude(row, posted ? id : null, deps.database.query);
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
  try {
    const client = (await runner.connect()) as PoolClient;
    return await transact(deps, by, work, runner.manager, client);
  } finally {
    await runner.release();
  }
};

const transact = async <T>(
  deps: UnitOfWorkDeps & { readonly tracing: Tracing },
  by: Initiator,
  work: (tx: Tx) => Promise<Result<T>>,
  manager: EntityManager,
  client: PoolClient,
): Promise<Result<T>> => {
  const events: RecordedEvent[] = [];
  const jobs: OutboxJob[] = [];
  const signals: Signal[] = [];
  /** Of the events, how many are written. */
  let settled = 0;
  let declaredUnchanged = false;
  /** Whether its end is on its way: what is asked any later would be executed outside of it. */
  let over = false;
  const rollback = async (): Promise<void> => {
    over = true;
    await client.query('ROLLBACK');
  };
  const patience = patienceHere();
  const pursuit: Pursuit = { under: true, done: Promise.resolve() };
  const settle = patience?.onLoss('change', () => {
    pursuit.done = endWhatRuns(client, pursuit);
  });
  let committing = false;
  const { stream } = (client as unknown as { readonly connection: Connection }).connection;
  shareTrips(client, true);
  gather(stream, process.nextTick);
  try {
    patience?.demand('change');
    let sent: Promise<unknown> = Promise.resolve();
    /** Not waited for: it leaves together with the first statement of what comes next. */
    const sendAlong = (send: () => Promise<unknown>): void => {
      gather(stream, process.nextTick);
      sent = send();
      sent.catch(() => undefined);
    };
    sendAlong(() =>
      Promise.all([
        client.query('START TRANSACTION'),
        client.query(
          keptStatement("SELECT set_config('tierwarden.actor', $1, true), set_config('application_name', $2, true)", [
            by.actor.id,
            statementLabel(by.requestId),
          ]),
        ),
      ]),
    );
    const undoable = async <T>(
      savepoint: string,
      attempted: () => Promise<Result<T>>,
      keeps: (result: Result<T>) => boolean,
    ): Promise<Result<T>> => {
      const [eventCount, jobCount, signalCount, settledCount] = [events.length, jobs.length, signals.length, settled];
      sendAlong(() => client.query(`SAVEPOINT ${savepoint}`));
      // A throw ends the whole transaction, so only the orderly end rolls back to here.
      const result = await attempted();
      await sent;
      if (keeps(result)) return result;
      await client.query(`ROLLBACK TO SAVEPOINT ${savepoint}`);
      events.length = eventCount;
      jobs.length = jobCount;
      signals.length = signalCount;
      settled = settledCount;
      return result;
    };
    const tx: Tx = {
      manager,
      at: deps.clock(),
      initiator: by,
      newId: deps.newId,
      query: async (sql, params) => {
        if (over) throw new Error('this transaction is over');
        patience?.demand('change');
        gather(stream, process.nextTick);
        return (await client.query(params === undefined ? sql : keptStatement(sql, params))).rows as never[];
      },
      copyIn: async (sql, data) => {
        await sent;
        const sink = alone(client, () => client.query(copyFrom(sql)));
        await pipeline(Readable.from(data), sink);
        return sink.rowCount;
      },
      async *copyOut(sql) {
        await sent;
        yield* alone(client, () => client.query(new CopyOut(sql))).pieces();
      },
      record: (event) => {
        const id = deps.newId();
        events.push({ ...event, id });
        return id;
      },
      settle: async () => {
        if (events.length === settled) return;
        await deps.writeAudit(tx, events.slice(settled));
        settled = events.length;
      },
      enqueue: (job) => {
        jobs.push(job);
      },
      signal: (topic, objectId, version) => {
        signals.push({ topic, objectId, version });
      },
      dryRun: (rehearsal) => undoable('dry_run', rehearsal, () => false),
      attempt: (attempted) => undoable('attempt', attempted, ({ ok }) => ok),
      unchanged: () => {
        declaredUnchanged = true;
      },
    };
    if (isKeyed(by)) {
      const kept = await claimKey(tx.query, by, tx.at);
      if (kept !== null) {
        await rollback();
        return kept as Result<T>;
      }
      sendAlong(() => client.query('SAVEPOINT key_claimed'));
    }
    const result = await work(tx);
    await sent;
    /** All that is left to be sent, written down before any of it is: with the last of it goes the COMMIT. */
    const closing: KeptStatement[] = [];
    const close: Query = async (sql, params = []) => {
      closing.push(keptStatement(sql, params));
      return [];
    };
    if (!result.ok || declaredUnchanged) {
      if (declaredUnchanged && events.length > 0)
        throw new Error('work that declares itself unchanged recorded events');
      if (!isKeyed(by) || (!result.ok && result.refusal.code === 'FORBIDDEN')) {
        await rollback();
        return result;
      }
      await client.query('ROLLBACK TO SAVEPOINT key_claimed');
      signals.length = 0;
    } else {
      // The rows since the last time need one as well.
      if (events.length === settled) throw new Error('a unit of work must record at least one audit event');
      deps.tracing.current()?.set({ 'tierwarden.actions': [...new Set(events.map(({ action }) => action))] });
      await deps.writeAudit({ ...tx, query: close }, events.slice(settled));
      if (jobs.length > 0) await appendOutbox(close, jobs, by.requestId, tx.at, deps.tracing.traceParent());
      if (signals.length > 0) await appendSignals(close, signals);
    }
    if (isKeyed(by)) await keepAnswer(close, by, result);
    patience?.beginCommit();
    committing = true;
    over = true;
    settle?.();
    gather(stream, process.nextTick);
    // In one trip: where one of them fails, the server makes a rollback of the COMMIT.
    const answers = await Promise.allSettled([...closing.map((each) => client.query(each)), client.query('COMMIT')]);
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    const committed = answers.at(-1);
    if (committed?.status !== 'fulfilled' || committed.value.command !== 'COMMIT') {
      throw new Error('a statement of this transaction had failed');
    }
    if (signals.length > 0) deps.signalled?.();
    return result;
  } catch (error) {
    const loss = committing ? null : (patience?.lossOf('change') ?? null);
    if (loss !== null) await calledOff(client, pursuit);
    // The first error is the one worth hearing of; a rollback on a broken connection fails by itself.
    await rollback().catch(() => undefined);
    throw loss ?? error;
  } finally {
    settle?.();
    shareTrips(client, false);
  }
};

/** Whether statements are sent before the earlier ones are answered. To be changed only while none is under way. */
const shareTrips = (client: PoolClient, pipeline: boolean): void => {
  Object.assign(client, { pipeline });
};

/** A stream of COPY shares its connection with no statement. */
const alone = <T>(client: PoolClient, begin: () => T): T => {
  shareTrips(client, false);
  try {
    return begin();
  } finally {
    shareTrips(client, true);
  }
};

interface Pursuit {
  /** Whether something of the transaction may still be running. */
  under: boolean;
  /** When no more words are on their way. */
  done: Promise<void>;
}

const CANCEL_AGAIN_MS = 100;

/** Ends one statement of the transaction after the other, until none comes any more. */
const endWhatRuns = async (client: PoolClient, pursuit: Pursuit): Promise<void> => {
  while (pursuit.under) {
    await cancelRunning(client);
    await sleep(CANCEL_AGAIN_MS);
  }
};

/** Afterwards nothing hits the connection any more. */
const calledOff = async (client: PoolClient, pursuit: Pursuit): Promise<void> => {
  pursuit.under = false;
  await pursuit.done;
  // What the server was told last may be heard as late as now.
  await client.query('SELECT 1').catch(() => undefined);
};
