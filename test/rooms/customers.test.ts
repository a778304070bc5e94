/** Parties in the database: registration, change, history, relations and groups, pages, and what the database refuses. */
import { INDUSTRIES, createCustomers, type Customer, type CustomerInput, type Customers } from '../../src/customers';
import { createIdentity } from '../../src/identity';
import { systemActor, type Actor, type Initiator } from '../../src/kernel/actor';
import { messageKey } from '../../src/kernel/refusal';
import type { Result } from '../../src/kernel/result';
import type { Role } from '../../src/kernel/role';
import type { Reads } from '../../src/platform/reads';
import { gradedCustomers, type GradedCustomerFilter } from '../../src/ratings/graded-customer.queries';
import { useDatabase } from '../support/database';
import type { Loose } from '../support/api';
import { leftReads, readObject, readPage } from '../support/reads';

const db = useDatabase();
const by: Initiator = { actor: systemActor('cli'), requestId: 'test' };
const person = (...roles: Role[]): Actor => ({
  kind: 'USER',
  id: '00000000-0000-7000-8000-00000000000a',
  name: 'somebody',
  roles,
  orgUnitId: null,
});

let customers: Customers;
let reads: Reads;
beforeAll(async () => {
  const { database, unitOfWork, clock, newId } = db;
  const identity = createIdentity({ database, unitOfWork, clock });
  customers = createCustomers({ database, unitOfWork, identity, newId });
  reads = leftReads(db);
  const seeded = await identity.commands.ensureSampleUsers(by);
  if (!seeded.ok) throw new Error(seeded.refusal.message);
});

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${messageKey(result.refusal)}: ${result.refusal.message}`);
  return result.value;
};
const keyOf = (result: Result<unknown>): string => (result.ok ? 'ok' : messageKey(result.refusal));

/** Every state of a party, newest first. */
const versionsOf = (customerId: string) =>
  db.asOwner<{ version: number; recordedBy: string; fields: CustomerInput }>(
    `SELECT version, recorded_by AS "recordedBy", fields FROM customer_version WHERE customer_id = $1 ORDER BY version DESC`,
    [customerId],
  );

const register = async (input: CustomerInput): Promise<Customer> =>
  valueOf(await customers.commands.registerCustomer(by, input)).customer;

describe('registering and changing', () => {
  test('a party is registered with its first version and one audit event', async () => {
    const { customer, auditEventId } = valueOf(
      await customers.commands.registerCustomer(by, {
        number: 'R-1',
        nameZh: '甲公司',
        creditCode: '91350100M000100Y43',
        industryCode: 'RETAIL',
      }),
    );
    expect(customer).toMatchObject({ number: 'R-1', kind: 'CUSTOMER', stage: 'ACQUISITION', version: 1 });
    expect(await customers.queries.byNumber(by.actor, 'R-1')).toEqual(customer);
    expect(await customers.queries.byIds(by.actor, [customer.id])).toEqual([customer]);
    expect(await versionsOf(customer.id)).toMatchObject([
      { version: 1, recordedBy: 'system:cli', fields: { number: 'R-1', creditCode: '91350100M000100Y43' } },
    ]);
    const events = await db.asOwner<{ action: string }>('SELECT action FROM audit_event WHERE id = $1', [auditEventId]);
    expect(events).toEqual([{ action: 'customer.registered' }]);
  });

  test.each<[string, CustomerInput, string]>([
    [
      'a wrong check character',
      { number: 'R-9', nameZh: '乙', creditCode: '91350100M000100Y44' },
      'INVALID.CHECK_DIGIT',
    ],
    ['a taken number', { number: 'R-1', nameZh: '乙' }, 'ALREADY_EXISTS.NUMBER'],
    [
      'a taken credit code',
      { number: 'R-9', nameZh: '乙', creditCode: '91350100M000100Y43' },
      'ALREADY_EXISTS.CREDIT_CODE',
    ],
    ['an unknown industry', { number: 'R-9', nameZh: '乙', industryCode: 'MAGIC' }, 'NOT_FOUND.INDUSTRY'],
    [
      'an unknown owner',
      { number: 'R-9', nameZh: '乙', ownerUserId: '00000000-0000-7000-8000-00000000000f' },
      'NOT_FOUND.OWNER',
    ],
  ])('%s is refused and leaves nothing', async (_, input, expected) => {
    expect(keyOf(await customers.commands.registerCustomer(by, input))).toBe(expected);
    expect(await customers.queries.byNumber(by.actor, 'R-9')).toBeNull();
  });

  test('a change keeps the earlier state, and its event holds only what changed', async () => {
    const before = await register({ number: 'U-1', nameZh: '改名前', region: '上海' });
    db.clock.advance(60_000);
    const { customer, auditEventId } = valueOf(
      await customers.commands.updateCustomer(by, {
        customerId: before.id,
        expectedVersion: 1,
        changes: { nameZh: '改名后', stage: 'GROWTH' },
        reason: ' renamed ',
      }),
    );
    expect(customer).toMatchObject({ nameZh: '改名后', stage: 'GROWTH', region: '上海', version: 2 });
    expect(customer.updatedAt.getTime() - before.updatedAt.getTime()).toBe(60_000);
    expect((await versionsOf(before.id)).map((v) => v.fields.nameZh)).toEqual(['改名后', '改名前']);
    const [event] = await db.asOwner<{ written: string }>(
      "SELECT convert_from(bytes, 'UTF8') AS written FROM audit_event WHERE id = $1",
      [auditEventId],
    );
    expect(JSON.parse(event?.written ?? '')).toMatchObject({
      before: { nameZh: '改名前', stage: 'ACQUISITION' },
      after: { nameZh: '改名后', stage: 'GROWTH' },
      reason: 'renamed',
    });
  });

  test('a stale version, an unknown party and a change of nothing', async () => {
    const { id } = await register({ number: 'U-2', nameZh: '丙' });
    const update = (request: { customerId: string; expectedVersion: number; changes: CustomerInput }) =>
      customers.commands.updateCustomer(by, request);
    expect(keyOf(await update({ customerId: id, expectedVersion: 2, changes: { nameEn: 'C' } }))).toBe('STALE_VERSION');
    expect(keyOf(await update({ customerId: db.newId(), expectedVersion: 1, changes: {} }))).toBe('NOT_FOUND');
    expect(keyOf(await update({ customerId: 'no-id', expectedVersion: 1, changes: {} }))).toBe('NOT_FOUND');
    expect(keyOf(await update({ customerId: id, expectedVersion: 1, changes: { stage: 'EXITED' } }))).toBe(
      'REQUIRED.EXIT_REASON',
    );
    expect(valueOf(await update({ customerId: id, expectedVersion: 1, changes: { nameZh: ' 丙 ' } }))).toMatchObject({
      auditEventId: null,
      customer: { version: 1 },
    });
  });

  test('of two changes at once from the same version exactly one wins', async () => {
    const { id } = await register({ number: 'U-3', nameZh: '丁' });
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((nameEn) =>
        customers.commands.updateCustomer(by, { customerId: id, expectedVersion: 1, changes: { nameEn } }),
      ),
    );
    expect(outcomes.map(keyOf).sort()).toEqual(['STALE_VERSION', 'STALE_VERSION', 'STALE_VERSION', 'ok']);
  });

  test('roles: sales writes, auditors and administrators do not; without customer.read nothing is found', async () => {
    const input = { number: 'P-1', nameZh: '戊' };
    for (const role of ['AUDITOR', 'SYSTEM_ADMIN', 'RISK_APPROVER'] as const) {
      const outcome = await customers.commands.registerCustomer({ actor: person(role), requestId: 'test' }, input);
      expect(outcome).toMatchObject({ ok: false, refusal: { code: 'FORBIDDEN' } });
    }
    expect(
      keyOf(await customers.commands.registerCustomer({ actor: person('SALES_MAKER'), requestId: 't' }, input)),
    ).toBe('ok');
    expect(await customers.queries.byNumber(person('AUDITOR'), 'P-1')).toMatchObject({ number: 'P-1' });
    expect(await customers.queries.byNumber(person('SECURITY_ADMIN'), 'P-1')).toBeNull();
  });
});

describe('rows of a list', () => {
  const rows = (...inputs: CustomerInput[]) => inputs.map((input, index) => ({ line: index + 1, input }));

  test('new, changed, unchanged and refused rows, in one unit of work', async () => {
    const first = valueOf(
      await customers.commands.importCustomers(by, {
        source: 'crm',
        rows: rows({ number: 'I-1', nameZh: '甲' }, { number: 'I-2', nameZh: '乙' }),
      }),
    );
    expect(first).toEqual({ new: 2, changed: 0, unchanged: 0, refusals: [] });
    const second = valueOf(
      await customers.commands.importCustomers(by, {
        source: 'crm',
        columns: { industryCode: '行业', owner: '经理' },
        rows: [
          ...rows(
            { number: 'I-1', nameZh: '甲' },
            { number: 'I-2', nameZh: '乙二' },
            { number: 'I-3', nameZh: '丙', industryCode: 'MAGIC' },
            { number: 'I-4' },
            { number: 'I-5', nameZh: '戊' },
          ),
          { line: 6, input: { number: 'I-6', nameZh: '己', owner: 'nobody' } },
          { line: 7, input: { number: 'I-7', nameZh: '庚', owner: 'maker', orgUnit: 'SALES-EAST' } },
          { line: 8, input: { number: 'I-1', nameZh: '甲', stage: 'MATURITY' } },
        ],
      }),
    );
    expect(second).toEqual({
      new: 2,
      changed: 1,
      unchanged: 1,
      refusals: [
        { line: 6, column: '经理', code: 'UNKNOWN_OWNER', value: 'nobody' },
        { line: 3, column: '行业', code: 'UNKNOWN_INDUSTRY', value: 'MAGIC' },
        { line: 4, column: 'nameZh', code: 'REQUIRED', value: '' },
        { line: 8, column: 'stage', code: 'STAGE_MOVE', value: 'MATURITY' },
      ],
    });
    expect(await customers.queries.byNumber(by.actor, 'I-2')).toMatchObject({ nameZh: '乙二', version: 2 });
    const owned = await customers.queries.byNumber(by.actor, 'I-7');
    expect(owned?.ownerUserId).not.toBeNull();
    expect(owned?.orgUnitId).not.toBeNull();
  });

  test('a list that says nothing new leaves no trace', async () => {
    const count = async () => (await db.asOwner<{ n: number }>('SELECT count(*)::int AS n FROM audit_event'))[0]?.n;
    const before = await count();
    const again = await customers.commands.importCustomers(by, {
      source: 'crm',
      rows: rows({ number: 'I-1', nameZh: '甲' }),
    });
    expect(valueOf(again)).toMatchObject({ new: 0, changed: 0, unchanged: 1 });
    expect(await count()).toBe(before);
  });

  test('a party that leaves by a list has the list as its reason', async () => {
    valueOf(
      await customers.commands.importCustomers(by, { source: 'crm', rows: rows({ number: 'I-1', stage: 'EXITED' }) }),
    );
    expect(await customers.queries.byNumber(by.actor, 'I-1')).toMatchObject({ stage: 'EXITED' });
  });

  test('the same list twice at once is taken in once', async () => {
    const list = rows(...Array.from({ length: 300 }, (_, i) => ({ number: `L-${i}`, nameEn: `List ${i}` })));
    const outcomes = await Promise.all(
      [1, 2, 3].map(() => customers.commands.importCustomers(by, { source: 'crm', rows: list })),
    );
    expect(outcomes.map((outcome) => valueOf(outcome).new).sort()).toEqual([0, 0, 300]);
    const { total } = await readPage(reads, by.actor, gradedCustomers(by.actor, { search: 'List ' }, []), {});
    expect(total?.count).toBe(300);
  });
});

describe('relations and groups', () => {
  let ids: Record<string, string>;
  const relate = (
    from: string,
    to: string,
    kind: 'PARENT' | 'SHAREHOLDER' | 'SAME_CONTROLLER' | 'GUARANTOR',
    share?: string,
  ) =>
    customers.commands.relateCustomers(by, {
      fromId: ids[from] as string,
      toId: ids[to] as string,
      kind,
      ...(share === undefined ? {} : { share }),
    });
  const group = async (of: string): Promise<string[]> => {
    const { memberIds } = await customers.queries.groupOf(by.actor, ids[of] as string);
    return Object.keys(ids).filter((name) => memberIds.includes(ids[name] as string));
  };

  beforeAll(async () => {
    ids = {};
    for (const name of ['A', 'B', 'C', 'D', 'E', 'F'])
      ids[name] = (await register({ number: `G-${name}`, nameEn: name })).id;
  });

  test('parents make a tree, shares a whole; groups follow parents, controllers and majorities', async () => {
    valueOf(await relate('A', 'B', 'PARENT'));
    valueOf(await relate('B', 'C', 'PARENT'));
    expect(keyOf(await relate('C', 'A', 'PARENT'))).toBe('INVALID_STATE.CIRCLE');
    expect(keyOf(await relate('D', 'C', 'PARENT'))).toBe('INVALID_STATE.SECOND_PARENT');
    expect(keyOf(await relate('A', 'A', 'PARENT'))).toBe('INVALID.SELF_RELATION');
    expect(keyOf(await relate('A', 'B', 'PARENT'))).toBe('ALREADY_EXISTS.RELATION');
    expect(await group('C')).toEqual(['A', 'B', 'C']);

    valueOf(await relate('D', 'C', 'SHAREHOLDER', '0.3'));
    expect(keyOf(await relate('E', 'C', 'SHAREHOLDER', '0.71'))).toBe('OUT_OF_RANGE.SHARES_OVER_WHOLE');
    valueOf(await relate('E', 'C', 'SHAREHOLDER', '0.7'));
    valueOf(await relate('F', 'A', 'GUARANTOR'));
    expect(await group('A')).toEqual(['A', 'B', 'C', 'E']);

    const [smaller, larger] = [ids['D'] as string, ids['E'] as string].sort();
    const { relation } = valueOf(await relate('E', 'D', 'SAME_CONTROLLER'));
    expect(relation).toMatchObject({ fromId: smaller, toId: larger });
    expect(keyOf(await relate('D', 'E', 'SAME_CONTROLLER'))).toBe('ALREADY_EXISTS.RELATION');
    expect(await group('D')).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(await group('F')).toEqual(['F']);
  });

  test('an ended relation stays on record and may begin again', async () => {
    const relations = async (): Promise<Loose[]> => {
      const asked = { id: true, kind: true, share: true, endedAt: true } as const;
      return (await readObject(reads, by.actor, ['Customer', ids['F'] ?? ''], { relations: asked })).relations;
    };
    const [relation] = await relations();
    expect(relation).toMatchObject({ kind: 'GUARANTOR', share: null, endedAt: null });
    const end = (reason: string) => customers.commands.endRelation(by, { relationId: relation?.id ?? '', reason });
    expect(keyOf(await end(' '))).toBe('REQUIRED.REASON');
    valueOf(await end('guarantee expired'));
    expect(keyOf(await end('guarantee expired'))).toBe('INVALID_STATE.ALREADY_ENDED');
    expect(await relations()).toEqual([]);
    valueOf(await relate('F', 'A', 'GUARANTOR'));
    const kept = await db.asOwner('SELECT FROM customer_relation WHERE from_id = $1', [ids['F']]);
    expect(kept).toHaveLength(2);
  });

  test('unknown parties are not related', async () => {
    const fromId = ids['A'] as string;
    expect(keyOf(await customers.commands.relateCustomers(by, { fromId, toId: db.newId(), kind: 'GUARANTOR' }))).toBe(
      'NOT_FOUND',
    );
  });

  test('parents asked for at once do not close a circle', async () => {
    const [x, y] = [await register({ number: 'G-X', nameEn: 'X' }), await register({ number: 'G-Y', nameEn: 'Y' })];
    const outcomes = await Promise.all([
      customers.commands.relateCustomers(by, { fromId: x.id, toId: y.id, kind: 'PARENT' }),
      customers.commands.relateCustomers(by, { fromId: y.id, toId: x.id, kind: 'PARENT' }),
    ]);
    expect(outcomes.map(keyOf).sort()).toEqual(['INVALID_STATE.CIRCLE', 'ok']);
  });
});

describe('pages', () => {
  const numbers = Array.from({ length: 23 }, (_, i) => `PG-${String(i).padStart(2, '0')}`);

  beforeAll(async () => {
    const rows = numbers.map((number, i) => ({
      line: i,
      input: {
        number,
        nameZh: `分页${'乙甲丁丙'.charAt(i % 4)}`,
        kind: i % 5 === 0 ? 'SUPPLIER' : 'CUSTOMER',
        industryCode: i % 2 === 0 ? 'FINANCE' : 'LOGISTICS',
        region: i % 3 === 0 ? '苏州' : '上海',
      },
    }));
    valueOf(await customers.commands.importCustomers(by, { source: 'crm', rows }));
  });

  test.each(['NAME', 'NUMBER', 'CREATED_AT'] as const)(
    'by %s, forwards and backwards, every party once',
    async (order) => {
      for (const direction of ['ASC', 'DESC'] as const) {
        const found: Loose[] = [];
        let after: readonly string[] | null = null;
        for (;;) {
          const list = gradedCustomers(by.actor, { search: 'PG-' }, [{ by: order, direction }]);
          const asked = { number: true, nameZh: true, createdAt: true } as const;
          const page: Awaited<ReturnType<typeof readPage>> = await readPage(reads, by.actor, list, asked, {
            first: 5,
            after,
          });
          found.push(...page.items);
          after = page.keys.at(-1) ?? null;
          if (!page.hasNextPage) break;
        }
        expect(found.map((customer) => customer.number).sort()).toEqual(numbers);
        const key = (customer: Loose): string =>
          ({ NAME: customer.nameZh, NUMBER: customer.number, CREATED_AT: customer.createdAt })[order];
        const keys = found.map(key);
        expect(keys).toEqual(
          [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) * (direction === 'ASC' ? 1 : -1)),
        );
      }
    },
  );

  test.each<[GradedCustomerFilter, number]>([
    [{ search: 'pg-', kind: { eq: 'SUPPLIER' } }, 5],
    [{ search: 'PG-', industryCode: { eq: 'FINANCE' } }, 12],
    [{ search: 'PG-', industryCode: { in: ['FINANCE', 'LOGISTICS'] }, region: { in: ['苏州'] } }, 8],
    [{ search: '分页丁' }, 6],
    [{ search: 'PG-1' }, 10],
    [{ search: '%' }, 0],
    [{ search: 'PG_1' }, 0],
    [{ search: 'PG-', stage: { in: [] } }, 0],
    [{ and: [{ search: 'PG-' }, { industryCode: { in: ['FINANCE', 'LOGISTICS'] } }, { region: { eq: '苏州' } }] }, 8],
    [{ search: 'PG-', industryCode: { in: ['FINANCE'] }, not: { kind: { eq: 'SUPPLIER' } } }, 9],
    [{ search: 'PG-', industryCode: { in: ['FINANCE'] }, kind: { eq: 'SUPPLIER' } }, 3],
    [{ search: 'PG-', or: [] }, 0],
  ])('%j finds %i', async (filter, expected) => {
    const { total, items } = await readPage(reads, by.actor, gradedCustomers(by.actor, filter, []), { number: true });
    expect(total).toEqual({ count: expected, precision: 'EXACT' });
    expect(items).toHaveLength(expected);
  });

  test('pages need customer.read', () => {
    expect(keyOf(gradedCustomers(person('SECURITY_ADMIN'), {}, []))).toMatch(/^FORBIDDEN/);
  });
});

describe('what the database refuses', () => {
  test.each([
    ['a change of a recorded state', 'UPDATE customer_version SET fields = fields'],
    ['its removal', 'DELETE FROM customer_version'],
    ['the removal of a party', 'DELETE FROM customer'],
    ['the removal of a relation', 'DELETE FROM customer_relation'],
    ['a relation turned round', 'UPDATE customer_relation SET from_id = to_id'],
    ['a rewritten import record', "UPDATE import_batch SET source = 'x'"],
    ['a write outside a unit of work', "UPDATE customer SET region = 'x'"],
  ])('%s by the app', async (_, sql) => {
    await expect(db.asApp(sql)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|TW001|TW002)$/) });
  });

  test('buckets spread parties over 0–1023 and depend on the id alone', async () => {
    const rows = await db.asOwner<{ bucket: number; again: number }>(
      "SELECT bucket, (('x' || substr(md5(id::text), 1, 4))::bit(16)::int & 1023) AS again FROM customer",
    );
    expect(rows.length).toBeGreaterThan(300);
    expect(rows.every((row) => row.bucket === row.again && row.bucket >= 0 && row.bucket < 1024)).toBe(true);
    expect(new Set(rows.map((row) => row.bucket)).size).toBeGreaterThan(200);
  });
});

test('industries: shipped ones are there, new ones are added once', async () => {
  const entry = { code: 'TW_LISTED', nameZh: '台湾上市公司', nameEn: 'Listed in Taiwan' };
  expect(valueOf(await customers.commands.ensureIndustry(by, entry))).toEqual({ added: true });
  expect(valueOf(await customers.commands.ensureIndustry(by, { ...entry, nameEn: 'Other' }))).toEqual({ added: false });
  const industries = await db.asOwner('SELECT code, name_zh AS "nameZh", name_en AS "nameEn" FROM industry');
  expect(industries).toContainEqual(entry);
  expect(industries).toEqual(expect.arrayContaining([...INDUSTRIES]));
});
