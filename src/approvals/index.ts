/**
 * Door of the approvals room: maker-checker for every controlled change. It knows the envelope of a change and nothing of
 * what is inside; each governed room registers a handler for its kind.
 */
import type { Config } from '../config';
import type { Actor, Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Policies, PolicyKind } from '../policies';
import type { Database } from '../platform/database';
import type { RoomReads } from '../platform/read-model';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import {
  delegate,
  delegationHandler,
  endDelegation,
  requestRole,
  roleGrantHandler,
  type DelegateCommand,
  type DelegationOutcome,
  type RequestRole,
} from './access.commands';
import { createApprovalQueries, type ApprovalQueries } from './approval.queries';
import { createApprovalReads } from './approval.reads';
import { breakGlass, breakGlassReviewHandler, type BreakGlassCommand } from './break-glass.commands';
import { voteOnMany, type ManyDecided } from './bulk.commands';
import type { RequestKind } from './domain/change-request';
import type { AnnouncedFile, WrittenEvidence } from './domain/evidence-file';
import { openEvidenceLinks, type EvidenceLinksConfig, type LinkUse } from './evidence-links';
import {
  linkEnd,
  prepareUpload,
  purgeEvidence,
  storeContent,
  writeDownEvidence,
  type EvidenceDeps,
  type NamedEvidence,
  type PreparedUpload,
} from './evidence.commands';
import { createEvidenceQueries, type EvidenceQueries } from './evidence.queries';
import {
  addApprover,
  attachEvidence,
  comment,
  copyTo,
  reassign,
  remind,
  returnRequest,
  sendAlarms,
  withdraw,
  type AddApproverCommand,
  type ReassignCommand,
  type ReturnCommand,
} from './handover.commands';
import {
  checkPolicy,
  draftPolicy,
  policyVersionHandler,
  revisePolicy,
  submitPolicy,
  type PolicyCheck,
  type PolicyProposal,
} from './policy-change.commands';
import type {
  ApprovalDeps,
  InterestedIn,
  PolicyConsequences,
  RequestHandle,
  RequestHandler,
  Submission,
  VerbOutcome,
} from './request-handler';
import { resubmit, revise, saveDraft, submit, type Resubmission, type Revision } from './submission.commands';
import { noLinks, registerKey, revokeKey, type KeyOutcome, type RegisterKey } from './signing-key.commands';
import { applyDue, expireOverdue, retryApplication, takeBackVote, vote, type VoteCommand } from './vote.commands';

export { INBOX_TABS, type InboxTab, type RequestFilter, type RequestOrder } from './approval.queries';
export { concerns } from './domain/concerns';
export { isOpen, PHASES, REQUEST_KINDS, REQUEST_STATES } from './domain/change-request';
export type { ChangeRequest, Phase, RequestKind, RequestState, Verdict } from './domain/change-request';
export { REQUEST_VERBS, type RequestVerb } from './domain/viewer-actions';
export type { LinkUse } from './evidence-links';
export { STEP_VERBS } from './domain/step';
export type { Proposal, RequestHandler, Submission, VerbOutcome } from './request-handler';
export type { WrittenEvidence } from './domain/evidence-file';
export type { NamedEvidence } from './evidence.commands';
export type { DelegationOutcome } from './access.commands';
export type { ManyDecided } from './bulk.commands';
export type { VoteSignature } from './signing-key.commands';
export { KEY_KINDS, type KeyKind } from './signatures';
export type { VoteCommand } from './vote.commands';

interface Commented extends RequestHandle {
  readonly comment: string | null;
}

export interface KeyChallenge {
  readonly challenge: string;
  readonly expiresAt: Date;
  /** Who has to sign it. */
  readonly userId: string;
  readonly relyingPartyId: string;
}

/** Where evidence files come and go. */
export interface EvidenceDoor {
  /** Announces a file; yields where to put it. */
  prepareUpload(by: Initiator, input: AnnouncedFile): Promise<Result<PreparedUpload>>;
  /** In whose name a link may be used; refuses FORBIDDEN or EXPIRED. */
  checkLink(
    use: LinkUse,
    id: string,
    query: Readonly<Record<string, unknown>>,
    now: Date,
  ): Promise<Result<{ readonly userId: string }>>;
  storeContent(by: Initiator, input: Parameters<typeof storeContent>[2]): ReturnType<typeof storeContent>;
  announcedSize(owner: Actor, fileId: string): Promise<number | null>;
  download: EvidenceQueries['download'];
  purge(by: Initiator, atMost: number): Promise<Result<number>>;
}

