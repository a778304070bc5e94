/** Rows and leaves are held against one another, both ways: what the application did agrees, what anybody else did is named. */
import { pino } from 'pino';
import { createAuditCheck } from '../../src/audit';
import { createApp, asSystem, required, type App } from '../../src/app';
import { readUnsequenced } from '../../src/audit/completeness.store';
import { readConfig } from '../../src/config';
import { ok } from '../../src/kernel/result';
import { SCHEDULES } from '../../workers/schedules';
import { cloneDatabase, type TestDatabase } from '../support/database';
import { appendAll, testSequencer, testKeys } from '../support/log';
import { ensureSampleTemplate } from '../support/sample';

let test: TestDatabase;
let app: App;
let close: () => Promise<void>;
const lines: { level: number; msg: string; count?: number }[] = [];
const by = asSystem('audit-check', 'test');
const keys = testKeys();

beforeAll(async () => {
  const opened = await cloneDatabase(await ensureSampleTemplate());
  test = opened.database;
  const logger = pino({ level: 'error' }, { write: (line: string) => lines.push(JSON.parse(line) as never) });
  app = await createApp({ config: readConfig({}), databaseUrl: test.appUrl, logger, clock: test.clock });
  close = async () => {
    await app.close();
    await opened.close();
  };
}, 180_000);
afterAll(() => close());

/** Everything signed, read and compared; yields what was found. */
const settle = async (rounds = 1) => {
  const sequencer = testSequencer(test, keys);
  const found = [];
  for (let round = 0; round < rounds; round++) {
    await appendAll(sequencer);
    const report = required(await app.auditCheck.check(by));
    expect(report.behind).toBe(false);
    found.push(...report.found);
  }
  return found;
};

