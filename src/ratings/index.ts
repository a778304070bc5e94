/** Door of the ratings room: what the model makes of customers, and which grade is in force. */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { Tx } from '../platform/unit-of-work';
import { createGradedCustomerQueries, type GradedCustomerQueries } from './graded-customer.queries';
import { lockGrades, type CustomerGrade } from './grade.store';
import { applyOverride, endOverride, rateCustomer, type RatingDeps, type RatingOutcome } from './rating.commands';
import { createRatingQueries, type RatingQueries } from './rating.queries';

export type { Basis } from './domain/follow-grade';
export type { CustomerGrade, GradeCause, GradeChange } from './grade.store';
export type { GradeCondition, GradedCustomerFilter } from './graded-customer.queries';
export type { RatingOutcome } from './rating.commands';
export type { CalculationLog, GradeHistoryEntry, Rating } from './rating.queries';

export interface Ratings {
  rateCustomer(by: Initiator, input: { readonly customerId: string }): Promise<Result<RatingOutcome>>;
  /** The customer's grades, locked until the transaction ends; null before the first rating. */
  lockGrade(tx: Tx, customerId: string): Promise<CustomerGrade | null>;
  customerExists(tx: Tx, customerId: string): Promise<boolean>;
  applyOverride(tx: Tx, input: Parameters<typeof applyOverride>[2]): Promise<void>;
  endOverride(tx: Tx, input: Parameters<typeof endOverride>[2]): Promise<void>;
  readonly queries: RatingQueries & { readonly gradedCustomers: GradedCustomerQueries };
}

export const createRatings = (deps: RatingDeps): Ratings => ({
  rateCustomer: (by, input) => rateCustomer(deps, by, input),
  lockGrade: async (tx, customerId) => (await lockGrades(tx, [customerId]))[0] ?? null,
  customerExists: async (tx, customerId) =>
    (await tx.query('SELECT FROM customer WHERE id = $1', [customerId])).length === 1,
  applyOverride: (tx, input) => applyOverride(deps, tx, input),
  endOverride: (tx, input) => endOverride(deps, tx, input),
  queries: {
    ...createRatingQueries(deps),
    gradedCustomers: createGradedCustomerQueries(deps.database),
  },
});
