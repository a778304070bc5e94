/** Why a customer has no limit that anything could be done with. */
import { refuse } from '../kernel/refusal';
import type { Refused } from '../kernel/result';
import type { Tx } from '../platform/unit-of-work';
import type { Ratings } from '../ratings';

export const noLimit = async (
  { ratings }: { readonly ratings: Pick<Ratings, 'customerExists'> },
  tx: Tx,
  customerId: string,
): Promise<Refused> =>
  (await ratings.customerExists(tx, customerId))
    ? refuse('INVALID_STATE', 'the customer has no credit limit', { reason: 'NO_LIMIT', field: ['customerId'] })
    : refuse('NOT_FOUND', 'no such customer', { field: ['customerId'] });
