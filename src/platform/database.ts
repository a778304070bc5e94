/**
 * The connections to PostgreSQL as the running application sees them: always under the role `tierwarden_app`, whatever login
 * the address names. Reads go through `rows` and `query`; writes only through the unit of work.
 */
import type { Pool, PoolClient } from 'pg';
import { DataSource, type DataSourceOptions, type EntitySchema } from 'typeorm';
import { cancelRunning } from './cancel';
import { CopyOut } from './copy-out';
import { createLanes, type Commit } from './lanes';
import { patienceHere } from './patience';
import { createReadConnections, type ReadStatement, type Row } from './read-connections';
import { spanned, tracedClient } from './traced-statements';
import { untraced, type Tracing } from './tracing';

/** Group roles made by the migrations; a login must be a member of the one it uses. */
export const OWNER_ROLE = 'tierwarden_owner';
export const APP_ROLE = 'tierwarden_app';
export const READER_ROLE = 'tierwarden_reader';
type DatabaseRole = typeof OWNER_ROLE | typeof APP_ROLE | typeof READER_ROLE;

type EntityClass = (new () => object) | EntitySchema;

/** Each answers many reads at once, so a few serve a process. */
const MAX_READ_CONNECTIONS = 4;

/** What the server has read, planned and cached for a connection is worth keeping it through a lull. */
const IDLE_CONNECTION_MS = 60_000;

/** Bounds of every connection, in milliseconds; 0 or absent for none. */
export interface SessionTimeouts {
  /** Longest run of one statement. */
  readonly statementTimeoutMs?: number;
  /** Longest wait of one statement for a lock. */
  readonly lockTimeoutMs?: number;
  /** Longest pause inside a transaction; then the server undoes it and ends the session. */
  readonly idleInTransactionTimeoutMs?: number;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly entities: readonly EntityClass[];
  /** Connections of the pool. */
  readonly poolSize: number;
  readonly applicationName: string;
  readonly timeouts?: SessionTimeouts;
  readonly tracing?: Tracing;
}

/** Runs one statement and yields its rows. */
export type Query = <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<Row[]>;

export interface Database {
  readonly dataSource: DataSource;
  /** Outside any unit of work: for reads, which end with the patience that they are under. */
  readonly query: Query;
  /** For the unit of work alone. */
  readonly commit: Commit;
  /** As `query`, over connections for reads alone: rows as arrays of the server's own texts, null for NULL. */
  readonly rows: (statement: ReadStatement) => Promise<Row[]>;
  /** The pieces of `COPY … TO STDOUT`, a read like the others. Each is there until the next is asked for. */
  copyOut(sql: string): AsyncIterable<Buffer>;
  /** The connections of the process at this moment. */
  pool(): PoolCounts;
  close(): Promise<void>;
}

