import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { Result } from '../../src/kernel/result';
import type { TaskFilter } from '../../src/tiers';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import {
  pastLifeCycle,
  pastLifeCycleHistory,
  pastOpenTasks,
  pastTier,
  pastTierHistory,
  pastTierPolicy,
  pastTierValue,
  pastValueScore,
} from '../customers/past-customer';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { OrgUnit, User } from '../identity/user.types';
import { composedFilter, given, type Given } from '../inputs';
import { PastPageArgs } from '../moments';
import { PolicyVersion } from '../policies/policy.types';
import { ReadField, reading, readPage, ReadPages } from '../reads';
import { payloadOf } from '../user-errors';
import {
  CancelTierTaskInput,
  CancelTierTaskPayload,
  CompleteTierTaskInput,
  CompleteTierTaskPayload,
  CustomerTier,
  EvaluateCustomerValueInput,
  EvaluateCustomerValuePayload,
  LifeCycleConnection,
  LifeCycleEntry,
  StartValueComputationInput,
  StartValueComputationPayload,
  TierHistoryConnection,
  TierHistoryEntry,
  TierTask,
  TierTaskConnection,
  TierTaskPayload,
  TierTaskWhere,
  ValueComputation,
  ValueScore,
} from './tier.types';

@Resolver(() => Customer)
export class CustomerTiersResolver {
  @ReadField(() => CustomerTier, {
    nullable: true,
    description: 'Tier 「客户层级」; null for suppliers, and until the customer has both a grade and a value.',
    past: pastTier,
    moments: true,
  })
  tier!: CustomerTier | null;

  @ReadPages(() => TierHistoryConnection, {
    description: 'Moves in the tier matrix, newest first.',
    args: PastPageArgs,
    past: pastTierHistory,
  })
  tierHistory!: Connection<TierHistoryEntry>;

  @ReadField(() => LifeCycleEntry, {
    nullable: true,
    description:
      'Where the customer’s own figures put him in the life cycle 「阶段研判」; null for suppliers, and before anybody has looked.',
    past: pastLifeCycle,
    moments: true,
  })
  lifeCycle!: LifeCycleEntry | null;

  @ReadPages(() => LifeCycleConnection, {
    description: 'Moves in the life cycle by rules, newest first.',
    args: PastPageArgs,
    past: pastLifeCycleHistory,
  })
  lifeCycleHistory!: Connection<LifeCycleEntry>;

  @ReadField(() => ValueScore, {
    nullable: true,
    description: 'What the customer is worth to us 「价值评分」; null for suppliers, and before the first computation.',
    past: pastValueScore,
    moments: true,
  })
  valueScore!: ValueScore | null;
}

@Resolver(() => CustomerTier)
export class CustomerTierResolver {
  @ReadField(() => PolicyVersion, {
    nullable: true,
    description: 'Version of the tier matrix that the cell was matched in.',
    past: pastTierPolicy,
  })
  policy!: PolicyVersion | null;

  @ReadField(() => ValueScore, {
    nullable: true,
    description: 'Value score that the cell was matched with.',
    past: pastTierValue,
  })
  valueScore!: ValueScore | null;

  @ReadField(() => [TierTask], {
    description:
      'Tasks that are open, the soonest due first; in the past those that were open then, as they stand today.',
    past: pastOpenTasks,
  })
  openTasks!: readonly TierTask[];
}

@Resolver(() => TierHistoryEntry)
export class TierHistoryResolver {
  @ReadField(() => PolicyVersion, { nullable: true, description: 'Version of the tier matrix that decided.' })
  policy!: PolicyVersion | null;

  @ReadField(() => ValueScore, { nullable: true, description: 'Value score that it was decided by.' })
  valueScore!: ValueScore | null;
}

@Resolver(() => LifeCycleEntry)
export class LifeCycleEntryResolver {
  @ReadField(() => PolicyVersion, { nullable: true, description: 'Version of the rules that decided.' })
  policy!: PolicyVersion | null;
}

@Resolver(() => ValueScore)
export class ValueScoreResolver {
  @ReadField(() => ValueComputation, { nullable: true, description: 'Whose cut points it was placed by.' })
  computation!: ValueComputation | null;
}

