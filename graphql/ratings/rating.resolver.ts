import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { keyOf } from '../global-id';
import { ReadField, reading, ReadPages } from '../reads';
import { CutPointSet, ScorecardVersion } from '../scorecards/scorecard.types';
import { payloadOf } from '../user-errors';
import {
  CalculationLog,
  CustomerGrade,
  GradeHistoryConnection,
  GradeHistoryEntry,
  RateCustomerInput,
  RateCustomerPayload,
  Rating,
  RatingConnection,
} from './rating.types';

@Resolver(() => Rating)
export class RatingResolver {
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

  @ReadField(() => Customer, { nullable: true, description: 'Who was rated.' })
  customer!: Customer | null;

  @ReadField(() => ScorecardVersion, { nullable: true, description: 'Scorecard version that it was made with.' })
  scorecardVersion!: ScorecardVersion | null;

  @ReadField(() => CutPointSet, { nullable: true, description: 'Frozen cut points that it was scored with.' })
  cutPoints!: CutPointSet | null;

  @ReadField(() => CalculationLog, { description: 'How it came about, line by line.' })
  calculationLog!: CalculationLog;
}

@Resolver(() => CustomerGrade)
export class CustomerGradeResolver {
  @ReadField(() => Rating, { nullable: true, description: 'Rating that the model grade comes from.' })
  rating!: Rating | null;
}

@Resolver(() => Customer)
export class CustomerRatingsResolver {
  @ReadPages(() => RatingConnection, { description: 'Ratings, newest first.' })
  ratings!: Connection<Rating>;

  @ReadPages(() => GradeHistoryConnection, { description: 'Changes of the grades, newest first.' })
  gradeHistory!: Connection<GradeHistoryEntry>;
}
