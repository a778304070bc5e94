/**
 * Ratings that ask a model from elsewhere and look at related parties, against PostgreSQL: batch, single, simulation and replay
 * agree byte for byte, grades of relatives are those from before the run, and whoever the model says nothing of is parked.
 *
 * @jest-environment ./test/support/native-environment.js
 */
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { drawPortfolio } from '../../bench/support/portfolio';
import { asSystem, bootstrap, createApp, required, type App } from '../../src/app';
import { readConfig } from '../../src/config';
import { indicatorOf } from '../../src/indicators';
import type { Initiator } from '../../src/kernel/actor';
import { rankOf, type Grade } from '../../src/kernel/grade';
import { ok } from '../../src/kernel/result';
import { replayDocument } from '../../src/ratings';
import { EXPERT_SCORECARD, MISSING_VALUE, type GroupRule, type ScorecardDefinition } from '../../src/scorecards';
import { createModels } from '../../src/scorecards/models';
import { openModel } from '../../src/scorecards/model-runner';
import { relatedRanks } from '../../src/ratings/related-grades';
import { cloneDatabase, type TestDatabase } from '../support/database';
import { linearFile, modelFile } from '../support/onnx';
import { hirePeople, type People } from '../support/people';
import { finishRun } from '../support/sample';

/** SLOTS_CUSTOMERS=7000 comes to more than 20,000 ratings over three versions. */
const CUSTOMERS = Number(process.env['SLOTS_CUSTOMERS'] ?? 900);
/** Numbers of customers that the chunks of a run end with; so few would be one chunk otherwise. */
const ENDS = [CUSTOMERS / 3, (2 * CUSTOMERS) / 3].map(Math.floor);
const CHUNKS = 3;
const by = asSystem('rating-worker', 'test');
const text = { zh: '说明', en: 'Text' };

const GROUP_RULES: readonly GroupRule[] = [
  {
    id: 'weakParent',
    relations: ['PARENT', 'SHAREHOLDER'],
    when: 'WORST_AT_MOST',
    grade: 'BB',
    notches: -2,
    reason: text,
  },
  { id: 'strongGuarantor', relations: ['GUARANTOR'], when: 'BEST_AT_LEAST', grade: 'BBB', notches: 1, reason: text },
  {
    id: 'weakTwin',
    relations: ['SAME_CONTROLLER', 'SUPPLY_CHAIN'],
    when: 'WORST_AT_MOST',
    grade: 'B',
    notches: -1,
    reason: text,
  },
];
const COLUMNS = ['roa', 'debtToAssetsRatio', 'paidOnTimeRate'] as const;
/** Says something of everybody. */
const STEADY_FILE = modelFile({
  columns: COLUMNS.length,
  constant: 0.5,
  steps: [
    { column: 0, from: 0.1, adds: -1.5 },
    { column: 0, from: 0.4, adds: -1 },
    { column: 1, from: 0.5, adds: 1.25 },
    { column: 2, from: 0.3, adds: -2 },
  ],
});
/** Says nothing of whoever lacks one of the three. */
const LINEAR_FILE = linearFile([-4, 3, -2]);
const digestOf = (file: Buffer): string => createHash('sha256').update(file).digest('hex');

const broughtCard = (file: Buffer): ScorecardDefinition => ({
  ...EXPERT_SCORECARD,
  name: { zh: '外部模型', en: 'A model from elsewhere' },
  dimensionWeights: { CREDIT: '0', OPERATION: '0', COOPERATION: '0', POTENTIAL: '0' },
  characteristics: COLUMNS.flatMap((id) =>
    EXPERT_SCORECARD.characteristics.filter((row) => row.indicator === id).map((row) => ({ ...row, weight: '0' })),
  ),
  groupRules: GROUP_RULES,
  model: {
    kind: 'ONNX',
    digest: digestOf(file),
    input: 'x',
    output: 'p',
    outputKind: 'PROBABILITY',
    scaling: { evenOddsScore: '45', pointsToDoubleOdds: '8' },
  },
});

