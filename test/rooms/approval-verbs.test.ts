/** Every verb on a request: who may, when, what follows, what the log says of it, and how it is refused. */
import type { ChangeRequest, VerbOutcome } from '../../src/approvals';
import { stateAfterEvents } from '../../src/approvals/domain/replay-events';
import type { Initiator } from '../../src/kernel/actor';
import type { Result } from '../../src/kernel/result';
import { openApprovalHouse, valueOf, type ApprovalHouse } from '../support/approvals';
import { useDatabase } from '../support/database';
import { asSystemActor, type People } from '../support/people';
import { readPage } from '../support/reads';

const test = useDatabase();
let house: ApprovalHouse;
let people: People;
let third: Initiator;
let cro2: Initiator;

const HOUR_MS = 3_600_000;
const one = [{ role: 'RISK_APPROVER', quorum: 1 }] as const;
const two = [...one, { role: 'CHIEF_RISK_OFFICER', quorum: 1 }] as const;
const three = [
  { role: 'RISK_APPROVER', quorum: 2 },
  { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
] as const;

beforeAll(async () => {
  house = await openApprovalHouse(test);
  ({ people } = house);
  third = await house.hire('third', ['RISK_APPROVER']);
  cro2 = await house.hire('cro2', ['CHIEF_RISK_OFFICER']);
  await house.publishLevels(two);
});
beforeEach(() => house.reset());
afterEach(async () => {
  // Whatever came about, the log tells the same state as the database holds.
  const rows = await test.asOwner<{ id: string; state: string; actions: string[] }>(
    `SELECT request.id, request.state, (SELECT array_agg(action ORDER BY occurred_at, id) FROM audit_event
       WHERE object_type = 'ChangeRequest' AND object_id = request.id::text) AS actions FROM change_request AS request`,
  );
  for (const { state, actions } of rows) expect(stateAfterEvents(actions)).toBe(state);
});

const handle = (request: ChangeRequest, comment: string | null = null) => ({
  requestId: request.id,
  expectedVersion: request.version,
  comment,
});
const requestOf = (outcome: Result<VerbOutcome>): ChangeRequest => valueOf(outcome).request;
const back = async (by: Initiator, request: ChangeRequest, toLevel: number | null = null) =>
  house.approvals.returnRequest(by, { ...handle(request, 'Why?'), toLevel });
const again = (by: Initiator, request: ChangeRequest, way: 'RERUN' | 'DIRECT' = 'RERUN') =>
  house.approvals.resubmit(by, { ...handle(request), way });
const refused = (code: string, reason?: string) => ({
  ok: false,
  refusal: reason === undefined ? { code } : { code, reason },
});

describe('drafts', () => {
  it('ask nobody until they are submitted, and are judged anew then', async () => {
    const draft = await house.drafted(people.maker, { toGrade: 'BB' });
    expect(draft).toMatchObject({ state: 'DRAFT', round: 1 });
    expect(await house.approve(people.approver, draft)).toMatchObject(refused('INVALID_STATE', 'NOT_IN_REVIEW'));
    expect(await again(people.analyst, draft)).toMatchObject(refused('AUTHORITY_EXCEEDED', 'NOT_THE_MAKER'));
    house.steer.baseVersion = 7;
    const request = requestOf(await again(people.maker, draft));
    expect(request).toMatchObject({ state: 'IN_REVIEW', round: 2, base: { version: 7 } });
    expect(request.digest).not.toBe(draft.digest);
    expect(await house.actionsOn(draft.id)).toEqual(['request.drafted', 'request.submitted']);
  });

  it('of one subject stand beside one another; only one of them gets through', async () => {
    const first = await house.drafted(people.maker);
    const second = await house.drafted(people.analyst, { subject: first.subject });
    await again(people.maker, first);
    expect(await again(people.analyst, second)).toMatchObject(refused('CONFLICTING_REQUEST'));
  });

  it('are rehearsed when they are submitted', async () => {
    const draft = await house.drafted(people.maker);
    house.steer.applyRefuses = true;
    expect(await again(people.maker, draft)).toMatchObject(refused('INVALID_STATE'));
    expect(await house.now(draft.id)).toMatchObject({ state: 'DRAFT', round: 1 });
  });

  it('can be given up', async () => {
    const draft = await house.drafted(people.maker);
    expect(requestOf(await house.approvals.withdraw(people.maker, handle(draft))).state).toBe('WITHDRAWN');
  });

  it('are there only for kinds that know how to judge them anew', async () => {
    await expect(house.drafted(people.maker, { kind: 'CREDIT_LIMIT' })).rejects.toThrow('INVALID_STATE.NO_DRAFTS');
  });
});

describe('return', () => {
  it('goes to the maker; submitted again every level is asked anew', async () => {
    const request = await house.submitted(people.maker);
    const agreed = requestOf(await house.approve(people.approver, request));
    const returned = requestOf(await back(people.cro, agreed));
    expect(returned).toMatchObject({ state: 'RETURNED', returnedFrom: 2 });
    expect(await house.approve(people.cro, returned)).toMatchObject(refused('INVALID_STATE', 'NOT_IN_REVIEW'));
    const anew = requestOf(await again(people.maker, returned));
    expect(anew).toMatchObject({ state: 'IN_REVIEW', round: 2, currentLevel: 1 });
    expect(anew.votes.map(({ standing }) => standing)).toEqual([false]);
    // He may vote again: his vote of the round before no longer counts.
    const once = requestOf(await house.approve(people.approver, anew));
    expect(requestOf(await house.approve(people.cro, once)).state).toBe('APPLIED');
  });

  it('goes directly back to the level that returned it where nothing has changed', async () => {
    const request = await house.submitted(people.maker);
    const agreed = requestOf(await house.approve(people.approver, request));
    const returned = requestOf(await back(people.cro, agreed));
    const direct = requestOf(await again(people.maker, returned, 'DIRECT'));
    expect(direct).toMatchObject({ state: 'IN_REVIEW', round: 1, currentLevel: 2, digest: request.digest });
    expect(requestOf(await house.approve(people.cro, direct)).state).toBe('APPLIED');
  });

  it('never goes directly where what is decided on has changed', async () => {
    const request = await house.submitted(people.maker);
    const returned = requestOf(await back(people.approver, request));
    house.steer.baseVersion = 2;
    expect(await again(people.maker, returned, 'DIRECT')).toMatchObject(refused('STALE_VERSION', 'DIGEST'));
    expect(requestOf(await again(people.maker, returned)).base).toEqual({ version: 2 });
  });

  it('goes to an earlier level, whose votes and all later ones are asked for anew', async () => {
    await house.publishLevels([...two, { role: 'RISK_APPROVER', quorum: 1 }]);
    const request = await house.submitted(people.maker);
    const first = requestOf(await house.approve(people.approver, request));
    const second = requestOf(await house.approve(people.cro, first));
    expect(await back(people.approver2, second, 3)).toMatchObject(refused('OUT_OF_RANGE', 'LEVEL'));
    const sent = requestOf(await back(people.approver2, second, 2));
    expect(sent).toMatchObject({ state: 'IN_REVIEW', round: 2, currentLevel: 2, digest: request.digest });
    expect(sent.votes.map(({ levelOrdinal, standing }) => [levelOrdinal, standing])).toEqual([
      [1, true],
      [2, false],
    ]);
    const third_ = requestOf(await house.approve(cro2, sent));
    expect(requestOf(await house.approve(people.approver2, third_)).state).toBe('APPLIED');
    await house.publishLevels(two);
  });

  it('needs a comment and the authority of the level', async () => {
    const request = await house.submitted(people.maker);
    const input = { ...handle(request), toLevel: null };
    expect(await house.approvals.returnRequest(people.approver, input)).toMatchObject(refused('COMMENT_REQUIRED'));
    expect(await back(people.cro, request)).toMatchObject(refused('AUTHORITY_EXCEEDED'));
    expect(await back(people.maker, request)).toMatchObject(refused('FORBIDDEN'));
  });

  it('can be withdrawn, and expires like any other', async () => {
    const returned = requestOf(await back(people.approver, await house.submitted(people.maker)));
    expect(requestOf(await house.approvals.withdraw(people.maker, handle(returned))).state).toBe('WITHDRAWN');
    const short = new Date(test.clock().getTime() + HOUR_MS);
    const other = requestOf(await back(people.approver, await house.submitted(people.maker, { decideBy: short })));
    test.clock.advance(2 * HOUR_MS);
    await house.approvals.expireOverdue(asSystemActor(), 100);
    expect(await house.now(other.id)).toMatchObject({ state: 'EXPIRED' });
  });
});

describe('revise', () => {
  const revise = (by: Initiator, request: ChangeRequest, toGrade: string) =>
    test.unitOfWork.run(by, (tx) =>
      house.approvals.revise(tx, {
        requestId: request.id,
        expectedVersion: request.version,
        kind: 'GRADE_OVERRIDE',
        payload: { toGrade },
      }),
    );

  it('changes a returned proposal; whoever did it has had a hand in it', async () => {
    const returned = requestOf(await back(people.approver, await house.submitted(people.maker)));
    const revised = requestOf(await revise(people.approver2, returned, 'CCC'));
    expect(revised).toMatchObject({
      state: 'RETURNED',
      payload: { toGrade: 'CCC' },
      editorIds: [people.approver2.actor.id],
    });
    const anew = requestOf(await again(people.maker, revised));
    expect(await house.approve(people.approver2, anew)).toMatchObject(refused('MAKER_CANNOT_CHECK', 'EDITOR'));
    const agreed = requestOf(await house.approve(people.approver, anew));
    expect(agreed.currentLevel).toBe(2);
  });

  it('is for what lies with its maker alone', async () => {
    const request = await house.submitted(people.maker);
    expect(await revise(people.maker, request, 'CCC')).toMatchObject(refused('INVALID_STATE', 'NOT_WITH_MAKER'));
    await house.reject(people.approver, request);
    expect(await revise(people.maker, request, 'CCC')).toMatchObject(refused('ALREADY_DECIDED'));
  });
});

describe('a stale request', () => {
  it('is refreshed by its maker; its votes are void', async () => {
    const request = await house.submitted(people.maker);
    const agreed = requestOf(await house.approve(people.approver, request));
    house.steer.baseVersion = 2;
    expect(await house.approve(people.cro, agreed)).toMatchObject(refused('STALE_VERSION', 'BASE'));
    const stale = await house.now(request.id);
    expect(stale.state).toBe('STALE');
    const fresh = requestOf(
      await house.approvals.resubmit(people.maker, {
        requestId: request.id,
        expectedVersion: stale.version,
        comment: null,
        way: 'RERUN',
      }),
    );
    expect(fresh).toMatchObject({ state: 'IN_REVIEW', round: 2, currentLevel: 1, closedAt: null });
    expect(fresh.votes.filter(({ standing }) => standing)).toEqual([]);
  });
});

describe('reassign', () => {
  it('ends the task of one and makes it that of another who may', async () => {
    await house.publishLevels(one);
    const request = await house.submitted(people.maker);
    const input = { ...handle(request), toId: people.approver2.actor.id };
    const moved = requestOf(await house.approvals.reassign(people.approver, input));
    expect(await house.approve(people.approver, moved)).toMatchObject(refused('AUTHORITY_EXCEEDED', 'REASSIGNED'));
    expect(requestOf(await house.approve(people.approver2, moved)).state).toBe('APPLIED');
    await house.publishLevels(two);
  });

  it.each<[string, () => string, string, string]>([
    ['to oneself', () => people.approver.actor.id, 'INVALID', 'SELF'],
    ['to somebody without the role', () => people.analyst.actor.id, 'POLICY_VIOLATION', 'NOT_ELIGIBLE'],
    ['to the maker', () => people.maker.actor.id, 'MAKER_CANNOT_CHECK', 'EDITOR'],
  ])('is refused %s', async (_, to, code, reason) => {
    const request = await house.submitted(people.maker);
    expect(await house.approvals.reassign(people.approver, { ...handle(request), toId: to() })).toMatchObject(
      refused(code, reason),
    );
  });

  it('takes no vote of those of whom all are asked', async () => {
    await house.publishLevels([{ role: 'RISK_APPROVER', quorum: 'ALL' }]);
    const request = await house.submitted(people.maker);
    expect(request.levels).toMatchObject([{ quorum: 3, everyOne: true }]);
    const input = { ...handle(request), toId: people.approver2.actor.id };
    expect(await house.approvals.reassign(people.approver, input)).toMatchObject(
      refused('POLICY_VIOLATION', 'EVERY_ONE_ASKED'),
    );
    await house.publishLevels(two);
  });
});

describe('add approver', () => {
  const add = (by: Initiator, request: ChangeRequest, to: Initiator, place: 'BEFORE' | 'MAIN' | 'AFTER') =>
    house.approvals.addApprover(by, { ...handle(request), userId: to.actor.id, place });

  beforeAll(() => house.publishLevels(one));
  afterAll(() => house.publishLevels(two));

  it('before the others: they wait for it', async () => {
    const wanted = requestOf(await add(people.approver, await house.submitted(people.maker), people.cro, 'BEFORE'));
    expect(await house.approve(people.approver, wanted)).toMatchObject(refused('AUTHORITY_EXCEEDED'));
    const first = requestOf(await house.approve(people.cro, wanted));
    expect(first.state).toBe('IN_REVIEW');
    expect(requestOf(await house.approve(people.approver, first)).state).toBe('APPLIED');
  });

  it('after the others: it is asked last, and is needed', async () => {
    const wanted = requestOf(await add(people.approver, await house.submitted(people.maker), people.cro, 'AFTER'));
    expect(await house.approve(people.cro, wanted)).toMatchObject(refused('AUTHORITY_EXCEEDED'));
    const first = requestOf(await house.approve(people.approver, wanted));
    expect(first.state).toBe('IN_REVIEW');
    expect(requestOf(await house.approve(people.cro, first)).state).toBe('APPLIED');
  });

  it('beside the others: in any order, and it takes nobody’s place', async () => {
    const wanted = requestOf(await add(people.approver, await house.submitted(people.maker), third, 'MAIN'));
    const first = requestOf(await house.approve(people.approver2, wanted));
    expect(first.state).toBe('IN_REVIEW');
    expect(requestOf(await house.approve(third, first)).state).toBe('APPLIED');
  });

  it('is no way around who may decide', async () => {
    const request = await house.submitted(people.maker);
    expect(await add(people.approver, request, people.maker, 'MAIN')).toMatchObject(refused('MAKER_CANNOT_CHECK'));
    expect(await add(people.approver, request, people.analyst, 'MAIN')).toMatchObject(
      refused('POLICY_VIOLATION', 'NOT_ELIGIBLE'),
    );
    const wanted = requestOf(await add(people.approver, request, people.cro, 'MAIN'));
    expect(await add(people.approver, wanted, people.cro, 'AFTER')).toMatchObject(refused('ALREADY_EXISTS', 'ADDED'));
  });
});

describe('take back', () => {
  it('undoes one’s own vote while its level is open', async () => {
    await house.publishLevels(three);
    const first = requestOf(await house.approve(people.approver, await house.submitted(people.maker)));
    const taken = requestOf(await house.approvals.takeBackVote(people.approver, handle(first)));
    expect(taken.votes).toMatchObject([{ standing: false }]);
    const second = requestOf(await house.approve(people.approver2, taken));
    expect(second.currentLevel).toBe(1);
    const complete = requestOf(await house.approve(people.approver, second));
    expect(complete.currentLevel).toBe(2);
    expect(await house.approvals.takeBackVote(people.approver, handle(complete))).toMatchObject(
      refused('INVALID_STATE', 'NO_VOTE'),
    );
    await house.publishLevels(two);
  });
});

describe('what has no effect on the outcome', () => {
  it('copy: the request stands in the inbox of whom it was copied to', async () => {
    const request = await house.submitted(people.maker);
    const input = { requestId: request.id, userIds: [people.analyst.actor.id], comment: null };
    expect(valueOf(await house.approvals.copyTo(people.maker, input)).request.version).toBe(request.version);
    const list = house.approvals.queries.list(people.analyst.actor, { tab: 'COPIED_TO_ME' }, test.clock());
    const { items } = await readPage(house.reads, people.analyst.actor, list, { id: true });
    expect(items.map(({ id }) => id)).toContain(request.id);
    expect(await house.approvals.copyTo(people.maker, { ...input, userIds: [test.newId()] })).toMatchObject(
      refused('NOT_FOUND'),
    );
    expect(await house.approvals.copyTo(people.maker, { ...input, userIds: [] })).toMatchObject(
      refused('OUT_OF_RANGE', 'COPIES'),
    );
  });

  it('remind: throttled by the rules of the house', async () => {
    const request = await house.submitted(people.maker);
    const remind = () => house.approvals.remind(people.maker, { requestId: request.id, comment: null });
    expect((await remind()).ok).toBe(true);
    expect(await remind()).toMatchObject(refused('POLICY_VIOLATION', 'REMINDED_ALREADY'));
    test.clock.advance(5 * HOUR_MS);
    expect((await remind()).ok).toBe(true);
    await house.reject(people.approver, request);
    expect(await remind()).toMatchObject(refused('ALREADY_DECIDED'));
  });

  it('comment: by whoever takes part, at any time', async () => {
    const request = await house.submitted(people.maker);
    const say = (by: Initiator, comment: string) => house.approvals.comment(by, { requestId: request.id, comment });
    expect((await say(people.analyst, 'Seen.')).ok).toBe(true);
    expect(await say(people.analyst, ' ')).toMatchObject(refused('REQUIRED'));
    expect(await say(people.auditor, 'Seen.')).toMatchObject(refused('FORBIDDEN'));
    expect((await house.now(request.id)).timeline).toMatchObject([
      { verb: 'SUBMIT', text: null },
      { verb: 'COMMENT', text: 'Seen.' },
    ]);
  });
});

describe('escalation', () => {
  beforeAll(() =>
    house.publishLevels([{ role: 'RISK_APPROVER', quorum: 2, slaHours: 24, escalateTo: ['CHIEF_RISK_OFFICER'] }]),
  );
  afterAll(() => house.publishLevels(two));

  const alarm = () => house.approvals.sendAlarms(asSystemActor(), 100);

  it('reminds, then lets the next target act, and goes on until somebody does; the quorum stays', async () => {
    test.clock.set('2026-03-05T02:00:00.000Z'); // a Thursday
    const request = await house.submitted(people.maker);
    expect(request.alarmAt).toEqual(new Date('2026-03-06T02:00:00.000Z'));
    expect(await alarm()).toMatchObject({ value: 0 });
    test.clock.advance(24 * HOUR_MS);
    expect(await alarm()).toMatchObject({ value: 1 });
    expect(await alarm()).toMatchObject({ value: 0 });
    // The weekend does not count.
    expect(await house.now(request.id)).toMatchObject({ alarms: 1, nextAlarmAt: '2026-03-09T02:00:00.000Z' });
    expect(await house.approve(people.cro, request, { version: 2 })).toMatchObject(refused('AUTHORITY_EXCEEDED'));
    test.clock.advance(72 * HOUR_MS);
    expect(await alarm()).toMatchObject({ value: 1 });
    const escalated = requestOf(await house.approve(people.cro, request, { version: 3 }));
    expect(escalated.state).toBe('IN_REVIEW');
    expect(escalated.levels).toMatchObject([{ quorum: 2 }]);
    expect(requestOf(await house.approve(people.approver, escalated)).state).toBe('APPLIED');
    expect(await house.actionsOn(request.id)).toEqual([
      'request.submitted',
      'request.reminded',
      'request.escalated',
      'request.approved',
      'request.approved',
      'request.applied',
    ]);
  });
});

describe('a date ahead', () => {
  const soon = () => new Date(test.clock().getTime() + 48 * HOUR_MS);
  const due = () => house.approvals.applyDue(asSystemActor(), 100);
  beforeAll(() => house.publishLevels(one));
  afterAll(() => house.publishLevels(two));

  const scheduled = async () => {
    const request = await house.submitted(people.maker, { effectiveFrom: soon() });
    house.steer.applied = [];
    const agreed = requestOf(await house.approve(people.approver, request));
    expect(agreed).toMatchObject({ state: 'SCHEDULED' });
    expect(house.steer.applied).toEqual([]);
    return agreed;
  };

  it('schedules, and applies when it has come, once', async () => {
    const request = await scheduled();
    expect(await due()).toMatchObject({ value: 0 });
    test.clock.advance(49 * HOUR_MS);
    expect(await due()).toMatchObject({ value: 1 });
    expect(await due()).toMatchObject({ value: 0 });
    expect(await house.now(request.id)).toMatchObject({ state: 'APPLIED' });
    expect(house.steer.applied).toHaveLength(1);
  });

  it('finds out then that the base has moved', async () => {
    const request = await scheduled();
    house.steer.baseVersion = 2;
    test.clock.advance(49 * HOUR_MS);
    await due();
    expect(await house.now(request.id)).toMatchObject({ state: 'STALE' });
    expect(house.steer.applied).toEqual([]);
  });

  it('finds out then that an approver has lost the role, and can be tried again', async () => {
    const request = await scheduled();
    const user = await house.identity.queries.bySubject('approver');
    const change = (version: number) => ({
      userId: people.approver.actor.id,
      role: 'RISK_APPROVER' as const,
      expectedVersion: version,
    });
    valueOf(await house.identity.commands.revokeRole(people.security, change(user?.version ?? 0)));
    test.clock.advance(49 * HOUR_MS);
    await due();
    const failed = await house.now(request.id);
    expect(failed).toMatchObject({ state: 'APPLY_FAILED', failure: 'AUTHORITY_EXCEEDED.AUTHORITY_LOST' });
    valueOf(await house.identity.commands.grantRole(people.security, change((user?.version ?? 0) + 1)));
    const retried = await house.approvals.retryApplication(people.cro, {
      requestId: request.id,
      expectedVersion: failed.version,
    });
    expect(requestOf(retried).state).toBe('APPLIED');
  });
});

describe('lowering', () => {
  it('a later level may lower the proposal, never raise it; the votes stay on the digest', async () => {
    const request = await house.submitted(people.maker, { toGrade: 'BBB' });
    expect(await house.approve(people.approver, request, { lowerTo: 'A' })).toMatchObject(
      refused('INVALID', 'NOT_LOWER'),
    );
    const first = requestOf(await house.approve(people.approver, request, { lowerTo: 'BB' }));
    expect(await house.approve(people.cro, first, { lowerTo: 'BBB' })).toMatchObject(refused('INVALID', 'NOT_LOWER'));
    house.steer.applied = [];
    const done = requestOf(await house.approve(people.cro, first, { lowerTo: 'B' }));
    expect(done).toMatchObject({ state: 'APPLIED', digest: request.digest, payload: { toGrade: 'BBB' } });
    expect(house.steer.applied).toMatchObject([{ payload: { toGrade: 'B' } }]);
  });
});

describe('many at once', () => {
  it('each is judged and recorded by itself', async () => {
    await house.publishLevels(one);
    const requests = await Promise.all([1, 2, 3].map(() => house.submitted(people.maker)));
    const own = await house.submitted(people.approver);
    const decided = valueOf(
      await house.approvals.voteOnMany(
        people.approver,
        [...requests, own].map(({ id, version }) => ({
          requestId: id,
          verdict: 'APPROVE' as const,
          comment: null,
          expectedVersion: version,
          expectedDigest: null,
        })),
      ),
    );
    expect(decided.map(({ outcome }) => (outcome.ok ? outcome.value.request.state : outcome.refusal.code))).toEqual([
      'APPLIED',
      'APPLIED',
      'APPLIED',
      'MAKER_CANNOT_CHECK',
    ]);
    await house.publishLevels(two);
  });

  it.each<[string, number, string]>([
    ['none', 0, 'DECISIONS'],
    ['more than a hundred', 101, 'DECISIONS'],
    ['one named twice', 2, 'NAMED_TWICE'],
  ])('refuses %s', async (_, count, reason) => {
    const id = test.newId();
    const commands = Array.from({ length: count }, () => ({
      requestId: count === 2 ? id : test.newId(),
      verdict: 'APPROVE' as const,
      comment: null,
      expectedVersion: 1,
      expectedDigest: null,
    }));
    expect(await house.approvals.voteOnMany(people.approver, commands)).toMatchObject({ refusal: { reason } });
  });
});
