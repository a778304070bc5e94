/**
 * May this person approve or reject this request now, and what follows? One decision for screens and for the verb itself.
 * Refusals in order of precedence: maker or editor, closed, out of time, version, digest, already voted, interest,
 * authority, comment.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { Role } from '../../kernel/role';
import type { Line } from '../../kernel/line';
import {
  approvalsAt,
  askedParts,
  isOpen,
  lastLevel,
  type ChangeRequest,
  type LevelPart,
  type RequestEvent,
  type RequestKind,
  type RequestStanding,
  type Verdict,
} from './change-request';

/** A person's standing at the moment of the vote, read inside the transaction. */
export interface Standing {
  readonly userId: string;
  readonly active: boolean;
  readonly roles: readonly Role[];
  readonly line: Line;
}

/** A delegation in force: its holder may act for this person. */
export interface Mandate {
  readonly principal: Standing;
  /** Null for all kinds. */
  readonly kinds: readonly RequestKind[] | null;
}

export interface Voter extends Standing {
  /** Delegations to this person that are in force now. */
  readonly mandates: readonly Mandate[];
}

/** Where a vote counts, and on whose authority. */
export interface Seat {
  readonly part: LevelPart;
  /** For whom the voter acts; null for himself. */
  readonly principalId: string | null;
}

export interface VoteDecision {
  readonly seat: Seat;
  /** `null` while more votes are needed. */
  readonly event: Extract<RequestEvent, 'AGREE' | 'REJECT'> | null;
  /** Level that is asked after the vote. */
  readonly currentLevel: number;
}

/** Whether the person may decide at all: had no hand in it, in time, with the authority, once. */
export const mayDecide = (request: RequestStanding, voter: Voter, now: Date): Result<Seat> => {
  const open = isDecidable(request, voter, now);
  return open.ok ? seatOf(request, voter) : open;
};

export const hadAHandIn = (request: Pick<RequestStanding, 'makerId' | 'editorIds'>, userId: string): boolean =>
  request.makerId === userId || request.editorIds.includes(userId);

const isDecidable = (request: RequestStanding, voter: Pick<Standing, 'userId'>, now: Date): Result<true> => {
  if (voter.userId === request.makerId) {
    return refuse('MAKER_CANNOT_CHECK', 'who made a request cannot decide it', { params: { number: request.number } });
  }
  if (request.editorIds.includes(voter.userId)) {
    return refuse('MAKER_CANNOT_CHECK', 'who had a hand in a request cannot decide it', {
      reason: 'EDITOR',
      params: { number: request.number },
    });
  }
  return isInReview(request, now);
};

export const isInReview = (
  request: Pick<RequestStanding, 'state' | 'number' | 'decideBy'>,
  now: Date,
): Result<true> => {
  if (!isOpen(request.state) || request.state === 'STALE' || request.state === 'SCHEDULED') {
    return refuse('ALREADY_DECIDED', `request ${request.number} is already ${request.state}`, {
      params: { number: request.number, state: request.state },
    });
  }
  if (request.state !== 'IN_REVIEW') {
    return refuse('INVALID_STATE', `request ${request.number} is ${request.state} and not in review`, {
      reason: 'NOT_IN_REVIEW',
      params: { number: request.number, state: request.state },
    });
  }
  if (now >= request.decideBy) {
    return refuse('EXPIRED', `request ${request.number} had to be decided by ${request.decideBy.toISOString()}`, {
      reason: 'DECISION_PERIOD',
      params: { number: request.number },
    });
  }
  return ok(true);
};

