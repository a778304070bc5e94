import { createApprovals, type Approvals, type ChangeRequest, type Submission } from '../../src/approvals';
import { createIdentity } from '../../src/identity';
import type { Initiator } from '../../src/kernel/actor';
import { refuse } from '../../src/kernel/refusal';
import { ok, type Result } from '../../src/kernel/result';
import { createPolicies } from '../../src/policies';
import { useDatabase } from '../support/database';
import { asSystemActor, hirePeople, type People } from '../support/people';
import { leftReads, readObject, readPage } from '../support/reads';
import type { Loose } from '../support/api';
import type { Reads } from '../../src/platform/reads';

const test = useDatabase();
let approvals: Approvals;
let reads: Reads;
let people: People;
/** Base version that the handler finds; tests move it to make requests stale. */
let baseVersion = 1;
let applyRefuses = false;
let applied: string[] = [];

beforeAll(async () => {
  people = await hirePeople(test);
  const policies = createPolicies(test);
  await policies.ensureDefaults(asSystemActor());
  approvals = createApprovals({ ...test, database: test.database, unitOfWork: test.unitOfWork, policies });
  reads = leftReads(test);
  approvals.register({
    kind: 'GRADE_OVERRIDE',
    currentBase: async () => ({ version: baseVersion }),
    show: () => ({ __typename: 'GradeOverrideProposal' }),
    apply: async (tx, request) => {
      if (applyRefuses) return refuse('INVALID_STATE', 'not now');
      tx.record({ action: 'test.applied', object: { type: 'Test', id: request.subject.id } });
      applied.push(request.id);
      return ok(true);
    },
  });
});

/** As the auditor finds it. */
const found = (id: string): Promise<Loose> =>
  readObject(reads, people.auditor.actor, ['ChangeRequest', id], { state: true, version: true, votes: { id: true } });

beforeEach(() => {
  baseVersion = 1;
  applyRefuses = false;
  applied = [];
});

const submit = (by: Initiator, over: Partial<Submission> = {}): Promise<Result<ChangeRequest>> =>
  test.unitOfWork.run(by, async (tx) => {
    const outcome = await approvals.submit(tx, {
      kind: 'GRADE_OVERRIDE',
      subject: { type: 'Customer', id: tx.newId() },
      payload: { toGrade: 'BBB' },
      base: { version: 1 },
      impact: {},
      facts: { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: 1, amount: '0' },
      decideBy: new Date(tx.at.getTime() + 86_400_000),
      ...over,
    });
    return outcome.ok ? ok(outcome.value.request) : outcome;
  });

const submitted = async (by: Initiator, over: Partial<Submission> = {}): Promise<ChangeRequest> => {
  const result = await submit(by, over);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
};

const approve = (by: Initiator, request: ChangeRequest, version = request.version) =>
  approvals.vote(by, {
    requestId: request.id,
    verdict: 'APPROVE',
    comment: null,
    expectedVersion: version,
    expectedDigest: request.digest,
  });

const reject = (by: Initiator, request: ChangeRequest, comment: string | null) =>
  approvals.vote(by, {
    requestId: request.id,
    verdict: 'REJECT',
    comment,
    expectedVersion: request.version,
    expectedDigest: null,
  });

const actionsOn = async (id: string): Promise<string[]> =>
  (
    await test.asOwner<{ action: string }>(
      'SELECT action FROM audit_event WHERE object_id = $1 ORDER BY occurred_at, id',
      [id],
    )
  ).map((row) => row.action);

const twoLevels = { facts: { kind: 'GRADE_OVERRIDE', direction: 'DOWN', notches: 4, amount: '0' } } as const;