let db: TestDatabase;
let app: App;
let owner: Client;
let people: People;
let close = async (): Promise<void> => undefined;

const openApp = (): Promise<App> =>
  createApp({
    config: { ...readConfig({}), auth: { kind: 'none' } },
    databaseUrl: db.appUrl,
    logger: pino({ level: 'silent' }),
    clock: db.clock,
  });

beforeAll(async () => {
  const cloned = await cloneDatabase();
  db = cloned.database;
  app = await openApp();
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
  db.clock.advance(60_000);
  await relate();
}, 120_000);
afterAll(() => close());
beforeEach(() => db.clock.advance(60_000));

const sql = async <Row extends object>(statement: string, params: readonly unknown[] = []): Promise<Row[]> => {
  await owner.query("SELECT set_config('tierwarden.actor', 'system:test', false)");
  return (await owner.query<Row>(statement, [...params])).rows;
};

/** Every third customer stands behind others; the first ones also have ended and future relations, which count for nothing. */
const relate = (): Promise<unknown> =>
  sql(
    `WITH placed AS (SELECT id, (row_number() OVER (ORDER BY id))::int AS n FROM customer)
     INSERT INTO customer_relation (id, from_id, to_id, kind, share, created_at, ended_at)
     SELECT gen_random_uuid(), CASE WHEN k.kind = 'SAME_CONTROLLER' THEN least(a.id, b.id) ELSE a.id END,
       CASE WHEN k.kind = 'SAME_CONTROLLER' THEN greatest(a.id, b.id) ELSE b.id END, k.kind,
       CASE WHEN k.kind = 'SHAREHOLDER' THEN CASE WHEN b.n % 4 < 2 THEN 0.6 ELSE 0.3 END END,
       CASE WHEN b.n % 11 = 0 THEN $1::timestamptz + interval '1 year' ELSE $1 END,
       CASE WHEN b.n % 7 = 0 THEN $1::timestamptz + interval '1 second' END
     FROM placed AS a JOIN placed AS b ON b.n IN (a.n + 1, a.n + 2, a.n + 31, a.n + 62) AND b.n % 3 <> 0
     CROSS JOIN LATERAL (SELECT (ARRAY['PARENT', 'SHAREHOLDER', 'GUARANTOR', 'SAME_CONTROLLER', 'SUPPLY_CHAIN'])
       [1 + (a.n / 3 + b.n) % 5] AS kind) AS k
     WHERE a.n % 3 = 0
     ON CONFLICT DO NOTHING`,
    [db.clock()],
  );

