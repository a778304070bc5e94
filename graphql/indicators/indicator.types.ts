import { IsOptional, MaxLength } from 'class-validator';
import { ArgsType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  derivationOf,
  DIMENSIONS,
  QUALITIES,
  UNIT_MEANINGS,
  type Dimension,
  type Direction,
  type IndicatorDefinition as IndicatorDefinitionView,
  type IndicatorUnit,
  type Quality,
} from '../../src/indicators';
import type { Json } from '../../src/kernel/canonical-json';
import type { Decimal } from '../../src/kernel/decimal';
import { SOURCE_KINDS, type SourceKind } from '../../src/policies';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { Customer } from '../customers/customer.types';
import { enumOf } from '../enums';
import { MutationInput } from '../inputs';
import { PastPageArgs } from '../moments';
import type { Reading } from '../reads';
import { DateScalar, DateTimeScalar, DecimalScalar, JsonObjectScalar } from '../scalars';
import { UserError } from '../user-errors';

const DimensionEnum = enumOf(DIMENSIONS);
registerEnumType(DimensionEnum, {
  name: 'Dimension',
  description: 'What a group of indicators speaks of.',
  valuesConfig: {
    CREDIT: { description: '信用' },
    OPERATION: { description: '经营' },
    COOPERATION: { description: '合作' },
    POTENTIAL: { description: '潜力' },
  },
});

const UnitEnum = enumOf(Object.keys(UNIT_MEANINGS) as IndicatorUnit[]);
registerEnumType(UnitEnum, {
  name: 'IndicatorUnit',
  description: 'Unit of an indicator.',
  valuesConfig: Object.fromEntries(
    Object.entries(UNIT_MEANINGS).map(([unit, meaning]) => [unit, { description: meaning }]),
  ),
});

const DirectionEnum = enumOf(['HIGHER', 'LOWER', 'BAND']);
registerEnumType(DirectionEnum, {
  name: 'IndicatorDirection',
  description: 'Which way is better.',
  valuesConfig: {
    HIGHER: { description: 'More is better.' },
    LOWER: { description: 'Less is better.' },
    BAND: { description: 'Inside a band is best, and the further outside the worse.' },
  },
});

const SourceKindEnum = enumOf(SOURCE_KINDS);
registerEnumType(SourceKindEnum, {
  name: 'SourceKind',
  description: 'What kind of source a value comes from.',
  valuesConfig: {
    INTERNAL: { description: 'The books and systems of the house.' },
    BUREAU: { description: 'A credit bureau, a court, a public register.' },
    INDUSTRY: { description: 'An association or another observer of an industry.' },
    MACRO: { description: 'Statistics of the economy.' },
    EXPERT: { description: 'People who judge.' },
    DERIVED: { description: 'Worked out from other values.' },
    OTHER: { description: 'A source that the policy does not name.' },
  },
});

const QualityEnum = enumOf(QUALITIES);
registerEnumType(QualityEnum, {
  name: 'ValueQuality',
  description: 'How far a value can be trusted.',
  valuesConfig: {
    VERIFIED: { description: 'Checked against documents.' },
    REPORTED: { description: 'As the source states it.' },
    ESTIMATED: { description: 'Worked out.' },
    SCALED: { description: 'In a measure of the source’s own, good for order within that source only.' },
  },
});

@ObjectType({ description: 'An entry of the indicator dictionary 「指标」.', simpleResolvers: true })
export class IndicatorDefinition {
  @Field({ description: 'Code.' })
  code!: string;

  @Field({ description: 'Chinese name.' })
  nameZh!: string;

  @Field({ description: 'English name.' })
  nameEn!: string;

  @Field(() => DimensionEnum, { description: 'Dimension.' })
  dimension!: Dimension;

  @Field(() => UnitEnum, { description: 'Unit of its values.' })
  unit!: IndicatorUnit;

  @Field(() => DirectionEnum, { description: 'Which way is better.' })
  direction!: Direction;

  @Field(() => Int, { description: 'Days after which a value is too old.' })
  maxAgeDays!: number;

  @Field(() => SourceKindEnum, { description: 'Where its values are meant to come from.' })
  source!: SourceKind;

  @Field(() => JsonObjectScalar, {
    nullable: true,
    description: 'How we work it out where no source states it; null for what only sources state.',
  })
  derivation!: Json | null;
}

export const indicatorDefinition = (view: IndicatorDefinitionView): IndicatorDefinition => ({
  ...view,
  derivation: derivationOf(view.code),
});

@ObjectType({ description: 'A value that an indicator of a customer has, or had.' })
export class IndicatorValue {
  @Field({ description: 'Code of the indicator.', simple: true })
  code!: string;

