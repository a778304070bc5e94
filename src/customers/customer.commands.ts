/**
 * Registers and changes parties, relates them, and takes in rows of files. Every command needs `customer.write`; keys
 * that only one party may have are checked under the register's lock, and by the database.
 */
import type { Initiator } from '../kernel/actor';
import { momentAfter } from '../kernel/clock';
import { digestOf, type Json } from '../kernel/canonical-json';
import { refuse, type Refusal } from '../kernel/refusal';
import { ok, refused, type Refused, type Result } from '../kernel/result';
import { permit, type Identity } from '../identity';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import { askForLifeCycles } from '../policies';
import {
  findCustomer,
  findHolders,
  findInward,
  findRelation,
  industryCodes,
  insertCustomers,
  insertIndustry,
  insertRelation,
  isAncestor,
  lockRegister,
  markRelationEnded,
  updateCustomers,
} from './customer.store';
import { normaliseCode } from './domain/credit-code';
import {
  CUSTOMER_FIELDS,
  fieldsOf,
  isUuid,
  type Customer,
  type CustomerField,
  type CustomerFields,
  type CustomerInput,
} from './domain/customer';
import { decideChange, decideRegistration } from './domain/decide-customer';
import { rowCodeOf, rowRefusal, type ImportOutcome, type RowRefusal } from './domain/import-row';
import { checkIndustry, type IndustryEntry } from './domain/industry';
import { Register } from './domain/register';
import { decideRelation, normaliseRelation, type Relation, type RelationInput } from './domain/relation';
import { ensureBatch, type ImportBatch } from './import-batch.store';
import { personsAmong } from './person.store';

export interface CustomerOutcome {
  readonly customer: Customer;
  /** Null when there was nothing to change. */
  readonly auditEventId: string | null;
}

export interface RelationOutcome {
  readonly relation: Relation;
  readonly auditEventId: string;
}

/** A row of a file or of a sample; the manager may be named by his sign-in subject, the org unit by its code. */
export interface CustomerRow {
  /** Line of the file, or position in a list. */
  readonly line: number;
  readonly input: CustomerInput & { readonly owner?: string | null; readonly orgUnit?: string | null };
}

type RowField = CustomerField | 'owner' | 'orgUnit';

export interface CustomerRows {
  readonly rows: readonly CustomerRow[];
  /** Where the rows come from; stands in the audit event and as the reason where a party leaves. */
  readonly source: string;
  /** Batch that the rows belong to; absent for rows that come from no file. */
  readonly batch?: ImportBatch;
  /** How the file names the columns, for refusals; a field without one is named by itself. */
  readonly columns?: Readonly<Partial<Record<RowField, string>>>;
  /** Does everything and keeps nothing. */
  readonly dryRun?: boolean;
}

export interface CustomerCommandDeps {
  readonly unitOfWork: UnitOfWork;
  readonly identity: Identity;
}

