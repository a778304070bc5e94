/** What a governed room brings to the envelope, and what the verbs work with. */
import type { Actor } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import type { Result } from '../kernel/result';
import type { ChangeFacts, Policies, PolicyContent, PolicyKind } from '../policies';
import type { ReadEnv } from '../platform/read-model';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { WrittenEvidence } from './domain/evidence-file';
import type { ChangeRequest, RequestKind, RequestSubstance } from './domain/change-request';
import type { RelyingParty } from './signatures';

/** What is put up for decision, judged by the rules of its room. */
export interface Proposal {
  readonly payload: Json;
  readonly base: Json;
  readonly impact: Json;
  readonly facts: ChangeFacts;
  readonly decideBy: Date;
  /** Documents that the payload names; files among them stand with the request from then on. */
  readonly evidence?: readonly WrittenEvidence[];
  /** In effect from then on; left out: as soon as it is agreed to. */
  readonly effectiveFrom?: Date | null;
}

export interface Submission extends Proposal {
  readonly kind: RequestKind;
  readonly subject: RequestSubstance['subject'];
  /** Who asked for it first, where the system submits what came of it; the one who submits otherwise. */
  readonly makerId?: string;
  /** People who had a hand in what is proposed, beside its maker. */
  readonly editorIds?: readonly string[];
  /** People whom it benefits beside those who look after the subject. */
  readonly interestedIds?: readonly string[];
}

/** One thing that a proposal would make different. */
export interface ProposedChange {
  /** Name of the field in the proposal. */
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What a governed room registers for its kind of request. */
export interface RequestHandler {
  readonly kind: RequestKind;
  /** Versions of what the change builds on, as they are now; a difference to those at submission makes the request stale. */
  currentBase(tx: Tx, subjectId: string): Promise<Json>;
  /** The payload as the API shows it to a viewer, with the name of its type. */
  show(payload: unknown, viewer: Actor): { readonly __typename: string };
  /** What it would do, as it was shown and decided on, with the name of its type; absent where the proposal says it all. */
  showImpact?(impact: Json, identify: ReadEnv['identify']): { readonly __typename: string };
  /** What would be different, before and after, for people to compare. */
  changes?(payload: unknown, viewer: Actor): readonly ProposedChange[];
  /** Puts the change into effect, with its own audit events; the payload is as the approvers lowered it. */
  apply(tx: Tx, request: ChangeRequest): Promise<Result<unknown>>;
  /** Called when the request has ended without taking effect, for kinds whose subject waits for it. */
  ended?(tx: Tx, request: ChangeRequest): Promise<void>;
  /**
   * Judges a payload anew: out of a draft, or when what it built on has moved. Without it a request comes back from its
   * maker only as it was, and a stale one is submitted anew.
   */
  prepare?(tx: Tx, subject: RequestSubstance['subject'], payload: Json): Promise<Result<Proposal>>;
  /** The payload with a lower proposal, in the words of its kind. Without it approvers take a proposal as it is. */
  lower?(payload: Json, to: string): Result<Json>;
  /** Takes back what one person let through alone and nobody ratified. Without it the glass of this kind is not broken. */
  revert?(tx: Tx, request: ChangeRequest): Promise<Result<unknown>>;
}

export type HandlerOf = (kind: RequestKind) => RequestHandler;

export interface VerbOutcome {
  readonly request: ChangeRequest;
  readonly auditEventId: string;
}

/** Who benefits from a change of a subject, beside its maker: those who look after the customer. */
export type InterestedIn = (tx: Tx, subject: RequestSubstance['subject']) => Promise<readonly string[]>;

/** What content of a policy would do to customers; null for kinds that say nothing of it. */
export type PolicyConsequences = (
  tx: Tx,
  kind: PolicyKind,
  content: PolicyContent<PolicyKind>,
) => Promise<{ readonly [part: string]: Json } | null>;

export interface ApprovalDeps {
  readonly unitOfWork: UnitOfWork;
  readonly policies: Policies;
  readonly policyConsequences: PolicyConsequences;
  readonly handlerOf: HandlerOf;
  readonly interestedIn: InterestedIn;
  /** Whose passkeys are taken. */
  readonly party: RelyingParty;
}

/** A verb on a request, by somebody who saw it at a version. */
export interface RequestHandle {
  readonly requestId: string;
  readonly expectedVersion: number;
}
