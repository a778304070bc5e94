/**
 * Credit limits: opened from the book that is taken over, cut at once when the grade in force falls, raised by request, for good
 * or for a time.
 */
import type { Initiator } from '../kernel/actor';
import { digestOf, type Json } from '../kernel/canonical-json';
import type { Clock } from '../kernel/clock';
import { Decimal, parseDecimal, type Money } from '../kernel/decimal';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Approvals, NamedEvidence, RequestHandler, VerbOutcome } from '../approvals';
import { permit } from '../identity';
import { indicatorOf, type Indicators } from '../indicators';
import type { Overrides } from '../overrides';
import { termsAt, type LimitPolicy, type LimitTerms, type Policies } from '../policies';
import type { Database } from '../platform/database';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { Ratings } from '../ratings';
import {
  bookEntries,
  customersWithLimit,
  limitsAboveShare,
  limitsToFallBack,
  lockLimits,
  type GradeNow,
  type LimitEntry,
  type LockedLimit,
} from './credit-limit.store';
import { decideDates, decideRaise } from './domain/decide-raise';
import { bookPart, partInForce, type LimitPart } from './sub-limit.store';
import { forEachCustomer } from './for-each-customer';
import { followGrade, TURNOVER_INDICATOR } from './domain/follow-grade';
import { raisePayloadSchema, type RaisePayload } from './domain/raise-payload';

export interface LimitDeps {
  readonly unitOfWork: UnitOfWork;
  readonly policies: Policies;
  readonly approvals: Approvals;
  readonly indicators: Indicators;
  readonly ratings: Ratings;
  readonly overrides: Pick<Overrides, 'endOverdueOf'>;
}

const DAY_MS = 86_400_000;

export interface OpeningLimit {
  readonly customerId: string;
  readonly amount: string;
}

/** Takes limits over from the book that was kept before. Customers that already have a limit keep it. Yields how many were opened. */
export const openLimits = (
  deps: LimitDeps,
  by: Initiator,
  input: { readonly currency: string; readonly source: string; readonly limits: readonly OpeningLimit[] },
): Promise<Result<number>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const permitted = permit(by.actor, 'limit.open');
    if (!permitted.ok) return permitted;
    const { content } = await deps.policies.inForce(tx, 'LIMIT');
    if (input.currency !== content.currency) {
      return refuse('INVALID', `limits are kept in ${content.currency}`, { reason: 'CURRENCY', field: ['currency'] });
    }
    const odd = input.limits.findIndex(({ amount }) => !isAmount(amount));
    if (odd !== -1) {
      return refuse('OUT_OF_RANGE', 'amounts are not negative and have at most two decimal places', {
        field: ['limits', 'amount'],
        index: odd,
      });
    }
    await tx.query("SELECT pg_advisory_xact_lock(hashtext('credit_limit.open'))");
    const present = await customersWithLimit(
      tx,
      input.limits.map((limit) => limit.customerId),
    );
    const entries = input.limits
      .filter((limit) => !present.has(limit.customerId))
      .map(({ customerId, amount }): LimitEntry => ({
        customerId,
        kind: 'OPENING',
        before: '0.00',
        after: new Decimal(amount).toFixed(2),
        currency: input.currency,
        causeId: input.source,
        lastMovedAt: null,
      }));
    if (entries.length === 0) {
      tx.unchanged();
      return ok(0);
    }
    await bookEntries(tx, entries);
    recordBatch(tx, 'limit.opened', input.source, entries);
    return ok(entries.length);
  });

/**
 * Called inside the transaction that sets, changes or confirms grades in force: what the policy no longer allows, be it for
 * the grade or for the turnover, is cut in the same moment.
 * One audit event for the batch, with every cut in it by digest; single changes carry the amounts themselves. Yields how many.
 */
export const cutToPolicy = async (deps: LimitDeps, tx: Tx, changes: readonly GradeNow[]): Promise<number> => {
  const gradeAfter = new Map(changes.map((change) => [change.customerId, change]));
  const limits = await lockLimits(tx, [...gradeAfter.keys()]);
  if (limits.length === 0) return 0;
  const policy = await deps.policies.inForce(tx, 'LIMIT');
  const turnover = await deps.indicators.currentValues(
    tx.query,
    TURNOVER_INDICATOR,
    limits.map((limit) => limit.customerId),
  );
  const entries: LimitEntry[] = [];
  const overused: LockedLimit[] = [];
  for (const limit of limits) {
    const change = gradeAfter.get(limit.customerId);
    if (change === undefined) throw new Error(`limit of ${limit.customerId} was not asked for`);
    const position = { ...limit, yearlyTurnover: decimalOrNull(turnover.get(limit.customerId)) };
    const followed = followGrade(position, change.after.grade, policy.content);
    if (followed.after === followed.before) continue;
    if (new Decimal(limit.exposure).gt(followed.after)) overused.push({ ...limit, amount: followed.after });
    entries.push({
      customerId: limit.customerId,
      kind: 'POLICY_CUT',
      before: followed.before,
      after: followed.after,
      currency: limit.currency,
      causeId: change.causeId,
      lastMovedAt: limit.updatedAt,
    });
  }
  if (entries.length === 0) return 0;
  await bookEntries(tx, entries);
  recordBatch(tx, 'limit.cut', policy.id, entries);
  for (const limit of overused) tellOverUse(tx, limit);
  return entries.length;
};

