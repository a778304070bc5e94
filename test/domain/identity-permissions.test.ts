import fc from 'fast-check';
import { ACTIONS, permit, type Action } from '../../src/identity';
import { decidesRequests, rolesConflict } from '../../src/identity/domain/permissions';
import { systemActor, type Actor } from '../../src/kernel/actor';
import { ROLES, type Role } from '../../src/kernel/role';

const person = (...roles: Role[]): Actor => ({ kind: 'USER', id: 'u-1', name: '王芳', roles, orgUnitId: null });
const reasonFor = (actor: Actor, action: Action): string | undefined => {
  const permission = permit(actor, action);
  return permission.ok ? 'allowed' : permission.refusal.reason;
};

// One letter per role, in this order; a letter in a row means that the role may.
const LETTERS: Record<string, Role> = {
  m: 'SALES_MAKER',
  a: 'RISK_ANALYST',
  r: 'RISK_APPROVER',
  c: 'CHIEF_RISK_OFFICER',
  v: 'MODEL_VALIDATOR',
  u: 'AUDITOR',
  p: 'POLICY_ADMIN',
  y: 'SYSTEM_ADMIN',
  e: 'SECURITY_ADMIN',
  s: 'SERVICE',
};
const MATRIX: readonly (readonly [Action, string])[] = [
  ['customer.read', 'marcvup--s'],
  ['customer.write', 'ma-------s'],
  ['personal.read', 'ma---u----'],
  ['personal.protect', '-a--------'],
  ['indicator.read', 'marcvup--s'],
  ['indicator.readCredit', '-arcvu---s'],
  ['indicator.import', '-a-------s'],
  ['indicator.score', '-arc------'],
  ['complaint.read', 'marcvup--s'],
  ['complaint.record', 'marc-----s'],
  ['rating.read', 'marcvup--s'],
  ['rating.run', '-a-c-----s'],
  ['rating.simulate', '-a-cv-p--s'],
  ['run.cancel', '-a-c---y-s'],
  ['override.submit', 'marc------'],
  ['request.read', 'marcvup--s'],
  ['request.comment', 'marcv-p---'],
  ['request.decide', '--rcv-----'],
  ['request.breakGlass', '---c------'],
  ['request.withdraw', 'marcv-p--s'],
  ['limit.read', 'marcvup--s'],
  ['limit.request', 'marc-----s'],
  ['limit.open', '----------'],
  ['limit.use', 'ma-------s'],
  ['limit.repay', '-a-------s'],
  ['limit.freeze', '-arc------'],
  ['limit.divide', '-arc------'],
  ['tier.read', 'marcvup--s'],
  ['tier.compute', '-a-c-----s'],
  ['tierTask.close', 'marc------'],
  ['riskEvent.record', 'marc-----s'],
  ['warning.read', 'marcvup--s'],
  ['warning.handle', 'marc------'],
  ['policy.read', 'marcvup--s'],
  ['policy.publish', '------p---'],
  ['scorecard.draft', '-a----p---'],
  ['outcome.read', '-arcvu---s'],
  ['outcome.record', '-a--v----s'],
  ['attestation.submit', '----v-----'],
  ['audit.read', '---c-u----'],
  ['user.read', 'marcvupyes'],
  ['user.manage', '--------e-'],
  ['system.operate', '-------y--'],
];

describe('what one role allows', () => {
  test('finance approvers read the business, decide and comment, and nothing else', () => {
    const allowed = ACTIONS.filter((action) => permit(person('FINANCE_APPROVER'), action).ok);
    expect(allowed.filter((action) => !action.includes('.read'))).toEqual(['request.comment', 'request.decide']);
    expect(allowed).not.toContain('indicator.readCredit');
    expect(allowed).not.toContain('audit.read');
  });

  test('the table has every action once', () => {
    expect(MATRIX.map(([action]) => action).sort()).toEqual([...ACTIONS].sort());
  });

  test.each(MATRIX)('%s: %s', (action, row) => {
    const allowed = Object.entries(LETTERS)
      .map(([letter, role]) => (permit(person(role), action).ok ? letter : '-'))
      .join('');
    expect(allowed).toBe(row);
  });
});

