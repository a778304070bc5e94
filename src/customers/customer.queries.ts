/** Reads parties, their past and their relations for screens and other rooms. It never writes. */
import type { Actor } from '../kernel/actor';
import { decidedBy, type Moments } from '../kernel/moments';
import { ok, type Result } from '../kernel/result';
import { permit, permitPast } from '../identity';
import type { Database, Query } from '../platform/database';
import { choiceConditions, type Choice } from '../platform/filter';
import { sortColumns, SqlParams, type OrderColumn, type Sort } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { CUSTOMER_COLUMNS, RELATION_COLUMNS, RELATION_ENDS, toCustomer, toRelation } from './customer.rows';
import type { Customer, CustomerFields, PartyKind, Size } from './domain/customer';
import type { Stage } from './domain/lifecycle';
import type { Relation } from './domain/relation';

/** Conditions on a party itself; those of other rooms are joined to them there. */
export interface CustomerConditions {
  readonly kind?: Choice<PartyKind>;
  readonly industryCode?: Choice<string>;
  readonly region?: Choice<string>;
  readonly size?: Choice<Size>;
  readonly stage?: Choice<Stage>;
  readonly ownerUserId?: Choice<string>;
  readonly orgUnitId?: Choice<string>;
  /** Part of a name, the number, the credit code or the LEI, in any case. */
  readonly search?: string;
}

export const CUSTOMER_ORDERS = ['NAME', 'NUMBER', 'CREATED_AT'] as const;
export type CustomerOrder = (typeof CUSTOMER_ORDERS)[number];

export type CustomerSort = Sort<CustomerOrder>;

/** Parties that count as one for exposure. */
export interface CustomerGroup {
  readonly memberIds: readonly string[];
}

export const createCustomerQueries = ({ query }: Pick<Database, 'query'>) => ({
  /** In no particular order; unknown ids are left out. Needs `customer.read`, else nothing is found. */
  byIds: async (actor: Actor, ids: readonly string[]): Promise<Customer[]> => {
    if (!permit(actor, 'customer.read').ok) return [];
    const rows = await query<Customer>(`SELECT ${CUSTOMER_COLUMNS} FROM customer WHERE id = ANY ($1::uuid[])`, [ids]);
    return rows.map(toCustomer);
  },

  /** The party with the number, as a list of one or none. Needs `customer.read`. */
  withNumber: (actor: Actor, number: string): Result<ListSource> => {
    const permitted = permit(actor, 'customer.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'Customer',
      alias: 'customer',
      select: (params) => ({
        from: 'customer',
        where: [`customer.number = ${params.add(number)}`],
        order: customerOrder([]),
      }),
    });
  },

  /** Up to 50 parties whose name, number, credit code or LEI holds the text. Needs `customer.read`, else nothing is found. */
  idsMatching: async (actor: Actor, search: string): Promise<string[]> => {
    if (!permit(actor, 'customer.read').ok) return [];
    const params = new SqlParams();
    const where = customerConditions({ search }, params);
    const rows = await query<{ id: string }>(
      `SELECT id FROM customer WHERE ${where.join(' AND ')} ORDER BY number LIMIT 50`,
      params.values,
    );
    return rows.map(({ id }) => id);
  },

  /** Null when no party has the number, or without `customer.read`. */
  byNumber: async (actor: Actor, number: string): Promise<Customer | null> => {
    if (!permit(actor, 'customer.read').ok) return null;
    const [row] = await query<Customer>(`SELECT ${CUSTOMER_COLUMNS} FROM customer WHERE number = $1`, [number]);
    return row === undefined ? null : toCustomer(row);
  },

  /** As {@link byIds}, in the past; parties that were not there yet are left out. Needs `audit.read` besides. */
  byIdsAt: async (actor: Actor, ids: readonly string[], at: Moments): Promise<Result<Customer[]>> => {
    const permitted = permitPast(actor, 'customer.read');
    return permitted.ok ? ok(await customersAt(query, ids, decidedBy(at))) : permitted;
  },

  /** The party that had the number then; null when there was none. Needs `customer.read` and `audit.read`. */
  byNumberAt: async (actor: Actor, number: string, at: Moments): Promise<Result<Customer | null>> => {
    const permitted = permitPast(actor, 'customer.read');
    if (!permitted.ok) return permitted;
    const moment = decidedBy(at);
    const bearers = await query<{ id: string }>(
      "SELECT DISTINCT customer_id AS id FROM customer_version WHERE fields ->> 'number' = $1 AND recorded_at <= $2",
      [number, moment],
    );
    const then = await customersAt(
      query,
      bearers.map(({ id }) => id),
      moment,
    );
    return ok(then.find((customer) => customer.number === number) ?? null);
  },

  /** A relation as the party at one of its ends sees it. Needs `customer.read`. */
  relationSeenFrom: (actor: Actor, relationId: string, customerId: string): Result<ListSource> => {
    const permitted = permit(actor, 'customer.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'CustomerRelation',
      alias: 'relation',
      select: (params) => ({
        from: RELATION_ENDS('relation'),
        where: [`relation.id = ${params.add(relationId)}`, `relation.of_id = ${params.add(customerId)}`],
        order: [{ expression: 'relation.id', type: 'uuid', direction: 'ASC' }],
      }),
    });
  },

  /** Relations that begin or end at any of the parties, in the past: those that had begun and not ended. Needs `customer.read` and `audit.read`. */
  relationsOfAt: async (actor: Actor, customerIds: readonly string[], at: Moments): Promise<Result<Relation[]>> => {
    const permitted = permitPast(actor, 'customer.read');
    if (!permitted.ok) return permitted;
    const rows = await query<Relation>(
      `SELECT ${RELATION_COLUMNS} FROM customer_relation AS relation
       WHERE relation.created_at <= $2 AND (relation.ended_at IS NULL OR relation.ended_at > $2)
         AND (relation.from_id = ANY ($1::uuid[]) OR relation.to_id = ANY ($1::uuid[]))
       ORDER BY relation.created_at, relation.id`,
      [customerIds, decidedBy(at)],
    );
    return ok(rows.map((row) => ({ ...toRelation(row), endedAt: null })));
  },

  /**
   * The group 「集团」 of a party: everybody reached over live parents, common controllers and majority shares, itself
   * included, in the order of ids. Needs `customer.read`, else only the party itself.
   */
  groupOf: async (actor: Actor, customerId: string): Promise<CustomerGroup> => {
    if (!permit(actor, 'customer.read').ok) return { memberIds: [customerId] };
    const rows = await query<{ id: string }>('SELECT unnest(customer_group($1)) AS id', [customerId]);
    return { memberIds: rows.map((row) => row.id) };
  },
});