describe('submitting', () => {
  it('routes by the approval matrix and freezes the levels', async () => {
    const request = await submitted(people.maker, twoLevels);
    expect(request).toMatchObject({
      state: 'IN_REVIEW',
      routingRow: 'override-down-3-8',
      levels: [
        { ordinal: 1, role: 'RISK_APPROVER', quorum: 1 },
        { ordinal: 2, role: 'CHIEF_RISK_OFFICER', quorum: 1 },
      ],
    });
  });

  it('asks the highest levels where the size cannot be told', async () => {
    const request = await submitted(people.maker, { facts: { kind: 'GRADE_OVERRIDE', direction: 'DOWN' } });
    expect(request.routingRow).toBe('highest');
  });

  it('refuses a second open request on the subject and names the first', async () => {
    const first = await submitted(people.maker);
    expect(await submit(people.analyst, { subject: first.subject })).toMatchObject({
      ok: false,
      refusal: { code: 'CONFLICTING_REQUEST', params: { number: first.number } },
    });
  });

  it('lets exactly one of many submitters through', async () => {
    const subject = { type: 'Customer', id: test.newId() };
    const results = await Promise.all(Array.from({ length: 10 }, () => submit(people.maker, { subject })));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
  });

  it('rehearses the change: what cannot be applied is never put up', async () => {
    applyRefuses = true;
    expect(await submit(people.maker)).toMatchObject({ ok: false, refusal: { code: 'INVALID_STATE' } });
  });

  it('leaves nothing behind of the rehearsal', async () => {
    const request = await submitted(people.maker);
    expect(await actionsOn(request.subject.id)).toEqual([]);
  });
});

describe('deciding', () => {
  it('applies with the last approval, in one transaction, with its events', async () => {
    const request = await submitted(people.maker, twoLevels);
    const first = await approve(people.approver, request);
    expect(first).toMatchObject({ ok: true, value: { request: { state: 'IN_REVIEW', currentLevel: 2, version: 2 } } });
    const second = await approve(people.cro, request, 2);
    expect(second).toMatchObject({ ok: true, value: { request: { state: 'APPLIED', version: 3 } } });
    expect(applied.filter((id) => id === request.id)).toHaveLength(2); // once in rehearsal, once for good
    expect(await actionsOn(request.id)).toEqual([
      'request.submitted',
      'request.approved',
      'request.approved',
      'request.applied',
    ]);
    expect(await actionsOn(request.subject.id)).toEqual(['test.applied']);
  });

  it('refuses the maker, whatever his roles', async () => {
    const request = await submitted(people.approver);
    expect(await approve(people.approver, request)).toMatchObject({ refusal: { code: 'MAKER_CANNOT_CHECK' } });
    const sales = await submitted(people.maker);
    expect(await approve(people.maker, sales)).toMatchObject({ refusal: { code: 'MAKER_CANNOT_CHECK' } });
  });

  it('refuses people without the permission, and the wrong level', async () => {
    const request = await submitted(people.maker);
    expect(await approve(people.analyst, request)).toMatchObject({ refusal: { code: 'FORBIDDEN' } });
    expect(await approve(people.cro, request)).toMatchObject({ refusal: { code: 'AUTHORITY_EXCEEDED' } });
  });

  it('refuses what is not there, decided, stale or without comment', async () => {
    const request = await submitted(people.maker);
    expect(await approve(people.approver, { ...request, id: test.newId() })).toMatchObject({
      refusal: { code: 'NOT_FOUND' },
    });
    expect(await approve(people.approver, request, 7)).toMatchObject({ refusal: { code: 'STALE_VERSION' } });
    expect(await reject(people.approver, request, ' ')).toMatchObject({ refusal: { code: 'COMMENT_REQUIRED' } });
    expect(await reject(people.approver, request, 'No collateral.')).toMatchObject({ ok: true });
    expect(await approve(people.approver2, request)).toMatchObject({ refusal: { code: 'ALREADY_DECIDED' } });
  });

  it('lets exactly one of two deciders win', async () => {
    for (let round = 0; round < 5; round++) {
      const request = await submitted(people.maker);
      const results = await Promise.all([
        approve(people.approver, request),
        approve(people.approver2, request),
        reject(people.approver2, request, 'Too late?'),
      ]);
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      for (const result of results) if (!result.ok) expect(result.refusal.code).toBe('ALREADY_DECIDED');
    }
  });

  it('marks a request stale whose base has moved, and counts no vote on it', async () => {
    const request = await submitted(people.maker);
    baseVersion = 2;
    expect(await approve(people.approver, request)).toMatchObject({
      refusal: { code: 'STALE_VERSION', reason: 'BASE' },
    });
    expect(await found(request.id)).toMatchObject({ state: 'STALE', votes: [] });
    expect(await actionsOn(request.id)).toEqual(['request.submitted', 'request.foundStale']);
  });

  it('keeps what was agreed to and cannot be applied, with the reason, to be tried again', async () => {
    const request = await submitted(people.maker);
    applyRefuses = true;
    expect(await approve(people.approver, request)).toMatchObject({
      ok: true,
      value: { request: { state: 'APPLY_FAILED', failure: 'INVALID_STATE', version: 2, closedAt: null } },
    });
    expect(await submit(people.analyst, { subject: request.subject })).toMatchObject({
      refusal: { code: 'CONFLICTING_REQUEST' },
    });
    const handle = { requestId: request.id, expectedVersion: 2 };
    expect(await approvals.retryApplication(people.cro, handle)).toMatchObject({
      ok: true,
      value: { request: { state: 'APPLY_FAILED', version: 3 } },
    });
    applyRefuses = false;
    expect(await approvals.retryApplication(people.cro, { ...handle, expectedVersion: 3 })).toMatchObject({
      ok: true,
      value: { request: { state: 'APPLIED', failure: null } },
    });
    expect(await actionsOn(request.id)).toEqual([
      'request.submitted',
      'request.approved',
      'request.applyFailed',
      'request.applyFailed',
      'request.applied',
    ]);
  });

  it('checks earlier authority again when it applies', async () => {
    const request = await submitted(people.maker, twoLevels);
    await approve(people.approver, request);
    const identity = createIdentity({ database: test.database, unitOfWork: test.unitOfWork, clock: test.clock });
    const approver = await identity.queries.bySubject('approver');
    const revoked = await identity.commands.revokeRole(people.security, {
      userId: people.approver.actor.id,
      role: 'RISK_APPROVER',
      expectedVersion: approver?.version ?? 0,
    });
    expect(revoked.ok).toBe(true);
    expect(await approve(people.cro, request, 2)).toMatchObject({ refusal: { reason: 'AUTHORITY_LOST' } });
    const granted = await identity.commands.grantRole(people.security, {
      userId: people.approver.actor.id,
      role: 'RISK_APPROVER',
      expectedVersion: (approver?.version ?? 0) + 1,
    });
    expect(granted.ok).toBe(true);
    expect(await approve(people.cro, request, 2)).toMatchObject({ ok: true });
  });
});

