/** Writes persons and their wrapped keys, and reads what is decided on. It never sees what is sealed. */
import { refuse, type Refusal } from '../kernel/refusal';
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import { isUuid } from './domain/customer';
import { decideProcessing, PERSON_STATES, type PersonStanding, type PersonState } from './domain/decide-protection';
import type { LookUpField, PersonForm } from './domain/personal-data';
import type { SealedPerson, WrappedKey } from './personal-vault';

export interface Person extends PersonStanding {
  readonly customerId: string;
  readonly number: string;
  readonly form: PersonForm;
  /** Null once erased. */
  readonly sealed: Buffer | null;
  readonly commitment: string;
  readonly key: WrappedKey | null;
}

const SELECT_PERSON = `SELECT person.customer_id AS "customerId", customer.number, person.form, person.sealed, person.commitment,
    person.state, person.held_since AS "heldSince", person.retain_until::text AS "retainUntil", person.version,
    held.wrapped, held.master_key_id AS "masterKeyId"
  FROM person JOIN customer ON customer.id = person.customer_id
  LEFT JOIN subject_key AS held ON held.subject_id = person.customer_id`;

type PersonRow = Omit<Person, 'key'> & { readonly wrapped: Buffer | null; readonly masterKeyId: string | null };

const toPerson = ({ wrapped, masterKeyId, ...row }: PersonRow): Person => {
  if (!PERSON_STATES.includes(row.state))
    throw new Error(`person ${row.customerId} has the unknown state ${row.state}`);
  return { ...row, key: wrapped === null || masterKeyId === null ? null : { wrapped, masterKeyId } };
};

export const readPerson = async (query: Query, customerId: string): Promise<Person | null> => {
  if (!isUuid(customerId)) return null;
  const [row] = await query<PersonRow>(`${SELECT_PERSON} WHERE person.customer_id = $1`, [customerId]);
  return row === undefined ? null : toPerson(row);
};

export const lockPerson = async (tx: Tx, customerId: string): Promise<Person | null> => {
  if (!isUuid(customerId)) return null;
  const [row] = await tx.query<PersonRow>(`${SELECT_PERSON} WHERE person.customer_id = $1 FOR UPDATE OF person`, [
    customerId,
  ]);
  return row === undefined ? null : toPerson(row);
};

export const insertPerson = async (
  tx: Tx,
  customerId: string,
  form: PersonForm,
  key: WrappedKey,
  { sealed, commitment }: SealedPerson,
  indexes: Readonly<Record<LookUpField, Buffer | null>>,
): Promise<void> => {
  await tx.query('INSERT INTO subject_key (subject_id, wrapped, master_key_id, created_at) VALUES ($1, $2, $3, $4)', [
    customerId,
    key.wrapped,
    key.masterKeyId,
    tx.at,
  ]);
  await tx.query(
    `INSERT INTO person (customer_id, form, sealed, commitment, name_index, id_number_index, phone_index, state, version, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'ACTIVE', 1, $8)`,
    [customerId, form, sealed, commitment, indexes.name, indexes.idNumber, indexes.phone, tx.at],
  );
};

export const replaceSealed = async (
  tx: Tx,
  { customerId, version }: Person,
  { sealed, commitment }: SealedPerson,
  indexes: Readonly<Record<LookUpField, Buffer | null>>,
): Promise<void> => {
  await tx.query(
    `UPDATE person SET sealed = $2, commitment = $3, name_index = $4, id_number_index = $5, phone_index = $6, version = $7,
       updated_at = $8 WHERE customer_id = $1`,
    [customerId, sealed, commitment, indexes.name, indexes.idNumber, indexes.phone, version + 1, tx.at],
  );
};

export const moveStanding = async (
  tx: Tx,
  { customerId, version }: Person,
  { state, heldSince, retainUntil }: Pick<PersonStanding, 'state' | 'heldSince' | 'retainUntil'>,
): Promise<void> => {
  await tx.query(
    `UPDATE person SET state = $2, held_since = $3, retain_until = $4, version = $5, updated_at = $6 WHERE customer_id = $1`,
    [customerId, state, heldSince, retainUntil, version + 1, tx.at],
  );
};

