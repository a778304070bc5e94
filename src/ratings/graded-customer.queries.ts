/** Pages of customers by what the customers room knows of them and by their grade in force. It never writes. */
import type { Actor } from '../kernel/actor';
import type { Grade } from '../kernel/grade';
import type { CappedCount, Page, PageRequest } from '../kernel/page';
import { ok, type Result } from '../kernel/result';
import {
  CUSTOMER_COLUMNS,
  customerConditions,
  customerOrder,
  toCustomer,
  type Customer,
  type CustomerFilter,
  type CustomerSort,
} from '../customers';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import { countCapped, fetchPage, SqlParams, type PagedSelect } from '../platform/keyset';

/** Conditions on the grade in force, all together; better and worse go by rank. A customer without a grade meets none. */
export interface GradeCondition {
  readonly eq?: Grade;
  readonly in?: readonly Grade[];
  readonly notIn?: readonly Grade[];
  readonly gte?: Grade;
  readonly lte?: Grade;
}

export interface GradedCustomerFilter extends CustomerFilter {
  readonly grade?: GradeCondition;
}

export const createGradedCustomerQueries = ({ query }: Database) => ({
  /** Needs `customer.read`, and `rating.read` where a grade is asked for. */
  page: async (
    viewer: Actor,
    filter: GradedCustomerFilter,
    sort: CustomerSort,
    page: PageRequest,
  ): Promise<Result<Page<Customer>>> => {
    const permitted = mayPage(viewer, filter);
    if (!permitted.ok) return permitted;
    const found = await fetchPage<Customer>(query, select(filter, sort), page);
    return ok({ ...found, items: found.items.map(toCustomer) });
  },

  count: async (viewer: Actor, filter: GradedCustomerFilter): Promise<Result<CappedCount>> => {
    const permitted = mayPage(viewer, filter);
    if (!permitted.ok) return permitted;
    return ok(await countCapped(query, select(filter, { by: 'NUMBER', direction: 'ASC' })));
  },
});

export type GradedCustomerQueries = ReturnType<typeof createGradedCustomerQueries>;

const mayPage = (viewer: Actor, filter: GradedCustomerFilter): Result<true> => {
  const permitted = permit(viewer, 'customer.read');
  return permitted.ok && filter.grade !== undefined ? permit(viewer, 'rating.read') : permitted;
};

const select = (filter: GradedCustomerFilter, sort: CustomerSort): PagedSelect => {
  const params = new SqlParams();
  const where = customerConditions(filter, params);
  return {
    select: CUSTOMER_COLUMNS,
    from: `customer${filter.grade === undefined ? '' : ' JOIN customer_grade AS graded ON graded.customer_id = customer.id'}`,
    where: [...where, ...gradeConditions(filter.grade ?? {}, params)],
    params,
    order: customerOrder(sort),
  };
};

const gradeConditions = (condition: GradeCondition, params: SqlParams): string[] => {
  const { eq, in: among, notIn, gte, lte } = condition;
  return [
    ...(eq === undefined ? [] : [`graded.grade = ${params.add(eq)}::grade`]),
    ...(among === undefined ? [] : [`graded.grade = ANY (${params.add(among)}::grade[])`]),
    ...(notIn === undefined ? [] : [`graded.grade <> ALL (${params.add(notIn)}::grade[])`]),
    ...(gte === undefined ? [] : [`graded.grade >= ${params.add(gte)}::grade`]),
    ...(lte === undefined ? [] : [`graded.grade <= ${params.add(lte)}::grade`]),
  ];
};
