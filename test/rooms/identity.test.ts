import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuditQueries } from '../../src/audit/audit-event.queries';
import {
  createIdentity,
  createTokenVerifier,
  SAMPLE_USERS,
  standingsOf,
  type Identity,
  type User,
} from '../../src/identity';
import { actorOf } from '../../src/identity/domain/user';
import { systemActor, type Actor, type Initiator } from '../../src/kernel/actor';
import { messageKey } from '../../src/kernel/refusal';
import { ok, type Result } from '../../src/kernel/result';
import type { Role } from '../../src/kernel/role';
import { useDatabase } from '../support/database';

const db = useDatabase();
const bootstrap: Initiator = { actor: systemActor('bootstrap'), requestId: 'start' };
const as = (actor: Actor): Initiator => ({ actor, requestId: 'r-1' });
const keyOf = (result: Result<unknown>): string => (result.ok ? 'ok' : messageKey(result.refusal));
const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(messageKey(result.refusal));
  return result.value;
};

let folder: string;
let identity: Identity;
let issue: (subject: string, validMinutes: number) => Promise<string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tierwarden-identity-'));
  const tokens = await createTokenVerifier({ kind: 'local', keysFolder: folder, listenHost: 'localhost' }, db.clock);
  if (tokens.issue === undefined) throw new Error('the local issuer signs');
  issue = tokens.issue;
  identity = createIdentity({ database: db.database, unitOfWork: db.unitOfWork, clock: db.clock, tokens });
  valueOf(await identity.commands.ensureSampleUsers(bootstrap));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The sample user as an actor. */
const sample = async (handle: (typeof SAMPLE_USERS)[number]['subject']): Promise<Actor> =>
  actorOf(await userOf(handle));
const userOf = async (subject: string): Promise<User> => {
  const user = await identity.queries.bySubject(subject);
  if (user === null) throw new Error(`no user ${subject}`);
  return user;
};
let newcomers = 0;
const newcomer = async (...roles: Role[]): Promise<User> => {
  const created = await identity.commands.createUser(bootstrap, {
    subject: `newcomer-${++newcomers}`,
    displayName: `何伟 He Wei ${newcomers}`,
    orgUnitCode: 'RISK',
    roles,
  });
  return valueOf(created).user;
};
const eventsOn = async (userId: string) => {
  const page = await createAuditQueries(db.database).page(
    await sample('auditor'),
    { object: { type: 'User', id: userId } },
    { first: 20, after: null },
  );
  return [...valueOf(page).items].reverse();
};

describe('the sample people', () => {
  test('are all there, once, however often they are asked for', async () => {
    const again = await identity.commands.ensureSampleUsers(bootstrap);
    expect(again).toEqual(ok({ added: 0 }));
    for (const { subject, displayName, roles } of SAMPLE_USERS) {
      expect(await userOf(subject)).toMatchObject({ displayName, roles, active: true, version: 1 });
    }
  });
});

