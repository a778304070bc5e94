/**
 * The verbs of maker-checker: submit, approve, reject, withdraw, expire. Each is load → decide → write in one transaction;
 * approving with the last vote applies the change in the same transaction through the handler of its kind.
 */
import { withoutKey, type Initiator } from '../kernel/actor';
import { canonicalJson, type Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit, standingsOf } from '../identity';
import { routeChange, type ChangeFacts, type Policies } from '../policies';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import * as store from './change-request.store';
import {
  digestOfSubstance,
  nextState,
  type ChangeRequest,
  type RequestEvent,
  type RequestKind,
  type RequestState,
  type RequestSubstance,
  type Verdict,
} from './domain/change-request';
import { confirmAuthority, decideVote, type VoteInput } from './domain/decide-vote';
import { decideWithdrawal } from './domain/decide-withdrawal';

/** What a governed room registers for its kind of request. */
export interface RequestHandler {
  readonly kind: RequestKind;
  /** Versions of what the change builds on, as they are now; a difference to those at submission makes the request stale. */
  currentBase(tx: Tx, subjectId: string): Promise<Json>;
  /** The payload as the API shows it, with the name of its type. */
  show(payload: unknown): { readonly __typename: string };
  /** Puts the change into effect, with its own audit events. */
  apply(tx: Tx, request: ChangeRequest): Promise<Result<unknown>>;
}

export type HandlerOf = (kind: RequestKind) => RequestHandler;

export interface Submission {
  readonly kind: RequestKind;
  readonly subject: RequestSubstance['subject'];
  readonly payload: Json;
  readonly base: Json;
  readonly impact: Json;
  readonly facts: ChangeFacts;
  readonly decideBy: Date;
}

export interface VerbOutcome {
  readonly request: ChangeRequest;
  readonly auditEventId: string;
}

export interface ApprovalDeps {
  readonly unitOfWork: UnitOfWork;
  readonly policies: Policies;
  readonly handlerOf: HandlerOf;
}

/**
 * Puts a change up for decision, inside the transaction of the room that asks. The whole change is rehearsed first, so
 * that one which cannot be applied never reaches an approver.
 */
export const submit = async (deps: ApprovalDeps, tx: Tx, submission: Submission): Promise<Result<VerbOutcome>> => {
  const { kind, subject, payload, base, impact } = submission;
  const other = await store.openRequestOn(tx, kind, subject);
  if (other !== null) {
    return refuse('CONFLICTING_REQUEST', `request ${other.number} on the same subject is still open`, {
      params: { number: other.number },
    });
  }
  const matrix = await deps.policies.inForce(tx, 'APPROVAL_MATRIX');
  const routing = routeChange(matrix.content, submission.facts);
  const substance: RequestSubstance = {
    kind,
    subject,
    payload,
    base,
    impact,
    policyVersionId: matrix.id,
    routingRow: routing.rowId,
    levels: routing.levels.map(({ role, quorum }, i) => ({ ordinal: i + 1, role, quorum })),
  };
  const request = await store.insertRequest(tx, {
    ...substance,
    digest: digestOfSubstance(substance),
    makerId: tx.initiator.actor.id,
    decideBy: submission.decideBy,
  });
  const rehearsal = await tx.dryRun(() => deps.handlerOf(kind).apply(tx, request));
  if (!rehearsal.ok) return rehearsal;
  const auditEventId = tx.record({
    action: 'request.submitted',
    object: { type: 'ChangeRequest', id: request.id },
    ...customerOf(request),
    after: { number: request.number, kind, subject, payload, digest: request.digest, state: request.state },
    data: { base, impact, policyVersion: matrix.id, routingRow: routing.rowId },
  });
  return ok({ request, auditEventId });
};

export interface VoteCommand extends VoteInput {
  readonly requestId: string;
}

export const vote = async (deps: ApprovalDeps, by: Initiator, input: VoteCommand): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.decide');
  // The maker hears that he is the maker even where his roles would not let him decide anything. That is all that people
  // without the permission ever hear, so nothing is kept for them, nor given to them from before they lost it.
  const outcome = await deps.unitOfWork.run(permitted.ok ? by : withoutKey(by), (tx) =>
    castVote(deps, tx, input, permitted),
  );
  if (!outcome.ok && outcome.refusal.code === 'STALE_VERSION' && outcome.refusal.reason === 'BASE') {
    const marked = await close(deps, withoutKey(by), input.requestId, 'FIND_STALE', 'request.foundStale');
    if (!marked.ok) return marked;
  }
  return outcome;
};

