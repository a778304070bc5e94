/**
 * Tiers follow whatever they are told by: the grade in force inside the transaction that moves it, the value when it is told
 * anew, a warning when it is raised or closed. A change of tier brings its tasks with it and makes those of the change before
 * pointless.
 */
import type { Initiator } from '../kernel/actor';
import { digestOf } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import { tasksFor, TIERS, type Policies, type WarningLevel } from '../policies';
import type { Database } from '../platform/database';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { GradeChange, Ratings } from '../ratings';
import { assignTier } from './domain/assign-tier';
import { decideClosing, type Closing } from './domain/tier-task';
import {
  bookTiers,
  cancelTasksOf,
  closeTask,
  idleFollowUps,
  insertTasks,
  lockOpenFollowUp,
  lockTask,
  lockTiers,
  noteFollowUp,
  openFollowUp,
  tierInputs,
  tiersOffRisk,
  type HeldTier,
  type NewTask,
  type TierCause,
  type TierEntry,
} from './tier.store';

/** Worst open warning of the customers that have one; with null, of everybody. */
export type OpenWarnings = (
  tx: Pick<Tx, 'query'>,
  customerIds: readonly string[] | null,
) => Promise<ReadonlyMap<string, WarningLevel>>;

export interface TierDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly policies: Policies;
  readonly ratings: Pick<Ratings, 'lockGrades' | 'customerExists' | 'tiersMoved'>;
  /** Given by the room of warnings; nobody is warned of without it. */
  readonly openWarnings: OpenWarnings;
  /** Customers that are looked at in one go. */
  readonly batch: number;
}

/** Why tiers are looked at: the cause, and what is behind it for each customer. */
export interface TierOccasion {
  readonly cause: TierCause;
  readonly causeOf: (customerId: string) => string;
}

const DAY_MS = 86_400_000;

/**
 * Moves the tiers of these customers to where value, grade and warnings put them; who lacks a value or a grade has none.
 * Grades are locked before tiers are. One audit event for all of them, with every move in it by digest; a single move is told
 * in full. Yields how many moved.
 */
export const followTiers = async (
  deps: Pick<TierDeps, 'policies' | 'openWarnings' | 'ratings'>,
  tx: Tx,
  customerIds: readonly string[],
  { cause, causeOf }: TierOccasion,
): Promise<number> => {
  const [locked, inputs, policy, warnings] = await Promise.all([
    lockTiers(tx, customerIds),
    tierInputs(tx, customerIds),
    deps.policies.inForce(tx, 'TIER_MATRIX'),
    deps.openWarnings(tx, customerIds),
  ]);
  const held = new Map(locked.map((tier) => [tier.customerId, tier]));
  const entries = inputs.flatMap(({ customerId, valueScoreId, score, grade }): TierEntry[] => {
    const before = held.get(customerId) ?? null;
    const warning = warnings.get(customerId) ?? null;
    const move = assignTier(before, { score, grade, warning }, policy.content);
    if (move === null) return [];
    const byPolicy = cause === 'VALUE' && before !== null && isByPolicy(before, { ...move, valueScoreId }, policy.id);
    return [
      {
        ...move,
        id: tx.newId(),
        customerId,
        cause: byPolicy ? 'POLICY' : cause,
        causeId: byPolicy ? policy.id : causeOf(customerId),
        before,
        valueScoreId,
        grade,
        warning,
        policyVersionId: policy.id,
      },
    ];
  });
  if (entries.length === 0) return 0;
  await bookTiers(tx, entries);
  await deps.ratings.tiersMoved(tx, entries);
  recordMoves(tx, entries, await renewTasks(deps, tx, entries));
  return entries.length;
};

/** The same customer in the same place, or by the same value, under other rules: then the rules have moved him. */
const isByPolicy = (
  before: HeldTier,
  after: Pick<TierEntry, 'valueBand' | 'riskClass' | 'valueScoreId'>,
  policyVersionId: string,
): boolean =>
  before.policyVersionId !== policyVersionId &&
  (before.valueScoreId === after.valueScoreId ||
    (before.valueBand === after.valueBand && before.riskClass === after.riskClass));

interface RenewedTasks {
  readonly created: number;
  readonly cancelled: number;
}

const SUPERSEDED = 'superseded by the next change of tier';

