/**
 * The job queue: BullMQ on Redis where an address is given, else on BullMQ's own PostgreSQL backend. Nobody outside this
 * file can tell which. It moves jobs and retries them; what is due, and whether it is done, is known to PostgreSQL alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createPostgresBackend,
  createRedisBackend,
  runMigrations,
  UnrecoverableError,
  withBackend,
  type BackendFactory,
  type DefaultJobOptions,
  type IQueueBackend,
  type Queue as BullQueue,
} from 'bullmq';
import Redis, { Cluster } from 'ioredis';
import { Client, Pool, type PoolClient } from 'pg';
import type { RedisConfig } from '../config';
import type { Json } from '../kernel/canonical-json';
import { APP_ROLE, OWNER_ROLE, type Database } from './database';

/** Fixed by the backend for connections that are handed to it ready-made. */
const QUEUE_SCHEMA = 'bullmq';

/** The queues there are; how each is worked stands in workers/queues.ts. */
export const QUEUE_NAMES = ['command', 'rating'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

export interface QueueBackendOptions {
  readonly redis: RedisConfig | null;
  readonly databaseUrl: string;
  /** Prefix of all keys in Redis, from {@link redisPrefixOf}; whoever only asks for a ping needs none. */
  readonly redisPrefix?: string;
  readonly applicationName: string;
  /** Connections to PostgreSQL, if that is where the queue lives: one per worker that listens, the rest shared. */
  readonly poolSize?: number;
}

export interface QueuedJob {
  /** At most one job of this id is ever waiting, running or remembered: adding it again does nothing. No colons. */
  readonly id: string;
  readonly name: string;
  readonly data: Json;
}

export interface RetryPolicy {
  /** Runs of one job, the first included; a run cut short by the death of its worker does not count. */
  readonly attempts: number;
  /** Wait before the second run; doubles with every further one. */
  readonly backoffMs: number;
}

export interface JobQueue {
  add(jobs: readonly QueuedJob[]): Promise<void>;
  counts(): Promise<JobCounts>;
}

const JOB_STATES = ['waiting', 'active', 'delayed', 'failed', 'completed'] as const;
type JobState = (typeof JOB_STATES)[number];
/** Jobs by state. */
export type JobCounts = Readonly<Record<JobState, number>>;

/** A queue for those who look on. */
export interface InspectedQueue {
  counts(): Promise<JobCounts>;
  /** As the queue's own tools know it; for the dashboard, and for nothing else. */
  readonly raw: BullQueue;
}

export interface JobWorker {
  /** Takes no further job and waits up to `graceMs` for those at work; what is left then is handed to other workers. */
  close(graceMs: number): Promise<void>;
}

export interface WorkerSettings {
  readonly concurrency: number;
  /** A worker that is silent for this long is taken for dead, and its job goes back. */
  readonly lockMs: number;
  /** How often each worker looks for jobs of dead ones. */
  readonly stalledCheckMs: number;
  /** Faults of the queue itself, not of jobs. */
  readonly onError: (error: Error) => void;
}

export interface QueueBackend {
  readonly store: 'redis' | 'postgres';
  /** Throws, within seconds, when the queue cannot take jobs now. */
  ping(): Promise<void>;
  queue(name: string, retry: RetryPolicy): JobQueue;
  /** The same one at every call, as each holds resources until the backend is closed. */
  inspect(name: string): InspectedQueue;
  /** Starts at once. `handle` throws to have the job tried again, or a {@link FinalJobError} to have it given up. */
  work(name: string, settings: WorkerSettings, handle: (job: QueuedJob) => Promise<void>): JobWorker;
  /** Workers must be closed before. */
  close(): Promise<void>;
}

/**
 * A prefix that no other database has, a copy of this one on the same server included: else two installations on one Redis
 * would take each other's jobs. The braces keep all keys of a queue in one slot of a Cluster.
 */
export const redisPrefixOf = async ({ query }: Pick<Database, 'query'>): Promise<string> => {
  const [row] = await query<{ name: string }>(
    `SELECT encode(sha256(convert_to(id::text || '/' || current_database(), 'UTF8')), 'hex') AS name FROM installation`,
  );
  if (row === undefined) throw new Error('the installation has no name');
  return `{tierwarden-${row.name.slice(0, 16)}}`;
};

/** Tells the queue that trying again is of no use; the job is kept among the failed ones. */
export class FinalJobError extends UnrecoverableError {}

/** Deaths of workers are no fault of the job, so they may happen often before a job counts as poisonous. */
const MAX_STALLS = 20;
const KEEP_COMPLETED = { age: 3600, count: 2000 };
const KEEP_FAILED = { age: 14 * 24 * 3600, count: 5000 };

export const createQueueBackend = (options: QueueBackendOptions): QueueBackend =>
  options.redis === null ? onPostgres(options) : onRedis(options, options.redis);

const onPostgres = (options: QueueBackendOptions): QueueBackend => {
  const pool = new PersistentPool({
    connectionString: options.databaseUrl,
    options: `-c role=${APP_ROLE} -c search_path=${QUEUE_SCHEMA} -c timezone=UTC`,
    application_name: options.applicationName,
    max: options.poolSize ?? 8,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  });
  pool.on('error', () => undefined);
  // Each queue and worker of the process listens for errors of the one pool they share.
  pool.setMaxListeners(0);
  return assemble({
    store: 'postgres',
    factory: createPostgresBackend,
    producerConnection: pool,
    workerConnection: pool,
    prefix: undefined,
    ping: async () => {
      await pool.query('SELECT 1');
    },
    disconnect: () => pool.end(),
  });
};

const CONNECT_AGAIN_MS = 1_000;

/**
 * Waits for ever where a connection is to be had for long, as workers want one. The library remembers for good that the first
 * could not be had, and would ask about it again without a pause.
 */
class PersistentPool extends Pool {
  override connect(): Promise<PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<PoolClient> | void {
    if (callback !== undefined) return super.connect(callback);
    return this.connectAtLast();
  }

  private async connectAtLast(): Promise<PoolClient> {
    for (;;) {
      try {
        return await super.connect();
      } catch (error) {
        if (this.ending) throw error;
        await sleep(CONNECT_AGAIN_MS);
      }
    }
  }
}

type ConnectCallback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

const PING_TIMEOUT_MS = 5_000;

const onRedis = (options: QueueBackendOptions, redis: RedisConfig): QueueBackend => {
  // Workers wait for ever; whoever adds jobs wants to hear of an outage, and keeps them in the outbox.
  const producer = connectRedis(redis, options.applicationName, 2);
  const worker = connectRedis(redis, options.applicationName, null);
  return assemble({
    store: 'redis',
    factory: createRedisBackend,
    producerConnection: producer,
    workerConnection: worker,
    prefix: options.redisPrefix ?? '{tierwarden}',
    ping: () => within(PING_TIMEOUT_MS, producer.ping(), 'no answer from Redis'),
    disconnect: async () => {
      for (const connection of [producer, worker]) {
        if (connection.status === 'ready') await connection.quit();
        else connection.disconnect();
      }
    },
  });
};

/** Listens to nothing and reconnects by itself; commands fail after so many tries, or with null wait for ever. */
export const connectRedis = (
  redis: RedisConfig,
  connectionName: string,
  maxRetriesPerRequest: number | null,
): Redis | Cluster => {
  const options = { maxRetriesPerRequest, connectionName };
  const connection =
    redis.kind === 'single'
      ? new Redis(redis.url, options)
      : new Cluster([...redis.nodes], {
          redisOptions: {
            ...options,
            ...(redis.username === null ? {} : { username: redis.username }),
            ...(redis.password === null ? {} : { password: redis.password }),
            ...(redis.tls ? { tls: {} } : {}),
          },
        });
  // Reconnects by itself; an outage shows in `ping` and in the errors of workers.
  connection.on('error', () => undefined);
  return connection;
};

const within = async (timeoutMs: number, work: Promise<unknown>, message: string): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      work,
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(message)), timeoutMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
};