const draft = async (definition: ScorecardDefinition) => {
  const live = await app.scorecards.liveVersion();
  const { versionId } = required(
    await app.scorecards.createDraft(people.analyst, { basedOnId: live.id, changes: { definition } }),
  );
  const [version] = await app.scorecards.versionsByIds([versionId]);
  if (version === undefined) throw new Error('no draft');
  return version;
};
const submit = async (definition: ScorecardDefinition, tried = false) => {
  const { id, revision } = await draft(definition);
  if (tried) {
    await finishRun(app, required(await app.ratings.startRun(by, { simulate: { scorecardVersionId: id } })).runId);
  }
  return app.scorecards.submitVersion(people.analyst, {
    versionId: id,
    expectedVersion: revision,
    effectiveFrom: null,
    justification: 'A better model.',
  });
};
const goLive = async (definition: ScorecardDefinition): Promise<void> => {
  let { request } = required(await submit(definition, true));
  const vote = async (who: Initiator) =>
    required(
      await app.approvals.vote(who, {
        requestId: request.id,
        expectedVersion: request.version,
        expectedDigest: request.digest,
        verdict: 'APPROVE',
        comment: 'Seen.',
      }),
    );
  ({ request } = await vote(people.validator));
  ({ request } = await vote(people.cro));
  expect(request.state).toBe('APPLIED');
};
const start = async (simulate = false, ends = ENDS): Promise<string> => {
  const order = simulate ? { simulate: { scorecardVersionId: null } } : {};
  const { runId } = required(await app.ratings.startRun(by, order));
  await sql('ALTER TABLE rating_run_chunk DISABLE TRIGGER USER');
  await sql('DELETE FROM rating_run_chunk WHERE run_id = $1', [runId]);
  await sql(
    `WITH bound AS (SELECT n::int AS ordinal, (SELECT id FROM customer ORDER BY id OFFSET upto - 1 LIMIT 1) AS id
       FROM unnest(array_append($2::int[], NULL)) WITH ORDINALITY AS ends (upto, n))
     INSERT INTO rating_run_chunk (run_id, ordinal, id_after, id_upto)
     SELECT $1, ordinal, lag(id) OVER (ORDER BY ordinal), CASE WHEN ordinal <= cardinality($2::int[]) THEN id END FROM bound`,
    [runId, ends],
  );
  await sql('ALTER TABLE rating_run_chunk ENABLE TRIGGER USER');
  return runId;
};
const chunk = (runId: string, ordinal: number, on = app) => on.ratings.runChunk(by, { runId, ordinal });
const figuresOf = async (runId: string) => {
  const [run] = await sql<{ root: string; figures: object; state: string; rated: number; parked: number }>(
    `SELECT ratings_root AS root, figures, state, (SELECT sum(rated)::int FROM rating_run_chunk WHERE run_id = id) AS rated,
       (SELECT sum(parked)::int FROM rating_run_chunk WHERE run_id = id) AS parked FROM rating_run WHERE id = $1`,
    [runId],
  );
  if (run === undefined) throw new Error('no run');
  return run;
};
const simulated = async (order: readonly number[] = [1, 2, 3]) => {
  const runId = await start(true);
  for (const ordinal of order) required(await chunk(runId, ordinal));
  required(await app.ratings.finishRun(by, { runId }));
  return figuresOf(runId);
};

/** With the consent of others where the results are unusual. */
const publish = async (runId: string): Promise<void> => {
  if (required(await app.ratings.finishRun(by, { runId })).state === 'PARKED') {
    for (const who of [people.approver, people.cro]) {
      const [found] = await sql<{ id: string; version: number; digest: string }>(
        `SELECT id, version, digest FROM change_request WHERE kind = 'RATING_RUN' AND subject_id = $1`,
        [runId],
      );
      if (found === undefined) throw new Error('nothing waits');
      const { id: requestId, version: expectedVersion, digest: expectedDigest } = found;
      const vote = { requestId, expectedVersion, expectedDigest, verdict: 'APPROVE', comment: 'Seen.' } as const;
      required(await app.approvals.vote(who, vote));
    }
  }
  expect(required(await app.ratings.finishRun(by, { runId })).state).toBe('COMPLETED');
};

