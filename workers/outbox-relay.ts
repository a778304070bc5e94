/**
 * Moves committed jobs from the outbox to the queue. Any number of relays may run. It knows which queue takes a kind and
 * nothing else of it; kinds it does not know stay in the outbox for a relay that does (a newer version, while rolling out).
 */
import type { Logger } from 'pino';
import type { Database } from '../src/platform/database';
import { wakeableNap } from '../src/platform/nap';
import { drainOutbox, listenOutbox, type OutboxRow } from '../src/platform/outbox';
import type { JobQueue, QueueBackend, QueuedJob } from '../src/platform/queue';

export interface RelayDeps {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly backend: QueueBackend;
  /** The queue of every kind. */
  readonly routes: ReadonlyMap<string, JobQueue>;
  readonly log: Logger;
}

export interface Relay {
  close(): Promise<void>;
}

const BATCH = 500;
/** Only what a lost notification can cost: appended jobs wake the relay at once. */
const POLL_MS = 2_000;

export const startOutboxRelay = (deps: RelayDeps): Relay => {
  const kinds = [...deps.routes.keys()];
  const nap = wakeableNap();
  const listener = listenOutbox(deps.databaseUrl, nap.wake);
  let closing = false;
  const stopped = (): boolean => closing;

  const round = async (): Promise<void> => {
    await listener.ensure();
    // An outage of the queue is noticed before a transaction is opened, not inside it.
    await deps.backend.ping();
    while (!stopped()) {
      if ((await drainOutbox(deps.database, kinds, BATCH, (rows) => deliver(deps, rows))) < BATCH) return;
    }
  };

  const loop = async (): Promise<void> => {
    while (!stopped()) {
      try {
        await round();
        await nap.sleep(POLL_MS);
      } catch (error) {
        deps.log.error({ err: error }, 'outbox relay failed; rows stay and are tried again');
        await nap.sleep(POLL_MS, { deaf: true });
      }
    }
  };
  const done = loop();

  return {
    close: async () => {
      closing = true;
      nap.end();
      await done;
      await listener.close();
    },
  };
};

const deliver = async (deps: RelayDeps, rows: readonly OutboxRow[]): Promise<void> => {
  for (const [queue, jobs] of byQueue(deps.routes, rows)) await queue.add(jobs);
  deps.log.debug({ jobs: rows.length }, 'outbox delivered');
};

const byQueue = (routes: ReadonlyMap<string, JobQueue>, rows: readonly OutboxRow[]): Map<JobQueue, QueuedJob[]> => {
  const grouped = new Map<JobQueue, QueuedJob[]>();
  for (const row of rows) {
    const queue = routes.get(row.kind);
    if (queue === undefined) throw new Error(`no queue takes ${row.kind}`);
    const jobs = grouped.get(queue) ?? [];
    grouped.set(queue, jobs);
    jobs.push({
      // The moment is part of the id because a queue may outlive the database whose row numbers it remembers.
      id: `${row.id}-${row.createdAt.getTime()}`,
      name: row.kind,
      data: { payload: row.payload, jobKey: row.key, requestId: row.requestId, traceParent: row.traceParent },
    });
  }
  return grouped;
};
