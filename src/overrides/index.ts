/** Door of the overrides room 「推翻」: a person's judgement in place of the model's, for a time and with four eyes. */
import type { Initiator } from '../kernel/actor';
import type { Clock } from '../kernel/clock';
import type { Result } from '../kernel/result';
import type { RequestHandler, VerbOutcome } from '../approvals';
import type { Database } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import {
  endOverdueOf,
  expireOverrides,
  overrideHandler,
  submitOverride,
  type OverrideDeps,
  type SubmitOverride,
} from './override.commands';
import { createOverrideQueries, customersWithOverdue, type OverrideQueries } from './override.queries';

export { overrideReads } from './override.reads';
export type { SubmitOverride } from './override.commands';

export interface Overrides {
  submit(by: Initiator, input: SubmitOverride): Promise<Result<VerbOutcome>>;
  expire(by: Initiator, atMost: number): Promise<Result<number>>;
  /** Ends the customer's override in the caller's transaction if its time is over; whether it did. */
  endOverdueOf(tx: Tx, customerId: string): Promise<boolean>;
  readonly handler: RequestHandler;
  readonly queries: OverrideQueries;
}

export const createOverrides = (
  options: Omit<OverrideDeps, 'customersWithOverdue'> & { database: Database; clock: Clock },
): Overrides => {
  const { database, clock } = options;
  const deps: OverrideDeps = {
    ...options,
    customersWithOverdue: (atMost) => customersWithOverdue(database, clock(), atMost),
  };
  return {
    submit: (by, input) => submitOverride(deps, by, input),
    expire: (by, atMost) => expireOverrides(deps, by, atMost),
    endOverdueOf: (tx, customerId) => endOverdueOf(deps, tx, customerId),
    handler: overrideHandler(deps),
    queries: createOverrideQueries(database),
  };
};
