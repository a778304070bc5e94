import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  GRADE_CAUSES,
  HELD_REASONS,
  RUN_PURPOSES,
  RUN_STATES,
  type Basis,
  type CalculationLog as CalculationLogView,
  type GradeCause,
  type HeldReason,
  type RatingOrder,
  type RunOrder,
  type RunPurpose,
  type RunState,
} from '../../src/ratings';
import type { GradeBand, PortfolioBand } from '../../src/kernel/grade';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { enumOf, GradeBandEnum, GradeValue, PortfolioBandEnum } from '../enums';
import { choiceInput, DateTimeFilter, GradeFilter, MutationInput, UPDATED_SINCE, type ChoiceInput } from '../inputs';
import { Node } from '../node.types';
import { orderByType } from '../order';
import type { Reading } from '../reads';
import { DateScalar, DateTimeScalar, DecimalScalar, JsonScalar } from '../scalars';
import { UserError } from '../user-errors';
import { BasisEnum } from './rating.enums';
import { PortfolioWhatIf } from './what-if.types';

const CauseEnum = enumOf(GRADE_CAUSES);
registerEnumType(CauseEnum, {
  name: 'GradeCause',
  description: 'Why a grade changed.',
  valuesConfig: {
    RATING: { description: 'The customer was rated.' },
    OVERRIDE_APPLIED: { description: 'An override was agreed and took effect.' },
    OVERRIDE_EXPIRED: { description: 'An override ended, and the model grade is in force again.' },
    UPGRADE_APPROVED: { description: 'A checker agreed to the model’s better grade.' },
  },
});

export const HeldReasonEnum = enumOf(HELD_REASONS);
registerEnumType(HeldReasonEnum, {
  name: 'HeldReason',
  description: 'Why a better model grade waits for a checker.',
  valuesConfig: {
    NOTCHES: { description: 'It is better by two notches or more.' },
    COOL_DOWN: {
      description: 'It comes too soon after a downgrade; it takes effect by itself when the cool-down ends.',
    },
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

  @Field(() => DateTimeScalar, {
    description: 'When the model last looked at the customer, also where it did not come to a rating.',
    simple: true,
  })
  lastEvaluatedAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the next rating is due 「重评到期日」; null when looking back.',
    simple: true,
  })
  ratingDueAt!: Date | null;

  @Field(() => HeldReasonEnum, {
    nullable: true,
    description: 'Why the better model grade waits for a checker; null where none does.',
    simple: true,
  })
  heldBecause!: HeldReason | null;

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

  @Field(() => GradeValue, { description: 'Grade before knock-outs: by score, group rules and floors.', simple: true })
  uncappedGrade!: GradeValue;

  @Field(() => DateScalar, { description: 'Day whose values were used.', simple: true })
  asOf!: string;

  @Field(() => DateTimeScalar, { description: 'When it was computed.', simple: true })
  ratedAt!: Date;

  @Field(() => [String], { description: 'Knock-outs, floors and group rules that struck, by id.', simple: true })
  caps!: readonly string[];

  @Field(() => [String], { description: 'Notes, for example on missing information 「信用信息不足」.', simple: true })
  notes!: readonly string[];

  @Field(() => String, {
    nullable: true,
    description:
      'Proof file that the newest checkpoint of the log holds it: path to the root of its run, and of the run’s event to the checkpoint; checked with the key of the log alone. Null until the log does, and for people who may not read both the audit log and credit data.',
    simple: true,
  })
  proof!: string | null;
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
    description: 'Points, 1 to 10; 0 where not applicable; null when masked. Of a fitted model points of the score.',
  })
  points!: string | null;

  @Field(() => DecimalScalar, { description: 'Weight in the version, of 100.' })
  weight!: string;

  @Field(() => DecimalScalar, { description: 'Weight used, of 100.' })
  effectiveWeight!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Contribution to the score; all of them and the base add up to it exactly; null when masked.',
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