describe('taking back and running out', () => {
  it('withdraws for the maker alone', async () => {
    const request = await submitted(people.maker);
    const input = { requestId: request.id, expectedVersion: 1, comment: 'Entered by mistake.' };
    expect(await approvals.withdraw(people.analyst, input)).toMatchObject({ refusal: { code: 'AUTHORITY_EXCEEDED' } });
    expect(await approvals.withdraw(people.maker, input)).toMatchObject({
      ok: true,
      value: { request: { state: 'WITHDRAWN' } },
    });
    expect(await approvals.withdraw(people.maker, input)).toMatchObject({ refusal: { code: 'ALREADY_DECIDED' } });
  });

  it('decides a race between withdrawal and approval once', async () => {
    const request = await submitted(people.maker);
    const results = await Promise.all([
      approvals.withdraw(people.maker, { requestId: request.id, expectedVersion: 1, comment: null }),
      approve(people.approver, request),
    ]);
    expect(results.filter((result) => result.ok)).toHaveLength(1);
  });

  it('expires what nobody decided in time, once', async () => {
    const request = await submitted(people.maker, { decideBy: new Date(test.clock().getTime() + 1_000) });
    test.clock.advance(2_000);
    expect(await approve(people.approver, request)).toMatchObject({ refusal: { code: 'EXPIRED' } });
    expect(await approvals.expireOverdue(asSystemActor(), 100)).toEqual(ok(1));
    expect(await approvals.expireOverdue(asSystemActor(), 100)).toEqual(ok(0));
    expect(await found(request.id)).toMatchObject({ state: 'EXPIRED' });
  });
});