describe('creating users', () => {
  const input = {
    subject: 'he.wei',
    displayName: '何伟 He Wei',
    orgUnitCode: 'RISK',
    roles: ['RISK_ANALYST'] as Role[],
  };

  test('writes the user, his roles and an audit event without his name', async () => {
    const roles: Role[] = ['RISK_APPROVER', 'RISK_ANALYST', 'RISK_ANALYST'];
    const created = valueOf(await identity.commands.createUser(bootstrap, { ...input, roles }));
    expect(created.user).toMatchObject({ subject: 'he.wei', roles: ['RISK_ANALYST', 'RISK_APPROVER'], active: true });
    expect(await userOf('he.wei')).toEqual(created.user);
    const [event] = await eventsOn(created.user.id);
    expect(event).toMatchObject({ id: created.auditEventId, action: 'user.created', actorId: 'system:bootstrap' });
    expect(JSON.stringify(event)).not.toContain('何伟');
  });

  test.each<[string, Partial<typeof input>, string]>([
    ['a blank subject', { subject: '' }, 'REQUIRED'],
    ['an unknown unit', { orgUnitCode: 'MOON' }, 'NOT_FOUND'],
    ['a taken subject', { subject: 'maker' }, 'ALREADY_EXISTS'],
    ['roles that conflict', { subject: 'x', roles: ['AUDITOR', 'RISK_ANALYST'] }, 'POLICY_VIOLATION.ROLE_CONFLICT'],
    [
      'a decider in sales',
      { subject: 'x', orgUnitCode: 'SALES-EAST', roles: ['RISK_APPROVER'] },
      'POLICY_VIOLATION.LINE_BENEFITS',
    ],
  ])('is refused with %s', async (_, change, key) => {
    expect(keyOf(await identity.commands.createUser(bootstrap, { ...input, ...change }))).toBe(key);
    expect(await identity.queries.bySubject('x')).toBeNull();
  });

  test('a user may begin without roles', async () => {
    expect((await newcomer()).roles).toEqual([]);
  });

  test('two at once under one subject: one is refused', async () => {
    const twice = await Promise.all(
      [1, 2].map(() => identity.commands.createUser(bootstrap, { ...input, subject: 'zhu.lin' })),
    );
    expect(twice.map(keyOf).sort()).toEqual(['ALREADY_EXISTS', 'ok']);
  });

  test('needs user.manage', async () => {
    const refused = await identity.commands.createUser(as(await sample('cro')), { ...input, subject: 'x' });
    expect(keyOf(refused)).toBe('FORBIDDEN.ROLE_LACKS_PERMISSION');
  });
});

describe('org units', () => {
  test.each<[string, { code: string; parentCode?: string; line?: string }, string]>([
    ['below another', { code: 'RISK-SOUTH', parentCode: 'RISK' }, 'ok'],
    ['with a taken code', { code: 'RISK' }, 'ALREADY_EXISTS'],
    ['below an unknown one', { code: 'X', parentCode: 'MOON' }, 'NOT_FOUND'],
    ['without a code', { code: ' ' }, 'REQUIRED'],
    ['of an unknown line', { code: 'X', line: 'MARKETING' }, 'INVALID'],
  ])('%s', async (_, change, key) => {
    const unit = { nameZh: '华南风险部', nameEn: 'Risk, South China', line: 'RISK', ...change };
    expect(keyOf(await identity.commands.createOrgUnit(bootstrap, unit as never))).toBe(key);
  });

  test('are listed by code with their parents', async () => {
    const units = valueOf(await identity.queries.orgUnits(await sample('maker')));
    const risk = units.find((unit) => unit.code === 'RISK');
    expect(units.find((unit) => unit.code === 'RISK-SOUTH')).toMatchObject({ parentId: risk?.id, line: 'RISK' });
  });
});

