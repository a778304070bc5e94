/** Books moves of tiers, and the tasks that follow from them. The tier itself is moved by the database, and by nothing else. */
import { momentAfter } from '../kernel/clock';
import type { Grade } from '../kernel/grade';
import {
  type MatchedCell,
  type RiskClass,
  type Tier,
  type TierDirection,
  type TierMatrixPolicy,
  type WarningLevel,
} from '../policies';
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import type { TierTask } from './domain/tier-task';

export const TIER_CAUSES = ['GRADE', 'VALUE', 'WARNING', 'POLICY'] as const;
export type TierCause = (typeof TIER_CAUSES)[number];

export interface HeldTier extends MatchedCell {
  readonly customerId: string;
  readonly updatedAt: Date;
  readonly version: number;
  /** What the newest entry was decided by. */
  readonly valueScoreId: string;
  readonly policyVersionId: string;
}

/** Tiers of the customers that have one, locked in a stable order until the transaction ends. */
export const lockTiers = (tx: Tx, customerIds: readonly string[]): Promise<HeldTier[]> =>
  tx.query<HeldTier>(
    `SELECT customer_id AS "customerId", tier, value_band AS "valueBand", risk_class AS "riskClass", updated_at AS "updatedAt",
       version, value_score_id AS "valueScoreId", policy_version_id AS "policyVersionId"
     FROM customer_tier WHERE customer_id = ANY ($1::uuid[]) ORDER BY customer_id FOR NO KEY UPDATE`,
    [customerIds],
  );

export const tiersOf = async (tx: Tx, customerIds: readonly string[]): Promise<Map<string, Tier>> => {
  const rows = await tx.query<{ id: string; tier: Tier }>(
    'SELECT customer_id AS id, tier FROM customer_tier WHERE customer_id = ANY ($1::uuid[])',
    [customerIds],
  );
  return new Map(rows.map(({ id, tier }) => [id, tier]));
};

export interface TierInputs {
  readonly customerId: string;
  readonly valueScoreId: string;
  readonly score: string;
  readonly grade: Grade;
}

/** What the tiers of customers are told by; who lacks a value or a grade has none. In the order of ids. */
export const tierInputs = (tx: Tx, customerIds: readonly string[]): Promise<TierInputs[]> =>
  tx.query<TierInputs>(
    `SELECT worth.customer_id AS "customerId", worth.value_score_id AS "valueScoreId", worth.score::text, graded.grade
     FROM customer_value AS worth JOIN customer_grade AS graded ON graded.customer_id = worth.customer_id
     WHERE worth.customer_id = ANY ($1::uuid[]) ORDER BY worth.customer_id`,
    [customerIds],
  );

/** Customers after an id whose risk class is not what their grade in force and their warnings say, in the order of ids. */
export const tiersOffRisk = async (
  tx: Tx,
  { riskByGrade }: Pick<TierMatrixPolicy, 'riskByGrade'>,
  riskByCustomer: ReadonlyMap<string, RiskClass>,
  { after, atMost }: { readonly after: string | null; readonly atMost: number },
): Promise<string[]> => {
  const classes = Object.entries(riskByGrade);
  const rows = await tx.query<{ id: string }>(
    `SELECT graded.customer_id AS id
     FROM customer_grade AS graded
     JOIN customer_value AS worth ON worth.customer_id = graded.customer_id
     JOIN unnest($1::grade[], $2::risk_class[]) AS rule (grade, risk_class) ON rule.grade = graded.grade
     LEFT JOIN unnest($3::uuid[], $4::risk_class[]) AS warned (customer_id, risk_class)
       ON warned.customer_id = graded.customer_id
     LEFT JOIN customer_tier AS held ON held.customer_id = graded.customer_id
     WHERE held.risk_class IS DISTINCT FROM greatest(rule.risk_class, warned.risk_class)
       AND graded.customer_id > coalesce($5::uuid, '00000000-0000-0000-0000-000000000000')
     ORDER BY graded.customer_id LIMIT $6`,
    [
      classes.map(([grade]) => grade),
      classes.map(([, riskClass]) => riskClass),
      [...riskByCustomer.keys()],
      [...riskByCustomer.values()],
      after,
      atMost,
    ],
  );
  return rows.map(({ id }) => id);
};

