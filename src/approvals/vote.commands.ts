/**
 * Votes and what follows from them. The last vote that is needed puts the change into effect in the same transaction, through
 * the handler of its kind, or on its date. A change that cannot be put into effect is kept with the reason and tried again.
 */
import { withoutKey, type Initiator } from '../kernel/actor';
import { canonicalJson } from '../kernel/canonical-json';
import { messageKey, refuse, type Refusal } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { mandatedStanding, mandatesAt, permit, standingsOf, type Standing } from '../identity';
import type { Tx } from '../platform/unit-of-work';
import * as store from './change-request.store';
import {
  nextState,
  type ChangeRequest,
  type LevelPart,
  type RequestEvent,
  type RequestKind,
  type RequestState,
  type Verdict,
  type Vote,
} from './domain/change-request';
import { decideTakingBack } from './domain/decide-handover';
import {
  confirmAuthority,
  decideVote,
  isAsSeen,
  type VoteDecision,
  type Voter,
  type VoteInput,
} from './domain/decide-vote';
import { mayRetry } from './domain/viewer-actions';
import type { ApprovalDeps, RequestHandle, VerbOutcome } from './request-handler';
import { customerOf, notFound, presentText, recordMove } from './request-log';
import { checkVoteSignature, type CheckedSignature, type VoteSignature } from './signing-key.commands';
import { insertSignature } from './signing-key.store';
import { alarmOf } from './submission.commands';
import { withRequest } from './with-request';

export interface VoteCommand extends VoteInput {
  readonly requestId: string;
  /** With a yes: what the proposal is lowered to, in the words of its kind. */
  readonly lowerTo?: string | null;
  readonly signature?: VoteSignature | null;
}

export const vote = async (deps: ApprovalDeps, by: Initiator, input: VoteCommand): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.decide');
  // The maker hears that he is the maker even where his roles would not let him decide anything. That is all that people
  // without the permission ever hear, so nothing is kept for them, nor given to them from before they lost it.
  const outcome = await deps.unitOfWork.run(permitted.ok ? by : withoutKey(by), (tx) =>
    castVote(deps, tx, input, permitted),
  );
  if (!outcome.ok && isStale(outcome.refusal)) {
    const marked = await closeStale(deps, withoutKey(by), input.requestId);
    if (!marked.ok) return marked;
  }
  return outcome;
};

const isStale = ({ code, reason }: Refusal): boolean => code === 'STALE_VERSION' && reason === 'BASE';

const castVote = async (
  deps: ApprovalDeps,
  tx: Tx,
  input: VoteCommand,
  permitted: Result<true>,
): Promise<Result<VerbOutcome>> => {
  const voterId = tx.initiator.actor.id;
  const [request, mandates] = await Promise.all([
    store.lockRequest(tx, input.requestId),
    mandatesAt(tx.query, [voterId], tx.at),
  ]);
  if (request === null) return notFound();
  if (!permitted.ok && voterId !== request.makerId) return permitted;
  const [standing, fresh] = await Promise.all([
    mandatedStanding(tx, voterId, mandates, personsOf(request)),
    input.verdict === 'REJECT' || request.state !== 'IN_REVIEW' ? ok(true) : demandFresh(deps, tx, request),
  ]);
  if (standing === null) throw new Error(`voter ${voterId} is not a user`);
  const decision = decideVote(request, voterOf(standing.person), input, tx.at);
  if (!decision.ok) return decision;
  if (!fresh.ok) return fresh;
  const { seat } = decision.value;
  const lowered = lowerOnce(deps, request, input);
  if (!lowered.ok) return lowered;
  const cast: Vote = {
    id: tx.newId(),
    round: request.round,
    levelOrdinal: seat.part.ordinal,
    part: seat.part.part,
    voterId,
    principalId: seat.principalId,
    verdict: input.verdict,
    comment: presentText(input.comment),
    loweredTo: lowered.value,
    digest: request.digest,
    castAt: tx.at,
    standing: true,
  };
  const signed = await signatureOf(deps, tx, seat.part, cast, input, request.id);
  if (!signed.ok) return signed;
  const agreed: ChangeRequest = { ...request, votes: [...request.votes, cast] };
  const auditEventId = recordVote(tx, agreed, cast, signed.value);
  // Sent in this order: what follows needs the vote, and not to wait for it.
  const [, , followed] = await Promise.all([
    store.insertVote(tx, request, cast),
    signed.value !== null && insertSignature(tx, cast.id, signed.value),
    followVote(deps, tx, agreed, decision.value, standing.all),
  ]);
  return followed.ok ? ok({ request: followed.value, auditEventId }) : followed;
};

