/**
 * Who may decide, as something that is decided on: roles that others ask for, and delegations that last longer than a person may
 * give by himself. Nobody gets a role by his own word, and nobody agrees to his own.
 */
import type { Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { ROLES, type Role } from '../kernel/role';
import {
  currentDelegations,
  decideDelegation,
  decideGrant,
  delegationFacts,
  insertDelegation,
  insertGrants,
  lockDelegation,
  lockDelegations,
  lockUser,
  permit,
  raiseVersion,
  revokeDelegation,
  type DelegationTerms,
} from '../identity';
import type { Tx } from '../platform/unit-of-work';
import { z } from 'zod';
import { REQUEST_KINDS } from './domain/change-request';
import type { ApprovalDeps, Proposal, RequestHandler, VerbOutcome } from './request-handler';
import { submit } from './submission.commands';

const DAY_MS = 86_400_000;

export interface DelegateCommand extends DelegationTerms {
  readonly toId: string;
}

export interface DelegationOutcome {
  /** Null where it waits for others to agree. */
  readonly delegationId: string | null;
  /** The request for it; null where the person could give it by himself. */
  readonly requestId: string | null;
  readonly auditEventId: string;
}

/** Lets another act for the caller 「委托」. Longer than the rules allow, it becomes a request. */
export const delegate = async (
  deps: ApprovalDeps,
  by: Initiator,
  input: DelegateCommand,
): Promise<Result<DelegationOutcome>> => {
  const permitted = permit(by.actor, 'request.decide');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx): Promise<Result<DelegationOutcome>> => {
    const { toId, ...terms } = input;
    const judged = await judgeDelegation(tx, by.actor.id, toId, terms);
    if (!judged.ok) return judged;
    const rules = await deps.policies.inForce(tx, 'APPROVAL_RULES');
    if (judged.value.days <= rules.content.delegationDaysUpTo) {
      const delegationId = await insertDelegation(tx, { ...terms, fromId: by.actor.id, toId, requestId: null });
      const auditEventId = recordGiven(tx, delegationId, by.actor.id, toId, terms);
      return ok({ delegationId, requestId: null, auditEventId });
    }
    const submitted = await submit(deps, tx, {
      kind: 'DELEGATION',
      subject: { type: 'User', id: by.actor.id },
      interestedIds: [by.actor.id, toId],
      ...delegationProposal(tx, by.actor.id, toId, terms, judged.value, rules.content.decideWithinDays),
    });
    if (!submitted.ok) return submitted;
    const { request, auditEventId } = submitted.value;
    return ok({ delegationId: null, requestId: request.id, auditEventId });
  });
};

const judgeDelegation = async (
  tx: Tx,
  fromId: string,
  toId: string,
  terms: DelegationTerms,
): Promise<Result<{ readonly days: number; readonly version: number }>> => {
  if (terms.kinds?.some((kind) => !(REQUEST_KINDS as readonly string[]).includes(kind)) === true) {
    return refuse('INVALID', 'there is no such kind of request', { reason: 'KIND', field: ['kinds'] });
  }
  await lockDelegations(tx);
  const from = await lockUser(tx, fromId);
  const to = await lockUser(tx, toId);
  if (from === null) throw new Error(`${fromId} is not a user`);
  if (to === null) return refuse('NOT_FOUND', 'no such user', { field: ['toId'] });
  const decision = decideDelegation(from, to, terms, await currentDelegations(tx), tx.at);
  return decision.ok ? ok({ ...decision.value, version: from.version }) : decision;
};

const delegationProposal = (
  tx: Tx,
  fromId: string,
  toId: string,
  terms: DelegationTerms,
  judged: { readonly days: number; readonly version: number },
  decideWithinDays: number,
): Proposal => ({
  payload: {
    toId,
    kinds: terms.kinds,
    startsAt: terms.startsAt.toISOString(),
    endsAt: terms.endsAt.toISOString(),
    reason: terms.reason.trim(),
  },
  base: { version: judged.version },
  impact: { ...(delegationFacts(terms, fromId, toId) as object), days: Math.ceil(judged.days) },
  facts: { kind: 'DELEGATION' },
  decideBy: new Date(Math.min(tx.at.getTime() + decideWithinDays * DAY_MS, terms.endsAt.getTime())),
});

const recordGiven = (tx: Tx, id: string, fromId: string, toId: string, terms: DelegationTerms): string =>
  tx.record({
    action: 'delegation.given',
    object: { type: 'Delegation', id },
    after: delegationFacts(terms, fromId, toId),
    reason: terms.reason.trim(),
  });