/** The row was written by the database with the cut; whoever watches hears of it. */
export const tellOverUse = (tx: Tx, { customerId, amount, exposure, currency, version }: LockedLimit): void => {
  tx.record({
    action: 'limit.overUsed',
    object: { type: 'CreditLimit', id: customerId },
    customerId,
    data: { limit: amount, exposure, overUse: new Decimal(exposure).minus(amount).toFixed(2), currency },
  });
  tx.signal('CreditLimit', customerId, version + 1);
};

/** Ends temporary raises whose time is over, up to `atMost`; yields how many. One customer's trouble never stops the others. */
export const fallBackDue = (
  deps: Pick<LimitDeps, 'unitOfWork'> & { readonly database: Database; readonly clock: Clock },
  by: Initiator,
  atMost: number,
): Promise<Result<number>> =>
  forEachCustomer(
    async () => limitsToFallBack(deps.database.query, deps.clock(), atMost),
    (customerId) =>
      deps.unitOfWork.run(by, async (tx) => {
        const [limit] = await lockLimits(tx, [customerId]);
        if (limit?.fallsBackAt == null || limit.fallsBackTo === null || limit.fallsBackAt > tx.at) {
          // Somebody else was faster.
          tx.unchanged();
          return ok(0);
        }
        const entry: LimitEntry = {
          customerId,
          kind: 'FALL_BACK',
          before: limit.amount,
          after: limit.fallsBackTo,
          currency: limit.currency,
          causeId: limit.fallsBackAt.toISOString(),
          lastMovedAt: limit.updatedAt,
        };
        await bookEntries(tx, [entry]);
        recordBatch(tx, 'limit.fellBack', entry.causeId, [entry]);
        if (new Decimal(limit.exposure).gt(entry.after)) tellOverUse(tx, { ...limit, amount: entry.after });
        return ok(1);
      }),
  );

/** Limits that are looked at in one go. */
const CUT_BATCH = 5_000;

/**
 * Called inside the transaction that publishes a run. Everybody's grade may have moved, so the limits that the policy may no
 * longer allow are found in the database first, rather too many than too few; {@link cutToPolicy} decides.
 */
export const cutPublished = async (deps: LimitDeps, tx: Tx): Promise<void> => {
  const { content } = await deps.policies.inForce(tx, 'LIMIT');
  const candidates = await limitsAbovePolicy(tx, content, EVERYBODY);
  for (let start = 0; start < candidates.length; start += CUT_BATCH) {
    await cutToPolicy(deps, tx, candidates.slice(start, start + CUT_BATCH));
    await tx.settle();
  }
};

const EVERYBODY = { after: null, atMost: null };

const limitsAbovePolicy = (tx: Tx, policy: LimitPolicy, page: Parameters<typeof limitsAboveShare>[3]) =>
  limitsAboveShare(tx, indicatorOf(TURNOVER_INDICATOR).ordinal, policy, page);

/**
 * Cuts whatever limit a policy that was published no longer allows, a batch in each transaction; what it newly allows is never
 * given without a request. Yields how many limits were cut.
 */
export const followLimitPolicy = (deps: LimitDeps, by: Initiator, batch = CUT_BATCH): Promise<Result<number>> =>
  deps.policies.followThrough(by, 'LIMIT', async (tx, { id, content }, after) => {
    const candidates = await limitsAbovePolicy(tx, content, { after, atMost: batch });
    const grades = await deps.ratings.lockGrades(
      tx,
      candidates.map(({ customerId }) => customerId),
    );
    const moved = await cutToPolicy(
      deps,
      tx,
      grades.map(({ customerId, grade }) => ({ customerId, causeId: id, after: { grade } })),
    );
    return { moved, upto: candidates.length < batch ? null : (candidates.at(-1)?.customerId ?? null) };
  });

/** What is raised: the limit itself, what a product may take of it, or what a group may owe together. */
export type RaiseScope = { readonly scope: 'CUSTOMER' } | LimitPart;

export interface RequestRaise {
  readonly customerId: string;
  readonly of: RaiseScope;
  readonly amount: Money;
  readonly justification: string;
  readonly evidence?: readonly NamedEvidence[];
  /** Version of the limit that the maker saw; 0 where the customer has none yet. */
  readonly expectedVersion: number;
  /** In effect from then on; null for as soon as it is agreed to. */
  readonly effectiveFrom: Date | null;
  /** The limit itself falls back by itself then; null where it stays. */
  readonly until: Date | null;
}

