import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import {
  pastGradeHistory,
  pastLatestRating,
  pastRatedCustomer,
  pastRatingOfGrade,
  pastRatings,
} from '../customers/past-customer';
import { keyOf } from '../global-id';
import { PastPageArgs } from '../moments';
import { InputOverride } from '../overrides/input-override.types';
import { ReadField, reading, ReadPages } from '../reads';
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
} from './rating.types';

@Resolver(() => Rating)
export class RatingResolver {
  @ReadField(() => [InputOverride], {
    description: 'Values that stood in place of sources’ when it was made, by code.',
  })
  overriddenInputs!: readonly InputOverride[];

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
