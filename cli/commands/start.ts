/**
 * `tierwarden start`: the whole system in one process, from an empty folder if need be. With the embedded database it brings
 * in the sample people and the sample portfolio, once; a database of somebody's own gets the schema and nothing else.
 */
import type { Command } from 'commander';
import { MIGRATIONS } from '../../migrations';
import { asSystem, bootstrap, required, type App } from '../../src/app';
import { loadConfig, requireSignIn } from '../../src/config';
import { migrate } from '../../src/platform/migrate';
import { startWorker } from '../../workers/main';
import { interrupted } from '../interruption';
import { say } from '../output';
import { step } from '../progress';
import { awaitsFirstRating } from '../sample/first-rating';
import { tellFirstValues } from '../sample/first-tiers';
import { loadSamplePortfolio, type LoadedSample } from '../sample/load';
import { demandDatabase, demandRedis } from '../reachable';
import { demandFreePort, endWithin } from '../serving';
import { welcome } from '../welcome';
import { openApp, withDatabase } from '../with-app';
import { ratePortfolio } from './rate';

export const register = (program: Command): void => {
  program
    .command('start')
    .description('run everything in one process: database if none is given, API and worker')
    .action(runStart);
};

const runStart = async (): Promise<void> => {
  const config = loadConfig();
  // Known at once, unlike all that follows.
  await demandDatabase(config);
  await demandRedis(config);
  requireSignIn(config);
  await demandFreePort(config);
  await withDatabase(config, async (urls) => {
    await step(
      'bringing the schema up to date',
      () => migrate({ ...urls, migrations: MIGRATIONS }),
      ({ applied }) => (applied.length === 0 ? 'nothing to do' : `${applied.length} migrations`),
    );
    const { idleInTransactionTimeoutMs } = config;
    const app = await openApp(config, urls, { process: 'start', timeouts: { idleInTransactionTimeoutMs } });
    try {
      await bootstrap(app);
      const sample = config.mode === 'embedded' ? await ensureSample(app) : null;
      const worker = await startWorker(app);
      try {
        // Commands that serve nothing do without the half of the program that it brings along.
        const { startApi } = await import('../../graphql/server.js');
        const api = await startApi(app, config);
        (await welcome(app, api.url, sample)).forEach((line) => say(line));
        await interrupted();
        say('\nStopping …');
        endWithin(config.shutdownTimeoutMs);
        await api.close();
      } finally {
        await worker.close();
      }
    } finally {
      await app.close();
    }
  });
  say('Stopped. Data are kept; the next start goes on from here.');
};

/** People, companies, first ratings and tiers. What an earlier start has done is not done again, what it left undone is. */
const ensureSample = async (app: App): Promise<LoadedSample> => {
  const by = asSystem('bootstrap', app.newId());
  required(await app.identity.commands.ensureSampleUsers(by));
  let loaded = false;
  const sample = await step(
    'sample portfolio',
    (running) =>
      loadSamplePortfolio(app, {
        onProgress: ({ done, total }) => {
          loaded = true;
          running.update(done, total);
        },
      }),
    ({ customers, snapshots }) =>
      loaded ? `${customers} companies, ${snapshots} reports` : 'there since an earlier start',
  );
  if (await awaitsFirstRating(app, by, sample)) {
    await ratePortfolio(app, by);
    await step(
      'first tiers',
      () => tellFirstValues(app, by),
      (customers) => `${customers} customers told by value and risk`,
    );
  }
  return sample;
};
