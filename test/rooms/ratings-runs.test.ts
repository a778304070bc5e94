/** Runs over the portfolio against PostgreSQL: everybody rated or parked once, whatever happens to jobs and workers. */
import { Client } from 'pg';
import { pino } from 'pino';
import { drawPortfolio } from '../../bench/support/portfolio';
import { accumulate } from '../../src/audit';
import { asSystem, bootstrap, createApp, required, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { gradeOfRank, rankOf } from '../../src/kernel/grade';
import { ok } from '../../src/kernel/result';
import { compileScorer, MISSING_VALUE } from '../../src/scorecards';
import { cloneDatabase, type TestDatabase } from '../support/database';
import { readObject } from '../support/reads';

const CUSTOMERS = 4_100;
const CHUNKS = 3;
const by = asSystem('rating-worker', 'test');

let db: TestDatabase;
let app: App;
let owner: Client;
let close = async (): Promise<void> => undefined;

const open = async (customers: number): Promise<void> => {
  const cloned = await cloneDatabase();
  db = cloned.database;
  app = await createApp({
    config: { ...readConfig({}), auth: { kind: 'none' } },
    databaseUrl: db.appUrl,
    logger: pino({ level: 'silent' }),
    clock: db.clock,
  });
  owner = new Client({ connectionString: db.ownerUrl });
  await owner.connect();
  close = async () => {
    await owner.end();
    await app.close();
    await cloned.close();
  };
  await bootstrap(app);
  if (customers > 0) await drawPortfolio(owner, { customers });
};

const asOwner = async <Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> => {
  await owner.query("SELECT set_config('tierwarden.actor', 'system:test', false)");
  return (await owner.query<Row>(sql, [...params])).rows;
};

const start = async (): Promise<string> => required(await app.ratings.startRun(by)).runId;
const chunk = async (runId: string, ordinal: number): Promise<boolean> =>
  required(await app.ratings.runChunk(by, { runId, ordinal })).done;
const allChunks = (runId: string): Promise<boolean[]> =>
  Promise.all(Array.from({ length: CHUNKS }, (_, i) => chunk(runId, i + 1)));
const finish = async (runId: string): Promise<string> => required(await app.ratings.finishRun(by, { runId })).state;
/** Rates everybody; the run ends as it ends. */
const carryOut = async (runId: string): Promise<string> => {
  await allChunks(runId);
  return finish(runId);
};
const read = async (runId: string) => (await app.ratings.queries.runsByIds(by.actor, [runId]))[0];
/** Ratings in the run's own table, whether published or not. */
const writtenBy = async (runId: string): Promise<number> => {
  const [run] = await asOwner<{ number: number }>('SELECT number FROM rating_run WHERE id = $1', [runId]);
  const [row] = await asOwner<{ count: number }>(
    `SELECT count(*)::int AS count FROM rating_runs.rating_${run?.number}`,
  );
  return row?.count ?? -1;
};
const eventsOf = (runId: string) =>
  asOwner<{ action: string; body: { after?: Record<string, unknown>; data?: Record<string, unknown> } }>(
    "SELECT action, convert_from(bytes, 'UTF8')::jsonb AS body FROM audit_event WHERE object_id = $1 ORDER BY id",
    [runId],
  );
const countOf = async (table: string, runId: string): Promise<number> =>
  (await asOwner<{ count: number }>(`SELECT count(*)::int AS count FROM ${table} WHERE run_id = $1`, [runId]))[0]
    ?.count ?? -1;

describe('an installation without values', () => {
  beforeAll(() => open(0));
  afterAll(() => close());

  it('cannot be rated', async () => {
    expect(await app.ratings.startRun(by)).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_STATE', reason: 'NO_REFERENCE_VALUES' },
    });
  });
});

