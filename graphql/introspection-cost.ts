/**
 * How many fields a look at the schema answers with. The schema is known, so they are counted, not guessed: each set of
 * fields once for each thing that it is asked of, and no further than is of interest.
 */
import {
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { getArgumentValues, getDirectiveValues } from 'graphql/execution/values';

type Variables = Readonly<Record<string, unknown>>;

/** Nothing is read for it, so that many of its fields cost a point. */
const FIELDS_PER_POINT = 10;

export const pointsFor = (fields: number): number => Math.ceil(fields / FIELDS_PER_POINT);

export const isIntrospection = ({ name }: Pick<FieldNode, 'name'>): boolean => META_FIELDS.has(name.value);

const META_FIELDS: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]),
);

/**
 * Points of `__schema { … }` or `__type { … }`, from `atMost` on any number above it.
 *
 * @param variables as the document's operation coerces them.
 */
export const introspectionPoints = (
  schema: GraphQLSchema,
  document: DocumentNode,
  node: FieldNode,
  variables: Variables,
  atMost: number,
): number => {
  const enough = atMost * FIELDS_PER_POINT;
  const known = new Map<SelectionSetNode, Map<unknown, number>>();
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
  /** Fields that were looked at; each is in the answer at least once. */
  let seen = 0;

  const field = (definition: GraphQLField<unknown, unknown>, asked: FieldNode, source: unknown): number => {
    seen += 1;
    const type = getNamedType(definition.type);
    if (asked.selectionSet === undefined || !isObjectType(type)) return 1;
    const args = getArgumentValues(definition, asked, variables);
    const value: unknown = definition.resolve?.(source, args, undefined, { schema } as GraphQLResolveInfo);
    let fields = 1;
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (item === null || item === undefined) continue;
      fields += of(asked.selectionSet, type, item);
      if (seen > enough || fields > enough) return Math.max(fields, enough + 1);
    }
    return fields;
  };

  const of = (set: SelectionSetNode, type: GraphQLObjectType, source: unknown): number => {
    const counted = known.get(set) ?? new Map<unknown, number>();
    known.set(set, counted);
    const before = counted.get(source);
    if (before !== undefined) return before;
    let fields = 0;
    for (const selection of set.selections) {
      if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.['if'] === true) continue;
      if (getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.['if'] === false) continue;
      if (selection.kind === Kind.FIELD) {
        const definition = type.getFields()[selection.name.value];
        fields += definition === undefined ? 1 : field(definition, selection, source);
      } else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        if (fragment !== undefined) fields += of(fragment.selectionSet, type, source);
      }
      if (fields > enough) break;
    }
    counted.set(source, fields);
    return fields;
  };

  const definition = META_FIELDS.get(node.name.value);
  return definition === undefined ? 1 : 1 + pointsFor(field(definition, node, undefined) - 1);
};
