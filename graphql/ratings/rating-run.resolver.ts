import { Args, Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Result } from '../../src/kernel/result';
import type { RunStarted } from '../../src/ratings';
import { auditEventNode } from '../audit/audit-event.types';
import { asJson, PageArgs, pageRequest, toConnection, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer, customerNode } from '../customers/customer.types';
import { gradeValue } from '../enums';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { given } from '../inputs';
import { User, userNode } from '../identity/user.types';
import { payloadOf } from '../user-errors';
import {
  CancelRatingRunInput,
  GradeCount,
  ParkedCustomer,
  ParkedCustomerConnection,
  RatingRun,
  RatingRunConnection,
  RatingRunWhere,
  ratingRunNode,
  CancelRatingRunPayload,
  RunPayload,
  StartRatingRunInput,
  StartRatingRunPayload,
} from './rating.types';

@Resolver(() => RatingRun)
export class RatingRunResolver {
  @Query(() => RatingRun, { nullable: true, description: 'A run by its id.' })
  async ratingRun(
    @Ctx() { loaders }: GraphContext,
    @Arg('id', () => ID, { description: 'Id of the run.' }) id: string,
  ): Promise<RatingRun | null> {
    const view = await loaders.runs.load(keyOf('RatingRun', id));
    return view === null ? null : ratingRunNode(view);
  }

  @Query(() => RatingRunConnection, { description: 'Runs over the portfolio, newest first.' })
  async ratingRuns(
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => RatingRunWhere, { nullable: true }) where?: RatingRunWhere,
  ): Promise<Connection<RatingRun>> {
    const filter = given(where);
    const binding = { list: 'ratingRuns', order: 'startedAt', filter: asJson(filter) };
    const page = valueOrFault(await app.ratings.queries.runs(actor, filter, pageRequest(args, binding, 2)));
    return toConnection(page, args, binding, ratingRunNode, async () =>
      valueOrFault(await app.ratings.queries.countRuns(actor, filter)),
    );
  }

  @Mutation(() => StartRatingRunPayload, {
    description: 'Rates the whole portfolio; workers do it, `ratingRun` shows progress.',
  })
  async startRatingRun(
    @Ctx() context: GraphContext,
    // All that it holds is taken care of around every mutation.
    @Arg('input', () => StartRatingRunInput, { defaultValue: {} }) _input: StartRatingRunInput,
  ): Promise<RunPayload> {
    return runPayload(context, await context.app.ratings.startRun(context.initiator));
  }

  @Mutation(() => CancelRatingRunPayload, {
    description: 'Cancels a run: what was rated stays, the rest is not rated.',
  })
  async cancelRatingRun(
    @Ctx() context: GraphContext,
    @Arg('input', () => CancelRatingRunInput) input: CancelRatingRunInput,
  ): Promise<RunPayload> {
    const runId = keyOf('RatingRun', input.runId);
    return runPayload(context, await context.app.ratings.cancelRun(context.initiator, { runId }));
  }

  @FieldResolver(() => User, { nullable: true, description: 'Who started it; null for a system actor.' })
  async requester(@Root() run: RatingRun, @Ctx() { loaders }: GraphContext): Promise<User | null> {
    if (run.requestedBy.startsWith('system:')) return null;
    const user = await loaders.users.load(run.requestedBy);
    return user === null ? null : userNode(user);
  }

  @FieldResolver(() => [GradeCount], { description: 'Model grades so far, best first.' })
  async distribution(@Root() run: RatingRun, @Ctx() { app, actor }: GraphContext): Promise<GradeCount[]> {
    const counts = await app.ratings.queries.distribution(actor, run.key);
    return counts.map(({ grade, count }) => ({ grade: gradeValue(grade), count }));
  }

  @FieldResolver(() => ParkedCustomerConnection, { description: 'Customers that could not be rated, with reasons.' })
  async parkedCustomers(
    @Root() run: RatingRun,
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
  ): Promise<Connection<ParkedCustomer>> {
    const binding = { list: 'RatingRun.parkedCustomers', order: 'customer', filter: run.key };
    const { parked, countParked } = app.ratings.queries;
    const page = valueOrFault(await parked(actor, run.key, pageRequest(args, binding, 1)));
    return toConnection(
      page,
      args,
      binding,
      (row) => row,
      async () => valueOrFault(await countParked(actor, run.key)),
    );
  }
}

@Resolver(() => ParkedCustomer)
export class ParkedCustomerResolver {
  @FieldResolver(() => Customer, { nullable: true, description: 'The customer.' })
  async customer(@Root() parked: ParkedCustomer, @Ctx() { loaders }: GraphContext): Promise<Customer | null> {
    const view = await loaders.customers.load(parked.customerId);
    return view === null ? null : customerNode(view);
  }
}

const runPayload = ({ loaders }: GraphContext, result: Result<RunStarted>): RunPayload =>
  payloadOf(result, ({ runId, auditEventId }) => ({
    run: async () => {
      const view = await loaders.runs.load(runId);
      return view === null ? null : ratingRunNode(view);
    },
    auditEvent: async () => {
      const event = await loaders.auditEvents.load(auditEventId);
      return event === null ? null : auditEventNode(event);
    },
  }));
