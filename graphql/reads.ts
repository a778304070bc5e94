/**
 * From a GraphQL field to a read: which fields were asked for, by name and with their arguments, and objects in the shape
 * of the answer back. A resolver names an object or a list; everything below comes with it in the same statement.
 */
import {
  defaultFieldResolver,
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isObjectType,
  Kind,
  visit,
  type ASTNode,
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { getArgumentValues, getDirectiveValues } from 'graphql/execution/values';
import { Args, Extensions, FieldResolver, type ClassType } from 'type-graphql';
import type { Moments } from '../src/kernel/moments';
import type { Result } from '../src/kernel/result';
import type { ListSource, ReadEnv } from '../src/platform/read-model';
import type { SelectedField, SelectedPage, Selection } from '../src/platform/read-plan';
import { asJson, connectionOf, PageArgs, readCursor, type Connection, type ListBinding } from './connection';
import type { GraphContext } from './context';
import { keyOf, toGlobalId, type NodeType } from './global-id';
import { MomentArgs, momentsOf } from './moments';
import { demandValid } from './valid-arguments';

type Info = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'schema' | 'variableValues' | 'returnType'>;

/** The object with this key, or null where it is not there or not for the caller. */
export const readOne = async <T>(context: GraphContext, info: Info, model: string, key: string): Promise<T | null> => {
  const [found] = await readMany<T>(context, info, model, [key]);
  return found ?? null;
};

/** As {@link readOne}, for several keys of one model, in their order. */
export const readMany = async <T>(
  context: GraphContext,
  info: Info,
  model: string,
  keys: readonly string[],
): Promise<(T | null)[]> =>
  (await context.app.reads.byKeys(model, keys, selectionOf(info, model), envOf(context))) as (T | null)[];

/** The only object of a list, or null. */
export const readFirst = async <T>(context: GraphContext, info: Info, list: ListSource): Promise<T | null> =>
  (await context.app.reads.first(list, selectionOf(info, list.model), envOf(context))) as T | null;

/** A page of a list at the root. */
export const readPage = async <T>(
  context: GraphContext,
  info: Info,
  list: ListSource,
  args: PageArgs,
  binding: ListBinding,
): Promise<Connection<T>> => {
  const wanted = selectionOf(info, list.model) as ConnectionSelection;
  const page = pageOf(wanted, args, binding);
  const found = await context.app.reads.page(list, page, wanted.items, envOf(context));
  return page.shape(found, null) as Connection<T>;
};

/** Whether what stands below is asked for one of these fields; for objects that are not read by their model. */
export const asksFor = (info: Info, model: string, fields: readonly string[]): boolean =>
  selectionOf(info, model).fields.some(({ name }) => fields.includes(name));

/** In a payload: the object as it stands after the mutation, read when it is asked for. */
export const reading =
  <T>(model: string, key: string | null) =>
  (_: unknown, context: GraphContext, info: Info): Promise<T | null> | null =>
    key === null ? null : readOne<T>(context, info, model, key);
/** What {@link reading} makes: graphql-js calls a function that stands in a field. */
export type Reading<T> = ReturnType<typeof reading<T>>;

/** As {@link reading}, for several; those that are not there are left out. */
export const readingAll =
  <T>(
    model: NodeType,
    keys: readonly string[],
  ): ((args: unknown, context: GraphContext, info: GraphQLResolveInfo) => Promise<T[]>) =>
  async (_args, context, info) =>
    (await readMany<T>(context, info, model, keys)).filter((found) => found !== null);

/** As {@link reading}, for the only object of a list. */
export const readingFirst =
  <T>(list: Result<ListSource>): Reading<T> =>
  (_, context, info) =>
    list.ok ? readFirst<T>(context, info, list.value) : null;

interface ReadPagesOptions extends ReadFieldOptions {
  /** Where the list takes more than those of a page. */
  readonly args?: new () => PageArgs;
}

interface ReadFieldOptions {
  readonly nullable?: true;
  readonly description: string;
  /** How the field is read in the past; without it, it is read in the present on objects of the present only. */
  readonly past?: LookBack;
}

/** An object as it was; what is asked of it stands at the same moments. */
export interface PastObject {
  readonly past?: {
    /** Of the customer that it belongs to. */
    readonly key: string;
    readonly at: Moments;
  };
}

/** A field that looks back: on which object, and to which moments. */
export interface Looking {
  readonly context: GraphContext;
  readonly info: GraphQLResolveInfo;
  readonly object: Readonly<Record<string, unknown>>;
  /** Of the customer. */
  readonly key: string;
  readonly at: Moments;
  readonly args: Readonly<Record<string, unknown>>;
}
export type LookBack = (looking: Looking) => unknown;

/**
 * A field of the resolver's type that comes with the object it stands on, as the object's read model says. `moments` lets
 * it look back by itself, on customers of the present too.
 */
export const ReadField =
  (
    type: () => ClassType | [ClassType],
    { past, moments = false, ...options }: ReadFieldOptions & { readonly moments?: boolean },
  ): PropertyDecorator =>
  (prototype, key) => {
    if (moments) {
      Reflect.defineMetadata('design:paramtypes', [MomentArgs], prototype, key);
      Args(() => MomentArgs)(prototype, key, 0);
    }
    FieldResolver(type, options)(prototype, key, {});
    Extensions({ read: 'with its object', past })(prototype, key as string, {});
  };

/** As {@link ReadField}, for a list by pages; it looks back by itself where its arguments name moments. */
export const ReadPages =
  (type: () => ClassType, { args = PageArgs, past, ...options }: ReadPagesOptions): PropertyDecorator =>
  (prototype, key) => {
    Reflect.defineMetadata('design:paramtypes', [args], prototype, key);
    Args(() => args)(prototype, key, 0);
    FieldResolver(type, options)(prototype, key, {});
    Extensions({ read: 'a page of it', past })(prototype, key as string, {});
  };

/**
 * Takes the resolvers off all fields that were read with their object: reading a property needs none, save to look back.
 * Every object says of which type it is.
 *
 * @param looksBack without it, fields answer in the present whatever their arguments say: for documents that name no moment.
 */
export const readWithObjects = (schema: GraphQLSchema, looksBack: boolean): GraphQLSchema => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) type.resolveType = (object: { readonly __typename: string }) => object.__typename;
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const { read, past } = field.extensions as { read?: string; past?: LookBack };
      if (read === 'with its object') delete field.resolve;
      if (read === 'a page of it') {
        field.resolve = (object: Readonly<Record<string, unknown>>, args) =>
          object[pageProperty(field.name, withoutMoments(args as PageArgs))];
      }
      if (past !== undefined && looksBack)
        field.resolve = orPast(type.name as NodeType, field.resolve ?? defaultFieldResolver, past);
    }
  }
  return schema;
};