export type CustomerQueries = ReturnType<typeof createCustomerQueries>;

const customersAt = async (query: Query, ids: readonly string[], moment: Date): Promise<Customer[]> => {
  const rows = await query<Pick<Customer, 'id' | 'version' | 'createdAt' | 'updatedAt'> & { fields: CustomerFields }>(
    `SELECT customer.id, state.version, customer.created_at AS "createdAt", state.recorded_at AS "updatedAt", state.fields
     FROM customer CROSS JOIN LATERAL (
       SELECT version, recorded_at, fields FROM customer_version
       WHERE customer_id = customer.id AND recorded_at <= $2 ORDER BY version DESC LIMIT 1) AS state
     WHERE customer.id = ANY ($1::uuid[])`,
    [ids, moment],
  );
  return rows.map(({ fields, ...row }) => toCustomer({ ...fields, ...row }));
};

/** Words of which the index holds something: two letters, or one that is not ASCII. */
const INDEXED = /..|[^\0-\x7f]/su;

/** SQL over `customer`, for this room's pages and for rooms that join their own tables to them. */
export const customerConditions = (conditions: CustomerConditions, params: SqlParams): string[] => {
  const where = [
    ...choiceConditions('customer.kind', 'text', conditions.kind, params),
    ...choiceConditions('customer.industry_code', 'text', conditions.industryCode, params),
    ...choiceConditions('customer.region', 'text', conditions.region, params),
    ...choiceConditions('customer.size', 'text', conditions.size, params),
    ...choiceConditions('customer.stage', 'text', conditions.stage, params),
    ...choiceConditions('customer.owner_user_id', 'uuid', conditions.ownerUserId, params),
    ...choiceConditions('customer.org_unit_id', 'uuid', conditions.orgUnitId, params),
  ];
  const sought = conditions.search?.trim().normalize('NFC') ?? '';
  if (sought !== '') {
    const pattern = params.add(`%${sought.replace(/[\\%_]/g, '\\$&')}%`);
    where.push(`customer.search_text LIKE lower(${pattern})`);
    // What the index knows of it; the comparison above decides.
    if (INDEXED.test(sought)) {
      where.push(`tw_search_grams(customer.search_text) @> tw_search_grams(lower(${params.add(sought)}))`);
    }
  }
  return where;
};

/** Ordering columns over `customer`; a number, or the id, makes the order total. */
export const customerOrder = (sort: readonly CustomerSort[]): OrderColumn[] => {
  const columns = sortColumns('customer', sort, ORDER_COLUMNS);
  const numbered = sort.findIndex(({ by }) => by === 'NUMBER');
  return numbered >= 0 ? columns.slice(0, numbered + 1) : columns;
};

const ORDER_COLUMNS: Readonly<Record<CustomerOrder, Omit<OrderColumn, 'direction'>>> = {
  NAME: { expression: 'customer.display_name', type: 'text' },
  NUMBER: { expression: 'customer.number', type: 'text' },
  CREATED_AT: { expression: 'customer.created_at', type: 'timestamptz' },
};
