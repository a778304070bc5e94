/** Reads tiers, values and tasks, in the present for lists and other rooms, in the past for those who audit. It never writes. */
import type { Actor } from '../kernel/actor';
import type { Grade } from '../kernel/grade';
import { decidedBy, type Moments } from '../kernel/moments';
import { ok, type Result } from '../kernel/result';
import type { CustomerSort } from '../customers';
import { permit, permitPast } from '../identity';
import { matchCell, type MatchedCell, type Tier, type TreatmentPlan, type WarningLevel } from '../policies';
import {
  choiceConditions,
  filterConditions,
  rangeConditions,
  type Choice,
  type Filter,
  type Range,
} from '../platform/filter';
import { newestFirst, type SqlParams } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { filterAsks, type GradedCustomerConditions, type Ratings } from '../ratings';
import type { TaskState } from './domain/tier-task';
import type { TierDeps } from './tier.commands';

export interface TieredCustomerConditions extends GradedCustomerConditions {
  readonly tier?: Choice<Tier>;
}
export type TieredCustomerFilter = Filter<TieredCustomerConditions>;

export interface TaskConditions {
  readonly state?: Choice<TaskState>;
  readonly tier?: Choice<Tier>;
  readonly ownerUserId?: Choice<string>;
  readonly orgUnitId?: Choice<string>;
  readonly customerId?: Choice<string>;
  /** Last day first to last, YYYY-MM-DD. */
  readonly dueOn?: Range<string>;
}
export type TaskFilter = Filter<TaskConditions>;

/** The tier of a customer as it was. */
export interface PastTier extends MatchedCell {
  readonly customerId: string;
  readonly grade: Grade;
  readonly warning: WarningLevel | null;
  readonly valueScoreId: string;
  readonly policyVersionId: string;
  readonly effectiveFrom: Date;
  readonly version: number;
  /** Of that moment. */
  readonly plan: TreatmentPlan;
}

export const createTierQueries = (
  deps: TierDeps & { readonly ratings: { readonly queries: Pick<Ratings['queries'], 'gradedCustomers'> } },
) => ({
  /** Needs `customer.read`, and `rating.read` or `tier.read` where grades or tiers are asked for. */
  tieredCustomers: (viewer: Actor, filter: TieredCustomerFilter, sort: readonly CustomerSort[]): Result<ListSource> => {
    if (!filterAsks(filter, ({ tier }) => tier !== undefined)) {
      return deps.ratings.queries.gradedCustomers(viewer, filter, sort);
    }
    const permitted = permit(viewer, 'tier.read');
    if (!permitted.ok) return permitted;
    return deps.ratings.queries.gradedCustomers<TieredCustomerConditions>(viewer, filter, sort, {
      join: 'LEFT JOIN customer_tier AS tiered ON tiered.customer_id = customer.id',
      of: ({ tier }, params) => choiceConditions('tiered.tier', 'tier', tier, params),
    });
  },

  /** The soonest due first. Needs `tier.read`. */
  tasks: (viewer: Actor, filter: TaskFilter): Result<ListSource> => {
    const permitted = permit(viewer, 'tier.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'TierTask',
      alias: 'task',
      select: (params) => ({
        from: 'tier_task AS task',
        where: filterConditions(filter, (leaf) => taskConditions(leaf, params)),
        order: [
          { expression: 'task.due_on', type: 'date', direction: 'ASC' },
          { expression: 'task.id', type: 'uuid', direction: 'ASC' },
        ],
      }),
    });
  },

  /** Tiers of customers that have one, for decisions of other rooms: takes the query of a transaction or of the pool. */
  tiersOf: async (
    { query }: Pick<TierDeps['database'], 'query'>,
    customerIds: readonly string[],
  ): Promise<ReadonlyMap<string, Tier>> => {
    const rows = await query<{ id: string; tier: Tier }>(
      'SELECT customer_id AS id, tier FROM customer_tier WHERE customer_id = ANY ($1::uuid[])',
      [customerIds],
    );
    return new Map(rows.map(({ id, tier }) => [id, tier]));
  },

  /**
   * Which cell customers would fall into at other grades, everything else as it stands: by the same function that moves
   * tiers. Who has no value has no cell. Needs `tier.read`.
   */
  cellsAtGrades: async (
    viewer: Actor,
    grades: ReadonlyMap<string, Grade>,
    now: Date,
  ): Promise<Result<ReadonlyMap<string, MatchedCell>>> => {
    const permitted = permit(viewer, 'tier.read');
    if (!permitted.ok) return permitted;
    const customerIds = [...grades.keys()];
    const [policy, warnings, worths] = await Promise.all([
      deps.policies.inForceAt('TIER_MATRIX', now),
      deps.openWarnings(deps.database, customerIds),
      deps.database.query<{ id: string; score: string }>(
        'SELECT customer_id AS id, score::text FROM customer_value WHERE customer_id = ANY ($1::uuid[])',
        [customerIds],
      ),
    ]);
    return ok(
      new Map(
        worths.flatMap(({ id, score }): [string, MatchedCell][] => {
          const grade = grades.get(id);
          if (grade === undefined) return [];
          return [[id, matchCell(policy.content, { score, grade, warning: warnings.get(id) ?? null })]];
        }),
      ),
    );
  },

  /** Tiers in the past; customers without one then are left out. Needs `tier.read` and `audit.read`. */
  tiersAt: async (viewer: Actor, customerIds: readonly string[], at: Moments): Promise<Result<PastTier[]>> => {
    const permitted = permitPast(viewer, 'tier.read');
    if (!permitted.ok) return permitted;
    const held = await deps.database.query<Omit<PastTier, 'plan'>>(TIERS_AT, [customerIds, decidedBy(at)]);
    if (held.length === 0) return ok([]);
    const { content } = await deps.policies.inForceLookingBack('TREATMENT_PLAN', at);
    return ok(held.map((tier) => ({ ...tier, plan: content.plans[tier.tier] })));
  },

  /** Ids of the value scores that counted in the past. Needs `tier.read` and `audit.read`. */
  valueScoresAt: async (
    viewer: Actor,
    customerIds: readonly string[],
    at: Moments,
  ): Promise<Result<readonly { readonly customerId: string; readonly id: string }[]>> => {
    const permitted = permitPast(viewer, 'tier.read');
    if (!permitted.ok) return permitted;
    return ok(
      await deps.database.query(
        `SELECT DISTINCT ON (customer_id) customer_id AS "customerId", id FROM value_score
         WHERE customer_id = ANY ($1::uuid[]) AND evaluated_at <= $2 ORDER BY customer_id, evaluated_at DESC, id DESC`,
        [customerIds, decidedBy(at)],
      ),
    );
  },

  /** Ids of the life-cycle entries that counted in the past. Needs `tier.read` and `audit.read`. */
  lifeCyclesAt: async (
    viewer: Actor,
    customerIds: readonly string[],
    at: Moments,
  ): Promise<Result<readonly { readonly customerId: string; readonly id: string }[]>> => {
    const permitted = permitPast(viewer, 'tier.read');
    if (!permitted.ok) return permitted;
    return ok(
      await deps.database.query(
        `SELECT DISTINCT ON (customer_id) customer_id AS "customerId", id FROM life_cycle_entry
         WHERE customer_id = ANY ($1::uuid[]) AND changed_at <= $2 ORDER BY customer_id, number DESC`,
        [customerIds, decidedBy(at)],
      ),
    );
  },

  /** Moves of a customer in the life cycle in the past, newest first. Needs `tier.read` and `audit.read`. */
  lifeCycleHistoryAt: (viewer: Actor, customerId: string, at: Moments): Result<ListSource> =>
    movesAt(viewer, { model: 'LifeCycleEntry', table: 'life_cycle_entry' }, customerId, at),

  /** Ids of the tasks that were open on a customer in the past, the soonest due first. Needs `tier.read` and `audit.read`. */
  taskIdsOpenAt: async (
    viewer: Actor,
    customerIds: readonly string[],
    at: Moments,
  ): Promise<Result<readonly { readonly id: string; readonly customerId: string }[]>> => {
    const permitted = permitPast(viewer, 'tier.read');
    if (!permitted.ok) return permitted;
    return ok(
      await deps.database.query<{ id: string; customerId: string }>(
        `SELECT id, customer_id AS "customerId" FROM tier_task
         WHERE customer_id = ANY ($1::uuid[]) AND created_at <= $2 AND (closed_at IS NULL OR closed_at > $2)
         ORDER BY due_on, id`,
        [customerIds, decidedBy(at)],
      ),
    );
  },

  /** Changes of a customer's tier in the past, newest first. Needs `tier.read` and `audit.read`. */
  historyAt: (viewer: Actor, customerId: string, at: Moments): Result<ListSource> =>
    movesAt(viewer, { model: 'TierHistoryEntry', table: 'tier_history' }, customerId, at),
});

