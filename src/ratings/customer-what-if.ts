/**
 * What would become of one customer with other values, by another scorecard version or another limit policy: scorer, the grade
 * that follows, limit and terms are those of a real rating. It only reads.
 */
import type { Actor } from '../kernel/actor';
import { Decimal } from '../kernel/decimal';
import { gradeOfRank, gradeView, notchesBetween, type GradeView } from '../kernel/grade';
import { refuse } from '../kernel/refusal';
import { ok, refused, type Result } from '../kernel/result';
import type { Customer, Customers } from '../customers';
import { permit } from '../identity';
import { isMaskedFor, type Indicators } from '../indicators';
import { uuidField } from '../platform/binary-copy';
import type { Database } from '../platform/database';
import { parsePolicy, type LimitPolicy, type Policies, type Tier } from '../policies';
import { inputIndicators, MISSING_VALUE, pointsFromE4, type Scorecards, type ScorecardVersion } from '../scorecards';
import { changeInputs, type InputChange } from './domain/change-inputs';
import { afterRating, type Basis } from './domain/follow-grade';
import { dayNumber, fillInputs, MISSING_DAY } from './domain/prepare-inputs';
import { HASH_BYTES, LeafEncoder } from './domain/rating-leaf';
import type { GradeConsequence } from './domain/what-if';
import type { CustomerGrade } from './grade.store';
import { calculationLog, type CalculationLog, type RatingQueries } from './rating.queries';
import { cutPointsFor, cutPointsToTry } from './reference-population';
import { relatedRanks } from './related-grades';
import { createScorer, isRefusal, type RatedRow, type Scorer } from './score-customers';
import type { GradesThatMayCome } from './what-if.ports';

interface WhatIfDeps {
  readonly database: Database;
  readonly customers: Customers;
  readonly indicators: Indicators;
  readonly scorecards: Scorecards;
  readonly policies: Pick<Policies, 'inForceAt'>;
  readonly mayCome: GradesThatMayCome;
}

export interface WhatIfQuestion {
  readonly customerId: string;
  readonly changes: readonly InputChange[];
  /** Null: the live version. */
  readonly scorecardVersionId: string | null;
  /** Content of a limit policy to try; null: the one in force. */
  readonly limitPolicy: unknown;
}

/** One side of the comparison. */
export interface WhatIfSide {
  readonly score: string;
  readonly modelGrade: GradeView;
  readonly uncappedGrade: GradeView;
  readonly inForce: GradeView;
  readonly basis: Basis;
  readonly calculationLog: CalculationLog;
}

export interface CustomerWhatIf {
  readonly customerId: string;
  readonly scorecardVersionId: string;
  /** YYYY-MM-DD, the day that changed values are of. */
  readonly asOf: string;
  /** The rating in force; null before the first. */
  readonly before: WhatIfSide | null;
  readonly after: WhatIfSide;
  /** Of the model grade, above 0 upwards; null before a first rating. */
  readonly notches: number | null;
  readonly contributions: readonly {
    readonly characteristic: string;
    readonly indicator: string;
    readonly masked: boolean;
    /** Points of the score, four places; null when masked, and where the version of that side has no such characteristic. */
    readonly before: string | null;
    readonly after: string | null;
    readonly change: string | null;
  }[];
  /** Changed indicators that the version does not read. */
  readonly unread: readonly string[];
  /** By the value score of now; null where there is none. */
  readonly tierBefore: Tier | null;
  readonly tierAfter: Tier | null;
  /** Null for who may not see limits. */
  readonly limit: ReturnType<typeof limitView> | null;
  /** RFC 6962 hash of the canonical bytes that a rating like this would have, hex. */
  readonly leaf: string;
}

/**
 * Needs `rating.read`. Refuses NOT_FOUND (customer, version), what {@link changeInputs} refuses, INVALID.POLICY_CONTENT,
 * INVALID_STATE.NO_INDUSTRY, .NO_VALUES and .NO_REFERENCE_VALUES, what `modelOf` refuses, and FORBIDDEN.CREDIT_DATA: scores by several versions would tell
 * who compares them what masked values are.
 */
