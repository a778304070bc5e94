/**
 * How long it takes to see what a draft or another limit policy would do to everybody, through the worker and the queue as in
 * daily life: cut points of the draft are drawn, everybody is rated, and grades, limits and terms of everybody are held against
 * those of now. Floor: a published run over the same portfolio in the same minutes, whose cut points are frozen already.
 */
import type { Client } from 'pg';
import { asSystem, required, type App } from '../src/app';
import { systemActor } from '../src/kernel/actor';
import type { Config } from '../src/config';
import { indicatorOf } from '../src/indicators';
import { DEFAULT_POLICIES } from '../src/policies';
import { EXPERT_SCORECARD, inputIndicators } from '../src/scorecards';
import { startWorker } from '../workers/main';
import { carriedOut } from './rerate';
import { figure, timed, type Figure } from './support/figure';
import { drawPortfolio, stirPortfolio } from './support/portfolio';
import { withScratchDatabase } from './support/scratch-database';

export interface WhatIfOptions {
  readonly customers: number;
  readonly onStep: (title: string) => void;
}

const INDICATORS_EACH = inputIndicators(EXPERT_SCORECARD).length;
/** Share of customers with new values between the first run and what is measured. */
const STIRRED = 0.2;

export const whatIf = (config: Config, { customers, onStep }: WhatIfOptions): Promise<Figure[]> =>
  withScratchDatabase(config, async ({ app, owner }) => {
    onStep(`drawing ${customers} customers with ${INDICATORS_EACH} indicators each`);
    await drawPortfolio(owner, { customers });
    const worker = await startWorker(app);
    onStep('first run');
    await run(app);
    await stirPortfolio(owner, STIRRED);
    await owner.query('VACUUM (ANALYZE)');
    onStep('a run');
    const floor = await timed(() => run(app));
    // Only now, so that what is measured has more to do than its floor.
    onStep('drawing a limit for everybody');
    await drawLimits(owner);
    await stirPortfolio(owner, STIRRED);
    await owner.query('VACUUM (ANALYZE)');
    const draft = await draftOf(app);
    const simulations = [
      ['a draft with another weight profile', { scorecardVersionId: draft }],
      ['the live version with a tighter limit policy', { scorecardVersionId: null, limitPolicy: TIGHTER }],
    ] as const;
    const measured: (readonly [string, number])[] = [];
    for (const [title, order] of simulations) {
      onStep(title);
      measured.push([title, (await timed(() => simulate(app, order))).seconds]);
    }
    await worker.close();
    return measured.map(([title, seconds]) =>
      figure({
        bench: 'whatif',
        case: `${title}, ${customers} customers x ${INDICATORS_EACH} indicators`,
        concurrency: config.workerConcurrency,
        value: seconds,
        unit: 'seconds',
        floor: floor.seconds,
      }),
    );
  });

const run = async (app: App): Promise<void> => {
  const by = asSystem('cli', app.newId());
  await carriedOut(app, required(await app.ratings.startRun(by)).runId, 'COMPLETED');
};

type Simulate = NonNullable<NonNullable<Parameters<App['ratings']['startRun']>[1]>['simulate']>;

const simulate = async (app: App, order: Simulate): Promise<void> => {
  const by = asSystem('cli', app.newId());
  await carriedOut(app, required(await app.ratings.startRun(by, { simulate: order })).runId, 'SIMULATED');
};

/** Drafted by somebody who may. */
const draftOf = async (app: App): Promise<string> => {
  const by = { actor: { ...systemActor('cli'), roles: ['POLICY_ADMIN' as const] }, requestId: app.newId() };
  const { id } = await app.scorecards.liveVersion();
  const drafted = await app.scorecards.createDraft(by, { basedOnId: id, changes: { weightProfile: 'RISK_CONTROL' } });
  return required(drafted).versionId;
};

const SHARES = Object.fromEntries(
  Object.entries(DEFAULT_POLICIES.LIMIT.grades).map(([grade, { turnoverShare }]) => [grade, turnoverShare]),
);

/** Half of what may be owed today. */
const TIGHTER = {
  ...DEFAULT_POLICIES.LIMIT,
  grades: Object.fromEntries(
    Object.entries(DEFAULT_POLICIES.LIMIT.grades).map(([grade, row]) => [
      grade,
      { ...row, turnoverShare: (Number(row.turnoverShare) / 2).toFixed(4) },
    ]),
  ),
};

/** A turnover for everybody, and a limit that the grade in force allows. */
const drawLimits = async (owner: Client): Promise<void> => {
  await owner.query('BEGIN');
  await owner.query(`SELECT setseed(0.44), set_config('tierwarden.actor', 'system:bench', true)`);
  for (const table of LIMITED) await owner.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  const { ordinal } = indicatorOf('yearlyTurnoverWithUs');
  await owner.query(
    `UPDATE indicator_current SET values[${ordinal}] = floor(random() * 1e7) / 100, as_of[${ordinal}] = '2026-01-01',
       recorded_at[${ordinal}] = '2026-01-01T00:00:00Z'`,
  );
  await owner.query(
    `INSERT INTO indicator_snapshot (id, customer_id, as_of, recorded_at, source, quality, values, content_digest)
     SELECT gen_random_uuid(), customer_id, '2026-01-01', '2026-01-01T00:00:00Z', 'drawn', 'REPORTED',
       jsonb_build_object('yearlyTurnoverWithUs', values[${ordinal}]::text), repeat('0', 64) FROM indicator_current`,
  );
  await owner.query(
    `INSERT INTO credit_limit (customer_id, amount, currency, version, updated_at)
     SELECT customer_id, round((values ->> 'yearlyTurnoverWithUs')::numeric * allowed.share * (0.4 + 0.6 * random())::numeric, 2),
       'CNY', 1, recorded_at
     FROM indicator_snapshot JOIN customer_grade AS held USING (customer_id)
     JOIN unnest($1::grade[], $2::numeric[]) AS allowed (grade, share) ON allowed.grade = held.grade`,
    [Object.keys(SHARES), Object.values(SHARES)],
  );
  for (const table of LIMITED) await owner.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  await owner.query('COMMIT');
  await owner.query('VACUUM (ANALYZE) indicator_snapshot, credit_limit');
};

const LIMITED = ['indicator_current', 'indicator_snapshot', 'credit_limit'] as const;
