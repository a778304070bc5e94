/** Customers of the sample whose limits tests may use up: in no group, of a grade that has new business. */
import { asSystem, required } from '../../src/app';
import type { TestApi } from './api';

export interface Accounts {
  /** Id of a customer with this limit and no use. */
  next(limit: string): Promise<string>;
  /** As many, related to one another, under a group limit. */
  group(members: number, limit: string, groupLimit: string | null): Promise<string[]>;
  /** Cuts a limit as the policy does. */
  cut(customerId: string, to: string): Promise<void>;
}

export const freshAccounts = (api: TestApi): Accounts => {
  const cut = async (id: string, limit: string): Promise<void> => {
    await api.test.asOwner("SELECT set_config('tierwarden.actor', 'system:test', false)");
    await api.test.asOwner(
      `INSERT INTO credit_limit_entry (id, customer_id, kind, before, after, currency, cause_id, booked_at, booked_by)
       SELECT gen_random_uuid(), customer_id, 'POLICY_CUT', amount, $2, currency, 'test', updated_at + interval '1 ms', 'system:test'
       FROM credit_limit WHERE customer_id = $1`,
      [id, limit],
    );
  };
  let waiting: string[] | null = null;
  const next = async (limit: string): Promise<string> => {
    waiting ??= (
      await api.test.asOwner<{ id: string }>(
        `SELECT customer_id AS id FROM credit_limit JOIN customer_grade USING (customer_id)
         WHERE amount > 1000 AND grade > 'CC' AND used + reserved = 0 AND cardinality(customer_group(customer_id)) = 1
         ORDER BY customer_id`,
      )
    ).map(({ id }) => id);
    const id = waiting.shift();
    if (id === undefined) throw new Error('the sample has no further customer');
    await cut(id, limit);
    return id;
  };
  return {
    next,
    cut,
    group: async (members, limit, groupLimit) => {
      const ids: string[] = [];
      for (let i = 0; i < members; i++) ids.push(await next(limit));
      for (const [i, id] of ids.slice(1).entries()) {
        required(
          await api.app.customers.commands.relateCustomers(asSystem('worker', 'test'), {
            fromId: ids[i]!,
            toId: id,
            kind: 'SAME_CONTROLLER',
          }),
        );
      }
      if (groupLimit !== null)
        await api.test.asOwner('INSERT INTO group_limit (customer_id, amount) VALUES ($1, $2)', [ids[0], groupLimit]);
      return ids;
    },
  };
};
