import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { DelegationOutcome } from '../../src/approvals';
import type { Result } from '../../src/kernel/result';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { keyOf, toGlobalId } from '../global-id';
import { User } from '../identity/user.types';
import { ReadField, reading, readPage } from '../reads';
import { payloadOf } from '../user-errors';
import { requestPayload } from './change-request.resolver';
import { BreakGlassInput, BreakGlassPayload, ChangeRequest } from './change-request.types';
import {
  DelegateInput,
  DelegatePayload,
  Delegation,
  DelegationConnection,
  DelegationPayload,
  DelegationWhere,
  DutyConflict,
  EndDelegationInput,
  EndDelegationPayload,
  RequestRoleInput,
  RequestRolePayload,
} from './duty.types';

@Resolver(() => Delegation)
export class DutyResolver {
  @Query(() => DelegationConnection, { description: 'Who acts for whom, those that end last first.' })
  delegations(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => DelegationWhere, { nullable: true, description: 'Which ones; all when left out.' })
    where?: DelegationWhere,
  ): Promise<Connection<Delegation>> {
    const filter = where?.user == null ? {} : { userId: keyOf('User', where.user) };
    const list = valueOrFault(context.app.approvals.queries.delegations(context.actor, filter));
    return readPage(context, info, list, args, { list: 'delegations', order: 'endsAt', filter: asJson(filter) });
  }

  @Query(() => [DutyConflict], {
    description:
      'Duties that should not be in one hand, and decisions by those whom they concern: empty where all is well.',
  })
  async dutyConflicts(@Ctx() context: GraphContext): Promise<DutyConflict[]> {
    const found = valueOrFault(await context.app.approvals.queries.dutyConflicts(context.actor));
    return found.map((conflict) => ({ ...conflict, userId: toGlobalId('User', conflict.userId) }));
  }

  @Mutation(() => DelegatePayload, {
    description:
      'Lets another act for the caller 「委托」: for a time, for some kinds of requests or all, never in a circle. For longer than the rules allow it becomes a request.',
  })
  async delegate(
    @Ctx() context: GraphContext,
    @Arg('input', () => DelegateInput) input: DelegateInput,
  ): Promise<DelegatePayload> {
    const { startsAt, endsAt, reason } = input;
    return delegationPayload(
      await context.app.approvals.delegate(context.initiator, {
        toId: keyOf('User', input.toId),
        kinds: input.kinds ?? null,
        startsAt,
        endsAt,
        reason,
      }),
    );
  }

  @Mutation(() => EndDelegationPayload, {
    description: 'Ends a delegation before its time: by who gave it, who holds it, or who manages users.',
  })
  async endDelegation(
    @Ctx() context: GraphContext,
    @Arg('input', () => EndDelegationInput) input: EndDelegationInput,
  ): Promise<EndDelegationPayload> {
    const delegationId = keyOf('Delegation', input.delegationId);
    return delegationPayload(await context.app.approvals.endDelegation(context.initiator, { delegationId }));
  }

  @Mutation(() => RequestRolePayload, {
    description:
      'Asks for a role for somebody else; others agree to it. Nobody asks for himself, nor agrees to his own.',
  })
  async requestRole(
    @Ctx() context: GraphContext,
    @Arg('input', () => RequestRoleInput) input: RequestRoleInput,
  ): Promise<RequestRolePayload> {
    const { role, expectedVersion, reason } = input;
    const userId = keyOf('User', input.userId);
    return requestPayload(
      await context.app.approvals.requestRole(context.initiator, { userId, role, expectedVersion, reason }),
    );
  }

  @Mutation(() => BreakGlassPayload, {
    description:
      'Lets a request through alone 「紧急放行」, with a reason. A review by others is opened; what is not ratified within hours reverts by itself.',
  })
  async breakGlass(
    @Ctx() context: GraphContext,
    @Arg('input', () => BreakGlassInput) input: BreakGlassInput,
  ): Promise<BreakGlassPayload> {
    const { expectedVersion, reason } = input;
    const requestId = keyOf('ChangeRequest', input.requestId);
    return requestPayload(
      await context.app.approvals.breakGlass(context.initiator, { requestId, expectedVersion, reason }),
    );
  }

  @ReadField(() => User, { nullable: true, description: 'For whom.' })
  from!: User | null;

  @ReadField(() => User, { nullable: true, description: 'Who acts.' })
  to!: User | null;

  @ReadField(() => ChangeRequest, {
    nullable: true,
    description: 'The request that it was given by; null for a short one.',
  })
  request!: ChangeRequest | null;
}

const delegationPayload = (result: Result<DelegationOutcome>): DelegationPayload =>
  payloadOf(result, ({ delegationId, requestId, auditEventId }) => ({
    delegation: reading('Delegation', delegationId),
    request: reading('ChangeRequest', requestId),
    auditEvent: reading('AuditEvent', auditEventId),
  }));
