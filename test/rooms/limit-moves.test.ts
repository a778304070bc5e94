/** How limits are moved: frozen and unfrozen, raised for a time, divided by product, bounded by group; and what is used beyond. */
import { asSystem, required } from '../../src/app';
import { actorOf } from '../../src/identity/domain/user';
import type { Initiator } from '../../src/kernel/actor';
import { Decimal } from '../../src/kernel/decimal';
import type { Grade } from '../../src/kernel/grade';
import type { Result } from '../../src/kernel/result';
import type { RequestRaise } from '../../src/limits';
import type { VerbOutcome } from '../../src/approvals';
import { useApi, type Loose } from '../support/api';
import { freshAccounts } from '../support/exposure';
import type { Handle } from '../support/people';

const api = useApi('sample');
const system = asSystem('worker', 'test');
const accounts = freshAccounts(api);
const DAY_MS = 86_400_000;

const as = async (handle: Handle): Promise<Initiator> => ({
  actor: actorOf((await api.app.identity.queries.bySubject(handle))!),
  requestId: `test-${handle}`,
});
const codeOf = (result: Result<unknown>): string =>
  result.ok ? 'OK' : [result.refusal.code, result.refusal.reason].filter(Boolean).join('.');

let references = 0;
const reserve = (customerId: string, amount: string, product: string | null = null) =>
  api.app.limits.reserve(system, {
    customerId,
    product,
    amount: { amount, currency: 'CNY' },
    reference: `R-${(references += 1)}`,
    holdMinutes: 129_600,
  });

interface Held {
  readonly amount: string;
  readonly version: number;
  readonly fallsBackTo: string | null;
  readonly postings: number;
}
const limitOf = async (customerId: string): Promise<Held> => {
  const [row] = await api.test.asOwner<Held>(
    'SELECT amount::text, version, postings, falls_back_to::text AS "fallsBackTo" FROM credit_limit WHERE customer_id = $1',
    [customerId],
  );
  return row!;
};
const overUseOf = (customerId: string) =>
  api.test.asOwner<{ product: string; over: string; ended: boolean }>(
    `SELECT product, (exposure - limit_amount)::text AS over, ended_at IS NOT NULL AS ended
     FROM credit_over_use WHERE customer_id = $1 ORDER BY found_at, product`,
    [customerId],
  );

/** The customer's share of the list of all over-use, as an approver sees it. */
const listed = async (customerId: string): Promise<Loose[]> => {
  const { data, errors } = await api.ask(
    'approver',
    `{ overUses(first: 100) { nodes {
       product limit { amount } exposure { amount } excess { amount } foundAt customer { id } } } }`,
  );
  expect(errors).toEqual([]);
  return (data.overUses.nodes as Loose[]).filter(
    ({ customer }) => Buffer.from(customer.id as string, 'base64url').toString() === `Customer:${customerId}`,
  );
};

const raise = async (customerId: string, amount: string, more: Partial<RequestRaise> = {}) =>
  api.app.limits.requestRaise(await as('maker'), {
    customerId,
    of: { scope: 'CUSTOMER' },
    amount: { amount, currency: 'CNY' },
    justification: 'Business is growing.',
    expectedVersion: (await limitOf(customerId)).version,
    effectiveFrom: null,
    until: null,
    ...more,
  });
/** Votes of everybody who is asked, level by level. */
const agree = async (asked: Result<VerbOutcome>): Promise<string> => {
  const { id } = required(asked).request;
  let { version, state, currentLevel, levels } = required(asked).request;
  while (state === 'IN_REVIEW') {
    const role = levels.find(({ ordinal }) => ordinal === currentLevel)?.role;
    const who = role === 'CHIEF_RISK_OFFICER' ? 'cro' : 'approver';
    ({ version, state, currentLevel, levels } = required(
      await api.app.approvals.vote(await as(who), {
        requestId: id,
        verdict: 'APPROVE',
        comment: null,
        expectedVersion: version,
        expectedDigest: null,
      }),
    ).request);
  }
  return state;
};

