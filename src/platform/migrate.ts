/**
 * Brings a database to the schema of this code: group roles, migrations, queue schema. It holds an advisory lock, so any
 * number of processes may ask for it at once. It never touches a database that a newer version has migrated.
 */
import { Client } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { APP_ROLE, DatabaseUnreachable, dataSourceOptions, OWNER_ROLE, READER_ROLE, type Query } from './database';
import { migrateQueueSchema } from './queue';

type MigrationClasses = Extract<NonNullable<DataSourceOptions['migrations']>, readonly unknown[]>;

export interface MigrateOptions {
  /** Login that may create roles and owns the database, or a superuser. */
  readonly ownerUrl: string;
  /** Login of the running application; it becomes a member of the app role. */
  readonly appUrl: string;
  readonly migrations: MigrationClasses;
  /** Undo the newest `down` migrations instead of applying new ones. */
  readonly down?: number;
}

export interface MigrateOutcome {
  readonly applied: readonly string[];
  readonly reverted: readonly string[];
}

export class MigrationNewerThanCode extends Error {
  constructor(unknown: readonly string[]) {
    super(`the database was migrated by a newer version (unknown migration ${unknown[0] ?? '?'}); update the program`);
    this.name = 'MigrationNewerThanCode';
  }
}

const MIGRATION_LOCK = 7_417_001;

export const migrate = async (options: MigrateOptions): Promise<MigrateOutcome> => {
  const client = new Client({ connectionString: options.ownerUrl, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
  } catch (error) {
    throw new DatabaseUnreachable(options.ownerUrl, error);
  }
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await ensureRoles(client, loginOf(options.appUrl));
    const outcome = await runMigrations(options);
    if (options.down === undefined) await migrateQueueSchema(options.ownerUrl);
    return outcome;
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
};

/** How the migrations of a database stand to those of this code; the names are in the order of the migrations. */
export interface SchemaState {
  /** A database that lacks any is older, whatever else it has. */
  readonly standing: 'current' | 'older' | 'newer';
  readonly missing: readonly string[];
  /** Those that this code does not know. */
  readonly unknown: readonly string[];
}

/** Takes the query of any role. A database that was never migrated lacks all. */
export const compareSchema = async (query: Query, known: MigrationClasses): Promise<SchemaState> => {
  const names = known.map((migration) => (migration as { name: string }).name);
  const [table] = await query<{ there: boolean }>("SELECT to_regclass('migration') IS NOT NULL AS there");
  const rows = table?.there === true ? await query<{ name: string }>('SELECT name FROM migration ORDER BY id') : [];
  const applied = rows.map((row) => row.name);
  const missing = names.filter((name) => !applied.includes(name));
  const unknown = applied.filter((name) => !names.includes(name));
  return { standing: missing.length > 0 ? 'older' : unknown.length > 0 ? 'newer' : 'current', missing, unknown };
};

const loginOf = (url: string): string => decodeURIComponent(new URL(url).username);

const ensureRoles = async (client: Client, appLogin: string): Promise<void> => {
  for (const role of [OWNER_ROLE, APP_ROLE, READER_ROLE]) {
    // Two databases of one server may be migrated at the same moment: roles are shared among them.
    await client.query(`
      DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
  }
  const self = (
    await client.query<{ name: string; database: string }>(
      'SELECT current_user AS name, current_database() AS database',
    )
  ).rows[0];
  if (self === undefined) throw new Error('no answer from the database');
  const logins = new Set([self.name, appLogin === '' ? self.name : appLogin]);
  for (const login of logins) {
    const missing = await client.query<{ role: string }>(
      `SELECT r.role FROM unnest($2::text[]) AS r (role)
       WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND rolsuper)
         AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles l ON l.oid = m.member
                         WHERE g.rolname = r.role AND l.rolname = $1 AND ${await setOptionCondition(client)})`,
      [login, login === self.name ? [OWNER_ROLE, APP_ROLE, READER_ROLE] : [APP_ROLE]],
    );
    for (const { role } of missing.rows) await client.query(`GRANT ${role} TO ${client.escapeIdentifier(login)}`);
  }
  await client.query(`
    GRANT CREATE ON DATABASE ${client.escapeIdentifier(self.database)} TO ${OWNER_ROLE};
    GRANT USAGE, CREATE ON SCHEMA public TO ${OWNER_ROLE};
    GRANT USAGE ON SCHEMA public TO ${APP_ROLE}, ${READER_ROLE};`);
};

/** From PostgreSQL 16 on a membership says whether it allows SET ROLE; before, each did. */
const setOptionCondition = async (client: Client): Promise<string> => {
  const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
  return Number(rows[0]?.version) >= 160_000 ? 'm.set_option' : 'true';
};

const runMigrations = async (options: MigrateOptions): Promise<MigrateOutcome> => {
  const dataSource = new DataSource({
    ...dataSourceOptions(options.ownerUrl, OWNER_ROLE, {
      entities: [],
      poolSize: 2,
      applicationName: 'tierwarden-migrate',
    }),
    migrations: options.migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
  });
  const probe = new Client({ connectionString: options.ownerUrl });
  await probe.connect();
  try {
    const query: Query = async (sql) => (await probe.query(sql)).rows as never[];
    const { unknown } = await compareSchema(query, options.migrations);
    if (unknown.length > 0) throw new MigrationNewerThanCode(unknown);
  } finally {
    await probe.end();
  }
  await dataSource.initialize();
  try {
    if (options.down !== undefined) {
      const reverted: string[] = [];
      const [table] = await dataSource.query<{ there: boolean }[]>(
        "SELECT to_regclass('migration') IS NOT NULL AS there",
      );
      if (table?.there !== true) return { applied: [], reverted };
      for (let i = 0; i < options.down; i++) {
        const newest = await dataSource.query<{ name: string }[]>(
          'SELECT name FROM migration ORDER BY id DESC LIMIT 1',
        );
        if (newest[0] === undefined) break;
        await dataSource.undoLastMigration({ transaction: 'each' });
        reverted.push(newest[0].name);
      }
      return { applied: [], reverted };
    }
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    await dataSource.query(`GRANT SELECT ON migration TO ${APP_ROLE}, ${READER_ROLE}`);
    // Business tables that a migration brought or changed leave a trail from now on.
    await dataSource.query('SELECT tw_trail_install()');
    return { applied: applied.map((migration) => migration.name), reverted: [] };
  } finally {
    await dataSource.destroy();
  }
};