export const createCustomerCommands = ({ unitOfWork, identity }: CustomerCommandDeps) => {
  const write = async <T>(
    by: Initiator,
    inputs: readonly CustomerRow['input'][],
    work: (tx: Tx, assignees: Assignees) => Promise<Result<T>>,
  ): Promise<Result<T>> => {
    const permitted = permit(by.actor, 'customer.write');
    if (!permitted.ok) return permitted;
    const assignees = inputs.length === 0 ? NO_ASSIGNEES : await findAssignees(by, inputs);
    return unitOfWork.run(by, (tx) => work(tx, assignees));
  };

  /**
   * Who may own parties, by the names and ids that the rows use. Read before the transaction begins: inside, a second
   * connection of the pool would be waited for while the first is held.
   */
  const findAssignees = async (by: Initiator, inputs: readonly CustomerRow['input'][]): Promise<Assignees> => {
    const named = (field: 'ownerUserId' | 'orgUnitId' | 'owner' | 'orgUnit'): string[] => [
      ...new Set(inputs.flatMap((input) => (input[field]?.trim() ? [input[field].trim()] : []))),
    ];
    const userIds = named('ownerUserId')
      .map((id) => id.toLowerCase())
      .filter(isUuid);
    const namesUnits = named('orgUnitId').length + named('orgUnit').length > 0;
    const [byId, bySubject, units] = await Promise.all([
      userIds.length === 0 ? [] : identity.queries.usersByIds(by.actor, userIds),
      Promise.all(named('owner').map((subject) => identity.queries.bySubject(subject))),
      namesUnits ? identity.queries.orgUnits(by.actor) : ok([]),
    ]);
    const users = [...byId, ...bySubject.filter((user) => user !== null)];
    return {
      users: new Set(users.map((user) => user.id)),
      usersBySubject: new Map(users.map((user) => [user.subject, user.id])),
      orgUnits: new Set(units.ok ? units.value.map((unit) => unit.id) : []),
      orgUnitsByCode: new Map(units.ok ? units.value.map((unit) => [unit.code, unit.id]) : []),
    };
  };

  return {
    /** Refuses what decideRegistration refuses, and what `along` does, which comes into being together with the party. */
    registerCustomer: (
      by: Initiator,
      input: CustomerInput,
      along: (tx: Tx, customer: Customer) => Promise<Result<unknown>> = async () => ok(true),
    ): Promise<Result<CustomerOutcome>> =>
      write(by, [input], async (tx, assignees) => {
        await lockRegister(tx);
        const decision = decideRegistration(input, await openRegister(tx, [input], assignees));
        if (!decision.ok) return decision;
        const customer = newCustomer(tx, decision.value);
        await insertCustomers(tx, [customer]);
        askForLifeCycles(tx, [customer.id]);
        const auditEventId = tx.record({
          action: 'customer.registered',
          object: { type: 'Customer', id: customer.id },
          after: asJson(fieldsOf(customer)),
        });
        const companion = await along(tx, customer);
        return companion.ok ? ok<CustomerOutcome>({ customer, auditEventId }) : companion;
      }),

    /** Refuses NOT_FOUND, STALE_VERSION and what decideChange refuses. Without a difference nothing is written. */
    updateCustomer: (
      by: Initiator,
      request: {
        readonly customerId: string;
        readonly expectedVersion: number;
        readonly changes: CustomerInput;
        readonly reason?: string;
      },
    ): Promise<Result<CustomerOutcome>> =>
      write(by, [request.changes], async (tx, assignees) => {
        await lockRegister(tx);
        const current = await findCustomer(tx, request.customerId);
        if (current === null) return refuse('NOT_FOUND', 'There is no such party.', { field: ['customerId'] });
        if (current.version !== request.expectedVersion) {
          return refuse('STALE_VERSION', 'The party has been changed since it was read.', {
            field: ['expectedVersion'],
            params: { expected: request.expectedVersion, current: current.version },
          });
        }
        const register = await openRegister(tx, [request.changes], assignees);
        const decision = decideChange(current, request.changes, request.reason, register);
        if (!decision.ok) return underChanges(decision);
        const { fields, changed } = decision.value;
        const name = changed.find((field) => SEALED_FOR_PERSONS.has(field));
        if (name !== undefined && (await personsAmong(tx.query, [current.id])).size > 0) {
          return refuse('INVALID_STATE', 'What is personal of a person is corrected apart from the master data.', {
            reason: 'PERSONAL_FIELD',
            field: ['changes', name],
          });
        }
        if (changed.length === 0) {
          tx.unchanged();
          return ok<CustomerOutcome>({ customer: current, auditEventId: null });
        }
        const customer = changedCustomer(tx, current, fields);
        await updateCustomers(tx, [customer]);
        const auditEventId = tx.record({
          action: 'customer.changed',
          object: { type: 'Customer', id: customer.id },
          before: asJson(current, changed),
          after: asJson(fields, changed),
          ...(request.reason === undefined ? {} : { reason: request.reason.trim() }),
          data: { version: customer.version },
        });
        return ok<CustomerOutcome>({ customer, auditEventId });
      }),

    /** Refuses NOT_FOUND for either party and what decideRelation refuses. */
    relateCustomers: (by: Initiator, input: RelationInput): Promise<Result<RelationOutcome>> =>
      write(by, [], async (tx) => {
        await lockRegister(tx);
        const wanted = normaliseRelation(input);
        for (const field of ['fromId', 'toId'] as const) {
          if ((await findCustomer(tx, wanted[field])) === null) {
            return refuse('NOT_FOUND', 'There is no such party.', { field: [field] });
          }
        }
        const inward = await findInward(tx, wanted.toId, wanted.kind);
        const decision = decideRelation(wanted, {
          inward,
          exists: inward.some((relation) => relation.fromId === wanted.fromId),
          closesCircle: wanted.kind === 'PARENT' && (await isAncestor(tx, wanted.toId, wanted.fromId)),
        });
        if (!decision.ok) return decision;
        const relation: Relation = {
          id: tx.newId(),
          fromId: wanted.fromId,
          toId: wanted.toId,
          kind: wanted.kind,
          share: decision.value.share,
          createdAt: tx.at,
          endedAt: null,
        };
        await insertRelation(tx, relation);
        const auditEventId = tx.record({
          action: 'customer.related',
          object: { type: 'Customer', id: relation.fromId },
          after: { relationId: relation.id, to: relation.toId, kind: relation.kind, share: relation.share },
        });
        return ok({ relation, auditEventId });
      }),

    /** The relation stays on record. Refuses NOT_FOUND, INVALID_STATE/ALREADY_ENDED, REQUIRED/REASON. */
    endRelation: (
      by: Initiator,
      request: { readonly relationId: string; readonly reason: string },
    ): Promise<Result<RelationOutcome>> =>
      write(by, [], async (tx) => {
        await lockRegister(tx);
        const relation = await findRelation(tx, request.relationId);
        if (relation === null) return refuse('NOT_FOUND', 'There is no such relation.', { field: ['relationId'] });
        if (relation.endedAt !== null) {
          return refuse('INVALID_STATE', 'The relation has ended already.', { reason: 'ALREADY_ENDED' });
        }
        if (request.reason.trim() === '') {
          return refuse('REQUIRED', 'Say why the relation ends.', { reason: 'REASON', field: ['reason'] });
        }
        await markRelationEnded(tx, relation.id);
        const auditEventId = tx.record({
          action: 'customer.unrelated',
          object: { type: 'Customer', id: relation.fromId },
          before: { relationId: relation.id, to: relation.toId, kind: relation.kind, share: relation.share },
          reason: request.reason.trim(),
        });
        return ok({ relation: { ...relation, endedAt: tx.at }, auditEventId });
      }),

    /** Adds the industry unless its code is there; an industry that is there keeps its names. */
    ensureIndustry: (by: Initiator, entry: IndustryEntry): Promise<Result<{ readonly added: boolean }>> =>
      write<{ added: boolean }>(by, [], async (tx) => {
        const checked = checkIndustry(entry);
        if (!checked.ok) return checked;
        const added = await addIndustry(tx, checked.value);
        if (!added) tx.unchanged();
        else {
          const { nameZh, nameEn } = checked.value;
          tx.record({
            action: 'industry.added',
            object: { type: 'Industry', id: entry.code },
            after: { nameZh, nameEn },
          });
        }
        return ok({ added });
      }),

    /**
     * Registers unknown numbers and changes known ones, in one unit of work with one audit event. A row that is refused
     * stops no other; rows that say nothing new change nothing.
     */
    importCustomers: (by: Initiator, request: CustomerRows): Promise<Result<ImportOutcome>> =>
      write(
        by,
        request.rows.map((row) => row.input),
        async (tx, assignees) => {
          await lockRegister(tx);
          if (request.batch !== undefined && request.dryRun === true) await ensureBatch(tx, request.batch);
          const refusals: RowRefusal[] = [];
          const refuseRow = (row: CustomerRow, field: RowField, code: RowRefusal['code']): void => {
            const value = row.input[field] ?? '';
            refusals.push(rowRefusal(row.line, request.columns?.[field] ?? field, code, value));
          };
          const inputs = new Map<CustomerRow, CustomerInput>();
          for (const row of request.rows) {
            const owner = lookUp(row.input.owner, assignees.usersBySubject);
            const orgUnit = lookUp(row.input.orgUnit, assignees.orgUnitsByCode);
            if (owner === 'UNKNOWN') refuseRow(row, 'owner', 'UNKNOWN_OWNER');
            if (orgUnit === 'UNKNOWN') refuseRow(row, 'orgUnit', 'UNKNOWN_ORG_UNIT');
            if (owner === 'UNKNOWN' || orgUnit === 'UNKNOWN') continue;
            inputs.set(row, {
              ...row.input,
              ...(owner === undefined ? {} : { ownerUserId: owner.id }),
              ...(orgUnit === undefined ? {} : { orgUnitId: orgUnit.id }),
            });
          }
          const register = await openRegister(tx, [...inputs.values()], assignees);
          const persons = await personsAmong(tx.query, register.ids());
          const written = { inserted: new Map<string, Customer>(), updated: new Map<string, Customer>() };
          let unchanged = 0;
          for (const [row, input] of inputs) {
            const number = input.number?.trim().normalize('NFC') ?? '';
            const current = register.byNumber(number);
            const decision = decideRow(input, current, `imported from ${request.source}`, register);
            if (!decision.ok) {
              const field = (decision.refusal.field?.[0] ?? 'number') as RowField;
              refuseRow(row, field, rowCodeOf(decision.refusal));
              continue;
            }
            if (decision.value === null) {
              unchanged++;
              continue;
            }
            const { value: fields } = decision;
            const name =
              current === undefined || !persons.has(current.id)
                ? undefined
                : [...SEALED_FOR_PERSONS].find((field) => current[field] !== fields[field]);
            if (name !== undefined) {
              refuseRow(row, name, 'PERSONAL_FIELD');
              continue;
            }
            const customer =
              current === undefined ? newCustomer(tx, decision.value) : changedCustomer(tx, current, decision.value);
            (current === undefined ? written.inserted : written.updated).set(customer.id, customer);
            register.put(customer);
          }
          await insertCustomers(tx, [...written.inserted.values()]);
          askForLifeCycles(tx, [...written.inserted.keys()]);
          await updateCustomers(tx, [...written.updated.values()]);
          const outcome: ImportOutcome = {
            new: written.inserted.size,
            changed: written.updated.size,
            unchanged,
            refusals,
          };
          if (outcome.new + outcome.changed === 0 || request.dryRun === true) {
            tx.unchanged();
            return ok(outcome);
          }
          tx.record({
            action: 'customer.imported',
            object: { type: 'ImportBatch', id: request.batch?.id ?? tx.newId() },
            data: {
              source: request.source,
              new: outcome.new,
              changed: outcome.changed,
              unchanged,
              refused: refusals.length,
              digest: digestOf(
                [...written.inserted.values(), ...written.updated.values()].map((customer) => ({
                  id: customer.id,
                  version: customer.version,
                  fields: asJson(fieldsOf(customer)),
                })),
              ),
            },
          });
          return ok(outcome);
        },
      ),

    /**
     * For other rooms, inside their unit of work: the ids of the given parties by number, registering those that are not
     * there. The caller holds the permission and records the event; what cannot be registered is told by number.
     */
    registerWithin: async (
      tx: Tx,
      inputs: readonly (CustomerInput & { readonly number: string })[],
    ): Promise<Registration> => {
      await lockRegister(tx);
      const register = await openRegister(tx, inputs, NO_ASSIGNEES);
      const registered: Customer[] = [];
      const ids = new Map<string, string>();
      const refusals = new Map<string, Refusal>();
      for (const input of inputs) {
        const known = register.byNumber(input.number);
        if (known !== undefined) {
          ids.set(input.number, known.id);
          continue;
        }
        const decision = decideRegistration(input, register);
        if (!decision.ok) {
          refusals.set(input.number, decision.refusal);
          continue;
        }
        const customer = newCustomer(tx, decision.value);
        registered.push(customer);
        register.put(customer);
        ids.set(input.number, customer.id);
      }
      await insertCustomers(tx, registered);
      askForLifeCycles(
        tx,
        registered.map(({ id }) => id),
      );
      return { ids, registered: registered.length, refusals };
    },

    /** For other rooms, inside their unit of work: adds the industry unless it is there; tells whether it was added. */
    ensureIndustryWithin: (tx: Tx, entry: IndustryEntry): Promise<boolean> => addIndustry(tx, entry),
  };
};