describe('a freeze', () => {
  it('stops reservations from then on, and what is reserved can still be confirmed', async () => {
    const customerId = await accounts.next('100.00');
    required(await reserve(customerId, '10.00'));
    required(await api.app.limits.freeze(await as('analyst'), { customerId, reason: 'Rumours of insolvency.' }));
    expect(codeOf(await reserve(customerId, '10.00'))).toBe('FROZEN');
    required(await api.app.limits.confirm(system, { customerId, reference: `R-${references - 1}`, amount: null }));
    expect(codeOf(await api.app.limits.freeze(await as('cro'), { customerId, reason: 'x' }))).toBe(
      'ALREADY_EXISTS.FREEZE',
    );
  });

  it.each<[Handle, string, string]>([
    ['maker', 'x', 'FORBIDDEN.ROLE_LACKS_PERMISSION'],
    ['analyst', ' ', 'REQUIRED'],
  ])('by %s for %j is refused', async (who, reason, code) => {
    const customerId = await accounts.next('100.00');
    expect(codeOf(await api.app.limits.freeze(await as(who), { customerId, reason }))).toBe(code);
    expect(codeOf(await reserve(customerId, '10.00'))).toBe('OK');
  });

  it('is lifted by a request that others agree to, and by nothing else', async () => {
    const customerId = await accounts.next('100.00');
    const maker = await as('maker');
    const ask = () => api.app.limits.requestUnfreeze(maker, { customerId, justification: 'It was another company.' });
    expect(codeOf(await ask())).toBe('INVALID_STATE.NOT_FROZEN');
    required(await api.app.limits.freeze(await as('analyst'), { customerId, reason: 'Rumours.' }));
    const asked = await ask();
    expect(codeOf(await reserve(customerId, '10.00'))).toBe('FROZEN');
    await api.test.asApp("SELECT set_config('tierwarden.actor', 'somebody', false)");
    await expect(
      api.test.asApp('UPDATE credit_freeze SET lifted_at = now(), request_id = $2 WHERE customer_id = $1', [
        customerId,
        required(asked).request.id,
      ]),
    ).rejects.toMatchObject({ code: 'TW008' });
    expect(await agree(asked)).toBe('APPLIED');
    expect(codeOf(await reserve(customerId, '10.00'))).toBe('OK');
    await expect(
      api.test.asApp('UPDATE credit_freeze SET lifted_at = now() WHERE customer_id = $1', [customerId]),
    ).rejects.toMatchObject({ code: 'TW004' });
  });

  it('racing with reservations lets through only what came before it', async () => {
    const customerId = await accounts.next('100.00');
    const analyst = await as('analyst');
    const entries = async () => (await limitOf(customerId)).postings;
    const reserving = Array.from({ length: 60 }, () => reserve(customerId, '1.00'));
    await reserving[0];
    required(await api.app.limits.freeze(analyst, { customerId, reason: 'Rumours.' }));
    const before = await entries();
    const told = await Promise.all(reserving);
    expect(await entries()).toBe(before);
    expect(told.filter(({ ok }) => ok)).toHaveLength(before);
    expect(told.filter(({ ok }) => !ok).map(codeOf)).toEqual(Array(60 - before).fill('FROZEN'));
    expect(codeOf(await reserve(customerId, '1.00'))).toBe('FROZEN');
  });
});

