/** What follows from values that arrive, in the database: derived indicators, scores by people, complaints, the quality of sources. */
import fc from 'fast-check';
import { createCustomers, type Customers } from '../../src/customers';
import { createIdentity } from '../../src/identity';
import { createIndicators, type Indicators } from '../../src/indicators';
import { DERIVED_INDICATORS } from '../../src/indicators/domain/derived-data';
import { deriveValues } from '../../src/indicators/domain/derive-values';
import type { FoldedSnapshot } from '../../src/indicators/domain/current';
import { precedenceOf } from '../../src/indicators/domain/precedence';
import { systemActor, type Actor, type Initiator } from '../../src/kernel/actor';
import { messageKey } from '../../src/kernel/refusal';
import type { Result } from '../../src/kernel/result';
import { Decimal } from '../../src/kernel/decimal';
import type { Role } from '../../src/kernel/role';
import type { Reads } from '../../src/platform/reads';
import { createPolicies, DEFAULT_POLICIES } from '../../src/policies';
import type { Loose } from '../support/api';
import { useDatabase } from '../support/database';
import { leftReads, readObject, type Asked } from '../support/reads';

const db = useDatabase();
const by: Initiator = { actor: systemActor('cli'), requestId: 'test' };
const scheduler: Initiator = { actor: systemActor('scheduler'), requestId: 'test' };
const person = (role: Role): Initiator => ({
  actor: { kind: 'USER', id: '00000000-0000-7000-8000-00000000000a', name: 'somebody', roles: [role], orgUnitId: null },
  requestId: 'test',
});

