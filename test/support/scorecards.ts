/** The scorecards room on a test database, with the approvals that its versions pass through. */
import { createApprovals, type Approvals } from '../../src/approvals';
import { ok } from '../../src/kernel/result';
import { createPolicies } from '../../src/policies';
import { createScorecards, type Scorecards } from '../../src/scorecards';
import type { TestDatabase } from './database';

export const scorecardsOf = (test: TestDatabase): Scorecards => withApprovals(test).scorecards;

export const withApprovals = (
  test: TestDatabase,
): { readonly scorecards: Scorecards; readonly approvals: Approvals } => {
  const { database, unitOfWork, clock } = test;
  const approvals = createApprovals({ database, unitOfWork, policies: createPolicies({ database, unitOfWork }) });
  const scorecards = createScorecards({
    database,
    unitOfWork,
    clock,
    approvals,
    // Nobody to be rated: there is nothing to be looked at beforehand.
    whatIfs: { of: () => Promise.resolve(ok(null)), show: () => ({}) },
  });
  approvals.register(scorecards.handler);
  return { scorecards, approvals };
};
