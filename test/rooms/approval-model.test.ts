/**
 * Random people, verbs and requests against a small reference model, on a real database; and many deciders at once over real
 * connections. What must never happen is looked for in what the database holds and the log tells, not in what was answered.
 */
import fc from 'fast-check';
import type { ChangeRequest, VerbOutcome } from '../../src/approvals';
import { stateAfterEvents } from '../../src/approvals/domain/replay-events';
import type { Initiator } from '../../src/kernel/actor';
import { ok, type Result } from '../../src/kernel/result';
import type { ApprovalLevel } from '../../src/policies';
import { openApprovalHouse, valueOf, type ApprovalHouse } from '../support/approvals';
import { useDatabase } from '../support/database';
import { asSystemActor } from '../support/people';

const test = useDatabase();
let house: ApprovalHouse;
let staff: Initiator[];

const DAY_MS = 86_400_000;

beforeAll(async () => {
  house = await openApprovalHouse(test);
  const { people } = house;
  staff = [
    people.maker,
    people.analyst,
    people.approver,
    people.approver2,
    people.cro,
    people.finance,
    await house.hire('third', ['RISK_APPROVER']),
    await house.hire('both', ['RISK_APPROVER', 'CHIEF_RISK_OFFICER']),
  ];
});
beforeEach(() => house.reset());

/** All that is kept of one request, read past the program. */
interface Kept {
  readonly state: string;
  readonly maker: string;
  readonly editors: string[];
  readonly quorums: { ordinal: number; part: number; quorum: number; routed: boolean; round: number }[];
  readonly votes: {
    voter: string;
    principal: string | null;
    digest: string;
    stands: boolean;
    verdict: string;
    ordinal: number;
    part: number;
  }[];
  readonly digest: string;
  readonly round: number;
  readonly actions: string[];
  readonly broken: boolean;
}

const kept = async (id: string): Promise<Kept> => {
  const [row] = await test.asOwner<Kept>(
    `SELECT request.state, request.maker_id AS maker, request.editor_ids AS editors, request.digest, request.round,
       EXISTS (SELECT FROM break_glass WHERE request_id = request.id) AS broken,
       (SELECT json_agg(json_build_object('ordinal', ordinal, 'part', part, 'quorum', quorum, 'routed', person_id IS NULL,
          'round', level.round)) FROM change_request_level AS level WHERE level.request_id = request.id) AS quorums,
       (SELECT coalesce(json_agg(json_build_object('voter', voter_id, 'principal', principal_id, 'digest', vote.digest,
          'stands', change_request_vote_stands(vote), 'verdict', verdict, 'ordinal', level_ordinal, 'part', part)), '[]')
        FROM change_request_vote AS vote WHERE vote.request_id = request.id) AS votes,
       (SELECT array_agg(action ORDER BY occurred_at, id) FROM audit_event
        WHERE object_type = 'ChangeRequest' AND object_id = request.id::text) AS actions
     FROM change_request AS request WHERE request.id = $1`,
    [id],
  );
  if (row === undefined) throw new Error('the request is gone');
  return row;
};

const FINAL = ['APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED'];

/** What holds of every request at any moment. */
const expectSound = (now: Kept): void => {
  const standing = now.votes.filter(({ stands }) => stands);
  // Who votes and then has a hand in it may do so: his vote falls with the round.
  for (const { voter, principal } of standing) {
    for (const person of [voter, principal]) expect([now.maker, ...now.editors]).not.toContain(person);
  }
  const counted = standing.flatMap(({ voter, principal }) => (principal === null ? [voter] : [voter, principal]));
  expect(new Set(counted).size).toBe(counted.length);
  expect(stateAfterEvents(now.actions)).toBe(now.state);
  if (['APPLIED', 'SCHEDULED', 'APPLY_FAILED'].includes(now.state) && !now.broken) {
    expect(standing.filter(({ verdict }) => verdict === 'REJECT')).toEqual([]);
    for (const { ordinal, part, quorum } of now.quorums.filter(({ round }) => round === now.round)) {
      const agreed = standing.filter(
        (vote) =>
          vote.verdict === 'APPROVE' && vote.ordinal === ordinal && vote.part === part && vote.digest === now.digest,
      );
      expect(new Set(agreed.map(({ voter }) => voter)).size).toBeGreaterThanOrEqual(quorum);
    }
  }
};

