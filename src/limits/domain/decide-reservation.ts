/**
 * May so much more be owed (D30)? The one answer to a reservation and to a check beforehand. The database asks the same of every
 * row that it writes (migration 0072), so that no race and no mistake here lets more through.
 */
import { Decimal } from '../../kernel/decimal';
import { refusal, type Refusal } from '../../kernel/refusal';

export interface ExposureFacts {
  readonly currency: string;
  /** Limit in force at the moment; a temporary raise that is over does not count. */
  readonly limitAmount: string;
  readonly used: string;
  readonly reserved: string;
  readonly frozen: boolean;
  /** Whether the limit policy allows new business at the grade in force. */
  readonly newBusiness: boolean;
  /** Null where the product has no sub-limit. */
  readonly productLimit: string | null;
  readonly productExposure: string | null;
  /** Null outside of groups, and where the group has no limit. */
  readonly groupLimit: string | null;
  readonly groupExposure: string | null;
}

export interface CreditWanted {
  readonly amount: Decimal;
  readonly currency: string;
}

export interface CreditDecision {
  /** Most that could be reserved as far as amounts go, two places, never below zero. */
  readonly available: string;
  /** All that stands against it, the weightiest first; empty where it may be. */
  readonly against: readonly Refusal[];
}

export const decideReservation = (facts: ExposureFacts, wanted: CreditWanted): CreditDecision => {
  const bounds: readonly (readonly [reason: string, said: string, left: Decimal | null])[] = [
    ['LIMIT', 'the limit', left(facts.limitAmount, new Decimal(facts.used).plus(facts.reserved))],
    ['SUB_LIMIT', 'the sub-limit of the product', left(facts.productLimit, facts.productExposure)],
    ['GROUP_LIMIT', 'the limit of the group', left(facts.groupLimit, facts.groupExposure)],
  ];
  const against: Refusal[] = [];
  if (facts.frozen) against.push(refusal('FROZEN', 'The limit is frozen.'));
  if (!facts.newBusiness) {
    against.push(
      refusal('POLICY_VIOLATION', 'The limit policy stops new business at this grade.', {
        reason: 'NEW_BUSINESS_STOPPED',
      }),
    );
  }
  if (wanted.currency !== facts.currency) {
    against.push(
      refusal('INVALID', `The limit is kept in ${facts.currency}, and no rates are published.`, {
        reason: 'CURRENCY',
        field: ['amount', 'currency'],
        params: { currency: facts.currency },
      }),
    );
  }
  for (const [reason, said, rest] of bounds) {
    if (rest === null || wanted.amount.lte(rest)) continue;
    const available = Decimal.max(rest, 0).toFixed(2);
    against.push(
      refusal('LIMIT_EXCEEDED', `${available} is left of ${said}.`, {
        reason,
        field: ['amount'],
        params: { available },
      }),
    );
  }
  const rests = bounds.flatMap(([, , rest]) => (rest === null ? [] : [rest]));
  return { available: Decimal.max(Decimal.min(...rests), 0).toFixed(2), against };
};

const left = (limit: string | null, exposure: Decimal | string | null): Decimal | null =>
  limit === null ? null : new Decimal(limit).minus(exposure ?? 0);
