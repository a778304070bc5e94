import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { RatingFilter, RatingOrder, RatingsOf } from '../../src/ratings';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import {
  pastGradeHistory,
  pastLatestRating,
  pastRatedCustomer,
  pastRatingOfGrade,
  pastRatings,
} from '../customers/past-customer';
import { fault, valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { composedFilter, given, type Given } from '../inputs';
import { PastPageArgs } from '../moments';
import { InputOverride } from '../overrides/input-override.types';
import { sortOf, type OrderBy } from '../order';
import { ReadField, reading, readPage, ReadPages } from '../reads';
import { CutPointSet, ScorecardVersion } from '../scorecards/scorecard.types';
import { payloadOf } from '../user-errors';
import {
  CalculationLog,
  CustomerGrade,
  GradeHistoryConnection,
  GradeHistoryEntry,
  GradeReport,
  RateCustomerInput,
  RateCustomerPayload,
  Rating,
  RatingConnection,
  RatingOrderBy,
  RatingWhere,
} from './rating.types';

@Resolver(() => Rating)
export class RatingResolver {
  @ReadField(() => [InputOverride], {
    description: 'Values that stood in place of sources’ when it was made, by code.',
  })
  overriddenInputs!: readonly InputOverride[];

  @Query(() => RatingConnection, {
    description: 'Ratings of a customer or of a run; exactly one of the two is given.',
  })
  ratings(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('orderBy', () => [RatingOrderBy], { defaultValue: [{ field: 'RATED_AT', direction: 'DESC' }] })
    orderBy: OrderBy<RatingOrder>[],
    @Arg('customer', () => ID, { nullable: true, description: 'Id of the customer.' }) customer?: string | null,
    @Arg('run', () => ID, { nullable: true, description: 'Id of the run.' }) run?: string | null,
    @Arg('where', () => RatingWhere, { nullable: true }) where?: RatingWhere | null,
  ): Promise<Connection<Rating>> {
    const of = ratingsOf(given({ customer, run }));
    const filter = filterOf(given(where));
    const sort = sortOf(orderBy);
    const list = valueOrFault(context.app.ratings.queries.list(context.actor, of, filter, sort));
    const binding = { list: 'ratings', order: asJson(sort), filter: asJson({ of, filter }) };
    return readPage(context, info, list, args, binding);
  }

  @Mutation(() => RateCustomerPayload, { description: 'Rates one customer now, on the live scorecard version.' })
  async rateCustomer(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RateCustomerInput) input: RateCustomerInput,
  ): Promise<RateCustomerPayload> {
    const result = await app.ratings.rateCustomer(initiator, { customerId: keyOf('Customer', input.customerId) });
    return payloadOf(result, ({ ratingId, auditEventId }) => ({
      rating: reading('Rating', ratingId),
      auditEvent: reading('AuditEvent', auditEventId),
    }));
  }

  @ReadField(() => Customer, { nullable: true, description: 'Who was rated.', past: pastRatedCustomer })
  customer!: Customer | null;

  @ReadField(() => ScorecardVersion, { nullable: true, description: 'Scorecard version that it was made with.' })
  scorecardVersion!: ScorecardVersion | null;

  @ReadField(() => CutPointSet, { nullable: true, description: 'Frozen cut points that it was scored with.' })
  cutPoints!: CutPointSet | null;

  @ReadField(() => CalculationLog, { description: 'How it came about, line by line.' })
  calculationLog!: CalculationLog;

  @ReadField(() => GradeReport, {
    description:
      'What it says to people 「评级报告」; also as a page to print at `/reports/<id>.pdf?lang=zh` or `lang=en`, with the same token.',
  })
  report!: GradeReport;
}

const ratingsOf = ({ customer, run }: { readonly customer?: string; readonly run?: string }): RatingsOf => {
  if (customer !== undefined && run === undefined) return { customerId: keyOf('Customer', customer) };
  if (run !== undefined && customer === undefined) return { runId: keyOf('RatingRun', run) };
  throw fault('BAD_USER_INPUT', 'give either `customer` or `run`', { reason: 'ONE_OF' });
};

const filterOf = composedFilter<Given<RatingWhere>, RatingFilter>(({ scorecardVersion, ...rest }) => ({
  ...rest,
  ...(scorecardVersion === undefined
    ? {}
    : { scorecardVersionId: { eq: keyOf('ScorecardVersion', scorecardVersion) } }),
}));

@Resolver(() => CustomerGrade)
export class CustomerGradeResolver {
  @ReadField(() => Rating, {
    nullable: true,
    description: 'Rating that the model grade comes from.',
    past: pastRatingOfGrade,
  })
  rating!: Rating | null;
}

@Resolver(() => Customer)
export class CustomerRatingsResolver {
  @ReadField(() => Rating, {
    nullable: true,
    description: 'The newest rating, which the model grade comes from; null before the first.',
    past: pastLatestRating,
    moments: true,
  })
  latestRating!: Rating | null;

  @ReadPages(() => RatingConnection, { description: 'Ratings, newest first.', args: PastPageArgs, past: pastRatings })
  ratings!: Connection<Rating>;

  @ReadPages(() => GradeHistoryConnection, {
    description: 'Changes of the grades, newest first.',
    args: PastPageArgs,
    past: pastGradeHistory,
  })
  gradeHistory!: Connection<GradeHistoryEntry>;
}
