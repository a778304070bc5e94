/** How people and org units are read for screens. */
import { bool, identity, int, json, one, text, type RoomReads } from '../platform/read-model';
import { permit } from './domain/permissions';
import type { Actor } from '../kernel/actor';

const mayRead = (viewer: Actor): boolean => permit(viewer, 'user.read').ok;

/** Ties a user to a column that holds a user's id or the name of a system actor. */
export const byActorId =
  (column: string) =>
  (parent: string, user: string): string =>
    `${user}.id = CASE WHEN ${parent}.${column} NOT LIKE 'system:%' THEN ${parent}.${column}::uuid END`;

export const userReads: RoomReads = {
  models: [
    {
      name: 'OrgUnit',
      table: (t) => `org_unit AS ${t}`,
      key: 'id',
      mayRead,
      fields: {
        id: identity,
        parent: one('OrgUnit', (unit, parent) => `${parent}.id = ${unit}.parent_id`),
        code: text('code'),
        nameZh: text('name_zh'),
        nameEn: text('name_en'),
        line: text('line'),
      },
    },
    {
      name: 'User',
      table: (t) => `app_user AS ${t}`,
      key: 'id',
      mayRead,
      fields: {
        id: identity,
        displayName: text('display_name'),
        active: bool('active'),
        version: int('version'),
        roles: json(
          (t) => `(SELECT coalesce(json_agg(held.role ORDER BY held.role COLLATE "C"), '[]') FROM user_role AS held
                   WHERE held.user_id = ${t}.id AND held.revoked_at IS NULL)`,
        ),
        orgUnit: one('OrgUnit', (user, unit) => `${unit}.id = ${user}.org_unit_id`),
      },
    },
  ],
};
