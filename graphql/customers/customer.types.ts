import { IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  PARTY_KINDS,
  RELATION_KINDS,
  RELATION_READINGS,
  SIZES,
  STAGES,
  type CustomerOrder,
  type PartyKind,
  type RelationKind,
  type Size,
  type Stage,
} from '../../src/customers';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { enumOf, GradeBandEnum, PortfolioBandEnum } from '../enums';
import type { Decimal } from '../../src/kernel/decimal';
import type { GradeBand, PortfolioBand } from '../../src/kernel/grade';
import type { Tier } from '../../src/policies';
import {
  choiceInput,
  GradeFilter,
  IdempotencyKeyField,
  MutationInput,
  NeverCleared,
  StringFilter,
  TierFilter,
  type ChoiceInput,
} from '../inputs';
import { Node } from '../node.types';
import { orderByType } from '../order';
import type { Reading } from '../reads';
import { DateTimeScalar, DecimalScalar } from '../scalars';
import { UserError } from '../user-errors';

/** Longest reason that people give for a change of master data. */
const REASON_MAX = 1_000;

export const PartyKindEnum = enumOf(PARTY_KINDS);
registerEnumType(PartyKindEnum, {
  name: 'PartyKind',
  description: 'Customer 「客户」 or supplier 「供应商」.',
  valuesConfig: {
    CUSTOMER: { description: '客户: buys from us.' },
    SUPPLIER: { description: '供应商: we buy from it.' },
  },
});

const SizeEnum = enumOf(SIZES);
registerEnumType(SizeEnum, {
  name: 'CompanySize',
  description: 'Size of a company.',
  valuesConfig: {
    LARGE: { description: '大型' },
    MEDIUM: { description: '中型' },
    SMALL: { description: '小型' },
    MICRO: { description: '微型' },
  },
});

export const StageEnum = enumOf(STAGES);
registerEnumType(StageEnum, {
  name: 'LifecycleStage',
  description: 'Life-cycle stage 「生命周期阶段」.',
  valuesConfig: {
    ACQUISITION: { description: '获取' },
    GROWTH: { description: '成长' },
    MATURITY: { description: '成熟' },
    DECLINE: { description: '衰退' },
    EXITED: { description: '流失' },
  },
});

const RelationKindEnum = enumOf(RELATION_KINDS);
registerEnumType(RelationKindEnum, {
  name: 'RelationKind',
  description: 'How two parties are related.',
  valuesConfig: Object.fromEntries(
    RELATION_KINDS.map((kind) => {
      const { zh, en } = RELATION_READINGS[kind];
      return [kind, { description: `${zh}: the one ${en} the other.` }];
    }),
  ),
});

@ObjectType({ description: 'An industry.', simpleResolvers: true })
export class Industry {
  @Field({ description: 'Code.' })
  code!: string;

  @Field({ description: 'Chinese name.' })
  nameZh!: string;

  @Field({ description: 'English name.' })
  nameEn!: string;
}

@ObjectType('Customer', { implements: Node, description: 'A party that is rated: customer or supplier.' })
export class Customer extends Node {
  @Field({ description: 'Business number.', simple: true })
  number!: string;

  @Field(() => PartyKindEnum, { description: 'Customer or supplier.', simple: true })
  kind!: PartyKind;

  @Field({ description: 'Name to show: Chinese where there is one.', simple: true })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Legal name, Chinese.', simple: true })
  nameZh!: string | null;

  @Field(() => String, { nullable: true, description: 'Legal name, English.', simple: true })
  nameEn!: string | null;

  @Field(() => String, { nullable: true, description: 'Short name.', simple: true })
  shortName!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Unified social credit code 「统一社会信用代码」.',
    simple: true,
  })
  creditCode!: string | null;

  @Field(() => String, { nullable: true, description: 'Legal entity identifier.', simple: true })
  lei!: string | null;

  @Field(() => String, { nullable: true, description: 'Region.', simple: true })
  region!: string | null;

  @Field(() => SizeEnum, { nullable: true, description: 'Size.', simple: true })
  size!: Size | null;

  @Field(() => StageEnum, { description: 'Life-cycle stage.', simple: true })
  stage!: Stage;

  @Field(() => DateTimeScalar, { description: 'Registered at.', simple: true })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: 'Last changed at.', simple: true })
  updatedAt!: Date;

  @Field(() => Int, { description: 'Grows with every change of the master data.', simple: true })
  version!: number;
}

