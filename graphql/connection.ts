/**
 * Relay connections over keyset pages. A cursor is bound to the list, order and filter it was made under and is refused
 * anywhere else.
 */
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { ArgsType, Field, Int, ObjectType, registerEnumType, type ClassType } from 'type-graphql';
import { digestOf, type Json } from '../src/kernel/canonical-json';
import {
  DEFAULT_PAGE_SIZE,
  MAX_PAGE_SIZE,
  type CappedCount,
  type Page,
  type PageKey,
  type PageRequest,
} from '../src/kernel/page';
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
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly nodes: readonly Node[];
  readonly pageInfo: PageInfo;
  totalCount(): Promise<CappedCount>;
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

    // graphql-js calls a function that stands in a field, so it is counted only when asked for.
    @Field(() => TotalCount, { description: 'Size of the whole list; costs a count.', simple: true })
    totalCount!: () => Promise<CappedCount>;
  }
  return ConnectionType;
};

export interface ListBinding {
  readonly list: string;
  readonly order: Json;
  readonly filter: Json;
}

/** A filter as JSON, moments as text: what a cursor is bound to. */
export const asJson = (filter: object): Json => JSON.parse(JSON.stringify(filter)) as Json;

const bindingDigest = (binding: ListBinding): string =>
  digestOf({ list: binding.list, order: binding.order, filter: binding.filter }).slice(0, 12);

/** The page that the arguments ask for; a fault for a cursor of another list, order or filter. */
export const pageRequest = (args: PageArgs, binding: ListBinding, keyLength: number): PageRequest => ({
  first: args.first,
  after:
    args.after === undefined || args.after === null ? null : readCursor(args.after, bindingDigest(binding), keyLength),
});

const readCursor = (cursor: string, digest: string, keyLength: number): PageKey => {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = null;
  }
  if (
    Array.isArray(parts) &&
    parts.length === keyLength + 1 &&
    parts.every((part) => typeof part === 'string') &&
    parts[0] === digest
  ) {
    return parts.slice(1);
  }
  throw fault('BAD_USER_INPUT', 'the cursor does not belong to this list, order and filter', {
    reason: 'INVALID_CURSOR',
  });
};

export const toConnection = <View, Node>(
  page: Page<View>,
  args: PageArgs,
  binding: ListBinding,
  node: (view: View) => Node,
  count: () => Promise<CappedCount>,
): Connection<Node> => {
  const digest = bindingDigest(binding);
  const edges = page.items.map((item, i) => ({
    cursor: Buffer.from(JSON.stringify([digest, ...(page.keys[i] ?? [])])).toString('base64url'),
    node: node(item),
  }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: (args.after ?? null) !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: count,
  };
};
