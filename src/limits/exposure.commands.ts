/**
 * Use of credit limits: reserved, confirmed or released, paid back. Each booking has a reference of the caller's; told again with
 * the same body nothing is done twice, with another body it is refused.
 */
import type { Initiator } from '../kernel/actor';
import type { Clock } from '../kernel/clock';
import { Decimal, type Money } from '../kernel/decimal';
import { refuse, type Refusal } from '../kernel/refusal';
import { ok, refused, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database, Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import { decideReservation } from './domain/decide-reservation';
import { repaymentRefusal, settlementRefusal, type Ending } from './domain/decide-settlement';
import { allOf, checkHold, checkProduct, checkReference, parseAmount, type ExposureKind } from './domain/exposure';
import * as store from './exposure.store';
import { forEachCustomer } from './for-each-customer';
import { noLimit } from './no-limit';
import type { LimitDeps } from './limit.commands';

export type ExposureDeps = Pick<LimitDeps, 'unitOfWork' | 'ratings'> & {
  readonly database: Database;
  readonly clock: Clock;
};

export interface Booked {
  readonly entryId: string;
  readonly customerId: string;
  /** Null where it had been booked before. */
  readonly auditEventId: string | null;
}

export interface ReserveCredit {
  readonly customerId: string;
  /** Product code; null where the limit as a whole is meant. */
  readonly product: string | null;
  readonly amount: Money;
  /** The caller's name for it: an order, a contract. */
  readonly reference: string;
  /** Unless it is confirmed by then, it lapses. */
  readonly holdMinutes: number;
}

/** Refuses what is malformed, NOT_FOUND, INVALID_STATE.NO_LIMIT, ALREADY_EXISTS.REFERENCE and the first of {@link decideReservation}. */
export const reserveCredit = async (
  deps: ExposureDeps,
  by: Initiator,
  input: ReserveCredit,
): Promise<Result<Booked>> => {
  const permitted = permit(by.actor, 'limit.use');
  if (!permitted.ok) return permitted;
  const sound = allOf(checkAmountOf(input), checkHold(input.holdMinutes));
  if (!sound.ok) return sound;
  const row = { ...rowOf(input), holdMinutes: input.holdMinutes };
  return postAmount<store.ReservationOutcome>(deps, by, row, {
    action: 'limit.reserved',
    kind: 'RESERVE',
    told: { holdMinutes: row.holdMinutes },
    call: (entryId, at) => store.reservation(entryId, row, at),
    refusalOf: (outcome) =>
      decideReservation(outcome, { amount: new Decimal(row.amount), currency: row.currency }).against[0] ?? null,
  });
};

type AmountInput = Pick<ReserveCredit, 'customerId' | 'product' | 'amount' | 'reference'>;

const checkAmountOf = ({ amount, product, reference }: AmountInput): Result<true> => {
  const parsed = parseAmount(amount.amount);
  return parsed.ok ? allOf(checkProduct(product ?? ''), checkReference(reference)) : parsed;
};

const rowOf = ({ customerId, product, amount, reference }: AmountInput): store.RepaymentRow => ({
  customerId,
  product: product ?? '',
  amount: new Decimal(amount.amount).toFixed(2),
  currency: amount.currency,
  reference,
});

/** Books an amount, or finds that it has been, or what stands against it. */
const postAmount = <Outcome extends store.Outcome>(
  deps: ExposureDeps,
  by: Initiator,
  row: store.RepaymentRow,
  as: {
    readonly action: string;
    readonly kind: ExposureKind;
    /** What is said of it beside amount, currency, product and reference. */
    readonly told: { readonly holdMinutes?: number };
    readonly call: (entryId: string, at: Date) => { readonly sql: string; readonly params: readonly unknown[] };
    readonly refusalOf: (outcome: Outcome) => Refusal | null;
  },
): Promise<Result<Booked>> =>
  deps.unitOfWork.post<Outcome, Booked>(by, ({ at, newId }) => {
    const { customerId, ...body } = row;
    const entryId = newId();
    const { amount, currency, product, reference } = body;
    return {
      ...as.call(entryId, at),
      lane: customerId,
      event: {
        action: as.action,
        object: { type: 'ExposureEntry', id: entryId },
        customerId,
        after: { amount, currency, product, reference, ...as.told },
      },
      conclude: async (outcome, auditEventId, read) => {
        if (auditEventId !== null) return ok({ entryId, customerId, auditEventId });
        if (outcome === undefined) return noLimit(deps, read, customerId);
        if (outcome.knownId !== null) {
          return bookedBefore(read, row, outcome.knownId, { kind: as.kind, ...body, ...as.told });
        }
        const refusal = as.refusalOf(outcome);
        if (refusal === null) throw new Error('the database refuses what the decision allows');
        return refused(refusal);
      },
    };
  });

export interface ConfirmReservation {
  readonly customerId: string;
  /** Of the reservation. */
  readonly reference: string;
  /** What is owed from now on; the rest of the reservation is free. Null for all of it. */
  readonly amount: string | null;
}

/** Refuses what is malformed, NOT_FOUND, ALREADY_EXISTS.REFERENCE and what {@link settlementRefusal} says. */
export const confirmReservation = async (
  deps: ExposureDeps,
  by: Initiator,
  input: ConfirmReservation,
): Promise<Result<Booked>> => {
  const amount = input.amount === null ? ok(null) : parseAmount(input.amount);
  return amount.ok ? end(deps, by, input, 'CONFIRM', amount.value) : amount;
};

/** Refuses as {@link confirmReservation}. */
export const releaseReservation = (
  deps: ExposureDeps,
  by: Initiator,
  input: Omit<ConfirmReservation, 'amount'>,
): Promise<Result<Booked>> => end(deps, by, input, 'RELEASE', null);

const SETTLED = { CONFIRM: 'limit.confirmed', RELEASE: 'limit.released', EXPIRE: 'limit.expired' } as const;

const end = async (
  deps: ExposureDeps,
  by: Initiator,
  input: Omit<ConfirmReservation, 'amount'>,
  verb: 'CONFIRM' | 'RELEASE',
  amount: Decimal | null,
): Promise<Result<Booked>> => {
  const permitted = permit(by.actor, 'limit.use');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    const settled = await settleIn(tx, input, verb, amount);
    // Only found a booking of before.
    if (settled.ok && settled.value.auditEventId === null) tx.unchanged();
    return settled;
  });
};