describe('a version that asks a model', () => {
  test('is not put up for review before its file was taken in', async () => {
    expect(await submit(broughtCard(STEADY_FILE))).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_STATE', reason: 'MODEL_MISSING', params: { digest: digestOf(STEADY_FILE) } },
    });
  });

  test('has its file taken in once, by those who may', async () => {
    expect(await app.scorecards.addModelFile(people.maker, STEADY_FILE)).toMatchObject({
      refusal: { code: 'FORBIDDEN' },
    });
    expect(await app.scorecards.addModelFile(people.policy, Buffer.alloc(0))).toMatchObject({
      refusal: { code: 'OUT_OF_RANGE', reason: 'MODEL_SIZE' },
    });
    const taken = () => app.scorecards.addModelFile(people.policy, STEADY_FILE);
    expect(required(await taken())).toEqual({ digest: digestOf(STEADY_FILE), added: true });
    expect(required(await taken())).toEqual({ digest: digestOf(STEADY_FILE), added: false });
    expect(await sql(`SELECT object_id AS id FROM audit_event WHERE action = 'modelFile.added'`)).toEqual([
      { id: digestOf(STEADY_FILE) },
    ]);
  });

  test('is not put up for review where the file does not fit it', async () => {
    const wider = { ...broughtCard(STEADY_FILE), characteristics: EXPERT_SCORECARD.characteristics.slice(0, 4) };
    const unweighted = wider.characteristics.map((row) => ({ ...row, weight: '0' }));
    expect(await submit({ ...wider, characteristics: unweighted })).toMatchObject({
      refusal: { code: 'INVALID', reason: 'MODEL_SHAPE' },
    });
  });

  test('is refused in plain words where no package can run it', async () => {
    const models = createModels(app.database, (definition, file) => openModel(definition, file, async () => null));
    expect(await models.open({ digest: 'any', definition: broughtCard(STEADY_FILE) })).toMatchObject({
      refusal: { code: 'INVALID_STATE', reason: 'MODEL_RUNTIME' },
    });
    expect(await models.open({ digest: 'other', definition: EXPERT_SCORECARD })).toEqual({ ok: true, value: null });
  });

  test.each([
    ['another content', `INSERT INTO model_file VALUES (repeat('0', 64), '\\x00', 'x', now())`, '23514'],
    ['a change', `UPDATE model_file SET added_by = 'y'`, '42501'],
    ['a removal', 'DELETE FROM model_file', '42501'],
  ])('has a file that the database lets nobody give %s', async (_, statement, code) => {
    await expect(db.asApp(`SELECT set_config('tierwarden.actor', 'user:x', true); ${statement}`)).rejects.toMatchObject(
      { code },
    );
  });
});