export const CustomerConnection = connectionType('Customer', Customer);

@ObjectType('CustomerRelation', {
  implements: Node,
  description: 'A relation between two parties 「关联关系」, seen from one of them.',
})
export class CustomerRelation extends Node {
  @Field(() => RelationKindEnum, { description: 'How they are related.', simple: true })
  kind!: RelationKind;

  @Field({
    description:
      'Whether it points away from the party that it is seen from, as does a relation that was found by its id.',
    simple: true,
  })
  outgoing!: boolean;

  @Field(() => DecimalScalar, { nullable: true, description: 'Share held, for shareholders.', simple: true })
  share!: string | null;

  @Field(() => DateTimeScalar, { description: 'On record since.', simple: true })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it lives.', simple: true })
  endedAt!: Date | null;
}

const PartyKindFilter = choiceInput<PartyKind>('PartyKindFilter', PartyKindEnum);
const SizeFilter = choiceInput<Size>('CompanySizeFilter', SizeEnum);
const StageFilter = choiceInput<Stage>('LifecycleStageFilter', StageEnum);
const GradeLevelFilter = choiceInput<GradeBand>('GradeBandFilter', GradeBandEnum);
const PortfolioBandFilter = choiceInput<PortfolioBand>('PortfolioBandFilter', PortfolioBandEnum);

@InputType({ description: 'Which customers; all conditions together.' })
export class CustomerWhere {
  @Field(() => [CustomerWhere], { nullable: true, description: 'All of these hold.' })
  and?: CustomerWhere[] | null;

  @Field(() => [CustomerWhere], { nullable: true, description: 'One of these holds.' })
  or?: CustomerWhere[] | null;

  @Field(() => CustomerWhere, { nullable: true, description: 'This does not hold.' })
  not?: CustomerWhere | null;

  @Field(() => PartyKindFilter, { nullable: true, description: 'Customer or supplier.' })
  kind?: ChoiceInput<PartyKind> | null;

  @Field(() => StringFilter, { nullable: true, description: 'Industry, by code.' })
  industry?: ChoiceInput<string> | null;

  @Field(() => StringFilter, { nullable: true, description: 'Region.' })
  region?: ChoiceInput<string> | null;

  @Field(() => SizeFilter, { nullable: true, description: 'Size.' })
  size?: ChoiceInput<Size> | null;

  @Field(() => StageFilter, { nullable: true, description: 'Life-cycle stage.' })
  stage?: ChoiceInput<Stage> | null;

  @Field(() => GradeFilter, { nullable: true, description: 'Grade in force.' })
  grade?: GradeFilter | null;

  @Field(() => GradeLevelFilter, { nullable: true, description: 'Four-level view of the grade in force 「四级」.' })
  gradeLevel?: ChoiceInput<GradeBand> | null;

  @Field(() => PortfolioBandFilter, { nullable: true, description: 'Customer group, by the grade in force.' })
  portfolioBand?: ChoiceInput<PortfolioBand> | null;

  @Field(() => TierFilter, { nullable: true, description: 'Tier.' })
  tier?: ChoiceInput<Tier> | null;

  @Field(() => String, { nullable: true, description: 'Part of a name, number, credit code or LEI.' })
  @IsOptional()
  @MaxLength(100)
  search?: string | null;
}

export const CustomerOrderBy = orderByType<CustomerOrder>('Customer', {
  NAME: 'The name to show.',
  NUMBER: 'The business number.',
  CREATED_AT: 'The moment of registration.',
});

/** Where a party belongs, and who looks after it. */
@InputType()
export abstract class PlacementInput {
  @Field(() => String, { nullable: true, description: 'Industry code.' })
  @IsOptional()
  @MaxLength(100)
  industryCode?: string | null;

  @Field(() => String, { nullable: true, description: 'Region.' })
  @IsOptional()
  @MaxLength(100)
  region?: string | null;

  @Field(() => SizeEnum, { nullable: true, description: 'Size.' })
  size?: Size | null;

  @Field(() => ID, { nullable: true, description: 'Customer manager 「客户经理」: a user.' })
  ownerUserId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Org unit that looks after the party.' })
  orgUnitId?: string | null;
}

