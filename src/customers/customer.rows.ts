/** How rows of the customer tables become the room's own types. Unknown stored values fail here. */
import { PARTY_KINDS, SIZES, type Customer } from './domain/customer';
import { STAGES } from './domain/lifecycle';
import { RELATION_KINDS, type Relation } from './domain/relation';

export const CUSTOMER_COLUMNS = `customer.id, customer.number, customer.kind, customer.name_zh AS "nameZh",
  customer.name_en AS "nameEn", customer.short_name AS "shortName", customer.credit_code AS "creditCode", customer.lei,
  customer.industry_code AS "industryCode", customer.region, customer.size, customer.stage,
  customer.owner_user_id AS "ownerUserId", customer.org_unit_id AS "orgUnitId", customer.version,
  customer.created_at AS "createdAt", customer.updated_at AS "updatedAt"`;

/** Throws on a kind, size or stage that this code does not know. */
export const toCustomer = (row: Customer): Customer => {
  known(PARTY_KINDS, row.kind, row.id);
  known(STAGES, row.stage, row.id);
  if (row.size !== null) known(SIZES, row.size, row.id);
  return row;
};

export const RELATION_COLUMNS = `relation.id, relation.from_id AS "fromId", relation.to_id AS "toId", relation.kind,
  relation.share, relation.created_at AS "createdAt", relation.ended_at AS "endedAt"`;

/** Each relation as either of its two ends sees it. */
export const RELATION_ENDS = (t: string): string => `(
  SELECT id, from_id AS of_id, to_id AS other_id, true AS outgoing, kind, share, created_at, ended_at
  FROM customer_relation
  UNION ALL
  SELECT id, to_id, from_id, false, kind, share, created_at, ended_at FROM customer_relation) AS ${t}`;

export const toRelation = (row: Relation): Relation => {
  known(RELATION_KINDS, row.kind, row.id);
  return row;
};

const known = (values: readonly string[], value: string, id: string): void => {
  if (!values.includes(value)) throw new Error(`row ${id} holds the unknown value ${value}`);
};
