import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { OUTCOME_EVENTS, type RankPower as RankPowerView } from '../../src/validation';
import { gradeView } from '../../src/kernel/grade';
import { enumOf, GradeValue } from '../enums';

export const OutcomeEventEnum = enumOf(OUTCOME_EVENTS);
registerEnumType(OutcomeEventEnum, {
  name: 'OutcomeEvent',
  description: 'What became of a customer.',
  valuesConfig: { BANKRUPTCY: { description: '破产' }, DEFAULT: { description: '违约' } },
});

@ObjectType({ description: 'What became of the customers with one model grade.', simpleResolvers: true })
export class GradeOutcome {
  @Field(() => GradeValue, { description: 'The grade.' })
  grade!: GradeValue;

  @Field(() => Int, { description: 'Rated customers with an outcome that have it.' })
  count!: number;

  @Field(() => Int, { description: 'Of these, customers that went bad.' })
  bad!: number;

  @Field(() => Float, { nullable: true, description: 'Share that went bad, 0 to 1; null for a grade nobody has.' })
  shareBad!: number | null;
}

@ObjectType({
  description: 'How well grades separate customers that went bad: the model’s, and those in force with all overrides.',
  simpleResolvers: true,
})
export class GradePower {
  @Field(() => Float, { nullable: true, description: 'Area under the ROC curve of the model’s grades, 0 to 1.' })
  modelAuc!: number | null;

  @Field(() => Float, { nullable: true, description: 'Area under the ROC curve of the grades in force, 0 to 1.' })
  inForceAuc!: number | null;

  @Field(() => [GradeOutcome], { description: 'The nine grades in force, best first.' })
  inForce!: readonly GradeOutcome[];
}

@ObjectType({ description: 'How well scores separate customers that went bad 「排序能力」.', simpleResolvers: true })
export class RankPower {
  @Field(() => Int, { description: 'Customers with an outcome.' })
  customers!: number;

  @Field(() => Int, { description: 'Of these, customers with a rating; all other figures are about them.' })
  rated!: number;

  @Field(() => Int, { description: 'Rated customers that went bad.' })
  bad!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Area under the ROC curve, 0 to 1; null unless some rated customers went bad and some did not.',
  })
  auc!: number | null;

  @Field(() => [GradeOutcome], { description: 'The nine model grades, best first.' })
  grades!: readonly GradeOutcome[];

  @Field(() => GradePower, { description: 'What people’s judgement added to the model, or took from it.' })
  byGrade!: GradePower;
}

const shown = (rows: RankPowerView['grades']): GradeOutcome[] =>
  rows.map((row) => ({ ...row, grade: gradeView(row.grade) }));

export const rankPower = (view: RankPowerView): RankPower => ({
  ...view,
  grades: shown(view.grades),
  byGrade: { ...view.byGrade, inForce: shown(view.byGrade.inForce) },
});