describe('the inbox', () => {
  it('shows to each what waits for him, what he did and what he made', async () => {
    const request = await submitted(people.maker, twoLevels);
    const tab = async (who: Initiator, name: 'WAITING_FOR_ME' | 'DONE_BY_ME' | 'MADE_BY_ME'): Promise<boolean> => {
      const list = approvals.queries.list(who.actor, { tab: name }, test.clock());
      const { items } = await readPage(reads, who.actor, list, { id: true });
      return items.some((item) => item.id === request.id);
    };
    expect(await tab(people.approver, 'WAITING_FOR_ME')).toBe(true);
    expect(await tab(people.cro, 'WAITING_FOR_ME')).toBe(false);
    expect(await tab(people.maker, 'WAITING_FOR_ME')).toBe(false);
    expect(await tab(people.maker, 'MADE_BY_ME')).toBe(true);
    await approve(people.approver, request);
    expect(await tab(people.approver, 'WAITING_FOR_ME')).toBe(false);
    expect(await tab(people.approver, 'DONE_BY_ME')).toBe(true);
    expect(await tab(people.cro, 'WAITING_FOR_ME')).toBe(true);
  });

  it('pages without gap or double', async () => {
    const seen: string[] = [];
    let after: readonly string[] | null = null;
    for (;;) {
      const { actor } = people.auditor;
      const list = approvals.queries.list(actor, {}, test.clock());
      const page: Awaited<ReturnType<typeof readPage>> = await readPage(
        reads,
        actor,
        list,
        { id: true },
        { first: 3, after },
      );
      seen.push(...page.items.map((item) => item.id as string));
      after = page.keys.at(-1) ?? null;
      if (page.hasNextPage) continue;
      expect(new Set(seen).size).toBe(seen.length);
      expect(page.total).toEqual({ count: seen.length, precision: 'EXACT' });
      break;
    }
  });
});