describe('roles', () => {
  test('are granted and revoked by somebody else, each on record with both values', async () => {
    const admin = await sample('security');
    const { id, version } = await newcomer('RISK_ANALYST');
    const granted = await identity.commands.grantRole(as(admin), {
      userId: id,
      role: 'RISK_APPROVER',
      expectedVersion: version,
    });
    expect(valueOf(granted).user).toMatchObject({ roles: ['RISK_ANALYST', 'RISK_APPROVER'], version: version + 1 });
    const revoked = await identity.commands.revokeRole(as(admin), {
      userId: id,
      role: 'RISK_ANALYST',
      expectedVersion: version + 1,
    });
    expect(valueOf(revoked).user).toMatchObject({ roles: ['RISK_APPROVER'], version: version + 2 });

    expect((await eventsOn(id)).slice(1)).toMatchObject([
      {
        action: 'user.roleGranted',
        actorId: admin.id,
        before: { roles: ['RISK_ANALYST'] },
        after: { roles: ['RISK_ANALYST', 'RISK_APPROVER'] },
      },
      { action: 'user.roleRevoked', after: { roles: ['RISK_APPROVER'] } },
    ]);
    const grants = await db.asApp(
      'SELECT role, granted_by, revoked_by FROM user_role WHERE user_id = $1 ORDER BY role',
      [id],
    );
    expect(grants).toEqual([
      { role: 'RISK_ANALYST', granted_by: 'system:bootstrap', revoked_by: admin.id },
      { role: 'RISK_APPROVER', granted_by: admin.id, revoked_by: null },
    ]);
  });

  test('may be held again after a revocation', async () => {
    const { id } = await newcomer('RISK_ANALYST');
    valueOf(await identity.commands.revokeRole(bootstrap, { userId: id, role: 'RISK_ANALYST', expectedVersion: 1 }));
    const again = await identity.commands.grantRole(bootstrap, {
      userId: id,
      role: 'RISK_ANALYST',
      expectedVersion: 2,
    });
    expect(valueOf(again).user.roles).toEqual(['RISK_ANALYST']);
  });

  test('nobody grants himself, nor do two changes of one version both win', async () => {
    const admin = await sample('security');
    const own = await identity.commands.grantRole(as(admin), {
      userId: admin.id,
      role: 'SYSTEM_ADMIN',
      expectedVersion: 1,
    });
    expect(keyOf(own)).toBe('FORBIDDEN.OWN_ACCESS');

    const { id } = await newcomer();
    const both = await Promise.all(
      (['RISK_ANALYST', 'RISK_APPROVER'] as const).map((role) =>
        identity.commands.grantRole(as(admin), { userId: id, role, expectedVersion: 1 }),
      ),
    );
    expect(both.map(keyOf).sort()).toEqual(['STALE_VERSION', 'ok']);
  });

  test('an unknown user is not found', async () => {
    const change = { userId: db.newId(), role: 'AUDITOR' as const, expectedVersion: 1 };
    expect(keyOf(await identity.commands.grantRole(bootstrap, change))).toBe('NOT_FOUND');
  });
});

describe('the database itself', () => {
  const withActor = (statement: string): Promise<unknown> =>
    db.asApp(`DO $$ BEGIN PERFORM set_config('tierwarden.actor', 'somebody', true); ${statement}; END $$`);

  test.each([
    ['a grant by its holder', (id: string) => grantSql(id, id), /user_role_check|violates check/],
    ['an unknown role', (id: string) => grantSql(id, 'somebody', 'EMPEROR'), /violates check/],
    ['a role held twice', (id: string) => grantSql(id, 'somebody', 'RISK_ANALYST'), /user_role_in_force/],
    ['deleting a grant', (id: string) => `DELETE FROM user_role WHERE user_id = '${id}'`, /permission denied/],
    [
      'moving a grant',
      (id: string) => `UPDATE user_role SET role = 'AUDITOR' WHERE user_id = '${id}'`,
      /permission denied/,
    ],
    ['deleting a user', (id: string) => `DELETE FROM app_user WHERE id = '${id}'`, /permission denied/],
    ['renaming a subject', (id: string) => `UPDATE app_user SET subject = 'x' WHERE id = '${id}'`, /permission denied/],
  ])('refuses %s', async (_, statement, message) => {
    const { id } = await newcomer('RISK_ANALYST');
    await expect(withActor(statement(id))).rejects.toThrow(message);
  });

  test('refuses to take a revocation back', async () => {
    const { id } = await newcomer('RISK_ANALYST');
    valueOf(await identity.commands.revokeRole(bootstrap, { userId: id, role: 'RISK_ANALYST', expectedVersion: 1 }));
    const back = withActor(`UPDATE user_role SET revoked_at = NULL, revoked_by = NULL WHERE user_id = '${id}'`);
    await expect(back).rejects.toThrow(/never changed/);
  });

  test.each(['org_unit', 'app_user', 'user_role'])('refuses a write to %s without an actor', async (table) => {
    await expect(db.asOwner(`DELETE FROM ${table}`)).rejects.toThrow(/without an actor/);
  });

  const grantSql = (userId: string, by: string, role = 'RISK_APPROVER'): string =>
    `INSERT INTO user_role (id, user_id, role, granted_by, granted_at)
     VALUES (gen_random_uuid(), '${userId}', '${role}', '${by}', now())`;
});

