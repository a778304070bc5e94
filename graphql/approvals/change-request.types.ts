import { IsOptional, MaxLength } from 'class-validator';
import { createUnionType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  INBOX_TABS,
  REQUEST_KINDS,
  REQUEST_STATES,
  REQUEST_VERBS,
  type InboxTab,
  type RequestKind,
  type RequestState,
  type RequestVerb,
  type Verdict,
} from '../../src/approvals';
import type { Role } from '../../src/kernel/role';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { enumOf, GradeValue, RoleEnum } from '../enums';
import { choiceInput, DateTimeFilter, MutationInput, UPDATED_SINCE, type ChoiceInput } from '../inputs';
import { Money } from '../money.types';
import { Node } from '../node.types';
import type { Reading } from '../reads';
import { DateTimeScalar } from '../scalars';
import { UserError } from '../user-errors';

const RequestKindEnum = enumOf(REQUEST_KINDS);
registerEnumType(RequestKindEnum, {
  name: 'ChangeRequestKind',
  description: 'What a request would change.',
  valuesConfig: {
    GRADE_OVERRIDE: { description: 'Overrides a grade 「推翻」.' },
    CREDIT_LIMIT: { description: 'Raises a credit limit 「提额」.' },
  },
});

export const RequestStateEnum = enumOf(REQUEST_STATES);
registerEnumType(RequestStateEnum, {
  name: 'ChangeRequestState',
  description: 'Where a request stands.',
  valuesConfig: {
    IN_REVIEW: { description: '审批中: votes are asked for.' },
    APPLIED: { description: '已生效: agreed and in effect.' },
    REJECTED: { description: '已拒绝: an approver said no.' },
    WITHDRAWN: { description: '已撤回: its maker took it back.' },
    EXPIRED: { description: '已过期: nobody decided in time.' },
    STALE: { description: '已失效: what it builds on has changed.' },
  },
});

const RequestVerbEnum = enumOf(REQUEST_VERBS);
registerEnumType(RequestVerbEnum, {
  name: 'ChangeRequestVerb',
  description: 'What one can do with a request.',
  valuesConfig: {
    APPROVE: { description: '同意: vote yes.' },
    REJECT: { description: '拒绝: vote no.' },
    WITHDRAW: { description: '撤回: take one’s own request back.' },
  },
});

const VerdictEnum = enumOf(['APPROVE', 'REJECT']);
registerEnumType(VerdictEnum, {
  name: 'Verdict',
  description: 'How a person voted.',
  valuesConfig: {
    APPROVE: { description: '同意: yes.' },
    REJECT: { description: '拒绝: no.' },
  },
});

const InboxTabEnum = enumOf(INBOX_TABS);
registerEnumType(InboxTabEnum, {
  name: 'InboxTab',
  description: 'Requests by their relation to the caller.',
  valuesConfig: {
    WAITING_FOR_ME: { description: '待办: the caller can decide now.' },
    DONE_BY_ME: { description: '已办: the caller has voted.' },
    MADE_BY_ME: { description: '我发起: the caller is the maker.' },
  },
});

@ObjectType({ description: 'One of the levels that agree one after the other.', simpleResolvers: true })
export class ApprovalLevel {
  @Field(() => Int, { description: '1, 2, 3 …' })
  ordinal!: number;

  @Field(() => RoleEnum, { description: 'Role that decides here.' })
  role!: Role;

  @Field(() => Int, { description: 'Approvals needed, from different people.' })
  quorum!: number;

  @Field(() => Int, { description: 'Approvals given.' })
  approvals!: number;

  @Field({ description: 'Whether this level is asked now.' })
  current!: boolean;
}

@ObjectType({ description: 'A vote on a request.' })
export class Vote {
  @Field(() => Int, { description: 'Level it was cast at.', simple: true })
  levelOrdinal!: number;

  @Field(() => VerdictEnum, { description: 'Yes or no.', simple: true })
  verdict!: Verdict;

  @Field(() => String, { nullable: true, description: 'Comment of the voter.', simple: true })
  comment!: string | null;

  @Field({ description: 'Digest of what the voter was shown.', simple: true })
  digest!: string;

  @Field(() => DateTimeScalar, { description: 'When.', simple: true })
  castAt!: Date;
}

@ObjectType({ description: 'What the caller may do with a request, and why not.', simpleResolvers: true })
export class ViewerAction {
  @Field(() => RequestVerbEnum, { description: 'The verb.' })
  verb!: RequestVerb;

  @Field({ description: 'Whether it would be accepted now.' })
  allowed!: boolean;

  @Field(() => String, { nullable: true, description: 'Message key of what stands against it.' })
  reasonCode!: string | null;

  @Field({ description: 'Whether a comment must come with it.' })
  requiresComment!: boolean;
}

@ObjectType({ description: 'A document behind a proposal.', simpleResolvers: true })
export class Evidence {
  @Field({ description: 'What it is.' })
  title!: string;

  @Field({ description: 'Where it is kept.' })
  reference!: string;
}

@ObjectType({ description: 'A proposed override.', simpleResolvers: true })
class GradeOverrideProposal {
  @Field(() => GradeValue, { description: 'Grade in force at submission.' })
  fromGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Model grade at submission.' })
  modelGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Proposed grade.' })
  toGrade!: GradeValue;

  @Field({ description: 'Reason code of the override policy.' })
  reasonCode!: string;

  @Field({ description: 'Why.' })
  justification!: string;

