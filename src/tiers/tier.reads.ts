/** How tiers, their history, values and tasks are read for screens. */
import type { Actor } from '../kernel/actor';
import { byCustomerId } from '../customers';
import { byActorId, permit } from '../identity';
import { newestFirst } from '../platform/keyset';
import {
  computed,
  connection,
  day,
  identity,
  int,
  json,
  many,
  moment,
  numeric,
  one,
  prepared,
  text,
  type ReadEnv,
  type ReadModel,
  type RoomReads,
} from '../platform/read-model';
import {
  VALUE_PARTS,
  type LifeCycleFacts,
  type LifeCyclePolicy,
  type Policies,
  type Tier,
  type ValueScorePolicy,
} from '../policies';
import { gradeColumn } from '../ratings';
import { contribution } from './domain/score-value';
import { mayClose } from './domain/tier-task';
import type { ValueCuts } from './domain/value-cuts';

const mayRead = (viewer: Actor): boolean => permit(viewer, 'tier.read').ok;
const ofCustomer = (customer: string, row: string): string => `${row}.customer_id = ${customer}.id`;

export const createTierReads = (policies: Pick<Policies, 'inForceAt'>): RoomReads => ({
  models: [tierModel(policies), TIER_HISTORY, LIFE_CYCLE_ENTRY, VALUE_SCORE, VALUE_COMPUTATION, TIER_TASK],
  links: {
    Customer: {
      tier: one('CustomerTier', ofCustomer),
      tierHistory: connection('TierHistoryEntry', ofCustomer, (t) => newestFirst(t, 'changed_at')),
      lifeCycle: one(
        'LifeCycleEntry',
        (customer, entry) =>
          `${entry}.id = (SELECT id FROM life_cycle_entry WHERE customer_id = ${customer}.id ORDER BY number DESC LIMIT 1)`,
      ),
      lifeCycleHistory: connection('LifeCycleEntry', ofCustomer, (t) => newestFirst(t, 'changed_at')),
      valueScore: one(
        'ValueScore',
        (customer, score) =>
          `${score}.id = (SELECT value_score_id FROM customer_value WHERE customer_id = ${customer}.id)`,
      ),
    },
  },
});

const decided = 'decided';
const tierModel = (policies: Pick<Policies, 'inForceAt'>): ReadModel => ({
  name: 'CustomerTier',
  table: (t) => `customer_tier AS ${t}`,
  key: 'customer_id',
  mayRead,
  joins: { decided: (t) => `LEFT JOIN tier_history AS ${t}_decided ON ${t}_decided.id = ${t}.entry_id` },
  fields: {
    tier: text('tier'),
    valueBand: text('value_band'),
    riskClass: text('risk_class'),
    grade: gradeColumn((t) => `${t}_decided.grade`, decided),
    warning: text((t) => `${t}_decided.warning`, { join: decided }),
    effectiveFrom: moment('effective_from'),
    version: int('version'),
    plan: prepared(
      { tier: text<Tier>('tier') },
      ({ now }: ReadEnv) => policies.inForceAt('TREATMENT_PLAN', now),
      ({ tier }, _, { content }) => content.plans[tier],
    ),
    policy: one('PolicyVersion', (held, policy) => `${policy}.id = ${held}.policy_version_id`),
    valueScore: one('ValueScore', (held, score) => `${score}.id = ${held}.value_score_id`),
    openTasks: many(
      'TierTask',
      (held, task) => `${task}.customer_id = ${held}.customer_id AND ${task}.state = 'OPEN'`,
      (task) => `${task}.due_on, ${task}.id`,
    ),
  },
});

const TIER_HISTORY: ReadModel = {
  name: 'TierHistoryEntry',
  table: (t) => `tier_history AS ${t}`,
  key: 'id',
  mayRead,
  fields: {
    cause: text('cause'),
    before: text('tier_before'),
    after: text('tier_after'),
    valueBand: text('value_band'),
    riskClass: text('risk_class'),
    grade: gradeColumn('grade'),
    warning: text('warning'),
    changedAt: moment('changed_at'),
    policy: one('PolicyVersion', (entry, policy) => `${policy}.id = ${entry}.policy_version_id`),
    valueScore: one('ValueScore', (entry, score) => `${score}.id = ${entry}.value_score_id`),
  },
};

