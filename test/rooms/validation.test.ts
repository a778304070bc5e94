/** The validation room against PostgreSQL: outcomes are added, corrected by newer ones, and held against ratings. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApprovals } from '../../src/approvals';
import { createCompletenessQueries } from '../../src/audit/completeness.queries';
import { createCustomers, type RowRefusal } from '../../src/customers';
import { createIdentity } from '../../src/identity';
import { createIndicators, type IndicatorMap } from '../../src/indicators';
import type { Result } from '../../src/kernel/result';
import { createPolicies } from '../../src/policies';
import { createRatings } from '../../src/ratings';
import { createValidation, type OutcomeClaim, type Validation } from '../../src/validation';
import { useDatabase } from '../support/database';
import { asSystemActor, hirePeople, type People } from '../support/people';
import { scorecardsOf } from '../support/scorecards';

const db = useDatabase();
const system = asSystemActor();
const COUNT = 40;
const numberOf = (index: number): string => `V-${String(index).padStart(2, '0')}`;

let people: People;
let validation: Validation;
let folder: string;

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.message}`);
  return result.value;
};

/** Forty customers of one industry, each with a better return on assets than the one before, all rated. */
beforeAll(async () => {
  people = await hirePeople(db);
  const { database, unitOfWork, clock, newId } = db;
  const identity = createIdentity({ database, unitOfWork, clock });
  const customers = createCustomers({ database, unitOfWork, identity, newId });
  const policies = createPolicies({ database, unitOfWork });
  const indicators = createIndicators({
    database,
    unitOfWork,
    clock,
    newId,
    customers,
    policies,
  });
  const scorecards = scorecardsOf(db);
  const approvals = createApprovals({ database, unitOfWork, policies });
  const ratings = createRatings({
    database,
    unitOfWork,
    customers,
    indicators,
    scorecards,
    policies,
    approvals,
    mayCome: {
      limits: () => Promise.reject(new Error('nothing is simulated here')),
      tiers: () => Promise.reject(new Error('nothing is simulated here')),
    },
    tiersOf: async () => new Map(),
    onGradesChanged: async () => undefined,
    onRunPublished: async () => undefined,
  });
  validation = createValidation({
    database,
    unitOfWork,
    clock,
    newId,
    policies,
    approvals,
    ratings,
    audit: { completeness: createCompletenessQueries(database) },
  });
  valueOf(await policies.ensureDefaults(system));
  valueOf(await scorecards.ensureExpertScorecard(system));
  valueOf(
    await indicators.commands.importSnapshots(system, {
      source: 'books',
      create: { kind: 'CUSTOMER', industryCode: 'MANUFACTURING', region: null },
      rows: Array.from({ length: COUNT }, (_, index) => ({
        number: numberOf(index),
        content: {
          asOf: '2025-12-31',
          source: 'books',
          quality: 'REPORTED',
          values: { roa: (index / 1000).toFixed(3) },
        },
      })),
    }),
  );
  const ids = await db.asOwner<{ id: string }>('SELECT id FROM customer ORDER BY number');
  for (const { id } of ids) valueOf(await ratings.rateCustomer(system, { customerId: id }));
  folder = await mkdtemp(join(tmpdir(), 'tierwarden-outcomes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const claim = (index: number, bad: boolean, observedOn = '2026-01-10'): OutcomeClaim => ({
  number: numberOf(index),
  event: 'DEFAULT',
  bad,
  observedOn,
});

const record = async (source: string, claims: readonly OutcomeClaim[], by = system) =>
  validation.recordOutcomes(by, { batchId: db.newId(), source, claims });

const eventCount = async (): Promise<number> => {
  const [row] = await db.asOwner<{ count: string }>(
    "SELECT count(*) FROM audit_event WHERE action = 'outcome.recorded'",
  );
  return Number(row?.count);
};

describe('recording', () => {
  test('needs a risk role', async () => {
    const refused = { ok: false, refusal: { code: 'FORBIDDEN' } };
    expect(await record('register', [claim(0, true)], people.maker)).toMatchObject(refused);
    expect(await record('register', [claim(0, true)], people.auditor)).toMatchObject(refused);
    expect(valueOf(await record('register', [claim(0, true)], people.analyst))).toMatchObject({ recorded: 1 });
  });

  test('keeps what is sound and names what is not, in order', async () => {
    const outcome = valueOf(
      await record('mixed', [
        claim(1, true),
        { ...claim(2, true), number: 'nobody' },
        claim(3, true, '2026-02-30'),
        claim(4, true, '2026-01-16'),
        claim(5, false),
      ]),
    );
    expect(outcome).toMatchObject({ recorded: 2, unchanged: 0 });
    expect(outcome.rejected.map(({ code, reason, index }) => [code, reason, index])).toEqual([
      ['NOT_FOUND', 'CUSTOMER', 1],
      ['INVALID', 'DATE', 2],
      ['OUT_OF_RANGE', 'FUTURE', 3],
    ]);
  });

  test('says the same twice without a trace', async () => {
    const claims = [claim(6, true), claim(7, false)];
    expect(valueOf(await record('twice', claims))).toMatchObject({ recorded: 2, unchanged: 0 });
    const before = await eventCount();
    expect(valueOf(await record('twice', claims))).toMatchObject({ recorded: 0, unchanged: 2 });
    expect(await eventCount()).toBe(before);
  });

  test('records once what two deliveries bring at the same moment', async () => {
    const claims = Array.from({ length: 20 }, (_, index) => claim(index + 10, false, '2026-01-05'));
    const counts = (await Promise.all([record('race', claims), record('race', claims)])).map(valueOf);
    expect(counts.map(({ recorded }) => recorded).sort((a, b) => a - b)).toEqual([0, 20]);
  });

  test('adds a correction and leaves what was said before', async () => {
    valueOf(await record('corrected', [claim(8, false)]));
    valueOf(await record('corrected', [claim(8, true)]));
    expect(valueOf(await record('corrected', [claim(8, true)]))).toMatchObject({ recorded: 0 });
    const kept = await db.asOwner("SELECT bad FROM outcome WHERE source = 'corrected' ORDER BY recorded_at, id");
    expect(kept).toEqual([{ bad: false }, { bad: true }]);
    expect(valueOf(await record('corrected', [claim(8, false)]))).toMatchObject({ recorded: 1 });
  });

  test('is all that the database allows', async () => {
    await expect(db.asApp('UPDATE outcome SET bad = NOT bad')).rejects.toThrow('permission denied');
    await expect(db.asApp('DELETE FROM outcome')).rejects.toThrow('permission denied');
    await expect(db.asOwner("SELECT set_config('tierwarden.actor', 'x', false)")).resolves.toHaveLength(1);
    await expect(db.asOwner('UPDATE outcome SET bad = NOT bad')).rejects.toMatchObject({ code: 'TW002' });
    await db.asOwner("SELECT set_config('tierwarden.actor', '', false)");
    await expect(
      db.asApp(
        `INSERT INTO outcome (id, customer_id, event, bad, observed_on, source, batch_id, recorded_at)
         SELECT gen_random_uuid(), id, 'DEFAULT', true, '2026-01-01', 'x', gen_random_uuid(), now() FROM customer LIMIT 1`,
      ),
    ).rejects.toMatchObject({ code: 'TW001' });
  });
});

describe('rank power', () => {
  const powerOf = async (source: string, by = people.analyst) =>
    validation.queries.rankPower(by.actor, { source, event: 'DEFAULT' });
  const worst = (index: number): boolean => index < COUNT / 10;

  test('is 1 when exactly the worst tenth went bad', async () => {
    valueOf(
      await record(
        'power',
        Array.from({ length: COUNT }, (_, index) => claim(index, worst(index))),
      ),
    );
    const power = valueOf(await powerOf('power'));
    expect(power).toMatchObject({ customers: 40, rated: 40, bad: 4, auc: 1 });
    expect(power.grades.find(({ grade }) => grade === 'C')).toEqual({ grade: 'C', count: 4, bad: 4, shareBad: 1 });
    expect(power.grades.reduce((sum, { count }) => sum + count, 0)).toBe(40);
  });

  test('falls when one of the best goes bad, and follows the newest word', async () => {
    valueOf(await record('power', [claim(COUNT - 1, true)]));
    // 35 good: the four worst lose to all of them; the one on top ties with three and beats 32.
    expect(valueOf(await powerOf('power')).auc).toBeCloseTo((4 * 35 + 3 / 2) / (5 * 35), 12);
    valueOf(await record('power', [claim(COUNT - 1, false)]));
    expect(valueOf(await powerOf('power')).auc).toBe(1);
  });

  test('is told of the grades in force beside those of the model', async () => {
    expect(valueOf(await powerOf('power')).byGrade).toMatchObject({ modelAuc: 1, inForceAuc: 1 });
    const best = numberOf(COUNT - 1);
    const put = async (basis: string, grade: string): Promise<void> => {
      await db.asOwner('ALTER TABLE customer_grade DISABLE TRIGGER USER');
      await db.asOwner(
        `UPDATE customer_grade SET basis = $2, grade = CASE $3 WHEN '' THEN model_grade ELSE $3::grade END
         WHERE customer_id = (SELECT id FROM customer WHERE number = $1)`,
        [best, basis, grade],
      );
      await db.asOwner('ALTER TABLE customer_grade ENABLE TRIGGER USER');
    };
    await put('HELD', 'C');
    const { auc, byGrade } = valueOf(await powerOf('power'));
    expect(auc).toBe(1);
    // It ties with the four worst, of 36 that did not go bad.
    expect(byGrade).toMatchObject({ modelAuc: 1, inForceAuc: (4 * 35 + 4 / 2) / (4 * 36) });
    expect(byGrade.inForce.find(({ grade }) => grade === 'C')).toEqual({ grade: 'C', count: 5, bad: 4, shareBad: 0.8 });
    await put('MODEL', '');
  });

  test('is told of all sources as it is of each', async () => {
    const all = valueOf(await validation.queries.powerBySource(people.analyst.actor));
    const told = await db.asOwner('SELECT DISTINCT source, event FROM outcome ORDER BY source, event');
    expect(all.map(({ source, event }) => ({ source, event }))).toEqual(told);
    expect(told.length).toBeGreaterThan(1);
    for (const { source, event, ...power } of all) {
      expect(power).toEqual(valueOf(await validation.queries.rankPower(people.analyst.actor, { source, event })));
    }
    expect(await validation.queries.powerBySource(people.maker.actor)).toMatchObject({
      ok: false,
      refusal: { code: 'FORBIDDEN' },
    });
  });

  test('is not known without both kinds, and not told to everybody', async () => {
    expect(valueOf(await powerOf('no such source'))).toMatchObject({ customers: 0, rated: 0, auc: null });
    expect(await powerOf('power', people.maker)).toMatchObject({ ok: false, refusal: { code: 'FORBIDDEN' } });
  });
});

describe('a file', () => {
  const map = (outcome: Partial<NonNullable<IndicatorMap['outcome']>> | null): IndicatorMap => ({
    kind: 'indicators',
    source: 'court file',
    asOf: '2025-12-31',
    customer: { key: { column: 'no' } },
    columns: [{ column: 'roa', indicator: 'roa', unit: 'plain' }],
    ...(outcome === null
      ? {}
      : {
          outcome: { column: 'failed', event: 'BANKRUPTCY', bad: ['yes', '1'], observedOn: '2026-01-10', ...outcome },
        }),
  });
  const load = async (lines: readonly string[], wanted: IndicatorMap, by = system) => {
    const file = join(folder, 'outcomes.csv');
    await writeFile(file, ['no,roa,failed', ...lines].join('\n'));
    const refusals: RowRefusal[] = [];
    const outcome = await validation.importFile(
      by,
      { file, map: wanted },
      { onRefusals: async (rows) => void refusals.push(...rows) },
    );
    return { outcome, refusals };
  };

  test('brings outcomes in once, row by row', async () => {
    const lines = [
      `${numberOf(0)},0.1,yes`,
      `${numberOf(1)},0.1,no`,
      'nobody,0.1,no',
      `${numberOf(2)},0.1,`,
      `${numberOf(0)},0.1,no`,
      `${numberOf(3)},0.1, 1 `,
      ',0.1,no',
      `${numberOf(4)},0.1`,
    ];
    const first = await load(lines, map({}));
    expect(valueOf(first.outcome)).toMatchObject({ rows: 8, recorded: 3, unchanged: 0, rejected: 5 });
    expect(first.refusals.map(({ line, column, code }) => [line, column, code])).toEqual([
      [4, 'no', 'UNKNOWN_CUSTOMER'],
      [5, 'failed', 'REQUIRED'],
      [6, 'failed', 'DUPLICATE'],
      [8, 'no', 'REQUIRED'],
      [9, null, 'FIELD_COUNT'],
    ]);
    expect(valueOf((await load(lines, map({}))).outcome)).toMatchObject({ recorded: 0, unchanged: 3, rejected: 5 });
    const kept = await db.asOwner<{ number: string; bad: boolean }>(
      `SELECT number, bad FROM outcome JOIN customer ON customer.id = customer_id
       WHERE event = 'BANKRUPTCY' ORDER BY number`,
    );
    expect(kept).toEqual([
      { number: numberOf(0), bad: true },
      { number: numberOf(1), bad: false },
      { number: numberOf(3), bad: true },
    ]);
  });

  test.each([
    ['a map without an outcome', map(null), 'REQUIRED', 'OUTCOME'],
    ['an event that nobody knows', map({ event: 'METEOR' }), 'INVALID', 'EVENT'],
    ['a column that the file lacks', map({ column: 'fate' }), 'INVALID', 'MISSING_COLUMN'],
  ])('is refused for %s', async (_, wanted, code, reason) => {
    const { outcome } = await load([`${numberOf(0)},0.1,yes`], wanted);
    expect(outcome).toMatchObject({ ok: false, refusal: { code, reason } });
  });

  test('needs a risk role', async () => {
    const { outcome } = await load([`${numberOf(9)},0.1,yes`], map({}), people.maker);
    expect(outcome).toMatchObject({ ok: false, refusal: { code: 'FORBIDDEN' } });
  });
});