type Resolve = GraphQLFieldResolver<Readonly<Record<string, unknown>> & PastObject, GraphContext>;

/** Reads in the past where moments are given, or where the object is of the past itself. */
const orPast =
  (type: NodeType, present: GraphQLFieldResolver<unknown, unknown>, past: LookBack): Resolve =>
  (object, args, context, info) => {
    const moments = args as MomentArgs;
    if (!namesMoments(moments) && object.past === undefined) return present(object, args, context, info);
    const at = momentsOf(context, moments, object.past?.at);
    if (at === null) return present(object, args, context, info);
    const key = object.past?.key ?? keyOf(type, object['id'] as string);
    return past({ context, info, object, key, at, args: withoutMoments(args) });
  };

const namesMoments = ({ asOf, knownAt }: MomentArgs): boolean => (asOf ?? knownAt ?? null) !== null;

const withoutMoments = <T extends object>({ asOf, knownAt, ...args }: T & MomentArgs) => args;

/** The property that a page stands under: whatever was left out is null, in whatever order the arguments come. */
const pageProperty = (field: string, args: object): string =>
  `${field} ${JSON.stringify(
    Object.entries(args)
      .filter(([, value]) => value != null)
      .sort(),
  )}`;

const envOf = ({ actor, now, app, requestId }: GraphContext): ReadEnv => ({
  viewer: actor,
  looked: (look) => app.looks.looked(actor, requestId, look),
  now,
  identify: (model, key) => toGlobalId(model as NodeType, key),
});

/** What was asked of a list by pages. */
interface ConnectionSelection extends Selection {
  readonly items: Selection;
  readonly wants: ConnectionWants;
}
export interface ConnectionWants {
  readonly edges: boolean;
  readonly nodes: boolean;
  readonly keys: boolean;
  readonly total: boolean;
}

const pageOf = ({ wants }: ConnectionSelection, args: PageArgs, binding: ListBinding): SelectedPage => {
  const cursor = args.after === undefined || args.after === null ? null : readCursor(args.after, binding);
  return {
    first: args.first,
    after: cursor?.key ?? null,
    keys: wants.keys,
    total: wants.total,
    shape: (page, parent) => connectionOf(page, { binding, parent, cursor, wants }),
  };
};

/** Selections by the field that they stand under and the variables that they depend on. */
const known = new WeakMap<
  FieldNode,
  { readonly variables: readonly string[]; readonly selections: Map<string, Selection> }
>();
const MAX_KNOWN = 64;

const selectionOf = (info: Info, model: string): Selection => {
  const [node] = info.fieldNodes;
  if (node === undefined || info.fieldNodes.length > 1) return collectRoot(info, model);
  const memory = known.get(node) ?? {
    variables: variablesUnder(node, info.fragments),
    selections: new Map<string, Selection>(),
  };
  known.set(node, memory);
  const key = `${model} ${memory.variables.length === 0 ? '' : JSON.stringify(memory.variables.map((name) => info.variableValues[name]))}`;
  const found = memory.selections.get(key);
  if (found !== undefined) return found;
  if (memory.selections.size >= MAX_KNOWN) memory.selections.clear();
  const selection = collectRoot(info, model);
  memory.selections.set(key, selection);
  return selection;
};