let customers: Customers;
let indicators: Indicators;
let reads: Reads;

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${messageKey(result.refusal)}: ${result.refusal.message}`);
  return result.value;
};
const keyOf = (result: Result<unknown>): string => (result.ok ? 'ok' : messageKey(result.refusal));

beforeAll(async () => {
  const { database, unitOfWork, clock, newId } = db;
  const identity = createIdentity({ database, unitOfWork, clock });
  const policies = createPolicies({ database, unitOfWork });
  customers = createCustomers({ database, unitOfWork, identity, newId });
  indicators = createIndicators({ database, unitOfWork, clock, newId, customers, policies });
  reads = leftReads(db);
  valueOf(await policies.ensureDefaults(by));
  valueOf(await indicators.commands.adoptPrecedence(by));
});

let numbered = 0;
const newCustomer = async (industryCode: string | null = null): Promise<{ id: string; number: string }> =>
  valueOf(
    await customers.commands.registerCustomer(by, { number: `D-${++numbered}`, nameEn: 'Somebody', industryCode }),
  ).customer;

const tell = async (customerId: string, source: string, asOf: string, values: Record<string, string>) => {
  db.clock.advance(1000);
  return valueOf(
    await indicators.commands.recordSnapshot(by, { customerId, source, asOf, quality: 'REPORTED', values }),
  ).snapshot;
};

const ask = async (customerId: string, asked: Asked, actor: Actor = by.actor): Promise<Loose> =>
  readObject(reads, actor, ['Customer', customerId], asked, db.clock());

const held = async (customerId: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    ((await ask(customerId, { indicators: { code: true, value: true, source: true } })).indicators as Loose[]).map(
      ({ code, value, source }) => [code, `${value} ${source}`],
    ),
  );

describe('derived indicators', () => {
  test('come with their inputs, follow corrections, and give way to what a source states', async () => {
    const { id } = await newCustomer();
    await tell(id, 'erp', '2024-12-31', { debtToAssetsRatio: '0.5' });
    await tell(id, 'erp', '2025-12-31', { debtToAssetsRatio: '0.6', annualRevenue: '100' });
    expect(await held(id)).toMatchObject({ debtRatioJump: '0.2 derived' });
    await tell(id, 'erp', '2024-12-31', { debtToAssetsRatio: '0.4' });
    expect(await held(id)).toMatchObject({ debtRatioJump: '0.5 derived' });
    const { indicators: values } = await ask(id, {
      indicators: { code: true, quality: true, asOf: true, derivation: true },
    });
    expect((values as Loose[]).find(({ code }) => code === 'debtRatioJump')).toMatchObject({
      quality: 'ESTIMATED',
      asOf: '2025-12-31',
      derivation: { form: 'CHANGE', inputs: [{ value: '0.6' }, { value: '0.4', asOf: '2024-12-31' }] },
    });
    // An input that makes it impossible takes it back.
    await tell(id, 'erp', '2024-12-31', { debtToAssetsRatio: '0' });
    expect(await held(id)).not.toHaveProperty('debtRatioJump');
    await tell(id, 'erp', '2023-12-31', { annualRevenue: '80' });
    expect(await held(id)).toMatchObject({ revenueGrowth2Years: '0.25 derived' });
    await tell(id, 'association', '2025-12-31', { revenueGrowth2Years: '0.3' });
    expect(await held(id)).toMatchObject({ revenueGrowth2Years: '0.3 association' });
  });

  test('equal a naive recomputation after any sequence, and the projection equals a rebuild', async () => {
    const precedence = precedenceOf(DEFAULT_POLICIES.SOURCE_PRECEDENCE);
    const ownForms = DERIVED_INDICATORS.filter(
      ({ derivation: { form } }) => form === 'GROWTH' || form === 'CHANGE' || form === 'RATIO',
    );
    const { id } = await newCustomer();
    const step = fc.record({
      source: fc.constantFrom('erp', 'bureau'),
      asOf: fc.constantFrom('2023-12-31', '2024-01-31', '2024-12-31', '2025-11-30', '2025-12-31'),
      values: fc.dictionary(
        fc.constantFrom('annualRevenue', 'debtToAssetsRatio', 'externalGuarantees'),
        fc.constantFrom('0', '1', '2', '3'),
        { minKeys: 1 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        for (const { source, asOf, values } of steps) await tell(id, source, asOf, values);
        const all = await db.asOwner<FoldedSnapshot>(
          `SELECT id, as_of::text AS "asOf", recorded_at AS "recordedAt", source, values FROM indicator_snapshot
           WHERE customer_id = $1 AND source <> 'derived' ORDER BY recorded_at, id`,
          [id],
        );
        const naive = deriveValues(ownForms, all, precedence, { industry: null, figures: [] }, '1900-01-01');
        const kept = await db.asOwner<{ code: string; asOf: string; value: string | null }>(
          `SELECT DISTINCT ON (s.as_of, v.key) v.key AS code, s.as_of::text AS "asOf", v.value
           FROM indicator_snapshot s, jsonb_each_text(s.values) v WHERE customer_id = $1 AND source = 'derived'
           ORDER BY s.as_of, v.key, s.recorded_at DESC, s.id DESC`,
          [id],
        );
        const plain = (values: readonly { code: string; asOf: string; value: string | null }[]): string[] =>
          values.flatMap(({ code, asOf, value }) => (value === null ? [] : [`${code} ${asOf} ${value}`])).sort();
        expect(plain(kept)).toEqual(plain(naive));
        const [before] = await db.asOwner('SELECT values FROM indicator_current WHERE customer_id = $1', [id]);
        valueOf(await indicators.commands.rebuildProjection(by));
        const [after] = await db.asOwner('SELECT values FROM indicator_current WHERE customer_id = $1', [id]);
        expect(after).toEqual(before);
      }),
      { numRuns: 12 },
    );
  });

  test('against peers follow the figures, which are taken once a month', async () => {
    const shops = await Promise.all(Array.from({ length: 5 }, () => newCustomer('RETAIL')));
    for (const [i, { id }] of shops.entries()) {
      await tell(id, 'erp', '2025-12-31', { netMargin: `0.0${i + 1}`, yearlyTurnoverWithUs: `${(i + 1) * 100}` });
    }
    expect(await held(shops[4]?.id ?? '')).not.toHaveProperty('netMarginToPeers');
    expect(valueOf(await indicators.commands.takePeerFigures(scheduler))).toBe(true);
    expect(valueOf(await indicators.commands.takePeerFigures(scheduler))).toBe(false);
    expect(valueOf(await indicators.commands.applyPeerFigures(scheduler))).toBe(5);
    expect(valueOf(await indicators.commands.applyPeerFigures(scheduler))).toBe(0);
    expect(await held(shops[4]?.id ?? '')).toMatchObject({
      netMarginToPeers: '0.02 derived',
      shareOfOurTurnover: '0.333333333333333 derived',
    });
    // Whoever comes later is held against the same figures.
    const late = await newCustomer('FINANCE');
    await tell(late.id, 'erp', '2025-12-31', { netMargin: '0.1', yearlyTurnoverWithUs: '150' });
    expect(await held(late.id)).toMatchObject({ netMarginToPeers: '0.07 derived', shareOfOurTurnover: '0.1 derived' });
    db.clock.advance(30 * 86_400_000);
    expect(valueOf(await indicators.commands.takePeerFigures(scheduler))).toBe(true);
    while (valueOf(await indicators.commands.applyPeerFigures(scheduler)) > 0);
    expect((await held(late.id))['shareOfOurTurnover']).toBe('0.0909090909090909 derived');
  });

  test('nobody else speaks in our name', async () => {
    const { id } = await newCustomer();
    for (const source of ['derived', 'expert', 'complaints']) {
      const outcome = await indicators.commands.recordSnapshot(by, {
        customerId: id,
        source,
        asOf: '2025-12-31',
        quality: 'REPORTED',
        values: { roa: '0.1' },
      });
      expect(keyOf(outcome)).toBe('INVALID.OWN_SOURCE');
    }
  });
});

describe('scores by people', () => {
  const score = { code: 'strategicFit', score: new Decimal(8), reason: 'Shares our road map.' };

  test('carry who, when and why', async () => {
    const { id } = await newCustomer();
    valueOf(await indicators.commands.recordExpertScore(person('RISK_ANALYST'), { customerId: id, ...score }));
    db.clock.advance(1000);
    valueOf(
      await indicators.commands.recordExpertScore(person('RISK_APPROVER'), {
        customerId: id,
        ...score,
        score: new Decimal(6),
      }),
    );
    expect(await held(id)).toMatchObject({ strategicFit: '6 expert' });
    const { indicatorHistory } = await ask(id, {
      indicatorHistory: [{ code: 'strategicFit' }, { value: true, reason: true, source: true }],
    });
    expect(indicatorHistory).toMatchObject([
      { value: '6', reason: 'Shares our road map.', source: 'expert' },
      { value: '8' },
    ]);
  });

  test.each<[string, Role, object, string]>([
    ['sales', 'SALES_MAKER', {}, 'FORBIDDEN'],
    ['a program', 'SERVICE', {}, 'FORBIDDEN'],
    ['about nobody', 'RISK_ANALYST', { customerId: 'x' }, 'NOT_FOUND.CUSTOMER'],
    ['out of range', 'RISK_ANALYST', { score: new Decimal(11) }, 'OUT_OF_RANGE.VALUE'],
  ])('%s: refused', async (_, role, change, expected) => {
    const { id } = await newCustomer();
    const outcome = await indicators.commands.recordExpertScore(person(role), { customerId: id, ...score, ...change });
    expect(keyOf(outcome)).toMatch(new RegExp(`^${expected}`));
  });
});

describe('complaints', () => {
  test('become severity and count, and age', async () => {
    const { id } = await newCustomer();
    const complain = async (text: string, receivedOn: string) => {
      db.clock.advance(1000);
      return valueOf(
        await indicators.commands.recordComplaint(person('SALES_MAKER'), { customerId: id, text, receivedOn }),
      );
    };
    const today = db.clock().toISOString().slice(0, 10);
    const daysAgo = (days: number): string =>
      new Date(db.clock().getTime() - days * 86_400_000).toISOString().slice(0, 10);
    const first = await complain('货物损坏，电话 13800138000', daysAgo(300));
    expect(first).toMatchObject({ severity: 3, matched: [{ ruleId: 'QUALITY', term: '损坏' }] });
    expect(await held(id)).toMatchObject({ complaintCount: '1 complaints', complaintSeverity: '3 complaints' });
    await complain('我们将起诉', today);
    await complain('麻烦回电', daysAgo(400));
    expect(await held(id)).toMatchObject({ complaintCount: '2 complaints', complaintSeverity: '5 complaints' });
    const { complaints } = await ask(id, {
      complaints: [{}, { text: true, severity: true, matched: true, rulesVersion: true }],
    });
    expect(complaints).toMatchObject([
      { text: '我们将起诉', severity: 5, rulesVersion: 1 },
      { text: '货物损坏,电话 [phone]' },
      { text: '麻烦回电', severity: 1, matched: [] },
    ]);

    db.clock.advance(100 * 86_400_000);
    expect(valueOf(await indicators.commands.countComplaintsAgain(scheduler, 100))).toBe(1);
    expect(valueOf(await indicators.commands.countComplaintsAgain(scheduler, 100))).toBe(0);
    expect(await held(id)).toMatchObject({ complaintCount: '1 complaints', complaintSeverity: '5 complaints' });
    const bytes = await db.asOwner<{ text: string }>(
      "SELECT convert_from(bytes, 'UTF8') AS text FROM audit_event WHERE action = 'complaint.recorded'",
    );
    expect(bytes.some(({ text }) => text.includes('货物'))).toBe(false);
  });

  test.each<[string, Role, object, string]>([
    ['an auditor', 'AUDITOR', {}, 'FORBIDDEN'],
    ['without words', 'SALES_MAKER', { text: ' ' }, 'REQUIRED.TEXT'],
    ['of no day', 'SALES_MAKER', { receivedOn: '2025-02-30' }, 'INVALID.RECEIVED_ON'],
    ['of a day to come', 'SALES_MAKER', { receivedOn: '2030-01-01' }, 'OUT_OF_RANGE.FUTURE_DATE'],
    ['about nobody', 'SALES_MAKER', { customerId: 'x' }, 'NOT_FOUND.CUSTOMER'],
  ])('%s: refused', async (_, role, change, expected) => {
    const { id } = await newCustomer();
    const outcome = await indicators.commands.recordComplaint(person(role), {
      customerId: id,
      text: '延误',
      ...change,
    });
    expect(keyOf(outcome)).toMatch(new RegExp(`^${expected}`));
  });
});

test('a source is judged by what came from it, month by month', async () => {
  const { id, number } = await newCustomer();
  const content = (values: Record<string, string>, asOf = '2025-12-31') => ({
    asOf,
    source: 'judged',
    quality: 'REPORTED' as const,
    values,
  });
  await tell(id, 'bureau', '2025-12-31', { debtToEquity: '1' });
  const rows = [
    { number, content: content({ debtToEquity: '2', roa: '0.1', roe: '0.2' }) },
    { number, content: content({ currentRatio: '1' }, '2019-12-31') },
    { number, content: content({ roa: '99' }) },
    { number: 'NOBODY', content: content({ roa: '0.1' }) },
  ];
  valueOf(await indicators.commands.importSnapshots(by, { rows, source: 'judged' }));
  const sources = valueOf(await indicators.queries.sources(by.actor, db.clock()));
  const month = db.clock().toISOString().slice(0, 7);
  const counts = { accepted: 4, stale: 1, contradicted: 1, refused: 2, score: '37.5' };
  expect(sources.find(({ name }) => name === 'judged')).toMatchObject({
    kind: 'OTHER',
    ...counts,
    refusals: [
      { code: 'OUT_OF_RANGE', count: 1 },
      { code: 'UNKNOWN_CUSTOMER', count: 1 },
    ],
    months: [{ month, ...counts }],
  });
  expect(sources.find(({ name }) => name === 'bureau')).toMatchObject({ kind: 'BUREAU' });
  expect(keyOf(await indicators.queries.sources(person('SECURITY_ADMIN').actor, db.clock()))).toMatch(/^FORBIDDEN/);
});

test.each([
  ['a changed complaint', 'UPDATE complaint SET severity = 1'],
  ['a removed arrival', 'DELETE FROM source_arrival'],
  ['a changed figure', 'UPDATE peer_figure SET value = 0'],
  ['a set that was taken at another time', 'UPDATE peer_figure_set SET taken_at = now()'],
])('%s is refused by the database', async (_, sql) => {
  await expect(db.asApp(sql)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|TW001|TW002)$/) });
});
