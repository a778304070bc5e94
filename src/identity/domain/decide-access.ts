/**
 * Whether a user's access may be changed: roles given and taken, people let go. Nobody changes his own access, and
 * nobody gets two roles that segregation keeps apart. It does not ask who may manage users; `permit` does.
 */
import type { Actor } from '../../kernel/actor';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { Role } from '../../kernel/role';
import { decidesRequests, rolesConflict } from './permissions';
import type { Line } from '../../kernel/line';
import type { User } from './user';

type Subject = Pick<User, 'id' | 'active' | 'roles' | 'version'>;

/** Refuses FORBIDDEN.OWN_ACCESS, STALE_VERSION, INVALID_STATE.USER_INACTIVE, ALREADY_EXISTS.ROLE_HELD and what {@link decideRoles} refuses. */
export const decideGrant = (
  by: Actor,
  user: Subject & { readonly orgUnit: { readonly line: Line } },
  role: Role,
  expectedVersion: number,
): Result<true> => {
  const changeable = requireChangeable(by, user, expectedVersion);
  if (!changeable.ok) return changeable;
  if (user.roles.includes(role)) {
    return refuse('ALREADY_EXISTS', `The user already holds ${role}.`, {
      reason: 'ROLE_HELD',
      field: ['role'],
      params: { role },
    });
  }
  return decideRoles(user.orgUnit.line, [...user.roles, role]);
};

/** Refuses as {@link decideGrant} does for state and version, and NOT_FOUND.ROLE_NOT_HELD. */
export const decideRevocation = (by: Actor, user: Subject, role: Role, expectedVersion: number): Result<true> => {
  const changeable = requireChangeable(by, user, expectedVersion);
  if (!changeable.ok) return changeable;
  if (!user.roles.includes(role)) {
    return refuse('NOT_FOUND', `The user does not hold ${role}.`, {
      reason: 'ROLE_NOT_HELD',
      field: ['role'],
      params: { role },
    });
  }
  return ok(true);
};

/** Refuses as {@link decideGrant} does for state and version, and REQUIRED for a blank reason. */
export const decideDeactivation = (by: Actor, user: Subject, reason: string, expectedVersion: number): Result<true> => {
  const changeable = requireChangeable(by, user, expectedVersion);
  if (!changeable.ok) return changeable;
  if (reason.trim() === '') return refuse('REQUIRED', 'A reason is required.', { field: ['reason'] });
  return ok(true);
};

/**
 * Whether one person of the given line may hold these roles together. Refuses POLICY_VIOLATION with ROLE_CONFLICT, or
 * LINE_BENEFITS for a deciding role in sales.
 */
export const decideRoles = (line: Line, roles: readonly Role[]): Result<true> => {
  for (const [i, role] of roles.entries()) {
    const opposed = roles.slice(0, i).find((earlier) => rolesConflict(earlier, role));
    if (opposed !== undefined) {
      return refuse('POLICY_VIOLATION', `${role} and ${opposed} are never held by one person.`, {
        reason: 'ROLE_CONFLICT',
        field: ['role'],
        params: { role, conflictsWith: opposed },
      });
    }
    if (line === 'SALES' && decidesRequests(role)) {
      return refuse('POLICY_VIOLATION', `${role} decides on requests and is never held in a sales unit.`, {
        reason: 'LINE_BENEFITS',
        field: ['role'],
        params: { role, line },
      });
    }
  }
  return ok(true);
};

const requireChangeable = (by: Actor, user: Subject, expectedVersion: number): Result<true> => {
  if (by.id === user.id) {
    return refuse('FORBIDDEN', 'Nobody changes his own access.', { reason: 'OWN_ACCESS' });
  }
  if (user.version !== expectedVersion) {
    return refuse('STALE_VERSION', 'The user has been changed since it was read.', {
      field: ['expectedVersion'],
      params: { version: user.version },
    });
  }
  if (!user.active) {
    return refuse('INVALID_STATE', 'The user is no longer active.', { reason: 'USER_INACTIVE', field: ['userId'] });
  }
  return ok(true);
};
