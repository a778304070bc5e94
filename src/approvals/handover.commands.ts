/**
 * Everything that is done about a request besides submitting and voting: taking it back, returning it, handing tasks on,
 * adding approvers, telling others, reminding, commenting; and what the clock does where a level stays silent.
 */
import type { Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { decidesRequests, mandatedStanding, mandatesAt, permit, standingsOf, type Standing } from '../identity';
import type { Tx } from '../platform/unit-of-work';
import * as store from './change-request.store';
import { fileIdsOf, holdFiles, insertEvidence } from './evidence.store';
import { isOpen, type ChangeRequest, type Phase } from './domain/change-request';
import { decideAlarm } from './domain/decide-escalation';
import { decideAddedApprover, decideReassignment, decideReturn } from './domain/decide-handover';
import { isAsSeen, isInReview, type Voter } from './domain/decide-vote';
import { mayAttach } from './domain/viewer-actions';
import { decideWithdrawal } from './domain/decide-withdrawal';
import type { ApprovalDeps, RequestHandle, VerbOutcome } from './request-handler';
import { presentText, recordMove } from './request-log';
import { alarmOf } from './submission.commands';
import { eachDue, stateAfter, voterOf } from './vote.commands';
import { withRequest } from './with-request';

interface Commented extends RequestHandle {
  readonly comment: string | null;
}

export const withdraw = async (deps: ApprovalDeps, by: Initiator, input: Commented): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.withdraw');
  if (!permitted.ok) return permitted;
  return withRequest(deps, by, input, async (tx, request) => {
    const decision = decideWithdrawal(request, by.actor.id, input.expectedVersion);
    if (!decision.ok) return decision;
    const reason = presentText(input.comment);
    await store.insertStep(tx, request, { verb: 'WITHDRAW', text: reason });
    const moved = await store.moveRequest(tx, request, {
      state: stateAfter(request.state, 'WITHDRAW'),
      currentLevel: request.currentLevel,
    });
    const auditEventId = recordMove(tx, request, moved, 'request.withdrawn', { reason });
    await deps.handlerOf(request.kind).ended?.(tx, moved);
    return ok({ request: moved, auditEventId });
  });
};

/** Runs a verb of somebody who is asked: his permission, the locked request, himself and for whom he may act. */
const asVoter = async (
  deps: ApprovalDeps,
  by: Initiator,
  input: RequestHandle,
  besides: readonly string[],
  work: (tx: Tx, request: ChangeRequest, voter: Voter, others: readonly Standing[]) => Promise<Result<VerbOutcome>>,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.decide');
  if (!permitted.ok) return permitted;
  return withRequest(deps, by, input, async (tx, request) => {
    const mandates = await mandatesAt(tx.query, [by.actor.id], tx.at);
    const standing = await mandatedStanding(tx, by.actor.id, mandates, besides);
    if (standing === null) throw new Error(`${by.actor.id} is not a user`);
    return work(tx, request, voterOf(standing.person), standing.all);
  });
};

export interface ReturnCommand extends Commented {
  /** Level that is asked again; null: back to the maker. */
  readonly toLevel: number | null;
}

export const returnRequest = (deps: ApprovalDeps, by: Initiator, input: ReturnCommand): Promise<Result<VerbOutcome>> =>
  asVoter(deps, by, input, [], async (tx, request, voter) => {
    const decision = decideReturn(request, voter, input, tx.at);
    if (!decision.ok) return decision;
    const seen = isAsSeen(request, input);
    if (!seen.ok) return seen;
    const reason = presentText(input.comment);
    const { toLevel } = input;
    const besides = {
      reason,
      onBehalfOf: decision.value.principalId,
      data: { fromLevel: request.currentLevel, toLevel },
    };
    await store.insertStep(tx, request, {
      verb: 'RETURN',
      text: reason,
      data: { toLevel, onBehalfOf: decision.value.principalId },
    });
    if (toLevel === null) {
      const moved = await store.moveRequest(tx, request, {
        state: stateAfter(request.state, 'RETURN'),
        currentLevel: request.currentLevel,
        returnedFrom: request.currentLevel,
        alarm: { at: null, count: 0 },
      });
      return ok({ request: moved, auditEventId: recordMove(tx, request, moved, 'request.returned', besides) });
    }
    // The substance is the same; votes of the levels before stand, those of the others are asked for anew.
    await store.openRound(tx, request, toLevel, { ...request, facts: { ...request.facts } });
    const opened = await store.readRequest(tx, request.id);
    if (opened === null) throw new Error(`request ${request.id} vanished`);
    const moved = await store.moveRequest(tx, opened, {
      state: request.state,
      currentLevel: toLevel,
      eventful: true,
      alarm: { at: await alarmOf(deps, tx, opened.levels, toLevel), count: 0 },
    });
    return ok({ request: moved, auditEventId: recordMove(tx, request, moved, 'request.sentBack', besides) });
  });

