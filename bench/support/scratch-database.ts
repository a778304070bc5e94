/**
 * A migrated, bootstrapped database of its own for one measurement: on the server of DATABASE_URL, else on an embedded one
 * in a temporary folder. Nothing of it is left behind.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { pino } from 'pino';
import { MIGRATIONS } from '../../migrations';
import { bootstrap, createApp, type App } from '../../src/app';
import type { Config } from '../../src/config';
import { attachEmbedded } from '../../src/platform/embedded-postgres';
import { migrate } from '../../src/platform/migrate';

export interface Scratch {
  readonly app: App;
  /** Login of the application. */
  readonly appUrl: string;
  /** Connected as the owner. */
  readonly owner: Client;
}

export const withScratchDatabase = <T>(config: Config, work: (scratch: Scratch) => Promise<T>): Promise<T> =>
  withServer(config, async (server) => {
    const name = `tierwarden_bench_${process.pid}`;
    const admin = new Client({ connectionString: server.ownerUrl });
    await admin.connect();
    try {
      await admin.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
      return await inDatabase(config, at(server.ownerUrl, name), at(server.appUrl, name), work);
    } finally {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
    }
  });

const inDatabase = async <T>(
  config: Config,
  ownerUrl: string,
  appUrl: string,
  work: (scratch: Scratch) => Promise<T>,
): Promise<T> => {
  await migrate({ ownerUrl, appUrl, migrations: MIGRATIONS });
  // Of its own as well: a key signs one log, and would refuse its own one after this.
  const keysFolder = await mkdtemp(join(tmpdir(), 'tierwarden-bench-keys-'));
  const auditLog = { origin: 'bench', keys: null, keyFile: join(keysFolder, 'audit-log.key'), witnesses: [] };
  const app = await createApp({
    config: { ...config, auth: { kind: 'none' }, auditLog },
    databaseUrl: appUrl,
    logger: pino({ level: 'warn' }, pino.destination(2)),
  });
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    await app.audit.log.keys.add();
    await bootstrap(app);
    return await work({ app, appUrl, owner });
  } finally {
    await owner.end();
    await app.close();
    await rm(keysFolder, { recursive: true, force: true });
  }
};

interface Server {
  readonly ownerUrl: string;
  readonly appUrl: string;
}

const withServer = async <T>(config: Config, work: (server: Server) => Promise<T>): Promise<T> => {
  if (config.databaseUrl !== null && config.databaseOwnerUrl !== null) {
    return work({ ownerUrl: config.databaseOwnerUrl, appUrl: config.databaseUrl });
  }
  const home = await mkdtemp(join(tmpdir(), 'tierwarden-bench-'));
  const embedded = await attachEmbedded(home, { onStep: () => undefined });
  try {
    return await work(embedded);
  } finally {
    await embedded.release();
    await rm(home, { recursive: true, force: true });
  }
};

const at = (serverUrl: string, database: string): string => {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.toString();
};
