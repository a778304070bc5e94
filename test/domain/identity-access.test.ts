import {
  decideDeactivation,
  decideGrant,
  decideRevocation,
  decideRoles,
} from '../../src/identity/domain/decide-access';
import { SAMPLE_ORG_UNITS, SAMPLE_USERS } from '../../src/identity/domain/sample-people';
import type { Line } from '../../src/kernel/line';
import { requireNames, type User } from '../../src/identity/domain/user';
import { systemActor, type Actor } from '../../src/kernel/actor';
import { messageKey } from '../../src/kernel/refusal';
import type { Result } from '../../src/kernel/result';
import { ROLES, type Role } from '../../src/kernel/role';

const admin: Actor = { kind: 'USER', id: 'admin', name: '郑洁', roles: ['SECURITY_ADMIN'], orgUnitId: 'unit' };
const user = (roles: readonly Role[], change: Partial<User> & { line?: Line } = {}): User => ({
  id: 'user',
  subject: 'analyst',
  displayName: '李强',
  orgUnit: { id: 'unit', code: 'U', nameZh: '部', nameEn: 'Unit', parentId: null, line: change.line ?? 'RISK' },
  active: true,
  roles,
  version: 3,
  ...change,
});
const keyOf = (result: Result<unknown>): string => (result.ok ? 'ok' : messageKey(result.refusal));

describe('granting a role: refusals in order of precedence', () => {
  test.each<[string, User, Role, number, string]>([
    ['to oneself, stale besides', user(['AUDITOR'], { id: 'admin' }), 'AUDITOR', 1, 'FORBIDDEN.OWN_ACCESS'],
    ['on an old version of somebody inactive', user([], { active: false }), 'AUDITOR', 2, 'STALE_VERSION'],
    ['to somebody inactive', user(['AUDITOR'], { active: false }), 'AUDITOR', 3, 'INVALID_STATE.USER_INACTIVE'],
    ['already held', user(['RISK_ANALYST']), 'RISK_ANALYST', 3, 'ALREADY_EXISTS.ROLE_HELD'],
    ['against another role', user(['AUDITOR']), 'RISK_APPROVER', 3, 'POLICY_VIOLATION.ROLE_CONFLICT'],
    ['deciding, in a sales unit', user([], { line: 'SALES' }), 'RISK_APPROVER', 3, 'POLICY_VIOLATION.LINE_BENEFITS'],
    ['deciding, in a risk unit', user(['RISK_ANALYST']), 'RISK_APPROVER', 3, 'ok'],
    ['making, in a sales unit', user([], { line: 'SALES' }), 'SALES_MAKER', 3, 'ok'],
  ])('%s', (_, subject, role, version, key) => {
    expect(keyOf(decideGrant(admin, subject, role, version))).toBe(key);
  });
});

describe('revoking a role', () => {
  test.each<[string, User, Role, number, string]>([
    ['one’s own', user(['SECURITY_ADMIN'], { id: 'admin' }), 'SECURITY_ADMIN', 3, 'FORBIDDEN.OWN_ACCESS'],
    ['on an old version', user(['AUDITOR']), 'AUDITOR', 2, 'STALE_VERSION'],
    ['not held', user(['AUDITOR']), 'SERVICE', 3, 'NOT_FOUND.ROLE_NOT_HELD'],
    ['held', user(['AUDITOR']), 'AUDITOR', 3, 'ok'],
  ])('%s', (_, subject, role, version, key) => {
    expect(keyOf(decideRevocation(admin, subject, role, version))).toBe(key);
  });
});

describe('letting somebody go', () => {
  test.each<[string, User, string, number, string]>([
    ['oneself', user([], { id: 'admin' }), 'left', 3, 'FORBIDDEN.OWN_ACCESS'],
    ['on an old version', user([]), 'left', 4, 'STALE_VERSION'],
    ['twice', user([], { active: false }), 'left', 3, 'INVALID_STATE.USER_INACTIVE'],
    ['without a reason', user([]), '  ', 3, 'REQUIRED'],
    ['with one', user([]), 'left', 3, 'ok'],
  ])('%s', (_, subject, reason, version, key) => {
    expect(keyOf(decideDeactivation(admin, subject, reason, version))).toBe(key);
  });
});

test('system actors are nobody’s self', () => {
  expect(keyOf(decideGrant(systemActor('cli'), user([]), 'AUDITOR', 3))).toBe('ok');
});

describe('the sample people', () => {
  test('could all have been granted their roles', () => {
    const lines = new Map<string, Line>(SAMPLE_ORG_UNITS.map((unit) => [unit.code, unit.line]));
    for (const { orgUnitCode, roles } of SAMPLE_USERS) {
      expect(decideRoles(lines.get(orgUnitCode) ?? 'SALES', roles)).toEqual({ ok: true, value: true });
    }
  });

  test('cover every role that a person has', () => {
    const held: Role[] = SAMPLE_USERS.flatMap(({ roles }) => [...roles]);
    expect(ROLES.filter((role) => !held.includes(role))).toEqual(['SERVICE']);
  });

  test('have handles of their own', () => {
    expect(new Set(SAMPLE_USERS.map(({ subject }) => subject)).size).toBe(SAMPLE_USERS.length);
  });
});

test.each([
  [{ subject: 'x', displayName: '李强' }, 'ok'],
  [{ subject: ' ', displayName: '李强' }, 'REQUIRED at subject'],
  [{ subject: 'x', displayName: '强'.repeat(201) }, 'OUT_OF_RANGE at displayName'],
  [{ subject: 'x', displayName: '强'.repeat(200) }, 'ok'],
])('names %#', (names, outcome) => {
  const result = requireNames(names);
  expect(result.ok ? 'ok' : `${result.refusal.code} at ${result.refusal.field?.join()}`).toBe(outcome);
});
