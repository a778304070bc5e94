/**
 * Putting a change up for decision: at once, as a draft first, or again after it came back. Whoever must agree is found by
 * the matrix in force and frozen; the whole change is rehearsed, so that one which cannot be applied never reaches anybody.
 */
import type { Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import { groupsOf, routeChange, type ApprovalLevel } from '../policies';
import type { Tx } from '../platform/unit-of-work';
import * as store from './change-request.store';
import { afterBusinessHours } from './domain/business-time';
import {
  digestOfSubstance,
  type ChangeRequest,
  type LevelPart,
  type RequestKind,
  type RequestSubstance,
} from './domain/change-request';
import { decideResubmission, mayEdit } from './domain/decide-submission';
import { isAsSeen } from './domain/decide-vote';
import { linkEvidence } from './evidence.commands';
import type { ApprovalDeps, Proposal, RequestHandle, Submission, VerbOutcome } from './request-handler';
import { customerOf, notFound, presentText, recordMove } from './request-log';
import { withRequest } from './with-request';

/** Puts a change up for decision, inside the transaction of the room that asks. */
export const submit = async (deps: ApprovalDeps, tx: Tx, submission: Submission): Promise<Result<VerbOutcome>> => {
  const free = await demandFree(tx, submission);
  if (!free.ok) return free;
  const request = await enter(deps, tx, submission, 'IN_REVIEW');
  const rehearsal = await tx.dryRun(() => deps.handlerOf(request.kind).apply(tx, request));
  if (!rehearsal.ok) return rehearsal;
  await store.insertStep(tx, request, { verb: 'SUBMIT' });
  return ok({ request, auditEventId: recordEntry(tx, request, 'request.submitted') });
};

/** Keeps a change as its maker's draft: nobody is asked yet, and nothing is rehearsed. */
export const saveDraft = async (deps: ApprovalDeps, tx: Tx, submission: Submission): Promise<Result<VerbOutcome>> => {
  if (deps.handlerOf(submission.kind).prepare === undefined) {
    return refuse('INVALID_STATE', 'requests of this kind are submitted at once', { reason: 'NO_DRAFTS' });
  }
  const request = await enter(deps, tx, submission, 'DRAFT');
  return ok({ request, auditEventId: recordEntry(tx, request, 'request.drafted') });
};

const demandFree = async (
  tx: Tx,
  { kind, subject }: Pick<Submission, 'kind' | 'subject'>,
  but: string | null = null,
): Promise<Result<true>> => {
  const other = await store.openRequestOn(tx, kind, subject);
  if (other === null || other.id === but) return ok(true);
  return refuse('CONFLICTING_REQUEST', `request ${other.number} on the same subject is still open`, {
    params: { number: other.number },
  });
};

export const enter = async (
  deps: ApprovalDeps,
  tx: Tx,
  submission: Submission,
  state: 'DRAFT' | 'IN_REVIEW',
): Promise<ChangeRequest> => {
  const makerId = submission.makerId ?? tx.initiator.actor.id;
  const editorIds = (submission.editorIds ?? []).filter((id) => id !== makerId);
  const frozen = await freeze(deps, tx, submission, [makerId, ...editorIds]);
  const request = await store.insertRequest(tx, { ...frozen, makerId, editorIds, state });
  await linkEvidence(tx, request.id, submission.evidence ?? []);
  return request;
};

export const recordEntry = (tx: Tx, request: ChangeRequest, action: 'request.submitted' | 'request.drafted'): string =>
  tx.record({
    action,
    object: { type: 'ChangeRequest', id: request.id },
    ...customerOf(request),
    after: {
      number: request.number,
      kind: request.kind,
      subject: request.subject,
      payload: request.payload,
      digest: request.digest,
      state: request.state,
      version: request.version,
    },
    data: frozenFacts(request),
  });

const frozenFacts = (request: ChangeRequest): { readonly [key: string]: Json } => ({
  base: request.base,
  impact: request.impact,
  policyVersion: request.policyVersionId,
  routingRow: request.routingRow,
  round: request.round,
});

/** Finds who must agree and freezes it with everything that is decided on. */
const freeze = async (
  deps: ApprovalDeps,
  tx: Tx,
  proposal: Proposal & Pick<Submission, 'kind' | 'subject' | 'interestedIds'>,
  /** Maker and editors: they are not counted among those who can vote. */
  handIds: readonly string[],
): Promise<store.FrozenRequest> => {
  const { kind, subject, payload, base, impact } = proposal;
  const matrix = await deps.policies.inForce(tx, 'APPROVAL_MATRIX');
  const routing = routeChange(matrix.content, proposal.facts);
  const interestedIds = [...new Set([...(proposal.interestedIds ?? []), ...(await deps.interestedIn(tx, subject))])];
  const substance: RequestSubstance = {
    kind,
    subject,
    payload,
    base,
    impact,
    policyVersionId: matrix.id,
    routingRow: routing.rowId,
    levels: await levelParts(tx, routing.levels, [...handIds, ...interestedIds]),
    effectiveFrom: proposal.effectiveFrom ?? null,
  };
  return {
    ...substance,
    digest: digestOfSubstance(substance),
    facts: { ...proposal.facts },
    interestedIds,
    decideBy: proposal.decideBy,
    alarmAt: await alarmOf(deps, tx, substance.levels, 1),
  };
};

/** Everybody is counted once, here: whoever leaves later is still missing. */
const levelParts = async (
  tx: Tx,
  levels: readonly ApprovalLevel[],
  barredIds: readonly string[],
): Promise<LevelPart[]> => {
  const parts: LevelPart[] = [];
  for (const [at, level] of levels.entries()) {
    for (const [i, { role = null, line = null, quorum }] of groupsOf(level).entries()) {
      const everyOne = quorum === 'ALL';
      const count = everyOne
        ? (await store.eligibleIds(tx, { role, line })).filter((id) => !barredIds.includes(id)).length
        : quorum;
      parts.push({
        ordinal: at + 1,
        part: i + 1,
        phase: 'MAIN',
        role,
        line,
        personId: null,
        // Nobody there to ask: the request waits for somebody and escalates; it never needs none.
        quorum: Math.max(1, count),
        everyOne,
        slaHours: level.slaHours ?? null,
        escalateTo: level.escalateTo ?? [],
        signed: level.signed ?? false,
      });
    }
  }
  return parts;
};

/** When a level that is asked from now on is reminded, by the calendar of the house; null where the policy gives it all the time. */
export const alarmOf = async (
  { policies }: Pick<ApprovalDeps, 'policies'>,
  tx: Tx,
  levels: readonly LevelPart[],
  ordinal: number,
): Promise<Date | null> => {
  const hours = levels.flatMap((part) => (part.ordinal === ordinal && part.slaHours !== null ? [part.slaHours] : []));
  if (hours.length === 0) return null;
  const calendar = await policies.inForce(tx, 'RERATING_CALENDAR');
  return afterBusinessHours(tx.at, Math.min(...hours), calendar.content);
};

export interface Resubmission extends RequestHandle {
  /** DIRECT: to the level that returned it, whose earlier votes still count; only where nothing has changed. */
  readonly way: 'RERUN' | 'DIRECT';
  readonly comment: string | null;
}

/** A draft, a returned or a stale request goes to its approvers: everything is judged and frozen anew. */
export const resubmit = async (
  deps: ApprovalDeps,
  by: Initiator,
  input: Resubmission,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.withdraw');
  if (!permitted.ok) return permitted;
  return withRequest(deps, by, input, async (tx, request) => {
    const allowed = decideResubmission(request, by.actor.id, input.way);
    if (!allowed.ok) return allowed;
    const seen = isAsSeen(request, input);
    if (!seen.ok) return seen;
    const free = await demandFree(tx, request, request.id);
    if (!free.ok) return free;
    const proposal = await judgeAnew(deps, tx, request);
    if (!proposal.ok) return proposal;
    const frozen = await freeze(deps, tx, { ...proposal.value, ...envelopeOf(request) }, handsOn(request));
    const comment = presentText(input.comment);
    if (input.way === 'DIRECT') {
      if (frozen.digest !== request.digest) {
        return refuse('STALE_VERSION', 'what is decided on has changed: the levels have to agree anew', {
          reason: 'DIGEST',
          field: ['way'],
          params: { number: request.number },
        });
      }
      const level = request.returnedFrom ?? request.currentLevel;
      return ok(await enterReview(deps, tx, request, request, level, 'RESUBMIT', comment));
    }
    await store.openRound(tx, request, 1, frozen);
    const opened = await demandRequest(tx, request.id);
    const rehearsal = await tx.dryRun(() => deps.handlerOf(opened.kind).apply(tx, opened));
    if (!rehearsal.ok) return rehearsal;
    return ok(
      await enterReview(deps, tx, request, opened, 1, request.state === 'DRAFT' ? 'SUBMIT' : 'RESUBMIT', comment),
    );
  });
};

const enterReview = async (
  deps: ApprovalDeps,
  tx: Tx,
  before: ChangeRequest,
  opened: ChangeRequest,
  level: number,
  verb: 'SUBMIT' | 'RESUBMIT',
  comment: string | null,
): Promise<VerbOutcome> => {
  await store.insertStep(tx, opened, { verb, text: comment });
  const moved = await store.moveRequest(tx, opened, {
    state: 'IN_REVIEW',
    currentLevel: level,
    eventful: true,
    alarm: { at: await alarmOf(deps, tx, opened.levels, level), count: 0 },
  });
  const auditEventId = recordMove(tx, before, moved, verb === 'SUBMIT' ? 'request.submitted' : 'request.resubmitted', {
    reason: comment,
    data: { ...frozenFacts(moved), payload: moved.payload, digest: moved.digest, level },
  });
  return { request: moved, auditEventId };
};

/** The proposal as its room sees it now; as it was, where the room does not judge anew and nothing has moved. */
const judgeAnew = async (deps: ApprovalDeps, tx: Tx, request: ChangeRequest): Promise<Result<Proposal>> => {
  const handler = deps.handlerOf(request.kind);
  if (handler.prepare !== undefined) return handler.prepare(tx, request.subject, request.payload);
  if (request.state === 'STALE') {
    return refuse('INVALID_STATE', 'what this request builds on has moved: submit a new one', {
      reason: 'NOT_REFRESHED',
      params: { number: request.number },
    });
  }
  const { payload, impact, facts, effectiveFrom } = request;
  const base = await handler.currentBase(tx, request.subject.id);
  // As long as it had the first time.
  const decideBy = new Date(tx.at.getTime() + request.decideBy.getTime() - request.submittedAt.getTime());
  return ok({ payload, base, impact, facts, decideBy, effectiveFrom });
};

const handsOn = ({ makerId, editorIds }: ChangeRequest): readonly string[] => [makerId, ...editorIds];

const envelopeOf = ({ kind, subject, interestedIds }: ChangeRequest) => ({ kind, subject, interestedIds });

export interface Revision extends RequestHandle {
  /** Kind that the room knows; requests of another are not there for it. */
  readonly kind: RequestKind;
  /** In the form of its kind. */
  readonly payload: Json;
}

/**
 * Changes what a draft, a returned or a stale request proposes, inside the transaction of the room that knows its kind. Who
 * does so has had a hand in it and never decides it.
 */
export const revise = async (deps: ApprovalDeps, tx: Tx, input: Revision): Promise<Result<VerbOutcome>> => {
  const request = await store.lockRequest(tx, input.requestId);
  if (request?.kind !== input.kind) return notFound();
  const allowed = mayEdit(request, tx.initiator.actor.id);
  if (!allowed.ok) return allowed;
  const seen = isAsSeen(request, input);
  if (!seen.ok) return seen;
  const { prepare } = deps.handlerOf(request.kind);
  if (prepare === undefined) {
    return refuse('INVALID_STATE', 'a request of this kind is not changed', { reason: 'NOT_REVISED' });
  }
  const proposal = await prepare(tx, request.subject, input.payload);
  if (!proposal.ok) return proposal;
  const frozen = await freeze(deps, tx, { ...proposal.value, ...envelopeOf(request) }, handsOn(request));
  await store.openRound(tx, request, 1, frozen);
  await linkEvidence(tx, request.id, proposal.value.evidence ?? []);
  const opened = await demandRequest(tx, request.id);
  await store.insertStep(tx, opened, { verb: 'REVISE' });
  const moved = await store.moveRequest(tx, opened, {
    state: request.state,
    currentLevel: 1,
    returnedFrom: request.returnedFrom,
    eventful: true,
    ...(tx.initiator.actor.id === request.makerId ? {} : { editorId: tx.initiator.actor.id }),
  });
  const auditEventId = tx.record({
    action: 'request.revised',
    object: { type: 'ChangeRequest', id: request.id },
    ...customerOf(request),
    before: { state: request.state, version: request.version, payload: request.payload, digest: request.digest },
    after: { state: moved.state, version: moved.version, payload: moved.payload, digest: moved.digest },
    data: { number: request.number, subject: request.subject, ...frozenFacts(moved) },
  });
  return ok({ request: moved, auditEventId });
};

export const demandRequest = async (tx: Tx, id: string): Promise<ChangeRequest> => {
  const request = await store.readRequest(tx, id);
  if (request === null) throw new Error(`request ${id} vanished`);
  return request;
};
