import { IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { Extensions, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  LOOK_UP_FIELDS,
  PERSON_FORMS,
  PERSON_STATES,
  type LookUpField,
  type PartyKind,
  type PersonForm,
  type PersonState,
} from '../../src/customers';
import { ChangeRequest } from '../approvals/change-request.types';
import { AuditEvent } from '../audit/audit-event.types';
import { enumOf } from '../enums';
import { IdempotencyKeyField, MutationInput } from '../inputs';
import type { Reading, readingAll } from '../reads';
import { DateScalar, DateTimeScalar } from '../scalars';
import { UserError } from '../user-errors';
import { Customer, PartyKindEnum, PlacementInput } from './customer.types';

const REASON_MAX = 1_000;
const TEXT_MAX = 1_000;

const PersonFormEnum = enumOf(PERSON_FORMS);
registerEnumType(PersonFormEnum, {
  name: 'PersonForm',
  description: 'In which form a natural person is a party.',
  valuesConfig: {
    PERSON: { description: '自然人: a natural person.' },
    SOLE_PROPRIETOR: { description: '个体工商户: a business that bears the name of its owner.' },
  },
});

const PersonStateEnum = enumOf(PERSON_STATES);
registerEnumType(PersonStateEnum, {
  name: 'PersonState',
  description: 'Whether the data of a person may be worked with.',
  valuesConfig: {
    ACTIVE: { description: '正常: as those of every party.' },
    RESTRICTED: { description: '限制处理: kept, and neither looked at, rated nor exported.' },
    ERASED: { description: '已删除: what was personal cannot be read by anybody any more.' },
  },
});

const LookUpFieldEnum = enumOf(LOOK_UP_FIELDS);
registerEnumType(LookUpFieldEnum, {
  name: 'PersonLookUpField',
  description: 'By what a person is looked for; always a whole value.',
  valuesConfig: {
    name: { description: 'Chinese name, or the English one of whom has no Chinese one.' },
    idNumber: { description: 'Number of the identity document.' },
    phone: { description: 'Telephone number, in any spelling.' },
  },
});

@ObjectType({
  description:
    'That a party is a natural person. Its names are pseudonyms; what is personal is masked here, and shown by `revealPersonalData` to those who need it.',
})
export class Person {
  @Field(() => PersonFormEnum, { description: 'Natural person or sole proprietor.', simple: true })
  form!: PersonForm;

  @Field(() => PersonStateEnum, { description: 'Whether the data may be worked with.', simple: true })
  state!: PersonState;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when a legal hold 「法律保全」 keeps the data, whatever else is asked for.',
    simple: true,
  })
  heldSince!: Date | null;

  @Field(() => DateScalar, { nullable: true, description: 'Day before which nothing is erased.', simple: true })
  retainUntil!: string | null;

  @Field(() => Int, { description: 'Grows with every change; goes along as `expectedVersion`.', simple: true })
  version!: number;
}

@ObjectType({ description: 'What is personal of a natural person.', simpleResolvers: true })
export class PersonalData {
  @Field(() => String, { nullable: true, description: 'Name, Chinese.' })
  nameZh!: string | null;

  @Field(() => String, { nullable: true, description: 'Name, English.' })
  nameEn!: string | null;

  @Field(() => String, { nullable: true, description: 'Number of the identity document.' })
  idNumber!: string | null;

  @Field(() => String, { nullable: true, description: 'Telephone.' })
  phone!: string | null;

  @Field(() => String, { nullable: true, description: 'E-mail.' })
  email!: string | null;

  @Field(() => String, { nullable: true, description: 'Address.' })
  address!: string | null;
}

@InputType({ description: 'What is personal. What is left out stays as it is; null clears.' })
export class PersonalDataInput {
  @Field(() => String, { nullable: true, description: 'Name, Chinese.' })
  @IsOptional()
  @MaxLength(TEXT_MAX)
  nameZh?: string | null;

  @Field(() => String, { nullable: true, description: 'Name, English.' })
  @IsOptional()
  @MaxLength(TEXT_MAX)
  nameEn?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Number of the identity document; the check digit of resident identity cards is verified.',
  })
  @IsOptional()
  @MaxLength(TEXT_MAX)
  idNumber?: string | null;

  @Field(() => String, { nullable: true, description: 'Telephone.' })
  @IsOptional()
  @MaxLength(TEXT_MAX)
  phone?: string | null;

  @Field(() => String, { nullable: true, description: 'E-mail.' })
  @IsOptional()
  @MaxLength(TEXT_MAX)
  email?: string | null;

  @Field(() => String, { nullable: true, description: 'Address.' })
  @IsOptional()
  @MaxLength(TEXT_MAX)
  address?: string | null;
}

