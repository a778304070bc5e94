/**
 * The envelope of every controlled change 「审批单」: who asked for what, against which base, who must agree, and where it
 * stands. The envelope knows nothing of the change itself; a handler per kind does.
 */
import { digestOf, type Json } from '../../kernel/canonical-json';
import type { Role } from '../../kernel/role';
import type { Line } from '../../kernel/line';
import type { ChangeFacts } from '../../policies';

export const REQUEST_KINDS = [
  'GRADE_OVERRIDE',
  'INPUT_OVERRIDE',
  'CREDIT_LIMIT',
  'LIMIT_UNFREEZE',
  'SCORECARD_VERSION',
  'GRADE_UPGRADE',
  'RATING_RUN',
  'ROLE_GRANT',
  'DELEGATION',
  'BREAK_GLASS_REVIEW',
  'ERASURE',
  'POLICY_VERSION',
  'ATTESTATION',
] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export const REQUEST_STATES = [
  'DRAFT',
  'IN_REVIEW',
  'RETURNED',
  'APPROVED',
  'SCHEDULED',
  'APPLY_FAILED',
  'APPLIED',
  'REJECTED',
  'WITHDRAWN',
  'EXPIRED',
  'STALE',
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

export const REQUEST_EVENTS = [
  'SUBMIT',
  'RETURN',
  'AGREE',
  'SCHEDULE',
  'APPLY',
  'FAIL',
  'REJECT',
  'WITHDRAW',
  'EXPIRE',
  'FIND_STALE',
  'BREAK_GLASS',
] as const;
export type RequestEvent = (typeof REQUEST_EVENTS)[number];

/**
 * The whole life of a request; a state without a row is final. APPROVED is passed through: agreeing and what follows of it
 * are one transaction, so no request is found there.
 */
export const TRANSITIONS: Readonly<
  Partial<Record<RequestState, Readonly<Partial<Record<RequestEvent, RequestState>>>>>
> = {
  DRAFT: { SUBMIT: 'IN_REVIEW', WITHDRAW: 'WITHDRAWN' },
  IN_REVIEW: {
    AGREE: 'APPROVED',
    RETURN: 'RETURNED',
    REJECT: 'REJECTED',
    WITHDRAW: 'WITHDRAWN',
    EXPIRE: 'EXPIRED',
    FIND_STALE: 'STALE',
    BREAK_GLASS: 'APPLIED',
  },
  RETURNED: { SUBMIT: 'IN_REVIEW', WITHDRAW: 'WITHDRAWN', EXPIRE: 'EXPIRED' },
  APPROVED: { APPLY: 'APPLIED', SCHEDULE: 'SCHEDULED', FAIL: 'APPLY_FAILED' },
  SCHEDULED: { APPLY: 'APPLIED', FAIL: 'APPLY_FAILED', FIND_STALE: 'STALE' },
  APPLY_FAILED: { APPLY: 'APPLIED', WITHDRAW: 'WITHDRAWN', FIND_STALE: 'STALE' },
  STALE: { SUBMIT: 'IN_REVIEW', WITHDRAW: 'WITHDRAWN' },
};

/** The state that follows, or null where the event has no place. */
export const nextState = (state: RequestState, event: RequestEvent): RequestState | null =>
  TRANSITIONS[state]?.[event] ?? null;

/** Whether anything can still become of it. */
export const isOpen = (state: RequestState): boolean => TRANSITIONS[state] !== undefined;

/** States in which no other request of the kind may be made for the subject. */
export const OCCUPYING_STATES: readonly RequestState[] = ['IN_REVIEW', 'RETURNED', 'SCHEDULED', 'APPLY_FAILED'];

/** States in which the substance lies with the maker. */
export const isWithMaker = (state: RequestState): boolean =>
  state === 'DRAFT' || state === 'RETURNED' || state === 'STALE';

export const PHASES = ['BEFORE', 'MAIN', 'AFTER'] as const;
export type Phase = (typeof PHASES)[number];

/** A group or a person whose votes a level needs. All parts of a level must agree, phase by phase. */
export interface LevelPart {
  /** 1, 2, 3 …: levels agree one after the other. */
  readonly ordinal: number;
  /** 1, 2, 3 … within the level. */
  readonly part: number;
  readonly phase: Phase;
  readonly role: Role | null;
  readonly line: Line | null;
  /** Named by an approver who wanted his vote too; role and line are null then. */
  readonly personId: string | null;
  /** Votes needed. It never shrinks. */
  readonly quorum: number;
  /** Whether the quorum was everybody who could vote at submission. */
  readonly everyOne: boolean;
  readonly slaHours: number | null;
  readonly escalateTo: readonly Role[];
  readonly signed: boolean;
}

export type Verdict = 'APPROVE' | 'REJECT';

export interface Vote {
  readonly id: string;
  readonly round: number;
  readonly levelOrdinal: number;
  readonly part: number;
  readonly voterId: string;
  /** For whom the voter acted; null for himself. */
  readonly principalId: string | null;
  readonly verdict: Verdict;
  readonly comment: string | null;
  /** What the voter would lower the proposal to; null where he took it as it is. */
  readonly loweredTo: string | null;
  /** Digest of what the voter was shown. */
  readonly digest: string;
  readonly castAt: Date;
  /** False once it was taken back, or a later round began at its level or before. */
  readonly standing: boolean;
}

/** What has changed hands at a level in the present round. */
export type Handover =
  | { readonly verb: 'REASSIGN'; readonly level: number; readonly fromId: string; readonly toId: string }
  | { readonly verb: 'ESCALATE'; readonly level: number; readonly role: Role };

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
  /** As the policy gives them; who was added later is not of the substance. */
  readonly levels: readonly LevelPart[];
  /** In effect from then on; null: as soon as it is agreed to. */
  readonly effectiveFrom: Date | null;
}

