/** Rates single customers and lets overrides take hold of a grade and let go of it. */
import { withoutKey, type Initiator } from '../kernel/actor';
import type { Grade } from '../kernel/grade';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Customer, Customers } from '../customers';
import { permit } from '../identity';
import type { Indicators } from '../indicators';
import type { Database } from '../platform/database';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { Scorecards, ScorecardVersion } from '../scorecards';
import { afterOverride, afterOverrideEnd, afterRating } from './domain/follow-grade';
import {
  lockGrades,
  momentOfMove,
  moveGrades,
  type CustomerGrade,
  type GradeChange,
  type GradeMove,
} from './grade.store';
import { insertRatings, type NewRating, type RatingOccasion } from './rating.store';
import { ensureCutPoints, type CutPointsBySegment } from './reference-population';
import { createScorer, isParked } from './score-customers';

export interface RatingDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly customers: Customers;
  readonly indicators: Indicators;
  readonly scorecards: Scorecards;
  /** Runs inside the transaction that set, changed or confirmed grades in force, before it commits. */
  readonly onGradesChanged: (tx: Tx, changes: readonly GradeChange[]) => Promise<void>;
}

export interface RatingOutcome {
  readonly ratingId: string;
  readonly customerId: string;
  readonly auditEventId: string;
}

/** Rates one customer now. Refuses NOT_FOUND, INVALID_STATE.NO_INDUSTRY, .NO_VALUES, .NO_REFERENCE_VALUES, INVALID.NOT_A_NUMBER. */
export const rateCustomer = async (
  deps: RatingDeps,
  by: Initiator,
  input: { readonly customerId: string },
): Promise<Result<RatingOutcome>> => {
  const permitted = permit(by.actor, 'rating.run');
  if (!permitted.ok) return permitted;
  const prepared = await prepareRating(deps, withoutKey(by), input.customerId);

  return deps.unitOfWork.run(by, async (tx) => {
    // Refused in here, so that a key keeps this answer like any other.
    if (!prepared.ok) return prepared;
    const { customer, version, cutPoints } = prepared.value;
    // The grade is held before the values are read: whoever is rated last is rated on the newest values.
    const current = await claimGrades(tx, null, [customer.id]);
    const [packed] = await deps.indicators.packedValues(tx.query, [customer.id]);
    const asOf = tx.at.toISOString().slice(0, 10);
    const scorer = createScorer(version, cutPoints, tx.newId);
    const rating = scorer.score(
      { customerId: customer.id, industryCode: customer.industryCode, packed: packed ?? null },
      asOf,
    );
    if (isParked(rating)) return { ok: false, refusal: rating.refusal };
    await publishRatings(deps, tx, { runId: null, scorecardVersionId: version.id, asOf }, [rating], current);
    const auditEventId = tx.record({
      action: 'customer.rated',
      object: { type: 'Rating', id: rating.id },
      customerId: customer.id,
      after: { customer: customer.id, score: rating.score, modelGrade: rating.modelGrade },
      data: { scorecardVersion: version.id, cutPointSet: rating.cutPointSetId, caps: rating.caps, notes: rating.notes },
    });
    return ok({ ratingId: rating.id, customerId: customer.id, auditEventId });
  });
};

interface RatingMeans {
  readonly customer: Customer;
  readonly version: ScorecardVersion;
  readonly cutPoints: CutPointsBySegment;
}

const prepareRating = async (deps: RatingDeps, by: Initiator, customerId: string): Promise<Result<RatingMeans>> => {
  const [customer] = await deps.customers.queries.byIds(by.actor, [customerId]);
  if (customer === undefined) return refuse('NOT_FOUND', 'There is no such customer.', { field: ['customerId'] });
  const version = await deps.scorecards.liveVersion();
  const cutPoints = await ensureCutPoints(deps, by, version);
  return cutPoints.ok ? ok({ customer, version, cutPoints: cutPoints.value }) : cutPoints;
};

/** Writes ratings and moves the claimed grades that follow from them; yields what became of the grades in force. */
export const publishRatings = async (
  deps: Pick<RatingDeps, 'onGradesChanged'>,
  tx: Tx,
  occasion: RatingOccasion,
  ratings: readonly NewRating[],
  current: ClaimedGrades,
): Promise<readonly GradeChange[]> => {
  if (ratings.length === 0) return [];
  const moves = ratings.map((rating): GradeMove => {
    const before = current.get(rating.customerId) ?? null;
    return {
      customerId: rating.customerId,
      at: momentOfMove(tx, before),
      before,
      after: afterRating(before, rating.modelGrade),
      ratingId: rating.id,
      causeId: rating.id,
    };
  });
  await insertRatings(
    tx,
    occasion,
    ratings,
    moves.map(({ at }) => at),
  );
  const changes = await moveGrades(tx, 'RATING', moves);
  await deps.onGradesChanged(tx, changes);
  return changes;
};

/** An override takes hold: its grade is in force from now on. The customer must have a grade. */
export const applyOverride = async (
  deps: Pick<RatingDeps, 'onGradesChanged'>,
  tx: Tx,
  input: { readonly customerId: string; readonly overrideId: string; readonly grade: Grade },
): Promise<void> => {
  const before = await demandGrade(tx, input.customerId);
  await moveOne(deps, tx, 'OVERRIDE_APPLIED', before, {
    after: afterOverride(before, input.grade, input.overrideId),
    causeId: input.overrideId,
  });
};

/** An override lets go: the model grade is in force again, unless another override has taken its place. */
export const endOverride = async (
  deps: Pick<RatingDeps, 'onGradesChanged'>,
  tx: Tx,
  input: { readonly customerId: string; readonly overrideId: string },
): Promise<void> => {
  const before = await demandGrade(tx, input.customerId);
  await moveOne(deps, tx, 'OVERRIDE_EXPIRED', before, {
    after: afterOverrideEnd(before, input.overrideId),
    causeId: input.overrideId,
  });
};

const moveOne = async (
  deps: Pick<RatingDeps, 'onGradesChanged'>,
  tx: Tx,
  cause: 'OVERRIDE_APPLIED' | 'OVERRIDE_EXPIRED',
  before: CustomerGrade,
  move: Pick<GradeMove, 'after' | 'causeId'>,
): Promise<void> => {
  const changes = await moveGrades(tx, cause, [
    { customerId: before.customerId, at: momentOfMove(tx, before), before, ratingId: before.ratingId, ...move },
  ]);
  await deps.onGradesChanged(tx, changes);
};

const demandGrade = async (tx: Tx, customerId: string): Promise<CustomerGrade> => {
  const [grade] = await lockGrades(tx, [customerId]);
  if (grade === undefined) throw new Error(`customer ${customerId} has no grade`);
  return grade;
};

/** Grades of customers that this transaction alone may move; ungraded ones are absent. */
export type ClaimedGrades = ReadonlyMap<string, CustomerGrade>;

/**
 * Locks the grades there are. Customers without one have no row to lock, so first ratings of the same customer queue on
 * an advisory lock instead and look again. Chunks share it among themselves: no customer is in two of them.
 */
export const claimGrades = async (
  tx: Tx,
  runId: string | null,
  customerIds: readonly string[],
): Promise<ClaimedGrades> => {
  let locked = await lockGrades(tx, customerIds);
  if (locked.length < customerIds.length) {
    const lock = runId === null ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared';
    await tx.query(`SELECT ${lock}(hashtext('customer_grade.first'))`);
    locked = await lockGrades(tx, customerIds);
  }
  return new Map(locked.map((grade) => [grade.customerId, grade]));
};
