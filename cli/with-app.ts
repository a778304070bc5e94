/**
 * The database and the application for the time of one command. The database is the one of DATABASE_URL, else the embedded
 * one of the home, which is started if no other process has done so, and stopped again if no other needs it.
 */
import { MIGRATIONS } from '../migrations';
import { bootstrap, createApp, type App } from '../src/app';
import type { Config, LogLevel } from '../src/config';
import type { SessionTimeouts } from '../src/platform/database';
import { attachEmbedded } from '../src/platform/embedded-postgres';
import { createLogger } from '../src/platform/logger';
import { compareSchema, migrate, MigrationNewerThanCode } from '../src/platform/migrate';
import { CommandFailed } from './output';
import { beginStep, type Step } from './progress';

export interface DatabaseUrls {
  /** Login that may change the schema. */
  readonly ownerUrl: string;
  /** Login of the running application. */
  readonly appUrl: string;
}

export interface ProcessOptions {
  /** Names the process in logs and traces. */
  readonly process?: string;
  /** Unless LOG_LEVEL says otherwise. */
  readonly logLevel?: LogLevel;
  /** None unless given. */
  readonly timeouts?: SessionTimeouts;
}

export const withDatabase = async <T>(config: Config, work: (urls: DatabaseUrls) => Promise<T>): Promise<T> => {
  if (config.databaseUrl !== null && config.databaseOwnerUrl !== null) {
    return work({ appUrl: config.databaseUrl, ownerUrl: config.databaseOwnerUrl });
  }
  const steps: Step[] = [];
  const onStep = (title: string): void => {
    steps.at(-1)?.done();
    steps.push(beginStep(title));
  };
  const database = await attachEmbedded(config.home, { onStep }).catch((error: unknown) => {
    steps.at(-1)?.fail();
    throw error;
  });
  steps.at(-1)?.done();
  try {
    return await work(database);
  } finally {
    await database.release();
  }
};

/**
 * An embedded database is brought to the present schema first; any other must have been migrated: see
 * {@link CommandFailed} and {@link MigrationNewerThanCode}.
 */
export const withApp = async <T>(
  config: Config,
  work: (app: App) => Promise<T>,
  options: ProcessOptions = {},
): Promise<T> =>
  withDatabase(config, async (urls) => {
    if (config.mode === 'embedded') await migrate({ ...urls, migrations: MIGRATIONS });
    const app = await openApp(config, urls, options);
    try {
      if (config.mode === 'embedded') await bootstrap(app);
      else await demandMigrated(app);
      return await work(app);
    } finally {
      await app.close();
    }
  });

export const openApp = (config: Config, urls: DatabaseUrls, options: ProcessOptions): Promise<App> =>
  createApp({
    config,
    databaseUrl: urls.appUrl,
    ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
    ...(options.process === undefined ? {} : { process: options.process }),
    logger: createLogger({
      level: config.logLevel ?? options.logLevel ?? 'warn',
      format: config.logFormat,
      process: options.process ?? 'cli',
    }),
  });

/** Throws unless the database has exactly the migrations that this program knows. */
export const demandMigrated = async (app: App): Promise<void> => {
  const { missing, unknown } = await compareSchema(app.database.query, MIGRATIONS);
  if (unknown.length > 0) throw new MigrationNewerThanCode(unknown);
  if (missing.length > 0) {
    throw new CommandFailed(`the database lacks ${missing.length} migrations; run tierwarden migrate`);
  }
};