describe('a raise for a time', () => {
  it('holds until its end, falls back by itself once, and counts no more even before a job has come', async () => {
    const customerId = await accounts.next('100.00');
    const until = new Date(api.test.clock().getTime() + 10 * DAY_MS);
    expect(await agree(await raise(customerId, '150.00', { until }))).toBe('APPLIED');
    expect(await limitOf(customerId)).toMatchObject({ amount: '150.00', fallsBackTo: '100.00' });
    required(await reserve(customerId, '90.00'));
    expect(codeOf(await raise(customerId, '180.00', { until }))).toBe('INVALID_STATE.RAISED_FOR_A_TIME');
    expect(required(await api.app.limits.fallBackDue(system, 100))).toBe(0);
    api.test.clock.set(until.toISOString());
    expect(codeOf(await reserve(customerId, '20.00'))).toBe('LIMIT_EXCEEDED.LIMIT');
    const ticks = await Promise.all([1, 2, 3].map(() => api.app.limits.fallBackDue(system, 100)));
    expect(ticks.reduce((sum, tick) => sum + required(tick), 0)).toBe(1);
    expect(await limitOf(customerId)).toMatchObject({ amount: '100.00', fallsBackTo: null });
    expect(await overUseOf(customerId)).toEqual([]);
  });

  it('begins on its day', async () => {
    const customerId = await accounts.next('100.00');
    const effectiveFrom = new Date(api.test.clock().getTime() + DAY_MS);
    const until = new Date(effectiveFrom.getTime() + DAY_MS);
    expect(await agree(await raise(customerId, '150.00', { effectiveFrom, until }))).toBe('SCHEDULED');
    expect(codeOf(await reserve(customerId, '150.00'))).toBe('LIMIT_EXCEEDED.LIMIT');
    api.test.clock.set(effectiveFrom.toISOString());
    required(await api.app.approvals.applyDue(system, 100));
    expect(codeOf(await reserve(customerId, '150.00'))).toBe('OK');
    api.test.clock.set(until.toISOString());
    expect(required(await api.app.limits.fallBackDue(system, 100))).toBe(1);
    expect(await overUseOf(customerId)).toEqual([{ product: '', over: '50.00', ended: false }]);
  });

  it('gives way to a raise for good, and to a cut below where it began', async () => {
    const until = new Date(api.test.clock().getTime() + 10 * DAY_MS);
    const lasting = await accounts.next('100.00');
    await agree(await raise(lasting, '150.00', { until }));
    await agree(await raise(lasting, '180.00'));
    expect(await limitOf(lasting)).toMatchObject({ amount: '180.00', fallsBackTo: null });
    const cut = await accounts.next('100.00');
    await agree(await raise(cut, '150.00', { until }));
    await accounts.cut(cut, '120.00');
    expect(await limitOf(cut)).toMatchObject({ amount: '120.00', fallsBackTo: '100.00' });
    await accounts.cut(cut, '80.00');
    expect(await limitOf(cut)).toMatchObject({ amount: '80.00', fallsBackTo: null });
  });

  it.each<[string, string, () => Partial<RequestRaise>]>([
    ['that ended before', 'OUT_OF_RANGE.ENDS_BEFORE_IT_BEGINS', () => ({ until: new Date(0) })],
    ['that began before', 'OUT_OF_RANGE.IN_THE_PAST', () => ({ effectiveFrom: new Date(0) })],
    ['of a sub-limit', 'INVALID.UNTIL', () => ({ of: { scope: 'PRODUCT', product: 'LOAN' }, until: new Date(4e12) })],
  ])('%s is refused', async (_, code, more) => {
    expect(codeOf(await raise(await accounts.next('100.00'), '150.00', more()))).toBe(code);
  });
});

describe('a cut', () => {
  it('that leaves use above the limit is told of until use has fallen', async () => {
    const customerId = await accounts.next('100.00');
    required(await reserve(customerId, '90.00'));
    required(await api.app.limits.confirm(system, { customerId, reference: `R-${references}`, amount: null }));
    await accounts.cut(customerId, '60.00');
    expect(await overUseOf(customerId)).toEqual([{ product: '', over: '30.00', ended: false }]);
    await accounts.cut(customerId, '50.00');
    expect(await overUseOf(customerId)).toHaveLength(1);
    expect(await listed(customerId)).toMatchObject([
      { product: null, limit: { amount: '60.00' }, exposure: { amount: '90.00' }, excess: { amount: '40.00' } },
    ]);
    const repay = (amount: string) =>
      api.app.limits.repay(system, {
        customerId,
        product: null,
        amount: { amount, currency: 'CNY' },
        reference: `P-${(references += 1)}`,
      });
    required(await repay('39.99'));
    expect(await overUseOf(customerId)).toMatchObject([{ ended: false }]);
    required(await repay('0.01'));
    expect(await overUseOf(customerId)).toMatchObject([{ ended: true }]);
    expect(await listed(customerId)).toEqual([]);
  });

  it('by the policy records how much is used beyond', async () => {
    const customerId = await accounts.next('100.00');
    required(await reserve(customerId, '90.00'));
    await api.app.unitOfWork.run(system, async (tx) => {
      await api.app.limits.gradesChanged(tx, [
        { customerId, causeId: 'test', after: { grade: 'C' } } as unknown as Parameters<
          typeof api.app.limits.gradesChanged
        >[1][0],
      ]);
      return { ok: true, value: true } as const;
    });
    expect(await overUseOf(customerId)).toEqual([{ product: '', over: '90.00', ended: false }]);
    const actions = await api.test.asOwner<{ action: string }>(
      'SELECT action FROM audit_event WHERE customer_id = $1 ORDER BY occurred_at DESC, id DESC LIMIT 2',
      [customerId],
    );
    expect(actions.map(({ action }) => action).sort()).toEqual(['limit.cut', 'limit.overUsed']);
  });
});

