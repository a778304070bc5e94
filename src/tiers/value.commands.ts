/**
 * Values of customers: everybody's by a computation, whose cut points are frozen at its start and which goes on from where it
 * was left; one customer's at any time by the cut points of the newest computation. Tiers follow in the same transaction.
 */
import type { Initiator } from '../kernel/actor';
import { digestOf } from '../kernel/canonical-json';
import { momentAfter } from '../kernel/clock';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import { askForLifeCycles, valueBandOf, type TierMatrixPolicy } from '../policies';
import type { Tx } from '../platform/unit-of-work';
import { isComputationDue } from './domain/due-computation';
import { isCore, scoreValue, type ValueScore } from './domain/score-value';
import { followGrades, followTiers, type TierDeps } from './tier.commands';
import type { GradeChange } from '../ratings';
import {
  countReference,
  customersAfter,
  customersWithoutValue,
  freezeCuts,
  heldValues,
  inputsOfCustomers,
  insertComputation,
  insertValues,
  lockComputationStarts,
  lockOpenComputation,
  lockValues,
  newestComputation,
  noteChunk,
  type ToldValue,
  type ValueComputation,
} from './value.store';

/** Kind of the job that {@link runComputation} answers. */
export const VALUE_JOB = 'tier.value';

export interface ComputationStarted {
  readonly computationId: string;
  readonly auditEventId: string;
}

/** Refuses CONFLICTING_REQUEST.COMPUTATION_IN_PROGRESS. */
export const startComputation = async (deps: TierDeps, by: Initiator): Promise<Result<ComputationStarted>> => {
  const permitted = permit(by.actor, 'tier.compute');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    await lockComputationStarts(tx);
    const newest = await newestComputation(tx.query);
    if (newest?.state === 'RUNNING') {
      return refuse('CONFLICTING_REQUEST', 'values are already being computed', {
        reason: 'COMPUTATION_IN_PROGRESS',
        params: { computationId: newest.id },
      });
    }
    return ok(await start(deps, tx));
  });
};

const start = async (deps: TierDeps, tx: Tx): Promise<ComputationStarted> => {
  const policy = await deps.policies.inForce(tx, 'VALUE_SCORE');
  const matrix = await deps.policies.inForce(tx, 'TIER_MATRIX');
  const asOf = dayOf(tx.at);
  const { referenceSize, cuts } = await freezeCuts(tx, asOf, policy.content);
  const versions = { policyVersionId: policy.id, tierPolicyVersionId: matrix.id };
  const computationId = await insertComputation(tx, { ...versions, asOf, cuts, referenceSize });
  tx.enqueue({
    kind: VALUE_JOB,
    key: `${VALUE_JOB}:${computationId}`,
    payload: { computationId },
  });
  tx.signal('ValueComputation', computationId, 1);
  const auditEventId = tx.record({
    action: 'valueComputation.started',
    object: { type: 'ValueComputation', id: computationId },
    after: { asOf, referenceSize, cuts: digestOf({ ...cuts }) },
    data: { policyVersion: policy.id, tierPolicyVersion: matrix.id },
  });
  return { computationId, auditEventId };
};

const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);

/**
 * Takes a computation to its end, chunk by chunk, each in a transaction of its own that takes down how far it came. May be
 * called at any time and any number of times. Yields how many customers were looked at.
 */
export const runComputation = async (
  deps: TierDeps,
  by: Initiator,
  input: { readonly computationId: string },
): Promise<Result<number>> => {
  const permitted = permit(by.actor, 'tier.compute');
  if (!permitted.ok) return permitted;
  for (let total = 0; ;) {
    const done = await deps.unitOfWork.run(by, (tx) => runChunk(deps, tx, input.computationId));
    if (!done.ok) return done;
    if (done.value === null) return ok(total);
    total += done.value;
  }
};