@Resolver(() => ValueComputation)
export class ValueComputationResolver {
  @Mutation(() => StartValueComputationPayload, {
    description: 'Tells the value of all customers anew, and moves their tiers; workers do it.',
  })
  async startValueComputation(
    @Ctx() { app, initiator }: GraphContext,
    // All that it holds is taken care of around every mutation.
    @Arg('input', () => StartValueComputationInput, { defaultValue: {} }) _input: StartValueComputationInput,
  ): Promise<StartValueComputationPayload> {
    return payloadOf(await app.tiers.startComputation(initiator), ({ computationId, auditEventId }) => ({
      computation: reading('ValueComputation', computationId),
      auditEvent: reading('AuditEvent', auditEventId),
    }));
  }

  @Mutation(() => EvaluateCustomerValuePayload, {
    description:
      'Tells the value of one customer anew, by the cut points of the newest computation, and moves the tier.',
  })
  async evaluateCustomerValue(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => EvaluateCustomerValueInput) input: EvaluateCustomerValueInput,
  ): Promise<EvaluateCustomerValuePayload> {
    return payloadOf(
      await app.tiers.evaluateCustomer(initiator, { customerId: keyOf('Customer', input.customerId) }),
      ({ customerId, auditEventId }) => ({
        customer: reading('Customer', customerId),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }

  @ReadField(() => User, { nullable: true, description: 'Who started it; null for a system actor.' })
  requester!: User | null;

  @ReadField(() => PolicyVersion, { nullable: true, description: 'Weights and figures that it goes by.' })
  policy!: PolicyVersion | null;
}

@Resolver(() => TierTask)
export class TierTaskResolver {
  @Query(() => TierTaskConnection, { description: 'Tasks that follow from tiers, the soonest due first.' })
  tierTasks(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => TierTaskWhere, { nullable: true }) where?: TierTaskWhere,
  ): Promise<Connection<TierTask>> {
    const filter = filterOf(given(where));
    const list = valueOrFault(context.app.tiers.queries.tasks(context.actor, filter));
    return readPage(context, info, list, args, { list: 'tierTasks', order: 'dueOn', filter: asJson(filter) });
  }

  @Mutation(() => CompleteTierTaskPayload, { description: 'A task is done.' })
  async completeTierTask(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => CompleteTierTaskInput) { taskId, expectedVersion, note }: CompleteTierTaskInput,
  ): Promise<TierTaskPayload> {
    const closing = { taskId: keyOf('TierTask', taskId), expectedVersion, state: 'DONE', note: note ?? '' } as const;
    return taskPayload(await app.tiers.closeTask(initiator, closing));
  }

  @Mutation(() => CancelTierTaskPayload, { description: 'A task will not be done, for a reason.' })
  async cancelTierTask(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => CancelTierTaskInput) { taskId, expectedVersion, note }: CancelTierTaskInput,
  ): Promise<TierTaskPayload> {
    const closing = { taskId: keyOf('TierTask', taskId), expectedVersion, state: 'CANCELLED', note } as const;
    return taskPayload(await app.tiers.closeTask(initiator, closing));
  }

  @ReadField(() => Customer, { nullable: true, description: 'On whom.' })
  customer!: Customer | null;

  @ReadField(() => User, {
    nullable: true,
    description: 'Customer manager when the task came up; null where there was none: then it is the unit’s.',
  })
  owner!: User | null;

  @ReadField(() => OrgUnit, { nullable: true, description: 'Org unit that looked after the customer then.' })
  orgUnit!: OrgUnit | null;

  @ReadField(() => User, { nullable: true, description: 'Who completed or cancelled it; null for a system actor.' })
  closer!: User | null;
}

const taskPayload = (result: Result<{ readonly taskId: string; readonly auditEventId: string }>): TierTaskPayload =>
  payloadOf(result, ({ taskId, auditEventId }) => ({
    task: reading('TierTask', taskId),
    auditEvent: reading('AuditEvent', auditEventId),
  }));

const filterOf = composedFilter<Given<TierTaskWhere>, TaskFilter>(({ owner, orgUnit, customer, ...rest }) => ({
  ...rest,
  ...(owner === undefined ? {} : { ownerUserId: { eq: keyOf('User', owner) } }),
  ...(orgUnit === undefined ? {} : { orgUnitId: { eq: keyOf('OrgUnit', orgUnit) } }),
  ...(customer === undefined ? {} : { customerId: { eq: keyOf('Customer', customer) } }),
}));
