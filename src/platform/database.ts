/**
 * The connection to PostgreSQL as the running application sees it: one pool, always under the role `tierwarden_app`,
 * whatever login the address names. Reads go through `query`; writes only through the unit of work.
 */
import type { CustomTypesConfig, Pool } from 'pg';
import { DataSource, type DataSourceOptions, type EntitySchema } from 'typeorm';
import { tracedClient } from './traced-statements';
import { untraced, type Tracing } from './tracing';

/** Group roles made by the migrations; a login must be a member of the one it uses. */
export const OWNER_ROLE = 'tierwarden_owner';
export const APP_ROLE = 'tierwarden_app';
export const READER_ROLE = 'tierwarden_reader';
type DatabaseRole = typeof OWNER_ROLE | typeof APP_ROLE | typeof READER_ROLE;

type EntityClass = (new () => object) | EntitySchema;

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

/** A statement whose shape is known beforehand. */
export interface ReadStatement {
  /** Under this name the server keeps its plan; null for one that hardly comes again. */
  readonly name: string | null;
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface Database {
  readonly dataSource: DataSource;
  /** Outside any unit of work: for reads. */
  readonly query: Query;
  /** Rows as arrays of the server's own texts, null for NULL; for reads. */
  readonly rows: (statement: ReadStatement) => Promise<(string | null)[][]>;
  /** The connections of the pool at this moment. */
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
    options: `-c role=${role} -c timezone=UTC ${timeoutSettings(options.timeouts)}`,
    connectionTimeoutMillis: 10_000,
    ...(options.tracing === undefined || options.tracing === untraced ? {} : { Client: tracedClient(options.tracing) }),
  },
});

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
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  return {
    dataSource,
    query: async (sql, params) =>
      (await pool.query(sql, params === undefined ? undefined : [...params])).rows as never[],
    rows: async ({ name, text, values }) =>
      (
        await pool.query<(string | null)[]>({
          ...(name === null ? {} : { name }),
          text,
          values: [...values],
          rowMode: 'array',
          types: AS_TEXT,
        })
      ).rows,
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => dataSource.destroy(),
  };
};

/** Leaves values as the server writes them. */
const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as CustomTypesConfig;

const poolOf = (dataSource: DataSource): Pool => (dataSource.driver as unknown as { master: Pool }).master;
