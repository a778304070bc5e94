/**
 * `tierwarden simulate`: rates everybody as a run would, by the live scorecard version or another, be it a draft, and shows what
 * would come of it. This process works on it until it has ended; nothing of it takes effect.
 */
import type { Command } from 'commander';
import { asSystem, required, type App } from '../../src/app';
import { loadConfig } from '../../src/config';
import { isOpenRun, type RatingRun } from '../../src/ratings';
import { startWorker } from '../../workers/main';
import { CommandFailed, say, sayJson, UsageError } from '../output';
import { step } from '../progress';
import { readJson } from '../read-json';
import { demandDatabase, demandRedis } from '../reachable';
import { whatIfLines } from '../what-if.text';
import { withApp } from '../with-app';

export const register = (program: Command): void => {
  program
    .command('simulate')
    .description('rate everybody without effect, and show what would come of it')
    .option('--scorecard-version <id>', 'the version to rate by, be it a draft; the live one if left out')
    .option(
      '--limit-policy <file>',
      'a JSON file with the content of a limit policy to try; else the one in force counts',
    )
    .option('--json', 'end with one JSON object: {runId, state, rated, parked, figures, whatIf}')
    .action(runSimulate);
};

interface SimulateOptions {
  readonly scorecardVersion?: string;
  readonly limitPolicy?: string;
  readonly json?: true;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const runSimulate = async ({ scorecardVersion, limitPolicy, json }: SimulateOptions): Promise<void> => {
  if (scorecardVersion !== undefined && !UUID.test(scorecardVersion)) {
    throw new UsageError('--scorecard-version takes the id of a version');
  }
  const policy = limitPolicy === undefined ? null : await readJson(limitPolicy);
  const config = loadConfig();
  await demandDatabase(config);
  await demandRedis(config);
  await withApp(config, async (app) => {
    const run = await simulate(app, { scorecardVersionId: scorecardVersion ?? null, limitPolicy: policy });
    const { figures, whatIf } = run;
    if (figures === null || whatIf === null) throw new CommandFailed(`run ${run.id} has no figures`);
    say(`${figures.first} rated for the first time, ${figures.compared} anew: ${figures.up} up, ${figures.down} down`);
    for (const line of whatIfLines(whatIf)) say(line);
    if (json) sayJson({ runId: run.id, state: run.state, rated: run.rated, parked: run.parked, figures, whatIf });
  });
};

const POLL_MS = 200;

interface Tried {
  readonly scorecardVersionId: string | null;
  readonly limitPolicy: unknown;
}

const simulate = async (app: App, tried: Tried): Promise<RatingRun> => {
  const by = asSystem('cli', app.newId());
  const { runId } = required(await app.ratings.startRun(by, { simulate: tried }));
  const worker = await startWorker(app);
  try {
    return await step(
      'simulating',
      async (running) => {
        for (;;) {
          const [run] = await app.ratings.queries.runsByIds(by.actor, [runId]);
          if (run === undefined) throw new Error(`run ${runId} is not there`);
          running.update(run.rated + run.parked, run.customers);
          if (run.state === 'CANCELLED') throw new CommandFailed(`run ${runId} was cancelled`);
          if (!isOpenRun(run.state)) return run;
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        }
      },
      ({ rated, parked }) => `${rated} rated, ${parked} parked`,
    );
  } finally {
    await worker.close();
  }
};
