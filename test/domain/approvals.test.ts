import fc from 'fast-check';
import {
  approvalsAt,
  digestOfSubstance,
  isOpen,
  nextState,
  REQUEST_STATES,
  TRANSITIONS,
  type ChangeRequest,
  type RequestEvent,
  type RequestState,
} from '../../src/approvals/domain/change-request';
import { confirmAuthority, decideVote, type Standing, type VoteInput } from '../../src/approvals/domain/decide-vote';
import { decideWithdrawal } from '../../src/approvals/domain/decide-withdrawal';
import { viewerActions } from '../../src/approvals/domain/viewer-actions';
import { refuse } from '../../src/kernel/refusal';
import { ok } from '../../src/kernel/result';

const NOW = new Date('2026-01-15T08:00:00Z');
const LATER = new Date('2026-02-15T08:00:00Z');

const request = (over: Partial<ChangeRequest> = {}): ChangeRequest => ({
  id: 'request',
  number: 'CR-000001',
  kind: 'GRADE_OVERRIDE',
  subject: { type: 'Customer', id: 'customer' },
  payload: { toGrade: 'BBB' },
  base: { gradeVersion: 1 },
  impact: {},
  policyVersionId: 'policy',
  routingRow: 'row',
  levels: [
    { ordinal: 1, role: 'RISK_APPROVER', quorum: 1 },
    { ordinal: 2, role: 'CHIEF_RISK_OFFICER', quorum: 1 },
  ],
  digest: 'digest',
  state: 'IN_REVIEW',
  currentLevel: 1,
  makerId: 'maker',
  submittedAt: NOW,
  decideBy: LATER,
  closedAt: null,
  updatedAt: NOW,
  version: 1,
  votes: [],
  ...over,
});

const approver: Standing = { userId: 'approver', active: true, roles: ['RISK_APPROVER'] };
const cro: Standing = { userId: 'cro', active: true, roles: ['CHIEF_RISK_OFFICER'] };
const yes: VoteInput = { verdict: 'APPROVE', comment: null, expectedVersion: 1, expectedDigest: null };
const no: VoteInput = { ...yes, verdict: 'REJECT', comment: 'not convincing' };
const approvedBy = (voterId: string, levelOrdinal: number, digest = 'digest') => ({
  id: voterId,
  levelOrdinal,
  voterId,
  verdict: 'APPROVE' as const,
  comment: null,
  digest,
  castAt: NOW,
});

describe('the life of a request', () => {
  const events: RequestEvent[] = ['APPLY', 'REJECT', 'WITHDRAW', 'EXPIRE', 'FIND_STALE'];

  it('reaches every state from the first one', () => {
    const reached = new Set<RequestState>(['IN_REVIEW']);
    for (let size = 0; size !== reached.size;) {
      size = reached.size;
      for (const state of [...reached]) {
        for (const event of events) {
          const next = nextState(state, event);
          if (next !== null) reached.add(next);
        }
      }
    }
    expect([...reached].sort()).toEqual([...REQUEST_STATES].sort());
  });

  it.each(REQUEST_STATES.filter((state) => TRANSITIONS[state] === undefined))('%s absorbs every event', (state) => {
    expect(isOpen(state)).toBe(false);
    for (const event of events) expect(nextState(state, event)).toBeNull();
  });
});

