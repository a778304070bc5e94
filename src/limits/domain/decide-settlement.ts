/** Why a reservation does not end as it is asked to, and why a repayment is not booked. */
import { Decimal } from '../../kernel/decimal';
import { refusal, type Refusal } from '../../kernel/refusal';

export type Ending = 'CONFIRM' | 'RELEASE' | 'EXPIRE';

export interface ReservationFacts {
  /** Reserved amount. */
  readonly held: string;
  readonly expiresAt: Date;
  /** How it ended; null while it holds. */
  readonly endedAs: Ending | null;
}

export interface Settlement {
  readonly verb: Ending;
  /** Null for all of it. */
  readonly amount: Decimal | null;
}

/** Null where nothing stands against it. A reservation that is over is released, and confirmed no more. */
export const settlementRefusal = (facts: ReservationFacts, wanted: Settlement, now: Date): Refusal | null => {
  if (facts.endedAs !== null) {
    return refusal('INVALID_STATE', `the reservation has ended: ${facts.endedAs}`, {
      reason: 'RESERVATION_ENDED',
      params: { endedAs: facts.endedAs },
    });
  }
  const isOver = now >= facts.expiresAt;
  if (wanted.verb === 'CONFIRM' && isOver) {
    return refusal('EXPIRED', 'the reservation holds no longer', {
      params: { expiresAt: facts.expiresAt.toISOString() },
    });
  }
  if (wanted.verb === 'EXPIRE' && !isOver) {
    return refusal('INVALID_STATE', 'the reservation still holds', { reason: 'RESERVATION_HOLDS' });
  }
  if (wanted.amount?.gt(facts.held) === true) {
    return refusal('LIMIT_EXCEEDED', `${facts.held} is reserved`, {
      reason: 'RESERVATION',
      field: ['amount'],
      params: { available: facts.held },
    });
  }
  return null;
};

export interface RepaymentFacts {
  readonly currency: string;
  /** What is in use of the product, or of none. */
  readonly inUse: string;
}

/** Null where nothing stands against it. */
export const repaymentRefusal = (
  facts: RepaymentFacts,
  paid: { readonly amount: Decimal; readonly currency: string },
): Refusal | null => {
  if (paid.currency !== facts.currency) {
    return refusal('INVALID', `The limit is kept in ${facts.currency}, and no rates are published.`, {
      reason: 'CURRENCY',
      field: ['amount', 'currency'],
      params: { currency: facts.currency },
    });
  }
  return paid.amount.gt(facts.inUse)
    ? refusal('OUT_OF_RANGE', `${new Decimal(facts.inUse).toFixed(2)} is in use`, {
        reason: 'ABOVE_USE',
        field: ['amount'],
        params: { inUse: new Decimal(facts.inUse).toFixed(2) },
      })
    : null;
};
