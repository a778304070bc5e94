/**
 * May this person approve or reject this request now, and what follows? One decision for screens and for the verb itself.
 * Refusals in order of precedence: maker, closed, out of time, version, digest, already voted, authority, comment.
 */
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { Role } from '../../kernel/role';
import {
  approvalsAt,
  isOpen,
  type ChangeRequest,
  type RequestEvent,
  type RequestLevel,
  type RequestStanding,
  type Verdict,
} from './change-request';

/** A person's standing at the moment of the vote, read inside the transaction. */
export interface Standing {
  readonly userId: string;
  readonly active: boolean;
  readonly roles: readonly Role[];
}

export interface VoteDecision {
  readonly level: RequestLevel;
  /** `null` while more votes are needed. */
  readonly event: Extract<RequestEvent, 'APPLY' | 'REJECT'> | null;
  /** Level that is asked after the vote. */
  readonly currentLevel: number;
}

/** Whether the person may decide at all: not the maker, in time, with the authority, once. */
export const mayDecide = (request: RequestStanding, voter: Standing, now: Date): Result<RequestLevel> => {
  const open = isDecidable(request, voter, now);
  return open.ok ? hasAuthority(request, voter) : open;
};

const isDecidable = (request: RequestStanding, voter: Standing, now: Date): Result<true> => {
  if (voter.userId === request.makerId) {
    return refuse('MAKER_CANNOT_CHECK', 'who made a request cannot decide it', { params: { number: request.number } });
  }
  if (!isOpen(request.state)) {
    return refuse('ALREADY_DECIDED', `request ${request.number} is already ${request.state}`, {
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

const hasAuthority = (request: RequestStanding, voter: Standing): Result<RequestLevel> => {
  const level = request.levels.find((candidate) => candidate.ordinal === request.currentLevel);
  if (level === undefined) throw new Error(`request ${request.id} has no level ${request.currentLevel}`);
  if (request.votes.some((vote) => vote.voterId === voter.userId)) {
    return refuse('ALREADY_DECIDED', 'a person votes once on a request', {
      reason: 'VOTED',
      params: { number: request.number },
    });
  }
  if (!voter.active || !voter.roles.includes(level.role)) {
    return refuse('AUTHORITY_EXCEEDED', `level ${level.ordinal} is decided by ${level.role}`, {
      params: { level: level.ordinal, role: level.role },
    });
  }
  return ok(level);
};

export interface VoteInput {
  readonly verdict: Verdict;
  readonly comment: string | null;
  readonly expectedVersion: number;
  /** Digest of what the voter saw; null where the door only knows the version. */
  readonly expectedDigest: string | null;
}

export const decideVote = (
  request: ChangeRequest,
  voter: Standing,
  input: VoteInput,
  now: Date,
): Result<VoteDecision> => {
  const open = isDecidable(request, voter, now);
  if (!open.ok) return open;
  // Before authority: who lost a race to another approver hears that the request has moved, not that he may not decide.
  if (input.expectedVersion !== request.version) {
    return refuse('STALE_VERSION', `request ${request.number} is at version ${request.version} now`, {
      field: ['expectedVersion'],
      params: { expected: input.expectedVersion, current: request.version },
    });
  }
  if (input.expectedDigest !== null && input.expectedDigest !== request.digest) {
    return refuse('STALE_VERSION', 'what was shown is not what the request holds', {
      reason: 'DIGEST',
      field: ['expectedDigest'],
    });
  }
  const level = hasAuthority(request, voter);
  if (!level.ok) return level;
  if (input.verdict === 'REJECT') {
    if (input.comment === null || input.comment.trim() === '') {
      return refuse('COMMENT_REQUIRED', 'a rejection needs a comment', { field: ['comment'] });
    }
    return ok({ level: level.value, event: 'REJECT', currentLevel: request.currentLevel });
  }
  const completesLevel = approvalsAt(request, level.value.ordinal) + 1 >= level.value.quorum;
  if (!completesLevel) return ok({ level: level.value, event: null, currentLevel: request.currentLevel });
  const next = request.levels.find((candidate) => candidate.ordinal === request.currentLevel + 1);
  return next === undefined
    ? ok({ level: level.value, event: 'APPLY', currentLevel: request.currentLevel })
    : ok({ level: level.value, event: null, currentLevel: next.ordinal });
};

/**
 * Authority of every vote, checked again when the change is applied (I6): names the levels whose quorum no longer stands
 * because a voter has lost the role or left.
 */
export const confirmAuthority = (request: ChangeRequest, standings: readonly Standing[]): Result<true> => {
  for (const level of request.levels) {
    const standing = request.votes.filter(
      (vote) =>
        vote.levelOrdinal === level.ordinal &&
        vote.verdict === 'APPROVE' &&
        standings.some((s) => s.userId === vote.voterId && s.active && s.roles.includes(level.role)),
    ).length;
    // The last level also has the vote being cast, whose authority was judged a moment ago.
    const needed = level.ordinal === request.currentLevel ? level.quorum - 1 : level.quorum;
    if (standing < needed) {
      return refuse('AUTHORITY_EXCEEDED', `an approver of level ${level.ordinal} no longer has the authority`, {
        reason: 'AUTHORITY_LOST',
        params: { level: level.ordinal, role: level.role },
      });
    }
  }
  return ok(true);
};
