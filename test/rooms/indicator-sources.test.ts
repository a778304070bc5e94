/** Sources that differ, in the database: one value holds, both are kept, and any past view gives the answer that was given then. */
import fc from 'fast-check';
import { createCustomers, type Customers } from '../../src/customers';
import { createIdentity } from '../../src/identity';
import { createIndicators, packedValuesAt, type Indicators } from '../../src/indicators';
import { indicatorOf } from '../../src/indicators/domain/dictionary';
import { precedenceOf } from '../../src/indicators/domain/precedence';
import { digestOf } from '../../src/kernel/canonical-json';
import { systemActor, type Actor, type Initiator } from '../../src/kernel/actor';
import { messageKey } from '../../src/kernel/refusal';
import type { Result } from '../../src/kernel/result';
import type { Reads } from '../../src/platform/reads';
import { createPolicies, DEFAULT_POLICIES, type SourcePrecedence } from '../../src/policies';
import type { Loose } from '../support/api';
import { useDatabase } from '../support/database';
import { leftReads, readObject } from '../support/reads';

const db = useDatabase();
const by: Initiator = { actor: systemActor('cli'), requestId: 'test' };
const auditor: Actor = {
  kind: 'USER',
  id: '00000000-0000-7000-8000-00000000000a',
  name: 'auditor',
  roles: ['AUDITOR'],
  orgUnitId: null,
};

let customers: Customers;
let indicators: Indicators;
let reads: Reads;

