import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RequestFilter, VerbOutcome, Verdict } from '../../src/approvals';
import type { Result } from '../../src/kernel/result';
import { auditEventNode } from '../audit/audit-event.types';
import { asJson, PageArgs, pageRequest, toConnection, type Connection } from '../connection';
import { GraphContext } from '../context';
import { customerNode, Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { given, type Given } from '../inputs';
import { keyOf } from '../global-id';
import { User, userNode } from '../identity/user.types';
import { PolicyVersion, policyVersionNode } from '../policies/policy.types';
import { payloadOf } from '../user-errors';
import {
  ApproveRequestInput,
  ChangeRequest,
  ChangeRequestConnection,
  changeRequestNode,
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
export const requestPayload = (context: GraphContext, result: Result<VerbOutcome>): RequestPayload =>
  payloadOf(result, ({ request, auditEventId }) => ({
    request: changeRequestNode(request),
    auditEvent: async () => {
      const event = await context.loaders.auditEvents.load(auditEventId);
      return event === null ? null : auditEventNode(event);
    },
  }));

@Resolver(() => ChangeRequest)
export class ChangeRequestResolver {
  @Query(() => ChangeRequest, { nullable: true, description: 'A request by its id.' })
  async changeRequest(
    @Ctx() { loaders }: GraphContext,
    @Arg('id', () => ID, { description: 'Id of the request.' }) id: string,
  ): Promise<ChangeRequest | null> {
    const view = await loaders.requests.load(keyOf('ChangeRequest', id));
    return view === null ? null : changeRequestNode(view);
  }

  @Query(() => ChangeRequestConnection, { description: 'Requests, newest first; with `tab` the inbox of the caller.' })
  async changeRequests(
    @Ctx() { app, actor, now }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => ChangeRequestWhere, { nullable: true }) where?: ChangeRequestWhere,
  ): Promise<Connection<ChangeRequest>> {
    const filter = filterOf(given(where));
    const binding = { list: 'changeRequests', order: 'submittedAt', filter: asJson(filter) };
    const page = valueOrFault(await app.approvals.queries.page(actor, filter, now, pageRequest(args, binding, 2)));
    return toConnection(page, args, binding, changeRequestNode, async () =>
      valueOrFault(await app.approvals.queries.count(actor, filter, now)),
    );
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
      context,
      await context.app.approvals.withdraw(context.initiator, {
        requestId: keyOf('ChangeRequest', input.requestId),
        expectedVersion: input.expectedVersion,
        comment: input.comment ?? null,
      }),
    );
  }

  @FieldResolver(() => User, { nullable: true, description: 'Who asked for it; null for a system actor.' })
  async maker(@Root() request: ChangeRequest, @Ctx() { loaders }: GraphContext): Promise<User | null> {
    if (request.makerId.startsWith('system:')) return null;
    const user = await loaders.users.load(request.makerId);
    return user === null ? null : userNode(user);
  }

  @FieldResolver(() => Customer, { nullable: true, description: 'The customer whose grade or limit would change.' })
  async customer(@Root() request: ChangeRequest, @Ctx() { loaders }: GraphContext): Promise<Customer | null> {
    if (request.subject.type !== 'Customer') return null;
    const view = await loaders.customers.load(request.subject.id);
    return view === null ? null : customerNode(view);
  }

  @FieldResolver(() => PolicyVersion, { nullable: true, description: 'The approval matrix it was routed by.' })
  async policyVersion(@Root() request: ChangeRequest, @Ctx() { loaders }: GraphContext): Promise<PolicyVersion | null> {
    const view = await loaders.policyVersions.load(request.policyVersionId);
    return view === null ? null : policyVersionNode(view);
  }

  @FieldResolver(() => [ViewerAction], { description: 'What the caller may do now, and why not.' })
  viewerActions(@Root() request: ChangeRequest, @Ctx() { app, actor, now }: GraphContext): ViewerAction[] {
    return app.approvals.queries.actionsFor(actor, request.view, now);
  }
}

@Resolver(() => Vote)
export class VoteResolver {
  @FieldResolver(() => User, { nullable: true, description: 'Who voted.' })
  async voter(@Root() vote: Vote, @Ctx() { loaders }: GraphContext): Promise<User | null> {
    const user = await loaders.users.load(vote.voterId);
    return user === null ? null : userNode(user);
  }
}

const vote = async (context: GraphContext, verdict: Verdict, input: ApproveRequestInput): Promise<RequestPayload> =>
  requestPayload(
    context,
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
