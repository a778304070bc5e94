/** The scorecards room against PostgreSQL: published once, frozen once, never changed. */
import type { Actor, Initiator } from '../../src/kernel/actor';
import { systemActor } from '../../src/kernel/actor';
import { digestOf, type Json } from '../../src/kernel/canonical-json';
import {
  ALL_INDUSTRIES,
  EXPERT_SCORECARD,
  compileScorer,
  freezeCutPoints,
  type Population,
  type ScorecardVersion,
  type Scorecards,
} from '../../src/scorecards';
import { useDatabase } from '../support/database';
import { scorecardsOf } from '../support/scorecards';

const db = useDatabase();

const by = (actor: Actor): Initiator => ({ actor, requestId: 'test' });
const bootstrap = by(systemActor('bootstrap'));
const worker = by(systemActor('rating-worker'));
const salesman = by({ kind: 'USER', id: 'u-1', name: 'Sales', roles: ['SALES_MAKER'], orgUnitId: null });

/** `members` customers; the further down the list, the better in whatever grows. */
const population = (members: number, shift = 0): Population => ({
  columns: EXPERT_SCORECARD.characteristics.map((_, column) =>
    Float64Array.from({ length: members }, (_, member) => ((member + shift) * (column + 1)) / 7),
  ),
});

const eventsOf = async (action: string): Promise<{ object_id: string; actor_id: string }[]> =>
  db.asOwner('SELECT object_id, actor_id FROM audit_event WHERE action = $1', [action]);

const valueOf = <T>(result: { ok: true; value: T } | { ok: false; refusal: { message: string } }): T => {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

let room: Scorecards;
let version: ScorecardVersion;

beforeAll(() => {
  room = scorecardsOf(db);
});

describe('the delivered scorecard', () => {
  test('is not there before the bootstrap, and only the installation may bring it', async () => {
    await expect(room.liveVersion()).rejects.toThrow('bootstrapped');
    expect(await room.ensureExpertScorecard(salesman)).toMatchObject({ ok: false, refusal: { code: 'FORBIDDEN' } });
    expect(await db.asOwner('SELECT 1 FROM scorecard')).toEqual([]);
  });

  test('is published once, however many ask at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 5 }, () => room.ensureExpertScorecard(bootstrap)));
    version = valueOf(results[0]!);
    expect(new Set(results.map((result) => valueOf(result).id))).toEqual(new Set([version.id]));
    expect(valueOf(await room.ensureExpertScorecard(bootstrap)).id).toBe(version.id);
    expect(await eventsOf('scorecard.published')).toEqual([{ object_id: version.id, actor_id: 'system:bootstrap' }]);
  });

  test('comes back as it was published', async () => {
    const live = await room.liveVersion();
    expect(live).toEqual({
      id: version.id,
      scorecardCode: 'expert',
      number: 1,
      definition: EXPERT_SCORECARD,
      digest: digestOf(EXPERT_SCORECARD as Json),
      state: 'LIVE',
      revision: 1,
      basedOnId: null,
      developerIds: ['system:bootstrap'],
      createdBy: 'system:bootstrap',
      createdAt: db.clock(),
      effectiveFrom: db.clock(),
    });
    expect(await room.versionsByIds([version.id, db.newId()])).toEqual([live]);
  });
});