describe('a vote', () => {
  it.each<[string, Partial<ChangeRequest>, Standing, Partial<VoteInput>, Date, string]>([
    [
      'the maker, before anything else',
      { state: 'APPLIED' },
      { ...cro, userId: 'maker' },
      {},
      NOW,
      'MAKER_CANNOT_CHECK',
    ],
    ['a closed request', { state: 'REJECTED' }, approver, {}, NOW, 'ALREADY_DECIDED'],
    ['a request whose time is over', {}, approver, {}, LATER, 'EXPIRED'],
    [
      'a second vote of one person',
      { votes: [approvedBy('approver', 1)], currentLevel: 2 },
      approver,
      {},
      NOW,
      'ALREADY_DECIDED',
    ],
    ['the wrong role for the level', {}, cro, {}, NOW, 'AUTHORITY_EXCEEDED'],
    ['a person who has left', {}, { ...approver, active: false }, {}, NOW, 'AUTHORITY_EXCEEDED'],
    ['a version that has moved', { version: 2 }, approver, {}, NOW, 'STALE_VERSION'],
    ['another digest than the one shown', {}, approver, { expectedDigest: 'other' }, NOW, 'STALE_VERSION'],
    ['a rejection without comment', {}, approver, { verdict: 'REJECT' }, NOW, 'COMMENT_REQUIRED'],
    ['a rejection with a blank comment', {}, approver, { verdict: 'REJECT', comment: '  ' }, NOW, 'COMMENT_REQUIRED'],
  ])('is refused: %s', (_, over, voter, input, now, code) => {
    expect(decideVote(request(over), voter, { ...yes, ...input }, now)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('moves on to the next level when the level is complete', () => {
    expect(decideVote(request(), approver, yes, NOW)).toMatchObject({
      ok: true,
      value: { event: null, currentLevel: 2 },
    });
  });

  it('applies with the last vote of the last level', () => {
    const waiting = request({ currentLevel: 2, votes: [approvedBy('approver', 1)] });
    expect(decideVote(waiting, cro, yes, NOW)).toMatchObject({ ok: true, value: { event: 'APPLY' } });
  });

  it('waits for the quorum', () => {
    const two = request({ levels: [{ ordinal: 1, role: 'RISK_APPROVER', quorum: 2 }] });
    expect(decideVote(two, approver, yes, NOW)).toMatchObject({ ok: true, value: { event: null, currentLevel: 1 } });
  });

  it('rejects at any level', () => {
    expect(decideVote(request(), approver, no, NOW)).toMatchObject({ ok: true, value: { event: 'REJECT' } });
  });

  it('counts only on the digest it was cast on', () => {
    expect(approvalsAt(request({ votes: [approvedBy('a', 1, 'older'), approvedBy('b', 1)] }), 1)).toBe(1);
  });
});

describe('authority at the moment of application', () => {
  const waiting = request({ currentLevel: 2, votes: [approvedBy('approver', 1)] });

  it('stands while every voter still has the role', () => {
    expect(confirmAuthority(waiting, [approver, cro]).ok).toBe(true);
  });

  it.each<[string, Standing[]]>([
    ['has lost the role', [{ ...approver, roles: ['RISK_ANALYST'] }, cro]],
    ['has left', [{ ...approver, active: false }, cro]],
    ['is unknown', [cro]],
  ])('falls when an earlier voter %s', (_, standings) => {
    expect(confirmAuthority(waiting, standings)).toMatchObject({ ok: false, refusal: { reason: 'AUTHORITY_LOST' } });
  });
});

describe('a withdrawal', () => {
  it.each<[string, Partial<ChangeRequest>, string, number, string]>([
    ['by another person', {}, 'approver', 1, 'AUTHORITY_EXCEEDED'],
    ['of a closed request', { state: 'APPLIED' }, 'maker', 1, 'ALREADY_DECIDED'],
    ['at an older version', { version: 3 }, 'maker', 2, 'STALE_VERSION'],
  ])('is refused %s', (_, over, userId, version, code) => {
    expect(decideWithdrawal(request(over), userId, version)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('is the maker’s while the request is open', () => {
    expect(decideWithdrawal(request(), 'maker', 1)).toEqual(ok(true));
  });
});

describe('what a viewer may do', () => {
  const allowed = { decide: ok(true as const), withdraw: ok(true as const) };

  it('tells an approver that he may decide and why he may not withdraw', () => {
    expect(viewerActions(request(), approver, allowed, NOW)).toEqual([
      { verb: 'APPROVE', allowed: true, reasonCode: null, requiresComment: false },
      { verb: 'REJECT', allowed: true, reasonCode: null, requiresComment: true },
      { verb: 'WITHDRAW', allowed: false, reasonCode: 'AUTHORITY_EXCEEDED.NOT_THE_MAKER', requiresComment: false },
    ]);
  });

  it('tells the maker the opposite', () => {
    expect(
      viewerActions(request(), { ...cro, userId: 'maker' }, allowed, NOW).map((a) => [a.verb, a.reasonCode]),
    ).toEqual([
      ['APPROVE', 'MAKER_CANNOT_CHECK'],
      ['REJECT', 'MAKER_CANNOT_CHECK'],
      ['WITHDRAW', null],
    ]);
  });

  it('says so when the roles do not allow it at all', () => {
    const denied = refuse('FORBIDDEN', 'no', { reason: 'SALES_NEVER_DECIDES' });
    const actions = viewerActions(request(), approver, { decide: denied, withdraw: ok(true) }, NOW);
    expect(actions[0]).toMatchObject({ allowed: false, reasonCode: 'FORBIDDEN.SALES_NEVER_DECIDES' });
  });
});

describe('random votes on random levels', () => {
  const people = ['maker', 'a', 'b', 'c', 'd', 'e'];
  const roles = ['RISK_APPROVER', 'CHIEF_RISK_OFFICER'] as const;
  const levels = fc
    .array(fc.record({ role: fc.constantFrom(...roles), quorum: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 3,
    })
    .map((rows) => rows.map((row, i) => ({ ...row, ordinal: i + 1 })));
  const standings = fc.tuple(
    ...people.map((userId) =>
      fc.record({ userId: fc.constant(userId), active: fc.boolean(), roles: fc.subarray([...roles]) }),
    ),
  );
  const casts = fc.array(fc.record({ voter: fc.nat(people.length - 1), reject: fc.boolean() }), { maxLength: 30 });

  it('apply only with every quorum met by different people, the maker never among them', () => {
    fc.assert(
      fc.property(levels, standings, casts, (frozen, staff, votes) => {
        let current = request({ levels: frozen });
        for (const { voter, reject } of votes) {
          const who = staff[voter] as Standing;
          const input: VoteInput = { ...(reject ? no : yes), expectedVersion: current.version };
          const decision = decideVote(current, who, input, NOW);
          if (!decision.ok) continue;
          expect(who.userId).not.toBe('maker');
          const { event, level, currentLevel } = decision.value;
          current = {
            ...current,
            state: event === null ? current.state : (nextState(current.state, event) as RequestState),
            currentLevel,
            version: current.version + 1,
            votes: [...current.votes, { ...approvedBy(who.userId, level.ordinal), verdict: input.verdict }],
          };
        }
        expect(new Set(current.votes.map((cast) => cast.voterId)).size).toBe(current.votes.length);
        if (current.state === 'APPLIED') {
          for (const level of frozen) expect(approvalsAt(current, level.ordinal)).toBeGreaterThanOrEqual(level.quorum);
        }
      }),
    );
  });
});

describe('the digest', () => {
  it.each<[string, Partial<ChangeRequest>]>([
    ['payload', { payload: { toGrade: 'BB' } }],
    ['base', { base: { gradeVersion: 2 } }],
    ['impact', { impact: { notches: 3 } }],
    ['policy version', { policyVersionId: 'newer' }],
    ['levels', { levels: [{ ordinal: 1, role: 'RISK_APPROVER', quorum: 1 }] }],
    ['subject', { subject: { type: 'Customer', id: 'another' } }],
  ])('moves with the %s', (_, over) => {
    expect(digestOfSubstance(request(over))).not.toBe(digestOfSubstance(request()));
  });
});
