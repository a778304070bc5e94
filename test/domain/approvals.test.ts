import fc from 'fast-check';
import {
  approvalsAt,
  digestOfSubstance,
  isOpen,
  type LevelPart,
  nextState,
  REQUEST_EVENTS,
  REQUEST_STATES,
  TRANSITIONS,
  type ChangeRequest,
  type RequestEvent,
  type RequestState,
} from '../../src/approvals/domain/change-request';
import { confirmAuthority, decideVote, type Voter, type VoteInput } from '../../src/approvals/domain/decide-vote';
import { afterBusinessHours } from '../../src/approvals/domain/business-time';
import { decideWithdrawal } from '../../src/approvals/domain/decide-withdrawal';
import { viewerActions } from '../../src/approvals/domain/viewer-actions';
import { DEFAULT_POLICIES } from '../../src/policies';
import { refuse } from '../../src/kernel/refusal';
import { ok } from '../../src/kernel/result';

describe('hours that count', () => {
  const calendar = DEFAULT_POLICIES.RERATING_CALENDAR;
  const after = (from: string, hours: number): string =>
    afterBusinessHours(new Date(from), hours, calendar).toISOString();

  it.each([
    ['within a day', '2026-01-15T08:00:00Z', 4, '2026-01-15T12:00:00.000Z'],
    ['over a weekend', '2026-01-16T08:00:00Z', 24, '2026-01-19T08:00:00.000Z'],
    ['from a day off on', '2026-01-18T08:00:00Z', 1, '2026-01-18T17:00:00.000Z'],
    // A Saturday that is worked, then the Spring Festival.
    ['over a holiday, from a weekend day that is worked', '2026-02-14T02:00:00Z', 24, '2026-02-24T02:00:00.000Z'],
  ])('%s', (_, from, hours, until) => expect(after(from, hours)).toBe(until));

  it('end with an error where nobody ever works', () => {
    const never = { ...calendar, holidays: [{ name: 'x', from: '2000-01-01', to: '2100-01-01' }], workdays: [] };
    expect(() => afterBusinessHours(new Date('2026-01-15T08:00:00Z'), 1, never)).toThrow('no business days');
  });
});

const NOW = new Date('2026-01-15T08:00:00Z');
const LATER = new Date('2026-02-15T08:00:00Z');

const level = (ordinal: number, role: LevelPart['role'], over: Partial<LevelPart> = {}): LevelPart => ({
  ordinal,
  part: 1,
  phase: 'MAIN',
  role,
  line: null,
  personId: null,
  quorum: 1,
  everyOne: false,
  slaHours: null,
  escalateTo: [],
  signed: false,
  ...over,
});

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
  levels: [level(1, 'RISK_APPROVER'), level(2, 'CHIEF_RISK_OFFICER')],
  effectiveFrom: null,
  facts: { kind: 'GRADE_OVERRIDE' },
  digest: 'digest',
  state: 'IN_REVIEW',
  round: 1,
  currentLevel: 1,
  returnedFrom: null,
  makerId: 'maker',
  editorIds: [],
  interestedIds: [],
  submittedAt: NOW,
  decideBy: LATER,
  closedAt: null,
  updatedAt: NOW,
  version: 1,
  failure: null,
  alarmAt: null,
  alarms: 0,
  votes: [],
  handovers: [],
  ...over,
});

const person = (userId: string, roles: Voter['roles'], over: Partial<Voter> = {}): Voter => ({
  userId,
  active: true,
  roles,
  line: 'RISK',
  mandates: [],
  ...over,
});
const approver = person('approver', ['RISK_APPROVER']);
const cro = person('cro', ['CHIEF_RISK_OFFICER']);
const yes: VoteInput = { verdict: 'APPROVE', comment: null, expectedVersion: 1, expectedDigest: null };
const no: VoteInput = { ...yes, verdict: 'REJECT', comment: 'not convincing' };
const approvedBy = (voterId: string, levelOrdinal: number, digest = 'digest') => ({
  id: voterId,
  round: 1,
  levelOrdinal,
  part: 1,
  voterId,
  principalId: null,
  loweredTo: null,
  standing: true,
  verdict: 'APPROVE' as const,
  comment: null,
  digest,
  castAt: NOW,
});