export type CustomerCommands = ReturnType<typeof createCustomerCommands>;

/** What became of parties that another room asked for. */
export interface Registration {
  /** By number, of all that are there now. */
  readonly ids: ReadonlyMap<string, string>;
  /** How many of them were new. */
  readonly registered: number;
  readonly refusals: ReadonlyMap<string, Refusal>;
}

/** Kept sealed where a party is a natural person; its row bears a pseudonym. */
const SEALED_FOR_PERSONS: ReadonlySet<CustomerField> = new Set(['nameZh', 'nameEn', 'shortName']);

interface Assignees {
  /** Ids that exist. */
  readonly users: ReadonlySet<string>;
  readonly usersBySubject: ReadonlyMap<string, string>;
  readonly orgUnits: ReadonlySet<string>;
  readonly orgUnitsByCode: ReadonlyMap<string, string>;
}

const NO_ASSIGNEES: Assignees = {
  users: new Set(),
  usersBySubject: new Map(),
  orgUnits: new Set(),
  orgUnitsByCode: new Map(),
};

/** What the register holds of the keys that the inputs name. */
const openRegister = async (tx: Tx, inputs: readonly CustomerInput[], assignees: Assignees): Promise<Register> => {
  const keys = (field: CustomerField, tidy: (text: string) => string): string[] =>
    inputs.flatMap((input) => (input[field] ? [tidy(input[field])] : []));
  const held = await findHolders(tx, {
    numbers: keys('number', (number) => number.trim().normalize('NFC')),
    creditCodes: keys('creditCode', normaliseCode),
    leis: keys('lei', normaliseCode),
  });
  return new Register(held, {
    industries: await industryCodes(tx),
    users: assignees.users,
    orgUnits: assignees.orgUnits,
  });
};

