/** Rates single customers and lets overrides take hold of a grade and let go of it. */
import { withoutKey, type Initiator } from '../kernel/actor';
import { gradeOfRank, type Grade } from '../kernel/grade';
import { refuse } from '../kernel/refusal';
import { ok, refused, type Result } from '../kernel/result';
import { processingRefusals, type Customer, type Customers } from '../customers';
import { permit } from '../identity';
import type { Indicators } from '../indicators';
import { uuidField } from '../platform/binary-copy';
import type { Database } from '../platform/database';
import type { ReratingCalendar } from '../policies';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import { pointsFromE4, type ModelRunner, type Scorecards, type ScorecardVersion } from '../scorecards';
import { afterOverride, afterOverrideEnd, afterRating, type GradeState } from './domain/follow-grade';
import { fillInputs } from './domain/prepare-inputs';
import { HASH_BYTES, LeafEncoder } from './domain/rating-leaf';
import { lockGrade, momentOfMove, moveGrades, type CustomerGrade } from './grade.store';
import { submitHeld, type HeldDeps } from './held-grade.commands';
import { insertRating } from './rating.store';
import { ensureCutPoints, type CutPointsBySegment } from './reference-population';
import { relatedRanks } from './related-grades';
import { createScorer, isRefusal, type RatedRow } from './score-customers';

export interface RatingDeps extends HeldDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly customers: Customers;
  readonly indicators: Indicators;
  readonly scorecards: Scorecards;
}

export interface RatingOutcome {
  readonly ratingId: string;
  readonly customerId: string;
  readonly auditEventId: string;
}

/**
 * Rates one customer now. Refuses NOT_FOUND, INVALID_STATE.NO_INDUSTRY, .NO_VALUES, .NO_REFERENCE_VALUES,
 * .RESTRICTED, .ERASED, INVALID.NOT_A_NUMBER, and where the version asks a model what `modelOf` refuses and INVALID_STATE.MODEL_OUTPUT.
 */
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
    const { customer, ...means } = prepared.value;
    return rateWithin(deps, tx, means, customer);
  });
};

/** What customers are rated by. */
export interface RatingMeans {
  readonly version: ScorecardVersion;
  readonly cutPoints: CutPointsBySegment;
  readonly model: ModelRunner | null;
}

/** Re-ratings that a rating answers. */
export interface Answered {
  readonly ids: readonly string[];
  /** Takes the answer down: one statement, sent along with those that write the rating. */
  readonly noted: (ratingId: string) => Promise<void>;
}

/** Rates a customer inside a transaction. A refusal has written nothing. */
export const rateWithin = async (
  deps: RatingDeps,
  tx: Tx,
  { version, cutPoints, model }: RatingMeans,
  customer: { readonly id: string; readonly industryCode: string | null },
  answers: Answered | null = null,
): Promise<Result<RatingOutcome>> => {
  // In this order: the grade is held before the values are read, so whoever is rated last is rated on the newest values.
  const [refusals, locked, held, related, calendar] = await Promise.all([
    processingRefusals(tx.query, [customer.id]),
    lockGrade(tx, customer.id),
    deps.indicators.packedValues(tx.query, [customer.id]),
    relatedRanks(tx.query, version.definition.groupRules ?? [], customer.id, tx.at),
    deps.policies.inForce(tx, 'RERATING_CALENDAR'),
  ]);
  const blocked = refusals.get(customer.id);
  if (blocked !== undefined) return refused(blocked);
  const current = locked ?? (await claimFirst(tx, customer.id));
  const [packed] = locked === null ? await deps.indicators.packedValues(tx.query, [customer.id]) : held;
  const asOf = tx.at.toISOString().slice(0, 10);
  const scorer = createScorer(version, cutPoints, asOf);
  fillInputs(scorer.rules, packed ?? null, scorer.inputs);
  scorer.inputs.values.set(related, scorer.rules.relatedAt);
  await model?.fill(scorer.inputs.values, 1);
  const rated = scorer.rate(uuidField(customer.id), customer.industryCode);
  if (isRefusal(rated)) return refused(rated);
  const occasion = { scorecardVersionId: version.id, asOf, customerId: customer.id };
  const ratingId = await publishRating(deps, tx, occasion, rated, current, { calendar: calendar.content, answers });
  const auditEventId = tx.record({
    action: 'customer.rated',
    object: { type: 'Rating', id: ratingId },
    customerId: customer.id,
    after: {
      customer: customer.id,
      score: pointsFromE4(rated.scoreE4),
      modelGrade: gradeOfRank(rated.modelRank),
    },
    data: {
      scorecardVersion: version.id,
      cutPointSet: rated.cutPointSet,
      caps: rated.caps.texts,
      notes: rated.notes.texts,
      leaf: leafHex(rated),
      ...(answers === null ? {} : { answers: [...answers.ids] }),
    },
  });
  return ok({ ratingId, customerId: customer.id, auditEventId });
};

