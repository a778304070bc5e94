/**
 * How fast a portfolio is rated anew, through worker processes and the queue as in daily life, from the order to the moment
 * that everybody has the new grade: calculation log, grade history, audit digest and publication included. Floor, on the same
 * machine in the same minute: COPY of the inputs out and COPY of the same result rows in with their indexes, one after the
 * other.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { asSystem, required, type App } from '../src/app';
import type { Config } from '../src/config';
import { INDUSTRIES } from '../src/customers';
import { inputIndicators } from '../src/scorecards';
import { DECILE_CARD } from './support/decile-card';
import { figure, timed, type Figure } from './support/figure';
import { drawPortfolio, replaceScorecard, stirPortfolio } from './support/portfolio';
import { withScratchDatabase } from './support/scratch-database';
import type { WorkerOrder, WorkerWord } from './support/worker-process';

export interface RerateOptions {
  readonly customers: number;
  /** Worker processes. */
  readonly workers: number;
  readonly onStep: (title: string) => void;
}

/** Share of customers with new values between the first run and the second. */
const STIRRED = 0.2;
const CODES = inputIndicators(DECILE_CARD);
/** What a worker may take, whatever the size of the portfolio. */
const MEMORY_LIMIT_MIB = 400;

export const rerate = (config: Config, { customers, workers, onStep }: RerateOptions): Promise<Figure[]> =>
  withScratchDatabase(config, async ({ app, owner }) => {
    const industries = INDUSTRIES.map(({ code }) => code);
    const size = `${customers} customers x ${CODES.length} indicators, ${industries.length} industries`;
    onStep(`drawing ${size}`);
    await drawPortfolio(owner, { customers, codes: CODES, industries });
    await replaceScorecard(owner, DECILE_CARD);
    onStep('telling values');
    await tellValues(app);
    const crew = await startCrew(app, workers);
    onStep('first run');
    const first = await timed(() => runPortfolio(app));
    onStep('second run');
    await tiersFollowed(owner);
    await stirPortfolio(owner, STIRRED);
    await owner.query('VACUUM (ANALYZE)');
    const second = await timed(() => runPortfolio(app));
    const peakMiB = await crew.end();
    onStep('floor');
    const floor = await copyFloor(owner, second.value);
    const times = [
      ['first rating of everybody', first.seconds] as const,
      ['rating everybody anew', second.seconds] as const,
    ].map(([name, value]) =>
      figure({ bench: 'rerate', case: `${name}, ${size}`, concurrency: workers, value, unit: 'seconds', floor }),
    );
    return [
      ...times,
      figure({
        bench: 'rerate',
        case: `peak memory of a worker, ${size}; beside it what it may take`,
        concurrency: workers,
        value: peakMiB,
        unit: 'MiB',
        floor: MEMORY_LIMIT_MIB,
      }),
    ];
  });

/** As on any day but the first: else the very first computation of values would be measured with the run. */
const tellValues = async (app: App): Promise<void> => {
  const by = asSystem('cli', app.newId());
  required(await app.tiers.runComputation(by, required(await app.tiers.startComputation(by))));
};

const POLL_MS = 20;

const runPortfolio = async (app: App): Promise<string> => {
  const by = asSystem('cli', app.newId());
  const { runId } = required(await app.ratings.startRun(by));
  await carriedOut(app, runId, 'COMPLETED');
  return runId;
};

/** Comes back when workers have brought a run to the end that is meant. */
export const carriedOut = async (app: App, runId: string, end: 'COMPLETED' | 'SIMULATED'): Promise<void> => {
  const by = asSystem('cli', app.newId());
  for (;;) {
    const [run] = await app.ratings.queries.runsByIds(by.actor, [runId]);
    if (run?.state === end) return;
    if (run?.state !== 'RUNNING' && run?.state !== 'PUBLISHING') throw new Error(`the run is ${run?.state}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

/** Comes back when the tiers have followed all runs. */
const tiersFollowed = async (owner: Client): Promise<void> => {
  for (;;) {
    const { rows } = await owner.query('SELECT FROM tier_follow_up WHERE finished_at IS NULL');
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

/** Worker processes that are ready when this resolves; `end` yields the highest peak among them. */
const startCrew = async (app: App, workers: number) => {
  const order: WorkerOrder = { config: app.config, databaseUrl: app.databaseUrl };
  const crew = Array.from({ length: workers }, () =>
    fork(join(__dirname, 'support', 'worker-process.js'), [JSON.stringify(order)]),
  );
  await Promise.all(crew.map((member) => once(member, 'message')));
  return {
    end: async (): Promise<number> => {
      const peaks = await Promise.all(
        crew.map(async (member) => {
          member.send('end');
          const [word] = (await once(member, 'message')) as [WorkerWord];
          return word === 'ready' ? NaN : word.peakMiB;
        }),
      );
      return Math.max(...peaks);
    },
  };
};

/** Seconds for COPY out of every input and COPY in of the run's rows into a fresh table that is indexed afterwards. */
const copyFloor = async (owner: Client, runId: string): Promise<number> => {
  const folder = await mkdtemp(join(tmpdir(), 'tierwarden-floor-'));
  const rows = join(folder, 'rows');
  try {
    // Prepared beforehand: what is measured begins with rows at hand, as after scoring.
    await pipeline(
      owner.query(copyTo(`COPY (SELECT * FROM rating WHERE run_id = '${runId}') TO STDOUT (FORMAT binary)`)),
      createWriteStream(rows),
    );
    const out = await timed(() =>
      pipeline(
        owner.query(
          copyTo(`COPY (SELECT c.id, c.industry_code, v.values, v.as_of FROM customer c
                    JOIN indicator_current v ON v.customer_id = c.id) TO STDOUT (FORMAT binary)`),
        ),
        new Writable({ write: (_chunk, _encoding, done) => done() }),
      ),
    );
    await owner.query('CREATE TABLE rating_floor (LIKE rating)');
    const into = await timed(async () => {
      await pipeline(createReadStream(rows), owner.query(copyFrom('COPY rating_floor FROM STDIN (FORMAT binary)')));
      await owner.query(`
        ALTER TABLE rating_floor ADD PRIMARY KEY (id);
        CREATE INDEX ON rating_floor (customer_id, rated_at DESC, id DESC);`);
    });
    return out.seconds + into.seconds;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
