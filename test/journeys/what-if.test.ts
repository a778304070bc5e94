/**
 * A draft with another weight profile: what it would do is seen before it is submitted, approvers see the same figures, and
 * a run after it went live comes to just that. On the way nothing but the simulation's own record is written.
 */
import { createHash } from 'node:crypto';
import { keyOf } from '../../graphql/global-id';
import { asSystem } from '../../src/app';
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';
import { finishRun } from '../support/sample';

const api = useApi('sample');

const mutate = async (who: Handle, operation: string, input: object): Promise<Loose> => {
  const answer = await api.ask(who, operation, { input });
  expect(answer.errors).toEqual([]);
  return Object.values(answer.data as object)[0];
};
const done = async (who: Handle, operation: string, input: object): Promise<Loose> => {
  const payload = await mutate(who, operation, input);
  expect(payload.userErrors).toEqual([]);
  return payload;
};
const liveCard = async (): Promise<Loose> =>
  (await api.ask('analyst', 'scorecard-versions', { first: 1, where: { state: { eq: 'LIVE' } } })).data
    .scorecardVersions.nodes[0];
const draft = async (weightProfile: string): Promise<Loose> =>
  (await done('analyst', 'create-scorecard-draft', { basedOnId: (await liveCard()).id, changes: { weightProfile } }))
    .scorecardVersion;
const edit = async (version: Loose, changes: object): Promise<Loose> =>
  (
    await done('analyst', 'edit-scorecard-draft', {
      versionId: version.id,
      expectedVersion: version.version,
      changes,
    })
  ).scorecardVersion;
const definitionOf = async (version: Loose): Promise<unknown> =>
  (await api.app.scorecards.versionsByIds([keyOf('ScorecardVersion', version.id as string)]))[0]?.definition;
const simulate = async (input: object, who: Handle = 'analyst'): Promise<Loose> => {
  const { run } = await done(who, 'simulate-rating-run', input);
  await finishRun(api.app, keyOf('RatingRun', run.id as string));
  return shown(run.id);
};
const shown = async (id: string): Promise<Loose> => {
  const answer = await api.ask('analyst', 'simulation', { id, first: 100 });
  expect(answer.errors).toEqual([]);
  return answer.data.ratingRun;
};
const submit = (version: Loose): Promise<Loose> =>
  mutate('analyst', 'submit-scorecard-version', {
    versionId: version.id,
    expectedVersion: version.version,
    justification: 'Payment behaviour has told most of the defaults.',
  });

beforeEach(() => api.test.clock.advance(1_000));

/** A digest of every table, so that whatever was written shows. */
const fingerprint = async (): Promise<Map<string, string>> => {
  const tables = await api.test.asOwner<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const prints = new Map<string, string>();
  for (const { name } of tables) {
    const rows = await api.test.asOwner<{ row: string }>(`SELECT t::text AS row FROM ${name} AS t ORDER BY 1`);
    prints.set(name, createHash('sha256').update(JSON.stringify(rows)).digest('hex'));
  }
  return prints;
};

it('a simulation of a draft writes its own record and nothing else', async () => {
  const version = await draft('RISK_CONTROL');
  const before = await fingerprint();
  const { whatIf } = await simulate({ scorecardVersionId: version.id });
  expect(whatIf.rated).toBeGreaterThan(100);
  const after = await fingerprint();
  const written = [...after].filter(([name, print]) => before.get(name) !== print).map(([name]) => name);
  expect(written.sort()).toEqual([
    // The log, and what tells others of it; requests are counted besides.
    'public.audit_event',
    'public.audit_event_body',
    'public.outbox',
    'public.rate_limit',
    'public.rating_run',
    'public.rating_run_chunk',
    'public.scorecard_trial',
    'public.scorecard_trial_cut_points',
    'public.signal',
    'public.simulation_mover',
  ]);
  expect([...before.keys()]).toEqual([...after.keys()]);
});

it('what was simulated is what approvers see, and what comes of it', async () => {
  const version = await draft('RISK_CONTROL');
  expect((await submit(version)).userErrors).toMatchObject([{ messageKey: 'INVALID_STATE.NO_SIMULATION' }]);
  const simulated = await simulate({ scorecardVersionId: version.id });
  const { whatIf } = simulated;
  expect(whatIf.model.reduce((sum: number, cell: Loose) => sum + cell.count, 0)).toBe(whatIf.rated);
  expect(whatIf.movers).toBeGreaterThan(0);
  expect(simulated.movers.nodes).toHaveLength(Math.min(100, whatIf.movers));
  const distances = simulated.movers.nodes.map(({ notches }: Loose) => Math.abs(notches));
  expect(distances).toEqual([...distances].sort((a, b) => b - a));

  const definition = await definitionOf(version);
  const edited = await edit(version, { weightProfile: 'MARKET_EXPANSION' });
  expect((await submit(edited)).userErrors).toMatchObject([
    { messageKey: 'INVALID_STATE.SIMULATION_OF_OTHER_CONTENT' },
  ]);
  // What is simulated is the content: to edit it back is to have it simulated.
  const back = await edit(edited, { definition });
  const { request, userErrors } = await submit(back);
  expect(userErrors).toEqual([]);
  const seen = (await api.ask('approver', 'change-request', { id: request.id })).data.changeRequest;
  expect(seen.impact.whatIf).toMatchObject({
    runId: simulated.id,
    figures: { model: whatIf.model, movers: whatIf.movers, held: whatIf.held, drift: { psi: whatIf.drift.psi } },
  });

  for (const who of ['validator', 'cro'] as const) {
    const { version: current, digest } = (await api.ask(who, 'change-request', { id: request.id })).data.changeRequest;
    await done(who, 'approve-request', { requestId: request.id, expectedVersion: current, expectedDigest: digest });
  }
  expect((await liveCard()).id).toBe(version.id);
  const { run } = await done('analyst', 'start-rating-run', {});
  await finishRun(api.app, keyOf('RatingRun', run.id as string));
  const real = (await api.ask('analyst', 'rating-run', { id: run.id })).data.ratingRun;
  const plain = (cells: Loose[]): unknown[] =>
    cells.map(({ from, to, count }) => [from?.value ?? null, to.value, count]);
  expect(plain(real.figures.moves)).toEqual(plain(whatIf.model));
  // Even the ratings themselves are the same, byte for byte, cut points and all.
  const roots = await api.test.asOwner<{ root: string }>(
    `SELECT DISTINCT ratings_root AS root FROM rating_run WHERE id = ANY ($1::uuid[])`,
    [[keyOf('RatingRun', simulated.id as string), keyOf('RatingRun', run.id as string)]],
  );
  expect(roots).toHaveLength(1);
  const replayed = await api.app.ratings.replay(asSystem('cli', 'test'), { all: true });
  expect(replayed).toMatchObject({ ok: true, value: { mismatches: 0 } });
});
