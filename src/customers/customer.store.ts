/**
 * Writes parties, their versions and relations, and reads what those writes are decided on. Many parties are written by
 * one statement; none is ever deleted.
 */
import type { Tx } from '../platform/unit-of-work';
import { CUSTOMER_COLUMNS, RELATION_COLUMNS, toCustomer, toRelation } from './customer.rows';
import { CustomerRelationEntity, IndustryEntity } from './customer.entity';
import { fieldsOf, isUuid, type Customer } from './domain/customer';
import type { IndustryEntry } from './domain/industry';
import type { Relation, RelationKind } from './domain/relation';

/**
 * Serialises writers of the register, so that a key found free stays free and two imports of one file do not
 * race. Writers of single parties take it too: they are short.
 */
export const lockRegister = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('customer'))");
};

export const findCustomer = async (tx: Tx, id: string): Promise<Customer | null> => {
  if (!isUuid(id)) return null;
  const [row] = await tx.query<Customer>(`SELECT ${CUSTOMER_COLUMNS} FROM customer WHERE id = $1`, [id]);
  return row === undefined ? null : toCustomer(row);
};

export const customerExists = async (tx: Pick<Tx, 'query'>, id: string): Promise<boolean> =>
  isUuid(id) && (await tx.query('SELECT FROM customer WHERE id = $1', [id])).length > 0;

/** Parties that hold any of the given keys. */
export const findHolders = async (
  tx: Tx,
  keys: {
    readonly numbers: readonly string[];
    readonly creditCodes: readonly string[];
    readonly leis: readonly string[];
  },
): Promise<Customer[]> => {
  // A union, because an OR over three indexes is planned as a scan of the whole table when the lists are long.
  const rows = await tx.query<Customer>(
    `SELECT ${CUSTOMER_COLUMNS} FROM customer WHERE id IN (
       SELECT id FROM customer WHERE number = ANY ($1::text[])
       UNION SELECT id FROM customer WHERE credit_code = ANY ($2::text[])
       UNION SELECT id FROM customer WHERE lei = ANY ($3::text[]))`,
    [keys.numbers, keys.creditCodes, keys.leis],
  );
  return rows.map(toCustomer);
};

/** Who looks after the customer. */
export const ownersOf = async (tx: Tx, customerId: string): Promise<string[]> =>
  (
    await tx.query<{ id: string }>(
      'SELECT owner_user_id AS id FROM customer WHERE id = $1 AND owner_user_id IS NOT NULL',
      [customerId],
    )
  ).map(({ id }) => id);

export const findIdsByNumber = async (tx: Tx, numbers: readonly string[]): Promise<Map<string, string>> => {
  const rows = await tx.query<{ number: string; id: string }>(
    'SELECT number, id FROM customer WHERE number = ANY ($1::text[])',
    [numbers],
  );
  return new Map(rows.map((row) => [row.number, row.id]));
};

export const industryCodes = async (tx: Tx): Promise<Set<string>> => {
  const rows = await tx.query<{ code: string }>('SELECT code FROM industry');
  return new Set(rows.map((row) => row.code));
};

export const insertIndustry = async (tx: Tx, industry: IndustryEntry): Promise<void> => {
  await tx.manager.insert(IndustryEntity, { ...industry });
};

const RECORD = `jsonb_to_recordset($1::jsonb) AS r (id uuid, number text, kind text, "nameZh" text, "nameEn" text,
  "shortName" text, "creditCode" text, lei text, "industryCode" text, region text, size text, stage text,
  "ownerUserId" uuid, "orgUnitId" uuid, version integer, "createdAt" timestamptz, "updatedAt" timestamptz)`;

export const insertCustomers = async (tx: Tx, customers: readonly Customer[]): Promise<void> => {
  if (customers.length === 0) return;
  await tx.query(
    `INSERT INTO customer (id, number, kind, name_zh, name_en, short_name, credit_code, lei, industry_code, region, size,
       stage, owner_user_id, org_unit_id, version, created_at, updated_at)
     SELECT id, number, kind, "nameZh", "nameEn", "shortName", "creditCode", lei, "industryCode", region, size, stage,
       "ownerUserId", "orgUnitId", version, "createdAt", "updatedAt"
     FROM ${RECORD}`,
    [JSON.stringify(customers)],
  );
  await insertVersions(tx, customers);
};

export const updateCustomers = async (tx: Tx, customers: readonly Customer[]): Promise<void> => {
  if (customers.length === 0) return;
  await tx.query(
    `UPDATE customer SET number = r.number, kind = r.kind, name_zh = r."nameZh", name_en = r."nameEn",
       short_name = r."shortName", credit_code = r."creditCode", lei = r.lei, industry_code = r."industryCode",
       region = r.region, size = r.size, stage = r.stage, owner_user_id = r."ownerUserId", org_unit_id = r."orgUnitId",
       version = r.version, updated_at = r."updatedAt"
     FROM ${RECORD} WHERE customer.id = r.id`,
    [JSON.stringify(customers)],
  );
  await insertVersions(tx, customers);
};

const insertVersions = async (tx: Tx, customers: readonly Customer[]): Promise<void> => {
  await tx.query(
    `INSERT INTO customer_version (customer_id, version, recorded_at, recorded_by, fields)
     SELECT id, version, "updatedAt", $2, fields
     FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, version integer, "updatedAt" timestamptz, fields jsonb)`,
    [
      JSON.stringify(
        customers.map(({ id, version, updatedAt, ...fields }) => ({
          id,
          version,
          updatedAt,
          fields: fieldsOf(fields),
        })),
      ),
      tx.initiator.actor.id,
    ],
  );
};

/** Live relations of a kind that point at a party. */
export const findInward = async (tx: Tx, toId: string, kind: RelationKind): Promise<Relation[]> => {
  const rows = await tx.query<Relation>(
    `SELECT ${RELATION_COLUMNS} FROM customer_relation AS relation
     WHERE relation.to_id = $1 AND relation.kind = $2 AND relation.ended_at IS NULL`,
    [toId, kind],
  );
  return rows.map(toRelation);
};

/** Whether `ancestorId` stands above `id` along live PARENT relations. */
export const isAncestor = async (tx: Tx, ancestorId: string, id: string): Promise<boolean> => {
  const [row] = await tx.query<{ found: boolean }>(
    `WITH RECURSIVE above AS (
       SELECT from_id FROM customer_relation WHERE to_id = $2 AND kind = 'PARENT' AND ended_at IS NULL
       UNION
       SELECT r.from_id FROM customer_relation r JOIN above ON r.to_id = above.from_id
       WHERE r.kind = 'PARENT' AND r.ended_at IS NULL)
     SELECT $1::uuid IN (SELECT from_id FROM above) AS found`,
    [ancestorId, id],
  );
  return row?.found === true;
};

export const insertRelation = async (tx: Tx, relation: Relation): Promise<void> => {
  await tx.manager.insert(CustomerRelationEntity, { ...relation });
};

export const findRelation = async (tx: Tx, id: string): Promise<Relation | null> => {
  if (!isUuid(id)) return null;
  const [row] = await tx.query<Relation>(
    `SELECT ${RELATION_COLUMNS} FROM customer_relation AS relation WHERE relation.id = $1`,
    [id],
  );
  return row === undefined ? null : toRelation(row);
};

export const markRelationEnded = async (tx: Tx, id: string): Promise<void> => {
  await tx.manager.update(CustomerRelationEntity, { id }, { endedAt: tx.at });
};
