/** Snapshots and current values in the database: nothing is overwritten, any past can be had, the projection never drifts. */
import fc from 'fast-check';
import { createCustomers, type Customers } from '../../src/customers';
import { createIdentity } from '../../src/identity';
import { createIndicators, MAX_ORDINAL, type Indicators, type SnapshotContent } from '../../src/indicators';
import { createPolicies } from '../../src/policies';
import { systemActor, type Actor, type Initiator } from '../../src/kernel/actor';
import { messageKey } from '../../src/kernel/refusal';
import type { Result } from '../../src/kernel/result';
import type { Role } from '../../src/kernel/role';
import type { Reads } from '../../src/platform/reads';
import type { Loose } from '../support/api';
import { useDatabase } from '../support/database';
import { leftReads, readObject } from '../support/reads';

const db = useDatabase();
const by: Initiator = { actor: systemActor('cli'), requestId: 'test' };
const person = (role: Role): Actor => ({
  kind: 'USER',
  id: '00000000-0000-7000-8000-00000000000a',
  name: 'somebody',
  roles: [role],
  orgUnitId: null,
});

let customers: Customers;
let indicators: Indicators;
let reads: Reads;
let numbered = 0;

beforeAll(() => {
  const { database, unitOfWork, clock, newId } = db;
  const identity = createIdentity({ database, unitOfWork, clock });
  customers = createCustomers({ database, unitOfWork, identity, newId });
  indicators = createIndicators({
    database,
    unitOfWork,
    clock,
    newId,
    customers,
    policies: createPolicies({ database, unitOfWork }),
  });
  reads = leftReads(db);
});

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${messageKey(result.refusal)}: ${result.refusal.message}`);
  return result.value;
};
const keyOf = (result: Result<unknown>): string => (result.ok ? 'ok' : messageKey(result.refusal));

const newCustomer = async (): Promise<{ id: string; number: string }> =>
  valueOf(await customers.commands.registerCustomer(by, { number: `N-${++numbered}`, nameEn: 'Somebody' })).customer;

const content = (asOf: string, values: Record<string, string>, source = 'erp'): SnapshotContent => ({
  asOf,
  source,
  quality: 'REPORTED',
  values,
});

const record = async (customerId: string, snapshot: SnapshotContent) => {
  db.clock.advance(1000);
  return valueOf(await indicators.commands.recordSnapshot(by, { customerId, ...snapshot }));
};

const VALUE = {
  code: true,
  value: true,
  masked: true,
  asOf: true,
  recordedAt: true,
  source: true,
  quality: true,
} as const;
/** Newest values as the actor sees them. */
const valuesOf = async (customerId: string, actor: Actor = by.actor): Promise<Loose[]> =>
  (await readObject(reads, actor, ['Customer', customerId], { indicators: VALUE }))?.indicators ?? [];

type Brief = Record<string, string | null>;
const brief = async (customerId: string, actor?: Actor): Promise<Brief> =>
  Object.fromEntries((await valuesOf(customerId, actor)).map(({ code, value }) => [code, value]));

const briefAt = async (customerId: string, asOf: string, knownAt = db.clock()): Promise<Brief> => {
  const at = { asOf: new Date(`${asOf}T09:00:00.000Z`), knownAt };
  const values = valueOf(await indicators.queries.valuesAt(person('AUDITOR'), [customerId], at));
  return Object.fromEntries(values.map(({ code, value }) => [code, value]));
};

/** Every value that an indicator ever had, newest day first; null for those who may not see any. */
const historyOf = async (customerId: string, code: string, actor: Actor = by.actor): Promise<Loose[] | null> =>
  (await readObject(reads, actor, ['Customer', customerId], { indicatorHistory: [{ code }, VALUE] }))
    ?.indicatorHistory ?? null;

const projection = () =>
  db.asOwner<{ customer_id: string; values: number[]; as_of: string[] }>(
    'SELECT customer_id, values, as_of::text[], recorded_at::text[] FROM indicator_current ORDER BY customer_id',
  );

describe('recording', () => {
  test('a snapshot shows at once, with day, source, quality and one audit event', async () => {
    const { id } = await newCustomer();
    const { snapshot, auditEventId } = await record(
      id,
      content('2025-12-31', { roa: '0.0710', annualRevenue: '123456789012.34' }),
    );
    expect(snapshot?.values).toEqual({ roa: '0.071', annualRevenue: '123456789012.34' });
    expect(await valuesOf(id)).toEqual([
      {
        __typename: 'IndicatorValue',
        code: 'annualRevenue',
        value: '123456789012.34',
        masked: false,
        asOf: '2025-12-31',
        recordedAt: snapshot?.recordedAt.toISOString(),
        source: 'erp',
        quality: 'REPORTED',
      },
      expect.objectContaining({ code: 'roa', value: '0.071' }),
    ]);
    expect(await db.asOwner('SELECT action FROM audit_event WHERE id = $1', [auditEventId])).toEqual([
      { action: 'indicator.recorded' },
    ]);
  });

  test('the same said again is not stored; a correction is, and a return to the first value as well', async () => {
    const { id } = await newCustomer();
    await record(id, content('2025-12-31', { roa: '0.1' }));
    expect(await record(id, content('2025-12-31', { roa: '0.10' }))).toEqual({ snapshot: null, auditEventId: null });
    expect((await record(id, content('2025-12-31', { roa: '0.2' }))).snapshot).not.toBeNull();
    expect((await record(id, content('2025-12-31', { roa: '0.1' }))).snapshot).not.toBeNull();
    expect((await record(id, content('2025-12-31', { roa: '0.1' }, 'bureau'))).snapshot).not.toBeNull();
    expect((await historyOf(id, 'roa'))?.map(({ value, source }) => `${source} ${value}`)).toEqual([
      'bureau 0.1',
      'erp 0.1',
      'erp 0.2',
      'erp 0.1',
    ]);
  });

  test('any past view can be had again: as of a day, as known at a moment', async () => {
    const { id } = await newCustomer();
    await record(id, content('2025-06-30', { roa: '0.1', currentRatio: '2' }));
    const beforeCorrection = (await record(id, content('2025-09-30', { roa: '0.2' }))).snapshot?.recordedAt;
    await record(id, content('2025-06-30', { roa: '0.15' }));
    expect(await brief(id)).toEqual({ roa: '0.2', currentRatio: '2' });
    expect(await briefAt(id, '2025-09-29')).toEqual({ roa: '0.15', currentRatio: '2' });
    expect(await briefAt(id, '2025-09-29', beforeCorrection)).toEqual({
      roa: '0.1',
      currentRatio: '2',
    });
    expect(await briefAt(id, '2025-06-29')).toEqual({});
    expect(await briefAt(id, '2025-12-31', new Date(0))).toEqual({});
  });

  test.each<[string, Partial<SnapshotContent & { customerId: string }>, string]>([
    ['an unknown customer', { customerId: '00000000-0000-7000-8000-0000000000ff' }, 'NOT_FOUND.CUSTOMER'],
    ['an id of another form', { customerId: 'x' }, 'NOT_FOUND.CUSTOMER'],
    ['NaN', { values: { roa: 'NaN' } }, 'INVALID.NOT_A_NUMBER'],
    ['a day to come', { asOf: '2030-01-01' }, 'OUT_OF_RANGE.FUTURE_DATE'],
  ])('%s is refused', async (_, change, expected) => {
    const { id } = await newCustomer();
    const outcome = await indicators.commands.recordSnapshot(by, {
      customerId: id,
      ...content('2025-12-31', { roa: '0.1' }),
      ...change,
    });
    expect(keyOf(outcome)).toBe(expected);
    expect(await brief(id)).toEqual({});
  });

  test('sales neither records values nor sees credit data, and is told that they are there', async () => {
    const { id } = await newCustomer();
    await record(id, content('2025-12-31', { roa: '0.1', externalGuarantees: '5' }));
    const sales = person('SALES_MAKER');
    expect(
      keyOf(
        await indicators.commands.recordSnapshot(
          { actor: sales, requestId: 't' },
          { customerId: id, ...content('2025-12-31', { roa: '0.3' }) },
        ),
      ),
    ).toMatch(/^FORBIDDEN/);
    expect(await valuesOf(id, sales)).toMatchObject([
      { code: 'externalGuarantees', value: null, masked: true },
      { code: 'roa', value: '0.1', masked: false },
    ]);
    expect(await historyOf(id, 'externalGuarantees', sales)).toMatchObject([{ value: null, masked: true }]);
    expect(await historyOf(id, 'roa', person('SECURITY_ADMIN'))).toBeNull();
    expect(await brief(id, person('RISK_ANALYST'))).toEqual({ roa: '0.1', externalGuarantees: '5' });
    expect(await brief(id, person('SECURITY_ADMIN'))).toEqual({});
  });
});

describe('lists of snapshots', () => {
  test('go in by number; refused rows stop no other', async () => {
    const [a, b] = [await newCustomer(), await newCustomer()];
    const rows = [
      { number: a.number, content: content('2025-12-31', { roa: '0.1' }) },
      { number: 'NOBODY', content: content('2025-12-31', { roa: '0.1' }) },
      { number: b.number, content: content('2025-12-31', { roa: '9' }) },
      { number: b.number, content: content('2025-12-31', { roa: '0.2' }) },
      { number: b.number, content: content('2025-12-31', { roa: '0.2' }) },
    ];
    expect(valueOf(await indicators.commands.importSnapshots(by, { rows, source: 'erp' }))).toEqual({
      new: 2,
      changed: 0,
      unchanged: 1,
      refusals: [
        { line: 3, column: 'roa', code: 'OUT_OF_RANGE', value: '9' },
        { line: 2, column: null, code: 'UNKNOWN_CUSTOMER', value: 'NOBODY' },
      ],
    });
    const again = valueOf(await indicators.commands.importSnapshots(by, { rows, source: 'erp' }));
    expect(again).toMatchObject({ new: 0, changed: 0, unchanged: 3 });
  });

  test('create customers and their industry where they are told to', async () => {
    const rows = ['X-1', 'X-2'].map((number) => ({ number, content: content('2025-12-31', { roa: '0.1' }) }));
    const create = { kind: 'CUSTOMER' as const, industryCode: 'ODD_TRADES', region: 'XX' };
    expect(valueOf(await indicators.commands.importSnapshots(by, { rows, source: 'erp', create }))).toMatchObject({
      new: 2,
    });
    expect(await customers.queries.byNumber(by.actor, 'X-2')).toMatchObject({
      industryCode: 'ODD_TRADES',
      region: 'XX',
      nameEn: 'X-2',
    });
  });

  test('the same list from several writers at once is stored once', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({
      number: `W-${i}`,
      content: content('2025-12-31', { roa: '0.1' }),
    }));
    const create = { kind: 'CUSTOMER' as const, industryCode: null, region: null };
    const outcomes = await Promise.all(
      [1, 2, 3].map(() => indicators.commands.importSnapshots(by, { rows, source: 'erp', create })),
    );
    expect(outcomes.map((outcome) => valueOf(outcome).new).sort()).toEqual([0, 0, 200]);
  });
});

describe('the projection', () => {
  test('equals a rebuild from the snapshots after any sequence of recordings', async () => {
    const people = await Promise.all([newCustomer(), newCustomer(), newCustomer()]);
    const step = fc.record({
      who: fc.nat(2),
      asOf: fc.constantFrom('2025-03-31', '2025-06-30', '2025-09-30'),
      source: fc.constantFrom('erp', 'bureau'),
      values: fc.dictionary(fc.constantFrom('roa', 'roe', 'netMargin'), fc.constantFrom('0.1', '-0.2', '0.3'), {
        minKeys: 1,
      }),
      // A clock that stands still or steps back happens when several machines write.
      tickMs: fc.constantFrom(1000, 0, -1500),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const { who, asOf, source, values, tickMs } of steps) {
          db.clock.advance(tickMs);
          const rows = [{ number: people[who]?.number ?? '', content: content(asOf, values, source) }];
          valueOf(await indicators.commands.importSnapshots(by, { rows, source }));
        }
        const kept = await projection();
        valueOf(await indicators.commands.rebuildProjection(by));
        expect(await projection()).toEqual(kept);
      }),
      { numRuns: 25 },
    );
  });

  test('a damaged projection is mended by a rebuild', async () => {
    const { id } = await newCustomer();
    await record(id, content('2025-12-31', { roa: '0.1' }));
    const kept = await projection();
    await db.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
    await db.asOwner('UPDATE indicator_current SET values = array_fill(1::float8, ARRAY[cardinality(values)])');
    expect(await projection()).not.toEqual(kept);
    valueOf(await indicators.commands.rebuildProjection(by));
    expect(await projection()).toEqual(kept);
  });

  test('gives packed values for scoring and exact ones for money', async () => {
    const { id } = await newCustomer();
    await record(id, content('2025-06-30', { yearlyTurnoverWithUs: '100.10' }));
    await record(id, content('2025-12-31', { yearlyTurnoverWithUs: '12345678.9', roa: '0.1' }));
    const [packed] = await indicators.packedValues(db.database.query, [id]);
    expect(packed?.values).toHaveLength(MAX_ORDINAL);
    expect(packed?.values.filter((value) => value !== null).sort()).toEqual([0.1, 12345678.9]);
    expect(packed?.asOf.filter((day) => day !== null)).toEqual(['2025-12-31', '2025-12-31']);
    expect(await indicators.currentValues(db.database.query, 'yearlyTurnoverWithUs', [id, db.newId()])).toEqual(
      new Map([[id, '12345678.9']]),
    );
  });
});

test.each([
  ['a changed snapshot', "UPDATE indicator_snapshot SET values = '{}'"],
  ['a removed snapshot', 'DELETE FROM indicator_snapshot'],
  ['a truncated table', 'TRUNCATE indicator_snapshot'],
  ['a write outside a unit of work', 'UPDATE indicator_current SET updated_at = now()'],
])('%s is refused by the database', async (_, sql) => {
  await expect(db.asApp(sql)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|TW001|TW002)$/) });
});
