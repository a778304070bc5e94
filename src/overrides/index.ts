/** Door of the overrides room 「推翻」: a person's judgement in place of the model's, for a time and with four eyes. */
import type { Initiator } from '../kernel/actor';
import type { Clock } from '../kernel/clock';
import type { Result } from '../kernel/result';
import type { RequestHandler, VerbOutcome } from '../approvals';
import type { Database } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import {
  expireInputOverrides,
  inputOverrideHandler,
  submitInputOverride,
  type InputOverrideDeps,
  type SubmitInputOverride,
} from './input-override.commands';
import {
  endOverdueOf,
  expireOverrides,
  overrideHandler,
  reviseOverride,
  submitOverride,
  type OverrideDeps,
  type ReviseOverride,
  type SubmitOverride,
} from './override.commands';
import { createOverrideQueries, customersWithOverdue, type OverrideQueries } from './override.queries';

export { overrideReads } from './override.reads';
export type { SubmitInputOverride } from './input-override.commands';
export type { ReviseOverride, SubmitOverride } from './override.commands';

export interface Overrides {
  submit(by: Initiator, input: SubmitOverride): Promise<Result<VerbOutcome>>;
  revise(by: Initiator, input: ReviseOverride): Promise<Result<VerbOutcome>>;
  expire(by: Initiator, atMost: number): Promise<Result<number>>;
  submitInput(by: Initiator, input: SubmitInputOverride): Promise<Result<VerbOutcome>>;
  expireInputs(by: Initiator, atMost: number): Promise<Result<number>>;
  /** Ends the customer's override in the caller's transaction if its time is over; whether it did. */
  endOverdueOf(tx: Tx, customerId: string): Promise<boolean>;
  readonly handlers: readonly RequestHandler[];
  readonly queries: OverrideQueries;
}

export const createOverrides = (
  options: Omit<OverrideDeps & InputOverrideDeps, 'customersWithOverdue'> & { database: Database; clock: Clock },
): Overrides => {
  const { database, clock } = options;
  const deps: OverrideDeps & InputOverrideDeps = {
    ...options,
    customersWithOverdue: (atMost) => customersWithOverdue(database, clock(), atMost),
  };
  return {
    submit: (by, input) => submitOverride(deps, by, input),
    revise: (by, input) => reviseOverride(deps, by, input),
    expire: (by, atMost) => expireOverrides(deps, by, atMost),
    endOverdueOf: (tx, customerId) => endOverdueOf(deps, tx, customerId),
    submitInput: (by, input) => submitInputOverride(deps, by, input),
    expireInputs: (by, atMost) => expireInputOverrides(deps, by, atMost),
    handlers: [overrideHandler(deps), inputOverrideHandler(deps)],
    queries: createOverrideQueries(database),
  };
};
