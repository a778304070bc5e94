/**
 * A customer graded A is sued (D25): rated again at once, at most B, red warning with owner and deadline, limit cut and up for
 * review; through the API as people use it, with workers that are killed while they answer it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { useApi, type Answer, type Loose } from '../support/api';
import { startChild, type Child } from '../workers/support/child-process';
import type { WorkerChildOptions } from '../workers/support/worker-child';
import { until } from '../workers/support/until';
import type { Handle } from '../support/people';

const api = useApi('sample');
const children: Child[] = [];
const startWorkerProcess = (): Child => {
  const child = startChild('worker-child.ts', {
    databaseUrl: api.test.appUrl,
    redis: null,
  } satisfies WorkerChildOptions);
  children.push(child);
  return child;
};

let good: { id: string; key: string; number: string; amount: string }[];
beforeAll(async () => {
  // Workers go by the clock on the wall; nobody is due by it but one, who is sued before anybody works.
  api.test.clock.set(new Date().toISOString());
  await api.test.asOwner("SELECT set_config('tierwarden.actor', 'system:test', false)");
  await api.test.asOwner(
    "UPDATE customer_grade SET last_rated_at = now(), rating_due_at = now() + interval '11 months', effective_from = now()",
  );
  good = await api.test.asOwner(
    `SELECT encode(convert_to('Customer:' || customer.id, 'UTF8'), 'base64') AS id, customer.id AS key, customer.number,
       credit_limit.amount::text AS amount
     FROM customer_grade AS held JOIN customer ON customer.id = held.customer_id
     JOIN credit_limit ON credit_limit.customer_id = held.customer_id
     WHERE held.grade >= 'BBB' AND held.basis = 'MODEL' AND credit_limit.amount > 0
     ORDER BY held.grade = 'A' DESC, customer.number LIMIT 8`,
  );
  await api.test.asOwner(
    "UPDATE customer_grade SET rating_due_at = now() - interval '1 minute' WHERE customer_id = $1",
    [good[1]?.key],
  );
  good = good.map((customer) => ({ ...customer, id: Buffer.from(`Customer:${customer.key}`).toString('base64url') }));
});
afterAll(() => Promise.all(children.map((child) => child.kill())));
beforeEach(() => api.test.clock.set(new Date().toISOString()));

const done = async (who: Handle, operation: string, input: object): Promise<Loose> => {
  const answer: Answer = await api.ask(who, operation, { input });
  expect(answer.errors).toEqual([]);
  const [payload] = Object.values(answer.data as Record<string, Loose>);
  return payload;
};
const sued = (customer: number, reference: string) => ({
  customerId: good[customer]?.id,
  kind: 'LAWSUIT',
  occurredAt: new Date(Date.now() - 3_600_000).toISOString(),
  source: '人民法院公告网',
  reference,
  detail: '买卖合同纠纷，原告请求支付货款及违约金。',
});
const see = async (id: string): Promise<Loose> => (await api.ask('analyst', 'warning', { id })).data.warning;
const ratingsOf = async (key: string | undefined): Promise<number> =>
  (await api.test.asOwner('SELECT FROM rating WHERE customer_id = $1', [key])).length;

let warning: Loose;

it('the event stands with its warning, owner, deadline, task and re-rating before anybody has worked on it', async () => {
  const before = (await api.ask('maker', 'customer', { number: good[0]?.number })).data.customer;
  expect(before.grade.inForce.value).toBe('A');
  const payload = await done('maker', 'record-risk-event', sued(0, '(2026)沪0115民初1号'));
  expect(payload.userErrors).toEqual([]);
  expect(payload.warning).toMatchObject({
    severity: 'RED',
    state: 'OPEN',
    tasks: [{ kind: 'LIMIT_REVIEW' }],
    events: [{ kind: 'LAWSUIT', rerating: { state: 'OPEN' } }],
  });
  expect(payload.warning.owner !== null || payload.warning.ownerRole === 'RISK_ANALYST').toBe(true);
  expect(new Date(payload.warning.deadline).getTime()).toBeGreaterThan(Date.now());
  warning = payload.warning;

  // The court's notice comes in twice.
  const again = await done('analyst', 'record-risk-event', sued(0, '(2026)沪0115民初1号'));
  expect(again).toMatchObject({ warning: { id: warning.id, version: 1 }, auditEvent: null, userErrors: [] });
  const other = await done('analyst', 'record-risk-event', sued(1, '(2026)沪0115民初1号'));
  expect(other.userErrors).toMatchObject([{ code: 'ALREADY_EXISTS', field: ['reference'] }]);
});

it('workers that are killed while they answer lose none and double none', async () => {
  const before = await Promise.all(good.map(({ key }) => ratingsOf(key)));
  await done('analyst', 'record-risk-event', sued(1, 'notice-1'));
  let worker = startWorkerProcess();
  for (let i = 2; i < good.length; i++) {
    await done('analyst', 'record-risk-event', sued(i, `notice-${i}`));
    if (i % 3 !== 0) continue;
    await sleep(Math.random() * 1_500);
    await worker.kill();
    worker = startWorkerProcess();
  }
  const open = () => api.test.asOwner("SELECT FROM rerating WHERE state = 'OPEN'");
  await until('all events are answered', async () => (await open()).length === 0, 60_000);
  await worker.kill();
  // Also of the one that was due: whatever the calendar asked for is answered by the same rating.
  expect(await Promise.all(good.map(({ key }) => ratingsOf(key)))).toEqual(before.map((count) => count + 1));
  expect(await api.test.asOwner("SELECT kind, state FROM rerating WHERE kind = 'EVENT'")).toEqual(
    good.map(() => ({ kind: 'EVENT', state: 'DONE' })),
  );
}, 120_000);

it('at most B, with the lawsuit as the reason, and the limit cut in the same moment', async () => {
  const seen = await see(warning.id);
  const { rating } = seen.events[0].rerating;
  expect(rating.caps).toContain('lawsuit');
  for (const { key, amount } of good) {
    const [now] = await api.test.asOwner<{ grade: string; fits: boolean; cut: string }>(
      `SELECT held.grade, held.grade <= 'B' AS fits, credit_limit.amount::text AS cut FROM customer_grade AS held
       JOIN credit_limit ON credit_limit.customer_id = held.customer_id WHERE held.customer_id = $1`,
      [key],
    );
    expect(now?.fits).toBe(true);
    expect(Number(now?.cut)).toBeLessThanOrEqual(Number(amount));
  }
  expect(seen.customer.grade).toMatchObject({ inForce: { value: rating.modelGrade.value } });
  expect(Number(seen.customer.creditLimit.approved.amount)).toBeLessThan(Number(good[0]?.amount));
  expect(seen.customer.openWarnings).toEqual([{ id: warning.id, severity: 'RED' }]);
  // The weaker grade is looked at more often.
  const due = new Date(seen.customer.grade.ratingDueAt).getTime();
  expect(due).toBeLessThan(Date.now() + 190 * 86_400_000);
});

it('is taken up, the limit reviewed, and closed by risk and nobody else', async () => {
  const taken = await done('maker', 'acknowledge-warning', {
    warningId: warning.id,
    expectedVersion: 1,
    note: '已联系客户了解案情。',
  });
  expect(taken).toMatchObject({ userErrors: [], warning: { state: 'IN_PROGRESS', version: 2 } });
  const close = { warningId: warning.id, expectedVersion: 2, outcome: 'REDUCED', note: '额度已调减，追加抵押。' };
  expect((await done('maker', 'close-warning', close)).userErrors).toMatchObject([
    { messageKey: 'AUTHORITY_EXCEEDED.RED_IS_FOR_RISK' },
  ]);
  expect((await done('analyst', 'close-warning', close)).userErrors).toMatchObject([
    { messageKey: 'INVALID_STATE.OPEN_TASKS' },
  ]);
  const [task] = warning.tasks as Loose[];
  const reviewed = await done('analyst', 'complete-warning-task', { taskId: task.id, note: '维持调减后的额度。' });
  expect(reviewed).toMatchObject({ userErrors: [], warning: { version: 3, tasks: [{ state: 'DONE' }] } });
  const closed = await done('analyst', 'close-warning', { ...close, expectedVersion: 3 });
  expect(closed).toMatchObject({ userErrors: [], warning: { state: 'CLOSED', outcome: 'REDUCED', version: 4 } });
  expect((await see(warning.id)).entries.map(({ action }: Loose) => action)).toEqual([
    'RAISED',
    'ACKNOWLEDGED',
    'TASK_DONE',
    'CLOSED',
  ]);
});

it('the log tells it from beginning to end', async () => {
  const actions = await api.test.asOwner<{ action: string }>(
    `SELECT action FROM audit_event WHERE customer_id = $1 AND occurred_at > now() - interval '1 hour' ORDER BY occurred_at, id`,
    [good[0]?.key],
  );
  expect(actions.map(({ action }) => action)).toEqual(
    expect.arrayContaining([
      'riskEvent.recorded',
      'warning.raised',
      'customer.rated',
      'limit.cut',
      'warning.acknowledged',
      'warning.taskDone',
      'warning.closed',
    ]),
  );
});

it('the database lets no red warning be without owner or deadline, and no closed one be opened', async () => {
  const write = (sql: string) =>
    api.test.asOwner(`SELECT set_config('tierwarden.actor', 'system:test', false)`).then(() => api.test.asOwner(sql));
  await expect(write("UPDATE warning SET deadline = NULL WHERE state = 'OPEN'")).rejects.toMatchObject({
    constraint: 'warning_red_is_owned',
  });
  await expect(write("UPDATE warning SET version = 9 WHERE state = 'CLOSED'")).rejects.toMatchObject({ code: 'TW004' });
  await expect(write('UPDATE risk_event SET detail = $$nothing$$')).rejects.toMatchObject({ code: 'TW002' });
  await expect(write('DELETE FROM warning')).rejects.toMatchObject({ code: 'TW002' });
});