/** Null where the computation is closed. */
const runChunk = async (deps: TierDeps, tx: Tx, id: string): Promise<Result<number | null>> => {
  const computation = await lockOpenComputation(tx, id);
  if (computation === null) {
    tx.unchanged();
    return ok(null);
  }
  const customerIds = await customersAfter(tx, computation.doneUpto, deps.batch);
  const last = customerIds.at(-1) ?? null;
  const object = { type: 'ValueComputation', id } as const;
  if (last === null) {
    tx.signal(object.type, id, await noteChunk(tx, computation, NOTHING_DONE, null));
    tx.record({
      action: 'valueComputation.completed',
      object,
      before: { state: 'RUNNING' },
      after: { state: 'COMPLETED' },
    });
    return ok(0);
  }
  await deps.ratings.lockGrades(tx, customerIds);
  const told = await tellValues(tx, computation, computation.asOf, customerIds);
  const tiersMoved = await followTiers(deps, tx, customerIds, { cause: 'VALUE', causeOf: () => id });
  const matrix = await deps.policies.inForce(tx, 'TIER_MATRIX');
  const figures = { evaluated: customerIds.length, tiersMoved, ...coreFigures(told, computation, matrix.content) };
  const version = await noteChunk(tx, computation, figures, last);
  tx.signal(object.type, id, version);
  tx.record({
    action: 'valueComputation.chunkDone',
    object,
    data: {
      ...figures,
      upTo: last,
      changed: told.filter(({ changed }) => changed).length,
      digest: digestOfValues(told),
    },
  });
  return ok(customerIds.length);
};

const NOTHING_DONE = { evaluated: 0, tiersMoved: 0, core: 0, coreKnown: 0, coreRecognised: 0 };

interface ToldCustomer {
  readonly customerId: string;
  readonly value: ValueScore;
  /** Null where none was told before. */
  readonly before: ValueScore | null;
  readonly changed: boolean;
}

/** Tells the values of customers by the cut points of a computation; a value that is as before is not told again. */
const tellValues = async (
  tx: Tx,
  computation: ValueComputation,
  today: string,
  customerIds: readonly string[],
): Promise<ToldCustomer[]> => {
  await lockValues(tx);
  const customers = await inputsOfCustomers(tx, customerIds);
  const held = new Map((await heldValues(tx, customerIds)).map((value) => [value.customerId, value]));
  const values: ToldValue[] = [];
  const told = customers.map(({ customerId, inputs }): ToldCustomer => {
    const before = held.get(customerId) ?? null;
    const value = scoreValue(inputs, today, computation);
    const changed = before === null || !isSameValue(before, value);
    const evaluatedAt = before === null ? tx.at : momentAfter(tx.at, before.evaluatedAt);
    if (changed) values.push({ ...value, customerId, evaluatedAt });
    return { customerId, value, before, changed };
  });
  await insertValues(tx, computation, today, values);
  return told;
};

const isSameValue = (a: ValueScore, b: ValueScore): boolean => digestOf(comparable(a)) === digestOf(comparable(b));

/** Of a held value only what the score itself is made of. */
const comparable = ({ points, missing, ...value }: ValueScore) => ({
  points: [...points],
  missing: [...missing],
  score: value.score,
  orders: value.orders,
  averageOrder: value.averageOrder,
  margin: value.margin,
  retention: value.retention,
  lifetimeValue: value.lifetimeValue,
  paretoShare: value.paretoShare,
});

const digestOfValues = (told: readonly ToldCustomer[]): string =>
  digestOf(told.map(({ customerId, value }) => [customerId, value.score, value.paretoShare]));

/** Who makes up the first share of the margin, and of them whose value was high before anybody looked (D36). */
const coreFigures = (
  told: readonly ToldCustomer[],
  { policy }: ValueComputation,
  matrix: TierMatrixPolicy,
): { readonly core: number; readonly coreKnown: number; readonly coreRecognised: number } => {
  const core = told.filter(({ value }) => isCore(value.paretoShare, policy.pareto.coreShare));
  const known = core.flatMap(({ before }) => (before === null ? [] : [before.score]));
  const recognised = known.filter((score) => ['TOP', 'HIGH'].includes(valueBandOf(matrix, score)));
  return { core: core.length, coreKnown: known.length, coreRecognised: recognised.length };
};

export interface CustomerEvaluated {
  readonly customerId: string;
  /** Null where the value is as before. */
  readonly auditEventId: string | null;
}

/**
 * Tells one customer's value now, by the cut points of the newest computation. Refuses NOT_FOUND, INVALID_STATE.SUPPLIER
 * and .NO_COMPUTATION.
 */
export const evaluateCustomer = async (
  deps: TierDeps,
  by: Initiator,
  { customerId }: { readonly customerId: string },
): Promise<Result<CustomerEvaluated>> => {
  const permitted = permit(by.actor, 'tier.compute');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx): Promise<Result<CustomerEvaluated>> => {
    if (!(await deps.ratings.customerExists(tx, customerId))) {
      return refuse('NOT_FOUND', 'There is no such customer.', { field: ['customerId'] });
    }
    const computation = await newestComputation(tx.query);
    if (computation === null) {
      return refuse('INVALID_STATE', 'no cut points were ever frozen', { reason: 'NO_COMPUTATION' });
    }
    await deps.ratings.lockGrades(tx, [customerId]);
    const [told] = await tellValues(tx, computation, dayOf(tx.at), [customerId]);
    if (told === undefined) {
      return refuse('INVALID_STATE', 'a supplier has no value of this kind', { reason: 'SUPPLIER' });
    }
    if (!told.changed) {
      tx.unchanged();
      return ok({ customerId, auditEventId: null });
    }
    const auditEventId = recordValue(tx, computation, told);
    await followTiers(deps, tx, [customerId], { cause: 'VALUE', causeOf: () => computation.id });
    return ok({ customerId, auditEventId });
  });
};

