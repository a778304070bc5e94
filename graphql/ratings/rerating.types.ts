import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RERATING_KINDS, RERATING_STATES, type ReratingKind, type ReratingState } from '../../src/ratings';
import { connectionType } from '../connection';
import { enumOf, GradeValue } from '../enums';
import { choiceInput, DateTimeFilter, type ChoiceInput } from '../inputs';
import { DateScalar, DateTimeScalar } from '../scalars';

const ReratingKindEnum = enumOf(RERATING_KINDS);
registerEnumType(ReratingKindEnum, {
  name: 'ReratingKind',
  description: 'Why a customer is rated again.',
  valuesConfig: {
    EVENT: { description: 'Something has happened.' },
    SCHEDULED: { description: 'Its rating was due by the calendar.' },
    CAMPAIGN: { description: 'A new scorecard version is to cover everybody.' },
  },
});

const ReratingStateEnum = enumOf(RERATING_STATES);
registerEnumType(ReratingStateEnum, {
  name: 'ReratingState',
  description: 'Where a re-rating stands.',
  valuesConfig: {
    OPEN: { description: 'Not done yet.' },
    DONE: { description: 'The customer was rated.' },
    PARKED: { description: 'The customer could not be rated; `reason` says why.' },
  },
});

@ObjectType({ description: 'A rated customer by the date that the next rating is due.' })
export class DueRating {
  @Field(() => DateTimeScalar, { description: 'When it is due 「重评到期日」.', simple: true })
  ratingDueAt!: Date;

  @Field({ description: 'Whether that has passed.', simple: true })
  overdue!: boolean;

  @Field(() => DateTimeScalar, { description: 'When the customer was last rated.', simple: true })
  lastRatedAt!: Date;

  @Field(() => DateTimeScalar, {
    description: 'When the model last looked at the customer, also where it did not come to a rating.',
    simple: true,
  })
  lastEvaluatedAt!: Date;

  @Field(() => GradeValue, { description: 'Grade in force 「生效等级」.', simple: true })
  inForce!: GradeValue;

  @Field(() => GradeValue, { description: 'Model grade 「模型等级」.', simple: true })
  model!: GradeValue;
}

export const DueRatingConnection = connectionType('DueRating', DueRating);

@InputType({ description: 'Which ratings; all conditions together.' })
export class DueRatingWhere {
  @Field(() => DateTimeFilter, { nullable: true, description: 'When the next rating is due.' })
  dueAt?: DateTimeFilter | null;
}

@ObjectType({ description: 'A re-rating 「重评」 that was asked for.' })
export class Rerating {
  @Field(() => ReratingKindEnum, { description: 'Why.', simple: true })
  kind!: ReratingKind;

  @Field(() => ReratingStateEnum, { description: 'Where it stands.', simple: true })
  state!: ReratingState;

  @Field(() => Int, {
    description: 'How often it was asked for before it was done: events in quick succession are answered by one.',
    simple: true,
  })
  asked!: number;

  @Field(() => DateTimeScalar, { description: 'When it was first asked for.', simple: true })
  askedAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it could begin.', simple: true })
  beginAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'By when it has to be done; null where no event asked for it.',
    simple: true,
  })
  deadline!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was done or parked.', simple: true })
  endedAt!: Date | null;

  @Field({ description: 'Whether it ended after its deadline, or has not ended and is past it.', simple: true })
  late!: boolean;

  @Field(() => String, { nullable: true, description: 'Code of why the customer could not be rated.', simple: true })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The same in a sentence.', simple: true })
  detail!: string | null;
}

export const ReratingConnection = connectionType('Rerating', Rerating);

const ReratingKindFilter = choiceInput<ReratingKind>('ReratingKindFilter', ReratingKindEnum);
const ReratingStateFilter = choiceInput<ReratingState>('ReratingStateFilter', ReratingStateEnum);

@InputType({ description: 'Which re-ratings; all conditions together.' })
export class ReratingWhere {
  @Field(() => [ReratingWhere], { nullable: true, description: 'All of these hold.' })
  and?: ReratingWhere[] | null;

  @Field(() => [ReratingWhere], { nullable: true, description: 'One of these holds.' })
  or?: ReratingWhere[] | null;

  @Field(() => ReratingWhere, { nullable: true, description: 'This does not hold.' })
  not?: ReratingWhere | null;

  @Field(() => ReratingKindFilter, { nullable: true, description: 'Why.' })
  kind?: ChoiceInput<ReratingKind> | null;

  @Field(() => ReratingStateFilter, { nullable: true, description: 'Where it stands.' })
  state?: ChoiceInput<ReratingState> | null;

  @Field(() => ID, { nullable: true, description: 'The customer.' })
  customer?: string | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When it was asked for.' })
  askedAt?: DateTimeFilter | null;
}

@ObjectType({ description: 'Ratings that are due in one month.', simpleResolvers: true })
export class DueMonth {
  @Field(() => DateScalar, { nullable: true, description: 'First day of the month; null for what is overdue already.' })
  month!: string | null;

  @Field(() => Int, { description: 'How many ratings are due.' })
  due!: number;
}

@ObjectType({ description: 'How promptly customers are rated again.', simpleResolvers: true })
export class ReratingFigures {
  @Field(() => Int, { description: 'Ratings that are due and have not been made.' })
  overdue!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the longest overdue of them was due.' })
  overdueSince!: Date | null;

  @Field(() => Int, { description: 'Re-ratings that events asked for in the period.' })
  asked!: number;

  @Field(() => Int, { description: 'Of these, done.' })
  done!: number;

  @Field(() => Int, { description: 'Of these, parked, because the customer could not be rated.' })
  parked!: number;

  @Field(() => Int, { description: 'Of these, still open.' })
  open!: number;

  @Field(() => Int, { description: 'Of these, ended after their deadline or still open past it.' })
  late!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Median of the seconds from the first event to the rating, of those done; null where none was.',
  })
  medianSeconds!: number | null;
}
