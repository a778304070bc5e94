import { IsOptional, MaxLength } from 'class-validator';
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Stage } from '../../src/kernel/life-cycle';
import {
  COLLATERAL_DEMANDS,
  LIFE_CYCLE_MEASURES,
  MANAGER_KINDS,
  PRODUCT_ACCESS,
  RISK_CLASSES,
  SERVICE_LEVELS,
  TIER_DIRECTIONS,
  VALUE_BANDS,
  VALUE_PARTS,
  WARNING_LEVELS,
  type LifeCycleMeasure,
  type RiskClass,
  type Tier,
  type TierDirection,
  type TreatmentPlan as TreatmentPlanView,
  type ValueBand,
  type ValuePart,
  type WarningLevel,
} from '../../src/policies';
import { TASK_STATES, TIER_CAUSES, type TaskState, type TierCause } from '../../src/tiers';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { Customer, StageEnum } from '../customers/customer.types';
import { enumOf, GradeValue, TierEnum } from '../enums';
import { choiceInput, DateFilter, MutationInput, TierFilter, type ChoiceInput } from '../inputs';
import { Node } from '../node.types';
import type { Reading } from '../reads';
import { DateScalar, DateTimeScalar, DecimalScalar } from '../scalars';
import { UserError } from '../user-errors';

const ValueBandEnum = enumOf(VALUE_BANDS);
registerEnumType(ValueBandEnum, {
  name: 'ValueBand',
  description: 'Band of the value score 「价值档」, by the tier matrix.',
  valuesConfig: {
    TOP: { description: '顶级: worth most.' },
    HIGH: { description: '高价值.' },
    MEDIUM: { description: '中价值.' },
    LOW: { description: '低价值.' },
  },
});

const RiskClassEnum = enumOf(RISK_CLASSES);
registerEnumType(RiskClassEnum, {
  name: 'RiskClass',
  description: 'Risk by grade in force and open warnings 「风险类别」.',
  valuesConfig: {
    LOW: { description: '低风险.' },
    MEDIUM: { description: '中风险.' },
    HIGH: { description: '高风险.' },
  },
});

const TierWarningEnum = enumOf(WARNING_LEVELS);
registerEnumType(TierWarningEnum, {
  name: 'TierWarningLevel',
  description: 'Worst open warning that a risk class was told by.',
  valuesConfig: {
    RED: { description: '红色预警.' },
    YELLOW: { description: '黄色预警.' },
  },
});

const TierCauseEnum = enumOf(TIER_CAUSES);
registerEnumType(TierCauseEnum, {
  name: 'TierCause',
  description: 'Why a tier moved.',
  valuesConfig: {
    GRADE: { description: 'The grade in force was set or changed.' },
    VALUE: { description: 'The value was told anew.' },
    WARNING: { description: 'A warning was raised or closed.' },
    POLICY: { description: 'Another version of the tier matrix came into force.' },
  },
});

const DirectionEnum = enumOf(TIER_DIRECTIONS);
registerEnumType(DirectionEnum, {
  name: 'TierDirection',
  description: 'How a customer came into a tier.',
  valuesConfig: {
    FIRST: { description: 'Without a tier before.' },
    UP: { description: '升级: from a worse tier.' },
    DOWN: { description: '降级: from a better tier.' },
  },
});

const ServiceLevelEnum = enumOf(SERVICE_LEVELS);
registerEnumType(ServiceLevelEnum, {
  name: 'ServiceLevel',
  description: 'How much service a tier gets 「服务等级」.',
  valuesConfig: {
    DEDICATED: { description: '专属服务.' },
    PRIORITY: { description: '优先服务.' },
    REGULAR: { description: '常规服务.' },
    BASIC: { description: '基础服务.' },
    RESTRICTED: { description: '受限服务.' },
  },
});

const ManagerKindEnum = enumOf(MANAGER_KINDS);
registerEnumType(ManagerKindEnum, {
  name: 'ManagerKind',
  description: 'Who looks after customers of a tier.',
  valuesConfig: {
    DEDICATED: { description: '专属客户经理: a manager of their own.' },
    SHARED: { description: '共享客户经理: one who looks after many.' },
    POOL: { description: '团队: whoever of the team is there.' },
    RISK: { description: '风险专员: somebody from risk besides.' },
  },
});