/** The key goes first; without it everything that was sealed is noise. */
export const erasePerson = async (tx: Tx, { customerId, version }: Person): Promise<void> => {
  await tx.query('UPDATE subject_key SET wrapped = NULL, destroyed_at = $2 WHERE subject_id = $1', [customerId, tx.at]);
  await tx.query(
    `UPDATE person SET state = 'ERASED', sealed = NULL, name_index = NULL, id_number_index = NULL, phone_index = NULL,
       version = $2, updated_at = $3 WHERE customer_id = $1`,
    [customerId, version + 1, tx.at],
  );
};

const INDEX_COLUMNS: Readonly<Record<LookUpField, string>> = {
  name: 'name_index',
  idNumber: 'id_number_index',
  phone: 'phone_index',
};

/** Up to `atMost`, in the order of their ids. */
export const findByIndex = async (
  query: Query,
  field: LookUpField,
  index: Buffer,
  atMost: number,
): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    `SELECT customer_id AS id FROM person WHERE ${INDEX_COLUMNS[field]} = $1 ORDER BY customer_id LIMIT $2`,
    [index, atMost],
  );
  return rows.map(({ id }) => id);
};

/** Which of the parties are persons. */
export const personsAmong = async (query: Query, customerIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const rows = await query<{ id: string }>(
    'SELECT customer_id AS id FROM person WHERE customer_id = ANY ($1::uuid[])',
    [customerIds],
  );
  return new Set(rows.map(({ id }) => id));
};

interface Blocked {
  readonly id: string;
  readonly state: PersonState;
  readonly heldSince: Date | null;
}

const refusalsOf = (rows: readonly Blocked[], audits: boolean): Map<string, Refusal> =>
  new Map(
    rows.flatMap(({ id, state, heldSince }): [string, Refusal][] => {
      const decision = decideProcessing({ state, heldSince }, audits);
      return decision.ok ? [] : [[id, decision.refusal]];
    }),
  );

/** For rooms that work with data of parties: those that must not be, and why. `audits`: for the eyes of those who audit. */
export const processingRefusals = async (
  query: Query,
  customerIds: readonly string[],
  audits = false,
): Promise<ReadonlyMap<string, Refusal>> =>
  refusalsOf(
    await query<Blocked>(
      `SELECT customer_id AS id, state, held_since AS "heldSince" FROM person
       WHERE state <> 'ACTIVE' AND customer_id = ANY ($1::uuid[])`,
      [customerIds],
    ),
    audits,
  );

/** The same for all parties with ids above the one, up to and with the other; null is open. */
export const processingRefusalsBetween = async (
  query: Query,
  after: string | null,
  upto: string | null,
): Promise<ReadonlyMap<string, Refusal>> =>
  refusalsOf(
    await query<Blocked>(
      `SELECT customer_id AS id, state, held_since AS "heldSince" FROM person
       WHERE state <> 'ACTIVE' AND ($1::uuid IS NULL OR customer_id > $1) AND ($2::uuid IS NULL OR customer_id <= $2)`,
      [after, upto],
    ),
    false,
  );

/* Keys */

export interface HeldKey extends WrappedKey {
  readonly subjectId: string;
}

/** Keys that are wrapped under another master key than this one, locked; who else rotates passes them over. */
export const keysUnderOthers = (tx: Tx, masterKeyId: string, atMost: number): Promise<HeldKey[]> =>
  tx.query<HeldKey>(
    `SELECT subject_id AS "subjectId", wrapped, master_key_id AS "masterKeyId" FROM subject_key
     WHERE master_key_id <> $1 AND wrapped IS NOT NULL ORDER BY subject_id LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [masterKeyId, atMost],
  );

export const rewrapKeys = async (tx: Tx, keys: readonly HeldKey[]): Promise<void> => {
  await tx.query(
    `UPDATE subject_key SET wrapped = r.wrapped, master_key_id = r.master
     FROM unnest($1::uuid[], $2::bytea[], $3::text[]) AS r (id, wrapped, master) WHERE subject_id = r.id`,
    [keys.map((key) => key.subjectId), keys.map((key) => key.wrapped), keys.map((key) => key.masterKeyId)],
  );
};

export const countKeysUnderOthers = async (query: Query, masterKeyId: string): Promise<number> => {
  const [row] = await query<{ count: number }>(
    'SELECT count(*)::int AS count FROM subject_key WHERE master_key_id <> $1 AND wrapped IS NOT NULL',
    [masterKeyId],
  );
  return row?.count ?? 0;
};

export const noPerson = () =>
  refuse('NOT_FOUND', 'There is no such person.', { reason: 'PERSON', field: ['customerId'] });
