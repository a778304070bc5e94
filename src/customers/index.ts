/** Door of the customers room: the parties that are rated, how they are related, and how files of them come in. */
import type { NewId } from '../kernel/clock';
import type { Identity } from '../identity';
import type { Database } from '../platform/database';
import type { UnitOfWork } from '../platform/unit-of-work';
import { createCustomerCommands, type CustomerCommands } from './customer.commands';
import { createCustomerImport } from './customer.import';
import { createCustomerQueries, type CustomerQueries } from './customer.queries';

export { creditCodeCheck, creditCodeFault } from './domain/credit-code';
export { PARTY_KINDS, SIZES, type Customer, type CustomerInput, type PartyKind, type Size } from './domain/customer';
export { rowCodeOf, rowRefusal, type ImportOutcome, type RowCode, type RowRefusal } from './domain/import-row';
export { INDUSTRIES } from './domain/industry';
export { leiCheck, leiFault } from './domain/lei';
export { STAGES, type Stage } from './domain/lifecycle';
export { RELATION_KINDS, RELATION_READINGS, type RelationKind } from './domain/relation';
export type { CustomerRow } from './customer.commands';
export { readCustomerMap } from './customer.import';
export { byCustomerId, customerReads } from './customer.reads';
export { customerConditions, customerOrder, type CustomerConditions, type CustomerSort } from './customer.queries';
export { customerExists, findIdsByNumber } from './customer.store';
export {
  cellOf,
  locateColumns,
  runImport,
  type ImportDeps,
  type ImportOptions,
  type ImportProgress,
  type ImportSummary,
} from './import-batch.commands';
export { ensureBatch, type ImportBatch } from './import-batch.store';

export interface CustomersDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly identity: Identity;
  readonly newId: NewId;
}

export interface Customers {
  readonly commands: CustomerCommands;
  readonly queries: CustomerQueries;
  /** Brings a file in, chunk by chunk. */
  readonly importFile: ReturnType<typeof createCustomerImport>;
}

export const createCustomers = ({ database, unitOfWork, identity, newId }: CustomersDeps): Customers => {
  const commands = createCustomerCommands({ unitOfWork, identity });
  return {
    commands,
    queries: createCustomerQueries(database),
    importFile: createCustomerImport({ unitOfWork, newId, commands }),
  };
};