const ProductAccessEnum = enumOf(PRODUCT_ACCESS);
registerEnumType(ProductAccessEnum, {
  name: 'ProductAccess',
  description: 'What customers of a tier may buy.',
  valuesConfig: {
    ALL: { description: '全部产品.' },
    SELECTED: { description: '部分产品.' },
    RESTRICTED: { description: '受限产品.' },
  },
});

const CollateralEnum = enumOf(COLLATERAL_DEMANDS);
registerEnumType(CollateralEnum, {
  name: 'CollateralDemand',
  description: 'What security customers of a tier are asked for 「担保要求」.',
  valuesConfig: {
    NONE: { description: '无需担保.' },
    ON_REQUEST: { description: '视情况要求.' },
    REQUIRED: { description: '必须担保.' },
  },
});

const ValuePartEnum = enumOf(VALUE_PARTS);
registerEnumType(ValuePartEnum, {
  name: 'ValuePart',
  description: 'A part of the value score.',
  valuesConfig: {
    FREQUENCY: { description: '购买频次: orders in a year.' },
    AVERAGE_ORDER: { description: '客单价: turnover by order.' },
    MARGIN: { description: '毛利: what we earn in a year.' },
    LIFETIME_VALUE: { description: '生命周期价值: what we may yet earn.' },
    PARETO: { description: '帕累托: whether the customer is among those who make up most of our margin.' },
  },
});

const TaskStateEnum = enumOf(TASK_STATES);
registerEnumType(TaskStateEnum, {
  name: 'TierTaskState',
  description: 'Where a task stands.',
  valuesConfig: {
    OPEN: { description: '待办: to be done.' },
    DONE: { description: '已完成.' },
    CANCELLED: { description: '已取消: by a person, or by the next change of tier.' },
  },
});

@ObjectType({ description: 'A part of a value score, with what it weighs.', simpleResolvers: true })
export class ValuePartScore {
  @Field(() => ValuePartEnum, { description: 'Which part.' })
  part!: ValuePart;

  @Field(() => Int, { description: 'Points, 1 to 10.' })
  points!: number;

  @Field(() => DecimalScalar, { description: 'Percent of the score.' })
  weight!: string;

  @Field(() => DecimalScalar, { description: 'Points of the score that it brings: all together are the score.' })
  contribution!: string;
}

@ObjectType({
  description:
    'What the lifetime value was reckoned with: margin × Σ (retention ÷ (1 + discount rate))^t for t = 1 … horizon.',
  simpleResolvers: true,
})
export class LifetimeInputs {
  @Field(() => DecimalScalar, {
    description: 'Share that goes on buying from year to year, 0 to 1; by policy where it is not known.',
  })
  retention!: string;

  @Field(() => DecimalScalar, { description: 'Discount rate of a year.' })
  discountRate!: string;

  @Field(() => Int, { description: 'Years that are looked ahead.' })
  horizonYears!: number;
}

@ObjectType({ description: 'What a customer is worth to us 「价值评分」, and how that came about.' })
export class ValueScore {
  @Field(() => DecimalScalar, { description: 'Score, 0 to 100, two places.', simple: true })
  score!: string;

  @Field(() => [ValuePartScore], { description: 'The five parts.', simple: true })
  parts!: readonly ValuePartScore[];

  @Field(() => DecimalScalar, { nullable: true, description: 'Orders in a year; null where not known.', simple: true })
  orders!: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Yuan of turnover by order, two places; null where not known.',
    simple: true,
  })
  averageOrder!: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Yuan of gross margin in a year; null where not known.',
    simple: true,
  })
  margin!: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Customer lifetime value 「生命周期价值」 in yuan, two places; null without a margin.',
    simple: true,
  })
  lifetimeValue!: string | null;

  @Field(() => LifetimeInputs, { description: 'What the lifetime value was reckoned with.', simple: true })
  lifetime!: LifetimeInputs;

  @Field(() => DecimalScalar, {
    description:
      'Share of all our margin, in steps of 0.05, that customers with at least this margin make up: up to 0.80 is the core 「80/20」.',
    simple: true,
  })
  paretoShare!: string;

  @Field(() => [String], { description: 'Indicators without a value that may still be used, by code.', simple: true })
  missing!: readonly string[];

  @Field(() => DateScalar, { description: 'Day that values were looked at for.', simple: true })
  asOf!: string;

  @Field(() => DateTimeScalar, {
    description: 'When it was told; a value that is confirmed is not told again.',
    simple: true,
  })
  evaluatedAt!: Date;
}