export interface ReassignCommand extends Commented {
  readonly toId: string;
}

export const reassign = (deps: ApprovalDeps, by: Initiator, input: ReassignCommand): Promise<Result<VerbOutcome>> =>
  asVoter(deps, by, input, [input.toId], async (tx, request, voter, others) => {
    const to = others.find(({ userId }) => userId === input.toId);
    if (to === undefined) return noSuchUser('toId');
    const decision = decideReassignment(request, voter, { ...to, mandates: [] }, tx.at);
    if (!decision.ok) return decision;
    const seen = isAsSeen(request, input);
    if (!seen.ok) return seen;
    const reason = presentText(input.comment);
    await store.insertStep(tx, request, { verb: 'REASSIGN', toId: input.toId, text: reason });
    return kept(tx, request, 'request.reassigned', { reason, data: { level: request.currentLevel, to: input.toId } });
  });

export interface AddApproverCommand extends Commented {
  readonly userId: string;
  readonly place: Phase;
}

export const addApprover = (
  deps: ApprovalDeps,
  by: Initiator,
  input: AddApproverCommand,
): Promise<Result<VerbOutcome>> =>
  asVoter(deps, by, input, [input.userId], async (tx, request, voter, others) => {
    const to = others.find(({ userId }) => userId === input.userId);
    if (to === undefined) return noSuchUser('userId');
    const mayDecideRequests = to.roles.some(decidesRequests);
    const decision = decideAddedApprover(request, voter, { ...to, mayDecideRequests }, input.place, tx.at);
    if (!decision.ok) return decision;
    const seen = isAsSeen(request, input);
    if (!seen.ok) return seen;
    const reason = presentText(input.comment);
    await store.insertLevels(tx, request.id, request.round, [decision.value]);
    await store.insertStep(tx, request, {
      verb: 'ADD_APPROVER',
      toId: input.userId,
      text: reason,
      data: { place: input.place },
    });
    return kept(tx, request, 'request.approverAdded', {
      reason,
      data: { level: request.currentLevel, user: input.userId, place: input.place },
    });
  });

/** The request stays where it is and has a new version. */
const kept = async (
  tx: Tx,
  request: ChangeRequest,
  action: 'request.reassigned' | 'request.approverAdded',
  besides: Parameters<typeof recordMove>[4],
): Promise<Result<VerbOutcome>> => {
  const { state, currentLevel } = request;
  const moved = await store.moveRequest(tx, request, { state, currentLevel, eventful: true });
  return ok({ request: moved, auditEventId: recordMove(tx, request, moved, action, besides) });
};

const noSuchUser = (field: string) => refuse('NOT_FOUND', 'no such user', { field: [field] });

/**
 * Runs a verb that has no effect on the outcome: whoever may read requests may tell, remind and comment. The request keeps its
 * version, so that nobody who is about to vote has to look again.
 */
const besideTheVote = async (
  deps: ApprovalDeps,
  by: Initiator,
  requestId: string,
  work: (
    tx: Tx,
    request: ChangeRequest,
  ) => Promise<
    Result<
      Parameters<typeof recordMove>[4] & {
        readonly action: 'request.copied' | 'request.reminded' | 'request.commented' | 'request.evidenceAttached';
      }
    >
  >,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.read');
  if (!permitted.ok) return permitted;
  const takesPart = permit(by.actor, 'request.comment');
  if (!takesPart.ok) return takesPart;
  return withRequest(deps, by, { requestId }, async (tx, request) => {
    const done = await work(tx, request);
    if (!done.ok) return done;
    const { action, ...besides } = done.value;
    store.signalSame(tx, request);
    return ok({ request, auditEventId: recordMove(tx, request, request, action, besides) });
  });
};

const MOST_COPIED = 50;

export const copyTo = (
  deps: ApprovalDeps,
  by: Initiator,
  input: { readonly requestId: string; readonly userIds: readonly string[]; readonly comment: string | null },
): Promise<Result<VerbOutcome>> =>
  besideTheVote(deps, by, input.requestId, async (tx, request) => {
    const ids = [...new Set(input.userIds)];
    if (ids.length === 0 || ids.length > MOST_COPIED) {
      return refuse('OUT_OF_RANGE', `a request is copied to 1 to ${MOST_COPIED} people`, {
        reason: 'COPIES',
        field: ['userIds'],
        params: { max: MOST_COPIED },
      });
    }
    const known = await standingsOf(tx.query, ids);
    const missing = ids.findIndex((id) => !known.some(({ userId, active }) => userId === id && active));
    if (missing !== -1) return refuse('NOT_FOUND', 'no such user', { field: ['userIds'], index: missing });
    const text = presentText(input.comment);
    for (const toId of ids) await store.insertStep(tx, request, { verb: 'COPY', toId, text });
    return ok({ action: 'request.copied', reason: text, data: { to: ids } });
  });

