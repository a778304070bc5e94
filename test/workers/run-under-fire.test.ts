/**
 * A run over the portfolio while workers and PostgreSQL itself are killed, again and again, at whatever they are doing. What is
 * published in the end is to the byte what a run without any disturbance publishes. FIRE_CUSTOMERS says how many customers,
 * FIRE_SEED which moments.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { pino } from 'pino';
import { drawPortfolio } from '../../bench/support/portfolio';
import { MIGRATIONS } from '../../migrations';
import { asSystem, bootstrap, createApp, required, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { attachEmbedded, type EmbeddedDatabase } from '../../src/platform/embedded-postgres';
import { isAlive } from '../../src/platform/embedded-process';
import { migrate } from '../../src/platform/migrate';
import { startScript, useProcesses, type Running } from '../support/processes';
import { finishRun } from '../support/sample';
import { databaseUrl } from '../support/server';
import type { RatingChildOptions } from './support/rating-child';

const CUSTOMERS = Number(process.env['FIRE_CUSTOMERS'] ?? 5_000);
const SEED = Number(process.env['FIRE_SEED'] ?? 7);
const DEATHS = 6;
const LONGEST_LIFE_MS = 700;
const by = asSystem('rating-worker', 'test');

useProcesses();

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
const draw = ((seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
})(SEED);

let home: string;
const servers: EmbeddedDatabase[] = [];
/** What it stores must outlive it, so it does not run without durability as other servers of tests do. */
const attach = async (): Promise<EmbeddedDatabase> => {
  const server = await attachEmbedded(home);
  servers.push(server);
  return server;
};
const openApp = (server: EmbeddedDatabase, database: string, lateMs = 0): Promise<App> =>
  createApp({
    config: { ...readConfig({}), auth: { kind: 'none' } },
    databaseUrl: databaseUrl(server.appUrl, database),
    logger: pino({ level: 'silent' }),
    clock: () => new Date(Date.now() + lateMs),
  });
const asOwner = async <T>(
  server: EmbeddedDatabase,
  database: string,
  work: (owner: Client) => Promise<T>,
): Promise<T> => {
  const owner = new Client({ connectionString: databaseUrl(server.ownerUrl, database) });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tierwarden-fire-'));
  const server = await attach();
  await asOwner(server, 'postgres', (owner) => owner.query('CREATE DATABASE calm'));
  const urls = { ownerUrl: databaseUrl(server.ownerUrl, 'calm'), appUrl: databaseUrl(server.appUrl, 'calm') };
  await migrate({ ...urls, migrations: MIGRATIONS });
  const app = await openApp(server, 'calm');
  await bootstrap(app);
  await asOwner(server, 'calm', (owner) => drawPortfolio(owner, { customers: CUSTOMERS }));
  // Everybody has a grade before, and cut points are frozen, in both databases alike.
  await finishRun(app, required(await app.ratings.startRun(by)).runId);
  await app.close();
  await asOwner(server, 'postgres', (owner) => owner.query('CREATE DATABASE fire TEMPLATE calm'));
}, 120_000);
afterAll(async () => {
  for (const server of servers) await server.release();
  await rm(home, { recursive: true, force: true });
});

const stir = (owner: Client) =>
  owner.query(
    `SELECT set_config('tierwarden.actor', 'system:test', false);
     UPDATE indicator_current SET values[1] = 3, values[12] = values[12] / 2 WHERE substr(customer_id::text, 36, 1) IN ('3', '7')`,
  );

/** All that a run publishes, without ids and moments. */
const published = (server: EmbeddedDatabase, database: string, runId: string) =>
  asOwner(server, database, async (owner) => {
    const one = async (sql: string) => (await owner.query<Record<string, unknown>>(sql, [runId])).rows[0];
    return {
      run: await one('SELECT state, ratings_root, figures, unusual FROM rating_run WHERE id = $1'),
      ratings: await one(
        `SELECT count(*), md5(string_agg(row_to_json(r)::text, ',' ORDER BY r.customer_id)) FROM (
           SELECT customer_id, scorecard_version_id, cut_point_set_id, as_of, score, model_grade, uncapped_grade, inputs,
             input_as_of, points_centi, caps, notes FROM rating WHERE run_id = $1) AS r`,
      ),
      grades: await one(
        `SELECT count(*), md5(string_agg(concat_ws(' ', customer_id, model_grade, grade, basis, version, rating_id IN
           (SELECT id FROM rating WHERE run_id = $1)), ',' ORDER BY customer_id)) FROM customer_grade`,
      ),
      history: await one(
        `SELECT count(*), md5(string_agg(concat_ws(' ', customer_id, cause, model_grade_before, grade_before,
           model_grade_after, grade_after, basis_after), ',' ORDER BY customer_id)) FROM grade_history
         WHERE cause_id IN (SELECT id FROM rating WHERE run_id = $1)`,
      ),
      parked: await one('SELECT count(*) FROM rating_parked WHERE run_id = $1'),
      events: (
        await owner.query(
          'SELECT action, count(*)::int FROM audit_event WHERE object_id = $1 GROUP BY action ORDER BY action',
          [runId],
        )
      ).rows.filter(({ action }: { action: string }) => action !== 'ratingRun.resumed'),
    };
  });

it('is published as if nothing had happened', async () => {
  let server = servers[0]!;
  const calm = await openApp(server, 'calm');
  await asOwner(server, 'calm', stir);
  await asOwner(server, 'fire', stir);
  const undisturbed = required(await calm.ratings.startRun(by)).runId;
  await finishRun(calm, undisturbed);
  await calm.close();
  const expected = await published(server, 'calm', undisturbed);
  expect(expected.run).toMatchObject({ state: 'COMPLETED' });

  let fire = await openApp(server, 'fire');
  const { runId } = required(await fire.ratings.startRun(by));
  await fire.close();

  const start = (): Running =>
    startScript('test/workers/support/rating-child.ts', [
      JSON.stringify({ databaseUrl: databaseUrl(server.appUrl, 'fire') } satisfies RatingChildOptions),
    ]);
  const killDatabase = async (): Promise<void> => {
    const pid = Number(readFileSync(join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    while (isAlive(pid)) await sleep(10);
    server = await attach();
  };
  let workers = [start(), start()];
  for (let death = 0; death < DEATHS; death++) {
    await Promise.race(workers.map((worker) => worker.line(/working/)));
    await sleep(draw() * LONGEST_LIFE_MS);
    if (death % 2 === 1) {
      await killDatabase();
      for (const worker of workers) worker.process.kill('SIGKILL');
      await Promise.all(workers.map((worker) => worker.finished));
      workers = [start(), start()];
    } else {
      const victim = workers.shift();
      victim?.process.kill('SIGKILL');
      await victim?.finished;
      workers.push(start());
    }
  }

  // What a scheduler does in the course of time, in less of it.
  for (let lateMs = 180_000; ; lateMs += 180_000) {
    fire = await openApp(server, 'fire', lateMs);
    const [run] = await fire.ratings.queries.runsByIds(by.actor, [runId]);
    if (run?.state !== 'COMPLETED') required(await fire.ratings.resumeIdleRuns(by));
    await fire.close();
    if (run?.state === 'COMPLETED') break;
    await sleep(500);
  }
  expect(await published(server, 'fire', runId)).toEqual(expected);
}, 300_000);
