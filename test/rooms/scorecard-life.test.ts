/** From draft to retirement: what people may do to a version, what others must agree to, and what the database itself forbids. */
import type { Approvals } from '../../src/approvals';
import type { Initiator } from '../../src/kernel/actor';
import type { Result } from '../../src/kernel/result';
import { createPolicies } from '../../src/policies';
import { EXPERT_SCORECARD, type Scorecards, type ScorecardVersion, type VersionState } from '../../src/scorecards';
import { VERSION_STATES, VERSION_TRANSITIONS } from '../../src/scorecards/domain/scorecard-version';
import { useDatabase } from '../support/database';
import { asSystemActor, hirePeople, type People } from '../support/people';
import { withApprovals } from '../support/scorecards';

const db = useDatabase();
let room: Scorecards;
let approvals: Approvals;
let people: People;
let live: ScorecardVersion;

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.message}`);
  return result.value;
};

beforeAll(async () => {
  people = await hirePeople(db);
  await createPolicies(db).ensureDefaults(asSystemActor());
  ({ scorecards: room, approvals } = withApprovals(db));
  live = valueOf(await room.ensureExpertScorecard(asSystemActor()));
});

const version = async (id: string): Promise<ScorecardVersion> => {
  const [found] = await room.versionsByIds([id]);
  if (found === undefined) throw new Error('no such version');
  return found;
};
const draft = async (changes = {}): Promise<ScorecardVersion> =>
  version(valueOf(await room.createDraft(people.analyst, { basedOnId: live.id, changes })).versionId);
const handle = ({ id, revision }: ScorecardVersion) => ({ versionId: id, expectedVersion: revision });
const submit = (one: ScorecardVersion, effectiveFrom: Date | null = null) =>
  room.submitVersion(people.analyst, { ...handle(one), effectiveFrom, justification: 'Risk control comes first.' });
const vote = (by: Initiator, request: { id: string; version: number; digest: string }, verdict: 'APPROVE' | 'REJECT') =>
  approvals.vote(by, {
    requestId: request.id,
    verdict,
    comment: 'Seen.',
    expectedVersion: request.version,
    expectedDigest: request.digest,
  });
const agree = async (one: ScorecardVersion, effectiveFrom: Date | null = null) => {
  const { request } = valueOf(await submit(one, effectiveFrom));
  const first = valueOf(await vote(people.validator, request, 'APPROVE'));
  return vote(people.cro, first.request, 'APPROVE');
};

describe('a draft', () => {
  test('takes changes: a profile, single weights, a whole definition', async () => {
    const one = await draft({ weightProfile: 'RISK_CONTROL' });
    expect(one).toMatchObject({ number: live.number + 1, state: 'DRAFT', revision: 1, basedOnId: live.id });
    expect(one.definition.dimensionWeights).toMatchObject({ CREDIT: '40', OPERATION: '35' });
    const changes = { definition: EXPERT_SCORECARD, weights: [{ characteristic: 'roa', weight: '4' }] };
    valueOf(await room.editDraft(people.policy, { ...handle(one), changes }));
    const edited = await version(one.id);
    expect(edited.revision).toBe(2);
    expect(edited.definition.characteristics.find(({ id }) => id === 'roa')?.weight).toBe('4');
    expect(edited.digest).not.toBe(one.digest);
    const diff = await room.queries.diff(people.auditor.actor, live.id, one.id);
    expect(diff).toEqual({
      ok: true,
      value: [{ path: 'characteristics.roa.weight', kind: 'CHANGED', before: '3', after: '4' }],
    });
  });

  const refused: [string, () => Promise<Result<unknown>>, object][] = [
    [
      'from nobody without the right',
      () => room.createDraft(people.maker, { basedOnId: live.id, changes: {} }),
      { code: 'FORBIDDEN' },
    ],
    [
      'of nothing',
      () => room.createDraft(people.analyst, { basedOnId: db.newId(), changes: {} }),
      { code: 'NOT_FOUND', reason: 'SCORECARD_VERSION' },
    ],
    [
      'of a broken shape',
      () => room.createDraft(people.analyst, { basedOnId: live.id, changes: { definition: { schema: 7 } } }),
      { code: 'INVALID', reason: 'SCORECARD_DEFINITION' },
    ],
    [
      'with a weight that is none',
      () =>
        room.createDraft(people.analyst, {
          basedOnId: live.id,
          changes: { weights: [{ characteristic: 'roa', weight: '-1' }] },
        }),
      { code: 'INVALID', reason: 'SCORECARD_DEFINITION' },
    ],
    [
      'with a weight for nothing',
      () =>
        room.createDraft(people.analyst, {
          basedOnId: live.id,
          changes: { weights: [{ characteristic: 'nothing', weight: '1' }] },
        }),
      { code: 'NOT_FOUND', reason: 'CHARACTERISTIC', index: 0 },
    ],
    [
      'of what is live, by editing it',
      () => room.editDraft(people.analyst, { ...handle(live), changes: {} }),
      { code: 'INVALID_STATE', reason: 'NOT_A_DRAFT' },
    ],
    [
      'that somebody else has edited',
      async () => room.editDraft(people.analyst, { versionId: (await draft()).id, expectedVersion: 9, changes: {} }),
      { code: 'STALE_VERSION' },
    ],
    [
      'that lint finds fault with, for review',
      async () => submit(await draft({ weights: [{ characteristic: 'roa', weight: '4' }] })),
      {
        code: 'POLICY_VIOLATION',
        reason: 'SCORECARD_FINDINGS',
        params: { codes: 'DIMENSION_WEIGHT_MISMATCH WEIGHTS_NOT_100', count: 2 },
      },
    ],
    [
      'for review since yesterday',
      async () => submit(await draft(), new Date(db.clock().getTime() - 86_400_000)),
      { code: 'EXPIRED', reason: 'EFFECTIVE_FROM' },
    ],
  ];
  test.each(refused)('is refused %s', async (_, work, refusal) => {
    expect(await work()).toMatchObject({ ok: false, refusal });
  });

  test('that is given up stays on record', async () => {
    const one = await draft();
    valueOf(await room.discardDraft(people.analyst, handle(one)));
    expect((await version(one.id)).state).toBe('DISCARDED');
    expect(await room.editDraft(people.analyst, { ...handle(await version(one.id)), changes: {} })).toMatchObject({
      refusal: { reason: 'NOT_A_DRAFT' },
    });
  });

  test('that customers were rated with cannot be edited, by command or by SQL', async () => {
    const one = await draft();
    const columns = EXPERT_SCORECARD.characteristics.map(() => Float64Array.from({ length: 40 }, (_, i) => i));
    valueOf(await room.freezeCutPoints(people.analyst, one.id, 'RETAIL', { columns }));
    expect(await room.editDraft(people.analyst, { ...handle(one), changes: {} })).toMatchObject({
      refusal: { code: 'INVALID_STATE', reason: 'DRAFT_IN_USE' },
    });
    await expect(db.asApp(rewrite(one.id))).rejects.toMatchObject({ code: 'TW002' });
  });
});

const rewrite = (id: string): string => asActor(`UPDATE scorecard_version SET definition = '{}' WHERE id = '${id}'`);
const asActor = (sql: string): string => `SELECT set_config('tierwarden.actor', 'user:x', true); ${sql}`;

describe('review', () => {
  test('goes through others than the maker, and puts the version live', async () => {
    const one = await draft({ weightProfile: 'RISK_CONTROL' });
    const { request } = valueOf(await submit(one));
    expect(request.levels.map(({ role }) => role)).toEqual(['MODEL_VALIDATOR', 'CHIEF_RISK_OFFICER']);
    expect((await version(one.id)).state).toBe('IN_REVIEW');
    expect(await vote(people.analyst, request, 'APPROVE')).toMatchObject({ refusal: { code: 'MAKER_CANNOT_CHECK' } });
    expect(await room.editDraft(people.analyst, { ...handle(await version(one.id)), changes: {} })).toMatchObject({
      refusal: { reason: 'NOT_A_DRAFT' },
    });
    const first = valueOf(await vote(people.validator, request, 'APPROVE'));
    expect(valueOf(await vote(people.cro, first.request, 'APPROVE')).request.state).toBe('APPLIED');
    const before = live;
    live = await room.liveVersion();
    expect(live.id).toBe(one.id);
    expect(await version(before.id)).toMatchObject({ state: 'RETIRED' });
    const actions = await db.asOwner<{ action: string }>(
      'SELECT action FROM audit_event WHERE object_id = $1 ORDER BY occurred_at, id',
      [one.id],
    );
    expect(actions.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['scorecard.drafted', 'scorecard.submitted', 'scorecard.approved', 'scorecard.published']),
    );
  });

  test.each([
    ['rejected', (request: Parameters<typeof vote>[1]) => vote(people.validator, request, 'REJECT')],
    [
      'withdrawn',
      (request: Parameters<typeof vote>[1]) =>
        approvals.withdraw(people.analyst, { requestId: request.id, expectedVersion: 1, comment: null }),
    ],
  ])('that is %s gives the draft back to be mended', async (_, end) => {
    const one = await draft();
    const { request } = valueOf(await submit(one));
    valueOf(await end(request));
    const returned = await version(one.id);
    expect(returned).toMatchObject({ state: 'DRAFT', digest: one.digest });
    valueOf(await room.editDraft(people.analyst, { ...handle(returned), changes: { weightProfile: 'BALANCED' } }));
  });

  test('of what another version has overtaken is void, and gives the draft back', async () => {
    const [slow, quick] = [await draft(), await draft({ weightProfile: 'BALANCED' })];
    const { request } = valueOf(await submit(slow));
    valueOf(await agree(quick));
    live = await room.liveVersion();
    expect(await vote(people.validator, request, 'APPROVE')).toMatchObject({
      refusal: { code: 'STALE_VERSION', reason: 'BASE' },
    });
    expect((await version(slow.id)).state).toBe('DRAFT');
  });

  test('with a date leads to a schedule, and to life when the date has come', async () => {
    const one = await draft({ weightProfile: 'MARKET_EXPANSION' });
    const effectiveFrom = new Date(db.clock().getTime() + 3_600_000);
    valueOf(await agree(one, effectiveFrom));
    expect(await version(one.id)).toMatchObject({ state: 'SCHEDULED', effectiveFrom });
    expect(valueOf(await room.goLiveDue(asSystemActor(), 10))).toBe(0);
    expect((await room.liveVersion()).id).toBe(live.id);
    db.clock.advance(3_600_000);
    expect(valueOf(await room.goLiveDue(asSystemActor(), 10))).toBe(1);
    live = await room.liveVersion();
    expect(live).toMatchObject({ id: one.id, effectiveFrom });
  });
});

describe('who validates did not develop', () => {
  test('whoever edited it, or what it was drawn from, has no vote on it, whatever his role', async () => {
    // Somebody who has come over from development.
    const developer = people.validator;
    const base = await draft({ weightProfile: 'RISK_CONTROL' });
    const asAnalyst: Initiator = { ...developer, actor: { ...developer.actor, roles: ['RISK_ANALYST'] } };
    valueOf(await room.editDraft(asAnalyst, { ...handle(base), changes: { weightProfile: 'BALANCED' } }));
    const edited = await version(base.id);
    expect(edited.developerIds).toEqual(
      expect.arrayContaining([people.analyst.actor.id, developer.actor.id, ...live.developerIds]),
    );
    const next = await version(
      valueOf(await room.createDraft(people.analyst, { basedOnId: base.id, changes: {} })).versionId,
    );
    expect([...next.developerIds].sort()).toEqual([...edited.developerIds].sort());
    for (const one of [edited, next]) {
      const { request } = valueOf(await submit(one));
      expect(await vote(developer, request, 'APPROVE')).toMatchObject({
        refusal: { code: 'MAKER_CANNOT_CHECK', reason: 'EDITOR' },
      });
      valueOf(await approvals.withdraw(people.analyst, { requestId: request.id, expectedVersion: 1, comment: null }));
    }
  });

  test('nobody both validates and drafts', async () => {
    expect(await room.createDraft(people.validator, { basedOnId: live.id, changes: {} })).toMatchObject({
      refusal: { code: 'FORBIDDEN', reason: 'VALIDATOR_NEVER_DEVELOPS' },
    });
  });

  test.each([
    ['forgets no developer', "UPDATE scorecard_version SET developer_ids = '{}'", 'TW002'],
    [
      'takes no edit by somebody who is not named',
      `UPDATE scorecard_version SET definition = '{}', digest = repeat('0', 64)`,
      'TW010',
    ],
  ])('the database %s', async (_, sql, code) => {
    const one = await draft();
    await expect(db.asApp(asActor(`${sql} WHERE id = '${one.id}'`))).rejects.toMatchObject({ code });
  });

  test('the database lets no version be agreed to by one of its developers', async () => {
    const one = await draft();
    const { request } = valueOf(await submit(one));
    valueOf(await vote(people.validator, request, 'APPROVE'));
    const approve = `UPDATE scorecard_version SET state = 'APPROVED',
      developer_ids = developer_ids || '{${people.validator.actor.id}}' WHERE id = '${one.id}'`;
    await expect(db.asApp(asActor(approve))).rejects.toMatchObject({ code: 'TW003' });
    valueOf(await approvals.withdraw(people.analyst, { requestId: request.id, expectedVersion: 2, comment: null }));
  });
});

describe('the database', () => {
  const moved = (to: VersionState, id: string): string =>
    asActor(
      `UPDATE scorecard_version SET state = '${to}', effective_from = ${['SCHEDULED', 'LIVE', 'RETIRED'].includes(to) ? 'coalesce(effective_from, now())' : 'NULL'} WHERE id = '${id}'`,
    );

  test('holds the same table of transitions', async () => {
    const [row] = await db.asOwner<{ source: string }>(
      "SELECT prosrc AS source FROM pg_proc WHERE proname = 'scorecard_version_guard'",
    );
    const inTable = [...(row?.source ?? '').matchAll(/\('([A-Z_]+)', '([A-Z_]+)'\)/g)].map(
      ([, from, to]) => `${from} ${to}`,
    );
    const inCode = VERSION_STATES.flatMap((from) =>
      Object.values(VERSION_TRANSITIONS[from] ?? {}).map((to) => `${from} ${to}`),
    );
    expect([...inTable].sort()).toEqual([...inCode].sort());
  });

  test('lets nobody change what is in use, nor revive it, nor put a draft live without agreement', async () => {
    const one = await draft();
    await expect(db.asApp(rewrite(live.id))).rejects.toMatchObject({ code: 'TW002' });
    await expect(db.asOwner(rewrite(live.id))).rejects.toMatchObject({ code: 'TW002' });
    await expect(db.asApp(moved('LIVE', one.id))).rejects.toMatchObject({ code: 'TW004' });
    await expect(
      db.asApp(asActor(`UPDATE scorecard_version SET state = 'DRAFT' WHERE id = '${live.id}'`)),
    ).rejects.toMatchObject({ code: 'TW004' });
    const { request } = valueOf(await submit(one));
    await expect(db.asApp(rewrite(one.id))).rejects.toMatchObject({ code: 'TW002' });
    valueOf(await approvals.withdraw(people.analyst, { requestId: request.id, expectedVersion: 1, comment: null }));
    await db.asApp(moved('IN_REVIEW', one.id));
    await expect(db.asApp(moved('APPROVED', one.id))).rejects.toMatchObject({ code: 'TW006' });
  });
});
