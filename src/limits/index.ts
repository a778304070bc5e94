/** Door of the limits room 「授信额度」: how much a customer may owe us, by policy from the grade in force. */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { RequestHandler, VerbOutcome } from '../approvals';
import type { Database } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import type { GradeChange } from '../ratings';
import {
  cutToPolicy,
  openLimits,
  raiseHandler,
  requestRaise,
  type LimitDeps,
  type OpeningLimit,
  type RequestRaise,
} from './limit.commands';
import type { RoomReads } from '../platform/read-model';
import { createLimitReads } from './limit.reads';
import { createLimitQueries, type LimitQueries } from './limit.queries';

export type { OpeningLimit, RequestRaise } from './limit.commands';

export interface Limits {
  open(
    by: Initiator,
    input: { readonly currency: string; readonly source: string; readonly limits: readonly OpeningLimit[] },
  ): Promise<Result<number>>;
  requestRaise(by: Initiator, input: RequestRaise): Promise<Result<VerbOutcome>>;
  /** Subscriber of grade changes: runs inside the transaction that makes them. */
  gradesChanged(tx: Tx, changes: readonly GradeChange[]): Promise<void>;
  readonly handler: RequestHandler;
  readonly queries: LimitQueries;
  readonly reads: RoomReads;
}

export const createLimits = (deps: LimitDeps & { database: Database }): Limits => ({
  open: (by, input) => openLimits(deps, by, input),
  requestRaise: (by, input) => requestRaise(deps, by, input),
  gradesChanged: (tx, changes) => cutToPolicy(deps, tx, changes),
  handler: raiseHandler(deps),
  queries: createLimitQueries(deps),
  reads: createLimitReads(deps.policies),
});
