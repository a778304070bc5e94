/** Rules that every schema of ours keeps, as lists of what breaks them: `Type.field(argument)` or `Type.VALUE`. */
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

interface Element {
  readonly path: string;
  readonly description?: string | null | undefined;
  readonly deprecationReason?: string | null | undefined;
}

/** Everything that can carry a description. */
const elementsOf = (schema: GraphQLSchema): Element[] =>
  Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap((type) => [{ path: type.name, description: type.description }, ...membersOf(type)]);

const membersOf = (type: GraphQLNamedType): Element[] => {
  const under = (member: { name: string } & Omit<Element, 'path'>): Element => ({
    ...member,
    path: `${type.name}.${member.name}`,
  });
  if (isEnumType(type)) return type.getValues().map(under);
  if (isInputObjectType(type)) return Object.values(type.getFields()).map(under);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    under(field),
    ...field.args.map((argument) => ({ ...argument, path: `${type.name}.${field.name}(${argument.name})` })),
  ]);
};

export const undescribed = (schema: GraphQLSchema): string[] =>
  elementsOf(schema)
    .filter(({ description }) => !description?.trim())
    .map(({ path }) => path);

/** A deprecation says until when the element stays, as `Removed after YYYY-MM-DD`, a day that exists. */
export const deprecatedWithoutDate = (schema: GraphQLSchema): string[] =>
  elementsOf(schema)
    .filter(({ deprecationReason }) => deprecationReason != null && !isDated(deprecationReason))
    .map(({ path }) => path);

const isDated = (reason: string): boolean => {
  const day = /\bRemoved after (\d{4}-\d{2}-\d{2})\b/.exec(reason)?.[1];
  const time = Date.parse(`${day}T00:00:00Z`);
  return day !== undefined && !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
};