  @Field(() => [Evidence], { description: 'Documents.' })
  evidence!: readonly Evidence[];

  @Field(() => DateTimeScalar, { description: 'The override would end at this moment.' })
  validUntil!: Date;
}

@ObjectType({ description: 'A proposed raise of a credit limit.', simpleResolvers: true })
class CreditLimitProposal {
  @Field(() => Money, { description: 'Limit at submission.' })
  from!: Money;

  @Field(() => Money, { description: 'Proposed limit.' })
  to!: Money;

  @Field({ description: 'Why.' })
  justification!: string;
}

export const RequestProposal = createUnionType({
  name: 'ChangeRequestProposal',
  description: 'What would change.',
  types: () => [GradeOverrideProposal, CreditLimitProposal] as const,
});

@ObjectType('ChangeRequest', { implements: Node, description: 'A change that waits for people to agree 「审批单」.' })
export class ChangeRequest extends Node {
  @Field({ description: 'Number for people.', simple: true })
  number!: string;

  @Field(() => RequestKindEnum, { description: 'What it would change.', simple: true })
  kind!: RequestKind;

  @Field(() => RequestStateEnum, { description: 'Where it stands.', simple: true })
  state!: RequestState;

  @Field(() => RequestProposal, { description: 'The proposal, frozen at submission.', simple: true })
  proposal!: typeof RequestProposal;

  @Field({ description: 'SHA-256 over everything that is decided on, hex.', simple: true })
  digest!: string;

  @Field({ description: 'Row of the approval matrix that chose the levels.', simple: true })
  routingRow!: string;

  @Field(() => [ApprovalLevel], { description: 'Who must agree, in order.', simple: true })
  levels!: readonly ApprovalLevel[];

  @Field(() => [Vote], { description: 'Votes so far, oldest first.', simple: true })
  votes!: readonly Vote[];

  @Field(() => DateTimeScalar, { description: 'When it was submitted.', simple: true })
  submittedAt!: Date;

  @Field(() => DateTimeScalar, { description: 'Undecided at this moment, it expires.', simple: true })
  decideBy!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was closed.', simple: true })
  closedAt!: Date | null;

  @Field(() => DateTimeScalar, { description: 'When it last changed; moves with `version`.', simple: true })
  updatedAt!: Date;

  @Field(() => Int, { description: 'Grows with every change; send it back as `expectedVersion`.', simple: true })
  version!: number;
}

export const ChangeRequestConnection = connectionType('ChangeRequest', ChangeRequest);

const StateFilter = choiceInput<RequestState>('ChangeRequestStateFilter', RequestStateEnum);
const KindFilter = choiceInput<RequestKind>('ChangeRequestKindFilter', RequestKindEnum);

@InputType({ description: 'Which requests; all conditions together.' })
export class ChangeRequestWhere {
  @Field(() => [ChangeRequestWhere], { nullable: true, description: 'All of these hold.' })
  and?: ChangeRequestWhere[] | null;

  @Field(() => [ChangeRequestWhere], { nullable: true, description: 'One of these holds.' })
  or?: ChangeRequestWhere[] | null;

  @Field(() => ChangeRequestWhere, { nullable: true, description: 'This does not hold.' })
  not?: ChangeRequestWhere | null;

  @Field(() => InboxTabEnum, { nullable: true, description: 'By relation to the caller.' })
  tab?: InboxTab | null;

  @Field(() => StateFilter, { nullable: true, description: 'Where it stands.' })
  state?: ChoiceInput<RequestState> | null;

  @Field(() => KindFilter, { nullable: true, description: 'What it would change.' })
  kind?: ChoiceInput<RequestKind> | null;

  @Field(() => ID, { nullable: true, description: 'On this customer.' })
  customer?: string | null;

  @Field(() => ID, { nullable: true, description: 'Made by this user.' })
  maker?: string | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When it was submitted.' })
  submittedAt?: DateTimeFilter | null;

  @Field(() => DateTimeScalar, { nullable: true, description: UPDATED_SINCE })
  updatedSince?: Date | null;
}

const COMMENT_MAX = 2_000;

@InputType({ description: 'A yes to a request.' })
export class ApproveRequestInput extends MutationInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => Int, { description: 'Version that the approver saw.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: 'Digest that the approver saw; checked when given.' })
  @IsOptional()
  @MaxLength(64)
  expectedDigest?: string | null;

  @Field(() => String, { nullable: true, description: 'Comment.' })
  @IsOptional()
  @MaxLength(COMMENT_MAX)
  comment?: string | null;
}

@InputType({ description: 'A no to a request.' })
export class RejectRequestInput extends ApproveRequestInput {}

@InputType({ description: 'Takes a request back.' })
export class WithdrawRequestInput extends MutationInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => Int, { description: 'Version that the maker saw.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: 'Comment.' })
  @IsOptional()
  @MaxLength(COMMENT_MAX)
  comment?: string | null;
}

/** What every mutation that makes, decides or closes a request answers; each has a type of its own to grow by. */
@ObjectType()
export abstract class RequestPayload {
  @Field(() => ChangeRequest, { nullable: true, description: 'The request as it stands now.', simple: true })
  request?: Reading<ChangeRequest>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A request after a yes.' })
export class ApproveRequestPayload extends RequestPayload {}

@ObjectType({ description: 'A request after a no.' })
export class RejectRequestPayload extends RequestPayload {}

@ObjectType({ description: 'A request after it was taken back.' })
export class WithdrawRequestPayload extends RequestPayload {}
