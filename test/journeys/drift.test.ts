/**
 * What moves between a proposal and its effect: policies, turnovers, the end of an override. Nothing is decided on what
 * is no longer true.
 */
import { asSystem, required } from '../../src/app';
import { useApi } from '../support/api';
import type { Handle } from '../support/people';
import { readObject } from '../support/reads';

const api = useApi('sample');
const by = asSystem('rating-worker', 'test');

interface Found {
  readonly id: string;
  readonly key: string;
  readonly version: number;
}

const graded = async (grade: string): Promise<Found> => {
  const [row] = await api.test.asOwner<{ key: string; version: number }>(
    `SELECT customer_id AS key, graded.version FROM customer_grade AS graded JOIN credit_limit USING (customer_id)
     WHERE grade = $1 AND basis = 'MODEL' AND amount > 1000
       AND NOT EXISTS (SELECT FROM change_request WHERE subject_id = customer_id::text)
     ORDER BY customer_id LIMIT 1`,
    [grade],
  );
  if (row === undefined) throw new Error(`nobody of grade ${grade} is left`);
  return { ...row, id: Buffer.from(`Customer:${row.key}`).toString('base64url') };
};

const propose = async (of: Found, toGrade: string, validUntil: Date) =>
  (
    await api.ask('maker', 'submit-grade-override', {
      input: {
        customerId: of.id,
        toGrade,
        reasonCode: 'MATERIAL_EVENT',
        justification: 'Something material has happened to them.',
        evidence: [{ title: 'Notice', reference: '2026-1' }],
        validUntil: validUntil.toISOString(),
        expectedVersion: of.version,
      },
    })
  ).data['submitGradeOverride'].request;

const approve = async (who: Handle, request: { id: string; version: number }) =>
  (await api.ask(who, 'approve-request', { input: { requestId: request.id, expectedVersion: request.version } })).data[
    'approveRequest'
  ];

const inHours = (hours: number): Date => new Date(api.test.clock().getTime() + hours * 3_600_000);

it.each(['APPROVAL_MATRIX', 'OVERRIDE'])('a new %s policy voids what was submitted under the old one', async (kind) => {
  const request = await propose(await graded('BBB'), 'BB', inHours(240));
  await api.test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
  await api.test.asOwner(
    `INSERT INTO policy_version (id, kind, number, content, digest, effective_from, published_at, published_by)
     SELECT gen_random_uuid(), kind, number + 1, content, digest, effective_from, published_at, 'test'
     FROM policy_version WHERE kind = $1 ORDER BY number DESC LIMIT 1`,
    [kind],
  );
  expect(await approve('approver', request)).toMatchObject({
    request: null,
    userErrors: [{ messageKey: 'STALE_VERSION.BASE' }],
  });
});

it('an override whose time is over carries no raise, whether or not the schedule has ticked', async () => {
  const of = await graded('BB');
  const request = await propose(of, 'BBB', inHours(1));
  const decided = await approve('approver', request);
  expect(decided.request.customer.grade).toMatchObject({ inForce: { value: 'BBB' }, basis: 'OVERRIDE' });
  api.test.clock.advance(2 * 3_600_000);
  const limit = (await api.ask('maker', 'customer', { id: of.id })).data['customer'].creditLimit;
  const raise = await api.ask('maker', 'request-credit-limit-raise', {
    input: {
      customerId: of.id,
      amount: limit.allowed,
      justification: 'They ask for more.',
      expectedVersion: limit.version,
    },
  });
  expect(raise.data['requestCreditLimitRaise'].userErrors).toEqual([
    expect.objectContaining({ messageKey: 'POLICY_VIOLATION.ABOVE_POLICY_LIMIT' }),
  ]);
  const next = await propose({ ...of, version: decided.request.customer.grade.version + 1 }, 'B', inHours(240));
  expect(next).toMatchObject({ state: 'IN_REVIEW' });
  const [now] = await api.app.ratings.queries.gradesOf(by.actor, [of.key]);
  expect(now).toMatchObject({ grade: 'BB', basis: 'MODEL' });
});

it('a limit follows a fallen turnover at the next rating, also where the grade stays', async () => {
  const of = await graded('A');
  required(
    await api.app.indicators.commands.recordSnapshot(by, {
      customerId: of.key,
      asOf: '2026-01-14',
      source: 'test',
      quality: 'VERIFIED',
      values: { yearlyTurnoverWithUs: '1000' },
    }),
  );
  required(await api.app.ratings.rateCustomer(by, { customerId: of.key }));
  const { approved, allowed } = await readObject(api.app.reads, by.actor, ['CreditLimit', of.key], {
    approved: true,
    allowed: true,
  });
  expect(Number(approved.amount)).toBeLessThanOrEqual(Number(allowed.amount));
});

it('who is rated by himself while a run is under way keeps that rating; the run rates what was known when it began', async () => {
  const of = await graded('AA');
  const { runId } = required(await api.app.ratings.startRun(by));
  api.test.clock.advance(1_000);
  required(
    await api.app.indicators.commands.recordSnapshot(by, {
      customerId: of.key,
      asOf: '2026-01-14',
      source: 'test',
      quality: 'VERIFIED',
      values: { blacklistHit: '1' },
    }),
  );
  required(await api.app.ratings.runChunk(by, { runId, ordinal: 1 }));
  const { ratingId } = required(await api.app.ratings.rateCustomer(by, { customerId: of.key }));
  const version = async () => (await api.app.ratings.queries.gradesOf(by.actor, [of.key]))[0]?.version;
  const before = await version();
  api.test.clock.advance(1_000);
  expect(required(await api.app.ratings.finishRun(by, { runId }))).toEqual({ state: 'COMPLETED' });
  const [now] = await api.app.ratings.queries.gradesOf(by.actor, [of.key]);
  expect(now).toMatchObject({ grade: 'C', ratingId, version: before });
  const ofRun = await api.test.asOwner<{ caps: string[] }>(
    'SELECT caps FROM rating WHERE run_id = $1 AND customer_id = $2',
    [runId, of.key],
  );
  expect(ofRun).toEqual([{ caps: [] }]);
  const { gradeHistory } = await readObject(api.app.reads, by.actor, ['Customer', of.key], {
    gradeHistory: { inForceBefore: true, inForceAfter: true },
  });
  expect(gradeHistory[0]).toMatchObject({ inForceBefore: { value: 'AA' }, inForceAfter: { value: 'C' } });
});
