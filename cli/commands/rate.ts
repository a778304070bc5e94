/**
 * `tierwarden rate`: rates one customer, or the whole portfolio through the workers. With `--wait` this process is a worker
 * itself for as long as the run lasts, so the run ends even where no other worker is up.
 */
import type { Command } from 'commander';
import { asSystem, required, type App } from '../../src/app';
import { loadConfig } from '../../src/config';
import type { Initiator } from '../../src/kernel/actor';
import { GRADES, type Grade } from '../../src/kernel/grade';
import { refusal, RefusalError } from '../../src/kernel/refusal';
import type { Result } from '../../src/kernel/result';
import type { Basis, RatingRun } from '../../src/ratings';
import { startWorker } from '../../workers/main';
import { CommandFailed, say, sayJson, UsageError, warn } from '../output';
import { step } from '../progress';
import { demandDatabase, demandRedis } from '../reachable';
import { withApp } from '../with-app';

interface RateOptions {
  readonly all?: true;
  readonly customer?: string;
  readonly wait?: true;
  readonly json?: true;
}

export interface RunResult {
  readonly runId: string;
  readonly state: RatingRun['state'];
  readonly rated: number;
  readonly parked: number;
  /** Customers per model grade, best first, each of the nine grades named. */
  readonly distribution: Readonly<Record<Grade, number>>;
}

export const register = (program: Command): void => {
  program
    .command('rate')
    .description('rate the whole portfolio, or one customer')
    .option('--all', 'every customer, in a run that workers carry out')
    .option('--customer <number>', 'the customer with this number, at once')
    .option('--wait', 'with --all: work on the run and stay until it has ended')
    .option('--json', 'end with one JSON object: {runId, state, rated, parked, distribution}')
    .action(runRate);
};

const runRate = async ({ all, customer, wait, json }: RateOptions): Promise<void> => {
  if ((all === undefined) === (customer === undefined)) throw new UsageError('rate takes --all or --customer NUMBER');
  if (wait && !all) throw new UsageError('--wait goes with --all');
  const config = loadConfig();
  await demandDatabase(config);
  if (wait) await demandRedis(config);
  await withApp(config, async (app) => {
    if (customer !== undefined) return showRating(await rateOne(app, customer), json === true);
    const by = asSystem('cli', app.newId());
    if (!wait) {
      const { runId } = required(demandCustomers(await app.ratings.startRun(by)));
      say(`run ${runId} has started; workers carry it out`);
      if (!(await workerIsUp(app))) {
        warn('no worker is up to carry it out: run tierwarden worker, or tierwarden rate --all --wait');
      }
      if (json) sayJson(await resultOf(app, by, runId));
      return;
    }
    const result = await ratePortfolio(app, by);
    showDistribution(result);
    if (json) sayJson(result);
  });
};

/**
 * Starts a run, or joins the one that is under way, and works on it until it has ended. Throws a RefusalError when no run
 * can be started, a {@link CommandFailed} when it was cancelled.
 */
export const ratePortfolio = async (app: App, by: Initiator): Promise<RunResult> => {
  const runId = await startOrJoin(app, by);
  const worker = await startWorker(app);
  try {
    const run = await step(
      'rating',
      (running) =>
        runEnded(app, by, runId, ({ rated, parked, customers }) => running.update(rated + parked, customers)),
      ({ rated, parked }) => `${rated} rated, ${parked} parked`,
    );
    if (run.state === 'CANCELLED') throw new CommandFailed(`run ${runId} was cancelled`);
    return await resultOf(app, by, runId);
  } finally {
    await worker.close();
  }
};

const startOrJoin = async (app: App, by: Initiator): Promise<string> => {
  const started = demandCustomers(await app.ratings.startRun(by));
  if (started.ok) return started.value.runId;
  const { reason, params } = started.refusal;
  if (reason !== 'RUN_IN_PROGRESS' || typeof params?.['runId'] !== 'string') throw new RefusalError(started.refusal);
  warn('a run is already in progress: waiting for it to end');
  return params['runId'];
};