export interface ChangeRequest extends RequestSubstance {
  readonly id: string;
  /** For people, for example `CR-000042`. */
  readonly number: string;
  /** What the matrix was asked with. */
  readonly facts: ChangeFacts;
  readonly digest: string;
  readonly state: RequestState;
  /** 1, 2, 3 …: votes of earlier rounds no longer count at levels where a later one began. */
  readonly round: number;
  /** Level that is asked now. */
  readonly currentLevel: number;
  /** Level that sent it back to its maker; null unless it is RETURNED. */
  readonly returnedFrom: number | null;
  readonly makerId: string;
  /** Who else had a hand in its substance. */
  readonly editorIds: readonly string[];
  /** Whom it benefits. */
  readonly interestedIds: readonly string[];
  readonly submittedAt: Date;
  /** Undecided at this moment, the request expires. */
  readonly decideBy: Date;
  readonly closedAt: Date | null;
  /** Of the newest version. */
  readonly updatedAt: Date;
  readonly version: number;
  /** Why it could not be put into effect; null unless it is APPLY_FAILED. */
  readonly failure: string | null;
  /** When the level that is asked is reminded or escalated next; null where it has no time of its own. */
  readonly alarmAt: Date | null;
  /** How often that happened at this level. */
  readonly alarms: number;
  readonly votes: readonly Vote[];
  readonly handovers: readonly Handover[];
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
    levels: substance.levels.map(({ ordinal, part, role, line, quorum, signed }) => ({
      ordinal,
      part,
      role,
      line,
      quorum,
      signed,
    })),
    effectiveFrom: substance.effectiveFrom?.toISOString() ?? null,
  });

/** What a request's standing is judged by. */
export type RequestStanding = Pick<
  ChangeRequest,
  | 'id'
  | 'number'
  | 'kind'
  | 'state'
  | 'round'
  | 'currentLevel'
  | 'digest'
  | 'levels'
  | 'makerId'
  | 'editorIds'
  | 'interestedIds'
  | 'decideBy'
  | 'handovers'
> & {
  readonly votes: readonly Pick<
    Vote,
    'levelOrdinal' | 'part' | 'voterId' | 'principalId' | 'verdict' | 'digest' | 'standing'
  >[];
};

/** Agreeing votes that a part of a level has: only those that stand, and were cast on the request's digest. */
export const approvalsAt = (
  { votes, digest }: Pick<RequestStanding, 'votes' | 'digest'>,
  ordinal: number,
  part: number,
): number => {
  // Asked for every level of every request in a list, and most have no votes yet.
  if (votes.length === 0) return 0;
  const voters = new Set<string>();
  for (const vote of votes) {
    if (vote.levelOrdinal !== ordinal || vote.part !== part || vote.verdict !== 'APPROVE') continue;
    if (vote.standing && vote.digest === digest) voters.add(vote.voterId);
  }
  return voters.size;
};

/** Parts of the level that is asked which still need votes, of the first phase that has any. */
export const askedParts = (
  request: Pick<RequestStanding, 'votes' | 'digest' | 'levels' | 'currentLevel'>,
): LevelPart[] => {
  const wanting = request.levels.filter(
    ({ ordinal, part, quorum }) => ordinal === request.currentLevel && approvalsAt(request, ordinal, part) < quorum,
  );
  const phase = PHASES.find((candidate) => wanting.some((part) => part.phase === candidate));
  return wanting.filter((part) => part.phase === phase);
};

export const lastLevel = (levels: readonly LevelPart[]): number => Math.max(...levels.map(({ ordinal }) => ordinal));
