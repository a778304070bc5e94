/**
 * What those who are asked may do besides voting: send a request back, hand their task to a colleague, want one more vote,
 * take their own vote back. None of it decides the request, and none of it makes a quorum smaller.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import { type ChangeRequest, type LevelPart, type Phase, type RequestStanding, type Vote } from './change-request';
import {
  demandComment,
  hadAHandIn,
  isInReview,
  mayDecide,
  seatOf,
  type Seat,
  type Standing,
  type Voter,
} from './decide-vote';

/** Back to its maker, or to the level where `toLevel` says so. */
export const decideReturn = (
  request: RequestStanding,
  voter: Voter,
  input: { readonly toLevel: number | null; readonly comment: string | null },
  now: Date,
): Result<Seat> => {
  const may = mayDecide(request, voter, now);
  if (!may.ok) return may;
  const comment = demandComment(input.comment, 'a return');
  if (!comment.ok) return comment;
  if (input.toLevel !== null && !(input.toLevel >= 1 && input.toLevel < request.currentLevel)) {
    return refuse('OUT_OF_RANGE', 'a request goes back to a level before the one that is asked', {
      reason: 'LEVEL',
      field: ['toLevel'],
      params: { current: request.currentLevel },
    });
  }
  return may;
};

/** The task of who is asked becomes that of another who could have it; his own ends. */
export const decideReassignment = (request: RequestStanding, voter: Voter, to: Voter, now: Date): Result<LevelPart> => {
  const may = mayDecide(request, voter, now);
  if (!may.ok) return may;
  if (may.value.principalId !== null) {
    return refuse('AUTHORITY_EXCEEDED', 'who acts for another does not hand his task on', { reason: 'DELEGATE' });
  }
  if (to.userId === voter.userId) {
    return refuse('INVALID', 'the task is with this person already', { reason: 'SELF', field: ['toId'] });
  }
  const eligible = mayTakeOver(request, may.value.part, to);
  if (!eligible.ok) return eligible;
  if (may.value.part.everyOne) {
    return refuse('POLICY_VIOLATION', 'everybody of this level is asked: a colleague’s vote is no substitute', {
      reason: 'EVERY_ONE_ASKED',
    });
  }
  return ok(may.value.part);
};

/** Whether the person could vote on that part: by his own office, or because it is a person that is asked. */
const mayTakeOver = (request: RequestStanding, part: LevelPart, to: Voter): Result<true> => {
  const barred = barredAsColleague(request, to);
  if (!barred.ok) return barred;
  if (part.personId !== null) return ok(true);
  // Handed to him, a task that he handed on himself would come back.
  const seat = seatOf({ ...request, handovers: request.handovers.filter(({ verb }) => verb !== 'REASSIGN') }, to);
  if (seat.ok && seat.value.principalId === null) return ok(true);
  return refuse('POLICY_VIOLATION', 'a task goes to somebody who may decide at this level', {
    reason: 'NOT_ELIGIBLE',
    field: ['toId'],
  });
};

const barredAsColleague = (request: RequestStanding, to: Standing): Result<true> => {
  if (hadAHandIn(request, to.userId)) {
    return refuse('MAKER_CANNOT_CHECK', 'who had a hand in a request cannot decide it', {
      reason: 'EDITOR',
      field: ['toId'],
    });
  }
  if (!to.active || request.interestedIds.includes(to.userId) || to.line === 'SALES') {
    return refuse('POLICY_VIOLATION', 'a task goes to somebody who may decide at this level', {
      reason: 'NOT_ELIGIBLE',
      field: ['toId'],
    });
  }
  if (request.votes.some((vote) => vote.standing && (vote.voterId === to.userId || vote.principalId === to.userId))) {
    return refuse('ALREADY_DECIDED', 'this person has voted on the request', { reason: 'VOTED', field: ['toId'] });
  }
  return ok(true);
};

const MOST_ADDED = 10;

/** One more vote is wanted, of a named person who decides requests by office: before, beside or after the others. */
export const decideAddedApprover = (
  request: RequestStanding,
  voter: Voter,
  to: Standing & { readonly mayDecideRequests: boolean },
  place: Phase,
  now: Date,
): Result<LevelPart> => {
  const may = mayDecide(request, voter, now);
  if (!may.ok) return may;
  const barred = barredAsColleague(request, to);
  if (!barred.ok) return barred;
  if (to.userId === voter.userId) {
    return refuse('INVALID', 'who is asked already is not added', { reason: 'SELF', field: ['userId'] });
  }
  if (!to.mayDecideRequests) {
    return refuse('POLICY_VIOLATION', 'only somebody who decides requests by office can be added', {
      reason: 'NOT_ELIGIBLE',
      field: ['userId'],
    });
  }
  const here = request.levels.filter(({ ordinal }) => ordinal === request.currentLevel);
  if (here.some(({ personId }) => personId === to.userId)) {
    return refuse('ALREADY_EXISTS', 'this person is asked at this level already', {
      reason: 'ADDED',
      field: ['userId'],
    });
  }
  if (here.filter(({ personId }) => personId !== null).length >= MOST_ADDED) {
    return refuse('OUT_OF_RANGE', `at most ${MOST_ADDED} people are added to a level`, {
      reason: 'ADDED',
      params: { max: MOST_ADDED },
    });
  }
  return ok({
    ordinal: request.currentLevel,
    part: Math.max(...here.map(({ part }) => part)) + 1,
    phase: place,
    role: null,
    line: null,
    personId: to.userId,
    quorum: 1,
    everyOne: false,
    slaHours: null,
    escalateTo: [],
    signed: here.some(({ signed }) => signed),
  });
};

/** The caller's vote at the level that is open. What completed a level has been built upon and stays. */
export const decideTakingBack = (request: ChangeRequest, userId: string, now: Date): Result<Vote> => {
  const may = mayTakeBack(request, userId, now);
  if (!may.ok) return may;
  const vote = request.votes.find((cast) => isOwnAtOpenLevel(request, userId, cast));
  if (vote === undefined) throw new Error('the vote that may be taken back is gone');
  return ok(vote);
};

const isOwnAtOpenLevel = (
  request: RequestStanding,
  userId: string,
  { voterId, levelOrdinal, standing }: RequestStanding['votes'][number],
): boolean => voterId === userId && levelOrdinal === request.currentLevel && standing;

export const mayTakeBack = (request: RequestStanding, userId: string, now: Date): Result<true> => {
  const open = isInReview(request, now);
  if (!open.ok) return open;
  return request.votes.some((cast) => isOwnAtOpenLevel(request, userId, cast))
    ? ok(true)
    : refuse('INVALID_STATE', 'you have no vote at the level that is open', {
        reason: 'NO_VOTE',
        params: { number: request.number, level: request.currentLevel },
      });
};
