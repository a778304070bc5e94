import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import type { PolicyKind } from '../../src/policies';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { PolicyKindEnum, PolicyVersion, policyVersionNode } from './policy.types';

@Resolver()
export class PolicyResolver {
  @Query(() => PolicyVersion, { description: 'The version of a policy that is in force now.' })
  async policy(
    @Ctx() { app, actor, now }: GraphContext,
    @Arg('kind', () => PolicyKindEnum) kind: PolicyKind,
  ): Promise<PolicyVersion> {
    return policyVersionNode(valueOrFault(await app.policies.current(actor, kind, now)));
  }
}
