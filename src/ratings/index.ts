/** Door of the ratings room: what the model makes of customers, and which grade is in force. */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { Tx } from '../platform/unit-of-work';
import type { RoomReads } from '../platform/read-model';
import { gradedCustomers } from './graded-customer.queries';
import { lockGrades, type CustomerGrade } from './grade.store';
import { applyOverride, endOverride, rateCustomer, type RatingDeps, type RatingOutcome } from './rating.commands';
import { createRatingQueries, type RatingQueries } from './rating.queries';
import { createRatingReads } from './rating.reads';
import { cancelRun, resumeIdleRuns, runChunk, startRun, type RunStarted } from './run.commands';
import { createRunQueries, type RunQueries } from './run.queries';

export type { Basis } from './domain/follow-grade';
export type { CustomerGrade, GradeCause, GradeChange } from './grade.store';
export type { GradedCustomerFilter } from './graded-customer.queries';
export type { RatingOutcome } from './rating.commands';
export { RUN_STATES, type RunState } from './domain/run';
export type { CalculationLog, PastGrade } from './rating.queries';
export { CHUNK_JOB, type RunStarted } from './run.commands';
export type { RatingRun } from './run.queries';

export interface Ratings {
  rateCustomer(by: Initiator, input: { readonly customerId: string }): Promise<Result<RatingOutcome>>;
  startRun(by: Initiator): Promise<Result<RunStarted>>;
  runChunk(
    by: Initiator,
    input: { readonly runId: string; readonly ordinal: number },
  ): Promise<Result<{ readonly done: boolean }>>;
  cancelRun(by: Initiator, input: { readonly runId: string }): Promise<Result<RunStarted>>;
  resumeIdleRuns(by: Initiator): Promise<Result<number>>;
  /** The customer's grades, locked until the transaction ends; null before the first rating. */
  lockGrade(tx: Tx, customerId: string): Promise<CustomerGrade | null>;
  customerExists(tx: Tx, customerId: string): Promise<boolean>;
  applyOverride(tx: Tx, input: Parameters<typeof applyOverride>[2]): Promise<void>;
  endOverride(tx: Tx, input: Parameters<typeof endOverride>[2]): Promise<void>;
  readonly queries: RatingQueries & RunQueries & { readonly gradedCustomers: typeof gradedCustomers };
  readonly reads: RoomReads;
}

export const createRatings = (deps: RatingDeps): Ratings => {
  const queries = createRatingQueries(deps);
  return {
    rateCustomer: (by, input) => rateCustomer(deps, by, input),
    startRun: (by) => startRun(deps, by),
    runChunk: (by, input) => runChunk(deps, by, input),
    cancelRun: (by, input) => cancelRun(deps, by, input),
    resumeIdleRuns: (by) => resumeIdleRuns(deps, by),
    lockGrade: async (tx, customerId) => (await lockGrades(tx, [customerId]))[0] ?? null,
    customerExists: async (tx, customerId) =>
      (await tx.query('SELECT FROM customer WHERE id = $1', [customerId])).length === 1,
    applyOverride: (tx, input) => applyOverride(deps, tx, input),
    endOverride: (tx, input) => endOverride(deps, tx, input),
    queries: {
      ...queries,
      ...createRunQueries(deps.database),
      gradedCustomers,
    },
    reads: createRatingReads(queries),
  };
};