@InputType({ description: 'A natural person as a new party.' })
export class RegisterPersonInput extends PlacementInput {
  @IdempotencyKeyField()
  idempotencyKey?: string | null;

  @Field({ description: 'Business number, unique. It stands in logs and lists: nothing personal belongs into it.' })
  @MaxLength(200)
  number!: string;

  @Field(() => PersonFormEnum, { description: 'Natural person or sole proprietor.' })
  form!: PersonForm;

  @Field(() => PartyKindEnum, { defaultValue: 'CUSTOMER', description: 'Customer or supplier.' })
  kind!: PartyKind;

  @Field(() => PersonalDataInput, { description: 'What is personal; it is kept sealed.' })
  @ValidateNested()
  personal!: PersonalDataInput;
}

@InputType({ description: 'Shows what is personal of a person.' })
export class RevealPersonalDataInput extends MutationInput {
  @Field(() => ID, { description: 'The person.' })
  customerId!: string;

  @Field({ description: 'What for; it stands in the audit log.' })
  @MaxLength(REASON_MAX)
  purpose!: string;
}

@InputType({ description: 'Finds persons by a whole value.' })
export class LookUpPersonInput extends MutationInput {
  @Field(() => LookUpFieldEnum, { description: 'What the value is.' })
  field!: LookUpField;

  @Field({ description: 'The whole value.' })
  @MaxLength(TEXT_MAX)
  value!: string;

  @Field({ description: 'What for; it stands in the audit log.' })
  @MaxLength(REASON_MAX)
  purpose!: string;
}

@InputType()
abstract class PersonChangeInput extends MutationInput {
  @Field(() => ID, { description: 'The person.' })
  customerId!: string;

  @Field(() => Int, { description: '`person.version` that the caller saw.' })
  expectedVersion!: number;

  @Field({ description: 'Why. Nothing personal belongs into it.' })
  @MaxLength(REASON_MAX)
  reason!: string;
}

@InputType({ description: 'Corrects what is personal of a person.' })
export class CorrectPersonalDataInput extends PersonChangeInput {
  @Field(() => PersonalDataInput, { description: 'What shall be different.' })
  @ValidateNested()
  personal!: PersonalDataInput;
}

@InputType({ description: 'Restricts the processing of a person’s data.' })
export class RestrictPersonInput extends PersonChangeInput {}

@InputType({ description: 'Lifts the restriction.' })
export class LiftPersonRestrictionInput extends PersonChangeInput {}

@InputType({ description: 'Places a legal hold.' })
export class PlaceLegalHoldInput extends PersonChangeInput {}

@InputType({ description: 'Releases the legal hold.' })
export class ReleaseLegalHoldInput extends PersonChangeInput {}

@InputType({ description: 'Says until when the data of a person have to be kept.' })
export class RetainPersonInput extends PersonChangeInput {
  @Field(() => DateScalar, { description: 'Nothing is erased before this day; it is moved out, never in.' })
  until!: string;
}

@InputType({ description: 'Asks for the erasure of a person.' })
export class RequestErasureInput extends PersonChangeInput {}

@ObjectType()
abstract class PersonPayload {
  @Field(() => Customer, { nullable: true, description: 'The party as it stands now.', simple: true })
  customer?: Reading<Customer>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A person that was registered.' })
export class RegisterPersonPayload extends PersonPayload {}

@ObjectType({ description: 'What is personal, as it was shown.' })
export class RevealPersonalDataPayload extends PersonPayload {
  @Extensions({ neverKept: true })
  @Field(() => PersonalData, { nullable: true, description: 'What is personal.', simple: true })
  personal?: PersonalData | null;
}

@ObjectType({ description: 'A person that was corrected.' })
export class CorrectPersonalDataPayload extends PersonPayload {}

@ObjectType({ description: 'A person whose protection was changed.' })
export class ProtectPersonPayload extends PersonPayload {}

@ObjectType({ description: 'Persons that were found.' })
export class LookUpPersonPayload {
  @Field(() => [Customer], { nullable: true, description: 'Up to twenty parties.', simple: true })
  customers?: ReturnType<typeof readingAll<Customer>>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'An erasure that was put up for decision.' })
export class RequestErasurePayload {
  @Field(() => ChangeRequest, { nullable: true, description: 'The request.', simple: true })
  request?: Reading<ChangeRequest>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}
