/** Who acts for whom, who gets which role, and what one person may let through alone. */
import type { ChangeRequest, VerbOutcome } from '../../src/approvals';
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

const DAY_MS = 86_400_000;
const one = [{ role: 'RISK_APPROVER', quorum: 1 }] as const;
const two = [...one, { role: 'CHIEF_RISK_OFFICER', quorum: 1 }] as const;

beforeAll(async () => {
  house = await openApprovalHouse(test);
  ({ people } = house);
  third = await house.hire('third', ['RISK_APPROVER']);
  await house.publishLevels(two);
});
beforeEach(() => house.reset());

const requestOf = (outcome: Result<VerbOutcome>): ChangeRequest => valueOf(outcome).request;
const refused = (code: string, reason: string | null = null) => ({
  ok: false,
  refusal: reason === null ? { code } : { code, reason },
});
const away = (days = 7, from = 0) => ({
  startsAt: new Date(test.clock().getTime() + from * DAY_MS),
  endsAt: new Date(test.clock().getTime() + (from + days) * DAY_MS),
  reason: 'On leave.',
});
const delegated = async (from: Initiator, to: Initiator, over: object = {}) =>
  house.approvals.delegate(from, { toId: to.actor.id, kinds: null, ...away(), ...over });
const ended = async (by: Initiator, outcome: Awaited<ReturnType<typeof delegated>>) => {
  const { delegationId } = valueOf(outcome);
  return house.approvals.endDelegation(by, { delegationId: delegationId ?? '' });
};

