/**
 * What each role may do, and what it may never do, as two tables. `permit` is asked by commands and queries of every
 * room; it knows nothing of who made a request: maker ≠ checker is the approvals room's decision.
 */
import { Ability, AbilityBuilder, type AbilityClass } from '@casl/ability';
import type { Actor } from '../../kernel/actor';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';
import type { Role } from '../../kernel/role';

/** `<object>.<verb>`; a verb that begins with `read` changes nothing. */
export const ACTIONS = [
  'customer.read',
  'customer.write',
  'personal.read',
  'personal.protect',
  'indicator.read',
  'indicator.readCredit',
  'indicator.import',
  'indicator.score',
  'complaint.read',
  'complaint.record',
  'rating.read',
  'rating.run',
  'rating.simulate',
  'run.cancel',
  'override.submit',
  'request.read',
  'request.comment',
  'request.decide',
  'request.breakGlass',
  'request.withdraw',
  'limit.read',
  'limit.request',
  'limit.open',
  'limit.use',
  'limit.repay',
  'limit.freeze',
  'limit.divide',
  'tier.read',
  'tier.compute',
  'tierTask.close',
  'riskEvent.record',
  'warning.read',
  'warning.handle',
  'policy.read',
  'policy.publish',
  'scorecard.draft',
  'outcome.read',
  'outcome.record',
  'attestation.submit',
  'audit.read',
  'user.read',
  'user.manage',
  'system.operate',
] as const;
export type Action = (typeof ACTIONS)[number];

const isRead = (action: Action): boolean => action.includes('.read');
const READS = ACTIONS.filter(isRead);
const WRITES = ACTIONS.filter((action) => !isRead(action));
const ADMINISTRATION: readonly Action[] = ['user.manage', 'system.operate', 'run.cancel'];
const BUSINESS_WRITES = WRITES.filter((action) => !ADMINISTRATION.includes(action));

/** Names, units and the portfolio itself: what everybody in the business sees. Credit data are not part of it (D7, D42). */
const BUSINESS_READS: readonly Action[] = [
  'customer.read',
  'indicator.read',
  'complaint.read',
  'rating.read',
  'request.read',
  'limit.read',
  'tier.read',
  'warning.read',
  'policy.read',
  'user.read',
];
const RISK_READS: readonly Action[] = [...BUSINESS_READS, 'indicator.readCredit', 'outcome.read'];
const MAKING: readonly Action[] = [
  'override.submit',
  'limit.request',
  'request.withdraw',
  'request.comment',
  'complaint.record',
  'tierTask.close',
];

/** One person alone may only tighten; what loosens is a request. */
const TIGHTENING: readonly Action[] = ['limit.freeze', 'limit.divide'];

const WARNING: readonly Action[] = ['riskEvent.record', 'warning.handle'];

const GRANTS: Readonly<Record<Role, readonly Action[]>> = {
  SALES_MAKER: [...BUSINESS_READS, ...MAKING, ...WARNING, 'limit.use', 'customer.write', 'personal.read'],
  RISK_ANALYST: [
    ...RISK_READS,
    ...MAKING,
    ...WARNING,
    ...TIGHTENING,
    'limit.use',
    'limit.repay',
    'customer.write',
    'personal.read',
    'personal.protect',
    'indicator.import',
    'indicator.score',
    'rating.run',
    'rating.simulate',
    'run.cancel',
    'tier.compute',
    'scorecard.draft',
    'outcome.record',
  ],
  RISK_APPROVER: [...RISK_READS, ...MAKING, ...WARNING, ...TIGHTENING, 'request.decide', 'indicator.score'],
  FINANCE_APPROVER: [...BUSINESS_READS, 'request.decide', 'request.comment'],
  CHIEF_RISK_OFFICER: [
    ...RISK_READS,
    ...MAKING,
    ...WARNING,
    ...TIGHTENING,
    'request.decide',
    'request.breakGlass',
    'indicator.score',
    'rating.run',
    'rating.simulate',
    'run.cancel',
    'tier.compute',
    'audit.read',
  ],
  MODEL_VALIDATOR: [
    ...RISK_READS,
    'request.decide',
    'request.comment',
    'request.withdraw',
    'rating.simulate',
    'outcome.record',
    'attestation.submit',
  ],
  AUDITOR: READS,
  POLICY_ADMIN: [
    ...BUSINESS_READS,
    'policy.publish',
    'scorecard.draft',
    'rating.simulate',
    'request.withdraw',
    'request.comment',
  ],
  SYSTEM_ADMIN: ['user.read', 'system.operate', 'run.cancel'],
  SECURITY_ADMIN: ['user.read', 'user.manage'],
  SERVICE: [
    ...RISK_READS,
    'customer.write',
    'indicator.import',
    'complaint.record',
    'rating.run',
    'rating.simulate',
    'run.cancel',
    'tier.compute',
    'limit.request',
    'limit.use',
    'limit.repay',
    'request.withdraw',
    'outcome.record',
    'riskEvent.record',
  ],
};