describe('the database itself, asked by plain SQL as the app role', () => {
  const insertVote = (request: ChangeRequest, voterId: string, over: { digest?: string; level?: number } = {}) =>
    test.asApp(
      `WITH actor AS (SELECT set_config('tierwarden.actor', $1::text, false))
       INSERT INTO change_request_vote (id, request_id, level_ordinal, voter_id, verdict, digest, cast_at)
       SELECT gen_random_uuid(), $2, $3, $1::uuid, 'APPROVE', $4, now() FROM actor`,
      [voterId, request.id, over.level ?? 1, over.digest ?? request.digest],
    );
  const actAs = (id: string) => test.asApp("SELECT set_config('tierwarden.actor', $1, false)", [id]);

  it('refuses the maker’s vote', async () => {
    const request = await submitted(people.approver);
    await actAs(people.approver.actor.id);
    await expect(insertVote(request, people.approver.actor.id)).rejects.toMatchObject({ code: 'TW003' });
  });

  it('refuses a vote on another digest or level, or after the end', async () => {
    const request = await submitted(people.maker);
    await actAs(people.approver.actor.id);
    await expect(insertVote(request, people.approver.actor.id, { digest: 'x' })).rejects.toMatchObject({
      code: 'TW005',
    });
    await reject(people.approver, request, 'No.');
    await expect(insertVote(request, people.approver2.actor.id)).rejects.toMatchObject({ code: 'TW004' });
  });

  it('refuses a vote in the name of another, by somebody without the role, or at the wrong time', async () => {
    const request = await submitted(people.maker);
    await actAs(people.maker.actor.id);
    const vote = (voterId: string) =>
      test.asApp(
        `INSERT INTO change_request_vote (id, request_id, level_ordinal, voter_id, verdict, digest, cast_at)
         VALUES (gen_random_uuid(), $1, 1, $2, 'APPROVE', $3, $4)`,
        [request.id, voterId, request.digest, test.clock()],
      );
    await expect(vote(people.approver.actor.id)).rejects.toMatchObject({ code: 'TW010' });
    await actAs(people.auditor.actor.id);
    await expect(vote(people.auditor.actor.id)).rejects.toMatchObject({ code: 'TW011' });
    await actAs(people.approver.actor.id);
    await expect(
      test.asApp(
        `INSERT INTO change_request_vote (id, request_id, level_ordinal, voter_id, verdict, digest, cast_at)
         VALUES (gen_random_uuid(), $1, 1, $2, 'APPROVE', $3, '2199-01-01')`,
        [request.id, people.approver.actor.id, request.digest],
      ),
    ).rejects.toMatchObject({ code: 'TW004' });
  });

  it('refuses a request in the name of another, and a level after submission', async () => {
    const request = await submitted(people.maker);
    await actAs(people.approver.actor.id);
    await expect(
      test.asApp(`INSERT INTO change_request_level (request_id, ordinal, role, quorum) VALUES ($1, 2, 'AUDITOR', 1)`, [
        request.id,
      ]),
    ).rejects.toMatchObject({ code: 'TW006' });
    await expect(
      test.asApp(
        `INSERT INTO change_request (id, kind, subject_type, subject_id, payload, base, impact, policy_version_id,
           routing_row, digest, state, current_level, maker_id, submitted_at, decide_by, version)
         SELECT gen_random_uuid(), kind, subject_type, 'other', payload, base, impact, policy_version_id, routing_row,
           digest, 'IN_REVIEW', 1, maker_id, submitted_at, decide_by, 1 FROM change_request WHERE id = $1`,
        [request.id],
      ),
    ).rejects.toMatchObject({ code: 'TW010' });
  });

  it('refuses an audit event in the name of another, or with a moment of its own choice in the log', async () => {
    await actAs(people.maker.actor.id);
    const forge = (columns: string, values: string) =>
      test.asApp(
        `INSERT INTO audit_event (id, occurred_at, actor_id, action, object_type, object_id, request_id, bytes${columns})
         VALUES (gen_random_uuid(), now(), $1, 'a', 'b', 'c', 'd', '\\x7b7d'${values})`,
        [people.cro.actor.id],
      );
    await expect(forge('', '')).rejects.toMatchObject({ code: 'TW010' });
    await expect(forge(', xact', ", '5'")).rejects.toMatchObject({ code: '42501' });
  });

  it('refuses to apply without the quorum', async () => {
    const request = await submitted(people.maker);
    await actAs(people.approver.actor.id);
    await expect(
      test.asApp("UPDATE change_request SET state = 'APPLIED', closed_at = now() WHERE id = $1", [request.id]),
    ).rejects.toMatchObject({ code: 'TW007' });
  });

  it.each([
    ["UPDATE change_request SET payload = '{}'", '42501'],
    ["UPDATE change_request SET maker_id = 'x'", '42501'],
    ['DELETE FROM change_request', '42501'],
    ['DELETE FROM change_request_vote', '42501'],
    ["UPDATE change_request_vote SET verdict = 'REJECT'", '42501'],
    ['DELETE FROM audit_event', '42501'],
    ["UPDATE audit_event SET actor_id = 'x'", '42501'],
    ['TRUNCATE audit_event', '42501'],
    ['ALTER TABLE audit_event DISABLE TRIGGER ALL', '42501'],
    ["UPDATE policy_version SET digest = ''", '42501'],
  ])('%s is refused', async (sql, code) => {
    await actAs('somebody');
    await expect(test.asApp(sql)).rejects.toMatchObject({ code });
  });

  it('refuses history to its owner as well', async () => {
    await test.asOwner("SELECT set_config('tierwarden.actor', 'owner', false)");
    for (const sql of ['DELETE FROM audit_event', 'DELETE FROM change_request', 'TRUNCATE change_request_step']) {
      await expect(test.asOwner(sql)).rejects.toMatchObject({ code: 'TW002' });
    }
  });

  it('refuses any write without an actor', async () => {
    await actAs('');
    const request = await submitted(people.maker);
    await expect(
      test.asApp('UPDATE change_request SET version = version + 1 WHERE id = $1', [request.id]),
    ).rejects.toMatchObject({ code: 'TW001' });
  });
});
