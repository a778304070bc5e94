/** The yearly attestation: due when a year is over, asked for until it is given, given by others than who puts it up, once. */
import { asSystem, required } from '../../src/app';
import { DEFAULT_POLICIES } from '../../src/policies';
import { SCHEDULES } from '../../workers/schedules';
import { useApi, type Loose } from '../support/api';
import type { Handle } from '../support/people';

const api = useApi('sample');
const by = asSystem('scheduler', 'test');
const DAY_MS = 86_400_000;
const { statements, remindEveryDays } = DEFAULT_POLICIES.ATTESTATION;

const answers = statements.map(({ code }) => ({ statement: code, holds: true }));
const remind = async (): Promise<unknown> => required(await api.app.validation.remindOfAttestations(by));
const listed = async (): Promise<Loose> => (await api.ask('auditor', 'attestations')).data['attestations'];
const submit = async (who: Handle, over: object = {}): Promise<Loose> =>
  (await api.ask(who, 'submit-attestation', { input: { year: 2026, answers, ...over } })).data?.['submitAttestation'];
const refusals = async (who: Handle, over: object = {}): Promise<string[]> =>
  (await submit(who, over)).userErrors.map(({ messageKey }: Loose) => messageKey);
const decide = async (who: Handle, { id, version }: Loose, verb = 'approve'): Promise<Loose> => {
  const input = { requestId: id, expectedVersion: version, comment: 'Seen.' };
  return (await api.ask(who, `${verb}-request`, { input })).data[`${verb}Request`];
};

it('is not due of a year in which nobody had a grade, nor of one that is not over', async () => {
  expect(await remind()).toEqual([]);
  expect(await listed()).toEqual([]);
  expect(await refusals('validator')).toEqual(['NOT_FOUND.ATTESTATION']);
});

it('is due when the year is over, by a day, and reminded of until it is given', async () => {
  api.test.clock.set('2027-01-01T00:30:00.000Z');
  const tick = SCHEDULES.find(({ name }) => name === 'attestations-due')!;
  expect(required(await tick.tick(api.app, 'test'))).toEqual([{ year: 2026, dueOn: '2027-03-31', reminders: 0 }]);
  expect(required(await tick.tick(api.app, 'test'))).toEqual([]);
  api.test.clock.advance(remindEveryDays * DAY_MS);
  // Two workers at once remind once.
  const told = (await Promise.all([remind(), remind()])).flat();
  expect(told).toEqual([{ year: 2026, dueOn: '2027-03-31', reminders: 1 }]);
  expect(await listed()).toEqual([
    { year: 2026, dueOn: '2027-03-31', overdue: false, reminders: 1, attestedAt: null, requestId: null },
  ]);
  const events = await api.test.asOwner<{ action: string }>(
    "SELECT action FROM audit_event WHERE object_type = 'Attestation' ORDER BY occurred_at, id",
  );
  expect(events.map(({ action }) => action)).toEqual(['attestation.opened', 'attestation.reminded']);
});

it.each<[string, Handle, object, string]>([
  ['an answer is left out', 'validator', { answers: answers.slice(1) }, 'INVALID.STATEMENTS'],
  [
    'what does not hold is not explained',
    'validator',
    { answers: answers.map((one, at) => ({ ...one, holds: at > 0 })) },
    'REQUIRED',
  ],
  ['the year is another', 'validator', { year: 2025 }, 'NOT_FOUND.ATTESTATION'],
])('is not put up where %s', async (_, who, over, key) => {
  expect(await refusals(who, over)).toEqual([key]);
});

it.each(['analyst', 'cro', 'auditor'] as const)('is not for the %s to put up', async (who) => {
  const answer = await api.ask(who, 'submit-attestation', { input: { year: 2026, answers } });
  expect(JSON.stringify(answer)).toContain('FORBIDDEN');
});

it('is given by others than who puts it up, with the figures of the year, once', async () => {
  const late = required(await api.app.validation.queries.attestations(by.actor, new Date('2027-04-01T00:00:00Z')));
  expect(late).toMatchObject([{ overdue: true }]);
  // One that is rejected may be put up again.
  const refused = await submit('validator');
  expect((await decide('cro', refused.request, 'reject')).request).toMatchObject({ state: 'REJECTED' });
  expect(await listed()).toMatchObject([{ attestedAt: null, requestId: null }]);
  const said = answers.map((one, at) => (at === 1 ? { ...one, holds: false, remark: 'Three were late.' } : one));
  const { request, userErrors } = await submit('validator', { answers: said });
  expect(userErrors).toEqual([]);
  expect(request).toMatchObject({
    state: 'IN_REVIEW',
    levels: [{ ordinal: 1, role: 'CHIEF_RISK_OFFICER', quorum: 1 }],
    proposal: { year: 2026, answers: said.map(({ statement, holds }) => ({ statement, holds })) },
  });
  const [overdue] = await api.test.asOwner<{ count: number }>(
    'SELECT count(*)::int AS count FROM customer_grade WHERE rating_due_at <= $1',
    [api.test.clock()],
  );
  expect(request.proposal.figures).toMatchObject({
    ratings: { overdue: overdue?.count, late: 0 },
    overrides: { overrides: 0 },
    log: { openDiscrepancies: 0 },
  });
  expect(await refusals('validator')).toEqual(['CONFLICTING_REQUEST']);
  expect((await decide('validator', request)).userErrors).toMatchObject([{ code: 'MAKER_CANNOT_CHECK' }]);
  expect((await listed())[0]).toMatchObject({ attestedAt: null, requestId: request.id });
  expect((await decide('cro', request)).request).toMatchObject({ state: 'APPLIED' });
  expect(await listed()).toMatchObject([{ overdue: false, attestedAt: expect.any(String), requestId: request.id }]);
  const [event] = await api.test.asOwner<{ data: object }>(
    "SELECT convert_from(bytes, 'UTF8')::jsonb -> 'data' AS data FROM audit_event WHERE action = 'attestation.given'",
  );
  expect(event?.data).toMatchObject({ request: request.number, notHolding: ['RERATED'] });
  expect(await refusals('validator')).toEqual(['ALREADY_EXISTS.ATTESTATION']);
  api.test.clock.advance(remindEveryDays * DAY_MS);
  expect(await remind()).toEqual([]);
});

describe('the database', () => {
  beforeAll(async () => {
    api.test.clock.set('2028-01-02T00:00:00.000Z');
    expect(await remind()).toMatchObject([{ year: 2027 }]);
  });

  it.each([
    [
      'lets nobody attest without a request',
      `UPDATE attestation SET attested_at = opened_at, request_id = (SELECT id FROM change_request LIMIT 1) WHERE year = 2027`,
      'TW008',
    ],
    ['opens nothing that was given', 'UPDATE attestation SET reminders = 9 WHERE year = 2026', 'TW004'],
    ['deletes none', 'DELETE FROM attestation', '42501'],
    [
      'opens no year that is not over',
      `INSERT INTO attestation (year, due_on, opened_at, reminded_at, reminders)
     VALUES (2030, '2031-03-31', '2030-12-31T23:59:59Z', '2030-12-31T23:59:59Z', 0)`,
      '23514',
    ],
  ])('%s', async (_, sql, code) => {
    await expect(
      api.test.asApp(`SELECT set_config('tierwarden.actor', 'somebody', true); ${sql}`),
    ).rejects.toMatchObject({ code });
  });
});
