/** Door of the customers room: the parties that are rated, how they are related, and how files of them come in. */
import type { NewId } from '../kernel/clock';
import type { Approvals, RequestHandler } from '../approvals';
import type { Identity } from '../identity';
import type { Database } from '../platform/database';
import type { UnitOfWork } from '../platform/unit-of-work';
import { createCustomerCommands, type CustomerCommands } from './customer.commands';
import { createCustomerImport } from './customer.import';
import { createCustomerQueries, type CustomerQueries } from './customer.queries';
import { createPersonCommands, erasureHandler, type PersonCommands } from './person.commands';
import { createPersonQueries, type PersonQueries } from './person.queries';
import { openPersonalKeys, type PersonalKeys, type PersonalKeysConfig } from './personal-keys';

export { creditCodeCheck, creditCodeFault } from './domain/credit-code';
export { PARTY_KINDS, SIZES, type Customer, type CustomerInput, type PartyKind, type Size } from './domain/customer';
export { rowCodeOf, rowRefusal, type ImportOutcome, type RowCode, type RowRefusal } from './domain/import-row';
export { INDUSTRIES } from './domain/industry';
export { leiCheck, leiFault } from './domain/lei';
export { STAGES, type Stage } from './domain/lifecycle';
export { MAJORITY_SHARE, RELATION_KINDS, RELATION_READINGS, type RelationKind } from './domain/relation';
export type { CustomerRow } from './customer.commands';
export { readCustomerMap } from './customer.import';
export { byCustomerId, customerReads } from './customer.reads';
export {
  customerConditions,
  customerOrder,
  type CustomerConditions,
  type CustomerOrder,
  type CustomerSort,
} from './customer.queries';
export { customerExists, findIdsByNumber, ownersOf } from './customer.store';
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
export { PERSON_STATES, type PersonState, type ProtectionVerb } from './domain/decide-protection';
export { LOOK_UP_FIELDS, PERSON_FORMS, type LookUpField, type PersonForm } from './domain/personal-data';
export { processingRefusals, processingRefusalsBetween } from './person.store';

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

/** Natural persons among the parties, and what is personal of them. */
export interface Persons {
  readonly commands: PersonCommands;
  readonly queries: PersonQueries;
  readonly keys: PersonalKeys;
  /** Of the kind ERASURE. */
  readonly handler: RequestHandler;
}

export interface PersonsDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly customers: Customers;
  readonly approvals: Approvals;
  readonly config: PersonalKeysConfig;
}

export const createPersons = ({ database, unitOfWork, customers, approvals, config }: PersonsDeps): Persons => {
  const keys = openPersonalKeys(config);
  return {
    commands: createPersonCommands({ unitOfWork, keys, customers: customers.commands, approvals }),
    queries: createPersonQueries(database, keys),
    keys,
    handler: erasureHandler(),
  };
};
