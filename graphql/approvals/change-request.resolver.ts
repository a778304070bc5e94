import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { ManyDecided, RequestFilter, RequestOrder, VerbOutcome, Verdict, VoteCommand } from '../../src/approvals';
import type { Result } from '../../src/kernel/result';
import type { AuditEvent } from '../audit/audit-event.types';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { composedFilter, given, type Given } from '../inputs';
import { keyOf, toGlobalId } from '../global-id';
import { User } from '../identity/user.types';
import { sortOf, type OrderBy } from '../order';
import { PolicyVersion } from '../policies/policy.types';
import { ReadField, reading, readOne, readPage } from '../reads';
import { payloadOf, userErrorOf } from '../user-errors';
import { RequestEvidence } from './evidence.types';
import {
  AddApproverInput,
  AddApproverPayload,
  ApproveRequestInput,
  ApproveRequestPayload,
  ChangeRequest,
  ChangeRequestConnection,
  ChangeRequestOrderBy,
  ChangeRequestStep,
  ChangeRequestWhere,
  CommentOnRequestInput,
  CommentOnRequestPayload,
  CopyRequestInput,
  CopyRequestPayload,
  DecideRequestsInput,
  DecideRequestsPayload,
  DecisionResult,
  ReassignRequestInput,
  ReassignRequestPayload,
  RejectRequestInput,
  RejectRequestPayload,
  RemindApproversInput,
  RemindApproversPayload,
  RequestPayload,
  RequestVerbInput,
  ResubmitRequestInput,
  ResubmitRequestPayload,
  RetryRequestInput,
  RetryRequestPayload,
  ReturnRequestInput,
  ReturnRequestPayload,
  SubmitDraftInput,
  SubmitDraftPayload,
  TakeBackVoteInput,
  TakeBackVotePayload,
  ViewerAction,
  Vote,
  WithdrawRequestInput,
  WithdrawRequestPayload,
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

  @Query(() => ChangeRequestConnection, { description: 'Requests; with `tab` the inbox of the caller.' })
  changeRequests(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => ChangeRequestWhere, { nullable: true }) where: ChangeRequestWhere | null | undefined,
    @Arg('orderBy', () => [ChangeRequestOrderBy], {
      defaultValue: [{ field: 'SUBMITTED_AT', direction: 'DESC' }],
    })
    orderBy: OrderBy<RequestOrder>[],
  ): Promise<Connection<ChangeRequest>> {
    const filter = filterOf(given(where));
    const sort = sortOf(orderBy);
    const list = valueOrFault(context.app.approvals.queries.list(context.actor, filter, context.now, sort));
    return readPage(context, info, list, args, {
      list: 'changeRequests',
      order: asJson(sort),
      filter: asJson(filter),
    });
  }

  @Mutation(() => ApproveRequestPayload, {
    description:
      'Votes yes 「同意」. With the last vote that is needed the change takes effect in the same transaction.',
  })
  async approveRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => ApproveRequestInput) input: ApproveRequestInput,
  ): Promise<RequestPayload> {
    const command = { ...voteOf('APPROVE', input), lowerTo: input.lowerTo ?? null };
    return requestPayload(await context.app.approvals.vote(context.initiator, command));
  }

  @Mutation(() => RejectRequestPayload, {
    description: 'Votes no 「拒绝」, which closes the request. Needs a comment.',
  })
  async rejectRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => RejectRequestInput) input: RejectRequestInput,
  ): Promise<RequestPayload> {
    return requestPayload(await context.app.approvals.vote(context.initiator, voteOf('REJECT', input)));
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

  @Mutation(() => ReturnRequestPayload, {
    description:
      'Sends a request back 「退回」: to its maker, or to an earlier level, whose vote and all later ones are asked for anew. Needs a comment.',
  })
  async returnRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => ReturnRequestInput) input: ReturnRequestInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.returnRequest(context.initiator, {
        ...commented(input),
        toLevel: input.toLevel ?? null,
      }),
    );
  }

  @Mutation(() => SubmitDraftPayload, {
    description: 'Submits a draft 「提交」: everything is judged and frozen as it is now. Only its maker may.',
  })
  async submitDraft(
    @Ctx() context: GraphContext,
    @Arg('input', () => SubmitDraftInput) input: SubmitDraftInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.resubmit(context.initiator, { ...commented(input), way: 'RERUN' }),
    );
  }

  @Mutation(() => ResubmitRequestPayload, {
    description: 'Submits a returned or stale request again 「重新提交」. Only its maker may.',
  })
  async resubmitRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => ResubmitRequestInput) input: ResubmitRequestInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.resubmit(context.initiator, { ...commented(input), way: input.way }),
    );
  }

  @Mutation(() => ReassignRequestPayload, {
    description: 'Hands the caller’s task on to another who may decide at this level 「转办」; the caller’s own ends.',
  })
  async reassignRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => ReassignRequestInput) input: ReassignRequestInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.reassign(context.initiator, {
        ...commented(input),
        toId: keyOf('User', input.userId),
      }),
    );
  }

  @Mutation(() => AddApproverPayload, {
    description: 'Asks for one more vote, of a named person 「加签」. It never takes another’s place.',
  })
  async addApprover(
    @Ctx() context: GraphContext,
    @Arg('input', () => AddApproverInput) input: AddApproverInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.addApprover(context.initiator, {
        ...commented(input),
        userId: keyOf('User', input.userId),
        place: input.place,
      }),
    );
  }

  @Mutation(() => TakeBackVotePayload, {
    description: 'Takes the caller’s own vote back while its level is open 「收回」; it stays on record.',
  })
  async takeBackVote(
    @Ctx() context: GraphContext,
    @Arg('input', () => TakeBackVoteInput) input: TakeBackVoteInput,
  ): Promise<RequestPayload> {
    return requestPayload(await context.app.approvals.takeBackVote(context.initiator, commented(input)));
  }

  @Mutation(() => RetryRequestPayload, {
    description: 'Tries once more to put into effect what was agreed to 「重试」.',
  })
  async retryRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => RetryRequestInput) input: RetryRequestInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.retryApplication(context.initiator, {
        requestId: keyOf('ChangeRequest', input.requestId),
        expectedVersion: input.expectedVersion,
      }),
    );
  }

  @Mutation(() => CopyRequestPayload, {
    description:
      'Lets others know of a request 「抄送」; it comes under `COPIED_TO_ME` of their inbox. No effect on the outcome.',
  })
  async copyRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => CopyRequestInput) input: CopyRequestInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.copyTo(context.initiator, {
        requestId: keyOf('ChangeRequest', input.requestId),
        userIds: input.userIds.map((id) => keyOf('User', id)),
        comment: input.comment ?? null,
      }),
    );
  }

  @Mutation(() => RemindApproversPayload, {
    description: 'Reminds those who are asked 「催办」, once in a while. No effect on the outcome.',
  })
  async remindApprovers(
    @Ctx() context: GraphContext,
    @Arg('input', () => RemindApproversInput) input: RemindApproversInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.remind(context.initiator, {
        requestId: keyOf('ChangeRequest', input.requestId),
        comment: input.comment ?? null,
      }),
    );
  }

  @Mutation(() => CommentOnRequestPayload, {
    description: 'Says something about a request 「评论」. No effect on the outcome.',
  })
  async commentOnRequest(
    @Ctx() context: GraphContext,
    @Arg('input', () => CommentOnRequestInput) input: CommentOnRequestInput,
  ): Promise<RequestPayload> {
    return requestPayload(
      await context.app.approvals.comment(context.initiator, {
        requestId: keyOf('ChangeRequest', input.requestId),
        comment: input.comment,
      }),
    );
  }

  @Mutation(() => DecideRequestsPayload, {
    description: 'Decides up to 100 requests under one confirmation 「批量」: each is judged and recorded by itself.',
  })
  async decideRequests(
    @Ctx() context: GraphContext,
    @Arg('input', () => DecideRequestsInput) input: DecideRequestsInput,
  ): Promise<DecideRequestsPayload> {
    const commands = input.decisions.map(({ verdict, ...decision }) => voteOf(verdict, decision));
    return payloadOf(await context.app.approvals.voteOnMany(context.initiator, commands), (decided) => {
      const events = decided.flatMap(({ outcome }) => (outcome.ok ? [outcome.value.auditEventId] : []));
      return {
        results: decided.map(resultOf),
        decided: events.length,
        auditEvent: reading<AuditEvent>('AuditEvent', events[0] ?? null),
      };
    });
  }

  @ReadField(() => User, { nullable: true, description: 'Who asked for it; null for a system actor.' })
  maker!: User | null;

  @ReadField(() => Customer, { nullable: true, description: 'The customer whose grade or limit would change.' })
  customer!: Customer | null;

  @ReadField(() => PolicyVersion, { nullable: true, description: 'The approval matrix it was routed by.' })
  policyVersion!: PolicyVersion | null;

  @ReadField(() => [ChangeRequestStep], { description: 'Everything that was done about it, oldest first.' })
  timeline!: readonly ChangeRequestStep[];

  @ReadField(() => [RequestEvidence], { description: 'Files that stand with it, oldest first 「附件」.' })
  evidence!: readonly RequestEvidence[];

  @ReadField(() => [User], { description: 'Who may still vote at the level that is asked, by name.' })
  stillAsked!: readonly User[];

  @ReadField(() => [ViewerAction], { description: 'What the caller may do now, and why not.' })
  viewerActions!: readonly ViewerAction[];
}