describe('a delegation', () => {
  it('lets another act, with both names on record, and ends by itself', async () => {
    const given = await delegated(people.approver, people.cro);
    await house.publishLevels(one);
    const request = await house.submitted(people.maker);
    const list = house.approvals.queries.list(people.cro.actor, { tab: 'WAITING_FOR_ME' }, test.clock());
    const { items } = await readPage(house.reads, people.cro.actor, list, { id: true });
    expect(items.map(({ id }) => id)).toContain(request.id);
    const done = requestOf(await house.approve(people.cro, request));
    expect(done).toMatchObject({
      state: 'APPLIED',
      votes: [{ voterId: people.cro.actor.id, principalId: people.approver.actor.id }],
    });
    const [event] = await test.asOwner<{ actor_id: string; on_behalf_of: string }>(
      "SELECT actor_id, on_behalf_of FROM audit_event WHERE object_id = $1 AND action = 'request.approved'",
      [request.id],
    );
    expect(event).toEqual({ actor_id: people.cro.actor.id, on_behalf_of: people.approver.actor.id });
    const later = await house.submitted(people.maker);
    test.clock.advance(8 * DAY_MS);
    expect(await house.approve(people.cro, later)).toMatchObject(refused('AUTHORITY_EXCEEDED'));
    expect(await ended(people.approver, given)).toMatchObject(refused('INVALID_STATE', 'OVER'));
    await house.publishLevels(two);
  });

  it('counts a person once, whether he acts for himself or another acts for him', async () => {
    await house.publishLevels([{ role: 'RISK_APPROVER', quorum: 2 }]);
    const given = await delegated(people.approver, people.cro);
    const first = requestOf(await house.approve(people.approver, await house.submitted(people.maker)));
    expect(await house.approve(people.cro, first)).toMatchObject(refused('AUTHORITY_EXCEEDED'));
    const other = requestOf(await house.approve(people.cro, await house.submitted(people.maker)));
    expect(await house.approve(people.approver, other)).toMatchObject(refused('ALREADY_DECIDED', 'VOTED'));
    await ended(people.cro, given);
    await house.publishLevels(two);
  });

  it('holds for its kinds alone', async () => {
    const given = await delegated(people.approver, people.cro, { kinds: ['CREDIT_LIMIT'] });
    const request = await house.submitted(people.maker);
    expect(await house.approve(people.cro, request)).toMatchObject(refused('AUTHORITY_EXCEEDED'));
    await ended(people.approver, given);
  });

  it('is never the maker’s way to his own request', async () => {
    const given = await delegated(people.approver, people.cro);
    const own = await house.submitted(people.approver);
    expect(await house.approve(people.cro, own)).toMatchObject(refused('AUTHORITY_EXCEEDED'));
    await test.asApp("SELECT set_config('tierwarden.actor', $1, false)", [people.cro.actor.id]);
    await expect(
      test.asApp(
        `INSERT INTO change_request_vote (id, request_id, level_ordinal, voter_id, principal_id, verdict, digest, cast_at)
         VALUES (gen_random_uuid(), $1, 1, $2, $3, 'APPROVE', $4, $5)`,
        [own.id, people.cro.actor.id, people.approver.actor.id, own.digest, test.clock()],
      ),
    ).rejects.toMatchObject({ code: 'TW003' });
    await ended(people.approver, given);
  });

  it('does not travel on: a delegate has no delegate', async () => {
    const first = await delegated(people.approver, people.approver2);
    const second = await delegated(people.approver2, people.cro);
    await house.publishLevels([{ role: 'RISK_APPROVER', quorum: 3 }]);
    const once = requestOf(await house.approve(people.cro, await house.submitted(people.maker)));
    expect(once.votes).toMatchObject([{ principalId: people.approver2.actor.id }]);
    expect(await delegated(people.cro, people.approver)).toMatchObject(refused('POLICY_VIOLATION', 'DELEGATION_CYCLE'));
    await ended(people.approver, first);
    await ended(people.approver2, second);
    await house.publishLevels(two);
  });

  it.each<[string, () => Promise<unknown>, string, string | null]>([
    ['to oneself', () => delegated(people.approver, people.approver), 'INVALID', 'SELF'],
    ['to sales', () => delegated(people.approver, people.maker), 'POLICY_VIOLATION', 'DELEGATE_NOT_ELIGIBLE'],
    [
      'to who decides nothing',
      () => delegated(people.approver, people.analyst),
      'POLICY_VIOLATION',
      'DELEGATE_NOT_ELIGIBLE',
    ],
    ['without a reason', () => delegated(people.approver, people.cro, { reason: ' ' }), 'REQUIRED', null],
    ['that is over already', () => delegated(people.approver, people.cro, away(1, -3)), 'EXPIRED', null],
    ['without an end in sight', () => delegated(people.approver, people.cro, away(400)), 'OUT_OF_RANGE', 'PERIOD'],
    ['for no kind', () => delegated(people.approver, people.cro, { kinds: [] }), 'REQUIRED', null],
    ['for a kind that is none', () => delegated(people.approver, people.cro, { kinds: ['X'] }), 'INVALID', 'KIND'],
    ['by who decides nothing', () => delegated(people.analyst, people.cro), 'FORBIDDEN', null],
  ])('is refused %s', async (_, attempt, code, reason) => {
    expect(await attempt()).toMatchObject(refused(code, reason));
  });

  it('for long is a request that neither of the two decides', async () => {
    const { requestId, delegationId } = valueOf(await delegated(people.cro, people.approver, away(60)));
    expect(delegationId).toBeNull();
    const request = await house.now(requestId ?? '');
    expect(request).toMatchObject({ state: 'IN_REVIEW' });
    const cro2 = await house.hire('cro2', ['CHIEF_RISK_OFFICER']);
    const vote = (by: Initiator) =>
      house.approvals.vote(by, {
        requestId: requestId ?? '',
        verdict: 'APPROVE',
        comment: null,
        expectedVersion: 1,
        expectedDigest: null,
      });
    expect(await vote(people.cro)).toMatchObject(refused('MAKER_CANNOT_CHECK'));
    expect(await vote(people.approver)).toMatchObject(refused('AUTHORITY_EXCEEDED'));
    expect(requestOf(await vote(cro2)).state).toBe('APPLIED');
    const [stored] = await test.asOwner('SELECT request_id FROM delegation WHERE request_id = $1', [requestId]);
    expect(stored).toBeDefined();
  });

  it('in the name of another is refused by the database', async () => {
    await test.asApp("SELECT set_config('tierwarden.actor', $1, false)", [people.cro.actor.id]);
    await expect(
      test.asApp(
        `INSERT INTO delegation (id, from_id, to_id, starts_at, ends_at, reason, given_by, given_at)
         VALUES (gen_random_uuid(), $1, $2, now(), now() + interval '1 day', 'x', $3, now())`,
        [people.approver.actor.id, people.cro.actor.id, people.cro.actor.id],
      ),
    ).rejects.toMatchObject({ code: 'TW010' });
  });
});