beforeAll(async () => {
  const { database, unitOfWork, clock, newId } = db;
  const identity = createIdentity({ database, unitOfWork, clock });
  const policies = createPolicies({ database, unitOfWork });
  customers = createCustomers({ database, unitOfWork, identity, newId });
  indicators = createIndicators({ database, unitOfWork, clock, newId, customers, policies });
  reads = leftReads(db);
  valueOf(await policies.ensureDefaults(by));
});

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${messageKey(result.refusal)}: ${result.refusal.message}`);
  return result.value;
};

let numbered = 0;
const newCustomer = async (): Promise<{ id: string; number: string }> =>
  valueOf(await customers.commands.registerCustomer(by, { number: `S-${++numbered}`, nameEn: 'Somebody' })).customer;

const tell = async (customerId: string, source: string, asOf: string, values: Record<string, string>) => {
  db.clock.advance(1000);
  return valueOf(
    await indicators.commands.recordSnapshot(by, { customerId, source, asOf, quality: 'REPORTED', values }),
  ).snapshot;
};

/** Publishes a version of the policy, in force at once. */
const publish = async (number: number, content: SourcePrecedence): Promise<void> => {
  await db.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
  await db.asOwner(
    `INSERT INTO policy_version (id, kind, number, content, digest, effective_from, published_at, published_by)
     VALUES ($1, 'SOURCE_PRECEDENCE', $2, $3, $4, $5, $5, 'test')`,
    [db.newId(), number, JSON.stringify(content), digestOf(content), db.clock()],
  );
};

const heldNow = async (customerId: string): Promise<string[]> =>
  (
    (
      await readObject(reads, by.actor, ['Customer', customerId], {
        indicators: { code: true, value: true, source: true },
      })
    )?.indicators as Loose[]
  ).map(({ code, value, source }) => `${code} ${value} ${source}`);

const heldAt = async (customerId: string, knownAt: Date): Promise<string[]> =>
  valueOf(await indicators.queries.valuesAt(auditor, [customerId], { asOf: db.clock(), knownAt })).map(
    ({ code, value, source }) => `${code} ${value} ${source}`,
  );

const packedNow = async (customerId: string): Promise<number | null | undefined> =>
  (await indicators.packedValues(db.database.query, [customerId]))[0]?.values[indicatorOf('roa').ordinal - 1];
const packedAt = async (customerId: string, at: Date): Promise<number | null | undefined> =>
  (await packedValuesAt(db.database.query, [customerId], at)).get(customerId)?.values[indicatorOf('roa').ordinal - 1];

const CONFLICT = {
  code: true,
  period: true,
  deviation: true,
  open: true,
  holding: { value: true, source: true },
  yielding: { value: true, source: true },
} as const;
const conflictsOf = async (customerId: string, actor: Actor = by.actor): Promise<Loose[]> =>
  (await readObject(reads, actor, ['Customer', customerId], { indicatorConflicts: [{}, CONFLICT] }))
    ?.indicatorConflicts;

test('a precedence counts from its adoption; what was seen before is seen again', async () => {
  const { id } = await newCustomer();
  await tell(id, 'erp', '2025-05-01', { roa: '0.1' });
  await tell(id, 'bureau', '2025-06-30', { roa: '0.2' });
  const before = db.clock();
  expect(await heldNow(id)).toEqual(['roa 0.2 bureau']);

  db.clock.advance(1000);
  expect(valueOf(await indicators.commands.adoptPrecedence(by))).toBe(true);
  expect(valueOf(await indicators.commands.adoptPrecedence(by))).toBe(false);
  expect(await heldNow(id)).toEqual(['roa 0.1 erp']);
  expect(await packedNow(id)).toBe(0.1);
  const between = db.clock();

  db.clock.advance(1000);
  await publish(2, { ...DEFAULT_POLICIES.SOURCE_PRECEDENCE, indicators: { roa: ['bureau'] } });
  expect(await heldNow(id)).toEqual(['roa 0.1 erp']);
  expect(valueOf(await indicators.commands.adoptPrecedence(by))).toBe(true);
  expect(await heldNow(id)).toEqual(['roa 0.2 bureau']);
  expect(await packedNow(id)).toBe(0.2);

  for (const [at, held] of [
    [before, 'roa 0.2 bureau'],
    [between, 'roa 0.1 erp'],
    [db.clock(), 'roa 0.2 bureau'],
  ] as const) {
    expect(await heldAt(id, at)).toEqual([held]);
    expect(await packedAt(id, at)).toBe(Number(held.split(' ')[1]));
    const exact = await indicators.currentValues(db.database.query, 'roa', [id], { asOf: db.clock(), knownAt: at });
    expect(exact.get(id)).toBe(held.split(' ')[1]);
  }
  const adopted = await db.asOwner<{ after: { number: number } }>(
    "SELECT convert_from(bytes, 'UTF8')::jsonb -> 'after' AS after FROM audit_event WHERE action = 'indicator.precedenceAdopted' ORDER BY occurred_at",
  );
  expect(adopted.map(({ after }) => after.number)).toEqual([1, 2]);
});

test('a contradiction is put on record with both values, and is over when a source says otherwise', async () => {
  const { id } = await newCustomer();
  await tell(id, 'bureau', '2025-09-30', { debtToEquity: '2', roe: '0.3', externalGuarantees: '100' });
  await tell(id, 'erp', '2025-08-31', { debtToEquity: '1', roe: '0.3', externalGuarantees: '900' });
  expect(await conflictsOf(id)).toEqual([
    expect.objectContaining({
      code: expect.stringMatching('externalGuarantees|debtToEquity'),
      open: true,
      period: '2025-Q3',
    }),
    expect.anything(),
  ]);
  const conflicts = Object.fromEntries((await conflictsOf(id)).map((conflict) => [conflict.code, conflict]));
  expect(conflicts['debtToEquity']).toMatchObject({
    deviation: '0.500000',
    holding: { value: '1', source: 'erp' },
    yielding: { value: '2', source: 'bureau' },
  });
  expect(conflicts['externalGuarantees']).toMatchObject({ holding: { source: 'bureau' }, yielding: { source: 'erp' } });

  const contradicted = async (): Promise<string[]> =>
    (
      (await readObject(reads, by.actor, ['Customer', id], { indicators: { code: true, contradicted: true } }))
        ?.indicators as Loose[]
    ).flatMap((value) => (value.contradicted ? [value.code] : []));
  expect(await contradicted()).toEqual(['debtToEquity', 'externalGuarantees']);
  const then = db.clock();
  await tell(id, 'bureau', '2025-09-30', { debtToEquity: '1.01' });
  expect(await contradicted()).toEqual(['externalGuarantees']);
  const looked = valueOf(await indicators.queries.valuesAt(auditor, [id], { asOf: db.clock(), knownAt: then }));
  expect(looked.flatMap(({ code, contradicted: one }) => (one ? [code] : []))).toEqual([
    'debtToEquity',
    'externalGuarantees',
  ]);

  const sales: Actor = { ...auditor, roles: ['SALES_MAKER'] };
  const seen = (await conflictsOf(id, sales)).find(({ code }) => code === 'externalGuarantees');
  expect(seen).toMatchObject({ deviation: null, holding: { value: null }, yielding: { value: null } });
});

test('values say how old they are and who recorded them', async () => {
  const { id } = await newCustomer();
  await tell(id, 'erp', '2025-09-01', { daysPastDue: '3', roa: '0.1' });
  const found = await readObject(
    reads,
    by.actor,
    ['Customer', id],
    { indicators: { code: true, ageDays: true, fresh: true, recordedBy: { id: true } } },
    new Date('2026-01-15T08:00:00Z'),
  );
  expect(found?.indicators).toMatchObject([
    { code: 'daysPastDue', ageDays: 136, fresh: false, recordedBy: null },
    { code: 'roa', ageDays: 136, fresh: true, recordedBy: null },
  ]);
});

test('what holds is the same by every way, after any sequence', async () => {
  const someone = await Promise.all([newCustomer(), newCustomer()]);
  const content: SourcePrecedence = { ...DEFAULT_POLICIES.SOURCE_PRECEDENCE, indicators: { roe: ['bureau'] } };
  await publish(3, content);
  valueOf(await indicators.commands.adoptPrecedence(by));
  const precedence = precedenceOf(content);
  const told: { who: number; source: string; asOf: string; code: string; value: string; order: number }[] = [];
  const step = fc.record({
    who: fc.nat(1),
    source: fc.constantFrom('erp', 'bureau', 'somebody'),
    asOf: fc.constantFrom('2025-03-31', '2025-05-01', '2025-06-30', '2025-07-01'),
    values: fc.dictionary(fc.constantFrom('roa', 'roe'), fc.constantFrom('0.1', '-0.2', '0.3', '0.4'), { minKeys: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      for (const { who, source, asOf, values } of steps) {
        const snapshot = await tell(someone[who]?.id ?? '', source, asOf, values);
        if (snapshot === null) continue;
        for (const [code, value] of Object.entries(values))
          told.push({ who, source, asOf, code, value, order: told.length });
      }
      for (const [who, { id }] of someone.entries()) {
        const expected = ['roa', 'roe'].flatMap((code) => {
          const [best] = told
            .filter((one) => one.who === who && one.code === code)
            .sort(
              (a, b) =>
                precedence.periodOf(code, b.asOf).localeCompare(precedence.periodOf(code, a.asOf)) ||
                precedence.rankOf(code, a.source) - precedence.rankOf(code, b.source) ||
                b.asOf.localeCompare(a.asOf) ||
                b.order - a.order,
            );
          return best === undefined ? [] : [`${code} ${best.value} ${best.source}`];
        });
        expect(await heldNow(id)).toEqual(expected);
        expect(await heldAt(id, db.clock())).toEqual(expected);
        expect(await packedAt(id, db.clock())).toEqual(await packedNow(id));
      }
    }),
    { numRuns: 15 },
  );
  const kept = await db.asOwner('SELECT * FROM indicator_origin ORDER BY customer_id');
  valueOf(await indicators.commands.rebuildProjection(by));
  expect(await db.asOwner('SELECT * FROM indicator_origin ORDER BY customer_id')).toEqual(kept);
});

test.each([
  ['a changed adoption', 'UPDATE indicator_precedence SET number = 9'],
  ['a removed conflict', 'DELETE FROM indicator_conflict'],
  ['a write outside a unit of work', 'UPDATE indicator_origin SET ranks = ranks'],
])('%s is refused by the database', async (_, sql) => {
  await expect(db.asApp(sql)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|TW001|TW002)$/) });
});