export const createCustomerWhatIf =
  (deps: WhatIfDeps, queries: Pick<RatingQueries, 'gradesOf' | 'byIds' | 'calculationLogs'>) =>
  async (viewer: Actor, question: WhatIfQuestion, now: Date): Promise<Result<CustomerWhatIf>> => {
    const permitted = permit(viewer, 'rating.read');
    if (!permitted.ok) return permitted;
    const asOf = now.toISOString().slice(0, 10);
    const changed = changeInputs(question.changes, (indicator) => isMaskedFor(viewer, indicator), asOf);
    if (!changed.ok) return changed;
    const draft: Result<LimitPolicy | null> =
      question.limitPolicy == null ? ok(null) : parsePolicy('LIMIT', question.limitPolicy);
    if (!draft.ok) return draft;
    const [customer] = await deps.customers.queries.byIds(viewer, [question.customerId]);
    if (customer === undefined) return refuse('NOT_FOUND', 'There is no such customer.', { field: ['customerId'] });
    const version = await versionFor(deps, viewer, question.scorecardVersionId);
    if (!version.ok) return version;
    const rated = await rateWith(deps, customer, version.value, changed.value, now);
    if (!rated.ok) return rated;

    const [held] = await queries.gradesOf(viewer, [customer.id]);
    const before = held === undefined ? null : await sideInForce(queries, viewer, held);
    const { row, cutPoints } = rated.value;
    const modelGrade = gradeOfRank(row.modelRank);
    const { content: calendar } = await deps.policies.inForceAt('RERATING_CALENDAR', now);
    const follows = afterRating(held ?? null, modelGrade, { at: now, coolDownDays: calendar.coolDownDays });
    const after: WhatIfSide = {
      score: pointsFromE4(row.scoreE4),
      modelGrade: gradeView(modelGrade),
      uncappedGrade: gradeView(gradeOfRank(row.uncappedRank)),
      inForce: gradeView(follows.grade),
      basis: follows.basis,
      calculationLog: calculationLog(viewer, inputsOf(row), version.value.definition, cutPoints),
    };
    const grades = [
      { customerId: customer.id, before: held?.grade ?? null, after: follows.grade, changed: changed.value },
    ];
    const [consequence] = permit(viewer, 'limit.read').ok
      ? await deps.mayCome.limits(deps.database.query, grades, { draft: draft.value, at: now, exact: true })
      : [];
    const [tier = { before: null, after: null }] = await deps.mayCome.tiers(deps.database.query, grades, now);
    const read = new Set(inputIndicators(version.value.definition));
    return ok({
      customerId: customer.id,
      scorecardVersionId: version.value.id,
      asOf,
      before,
      after,
      notches: held === undefined ? null : notchesBetween(held.modelGrade, modelGrade),
      contributions: contributionsOf(before?.calculationLog ?? null, after.calculationLog),
      unread: [...changed.value.keys()].filter((indicator) => !read.has(indicator)),
      tierBefore: tier.before,
      tierAfter: tier.after,
      limit: consequence === undefined ? null : limitView(consequence),
      leaf: leafOf(row),
    });
  };

const versionFor = async (
  { scorecards }: WhatIfDeps,
  viewer: Actor,
  id: string | null,
): Promise<Result<ScorecardVersion>> => {
  const live = await scorecards.liveVersion();
  if (id === null || id === live.id) return ok(live);
  const [version] = await scorecards.queries.versionsByIds(viewer, [id]);
  if (version === undefined) {
    return refuse('NOT_FOUND', 'There is no such scorecard version.', { field: ['scorecardVersionId'] });
  }
  const hidden = inputIndicators(version.definition).find((indicator) => isMaskedFor(viewer, indicator));
  return hidden === undefined
    ? ok(version)
    : refuse('FORBIDDEN', 'Other versions than the live one are tried by those who may see credit data.', {
        reason: 'CREDIT_DATA',
        params: { indicator: hidden },
      });
};

type CutPoints = Parameters<typeof calculationLog>[3];

