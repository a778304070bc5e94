/** Lists of customers by what the customers room knows of them and by their grade in force. It never writes. */
import type { Actor } from '../kernel/actor';
import { bandOf, GRADES, portfolioBandOf, type Grade, type GradeBand, type PortfolioBand } from '../kernel/grade';
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
  /** The four-level view of the grade in force. */
  readonly gradeLevel?: Choice<GradeBand>;
  readonly portfolioBand?: Choice<PortfolioBand>;
}
export type GradedCustomerFilter = Filter<GradedCustomerConditions>;

/** What another room joins to customers, and the conditions that it reads of a filter's leaves. */
export interface JoinedConditions<Leaf> {
  readonly join: string;
  readonly of: (leaf: Leaf, params: SqlParams) => readonly string[];
}

/** Needs `customer.read`, and `rating.read` where a grade is asked for. */
export const gradedCustomers = <Leaf extends GradedCustomerConditions = GradedCustomerConditions>(
  viewer: Actor,
  filter: Filter<Leaf>,
  sort: readonly CustomerSort[],
  further: JoinedConditions<Leaf> | null = null,
): Result<ListSource> => {
  const permitted = permit(viewer, 'customer.read');
  if (!permitted.ok) return permitted;
  const byGrade = filterAsks(filter, ({ grade, gradeLevel, portfolioBand }) =>
    [grade, gradeLevel, portfolioBand].some((conditions) => conditions !== undefined),
  );
  const graded = byGrade ? permit(viewer, 'rating.read') : permitted;
  if (!graded.ok) return graded;
  return ok({
    model: 'Customer',
    alias: 'customer',
    select: (params) => ({
      from: `customer${byGrade ? ' LEFT JOIN customer_grade AS graded ON graded.customer_id = customer.id' : ''}${
        further === null ? '' : ` ${further.join}`
      }`,
      where: filterConditions(filter, (leaf) => [
        ...customerConditions(leaf, params),
        ...gradeConditions('graded.grade', leaf.grade, params),
        ...groupConditions(leaf.gradeLevel, bandOf, params),
        ...groupConditions(leaf.portfolioBand, portfolioBandOf, params),
        ...(further?.of(leaf, params) ?? []),
      ]),
      order: customerOrder(sort),
      plannedByValues: filterAsks(filter, ({ search }) => search !== undefined),
    }),
  });
};

/** Whether any leaf of a filter asks for something. */
export const filterAsks = <Leaf>(filter: Filter<Leaf>, asks: (leaf: Leaf) => boolean): boolean =>
  asks(filter) ||
  [...(filter.and ?? []), ...(filter.or ?? []), ...(filter.not === undefined ? [] : [filter.not])].some((inner) =>
    filterAsks(inner, asks),
  );

/** A choice of groups is one of the grades in them. */
const groupConditions = <Group>(
  groups: Choice<Group> | undefined,
  groupOf: (grade: Grade) => Group,
  params: SqlParams,
): string[] => {
  const gradesIn = (wanted: readonly Group[]): Grade[] => GRADES.filter((grade) => wanted.includes(groupOf(grade)));
  const { eq, in: among, notIn } = groups ?? {};
  return [
    ...(eq === undefined ? [] : choiceConditions('graded.grade', 'grade', { in: gradesIn([eq]) }, params)),
    ...(among === undefined ? [] : choiceConditions('graded.grade', 'grade', { in: gradesIn(among) }, params)),
    ...(notIn === undefined ? [] : choiceConditions('graded.grade', 'grade', { notIn: gradesIn(notIn) }, params)),
  ];
};

/** Conditions on a column of grades. */
export const gradeConditions = (
  column: string,
  conditions: GradeConditions | undefined,
  params: SqlParams,
): string[] => [
  ...choiceConditions(column, 'grade', conditions, params),
  ...(conditions?.gte === undefined ? [] : [`${column} >= ${params.add(conditions.gte)}::grade`]),
  ...(conditions?.lte === undefined ? [] : [`${column} <= ${params.add(conditions.lte)}::grade`]),
];