describe('whom a change benefits', () => {
  it('who looks after the customer does not decide', async () => {
    house.steer.interested = [people.approver.actor.id];
    const request = await house.submitted(people.maker);
    expect(await house.approve(people.approver, request)).toMatchObject(refused('AUTHORITY_EXCEEDED', 'INTERESTED'));
    await test.asApp("SELECT set_config('tierwarden.actor', $1, false)", [people.approver.actor.id]);
    await expect(
      test.asApp(
        `INSERT INTO change_request_vote (id, request_id, level_ordinal, voter_id, verdict, digest, cast_at)
         VALUES (gen_random_uuid(), $1, 1, $2, 'APPROVE', $3, $4)`,
        [request.id, people.approver.actor.id, request.digest, test.clock()],
      ),
    ).rejects.toMatchObject({ code: 'TW015' });
  });

  it('the last approver is never of the line that benefits, though he holds the role', async () => {
    await house.publishLevels(one);
    const mover = await house.hire('mover', ['RISK_APPROVER']);
    await test.asOwner("SELECT set_config('tierwarden.actor', 'test', false)");
    await test.asOwner(
      "UPDATE app_user SET org_unit_id = (SELECT id FROM org_unit WHERE line = 'SALES') WHERE id = $1",
      [mover.actor.id],
    );
    const request = await house.submitted(people.maker);
    expect(await house.approve(mover, request)).toMatchObject(refused('AUTHORITY_EXCEEDED', 'LINE_BENEFITS'));
    expect(valueOf(await house.approvals.queries.dutyConflicts(people.auditor.actor))).toContainEqual(
      expect.objectContaining({ rule: 'LINE_BENEFITS', userId: mover.actor.id }),
    );
    await house.publishLevels(two);
  });
});

describe('a role', () => {
  const ask = (by: Initiator, who: Initiator, over: object = {}) =>
    house.approvals.requestRole(by, {
      userId: who.actor.id,
      role: 'RISK_APPROVER',
      expectedVersion: 1,
      reason: 'Takes over.',
      ...over,
    });

  it('is asked for by one, agreed to by another, and recorded', async () => {
    const newcomer = await house.hire('newcomer', ['RISK_ANALYST']);
    const request = requestOf(await ask(people.security, newcomer));
    expect(request).toMatchObject({ kind: 'ROLE_GRANT', interestedIds: [newcomer.actor.id] });
    expect(requestOf(await house.approve(people.cro, request)).state).toBe('APPLIED');
    const user = await house.identity.queries.bySubject('newcomer');
    expect(user?.roles).toContain('RISK_APPROVER');
  });

  it('is never one’s own, neither asked for nor agreed to', async () => {
    expect(await ask(people.security, people.security)).toMatchObject(refused('FORBIDDEN', 'OWN_ACCESS'));
    const request = requestOf(await ask(people.security, people.cro, { role: 'RISK_ANALYST' }));
    expect(await house.approve(people.cro, request)).toMatchObject(refused('AUTHORITY_EXCEEDED', 'INTERESTED'));
    expect(await ask(people.approver, third)).toMatchObject(refused('FORBIDDEN'));
  });

  it('is stale when the person’s access has changed meanwhile', async () => {
    const other = await house.hire('other', ['RISK_ANALYST']);
    const request = requestOf(await ask(people.security, other));
    valueOf(
      await house.identity.commands.revokeRole(people.security, {
        userId: other.actor.id,
        role: 'RISK_ANALYST',
        expectedVersion: 1,
      }),
    );
    expect(await house.approve(people.cro, request)).toMatchObject(refused('STALE_VERSION', 'BASE'));
  });
});