const LIFE_CYCLE_ENTRY: ReadModel = {
  name: 'LifeCycleEntry',
  table: (t) => `life_cycle_entry AS ${t}`,
  key: 'id',
  mayRead,
  joins: { rules: (t) => `LEFT JOIN policy_version AS ${t}_rules ON ${t}_rules.id = ${t}.policy_version_id` },
  fields: {
    stage: text('stage_after'),
    before: text('stage_before'),
    asOf: day('as_of'),
    changedAt: moment('changed_at'),
    rule: computed(
      { id: text('rule'), content: json<LifeCyclePolicy>((t) => `${t}_rules.content`, { join: 'rules' }) },
      ({ id, content }) => content.rules.find((rule) => rule.id === id) ?? { id, nameZh: id, nameEn: id },
    ),
    facts: json((t) => `${t}.facts`, {
      as: (facts) => Object.entries(facts as LifeCycleFacts).map(([measure, value]) => ({ measure, value })),
    }),
    policy: one('PolicyVersion', (entry, policy) => `${policy}.id = ${entry}.policy_version_id`),
  },
};

const rules = json<ValueScorePolicy>((t) => `${t}_rules.content`, { join: 'rules' });

const VALUE_SCORE: ReadModel = {
  name: 'ValueScore',
  table: (t) => `value_score AS ${t}`,
  key: 'id',
  mayRead,
  joins: {
    rules: (t) => `LEFT JOIN value_computation AS ${t}_computation ON ${t}_computation.id = ${t}.computation_id
      LEFT JOIN policy_version AS ${t}_rules ON ${t}_rules.id = ${t}_computation.policy_version_id`,
  },
  fields: {
    score: numeric('score'),
    asOf: day('as_of'),
    evaluatedAt: moment('evaluated_at'),
    orders: numeric('orders'),
    averageOrder: numeric('average_order'),
    margin: numeric('margin'),
    lifetimeValue: numeric('lifetime_value'),
    paretoShare: numeric('pareto_share'),
    missing: json((t) => `to_json(${t}.missing)`),
    lifetime: computed({ retention: numeric('retention'), policy: rules }, ({ retention, policy }) => ({
      retention,
      discountRate: policy.lifetime.discountRate,
      horizonYears: policy.lifetime.horizonYears,
    })),
    parts: computed({ points: json<number[]>((t) => `to_json(${t}.points)`), policy: rules }, ({ points, policy }) =>
      VALUE_PARTS.map((part, i) => {
        const [weight, earned] = [policy.weights[part], points[i] ?? 0];
        return { part, weight, points: earned, contribution: contribution(weight, earned).toFixed() };
      }),
    ),
    computation: one('ValueComputation', (score, computation) => `${computation}.id = ${score}.computation_id`),
  },
};

const VALUE_COMPUTATION: ReadModel = {
  name: 'ValueComputation',
  table: (t) => `value_computation AS ${t}`,
  key: 'id',
  mayRead,
  fields: {
    id: identity,
    state: text('state'),
    asOf: day('as_of'),
    referenceSize: int('reference_size'),
    evaluated: int('evaluated'),
    tiersMoved: int('tiers_moved'),
    core: int('core'),
    coreKnown: int('core_known'),
    coreRecognised: int('core_recognised'),
    startedAt: moment('started_at'),
    finishedAt: moment('finished_at'),
    version: int('version'),
    cuts: json((t) => `${t}.cuts`, { as: (cuts) => cutsView(cuts as ValueCuts) }),
    paretoCurve: json((t) => `${t}.cuts`, { as: (cuts) => (cuts as ValueCuts).pareto ?? [] }),
    requester: one('User', byActorId('requested_by')),
    policy: one('PolicyVersion', (computation, policy) => `${policy}.id = ${computation}.policy_version_id`),
  },
};

const cutsView = ({ frequency, averageOrder, margin, lifetimeValue }: ValueCuts) => [
  { part: 'FREQUENCY', cuts: frequency },
  { part: 'AVERAGE_ORDER', cuts: averageOrder },
  { part: 'MARGIN', cuts: margin },
  { part: 'LIFETIME_VALUE', cuts: lifetimeValue },
];

const TIER_TASK: ReadModel = {
  name: 'TierTask',
  table: (t) => `tier_task AS ${t}`,
  key: 'id',
  mayRead,
  fields: {
    id: identity,
    code: text('code'),
    nameZh: text('name_zh'),
    nameEn: text('name_en'),
    tier: text('tier'),
    direction: text('direction'),
    dueOn: day('due_on'),
    state: text('state'),
    note: text('note'),
    createdAt: moment('created_at'),
    closedAt: moment('closed_at'),
    version: int('version'),
    viewerMayClose: computed(
      {
        state: text('state'),
        ownerUserId: text((t) => `${t}.owner_user_id`),
        orgUnitId: text((t) => `${t}.org_unit_id`),
      },
      ({ state, ...task }, { viewer }) =>
        state === 'OPEN' && permit(viewer, 'tierTask.close').ok && mayClose(task, viewer),
    ),
    customer: one('Customer', byCustomerId),
    owner: one('User', (task, user) => `${user}.id = ${task}.owner_user_id`),
    orgUnit: one('OrgUnit', (task, unit) => `${unit}.id = ${task}.org_unit_id`),
    closer: one('User', byActorId('closed_by')),
  },
};
