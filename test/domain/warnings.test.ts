/** What follows from risk events, and what people may do about warnings. */
import { DEFAULT_POLICIES } from '../../src/policies';
import { RISK_EVENT_KINDS, riskEventPolicySchema } from '../../src/policies/domain/risk-event-policy';
import { findIndicator } from '../../src/indicators/domain/dictionary';
import { answerEvent, impliedValue } from '../../src/warnings/domain/answer-event';
import { handleWarning, type Handling } from '../../src/warnings/domain/handle-warning';
import { WARNING_STATES, WARNING_TRANSITIONS, type Warning } from '../../src/warnings/domain/warning';

const policy = DEFAULT_POLICIES.RISK_EVENT;
const calendar = DEFAULT_POLICIES.RERATING_CALENDAR;
/** A Friday, shortly before Spring Festival. */
const NOW = new Date('2026-02-13T02:00:00Z');
const event = { occurredAt: new Date('2026-02-12T00:00:00Z'), value: null };

it.each(RISK_EVENT_KINDS)('the indicator that %s moves is in the dictionary', (kind) => {
  const { indicator } = policy.events[kind];
  if (indicator !== null) expect(findIndicator(indicator.code)).toBeDefined();
});

it('a lawsuit raises a red warning with three business days, asks for a rating at once and for a review of the limit', () => {
  const answer = answerEvent(null, event, policy.events.LAWSUIT, calendar, NOW);
  expect(answer).toEqual({
    ok: true,
    value: {
      severity: 'RED',
      // Saturday is worked, then comes the festival; the third day is Wednesday 25th, all of it.
      deadline: new Date('2026-02-25T16:00:00Z'),
      rerate: { debounceSeconds: 0, deadline: new Date('2026-02-13T03:00:00Z') },
      reviewLimit: true,
    },
  });
});

it.each([
  ['a worse one on top', 'YELLOW', '2026-03-31T16:00:00Z', 'RED', '2026-02-25T16:00:00.000Z'],
  ['a lesser one on top', 'RED', '2026-02-14T16:00:00Z', 'RED', '2026-02-14T16:00:00.000Z'],
] as const)('%s: never milder, never later', (_, severity, deadline, wanted, until) => {
  const answer = answerEvent({ severity, deadline: new Date(deadline) }, event, policy.events.LAWSUIT, calendar, NOW);
  expect(answer).toMatchObject({ ok: true, value: { severity: wanted } });
  expect(answer.ok && answer.value.deadline.toISOString()).toBe(until);
});

it.each([
  ['in the future', { ...event, occurredAt: new Date('2026-02-13T02:00:01Z') }, 'LAWSUIT', 'FUTURE_DATE'],
  ['overdue by nobody knows how long', event, 'OVERDUE', 'VALUE'],
] as const)('an event %s is refused', (_, refused, kind, reason) => {
  expect(answerEvent(null, refused, policy.events[kind], calendar, NOW)).toMatchObject({
    ok: false,
    refusal: { reason },
  });
});

it.each([
  ['adds', { code: 'x', change: 'ADD', value: '1' }, '2', null, '3'],
  ['adds to nothing', { code: 'x', change: 'ADD', value: '1' }, null, null, '1'],
  ['never goes below zero', { code: 'x', change: 'ADD', value: '-1' }, '0', null, '0'],
  ['sets', { code: 'x', change: 'SET', value: '1' }, '0', null, '1'],
  ['takes what is given', { code: 'x', change: 'GIVEN' }, '5', '31.5', '31.5'],
] as const)('an event %s', (_, change, known, given, value) => {
  expect(impliedValue(change, known, given)).toBe(value);
});

it('no event waits for longer than its deadline', () => {
  const { LAWSUIT } = policy.events;
  const rerate = { debounceSeconds: 3_600, deadlineMinutes: 60 };
  const events = { ...policy.events, LAWSUIT: { ...LAWSUIT, rerate } };
  expect(riskEventPolicySchema.safeParse({ ...policy, events }).success).toBe(false);
});

const warning = (given: Partial<Warning> = {}) =>
  ({ state: 'IN_PROGRESS', severity: 'RED', version: 3, ...given }) as const;
const close: Handling = { verb: 'CLOSE', expectedVersion: 3, note: 'Collateral was taken.' };
const risk = { roles: ['RISK_ANALYST'] } as const;
const sales = { roles: ['SALES_MAKER'] } as const;

it.each<[string, ReturnType<typeof handleWarning>, string]>([
  ['another version', handleWarning(warning(), 1, { ...close, expectedVersion: 2, note: '' }, sales), 'STALE_VERSION'],
  [
    'nobody has taken it up',
    handleWarning(warning({ state: 'OPEN' }), 1, { ...close, note: '' }, sales),
    'NOT_IN_PROGRESS',
  ],
  ['taken up twice', handleWarning(warning(), 0, { ...close, verb: 'ACKNOWLEDGE' }, risk), 'NOT_OPEN'],
  ['closed twice', handleWarning(warning({ state: 'CLOSED' }), 0, close, risk), 'NOT_IN_PROGRESS'],
  ['red, by sales', handleWarning(warning(), 1, { ...close, note: '' }, sales), 'RED_IS_FOR_RISK'],
  ['tasks are open', handleWarning(warning(), 1, { ...close, note: '' }, risk), 'OPEN_TASKS'],
  ['nothing is said', handleWarning(warning(), 0, { ...close, note: ' ' }, risk), 'COMMENT_REQUIRED'],
])('refused: %s', (_, got, why) => {
  expect(got.ok).toBe(false);
  if (!got.ok) expect([got.refusal.code, got.refusal.reason]).toContain(why);
});

it.each<[string, ReturnType<typeof handleWarning>, string]>([
  [
    'sales takes up a red one',
    handleWarning(warning({ state: 'OPEN' }), 2, { ...close, verb: 'ACKNOWLEDGE' }, sales),
    'IN_PROGRESS',
  ],
  ['sales closes a yellow one', handleWarning(warning({ severity: 'YELLOW' }), 0, close, sales), 'CLOSED'],
  ['risk closes a red one', handleWarning(warning(), 0, close, risk), 'CLOSED'],
])('%s', (_, got, state) => {
  expect(got).toEqual({ ok: true, value: state });
});

it('every state can be reached, and only the last has no way on', () => {
  const reached = new Set(['OPEN']);
  for (const state of WARNING_STATES)
    for (const next of Object.values(WARNING_TRANSITIONS[state] ?? {})) reached.add(next);
  expect([...reached].sort()).toEqual([...WARNING_STATES].sort());
  expect(WARNING_STATES.filter((state) => WARNING_TRANSITIONS[state] === undefined)).toEqual(['CLOSED']);
});