export type TierQueries = ReturnType<typeof createTierQueries>;

const movesAt = (
  viewer: Actor,
  { model, table }: { readonly model: string; readonly table: string },
  customerId: string,
  at: Moments,
): Result<ListSource> => {
  const permitted = permitPast(viewer, 'tier.read');
  if (!permitted.ok) return permitted;
  return ok({
    model,
    alias: 'entry',
    select: (params) => ({
      from: `${table} AS entry`,
      where: [`entry.customer_id = ${params.add(customerId)}`, `entry.changed_at <= ${params.add(decidedBy(at))}`],
      order: newestFirst('entry', 'changed_at'),
    }),
  });
};

/** The newest entry tells the cell, the newest that changed the tier since when, and their number the version. */
const TIERS_AT = `
  SELECT asked.id AS "customerId", newest.tier_after AS tier, newest.value_band AS "valueBand",
    newest.risk_class AS "riskClass", newest.grade, newest.warning, newest.value_score_id AS "valueScoreId",
    newest.policy_version_id AS "policyVersionId", since.changed_at AS "effectiveFrom", changes.count AS version
  FROM unnest($1::uuid[]) AS asked (id)
  CROSS JOIN LATERAL (SELECT * FROM tier_history
    WHERE customer_id = asked.id AND changed_at <= $2 ORDER BY changed_at DESC, id DESC LIMIT 1) AS newest
  CROSS JOIN LATERAL (SELECT changed_at FROM tier_history
    WHERE customer_id = asked.id AND changed_at <= $2 AND tier_after IS DISTINCT FROM tier_before
    ORDER BY changed_at DESC, id DESC LIMIT 1) AS since
  CROSS JOIN LATERAL (SELECT count(*)::int FROM tier_history
    WHERE customer_id = asked.id AND changed_at <= $2) AS changes`;

const taskConditions = (leaf: TaskConditions, params: SqlParams): string[] => [
  ...choiceConditions('task.state', 'text', leaf.state, params),
  ...choiceConditions('task.tier', 'tier', leaf.tier, params),
  ...choiceConditions('task.owner_user_id', 'uuid', leaf.ownerUserId, params),
  ...choiceConditions('task.org_unit_id', 'uuid', leaf.orgUnitId, params),
  ...choiceConditions('task.customer_id', 'uuid', leaf.customerId, params),
  ...rangeConditions('task.due_on', 'date', leaf.dueOn, params),
];