const recordValue = (tx: Tx, computation: ValueComputation, { customerId, value, before }: ToldCustomer): string =>
  tx.record({
    action: 'value.told',
    object: { type: 'CustomerValue', id: customerId },
    customerId,
    ...(before === null ? {} : { before: { score: before.score, paretoShare: before.paretoShare } }),
    after: { score: value.score, paretoShare: value.paretoShare },
    data: { computation: computation.id, missing: [...value.missing] },
  });

/**
 * Subscriber of grade changes. Who is rated for the first time and has no value yet is told it, so that nobody waits for the
 * next computation for a tier.
 */
export const gradesChanged = async (deps: TierDeps, tx: Tx, changes: readonly GradeChange[]): Promise<void> => {
  const first = changes.flatMap(({ customerId, before }) => (before === null ? [customerId] : []));
  const computation = first.length === 0 ? null : await newestComputation(tx.query);
  if (computation !== null) await tellFirst(tx, computation, first);
  askForLifeCycles(tx, first);
  await followGrades(deps, tx, changes);
};

const tellFirst = async (tx: Tx, computation: ValueComputation, customerIds: readonly string[]): Promise<number> => {
  const held = new Set((await heldValues(tx, customerIds)).map(({ customerId }) => customerId));
  const without = customerIds.filter((customerId) => !held.has(customerId));
  if (without.length === 0) return 0;
  const told = await tellValues(tx, computation, dayOf(tx.at), without);
  for (const one of told.length === 1 ? told : []) recordValue(tx, computation, one);
  if (told.length > 1) {
    tx.record({
      action: 'value.told',
      object: { type: 'ValueBatch', id: tx.newId() },
      data: { computation: computation.id, count: told.length, digest: digestOfValues(told) },
    });
  }
  return told.length;
};

/** A computation that was not worked on for this long was left by its worker. */
const IDLE_MS = 60_000;

/**
 * What is due now: the computation that somebody left, the next one, or customers that came in between. Yields how many
 * customers were looked at, or one for a computation that was started.
 */
export const computeDue = async (deps: TierDeps, by: Initiator, now: Date): Promise<Result<number>> => {
  const newest = await newestComputation(deps.database.query);
  if (newest?.state === 'RUNNING') {
    if (now.getTime() - newest.updatedAt.getTime() < IDLE_MS) return ok(0);
    return runComputation(deps, by, { computationId: newest.id });
  }
  const [value, matrix, referenceSize] = await Promise.all([
    deps.policies.inForceAt('VALUE_SCORE', now),
    deps.policies.inForceAt('TIER_MATRIX', now),
    countReference(deps.database.query),
  ]);
  const last =
    newest === null
      ? null
      : { ...newest, policyVersions: [newest.policyVersionId, newest.tierPolicyVersionId] as const };
  const { computeEveryDays } = value.content;
  if (isComputationDue(last, { policyVersions: [value.id, matrix.id], computeEveryDays, referenceSize }, now)) {
    const started = await startComputation(deps, by);
    // Somebody else was first.
    if (!started.ok && started.refusal.code === 'CONFLICTING_REQUEST') return ok(0);
    return started.ok ? ok(1) : started;
  }
  return evaluateNewcomers(deps, by);
};

const evaluateNewcomers = async (deps: TierDeps, by: Initiator): Promise<Result<number>> => {
  const customerIds = await customersWithoutValue(deps.database.query, deps.batch);
  if (customerIds.length === 0) return ok(0);
  return deps.unitOfWork.run(by, async (tx) => {
    const computation = await newestComputation(tx.query);
    await deps.ratings.lockGrades(tx, customerIds);
    const told = computation === null ? 0 : await tellFirst(tx, computation, customerIds);
    if (computation === null || told === 0) {
      tx.unchanged();
      return ok(0);
    }
    await followTiers(deps, tx, customerIds, { cause: 'VALUE', causeOf: () => computation.id });
    return ok(told);
  });
};