describe('breaking the glass', () => {
  const broken = async () => {
    const request = await house.submitted(people.maker);
    const outcome = requestOf(
      await house.approvals.breakGlass(people.cro, {
        requestId: request.id,
        expectedVersion: 1,
        reason: 'Nobody else can be reached.',
      }),
    );
    const [row] = await test.asOwner<{ id: string }>('SELECT review_id AS id FROM break_glass WHERE request_id = $1', [
      request.id,
    ]);
    return { request: outcome, reviewId: row?.id ?? '' };
  };
  const vote = (by: Initiator, requestId: string, expectedVersion: number, verdict: 'APPROVE' | 'REJECT' = 'APPROVE') =>
    house.approvals.vote(by, { requestId, verdict, comment: 'Seen.', expectedVersion, expectedDigest: null });
  const outcomeOf = async (id: string) =>
    (await test.asOwner<{ outcome: string | null }>('SELECT outcome FROM break_glass WHERE request_id = $1', [id]))[0]
      ?.outcome;

  it('applies at once and opens a review by others; ratified, it stays', async () => {
    const { request, reviewId } = await broken();
    expect(request.state).toBe('APPLIED');
    expect(await house.actionsOn(request.id)).toEqual(['request.submitted', 'request.glassBroken']);
    expect(await vote(people.cro, reviewId, 1)).toMatchObject(refused('MAKER_CANNOT_CHECK'));
    requestOf(await vote(people.approver, reviewId, 1));
    expect(requestOf(await vote(people.approver2, reviewId, 2)).state).toBe('APPLIED');
    expect(await outcomeOf(request.id)).toBe('RATIFIED');
    expect(house.steer.reverted).toEqual([]);
  });

  it('reverts when the review says no', async () => {
    const { request, reviewId } = await broken();
    requestOf(await vote(people.approver, reviewId, 1, 'REJECT'));
    expect(await outcomeOf(request.id)).toBe('REVERTED');
    expect(house.steer.reverted).toEqual([request.id]);
  });

  it('reverts by itself when nobody ratifies it in time, once', async () => {
    const { request } = await broken();
    test.clock.advance(25 * 3_600_000);
    await house.approvals.expireOverdue(asSystemActor(), 100);
    await house.approvals.expireOverdue(asSystemActor(), 100);
    expect(await outcomeOf(request.id)).toBe('REVERTED');
    expect(house.steer.reverted).toEqual([request.id]);
    expect(await house.actionsOn(request.subject.id)).toEqual(['test.applied', 'test.reverted']);
  });

  it.each<[string, () => Promise<unknown>, string, string | null]>([
    ['by who may not', () => glass(people.approver), 'FORBIDDEN', null],
    ['without a reason', () => glass(people.cro, { reason: '' }), 'REQUIRED', null],
    ['by the maker', async () => glass(people.cro, {}, await house.submitted(people.cro)), 'MAKER_CANNOT_CHECK', null],
    [
      'for what cannot be taken back',
      async () => glass(people.cro, {}, await house.submitted(people.maker, { kind: 'CREDIT_LIMIT' })),
      'POLICY_VIOLATION',
      'NO_BREAK_GLASS',
    ],
  ])('is refused %s', async (_, attempt, code, reason) => {
    expect(await attempt()).toMatchObject(refused(code, reason));
  });

  const glass = async (by: Initiator, over: object = {}, request?: ChangeRequest) =>
    house.approvals.breakGlass(by, {
      requestId: (request ?? (await house.submitted(people.maker))).id,
      expectedVersion: 1,
      reason: 'Nobody else can be reached.',
      ...over,
    });

  it('without a review is refused by the database', async () => {
    const request = await house.submitted(people.maker);
    await test.asApp("SELECT set_config('tierwarden.actor', $1, false)", [people.cro.actor.id]);
    await expect(
      test.asApp(
        `INSERT INTO break_glass (request_id, review_id, broken_by, reason, broken_at, ratify_by)
         VALUES ($1, $1, $2, 'x', now(), now() + interval '1 hour')`,
        [request.id, people.cro.actor.id],
      ),
    ).rejects.toMatchObject({ code: 'TW007' });
  });
});