const RuleKindEnum = enumOf(['CAP', 'FLOOR', 'GROUP']);
registerEnumType(RuleKindEnum, {
  name: 'ScorecardRuleKind',
  description: 'How a rule moves a grade apart from points.',
  valuesConfig: {
    CAP: { description: '封顶: the grade is at most this.' },
    FLOOR: { description: '保底: the grade is at least this, unless a cap holds.' },
    GROUP: { description: '集团调整: notches for the grades of related parties.' },
  },
});

@ObjectType({ description: 'A rule that moved a grade apart from points.', simpleResolvers: true })
export class AppliedRule {
  @Field({ description: 'Id of the rule.' })
  id!: string;

  @Field(() => RuleKindEnum, { description: 'How it moves the grade.' })
  kind!: CalculationLogView['rules'][number]['kind'];

  @Field(() => String, { nullable: true, description: 'Indicator it reads; null for group rules.' })
  indicator!: string | null;

  @Field(() => String, { nullable: true, description: 'Grade at most or at least; null for group rules.' })
  grade!: string | null;

  @Field(() => Int, { nullable: true, description: 'Notches of a group rule, above 0 upwards.' })
  notches!: number | null;

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

  @Field(() => DecimalScalar, { description: 'What everybody begins with; 0 where points are weighted.' })
  base!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Probability of default that the model states 「违约概率」; null for models that only give points.',
  })
  pd!: string | null;

  @Field(() => [AppliedRule], { description: 'Whatever moved the grade apart from points.' })
  rules!: readonly AppliedRule[];

  @Field(() => [AppliedCap], { description: 'Knock-outs that struck.' })
  caps!: readonly AppliedCap[];

  @Field(() => [RatingNote], { description: 'Notes of the scorecard.' })
  notes!: readonly RatingNote[];
}

const ReasonSideEnum = enumOf(['FOR', 'AGAINST']);
registerEnumType(ReasonSideEnum, {
  name: 'ReasonSide',
  description: 'Which way something speaks.',
  valuesConfig: {
    FOR: { description: '优势: for the customer.' },
    AGAINST: { description: '风险: against the customer.' },
  },
});

@ObjectType({ description: 'A characteristic beside its peers 「同业对比」.', simpleResolvers: true })
export class PeerDistance {
  @Field({ description: 'Characteristic.' })
  characteristic!: string;

  @Field({ description: 'Indicator it reads.' })
  indicator!: string;

  @Field(() => DecimalScalar, { nullable: true, description: 'Value that went in; null when missing.' })
  input!: string | null;

  @Field(() => DecimalScalar, { description: 'Points, 1 to 10.' })
  points!: string;

  @Field(() => DecimalScalar, { description: 'Mean points of the peers.' })
  peerPoints!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Value in the middle of the peers; null where there is none.',
  })
  peerMedian!: string | null;

  @Field(() => DecimalScalar, { description: 'Points of the score that the distance makes.' })
  effect!: string;
}

@ObjectType({ description: 'What a dimension added to the score.', simpleResolvers: true })
export class DimensionScore {
  @Field({ description: 'CREDIT, OPERATION, COOPERATION or POTENTIAL.' })
  dimension!: string;

  @Field(() => DecimalScalar, { description: 'Points of the score.' })
  contribution!: string;

  @Field(() => DecimalScalar, { description: 'What it could have added.' })
  most!: string;

  @Field(() => DecimalScalar, { description: 'What the peers have on average.' })
  peers!: string;
}

@ObjectType({ description: 'An improvement that would lift the score.', simpleResolvers: true })
export class LiftStep {
  @Field({ description: 'Characteristic.' })
  characteristic!: string;

  @Field({ description: 'Indicator to be improved.' })
  indicator!: string;

  @Field(() => DecimalScalar, { nullable: true, description: 'Its value; null when missing.' })
  input!: string | null;

  @Field(() => DecimalScalar, { description: 'Value to be reached.' })
  target!: string;

  @Field(() => DecimalScalar, { description: 'Points of the score it would bring.' })
  gain!: string;
}

@ObjectType({ description: 'What would lift the grade by one 「提升路径」.', simpleResolvers: true })
export class Lift {
  @Field({ description: 'The next better grade.' })
  toGrade!: string;

  @Field(() => DecimalScalar, {
    description: 'Points of the score that are missing; 0 where only a cap stands in the way.',
  })
  missing!: string;

