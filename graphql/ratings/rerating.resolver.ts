import { Max, Min } from 'class-validator';
import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, ArgsType, Ctx, Field, Info, Int, Query, Resolver } from 'type-graphql';
import type { ReratingFilter } from '../../src/ratings';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { given, type Given } from '../inputs';
import { ReadField, readPage } from '../reads';
import { DateTimeScalar } from '../scalars';
import { Rating } from './rating.types';
import {
  DueMonth,
  DueRating,
  DueRatingConnection,
  DueRatingWhere,
  Rerating,
  ReratingConnection,
  ReratingFigures,
  ReratingWhere,
} from './rerating.types';

const MOST_MONTHS = 24;

@ArgsType()
class MonthsArgs {
  @Field(() => Int, { defaultValue: 12, description: `How many months, the present one first: 1 to ${MOST_MONTHS}.` })
  @Min(1)
  @Max(MOST_MONTHS)
  months!: number;
}

@Resolver(() => DueRating)
export class DueRatingResolver {
  @Query(() => DueRatingConnection, {
    description: 'Rated customers by when the next rating is due, the longest due first.',
  })
  dueRatings(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => DueRatingWhere, { nullable: true }) where?: DueRatingWhere,
  ): Promise<Connection<DueRating>> {
    const filter = given(where);
    const list = valueOrFault(context.app.ratings.queries.listDueRatings(context.actor, filter));
    return readPage(context, info, list, args, { list: 'dueRatings', order: 'ratingDueAt', filter: asJson(filter) });
  }

  @Query(() => [DueMonth], { description: 'How many ratings are overdue, and how many fall due month by month.' })
  async ratingsDueByMonth(
    @Ctx() { app, actor, now }: GraphContext,
    @Args(() => MonthsArgs) { months }: MonthsArgs,
  ): Promise<readonly DueMonth[]> {
    return valueOrFault(await app.ratings.queries.dueByMonth(actor, now, months));
  }

  @ReadField(() => Customer, { nullable: true, description: 'The customer.' })
  customer!: Customer | null;
}

@Resolver(() => Rerating)
export class ReratingResolver {
  @Query(() => ReratingConnection, { description: 'Re-ratings that were asked for, newest first.' })
  reratings(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => ReratingWhere, { nullable: true }) where?: ReratingWhere,
  ): Promise<Connection<Rerating>> {
    const filter = reratingFilter(given(where));
    const list = valueOrFault(context.app.ratings.queries.listReratings(context.actor, filter));
    return readPage(context, info, list, args, { list: 'reratings', order: 'askedAt', filter: asJson(filter) });
  }

  @Query(() => ReratingFigures, {
    description: 'What is overdue now, and how promptly events of a period were answered.',
  })
  async reratingFigures(
    @Ctx() { app, actor, now }: GraphContext,
    @Arg('from', () => DateTimeScalar, { description: 'Events at this moment or after.' }) from: Date,
    @Arg('to', () => DateTimeScalar, { description: 'Events before this moment.' }) to: Date,
  ): Promise<ReratingFigures> {
    return valueOrFault(await app.ratings.queries.reratingFigures(actor, now, { from, to }));
  }

  @ReadField(() => Customer, { nullable: true, description: 'Who is rated again.' })
  customer!: Customer | null;

  @ReadField(() => Rating, { nullable: true, description: 'The rating that answered it; null before.' })
  rating!: Rating | null;
}

/** Ids of the API as keys, at whatever depth they stand. */
const reratingFilter = ({ customer, and, or, not, ...rest }: Given<ReratingWhere>): ReratingFilter => ({
  ...rest,
  ...(customer === undefined ? {} : { customerId: keyOf('Customer', customer) }),
  ...(and === undefined ? {} : { and: and.map(reratingFilter) }),
  ...(or === undefined ? {} : { or: or.map(reratingFilter) }),
  ...(not === undefined ? {} : { not: reratingFilter(not) }),
});