const prepareRating = async (
  deps: RatingDeps,
  by: Initiator,
  customerId: string,
): Promise<Result<RatingMeans & { readonly customer: Customer }>> => {
  const [customer] = await deps.customers.queries.byIds(by.actor, [customerId]);
  if (customer === undefined) return refuse('NOT_FOUND', 'There is no such customer.', { field: ['customerId'] });
  const means = await meansOf(deps, by, await deps.scorecards.liveVersion());
  return means.ok ? ok({ customer, ...means.value }) : means;
};

/** What customers are rated by under a version; cut points that are missing are frozen. */
export const meansOf = async (
  deps: RatingDeps,
  by: Initiator,
  version: ScorecardVersion,
): Promise<Result<RatingMeans>> => {
  const model = await deps.scorecards.modelOf(version);
  if (!model.ok) return model;
  const cutPoints = await ensureCutPoints(deps, by, version);
  return cutPoints.ok ? ok({ version, cutPoints: cutPoints.value, model: model.value }) : cutPoints;
};

/** Hash of the rating's canonical bytes, as a leaf: the event of a single rating carries it as that of a run carries a root. */
const leafHex = (rated: RatedRow): string => {
  const hash = Buffer.alloc(HASH_BYTES);
  new LeafEncoder().hash(rated, hash, 0);
  return hash.toString('hex');
};

/** Writes a rating and moves the claimed grade that follows from it; yields the rating's id. */
const publishRating = async (
  deps: RatingDeps,
  tx: Tx,
  occasion: { readonly scorecardVersionId: string; readonly asOf: string; readonly customerId: string },
  rated: RatedRow,
  before: CustomerGrade | null,
  { calendar, answers }: { readonly calendar: ReratingCalendar; readonly answers: Answered | null },
): Promise<string> => {
  const ratingId = tx.newId();
  const at = momentOfMove(tx, before);
  const { customerId } = occasion;
  const after = afterRating(before, gradeOfRank(rated.modelRank), { at, coolDownDays: calendar.coolDownDays });
  const move = { customerId, at, before, after, ratingId, causeId: ratingId };
  const [, changes] = await Promise.all([
    insertRating(tx, { id: ratingId, ...occasion, ratedAt: at }, rated),
    moveGrades(tx, 'RATING', calendar, [move]),
    answers?.noted(ratingId),
  ]);
  await deps.onGradesChanged(tx, changes);
  if (after.basis === 'HELD') {
    await submitHeld(deps, tx, { type: 'Customer', id: customerId, grade: await demandGrade(tx, customerId) });
  }
  return ratingId;
};

/** An override takes hold: its grade is in force from now on. The customer must have a grade. */
export const applyOverride = async (
  deps: MoveDeps,
  tx: Tx,
  input: { readonly customerId: string; readonly overrideId: string; readonly grade: Grade },
): Promise<void> => {
  await moveOne(deps, tx, 'OVERRIDE_APPLIED', input, (before) => afterOverride(before, input.grade, input.overrideId));
};

/** An override lets go: the model grade is in force again, unless another override has taken its place. */
export const endOverride = async (
  deps: MoveDeps,
  tx: Tx,
  input: { readonly customerId: string; readonly overrideId: string },
): Promise<void> => {
  await moveOne(deps, tx, 'OVERRIDE_EXPIRED', input, (before) => afterOverrideEnd(before, input.overrideId));
};

type MoveDeps = Pick<RatingDeps, 'policies' | 'onGradesChanged'>;

const moveOne = async (
  deps: MoveDeps,
  tx: Tx,
  cause: 'OVERRIDE_APPLIED' | 'OVERRIDE_EXPIRED',
  { customerId, overrideId }: { readonly customerId: string; readonly overrideId: string },
  follow: (before: CustomerGrade) => GradeState,
): Promise<void> => {
  const [before, { content: calendar }] = await Promise.all([
    demandGrade(tx, customerId),
    deps.policies.inForce(tx, 'RERATING_CALENDAR'),
  ]);
  const { ratingId } = before;
  const changes = await moveGrades(tx, cause, calendar, [
    { customerId, at: momentOfMove(tx, before), before, after: follow(before), ratingId, causeId: overrideId },
  ]);
  await deps.onGradesChanged(tx, changes);
};

const demandGrade = async (tx: Tx, customerId: string): Promise<CustomerGrade> => {
  const grade = await lockGrade(tx, customerId);
  if (grade === null) throw new Error(`customer ${customerId} has no grade`);
  return grade;
};

/** A customer without a grade has no row to lock, so first ratings queue on an advisory lock instead and look again. */
const claimFirst = async (tx: Tx, customerId: string): Promise<CustomerGrade | null> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('customer_grade.first'))");
  return lockGrade(tx, customerId);
};
