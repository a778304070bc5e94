/**
 * How fast a portfolio is rated anew, through the worker and the queue as in daily life, against the floor of the same
 * machine in the same minute: COPY of the inputs out and COPY of the result rows in with their indexes, one after the other.
 */
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
import { startWorker } from '../workers/main';
import { figure, timed, type Figure } from './support/figure';
import { DRAWN_INDICATORS, drawPortfolio, stirPortfolio } from './support/portfolio';
import { withScratchDatabase } from './support/scratch-database';

export interface RerateOptions {
  readonly customers: number;
  readonly onStep: (title: string) => void;
}

/** Share of customers with new values between the first run and the second. */
const STIRRED = 0.2;

export const rerate = (config: Config, { customers, onStep }: RerateOptions): Promise<Figure[]> =>
  withScratchDatabase(config, async ({ app, owner }) => {
    onStep(`drawing ${customers} customers with ${DRAWN_INDICATORS} indicators each`);
    await drawPortfolio(owner, { customers });
    onStep('first run');
    const first = await timed(() => runPortfolio(app));
    onStep('second run');
    await stirPortfolio(owner, STIRRED);
    await owner.query('VACUUM (ANALYZE)');
    const second = await timed(() => runPortfolio(app));
    onStep('floor');
    const floorSeconds = await copyFloor(owner, second.value);
    return [
      ['first rating of everybody', first.seconds] as const,
      ['rating everybody anew', second.seconds] as const,
    ].map(([name, seconds]) =>
      figure({
        bench: 'rerate',
        case: `${name}, ${customers} customers x ${DRAWN_INDICATORS} indicators`,
        concurrency: config.workerConcurrency,
        value: customers / seconds,
        unit: 'customers/s',
        floor: customers / floorSeconds,
      }),
    );
  });

const POLL_MS = 20;

const runPortfolio = async (app: App): Promise<string> => {
  const by = asSystem('cli', app.newId());
  const { runId } = required(await app.ratings.startRun(by));
  const worker = await startWorker(app);
  try {
    for (;;) {
      const [run] = await app.ratings.queries.runsByIds(by.actor, [runId]);
      if (run?.state === 'COMPLETED') return runId;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    await worker.close();
  }
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
        CREATE INDEX ON rating_floor (customer_id, rated_at DESC, id DESC);
        CREATE UNIQUE INDEX ON rating_floor (run_id, customer_id) WHERE run_id IS NOT NULL;`);
    });
    return out.seconds + into.seconds;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
