import { ArgsType, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  DIMENSIONS,
  QUALITIES,
  UNIT_MEANINGS,
  type Dimension,
  type Direction,
  type IndicatorDefinition as IndicatorDefinitionView,
  type IndicatorUnit,
  type Quality,
} from '../../src/indicators';
import { connectionType } from '../connection';
import { enumOf } from '../enums';
import { PastPageArgs } from '../moments';
import { DateScalar, DateTimeScalar, DecimalScalar } from '../scalars';

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
}

export const indicatorDefinition = (view: IndicatorDefinitionView): IndicatorDefinition => view;

@ObjectType({ description: 'A value that an indicator of a customer has, or had.', simpleResolvers: true })
export class IndicatorValue {
  @Field({ description: 'Code of the indicator.' })
  code!: string;

  @Field(() => IndicatorDefinition, { nullable: true, description: 'Its dictionary entry.' })
  definition!: IndicatorDefinition | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'The value; null when masked.' })
  value!: string | null;

  @Field({ description: 'Whether the caller may not see the value.' })
  masked!: boolean;

  @Field(() => DateScalar, { description: 'Day the value is of.' })
  asOf!: string;

  @Field(() => DateTimeScalar, { description: 'When it was recorded.' })
  recordedAt!: Date;

  @Field({ description: 'Where it comes from.' })
  source!: string;

  @Field(() => QualityEnum, { description: 'How far it can be trusted.' })
  quality!: Quality;
}

export const IndicatorValueConnection = connectionType('IndicatorValue', IndicatorValue);

@ArgsType()
export class IndicatorHistoryArgs extends PastPageArgs {
  @Field({ description: 'Code of the indicator.' })
  code!: string;
}