/** Why this person, by himself, cannot fill a seat; null where nothing stands against him. */
const barredFrom = (
  request: RequestStanding,
  { userId, line, active }: Standing,
): 'VOTED' | 'INTERESTED' | 'LINE_BENEFITS' | 'REASSIGNED' | 'INACTIVE' | null => {
  if (!active) return 'INACTIVE';
  if (request.votes.some((vote) => vote.standing && (vote.voterId === userId || vote.principalId === userId))) {
    return 'VOTED';
  }
  if (request.interestedIds.includes(userId)) return 'INTERESTED';
  if (line === 'SALES' && request.currentLevel === lastLevel(request.levels)) return 'LINE_BENEFITS';
  if (hasHandedOver(request, userId)) return 'REASSIGNED';
  return null;
};

/** Whether his task at this level became another's, and did not come back. */
const hasHandedOver = (request: RequestStanding, userId: string): boolean => {
  let handedOver = false;
  for (const step of request.handovers) {
    if (step.verb !== 'REASSIGN' || step.level !== request.currentLevel) continue;
    if (step.fromId === userId) handedOver = true;
    if (step.toId === userId) handedOver = false;
  }
  return handedOver;
};

/** The first part that still needs votes and that the person may vote on by himself. */
const ownPart = (request: RequestStanding, person: Standing): LevelPart | null => {
  const escalated = request.handovers.some(
    (step) => step.verb === 'ESCALATE' && step.level === request.currentLevel && person.roles.includes(step.role),
  );
  const fits = (part: LevelPart): boolean => {
    if (part.personId !== null) return holderOf(request, part.personId) === person.userId;
    if (escalated) return true;
    return (
      (part.role === null || person.roles.includes(part.role)) && (part.line === null || part.line === person.line)
    );
  };
  return askedParts(request).find(fits) ?? (escalated ? (askedParts(request)[0] ?? null) : null);
};

/** Who holds the task of a named person now. */
const holderOf = (request: Pick<RequestStanding, 'handovers' | 'currentLevel'>, personId: string): string => {
  let holder = personId;
  for (const step of request.handovers) {
    if (step.verb === 'REASSIGN' && step.level === request.currentLevel && step.fromId === holder) holder = step.toId;
  }
  return holder;
};

/** Where this person's vote would count: on his own authority first, else on that of one who delegated to him. */
export const seatOf = (request: RequestStanding, voter: Voter): Result<Seat> => {
  const own = barredFrom(request, voter);
  if (own === 'VOTED') {
    return refuse('ALREADY_DECIDED', 'a person votes once on a request', {
      reason: 'VOTED',
      params: { number: request.number },
    });
  }
  if (own === 'INTERESTED' || own === 'LINE_BENEFITS') {
    return refuse('AUTHORITY_EXCEEDED', 'whom a change benefits does not decide it', {
      reason: own,
      params: { number: request.number },
    });
  }
  if (own === null) {
    const part = ownPart(request, voter);
    if (part !== null) return ok({ part, principalId: null });
  }
  if (own !== 'INACTIVE') {
    for (const { principal, kinds } of voter.mandates) {
      if (kinds !== null && !kinds.includes(request.kind)) continue;
      if (hadAHandIn(request, principal.userId) || barredFrom(request, principal) !== null) continue;
      const part = ownPart(request, principal);
      if (part !== null) return ok({ part, principalId: principal.userId });
    }
  }
  const roles = [...new Set(askedParts(request).map(({ role, line }) => role ?? line ?? 'a named person'))].join(' ');
  return own === 'REASSIGNED'
    ? refuse('AUTHORITY_EXCEEDED', 'this task has become a colleague’s', {
        reason: 'REASSIGNED',
        params: { number: request.number },
      })
    : refuse('AUTHORITY_EXCEEDED', `level ${request.currentLevel} is decided by ${roles}`, {
        params: { level: request.currentLevel, role: roles },
      });
};

export interface VoteInput {
  readonly verdict: Verdict;
  readonly comment: string | null;
  readonly expectedVersion: number;
  /** Digest of what the voter saw; null where the door only knows the version. */
  readonly expectedDigest: string | null;
}

