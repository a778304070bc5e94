import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { Result } from '../../src/kernel/result';
import type { RunOrder, RunStarted } from '../../src/ratings';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { given } from '../inputs';
import { User } from '../identity/user.types';
import { sortOf, type OrderBy } from '../order';
import { ReadField, reading, readOne, readPage, ReadPages } from '../reads';
import { ScorecardVersion } from '../scorecards/scorecard.types';
import { payloadOf } from '../user-errors';
import {
  CancelRatingRunInput,
  GradeCount,
  GradeLevelCount,
  ParkedCustomer,
  ParkedCustomerConnection,
  PortfolioBandCount,
  RatingRun,
  RatingRunConnection,
  RatingRunOrderBy,
  RatingRunWhere,
  CancelRatingRunPayload,
  RunPayload,
  SimulateRatingRunInput,
  SimulateRatingRunPayload,
  StartRatingRunInput,
  StartRatingRunPayload,
} from './rating.types';
import { SimulationMover, SimulationMoverConnection } from './what-if.types';

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

  @Query(() => RatingRunConnection, { description: 'Runs over the portfolio.' })
  ratingRuns(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => RatingRunWhere, { nullable: true }) where: RatingRunWhere | null | undefined,
    @Arg('orderBy', () => [RatingRunOrderBy], { defaultValue: [{ field: 'STARTED_AT', direction: 'DESC' }] })
    orderBy: OrderBy<RunOrder>[],
  ): Promise<Connection<RatingRun>> {
    const filter = given(where);
    const sort = sortOf(orderBy);
    const list = valueOrFault(context.app.ratings.queries.listRuns(context.actor, filter, sort));
    return readPage(context, info, list, args, { list: 'ratingRuns', order: asJson(sort), filter: asJson(filter) });
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

  @Mutation(() => SimulateRatingRunPayload, {
    description:
      'Rates the whole portfolio as a run would, by any scorecard version or limit policy, and leaves no trace but what it came to.',
  })
  async simulateRatingRun(
    @Ctx() context: GraphContext,
    @Arg('input', () => SimulateRatingRunInput, { defaultValue: {} }) input: SimulateRatingRunInput,
  ): Promise<RunPayload> {
    const versionId = input.scorecardVersionId ?? null;
    const scorecardVersionId = versionId === null ? null : keyOf('ScorecardVersion', versionId);
    const simulate = { scorecardVersionId, limitPolicy: input.limitPolicy };
    return runPayload(await context.app.ratings.startRun(context.initiator, { simulate }));
  }

  @Mutation(() => CancelRatingRunPayload, {
    description: 'Cancels a run that is not in effect yet; nothing of it ever will be.',
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

  @ReadField(() => ScorecardVersion, { nullable: true, description: 'What it rates by.' })
  scorecardVersion!: ScorecardVersion | null;

  @ReadField(() => [GradeCount], { description: 'Model grades, best first; empty until all chunks are done.' })
  distribution!: readonly GradeCount[];

  @ReadPages(() => SimulationMoverConnection, {
    description: 'Who would move, the biggest moves first, then the largest exposures; only of simulations.',
  })
  movers!: Connection<SimulationMover>;

  @ReadField(() => [GradeLevelCount], {
    description: 'Model grades by the four-level view; empty until all chunks are done.',
  })
  levels!: readonly GradeLevelCount[];

  @ReadField(() => [PortfolioBandCount], {
    description: 'Model grades by customer group; empty until all chunks are done.',
  })
  portfolioBands!: readonly PortfolioBandCount[];

  @ReadPages(() => ParkedCustomerConnection, { description: 'Customers that could not be rated, with reasons.' })
  parkedCustomers!: Connection<ParkedCustomer>;
}

@Resolver(() => SimulationMover)
export class SimulationMoverResolver {
  @ReadField(() => Customer, { nullable: true, description: 'The customer.' })
  customer!: Customer | null;
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