@InputType()
abstract class CustomerDetailsInput extends PlacementInput {
  @Field(() => String, { nullable: true, description: 'Legal name, Chinese.' })
  @IsOptional()
  @MaxLength(1_000)
  nameZh?: string | null;

  @Field(() => String, { nullable: true, description: 'Legal name, English.' })
  @IsOptional()
  @MaxLength(1_000)
  nameEn?: string | null;

  @Field(() => String, { nullable: true, description: 'Short name.' })
  @IsOptional()
  @MaxLength(1_000)
  shortName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Unified social credit code 「统一社会信用代码」; its check character is verified.',
  })
  @IsOptional()
  @MaxLength(100)
  creditCode?: string | null;

  @Field(() => String, { nullable: true, description: 'LEI; its check digits are verified.' })
  @IsOptional()
  @MaxLength(100)
  lei?: string | null;
}

@InputType({ description: 'A new party. What is left out stays unknown.' })
export class RegisterCustomerInput extends CustomerDetailsInput {
  @IdempotencyKeyField()
  idempotencyKey?: string | null;

  @Field({ description: 'Business number, unique.' })
  @MaxLength(200)
  number!: string;

  @Field(() => PartyKindEnum, { defaultValue: 'CUSTOMER', description: 'Customer or supplier.' })
  kind!: PartyKind;
}

@InputType({
  description:
    'What shall be different. What is left out stays as it is; null clears, save for number, kind and stage, which every party has.',
})
export class CustomerChangesInput extends CustomerDetailsInput {
  @Field(() => String, { nullable: true, description: 'Business number, unique.' })
  @NeverCleared()
  @MaxLength(200)
  number?: string | null;

  @Field(() => PartyKindEnum, { nullable: true, description: 'Customer or supplier.' })
  @NeverCleared()
  kind?: PartyKind | null;

  @Field(() => StageEnum, {
    nullable: true,
    description: 'Life-cycle stage 「生命周期阶段」; it moves by steps, and leaving takes a reason.',
  })
  @NeverCleared()
  stage?: Stage | null;
}

@InputType({ description: 'Changes the master data of a party.' })
export class UpdateCustomerInput extends MutationInput {
  @Field(() => ID, { description: 'The customer or supplier.' })
  customerId!: string;

  @Field(() => Int, { description: '`version` of the customer that the caller saw.' })
  expectedVersion!: number;

  @Field(() => CustomerChangesInput, { description: 'What shall be different.' })
  @ValidateNested()
  changes!: CustomerChangesInput;

  @Field(() => String, { nullable: true, description: 'Why; needed when a party leaves.' })
  @IsOptional()
  @MaxLength(REASON_MAX)
  reason?: string | null;
}

@InputType({ description: 'Relates two parties.' })
export class RelateCustomersInput extends MutationInput {
  @Field(() => ID, { description: 'The one: parent, shareholder, guarantor or supplier of the other.' })
  fromId!: string;

  @Field(() => ID, { description: 'The other.' })
  toId!: string;

  @Field(() => RelationKindEnum, { description: 'How they are related.' })
  kind!: RelationKind;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Share held, above 0 and at most 1; for shareholders, and for nobody else.',
  })
  share?: Decimal | null;
}

@InputType({ description: 'Ends a relation. It stays on record.' })
export class EndCustomerRelationInput extends MutationInput {
  @Field(() => ID, { description: 'The relation.' })
  relationId!: string;

  @Field({ description: 'Why.' })
  @MaxLength(REASON_MAX)
  reason!: string;
}

@ObjectType()
abstract class CustomerPayload {
  @Field(() => Customer, { nullable: true, description: 'The customer as it stands now.', simple: true })
  customer?: Reading<Customer>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, {
    nullable: true,
    description: 'The event that the log holds of it; null where nothing changed.',
    simple: true,
  })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A customer that was registered.' })
export class RegisterCustomerPayload extends CustomerPayload {}

@ObjectType({ description: 'A customer that was changed.' })
export class UpdateCustomerPayload extends CustomerPayload {}

@ObjectType()
abstract class RelationPayload {
  @Field(() => CustomerRelation, { nullable: true, description: 'The relation as it stands now.', simple: true })
  relation?: Reading<CustomerRelation>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'Two parties that were related; seen from `fromId`.' })
export class RelateCustomersPayload extends RelationPayload {}

@ObjectType({ description: 'A relation that was ended.' })
export class EndCustomerRelationPayload extends RelationPayload {}