/** What the installation itself does at its first start and on the operator's command line; no person has it by this table. */
const INSTALLATION: readonly Action[] = ['user.manage', 'policy.publish', 'audit.read', 'system.operate', 'limit.open'];

/** Segregation: a prohibition holds against anything another role of the same person grants. */
const PROHIBITIONS: Readonly<Partial<Record<Role, { readonly actions: readonly Action[]; readonly reason: string }>>> =
  {
    SALES_MAKER: { actions: ['request.decide'], reason: 'SALES_NEVER_DECIDES' },
    MODEL_VALIDATOR: { actions: ['scorecard.draft'], reason: 'VALIDATOR_NEVER_DEVELOPS' },
    AUDITOR: { actions: WRITES, reason: 'AUDITOR_ONLY_READS' },
    SYSTEM_ADMIN: { actions: BUSINESS_WRITES, reason: 'ADMIN_STAYS_OUT_OF_BUSINESS' },
    SECURITY_ADMIN: { actions: BUSINESS_WRITES, reason: 'ADMIN_STAYS_OUT_OF_BUSINESS' },
    SERVICE: { actions: ['request.decide', 'override.submit', 'indicator.score'], reason: 'SERVICE_NEVER_JUDGES' },
  };

type RoleAbility = Ability<Action>;

const buildAbility = (actor: Pick<Actor, 'kind' | 'roles'>): RoleAbility => {
  const { can, cannot, build } = new AbilityBuilder<RoleAbility>(Ability as AbilityClass<RoleAbility>);
  if (actor.kind === 'SYSTEM') can([...INSTALLATION]);
  for (const role of actor.roles) can([...GRANTS[role]]);
  // Later rules win, so every prohibition comes after every grant.
  for (const role of actor.roles) {
    const prohibition = PROHIBITIONS[role];
    if (prohibition) cannot([...prohibition.actions]).because(prohibition.reason);
  }
  return build();
};

/** One ability per combination of roles; there are few combinations, so nothing is ever dropped. */
const abilities = new Map<string, RoleAbility>();

const abilityOf = (actor: Pick<Actor, 'kind' | 'roles'>): RoleAbility => {
  const key = `${actor.kind}:${[...new Set(actor.roles)].sort().join()}`;
  const known = abilities.get(key);
  if (known) return known;
  const built = buildAbility(actor);
  abilities.set(key, built);
  return built;
};

/**
 * Whether the actor's roles allow the action. Refuses with FORBIDDEN; `reason` is the prohibition that stands against
 * it or ROLE_LACKS_PERMISSION; `params.action` names the action.
 */
export const permit = (actor: Actor, action: Action): Result<true> => {
  const ability = abilityOf(actor);
  if (ability.can(action)) return ok(true);
  const reason = ability.relevantRuleFor(action)?.reason ?? 'ROLE_LACKS_PERMISSION';
  return refuse('FORBIDDEN', `Your roles do not allow ${action}.`, { reason, params: { action } });
};

/** As {@link permit}, for looking at what was there before: that is for those who audit. */
export const permitPast = (actor: Actor, action: Action): Result<true> => {
  const present = permit(actor, action);
  return present.ok ? permit(actor, 'audit.read') : present;
};

/** Two roles conflict when one forbids what the other is for; such a pair is never given to one person. */
export const rolesConflict = (a: Role, b: Role): boolean => forbids(a, b) || forbids(b, a);

const forbids = (role: Role, other: Role): boolean =>
  PROHIBITIONS[role]?.actions.some((action) => GRANTS[other].includes(action)) ?? false;

/** Roles whose holders decide on requests; the line that benefits from a decision never holds one of them. */
export const decidesRequests = (role: Role): boolean => GRANTS[role].includes('request.decide');