export const comment = (
  deps: ApprovalDeps,
  by: Initiator,
  input: { readonly requestId: string; readonly comment: string },
): Promise<Result<VerbOutcome>> =>
  besideTheVote(deps, by, input.requestId, async (tx, request) => {
    const text = presentText(input.comment);
    if (text === null) return refuse('REQUIRED', 'a comment says something', { field: ['comment'] });
    await store.insertStep(tx, request, { verb: 'COMMENT', text });
    return ok({ action: 'request.commented', reason: text });
  });

/** A file of the caller stands with the request from now on; its name is its title. */
export const attachEvidence = (
  deps: ApprovalDeps,
  by: Initiator,
  input: { readonly requestId: string; readonly fileId: string; readonly comment: string | null },
): Promise<Result<VerbOutcome>> =>
  besideTheVote(deps, by, input.requestId, async (tx, request) => {
    const { fileId } = input;
    const open = mayAttach(request);
    if (!open.ok) return open;
    const [file] = await holdFiles(tx, [fileId]);
    if (file?.ownerId !== by.actor.id) return refuse('NOT_FOUND', 'no such file of yours', { field: ['fileId'] });
    if (!file.isStored) {
      return refuse('INVALID_STATE', 'the file has been announced and not been put', {
        reason: 'NOT_STORED',
        field: ['fileId'],
      });
    }
    if ((await fileIdsOf(tx, request.id)).includes(fileId)) {
      return refuse('ALREADY_EXISTS', 'the file stands with this request', { field: ['fileId'] });
    }
    const text = presentText(input.comment);
    const { sha256, mediaType, size } = file;
    const data = { file: fileId, sha256, mediaType, size };
    await insertEvidence(tx, request.id, { fileId, title: file.name });
    await store.insertStep(tx, request, { verb: 'ATTACH_EVIDENCE', text, data });
    return ok({ action: 'request.evidenceAttached', reason: text, data });
  });

const HOUR_MS = 3_600_000;

export const remind = (
  deps: ApprovalDeps,
  by: Initiator,
  input: { readonly requestId: string; readonly comment: string | null },
): Promise<Result<VerbOutcome>> =>
  besideTheVote(deps, by, input.requestId, async (tx, request) => {
    const open = isInReview(request, tx.at);
    if (!open.ok) return open;
    const rules = await deps.policies.inForce(tx, 'APPROVAL_RULES');
    const last = await store.lastReminder(tx, request.id);
    const next = last === null ? null : new Date(last.getTime() + rules.content.remindEveryHours * HOUR_MS);
    if (next !== null && next > tx.at) {
      return refuse('POLICY_VIOLATION', `the approvers were reminded already; again from ${next.toISOString()} on`, {
        reason: 'REMINDED_ALREADY',
        params: { again: next.toISOString() },
      });
    }
    const text = presentText(input.comment);
    await store.insertStep(tx, request, { verb: 'REMIND', text });
    return ok({ action: 'request.reminded', reason: text, data: { level: request.currentLevel } });
  });

/**
 * Reminds levels that are silent, and lets others act in their place where they stay so. Each in a transaction of its own;
 * yields how many were looked at.
 */
export const sendAlarms = (deps: ApprovalDeps, by: Initiator, atMost: number): Promise<Result<number>> =>
  eachDue(deps, by, 'ALARM', atMost, (requestId) =>
    deps.unitOfWork.run(by, async (tx): Promise<Result<true>> => {
      const request = await store.lockRequest(tx, requestId);
      if (request === null || !isOpen(request.state) || request.alarmAt === null || request.alarmAt > tx.at) {
        // Somebody else was faster.
        tx.unchanged();
        return ok(true);
      }
      const alarm = decideAlarm(request);
      const role = alarm.act === 'ESCALATE' ? alarm.role : null;
      await store.insertStep(tx, request, { verb: alarm.act, ...(role === null ? {} : { role }) });
      const { state, currentLevel } = request;
      const moved = await store.moveRequest(tx, request, {
        state,
        currentLevel,
        ...(role === null ? {} : { eventful: true }),
        alarm: { at: await alarmOf(deps, tx, request.levels, currentLevel), count: request.alarms + 1 },
      });
      recordMove(tx, request, moved, role === null ? 'request.reminded' : 'request.escalated', {
        data: { level: currentLevel, alarm: moved.alarms, ...(role === null ? {} : { role }) },
      });
      return ok(true);
    }),
  );
