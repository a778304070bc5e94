import { IsOptional, MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RISK_EVENT_KINDS, SEVERITIES, type RiskEventKind, type Severity } from '../../src/policies';
import type { Role } from '../../src/kernel/role';
import {
  WARNING_ACTIONS,
  WARNING_OUTCOMES,
  WARNING_STATES,
  WARNING_TASK_KINDS,
  WARNING_TASK_STATES,
  type WarningAction,
  type WarningOutcome,
  type WarningState,
  type WarningTaskKind,
  type WarningTaskState,
} from '../../src/warnings';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { enumOf, RoleEnum } from '../enums';
import { choiceInput, DateTimeFilter, MutationInput, type ChoiceInput } from '../inputs';
import { Node } from '../node.types';
import type { Reading } from '../reads';
import { DateTimeScalar, DecimalScalar } from '../scalars';
import { UserError } from '../user-errors';

const RiskEventKindEnum = enumOf(RISK_EVENT_KINDS);
registerEnumType(RiskEventKindEnum, {
  name: 'RiskEventKind',
  description: 'What has happened. What follows from it stands in the policy `RISK_EVENT`.',
  valuesConfig: {
    DEFAULT: { description: '违约: does not pay what is owed.' },
    BANKRUPTCY: { description: '破产申请: bankruptcy was filed.' },
    LAWSUIT: { description: '被诉: was sued.' },
    LAWSUIT_CLOSED: { description: '诉讼终结: a lawsuit has come to its end.' },
    BLACKLIST: { description: '列入黑名单: was put on an industry blacklist.' },
    OVERDUE: { description: '逾期: a payment is overdue; the value is days.' },
    EQUITY_CHANGE: { description: '股权变更: shareholders changed.' },
    BAD_NEWS: { description: '负面舆情: bad news in public.' },
    DEBT_JUMP: { description: '负债率骤升: debt rose steeply; the value is debt to assets.' },
    OTHER: { description: '客户经理报告: reported by hand, in words.' },
  },
});

export const SeverityEnum = enumOf(SEVERITIES);
registerEnumType(SeverityEnum, {
  name: 'WarningSeverity',
  description: 'How severe a warning is.',
  valuesConfig: {
    RED: { description: '红: has an owner and a deadline, always.' },
    YELLOW: { description: '黄' },
    GREEN: { description: '绿' },
  },
});

const WarningStateEnum = enumOf(WARNING_STATES);
registerEnumType(WarningStateEnum, {
  name: 'WarningState',
  description: 'Where a warning stands.',
  valuesConfig: {
    OPEN: { description: '待处理: nobody has taken it up yet.' },
    IN_PROGRESS: { description: '处理中: somebody has.' },
    CLOSED: { description: '已关闭: decided, with its outcome.' },
  },
});

const WarningOutcomeEnum = enumOf(WARNING_OUTCOMES);
registerEnumType(WarningOutcomeEnum, {
  name: 'WarningOutcome',
  description: 'How the risk was answered.',
  valuesConfig: {
    AVOIDED: { description: '规避: no further business that bears it.' },
    TRANSFERRED: { description: '转移: to a guarantor or an insurer.' },
    REDUCED: { description: '降低: less exposure, more collateral, shorter terms.' },
    SPREAD: { description: '分散: over more customers.' },
    ACCEPTED: { description: '承受: knowingly.' },
    FALSE_ALARM: { description: '误报: there was none.' },
  },
});

const WarningActionEnum = enumOf(WARNING_ACTIONS);
registerEnumType(WarningActionEnum, {
  name: 'WarningAction',
  description: 'What was done about a warning.',
  valuesConfig: {
    RAISED: { description: 'An event raised it.' },
    EVENT_ADDED: { description: 'A further event came on top.' },
    ACKNOWLEDGED: { description: 'Somebody took it up.' },
    TASK_DONE: { description: 'A task of it was done.' },
    CLOSED: { description: 'It was decided.' },
  },
});