/** The smallest model that tells what state a verb that was accepted must lead to. */
const MODEL: Readonly<Record<string, (before: string) => readonly string[]>> = {
  approve: () => ['IN_REVIEW', 'APPLIED', 'APPLY_FAILED'],
  reject: () => ['REJECTED'],
  returnToMaker: () => ['RETURNED'],
  returnToLevel: () => ['IN_REVIEW'],
  withdraw: () => ['WITHDRAWN'],
  rerun: () => ['IN_REVIEW'],
  direct: () => ['IN_REVIEW'],
  revise: (before) => [before],
  reassign: () => ['IN_REVIEW'],
  addApprover: () => ['IN_REVIEW'],
  takeBack: () => ['IN_REVIEW'],
  retry: () => ['APPLIED', 'APPLY_FAILED'],
  breakGlass: () => ['APPLIED'],
  comment: (before) => [before],
};
type Verb = keyof typeof MODEL;

interface Move {
  readonly verb: Verb;
  readonly who: number;
  readonly other: number;
  readonly baseMoves: boolean;
  readonly applyRefuses: boolean;
}

const play = (request: ChangeRequest, move: Move): Promise<Result<VerbOutcome>> => {
  const by = staff[move.who] as Initiator;
  const other = (staff[move.other] as Initiator).actor.id;
  const { approvals } = house;
  const handle = { requestId: request.id, expectedVersion: request.version, comment: 'Because.' };
  switch (move.verb) {
    case 'approve':
      return house.approve(by, request);
    case 'reject':
      return house.reject(by, request);
    case 'returnToMaker':
      return approvals.returnRequest(by, { ...handle, toLevel: null });
    case 'returnToLevel':
      return approvals.returnRequest(by, { ...handle, toLevel: 1 });
    case 'withdraw':
      return approvals.withdraw(by, handle);
    case 'rerun':
      return approvals.resubmit(by, { ...handle, way: 'RERUN' });
    case 'direct':
      return approvals.resubmit(by, { ...handle, way: 'DIRECT' });
    case 'revise':
      return test.unitOfWork.run(by, (tx) =>
        approvals.revise(tx, { ...handle, kind: 'GRADE_OVERRIDE', payload: { toGrade: 'CCC' } }),
      );
    case 'reassign':
      return approvals.reassign(by, { ...handle, toId: other });
    case 'addApprover':
      return approvals.addApprover(by, { ...handle, userId: other, place: 'AFTER' });
    case 'takeBack':
      return approvals.takeBackVote(by, handle);
    case 'retry':
      return approvals.retryApplication(by, handle);
    case 'breakGlass':
      return approvals.breakGlass(by, { ...handle, reason: 'Because.' });
    default:
      return approvals.comment(by, { requestId: request.id, comment: 'Because.' });
  }
};

const groups: fc.Arbitrary<ApprovalLevel> = fc.oneof(
  fc.record({
    role: fc.constantFrom('RISK_APPROVER' as const, 'CHIEF_RISK_OFFICER' as const),
    quorum: fc.constantFrom(1, 2),
  }),
  fc.constant<ApprovalLevel>({
    groups: [
      { role: 'RISK_APPROVER', quorum: 1 },
      { line: 'FINANCE', quorum: 1 },
    ],
  }),
);

it('nothing that people do in any order breaks what must hold', async () => {
  const moves = fc.array(
    fc.record({
      // Agreement is what leads anywhere, so it is tried most.
      verb: fc.oneof(
        { weight: 3, arbitrary: fc.constant('approve') },
        { weight: 5, arbitrary: fc.constantFrom(...Object.keys(MODEL)) },
      ),
      who: fc.nat(7),
      other: fc.nat(7),
      baseMoves: fc.integer({ min: 0, max: 14 }).map((n) => n === 0),
      applyRefuses: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
    { minLength: 6, maxLength: 18 },
  );
  let applied = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(groups, { minLength: 1, maxLength: 3 }),
      fc.nat(7),
      moves,
      async (levels, maker, played) => {
        house.reset();
        await house.publishLevels(levels);
        let request = await house.submitted(staff[maker] as Initiator);
        const quorums = new Map<string, number>();
        for (const move of played) {
          const before = await kept(request.id);
          if (move.baseMoves) house.steer.baseVersion += 1;
          house.steer.applyRefuses = move.applyRefuses;
          const outcome = await play(request, move);
          const after = await kept(request.id);
          expectSound(after);
          if (FINAL.includes(before.state) && move.verb !== 'comment') expect(outcome.ok).toBe(false);
          if (outcome.ok) {
            expect(MODEL[move.verb]?.(before.state)).toContain(after.state);
            request = outcome.value.request;
            // One event for the verb, and one for what followed of itself.
            const followed = ['approve', 'retry'].includes(move.verb) && after.state !== before.state ? 1 : 0;
            const events = after.actions.length - before.actions.length;
            expect(events).toBe(move.verb === 'retry' ? 1 : 1 + followed);
          } else if (after.state !== before.state) {
            // The one state that a refusal leads to.
            expect(after.state).toBe('STALE');
            request = valueOf(await refreshed(request.id));
          } else {
            expect(after).toEqual(before);
          }
          for (const { ordinal, part, round, quorum } of after.quorums) {
            const key = `${round}/${ordinal}/${part}`;
            expect(quorum).toBe(quorums.get(key) ?? quorum);
            quorums.set(key, quorum);
          }
        }
        if ((await kept(request.id)).state === 'APPLIED') applied += 1;
      },
    ),
    { numRuns: 30 },
  );
  expect(applied).toBeGreaterThan(0);
}, 120_000);

