import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { Result } from '../../src/kernel/result';
import type { EventOutcome, WarningFilter, WarningHandled } from '../../src/warnings';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { User } from '../identity/user.types';
import { given, type Given } from '../inputs';
import { Rerating } from '../ratings/rerating.types';
import { ReadField, reading, readOne, readPage } from '../reads';
import { payloadOf } from '../user-errors';
import {
  AcknowledgeWarningInput,
  AcknowledgeWarningPayload,
  CloseWarningInput,
  CloseWarningPayload,
  CompleteWarningTaskInput,
  CompleteWarningTaskPayload,
  RecordRiskEventInput,
  RecordRiskEventPayload,
  RiskEvent,
  Warning,
  WarningConnection,
  WarningEntry,
  WarningPayload,
  WarningTask,
  WarningWhere,
} from './warning.types';

@Resolver(() => Warning)
export class WarningResolver {
  @Query(() => Warning, { nullable: true, description: 'A warning by its id.' })
  warning(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('id', () => ID, { description: 'Id of the warning.' }) id: string,
  ): Promise<Warning | null> {
    return readOne(context, info, 'Warning', keyOf('Warning', id));
  }

  @Query(() => WarningConnection, { description: 'Warnings, newest first.' })
  warnings(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => WarningWhere, { nullable: true }) where?: WarningWhere,
  ): Promise<Connection<Warning>> {
    const filter = warningFilter(given(where));
    const list = valueOrFault(context.app.warnings.queries.listWarnings(context.actor, filter));
    return readPage(context, info, list, args, { list: 'warnings', order: 'raisedAt', filter: asJson(filter) });
  }

  @Mutation(() => RecordRiskEventPayload, {
    description:
      'Puts on record what has happened to a customer, with all that follows: a warning, the indicator that moves, a re-rating at once or soon, a review of the limit. Told again under the same source and reference, nothing is done twice.',
  })
  async recordRiskEvent(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RecordRiskEventInput) input: RecordRiskEventInput,
  ): Promise<RecordRiskEventPayload> {
    const result = await app.warnings.recordRiskEvent(initiator, {
      customerId: keyOf('Customer', input.customerId),
      kind: input.kind,
      occurredAt: input.occurredAt,
      source: input.source,
      reference: input.reference,
      detail: input.detail,
      value: input.value?.toFixed() ?? null,
    });
    return warningPayload(result);
  }

  @Mutation(() => AcknowledgeWarningPayload, { description: 'Takes a warning up; its owner or anybody who may.' })
  async acknowledgeWarning(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => AcknowledgeWarningInput) input: AcknowledgeWarningInput,
  ): Promise<AcknowledgeWarningPayload> {
    const warningId = keyOf('Warning', input.warningId);
    return warningPayload(
      await app.warnings.acknowledge(initiator, {
        warningId,
        expectedVersion: input.expectedVersion,
        note: input.note ?? '',
      }),
    );
  }

  @Mutation(() => CloseWarningPayload, {
    description: 'Closes a warning once its tasks are done; a red one by risk only.',
  })
  async closeWarning(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => CloseWarningInput) input: CloseWarningInput,
  ): Promise<CloseWarningPayload> {
    const warningId = keyOf('Warning', input.warningId);
    const { expectedVersion, outcome, note } = input;
    return warningPayload(await app.warnings.close(initiator, { warningId, expectedVersion, outcome, note }));
  }

  @Mutation(() => CompleteWarningTaskPayload, { description: 'Says that a task of a warning is done.' })
  async completeWarningTask(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => CompleteWarningTaskInput) input: CompleteWarningTaskInput,
  ): Promise<CompleteWarningTaskPayload> {
    const taskId = keyOf('WarningTask', input.taskId);
    return warningPayload(await app.warnings.completeTask(initiator, { taskId, note: input.note }));
  }

  @ReadField(() => Customer, { nullable: true, description: 'Whom it concerns.' })
  customer!: Customer | null;

  @ReadField(() => User, { nullable: true, description: 'Who owns it; null where a role does.' })
  owner!: User | null;

  @ReadField(() => [RiskEvent], { description: 'The evidence: what has happened, oldest first.' })
  events!: readonly RiskEvent[];

  @ReadField(() => [WarningEntry], { description: 'What was done about it, oldest first.' })
  entries!: readonly WarningEntry[];

  @ReadField(() => [WarningTask], { description: 'What has to be done about it.' })
  tasks!: readonly WarningTask[];
}

@Resolver(() => RiskEvent)
export class RiskEventResolver {
  @ReadField(() => Rerating, {
    nullable: true,
    description: 'The re-rating that answers it; null where none was asked for.',
  })
  rerating!: Rerating | null;
}

@Resolver(() => WarningEntry)
export class WarningEntryResolver {
  @ReadField(() => User, { nullable: true, description: 'Who did it; null for a system actor.' })
  madeBy!: User | null;
}

@Resolver(() => WarningTask)
export class WarningTaskResolver {
  @ReadField(() => User, { nullable: true, description: 'Who did it; null before.' })
  doneBy!: User | null;
}

@Resolver(() => Customer)
export class CustomerWarningsResolver {
  @ReadField(() => [Warning], { description: 'Warnings that are not closed, newest first.' })
  openWarnings!: readonly Warning[];
}

const warningPayload = (result: Result<EventOutcome | WarningHandled>): WarningPayload =>
  payloadOf(result, ({ warningId, auditEventId }) => ({
    warning: reading('Warning', warningId),
    auditEvent: reading('AuditEvent', auditEventId),
  }));

/** Ids of the API as keys, at whatever depth they stand. */
const warningFilter = ({ customer, owner, and, or, not, ...rest }: Given<WarningWhere>): WarningFilter => ({
  ...rest,
  ...(customer === undefined ? {} : { customerId: keyOf('Customer', customer) }),
  ...(owner === undefined ? {} : { ownerId: keyOf('User', owner) }),
  ...(and === undefined ? {} : { and: and.map(warningFilter) }),
  ...(or === undefined ? {} : { or: or.map(warningFilter) }),
  ...(not === undefined ? {} : { not: warningFilter(not) }),
});
