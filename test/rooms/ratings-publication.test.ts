/**
 * What becomes of a finished run against PostgreSQL: usual ones are published, unusual ones wait for checkers, simulated ones
 * leave figures alone; much better grades are held; and every rating can be made again from what was stored.
 */
import fc from 'fast-check';
import { Client } from 'pg';
import { pino } from 'pino';
import { drawPortfolio } from '../../bench/support/portfolio';
import { checkRatingProof, nodeCrypto, readKey } from '../../cli/verify';
import { asSystem, bootstrap, createApp, required, type App } from '../../src/app';
import { formatVerifierKey } from '../../src/audit';
import { readConfig } from '../../src/config';
import type { Initiator } from '../../src/kernel/actor';
import { GRADES, type Grade } from '../../src/kernel/grade';
import { DEFAULT_POLICIES } from '../../src/policies';
import { replayDocument } from '../../src/ratings';
import { afterRating, heldBecause, type GradeState } from '../../src/ratings/domain/follow-grade';
import { ratingDueAt } from '../../src/ratings/domain/rating-due';
import { cloneDatabase, type TestDatabase } from '../support/database';
import { appendAll, testKeys, testSequencer } from '../support/log';
import { hirePeople, type People } from '../support/people';
import { finishRun } from '../support/sample';

const CUSTOMERS = 400;
const by = asSystem('rating-worker', 'test');

let db: TestDatabase;
let app: App;
let owner: Client;
let people: People;
let close = async (): Promise<void> => undefined;

beforeAll(async () => {
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
  people = await hirePeople(db);
  await drawPortfolio(owner, { customers: CUSTOMERS });
  await finishRun(app, required(await app.ratings.startRun(by)).runId);
}, 120_000);
afterAll(() => close());
beforeEach(() => db.clock.advance(1_000));