export interface PoolCounts {
  readonly total: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

/** Thrown when the server cannot be reached or refuses the login; the message is one line for people. */
export class DatabaseUnreachable extends Error {
  constructor(url: string, cause: unknown) {
    super(
      `database unreachable at ${withoutPassword(url)}: ${cause instanceof Error ? firstLine(cause) : String(cause)}`,
      {
        cause,
      },
    );
    this.name = 'DatabaseUnreachable';
  }
}

const firstLine = (error: Error): string =>
  // Node reports refused connections to several addresses as an AggregateError without a message.
  (error.message || (error instanceof AggregateError ? String(error.errors[0]) : error.name)).split('\n', 1)[0] ?? '';

const withoutPassword = (url: string): string => {
  try {
    const parsed = new URL(url);
    parsed.password = '';
    return parsed.toString();
  } catch {
    return 'an address that is not a URL';
  }
};

/** TypeORM options that put every connection of the pool under `role`. */
export const dataSourceOptions = (
  url: string,
  role: DatabaseRole,
  options: Omit<DatabaseOptions, 'url'>,
): DataSourceOptions & { type: 'postgres' } => ({
  type: 'postgres',
  url,
  applicationName: options.applicationName,
  poolSize: options.poolSize,
  entities: [...options.entities] as NonNullable<DataSourceOptions['entities']>,
  synchronize: false,
  installExtensions: false,
  extra: {
    options: `-c role=${role} -c timezone=UTC ${NO_COMPILATION} ${timeoutSettings(options.timeouts)}`,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    ...(options.tracing === undefined || options.tracing === untraced ? {} : { Client: tracedClient(options.tracing) }),
  },
});

/**
 * A statement whose rows the planner takes for many, and there are few, would be compiled to machine code first: that takes
 * longer than most statements here do, and what handles many rows is bound by reading and writing them.
 */
const NO_COMPILATION = '-c jit=off';

const timeoutSettings = (timeouts: SessionTimeouts = {}): string =>
  [
    `-c statement_timeout=${timeouts.statementTimeoutMs ?? 0}`,
    `-c lock_timeout=${timeouts.lockTimeoutMs ?? 0}`,
    `-c idle_in_transaction_session_timeout=${timeouts.idleInTransactionTimeoutMs ?? 0}`,
  ].join(' ');

export const openDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const dataSource = new DataSource(dataSourceOptions(options.url, APP_ROLE, options));
  try {
    await dataSource.initialize();
  } catch (error) {
    throw new DatabaseUnreachable(options.url, error);
  }
  const pool = poolOf(dataSource);
  const { tracing = untraced } = options;
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  // So is one that breaks while it is lent; whoever has it hears of it by his statements.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const readers = createReadConnections(pool.options, Math.min(options.poolSize, MAX_READ_CONNECTIONS));
  return {
    dataSource,
    query: (sql, params) => queryPool(pool, sql, params),
    commit: createLanes(pool),
    rows: (statement) => spanned(tracing, statement.text, () => readers.run(statement, patienceHere())),
    copyOut: (sql) => copyFromPool(pool, sql),
    pool: () => ({
      total: pool.totalCount + readers.counts.total,
      idle: pool.idleCount + readers.counts.idle,
      waiting: pool.waitingCount,
    }),
    close: async () => {
      await Promise.all([readers.close(), dataSource.destroy()]);
    },
  };
};

/**
 * Commits what `work` did, or nothing when it throws. For machinery that writes no state of the business; that goes through
 * the unit of work.
 */
export const inTransaction = async <T>(
  { dataSource }: Pick<Database, 'dataSource'>,
  work: (query: Query) => Promise<T>,
): Promise<T> => {
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await runner.connect()) as PoolClient;
    await runner.startTransaction();
    const value = await work(
      async (sql, params) => (await client.query(sql, params === undefined ? undefined : [...params])).rows as never[],
    );
    await runner.commitTransaction();
    return value;
  } catch (error) {
    // The first error is the one worth hearing of; a rollback on a broken connection fails by itself.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
};

const queryPool = async (pool: Pool, sql: string, params: readonly unknown[] | undefined): Promise<never[]> => {
  const read = await beginRead(pool);
  try {
    const { rows } = await read.client.query(sql, params === undefined ? undefined : [...params]);
    return rows as never[];
  } catch (error) {
    throw read.failed(error);
  } finally {
    read.end();
  }
};

async function* copyFromPool(pool: Pool, sql: string): AsyncGenerator<Buffer, void, undefined> {
  const read = await beginRead(pool);
  try {
    yield* read.client.query(new CopyOut(sql)).pieces();
  } catch (error) {
    throw read.failed(error);
  } finally {
    read.end();
  }
}

/** A connection for one statement, which is ended when the patience that the read is under runs out. */
const beginRead = async (pool: Pool) => {
  const patience = patienceHere();
  patience?.demand('read');
  const client = await pool.connect();
  let sound = true;
  const settle = patience?.onLoss('read', () => {
    sound = false;
    void cancelRunning(client);
  });
  const end = (): void => {
    settle?.();
    // What else is on its way to the connection must hit nobody who takes it next.
    client.release(!sound);
  };
  const failed = (error: unknown): unknown => {
    sound = false;
    return patience?.lossOf('read') ?? error;
  };
  try {
    patience?.demand('read');
  } catch (error) {
    failed(error);
    end();
    throw error;
  }
  return { client, end, failed };
};

const poolOf = (dataSource: DataSource): Pool => (dataSource.driver as unknown as { master: Pool }).master;
