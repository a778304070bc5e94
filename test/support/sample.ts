/** The sample portfolio in a test database, loaded and rated as `npm start` does it. */
import { pino } from 'pino';
import { Client } from 'pg';
import { loadSamplePortfolio } from '../../cli/sample/load';
import { asSystem, bootstrap, createApp, required, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { databaseUrl, sampleTemplate, testServer } from './server';

const by = asSystem('rating-worker', 'test');

/** Carries a run out in this process, chunk by chunk, as workers would. */
export const finishRun = async (app: App, runId: string): Promise<void> => {
  const chunks = await app.database.query<{ ordinal: number }>(
    'SELECT ordinal FROM rating_run_chunk WHERE run_id = $1 ORDER BY ordinal',
    [runId],
  );
  for (const { ordinal } of chunks) required(await app.ratings.runChunk(by, { runId, ordinal }));
  required(await app.ratings.finishRun(by, { runId }));
};

export const rateEverybody = async (app: App): Promise<void> =>
  finishRun(app, required(await app.ratings.startRun(by)).runId);

/** Tells everybody's value and puts all who are rated into tiers, as a worker would. */
const tierEverybody = async (app: App): Promise<void> => {
  required(await app.tiers.runComputation(by, required(await app.tiers.startComputation(by))));
};

/** When the sample was loaded: its last quarter ends shortly before the moment that test clocks start at. */
const SAMPLE_LOADED_AT = '2026-01-15T07:00:00.000Z';

/** Name of a database with the rated sample to clone; test files that ask at the same time wait for one of them. */
export const ensureSampleTemplate = async (): Promise<string> => {
  const server = testServer();
  const name = sampleTemplate();
  const draft = `${name}_draft`;
  const admin = new Client({ connectionString: server.ownerUrl });
  await admin.connect();
  try {
    await admin.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const known = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (known.rowCount === 1) return name;
    await admin.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${draft} TEMPLATE ${server.template}`);
    const app = await createApp({
      config: { ...readConfig({}), databasePoolSize: 4, auth: { kind: 'none' } },
      databaseUrl: databaseUrl(server.appUrl, draft),
      logger: pino({ level: 'silent' }),
      clock: () => new Date(SAMPLE_LOADED_AT),
    });
    try {
      await bootstrap(app);
      required(await app.identity.commands.ensureSampleUsers(asSystem('bootstrap', 'test')));
      await loadSamplePortfolio(app, { onProgress: () => undefined });
      await rateEverybody(app);
      await tierEverybody(app);
    } finally {
      await app.close();
    }
    await admin.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
    return name;
  } finally {
    // Ending the session gives the lock back.
    await admin.end();
  }
};
