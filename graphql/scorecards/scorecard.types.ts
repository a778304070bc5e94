import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { VERSION_STATES, type ScorecardVersion as ScorecardVersionView, type VersionState } from '../../src/scorecards';
import { enumOf } from '../enums';
import { Node } from '../node.types';
import { DateTimeScalar, DecimalScalar, JsonScalar } from '../scalars';

const VersionStateEnum = enumOf(VERSION_STATES);
registerEnumType(VersionStateEnum, {
  name: 'ScorecardVersionState',
  description: 'Whether a scorecard version is in use.',
  valuesConfig: {
    LIVE: { description: 'New ratings use it.' },
    RETIRED: { description: 'Kept for the ratings that were made with it.' },
  },
});

@ObjectType('ScorecardVersion', {
  implements: Node,
  description: 'A published version of a scorecard 「评分卡版本」; it never changes but for its state.',
  simpleResolvers: true,
})
export class ScorecardVersion extends Node {
  @Field({ description: 'Code of the scorecard.' })
  scorecard!: string;

  @Field(() => Int, { description: '1, 2, 3 … within the scorecard.' })
  number!: number;

  @Field({ description: 'Name, Chinese.' })
  nameZh!: string;

  @Field({ description: 'Name, English.' })
  nameEn!: string;

  @Field(() => VersionStateEnum, { description: 'Whether it is in use.' })
  state!: VersionState;

  @Field(() => DateTimeScalar, { description: 'In use from this moment.' })
  effectiveFrom!: Date;

  @Field({ description: 'SHA-256 of the canonical definition, hex.' })
  digest!: string;

  @Field(() => JsonScalar, {
    description: 'Characteristics with their weights, knock-outs, thresholds of the grades, notes.',
  })
  definition!: ScorecardVersionView['definition'];
}

@ObjectType({ description: 'The cut points of one characteristic.', simpleResolvers: true })
export class CharacteristicCutPoints {
  @Field({ description: 'Characteristic.' })
  characteristic!: string;

  @Field({ description: 'Indicator it reads.' })
  indicator!: string;

  @Field({ description: 'False where too few of the segment had a value: it carries no weight there.' })
  applicable!: boolean;

  @Field(() => Int, { description: 'Members of the reference population that had a value.' })
  valueCount!: number;

  @Field(() => [DecimalScalar], {
    nullable: true,
    description:
      'The value that reaches 2 points, 3 points … 10 points, in the unit of the indicator; where a band is best, the distance outside it. Empty when not applicable, null when masked.',
  })
  cuts!: readonly string[] | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Mean points of the reference population; 0 when not applicable, null when masked.',
  })
  meanPoints!: string | null;

  @Field(() => DecimalScalar, { description: 'Weight used, of 100.' })
  effectiveWeight!: string;

  @Field({ description: 'Whether the caller may not see values of this indicator, and so not its cut points.' })
  masked!: boolean;
}

@ObjectType('CutPointSet', {
  implements: Node,
  description: 'What separates the tenths of a reference population 「分位切点」, frozen with the version.',
  simpleResolvers: true,
})
export class CutPointSet extends Node {
  @Field({ description: 'Code of the industry, or `*` for everybody where an industry is too small.' })
  segment!: string;

  @Field(() => Int, { description: 'Members of the reference population.' })
  referenceSize!: number;

  @Field(() => DateTimeScalar, { description: 'When it was frozen.' })
  frozenAt!: Date;

  @Field({ description: 'SHA-256 of the canonical set, hex.' })
  digest!: string;

  @Field(() => [CharacteristicCutPoints], { description: 'One for each characteristic, in their order.' })
  characteristics!: readonly CharacteristicCutPoints[];
}
