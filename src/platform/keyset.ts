/**
 * Pages and capped counts over SQL, by keyset: the cost of a page does not grow with its depth as long as an index fits
 * the order. SQL fragments come from code only; every value travels as a parameter.
 */
import { COUNT_CAP, type CappedCount, type Page, type PageKey, type PageRequest } from '../kernel/page';
import { refusal, RefusalError } from '../kernel/refusal';
import type { Query } from './database';

/** Collects parameters and yields their placeholders. */
export class SqlParams {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

export interface OrderColumn {
  /** SQL expression that is never null. */
  readonly expression: string;
  /** Type that the key's text is cast to, for example `timestamptz`. */
  readonly type: string;
  readonly direction: 'ASC' | 'DESC';
}

export interface PagedSelect {
  /** Select list. */
  readonly select: string;
  /** Tables and joins, without FROM. */
  readonly from: string;
  /** Conditions, joined by AND. */
  readonly where: readonly string[];
  readonly params: SqlParams;
  /** The last column must be unique, so that the order is total. */
  readonly order: readonly OrderColumn[];
}

/** What a list is ordered by, as its callers name it. */
export interface Sort<By extends string> {
  readonly by: By;
  readonly direction: 'ASC' | 'DESC';
}

/** Over the alias `t`, whose id breaks ties; it runs as the last of the columns does, so that an index may hold both. */
export const sortColumns = <By extends string>(
  t: string,
  sort: readonly Sort<By>[],
  columns: Readonly<Record<By, Omit<OrderColumn, 'direction'>>>,
): OrderColumn[] => [
  ...sort.map(({ by, direction }) => ({ ...columns[by], direction })),
  { expression: `${t}.id`, type: 'uuid', direction: sort.at(-1)?.direction ?? 'ASC' },
];

/** By a moment, then by id, over the alias `t`. */
export const newestFirst = (t: string, moment: string): readonly OrderColumn[] => [
  { expression: `${t}.${moment}`, type: 'timestamptz', direction: 'DESC' },
  { expression: `${t}.id`, type: 'uuid', direction: 'DESC' },
];

const KEY_COLUMN = 'page_key';

export const fetchPage = async <Row extends object>(
  query: Query,
  select: PagedSelect,
  page: PageRequest,
): Promise<Page<Row>> => {
  const after = page.after === null ? [] : [afterKey(select.order, page.after, select.params)];
  const rows = await query<Row & { [KEY_COLUMN]: string[] }>(
    `SELECT ${select.select}, ARRAY[${select.order.map((column) => `(${column.expression})::text`).join(', ')}] AS ${KEY_COLUMN}
     FROM ${select.from}
     ${whereClause([...after, ...select.where])}
     ${orderClause(select.order)}
     LIMIT ${page.first + 1}`,
    select.params.values,
  );
  const items = rows.slice(0, page.first);
  return { items, keys: items.map((row) => row[KEY_COLUMN]), hasNextPage: rows.length > page.first };
};

/** What a count says that was cut off just above {@link COUNT_CAP}. */
export const capped = (count: number): CappedCount =>
  count > COUNT_CAP ? { count: COUNT_CAP, precision: 'AT_LEAST' } : { count, precision: 'EXACT' };

export const whereClause = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : `WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`;

export const orderClause = (order: readonly OrderColumn[]): string =>
  `ORDER BY ${order.map((column) => `${column.expression} ${column.direction}`).join(', ')}`;

/**
 * Rows after the key: a row comparison where all columns run one way, else its expansion. It goes before the conditions of
 * the list: of several bounds on the leading column PostgreSQL 18 lets the index begin at the one that is written first.
 */
export const afterKey = (order: readonly OrderColumn[], key: PageKey, params: SqlParams): string => {
  if (key.length !== order.length) {
    throw new RefusalError(refusal('INVALID', 'the cursor does not fit the order', { reason: 'INVALID_CURSOR' }));
  }
  const values = order.map((column, i) => `${params.add(key[i])}::${column.type}`);
  const comparison = (column: OrderColumn): string => (column.direction === 'ASC' ? '>' : '<');
  const first = order[0];
  if (first === undefined) throw new Error('a list without an order has no pages');
  if (order.every((column) => column.direction === first.direction)) {
    return `(${order.map((column) => column.expression).join(', ')}) ${comparison(first)} (${values.join(', ')})`;
  }
  const alternatives = order
    .map((column, i) =>
      [
        ...order.slice(0, i).map((earlier, j) => `${earlier.expression} = ${values[j] ?? ''}`),
        `${column.expression} ${comparison(column)} ${values[i] ?? ''}`,
      ].join(' AND '),
    )
    .map((alternative) => `(${alternative})`)
    .join(' OR ');
  // Follows from the rest, and lets an index begin at the key.
  const bound = `${first.expression} ${comparison(first)}= ${values[0] ?? ''}`;
  return `${bound} AND (${alternatives})`;
};
