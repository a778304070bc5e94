/**
 * Input types that several rooms share, and the one rule for optional input: what was left out and what was given as null
 * mean the same, that nothing was asked for. Only the changes of an edit tell the two apart: there null clears.
 */
import { IsDefined, IsOptional, Matches, ValidateIf } from 'class-validator';
import { Field, InputType, type ClassType } from 'type-graphql';
import type { IdempotencyKey } from '../src/kernel/actor';
import { digestOf, type Json } from '../src/kernel/canonical-json';
import type { Grade } from '../src/kernel/grade';
import type { Tier } from '../src/policies';
import { GradeEnum, TierEnum } from './enums';
import { DateScalar, DateTimeScalar } from './scalars';

/** The keys of an input object that carry a value, all the way down. */
export type Given<T> = T extends readonly (infer Item)[]
  ? Given<Item>[]
  : T extends Date
    ? T
    : T extends object
      ? { readonly [K in keyof T]?: Given<NonNullable<T[K]>> }
      : T;

export const given = <T extends object>(input: T | null | undefined): Given<T> =>
  Object.fromEntries(
    Object.entries(input ?? {}).flatMap(([key, value]: [string, unknown]) =>
      value === null || value === undefined ? [] : [[key, deep(value)]],
    ),
  ) as Given<T>;

const deep = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(deep);
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? given(value) : value;
};

/** On a field of a change that may be left out and cannot be cleared: null is refused as REQUIRED. */
export const NeverCleared = (): PropertyDecorator => (target, property) => {
  ValidateIf((_, value) => value !== undefined)(target, property);
  IsDefined({ message: '$property cannot be cleared' })(target, property);
};

/** On the field of a mutation's input that holds its idempotency key. */
export const IdempotencyKeyField = (): PropertyDecorator => (target, property) => {
  Field(() => String, {
    nullable: true,
    description:
      'Makes it safe to ask again after a broken connection: under the same key and the same input the answer is the one given first, and nothing is done twice. 1 to 200 printable characters, kept for at least 24 hours.',
  })(target, property);
  IsOptional()(target, property);
  // Neither controls nor invisible format characters nor what separates lines.
  Matches(/^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u, { message: '$property has 1 to 200 printable characters' })(
    target,
    property,
  );
};

/** What the input of every mutation holds. */
@InputType()
export abstract class MutationInput {
  @IdempotencyKeyField()
  idempotencyKey?: string | null;
}

/** The key that a mutation's input brings, bound to everything else in it; null without one. */
export const idempotencyOf = (mutation: string, input: MutationInput | undefined): IdempotencyKey | null => {
  const { idempotencyKey: key, ...body } = input ?? {};
  if (key === undefined || key === null) return null;
  // Scalars have become Dates and Decimals; their JSON says the same.
  return { key, bodyDigest: digestOf({ mutation, input: JSON.parse(JSON.stringify(body)) as Json }) };
};

export interface ChoiceInput<Value> {
  eq?: Value | null;
  in?: Value[] | null;
  notIn?: Value[] | null;
}

/** Input type for conditions on a column with few values. */
export const choiceInput = <Value>(name: string, value: object): ClassType<ChoiceInput<Value>> => {
  @InputType(name, { description: 'Conditions on a value; all together.' })
  class ChoiceInputType implements ChoiceInput<Value> {
    @Field(() => value, { nullable: true, description: 'Exactly this.' })
    eq?: Value | null;

    @Field(() => [value], { nullable: true, description: 'One of these.' })
    in?: Value[] | null;

    @Field(() => [value], { nullable: true, description: 'None of these.' })
    notIn?: Value[] | null;
  }
  return ChoiceInputType;
};

export const StringFilter = choiceInput<string>('StringFilter', String);

export const TierFilter = choiceInput<Tier>('TierFilter', TierEnum);

/** Description of the condition that the polling way goes by. */
export const UPDATED_SINCE =
  'Changed at this moment or after. To miss nothing, ask for a minute more than you need and compare versions.';

@InputType({ description: 'Conditions on a day; all together.' })
export class DateFilter {
  @Field(() => DateScalar, { nullable: true, description: 'On this day or after.' })
  gte?: string | null;

  @Field(() => DateScalar, { nullable: true, description: 'Before this day.' })
  lt?: string | null;
}

@InputType({ description: 'Conditions on a moment; all together.' })
export class DateTimeFilter {
  @Field(() => DateTimeScalar, { nullable: true, description: 'At this moment or after.' })
  gte?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this moment.' })
  lt?: Date | null;
}

@InputType({ description: 'Conditions on a grade; all together. Better and worse go by rank.' })
export class GradeFilter extends choiceInput<Grade>('GradeChoice', GradeEnum) {
  @Field(() => GradeEnum, { nullable: true, description: 'This grade or better.' })
  gte?: Grade | null;

  @Field(() => GradeEnum, { nullable: true, description: 'This grade or worse.' })
  lte?: Grade | null;
}

interface Composed<Where> {
  readonly and?: readonly Where[];
  readonly or?: readonly Where[];
  readonly not?: Where;
}

/** The filter of a room out of one as callers compose it; `leafOf` tells what its own conditions are called there. */
export const composedFilter = <Where extends Composed<Where>, Filter extends Composed<Filter>>(
  leafOf: (own: Omit<Where, keyof Composed<Where>>) => Filter,
): ((where: Where) => Filter) => {
  const filterOf = ({ and, or, not, ...own }: Where): Filter => ({
    ...leafOf(own),
    ...(and === undefined ? {} : { and: and.map(filterOf) }),
    ...(or === undefined ? {} : { or: or.map(filterOf) }),
    ...(not === undefined ? {} : { not: filterOf(not) }),
  });
  return filterOf;
};