const sql = async <Row extends object>(text: string, params: readonly unknown[] = []): Promise<Row[]> => {
  await owner.query("SELECT set_config('tierwarden.actor', 'system:test', false)");
  return (await owner.query<Row>(text, [...params])).rows;
};
/** Puts grades where a test wants them, past all guards. */
const unguarded = async (text: string, params: readonly unknown[] = []): Promise<void> => {
  const [, table] = /UPDATE (\w+)/.exec(text) ?? [];
  await sql(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await sql(text, params);
  await sql(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
};
const run = async (asker: Initiator = by): Promise<{ runId: string; state: string | undefined }> => {
  const { runId } = required(await app.ratings.startRun(asker));
  await finishRun(app, runId);
  const [read] = await app.ratings.queries.runsByIds(by.actor, [runId]);
  return { runId, state: read?.state };
};
const grades = () =>
  sql<{ id: string; model: Grade; grade: Grade; basis: string }>(
    'SELECT customer_id AS id, model_grade AS model, grade, basis FROM customer_grade ORDER BY customer_id',
  );
const openRequest = async (kind: string, subjectId: string) => {
  const [found] = await sql<{ id: string; version: number; digest: string; maker: string }>(
    `SELECT id, version, digest, maker_id AS maker FROM change_request
     WHERE kind = $1 AND subject_id = $2 AND state = 'IN_REVIEW'`,
    [kind, subjectId],
  );
  if (found === undefined) throw new Error(`no ${kind} waits for ${subjectId}`);
  return found;
};
const vote = async (who: Initiator, kind: string, subjectId: string, verdict: 'APPROVE' | 'REJECT' = 'APPROVE') => {
  const { id, version, digest } = await openRequest(kind, subjectId);
  return app.approvals.vote(who, {
    requestId: id,
    expectedVersion: version,
    expectedDigest: digest,
    verdict,
    comment: verdict === 'REJECT' ? 'No.' : null,
  });
};

it('a grade follows a rating in SQL as it does in code, from every state there is', async () => {
  const before = await grades();
  const bases: GradeState['basis'][] = ['MODEL', 'OVERRIDE', 'HELD'];
  const overrideId = db.newId();
  const states = before.map(({ id }, i): GradeState & { id: string } => {
    const grade = GRADES[i % 9] ?? 'C';
    const basis = bases[Math.floor(i / 9) % 3] ?? 'MODEL';
    const better = GRADES[Math.max(0, (i % 9) - 1)] ?? 'AAA';
    // Of the last days, of long ago, or never.
    const days = [null, 10, 300][Math.floor(i / 27) % 3] ?? null;
    const downgradedAt = days === null ? null : new Date(db.clock().getTime() - days * 86_400_000);
    if (basis === 'OVERRIDE') return { id, grade, modelGrade: better, basis, overrideId, downgradedAt };
    // The best grade is never held: there is no better one.
    if (basis === 'HELD' && better !== grade)
      return { id, grade, modelGrade: better, basis, overrideId: null, downgradedAt };
    return { id, grade, modelGrade: grade, basis: 'MODEL', overrideId: null, downgradedAt };
  });
  await unguarded(
    `UPDATE customer_grade AS held SET model_grade = s.model, grade = s.grade, basis = s.basis, override_id = s.override_id,
       downgraded_at = s.downgraded_at, months_at_most = nullif(abs(hashtext(s.id::text)) % 13, 0)
     FROM unnest($1::uuid[], $2::grade[], $3::grade[], $4::text[], $5::uuid[], $6::timestamptz[])
       AS s (id, model, grade, basis, override_id, downgraded_at)
     WHERE held.customer_id = s.id`,
    [
      states.map(({ id }) => id),
      states.map(({ modelGrade }) => modelGrade),
      states.map(({ grade }) => grade),
      states.map(({ basis }) => basis),
      states.map((state) => state.overrideId),
      states.map((state) => state.downgradedAt),
    ],
  );
  const { runId, state } = await run();
  expect(state).toBe('PARKED');
  required(await vote(people.approver, 'RATING_RUN', runId));
  required(await vote(people.cro, 'RATING_RUN', runId));
  expect(required(await app.ratings.finishRun(by, { runId }))).toEqual({ state: 'COMPLETED' });
  const rated = await sql<{ id: string; model: Grade }>(
    'SELECT customer_id AS id, model_grade AS model FROM rating WHERE run_id = $1',
    [runId],
  );
  const modelOf = new Map(rated.map(({ id, model }) => [id, model]));
  const calendar = DEFAULT_POLICIES.RERATING_CALENDAR;
  const publishedAt = db.clock();
  const expected = states.map((was) => {
    const after = afterRating(was, modelOf.get(was.id) ?? 'C', {
      at: publishedAt,
      coolDownDays: calendar.coolDownDays,
    });
    return { id: was.id, model: after.modelGrade, grade: after.grade, basis: after.basis };
  });
  expect(await grades()).toEqual(expected);
  expect(expected.filter(({ basis }) => basis === 'HELD').length).toBeGreaterThan(10);
  const current = await app.ratings.queries.gradesOf(
    by.actor,
    states.map(({ id }) => id),
  );
  expect(new Set(current.map(heldBecause))).toEqual(new Set([null, 'NOTCHES', 'COOL_DOWN']));
  for (const grade of current) {
    expect(grade.ratingDueAt).toEqual(ratingDueAt(grade, calendar));
    const was = states.find(({ id }) => id === grade.customerId) ?? null;
    const moment = { at: grade.downgradedAt ?? publishedAt, coolDownDays: calendar.coolDownDays };
    expect(grade.downgradedAt).toEqual(afterRating(was, grade.modelGrade, moment).downgradedAt);
  }
  const moved = states.filter((was, i) => {
    const now = expected[i];
    return was.modelGrade !== now?.model || was.grade !== now.grade || was.basis !== now.basis;
  });
  expect(
    await sql('SELECT FROM grade_history WHERE cause_id IN (SELECT id FROM rating WHERE run_id = $1)', [runId]),
  ).toHaveLength(moved.length);

  // What was held is let go together, with a checker's consent and not without.
  await expect(
    db.asApp(`UPDATE customer_grade SET basis = 'MODEL', grade = model_grade WHERE basis = 'HELD'`),
  ).rejects.toMatchObject({ code: 'TW001' });
  db.clock.advance(1_000);
  required(await vote(people.approver, 'GRADE_UPGRADE', runId));
  expect((await grades()).filter(({ basis }) => basis === 'HELD')).toEqual([]);
  await unguarded(`UPDATE customer_grade SET basis = 'MODEL', grade = model_grade, override_id = NULL`);
});

it('an unusual run takes effect only when others than who asked for it have agreed', async () => {
  await unguarded(`UPDATE customer_grade SET model_grade = 'C', grade = 'C', basis = 'MODEL', override_id = NULL`);
  const before = await grades();
  const { runId, state } = await run(people.analyst);
  expect(state).toBe('PARKED');
  expect((await openRequest('RATING_RUN', runId)).maker).toBe(people.analyst.actor.id);
  expect(await grades()).toEqual(before);
  expect(await app.ratings.startRun(by)).toMatchObject({ ok: false, refusal: { reason: 'RUN_IN_PROGRESS' } });
  required(await vote(people.approver, 'RATING_RUN', runId, 'REJECT'));
  required(await app.ratings.resumeIdleRuns(by));
  expect(required(await app.ratings.finishRun(by, { runId }))).toEqual({ state: 'REJECTED' });
  expect(await grades()).toEqual(before);
  expect(await sql('SELECT FROM rating WHERE run_id = $1', [runId])).toEqual([]);
});

it('the database itself publishes no unusual run without an applied request', async () => {
  const { runId } = await run();
  await expect(
    db.unitOfWork.run(by, async (tx) => {
      await tx.query(`UPDATE rating_run SET state = 'PUBLISHING' WHERE id = $1`, [runId]);
      await tx.query("SELECT rating_run_publish($1, now(), '{}', '{}', '0')", [runId]);
      throw new Error('published');
    }),
  ).rejects.toMatchObject({ code: 'TW008' });
  required(await app.ratings.cancelRun(by, { runId }));
  required(await app.ratings.finishRun(by, { runId }));
});

it('a customer rated alone has a much better grade held, once', async () => {
  const [customer] = await sql<{ id: string }>(
    `SELECT customer_id AS id FROM rating WHERE model_grade >= 'BBB' ORDER BY customer_id LIMIT 1`,
  );
  if (customer === undefined) throw new Error('nobody is good');
  const rate = () => app.ratings.rateCustomer(by, { customerId: customer.id });
  required(await rate());
  const [held] = await app.ratings.queries.gradesOf(by.actor, [customer.id]);
  expect(held).toMatchObject({ grade: 'C', basis: 'HELD' });
  required(await vote(people.approver, 'GRADE_UPGRADE', customer.id));
  const [released] = await app.ratings.queries.gradesOf(by.actor, [customer.id]);
  expect(released).toMatchObject({ grade: held?.modelGrade, basis: 'MODEL' });
});

it('a simulation leaves its figures and nothing else', async () => {
  const before = await grades();
  const [ratings] = await sql<{ count: string }>('SELECT count(*) FROM rating');
  const { runId } = required(await app.ratings.startRun(by, { simulate: { scorecardVersionId: null } }));
  await finishRun(app, runId);
  const [read] = await app.ratings.queries.runsByIds(by.actor, [runId]);
  expect(read).toMatchObject({ state: 'SIMULATED', purpose: 'SIMULATION', rated: CUSTOMERS });
  expect(read?.figures?.moves.reduce((sum, { count }) => sum + count, 0)).toBe(CUSTOMERS);
  expect(await grades()).toEqual(before);
  expect(await sql('SELECT count(*) FROM rating')).toEqual([ratings]);
  expect(
    await sql(
      `SELECT FROM pg_tables WHERE schemaname = 'rating_runs' AND tablename =
      'rating_' || (SELECT number FROM rating_run WHERE id = $1)`,
      [runId],
    ),
  ).toEqual([]);
});

it('is sealed only when it holds what its chunks wrote, of customers and by cut points that there are', async () => {
  const { runId } = required(await app.ratings.startRun(by));
  const chunks = await sql<{ ordinal: number }>('SELECT ordinal FROM rating_run_chunk WHERE run_id = $1', [runId]);
  for (const { ordinal } of chunks) required(await app.ratings.runChunk(by, { runId, ordinal }));
  const [{ table } = { table: '' }] = await sql<{ table: string }>(
    `SELECT 'rating_runs.rating_' || number AS table FROM rating_run WHERE id = $1`,
    [runId],
  );
  const one = `(SELECT id FROM ${table} LIMIT 1)`;
  for (const [change, code] of [
    [`DELETE FROM ${table} WHERE id = ${one}`, 'TW013'],
    [`UPDATE ${table} SET customer_id = gen_random_uuid() WHERE id = ${one}`, '23503'],
    [`UPDATE ${table} SET cut_point_set_id = gen_random_uuid() WHERE id = ${one}`, '23503'],
  ] as const) {
    await sql('BEGIN');
    // Past the guard that nobody passes by way of the program.
    await sql(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    await sql(change);
    await expect(sql('SELECT rating_run_seal($1)', [runId])).rejects.toMatchObject({ code });
    await owner.query('ROLLBACK');
  }
  required(await app.ratings.finishRun(by, { runId }));
});

it('comes to the same root, figures and movers however it is divided, and in whatever order it is rated', async () => {
  // So that somebody moves.
  await unguarded("UPDATE customer_grade SET model_grade = 'BB', grade = 'BB', basis = 'MODEL', override_id = NULL");
  const ids = (await sql<{ id: string }>('SELECT id FROM customer ORDER BY id')).map(({ id }) => id);
  /** Places after which a chunk ends, and a seed of the order. */
  const comesTo = async (ends: readonly number[], turn: number): Promise<unknown> => {
    const { runId } = required(await app.ratings.startRun(by, { simulate: { scorecardVersionId: null } }));
    await sql('ALTER TABLE rating_run_chunk DISABLE TRIGGER USER');
    await sql('DELETE FROM rating_run_chunk WHERE run_id = $1', [runId]);
    const bounds = [...new Set(ends)].sort((a, b) => a - b).map((end) => ids[end] ?? null);
    const ranges = [...bounds, null].map((upto, at) => ({
      after: at === 0 ? null : bounds[at - 1],
      upto,
      ordinal: at + 1,
    }));
    for (const { after, upto, ordinal } of ranges) {
      await sql('INSERT INTO rating_run_chunk (run_id, ordinal, id_after, id_upto) VALUES ($1, $2, $3, $4)', [
        runId,
        ordinal,
        after,
        upto,
      ]);
    }
    await sql('ALTER TABLE rating_run_chunk ENABLE TRIGGER USER');
    const order = ranges.map(({ ordinal }) => ordinal).sort((a, b) => ((a * turn) % 31) - ((b * turn) % 31));
    for (const ordinal of order) required(await app.ratings.runChunk(by, { runId, ordinal }));
    expect(required(await app.ratings.finishRun(by, { runId }))).toEqual({ state: 'SIMULATED' });
    const [run] = await sql(
      `SELECT ratings_root, figures, what_if - 'durationMs' AS what_if,
         (SELECT sum(rated)::int FROM rating_run_chunk WHERE run_id = run.id) AS rated FROM rating_run AS run WHERE id = $1`,
      [runId],
    );
    const movers = await sql(
      `SELECT customer_id, notches, model_grade_after, grade_after, score_after, limit_after, term_days_after
       FROM simulation_mover WHERE run_id = $1 ORDER BY customer_id`,
      [runId],
    );
    expect(movers.length).toBeGreaterThan(50);
    return { run, movers };
  };
  const whole = await comesTo([], 1);
  expect(whole).toMatchObject({ run: { rated: CUSTOMERS } });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: CUSTOMERS - 2 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 30 }),
      async (ends, turn) => {
        db.clock.advance(1_000);
        expect(await comesTo(ends, turn)).toEqual(whole);
      },
    ),
    { numRuns: 6 },
  );
}, 120_000);

