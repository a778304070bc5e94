import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  RUN_STATES,
  type Basis,
  type CalculationLog as CalculationLogView,
  type GradeCause,
  type RunState,
} from '../../src/ratings';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { enumOf, GradeValue } from '../enums';
import { choiceInput, DateTimeFilter, MutationInput, UPDATED_SINCE, type ChoiceInput } from '../inputs';
import { Node } from '../node.types';
import type { Reading } from '../reads';
import { DateScalar, DateTimeScalar, DecimalScalar } from '../scalars';
import { UserError } from '../user-errors';

const BasisEnum = enumOf(['MODEL', 'OVERRIDE']);
registerEnumType(BasisEnum, {
  name: 'GradeBasis',
  description: 'What the grade in force rests on.',
  valuesConfig: {
    MODEL: { description: 'The model grade.' },
    OVERRIDE: { description: 'An approved override.' },
  },
});

const CauseEnum = enumOf(['RATING', 'OVERRIDE_APPLIED', 'OVERRIDE_EXPIRED']);
registerEnumType(CauseEnum, {
  name: 'GradeCause',
  description: 'Why a grade changed.',
  valuesConfig: {
    RATING: { description: 'The customer was rated.' },
    OVERRIDE_APPLIED: { description: 'An override was agreed and took effect.' },
    OVERRIDE_EXPIRED: { description: 'An override ended, and the model grade is in force again.' },
  },
});

@ObjectType({ description: 'The two grades of a customer: what the model says and what is in force.' })
export class CustomerGrade {
  @Field(() => GradeValue, {
    description: 'Model grade 「模型等级」; computed also while an override is in force.',
    simple: true,
  })
  model!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade in force 「生效等级」.', simple: true })
  inForce!: GradeValue;

  @Field(() => BasisEnum, { description: 'What the grade in force rests on.', simple: true })
  basis!: Basis;

  @Field(() => DateTimeScalar, { description: 'Since when the grade in force is in force.', simple: true })
  effectiveFrom!: Date;

  @Field(() => DateTimeScalar, { description: 'When the customer was last rated.', simple: true })
  lastRatedAt!: Date;

  @Field(() => Int, {
    description: 'Grows when a grade or its basis changes; send it back as `expectedVersion`.',
    simple: true,
  })
  version!: number;
}

@ObjectType({ description: 'A change of a customer’s grades.', simpleResolvers: true })
export class GradeHistoryEntry {
  @Field(() => CauseEnum, { description: 'Why.' })
  cause!: GradeCause;

  @Field(() => GradeValue, { nullable: true, description: 'Model grade before; null at the first rating.' })
  modelBefore!: GradeValue | null;

  @Field(() => GradeValue, { nullable: true, description: 'Grade in force before; null at the first rating.' })
  inForceBefore!: GradeValue | null;

  @Field(() => GradeValue, { description: 'Model grade after.' })
  modelAfter!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade in force after.' })
  inForceAfter!: GradeValue;

  @Field(() => BasisEnum, { description: 'What the grade in force rests on afterwards.' })
  basisAfter!: Basis;

  @Field(() => DateTimeScalar, { description: 'When.' })
  changedAt!: Date;
}

export const GradeHistoryConnection = connectionType('GradeHistoryEntry', GradeHistoryEntry);

@ObjectType('Rating', { implements: Node, description: 'What the model made of a customer at one moment.' })
export class Rating extends Node {
  @Field(() => DecimalScalar, { description: 'Score, 0 to 100, four places.', simple: true })
  score!: string;

  @Field(() => GradeValue, { description: 'Grade of the model, caps applied.', simple: true })
  modelGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade by the score alone.', simple: true })
  uncappedGrade!: GradeValue;

  @Field(() => DateScalar, { description: 'Day whose values were used.', simple: true })
  asOf!: string;

  @Field(() => DateTimeScalar, { description: 'When it was computed.', simple: true })
  ratedAt!: Date;

  @Field(() => [String], { description: 'Knock-outs that capped the grade, by id.', simple: true })
  caps!: readonly string[];

  @Field(() => [String], { description: 'Notes, for example on missing information 「信用信息不足」.', simple: true })
  notes!: readonly string[];
}

export const RatingConnection = connectionType('Rating', Rating);

const RowStateEnum = enumOf(['SCORED', 'MISSING', 'NOT_APPLICABLE']);
registerEnumType(RowStateEnum, {
  name: 'CharacteristicState',
  description: 'How a characteristic got its points.',
  valuesConfig: {
    SCORED: { description: 'From its value.' },
    MISSING: { description: 'By the missing rule.' },
    NOT_APPLICABLE: { description: 'It carries no weight in this industry.' },
  },
});

@ObjectType({ description: 'One line of a calculation log.', simpleResolvers: true })
export class CalculationLogRow {
  @Field({ description: 'Characteristic.' })
  characteristic!: string;

  @Field({ description: 'Indicator it reads.' })
  indicator!: string;

  @Field(() => DecimalScalar, { nullable: true, description: 'Value that went in; null when missing or masked.' })
  input!: string | null;

  @Field({ description: 'Whether the caller may not see the value.' })
  masked!: boolean;

  @Field(() => DateScalar, { nullable: true, description: 'Day the value is of.' })
  inputAsOf!: string | null;

  @Field(() => RowStateEnum, { description: 'How the points came about.' })
  state!: CalculationLogView['rows'][number]['state'];

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Points, 1 to 10; 0 where not applicable; null when masked.',
  })
  points!: string | null;

  @Field(() => DecimalScalar, { description: 'Weight in the version, of 100.' })
  weight!: string;

  @Field(() => DecimalScalar, { description: 'Weight used, of 100.' })
  effectiveWeight!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Contribution to the score; all of them add up to it exactly; null when masked.',
  })
  contribution!: string | null;
}

