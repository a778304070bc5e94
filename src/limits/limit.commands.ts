/**
 * Credit limits: opened from the book that is taken over, cut at once when the grade in force falls, raised by request.
 */
import type { Initiator } from '../kernel/actor';
import { digestOf, type Json } from '../kernel/canonical-json';
import { Decimal, parseDecimal, type Money } from '../kernel/decimal';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Approvals, RequestHandler, VerbOutcome } from '../approvals';
import { permit } from '../identity';
import type { Indicators } from '../indicators';
import type { Overrides } from '../overrides';
import { termsAt, type LimitTerms, type Policies } from '../policies';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { GradeChange, Ratings } from '../ratings';
import { bookEntries, customersWithLimit, lockLimits, type LimitEntry } from './credit-limit.store';
import { decideRaise } from './domain/decide-raise';
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
 * One audit event for the batch, with every cut in it by digest; single changes carry the amounts themselves.
 */
export const cutToPolicy = async (deps: LimitDeps, tx: Tx, changes: readonly GradeChange[]): Promise<void> => {
  const gradeAfter = new Map(changes.map((change) => [change.customerId, change]));
  const limits = await lockLimits(tx, [...gradeAfter.keys()]);
  if (limits.length === 0) return;
  const policy = await deps.policies.inForce(tx, 'LIMIT');
  const turnover = await deps.indicators.currentValues(
    tx.query,
    TURNOVER_INDICATOR,
    limits.map((limit) => limit.customerId),
  );
  const entries: LimitEntry[] = [];
  for (const limit of limits) {
    const change = gradeAfter.get(limit.customerId);
    if (change === undefined) throw new Error(`limit of ${limit.customerId} was not asked for`);
    const position = { ...limit, yearlyTurnover: decimalOrNull(turnover.get(limit.customerId)) };
    const followed = followGrade(position, change.after.grade, policy.content);
    if (followed.after === followed.before) continue;
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
  if (entries.length === 0) return;
  await bookEntries(tx, entries);
  recordBatch(tx, 'limit.cut', policy.id, entries);
};

export interface RequestRaise {
  readonly customerId: string;
  readonly amount: Money;
  readonly justification: string;
  /** Version of the limit that the maker saw; 0 where the customer has none yet. */
  readonly expectedVersion: number;
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
    const decision = decideRaise(
      { amount: limit.amount, terms },
      { amount: new Decimal(input.amount.amount), justification: input.justification },
    );
    if (!decision.ok) return decision;
    const { amount, relativeChange } = decision.value;
    const payload: RaisePayload = {
      fromAmount: limit.amount,
      toAmount: amount,
      currency: terms.currency,
      justification: input.justification.trim(),
    };
    return deps.approvals.submit(tx, {
      kind: 'CREDIT_LIMIT',
      subject: { type: 'Customer', id: input.customerId },
      payload,
      base,
      impact: { fromAmount: limit.amount, toAmount: amount, allowed: terms.amount, relativeChange },
      facts: {
        kind: 'CREDIT_LIMIT',
        direction: 'UP',
        amount,
        ...(relativeChange === null ? {} : { relativeChange }),
      },
      decideBy: new Date(tx.at.getTime() + decideWithinDays * DAY_MS),
    });
  });
};

export const raiseHandler = (deps: LimitDeps): RequestHandler => ({
  kind: 'CREDIT_LIMIT',
  currentBase: async (tx, customerId) => {
    const current = await lockPosition(deps, tx, customerId);
    return current.ok ? current.value.base : null;
  },
  show: (payload) => {
    // Checked when it was written; it cannot have changed since.
    const { fromAmount, toAmount, currency, justification } = payload as RaisePayload;
    return {
      __typename: 'CreditLimitProposal',
      from: { amount: fromAmount, currency },
      to: { amount: toAmount, currency },
      justification,
    };
  },
  apply: async (tx, request) => {
    const payload = raisePayloadSchema.parse(request.payload);
    const customerId = request.subject.id;
    const current = await lockPosition(deps, tx, customerId);
    if (!current.ok) return current;
    const { limit, terms } = current.value;
    // The turnover may have moved since: what is granted must be allowed now.
    const decision = decideRaise(
      { amount: limit.amount, terms },
      { amount: new Decimal(payload.toAmount), justification: payload.justification },
    );
    if (!decision.ok) return decision;
    if (limit.version === 0) {
      await bookEntries(tx, [
        {
          customerId,
          kind: 'OPENING',
          before: '0.00',
          after: '0.00',
          currency: payload.currency,
          causeId: request.id,
          lastMovedAt: null,
        },
      ]);
    }
    await bookEntries(tx, [
      {
        customerId,
        kind: 'RAISE',
        before: limit.amount,
        after: payload.toAmount,
        currency: payload.currency,
        causeId: request.id,
        // The opening of just now goes before it.
        lastMovedAt: limit.updatedAt ?? tx.at,
      },
    ]);
    tx.record({
      action: 'limit.raised',
      object: { type: 'CreditLimit', id: customerId },
      customerId,
      before: { amount: limit.amount, currency: payload.currency },
      after: { amount: payload.toAmount, currency: payload.currency },
      reason: payload.justification,
      data: { request: request.number, allowed: terms.amount },
    });
    return ok(true);
  },
});

interface Position {
  readonly limit: { readonly amount: string; readonly version: number; readonly updatedAt: Date | null };
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
  const [limit = { amount: '0.00', version: 0, updatedAt: null }] = await lockLimits(tx, [customerId]);
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
