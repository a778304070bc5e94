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
  type CustomerConditions,
  type CustomerSort,
} from '../customers';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import { choiceConditions, filterConditions, type Choice, type Filter } from '../platform/filter';
import { countCapped, fetchPage, SqlParams, type PagedSelect } from '../platform/keyset';

/** Conditions on the grade in force; better and worse go by rank. A customer without a grade meets none but a negation. */
export interface GradeConditions extends Choice<Grade> {
  /** This grade or better. */
  readonly gte?: Grade;
  /** This grade or worse. */
  readonly lte?: Grade;
}

export interface GradedCustomerConditions extends CustomerConditions {
  readonly grade?: GradeConditions;
}
export type GradedCustomerFilter = Filter<GradedCustomerConditions>;

export const createGradedCustomerQueries = ({ query }: Database) => ({
  /** Needs `customer.read`, and `rating.read` where a grade is asked for. */
  page: async (
    viewer: Actor,
    filter: GradedCustomerFilter,
    sort: readonly CustomerSort[],
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
    return ok(await countCapped(query, select(filter, [])));
  },
});

export type GradedCustomerQueries = ReturnType<typeof createGradedCustomerQueries>;

const mayPage = (viewer: Actor, filter: GradedCustomerFilter): Result<true> => {
  const permitted = permit(viewer, 'customer.read');
  return permitted.ok && asksForGrades(filter) ? permit(viewer, 'rating.read') : permitted;
};

const asksForGrades = (filter: GradedCustomerFilter): boolean =>
  filter.grade !== undefined ||
  [...(filter.and ?? []), ...(filter.or ?? []), ...(filter.not === undefined ? [] : [filter.not])].some(asksForGrades);

const select = (filter: GradedCustomerFilter, sort: readonly CustomerSort[]): PagedSelect => {
  const params = new SqlParams();
  const join = asksForGrades(filter) ? ' LEFT JOIN customer_grade AS graded ON graded.customer_id = customer.id' : '';
  return {
    select: CUSTOMER_COLUMNS,
    from: `customer${join}`,
    where: filterConditions(filter, (leaf) => [
      ...customerConditions(leaf, params),
      ...gradeConditions(leaf.grade, params),
    ]),
    params,
    order: customerOrder(sort),
  };
};

const gradeConditions = (conditions: GradeConditions | undefined, params: SqlParams): string[] => [
  ...choiceConditions('graded.grade', 'grade', conditions, params),
  ...(conditions?.gte === undefined ? [] : [`graded.grade >= ${params.add(conditions.gte)}::grade`]),
  ...(conditions?.lte === undefined ? [] : [`graded.grade <= ${params.add(conditions.lte)}::grade`]),
];