/** Variables that decide what is asked for below a field. */
export const variablesUnder = (node: FieldNode, fragments: Info['fragments']): string[] => {
  const names = new Set<string>();
  const spread = new Set<string>();
  const look = (part: ASTNode): void => {
    visit(part, {
      Variable: ({ name }) => {
        names.add(name.value);
      },
      FragmentSpread: ({ name }) => {
        const fragment = fragments[name.value];
        if (fragment === undefined || spread.has(name.value)) return;
        spread.add(name.value);
        look(fragment);
      },
    });
  };
  if (node.selectionSet !== undefined) look(node.selectionSet);
  return [...names];
};

const collectRoot = (info: Info, model: string): Selection => {
  const returned = getNamedType(info.returnType);
  // An interface is read as the type that the id names.
  const type = isObjectType(returned) ? returned : info.schema.getType(model);
  if (!isObjectType(type)) throw new Error(`${model} is no type of the schema`);
  const sets = info.fieldNodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  return isConnection(type) ? collectConnection(info, type, sets) : collect(info, type, sets);
};

const isConnection = (type: GraphQLObjectType): boolean => 'pageInfo' in type.getFields();

interface SelectedGroup {
  readonly name: string;
  readonly args: Partial<PageArgs>;
  readonly sets: SelectionSetNode[];
}

/** Selected fields by name; the same field with the same arguments counts once, whatever its aliases. */
const collect = (info: Info, type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Selection => {
  const grouped = new Map<string, SelectedGroup>();
  eachField(info, type, sets, (node) => {
    const name = node.name.value;
    const definition = type.getFields()[name];
    if (definition === undefined) return;
    const given: MomentArgs =
      definition.args.length === 0 ? {} : getArgumentValues(definition, node, info.variableValues);
    if (namesMoments(given)) {
      // It is read by itself, by the key of this object.
      grouped.set('id {}', grouped.get('id {}') ?? { name: 'id', args: {}, sets: [] });
      return;
    }
    const args = withoutMoments(given);
    const key = `${name} ${JSON.stringify(args)}`;
    const group: SelectedGroup = grouped.get(key) ?? { name, args, sets: [] };
    grouped.set(key, group);
    if (node.selectionSet !== undefined) group.sets.push(node.selectionSet);
  });
  const fields = [...grouped.values()].map(({ name, args, sets: inner }): SelectedField => {
    const child = getNamedType(type.getFields()[name]?.type);
    if (!isObjectType(child)) return { name, property: name, selection: null, page: null };
    if (!isConnection(child)) return { name, property: name, selection: collect(info, child, inner), page: null };
    const wanted = collectConnection(info, child, inner);
    const { first, after, ...filter } = args;
    const page = checkedPageArgs({ first, after });
    return {
      name,
      property: pageProperty(name, args),
      selection: wanted.items,
      page: { ...pageOf(wanted, page, { list: `${type.name}.${name}`, order: null, filter: asJson(filter) }), filter },
    };
  });
  return { fields };
};

export const checkedPageArgs = (values: Record<string, unknown>): PageArgs => {
  const args = Object.assign(new PageArgs(), values);
  demandValid(args);
  return args;
};

const collectConnection = (
  info: Info,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): ConnectionSelection => {
  const asked = new Map<string, SelectionSetNode[]>();
  eachField(info, type, sets, ({ name, selectionSet }) => {
    asked.set(name.value, [...(asked.get(name.value) ?? []), ...(selectionSet === undefined ? [] : [selectionSet])]);
  });
  const itemSets = [...(asked.get('nodes') ?? [])];
  const edge = getNamedType(type.getFields()['edges']?.type);
  if (!isObjectType(edge)) throw new Error(`${type.name} has no edges`);
  eachField(info, edge, asked.get('edges') ?? [], ({ name, selectionSet }) => {
    if (name.value === 'node' && selectionSet !== undefined) itemSets.push(selectionSet);
  });
  const item = getNamedType(edge.getFields()['node']?.type);
  if (!isObjectType(item)) throw new Error(`${type.name} has no nodes`);
  const items = collect(info, item, itemSets);
  return {
    ...items,
    items,
    wants: {
      edges: asked.has('edges'),
      nodes: asked.has('nodes'),
      keys: asked.has('edges') || asked.has('pageInfo'),
      total: asked.has('totalCount'),
    },
  };
};

/** Every field that a selection on an object of the type holds, fragments opened and directives obeyed. */
const eachField = (
  info: Info,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  visitField: (node: FieldNode) => void,
): void => {
  for (const selection of sets.flatMap((set) => set.selections)) {
    if (getDirectiveValues(GraphQLSkipDirective, selection, info.variableValues)?.['if'] === true) continue;
    if (getDirectiveValues(GraphQLIncludeDirective, selection, info.variableValues)?.['if'] === false) continue;
    if (selection.kind === Kind.FIELD) {
      visitField(selection);
      continue;
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? info.fragments[selection.name.value] : selection;
    if (fragment === undefined) continue;
    const condition = fragment.typeCondition?.name.value;
    const holds =
      condition === undefined ||
      condition === type.name ||
      type.getInterfaces().some((implemented) => implemented.name === condition);
    if (holds) eachField(info, type, [fragment.selectionSet], visitField);
  }
};