  @Field(() => [String], { description: 'Caps that hold the grade below, by id.' })
  caps!: readonly string[];

  @Field(() => [LiftStep], { description: 'The fewest improvements that together bring enough; empty where none do.' })
  steps!: readonly LiftStep[];
}

@ObjectType({ description: 'What may be done, with the number behind it 「建议」.', simpleResolvers: true })
export class Suggestion {
  @Field({ description: 'Id of the rule.' })
  id!: string;

  @Field(() => ReasonSideEnum, { description: 'Whether it answers a risk or an opportunity.' })
  side!: 'FOR' | 'AGAINST';

  @Field({ description: 'Indicator behind it.' })
  indicator!: string;

  @Field(() => DecimalScalar, { description: 'Value of the customer.' })
  input!: string;

  @Field(() => DecimalScalar, { nullable: true, description: 'Value in the middle of the peers.' })
  peerMedian!: string | null;

  @Field({ description: 'What may be done, Chinese.' })
  textZh!: string;

  @Field({ description: 'What may be done, English.' })
  textEn!: string;
}

@ObjectType({ description: 'What a rating says to people 「评级报告」.', simpleResolvers: true })
export class GradeReport {
  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Probability of default of the grade, by the master scale of the version; null where it has none.',
  })
  masterScalePd!: string | null;

  @Field(() => [DimensionScore], { description: 'The four dimensions; none where the model takes no weights.' })
  dimensions!: readonly DimensionScore[];

  @Field(() => [PeerDistance], { description: 'What lifts the score most above that of the peers.' })
  reasonsFor!: readonly PeerDistance[];

  @Field(() => [PeerDistance], { description: 'What holds the score most below that of the peers.' })
  reasonsAgainst!: readonly PeerDistance[];

  @Field(() => [String], { description: 'Indicators without a value.' })
  missing!: readonly string[];

  @Field(() => Lift, {
    nullable: true,
    description: 'What would lift the grade by one; null at AAA and for fitted models.',
  })
  lift!: Lift | null;

  @Field(() => [Suggestion], { description: 'What may be done.' })
  suggestions!: readonly Suggestion[];
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

@ObjectType()
abstract class GroupCount {
  @Field(() => Int, { description: 'Customers in it.' })
  count!: number;

  @Field(() => DecimalScalar, { description: 'Their share of everybody rated, 0 to 1, six places.' })
  share!: string;
}

@ObjectType({ description: 'How many customers got a grade of a level 「四级分布」.', simpleResolvers: true })
export class GradeLevelCount extends GroupCount {
  @Field(() => GradeBandEnum, { description: 'The level.' })
  level!: GradeBand;
}

@ObjectType({ description: 'How many customers got a grade of a customer group.', simpleResolvers: true })
export class PortfolioBandCount extends GroupCount {
  @Field(() => PortfolioBandEnum, { description: 'The group.' })
  band!: PortfolioBand;
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
    PARKED: { description: '暂挂: the results are unusual and wait for a checker.' },
    PUBLISHING: { description: 'About to take effect.' },
    COMPLETED: { description: 'In effect: everybody was rated or parked.' },
    CANCELLED: { description: 'Stopped by a person; nothing of it takes effect.' },
    REJECTED: { description: 'The unusual results were refused; nothing of it takes effect.' },
    SIMULATED: { description: 'The figures are there to be looked at; nothing of it takes effect.' },
  },
});

const RunPurposeEnum = enumOf(RUN_PURPOSES);
registerEnumType(RunPurposeEnum, {
  name: 'RatingRunPurpose',
  description: 'What a run is for.',
  valuesConfig: {
    PUBLICATION: { description: 'Its ratings are to come into effect.' },
    SIMULATION: { description: 'Its results are only to be looked at.' },
  },
});

@ObjectType({ description: 'Customers that went from one model grade to another.', simpleResolvers: true })
export class GradeMoveCount {
  @Field(() => GradeValue, { nullable: true, description: 'Before; null at a first rating.' })
  from!: GradeValue | null;

  @Field(() => GradeValue, { description: 'After.' })
  to!: GradeValue;

