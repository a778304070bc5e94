import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Info, Query, Resolver } from 'type-graphql';
import type { PolicyKind } from '../../src/policies';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { readOne } from '../reads';
import { PolicyKindEnum, PolicyVersion } from './policy.types';

@Resolver()
export class PolicyResolver {
  @Query(() => PolicyVersion, { description: 'The version of a policy that is in force now.' })
  async policy(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('kind', () => PolicyKindEnum) kind: PolicyKind,
  ): Promise<PolicyVersion | null> {
    const { app, actor, now } = context;
    const { id } = valueOrFault(await app.policies.current(actor, kind, now));
    return readOne(context, info, 'PolicyVersion', id);
  }
}
