import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestFilter, VerbOutcome, Verdict } from '../../src/approvals';
import type { Result } from '../../src/kernel/result';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { given, type Given } from '../inputs';
import { keyOf } from '../global-id';
import { User } from '../identity/user.types';
import { PolicyVersion } from '../policies/policy.types';
import { ReadField, reading, readOne, readPage } from '../reads';
import { payloadOf } from '../user-errors';
import {
  ApproveRequestInput,
  ChangeRequest,
  ChangeRequestConnection,
  RequestPayload,
  ApproveRequestPayload,
  RejectRequestPayload,
  WithdrawRequestPayload,
  ChangeRequestWhere,
  RejectRequestInput,
  ViewerAction,
  Vote,
  WithdrawRequestInput,
} from './change-request.types';

/** The payload of a verb on requests, wherever the verb lives. */
export const requestPayload = (result: Result<VerbOutcome>): RequestPayload =>
  payloadOf(result, ({ request, auditEventId }) => ({
    request: reading('ChangeRequest', request.id),
    auditEvent: reading('AuditEvent', auditEventId),
  }));

@Resolver(() => ChangeRequest)
export class ChangeRequestResolver {
  @Query(() => ChangeRequest, { nullable: true, description: 'A request by its id.' })
  changeRequest(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('id', () => ID, { description: 'Id of the request.' }) id: string,
  ): Promise<ChangeRequest | null> {
    return readOne(context, info, 'ChangeRequest', keyOf('ChangeRequest', id));
  }

  @Query(() => ChangeRequestConnection, { description: 'Requests, newest first; with `tab` the inbox of the caller.' })
  changeRequests(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => ChangeRequestWhere, { nullable: true }) where?: ChangeRequestWhere,
  ): Promise<Connection<ChangeRequest>> {
    const filter = filterOf(given(where));
    const list = valueOrFault(context.app.approvals.queries.list(context.actor, filter, context.now));
    return readPage(context, info, list, args, {
      list: 'changeRequests',
      order: 'submittedAt',
      filter: asJson(filter),
    });
  }

  @Mutation(() => ApproveRequestPayload, {
    description:
      'Votes yes 「同意」. With the last vote that is needed the change takes effect in the same transaction.',
  })
  approveRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => ApproveRequestInput) input: ApproveRequestInput,
  ): Promise<RequestPayload> {
    return vote(context, 'APPROVE', input);
  }

  @Mutation(() => RejectRequestPayload, {
    description: 'Votes no 「拒绝」, which closes the request. Needs a comment.',
  })
  rejectRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => RejectRequestInput) input: RejectRequestInput,
  ): Promise<RequestPayload> {
    return vote(context, 'REJECT', input);
  }

  @Mutation(() => WithdrawRequestPayload, {
    description: 'Takes an undecided request back 「撤回」. Only its maker may.',
  })
  async withdrawRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => WithdrawRequestInput) input: WithdrawRequestInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.withdraw(context.initiator, {
        requestId: keyOf('ChangeRequest', input.requestId),
        expectedVersion: input.expectedVersion,
        comment: input.comment ?? null,
      }),
    );
  }

  @ReadField(() => User, { nullable: true, description: 'Who asked for it; null for a system actor.' })
  maker!: User | null;

  @ReadField(() => Customer, { nullable: true, description: 'The customer whose grade or limit would change.' })
  customer!: Customer | null;

  @ReadField(() => PolicyVersion, { nullable: true, description: 'The approval matrix it was routed by.' })
  policyVersion!: PolicyVersion | null;

  @ReadField(() => [ViewerAction], { description: 'What the caller may do now, and why not.' })
  viewerActions!: readonly ViewerAction[];
}

@Resolver(() => Vote)
export class VoteResolver {
  @ReadField(() => User, { nullable: true, description: 'Who voted.' })
  voter!: User | null;
}

const vote = async (context: GraphContext, verdict: Verdict, input: ApproveRequestInput): Promise<RequestPayload> =>
  requestPayload(
    await context.app.approvals.vote(context.initiator, {
      requestId: keyOf('ChangeRequest', input.requestId),
      verdict,
      comment: input.comment ?? null,
      expectedVersion: input.expectedVersion,
      expectedDigest: input.expectedDigest ?? null,
    }),
  );

const filterOf = ({ and, or, not, customer, maker, ...rest }: Given<ChangeRequestWhere>): RequestFilter => ({
  ...rest,
  ...(customer === undefined ? {} : { subject: { type: 'Customer', id: keyOf('Customer', customer) } }),
  ...(maker === undefined ? {} : { makerId: { eq: keyOf('User', maker) } }),
  ...(and === undefined ? {} : { and: and.map(filterOf) }),
  ...(or === undefined ? {} : { or: or.map(filterOf) }),
  ...(not === undefined ? {} : { not: filterOf(not) }),
});
