import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { Json } from '../../src/kernel/canonical-json';
import type { PolicyKind } from '../../src/policies';
import { requestPayload } from '../approvals/change-request.resolver';
import { PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { readOne, readPage } from '../reads';
import { JsonScalar } from '../scalars';
import {
  DraftPolicyVersionInput,
  DraftPolicyVersionPayload,
  RevisePolicyVersionInput,
  RevisePolicyVersionPayload,
  SubmitPolicyVersionInput,
  SubmitPolicyVersionPayload,
} from './policy-change.types';
import { PolicyCheck, PolicyDifference, PolicyKindEnum, PolicyVersion, PolicyVersionConnection } from './policy.types';

@Resolver()
export class PolicyResolver {
  @Query(() => PolicyVersion, { description: 'The version of a policy that is in force now.' })
  async policy(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('kind', () => PolicyKindEnum, { description: 'Which policy.' }) kind: PolicyKind,
  ): Promise<PolicyVersion | null> {
    const { app, actor, now } = context;
    const { id } = valueOrFault(await app.policies.current(actor, kind, now));
    return readOne(context, info, 'PolicyVersion', id);
  }

  @Query(() => PolicyVersionConnection, { description: 'All versions of a policy, the newest first.' })
  policyVersions(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('kind', () => PolicyKindEnum, { description: 'Which policy.' }) kind: PolicyKind,
  ): Promise<Connection<PolicyVersion>> {
    const list = valueOrFault(context.app.policies.versions(context.actor, kind));
    return readPage(context, info, list, args, { list: 'policyVersions', order: 'number', filter: { kind } });
  }

  @Query(() => [PolicyDifference], { description: 'What two versions of a policy say differently, place by place.' })
  async policyVersionDifferences(
    @Ctx() context: GraphContext,
    @Arg('fromId', () => ID, { description: 'The one version.' }) fromId: string,
    @Arg('toId', () => ID, { description: 'The other version.' }) toId: string,
  ): Promise<readonly PolicyDifference[]> {
    const [from, to] = [keyOf('PolicyVersion', fromId), keyOf('PolicyVersion', toId)];
    return valueOrFault(await context.app.policies.difference(context.actor, from, to));
  }

  @Query(() => PolicyCheck, {
    description:
      'Looks content of a policy through without keeping it: gaps, overlaps and rows without effect, each with an input that shows it, test cases, differences, and how it reads.',
  })
  async checkPolicy(
    @Ctx() context: GraphContext,
    @Arg('kind', () => PolicyKindEnum, { description: 'Which policy.' }) kind: PolicyKind,
    @Arg('content', () => JsonScalar, { nullable: true, description: 'Left out: that of the version in force.' })
    content?: Json,
    @Arg('testCases', () => JsonScalar, { nullable: true, description: 'Left out: those of the version in force.' })
    testCases?: Json,
  ): Promise<PolicyCheck> {
    const { app, actor, now } = context;
    return valueOrFault(await app.approvals.checkPolicy(actor, kind, { content, testCases }, now));
  }

  @Mutation(() => SubmitPolicyVersionPayload, {
    description:
      'Puts new content of a policy up for decision. It is refused while its tables have gaps or overlaps or a test case fails; who must agree follows from the approval matrix in force, also for a new matrix.',
  })
  async submitPolicyVersion(
    @Ctx() context: GraphContext,
    @Arg('input', () => SubmitPolicyVersionInput) { kind, ...input }: SubmitPolicyVersionInput,
  ): Promise<SubmitPolicyVersionPayload> {
    return requestPayload(await context.app.approvals.submitPolicy(context.initiator, kind, input));
  }

  @Mutation(() => DraftPolicyVersionPayload, {
    description: 'Keeps new content of a policy as a draft, whatever is found in it; `resubmitRequest` submits it.',
  })
  async draftPolicyVersion(
    @Ctx() context: GraphContext,
    @Arg('input', () => DraftPolicyVersionInput) { kind, ...input }: DraftPolicyVersionInput,
  ): Promise<DraftPolicyVersionPayload> {
    return requestPayload(await context.app.approvals.draftPolicy(context.initiator, kind, input));
  }

  @Mutation(() => RevisePolicyVersionPayload, {
    description:
      'Changes what a policy request proposes while it lies with its maker 「修改」. Who does so has had a hand in it and cannot decide it.',
  })
  async revisePolicyVersion(
    @Ctx() context: GraphContext,
    @Arg('input', () => RevisePolicyVersionInput) input: RevisePolicyVersionInput,
  ): Promise<RevisePolicyVersionPayload> {
    const requestId = keyOf('ChangeRequest', input.requestId);
    return requestPayload(await context.app.approvals.revisePolicy(context.initiator, { ...input, requestId }));
  }
}