/** The one path from values to a rating, with some of them changed on the way. */
const rateWith = async (
  deps: WhatIfDeps,
  customer: Customer,
  version: ScorecardVersion,
  changed: ReadonlyMap<string, string | null>,
  now: Date,
): Promise<Result<{ readonly row: RatedRow; readonly cutPoints: CutPoints }>> => {
  const sets = await cutPointsToTry(deps, version, customer.industryCode);
  if (!sets.ok) return sets;
  const model = await deps.scorecards.modelOf(version);
  if (!model.ok) return model;
  const { query } = deps.database;
  const [packed] = await deps.indicators.packedValues(query, [customer.id]);
  const asOf = now.toISOString().slice(0, 10);
  const scorer = createScorer(version, sets.value, asOf);
  fillInputs(scorer.rules, packed ?? null, scorer.inputs);
  putInto(scorer, inputIndicators(version.definition), changed, asOf);
  const related = await relatedRanks(query, version.definition.groupRules ?? [], customer.id, now);
  scorer.inputs.values.set(related, scorer.rules.relatedAt);
  await model.value?.fill(scorer.inputs.values, 1);
  const row = scorer.rate(uuidField(customer.id), customer.industryCode);
  if (isRefusal(row) || customer.industryCode === null) return refused(row as Exclude<typeof row, RatedRow>);
  return ok({ row, cutPoints: cutPointsFor(sets.value, customer.industryCode).cutPoints });
};

const putInto = (
  { inputs: { values, days } }: Scorer,
  indicators: readonly string[],
  changed: ReadonlyMap<string, string | null>,
  asOf: string,
): void => {
  indicators.forEach((indicator, i) => {
    const value = changed.get(indicator);
    if (value === undefined) return;
    values[i] = value === null ? MISSING_VALUE : Number(value);
    days[i] = value === null ? MISSING_DAY : dayNumber(asOf);
  });
};

const sideInForce = async (
  queries: Pick<RatingQueries, 'byIds' | 'calculationLogs'>,
  viewer: Actor,
  held: CustomerGrade,
): Promise<WhatIfSide> => {
  const [rating] = await queries.byIds(viewer, [held.ratingId]);
  if (rating === undefined) throw new Error(`grade of ${held.customerId} lacks its rating`);
  const [log] = await queries.calculationLogs(viewer, [rating]);
  if (log === undefined) throw new Error(`rating ${rating.id} lacks its log`);
  return {
    score: rating.score,
    modelGrade: gradeView(rating.modelGrade),
    uncappedGrade: gradeView(rating.uncappedGrade),
    inForce: gradeView(held.grade),
    basis: held.basis,
    calculationLog: log,
  };
};

/** A scored row in the form in which ratings are stored. */
const inputsOf = (row: RatedRow): Parameters<typeof calculationLog>[1] => ({
  score: pointsFromE4(row.scoreE4),
  inputs: Array.from(row.values, (value) => (value === MISSING_VALUE ? null : value)),
  inputAsOf: Array.from(row.days, (day) =>
    day === MISSING_DAY ? null : new Date(day * DAY_MS).toISOString().slice(0, 10),
  ),
  pointsCenti: [...row.pointsCenti],
  caps: row.caps.texts,
  notes: row.notes.texts,
});
const DAY_MS = 86_400_000;

const contributionsOf = (before: CalculationLog | null, after: CalculationLog): CustomerWhatIf['contributions'] => {
  const was = new Map((before?.rows ?? []).map((row) => [row.characteristic, row]));
  const is = new Map(after.rows.map((row) => [row.characteristic, row]));
  return [...new Set([...is.keys(), ...was.keys()])].map((characteristic) => {
    const [b, a] = [was.get(characteristic), is.get(characteristic)];
    const row = a ?? b;
    if (row === undefined) throw new Error(`characteristic ${characteristic} is on neither side`);
    const [from, to] = [b?.contribution ?? null, a?.contribution ?? null];
    return {
      characteristic,
      indicator: row.indicator,
      masked: row.masked,
      before: from,
      after: to,
      change: row.masked || before === null ? null : new Decimal(to ?? 0).minus(from ?? 0).toFixed(4),
    };
  });
};

const leafOf = (row: RatedRow): string => {
  const hash = Buffer.alloc(HASH_BYTES);
  new LeafEncoder().hash(row, hash, 0);
  return hash.toString('hex');
};

const limitView = ({ currency, ...told }: GradeConsequence) => {
  const money = (amount: string) => ({ amount, currency });
  const moneyOrNull = (amount: string | null) => (amount === null ? null : money(amount));
  return {
    exposure: money(told.exposure),
    approvedBefore: money(told.limitBefore),
    approvedAfter: money(told.limitAfter),
    allowedBefore: moneyOrNull(told.allowedBefore),
    allowedAfter: moneyOrNull(told.allowedAfter),
    paymentTermDaysBefore: told.termDaysBefore,
    paymentTermDaysAfter: told.termDaysAfter,
    newBusinessBefore: told.newBusinessBefore,
    newBusinessAfter: told.newBusinessAfter,
  };
};
