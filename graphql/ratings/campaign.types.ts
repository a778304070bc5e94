import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { CAMPAIGN_STATES, type CampaignState } from '../../src/ratings';
import { enumOf } from '../enums';
import type { Reading } from '../reads';
import { DateScalar, DateTimeScalar, DecimalScalar } from '../scalars';
import { ScorecardVersion } from '../scorecards/scorecard.types';

const CampaignStateEnum = enumOf(CAMPAIGN_STATES);
registerEnumType(CampaignStateEnum, {
  name: 'RatingCampaignState',
  description: 'Where a campaign stands.',
  valuesConfig: {
    OPEN: { description: 'Somebody is still rated by another version.' },
    REACHED: { description: 'Everybody is rated by the version.' },
    SUPERSEDED: { description: 'A newer version went live before.' },
  },
});

@ObjectType({ description: 'What share has to be covered by when.', simpleResolvers: true })
export class CampaignTarget {
  @Field(() => DateTimeScalar, { description: 'By when.' })
  dueAt!: Date;

  @Field(() => DecimalScalar, { description: 'Share of rated customers, 0 to 1.' })
  share!: string;
}

@ObjectType({ description: 'What was counted on a day.', simpleResolvers: true })
export class CampaignPoint {
  @Field(() => DateScalar, { description: 'The day.' })
  day!: string;

  @Field(() => Int, { description: 'Rated customers.' })
  customers!: number;

  @Field(() => Int, { description: 'Of these, rated by the version.' })
  covered!: number;

  @Field(() => DecimalScalar, { description: 'Their share, 0 to 1.' })
  share!: string;
}

@ObjectType({ description: 'The work of bringing everybody under a new scorecard version 「重评活动」.' })
export class RatingCampaign {
  @Field(() => CampaignStateEnum, { description: 'Where it stands.', simple: true })
  state!: CampaignState;

  @Field(() => ScorecardVersion, { nullable: true, description: 'The version.', simple: true })
  scorecardVersion?: Reading<ScorecardVersion>;

  @Field(() => DateTimeScalar, { description: 'When the version went live.', simple: true })
  startedAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended.', simple: true })
  endedAt!: Date | null;

  @Field(() => Int, { description: 'Rated customers.', simple: true })
  customers!: number;

  @Field(() => Int, { description: 'Of these, rated by the version.', simple: true })
  covered!: number;

  @Field(() => DecimalScalar, { description: 'Their share, 0 to 1.', simple: true })
  share!: string;

  @Field(() => [CampaignTarget], { description: 'What share by when.', simple: true })
  targets!: readonly CampaignTarget[];

  @Field(() => Int, {
    description: 'Targets that have passed without being met: an alarm whatever the number.',
    simple: true,
  })
  missed!: number;

  @Field(() => [CampaignPoint], { description: 'What was counted, day by day.', simple: true })
  burnDown!: readonly CampaignPoint[];
}
