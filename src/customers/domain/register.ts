/**
 * What is known of the register while a batch of parties is decided: what the database held, with the batch's own
 * outcomes laid over it. A key that a party gave up in the batch is not free before the next one.
 */
import type { Customer } from './customer';
import { UNIQUE_KEYS, type RegisterFacts, type UniqueKey } from './decide-customer';

export class Register implements RegisterFacts {
  private readonly byId = new Map<string, Customer>();
  private readonly holders: Readonly<Record<UniqueKey, Map<string, string>>> = {
    number: new Map(),
    creditCode: new Map(),
    lei: new Map(),
  };

  constructor(
    customers: Iterable<Customer>,
    private readonly known: {
      readonly industries: ReadonlySet<string>;
      readonly users: ReadonlySet<string>;
      readonly orgUnits: ReadonlySet<string>;
    },
  ) {
    for (const customer of customers) this.put(customer);
  }

  put(customer: Customer): void {
    this.byId.set(customer.id, customer);
    for (const key of UNIQUE_KEYS) {
      const value = customer[key];
      if (value !== null && !this.holders[key].has(value)) this.holders[key].set(value, customer.id);
    }
  }

  /** Of all parties that it holds. */
  ids(): string[] {
    return [...this.byId.keys()];
  }

  byNumber(number: string): Customer | undefined {
    return this.holderOf('number', number);
  }

  holderOf(key: UniqueKey, value: string): Customer | undefined {
    const id = this.holders[key].get(value);
    return id === undefined ? undefined : this.byId.get(id);
  }

  hasIndustry(code: string): boolean {
    return this.known.industries.has(code);
  }

  hasUser(id: string): boolean {
    return this.known.users.has(id);
  }

  hasOrgUnit(id: string): boolean {
    return this.known.orgUnits.has(id);
  }
}
