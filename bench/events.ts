/**
 * How soon a customer is rated again after a risk event, with everything that follows from the grade, through the loop that
 * workers run. The floor is a bare commit: one row into a table of the same database, measured between the events.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { asSystem, required, type App } from '../src/app';
import type { Config } from '../src/config';
import { listenReratings } from '../src/ratings';
import { startWorker } from '../workers/main';
import { startReratingLoop } from '../workers/rerating-loop';
import { figure, median, type Figure } from './support/figure';
import { drawPortfolio } from './support/portfolio';
import { withScratchDatabase } from './support/scratch-database';

export interface EventsOptions {
  readonly customers: number;
  readonly events: number;
  readonly onStep: (title: string) => void;
}

/** Events before anything is measured: plans, caches, code. */
const WARM_UP = 50;
/** Between events, so that one does not wait for another. */
const PAUSE_MS = 10;

export const events = (config: Config, { customers, events: count, onStep }: EventsOptions): Promise<Figure[]> =>
  withScratchDatabase(config, async ({ app, appUrl, owner }) => {
    onStep(`drawing and rating ${customers} customers`);
    await drawPortfolio(owner, { customers });
    await rateEverybody(app);
    await owner.query('CREATE TABLE bare_commit (id integer)');
    await owner.query('VACUUM (ANALYZE)');
    const { rows } = await owner.query<{ id: string }>(
      'SELECT customer_id AS id FROM customer_grade ORDER BY random() LIMIT $1',
      [count + WARM_UP],
    );
    const published = createPublished();
    const loop = startReratingLoop({
      next: async () => {
        const done = await app.ratings.rerateNext(asSystem('rating-worker', `bench:${app.newId()}`));
        if (done.ok && done.value !== null) published.tell(performance.now());
        return done;
      },
      nextAt: () => app.ratings.nextReratingAt(),
      listen: (onAsked) => listenReratings(appUrl, onAsked),
      clock: app.clock,
      log: app.logger,
    });
    try {
      onStep(`${count} events, each followed to its rating`);
      const commits: number[] = [];
      const recorded: number[] = [];
      const answered: number[] = [];
      for (const [i, { id }] of rows.entries()) {
        const commit = await bareCommit(owner, i);
        const next = published.next();
        const startedMs = performance.now();
        await record(app, id, i);
        const committedMs = performance.now();
        const ratedMs = await next;
        if (i >= WARM_UP) {
          commits.push(commit);
          recorded.push(ratedMs - startedMs);
          // It may be published before the one who told of it has heard that it is on record.
          answered.push(Math.max(0, ratedMs - committedMs));
        }
        await sleep(PAUSE_MS);
      }
      const floor = median(commits);
      return [
        ['event on record to published re-rating', median(answered)] as const,
        ['event told to published re-rating', median(recorded)] as const,
      ].map(([name, value]) =>
        figure({
          bench: 'events',
          case: `${name}, median of ${count}, ${customers} customers; floor: a bare commit`,
          concurrency: 1,
          value,
          unit: 'ms',
          floor,
        }),
      );
    } finally {
      await loop.close();
    }
  });

const record = async (app: App, customerId: string, i: number): Promise<void> => {
  required(
    await app.warnings.recordRiskEvent(asSystem('cli', `bench:${i}`), {
      customerId,
      kind: 'LAWSUIT',
      occurredAt: app.clock(),
      source: 'bench',
      reference: String(i),
      detail: 'drawn',
      value: null,
    }),
  );
};

const bareCommit = async (owner: Client, i: number): Promise<number> => {
  const startedMs = performance.now();
  await owner.query({ name: 'bare', text: 'INSERT INTO bare_commit VALUES ($1)', values: [i] });
  return performance.now() - startedMs;
};

/** When the next rating is published. */
const createPublished = () => {
  let waiting: (atMs: number) => void = () => undefined;
  return {
    next: () => new Promise<number>((resolve) => (waiting = resolve)),
    tell: (atMs: number) => waiting(atMs),
  };
};

const rateEverybody = async (app: App): Promise<void> => {
  const by = asSystem('cli', app.newId());
  const { runId } = required(await app.ratings.startRun(by));
  const worker = await startWorker(app);
  try {
    for (;;) {
      const [run] = await app.ratings.queries.runsByIds(by.actor, [runId]);
      if (run?.state === 'COMPLETED') return;
      if (run?.state !== 'RUNNING' && run?.state !== 'PUBLISHING') throw new Error(`the run is ${run?.state}`);
      await sleep(20);
    }
  } finally {
    await worker.close();
  }
};