@ObjectType({ description: 'A knock-out that struck.', simpleResolvers: true })
export class AppliedCap {
  @Field({ description: 'Id of the knock-out.' })
  id!: string;

  @Field({ description: 'Indicator it reads.' })
  indicator!: string;

  @Field({ description: 'Best grade it allows.' })
  capGrade!: string;

  @Field({ description: 'Why, Chinese.' })
  reasonZh!: string;

  @Field({ description: 'Why, English.' })
  reasonEn!: string;
}

@ObjectType({ description: 'A note of a rating.', simpleResolvers: true })
export class RatingNote {
  @Field({ description: 'Code.' })
  code!: string;

  @Field({ description: 'Text, Chinese.' })
  textZh!: string;

  @Field({ description: 'Text, English.' })
  textEn!: string;
}

@ObjectType({ description: 'How a rating came about 「计算日志」.', simpleResolvers: true })
export class CalculationLog {
  @Field(() => DecimalScalar, { description: 'Score.' })
  score!: string;

  @Field(() => [CalculationLogRow], { description: 'One line per characteristic.' })
  rows!: readonly CalculationLogRow[];

  @Field(() => [AppliedCap], { description: 'Knock-outs that struck.' })
  caps!: readonly AppliedCap[];

  @Field(() => [RatingNote], { description: 'Notes of the scorecard.' })
  notes!: readonly RatingNote[];
}

@InputType({ description: 'Rates one customer.' })
export class RateCustomerInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;
}

@ObjectType({ description: 'A rating after a mutation.' })
export class RateCustomerPayload {
  @Field(() => Rating, { nullable: true, description: 'The rating.', simple: true })
  rating?: Reading<Rating>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'How many customers got a grade.', simpleResolvers: true })
export class GradeCount {
  @Field(() => GradeValue, { description: 'The grade.' })
  grade!: GradeValue;

  @Field(() => Int, { description: 'Customers with it.' })
  count!: number;
}

@ObjectType({ description: 'A customer that a run could not rate.' })
export class ParkedCustomer {
  @Field({ description: 'Reason code, for example NO_VALUES.', simple: true })
  reason!: string;

  @Field({ description: 'English sentence for people.', simple: true })
  detail!: string;

  @Field(() => DateTimeScalar, { description: 'When.', simple: true })
  parkedAt!: Date;
}

export const ParkedCustomerConnection = connectionType('ParkedCustomer', ParkedCustomer);

export const RunStateEnum = enumOf(RUN_STATES);
registerEnumType(RunStateEnum, {
  name: 'RatingRunState',
  description: 'Where a run stands.',
  valuesConfig: {
    RUNNING: { description: 'Chunks are being rated.' },
    COMPLETED: { description: 'Everybody was rated or parked.' },
    CANCELLED: { description: 'Stopped by a person; what was rated stays.' },
  },
});

@ObjectType('RatingRun', { implements: Node, description: 'A rating of the whole portfolio.' })
export class RatingRun extends Node {
  @Field(() => RunStateEnum, { description: 'Where it stands.', simple: true })
  state!: RunState;

  @Field(() => DateScalar, { description: 'Day whose values are used.', simple: true })
  asOf!: string;

  @Field(() => Int, { description: 'Customers at the start.', simple: true })
  customers!: number;

  @Field(() => Int, { description: 'Rated so far.', simple: true })
  rated!: number;

  @Field(() => Int, { description: 'Parked so far, with reasons.', simple: true })
  parked!: number;

  @Field(() => Int, { description: 'Chunks in all.', simple: true })
  chunks!: number;

  @Field(() => Int, { description: 'Chunks committed.', simple: true })
  chunksDone!: number;

  @Field(() => DateTimeScalar, { description: 'Started at.', simple: true })
  startedAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Completed or cancelled at.', simple: true })
  finishedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    description: 'When it last changed its state or a chunk of it was committed.',
    simple: true,
  })
  updatedAt!: Date;

  @Field(() => Int, { description: 'Grows with every change of state.', simple: true })
  version!: number;
}

export const RatingRunConnection = connectionType('RatingRun', RatingRun);

const RunStateFilter = choiceInput<RunState>('RatingRunStateFilter', RunStateEnum);

@InputType({ description: 'Which runs; all conditions together.' })
export class RatingRunWhere {
  @Field(() => [RatingRunWhere], { nullable: true, description: 'All of these hold.' })
  and?: RatingRunWhere[] | null;

  @Field(() => [RatingRunWhere], { nullable: true, description: 'One of these holds.' })
  or?: RatingRunWhere[] | null;

  @Field(() => RatingRunWhere, { nullable: true, description: 'This does not hold.' })
  not?: RatingRunWhere | null;

  @Field(() => RunStateFilter, { nullable: true, description: 'Where it stands.' })
  state?: ChoiceInput<RunState> | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When it was started.' })
  startedAt?: DateTimeFilter | null;

  @Field(() => DateTimeScalar, { nullable: true, description: UPDATED_SINCE })
  updatedSince?: Date | null;
}

@InputType({ description: 'Starts a run over everybody.' })
export class StartRatingRunInput extends MutationInput {}

@InputType({ description: 'Cancels a run.' })
export class CancelRatingRunInput extends MutationInput {
  @Field(() => ID, { description: 'The run.' })
  runId!: string;
}

@ObjectType()
export abstract class RunPayload {
  @Field(() => RatingRun, { nullable: true, description: 'The run as it stands now.', simple: true })
  run?: Reading<RatingRun>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A run that was started.' })
export class StartRatingRunPayload extends RunPayload {}

@ObjectType({ description: 'A run that was cancelled.' })
export class CancelRatingRunPayload extends RunPayload {}
