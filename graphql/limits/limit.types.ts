import { ArrayMaxSize, IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Decimal } from '../../src/kernel/decimal';
import { EXPOSURE_KINDS, type ExposureKind } from '../../src/limits';
import { RequestPayload } from '../approvals/change-request.types';
import { EvidenceInput } from '../approvals/evidence.types';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { enumOf } from '../enums';
import { MutationInput } from '../inputs';
import { Money, MoneyInput } from '../money.types';
import type { Reading } from '../reads';
import { DateScalar, DateTimeScalar, DecimalScalar } from '../scalars';
import { UserError } from '../user-errors';

const EntryKindEnum = enumOf(['OPENING', 'POLICY_CUT', 'RAISE', 'FALL_BACK']);
registerEnumType(EntryKindEnum, {
  name: 'CreditLimitEntryKind',
  description: 'Why a limit moved.',
  valuesConfig: {
    OPENING: { description: 'Taken over from the book kept before, or opened at zero by the first raise.' },
    POLICY_CUT: { description: 'The grade in force fell and the policy allows less.' },
    RAISE: { description: 'A raise that was asked for and agreed.' },
    FALL_BACK: { description: 'A raise for a time has come to its end.' },
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

  @Field(() => DateTimeScalar, { nullable: true, description: 'End of a raise for a time; null for every other move.' })
  until!: Date | null;

  @Field(() => DateTimeScalar, { description: 'When.' })
  bookedAt!: Date;
}

export const CreditLimitEntryConnection = connectionType('CreditLimitEntry', CreditLimitEntry);

const ExposureKindEnum = enumOf(EXPOSURE_KINDS);
registerEnumType(ExposureKindEnum, {
  name: 'ExposureKind',
  description: 'What was booked against a limit.',
  valuesConfig: {
    RESERVE: { description: '预占: taken out of what is available, until a moment.' },
    CONFIRM: { description: '确认: of a reservation, so much is owed; the rest is free.' },
    RELEASE: { description: '释放: the reservation is given back.' },
    EXPIRE: { description: '过期: the time of the reservation was over.' },
    REPAY: { description: '还款: paid back.' },
  },
});

@ObjectType({ description: 'A booking against a credit limit 「敞口流水」.' })
export class ExposureEntry {
  @Field(() => Int, { description: '1, 2, 3 … for each customer.', simple: true })
  number!: number;

  @Field(() => ExposureKindEnum, { description: 'What.', simple: true })
  kind!: ExposureKind;

  @Field({ description: 'How the caller calls it; unique for each kind and customer.', simple: true })
  reference!: string;

  @Field(() => String, { nullable: true, description: 'Product code; null where none was named.', simple: true })
  product!: string | null;

  @Field(() => Money, { description: 'How much.', simple: true })
  amount!: Money;

  @Field(() => Money, { description: 'Owed afterwards.', simple: true })
  usedAfter!: Money;

  @Field(() => Money, { description: 'Reserved afterwards.', simple: true })
  reservedAfter!: Money;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when a reservation holds; null for all else.',
    simple: true,
  })
  expiresAt!: Date | null;

  @Field(() => DateTimeScalar, { description: 'When.', simple: true })
  bookedAt!: Date;
}

export const ExposureEntryConnection = connectionType('ExposureEntry', ExposureEntry);

@ObjectType({ description: 'A freeze of a credit limit 「冻结」.' })
export class CreditFreeze {
  @Field({ description: 'Why.', simple: true })
  reason!: string;

  @Field(() => DateTimeScalar, { description: 'Since when.', simple: true })
  frozenAt!: Date;
}

@ObjectType({ description: 'What a product takes of a credit limit 「分项额度」.', simpleResolvers: true })
export class CreditSubLimit {
  @Field({ description: 'Product code.' })
  product!: string;

  @Field(() => Money, {
    nullable: true,
    description: 'Most that it may take; null where only the limit itself bounds it.',
  })
  limit!: Money | null;

  @Field(() => Money, { description: 'Owed by now.' })
  used!: Money;

  @Field(() => Money, { description: 'Reserved.' })
  reserved!: Money;
}