/** The request as the database has it, by a verb that changes nothing. */
const refreshed = (id: string): Promise<Result<ChangeRequest>> =>
  house.approvals
    .comment(house.people.analyst, { requestId: id, comment: 'Seen.' })
    .then((outcome) => (outcome.ok ? ok(outcome.value.request) : outcome));

describe('at once, over connections of their own', () => {
  it('of fifty deciders exactly as many count as are needed', async () => {
    await house.publishLevels([{ role: 'RISK_APPROVER', quorum: 3 }]);
    const crowd = await Promise.all(Array.from({ length: 50 }, (_, i) => house.hire(`crowd-${i}`, ['RISK_APPROVER'])));
    const request = await house.submitted(house.people.maker);
    // Each takes the version that it finds, as a person would who tries again.
    const decide = async (by: Initiator): Promise<boolean> => {
      for (let version = 1; version <= 4; version++) {
        const outcome = await house.approve(by, request, { version });
        if (outcome.ok) return true;
        if (outcome.refusal.code !== 'STALE_VERSION') return false;
      }
      return false;
    };
    const accepted = (await Promise.all(crowd.map(decide))).filter(Boolean);
    expect(accepted).toHaveLength(3);
    const now = await kept(request.id);
    expect(now.state).toBe('APPLIED');
    expect(now.votes).toHaveLength(3);
    expectSound(now);
    expect(house.steer.applied.filter(({ id }) => id === request.id)).toHaveLength(2); // once in rehearsal
  }, 60_000);

  it('a withdrawal and an approval: one of them', async () => {
    await house.publishLevels([{ role: 'RISK_APPROVER', quorum: 1 }]);
    for (let round = 0; round < 5; round++) {
      const request = await house.submitted(house.people.maker);
      const handle = { requestId: request.id, expectedVersion: 1, comment: null };
      const outcomes = await Promise.all([
        house.approvals.withdraw(house.people.maker, handle),
        house.approve(house.people.approver, request),
      ]);
      expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
      expectSound(await kept(request.id));
    }
  });

  it('a policy that is published between vote and application makes the request stale', async () => {
    const levels = [
      { role: 'RISK_APPROVER', quorum: 1 },
      { role: 'CHIEF_RISK_OFFICER', quorum: 1 },
    ] as const;
    await house.publishLevels(levels);
    const request = await house.submitted(house.people.maker);
    const agreed = valueOf(await house.approve(house.people.approver, request)).request;
    await house.publishLevels(levels);
    expect(await house.approve(house.people.cro, agreed)).toMatchObject({ refusal: { reason: 'BASE' } });
    const now = await kept(request.id);
    expect(now.state).toBe('STALE');
    expect(house.steer.ended).toEqual([request.id]);
  });

  it('timers that are doubled act once', async () => {
    await house.publishLevels([{ role: 'RISK_APPROVER', quorum: 1, slaHours: 1 }]);
    const request = await house.submitted(house.people.maker);
    test.clock.advance(3 * DAY_MS);
    await Promise.all(Array.from({ length: 6 }, () => house.approvals.sendAlarms(asSystemActor(), 100)));
    expect((await kept(request.id)).actions).toEqual(['request.submitted', 'request.reminded']);
  });
});