const renewTasks = async (
  deps: Pick<TierDeps, 'policies'>,
  tx: Tx,
  entries: readonly TierEntry[],
): Promise<RenewedTasks> => {
  const changed = entries.filter(({ direction }) => direction !== null);
  if (changed.length === 0) return { created: 0, cancelled: 0 };
  const cancelled = await cancelTasksOf(
    tx,
    changed.flatMap(({ customerId, before }) => (before === null ? [] : [customerId])),
    SUPERSEDED,
  );
  const plan = await deps.policies.inForce(tx, 'TREATMENT_PLAN');
  const tasks = changed.flatMap((entry): NewTask[] =>
    entry.direction === null
      ? []
      : tasksFor(plan.content, entry.tier, entry.direction).map(({ code, nameZh, nameEn, dueInDays }) => ({
          entry,
          direction: entry.direction as NonNullable<typeof entry.direction>,
          code,
          nameZh,
          nameEn,
          dueOn: new Date(tx.at.getTime() + dueInDays * DAY_MS).toISOString().slice(0, 10),
        })),
  );
  await insertTasks(tx, plan.id, tasks);
  return { created: tasks.length, cancelled };
};

const recordMoves = (tx: Tx, entries: readonly TierEntry[], tasks: RenewedTasks): void => {
  const [only] = entries;
  if (only !== undefined && entries.length === 1) {
    const { before, tier, valueBand, riskClass, customerId } = only;
    tx.record({
      action: before === null ? 'tier.assigned' : 'tier.moved',
      object: { type: 'CustomerTier', id: customerId },
      customerId,
      ...(before === null
        ? {}
        : { before: { tier: before.tier, valueBand: before.valueBand, riskClass: before.riskClass } }),
      after: { tier, valueBand, riskClass },
      data: {
        cause: only.cause,
        causeId: only.causeId,
        grade: only.grade,
        warning: only.warning,
        policyVersion: only.policyVersionId,
        tasks: { ...tasks },
      },
    });
    tx.signal('CustomerTier', customerId, (before?.version ?? 0) + 1);
    return;
  }
  tx.record({
    action: 'tier.moved',
    object: { type: 'TierBatch', id: tx.newId() },
    data: {
      count: entries.length,
      first: entries.filter(({ before }) => before === null).length,
      up: entries.filter(({ direction }) => direction === 'UP').length,
      down: entries.filter(({ direction }) => direction === 'DOWN').length,
      tiers: Object.fromEntries(TIERS.map((tier) => [tier, entries.filter((entry) => entry.tier === tier).length])),
      tasks: { ...tasks },
      digest: digestOf(
        entries.map(({ customerId, before, tier, valueBand, riskClass }) => [
          customerId,
          before?.tier ?? null,
          tier,
          valueBand,
          riskClass,
        ]),
      ),
    },
  });
};

/** Called inside the transaction that set, changed or confirmed grades in force; the caller holds their locks. */
export const followGrades = async (
  deps: Pick<TierDeps, 'policies' | 'openWarnings' | 'ratings'>,
  tx: Tx,
  changes: readonly Pick<GradeChange, 'customerId' | 'causeId'>[],
): Promise<void> => {
  const causes = new Map(changes.map(({ customerId, causeId }) => [customerId, causeId]));
  await followTiers(deps, tx, [...causes.keys()], {
    cause: 'GRADE',
    causeOf: (customerId) => causes.get(customerId) ?? customerId,
  });
};

/** Kind of the job that {@link runFollowUp} answers. */
export const FOLLOW_UP_JOB = 'tier.followUp';

/**
 * Called inside the transaction that publishes a run. The tiers of a small portfolio follow in here. Those of a large one follow
 * right after it, in chunks: nobody reads a grade until this transaction ends, and one event would hold everybody's move.
 */
export const followRun = async (
  deps: Omit<TierDeps, 'unitOfWork'>,
  tx: Tx,
  { runId, rated }: { readonly runId: string; readonly rated: number },
): Promise<void> => {
  if (rated <= deps.batch) {
    const moved = await offRisk(deps, tx, null);
    await followTiers(deps, tx, moved, { cause: 'GRADE', causeOf: () => runId });
    return;
  }
  await openFollowUp(tx, runId);
  tx.enqueue({ kind: FOLLOW_UP_JOB, key: `${FOLLOW_UP_JOB}:${runId}`, payload: { runId } });
};

/** The next batch of customers whose risk class is another now, found in the database; {@link followTiers} decides. */
const offRisk = async (
  deps: Pick<TierDeps, 'policies' | 'openWarnings' | 'batch'>,
  tx: Tx,
  after: string | null,
): Promise<string[]> => {
  const { content } = await deps.policies.inForce(tx, 'TIER_MATRIX');
  const warnings = await deps.openWarnings(tx, null);
  const warned = new Map([...warnings].map(([customerId, level]) => [customerId, content.riskByWarning[level]]));
  return tiersOffRisk(tx, content, warned, { after, atMost: deps.batch });
};