describe('a sub-limit', () => {
  const set = async (customerId: string, amount: string, who: Handle = 'analyst', product = 'LOAN') =>
    api.app.limits.setSubLimit(await as(who), {
      customerId,
      product,
      amount: { amount, currency: 'CNY' },
      reason: 'Spread over products.',
    });

  it('holds beside the limit, from the moment it is set, for what was used before as well', async () => {
    const customerId = await accounts.next('100.00');
    required(await reserve(customerId, '30.00', 'LOAN'));
    required(await set(customerId, '40.00'));
    expect(codeOf(await reserve(customerId, '10.01', 'LOAN'))).toBe('LIMIT_EXCEEDED.SUB_LIMIT');
    expect(codeOf(await reserve(customerId, '10.00', 'LOAN'))).toBe('OK');
    expect(codeOf(await reserve(customerId, '60.01', 'BILL'))).toBe('LIMIT_EXCEEDED.LIMIT');
    expect(codeOf(await reserve(customerId, '60.00', 'BILL'))).toBe('OK');
  });

  it('is lowered by one person, and told of where more is in use', async () => {
    const customerId = await accounts.next('100.00');
    required(await set(customerId, '40.00'));
    required(await reserve(customerId, '35.00', 'LOAN'));
    expect(codeOf(await set(customerId, '40.00'))).toBe('INVALID.NOT_TIGHTER');
    expect(codeOf(await set(customerId, '39.00', 'maker'))).toBe('FORBIDDEN.ROLE_LACKS_PERMISSION');
    required(await set(customerId, '20.00'));
    expect(await overUseOf(customerId)).toEqual([{ product: 'LOAN', over: '15.00', ended: false }]);
  });

  it('is raised by request alone, up to the limit', async () => {
    const customerId = await accounts.next('100.00');
    const of = { scope: 'PRODUCT', product: 'LOAN' } as const;
    expect(codeOf(await raise(customerId, '50.00', { of }))).toBe('INVALID_STATE.NO_SUB_LIMIT');
    required(await set(customerId, '40.00'));
    expect(codeOf(await raise(customerId, '100.01', { of }))).toBe('LIMIT_EXCEEDED.LIMIT');
    const asked = await raise(customerId, '80.00', { of });
    await api.test.asApp("SELECT set_config('tierwarden.actor', 'somebody', false)");
    const book = (request: string | null) =>
      api.test.asApp(
        `INSERT INTO sub_limit_entry (id, customer_id, scope, product, before, after, reason, request_id, booked_at, booked_by)
         VALUES (gen_random_uuid(), $1, 'PRODUCT', 'LOAN', 40, 80, 'x', $2, now(), 'somebody')`,
        [customerId, request],
      );
    await expect(book(null)).rejects.toMatchObject({ code: '23514' });
    await expect(book(required(asked).request.id)).rejects.toMatchObject({ code: 'TW008' });
    expect(await agree(asked)).toBe('APPLIED');
    expect(codeOf(await reserve(customerId, '80.00', 'LOAN'))).toBe('OK');
  });
});