describe('a portfolio', () => {
  beforeAll(async () => {
    await open(CUSTOMERS);
    // One customer of each kind that cannot be rated.
    await asOwner(`UPDATE customer SET industry_code = NULL WHERE number = 'N00000001'`);
    await asOwner(
      `UPDATE indicator_current SET values[1] = 'NaN', as_of[1] = '2026-01-01'
       WHERE customer_id = (SELECT id FROM customer WHERE number = 'N00000003')`,
    );
    await asOwner(
      `INSERT INTO customer (id, number, kind, name_en, industry_code, stage, version, created_at, updated_at)
       VALUES (gen_random_uuid(), 'N-BLANK', 'CUSTOMER', 'Nothing known', 'RETAIL', 'GROWTH', 1, '2026-01-01', '2026-01-01')`,
    );
  }, 120_000);
  beforeEach(() => db.clock.advance(1_000));
  afterEach(async () => {
    const [open] = await asOwner<{ id: string }>('SELECT id FROM rating_run WHERE finished_at IS NULL');
    if (open !== undefined) required(await app.ratings.cancelRun(by, { runId: open.id }));
    await asOwner('DELETE FROM outbox');
  });
  afterAll(() => close());

  const sales = { kind: 'USER', id: 'u-1', name: 'Sales', roles: ['SALES_MAKER'], orgUnitId: null } as const;

  it('may be rated by those who may run ratings only', async () => {
    const initiator = { actor: sales, requestId: 'test' };
    for (const refused of [
      await app.ratings.startRun(initiator),
      await app.ratings.runChunk(initiator, { runId: db.newId(), ordinal: 1 }),
      await app.ratings.cancelRun(initiator, { runId: db.newId() }),
      await app.ratings.resumeIdleRuns({ ...initiator, actor: { ...sales, roles: ['AUDITOR'] } }),
    ]) {
      expect(refused).toMatchObject({ ok: false, refusal: { code: 'FORBIDDEN' } });
    }
  });

  it('is rated as a whole: each customer rated or parked once, and the log says so', async () => {
    const runId = await start();
    expect(await read(runId)).toMatchObject({
      state: 'RUNNING',
      customers: CUSTOMERS + 1,
      chunks: CHUNKS,
      chunksDone: 0,
      rated: 0,
      parked: 0,
    });
    expect(await asOwner('SELECT kind, job_key AS key, payload FROM outbox ORDER BY id')).toEqual(
      [1, 2, 3].map((ordinal) => ({
        kind: 'rating.chunk',
        key: `rating.chunk:${runId}:${ordinal}`,
        payload: { runId, ordinal },
      })),
    );
    expect(await chunk(runId, 2)).toBe(true);
    const halfway = await read(runId);
    expect(halfway).toMatchObject({ state: 'RUNNING', chunksDone: 1 });
    expect((halfway?.rated ?? 0) + (halfway?.parked ?? 0)).toBeGreaterThan(1_000);
    expect(await chunk(runId, 1)).toBe(true);
    expect(await chunk(runId, 3)).toBe(true);
    expect(await read(runId)).toMatchObject({ state: 'RUNNING', chunksDone: 3 });
    expect(await asOwner('SELECT kind FROM outbox ORDER BY id DESC LIMIT 1')).toEqual([{ kind: 'rating.finish' }]);
    // Nobody has heard of any of it yet.
    expect(await countOf('rating', runId)).toBe(0);
    expect(await finish(runId)).toBe('COMPLETED');

    expect(await read(runId)).toMatchObject({ state: 'COMPLETED', chunksDone: 3, rated: CUSTOMERS - 2, parked: 3 });
    expect(
      await asOwner(
        `SELECT count(*)::int AS customers FROM customer c
         WHERE (SELECT count(*) FROM rating r WHERE r.run_id = $1 AND r.customer_id = c.id)
             + (SELECT count(*) FROM rating_parked p WHERE p.run_id = $1 AND p.customer_id = c.id) <> 1`,
        [runId],
      ),
    ).toEqual([{ customers: 0 }]);

    const distribution = await app.ratings.queries.distribution(by.actor, runId);
    expect(distribution.reduce((sum, { count }) => sum + count, 0)).toBe(CUSTOMERS - 2);

    const events = await eventsOf(runId);
    expect(events.map((event) => event.action)).toEqual([
      'ratingRun.started',
      'ratingRun.chunkRated',
      'ratingRun.chunkRated',
      'ratingRun.chunkRated',
      'ratingRun.sealed',
      'ratingRun.completed',
    ]);
    const leaves = await asOwner<{ leaves: Buffer }>(
      'SELECT leaf_hashes AS leaves FROM rating_run_chunk WHERE run_id = $1 ORDER BY ordinal',
      [runId],
    );
    const tree = accumulate();
    for (const hash of leaves.flatMap((row) => row.leaves.toString('latin1').match(/[^]{32}/g) ?? []))
      tree.append(hash);
    expect(tree.size()).toBe(CUSTOMERS - 2);
    expect(events.at(-1)?.body.after).toMatchObject({
      state: 'COMPLETED',
      rated: CUSTOMERS - 2,
      parked: 3,
      ratingsRoot: Buffer.from(tree.root(), 'latin1').toString('hex'),
    });
  });

  it('parks who cannot be rated, with the reason', async () => {
    const runId = await start();
    await carryOut(runId);
    const { parkedCustomers } = await readObject(app.reads, by.actor, ['RatingRun', runId], {
      parkedCustomers: { reason: true, customer: { number: true } },
    });
    expect(
      (parkedCustomers as { reason: string; customer: { number: string } }[])
        .map(({ reason, customer }) => [customer.number, reason])
        .sort(([a], [b]) => (a ?? '').localeCompare(b ?? '')),
    ).toEqual([
      ['N-BLANK', 'NO_VALUES'],
      ['N00000001', 'NO_INDUSTRY'],
      ['N00000003', 'NOT_A_NUMBER'],
    ]);
  });

  it('gives grades that anybody can compute again from what is stored', async () => {
    const runId = await start();
    await carryOut(runId);
    const ratings = await app.ratings.queries.byIds(
      by.actor,
      (await asOwner<{ id: string }>('SELECT id FROM rating WHERE run_id = $1', [runId])).map((row) => row.id),
    );
    const version = await app.scorecards.liveVersion();
    const sets = await app.scorecards.cutPointsOfVersion(version.id);
    const cards = new Map(sets.map((set) => [set.id, compileScorer(version.definition, set.cutPoints)]));
    expect(ratings).toHaveLength(CUSTOMERS - 2);
    for (const rating of ratings) {
      const inputs = Float64Array.from(rating.inputs, (value) => value ?? MISSING_VALUE);
      const score = required(cards.get(rating.cutPointSetId)?.score(inputs) ?? ok(null));
      expect({ ...score, missing: undefined }).toEqual({
        score: rating.score,
        pointsCenti: rating.pointsCenti,
        modelGrade: rating.modelGrade,
        uncappedGrade: rating.uncappedGrade,
        caps: rating.caps,
        notes: rating.notes.filter((note) => note !== 'OUTDATED_VALUES'),
        missing: undefined,
      });
    }
  });

  it('is in one run at a time', async () => {
    const runId = await start();
    expect(await app.ratings.startRun(by)).toMatchObject({
      ok: false,
      refusal: { code: 'CONFLICTING_REQUEST', reason: 'RUN_IN_PROGRESS', params: { runId } },
    });
    await carryOut(runId);
    expect(await start()).not.toBe(runId);
  });

  it('gets one run when several are asked for at once', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => app.ratings.startRun(by)));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
  });

  it('is not rated again by a chunk that comes again', async () => {
    const runId = await start();
    expect(await chunk(runId, 1)).toBe(true);
    const [rated, events] = [await writtenBy(runId), (await eventsOf(runId)).length];
    expect(await chunk(runId, 1)).toBe(false);
    expect(await writtenBy(runId)).toBe(rated);
    expect(await eventsOf(runId)).toHaveLength(events);
  });

  it('is rated once when the same chunk runs in several workers at the same time', async () => {
    const runId = await start();
    const done = await Promise.all([1, 2, 3, 4].map(() => chunk(runId, 1)));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect((await eventsOf(runId)).filter((event) => event.action === 'ratingRun.chunkRated')).toHaveLength(1);
  });

  it('is published once by whoever finishes it, and not before every chunk is done', async () => {
    const runId = await start();
    await chunk(runId, 1);
    expect(await finish(runId)).toBe('RUNNING');
    expect(await Promise.all([chunk(runId, 2), chunk(runId, 3)])).toEqual([true, true]);
    expect((await asOwner(`SELECT FROM outbox WHERE kind = 'rating.finish'`)).length).toBe(1);
    await Promise.all([1, 2, 3].map(() => finish(runId)));
    expect(await finish(runId)).toBe('COMPLETED');
    expect((await eventsOf(runId)).filter((event) => event.action === 'ratingRun.completed')).toHaveLength(1);
    expect(await read(runId)).toMatchObject({ state: 'COMPLETED', version: 3 });
  });

  it('has chunks that do not exist', async () => {
    const runId = await start();
    expect(await chunk(runId, CHUNKS + 1)).toBe(false);
    expect(await chunk(db.newId(), 1)).toBe(false);
  });

  it('takes nothing into effect of a run that was cancelled, and rates nobody after it', async () => {
    const runId = await start();
    await chunk(runId, 1);
    const { auditEventId } = required(await app.ratings.cancelRun(by, { runId }));
    expect(await chunk(runId, 2)).toBe(false);
    expect(await read(runId)).toMatchObject({ state: 'CANCELLED', chunksDone: 1 });
    expect(await finish(runId)).toBe('CANCELLED');
    await expect(writtenBy(runId)).rejects.toMatchObject({ code: '42P01' });
    expect((await eventsOf(runId)).at(-1)?.action).toBe('ratingRun.discarded');
    expect(await asOwner('SELECT action FROM audit_event WHERE id = $1', [auditEventId])).toEqual([
      { action: 'ratingRun.cancelled' },
    ]);
    expect(await app.ratings.cancelRun(by, { runId })).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_STATE', reason: 'RUN_CLOSED' },
    });
    expect(await app.ratings.cancelRun(by, { runId: db.newId() })).toMatchObject({
      ok: false,
      refusal: { code: 'NOT_FOUND' },
    });
  });

  it('keeps nothing of a chunk in the middle of which the run was cancelled', async () => {
    const runId = await start();
    const [done, cancellation] = await Promise.all([chunk(runId, 1), app.ratings.cancelRun(by, { runId })]);
    required(cancellation);
    // Whoever came first, nothing of the run is in effect.
    expect(await countOf('rating', runId)).toBe(0);
    expect(await read(runId)).toMatchObject({ state: 'CANCELLED', chunksDone: done ? 1 : 0 });
  });

  it('leaves a grade in force that stands by an override, and still computes the model grade', async () => {
    await carryOut(await start());
    const [graded] = await asOwner<{ id: string; grade: 'A' }>(
      `SELECT customer_id AS id, grade FROM customer_grade WHERE grade NOT IN ('C', 'AAA') LIMIT 1`,
    );
    if (graded === undefined) throw new Error('nobody is graded');
    // The room to the right, whose constraints these are, is not part of this test.
    await asOwner('DROP TRIGGER customer_grade_needs_override ON customer_grade');
    await asOwner('DROP TRIGGER customer_grade_guard ON customer_grade');
    const [overridden, overrideId] = [gradeOfRank(rankOf(graded.grade) + 1), db.newId()];
    await db.unitOfWork.run(by, async (tx) => {
      tx.record({ action: 'test.overridden', object: { type: 'test', id: graded.id } });
      await app.ratings.applyOverride(tx, { customerId: graded.id, overrideId, grade: overridden });
      return ok(null);
    });
    await asOwner(`UPDATE customer_grade SET model_grade = 'C' WHERE customer_id = $1`, [graded.id]);
    db.clock.advance(1_000);
    const runId = await start();
    await carryOut(runId);
    const [after] = await app.ratings.queries.gradesOf(by.actor, [graded.id]);
    expect(after).toMatchObject({
      modelGrade: graded.grade,
      grade: overridden,
      basis: 'OVERRIDE',
      overrideId,
      lastRatedAt: db.clock(),
    });
    const asked = { cause: true, inForceBefore: true, inForceAfter: true } as const;
    const [newest] = (await readObject(app.reads, by.actor, ['Customer', graded.id], { gradeHistory: asked }))
      .gradeHistory;
    const held = { value: overridden };
    expect(newest).toMatchObject({ cause: 'RATING', inForceBefore: held, inForceAfter: held });
  });

  it('is rated by the cut points of the start of the run, whatever is frozen meanwhile', async () => {
    await asOwner(
      `UPDATE customer SET industry_code = 'FINANCE' WHERE id IN (SELECT id FROM customer WHERE industry_code = 'RETAIL' LIMIT 20)`,
    );
    const runId = await start();
    await chunk(runId, 1);
    db.clock.advance(1_000);
    const version = await app.scorecards.liveVersion();
    const column = Float64Array.from({ length: 40 }, (_, i) => i);
    const frozen = required(
      await app.scorecards.freezeCutPoints(by, version.id, 'FINANCE', {
        columns: version.definition.characteristics.map(() => column),
      }),
    );
    await chunk(runId, 2);
    await chunk(runId, 3);
    await finish(runId);
    const used = await asOwner<{ segment: string }>(
      `SELECT DISTINCT s.segment FROM rating r JOIN customer c ON c.id = r.customer_id
       JOIN cut_point_set s ON s.id = r.cut_point_set_id WHERE r.run_id = $1 AND c.industry_code = 'FINANCE'`,
      [runId],
    );
    expect(used).toEqual([{ segment: '*' }]);
    db.clock.advance(1_000);
    const next = await start();
    await carryOut(next);
    expect(
      await asOwner('SELECT FROM rating WHERE run_id = $1 AND cut_point_set_id = $2 LIMIT 1', [next, frozen.id]),
    ).toHaveLength(1);
  });

  describe('whose run has gone silent', () => {
    const pendingJobs = async (): Promise<number> => (await asOwner('SELECT FROM outbox')).length;
    const resume = async (): Promise<number> => required(await app.ratings.resumeIdleRuns(by));

    it('has its open chunks enqueued again, once per silence', async () => {
      const runId = await start();
      await chunk(runId, 1);
      await asOwner('DELETE FROM outbox');
      db.clock.advance(119_000);
      expect(await resume()).toBe(0);
      db.clock.advance(2_000);
      expect(await resume()).toBe(2);
      expect(await pendingJobs()).toBe(2);
      expect(await resume()).toBe(0);
      db.clock.advance(121_000);
      expect(await resume()).toBe(2);
      await chunk(runId, 2);
      db.clock.advance(60_000);
      expect(await resume()).toBe(0);
      await chunk(runId, 3);
      db.clock.advance(121_000);
      // Nobody has finished it.
      expect(await resume()).toBe(1);
      await finish(runId);
      db.clock.advance(600_000);
      expect(await resume()).toBe(0);
      expect(await read(runId)).toMatchObject({ state: 'COMPLETED' });
    });

    it('is not resumed after a cancellation', async () => {
      const runId = await start();
      required(await app.ratings.cancelRun(by, { runId }));
      db.clock.advance(600_000);
      expect(await resume()).toBe(0);
    });
  });

  it.each([
    ['rating', 'UPDATE rating SET score = 100'],
    ['rating', 'DELETE FROM rating'],
    ['rating_parked', `UPDATE rating_parked SET reason = 'NONE'`],
    ['rating_parked', 'DELETE FROM rating_parked'],
    ['grade_history', `UPDATE grade_history SET grade_after = 'AAA'`],
    ['grade_history', 'DELETE FROM grade_history'],
    ['rating_run', 'DELETE FROM rating_run'],
    ['customer_grade', 'DELETE FROM customer_grade'],
  ])('cannot have its history changed by the running application: %s', async (_, sql) => {
    await expect(db.asApp(sql)).rejects.toMatchObject({ code: '42501' });
  });
});
