/**
 * The envelope of every controlled change 「审批单」: who asked for what, against which base, who must agree, and where it
 * stands. The envelope knows nothing of the change itself; a handler per kind does.
 */
import { digestOf, type Json } from '../../kernel/canonical-json';
import type { Role } from '../../kernel/role';

export const REQUEST_KINDS = ['GRADE_OVERRIDE', 'CREDIT_LIMIT'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export const REQUEST_STATES = ['IN_REVIEW', 'APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'STALE'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

export type RequestEvent = 'APPLY' | 'REJECT' | 'WITHDRAW' | 'EXPIRE' | 'FIND_STALE';

/** The whole life of a request; a state without a row is final. */
export const TRANSITIONS: Readonly<Partial<Record<RequestState, Readonly<Record<RequestEvent, RequestState>>>>> = {
  IN_REVIEW: {
    APPLY: 'APPLIED',
    REJECT: 'REJECTED',
    WITHDRAW: 'WITHDRAWN',
    EXPIRE: 'EXPIRED',
    FIND_STALE: 'STALE',
  },
};

/** The state that follows, or null where the event has no place. */
export const nextState = (state: RequestState, event: RequestEvent): RequestState | null =>
  TRANSITIONS[state]?.[event] ?? null;

export const isOpen = (state: RequestState): boolean => TRANSITIONS[state] !== undefined;

export interface RequestLevel {
  /** 1, 2, 3 …: levels agree one after the other. */
  readonly ordinal: number;
  readonly role: Role;
  readonly quorum: number;
}

export type Verdict = 'APPROVE' | 'REJECT';

export interface Vote {
  readonly id: string;
  readonly levelOrdinal: number;
  readonly voterId: string;
  readonly verdict: Verdict;
  readonly comment: string | null;
  /** Digest of what the voter was shown. */
  readonly digest: string;
  readonly castAt: Date;
}

/** What a decision is bound to; every part goes into the digest. */
export interface RequestSubstance {
  readonly kind: RequestKind;
  readonly subject: { readonly type: string; readonly id: string };
  readonly payload: Json;
  /** Versions of what the change builds on. */
  readonly base: Json;
  /** Figures shown to the approvers. */
  readonly impact: Json;
  readonly policyVersionId: string;
  readonly routingRow: string;
  readonly levels: readonly RequestLevel[];
}

export interface ChangeRequest extends RequestSubstance {
  readonly id: string;
  /** For people, for example `CR-000042`. */
  readonly number: string;
  readonly digest: string;
  readonly state: RequestState;
  /** Level that is asked now. */
  readonly currentLevel: number;
  readonly makerId: string;
  readonly submittedAt: Date;
  /** Undecided at this moment, the request expires. */
  readonly decideBy: Date;
  readonly closedAt: Date | null;
  /** Of the newest version. */
  readonly updatedAt: Date;
  readonly version: number;
  readonly votes: readonly Vote[];
}

export const digestOfSubstance = (substance: RequestSubstance): string =>
  digestOf({
    kind: substance.kind,
    subject: { type: substance.subject.type, id: substance.subject.id },
    payload: substance.payload,
    base: substance.base,
    impact: substance.impact,
    policyVersion: substance.policyVersionId,
    routingRow: substance.routingRow,
    levels: substance.levels.map(({ ordinal, role, quorum }) => ({ ordinal, role, quorum })),
  });

/** What a request's standing is judged by. */
export type RequestStanding = Pick<
  ChangeRequest,
  'id' | 'number' | 'state' | 'currentLevel' | 'digest' | 'levels' | 'makerId' | 'decideBy'
> & { readonly votes: readonly Pick<Vote, 'levelOrdinal' | 'voterId' | 'verdict' | 'digest'>[] };

/** Agreeing votes that a level has, counted by person and only those cast on the request's digest. */
export const approvalsAt = (request: Pick<RequestStanding, 'votes' | 'digest'>, ordinal: number): number =>
  new Set(
    request.votes
      .filter((vote) => vote.levelOrdinal === ordinal && vote.verdict === 'APPROVE' && vote.digest === request.digest)
      .map((vote) => vote.voterId),
  ).size;