const settleIn = async (
  tx: Tx,
  { customerId, reference }: Omit<ConfirmReservation, 'amount'>,
  verb: Ending,
  amount: Decimal | null,
): Promise<Result<Booked>> => {
  const entryId = tx.newId();
  const row = { customerId, reference, verb, amount: amount?.toFixed(2) ?? null };
  const { sql, params } = store.settlement(entryId, row, tx.at);
  const [outcome] = await tx.query<store.SettlementOutcome>(sql, params);
  if (outcome === undefined) return refuse('NOT_FOUND', 'There is no such reservation.', { field: ['reference'] });
  if (outcome.knownId !== null && outcome.endedAs === verb) {
    return bookedBefore(tx.query, row, outcome.knownId, { amount: row.amount ?? new Decimal(outcome.held).toFixed(2) });
  }
  if (!outcome.posted) {
    const refusal = settlementRefusal(outcome, { verb, amount }, tx.at);
    if (refusal === null) throw new Error('the database refuses what the decision allows');
    return refused(refusal);
  }
  const auditEventId = tx.record({
    action: SETTLED[verb],
    object: { type: 'ExposureEntry', id: entryId },
    customerId,
    after: { amount: row.amount ?? outcome.held, reserved: outcome.held, reference },
  });
  return ok({ entryId, customerId, auditEventId });
};

export type RecordRepayment = Omit<ReserveCredit, 'holdMinutes'>;

/** Refuses what is malformed, NOT_FOUND, INVALID_STATE.NO_LIMIT, ALREADY_EXISTS.REFERENCE and what {@link repaymentRefusal} says. */
export const recordRepayment = async (
  deps: ExposureDeps,
  by: Initiator,
  input: RecordRepayment,
): Promise<Result<Booked>> => {
  const permitted = permit(by.actor, 'limit.repay');
  if (!permitted.ok) return permitted;
  const sound = checkAmountOf(input);
  if (!sound.ok) return sound;
  const row = rowOf(input);
  return postAmount<store.RepaymentOutcome>(deps, by, row, {
    action: 'limit.repaid',
    kind: 'REPAY',
    told: {},
    call: (entryId, at) => store.repayment(entryId, row, at),
    refusalOf: (outcome) => repaymentRefusal(outcome, { amount: new Decimal(row.amount), currency: row.currency }),
  });
};

/** Lets reservations lapse whose time is over, up to `atMost`; yields how many. */
export const expireReservations = (deps: ExposureDeps, by: Initiator, atMost: number): Promise<Result<number>> =>
  forEachCustomer(
    () => store.reservationsDue(deps.database.query, deps.clock(), atMost),
    ({ customerId, references }) =>
      deps.unitOfWork.run(by, async (tx) => {
        let lapsed = 0;
        for (const reference of references) {
          // Refused where somebody else ended it in between.
          const settled = await settleIn(tx, { customerId, reference }, 'EXPIRE', null);
          if (settled.ok && settled.value.auditEventId !== null) lapsed += 1;
        }
        if (lapsed === 0) tx.unchanged();
        return ok(lapsed);
      }),
  );

/** The same answer for the same body. */
const bookedBefore = async (
  read: Query,
  { customerId, reference }: { readonly customerId: string; readonly reference: string },
  entryId: string,
  told: Partial<store.EntryBody>,
): Promise<Result<Booked>> => {
  const body = await store.entryBody(read, entryId);
  const differs = (Object.keys(body) as (keyof store.EntryBody)[]).some(
    (part) => told[part] !== undefined && told[part] !== body[part],
  );
  if (differs) {
    return refuse('ALREADY_EXISTS', `the reference ${reference} was booked with another body before`, {
      reason: 'REFERENCE',
      field: ['reference'],
    });
  }
  return ok({ entryId, customerId, auditEventId: null });
};