/** What becomes of the request, which has the vote. */
const followVote = async (
  deps: ApprovalDeps,
  tx: Tx,
  request: ChangeRequest,
  { event, currentLevel }: VoteDecision,
  standings: readonly Standing[],
): Promise<Result<ChangeRequest>> => {
  if (event === 'AGREE') {
    const effect = await putIntoEffect(deps, tx, request, standings);
    return effect.ok ? ok(effect.value.request) : effect;
  }
  const moved = await store.moveRequest(tx, request, {
    state: event === null ? request.state : stateAfter(request.state, event),
    currentLevel,
    ...(currentLevel === request.currentLevel
      ? {}
      : { alarm: { at: await alarmOf(deps, tx, request.levels, currentLevel), count: 0 } }),
  });
  if (event === 'REJECT') await deps.handlerOf(request.kind).ended?.(tx, moved);
  return ok(moved);
};

/** The voter's own signature, checked; refuses a vote without one where its level demands one. */
const signatureOf = async (
  deps: ApprovalDeps,
  tx: Tx,
  { signed }: LevelPart,
  { round, levelOrdinal: level, verdict, digest, loweredTo }: Vote,
  { signature = null }: VoteCommand,
  requestId: string,
): Promise<Result<CheckedSignature | null>> => {
  if (signature !== null) {
    return checkVoteSignature(tx, deps.party, { requestId, round, level, verdict, digest, loweredTo }, signature);
  }
  return signed
    ? refuse('POLICY_VIOLATION', 'this level demands votes that are signed with a key of one’s own', {
        reason: 'SIGNATURE_REQUIRED',
        field: ['signature'],
        params: { level },
      })
    : ok(null);
};

/** Everybody on whose authority a vote stands. */
const personsOf = ({ votes }: Pick<ChangeRequest, 'votes'>): string[] =>
  votes.flatMap(({ voterId, principalId, standing }) =>
    !standing ? [] : principalId === null ? [voterId] : [voterId, principalId],
  );

/** Delegations know kinds by their names alone. */
export const voterOf = (person: {
  readonly userId: string;
  readonly active: boolean;
  readonly roles: Voter['roles'];
  readonly line: Voter['line'];
  readonly mandates: readonly { readonly principal: Standing; readonly kinds: readonly string[] | null }[];
}): Voter => ({
  ...person,
  mandates: person.mandates.map(({ principal, kinds }) => ({
    principal,
    kinds: kinds as readonly RequestKind[] | null,
  })),
});

/** Refuses STALE_VERSION.BASE where what the request builds on, or a policy that it was judged by, has moved (I5). */
const demandFresh = async (deps: ApprovalDeps, tx: Tx, request: ChangeRequest): Promise<Result<true>> => {
  const [currentBase, matrix] = await Promise.all([
    deps.handlerOf(request.kind).currentBase(tx, request.subject.id),
    deps.policies.inForce(tx, 'APPROVAL_MATRIX'),
  ]);
  if (matrix.id === request.policyVersionId && canonicalJson(currentBase) === canonicalJson(request.base)) {
    return ok(true);
  }
  return refuse(
    'STALE_VERSION',
    'what the request builds on, or a policy it was judged by, has changed since it was submitted',
    { reason: 'BASE', params: { number: request.number } },
  );
};

/** What this vote lowers the proposal to: from where earlier votes left it, never up again. */
const lowerOnce = (deps: ApprovalDeps, request: ChangeRequest, input: VoteCommand): Result<string | null> => {
  const to = input.lowerTo ?? null;
  if (to === null || input.verdict === 'REJECT') return ok(null);
  const { lower } = deps.handlerOf(request.kind);
  if (lower === undefined) {
    return refuse('INVALID', 'a proposal of this kind is taken as it is', {
      reason: 'NOT_LOWERED',
      field: ['lowerTo'],
    });
  }
  const lowered = lower(loweredPayload(deps, request), to);
  return lowered.ok ? ok(to) : lowered;
};

/** The payload as the votes that stand have lowered it. */
const loweredPayload = (
  { handlerOf }: Pick<ApprovalDeps, 'handlerOf'>,
  request: ChangeRequest,
): ChangeRequest['payload'] => {
  let { payload } = request;
  for (const { loweredTo, standing, verdict } of request.votes) {
    if (loweredTo === null || !standing || verdict !== 'APPROVE') continue;
    const lowered = handlerOf(request.kind).lower?.(payload, loweredTo);
    if (lowered?.ok !== true) throw new Error(`request ${request.number} cannot be lowered to ${loweredTo}`);
    payload = lowered.value;
  }
  return payload;
};