describe('live, with rules for related parties', () => {
  let published: { readonly runId: string; readonly root: string };
  let before: { readonly root: string; readonly figures: object };
  beforeAll(() => goLive(broughtCard(STEADY_FILE)), 60_000);

  test('a rule looks at who stands behind the customer, as it was then', async () => {
    const at = db.clock();
    const ties = await sql<{ from: string; to: string; kind: string; share: string | null }>(
      `SELECT from_id AS from, to_id AS to, kind, share FROM customer_relation
       WHERE created_at <= $1 AND (ended_at IS NULL OR ended_at > $1)`,
      [at],
    );
    const held = await sql<{ id: string; grade: Grade }>('SELECT customer_id AS id, grade FROM customer_grade');
    const rank = new Map(held.map(({ id, grade }) => [id, rankOf(grade)]));
    const ids = held.map(({ id }) => id).filter((_, i) => i % 9 === 1);
    let told = 0;
    for (const id of ids) {
      const wanted = GROUP_RULES.map(({ relations, when }) => {
        const ranks = ties.flatMap(({ from, to, kind, share }) => {
          if (!relations.some((relation) => relation === kind) || (share !== null && Number(share) <= 0.5)) return [];
          const other = to === id ? from : kind === 'SAME_CONTROLLER' && from === id ? to : null;
          return other === null ? [] : [rank.get(other) ?? NaN];
        });
        if (ranks.length === 0) return MISSING_VALUE;
        told += 1;
        return when === 'WORST_AT_MOST' ? Math.min(...ranks) : Math.max(...ranks);
      });
      expect(await relatedRanks(app.database.query, GROUP_RULES, id, at)).toEqual(wanted);
    }
    expect(told).toBeGreaterThan(50);
  });

  test('neither the order of chunks nor their size changes a byte of the results', async () => {
    before = await simulated();
    expect(await simulated([3, 1, 2])).toMatchObject({ root: before.root, figures: before.figures });
    const runId = await start(true, [1, 477]);
    for (const ordinal of [2, 3, 1]) required(await chunk(runId, ordinal));
    required(await app.ratings.finishRun(by, { runId }));
    expect(await figuresOf(runId)).toMatchObject({ root: before.root, figures: before.figures });
  });

  test('grades that move while a run lasts do not count in it', async () => {
    const runId = await start(true);
    required(await chunk(runId, 2));
    db.clock.advance(1_000);
    await sql('DROP TRIGGER customer_grade_needs_override ON customer_grade');
    await sql('DROP TRIGGER customer_grade_guard ON customer_grade');
    const parents = await sql<{ id: string; overrideId: string }>(
      `SELECT customer_id AS id, gen_random_uuid() AS "overrideId" FROM customer_grade
       WHERE basis = 'MODEL' AND customer_id IN (SELECT from_id FROM customer_relation) AND grade > 'C' LIMIT 60`,
    );
    const overridden = (
      work: (tx: Parameters<App['ratings']['applyOverride']>[0], one: (typeof parents)[0]) => Promise<void>,
    ) =>
      db.unitOfWork.run(by, async (tx) => {
        tx.record({ action: 'test.overridden', object: { type: 'test', id: runId } });
        for (const one of parents) await work(tx, one);
        return ok(null);
      });
    await overridden((tx, { id, overrideId }) =>
      app.ratings.applyOverride(tx, { customerId: id, overrideId, grade: 'C' }),
    );
    for (const ordinal of [1, 3]) required(await chunk(runId, ordinal));
    required(await app.ratings.finishRun(by, { runId }));
    expect(await figuresOf(runId)).toMatchObject({ root: before.root });
    db.clock.advance(1_000);
    // Now they do.
    expect((await simulated()).root).not.toBe(before.root);
    db.clock.advance(1_000);
    await overridden((tx, { id, overrideId }) => app.ratings.endOverride(tx, { customerId: id, overrideId }));
    db.clock.advance(1_000);
    expect((await simulated()).root).toBe(before.root);
  }, 60_000);

  test('a run comes to what its simulation came to, and every single rating to the same leaf', async () => {
    const runId = await start();
    for (const ordinal of [1, 2, 3]) required(await chunk(runId, ordinal));
    const [run] = await sql<{ number: number }>('SELECT number FROM rating_run WHERE id = $1', [runId]);
    const rows = await sql<{ id: string; customer: string; leaf: string; caps: string[]; inputs: (number | null)[] }>(
      `SELECT r.id, r.customer_id AS customer, r.caps, r.inputs,
         encode(substring(c.leaf_hashes FROM 1 + 32 * ('x' || substr(r.id::text, 29, 8))::bit(32)::int FOR 32), 'hex') AS leaf
       FROM rating_runs.rating_${run?.number} AS r JOIN rating_run_chunk AS c
         ON c.run_id = r.run_id AND c.ordinal = ('x' || substr(r.id::text, 10, 4))::bit(16)::int ORDER BY r.customer_id`,
    );
    expect(rows).toHaveLength(CUSTOMERS);
    for (const { id } of GROUP_RULES) expect(rows.filter(({ caps }) => caps.includes(id)).length).toBeGreaterThan(5);
    // All that stands behind others is left as it is: every third customer.
    for (const { customer, leaf } of rows.filter((_, i) => i % 30 === 1)) {
      const { auditEventId } = required(await app.ratings.rateCustomer(by, { customerId: customer }));
      const [event] = await sql<{ body: string }>(
        `SELECT convert_from(bytes, 'UTF8') AS body FROM audit_event WHERE id = $1`,
        [auditEventId],
      );
      expect((JSON.parse(event?.body ?? '') as { data: { leaf: string } }).data.leaf).toBe(leaf);
    }
    await publish(runId);
    const { root } = await figuresOf(runId);
    expect(root).toBe(before.root);
    published = { runId, root };
  }, 120_000);

  test('is replayed from the stored rows, without model and relatives', async () => {
    await sql('ALTER TABLE customer_relation DISABLE TRIGGER USER; UPDATE customer_relation SET ended_at = created_at');
    expect(required(await app.ratings.replay(by, { all: true }))).toMatchObject({ mismatches: 0 });
    const [rating] = await sql<{ id: string }>(
      `SELECT id FROM rating WHERE run_id = $1 AND 'weakParent' = ANY (caps) LIMIT 1`,
      [published.runId],
    );
    const document = required(await app.ratings.exportRating(by, rating?.id ?? ''));
    expect(required(replayDocument(JSON.parse(JSON.stringify(document))))).toMatchObject({ checked: 1, mismatches: 0 });
    const [log] = await app.ratings.queries.calculationLogs(by.actor, [document.rating as never]);
    expect(log?.rules).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: 'weakParent', kind: 'GROUP', notches: -2 })]),
    );
    expect(log?.pd).toMatch(/^0\.\d{6}$/);
  });
});

