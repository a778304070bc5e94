/** Lists of customers by what the customers room knows of them and by their grade in force. It never writes. */
import type { Actor } from '../kernel/actor';
import type { Grade } from '../kernel/grade';
import { ok, type Result } from '../kernel/result';
import { customerConditions, customerOrder, type CustomerConditions, type CustomerSort } from '../customers';
import { permit } from '../identity';
import { choiceConditions, filterConditions, type Choice, type Filter } from '../platform/filter';
import type { SqlParams } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';

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

/** Needs `customer.read`, and `rating.read` where a grade is asked for. */
export const gradedCustomers = (
  viewer: Actor,
  filter: GradedCustomerFilter,
  sort: readonly CustomerSort[],
): Result<ListSource> => {
  const permitted = permit(viewer, 'customer.read');
  if (!permitted.ok) return permitted;
  const byGrade = asksForGrades(filter);
  const graded = byGrade ? permit(viewer, 'rating.read') : permitted;
  if (!graded.ok) return graded;
  return ok({
    model: 'Customer',
    alias: 'customer',
    select: (params) => ({
      from: `customer${byGrade ? ' LEFT JOIN customer_grade AS graded ON graded.customer_id = customer.id' : ''}`,
      where: filterConditions(filter, (leaf) => [
        ...customerConditions(leaf, params),
        ...gradeConditions(leaf.grade, params),
      ]),
      order: customerOrder(sort),
    }),
  });
};

const asksForGrades = (filter: GradedCustomerFilter): boolean =>
  filter.grade !== undefined ||
  [...(filter.and ?? []), ...(filter.or ?? []), ...(filter.not === undefined ? [] : [filter.not])].some(asksForGrades);

const gradeConditions = (conditions: GradeConditions | undefined, params: SqlParams): string[] => [
  ...choiceConditions('graded.grade', 'grade', conditions, params),
  ...(conditions?.gte === undefined ? [] : [`graded.grade >= ${params.add(conditions.gte)}::grade`]),
  ...(conditions?.lte === undefined ? [] : [`graded.grade <= ${params.add(conditions.lte)}::grade`]),
];