/** As the owner of the table, past every trigger and grant. */
const tamper = async (table: string, sql: string): Promise<string> => {
  await test.asOwner(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  const [row] = await test.asOwner<{ key: string }>(sql);
  await test.asOwner(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  if (row === undefined) throw new Error(`nothing there for ${sql}`);
  return row.key;
};

const tick = () => SCHEDULES.find(({ name }) => name === 'check-audit-log')?.tick(app, 'tick');

const change = async (id: string, region: string) => {
  const [now] = await test.asApp<{ version: number }>('SELECT version FROM customer WHERE id = $1', [id]);
  required(
    await app.customers.commands.updateCustomer(asSystem('cli', 'test'), {
      customerId: id,
      expectedVersion: now!.version,
      changes: { region },
    }),
  );
};

it('what the application did agrees in every table, both ways', async () => {
  expect(await settle(3)).toEqual([]);
  const status = await app.audit.completeness.status();
  expect(status).toMatchObject({ openDiscrepancies: 0, comparedTables: status.tables });
  expect(status.comparedSince).toEqual(test.clock());
  const [events] = await test.asOwner<{ count: number }>('SELECT count(*)::int AS count FROM audit_event');
  expect(status.leaves).toBe(events!.count);
  const [customers] = await test.asOwner<{ count: string }>(
    `SELECT compared AS count FROM audit_check WHERE walk = 'rows of customer'`,
  );
  expect(Number(customers!.count)).toBeGreaterThan(1_000);
});

it('what migrations brought is in the log as a baseline, once', async () => {
  const baselines = await test.asOwner<{ data: { table: string; rows: number } }>(
    `SELECT convert_from(bytes, 'UTF8')::json -> 'data' AS data FROM audit_event WHERE action = 'audit.baselined'`,
  );
  const rows = baselines.filter(({ data }) => data.table === 'industry').map(({ data }) => data.rows);
  expect(rows).toEqual([expect.any(Number), 0]);
});

it.each([
  [
    'a row that was changed',
    'ROW_DIFFERS',
    'customer',
    `UPDATE customer SET region = 'Elsewhere' WHERE id = (SELECT id FROM customer ORDER BY id OFFSET 3 LIMIT 1) RETURNING id AS key`,
  ],
  [
    'a state of the past that was changed',
    'ROW_DIFFERS',
    'customer_version',
    `UPDATE customer_version SET fields = fields || '{"region":"Elsewhere"}' WHERE (customer_id, version) = (SELECT customer_id, version FROM customer_version ORDER BY 1, 2 OFFSET 5 LIMIT 1) RETURNING to_json(ARRAY[customer_id::text, version::text])::text AS key`,
  ],
  [
    'a row that was taken away',
    'LEAF_WITHOUT_ROW',
    'indicator_snapshot',
    'DELETE FROM indicator_snapshot WHERE id = (SELECT max(id::text)::uuid FROM indicator_snapshot) RETURNING id AS key',
  ],
  [
    'a row that was brought in',
    'ROW_WITHOUT_LEAF',
    'industry',
    `INSERT INTO industry (code, name_zh, name_en) VALUES ('PAST_THE_PROGRAM', 'a', 'b') RETURNING code AS key`,
  ],
])('%s is found and named: %s', async (_, kind, table, sql) => {
  const key = await tamper(table, sql);
  expect(await settle()).toEqual([expect.objectContaining({ kind, table, key })]);
});

it('an alarm goes to the log of the worker, an event into the audit log, a figure to whoever asks', async () => {
  await tamper(
    'credit_limit',
    `UPDATE credit_limit SET amount = amount + 1 WHERE customer_id = (SELECT min(customer_id::text)::uuid FROM credit_limit) RETURNING customer_id AS key`,
  );
  await tick();
  expect(lines).toEqual([
    expect.objectContaining({ level: 50, msg: 'ALARM: rows and audit log do not agree', count: 1 }),
  ]);
  const [event] = await test.asOwner<{ count: number }>(
    `SELECT count(*)::int AS count FROM audit_event WHERE action = 'auditDiscrepancy.found'`,
  );
  expect(event!.count).toBe(5);
  expect((await app.audit.completeness.status()).openDiscrepancies).toBe(5);
  expect(await app.audit.completeness.open()).toHaveLength(5);
  await tick();
  expect(lines).toHaveLength(1);
});

it('a discrepancy that was put right is gone, and stays on record', async () => {
  await tamper('industry', `DELETE FROM industry WHERE code = 'PAST_THE_PROGRAM' RETURNING code AS key`);
  expect(await settle()).toEqual([]);
  const rows = await test.asOwner<{ gone: boolean }>(
    `SELECT gone_at IS NOT NULL AS gone FROM audit_discrepancy WHERE row_key = 'PAST_THE_PROGRAM'`,
  );
  expect(rows).toEqual([{ gone: true }]);
});

it('writes beside it are no discrepancy, and a log that is behind is no reason to raise one', async () => {
  const [customer] = await test.asApp<{ id: string }>('SELECT id FROM customer ORDER BY id DESC LIMIT 1');
  const { id } = customer!;
  await change(id, 'North');
  expect(required(await app.auditCheck.check(by)).found).toEqual([]);
  await change(id, 'South');
  expect(await settle()).toEqual([]);
  const small = createAuditCheck({
    database: test.database,
    unitOfWork: test.unitOfWork,
    clock: test.clock,
    config: app.config,
  });
  const both = await Promise.all([small.check(by), app.auditCheck.check(by), change(id, 'East')]);
  expect(both[0].ok && both[1].ok).toBe(true);
  expect(await settle()).toEqual([]);
});

it('every version of a record is rebuilt from the log alone, and is what the history of the table says', async () => {
  const auditor = by.actor;
  const histories = await test.asApp<{ id: string; fields: Record<string, string | null>; version: number }>(
    `SELECT customer_id AS id, version, fields FROM customer_version WHERE customer_id IN (
       SELECT customer_id FROM customer_version GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 20)
       AND customer_id <> (SELECT row_key::json ->> 0 FROM audit_discrepancy WHERE table_name = 'customer_version')::uuid
     ORDER BY customer_id, version`,
  );
  expect(histories.length).toBeGreaterThan(1);
  for (const id of new Set(histories.map((state) => state.id))) {
    const versions = required(await app.audit.completeness.versionsOf(auditor, 'customer', { id }));
    const states = versions.map(({ state }) => [
      Number(state!['version']),
      state!['number'],
      state!['region'],
      state!['name_zh'],
    ]);
    const expected = histories.filter((state) => state.id === id);
    expect(states).toEqual(
      expected.map(({ version, fields }) => [version, fields['number'], fields['region'], fields['nameZh']]),
    );
  }
  // Where a row was tampered with, the log still has what was there.
  const [changed] = await test.asOwner<{ key: string }>(
    `SELECT row_key AS key FROM audit_discrepancy WHERE table_name = 'customer' AND gone_at IS NULL`,
  );
  const [now] = await test.asOwner<{ region: string }>('SELECT region FROM customer WHERE id = $1::uuid', [
    changed!.key,
  ]);
  const last = required(await app.audit.completeness.versionsOf(auditor, 'customer', { id: changed!.key })).at(-1);
  expect(now!.region).toBe('Elsewhere');
  expect(last!.state!['region']).not.toBe('Elsewhere');
});

it('refuses what the log knows nothing of, and whoever may not read it', async () => {
  const { versionsOf } = app.audit.completeness;
  expect(await versionsOf(by.actor, 'nothing', { id: '1' })).toMatchObject({
    refusal: { code: 'NOT_FOUND', reason: 'TABLE' },
  });
  expect(await versionsOf(by.actor, 'customer', { number: '1' })).toMatchObject({
    refusal: { code: 'NOT_FOUND', reason: 'KEY' },
  });
  const maker = { ...by.actor, kind: 'USER' as const, roles: ['SALES_MAKER' as const] };
  expect(await versionsOf(maker, 'customer', { id: '1' })).toMatchObject({ refusal: { code: 'FORBIDDEN' } });
});

it('more than memory shall hold on its way into the log is waited for, not read', async () => {
  await settle();
  const [head] = await test.asApp<{ now: string }>('SELECT pg_current_snapshot()::text AS now');
  const waiting = (atMost: number) => readUnsequenced(app.database.query, head?.now ?? '', atMost);
  const record = (id: string, text: string) =>
    app.unitOfWork.run(by, (tx) => {
      tx.record({ action: 'test.done', object: { type: 'Test', id }, data: { text } });
      return Promise.resolve(ok(true));
    });
  await record('small', 'x');
  expect((await waiting(10))?.map((written) => (JSON.parse(written) as { action: string }).action)).toEqual([
    'test.done',
  ]);
  expect(await waiting(1)).toBeNull();
  await record('large', 'x'.repeat(5 * 1024 * 1024));
  expect(await waiting(10)).toBeNull();
  expect(required(await app.auditCheck.check(by))).toMatchObject({ behind: true, found: [] });
  await settle();
});