/** Puts an agreed request into effect, on its date if that lies ahead; one that refuses is kept as failed. */
const putIntoEffect = async (
  deps: ApprovalDeps,
  tx: Tx,
  request: ChangeRequest,
  standings: readonly Standing[],
): Promise<Result<VerbOutcome>> => {
  const confirmed = confirmAuthority(request, standings);
  if (!confirmed.ok && request.state === 'IN_REVIEW') return confirmed;
  const { currentLevel } = request;
  const silent = { alarm: { at: null, count: request.alarms } };
  if (confirmed.ok && request.effectiveFrom !== null && request.effectiveFrom > tx.at) {
    await store.insertStep(tx, request, { verb: 'SCHEDULE', data: { at: request.effectiveFrom.toISOString() } });
    const scheduled = await store.moveRequest(tx, request, { state: 'SCHEDULED', currentLevel, ...silent });
    const auditEventId = recordMove(tx, request, scheduled, 'request.scheduled', {
      data: { effectiveFrom: request.effectiveFrom.toISOString() },
    });
    return ok({ request: scheduled, auditEventId });
  }
  const applied = confirmed.ok
    ? await tx.attempt(() =>
        deps.handlerOf(request.kind).apply(tx, { ...request, payload: loweredPayload(deps, request) }),
      )
    : confirmed;
  if (!applied.ok) {
    if (isStale(applied.refusal)) return applied;
    const failure = messageKey(applied.refusal);
    await store.insertStep(tx, request, { verb: 'FAIL', text: applied.refusal.message, data: { code: failure } });
    const failed = await store.moveRequest(tx, request, { state: 'APPLY_FAILED', currentLevel, failure, ...silent });
    const auditEventId = recordMove(tx, request, failed, 'request.applyFailed', {
      reason: applied.refusal.message,
      data: { failure },
    });
    return ok({ request: failed, auditEventId });
  }
  const moved = await store.moveRequest(tx, request, { state: 'APPLIED', currentLevel, ...silent });
  return ok({ request: moved, auditEventId: recordMove(tx, request, moved, 'request.applied') });
};

const recordVote = (tx: Tx, request: ChangeRequest, cast: Vote, signed: CheckedSignature | null): string =>
  tx.record({
    action: VOTE_ACTIONS[cast.verdict],
    object: { type: 'ChangeRequest', id: request.id },
    ...customerOf(request),
    ...(cast.comment === null ? {} : { reason: cast.comment }),
    ...(cast.principalId === null ? {} : { onBehalfOf: cast.principalId }),
    data: {
      number: request.number,
      round: cast.round,
      level: cast.levelOrdinal,
      part: cast.part,
      digest: request.digest,
      subject: request.subject,
      ...(cast.loweredTo === null ? {} : { loweredTo: cast.loweredTo }),
      ...(signed === null
        ? {}
        : {
            signature: {
              key: signed.keyId,
              value: signed.signature.toString('base64url'),
              ...(signed.authenticatorData === null || signed.clientData === null
                ? {}
                : {
                    authenticatorData: signed.authenticatorData.toString('base64url'),
                    clientData: signed.clientData.toString('base64url'),
                  }),
            },
          }),
    },
  });

const VOTE_ACTIONS = { APPROVE: 'request.approved', REJECT: 'request.rejected' } as const satisfies Readonly<
  Record<Verdict, string>
>;

/** Takes the caller's own vote back, while its level is still open; it stays on record. */
export const takeBackVote = async (
  deps: ApprovalDeps,
  by: Initiator,
  input: RequestHandle & { readonly comment: string | null },
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.decide');
  if (!permitted.ok) return permitted;
  return withRequest(deps, by, input, async (tx, request) => {
    const decision = decideTakingBack(request, by.actor.id, tx.at);
    if (!decision.ok) return decision;
    const seen = isAsSeen(request, input);
    if (!seen.ok) return seen;
    const text = presentText(input.comment);
    await store.insertStep(tx, request, { verb: 'TAKE_BACK', voteId: decision.value.id, text });
    const { state, currentLevel } = request;
    const moved = await store.moveRequest(tx, request, { state, currentLevel, eventful: true });
    const auditEventId = recordMove(tx, request, moved, 'request.voteTakenBack', {
      reason: text,
      data: { level: currentLevel, vote: decision.value.id },
    });
    return ok({ request: moved, auditEventId });
  });
};

