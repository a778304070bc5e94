/** Whose business a request is: the inbox tells people of these and of no others. */
import type { Role } from '../../kernel/role';
import type { ChangeRequest } from './change-request';

/**
 * Whether the person made the request, voted on it, or holds a role that it waits for or has waited for: what a colleague has
 * decided leaves the inbox of everybody who could have.
 */
export const concerns = (
  request: ChangeRequest,
  person: { readonly id: string; readonly roles: readonly Role[] },
): boolean =>
  request.makerId === person.id ||
  request.votes.some((vote) => vote.voterId === person.id) ||
  request.levels.some((level) => level.ordinal <= request.currentLevel && person.roles.includes(level.role));