describe('refusals', () => {
  test.each<[string, Actor, Action, string]>([
    ['a role without the permission', person('SALES_MAKER'), 'policy.publish', 'ROLE_LACKS_PERMISSION'],
    ['nobody without roles does anything', person(), 'customer.read', 'ROLE_LACKS_PERMISSION'],
    ['sales submit', person('SALES_MAKER'), 'override.submit', 'allowed'],
    ['sales never decide', person('SALES_MAKER'), 'request.decide', 'SALES_NEVER_DECIDES'],
    ['not even as approvers besides', person('RISK_APPROVER', 'SALES_MAKER'), 'request.decide', 'SALES_NEVER_DECIDES'],
    ['auditors read credit data', person('AUDITOR'), 'indicator.readCredit', 'allowed'],
    [
      'auditors only read, whatever else they are',
      person('AUDITOR', 'RISK_ANALYST'),
      'rating.run',
      'AUDITOR_ONLY_READS',
    ],
    [
      'security admins keep out of business',
      person('SECURITY_ADMIN', 'RISK_APPROVER'),
      'request.decide',
      'ADMIN_STAYS_OUT_OF_BUSINESS',
    ],
    ['security admins manage users', person('SECURITY_ADMIN'), 'user.manage', 'allowed'],
    ['system admins keep out of business', person('SYSTEM_ADMIN'), 'limit.request', 'ADMIN_STAYS_OUT_OF_BUSINESS'],
    ['workers never decide', systemActor('worker'), 'request.decide', 'SERVICE_NEVER_JUDGES'],
    ['workers never override', systemActor('rating-worker'), 'override.submit', 'SERVICE_NEVER_JUDGES'],
    ['workers rate', systemActor('rating-worker'), 'rating.run', 'allowed'],
    ['the installation makes its first users', systemActor('bootstrap'), 'user.manage', 'allowed'],
    ['the installation opens limits for imported customers', systemActor('cli'), 'limit.open', 'allowed'],
    ['an outside service does not', person('SERVICE'), 'user.manage', 'ROLE_LACKS_PERMISSION'],
  ])('%s', (_, actor, action, reason) => {
    expect(reasonFor(actor, action)).toBe(reason);
  });

  test('name the action', () => {
    expect(permit(person('SALES_MAKER'), 'rating.run')).toMatchObject({
      ok: false,
      refusal: { code: 'FORBIDDEN', reason: 'ROLE_LACKS_PERMISSION', params: { action: 'rating.run' } },
    });
  });
});

describe('segregation of duties', () => {
  const someRoles = fc.uniqueArray(fc.constantFrom(...ROLES));
  const someAction = fc.constantFrom(...ACTIONS);

  test('whoever sells, audits, administers or serves never decides a request', () => {
    const apart: Role[] = ['SALES_MAKER', 'AUDITOR', 'SYSTEM_ADMIN', 'SECURITY_ADMIN', 'SERVICE'];
    fc.assert(
      fc.property(someRoles, fc.constantFrom(...apart), (roles, role) => {
        expect(permit(person(...roles, role), 'request.decide').ok).toBe(false);
      }),
    );
  });

  test('an auditor writes nothing in any combination', () => {
    fc.assert(
      fc.property(someRoles, someAction, (roles, action) => {
        fc.pre(!action.includes('.read'));
        expect(permit(person(...roles, 'AUDITOR'), action).ok).toBe(false);
      }),
    );
  });

  test('order and repetition of roles change nothing', () => {
    fc.assert(
      fc.property(someRoles, someAction, (roles, action) => {
        expect(permit(person(...roles, ...[...roles].reverse()), action)).toEqual(permit(person(...roles), action));
      }),
    );
  });

  test('roles that do not conflict lose nothing by being held together', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ROLES), fc.constantFrom(...ROLES), someAction, (a, b, action) => {
        fc.pre(!rolesConflict(a, b));
        const either = permit(person(a), action).ok || permit(person(b), action).ok;
        expect(permit(person(a, b), action).ok).toBe(either);
      }),
    );
  });

  test.each<[Role, Role, boolean]>([
    ['SALES_MAKER', 'RISK_APPROVER', true],
    ['SALES_MAKER', 'RISK_ANALYST', false],
    ['AUDITOR', 'RISK_ANALYST', true],
    ['AUDITOR', 'SECURITY_ADMIN', true],
    ['SECURITY_ADMIN', 'CHIEF_RISK_OFFICER', true],
    ['SECURITY_ADMIN', 'SYSTEM_ADMIN', false],
    ['RISK_APPROVER', 'CHIEF_RISK_OFFICER', false],
    ['MODEL_VALIDATOR', 'RISK_ANALYST', true],
    ['MODEL_VALIDATOR', 'POLICY_ADMIN', true],
    ['MODEL_VALIDATOR', 'RISK_APPROVER', false],
    ['SERVICE', 'RISK_APPROVER', true],
  ])('%s with %s conflict: %s, both ways', (a, b, conflict) => {
    expect([rolesConflict(a, b), rolesConflict(b, a)]).toEqual([conflict, conflict]);
  });

  test('four roles decide', () => {
    expect(ROLES.filter(decidesRequests)).toEqual([
      'RISK_APPROVER',
      'FINANCE_APPROVER',
      'CHIEF_RISK_OFFICER',
      'MODEL_VALIDATOR',
    ]);
  });
});