export interface TierEntry extends MatchedCell {
  readonly id: string;
  readonly customerId: string;
  readonly cause: TierCause;
  readonly causeId: string;
  readonly before: HeldTier | null;
  readonly valueScoreId: string;
  readonly grade: Grade;
  readonly warning: WarningLevel | null;
  readonly policyVersionId: string;
  /** Null where the tier is the same in another cell. */
  readonly direction: TierDirection | null;
}

/** Later than the move before it, even where this transaction began earlier and had to wait. */
const momentOf = (tx: Tx, { before }: TierEntry): Date =>
  before === null ? tx.at : momentAfter(tx.at, before.updatedAt);

export const bookTiers = async (tx: Tx, entries: readonly TierEntry[]): Promise<void> => {
  await tx.query(
    `INSERT INTO tier_history (id, customer_id, cause, cause_id, tier_before, tier_after, value_band, risk_class,
       value_score_id, grade, warning, policy_version_id, changed_at, changed_by)
     SELECT id, customer_id, cause, cause_id, tier_before, tier_after, value_band, risk_class, value_score_id, grade,
       warning, policy_version_id, changed_at, $14
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::tier[], $6::tier[], $7::value_band[],
         $8::risk_class[], $9::uuid[], $10::grade[], $11::text[], $12::uuid[], $13::timestamptz[])
       AS t (id, customer_id, cause, cause_id, tier_before, tier_after, value_band, risk_class, value_score_id, grade,
         warning, policy_version_id, changed_at)`,
    [
      entries.map((entry) => entry.id),
      entries.map((entry) => entry.customerId),
      entries.map((entry) => entry.cause),
      entries.map((entry) => entry.causeId),
      entries.map((entry) => entry.before?.tier ?? null),
      entries.map((entry) => entry.tier),
      entries.map((entry) => entry.valueBand),
      entries.map((entry) => entry.riskClass),
      entries.map((entry) => entry.valueScoreId),
      entries.map((entry) => entry.grade),
      entries.map((entry) => entry.warning),
      entries.map((entry) => entry.policyVersionId),
      entries.map((entry) => momentOf(tx, entry)),
      tx.initiator.actor.id,
    ],
  );
};

/** What the next change of tier has made pointless; yields how many. */
export const cancelTasksOf = async (tx: Tx, customerIds: readonly string[], note: string): Promise<number> => {
  const cancelled = await tx.query(
    `UPDATE tier_task SET state = 'CANCELLED', closed_at = greatest($2, created_at), closed_by = $3, note = $4,
       version = version + 1
     WHERE customer_id = ANY ($1::uuid[]) AND state = 'OPEN' RETURNING id`,
    [customerIds, tx.at, tx.initiator.actor.id, note],
  );
  return cancelled.length;
};

export interface NewTask {
  readonly entry: Pick<TierEntry, 'id' | 'customerId' | 'tier'>;
  readonly direction: TierDirection;
  readonly code: string;
  readonly nameZh: string;
  readonly nameEn: string;
  /** YYYY-MM-DD. */
  readonly dueOn: string;
}

