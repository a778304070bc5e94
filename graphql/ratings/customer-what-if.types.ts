import { ArrayMaxSize } from 'class-validator';
import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Decimal } from '../../src/kernel/decimal';
import type { Tier } from '../../src/policies';
import type { Basis } from '../../src/ratings';
import { GradeValue, TierEnum } from '../enums';
import { Money } from '../money.types';
import { DateScalar, DecimalScalar, JsonScalar } from '../scalars';
import { BasisEnum } from './rating.enums';
import { CalculationLog } from './rating.types';

@InputType({ description: 'A value that would be another one.' })
export class WhatIfChangeInput {
  @Field({ description: 'Code of the indicator.' })
  indicator!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'In the unit of the indicator; null for no value at all.',
  })
  value?: Decimal | null;
}

@ArgsType()
export class WhatIfArgs {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field(() => [WhatIfChangeInput], { defaultValue: [], description: 'Values that would be others, at most 100.' })
  @ArrayMaxSize(100)
  changes!: WhatIfChangeInput[];

  @Field(() => ID, {
    nullable: true,
    description: 'Scorecard version to rate by, be it a draft; the live one if left out.',
  })
  scorecardVersionId?: string | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Content of a limit policy to try; the limit follows the one in force if left out.',
  })
  limitPolicy?: unknown;
}

@ObjectType({ description: 'A rating, as it is in force or as it would be.', simpleResolvers: true })
class WhatIfSide {
  @Field(() => DecimalScalar, { description: 'Score, 0 to 100, four places.' })
  score!: string;

  @Field(() => GradeValue, { description: 'Grade of the model, caps applied.' })
  modelGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade before knock-outs.' })
  uncappedGrade!: GradeValue;

  @Field(() => GradeValue, {
    description: 'Grade in force: an override stays, a much better grade waits for a checker.',
  })
  inForce!: GradeValue;

  @Field(() => BasisEnum, { description: 'What the grade in force rests on.' })
  basis!: Basis;

  @Field(() => CalculationLog, { description: 'How it comes about, line by line.' })
  calculationLog!: CalculationLog;
}

@ObjectType({ description: 'What a characteristic adds to the score, before and after.', simpleResolvers: true })
class ContributionChange {
  @Field({ description: 'Characteristic.' })
  characteristic!: string;

  @Field({ description: 'Indicator it reads.' })
  indicator!: string;

  @Field({ description: 'Whether the caller may not see it.' })
  masked!: boolean;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Points of the score in force; null when masked or not part of it.',
  })
  before!: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Points of the score that would be; null when masked or not part of it.',
  })
  after!: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'The difference; null when masked, and at a first rating.',
  })
  change!: string | null;
}

@ObjectType({ description: 'What would become of a credit limit and its terms.', simpleResolvers: true })
class LimitChange {
  @Field(() => Money, { description: 'Credit in use; the approved limit where no use is on record.' })
  exposure!: Money;

  @Field(() => Money, { description: 'Approved limit.' })
  approvedBefore!: Money;

  @Field(() => Money, {
    description: 'What would be left of it: limits are cut at once and never raised by themselves.',
  })
  approvedAfter!: Money;

  @Field(() => Money, {
    nullable: true,
    description: 'Largest amount that could be asked for; null before a first grade.',
  })
  allowedBefore!: Money | null;

  @Field(() => Money, { nullable: true, description: 'Largest amount that could be asked for then.' })
  allowedAfter!: Money | null;

  @Field(() => Int, { nullable: true, description: 'Payment term in days; null before a first grade.' })
  paymentTermDaysBefore!: number | null;

  @Field(() => Int, { description: 'Payment term in days that would be.' })
  paymentTermDaysAfter!: number;

  @Field(() => Boolean, { nullable: true, description: 'Whether new business is done; null before a first grade.' })
  newBusinessBefore!: boolean | null;

  @Field({ description: 'Whether new business would be done.' })
  newBusinessAfter!: boolean;
}

@ObjectType({ description: 'What would become of one customer 「单户试算」.' })
export class CustomerWhatIf {
  @Field(() => DateScalar, { description: 'Day that changed values count as of.', simple: true })
  asOf!: string;

  @Field(() => WhatIfSide, { nullable: true, description: 'The rating in force; null before the first.', simple: true })
  before!: WhatIfSide | null;

  @Field(() => WhatIfSide, { description: 'The rating that would be.', simple: true })
  after!: WhatIfSide;

  @Field(() => Int, {
    nullable: true,
    description: 'Notches of the model grade, above 0 upwards; null at a first rating.',
    simple: true,
  })
  notches!: number | null;

  @Field(() => [ContributionChange], { description: 'One line per characteristic of either version.', simple: true })
  contributions!: readonly ContributionChange[];

  @Field(() => [String], { description: 'Changed indicators that the version does not read.', simple: true })
  unread!: readonly string[];

  @Field(() => TierEnum, { nullable: true, description: 'Tier; null where there is none.', simple: true })
  tierBefore!: Tier | null;

  @Field(() => TierEnum, {
    nullable: true,
    description: 'Tier that the grade would lead to, by the value score of now; null without one.',
    simple: true,
  })
  tierAfter!: Tier | null;

  @Field(() => LimitChange, {
    nullable: true,
    description: 'Limit and terms; null for who may not see limits.',
    simple: true,
  })
  limit!: LimitChange | null;
}
