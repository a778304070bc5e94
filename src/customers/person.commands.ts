/**
 * Natural persons as parties: registers them under a pseudonym, shows what is personal of them to those who need it and says so
 * in the log, corrects it, protects it, and erases it by request. What is personal stands in no event, no answer that is
 * kept and no row in the clear.
 */
import type { Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import type { Approvals, RequestHandler, VerbOutcome } from '../approvals';
import { permit } from '../identity';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import type { CustomerCommands, CustomerOutcome } from './customer.commands';
import type { CustomerInput } from './domain/customer';
import {
  decideErasure,
  decideProcessing,
  decideProtection,
  type ProtectionRequest,
  type ProtectionVerb,
} from './domain/decide-protection';
import {
  checkPersonal,
  PERSONAL_FIELDS,
  pseudonymOf,
  type LookUpField,
  type PersonalInput,
  type PersonForm,
} from './domain/personal-data';
import {
  countKeysUnderOthers,
  erasePerson,
  findByIndex,
  insertPerson,
  keysUnderOthers,
  lockPerson,
  moveStanding,
  noPerson,
  replaceSealed,
  rewrapKeys,
  type Person,
} from './person.store';
import type { PersonalKeyRing, PersonalKeys } from './personal-keys';
import { blindIndex, blindIndexes, newSubjectKey, openPerson, sealPerson, unwrapKey, wrapKey } from './personal-vault';

export interface PersonCommandDeps {
  readonly unitOfWork: UnitOfWork;
  readonly keys: PersonalKeys;
  readonly customers: Pick<CustomerCommands, 'registerCustomer'>;
  readonly approvals: Pick<Approvals, 'submit'>;
}

/** Of a person; names of the customer row are made of the number. */
export type PersonRegistration = Pick<
  CustomerInput,
  'number' | 'kind' | 'industryCode' | 'region' | 'size' | 'ownerUserId' | 'orgUnitId'
> & { readonly form: PersonForm; readonly personal: PersonalInput };

export interface PersonOutcome {
  readonly customerId: string;
  readonly auditEventId: string;
}

export interface FoundPersons {
  readonly customerIds: readonly string[];
  readonly auditEventId: string;
}

const DAY_MS = 86_400_000;
/** How long people have to decide on an erasure. */
const ERASURE_DECIDE_DAYS = 15;
const MOST_FOUND = 20;
const KEYS_AT_A_TIME = 500;

const PROTECTION_ACTIONS: Readonly<Record<ProtectionVerb, string>> = {
  RESTRICT: 'person.restricted',
  LIFT_RESTRICTION: 'person.restrictionLifted',
  HOLD: 'person.held',
  RELEASE_HOLD: 'person.holdReleased',
  RETAIN: 'person.retained',
};

export const createPersonCommands = ({ unitOfWork, keys, customers, approvals }: PersonCommandDeps) => {
  /** Loads the person under lock and checks the version; the ring is there for whoever opens or seals. */
  const change = async <T>(
    by: Initiator,
    request: { readonly customerId: string; readonly expectedVersion: number },
    work: (tx: Tx, person: Person) => Promise<Result<T>>,
  ): Promise<Result<T>> =>
    unitOfWork.run(by, async (tx) => {
      const person = await lockPerson(tx, request.customerId);
      if (person === null) return noPerson();
      if (person.version !== request.expectedVersion) {
        return refuse('STALE_VERSION', 'The person has been changed since it was read.', {
          field: ['expectedVersion'],
          params: { expected: request.expectedVersion, current: person.version },
        });
      }
      return work(tx, person);
    });

  return {
    /** Needs `customer.write`. Refuses what registerCustomer and checkPersonal refuse, and INVALID_STATE.NO_KEY. */
    register: async (by: Initiator, input: PersonRegistration): Promise<Result<CustomerOutcome>> => {
      const { form, personal, ...fields } = input;
      const ring = await keys.load({ make: true });
      const names = pseudonymOf(form, fields.number?.trim().normalize('NFC') ?? '');
      return customers.registerCustomer(by, { ...fields, ...names }, async (tx, { id }) => {
        const checked = checkPersonal(null, personal);
        if (!checked.ok) return checked;
        if (ring === null) return noKey();
        const key = newSubjectKey();
        const sealed = sealPerson(key, id, checked.value);
        await insertPerson(tx, id, form, wrapKey(key, id, ring.masters[0]), sealed, blindIndexes(ring, checked.value));
        tx.record({
          action: 'person.registered',
          object: { type: 'Customer', id },
          after: { form, commitment: sealed.commitment },
          data: { fields: PERSONAL_FIELDS.filter((field) => checked.value[field] !== null) },
        });
        return ok(true);
      });
    },

    /**
     * Says in the log that the actor looks at what is personal, and for what; reading it is the next step. Needs
     * `personal.read`. Refuses NOT_FOUND.PERSON, REQUIRED.PURPOSE and what decideProcessing refuses.
     */
    reveal: async (
      by: Initiator,
      { customerId, purpose }: { readonly customerId: string; readonly purpose: string },
    ): Promise<Result<PersonOutcome>> => {
      const permitted = permit(by.actor, 'personal.read');
      if (!permitted.ok) return permitted;
      return unitOfWork.run(by, async (tx) => {
        const person = await lockPerson(tx, customerId);
        if (person === null) return noPerson();
        if (purpose.trim() === '') {
          return refuse('REQUIRED', 'Say what for.', { reason: 'PURPOSE', field: ['purpose'] });
        }
        const allowed = decideProcessing(person, permit(by.actor, 'audit.read').ok);
        if (!allowed.ok) return allowed;
        const auditEventId = tx.record({
          action: 'personalData.revealed',
          object: { type: 'Customer', id: customerId },
          reason: purpose.trim(),
          data: { fields: PERSONAL_FIELDS },
        });
        return ok({ customerId, auditEventId });
      });
    },

    /** Finds persons by a whole value. Needs `personal.read`. Refuses REQUIRED.VALUE, INVALID_STATE.NO_KEY. */
    lookUp: async (
      by: Initiator,
      { field, value, purpose }: { readonly field: LookUpField; readonly value: string; readonly purpose: string },
    ): Promise<Result<FoundPersons>> => {
      const permitted = permit(by.actor, 'personal.read');
      if (!permitted.ok) return permitted;
      const ring = await keys.load();
      return unitOfWork.run(by, async (tx) => {
        if (value.trim() === '' || purpose.trim() === '') {
          const missing = value.trim() === '' ? 'value' : 'purpose';
          return refuse('REQUIRED', 'Say whom you look for, and what for.', {
            reason: missing.toUpperCase(),
            field: [missing],
          });
        }
        if (ring === null) return noKey();
        const customerIds = await findByIndex(tx.query, field, blindIndex(ring, field, value), MOST_FOUND);
        const auditEventId = tx.record({
          action: 'person.lookedUp',
          object: { type: 'PersonLookUp', id: tx.newId() },
          reason: purpose.trim(),
          data: { by: field, found: customerIds },
        });
        return ok({ customerIds, auditEventId });
      });
    },

    /** Needs `customer.write`. Refuses NOT_FOUND.PERSON, STALE_VERSION, and what checkPersonal and decideProcessing refuse. */
    correct: async (
      by: Initiator,
      request: {
        readonly customerId: string;
        readonly expectedVersion: number;
        readonly personal: PersonalInput;
        readonly reason: string;
      },
    ): Promise<Result<PersonOutcome>> => {
      const permitted = permit(by.actor, 'customer.write');
      if (!permitted.ok) return permitted;
      const ring = await keys.load();
      return change(by, request, async (tx, person) => {
        const allowed = decideProcessing(person);
        if (!allowed.ok) return allowed;
        if (ring === null || person.key === null || person.sealed === null) return noKey();
        const key = unwrapKey(person.key, person.customerId, ring);
        const before = openPerson(key, person.customerId, { sealed: person.sealed, commitment: person.commitment });
        const checked = checkPersonal(before, request.personal);
        if (!checked.ok) return checked;
        if (request.reason.trim() === '') {
          return refuse('REQUIRED', 'Say why.', { reason: 'REASON', field: ['reason'] });
        }
        const sealed = sealPerson(key, person.customerId, checked.value);
        await replaceSealed(tx, person, sealed, blindIndexes(ring, checked.value));
        const auditEventId = tx.record({
          action: 'person.corrected',
          object: { type: 'Customer', id: person.customerId },
          before: { commitment: person.commitment },
          after: { commitment: sealed.commitment },
          reason: request.reason.trim(),
          data: { fields: PERSONAL_FIELDS.filter((field) => before[field] !== checked.value[field]) },
        });
        return ok({ customerId: person.customerId, auditEventId });
      });
    },

    /** Needs `personal.protect`. Refuses NOT_FOUND.PERSON, STALE_VERSION and what decideProtection refuses. */
    protect: async (
      by: Initiator,
      request: ProtectionRequest & { readonly customerId: string; readonly expectedVersion: number },
    ): Promise<Result<PersonOutcome>> => {
      const permitted = permit(by.actor, 'personal.protect');
      if (!permitted.ok) return permitted;
      return change(by, request, async (tx, person) => {
        const decision = decideProtection(person, request, tx.at);
        if (!decision.ok) return decision;
        await moveStanding(tx, person, decision.value);
        const auditEventId = tx.record({
          action: PROTECTION_ACTIONS[request.verb],
          object: { type: 'Customer', id: person.customerId },
          before: standingJson(person),
          after: standingJson(decision.value),
          reason: request.reason.trim(),
        });
        return ok({ customerId: person.customerId, auditEventId });
      });
    },

    /**
     * Puts the erasure of a person up for decision. Needs `personal.protect`. Refuses NOT_FOUND.PERSON, STALE_VERSION,
     * REQUIRED.REASON, what decideErasure refuses and CONFLICTING_REQUEST.
     */
    requestErasure: async (
      by: Initiator,
      request: { readonly customerId: string; readonly expectedVersion: number; readonly reason: string },
    ): Promise<Result<VerbOutcome>> => {
      const permitted = permit(by.actor, 'personal.protect');
      if (!permitted.ok) return permitted;
      return change(by, request, async (tx, person) => {
        if (request.reason.trim() === '') {
          return refuse('REQUIRED', 'Say why.', { reason: 'REASON', field: ['reason'] });
        }
        const decision = decideErasure(person, tx.at);
        if (!decision.ok) return decision;
        return approvals.submit(tx, {
          kind: 'ERASURE',
          subject: { type: 'Customer', id: person.customerId },
          payload: { form: person.form, number: person.number, reason: request.reason.trim() },
          base: baseOf(person),
          impact: { state: person.state, commitment: person.commitment },
          facts: { kind: 'ERASURE' },
          decideBy: new Date(tx.at.getTime() + ERASURE_DECIDE_DAYS * DAY_MS),
        });
      });
    },

    /**
     * Wraps persons' keys anew under a new master key, batch by batch, and forgets the old one when nothing is left under it.
     * May be called again after it was interrupted. Needs `system.operate`. Yields how many keys were wrapped.
     */
    rotateKeys: async (by: Initiator): Promise<Result<RotationOutcome>> => {
      const permitted = permit(by.actor, 'system.operate');
      if (!permitted.ok) return permitted;
      const before = await keys.load();
      const isUnderWay = before !== null && before.masters.length > 1;
      const ring = isUnderWay ? before : await keys.add();
      let wrapped = 0;
      for (let batch = KEYS_AT_A_TIME; batch === KEYS_AT_A_TIME; wrapped += batch) {
        const done = await unitOfWork.run(by, (tx) => rewrapBatch(tx, ring));
        if (!done.ok) return done;
        batch = done.value;
      }
      const [{ id }] = ring.masters;
      const left = await unitOfWork.run(by, async (tx) => {
        const count = await countKeysUnderOthers(tx.query, id);
        tx.record({
          action: 'personalKey.rotated',
          object: { type: 'MasterKey', id },
          before: ring.masters.slice(1).map((master) => master.id),
          after: [id],
          data: { wrapped, left: count },
        });
        return ok(count);
      });
      if (!left.ok) return left;
      if (left.value === 0) await keys.retireOld();
      return ok({ masterKeyId: id, wrapped, left: left.value });
    },
  };
};

export interface RotationOutcome {
  readonly masterKeyId: string;
  readonly wrapped: number;
  /** Keys that others hold at the moment; the old master key stays for them until the next call. */
  readonly left: number;
}

export type PersonCommands = ReturnType<typeof createPersonCommands>;

const rewrapBatch = async (tx: Tx, ring: PersonalKeyRing): Promise<Result<number>> => {
  const [newest] = ring.masters;
  const held = await keysUnderOthers(tx, newest.id, KEYS_AT_A_TIME);
  if (held.length === 0) {
    tx.unchanged();
    return ok(0);
  }
  await rewrapKeys(
    tx,
    held.map((key) => ({
      subjectId: key.subjectId,
      ...wrapKey(unwrapKey(key, key.subjectId, ring), key.subjectId, newest),
    })),
  );
  tx.record({
    action: 'personalKey.rewrapped',
    object: { type: 'MasterKey', id: newest.id },
    data: { keys: held.length },
  });
  return ok(held.length);
};

export const erasureHandler = (): RequestHandler => ({
  kind: 'ERASURE',
  currentBase: async (tx, customerId) => {
    const person = await lockPerson(tx, customerId);
    return person === null ? null : baseOf(person);
  },
  // Checked when it was written; it cannot have changed since.
  show: (payload) => ({
    __typename: 'ErasureProposal',
    ...(payload as { form: PersonForm; number: string; reason: string }),
  }),
  apply: async (tx, request) => {
    const person = await lockPerson(tx, request.subject.id);
    if (person === null) return noPerson();
    const decision = decideErasure(person, tx.at);
    if (!decision.ok) return decision;
    await erasePerson(tx, person);
    tx.record({
      action: 'person.erased',
      object: { type: 'Customer', id: person.customerId },
      before: { ...standingJson(person), commitment: person.commitment },
      after: { state: 'ERASED' },
      data: { request: request.number },
    });
    return ok(true);
  },
});

const baseOf = ({ version }: Person): Json => ({ personVersion: version });

const standingJson = ({
  state,
  heldSince,
  retainUntil,
}: Pick<Person, 'state' | 'heldSince' | 'retainUntil'>): Record<string, string | null> => ({
  state,
  heldSince: heldSince?.toISOString() ?? null,
  retainUntil,
});

const noKey = () =>
  refuse('INVALID_STATE', 'there is no key for personal data: the operator has to give one', { reason: 'NO_KEY' });
