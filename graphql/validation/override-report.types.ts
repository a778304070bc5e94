import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { REPORT_VIEWS, type ReportView } from '../../src/validation';
import { enumOf } from '../enums';

const ReportViewEnum = enumOf(REPORT_VIEWS);
registerEnumType(ReportViewEnum, {
  name: 'OverrideReportView',
  description: 'By what overrides are counted.',
  valuesConfig: {
    DIRECTION: { description: '方向: `UP`, `DOWN`, or `SAME` where it brought the model’s grade back.' },
    REASON: { description: '原因: by reason code.' },
    REQUESTER: { description: '经办人: by who asked for it.' },
    APPROVER: { description: '复核人: by who voted for it; an override counts for each of them.' },
  },
});

@ObjectType({ description: 'Overrides, and what became of their customers.', simpleResolvers: true })
export class OverrideFigures {
  @Field(() => Int, { description: 'Overrides.' })
  overrides!: number;

  @Field(() => Int, { description: 'Of these, overrides whose customer has an outcome since.' })
  known!: number;

  @Field(() => Int, { description: 'Of those, customers that went bad.' })
  bad!: number;

  @Field(() => Int, { description: 'The model has come to the override’s grade since, or beyond.' })
  borneOut!: number;

  @Field(() => Int, { description: 'The model has moved the other way since.' })
  refuted!: number;
}

@ObjectType({ description: 'Overrides that have something in common.', simpleResolvers: true })
export class OverrideGroup extends OverrideFigures {
  @Field(() => ReportViewEnum, { description: 'What they have in common.' })
  view!: ReportView;

  @Field({ description: 'Direction, reason code, or id of the person in the house.' })
  key!: string;

  @Field(() => String, { nullable: true, description: 'Name of the person; null for others.' })
  name!: string | null;
}

@ObjectType({ description: 'How people’s judgement fared 「推翻跟踪」.', simpleResolvers: true })
export class OverrideReport {
  @Field(() => OverrideFigures, { description: 'All of them.' })
  total!: OverrideFigures;

  @Field(() => [OverrideGroup], { description: 'By each view, those with most overrides first.' })
  groups!: readonly OverrideGroup[];
}
