/**
 * People who sign in, the org units they belong to, and what a new one must look like. A user is known to identity
 * providers by the subject of his tokens and everywhere else by his id.
 */
import type { Actor } from '../../kernel/actor';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { Line } from '../../kernel/line';
import type { Role } from '../../kernel/role';

export interface OrgUnit {
  readonly id: string;
  readonly code: string;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly parentId: string | null;
  readonly line: Line;
}

export interface User {
  readonly id: string;
  /** `sub` of the user's tokens. */
  readonly subject: string;
  readonly displayName: string;
  readonly orgUnit: OrgUnit;
  readonly active: boolean;
  /** Roles in force, sorted. */
  readonly roles: readonly Role[];
  /** Grows with every change of the user or his roles. */
  readonly version: number;
}

export interface NewUser {
  /** 1–200 characters. */
  readonly subject: string;
  /** 1–200 characters. */
  readonly displayName: string;
  readonly orgUnitCode: string;
  readonly roles: readonly Role[];
}

export interface NewOrgUnit {
  readonly code: string;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly line: Line;
  readonly parentCode?: string;
}

export const actorOf = (user: User): Actor => ({
  kind: 'USER',
  id: user.id,
  name: user.displayName,
  roles: user.roles,
  orgUnitId: user.orgUnit.id,
});

const MAX_NAME_LENGTH = 200;

/** Refuses REQUIRED or OUT_OF_RANGE at the first of the given texts that is blank or longer than 200 characters. */
export const requireNames = (texts: Readonly<Record<string, string>>): Result<true> => {
  for (const [field, text] of Object.entries(texts)) {
    if (text.trim() === '') return refuse('REQUIRED', `${field} must not be blank.`, { field: [field] });
    if (text.length > MAX_NAME_LENGTH) {
      return refuse('OUT_OF_RANGE', `${field} is longer than ${MAX_NAME_LENGTH} characters.`, {
        field: [field],
        params: { max: MAX_NAME_LENGTH },
      });
    }
  }
  return ok(true);
};