/** Throws a {@link CommandFailed} where a run was refused because there is nothing to rate. */
const demandCustomers = <T>(started: Result<T>): Result<T> => {
  if (!started.ok && started.refusal.reason === 'NO_REFERENCE_VALUES') {
    throw new CommandFailed('nothing to rate yet: import indicators first');
  }
  return started;
};

/** Workers of a queue in PostgreSQL stay connected to it; those of a queue in Redis cannot be seen from here. */
const workerIsUp = async ({ config, database }: App): Promise<boolean> => {
  if (config.redis !== null) return true;
  const [found] = await database.query<{ up: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = 'tierwarden-worker') AS up`,
  );
  return found?.up === true;
};

const POLL_MS = 200;

const runEnded = async (
  app: App,
  by: Initiator,
  runId: string,
  onProgress: (run: RatingRun) => void,
): Promise<RatingRun> => {
  for (;;) {
    const run = await readRun(app, by, runId);
    onProgress(run);
    if (run.state !== 'RUNNING' && run.state !== 'PUBLISHING') return run;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

const readRun = async (app: App, by: Initiator, runId: string): Promise<RatingRun> => {
  const [run] = await app.ratings.queries.runsByIds(by.actor, [runId]);
  if (run === undefined) throw new Error(`run ${runId} is not there`);
  return run;
};

const resultOf = async (app: App, by: Initiator, runId: string): Promise<RunResult> => {
  const { state, rated, parked } = await readRun(app, by, runId);
  const counts = new Map(
    (await app.ratings.queries.distribution(by.actor, runId)).map(({ grade, count }) => [grade, count]),
  );
  const distribution = Object.fromEntries(GRADES.map((grade) => [grade, counts.get(grade) ?? 0])) as Record<
    Grade,
    number
  >;
  return { runId, state, rated, parked, distribution };
};

const showDistribution = ({ distribution, rated }: RunResult): void => {
  for (const grade of GRADES) {
    const count = distribution[grade];
    const share = rated === 0 ? 0 : (100 * count) / rated;
    say(`${grade.padEnd(4)} ${String(count).padStart(8)} ${share.toFixed(1).padStart(5)} %`);
  }
};

interface CustomerRating {
  readonly customer: string;
  readonly ratingId: string;
  readonly score: string;
  readonly modelGrade: Grade;
  readonly grade: Grade;
  readonly basis: Basis;
}

const rateOne = async (app: App, number: string): Promise<CustomerRating> => {
  const by = asSystem('cli', app.newId());
  const customer = await app.customers.queries.byNumber(by.actor, number);
  if (customer === null) {
    throw new RefusalError(
      refusal('NOT_FOUND', `There is no customer with the number ${number}.`, { field: ['customer'] }),
    );
  }
  const { ratingId } = required(await app.ratings.rateCustomer(by, { customerId: customer.id }));
  const [rating] = await app.ratings.queries.byIds(by.actor, [ratingId]);
  const [grade] = await app.ratings.queries.gradesOf(by.actor, [customer.id]);
  if (rating === undefined || grade === undefined) throw new Error(`rating ${ratingId} is not there`);
  const { score, modelGrade } = rating;
  return { customer: number, ratingId, score, modelGrade, grade: grade.grade, basis: grade.basis };
};

const STANDS = { OVERRIDE: 'by override', HELD: 'until a checker agrees to the better one' } as const;

const showRating = (rating: CustomerRating, json: boolean): void => {
  const { customer, score, modelGrade, grade, basis } = rating;
  const inForce = basis === 'MODEL' ? '' : `, in force ${grade} ${STANDS[basis]}`;
  say(`${customer}: score ${score}, model grade ${modelGrade}${inForce}`);
  if (json) sayJson(rating);
};
