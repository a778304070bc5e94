/** Whose business a request is: the inbox tells people of these and of no others. */
import type { Role } from '../../kernel/role';
import type { ChangeRequest } from './change-request';

/**
 * Whether the person made the request or had a hand in it, voted on it, or holds a role that it waits for or has waited for:
 * what a colleague has decided leaves the inbox of everybody who could have. A draft is its maker's business alone.
 */
export const concerns = (
  request: ChangeRequest,
  person: { readonly id: string; readonly roles: readonly Role[] },
): boolean => {
  if (request.makerId === person.id || request.editorIds.includes(person.id)) return true;
  if (request.state === 'DRAFT') return false;
  return (
    request.votes.some(({ voterId, principalId }) => voterId === person.id || principalId === person.id) ||
    request.handovers.some((step) =>
      step.verb === 'REASSIGN'
        ? step.toId === person.id || step.fromId === person.id
        : person.roles.includes(step.role),
    ) ||
    request.levels.some(
      ({ ordinal, role, personId }) =>
        ordinal <= request.currentLevel && (personId === person.id || (role !== null && person.roles.includes(role))),
    )
  );
};
