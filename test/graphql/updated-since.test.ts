/** The polling way: lists of what has changed since a moment, for those who were away. */
import { MIGRATIONS } from '../../migrations';
import { asSystem, required } from '../../src/app';
import { migrate } from '../../src/platform/migrate';
import { useApi } from '../support/api';

const api = useApi('sample');
const by = asSystem('rating-worker', 'test');
const now = (): string => api.test.clock().toISOString();
const later = (): string => {
  api.test.clock.advance(60_000);
  return now();
};

const requestsSince = async (updatedSince: string, more: object = {}): Promise<unknown[]> =>
  (
    await api.ask(
      'auditor',
      `query ($where: ChangeRequestWhere) { changeRequests(where: $where) { totalCount { count } nodes { id version updatedAt } } }`,
      { where: { updatedSince, ...more } },
    )
  ).data.changeRequests.nodes;

const runsSince = async (updatedSince: string, more: object = {}): Promise<unknown[]> =>
  (
    await api.ask(
      'auditor',
      `query ($where: RatingRunWhere) { ratingRuns(where: $where) { totalCount { count } nodes { id state chunksDone updatedAt } } }`,
      { where: { updatedSince, ...more } },
    )
  ).data.ratingRuns.nodes;

it('a request is there from the moment of its newest version on', async () => {
  const customer = (await api.ask('maker', '{ customer(number: "C0003") { id grade { version } } }')).data.customer;
  const submittedAt = later();
  const { request } = (
    await api.ask('maker', 'submit-grade-override', {
      input: {
        customerId: customer.id,
        toGrade: 'BB',
        reasonCode: 'MATERIAL_EVENT',
        justification: 'Something material has happened to them.',
        evidence: [{ title: 'Notice', reference: '2026-1' }],
        validUntil: '2026-03-01T00:00:00.000Z',
        expectedVersion: customer.grade.version,
      },
    })
  ).data.submitGradeOverride;
  expect(await requestsSince(submittedAt)).toEqual([{ id: request.id, version: 1, updatedAt: submittedAt }]);

  const decidedAt = later();
  expect(await requestsSince(decidedAt)).toEqual([]);
  await api.ask('approver', 'approve-request', { input: { requestId: request.id, expectedVersion: 1 } });
  const decided = { id: request.id, version: 2, updatedAt: decidedAt };
  expect(await requestsSince(decidedAt)).toEqual([decided]);
  expect(await requestsSince(submittedAt)).toEqual([decided]);
  expect(await requestsSince(decidedAt, { state: { eq: 'IN_REVIEW' } })).toHaveLength(1);
  expect(await requestsSince(decidedAt, { state: { eq: 'EXPIRED' } })).toEqual([]);
  expect(await requestsSince(later())).toEqual([]);
});

it('never goes back, though the clock of another process does', async () => {
  const { nodes } = (await api.ask('approver', '{ changeRequests { nodes { id version updatedAt } } }')).data
    .changeRequests;
  const [request] = nodes;
  const present = now();
  api.test.clock.set(new Date(Date.parse(request.updatedAt) - 30_000).toISOString());
  const answer = await api.ask('maker', 'withdraw-request', {
    input: { requestId: request.id, expectedVersion: request.version },
  });
  expect(answer.data.withdrawRequest.request.state).toBe('WITHDRAWN');
  api.test.clock.set(present);
  expect(await requestsSince(request.updatedAt)).toEqual([{ ...request, version: request.version + 1 }]);
});

it('a run is there with its start, with each of its chunks and with its end', async () => {
  const startedAt = later();
  const { runId } = required(await api.app.ratings.startRun(by));
  const id = Buffer.from(`RatingRun:${runId}`).toString('base64url');
  expect(await runsSince(startedAt)).toEqual([{ id, state: 'RUNNING', chunksDone: 0, updatedAt: startedAt }]);
  const ratedAt = later();
  expect(await runsSince(ratedAt)).toEqual([]);
  required(await api.app.ratings.runChunk(by, { runId, ordinal: 1 }));
  expect(await runsSince(ratedAt)).toEqual([{ id, state: 'RUNNING', chunksDone: 1, updatedAt: ratedAt }]);
  const endedAt = later();
  required(await api.app.ratings.finishRun(by, { runId }));
  expect(await runsSince(endedAt)).toEqual([{ id, state: 'COMPLETED', chunksDone: 1, updatedAt: endedAt }]);
  expect(await runsSince(ratedAt, { state: { notIn: ['COMPLETED'] } })).toEqual([]);
  expect(await runsSince(startedAt, { startedAt: { lt: startedAt } })).toEqual([]);
});

it('a run of several chunks is there with each', async () => {
  const startedAt = later();
  const { runId } = required(await api.app.ratings.startRun(by));
  await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
  // The sample fits into one chunk; a second one, of the same customers, is enough to see the first one finished.
  await api.test.asOwner('INSERT INTO rating_run_chunk (run_id, ordinal) VALUES ($1, 2)', [runId]);
  const ratedAt = later();
  required(await api.app.ratings.runChunk(by, { runId, ordinal: 1 }));
  const id = Buffer.from(`RatingRun:${runId}`).toString('base64url');
  expect(await runsSince(ratedAt)).toEqual([{ id, state: 'RUNNING', chunksDone: 1, updatedAt: ratedAt }]);
  const cancelledAt = later();
  required(await api.app.ratings.cancelRun(by, { runId }));
  expect(await runsSince(cancelledAt)).toMatchObject([{ id, state: 'CANCELLED', updatedAt: cancelledAt }]);
  expect(await runsSince(startedAt)).toHaveLength(1);
});

it('what changed before this was kept has the moment of its last change all the same', async () => {
  const moments = () =>
    api.test.asOwner<{ id: string; updated: string }>(
      `SELECT id, updated_at::text AS updated FROM change_request
       UNION ALL SELECT id, updated_at::text FROM rating_run ORDER BY id`,
    );
  const before = await moments();
  expect(before.length).toBeGreaterThan(3);
  const from = MIGRATIONS.findIndex(({ name }) => name.startsWith('Signals'));
  const options = { ownerUrl: api.test.ownerUrl, appUrl: api.test.appUrl, migrations: MIGRATIONS };
  await migrate({ ...options, down: MIGRATIONS.length - from });
  await migrate(options);
  const after = await moments();
  expect(after).toEqual(before);
});