export const requestRaise = async (
  deps: LimitDeps,
  by: Initiator,
  input: RequestRaise,
): Promise<Result<VerbOutcome>> => {
  const permitted = permit(by.actor, 'limit.request');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    const current = await lockPosition(deps, tx, input.customerId);
    if (!current.ok) return current;
    const { limit, terms, base, decideWithinDays } = current.value;
    if (input.amount.currency !== terms.currency) {
      return refuse('INVALID', `limits are kept in ${terms.currency}`, {
        reason: 'CURRENCY',
        field: ['amount', 'currency'],
        params: { currency: terms.currency },
      });
    }
    if (limit.version !== input.expectedVersion) {
      return refuse('STALE_VERSION', `the limit is at version ${limit.version} now`, {
        field: ['expectedVersion'],
        params: { expected: input.expectedVersion, current: limit.version, amount: limit.amount },
      });
    }
    const { of, until } = input;
    if (until !== null && of.scope !== 'CUSTOMER') {
      return refuse('INVALID', 'only the limit itself is raised for a time', { reason: 'UNTIL', field: ['until'] });
    }
    const dates = decideDates(input, limit, tx.at);
    if (!dates.ok) return dates;
    const bounds = await boundsOf(tx, input.customerId, of, current.value);
    if (!bounds.ok) return bounds;
    const decision = decideRaise(bounds.value, {
      amount: new Decimal(input.amount.amount),
      justification: input.justification,
    });
    if (!decision.ok) return decision;
    const { amount, relativeChange } = decision.value;
    const evidence = await deps.approvals.writeDownEvidence(tx, input.evidence ?? []);
    if (!evidence.ok) return evidence;
    const payload: RaisePayload = {
      fromAmount: bounds.value.amount,
      toAmount: amount,
      currency: terms.currency,
      justification: input.justification.trim(),
      ...(evidence.value.length === 0 ? {} : { evidence: [...evidence.value] }),
      ...(of.scope === 'CUSTOMER' ? {} : of),
      ...(until === null ? {} : { until: until.toISOString() }),
    };
    return deps.approvals.submit(tx, {
      kind: 'CREDIT_LIMIT',
      subject: { type: 'Customer', id: input.customerId },
      payload,
      evidence: evidence.value,
      base,
      impact: { fromAmount: payload.fromAmount, toAmount: amount, allowed: bounds.value.most, relativeChange },
      facts: {
        kind: 'CREDIT_LIMIT',
        direction: 'UP',
        amount,
        ...(relativeChange === null ? {} : { relativeChange }),
      },
      decideBy: new Date(tx.at.getTime() + decideWithinDays * DAY_MS),
      effectiveFrom: input.effectiveFrom,
    });
  });
};

/** What is there, and what bounds a raise of it. */
const boundsOf = async (
  tx: Tx,
  customerId: string,
  of: RaiseScope,
  { limit, terms }: Position,
): Promise<Result<Parameters<typeof decideRaise>[0]>> => {
  if (of.scope === 'CUSTOMER') return ok({ amount: limit.amount, most: terms.amount, bound: 'POLICY' });
  const amount = await partInForce(tx, customerId, of);
  if (amount === null) {
    return refuse('INVALID_STATE', 'there is no such limit to be raised', { reason: 'NO_SUB_LIMIT' });
  }
  return ok({ amount, most: of.scope === 'PRODUCT' ? limit.amount : null, bound: 'LIMIT' });
};

const scopeOf = ({ scope, product = '' }: RaisePayload): RaiseScope =>
  scope === undefined ? { scope: 'CUSTOMER' } : scope === 'GROUP' ? { scope } : { scope, product };