export interface Approvals {
  /** Called by the composition root, once per kind. */
  register(handler: RequestHandler): void;
  /** Puts a change up for decision inside the caller's transaction. */
  submit(tx: Tx, submission: Submission): Promise<Result<VerbOutcome>>;
  /** Keeps a change as its maker's draft inside the caller's transaction. */
  saveDraft(tx: Tx, submission: Submission): Promise<Result<VerbOutcome>>;
  /** Changes what a request that lies with its maker proposes, inside the transaction of the room that knows its kind. */
  revise(tx: Tx, revision: Revision): Promise<Result<VerbOutcome>>;
  resubmit(by: Initiator, input: Resubmission): Promise<Result<VerbOutcome>>;
  vote(by: Initiator, input: VoteCommand): Promise<Result<VerbOutcome>>;
  /** Many decisions, each judged and recorded by itself. */
  voteOnMany(by: Initiator, commands: readonly VoteCommand[]): Promise<Result<ManyDecided>>;
  takeBackVote(by: Initiator, input: Commented): Promise<Result<VerbOutcome>>;
  returnRequest(by: Initiator, input: ReturnCommand): Promise<Result<VerbOutcome>>;
  withdraw(by: Initiator, input: Commented): Promise<Result<VerbOutcome>>;
  reassign(by: Initiator, input: ReassignCommand): Promise<Result<VerbOutcome>>;
  addApprover(by: Initiator, input: AddApproverCommand): Promise<Result<VerbOutcome>>;
  copyTo(by: Initiator, input: Parameters<typeof copyTo>[2]): Promise<Result<VerbOutcome>>;
  remind(by: Initiator, input: Parameters<typeof remind>[2]): Promise<Result<VerbOutcome>>;
  comment(by: Initiator, input: Parameters<typeof comment>[2]): Promise<Result<VerbOutcome>>;
  attachEvidence(by: Initiator, input: Parameters<typeof attachEvidence>[2]): Promise<Result<VerbOutcome>>;
  /** Documents as a proposal writes them down, inside the transaction of the room that asks. */
  writeDownEvidence(
    tx: Tx,
    named: readonly NamedEvidence[],
    requestId?: string,
  ): Promise<Result<readonly WrittenEvidence[]>>;
  readonly evidence: EvidenceDoor;
  registerKey(by: Initiator, input: RegisterKey): Promise<Result<KeyOutcome>>;
  revokeKey(by: Initiator, input: { readonly keyId: string }): Promise<Result<KeyOutcome>>;
  /** What the caller has to sign to register a key, until when; refuses where no challenges are given out. */
  keyChallenge(viewer: Actor, now: Date): Promise<Result<KeyChallenge>>;
  /** One person lets a request through alone; others look at it afterwards. */
  breakGlass(by: Initiator, input: BreakGlassCommand): Promise<Result<VerbOutcome>>;
  /** Lets another act for the caller, for a time. */
  delegate(by: Initiator, input: DelegateCommand): Promise<Result<DelegationOutcome>>;
  endDelegation(by: Initiator, input: { readonly delegationId: string }): Promise<Result<DelegationOutcome>>;
  /** Asks for a role for somebody else. */
  requestRole(by: Initiator, input: RequestRole): Promise<Result<VerbOutcome>>;
  /** Puts new content of a policy up for decision. */
  submitPolicy(by: Initiator, kind: PolicyKind, input: PolicyProposal): Promise<Result<VerbOutcome>>;
  draftPolicy(by: Initiator, kind: PolicyKind, input: PolicyProposal): Promise<Result<VerbOutcome>>;
  revisePolicy(by: Initiator, input: RequestHandle & PolicyProposal): Promise<Result<VerbOutcome>>;
  /** What is to be said of content that may become a policy. */
  checkPolicy(
    viewer: Actor,
    kind: PolicyKind,
    proposal: Pick<PolicyProposal, 'content' | 'testCases'>,
    at: Date,
  ): Promise<Result<PolicyCheck>>;
  retryApplication(by: Initiator, input: RequestHandle): Promise<Result<VerbOutcome>>;
  expireOverdue(by: Initiator, atMost: number): Promise<Result<number>>;
  /** Puts scheduled requests into effect whose date has come. */
  applyDue(by: Initiator, atMost: number): Promise<Result<number>>;
  /** Reminds levels that are silent, and lets others act in their place. */
  sendAlarms(by: Initiator, atMost: number): Promise<Result<number>>;
  readonly queries: ApprovalQueries;
  readonly reads: RoomReads;
}