describe('a model that fails', () => {
  test('on some leaves them parked, and the others rated', async () => {
    required(await app.scorecards.addModelFile(people.policy, LINEAR_FILE));
    await goLive(broughtCard(LINEAR_FILE));
    const run = await simulated();
    const [lacking] = await sql<{ count: number }>(
      `SELECT count(*)::int FROM indicator_current WHERE ${COLUMNS.map((code) => `values[${indicatorOf(code).ordinal}] IS NULL`).join(' OR ')}`,
    );
    expect(run).toMatchObject({ rated: CUSTOMERS - (lacking?.count ?? 0), parked: lacking?.count });
    const reasons = await sql(
      `SELECT DISTINCT reason FROM rating_parked WHERE run_id = (SELECT id FROM rating_run ORDER BY number DESC LIMIT 1)`,
    );
    expect(reasons).toEqual([{ reason: 'MODEL_OUTPUT' }]);
    const runId = await start();
    for (let ordinal = 1; ordinal <= CHUNKS; ordinal++) required(await chunk(runId, ordinal));
    await publish(runId);
  }, 120_000);

  test('changes nothing of what was rated: ratings of three versions, of runs and alone, are made again', async () => {
    const [kept] = await sql<{ ratings: number; versions: number }>(
      'SELECT count(*)::int AS ratings, count(DISTINCT scorecard_version_id)::int AS versions FROM rating',
    );
    expect(kept?.versions).toBe(3);
    expect(required(await app.ratings.replay(by, { all: true }))).toEqual({
      checked: kept?.ratings,
      mismatches: 0,
      mismatched: [],
    });
    if (CUSTOMERS >= 7_000) expect(kept?.ratings).toBeGreaterThan(20_000);
  }, 120_000);

  test('for everybody, on a worker that lacks it, parks everybody with the reason and stops nothing', async () => {
    const runId = await start();
    await sql('ALTER TABLE model_file DISABLE TRIGGER USER');
    await sql('DELETE FROM model_file WHERE digest = $1', [digestOf(LINEAR_FILE)]);
    const worker = await openApp();
    for (let ordinal = 1; ordinal <= CHUNKS; ordinal++) required(await chunk(runId, ordinal, worker));
    expect(required(await worker.ratings.finishRun(by, { runId })).state).toBe('COMPLETED');
    expect(await figuresOf(runId)).toMatchObject({ rated: 0, parked: CUSTOMERS });
    expect(await sql('SELECT DISTINCT reason FROM rating_parked WHERE run_id = $1', [runId])).toEqual([
      { reason: 'MODEL_MISSING' },
    ]);
    const [customer] = await sql<{ id: string }>('SELECT id FROM customer LIMIT 1');
    const missing = { refusal: { code: 'INVALID_STATE', reason: 'MODEL_MISSING' } };
    expect(await worker.ratings.rateCustomer(by, { customerId: customer?.id ?? '' })).toMatchObject(missing);
    expect(await worker.ratings.startRun(by)).toMatchObject(missing);
    await worker.close();
  });
});
