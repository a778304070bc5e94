/** Door of the identity room: who somebody is, what his roles allow, and who may change that. */
import type { Clock } from '../kernel/clock';
import type { Database } from '../platform/database';
import type { UnitOfWork } from '../platform/unit-of-work';
import { createAuthentication, type Authentication } from './authentication';
import type { TokenVerifier } from './token-verifier';
import { createUserCommands, type UserCommands } from './user.commands';
import { createUserQueries, type UserQueries } from './user.queries';

export { ACTIONS, decidesRequests, rolesConflict, permit, permitPast, type Action } from './domain/permissions';
export { SAMPLE_USERS } from './domain/sample-people';
export type { User } from './domain/user';
export {
  createTokenVerifier,
  IdentityProviderUnavailable,
  type TokenSource,
  type TokenVerifier,
} from './token-verifier';
export type { Authentication } from './authentication';
export type { UserFilter } from './user.queries';
export { byActorId, userReads } from './user.reads';
export { decideDelegation, type DelegationTerms } from './domain/decide-delegation';
export { decideGrant } from './domain/decide-access';
export {
  currentDelegations,
  delegationFacts,
  insertDelegation,
  lockDelegation,
  lockDelegations,
  mandatedStanding,
  mandatesAt,
  revokeDelegation,
} from './delegation.store';
export { insertGrants, lockUser, raiseVersion, standingsNow, standingsOf, type Standing } from './user.store';

export interface IdentityDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  /** Absent or null in processes without a door for people. */
  readonly tokens?: TokenVerifier | null;
}

export interface Identity {
  readonly commands: UserCommands;
  readonly queries: UserQueries;
  authenticate(credential: string | undefined): Promise<Authentication>;
  /** Has the user looked up anew at his next request: his access was changed, perhaps by another process. */
  accessChanged(userId: string): void;
}

export const createIdentity = ({ database, unitOfWork, clock, tokens }: IdentityDeps): Identity => {
  const queries = createUserQueries(database);
  const authentication = tokens == null ? null : createAuthentication({ tokens, bySubject: queries.bySubject, clock });
  const accessChanged = (userId: string): void => authentication?.forget(userId);
  return {
    commands: createUserCommands({ unitOfWork, accessChanged }),
    queries,
    accessChanged,
    authenticate: async (credential) => {
      if (authentication === null) throw new Error('this process has no door for people');
      return authentication.authenticate(credential);
    },
  };
};
