/**
 * Writes users, grants and org units, and reads a user under lock. Every change of a user's access touches the user's
 * own row, so whoever holds that row sees access that cannot change under him.
 */
import { IsNull } from 'typeorm';
import type { Role } from '../kernel/role';
import type { Tx } from '../platform/unit-of-work';
import type { Line } from '../kernel/line';
import type { OrgUnit, User } from './domain/user';
import { OrgUnitEntity } from './org-unit.entity';
import { UserEntity, UserRoleEntity } from './user.entity';
import { toUser, USER_SELECT, type UserRow } from './user.queries';

/** The user as he stands, kept from other changes until this transaction ends. */
export const lockUser = async (tx: Tx, userId: string): Promise<User | null> => {
  // Locked by a statement of its own: the reading one then begins after any change that the lock had to wait for.
  await tx.query('SELECT FROM app_user WHERE id = $1 FOR UPDATE', [userId]);
  const [row] = await tx.query<UserRow>(`${USER_SELECT} WHERE u.id = $1`, [userId]);
  return row === undefined ? null : toUser(row);
};

/** What a transaction that acts on somebody's authority needs to know of him. */
export interface Standing {
  readonly userId: string;
  readonly active: boolean;
  /** Roles in force. */
  readonly roles: readonly Role[];
  readonly line: Line;
}

/**
 * The standing of these users now. Takes the `query` of a transaction, and no change of their access commits before that
 * transaction ends. Unknown ids are left out.
 */
export const standingsOf = async (query: Tx['query'], userIds: readonly string[]): Promise<Standing[]> => {
  const [, standings] = await Promise.all([
    query('SELECT FROM app_user WHERE id = ANY ($1) ORDER BY id FOR SHARE', [userIds]),
    standingsNow(query, userIds),
  ]);
  return standings;
};

/** As {@link standingsOf}, for screens: nothing is held. */
export const standingsNow = async (query: Tx['query'], userIds: readonly string[]): Promise<Standing[]> => {
  const rows = await query<UserRow>(`${USER_SELECT} WHERE u.id = ANY ($1)`, [userIds]);
  return rows.map(toUser).map(({ id, active, roles, orgUnit }) => ({ userId: id, active, roles, line: orgUnit.line }));
};

export const findOrgUnit = (tx: Tx, code: string): Promise<OrgUnitEntity | null> =>
  tx.manager.findOneBy(OrgUnitEntity, { code });

/** False when the code is taken. */
export const insertOrgUnit = async (tx: Tx, unit: OrgUnit): Promise<boolean> => {
  const inserted = await tx.manager
    .createQueryBuilder()
    .insert()
    .into(OrgUnitEntity)
    .values(unit)
    .orIgnore()
    .returning('id')
    .execute();
  return (inserted.raw as unknown[]).length === 1;
};

/** False when the subject is taken. */
export const insertUser = async (
  tx: Tx,
  user: Pick<UserEntity, 'id' | 'subject' | 'displayName' | 'orgUnitId'>,
): Promise<boolean> => {
  const inserted = await tx.manager
    .createQueryBuilder()
    .insert()
    .into(UserEntity)
    .values(user)
    .orIgnore()
    .returning('id')
    .execute();
  return (inserted.raw as unknown[]).length === 1;
};

export const insertGrants = async (tx: Tx, userId: string, roles: readonly Role[]): Promise<void> => {
  await tx.manager.insert(
    UserRoleEntity,
    roles.map((role) => ({
      id: tx.newId(),
      userId,
      role,
      grantedBy: tx.initiator.actor.id,
      grantedAt: tx.at,
    })),
  );
};

export const revokeGrant = async (tx: Tx, userId: string, role: Role): Promise<void> => {
  await tx.manager.update(
    UserRoleEntity,
    { userId, role, revokedAt: IsNull() },
    { revokedBy: tx.initiator.actor.id, revokedAt: tx.at },
  );
};

export const raiseVersion = async (tx: Tx, userId: string): Promise<void> => {
  await tx.manager.increment(UserEntity, { id: userId }, 'version', 1);
};

export const markInactive = async (tx: Tx, userId: string): Promise<void> => {
  await tx.manager.update(UserEntity, { id: userId }, { active: false });
};