describe('reading users', () => {
  test('one, several, none', async () => {
    const maker = await sample('maker');
    const auditor = await sample('auditor');
    const found = await identity.queries.usersByIds(maker, [maker.id, db.newId(), auditor.id]);
    expect(found.map((user) => user.subject).sort()).toEqual(['auditor', 'maker']);
    expect(found.find((user) => user.subject === 'auditor')).toMatchObject({
      orgUnit: { code: 'AUDIT', nameZh: '内部审计部', line: 'AUDIT' },
    });
    expect(await identity.queries.usersByIds(maker, [db.newId()])).toEqual([]);
  });

  test('by role: active holders only', async () => {
    const maker = await sample('maker');
    const holders = async () => {
      const filter = { role: 'RISK_APPROVER', active: true } as const;
      return valueOf(await identity.queries.users(maker, filter, { first: 100, after: null })).items.map(
        (user) => user.id,
      );
    };
    const { id } = await newcomer('RISK_APPROVER');
    expect(await holders()).toContain(id);
    valueOf(await identity.commands.deactivateUser(bootstrap, { userId: id, reason: '离职', expectedVersion: 1 }));
    expect(await holders()).not.toContain(id);
  });

  test('by filter, page by page', async () => {
    const maker = await sample('maker');
    const filter = { orgUnitId: (await sample('system')).orgUnitId ?? '' };
    const first = valueOf(await identity.queries.users(maker, filter, { first: 1, after: null }));
    const second = valueOf(await identity.queries.users(maker, filter, { first: 1, after: first.keys[0] ?? null }));
    expect([first.hasNextPage, second.hasNextPage]).toEqual([true, false]);
    expect([...first.items, ...second.items].map((user) => user.subject).sort()).toEqual(['security', 'system']);
  });

  test.each<[string, object, string[]]>([
    ['part of a name', { search: '周敏' }, ['cro']],
    ['part of a pinyin name, in any case', { search: 'zhou m' }, ['cro']],
    ['a wildcard is a letter', { search: '%' }, []],
    ['a role and a word', { role: 'RISK_APPROVER', search: 'Chen' }, ['approver']],
    ['a word with blanks around it', { search: ' zhou ' }, ['cro']],
    ['inactive people of a role', { active: false, role: 'SALES_MAKER' }, []],
  ])('finds %s', async (_, filter, subjects) => {
    const page = await identity.queries.users(await sample('maker'), filter, { first: 20, after: null });
    expect(valueOf(page).items.map((user) => user.subject)).toEqual(subjects);
  });

  test('nothing without a role', async () => {
    const nobody = actorOf(await newcomer());
    expect(keyOf(await identity.queries.users(nobody, {}, { first: 1, after: null }))).toBe(
      'FORBIDDEN.ROLE_LACKS_PERMISSION',
    );
    expect(await identity.queries.usersByIds(nobody, [nobody.id])).toEqual([]);
  });
});

