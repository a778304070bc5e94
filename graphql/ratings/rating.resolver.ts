import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { auditEventNode } from '../audit/audit-event.types';
import { PageArgs, pageRequest, toConnection, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer, customerNode } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { CutPointSet, cutPointSetNode, ScorecardVersion, scorecardVersionNode } from '../scorecards/scorecard.types';
import { payloadOf } from '../user-errors';
import {
  CalculationLog,
  calculationLog,
  CustomerGrade,
  GradeHistoryConnection,
  GradeHistoryEntry,
  gradeHistoryEntry,
  RateCustomerInput,
  Rating,
  RatingConnection,
  ratingNode,
  RateCustomerPayload,
} from './rating.types';

@Resolver(() => Rating)
export class RatingResolver {
  @Mutation(() => RateCustomerPayload, { description: 'Rates one customer now, on the live scorecard version.' })
  async rateCustomer(
    @Ctx() { app, initiator, loaders }: GraphContext,
    @Arg('input', () => RateCustomerInput) input: RateCustomerInput,
  ): Promise<RateCustomerPayload> {
    const result = await app.ratings.rateCustomer(initiator, { customerId: keyOf('Customer', input.customerId) });
    return payloadOf(result, ({ ratingId, auditEventId }) => ({
      rating: async () => {
        const view = await loaders.ratings.load(ratingId);
        return view === null ? null : ratingNode(view);
      },
      auditEvent: async () => {
        const event = await loaders.auditEvents.load(auditEventId);
        return event === null ? null : auditEventNode(event);
      },
    }));
  }

  @FieldResolver(() => Customer, { nullable: true, description: 'Who was rated.' })
  async customer(@Root() rating: Rating, @Ctx() { loaders }: GraphContext): Promise<Customer | null> {
    const view = await loaders.customers.load(rating.customerId);
    return view === null ? null : customerNode(view);
  }

  @FieldResolver(() => ScorecardVersion, { nullable: true, description: 'Scorecard version that it was made with.' })
  async scorecardVersion(@Root() { view }: Rating, @Ctx() { loaders }: GraphContext): Promise<ScorecardVersion | null> {
    const version = await loaders.scorecardVersions.load(view.scorecardVersionId);
    return version === null ? null : scorecardVersionNode(version);
  }

  @FieldResolver(() => CutPointSet, { nullable: true, description: 'Frozen cut points that it was scored with.' })
  async cutPoints(@Root() { view }: Rating, @Ctx() { loaders }: GraphContext): Promise<CutPointSet | null> {
    const set = await loaders.cutPointSets.load(view.cutPointSetId);
    return set === null ? null : cutPointSetNode(set);
  }

  @FieldResolver(() => CalculationLog, { description: 'How it came about, line by line.' })
  async calculationLog(@Root() rating: Rating, @Ctx() { app, actor }: GraphContext): Promise<CalculationLog> {
    return calculationLog(await app.ratings.queries.calculationLog(actor, rating.view));
  }
}

@Resolver(() => CustomerGrade)
export class CustomerGradeResolver {
  @FieldResolver(() => Rating, { nullable: true, description: 'Rating that the model grade comes from.' })
  async rating(@Root() grade: CustomerGrade, @Ctx() { loaders }: GraphContext): Promise<Rating | null> {
    const view = await loaders.ratings.load(grade.ratingId);
    return view === null ? null : ratingNode(view);
  }
}

@Resolver(() => Customer)
export class CustomerRatingsResolver {
  @FieldResolver(() => RatingConnection, { description: 'Ratings, newest first.' })
  async ratings(
    @Root() customer: Customer,
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
  ): Promise<Connection<Rating>> {
    const binding = { list: 'Customer.ratings', order: 'ratedAt', filter: customer.key };
    const { page, count } = app.ratings.queries;
    const found = valueOrFault(await page(actor, customer.key, pageRequest(args, binding, 2)));
    return toConnection(found, args, binding, ratingNode, async () => valueOrFault(await count(actor, customer.key)));
  }

  @FieldResolver(() => GradeHistoryConnection, { description: 'Changes of the grades, newest first.' })
  async gradeHistory(
    @Root() customer: Customer,
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
  ): Promise<Connection<GradeHistoryEntry>> {
    const binding = { list: 'Customer.gradeHistory', order: 'changedAt', filter: customer.key };
    const { history, countHistory } = app.ratings.queries;
    const found = valueOrFault(await history(actor, customer.key, pageRequest(args, binding, 2)));
    return toConnection(found, args, binding, gradeHistoryEntry, async () =>
      valueOrFault(await countHistory(actor, customer.key)),
    );
  }
}
