/** Reads users, their roles in force and their org units. It never writes. */
import { permit } from './domain/permissions';
import { isLine } from '../kernel/line';
import { actorOf, type OrgUnit, type User } from './domain/user';
import type { Actor } from '../kernel/actor';
import type { Page, PageRequest } from '../kernel/page';
import { ok, type Result } from '../kernel/result';
import { isRole, type Role } from '../kernel/role';
import type { Database } from '../platform/database';
import { fetchPage, SqlParams, type PagedSelect } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';

export interface UserFilter {
  readonly role?: Role;
  readonly active?: boolean;
  readonly orgUnitId?: string;
  /** Part of the name or of the subject, in any case. */
  readonly search?: string;
}

interface OrgUnitRow {
  readonly org_unit: OrgUnit;
}

export interface UserRow extends OrgUnitRow {
  readonly id: string;
  readonly subject: string;
  readonly display_name: string;
  readonly active: boolean;
  readonly version: number;
  readonly roles: readonly string[];
}

const ROLES_IN_FORCE = 'SELECT r.role FROM user_role r WHERE r.user_id = u.id AND r.revoked_at IS NULL';
const ORG_UNIT = `jsonb_build_object('id', o.id, 'code', o.code, 'nameZh', o.name_zh, 'nameEn', o.name_en,
  'parentId', o.parent_id, 'line', o.line) AS org_unit`;
const USER_COLUMNS = `u.id, u.subject, u.display_name, u.active, u.version, ARRAY(${ROLES_IN_FORCE} ORDER BY r.role COLLATE "C") AS roles, ${ORG_UNIT}`;
const USER_TABLES = 'app_user u JOIN org_unit o ON o.id = u.org_unit_id';

export const USER_SELECT = `SELECT ${USER_COLUMNS} FROM ${USER_TABLES}`;

/** Throws on a role or line that this code does not know. */
export const toUser = (row: UserRow): User => {
  const roles = row.roles.map((role) => {
    if (!isRole(role)) throw new Error(`user ${row.id} holds an unknown role ${role}`);
    return role;
  });
  return {
    id: row.id,
    subject: row.subject,
    displayName: row.display_name,
    orgUnit: toOrgUnit(row.org_unit),
    active: row.active,
    roles,
    version: row.version,
  };
};

const toOrgUnit = (unit: OrgUnit): OrgUnit => {
  if (!isLine(unit.line)) throw new Error(`org unit ${unit.id} has an unknown line ${String(unit.line)}`);
  return unit;
};

export const createUserQueries = (database: Database) => {
  const select = async (condition: string, params: readonly unknown[]): Promise<User[]> =>
    (await database.query<UserRow>(`${USER_SELECT} WHERE ${condition}`, params)).map(toUser);

  return {
    /** Users by id in no particular order; nobody for actors without `user.read`. */
    usersByIds: async (actor: Actor, ids: readonly string[]): Promise<User[]> =>
      permit(actor, 'user.read').ok ? select('u.id = ANY ($1)', [ids]) : [],

    /** By name, then id. Needs `user.read`. */
    listUsers: (actor: Actor, filter: UserFilter): Result<ListSource> => {
      const permitted = permit(actor, 'user.read');
      if (!permitted.ok) return permitted;
      return ok({ model: 'User', alias: 'u', select: (params) => usersOf(filter, params) });
    },

    /** By code. Needs `user.read`. */
    listOrgUnits: (actor: Actor): Result<ListSource> => {
      const permitted = permit(actor, 'user.read');
      if (!permitted.ok) return permitted;
      return ok({
        model: 'OrgUnit',
        alias: 'o',
        select: () => ({
          from: 'org_unit o',
          where: [],
          order: [{ expression: 'o.code', type: 'text', direction: 'ASC' }],
        }),
      });
    },

    /** By name, then id. */
    users: async (actor: Actor, filter: UserFilter, page: PageRequest): Promise<Result<Page<User>>> => {
      const permitted = permit(actor, 'user.read');
      if (!permitted.ok) return permitted;
      const found = await fetchPage<UserRow>(database.query, pagedSelect(filter), page);
      return ok({ ...found, items: found.items.map(toUser) });
    },

    orgUnits: async (actor: Actor): Promise<Result<OrgUnit[]>> => {
      const permitted = permit(actor, 'user.read');
      if (!permitted.ok) return permitted;
      const rows = await database.query<OrgUnitRow>(`SELECT ${ORG_UNIT} FROM org_unit o ORDER BY o.code`);
      return ok(rows.map((row) => toOrgUnit(row.org_unit)));
    },

    /** Up to 50 people whose name holds the text, in any case. Needs `user.read`, else nobody is found. */
    idsByName: async (actor: Actor, search: string): Promise<string[]> => {
      if (!permit(actor, 'user.read').ok) return [];
      const pattern = `%${search
        .trim()
        .normalize('NFC')
        .replace(/[\\%_]/g, '\\$&')}%`;
      const rows = await database.query<{ id: string }>(
        'SELECT id FROM app_user WHERE display_name ILIKE $1 ORDER BY display_name, id LIMIT 50',
        [pattern],
      );
      return rows.map(({ id }) => id);
    },

    /** For authentication, before there is an actor who could be asked for permission. */
    /** Whoever acts under this id; null for somebody unknown or no longer there. */
    actorById: async (id: string): Promise<Actor | null> => {
      const [user] = await select('u.id = $1 AND u.active', [id]);
      return user === undefined ? null : actorOf(user);
    },

    bySubject: async (subject: string): Promise<User | null> => (await select('u.subject = $1', [subject]))[0] ?? null,
  };
};

export type UserQueries = ReturnType<typeof createUserQueries>;

const pagedSelect = (filter: UserFilter): PagedSelect => {
  const params = new SqlParams();
  return { select: USER_COLUMNS, params, ...usersOf(filter, params) };
};

const usersOf = (filter: UserFilter, params: SqlParams) => {
  const where: string[] = [];
  if (filter.role !== undefined) where.push(`${params.add(filter.role)} IN (${ROLES_IN_FORCE})`);
  if (filter.active !== undefined) where.push(`u.active = ${params.add(filter.active)}`);
  if (filter.orgUnitId !== undefined) where.push(`o.id = ${params.add(filter.orgUnitId)}`);
  if (filter.search !== undefined && filter.search.trim() !== '') {
    const text = filter.search.trim().normalize('NFC');
    const pattern = params.add(`%${text.replace(/[\\%_]/g, '\\$&')}%`);
    where.push(`u.display_name ILIKE ${pattern} OR u.subject ILIKE ${pattern}`);
  }
  return {
    from: USER_TABLES,
    where,
    order: [
      { expression: 'u.display_name', type: 'text', direction: 'ASC' },
      { expression: 'u.id', type: 'uuid', direction: 'ASC' },
    ] as const,
  };
};