/**
 * Takes the tiers that follow a run to their end, each chunk in a transaction of its own. May be called at any time and any
 * number of times. Yields how many tiers moved.
 */
export const runFollowUp = async (
  deps: TierDeps,
  by: Initiator,
  { runId }: { readonly runId: string },
): Promise<Result<number>> => {
  const permitted = permit(by.actor, 'tier.compute');
  if (!permitted.ok) return permitted;
  for (let total = 0; ;) {
    const moved = await deps.unitOfWork.run(by, (tx) => followNext(deps, tx, runId));
    if (!moved.ok) return moved;
    if (moved.value === null) return ok(total);
    total += moved.value;
  }
};

/** Null where nothing is left to do. */
const followNext = async (deps: TierDeps, tx: Tx, runId: string): Promise<Result<number | null>> => {
  const followUp = await lockOpenFollowUp(tx, runId);
  if (followUp === null) {
    tx.unchanged();
    return ok(null);
  }
  const customerIds = await offRisk(deps, tx, followUp.doneUpto);
  await deps.ratings.lockGrades(tx, customerIds);
  const moved = await followTiers(deps, tx, customerIds, { cause: 'GRADE', causeOf: () => runId });
  const isEnd = customerIds.length < deps.batch;
  await noteFollowUp(tx, followUp, { moved, doneUpto: customerIds.at(-1) ?? null, isEnd });
  tx.record({
    action: isEnd ? 'tierFollowUp.completed' : 'tierFollowUp.chunkDone',
    object: { type: 'RatingRun', id: runId },
    data: { moved, upTo: customerIds.at(-1) ?? null },
  });
  return ok(moved);
};

/** A follow-up that nobody has worked on for this long was left by its worker. */
const IDLE_MS = 60_000;

/** Takes up what was left; yields how many tiers moved. */
export const resumeFollowUps = async (deps: TierDeps, by: Initiator, now: Date): Promise<Result<number>> => {
  let total = 0;
  for (const runId of await idleFollowUps(deps.database.query, new Date(now.getTime() - IDLE_MS))) {
    const moved = await runFollowUp(deps, by, { runId });
    if (!moved.ok) return moved;
    total += moved.value;
  }
  return ok(total);
};

/** Called inside the transaction that raises or closes warnings. */
export const followWarnings = async (
  deps: Pick<TierDeps, 'policies' | 'openWarnings' | 'ratings'>,
  tx: Tx,
  changes: readonly { readonly customerId: string; readonly warningId: string }[],
): Promise<void> => {
  const causes = new Map(changes.map(({ customerId, warningId }) => [customerId, warningId]));
  const customerIds = [...causes.keys()];
  await deps.ratings.lockGrades(tx, customerIds);
  await followTiers(deps, tx, customerIds, {
    cause: 'WARNING',
    causeOf: (customerId) => causes.get(customerId) ?? customerId,
  });
};

export interface CloseTask extends Closing {
  readonly taskId: string;
  readonly expectedVersion: number;
}

export interface TaskClosed {
  readonly taskId: string;
  readonly auditEventId: string;
}

/** Refuses NOT_FOUND, STALE_VERSION, and what {@link decideClosing} does. */
export const closeTierTask = async (
  deps: Pick<TierDeps, 'unitOfWork'>,
  by: Initiator,
  input: CloseTask,
): Promise<Result<TaskClosed>> => {
  const permitted = permit(by.actor, 'tierTask.close');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    const task = await lockTask(tx, input.taskId);
    if (task === null) return refuse('NOT_FOUND', 'There is no such task.', { field: ['taskId'] });
    if (task.version !== input.expectedVersion) {
      return refuse('STALE_VERSION', `the task is at version ${task.version} now`, {
        field: ['expectedVersion'],
        params: { expected: input.expectedVersion, current: task.version, state: task.state },
      });
    }
    const decision = decideClosing(task, input, by.actor);
    if (!decision.ok) return decision;
    const note = input.note.trim();
    const version = await closeTask(tx, task, { state: input.state, note: note === '' ? null : note });
    const auditEventId = tx.record({
      action: input.state === 'DONE' ? 'tierTask.completed' : 'tierTask.cancelled',
      object: { type: 'TierTask', id: task.id },
      customerId: task.customerId,
      before: { state: task.state },
      after: { state: input.state },
      ...(note === '' ? {} : { reason: note }),
      data: { code: task.code, version },
    });
    return ok({ taskId: task.id, auditEventId });
  });
};
