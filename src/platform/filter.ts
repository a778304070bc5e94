/**
 * Filters as people compose them: conditions joined by and, or, not, turned into SQL conditions whose values travel as
 * parameters. What a leaf means is told by the room that owns the columns.
 */
import type { SqlParams } from './keyset';

/** Every part that is given must hold. */
export type Filter<Leaf> = Leaf & {
  readonly and?: readonly Filter<Leaf>[];
  readonly or?: readonly Filter<Leaf>[];
  readonly not?: Filter<Leaf>;
};

/** Conditions on one column with few values. */
export interface Choice<Value> {
  readonly eq?: Value;
  readonly in?: readonly Value[];
  readonly notIn?: readonly Value[];
}

/** Conditions on one column with an order. */
export interface Range<Value> {
  /** At this or after. */
  readonly gte?: Value;
  /** Before this. */
  readonly lt?: Value;
}

export const since = <Value>(moment: Value | undefined): Range<Value> | undefined =>
  moment === undefined ? undefined : { gte: moment };

/** SQL conditions, joined by AND, of a filter whose leaves `leafConditions` knows. */
export const filterConditions = <Leaf>(
  filter: Filter<Leaf>,
  leafConditions: (leaf: Leaf) => readonly string[],
): string[] => {
  const nested = (inner: Filter<Leaf>): string => allOf(filterConditions(inner, leafConditions));
  return [
    ...leafConditions(filter),
    ...(filter.and ?? []).map(nested),
    ...(filter.or === undefined ? [] : [anyOf(filter.or.map(nested))]),
    // A comparison with nothing is neither true nor false; its negation holds all the same.
    ...(filter.not === undefined ? [] : [`(${nested(filter.not)}) IS NOT TRUE`]),
  ];
};

export const choiceConditions = <Value>(
  column: string,
  type: string,
  choice: Choice<Value> | undefined,
  params: SqlParams,
): string[] => {
  const { eq, in: among, notIn } = choice ?? {};
  return [
    ...(eq === undefined ? [] : [`${column} = ${params.add(eq)}::${type}`]),
    ...(among === undefined ? [] : [`${column} = ANY (${params.add(among)}::${type}[])`]),
    ...(notIn === undefined ? [] : [`(${column} = ANY (${params.add(notIn)}::${type}[])) IS NOT TRUE`]),
  ];
};

export const rangeConditions = <Value>(
  column: string,
  type: string,
  range: Range<Value> | undefined,
  params: SqlParams,
): string[] => {
  const { gte, lt } = range ?? {};
  return [
    ...(gte === undefined ? [] : [`${column} >= ${params.add(gte)}::${type}`]),
    ...(lt === undefined ? [] : [`${column} < ${params.add(lt)}::${type}`]),
  ];
};

const allOf = (conditions: readonly string[]): string =>
  conditions.length === 0 ? 'true' : conditions.map((condition) => `(${condition})`).join(' AND ');

const anyOf = (conditions: readonly string[]): string =>
  conditions.length === 0 ? 'false' : conditions.map((condition) => `(${condition})`).join(' OR ');
