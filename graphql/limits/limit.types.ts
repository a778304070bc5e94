import { MaxLength, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RequestPayload } from '../approvals/change-request.types';
import { connectionType } from '../connection';
import { enumOf } from '../enums';
import { MutationInput } from '../inputs';
import { Money, MoneyInput } from '../money.types';
import { DateTimeScalar } from '../scalars';

const EntryKindEnum = enumOf(['OPENING', 'POLICY_CUT', 'RAISE']);
registerEnumType(EntryKindEnum, {
  name: 'CreditLimitEntryKind',
  description: 'Why a limit moved.',
  valuesConfig: {
    OPENING: { description: 'Taken over from the book kept before, or opened at zero by the first raise.' },
    POLICY_CUT: { description: 'The grade in force fell and the policy allows less.' },
    RAISE: { description: 'A raise that was asked for and agreed.' },
  },
});

@ObjectType({ description: 'A move of a credit limit.', simpleResolvers: true })
export class CreditLimitEntry {
  @Field(() => EntryKindEnum, { description: 'Why it moved.' })
  kind!: keyof typeof EntryKindEnum;

  @Field(() => Money, { description: 'Limit before.' })
  before!: Money;

  @Field(() => Money, { description: 'Limit after.' })
  after!: Money;

  @Field(() => DateTimeScalar, { description: 'When.' })
  bookedAt!: Date;
}

export const CreditLimitEntryConnection = connectionType('CreditLimitEntry', CreditLimitEntry);

@ObjectType({ description: 'How much a customer may owe us 「授信额度」, and on which terms.' })
export class CreditLimit {
  @Field(() => Money, { description: 'Approved limit.', simple: true })
  approved!: Money;

  @Field(() => Money, { description: 'Most that the policy allows at the grade in force.', simple: true })
  allowed!: Money;

  @Field(() => Int, { description: 'Longest payment term, in days.', simple: true })
  paymentTermDays!: number;

  @Field({ description: 'Whether new business is allowed.', simple: true })
  newBusinessAllowed!: boolean;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the limit last moved; null if it never did.',
    simple: true,
  })
  updatedAt!: Date | null;

  @Field(() => Int, {
    description: 'Grows with every move; 0 before the first. Send it back as `expectedVersion`.',
    simple: true,
  })
  version!: number;
}

@InputType({ description: 'Asks for a higher credit limit.' })
export class RequestCreditLimitRaiseInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field(() => MoneyInput, { description: 'Limit after the raise.' })
  @ValidateNested()
  amount!: MoneyInput;

  @Field({ description: 'Why.' })
  @MaxLength(4_000)
  justification!: string;

  @Field(() => Int, { description: 'Version of the limit that the maker saw; 0 where there is none yet.' })
  expectedVersion!: number;
}

@ObjectType({ description: 'A raise that was asked for.' })
export class RequestCreditLimitRaisePayload extends RequestPayload {}