const WarningTaskKindEnum = enumOf(WARNING_TASK_KINDS);
registerEnumType(WarningTaskKindEnum, {
  name: 'WarningTaskKind',
  description: 'What is to be done about a warning.',
  valuesConfig: { LIMIT_REVIEW: { description: 'Review the credit limit 「额度复核」.' } },
});

const WarningTaskStateEnum = enumOf(WARNING_TASK_STATES);
registerEnumType(WarningTaskStateEnum, {
  name: 'WarningTaskState',
  description: 'Whether a task is done.',
  valuesConfig: { OPEN: { description: 'Still to be done.' }, DONE: { description: 'Done.' } },
});

@ObjectType({ description: 'Something that has happened to a customer 「风险事件」.' })
export class RiskEvent {
  @Field(() => RiskEventKindEnum, { description: 'What.', simple: true })
  kind!: RiskEventKind;

  @Field(() => DateTimeScalar, { description: 'When it happened.', simple: true })
  occurredAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it became known to the house.', simple: true })
  recordedAt!: Date;

  @Field({ description: 'Who says so.', simple: true })
  source!: string;

  @Field({ description: 'How the source calls it.', simple: true })
  reference!: string;

  @Field({ description: 'The same in words.', simple: true })
  detail!: string;

  @Field(() => DecimalScalar, { nullable: true, description: 'The value that it brought.', simple: true })
  value!: string | null;
}

@ObjectType({ description: 'What was done about a warning, and by whom.' })
export class WarningEntry {
  @Field(() => WarningActionEnum, { description: 'What.', simple: true })
  action!: WarningAction;

  @Field(() => SeverityEnum, { description: 'How severe the warning was afterwards.', simple: true })
  severity!: Severity;

  @Field(() => WarningStateEnum, { description: 'Where it stood afterwards.', simple: true })
  state!: WarningState;

  @Field({ description: 'What was said about it.', simple: true })
  note!: string;

  @Field(() => DateTimeScalar, { description: 'When.', simple: true })
  madeAt!: Date;
}

@ObjectType('WarningTask', { implements: Node, description: 'Something that has to be done about a warning.' })
export class WarningTask extends Node {
  @Field(() => WarningTaskKindEnum, { description: 'What.', simple: true })
  kind!: WarningTaskKind;

  @Field(() => WarningTaskStateEnum, { description: 'Whether it is done.', simple: true })
  state!: WarningTaskState;

  @Field(() => DateTimeScalar, { description: 'Until when.', simple: true })
  dueAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was done.', simple: true })
  doneAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'What was found.', simple: true })
  note!: string | null;
}

@ObjectType('Warning', { implements: Node, description: 'A risk that somebody has to look at 「预警」.' })
export class Warning extends Node {
  @Field(() => RiskEventKindEnum, { description: 'What raised it.', simple: true })
  kind!: RiskEventKind;

  @Field(() => SeverityEnum, { description: 'How severe it is.', simple: true })
  severity!: Severity;

  @Field(() => WarningStateEnum, { description: 'Where it stands.', simple: true })
  state!: WarningState;

  @Field(() => RoleEnum, {
    nullable: true,
    description: 'Role whose holders own it where no single person does.',
    simple: true,
  })
  ownerRole!: Role | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this it has to be decided.', simple: true })
  deadline!: Date | null;

  @Field({ description: 'Whether it was decided after its deadline, or has not been and is past it.', simple: true })
  overdue!: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was raised.', simple: true })
  raisedAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When somebody took it up.', simple: true })
  acknowledgedAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was decided.', simple: true })
  closedAt!: Date | null;

  @Field(() => WarningOutcomeEnum, { nullable: true, description: 'How the risk was answered.', simple: true })
  outcome!: WarningOutcome | null;

  @Field(() => String, { nullable: true, description: 'Why so.', simple: true })
  outcomeNote!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it last moved.', simple: true })
  updatedAt!: Date;

  @Field(() => Int, { description: 'Grows with every move; send it back as `expectedVersion`.', simple: true })
  version!: number;
}

export const WarningConnection = connectionType('Warning', Warning);

