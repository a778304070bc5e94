/**
 * Creates users and org units, gives and takes roles, lets people go. Every command needs `user.manage`; passwords and
 * sign-in are the identity provider's affair and never stored here.
 */
import type { Initiator } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Role } from '../kernel/role';
import type { AuditDraft, Tx, UnitOfWork } from '../platform/unit-of-work';
import { decideDeactivation, decideGrant, decideRevocation, decideRoles } from './domain/decide-access';
import { permit } from './domain/permissions';
import { SAMPLE_ORG_UNITS, SAMPLE_USERS } from './domain/sample-people';
import { isLine } from '../kernel/line';
import { requireNames, type NewOrgUnit, type NewUser, type OrgUnit, type User } from './domain/user';
import {
  findOrgUnit,
  insertGrants,
  insertOrgUnit,
  insertUser,
  lockUser,
  markInactive,
  raiseVersion,
  revokeGrant,
} from './user.store';

export interface UserChange {
  readonly user: User;
  readonly auditEventId: string;
}

export interface RoleChange {
  readonly userId: string;
  readonly role: Role;
  readonly expectedVersion: number;
}

export interface Deactivation {
  readonly userId: string;
  readonly reason: string;
  readonly expectedVersion: number;
}

export interface UserCommandDeps {
  readonly unitOfWork: UnitOfWork;
  /** Called after the access of a user has changed, with his id. */
  readonly accessChanged: (userId: string) => void;
}

export const createUserCommands = ({ unitOfWork, accessChanged }: UserCommandDeps) => {
  const manage = async <T>(by: Initiator, work: (tx: Tx) => Promise<Result<T>>): Promise<Result<T>> => {
    const permitted = permit(by.actor, 'user.manage');
    return permitted.ok ? unitOfWork.run(by, work) : permitted;
  };

  const changeAccess = async (
    by: Initiator,
    userId: string,
    decide: (user: User) => Result<true>,
    write: (tx: Tx, user: User) => Promise<Omit<AuditDraft, 'object'>>,
  ): Promise<Result<UserChange>> => {
    const changed = await manage(by, async (tx) => {
      const before = await lockUser(tx, userId);
      if (before === null) return refuse('NOT_FOUND', 'There is no such user.', { field: ['userId'] });
      const decision = decide(before);
      if (!decision.ok) return decision;
      const event = await write(tx, before);
      await raiseVersion(tx, userId);
      const auditEventId = tx.record({ ...event, object: { type: 'User', id: userId } });
      const user = await requireUser(tx, userId);
      tx.signal('User', userId, user.version);
      return ok({ user, auditEventId });
    });
    if (changed.ok) accessChanged(userId);
    return changed;
  };

  return {
    /** Refuses REQUIRED, OUT_OF_RANGE, INVALID (line), NOT_FOUND (parent) and ALREADY_EXISTS. */
    createOrgUnit: (by: Initiator, input: NewOrgUnit): Promise<Result<OrgUnit>> =>
      manage(by, (tx) => addOrgUnit(tx, input)),

    /** Refuses REQUIRED, OUT_OF_RANGE, NOT_FOUND (org unit), ALREADY_EXISTS (subject) and what `decideRoles` refuses. */
    createUser: (by: Initiator, input: NewUser): Promise<Result<UserChange>> => manage(by, (tx) => addUser(tx, input)),

    grantRole: (by: Initiator, { userId, role, expectedVersion }: RoleChange): Promise<Result<UserChange>> =>
      changeAccess(
        by,
        userId,
        (user) => decideGrant(by.actor, user, role, expectedVersion),
        async (tx, user) => {
          await insertGrants(tx, userId, [role]);
          return {
            action: 'user.roleGranted',
            before: { roles: user.roles },
            after: { roles: [...user.roles, role].sort() },
          };
        },
      ),

    revokeRole: (by: Initiator, { userId, role, expectedVersion }: RoleChange): Promise<Result<UserChange>> =>
      changeAccess(
        by,
        userId,
        (user) => decideRevocation(by.actor, user, role, expectedVersion),
        async (tx, user) => {
          await revokeGrant(tx, userId, role);
          return {
            action: 'user.roleRevoked',
            before: { roles: user.roles },
            after: { roles: user.roles.filter((held) => held !== role) },
          };
        },
      ),

    /** Roles stay on record; an inactive user is nobody at the door and decides nothing. */
    deactivateUser: (by: Initiator, { userId, reason, expectedVersion }: Deactivation): Promise<Result<UserChange>> =>
      changeAccess(
        by,
        userId,
        (user) => decideDeactivation(by.actor, user, reason, expectedVersion),
        async (tx) => {
          await markInactive(tx, userId);
          return { action: 'user.deactivated', before: { active: true }, after: { active: false }, reason };
        },
      ),

    /** Adds those of the sample people and their org units that are not there yet; `added` counts both. */
    ensureSampleUsers: (by: Initiator): Promise<Result<{ readonly added: number }>> =>
      manage(by, async (tx) => {
        let added = 0;
        for (const unit of SAMPLE_ORG_UNITS) {
          const outcome = await addOrgUnit(tx, unit);
          if (outcome.ok) added += 1;
          else if (outcome.refusal.code !== 'ALREADY_EXISTS') return outcome;
        }
        for (const person of SAMPLE_USERS) {
          const outcome = await addUser(tx, person);
          if (outcome.ok) added += 1;
          else if (outcome.refusal.code !== 'ALREADY_EXISTS') return outcome;
        }
        if (added === 0) tx.unchanged();
        return ok({ added });
      }),
  };
};