interface Parts<B extends IQueueBackend, C> {
  readonly store: QueueBackend['store'];
  readonly factory: BackendFactory<B, C>;
  readonly producerConnection: C;
  readonly workerConnection: C;
  readonly prefix: string | undefined;
  readonly ping: () => Promise<void>;
  readonly disconnect: () => Promise<void>;
}

const assemble = <B extends IQueueBackend, C>(parts: Parts<B, C>): QueueBackend => {
  const { Queue, Worker } = withBackend(parts.factory);
  const namespace = parts.prefix === undefined ? {} : { prefix: parts.prefix };
  const opened: { close(): Promise<void> }[] = [];
  const inspected = new Map<string, InspectedQueue>();
  const open = (name: string, defaultJobOptions: DefaultJobOptions = {}) => {
    const queue = new Queue<Json>(name, { connection: parts.producerConnection, ...namespace, defaultJobOptions });
    // The failed command itself rejects; this only keeps the event from ending the process.
    queue.on('error', () => undefined);
    opened.push(queue);
    return queue;
  };
  return {
    store: parts.store,
    ping: parts.ping,
    queue: (name, retry) => {
      const queue = open(name, {
        attempts: retry.attempts,
        backoff: { type: 'exponential', delay: retry.backoffMs },
        removeOnComplete: KEEP_COMPLETED,
        removeOnFail: KEEP_FAILED,
      });
      return {
        add: async (jobs) => {
          await queue.addBulk(jobs.map((job) => ({ name: job.name, data: job.data, opts: { jobId: job.id } })));
        },
        counts: () => countsOf(queue),
      };
    },
    inspect: (name) => {
      const known = inspected.get(name);
      if (known !== undefined) return known;
      const queue = open(name);
      // The same class, whose type also names the backend behind it.
      const looked = { counts: () => countsOf(queue), raw: queue as unknown as BullQueue };
      inspected.set(name, looked);
      return looked;
    },
    work: (name, settings, handle) => {
      const worker = new Worker<Json>(
        name,
        async (job) => {
          await handle({ id: job.id ?? '', name: job.name, data: job.data });
        },
        {
          connection: parts.workerConnection,
          ...namespace,
          concurrency: settings.concurrency,
          lockDuration: settings.lockMs,
          stalledInterval: settings.stalledCheckMs,
          maxStalledCount: MAX_STALLS,
          // A failed fetch is tried again after this; the default would leave a worker idle long after an outage.
          runRetryDelay: 2_000,
        },
      );
      worker.on('error', settings.onError);
      return {
        close: async (graceMs) => {
          const finished = await Promise.race([
            worker.pause().then(() => true),
            new Promise<boolean>((resolve) => setTimeout(() => resolve(false), graceMs).unref()),
          ]);
          await worker.close(!finished);
        },
      };
    },
    close: async () => {
      for (const queue of opened) await queue.close();
      await parts.disconnect();
    },
  };
};