export const createApprovals = (options: {
  database: Database;
  unitOfWork: UnitOfWork;
  policies: Policies;
  /** Nobody, unless told. */
  interestedIn?: InterestedIn;
  /** Nothing is told of them, unless told. */
  policyConsequences?: PolicyConsequences;
  /** Without it no evidence file is taken. */
  config?: EvidenceLinksConfig & Pick<Config, 'passkeys'>;
}): Approvals => {
  const handlers = new Map<RequestKind, RequestHandler>();
  const deps: ApprovalDeps = {
    unitOfWork: options.unitOfWork,
    policies: options.policies,
    interestedIn: options.interestedIn ?? (async () => []),
    policyConsequences: options.policyConsequences ?? (async () => null),
    party: options.config?.passkeys ?? { id: 'localhost', origins: [] },
    handlerOf: (kind) => {
      const handler = handlers.get(kind);
      if (handler === undefined) throw new Error(`no handler is registered for ${kind}`);
      return handler;
    },
  };
  const register = (handler: RequestHandler): void => {
    if (handlers.has(handler.kind)) throw new Error(`a handler for ${handler.kind} is already registered`);
    handlers.set(handler.kind, handler);
  };
  // What is about deciding itself is known here; every other kind belongs to a room to the right.
  register(delegationHandler(deps));
  register(roleGrantHandler());
  register(breakGlassReviewHandler(deps));
  const links = options.config === undefined ? async () => null : openEvidenceLinks(options.config);
  const evidence: EvidenceDeps = {
    unitOfWork: options.unitOfWork,
    links,
    maxBytes: options.config?.evidence.maxBytes ?? 0,
  };
  const evidenceQueries = createEvidenceQueries(options.database);
  register(policyVersionHandler(deps));
  return {
    register,
    submit: (tx, submission) => submit(deps, tx, submission),
    saveDraft: (tx, submission) => saveDraft(deps, tx, submission),
    revise: (tx, revision) => revise(deps, tx, revision),
    resubmit: (by, input) => resubmit(deps, by, input),
    vote: (by, input) => vote(deps, by, input),
    voteOnMany: (by, commands) => voteOnMany(deps, by, commands),
    takeBackVote: (by, input) => takeBackVote(deps, by, input),
    returnRequest: (by, input) => returnRequest(deps, by, input),
    withdraw: (by, input) => withdraw(deps, by, input),
    reassign: (by, input) => reassign(deps, by, input),
    addApprover: (by, input) => addApprover(deps, by, input),
    copyTo: (by, input) => copyTo(deps, by, input),
    remind: (by, input) => remind(deps, by, input),
    comment: (by, input) => comment(deps, by, input),
    registerKey: (by, input) => registerKey({ ...deps, links }, by, input),
    revokeKey: (by, input) => revokeKey(deps, by, input),
    keyChallenge: async (viewer, now) => {
      const permitted = permit(viewer, 'request.decide');
      if (!permitted.ok) return permitted;
      const signer = await links();
      if (signer === null) return noLinks();
      const expiresAt = linkEnd(now);
      const challenge = signer.challenge(viewer.id, expiresAt);
      return ok({ challenge, expiresAt, userId: viewer.id, relyingPartyId: deps.party.id });
    },
    attachEvidence: (by, input) => attachEvidence(deps, by, input),
    writeDownEvidence: (tx, named, requestId = undefined) => writeDownEvidence(tx, named, requestId ?? null),
    evidence: {
      prepareUpload: (by, input) => prepareUpload(evidence, by, input),
      checkLink: async (use, id, query, now) =>
        (await links())?.check(use, id, query, now) ?? refuse('FORBIDDEN', 'no link is given out here'),
      storeContent: (by, input) => storeContent(evidence, by, input),
      announcedSize: evidenceQueries.announcedSize,
      download: evidenceQueries.download,
      purge: (by, atMost) => purgeEvidence(evidence, by, atMost),
    },
    breakGlass: (by, input) => breakGlass(deps, by, input),
    delegate: (by, input) => delegate(deps, by, input),
    endDelegation: (by, input) => endDelegation(deps, by, input),
    requestRole: (by, input) => requestRole(deps, by, input),
    submitPolicy: (by, kind, input) => submitPolicy(deps, by, kind, input),
    draftPolicy: (by, kind, input) => draftPolicy(deps, by, kind, input),
    revisePolicy: (by, input) => revisePolicy(deps, by, input),
    checkPolicy: (viewer, kind, proposal, at) => checkPolicy(deps, viewer, kind, proposal, at),
    retryApplication: (by, input) => retryApplication(deps, by, input),
    expireOverdue: (by, atMost) => expireOverdue(deps, by, atMost),
    applyDue: (by, atMost) => applyDue(deps, by, atMost),
    sendAlarms: (by, atMost) => sendAlarms(deps, by, atMost),
    queries: createApprovalQueries(options.database),
    reads: createApprovalReads(deps, options.database, links),
  };
};