/** The decision names fields of a party; in a request to change one they stand under `changes`. */
const underChanges = ({ refusal }: Refused): Refused => {
  const { field = [] } = refusal;
  return CUSTOMER_FIELDS.some((known) => known === field[0])
    ? refused({ ...refusal, field: ['changes', ...field] })
    : refused(refusal);
};

const addIndustry = async (tx: Tx, entry: IndustryEntry): Promise<boolean> => {
  await lockRegister(tx);
  if ((await industryCodes(tx)).has(entry.code)) return false;
  await insertIndustry(tx, entry);
  return true;
};

/** Fields to write; null when the row says nothing new. */
const decideRow = (
  input: CustomerInput,
  current: Customer | undefined,
  reason: string,
  register: Register,
): Result<CustomerFields | null> => {
  if (current === undefined) return decideRegistration(input, register);
  const change = decideChange(current, input, reason, register);
  if (!change.ok) return change;
  return ok(change.value.changed.length === 0 ? null : change.value.fields);
};

/** Undefined when the row does not speak of it, an id or null (cleared) when it does. */
const lookUp = (
  name: string | null | undefined,
  ids: ReadonlyMap<string, string>,
): { readonly id: string | null } | 'UNKNOWN' | undefined => {
  if (name === undefined) return undefined;
  if (name === null || name.trim() === '') return { id: null };
  const id = ids.get(name.trim());
  return id === undefined ? 'UNKNOWN' : { id };
};

const newCustomer = (tx: Tx, fields: CustomerFields): Customer => ({
  ...fields,
  id: tx.newId(),
  version: 1,
  createdAt: tx.at,
  updatedAt: tx.at,
});

const changedCustomer = (tx: Tx, current: Customer, fields: CustomerFields): Customer => ({
  ...current,
  ...fields,
  version: current.version + 1,
  updatedAt: momentAfter(tx.at, current.updatedAt),
});

const asJson = (fields: CustomerFields, only?: readonly CustomerField[]): Json =>
  Object.fromEntries(
    Object.entries(fieldsOf(fields)).filter(([field]) => only?.includes(field as CustomerField) ?? true),
  );