export const raiseHandler = (deps: LimitDeps): RequestHandler => ({
  kind: 'CREDIT_LIMIT',
  currentBase: async (tx, customerId) => {
    const current = await lockPosition(deps, tx, customerId);
    return current.ok ? current.value.base : null;
  },
  show: (payload) => {
    // Checked when it was written; it cannot have changed since.
    const {
      fromAmount,
      toAmount,
      currency,
      justification,
      evidence = [],
      scope,
      product,
      until,
    } = payload as RaisePayload;
    return {
      __typename: 'CreditLimitProposal',
      from: { amount: fromAmount, currency },
      to: { amount: toAmount, currency },
      justification,
      evidence,
      scope: scope ?? 'CUSTOMER',
      product: product ?? null,
      until: until === undefined ? null : new Date(until),
    };
  },
  apply: async (tx, request) => {
    const payload = raisePayloadSchema.parse(request.payload);
    const customerId = request.subject.id;
    const current = await lockPosition(deps, tx, customerId);
    if (!current.ok) return current;
    const { limit } = current.value;
    const of = scopeOf(payload);
    const until = payload.until === undefined ? null : new Date(payload.until);
    const dates = decideDates({ effectiveFrom: null, until }, limit, tx.at);
    if (!dates.ok) return dates;
    const bounds = await boundsOf(tx, customerId, of, current.value);
    if (!bounds.ok) return bounds;
    // The turnover may have moved since: what is granted must be allowed now.
    const decision = decideRaise(bounds.value, {
      amount: new Decimal(payload.toAmount),
      justification: payload.justification,
    });
    if (!decision.ok) return decision;
    if (of.scope === 'CUSTOMER') {
      await bookRaise(tx, request.id, customerId, limit, { ...payload, until });
    } else {
      await bookPart(tx, {
        customerId,
        ...of,
        before: bounds.value.amount,
        after: payload.toAmount,
        reason: payload.justification,
        requestId: request.id,
      });
    }
    tx.record({
      action: 'limit.raised',
      object: { type: 'CreditLimit', id: customerId },
      customerId,
      before: { amount: bounds.value.amount, currency: payload.currency },
      after: { amount: payload.toAmount, currency: payload.currency, ...of, until: payload.until ?? null },
      reason: payload.justification,
      data: { request: request.number, allowed: bounds.value.most },
    });
    return ok(true);
  },
});

const bookRaise = async (
  tx: Tx,
  requestId: string,
  customerId: string,
  limit: Position['limit'],
  { toAmount, currency, until }: Pick<RaisePayload, 'toAmount' | 'currency'> & { readonly until: Date | null },
): Promise<void> => {
  if (limit.version === 0) {
    await bookEntries(tx, [
      {
        customerId,
        kind: 'OPENING',
        before: '0.00',
        after: '0.00',
        currency,
        causeId: requestId,
        lastMovedAt: null,
      },
    ]);
  }
  await bookEntries(tx, [
    {
      customerId,
      kind: 'RAISE',
      before: limit.amount,
      after: toAmount,
      currency,
      causeId: requestId,
      // The opening of just now goes before it.
      lastMovedAt: limit.updatedAt ?? tx.at,
      until,
    },
  ]);
};

interface Position {
  readonly limit: Pick<LockedLimit, 'amount' | 'version' | 'fallsBackAt'> & { readonly updatedAt: Date | null };
  readonly terms: LimitTerms;
  readonly base: Json;
  readonly decideWithinDays: number;
}

/** Limit, grade and policy terms of one customer; the grade is locked before the limit, as rating does. */
const lockPosition = async (deps: LimitDeps, tx: Tx, customerId: string): Promise<Result<Position>> => {
  await deps.overrides.endOverdueOf(tx, customerId);
  const grade = await deps.ratings.lockGrade(tx, customerId);
  if (grade === null) {
    return (await deps.ratings.customerExists(tx, customerId))
      ? refuse('INVALID_STATE', 'a customer without a rating has no limit', { reason: 'NOT_RATED' })
      : refuse('NOT_FOUND', 'no such customer', { field: ['customerId'] });
  }
  const [limit = { amount: '0.00', version: 0, updatedAt: null, fallsBackAt: null }] = await lockLimits(tx, [
    customerId,
  ]);
  const policy = await deps.policies.inForce(tx, 'LIMIT');
  const turnover = await deps.indicators.currentValues(tx.query, TURNOVER_INDICATOR, [customerId]);
  return ok({
    limit,
    terms: termsAt(policy.content, grade.grade, decimalOrNull(turnover.get(customerId))),
    base: { gradeVersion: grade.version, limitVersion: limit.version, policyVersion: policy.id },
    decideWithinDays: policy.content.decideWithinDays,
  });
};

const isAmount = (text: string): boolean => {
  const amount = parseDecimal(text);
  return amount !== null && !amount.isNegative() && amount.decimalPlaces() <= 2;
};

const decimalOrNull = (text: string | undefined): Decimal | null => (text === undefined ? null : new Decimal(text));

const recordBatch = (tx: Tx, action: string, causeId: string, entries: readonly LimitEntry[]): void => {
  const [only] = entries;
  if (only !== undefined && entries.length === 1) {
    tx.record({
      action,
      object: { type: 'CreditLimit', id: only.customerId },
      customerId: only.customerId,
      before: { amount: only.before, currency: only.currency },
      after: { amount: only.after, currency: only.currency },
      data: { cause: causeId },
    });
    return;
  }
  tx.record({
    action,
    object: { type: 'CreditLimitBatch', id: tx.newId() },
    data: {
      cause: causeId,
      count: entries.length,
      digest: digestOf(entries.map(({ customerId, before, after }) => [customerId, before, after])),
    },
  });
};