describe('a group limit', () => {
  it('bounds the group of whoever it was set for, and is raised by request', async () => {
    const [first, second] = (await accounts.group(2, '100.00', null)) as [string, string];
    expect(codeOf(await reserve(first, '90.00'))).toBe('OK');
    const set = async (amount: string) =>
      api.app.limits.setGroupLimit(await as('cro'), {
        customerId: first,
        amount: { amount, currency: 'CNY' },
        reason: 'One hand owns both.',
      });
    required(await set('120.00'));
    expect(codeOf(await reserve(second, '30.01'))).toBe('LIMIT_EXCEEDED.GROUP_LIMIT');
    expect(codeOf(await set('130.00'))).toBe('INVALID.NOT_TIGHTER');
    expect(await agree(await raise(first, '130.00', { of: { scope: 'GROUP' } }))).toBe('APPLIED');
    expect(codeOf(await reserve(second, '40.00'))).toBe('OK');
    expect(codeOf(await reserve(second, '0.01'))).toBe('LIMIT_EXCEEDED.GROUP_LIMIT');
  });
});

describe('a limit policy that is proposed', () => {
  it('tells whose limits would cross what, as the rules say it one by one, under the digest', async () => {
    const { content } = await api.app.policies.inForceAt('LIMIT', api.test.clock());
    const halved = Object.fromEntries(
      Object.entries(content.grades).map(([grade, row]) => [
        grade,
        { ...row, turnoverShare: new Decimal(row.turnoverShare).div(2).toFixed() },
      ]),
    ) as typeof content.grades;
    const draft = {
      ...content,
      grades: {
        ...halved,
        AAA: { ...halved.AAA, paymentTermDays: 80 },
        BB: { ...halved.BB, paymentTermDays: 45 },
        CC: { ...halved.CC, newBusinessAllowed: false },
      },
    };
    const held = await api.test.asOwner<{ customerId: string; grade: Grade }>(
      'SELECT customer_id AS "customerId", grade FROM credit_limit JOIN customer_grade USING (customer_id) WHERE amount > 0',
    );
    const told = await api.app.limits.consequences(
      api.app.database.query,
      held.map(({ customerId, grade }) => ({ customerId, before: grade, after: grade })),
      { draft, at: api.test.clock(), exact: true },
    );
    const now = await api.app.limits.consequences(
      api.app.database.query,
      held.map(({ customerId, grade }) => ({ customerId, before: grade, after: grade })),
      { draft: content, at: api.test.clock(), exact: true },
    );
    const isAbove = (of: (typeof told)[number] | undefined): boolean => new Decimal(of!.limitAfter).lt(of!.limitBefore);
    const cut = told.filter((one, i) => isAbove(one) && !isAbove(now[i]));
    const expected = {
      customers: held.length,
      cut: cut.length,
      cutBy: cut.reduce((sum, one) => sum.plus(one.limitBefore).minus(one.limitAfter), new Decimal(0)).toFixed(2),
      noLongerAbove: told.filter((one, i) => !isAbove(one) && isAbove(now[i])).length,
      newBusinessStopped: held.filter(({ grade }) => grade === 'CC').length,
      newBusinessAllowed: 0,
      termShorter: held.filter(({ grade }) => grade === 'AAA').length,
      termLonger: held.filter(({ grade }) => grade === 'BB').length,
    };
    expect(expected.cut).toBeGreaterThan(0);
    const submitted = required(
      await api.app.approvals.submitPolicy(await as('policy'), 'LIMIT', {
        content: draft,
        justification: 'Agreed by the risk committee.',
      }),
    ).request;
    expect((submitted.impact as { limits: object }).limits).toEqual(expected);
    expect(
      required(
        await api.app.approvals.submitPolicy(await as('policy'), 'RATING_RUN', {
          content: {
            ...(await api.app.policies.inForceAt('RATING_RUN', api.test.clock())).content,
            shareMovedUpTo: '0.34',
          },
          justification: 'Agreed by the risk committee.',
        }),
      ).request.impact,
    ).toMatchObject({ limits: null });
  });
});
