/** Finds anything again by its id. */
import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { GraphContext } from './context';
import { fault } from './faults';
import { parseGlobalId, type NodeType } from './global-id';
import { Node } from './node.types';
import { readMany, readOne } from './reads';

const MAX_IDS = 100;

@Resolver()
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description: 'Whatever has this id; null when it is not there or not for the caller.',
  })
  async node(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('id', () => ID, { description: 'Id of the object, whatever it is.' }) id: string,
  ): Promise<Node | null> {
    const { type, key } = known(id);
    return readOne(context, info, type, key);
  }

  @Query(() => [Node], { nullable: 'items', description: `As \`node\`, for up to ${MAX_IDS} ids, in their order.` })
  async nodes(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('ids', () => [ID], { description: 'Ids of the objects, at most 100.' }) ids: string[],
  ): Promise<(Node | null)[]> {
    if (ids.length > MAX_IDS) throw fault('BAD_USER_INPUT', `at most ${MAX_IDS} ids`, { reason: 'TOO_MANY' });
    const wanted = ids.map(known);
    const found = new Map<string, Node | null>();
    await Promise.all(
      [...new Set(wanted.map(({ type }) => type))].map(async (type) => {
        const keys = [...new Set(wanted.filter((one) => one.type === type).map(({ key }) => key))];
        const nodes = await readMany<Node>(context, info, type, keys);
        keys.forEach((key, i) => found.set(`${type} ${key}`, nodes[i] ?? null));
      }),
    );
    return wanted.map(({ type, key }) => found.get(`${type} ${key}`) ?? null);
  }
}

const known = (id: string): { readonly type: NodeType; readonly key: string } => {
  const parsed = parseGlobalId(id);
  if (parsed === null) throw fault('BAD_USER_INPUT', 'not an id', { reason: 'INVALID_ID' });
  return parsed;
};
