/**
 * Relay connections over keyset pages. A cursor is bound to the list, order and filter it was made under and is refused
 * anywhere else.
 */
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { ArgsType, Field, Int, ObjectType, registerEnumType, type ClassType } from 'type-graphql';
import { digestOf, type Json } from '../src/kernel/canonical-json';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, type CappedCount, type PageKey } from '../src/kernel/page';
import { fault } from './faults';

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: DEFAULT_PAGE_SIZE, description: `Size of the page, 1 to ${MAX_PAGE_SIZE}.` })
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  first!: number;

  @Field(() => String, { nullable: true, description: 'Cursor of the item before the page.' })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  after?: string | null;
}

@ObjectType({ description: 'Where a page stands in its list.', simpleResolvers: true })
export class PageInfo {
  @Field({ description: 'Whether more items follow.' })
  hasNextPage!: boolean;

  @Field({ description: 'Whether the page was asked for by a cursor, so that items come before it.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last item; `after` for the next page.' })
  endCursor!: string | null;
}

enum CountPrecision {
  EXACT = 'EXACT',
  AT_LEAST = 'AT_LEAST',
}
registerEnumType(CountPrecision, {
  name: 'CountPrecision',
  description: 'Whether a count is the whole number or stopped at its cap.',
  valuesConfig: {
    EXACT: { description: 'All matching items were counted.' },
    AT_LEAST: { description: 'Counting stopped at 10,000.' },
  },
});

@ObjectType({ description: 'Number of items in a list, counted only when asked for.', simpleResolvers: true })
class TotalCount {
  @Field(() => Int, { description: 'The number, at most 10,000.' })
  count!: number;

  @Field(() => CountPrecision, { description: 'Whether counting was cut off.' })
  precision!: CappedCount['precision'];
}

export interface Connection<Node> {
  /** Made only where asked for, as are the nodes. */
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly nodes: readonly Node[];
  readonly pageInfo: PageInfo;
  readonly totalCount: CappedCount;
}

/** The GraphQL types of a connection over `nodeClass`, named after it. */
export const connectionType = <Node extends object>(name: string, nodeClass: ClassType<Node>) => {
  @ObjectType(`${name}Edge`, { description: `One ${name} in a list.`, simpleResolvers: true })
  class EdgeType {
    @Field({ description: 'Opaque position in the list.' })
    cursor!: string;

    @Field(() => nodeClass, { description: 'The item.' })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name}.` })
  class ConnectionType {
    @Field(() => [EdgeType], { description: 'Items with their cursors.', simple: true })
    edges!: readonly EdgeType[];

    @Field(() => [nodeClass], { description: 'The items alone.', simple: true })
    nodes!: readonly Node[];

    @Field(() => PageInfo, { description: 'Where the page stands.', simple: true })
    pageInfo!: PageInfo;

    @Field(() => TotalCount, { description: 'Size of the whole list; costs a count.', simple: true })
    totalCount!: CappedCount;
  }
  return ConnectionType;
};

/** What a cursor is bound to, besides the object that the list belongs to. */
export interface ListBinding {
  readonly list: string;
  readonly order: Json;
  readonly filter: Json;
}

/** A filter as JSON, moments as text. */
export const asJson = (filter: object): Json => JSON.parse(JSON.stringify(filter)) as Json;

/** By the binding as text: screens ask for the same lists again and again. */
const digests = new Map<string, string>();
const MAX_DIGESTS = 1_000;

const digestOfBinding = ({ list, order, filter }: ListBinding): string => {
  const text = JSON.stringify([list, order, filter]);
  const known = digests.get(text);
  if (known !== undefined) return known;
  if (digests.size >= MAX_DIGESTS) digests.clear();
  const digest = digestOf({ list, order, filter }).slice(0, DIGEST_LENGTH);
  digests.set(text, digest);
  return digest;
};
const DIGEST_LENGTH = 12;

export interface Cursor {
  /** Key of the object that the list belongs to; empty at the root. */
  readonly parent: string;
  readonly key: PageKey;
}

const writeCursor = (binding: ListBinding, { parent, key }: Cursor): string =>
  Buffer.from(JSON.stringify([digestOfBinding(binding), parent, ...key])).toString('base64url');

/** Throws the fault for what is no cursor of this list, order and filter. */
export const readCursor = (cursor: string, binding: ListBinding): Cursor => {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = null;
  }
  if (Array.isArray(parts) && parts.every((part) => typeof part === 'string')) {
    const [digest, parent, ...key] = parts;
    if (digest === digestOfBinding(binding) && parent !== undefined && key.length > 0) return { parent, key };
  }
  throw strangeCursor();
};

const strangeCursor = () =>
  fault('BAD_USER_INPUT', 'the cursor does not belong to this list, order and filter', { reason: 'INVALID_CURSOR' });

/** The connection of a page that stands under the object `parent`, or at the root. */
export const connectionOf = <Node extends object>(
  page: { readonly items: readonly Node[]; readonly keys: readonly PageKey[]; readonly hasNextPage: boolean } & {
    readonly total: CappedCount | null;
  },
  from: {
    readonly binding: ListBinding;
    readonly parent: string | null;
    /** The cursor that the page was asked for by. */
    readonly cursor: Cursor | null;
    readonly wants: { readonly edges: boolean; readonly nodes: boolean };
  },
): Partial<Connection<Node>> => {
  const parent = from.parent ?? '';
  if (from.cursor !== null && from.cursor.parent !== parent) throw strangeCursor();
  const cursorAt = (index: number): string | null => {
    const key = page.keys[index];
    return key === undefined ? null : writeCursor(from.binding, { parent, key });
  };
  return {
    ...(from.wants.edges ? { edges: page.items.map((node, i) => ({ cursor: cursorAt(i) as string, node })) } : {}),
    ...(from.wants.nodes ? { nodes: page.items } : {}),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: from.cursor !== null,
      startCursor: cursorAt(0),
      endCursor: cursorAt(page.items.length - 1),
    },
    ...(page.total === null ? {} : { totalCount: page.total }),
  };
};
