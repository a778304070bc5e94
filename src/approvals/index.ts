/**
 * Door of the approvals room: maker-checker for every controlled change. It knows the envelope of a change and nothing of
 * what is inside; each governed room registers a handler for its kind.
 */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { Policies } from '../policies';
import type { Database } from '../platform/database';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import {
  expireOverdue,
  submit,
  vote,
  withdraw,
  type RequestHandler,
  type Submission,
  type VerbOutcome,
  type VoteCommand,
} from './approval.commands';
import type { RoomReads } from '../platform/read-model';
import { createApprovalReads } from './approval.reads';
import { createApprovalQueries, type ApprovalQueries } from './approval.queries';
import type { RequestKind } from './domain/change-request';

export type { RequestHandler, Submission, VerbOutcome, VoteCommand } from './approval.commands';
export { INBOX_TABS, type InboxTab, type RequestFilter } from './approval.queries';
export { concerns } from './domain/concerns';
export { isOpen, REQUEST_KINDS, REQUEST_STATES } from './domain/change-request';
export type { ChangeRequest, RequestKind, RequestState, Verdict } from './domain/change-request';
export { REQUEST_VERBS, type RequestVerb } from './domain/viewer-actions';

export interface Approvals {
  /** Called by the composition root, once per kind. */
  register(handler: RequestHandler): void;
  /** Puts a change up for decision inside the caller's transaction. */
  submit(tx: Tx, submission: Submission): Promise<Result<VerbOutcome>>;
  vote(by: Initiator, input: VoteCommand): Promise<Result<VerbOutcome>>;
  withdraw(
    by: Initiator,
    input: { requestId: string; expectedVersion: number; comment: string | null },
  ): Promise<Result<VerbOutcome>>;
  expireOverdue(by: Initiator, atMost: number): Promise<Result<number>>;
  readonly queries: ApprovalQueries;
  readonly reads: RoomReads;
}

export const createApprovals = (deps: {
  database: Database;
  unitOfWork: UnitOfWork;
  policies: Policies;
}): Approvals => {
  const handlers = new Map<RequestKind, RequestHandler>();
  const approvalDeps = {
    unitOfWork: deps.unitOfWork,
    policies: deps.policies,
    handlerOf: (kind: RequestKind): RequestHandler => {
      const handler = handlers.get(kind);
      if (handler === undefined) throw new Error(`no handler is registered for ${kind}`);
      return handler;
    },
  };
  return {
    register: (handler) => {
      if (handlers.has(handler.kind)) throw new Error(`a handler for ${handler.kind} is already registered`);
      handlers.set(handler.kind, handler);
    },
    submit: (tx, submission) => submit(approvalDeps, tx, submission),
    vote: (by, input) => vote(approvalDeps, by, input),
    withdraw: (by, input) => withdraw(approvalDeps, by, input),
    expireOverdue: (by, atMost) => expireOverdue(approvalDeps, by, atMost),
    queries: createApprovalQueries(deps.database),
    reads: createApprovalReads(approvalDeps.handlerOf),
  };
};
