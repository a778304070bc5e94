/** Door of the overrides room 「推翻」: a person's judgement in place of the model's, for a time and with four eyes. */
import type { Initiator } from '../kernel/actor';
import type { Result } from '../kernel/result';
import type { RequestHandler, VerbOutcome } from '../approvals';
import type { Database } from '../platform/database';
import {
  expireOverrides,
  overrideHandler,
  submitOverride,
  type OverrideDeps,
  type SubmitOverride,
} from './override.commands';
import { createOverrideQueries, type OverrideQueries } from './override.queries';

export { overridePayloadSchema } from './domain/override-payload';
export type { SubmitOverride } from './override.commands';
export type { GradeOverride } from './override.queries';

export interface Overrides {
  submit(by: Initiator, input: SubmitOverride): Promise<Result<VerbOutcome>>;
  expire(by: Initiator, atMost: number): Promise<Result<number>>;
  readonly handler: RequestHandler;
  readonly queries: OverrideQueries;
}

export const createOverrides = (deps: OverrideDeps & { database: Database }): Overrides => ({
  submit: (by, input) => submitOverride(deps, by, input),
  expire: (by, atMost) => expireOverrides(deps, by, atMost),
  handler: overrideHandler(deps),
  queries: createOverrideQueries(deps.database),
});