describe('signing in', () => {
  const reasonFor = async (credential: string | undefined): Promise<string> => {
    const outcome = await identity.authenticate(credential);
    return outcome.ok ? outcome.value.id : outcome.failure.reason;
  };

  test('gives the actor with the roles of the database and the end of the token', async () => {
    const outcome = await identity.authenticate(`Bearer ${await issue('analyst', 10)}`);
    expect(outcome).toEqual({
      ok: true,
      value: await sample('analyst'),
      expiresAt: new Date(db.clock().getTime() + 600_000),
    });
  });

  test.each<[string, () => Promise<string | undefined>, string]>([
    ['nothing', async () => undefined, 'TOKEN_MISSING'],
    ['an empty header', async () => 'Bearer ', 'TOKEN_MISSING'],
    ['another scheme', async () => 'Basic bWFrZXI6eA==', 'TOKEN_MALFORMED'],
    ['a stranger', async () => issue('stranger', 10), 'UNKNOWN_SUBJECT'],
    ['an old token', async () => issue('maker', -1), 'TOKEN_EXPIRED'],
  ])('with %s fails', async (_, credential, reason) => {
    expect(await reasonFor(await credential())).toBe(reason);
  });

  test('who is let go here is out at once', async () => {
    const { id, subject } = await newcomer('RISK_ANALYST');
    const token = await issue(subject, 10);
    expect(await reasonFor(token)).toBe(id);
    valueOf(await identity.commands.deactivateUser(bootstrap, { userId: id, reason: '离职', expectedVersion: 1 }));
    expect(await reasonFor(token)).toBe('USER_INACTIVE');
  });

  test('who is let go elsewhere is out within seconds', async () => {
    const { id, subject } = await newcomer('RISK_ANALYST');
    const token = await issue(subject, 10);
    expect(await reasonFor(token)).toBe(id);
    const elsewhere = createIdentity({ database: db.database, unitOfWork: db.unitOfWork, clock: db.clock });
    valueOf(await elsewhere.commands.deactivateUser(bootstrap, { userId: id, reason: '离职', expectedVersion: 1 }));
    db.clock.advance(3_000);
    expect(await reasonFor(token)).toBe('USER_INACTIVE');
  });

  test('a user who appears after his first try comes in', async () => {
    const token = await issue('late.comer', 10);
    expect(await reasonFor(token)).toBe('UNKNOWN_SUBJECT');
    const created = await identity.commands.createUser(bootstrap, {
      subject: 'late.comer',
      displayName: '何伟',
      orgUnitCode: 'IT',
      roles: [],
    });
    expect(await reasonFor(token)).toBe(valueOf(created).user.id);
  });

  test('needs a process with a door', async () => {
    const doorless = createIdentity({ database: db.database, unitOfWork: db.unitOfWork, clock: db.clock });
    await expect(doorless.authenticate('x')).rejects.toThrow(/no door/);
  });
});

describe('standing within a transaction', () => {
  test('names line, roles and whether the person is still there; strangers are left out', async () => {
    const leaver = await newcomer('RISK_APPROVER');
    valueOf(
      await identity.commands.deactivateUser(bootstrap, { userId: leaver.id, reason: '离职', expectedVersion: 1 }),
    );
    const maker = await sample('maker');
    const standings = await db.unitOfWork.run(bootstrap, async (tx) => {
      tx.unchanged();
      return ok(await standingsOf(tx.query, [maker.id, leaver.id, db.newId()]));
    });
    expect(valueOf(standings)).toHaveLength(2);
    expect(valueOf(standings)).toEqual(
      expect.arrayContaining([
        { userId: maker.id, active: true, roles: ['SALES_MAKER'], line: 'SALES' },
        { userId: leaver.id, active: false, roles: ['RISK_APPROVER'], line: 'RISK' },
      ]),
    );
  });

  test('a revocation waits until who relies on the role is done', async () => {
    const { id } = await newcomer('RISK_APPROVER');
    const order: string[] = [];
    let revocation: Promise<unknown> = Promise.resolve();
    await db.unitOfWork.run(bootstrap, async (tx) => {
      await standingsOf(tx.query, [id]);
      revocation = identity.commands
        .revokeRole(bootstrap, { userId: id, role: 'RISK_APPROVER', expectedVersion: 1 })
        .then(() => order.push('revoked'));
      await waitingOnLock();
      order.push('relied');
      tx.unchanged();
      return ok(true);
    });
    await revocation;
    expect(order).toEqual(['relied', 'revoked']);
  });

  /** Resolves once some session waits for a row of app_user: it then holds the lock on that tuple. */
  const waitingOnLock = async (): Promise<void> => {
    for (;;) {
      const waiting = await db.asOwner(
        "SELECT FROM pg_locks WHERE locktype = 'tuple' AND relation = 'app_user'::regclass",
      );
      if (waiting.length > 0) return;
    }
  };
});