  @Field(() => IndicatorDefinition, { nullable: true, description: 'Its dictionary entry.', simple: true })
  definition!: IndicatorDefinition | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'The value; null when masked or withdrawn.',
    simple: true,
  })
  value!: string | null;

  @Field({ description: 'Whether the source takes back here what it had said of that day.', simple: true })
  withdrawn!: boolean;

  @Field({ description: 'Whether the caller may not see the value.', simple: true })
  masked!: boolean;

  @Field(() => DateScalar, { description: 'Day the value is of.', simple: true })
  asOf!: string;

  @Field(() => DateTimeScalar, { description: 'When it was recorded.', simple: true })
  recordedAt!: Date;

  @Field({ description: 'Where it comes from.', simple: true })
  source!: string;

  @Field(() => QualityEnum, { description: 'How far it can be trusted.', simple: true })
  quality!: Quality;

  @Field(() => Int, {
    description: 'Days from the day it is of to today, or to the day that is looked back to.',
    simple: true,
  })
  ageDays!: number;

  @Field({ description: 'Whether it is no older than the dictionary allows.', simple: true })
  fresh!: boolean;

  @Field({
    description: 'Whether another source says something else of the same period, beyond the tolerance.',
    simple: true,
  })
  contradicted!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Why a person gave it; null for what came without a reason.',
    simple: true,
  })
  reason!: string | null;

  @Field(() => JsonObjectScalar, {
    nullable: true,
    description: 'How it was worked out, with the values that went in; null for what was not, and when masked.',
    simple: true,
  })
  derivation!: Json | null;
}

export const IndicatorValueConnection = connectionType('IndicatorValue', IndicatorValue);

@ObjectType({ description: 'Two sources that say different things of one indicator and period. Both values are kept.' })
export class IndicatorConflict {
  @Field({ description: 'Code of the indicator.', simple: true })
  code!: string;

  @Field(() => IndicatorDefinition, { nullable: true, description: 'Its dictionary entry.', simple: true })
  definition!: IndicatorDefinition | null;

  @Field({ description: 'Period that both speak of: a day, month, quarter or year, by the cadence.', simple: true })
  period!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Difference, relative to the greater value; null when masked.',
    simple: true,
  })
  deviation!: string | null;

  @Field(() => DecimalScalar, { description: 'Difference that was tolerated.', simple: true })
  tolerance!: string;

  @Field(() => DateTimeScalar, { description: 'When the second of the two arrived.', simple: true })
  detectedAt!: Date;

  @Field({ description: 'Whether neither source has said anything else since.', simple: true })
  open!: boolean;
}

export const IndicatorConflictConnection = connectionType('IndicatorConflict', IndicatorConflict);

@ObjectType()
abstract class ArrivalCounts {
  @Field(() => Int, { description: 'Values that were accepted.' })
  accepted!: number;

  @Field(() => Int, { description: 'Accepted ones that were older on arrival than the dictionary allows.' })
  stale!: number;

  @Field(() => Int, { description: 'Accepted ones that another source contradicted.' })
  contradicted!: number;

  @Field(() => Int, { description: 'Cells and rows that were refused.' })
  refused!: number;

  @Field(() => DecimalScalar, {
    nullable: true,
    description:
      'Quality, 0 to 100: 100 × accepted ÷ (accepted + refused) × (1 − stale ÷ accepted) × (1 − contradicted ÷ accepted).',
  })
  score!: string | null;
}

@ObjectType({ description: 'What came from a source in a month.', simpleResolvers: true })
export class IndicatorSourceMonth extends ArrivalCounts {
  @Field({ description: 'Month in UTC, like 2025-12.' })
  month!: string;
}

@ObjectType({ description: 'How often something was refused for one reason.', simpleResolvers: true })
export class RowRefusalCount {
  @Field({ description: 'Row code; the import guide explains each.' })
  code!: string;

  @Field(() => Int, { description: 'How often.' })
  count!: number;
}

@ObjectType({
  description: 'A source of indicator values, and how good it was in the last twelve months.',
  simpleResolvers: true,
})
export class IndicatorSource extends ArrivalCounts {
  @Field({ description: 'Name.' })
  name!: string;

  @Field(() => SourceKindEnum, { description: 'Kind, by the precedence of sources.' })
  kind!: SourceKind;

  @Field(() => DateTimeScalar, { description: 'When something came last.' })
  lastArrivedAt!: Date;

  @Field(() => [RowRefusalCount], { description: 'Why things were refused, the most frequent reason first.' })
  refusals!: readonly RowRefusalCount[];

  @Field(() => [IndicatorSourceMonth], { description: 'Month by month, oldest first.' })
  months!: readonly IndicatorSourceMonth[];
}

@InputType({ description: 'A score that a person gives a customer.' })
export class RecordExpertScoreInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field({ description: 'Code of an indicator whose source is EXPERT.' })
  @MaxLength(100)
  code!: string;

  @Field(() => DecimalScalar, { description: 'The score, in the range of the dictionary.' })
  score!: Decimal;

  @Field({ description: 'Why.' })
  @MaxLength(2_000)
  reason!: string;

  @Field(() => DateScalar, { nullable: true, description: 'Day that the judgement is of; today where left out.' })
  @IsOptional()
  asOf?: string | null;
}

@ObjectType({ description: 'A score that was put on record.' })
export class RecordExpertScorePayload {
  @Field(() => Customer, { nullable: true, description: 'The customer as it stands now.', simple: true })
  customer?: Reading<Customer>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ArgsType()
export class IndicatorHistoryArgs extends PastPageArgs {
  @Field({ description: 'Code of the indicator.' })
  code!: string;
}