describe('proofs of ratings', () => {
  const log = testKeys();
  const prove = async (id: string) => required(await app.ratings.queries.ratingProof(by.actor, id)).proof;
  const check = async (proof: string) =>
    checkRatingProof(
      nodeCrypto,
      proof,
      (await log.load()).map((key) => readKey(nodeCrypto, formatVerifierKey(key))!),
    );

  it('lead in two steps from every rating, of runs and alone, to a signed checkpoint', async () => {
    const [customer] = await sql<{ id: string }>('SELECT id FROM customer ORDER BY id LIMIT 1');
    required(await app.ratings.rateCustomer(by, { customerId: customer!.id }));
    const rated = await sql<{ id: string; customer: string; grade: Grade; run: string | null }>(
      'SELECT id, customer_id AS customer, model_grade AS grade, run_id AS run FROM rating ORDER BY id',
    );
    const ids = rated.map(({ id }) => id);
    expect(await app.ratings.queries.ratingProofs(by.actor, ids)).toEqual(ids.map(() => null));
    expect(await app.ratings.queries.ratingProof(by.actor, ids[0]!)).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_STATE', reason: 'NOT_IN_LOG' },
    });
    await appendAll(testSequencer({ database: app.database, clock: db.clock }, log));
    const proofs = await app.ratings.queries.ratingProofs(by.actor, ids);
    for (const [i, { customer: customerId, grade, run: runId }] of rated.entries()) {
      const checked = await check(proofs[i]?.proof ?? '');
      expect(checked).toMatchObject({
        verdict: 'intact',
        rating: { customer: customerId, modelGrade: grade },
        event: { object: runId === null ? { type: 'Rating', id: ids[i] } : { type: 'RatingRun', id: runId } },
      });
    }
    expect(new Set(rated.map((row) => row.run === null))).toEqual(new Set([true, false]));
    expect(await prove(ids.at(-1)!)).toBe(proofs.at(-1)?.proof);
  });

  it('are for those who read both the log and credit data', async () => {
    const [rating] = await sql<{ id: string }>('SELECT id FROM rating LIMIT 1');
    for (const who of [people.maker, people.analyst]) {
      expect(await app.ratings.queries.ratingProof(who.actor, rating!.id)).toMatchObject({
        ok: false,
        refusal: { code: 'FORBIDDEN' },
      });
      expect(await app.ratings.queries.ratingProofs(who.actor, [rating!.id])).toEqual([null]);
    }
    expect(await app.ratings.queries.ratingProof(people.auditor.actor, rating!.id)).toMatchObject({ ok: true });
    expect(await app.ratings.queries.ratingProof(by.actor, db.newId())).toMatchObject({
      ok: false,
      refusal: { code: 'NOT_FOUND' },
    });
  });

  it('do not hold for a rating that was changed in the database', async () => {
    const [victim] = await sql<{ id: string; score: string }>(
      'SELECT id, score FROM rating WHERE run_id IS NOT NULL AND score <> 50 LIMIT 1',
    );
    await unguarded('UPDATE rating SET score = 100 - score WHERE id = $1', [victim!.id]);
    expect(await check(await prove(victim!.id))).toMatchObject({ verdict: 'broken' });
    await unguarded('UPDATE rating SET score = $2 WHERE id = $1', [victim!.id, victim!.score]);
    expect(await check(await prove(victim!.id))).toMatchObject({ verdict: 'intact' });
  });
});