  @Field(() => Int, { description: 'Customers.' })
  count!: number;
}

@ObjectType({ description: 'What a run came to, by model grades.', simpleResolvers: true })
export class RunFigures {
  @Field(() => Int, { description: 'Rated for the first time.' })
  first!: number;

  @Field(() => Int, { description: 'Rated anew; the shares are of them.' })
  compared!: number;

  @Field(() => Int, { description: 'Better than before.' })
  up!: number;

  @Field(() => Int, { description: 'Worse than before.' })
  down!: number;

  @Field(() => DecimalScalar, { description: 'Share whose model grade moved, 0 to 1.' })
  shareMoved!: string;

  @Field(() => DecimalScalar, { description: 'Notches moved on average; below 0 is worse.' })
  meanNotchShift!: string;

  @Field(() => [GradeMoveCount], { description: 'Migration matrix 「迁徙矩阵」, only what occurs, best grades first.' })
  moves!: readonly GradeMoveCount[];
}

@ObjectType('RatingRun', { implements: Node, description: 'A rating of the whole portfolio.' })
export class RatingRun extends Node {
  @Field(() => RunStateEnum, { description: 'Where it stands.', simple: true })
  state!: RunState;

  @Field(() => RunPurposeEnum, { description: 'What it is for.', simple: true })
  purpose!: RunPurpose;

  @Field(() => RunFigures, {
    nullable: true,
    description: 'What it came to; null until all chunks are done.',
    simple: true,
  })
  figures!: RunFigures | null;

  @Field(() => PortfolioWhatIf, {
    nullable: true,
    description: 'What it would mean if it came into effect; only of simulations, null until all chunks are done.',
    simple: true,
  })
  whatIf!: PortfolioWhatIf | null;

  @Field(() => String, {
    nullable: true,
    description:
      'SHA-256 of the scorecard definition that was tried, hex: a draft may have been edited since. Null for runs that are no simulation.',
    simple: true,
  })
  trialDigest!: string | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'The limit policy that was tried; null where the one in force counts.',
    simple: true,
  })
  trialLimitPolicy!: unknown;

  @Field(() => String, {
    nullable: true,
    description: 'Root of the Merkle tree over all its ratings, hex; null until all chunks are done.',
    simple: true,
  })
  ratingsRoot!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'In effect from this moment.', simple: true })
  publishedAt!: Date | null;

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

  @Field(() => DateTimeScalar, { nullable: true, description: 'Ended at.', simple: true })
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

export const RatingRunOrderBy = orderByType<RunOrder>('RatingRun', {
  STARTED_AT: 'The moment at which it was started.',
  UPDATED_AT: 'The moment of its last move, or of the last part of it that was done.',
});

export const RatingOrderBy = orderByType<RatingOrder>('Rating', {
  RATED_AT: 'The moment of the rating; those of a run are of one moment.',
});

@InputType({ description: 'Which ratings; all conditions together.' })
export class RatingWhere {
  @Field(() => [RatingWhere], { nullable: true, description: 'All of these hold.' })
  and?: RatingWhere[] | null;

  @Field(() => [RatingWhere], { nullable: true, description: 'One of these holds.' })
  or?: RatingWhere[] | null;

  @Field(() => RatingWhere, { nullable: true, description: 'This does not hold.' })
  not?: RatingWhere | null;

  @Field(() => GradeFilter, { nullable: true, description: 'Grade by the model.' })
  modelGrade?: GradeFilter | null;

  @Field(() => ID, { nullable: true, description: 'Scorecard version that they were made with.' })
  scorecardVersion?: string | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When they were made.' })
  ratedAt?: DateTimeFilter | null;
}

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

@InputType({ description: 'Rates everybody without effect, to see what would come of it.' })
export class SimulateRatingRunInput extends MutationInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Scorecard version to rate by, be it a draft; the live one if left out.',
  })
  scorecardVersionId?: string | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Content of a limit policy to try; limits follow the one in force if left out.',
  })
  limitPolicy?: unknown;
}

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

@ObjectType({ description: 'A simulation that was started.' })
export class SimulateRatingRunPayload extends RunPayload {}
