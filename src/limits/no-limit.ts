/** Why a customer has no limit that anything could be done with. */
import { refuse } from '../kernel/refusal';
import type { Refused } from '../kernel/result';
import type { Query } from '../platform/database';
import type { Ratings } from '../ratings';

export const noLimit = async (
  { ratings }: { readonly ratings: Pick<Ratings, 'customerExists'> },
  query: Query,
  customerId: string,
): Promise<Refused> =>
  (await ratings.customerExists({ query }, customerId))
    ? refuse('INVALID_STATE', 'the customer has no credit limit', { reason: 'NO_LIMIT', field: ['customerId'] })
    : refuse('NOT_FOUND', 'no such customer', { field: ['customerId'] });