/** Tries once more what was agreed to and could not be put into effect. */
export const retryApplication = async (
  deps: ApprovalDeps,
  by: Initiator,
  input: RequestHandle,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'request.decide');
  if (!permitted.ok && by.actor.kind !== 'SYSTEM') return permitted;
  const outcome = await withRequest(deps, by, input, async (tx, request): Promise<Result<VerbOutcome>> => {
    const failed = mayRetry(request);
    if (!failed.ok) return failed;
    const seen = isAsSeen(request, input);
    if (!seen.ok) return seen;
    return applyAgreed(deps, tx, request);
  });
  if (!outcome.ok && isStale(outcome.refusal)) {
    const marked = await closeStale(deps, withoutKey(by), input.requestId);
    if (!marked.ok) return marked;
  }
  return outcome;
};

const applyAgreed = async (deps: ApprovalDeps, tx: Tx, request: ChangeRequest): Promise<Result<VerbOutcome>> => {
  const fresh = await demandFresh(deps, tx, request);
  if (!fresh.ok) return fresh;
  const effect = await putIntoEffect(deps, tx, request, await standingsOf(tx.query, personsOf(request)));
  if (effect.ok && effect.value.request.state === 'APPLIED') {
    await store.insertStep(tx, effect.value.request, { verb: 'APPLY' });
  }
  return effect;
};

/**
 * Puts scheduled requests into effect whose date has come: base, policy and authority are looked at once more. Each in a
 * transaction of its own; yields how many were taken up.
 */
export const applyDue = (deps: ApprovalDeps, by: Initiator, atMost: number): Promise<Result<number>> =>
  eachDue(deps, by, 'EFFECT', atMost, async (requestId) => {
    const outcome = await deps.unitOfWork.run(by, async (tx): Promise<Result<VerbOutcome | null>> => {
      const request = await store.lockRequest(tx, requestId);
      if (request?.state !== 'SCHEDULED' || request.effectiveFrom === null || request.effectiveFrom > tx.at) {
        // Somebody else was faster.
        tx.unchanged();
        return ok(null);
      }
      return applyAgreed(deps, tx, request);
    });
    if (outcome.ok || !isStale(outcome.refusal)) return outcome;
    return closeStale(deps, by, requestId);
  });

/** Does the work for all that is due, one after the other; one that fails stops no other. */
export const eachDue = async (
  { unitOfWork }: Pick<ApprovalDeps, 'unitOfWork'>,
  by: Initiator,
  due: Parameters<typeof store.dueRequestIds>[1],
  atMost: number,
  work: (requestId: string) => Promise<Result<unknown>>,
): Promise<Result<number>> => {
  const ids = await unitOfWork.run(by, async (tx) => {
    tx.unchanged();
    return ok(await store.dueRequestIds(tx, due, atMost));
  });
  if (!ids.ok) return ids;
  const failures: unknown[] = [];
  for (const id of ids.value) {
    try {
      const done = await work(id);
      if (!done.ok) failures.push(new Error(`${messageKey(done.refusal)}: ${done.refusal.message}`));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return ok(ids.value.length);
};

/** The votes are void; its maker may refresh it where its kind knows how. */
const closeStale = (deps: ApprovalDeps, by: Initiator, requestId: string): Promise<Result<ChangeRequest | null>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const request = await store.lockRequest(tx, requestId);
    if (request === null || nextState(request.state, 'FIND_STALE') === null) {
      // Somebody else closed it in between.
      tx.unchanged();
      return ok(request);
    }
    await store.insertStep(tx, request, { verb: 'FIND_STALE' });
    const moved = await store.moveRequest(tx, request, { state: 'STALE', currentLevel: request.currentLevel });
    recordMove(tx, request, moved, 'request.foundStale');
    await deps.handlerOf(request.kind).ended?.(tx, moved);
    return ok(moved);
  });

/** Closes up to `atMost` requests whose time to be decided has passed; yields how many. */
export const expireOverdue = (deps: ApprovalDeps, by: Initiator, atMost: number): Promise<Result<number>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const ids = await store.dueRequestIds(tx, 'EXPIRY', atMost);
    if (ids.length === 0) tx.unchanged();
    for (const id of ids) {
      const request = await store.lockRequest(tx, id);
      if (request === null) throw new Error(`request ${id} vanished`);
      await store.insertStep(tx, request, { verb: 'EXPIRE' });
      const moved = await store.moveRequest(tx, request, {
        state: stateAfter(request.state, 'EXPIRE'),
        currentLevel: request.currentLevel,
      });
      recordMove(tx, request, moved, 'request.expired');
      await deps.handlerOf(request.kind).ended?.(tx, moved);
    }
    return ok(ids.length);
  });

export const stateAfter = (state: RequestState, event: RequestEvent): RequestState => {
  const next = nextState(state, event);
  if (next === null) throw new Error(`no transition from ${state} by ${event}`);
  return next;
};