/** Ends a delegation before its time: who gave it, who holds it, or who manages users. */
export const endDelegation = async (
  deps: Pick<ApprovalDeps, 'unitOfWork'>,
  by: Initiator,
  input: { readonly delegationId: string },
): Promise<Result<DelegationOutcome>> =>
  deps.unitOfWork.run(by, async (tx): Promise<Result<DelegationOutcome>> => {
    const delegation = await lockDelegation(tx, input.delegationId);
    const mine = delegation?.fromId === by.actor.id || delegation?.toId === by.actor.id;
    if (!mine) {
      const permitted = permit(by.actor, 'user.manage');
      if (!permitted.ok) return permitted;
    }
    if (delegation === null) return refuse('NOT_FOUND', 'no such delegation', { field: ['delegationId'] });
    if (delegation.revokedAt !== null || delegation.endsAt <= tx.at) {
      return refuse('INVALID_STATE', 'the delegation is over already', { reason: 'OVER' });
    }
    await revokeDelegation(tx, delegation.id);
    const auditEventId = tx.record({
      action: 'delegation.revoked',
      object: { type: 'Delegation', id: delegation.id },
      before: { revoked: false },
      after: { revoked: true },
      data: { from: delegation.fromId, to: delegation.toId },
    });
    return ok({ delegationId: delegation.id, requestId: null, auditEventId });
  });

const delegationPayload = z.strictObject({
  toId: z.uuid(),
  kinds: z.array(z.string()).nullable(),
  startsAt: z.string(),
  endsAt: z.string(),
  reason: z.string(),
});

const termsOf = (payload: Json): { readonly toId: string; readonly terms: DelegationTerms } => {
  const { toId, kinds, startsAt, endsAt, reason } = delegationPayload.parse(payload);
  return { toId, terms: { kinds, startsAt: new Date(startsAt), endsAt: new Date(endsAt), reason } };
};

export const delegationHandler = (deps: ApprovalDeps): RequestHandler => ({
  kind: 'DELEGATION',
  currentBase: async (tx, fromId) => {
    const from = await lockUser(tx, fromId);
    return from === null ? null : { version: from.version };
  },
  show: (payload) => {
    const { toId, kinds, startsAt, endsAt, reason } = delegationPayload.parse(payload);
    return { __typename: 'DelegationProposal', toId, kinds, startsAt, endsAt, reason };
  },
  prepare: async (tx, subject, payload) => {
    const { toId, terms } = termsOf(payload);
    const judged = await judgeDelegation(tx, subject.id, toId, terms);
    if (!judged.ok) return judged;
    const rules = await deps.policies.inForce(tx, 'APPROVAL_RULES');
    return ok(delegationProposal(tx, subject.id, toId, terms, judged.value, rules.content.decideWithinDays));
  },
  apply: async (tx, request) => {
    const { toId, terms } = termsOf(request.payload);
    const judged = await judgeDelegation(tx, request.subject.id, toId, terms);
    if (!judged.ok) return judged;
    const fromId = request.subject.id;
    const id = await insertDelegation(tx, { ...terms, fromId, toId, requestId: request.id });
    recordGiven(tx, id, fromId, toId, terms);
    return ok(true);
  },
});

export interface RequestRole {
  readonly userId: string;
  readonly role: Role;
  /** Version of the user that the caller saw. */
  readonly expectedVersion: number;
  readonly reason: string;
}

/** Asks for a role for somebody else; others agree to it. */
export const requestRole = async (
  deps: ApprovalDeps,
  by: Initiator,
  input: RequestRole,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'user.manage');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    const user = await lockUser(tx, input.userId);
    if (user === null) return refuse('NOT_FOUND', 'There is no such user.', { field: ['userId'] });
    const decision = decideGrant(by.actor, user, input.role, input.expectedVersion);
    if (!decision.ok) return decision;
    const reason = input.reason.trim();
    if (reason === '') return refuse('REQUIRED', 'a role is asked for with a reason', { field: ['reason'] });
    const rules = await deps.policies.inForce(tx, 'APPROVAL_RULES');
    return submit(deps, tx, {
      kind: 'ROLE_GRANT',
      subject: { type: 'User', id: user.id },
      interestedIds: [user.id],
      payload: { role: input.role, reason },
      base: { version: user.version },
      impact: { roles: [...user.roles], role: input.role },
      facts: { kind: 'ROLE_GRANT' },
      decideBy: new Date(tx.at.getTime() + rules.content.decideWithinDays * DAY_MS),
    });
  });
};

const rolePayload = z.strictObject({ role: z.enum(ROLES), reason: z.string() });

export const roleGrantHandler = (): RequestHandler => ({
  kind: 'ROLE_GRANT',
  currentBase: async (tx, userId) => {
    const user = await lockUser(tx, userId);
    return user === null ? null : { version: user.version };
  },
  show: (payload) => ({ __typename: 'RoleGrantProposal', ...rolePayload.parse(payload) }),
  changes: (payload) => [{ what: 'role', before: null, after: rolePayload.parse(payload).role }],
  apply: async (tx, request) => {
    const { role, reason } = rolePayload.parse(request.payload);
    const user = await lockUser(tx, request.subject.id);
    if (user === null) return refuse('NOT_FOUND', 'There is no such user.');
    const decision = decideGrant(tx.initiator.actor, user, role, user.version);
    if (!decision.ok) return decision;
    await insertGrants(tx, user.id, [role]);
    await raiseVersion(tx, user.id);
    tx.record({
      action: 'user.roleGranted',
      object: { type: 'User', id: user.id },
      before: { roles: [...user.roles] },
      after: { roles: [...user.roles, role].sort() },
      reason,
      data: { request: request.number },
    });
    tx.signal('User', user.id, user.version + 1);
    return ok(true);
  },
});