@ObjectType({ description: 'Cut points of a part: each that is exceeded brings a point more.', simpleResolvers: true })
export class ValuePartCuts {
  @Field(() => ValuePartEnum, { description: 'Which part.' })
  part!: ValuePart;

  @Field(() => [DecimalScalar], { description: 'Ascending; empty where nobody has a value.' })
  cuts!: readonly string[];
}

const ComputationStateEnum = enumOf(['RUNNING', 'COMPLETED']);
registerEnumType(ComputationStateEnum, {
  name: 'ValueComputationState',
  description: 'Where a computation of values stands.',
  valuesConfig: {
    RUNNING: { description: 'Customers are being looked at.' },
    COMPLETED: { description: 'Everybody was.' },
  },
});

@ObjectType('ValueComputation', {
  implements: Node,
  description: 'Telling the value of all customers 「价值测算」, by cut points frozen at its start.',
})
export class ValueComputation extends Node {
  @Field(() => ComputationStateEnum, { description: 'Where it stands.', simple: true })
  state!: keyof typeof ComputationStateEnum;

  @Field(() => DateScalar, { description: 'Day that values were looked at for.', simple: true })
  asOf!: string;

  @Field(() => Int, { description: 'Customers with values that the cut points were taken from.', simple: true })
  referenceSize!: number;

  @Field(() => Int, { description: 'Customers looked at so far.', simple: true })
  evaluated!: number;

  @Field(() => Int, { description: 'Tiers that moved so far.', simple: true })
  tiersMoved!: number;

  @Field(() => Int, { description: 'Customers who make up the first share of our margin.', simple: true })
  core!: number;

  @Field(() => Int, { description: 'Of the core, those who had a value before.', simple: true })
  coreKnown!: number;

  @Field(() => Int, {
    description: 'Of those, the ones whose value was top or high by then: high-value customers that were recognised.',
    simple: true,
  })
  coreRecognised!: number;

  @Field(() => [ValuePartCuts], { description: 'Cut points of the parts that are placed by tenths.', simple: true })
  cuts!: readonly ValuePartCuts[];

  @Field(() => [DecimalScalar], {
    description: 'For 5 %, 10 % … 100 % of our margin: the least margin of those who make it up.',
    simple: true,
  })
  paretoCurve!: readonly string[];

  @Field(() => DateTimeScalar, { description: 'Started at.', simple: true })
  startedAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Ended at.', simple: true })
  finishedAt!: Date | null;

  @Field(() => Int, { description: 'Grows with every chunk that is done.', simple: true })
  version!: number;
}

const LifeCycleMeasureEnum = enumOf(LIFE_CYCLE_MEASURES);
registerEnumType(LifeCycleMeasureEnum, {
  name: 'LifeCycleMeasure',
  description: 'What stages of the life cycle are told by.',
  valuesConfig: {
    cooperationYears: { description: '合作年限: years with us.' },
    daysSinceLastOrder: { description: '距上次下单天数.' },
    ordersIn1Year: { description: '年度订单数.' },
    turnoverGrowthWithUs: { description: '合作交易额同比增长: 0.15 is 15 %.' },
    rated: { description: '是否已评级: 1 or 0.' },
  },
});

@ObjectType({ description: 'A figure that a stage was told by.', simpleResolvers: true })
export class LifeCycleFact {
  @Field(() => LifeCycleMeasureEnum, { description: 'Which.' })
  measure!: LifeCycleMeasure;

  @Field(() => Float, { nullable: true, description: 'Its value; null where not known, or too old to count.' })
  value!: number | null;
}

@ObjectType({ description: 'A rule of the life cycle.', simpleResolvers: true })
export class LifeCycleRule {
  @Field({ description: 'Name within the policy.' })
  id!: string;

  @Field({ description: 'In Chinese.' })
  nameZh!: string;

  @Field({ description: 'In English.' })
  nameEn!: string;
}

@ObjectType({
  description:
    'A move in the life cycle by rules 「阶段研判」: the stage that the customer’s own figures speak for, beside the one in master data.',
})
export class LifeCycleEntry {
  @Field(() => StageEnum, { description: 'Stage from then on.', simple: true })
  stage!: Stage;

  @Field(() => StageEnum, { nullable: true, description: 'Stage before; null at the first.', simple: true })
  before!: Stage | null;

