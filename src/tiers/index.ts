/** Door of the tiers room 「客户分层」: what a customer is worth, which tier value and risk put him in, and what follows. */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { Tier } from '../policies';
import type { RoomReads } from '../platform/read-model';
import type { Tx } from '../platform/unit-of-work';
import type { GradeChange, GradesThatMayCome, Ratings } from '../ratings';
import { followLifeCycles } from './life-cycle.commands';
import { tierConsequences } from './tier-consequences';
import {
  closeTierTask,
  followRun,
  followWarnings,
  resumeFollowUps,
  runFollowUp,
  type CloseTask,
  type OpenWarnings,
  type TaskClosed,
  type TierDeps,
} from './tier.commands';
import { createTierQueries, type TierQueries } from './tier.queries';
import { createTierReads } from './tier.reads';
import { tiersOf } from './tier.store';
import {
  computeDue,
  evaluateCustomer,
  gradesChanged,
  runComputation,
  startComputation,
  type ComputationStarted,
  type CustomerEvaluated,
} from './value.commands';

export { TASK_STATES, type TaskState } from './domain/tier-task';
export { TIER_CAUSES, type TierCause } from './tier.store';
export type { TaskFilter, TieredCustomerFilter } from './tier.queries';
export { FOLLOW_UP_JOB } from './tier.commands';
export { VALUE_JOB } from './value.commands';

export interface Tiers {
  startComputation(by: Initiator): Promise<Result<ComputationStarted>>;
  runComputation(by: Initiator, input: { readonly computationId: string }): Promise<Result<number>>;
  /** Starts, resumes or completes what is due of values; yields whether there was something. */
  computeDue(by: Initiator, now: Date): Promise<Result<number>>;
  /** Moves everybody, or `only` some, to the stage of the life cycle that today's figures speak for; yields how many moved. */
  followLifeCycles(by: Initiator, only?: readonly string[]): Promise<Result<number>>;
  evaluateCustomer(by: Initiator, input: { readonly customerId: string }): Promise<Result<CustomerEvaluated>>;
  closeTask(by: Initiator, input: CloseTask): Promise<Result<TaskClosed>>;
  /** Subscriber of grade changes: runs inside the transaction that makes them. */
  gradesChanged(tx: Tx, changes: readonly GradeChange[]): Promise<void>;
  /** The same for the run over the portfolio that has just been published; tiers of more than a batch follow by job. */
  runPublished(tx: Tx, run: { readonly runId: string; readonly rated: number }): Promise<void>;
  /** Answers that job; yields how many tiers moved. */
  runFollowUp(by: Initiator, input: { readonly runId: string }): Promise<Result<number>>;
  /** Takes up follow-ups whose job was lost; yields how many tiers moved. */
  resumeFollowUps(by: Initiator, now: Date): Promise<Result<number>>;
  /** The same for warnings that were raised or closed. */
  warningsChanged(
    tx: Tx,
    changes: readonly { readonly customerId: string; readonly warningId: string }[],
  ): Promise<void>;
  /** Tiers of the customers that have one. */
  tiersOf(tx: Tx, customerIds: readonly string[]): Promise<ReadonlyMap<string, Tier>>;
  /** Which tiers grades that may come would lead to. */
  readonly consequences: GradesThatMayCome['tiers'];
  readonly queries: TierQueries;
  readonly reads: RoomReads;
}

const nobodyWarned: OpenWarnings = () => Promise.resolve(new Map());

/** Customers of one transaction. */
const BATCH = 5_000;

export const createTiers = (
  options: Omit<TierDeps, 'openWarnings' | 'ratings' | 'batch'> & {
    readonly ratings: Ratings;
    readonly openWarnings?: OpenWarnings;
    /** Customers of one transaction, and the most that follow a run inside of its own. */
    readonly batch?: number;
  },
): Tiers => {
  const deps = { openWarnings: nobodyWarned, batch: BATCH, ...options };
  return {
    startComputation: (by) => startComputation(deps, by),
    runComputation: (by, input) => runComputation(deps, by, input),
    computeDue: (by, now) => computeDue(deps, by, now),
    followLifeCycles: (by, only) => followLifeCycles(deps, by, only),
    evaluateCustomer: (by, input) => evaluateCustomer(deps, by, input),
    closeTask: (by, input) => closeTierTask(deps, by, input),
    gradesChanged: (tx, changes) => gradesChanged(deps, tx, changes),
    runPublished: (tx, run) => followRun(deps, tx, run),
    runFollowUp: (by, input) => runFollowUp(deps, by, input),
    resumeFollowUps: (by, now) => resumeFollowUps(deps, by, now),
    warningsChanged: (tx, changes) => followWarnings(deps, tx, changes),
    tiersOf,
    consequences: (query, grades, at) => tierConsequences(deps, query, grades, at),
    queries: createTierQueries(deps),
    reads: createTierReads(deps.policies),
  };
};