const countsOf = async (queue: {
  getJobCounts(...states: JobState[]): Promise<Record<string, number>>;
}): Promise<JobCounts> => {
  const counts = await queue.getJobCounts(...JOB_STATES);
  return Object.fromEntries(JOB_STATES.map((state) => [state, counts[state] ?? 0])) as JobCounts;
};

/**
 * Creates or updates the tables of the PostgreSQL backend and lets the running application use them. The backend counts
 * jobs by one sequence per queue and would create it at first use; the application may create nothing, so it is done here.
 */
export const migrateQueueSchema = async (ownerUrl: string, queues: readonly string[] = QUEUE_NAMES): Promise<void> => {
  const client = new Client({
    connectionString: ownerUrl,
    options: `-c role=${OWNER_ROLE}`,
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    await runMigrations(client, QUEUE_SCHEMA);
    for (const queue of queues) {
      const { rows } = await client.query<{ name: string }>(`SELECT ${QUEUE_SCHEMA}.job_id_seq_name($1) AS name`, [
        queue,
      ]);
      const name = client.escapeIdentifier(rows[0]?.name ?? '');
      await client.query(`CREATE SEQUENCE IF NOT EXISTS ${QUEUE_SCHEMA}.${name}`);
    }
    await client.query(`
      GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO ${APP_ROLE};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO ${APP_ROLE};
      GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO ${APP_ROLE};
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO ${APP_ROLE};
    `);
  } finally {
    await client.end();
  }
};
