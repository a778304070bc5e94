/**
 * Use of credit limits: reserved, confirmed or released, paid back. Each booking has a reference of the caller's; told again with
 * the same body nothing is done twice, with another body it is refused.
 */
import type { Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import type { Clock } from '../kernel/clock';
import { Decimal, type Money } from '../kernel/decimal';
import { refuse } from '../kernel/refusal';
import { ok, refused, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import { decideReservation } from './domain/decide-reservation';
import { repaymentRefusal, settlementRefusal, type Ending } from './domain/decide-settlement';
import { allOf, checkHold, checkProduct, checkReference, parseAmount } from './domain/exposure';
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
  const amount = parseAmount(input.amount.amount);
  if (!amount.ok) return amount;
  const row = {
    ...input,
    product: input.product ?? '',
    amount: amount.value.toFixed(2),
    currency: input.amount.currency,
  };
  const sound = allOf(checkProduct(row.product), checkReference(row.reference), checkHold(row.holdMinutes));
  if (!sound.ok) return sound;
  return runOnce(deps, by, async (tx) => {
    const entryId = tx.newId();
    const outcome = await store.reserve(tx, entryId, row);
    if (outcome === null) return noLimit(deps, tx, row.customerId);
    if (outcome.knownId !== null) return bookedBefore(tx, row, outcome.knownId, { kind: 'RESERVE', ...row });
    if (!outcome.posted) {
      const [weightiest] = decideReservation(outcome, { amount: amount.value, currency: row.currency }).against;
      if (weightiest === undefined) throw new Error('the database refuses what the decision allows');
      return refused(weightiest);
    }
    const { product, currency, reference, holdMinutes } = row;
    return book(tx, row, entryId, 'limit.reserved', { amount: row.amount, currency, product, reference, holdMinutes });
  });
};

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
  return runOnce(deps, by, (tx) => settleIn(tx, input, verb, amount));
};

const settleIn = async (
  tx: Tx,
  { customerId, reference }: Omit<ConfirmReservation, 'amount'>,
  verb: Ending,
  amount: Decimal | null,
): Promise<Result<Booked>> => {
  const entryId = tx.newId();
  const row = { customerId, reference, verb, amount: amount?.toFixed(2) ?? null };
  const outcome = await store.settle(tx, entryId, row);
  if (outcome === null) return refuse('NOT_FOUND', 'There is no such reservation.', { field: ['reference'] });
  if (outcome.knownId !== null && outcome.endedAs === verb) {
    return bookedBefore(tx, row, outcome.knownId, { amount: row.amount ?? new Decimal(outcome.held).toFixed(2) });
  }
  if (!outcome.posted) {
    const refusal = settlementRefusal(outcome, { verb, amount }, tx.at);
    if (refusal === null) throw new Error('the database refuses what the decision allows');
    return refused(refusal);
  }
  return book(tx, row, entryId, SETTLED[verb], {
    amount: row.amount ?? outcome.held,
    reserved: outcome.held,
    reference,
  });
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
  const amount = parseAmount(input.amount.amount);
  if (!amount.ok) return amount;
  const row = {
    ...input,
    product: input.product ?? '',
    amount: amount.value.toFixed(2),
    currency: input.amount.currency,
  };
  const sound = allOf(checkProduct(row.product), checkReference(row.reference));
  if (!sound.ok) return sound;
  return runOnce(deps, by, async (tx) => {
    const entryId = tx.newId();
    const outcome = await store.repay(tx, entryId, row);
    if (outcome === null) return noLimit(deps, tx, row.customerId);
    if (outcome.knownId !== null) return bookedBefore(tx, row, outcome.knownId, row);
    if (!outcome.posted) {
      const refusal = repaymentRefusal(outcome, { amount: amount.value, currency: row.currency });
      if (refusal === null) throw new Error('the database refuses what the decision allows');
      return refused(refusal);
    }
    const { product, currency, reference } = row;
    return book(tx, row, entryId, 'limit.repaid', { amount: row.amount, currency, product, reference });
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

/** Undoes what only found a booking of before. */
const runOnce = (
  { unitOfWork }: Pick<ExposureDeps, 'unitOfWork'>,
  by: Initiator,
  work: (tx: Tx) => Promise<Result<Booked>>,
): Promise<Result<Booked>> =>
  unitOfWork.run(by, async (tx) => {
    const result = await work(tx);
    if (result.ok && result.value.auditEventId === null) tx.unchanged();
    return result;
  });

const book = (
  tx: Tx,
  { customerId }: { readonly customerId: string },
  entryId: string,
  action: string,
  after: Json,
): Result<Booked> => {
  const auditEventId = tx.record({ action, object: { type: 'ExposureEntry', id: entryId }, customerId, after });
  return ok({ entryId, customerId, auditEventId });
};

/** The same answer for the same body. */
const bookedBefore = async (
  tx: Tx,
  { customerId, reference }: { readonly customerId: string; readonly reference: string },
  entryId: string,
  told: Partial<store.EntryBody>,
): Promise<Result<Booked>> => {
  const body = await store.entryBody(tx, entryId);
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