describe('the life of a request', () => {
  const events: readonly RequestEvent[] = REQUEST_EVENTS;

  it('reaches every state from the first one', () => {
    const reached = new Set<RequestState>(['DRAFT']);
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
  it.each<[string, Partial<ChangeRequest>, Voter, Partial<VoteInput>, Date, string]>([
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
    expect(decideVote(waiting, cro, yes, NOW)).toMatchObject({ ok: true, value: { event: 'AGREE' } });
  });

  it('waits for the quorum', () => {
    const two = request({ levels: [level(1, 'RISK_APPROVER', { quorum: 2 })] });
    expect(decideVote(two, approver, yes, NOW)).toMatchObject({ ok: true, value: { event: null, currentLevel: 1 } });
  });

  it('rejects at any level', () => {
    expect(decideVote(request(), approver, no, NOW)).toMatchObject({ ok: true, value: { event: 'REJECT' } });
  });

  it('counts only on the digest it was cast on', () => {
    expect(approvalsAt(request({ votes: [approvedBy('a', 1, 'older'), approvedBy('b', 1)] }), 1, 1)).toBe(1);
  });
});

describe('authority at the moment of application', () => {
  const waiting = request({ currentLevel: 2, votes: [approvedBy('approver', 1), approvedBy('cro', 2)] });

  it('stands while every voter still has the role', () => {
    expect(confirmAuthority(waiting, [approver, cro]).ok).toBe(true);
  });

  it.each<[string, Voter[]]>([
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
  const allowed = {
    decide: ok(true as const),
    withdraw: ok(true as const),
    comment: ok(true as const),
    breakGlass: ok(true as const),
  };

  it('tells an approver that he may decide and why he may not withdraw', () => {
    expect(viewerActions(request(), approver, allowed, NOW)).toEqual(
      expect.arrayContaining([
        { verb: 'APPROVE', allowed: true, reasonCode: null, requiresComment: false },
        { verb: 'REJECT', allowed: true, reasonCode: null, requiresComment: true },
        { verb: 'RETURN', allowed: true, reasonCode: null, requiresComment: true },
        { verb: 'WITHDRAW', allowed: false, reasonCode: 'AUTHORITY_EXCEEDED.NOT_THE_MAKER', requiresComment: false },
        { verb: 'RESUBMIT', allowed: false, reasonCode: 'AUTHORITY_EXCEEDED.NOT_THE_MAKER', requiresComment: false },
        { verb: 'RETRY', allowed: false, reasonCode: 'INVALID_STATE.NOT_FAILED', requiresComment: false },
      ]),
    );
  });

  it('tells the maker the opposite', () => {
    expect(
      viewerActions(request(), { ...cro, userId: 'maker' }, allowed, NOW).map((a) => [a.verb, a.reasonCode]),
    ).toEqual(
      expect.arrayContaining([
        ['APPROVE', 'MAKER_CANNOT_CHECK'],
        ['REJECT', 'MAKER_CANNOT_CHECK'],
        ['REASSIGN', 'MAKER_CANNOT_CHECK'],
        ['WITHDRAW', null],
        ['RESUBMIT', 'INVALID_STATE.NOT_WITH_MAKER'],
      ]),
    );
  });

  it('says so when the roles do not allow it at all', () => {
    const denied = refuse('FORBIDDEN', 'no', { reason: 'SALES_NEVER_DECIDES' });
    const actions = viewerActions(request(), approver, { ...allowed, decide: denied }, NOW);
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
    .map((rows) => rows.map(({ role, quorum }, i) => level(i + 1, role, { quorum })));
  const standings = fc.tuple(
    ...people.map((userId) =>
      fc
        .record({ active: fc.boolean(), held: fc.subarray([...roles]) })
        .map(({ active, held }) => person(userId, held, { active })),
    ),
  );
  const casts = fc.array(fc.record({ voter: fc.nat(people.length - 1), reject: fc.boolean() }), { maxLength: 30 });

  it('apply only with every quorum met by different people, the maker never among them', () => {
    fc.assert(
      fc.property(levels, standings, casts, (frozen, staff, votes) => {
        let current = request({ levels: frozen });
        for (const { voter, reject } of votes) {
          const who = staff[voter] as Voter;
          const input: VoteInput = { ...(reject ? no : yes), expectedVersion: current.version };
          const decision = decideVote(current, who, input, NOW);
          if (!decision.ok) continue;
          expect(who.userId).not.toBe('maker');
          const { event, seat, currentLevel } = decision.value;
          current = {
            ...current,
            state: event === null ? current.state : (nextState(current.state, event) as RequestState),
            currentLevel,
            version: current.version + 1,
            votes: [...current.votes, { ...approvedBy(who.userId, seat.part.ordinal), verdict: input.verdict }],
          };
        }
        expect(new Set(current.votes.map((cast) => cast.voterId)).size).toBe(current.votes.length);
        if (current.state === 'APPROVED') {
          for (const { ordinal, quorum } of frozen) {
            expect(approvalsAt(current, ordinal, 1)).toBeGreaterThanOrEqual(quorum);
          }
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
    ['levels', { levels: [level(1, 'RISK_APPROVER')] }],
    ['subject', { subject: { type: 'Customer', id: 'another' } }],
  ])('moves with the %s', (_, over) => {
    expect(digestOfSubstance(request(over))).not.toBe(digestOfSubstance(request()));
  });
});