/** Each task belongs to the customer's manager and his unit of this moment. A change brings each of its tasks once. */
export const insertTasks = async (tx: Tx, planVersionId: string, tasks: readonly NewTask[]): Promise<void> => {
  if (tasks.length === 0) return;
  await tx.query(
    `INSERT INTO tier_task (id, entry_id, customer_id, code, name_zh, name_en, tier, direction, plan_version_id,
       owner_user_id, org_unit_id, due_on, state, created_at, version)
     SELECT task.id, task.entry_id, customer.id, task.code, task.name_zh, task.name_en, task.tier, task.direction, $1,
       customer.owner_user_id, customer.org_unit_id, task.due_on, 'OPEN', $2, 1
     FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::tier[], $10::text[],
         $11::date[])
       AS task (id, entry_id, customer_id, code, name_zh, name_en, tier, direction, due_on)
     JOIN customer ON customer.id = task.customer_id
     ON CONFLICT (entry_id, code) DO NOTHING`,
    [
      planVersionId,
      tx.at,
      tasks.map(() => tx.newId()),
      tasks.map(({ entry }) => entry.id),
      tasks.map(({ entry }) => entry.customerId),
      tasks.map((task) => task.code),
      tasks.map((task) => task.nameZh),
      tasks.map((task) => task.nameEn),
      tasks.map(({ entry }) => entry.tier),
      tasks.map((task) => task.direction),
      tasks.map((task) => task.dueOn),
    ],
  );
};

export interface LockedTask extends TierTask {
  readonly id: string;
  readonly customerId: string;
  readonly code: string;
  readonly version: number;
}

export const lockTask = async (tx: Tx, id: string): Promise<LockedTask | null> =>
  (
    await tx.query<LockedTask>(
      `SELECT id, customer_id AS "customerId", code, state, owner_user_id AS "ownerUserId", org_unit_id AS "orgUnitId", version
       FROM tier_task WHERE id = $1 FOR UPDATE`,
      [id],
    )
  )[0] ?? null;

export const closeTask = async (
  tx: Tx,
  task: LockedTask,
  closing: { readonly state: string; readonly note: string | null },
): Promise<number> => {
  const [row] = await tx.query<{ version: number }>(
    `UPDATE tier_task SET state = $2, note = $3, closed_at = greatest($4, created_at), closed_by = $5, version = version + 1
     WHERE id = $1 RETURNING version`,
    [task.id, closing.state, closing.note, tx.at, tx.initiator.actor.id],
  );
  if (row === undefined) throw new Error(`task ${task.id} is gone`);
  return row.version;
};

/* Tiers that follow a run in chunks */

export interface FollowUp {
  readonly runId: string;
  readonly updatedAt: Date;
  /** Customers up to this id are done; null before the first chunk. */
  readonly doneUpto: string | null;
}

export const openFollowUp = async (tx: Tx, runId: string): Promise<void> => {
  await tx.query('INSERT INTO tier_follow_up (run_id, opened_at, updated_at) VALUES ($1, $2, $2)', [runId, tx.at]);
};

/** Locked until the transaction ends; null where it is done or not there. */
export const lockOpenFollowUp = async (tx: Tx, runId: string): Promise<FollowUp | null> =>
  (
    await tx.query<FollowUp>(
      `SELECT run_id AS "runId", updated_at AS "updatedAt", done_upto AS "doneUpto" FROM tier_follow_up
       WHERE run_id = $1 AND finished_at IS NULL FOR NO KEY UPDATE`,
      [runId],
    )
  )[0] ?? null;

/** `doneUpto` is null where nobody was left to look at. */
export const noteFollowUp = async (
  tx: Tx,
  followUp: FollowUp,
  step: { readonly moved: number; readonly doneUpto: string | null; readonly isEnd: boolean },
): Promise<void> => {
  await tx.query(
    `UPDATE tier_follow_up SET moved = moved + $3, done_upto = coalesce($4, done_upto), updated_at = $2,
       finished_at = CASE WHEN $5 THEN $2::timestamptz END
     WHERE run_id = $1`,
    [followUp.runId, momentAfter(tx.at, followUp.updatedAt), step.moved, step.doneUpto, step.isEnd],
  );
};

/** Runs whose tiers are not done, and nobody has worked on since the moment; oldest first. */
export const idleFollowUps = async (query: Query, since: Date): Promise<string[]> =>
  (
    await query<{ runId: string }>(
      `SELECT run_id AS "runId" FROM tier_follow_up WHERE finished_at IS NULL AND updated_at <= $1 ORDER BY updated_at`,
      [since],
    )
  ).map(({ runId }) => runId);