/** Refuses STALE_VERSION where the caller saw another version, or another substance. */
export const isAsSeen = (
  request: Pick<ChangeRequest, 'number' | 'version' | 'digest'>,
  seen: { readonly expectedVersion: number; readonly expectedDigest?: string | null },
): Result<true> => {
  if (seen.expectedVersion !== request.version) {
    return refuse('STALE_VERSION', `request ${request.number} is at version ${request.version} now`, {
      field: ['expectedVersion'],
      params: { expected: seen.expectedVersion, current: request.version },
    });
  }
  if (seen.expectedDigest != null && seen.expectedDigest !== request.digest) {
    return refuse('STALE_VERSION', 'what was shown is not what the request holds', {
      reason: 'DIGEST',
      field: ['expectedDigest'],
    });
  }
  return ok(true);
};

export const demandComment = (comment: string | null, what: string): Result<string> =>
  comment === null || comment.trim() === ''
    ? refuse('COMMENT_REQUIRED', `${what} needs a comment`, { field: ['comment'] })
    : ok(comment.trim());

export const decideVote = (request: ChangeRequest, voter: Voter, input: VoteInput, now: Date): Result<VoteDecision> => {
  const open = isDecidable(request, voter, now);
  if (!open.ok) return open;
  // Before authority: who lost a race to another approver hears that the request has moved, not that he may not decide.
  const seen = isAsSeen(request, input);
  if (!seen.ok) return seen;
  const seat = seatOf(request, voter);
  if (!seat.ok) return seat;
  const { currentLevel } = request;
  if (input.verdict === 'REJECT') {
    const comment = demandComment(input.comment, 'a rejection');
    return comment.ok ? ok({ seat: seat.value, event: 'REJECT', currentLevel }) : comment;
  }
  const { part } = seat.value;
  const completesPart = approvalsAt(request, part.ordinal, part.part) + 1 >= part.quorum;
  const wanting = request.levels.some(
    (other) =>
      other.ordinal === currentLevel &&
      other.part !== part.part &&
      approvalsAt(request, other.ordinal, other.part) < other.quorum,
  );
  if (!completesPart || wanting) return ok({ seat: seat.value, event: null, currentLevel });
  return currentLevel === lastLevel(request.levels)
    ? ok({ seat: seat.value, event: 'AGREE', currentLevel })
    : ok({ seat: seat.value, event: null, currentLevel: currentLevel + 1 });
};

/**
 * Authority of every vote, checked again when the change is applied (I6): names the level whose quorum no longer stands
 * because a voter has lost the role or left, or the one he acted for has.
 */
export const confirmAuthority = (request: ChangeRequest, standings: readonly Standing[]): Result<true> => {
  const standingOf = new Map(standings.map((standing) => [standing.userId, standing]));
  for (const part of request.levels) {
    const roles = new Set(
      request.handovers.flatMap((step) => (step.verb === 'ESCALATE' && step.level === part.ordinal ? [step.role] : [])),
    );
    const holds = ({ active, roles: held, line }: Standing): boolean =>
      active &&
      (part.personId !== null ||
        held.some((role) => roles.has(role)) ||
        ((part.role === null || held.includes(part.role)) && (part.line === null || part.line === line)));
    const authorised = request.votes.filter((vote) => {
      if (!vote.standing || vote.verdict !== 'APPROVE' || vote.digest !== request.digest) return false;
      if (vote.levelOrdinal !== part.ordinal || vote.part !== part.part) return false;
      const voter = standingOf.get(vote.voterId);
      const holder = vote.principalId === null ? voter : standingOf.get(vote.principalId);
      return voter?.active === true && holder !== undefined && holds(holder);
    }).length;
    if (authorised < part.quorum) {
      return refuse('AUTHORITY_EXCEEDED', `an approver of level ${part.ordinal} no longer has the authority`, {
        reason: 'AUTHORITY_LOST',
        params: { level: part.ordinal, role: part.role ?? part.line },
      });
    }
  }
  return ok(true);
};