const SeverityFilter = choiceInput<Severity>('WarningSeverityFilter', SeverityEnum);
const WarningStateFilter = choiceInput<WarningState>('WarningStateFilter', WarningStateEnum);
const RiskEventKindFilter = choiceInput<RiskEventKind>('RiskEventKindFilter', RiskEventKindEnum);

@InputType({ description: 'Which warnings; all conditions together.' })
export class WarningWhere {
  @Field(() => [WarningWhere], { nullable: true, description: 'All of these hold.' })
  and?: WarningWhere[] | null;

  @Field(() => [WarningWhere], { nullable: true, description: 'One of these holds.' })
  or?: WarningWhere[] | null;

  @Field(() => WarningWhere, { nullable: true, description: 'This does not hold.' })
  not?: WarningWhere | null;

  @Field(() => SeverityFilter, { nullable: true, description: 'How severe.' })
  severity?: ChoiceInput<Severity> | null;

  @Field(() => WarningStateFilter, { nullable: true, description: 'Where it stands.' })
  state?: ChoiceInput<WarningState> | null;

  @Field(() => RiskEventKindFilter, { nullable: true, description: 'What raised it.' })
  kind?: ChoiceInput<RiskEventKind> | null;

  @Field(() => ID, { nullable: true, description: 'The customer.' })
  customer?: string | null;

  @Field(() => ID, { nullable: true, description: 'Person who owns it.' })
  owner?: string | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When it was raised.' })
  raisedAt?: DateTimeFilter | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When it has to be decided.' })
  deadline?: DateTimeFilter | null;
}

@InputType({ description: 'Puts a risk event on record.' })
export class RecordRiskEventInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field(() => RiskEventKindEnum, { description: 'What has happened.' })
  kind!: RiskEventKind;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  occurredAt!: Date;

  @Field({ description: 'Who says so, 1 to 200 characters.' })
  source!: string;

  @Field({
    description: 'How the source calls it. The same event is recorded once under it, however often it is told.',
  })
  reference!: string;

  @Field({ description: 'The same in words.' })
  @MaxLength(4_000)
  detail!: string;

  @Field(() => DecimalScalar, { nullable: true, description: 'The value that it brings, where its kind has one.' })
  @IsOptional()
  value?: { toFixed(): string } | null;
}

@ObjectType()
export abstract class WarningPayload {
  @Field(() => Warning, { nullable: true, description: 'The warning as it stands now.', simple: true })
  warning?: Reading<Warning>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, {
    nullable: true,
    description: 'The event that the log holds of it; null where nothing was left to be done.',
    simple: true,
  })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A risk event that was put on record.' })
export class RecordRiskEventPayload extends WarningPayload {}

@InputType({ description: 'Takes a warning up.' })
export class AcknowledgeWarningInput extends MutationInput {
  @Field(() => ID, { description: 'The warning.' })
  warningId!: string;

  @Field(() => Int, { description: 'Version of the warning that was seen.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: 'What will be done.' })
  @IsOptional()
  @MaxLength(4_000)
  note?: string | null;
}

@InputType({ description: 'Closes a warning with what became of the risk.' })
export class CloseWarningInput extends MutationInput {
  @Field(() => ID, { description: 'The warning.' })
  warningId!: string;

  @Field(() => Int, { description: 'Version of the warning that was seen.' })
  expectedVersion!: number;

  @Field(() => WarningOutcomeEnum, { description: 'How the risk was answered.' })
  outcome!: WarningOutcome;

  @Field({ description: 'Why so, and which measures were taken.' })
  @MaxLength(4_000)
  note!: string;
}

@InputType({ description: 'Says that a task of a warning is done.' })
export class CompleteWarningTaskInput extends MutationInput {
  @Field(() => ID, { description: 'The task.' })
  taskId!: string;

  @Field({ description: 'What was found.' })
  @MaxLength(4_000)
  note!: string;
}

@ObjectType({ description: 'A warning that was taken up.' })
export class AcknowledgeWarningPayload extends WarningPayload {}

@ObjectType({ description: 'A warning that was closed.' })
export class CloseWarningPayload extends WarningPayload {}

@ObjectType({ description: 'A warning of which a task is done.' })
export class CompleteWarningTaskPayload extends WarningPayload {}