  @Field(() => LifeCycleRule, { description: 'The rule that decided.', simple: true })
  rule!: LifeCycleRule;

  @Field(() => [LifeCycleFact], { description: 'The figures that it decided by.', simple: true })
  facts!: readonly LifeCycleFact[];

  @Field(() => DateScalar, { description: 'Day that the newest of the figures tells of.', simple: true })
  asOf!: string;

  @Field(() => DateTimeScalar, { description: 'When it was put on record.', simple: true })
  changedAt!: Date;
}

@ObjectType({ description: 'What customers of a tier are given and asked for 「差异化方案」.', simpleResolvers: true })
export class TreatmentPlan {
  @Field(() => ServiceLevelEnum, { description: 'Service.' })
  serviceLevel!: TreatmentPlanView['serviceLevel'];

  @Field(() => Int, { description: 'Somebody is in touch at least every so many days.' })
  contactEveryDays!: number;

  @Field(() => ManagerKindEnum, { description: 'Who looks after them.' })
  manager!: TreatmentPlanView['manager'];

  @Field(() => ProductAccessEnum, { description: 'What they may buy.' })
  productAccess!: TreatmentPlanView['productAccess'];

  @Field(() => CollateralEnum, { description: 'Security that they are asked for.' })
  collateral!: TreatmentPlanView['collateral'];

  @Field(() => DecimalScalar, { description: 'Share of an order that is paid beforehand, 0 to 1.' })
  prepaymentShare!: string;
}

@ObjectType({ description: 'The tier of a customer 「客户层级」: where value and risk meet in the tier matrix.' })
export class CustomerTier {
  @Field(() => TierEnum, { description: 'The tier.', simple: true })
  tier!: Tier;

  @Field(() => ValueBandEnum, { description: 'Band of the value score: the row of the matched cell.', simple: true })
  valueBand!: ValueBand;

  @Field(() => RiskClassEnum, { description: 'Risk class: the column of the matched cell.', simple: true })
  riskClass!: RiskClass;

  @Field(() => GradeValue, { description: 'Grade in force that the cell was matched with.', simple: true })
  grade!: GradeValue;

  @Field(() => TierWarningEnum, {
    nullable: true,
    description: 'Worst open warning that the cell was matched with.',
    simple: true,
  })
  warning!: WarningLevel | null;

  @Field(() => TreatmentPlan, { description: 'What the tier means for the customer.', simple: true })
  plan!: TreatmentPlan;

  @Field(() => DateTimeScalar, { description: 'In this tier since.', simple: true })
  effectiveFrom!: Date;

  @Field(() => Int, { description: 'Grows with every move from cell to cell.', simple: true })
  version!: number;
}

@ObjectType({ description: 'A move from one cell of the tier matrix to another.' })
export class TierHistoryEntry {
  @Field(() => TierCauseEnum, { description: 'Why.', simple: true })
  cause!: TierCause;

  @Field(() => TierEnum, { nullable: true, description: 'Tier before; null at the first.', simple: true })
  before!: Tier | null;

  @Field(() => TierEnum, { description: 'Tier after; the same where another cell holds it too.', simple: true })
  after!: Tier;

  @Field(() => ValueBandEnum, { description: 'Band of the value score after.', simple: true })
  valueBand!: ValueBand;

  @Field(() => RiskClassEnum, { description: 'Risk class after.', simple: true })
  riskClass!: RiskClass;

  @Field(() => GradeValue, { description: 'Grade in force then.', simple: true })
  grade!: GradeValue;

  @Field(() => TierWarningEnum, { nullable: true, description: 'Worst open warning then.', simple: true })
  warning!: WarningLevel | null;

  @Field(() => DateTimeScalar, { description: 'When.', simple: true })
  changedAt!: Date;
}

export const TierHistoryConnection = connectionType('TierHistoryEntry', TierHistoryEntry);
export const LifeCycleConnection = connectionType('LifeCycleEntry', LifeCycleEntry);

@ObjectType('TierTask', {
  implements: Node,
  description: 'Something that somebody has to do since a customer came into a tier 「分层任务」.',
})
export class TierTask extends Node {
  @Field({ description: 'Code of the task in the treatment plan.', simple: true })
  code!: string;

  @Field({ description: 'What is to be done, Chinese.', simple: true })
  nameZh!: string;

  @Field({ description: 'What is to be done, English.', simple: true })
  nameEn!: string;

