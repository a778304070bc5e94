/** Says whether a reservation would be let through. It never writes, and nothing of it is kept. */
import type { Actor } from '../kernel/actor';
import type { Money } from '../kernel/decimal';
import { refuse, type Refusal } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import { decideReservation } from './domain/decide-reservation';
import { checkProduct, parseAmount } from './domain/exposure';
import type { ExposureDeps } from './exposure.commands';
import { exposureFacts } from './exposure.store';

export interface CreditCheck {
  readonly allowed: boolean;
  readonly available: Money;
  readonly against: readonly Refusal[];
}

export interface CreditQuestion {
  readonly customerId: string;
  readonly amount: Money;
  /** Null where the limit as a whole is meant. */
  readonly product: string | null;
}

/** By the same decision as a reservation of the same moment. Needs `limit.read`; refuses what is malformed, and NOT_FOUND. */
export const creditCheck = async (
  { database, clock }: Pick<ExposureDeps, 'database' | 'clock'>,
  viewer: Actor,
  { customerId, amount, product }: CreditQuestion,
): Promise<Result<CreditCheck>> => {
  const permitted = permit(viewer, 'limit.read');
  if (!permitted.ok) return permitted;
  const wanted = parseAmount(amount.amount);
  if (!wanted.ok) return wanted;
  const sound = checkProduct(product ?? '');
  if (!sound.ok) return sound;
  const facts = await exposureFacts(database.query, customerId, product ?? '', clock());
  if (facts === null) return refuse('NOT_FOUND', 'the customer has no credit limit', { field: ['customerId'] });
  const { available, against } = decideReservation(facts, { amount: wanted.value, currency: amount.currency });
  return ok({ allowed: against.length === 0, available: { amount: available, currency: facts.currency }, against });
};