describe('cut points', () => {
  test('are frozen once per segment, whoever is first and whatever population comes later', async () => {
    expect(await room.cutPointsFor(version.id, 'RETAIL')).toBeNull();
    const rivals = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        room.freezeCutPoints(worker, version.id, 'RETAIL', population(40, index)),
      ),
    );
    const frozen = valueOf(rivals[0]!);
    expect(new Set(rivals.map((rival) => valueOf(rival).digest))).toEqual(new Set([frozen.digest]));

    db.clock.advance(86_400_000);
    const later = valueOf(await room.freezeCutPoints(worker, version.id, 'RETAIL', population(500, 99)));
    expect(later).toEqual(frozen);
    expect(await room.cutPointsFor(version.id, 'RETAIL')).toEqual(frozen);
    expect(await eventsOf('cutPoints.frozen')).toEqual([{ object_id: frozen.id, actor_id: 'system:rating-worker' }]);
  });

  test('of another segment stand beside, in their order', async () => {
    const everybody = valueOf(await room.freezeCutPoints(worker, version.id, ALL_INDUSTRIES, population(12)));
    const retail = await room.cutPointsFor(version.id, 'RETAIL');
    expect(everybody.cutPoints).toMatchObject({ segment: '*', referenceSize: 12 });
    expect((await room.cutPointsOfVersion(version.id)).map((set) => set.cutPoints.segment)).toEqual(['*', 'RETAIL']);
    expect(await room.cutPointsByIds([everybody.id, retail?.id ?? '', db.newId()])).toEqual([retail, everybody]);
  });

  test('rate the same after their way through the database', async () => {
    const frozen = await room.cutPointsFor(version.id, ALL_INDUSTRIES);
    const stored = compileScorer((await room.liveVersion()).definition, frozen!.cutPoints);
    const fresh = valueOf(freezeCutPoints(EXPERT_SCORECARD, ALL_INDUSTRIES, population(12)));
    expect(frozen!.cutPoints).toEqual(fresh);
    const values = stored.inputs.map((_, index) => (index % 9 === 0 ? null : index * 3.3));
    expect(stored.score(values)).toEqual(compileScorer(EXPERT_SCORECARD, fresh).score(values));
    expect(stored.score(values).ok).toBe(true);
  });

  const nobody: Population = { columns: EXPERT_SCORECARD.characteristics.map(() => []) };
  test.each([
    ['someone who may not run ratings', salesman, () => version.id, 'FINANCE', population(40), { code: 'FORBIDDEN' }],
    ['an unknown version', worker, () => db.newId(), 'FINANCE', population(40), { code: 'NOT_FOUND' }],
    [
      'a segment without values',
      worker,
      () => version.id,
      'FINANCE',
      nobody,
      { code: 'INVALID_STATE', reason: 'NO_REFERENCE_VALUES' },
    ],
    [
      'a segment too small',
      worker,
      () => version.id,
      'FINANCE',
      population(29),
      { code: 'INVALID_STATE', reason: 'SEGMENT_TOO_SMALL' },
    ],
  ])('are refused for %s', async (_, initiator, versionId, segment, members, refusal) => {
    expect(await room.freezeCutPoints(initiator, versionId(), segment, members)).toMatchObject({ ok: false, refusal });
    expect(await room.cutPointsFor(version.id, segment)).toBeNull();
  });
});

describe('the database itself', () => {
  const asActor = (sql: string) => `SET tierwarden.actor = 'someone'; ${sql}; RESET tierwarden.actor`;
  const writes: [string, string][] = [
    ['changes a definition', `UPDATE scorecard_version SET definition = '{}'`],
    ['renumbers a version', 'UPDATE scorecard_version SET number = 2'],
    ['deletes a version', 'DELETE FROM scorecard_version'],
    ['renames a scorecard', `UPDATE scorecard SET code = 'other'`],
    ['changes cut points', `UPDATE cut_point_set SET content = '{}'`],
    ['deletes cut points', 'DELETE FROM cut_point_set'],
    ['empties the cut points', 'TRUNCATE cut_point_set CASCADE'],
  ];

  test.each(writes)('never %s for the app role', async (_, sql) => {
    // A draft's definition may be written, which is why the lock on what is in use is a trigger and not a grant.
    const code = sql.includes('definition') ? 'TW002' : '42501';
    await expect(db.asApp(asActor(sql))).rejects.toMatchObject({ code });
  });

  test.each(writes)('nor %s for its owner', async (_, sql) => {
    await expect(db.asOwner(asActor(sql))).rejects.toMatchObject({ code: 'TW002' });
  });

  test('takes no cut points without an actor', async () => {
    await expect(
      db.asApp(
        `INSERT INTO cut_point_set SELECT gen_random_uuid(), version_id, 'NEW', 1, content, digest, 'x', now() FROM cut_point_set LIMIT 1`,
      ),
    ).rejects.toMatchObject({ code: 'TW001' });
  });

  test('has one live version per scorecard', async () => {
    const second = (state: string, number: number) =>
      `INSERT INTO scorecard_version (id, scorecard_id, number, definition, digest, state, revision, created_by, created_at, effective_from,
         developer_ids)
       SELECT gen_random_uuid(), scorecard_id, ${number}, definition, digest, '${state}', 1, 'x', now(), now(), '{x}' FROM scorecard_version LIMIT 1`;
    await expect(db.asApp(asActor(second('LIVE', 1)))).rejects.toMatchObject({ code: '23505' });
    await expect(db.asApp(asActor(second('LIVE', 2)))).rejects.toMatchObject({ code: 'TW004' });
    await expect(db.asApp(asActor(second('RETIRED', 2)))).rejects.toMatchObject({ code: 'TW004' });
    await expect(db.asApp(asActor(second('DRAFT', 2)))).rejects.toMatchObject({ code: '23514' });
  });

  test('that was tampered with is found out before it rates anybody', async () => {
    await db.asOwner(
      asActor(`ALTER TABLE scorecard_version DISABLE TRIGGER USER;
        UPDATE scorecard_version SET definition = jsonb_set(definition, '{characteristics,0,weight}', '"6.0"');
        ALTER TABLE scorecard_version ENABLE TRIGGER USER`),
    );
    await expect(room.liveVersion()).rejects.toThrow('does not match its digest');
  });
});