const castVote = async (
  deps: ApprovalDeps,
  tx: Tx,
  input: VoteCommand,
  permitted: Result<true>,
): Promise<Result<VerbOutcome>> => {
  const request = await store.lockRequest(tx, input.requestId);
  if (request === null) return notFound();
  const voterId = tx.initiator.actor.id;
  if (!permitted.ok && voterId !== request.makerId) return permitted;
  const standings = await standingsOf(tx.query, [voterId, ...request.votes.map((cast) => cast.voterId)]);
  const voter = standings.find((standing) => standing.userId === voterId);
  if (voter === undefined) throw new Error(`voter ${voterId} is not a user`);
  const decision = decideVote(request, voter, input, tx.at);
  if (!decision.ok) return decision;
  const { level, event } = decision.value;

  if (event !== 'REJECT') {
    const handler = deps.handlerOf(request.kind);
    const currentBase = await handler.currentBase(tx, request.subject.id);
    const matrix = await deps.policies.inForce(tx, 'APPROVAL_MATRIX');
    if (matrix.id !== request.policyVersionId || canonicalJson(currentBase) !== canonicalJson(request.base)) {
      return refuse(
        'STALE_VERSION',
        'what the request builds on, or a policy it was judged by, has changed since it was submitted',
        {
          reason: 'BASE',
          params: { number: request.number },
        },
      );
    }
  }
  await store.insertVote(tx, request, {
    levelOrdinal: level.ordinal,
    voterId,
    verdict: input.verdict,
    comment: presentText(input.comment),
  });
  const auditEventId = recordVote(tx, request, level.ordinal, input);

  if (event === 'APPLY') {
    const confirmed = confirmAuthority(request, standings);
    if (!confirmed.ok) return confirmed;
    const applied = await deps.handlerOf(request.kind).apply(tx, request);
    if (!applied.ok) return applied;
  }
  const moved = await store.moveRequest(tx, request, {
    state: event === null ? request.state : stateAfter(request.state, event),
    currentLevel: decision.value.currentLevel,
  });
  if (event === 'APPLY') recordMove(tx, request, moved, 'request.applied');
  return ok({ request: moved, auditEventId });
};

export const withdraw = async (
  deps: ApprovalDeps,
  by: Initiator,
  input: { requestId: string; expectedVersion: number; comment: string | null },
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.withdraw');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    const request = await store.lockRequest(tx, input.requestId);
    if (request === null) return notFound();
    const decision = decideWithdrawal(request, by.actor.id, input.expectedVersion);
    if (!decision.ok) return decision;
    const moved = await store.moveRequest(tx, request, {
      state: stateAfter(request.state, 'WITHDRAW'),
      currentLevel: request.currentLevel,
    });
    return ok({
      request: moved,
      auditEventId: recordMove(tx, request, moved, 'request.withdrawn', presentText(input.comment)),
    });
  });
};

/** Closes up to `atMost` requests whose time to be decided has passed; yields how many. */
export const expireOverdue = (deps: ApprovalDeps, by: Initiator, atMost: number): Promise<Result<number>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const ids = await store.overdueRequestIds(tx, atMost);
    if (ids.length === 0) tx.unchanged();
    for (const id of ids) {
      const request = await store.lockRequest(tx, id);
      if (request === null) throw new Error(`request ${id} vanished`);
      const moved = await store.moveRequest(tx, request, {
        state: stateAfter(request.state, 'EXPIRE'),
        currentLevel: request.currentLevel,
      });
      recordMove(tx, request, moved, 'request.expired');
    }
    return ok(ids.length);
  });

const close = (
  deps: ApprovalDeps,
  by: Initiator,
  requestId: string,
  event: RequestEvent,
  action: string,
): Promise<Result<ChangeRequest | null>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const request = await store.lockRequest(tx, requestId);
    const state = request === null ? null : nextState(request.state, event);
    if (request === null || state === null) {
      // Somebody else closed it in between.
      tx.unchanged();
      return ok(request);
    }
    const moved = await store.moveRequest(tx, request, { state, currentLevel: request.currentLevel });
    recordMove(tx, request, moved, action);
    return ok(moved);
  });

const recordVote = (tx: Tx, request: ChangeRequest, level: number, input: VoteCommand): string => {
  const comment = presentText(input.comment);
  return tx.record({
    action: VOTE_ACTIONS[input.verdict],
    object: { type: 'ChangeRequest', id: request.id },
    ...customerOf(request),
    ...(comment === null ? {} : { reason: comment }),
    data: { number: request.number, level, digest: request.digest, subject: request.subject },
  });
};

const customerOf = ({ subject }: ChangeRequest): { customerId?: string } =>
  subject.type === 'Customer' ? { customerId: subject.id } : {};

const VOTE_ACTIONS: Readonly<Record<Verdict, string>> = { APPROVE: 'request.approved', REJECT: 'request.rejected' };

const recordMove = (
  tx: Tx,
  before: ChangeRequest,
  after: ChangeRequest,
  action: string,
  reason: string | null = null,
): string =>
  tx.record({
    action,
    object: { type: 'ChangeRequest', id: before.id },
    ...customerOf(before),
    before: { state: before.state, version: before.version },
    after: { state: after.state, version: after.version },
    ...(reason === null ? {} : { reason }),
    data: { number: before.number, subject: before.subject },
  });

const stateAfter = (state: RequestState, event: RequestEvent): RequestState => {
  const next = nextState(state, event);
  if (next === null) throw new Error(`no transition from ${state} by ${event}`);
  return next;
};

const presentText = (text: string | null): string | null => (text === null || text.trim() === '' ? null : text.trim());

const notFound = () => refuse('NOT_FOUND', 'no such request', { field: ['requestId'] });