  @Field(() => TierEnum, { description: 'Tier that the customer came into.', simple: true })
  tier!: Tier;

  @Field(() => DirectionEnum, { description: 'How.', simple: true })
  direction!: TierDirection;

  @Field(() => DateScalar, { description: 'To be done by this day.', simple: true })
  dueOn!: string;

  @Field(() => TaskStateEnum, { description: 'Where it stands.', simple: true })
  state!: TaskState;

  @Field(() => String, { nullable: true, description: 'What was done, or why it was cancelled.', simple: true })
  note!: string | null;

  @Field(() => DateTimeScalar, { description: 'There since.', simple: true })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Done or cancelled at.', simple: true })
  closedAt!: Date | null;

  @Field({
    description: 'Whether the caller may complete or cancel it: its owner, the people of its unit, and risk staff may.',
    simple: true,
  })
  viewerMayClose!: boolean;

  @Field(() => Int, { description: 'Send it back as `expectedVersion`.', simple: true })
  version!: number;
}

export const TierTaskConnection = connectionType('TierTask', TierTask);

const TaskStateFilter = choiceInput<TaskState>('TierTaskStateFilter', TaskStateEnum);

@InputType({ description: 'Which tasks; all conditions together.' })
export class TierTaskWhere {
  @Field(() => [TierTaskWhere], { nullable: true, description: 'All of these hold.' })
  and?: TierTaskWhere[] | null;

  @Field(() => [TierTaskWhere], { nullable: true, description: 'One of these holds.' })
  or?: TierTaskWhere[] | null;

  @Field(() => TierTaskWhere, { nullable: true, description: 'This does not hold.' })
  not?: TierTaskWhere | null;

  @Field(() => TaskStateFilter, { nullable: true, description: 'Where it stands.' })
  state?: ChoiceInput<TaskState> | null;

  @Field(() => TierFilter, { nullable: true, description: 'Tier that the customer came into.' })
  tier?: ChoiceInput<Tier> | null;

  @Field(() => ID, { nullable: true, description: 'Of this owner: a user.' })
  owner?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this org unit.' })
  orgUnit?: string | null;

  @Field(() => ID, { nullable: true, description: 'On this customer.' })
  customer?: string | null;

  @Field(() => DateFilter, { nullable: true, description: 'When it is due.' })
  dueOn?: DateFilter | null;
}

/** Longest note on a task. */
const NOTE_MAX = 2_000;

@InputType({ description: 'A task that was done.' })
export class CompleteTierTaskInput extends MutationInput {
  @Field(() => ID, { description: 'The task.' })
  taskId!: string;

  @Field(() => Int, { description: '`version` of the task that the caller saw.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: 'What was done.' })
  @IsOptional()
  @MaxLength(NOTE_MAX)
  note?: string | null;
}

@InputType({ description: 'A task that will not be done.' })
export class CancelTierTaskInput extends MutationInput {
  @Field(() => ID, { description: 'The task.' })
  taskId!: string;

  @Field(() => Int, { description: '`version` of the task that the caller saw.' })
  expectedVersion!: number;

  @Field({ description: 'Why.' })
  @MaxLength(NOTE_MAX)
  note!: string;
}

@InputType({ description: 'Tells the value of all customers anew.' })
export class StartValueComputationInput extends MutationInput {}

@InputType({ description: 'Tells the value of one customer anew.' })
export class EvaluateCustomerValueInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;
}

@ObjectType()
export abstract class TierTaskPayload {
  @Field(() => TierTask, { nullable: true, description: 'The task as it stands now.', simple: true })
  task?: Reading<TierTask>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A task that was done.' })
export class CompleteTierTaskPayload extends TierTaskPayload {}

@ObjectType({ description: 'A task that was cancelled.' })
export class CancelTierTaskPayload extends TierTaskPayload {}

@ObjectType({ description: 'A computation of values that was started.' })
export class StartValueComputationPayload {
  @Field(() => ValueComputation, { nullable: true, description: 'The computation as it stands now.', simple: true })
  computation?: Reading<ValueComputation>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A customer whose value was told.' })
export class EvaluateCustomerValuePayload {
  @Field(() => Customer, { nullable: true, description: 'The customer as it stands now.', simple: true })
  customer?: Reading<Customer>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, {
    nullable: true,
    description: 'The event that the log holds of it; null where the value is as before.',
    simple: true,
  })
  auditEvent?: Reading<AuditEvent>;
}