describe('replay', () => {
  it('makes every rating again, of runs and alone, byte for byte', async () => {
    const report = required(await app.ratings.replay(by, { all: true }));
    const [row] = await sql<{ count: string }>('SELECT count(*) FROM rating');
    expect(report).toEqual({ checked: Number(row?.count), mismatches: 0, mismatched: [] });
    expect(report.checked).toBeGreaterThan(2 * CUSTOMERS);
    expect(required(await app.ratings.replay(by, { sample: 50 }))).toMatchObject({ checked: 50, mismatches: 0 });
  });

  it('of a file needs nothing but the file, and sees what was changed in it', async () => {
    const [rating] = await sql<{ id: string }>('SELECT id FROM rating ORDER BY id DESC LIMIT 1');
    if (rating === undefined) throw new Error('nothing was rated');
    const document = required(await app.ratings.exportRating(by, rating.id));
    const copy = JSON.parse(JSON.stringify(document)) as typeof document;
    expect(required(replayDocument(copy))).toMatchObject({ checked: 1, mismatches: 0 });
    const forged = { ...copy, rating: { ...copy.rating, modelGrade: copy.rating.modelGrade === 'C' ? 'CC' : 'C' } };
    expect(required(replayDocument(forged))).toMatchObject({ checked: 1, mismatches: 1 });
    expect(replayDocument({ format: 'other' })).toMatchObject({ ok: false, refusal: { reason: 'RATING_DOCUMENT' } });
  });

  it('is done once a day, and tells of a rating that was changed behind the back of the program', async () => {
    expect(required(await app.ratings.replaySample(by, 20))).toMatchObject({ checked: 20, mismatches: 0 });
    expect(required(await app.ratings.replaySample(by, 20))).toBeNull();
    const [victim] = await sql<{ id: string }>('SELECT id FROM rating ORDER BY id DESC LIMIT 1');
    await unguarded('UPDATE rating SET score = 100 - score WHERE id = $1', [victim?.id]);
    const report = required(await app.ratings.replay(by, { all: true }));
    expect(report).toMatchObject({ mismatches: 1, mismatched: [{ ratingId: victim?.id, what: 'RESULT' }] });
  });
});