@Resolver(() => Vote)
export class VoteResolver {
  @ReadField(() => User, { nullable: true, description: 'Who voted.' })
  voter!: User | null;

  @ReadField(() => User, { nullable: true, description: 'For whom; null where the voter acted for himself.' })
  principal!: User | null;
}

@Resolver(() => ChangeRequestStep)
export class ChangeRequestStepResolver {
  @ReadField(() => User, { nullable: true, description: 'Who did it; null for a system actor.' })
  actor!: User | null;

  @ReadField(() => User, { nullable: true, description: 'To whom, or for whom.' })
  to!: User | null;
}

const voteOf = (
  verdict: Verdict,
  { signature = null, ...input }: Omit<RejectRequestInput, 'idempotencyKey'>,
): VoteCommand => ({
  requestId: keyOf('ChangeRequest', input.requestId),
  verdict,
  comment: input.comment ?? null,
  expectedVersion: input.expectedVersion,
  expectedDigest: input.expectedDigest ?? null,
  ...(signature === null
    ? {}
    : {
        signature: {
          keyId: signature.keyId,
          signature: bytesOf(signature.value),
          authenticatorData: optionalBytesOf(signature.authenticatorData),
          clientData: optionalBytesOf(signature.clientData),
        },
      }),
});

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url');
const optionalBytesOf = (text: string | null | undefined): Buffer | null => (text == null ? null : bytesOf(text));

const commented = ({ requestId, expectedVersion, comment }: RequestVerbInput) => ({
  requestId: keyOf('ChangeRequest', requestId),
  expectedVersion,
  comment: comment ?? null,
});

const resultOf = ({ requestId, outcome }: ManyDecided[number]): DecisionResult => ({
  requestId: toGlobalId('ChangeRequest', requestId),
  state: outcome.ok ? outcome.value.request.state : null,
  version: outcome.ok ? outcome.value.request.version : null,
  auditEventId: outcome.ok ? toGlobalId('AuditEvent', outcome.value.auditEventId) : null,
  userErrors: outcome.ok ? [] : [userErrorOf(outcome.refusal)],
});

const filterOf = composedFilter<Given<ChangeRequestWhere>, RequestFilter>(({ customer, maker, ...rest }) => ({
  ...rest,
  ...(customer === undefined ? {} : { subject: { type: 'Customer', id: keyOf('Customer', customer) } }),
  ...(maker === undefined ? {} : { makerId: { eq: keyOf('User', maker) } }),
}));
