/** Door of the limits room 「授信额度」: how much a customer may owe us, by policy from the grade in force. */
import type { Actor, Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { RequestHandler, VerbOutcome } from '../approvals';
import type { Tx } from '../platform/unit-of-work';
import type { GradeChange, GradesThatMayCome } from '../ratings';
import {
  cutPublished,
  cutToPolicy,
  fallBackDue,
  followLimitPolicy,
  openLimits,
  raiseHandler,
  requestRaise,
  type LimitDeps,
  type OpeningLimit,
  type RequestRaise,
} from './limit.commands';
import type { RoomReads } from '../platform/read-model';
import { exposureOf } from './credit-limit.store';
import {
  confirmReservation,
  expireReservations,
  recordRepayment,
  releaseReservation,
  reserveCredit,
  type Booked,
  type ConfirmReservation,
  type ExposureDeps,
  type RecordRepayment,
  type ReserveCredit,
} from './exposure.commands';
import { creditCheck, type CreditCheck, type CreditQuestion } from './exposure.queries';
import { createLimitReads } from './limit.reads';
import { limitConsequences } from './limit-consequences';
import { limitCrossings, type LimitCrossings } from './limit-crossings';
import type { LimitPolicy } from '../policies';
import { createLimitQueries, type LimitQueries } from './limit.queries';
import {
  freezeLimit,
  requestUnfreeze,
  setGroupLimit,
  setSubLimit,
  unfreezeHandler,
  type FreezeLimit,
  type LimitTouched,
  type RequestUnfreeze,
  type TightenPart,
} from './tighten.commands';

export { EXPOSURE_KINDS, type ExposureKind } from './domain/exposure';
export type { Booked } from './exposure.commands';
export type { OpeningLimit, RequestRaise } from './limit.commands';
export type { LimitTouched } from './tighten.commands';

export interface Limits {
  open(
    by: Initiator,
    input: { readonly currency: string; readonly source: string; readonly limits: readonly OpeningLimit[] },
  ): Promise<Result<number>>;
  requestRaise(by: Initiator, input: RequestRaise): Promise<Result<VerbOutcome>>;
  /** Takes an amount out of what is available, until it is confirmed, released or lapses. */
  reserve(by: Initiator, input: ReserveCredit): Promise<Result<Booked>>;
  confirm(by: Initiator, input: ConfirmReservation): Promise<Result<Booked>>;
  release(by: Initiator, input: Omit<ConfirmReservation, 'amount'>): Promise<Result<Booked>>;
  repay(by: Initiator, input: RecordRepayment): Promise<Result<Booked>>;
  /** Lets up to `atMost` reservations lapse whose time is over; yields how many. */
  expireReservations(by: Initiator, atMost: number): Promise<Result<number>>;
  /** Ends up to `atMost` temporary raises whose time is over; yields how many. */
  fallBackDue(by: Initiator, atMost: number): Promise<Result<number>>;
  /** Cuts what a limit policy that was published no longer allows; yields how many limits. */
  followPolicy(by: Initiator, batch?: number): Promise<Result<number>>;
  freeze(by: Initiator, input: FreezeLimit): Promise<Result<LimitTouched>>;
  requestUnfreeze(by: Initiator, input: RequestUnfreeze): Promise<Result<VerbOutcome>>;
  setSubLimit(by: Initiator, input: TightenPart & { readonly product: string }): Promise<Result<LimitTouched>>;
  setGroupLimit(by: Initiator, input: TightenPart): Promise<Result<LimitTouched>>;
  creditCheck(viewer: Actor, question: CreditQuestion): Promise<Result<CreditCheck>>;
  /** Subscriber of grade changes: runs inside the transaction that makes them. */
  gradesChanged(tx: Tx, changes: readonly GradeChange[]): Promise<void>;
  /** The same for the run over the portfolio that has just been published. */
  runPublished(tx: Tx): Promise<void>;
  readonly exposureOf: typeof exposureOf;
  /** What grades that may come would mean. */
  readonly consequences: GradesThatMayCome['limits'];
  /** What a limit policy that may come would mean for everybody, as counts. */
  crossings(tx: Tx, draft: LimitPolicy): Promise<LimitCrossings>;
  readonly handlers: readonly RequestHandler[];
  readonly queries: LimitQueries;
  readonly reads: RoomReads;
}

export const createLimits = (deps: LimitDeps & ExposureDeps): Limits => ({
  open: (by, input) => openLimits(deps, by, input),
  requestRaise: (by, input) => requestRaise(deps, by, input),
  reserve: (by, input) => reserveCredit(deps, by, input),
  confirm: (by, input) => confirmReservation(deps, by, input),
  release: (by, input) => releaseReservation(deps, by, input),
  repay: (by, input) => recordRepayment(deps, by, input),
  expireReservations: (by, atMost) => expireReservations(deps, by, atMost),
  fallBackDue: (by, atMost) => fallBackDue(deps, by, atMost),
  followPolicy: (by, batch) => followLimitPolicy(deps, by, batch),
  freeze: (by, input) => freezeLimit(deps, by, input),
  requestUnfreeze: (by, input) => requestUnfreeze(deps, by, input),
  setSubLimit: (by, input) => setSubLimit(deps, by, input),
  setGroupLimit: (by, input) => setGroupLimit(deps, by, input),
  creditCheck: (viewer, question) => creditCheck(deps, viewer, question),
  gradesChanged: async (tx, changes) => {
    await cutToPolicy(deps, tx, changes);
  },
  runPublished: (tx) => cutPublished(deps, tx),
  exposureOf,
  consequences: (query, grades, by) => limitConsequences(deps, query, grades, by),
  crossings: (tx, draft) => limitCrossings(deps, tx, draft),
  handlers: [raiseHandler(deps), unfreezeHandler()],
  queries: createLimitQueries(deps),
  reads: createLimitReads(deps.policies, deps.database.query),
});
