import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { Result } from '../../src/kernel/result';
import type { RunStarted } from '../../src/ratings';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { given } from '../inputs';
import { User } from '../identity/user.types';
import { ReadField, reading, readOne, readPage, ReadPages } from '../reads';
import { payloadOf } from '../user-errors';
import {
  CancelRatingRunInput,
  GradeCount,
  ParkedCustomer,
  ParkedCustomerConnection,
  RatingRun,
  RatingRunConnection,
  RatingRunWhere,
  CancelRatingRunPayload,
  RunPayload,
  StartRatingRunInput,
  StartRatingRunPayload,
} from './rating.types';

@Resolver(() => RatingRun)
export class RatingRunResolver {
  @Query(() => RatingRun, { nullable: true, description: 'A run by its id.' })
  ratingRun(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('id', () => ID, { description: 'Id of the run.' }) id: string,
  ): Promise<RatingRun | null> {
    return readOne(context, info, 'RatingRun', keyOf('RatingRun', id));
  }

  @Query(() => RatingRunConnection, { description: 'Runs over the portfolio, newest first.' })
  ratingRuns(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => RatingRunWhere, { nullable: true }) where?: RatingRunWhere,
  ): Promise<Connection<RatingRun>> {
    const filter = given(where);
    const list = valueOrFault(context.app.ratings.queries.listRuns(context.actor, filter));
    return readPage(context, info, list, args, { list: 'ratingRuns', order: 'startedAt', filter: asJson(filter) });
  }

  @Mutation(() => StartRatingRunPayload, {
    description: 'Rates the whole portfolio; workers do it, `ratingRun` shows progress.',
  })
  async startRatingRun(
    @Ctx() context: GraphContext,
    // All that it holds is taken care of around every mutation.
    @Arg('input', () => StartRatingRunInput, { defaultValue: {} }) _input: StartRatingRunInput,
  ): Promise<RunPayload> {
    return runPayload(await context.app.ratings.startRun(context.initiator));
  }

  @Mutation(() => CancelRatingRunPayload, {
    description: 'Cancels a run: what was rated stays, the rest is not rated.',
  })
  async cancelRatingRun(
    @Ctx() context: GraphContext,
    @Arg('input', () => CancelRatingRunInput) input: CancelRatingRunInput,
  ): Promise<RunPayload> {
    const runId = keyOf('RatingRun', input.runId);
    return runPayload(await context.app.ratings.cancelRun(context.initiator, { runId }));
  }

  @ReadField(() => User, { nullable: true, description: 'Who started it; null for a system actor.' })
  requester!: User | null;

  @ReadField(() => [GradeCount], { description: 'Model grades so far, best first.' })
  distribution!: readonly GradeCount[];

  @ReadPages(() => ParkedCustomerConnection, { description: 'Customers that could not be rated, with reasons.' })
  parkedCustomers!: Connection<ParkedCustomer>;
}

@Resolver(() => ParkedCustomer)
export class ParkedCustomerResolver {
  @ReadField(() => Customer, { nullable: true, description: 'The customer.' })
  customer!: Customer | null;
}

const runPayload = (result: Result<RunStarted>): RunPayload =>
  payloadOf(result, ({ runId, auditEventId }) => ({
    run: reading('RatingRun', runId),
    auditEvent: reading('AuditEvent', auditEventId),
  }));