@ObjectType({
  description: 'More is in use or reserved than a limit allows since it was cut 「超限」.',
  simpleResolvers: true,
})
export class CreditOverUse {
  @Field(() => String, { nullable: true, description: 'Product whose sub-limit it is; null for the limit itself.' })
  product!: string | null;

  @Field(() => Money, { description: 'Limit after the cut.' })
  limit!: Money;

  @Field(() => Money, { description: 'In use and reserved at the cut.' })
  exposure!: Money;

  @Field(() => Money, { description: 'How much more is in use and reserved now than allowed.' })
  excess!: Money;

  @Field(() => DateTimeScalar, { description: 'Since when.' })
  foundAt!: Date;
}

export const CreditOverUseConnection = connectionType('CreditOverUse', CreditOverUse);

@ObjectType({ description: 'What the members of a group owe together 「集团敞口」.', simpleResolvers: true })
export class GroupExposure {
  @Field(() => Int, { description: 'Members, the customer included.' })
  members!: number;

  @Field(() => Money, { description: 'Used and reserved by all of them.' })
  exposure!: Money;

  @Field(() => Money, { nullable: true, description: 'Most that they may owe together; null where nothing bounds it.' })
  limit!: Money | null;
}

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

  @Field(() => Money, { description: 'Owed by now: confirmed and not paid back 「已用额度」.', simple: true })
  used!: Money;

  @Field(() => Money, { description: 'Reserved, and neither confirmed nor released 「预占额度」.', simple: true })
  reserved!: Money;

  @Field(() => Money, {
    nullable: true,
    description:
      'Limit in force less what is used and reserved 「可用额度」, never below zero. Freezes, sub-limits and the group may leave less: ask `creditCheck`. Null in the past.',
    simple: true,
  })
  available!: Money | null;

  @Field({ description: 'Whether it is frozen: nothing is reserved.', simple: true })
  frozen!: boolean;

  @Field(() => DateScalar, {
    nullable: true,
    description:
      'Day by which it is to be looked at again: a year after the last lasting raise; null where there was none, and in the past.',
    simple: true,
  })
  reviewOn!: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When a raise for a time ends; null where there is none, and in the past.',
    simple: true,
  })
  fallsBackAt!: Date | null;

  @Field(() => Money, {
    nullable: true,
    description: 'What is left then; null where there is no such raise, and in the past.',
    simple: true,
  })
  fallsBackTo!: Money | null;

  @Field(() => GroupExposure, {
    nullable: true,
    description: 'What the group of the customer owes together; null outside of groups, and in the past.',
    simple: true,
  })
  groupExposure!: GroupExposure | null;
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

  @Field(() => [EvidenceInput], { defaultValue: [], description: 'Documents.' })
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  evidence!: EvidenceInput[];

  @Field(() => Int, { description: 'Version of the limit that the maker saw; 0 where there is none yet.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: 'Code of the product whose sub-limit is to be raised.' })
  @IsOptional()
  @MaxLength(40)
  product?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the limit of the group is to be raised.' })
  @IsOptional()
  forGroup?: boolean | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'In effect from then on; left out: as soon as it is agreed to.',
  })
  @IsOptional()
  effectiveFrom?: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'The limit falls back by itself then; left out: it stays.',
  })
  @IsOptional()
  until?: Date | null;
}

@ObjectType({ description: 'A raise that was asked for.' })
export class RequestCreditLimitRaisePayload extends RequestPayload {}

@InputType({ description: 'Reserves a part of a credit limit.' })
export class ReserveCreditInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field(() => MoneyInput, { description: 'How much, in the currency of the limit.' })
  @ValidateNested()
  amount!: MoneyInput;

  @Field({
    description: 'How the caller calls it: an order, a contract. The same again with the same body does nothing twice.',
  })
  reference!: string;

  @Field(() => String, { nullable: true, description: 'Product code: capital letters, digits, underscores, hyphens.' })
  @IsOptional()
  product?: string | null;

  @Field(() => Int, {
    defaultValue: 1_440,
    description: 'Minutes for which it holds, up to ninety days; a day if left out.',
  })
  holdMinutes!: number;
}

@InputType({ description: 'Says that what was reserved is owed now.' })
export class ConfirmReservationInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field({ description: 'Reference of the reservation.' })
  reference!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'How much of it, in the currency of the limit; the rest is free. Left out: all of it.',
  })
  @IsOptional()
  amount?: Decimal | null;
}