export type UserCommands = ReturnType<typeof createUserCommands>;

const addOrgUnit = async (tx: Tx, input: NewOrgUnit): Promise<Result<OrgUnit>> => {
  const { code, nameZh, nameEn, line, parentCode } = input;
  const named = requireNames({ code, nameZh, nameEn });
  if (!named.ok) return named;
  if (!isLine(line)) return refuse('INVALID', 'Unknown reporting line.', { field: ['line'] });
  const parent = parentCode === undefined ? null : await findOrgUnit(tx, parentCode);
  if (parentCode !== undefined && parent === null) {
    return refuse('NOT_FOUND', 'There is no such org unit.', { field: ['parentCode'], params: { code: parentCode } });
  }
  const unit: OrgUnit = { id: tx.newId(), code, nameZh, nameEn, line, parentId: parent?.id ?? null };
  if (!(await insertOrgUnit(tx, unit))) {
    return refuse('ALREADY_EXISTS', 'The code is taken by another org unit.', { field: ['code'], params: { code } });
  }
  tx.record({
    action: 'orgUnit.created',
    object: { type: 'OrgUnit', id: unit.id },
    after: { code, nameZh, nameEn, line, parentId: unit.parentId },
  });
  return ok(unit);
};

const addUser = async (tx: Tx, input: NewUser): Promise<Result<UserChange>> => {
  const { subject, displayName, orgUnitCode } = input;
  const roles = [...new Set(input.roles)].sort();
  const named = requireNames({ subject, displayName });
  if (!named.ok) return named;
  const unit = await findOrgUnit(tx, orgUnitCode);
  if (unit === null) {
    return refuse('NOT_FOUND', 'There is no such org unit.', {
      field: ['orgUnitCode'],
      params: { code: orgUnitCode },
    });
  }
  const userId = tx.newId();
  if (!(await insertUser(tx, { id: userId, subject, displayName, orgUnitId: unit.id }))) {
    return refuse('ALREADY_EXISTS', 'The subject belongs to another user.', {
      field: ['subject'],
      params: { subject },
    });
  }
  const user = await requireUser(tx, userId);
  const compatible = decideRoles(user.orgUnit.line, roles);
  if (!compatible.ok) return compatible;
  await insertGrants(tx, userId, roles);
  // A name is personal: it stays in the row, where it can be erased, and out of the log.
  const auditEventId = tx.record({
    action: 'user.created',
    object: { type: 'User', id: userId },
    after: { subject, orgUnit: unit.code, roles },
  });
  return ok({ user: { ...user, roles }, auditEventId });
};

const requireUser = async (tx: Tx, userId: string): Promise<User> => {
  const user = await lockUser(tx, userId);
  if (user === null) throw new Error(`user ${userId} vanished within its own transaction`);
  return user;
};
