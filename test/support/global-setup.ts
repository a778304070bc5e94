/**
 * Once per test run: finds a PostgreSQL server (DATABASE_URL, else an embedded one of its own), and migrates one template
 * database there that every test file clones. What it starts, global-teardown stops.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { MIGRATIONS } from '../../migrations';
import { attachEmbedded } from '../../src/platform/embedded-postgres';
import { migrate } from '../../src/platform/migrate';
import { databaseUrl } from './server';

declare global {
  // Handed from setup to teardown within the one jest process.
  var tierwardenTeardown: (() => Promise<void>) | undefined;
}

export default async function globalSetup(): Promise<void> {
  const server =
    process.env['DATABASE_URL'] === undefined ? await startEmbedded() : external(process.env['DATABASE_URL']);
  const template = `tw_template_${process.pid}`;
  const admin = new Client({ connectionString: server.ownerUrl });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${template}`);
  await admin.query(`CREATE DATABASE ${template} TEMPLATE template0 ENCODING 'UTF8'`);
  await migrate({
    ownerUrl: databaseUrl(server.ownerUrl, template),
    appUrl: databaseUrl(server.appUrl, template),
    migrations: MIGRATIONS,
  });
  process.env['TW_TEST_OWNER_URL'] = server.ownerUrl;
  process.env['TW_TEST_APP_URL'] = server.appUrl;
  process.env['TW_TEST_TEMPLATE'] = template;
  globalThis.tierwardenTeardown = async () => {
    for (const name of [template, `${template}_sample`, `${template}_sample_draft`]) {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    }
    await admin.end();
    await server.stop();
  };
}

interface Server {
  readonly ownerUrl: string;
  readonly appUrl: string;
  stop(): Promise<void>;
}

const external = (url: string): Server => ({ ownerUrl: url, appUrl: url, stop: async () => undefined });

const startEmbedded = async (): Promise<Server> => {
  const home = await mkdtemp(join(tmpdir(), 'tierwarden-test-'));
  const embedded = await attachEmbedded(home, { durability: 'none' });
  return {
    ownerUrl: embedded.ownerUrl,
    appUrl: embedded.appUrl,
    stop: async () => {
      await embedded.release();
      await rm(home, { recursive: true, force: true });
    },
  };
};