@InputType({ description: 'Gives a reservation back.' })
export class ReleaseReservationInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field({ description: 'Reference of the reservation.' })
  reference!: string;
}

@InputType({ description: 'Books what a customer has paid back.' })
export class RecordRepaymentInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field(() => MoneyInput, { description: 'How much, in the currency of the limit.' })
  @ValidateNested()
  amount!: MoneyInput;

  @Field({ description: 'How the caller calls it. The same again with the same body does nothing twice.' })
  reference!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Product for which it was reserved; left out where none was named.',
  })
  @IsOptional()
  product?: string | null;
}

@InputType({ description: 'Freezes a credit limit at once.' })
export class FreezeLimitInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field({ description: 'Why.' })
  @MaxLength(4_000)
  reason!: string;
}

@InputType({ description: 'Asks for the end of a freeze.' })
export class RequestLimitUnfreezeInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field({ description: 'Why it may be used again.' })
  @MaxLength(4_000)
  justification!: string;
}

@InputType({ description: 'Bounds what a product takes of a credit limit.' })
export class SetSubLimitInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field({ description: 'Product code: capital letters, digits, underscores, hyphens.' })
  product!: string;

  @Field(() => MoneyInput, { description: 'Most that it may take: new, or lower than before.' })
  @ValidateNested()
  amount!: MoneyInput;

  @Field({ description: 'Why.' })
  @MaxLength(4_000)
  reason!: string;
}

@InputType({ description: 'Bounds what the group of a customer owes together.' })
export class SetGroupLimitInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field(() => MoneyInput, { description: 'Most that they may owe together: new, or lower than before.' })
  @ValidateNested()
  amount!: MoneyInput;

  @Field({ description: 'Why.' })
  @MaxLength(4_000)
  reason!: string;
}

@ObjectType({ description: 'What became of a credit limit.' })
export abstract class CreditLimitPayload {
  @Field(() => CreditLimit, { nullable: true, description: 'The limit afterwards; null on user errors.', simple: true })
  creditLimit!: Reading<CreditLimit>;

  @Field(() => AuditEvent, {
    nullable: true,
    description:
      'The record of this; null on user errors, where it had been done before, and where the caller may not read the log.',
    simple: true,
  })
  auditEvent!: Reading<AuditEvent>;

  @Field(() => [UserError], { description: 'Why nothing was done; empty on success.', simple: true })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'A booking against a credit limit.' })
export abstract class ExposurePayload extends CreditLimitPayload {
  @Field(() => ExposureEntry, {
    nullable: true,
    description: 'What was booked, now or before; null on user errors.',
    simple: true,
  })
  entry!: Reading<ExposureEntry>;
}

@ObjectType({ description: 'A reservation.' })
export class ReserveCreditPayload extends ExposurePayload {}

@ObjectType({ description: 'A reservation that was confirmed.' })
export class ConfirmReservationPayload extends ExposurePayload {}

@ObjectType({ description: 'A reservation that was released.' })
export class ReleaseReservationPayload extends ExposurePayload {}

@ObjectType({ description: 'A repayment.' })
export class RecordRepaymentPayload extends ExposurePayload {}

@ObjectType({ description: 'A limit that was frozen.' })
export class FreezeLimitPayload extends CreditLimitPayload {}

@ObjectType({ description: 'A limit that was divided.' })
export class SetSubLimitPayload extends CreditLimitPayload {}

@ObjectType({ description: 'A group that was bounded.' })
export class SetGroupLimitPayload extends CreditLimitPayload {}

@ObjectType({ description: 'The end of a freeze that was asked for.' })
export class RequestLimitUnfreezePayload extends RequestPayload {}

@ObjectType({ description: 'Whether so much could be reserved now.', simpleResolvers: true })
export class CreditCheck {
  @Field({ description: 'Whether a reservation at this moment would be let through.' })
  allowed!: boolean;

  @Field(() => Money, {
    description: 'Most that could be reserved as far as amounts go: by the limit, the sub-limit and the group.',
  })
  available!: Money;

  @Field(() => [UserError], {
    description: 'All that stands against it, the weightiest first; empty where it is allowed.',
  })
  against!: readonly UserError[];
}
