import { ArrayMaxSize, IsOptional, MaxLength, ValidateNested } from 'class-validator';
import { createUnionType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  INBOX_TABS,
  PHASES,
  REQUEST_KINDS,
  REQUEST_STATES,
  REQUEST_VERBS,
  STEP_VERBS,
  type InboxTab,
  type Phase,
  type RequestKind,
  type RequestOrder,
  type RequestState,
  type RequestVerb,
  type Verdict,
} from '../../src/approvals';
import type { Json } from '../../src/kernel/canonical-json';
import type { Line } from '../../src/kernel/line';
import type { Role } from '../../src/kernel/role';
import type { PolicyKind } from '../../src/policies';
import type { HeldReason } from '../../src/ratings';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { enumOf, GradeValue, RoleEnum } from '../enums';
import { LineEnum } from '../identity/user.types';
import { choiceInput, DateTimeFilter, MutationInput, UPDATED_SINCE, type ChoiceInput } from '../inputs';
import { Money } from '../money.types';
import { Node } from '../node.types';
import { orderByType } from '../order';
import { HeldReasonEnum } from '../ratings/rating.types';
import type { Reading } from '../reads';
import { PolicyKindEnum, PolicyText } from '../policies/policy.types';
import { DateScalar, DateTimeScalar, DecimalScalar, JsonScalar } from '../scalars';
import { ScorecardVersionImpact } from '../ratings/what-if.types';
import { UserError } from '../user-errors';
import { TextsToSign, VoteSignature, VoteSignatureInput } from './signing-key.types';

export const RequestKindEnum = enumOf(REQUEST_KINDS);
registerEnumType(RequestKindEnum, {
  name: 'ChangeRequestKind',
  description: 'What a request would change.',
  valuesConfig: {
    GRADE_OVERRIDE: { description: 'Overrides a grade 「推翻」.' },
    INPUT_OVERRIDE: { description: 'Puts a value in place of a source’s 「输入推翻」.' },
    CREDIT_LIMIT: { description: 'Raises a credit limit 「提额」.' },
    LIMIT_UNFREEZE: { description: 'Lifts the freeze of a credit limit 「解冻」.' },
    SCORECARD_VERSION: { description: 'Puts a version of a scorecard into effect 「评分卡变更」.' },
    GRADE_UPGRADE: { description: 'A much better grade by the model, of a customer or of all in a run.' },
    RATING_RUN: { description: 'An unusual run over the portfolio.' },
    ROLE_GRANT: { description: 'Gives somebody a role 「授予角色」.' },
    DELEGATION: {
      description: 'Lets one person act for another, for longer than he may give by himself 「长期委托」.',
    },
    BREAK_GLASS_REVIEW: { description: 'Looks afterwards at what one person let through alone 「紧急放行复核」.' },
    ERASURE: { description: 'Erases what is personal of a natural person 「个人信息删除」.' },
    POLICY_VERSION: { description: 'Changes a policy 「制度变更」.' },
    ATTESTATION: { description: 'Attests a year that is over 「年度声明」.' },
  },
});

export const RequestStateEnum = enumOf(REQUEST_STATES);
registerEnumType(RequestStateEnum, {
  name: 'ChangeRequestState',
  description: 'Where a request stands.',
  valuesConfig: {
    DRAFT: { description: '草稿: kept by its maker; nobody is asked.' },
    IN_REVIEW: { description: '审批中: votes are asked for.' },
    RETURNED: { description: '已退回: back with its maker, to be changed or explained.' },
    APPROVED: { description: '已通过: agreed. Passed through at once: no request is found here.' },
    SCHEDULED: { description: '待生效: agreed; in effect from its date, when it is checked once more.' },
    APPLY_FAILED: { description: '生效失败: agreed, and could not be put into effect; can be tried again.' },
    APPLIED: { description: '已生效: agreed and in effect.' },
    REJECTED: { description: '已拒绝: an approver said no.' },
    WITHDRAWN: { description: '已撤回: its maker took it back.' },
    EXPIRED: { description: '已过期: nobody decided in time.' },
    STALE: { description: '已失效: what it builds on has changed; its votes are void, and its maker may refresh it.' },
  },
});

const RequestVerbEnum = enumOf(REQUEST_VERBS);
registerEnumType(RequestVerbEnum, {
  name: 'ChangeRequestVerb',
  description: 'What one can do with a request.',
  valuesConfig: {
    APPROVE: { description: '同意: vote yes.' },
    REJECT: { description: '拒绝: vote no.' },
    RETURN: { description: '退回: send it back to its maker, or to an earlier level.' },
    REASSIGN: { description: '转办: let a colleague do one’s task.' },
    ADD_APPROVER: { description: '加签: ask for the vote of one more person.' },
    TAKE_BACK: { description: '收回: take one’s own vote back while the level is open.' },
    RESUBMIT: { description: '提交: send a draft, a returned or a stale request to its approvers.' },
    REVISE: { description: '修改: change what it proposes.' },
    BREAK_GLASS: { description: '紧急放行: let it through alone, to be looked at afterwards.' },
    WITHDRAW: { description: '撤回: take one’s own request back.' },
    RETRY: { description: '重试: try once more to put it into effect.' },
    COPY: { description: '抄送: let others know.' },
    REMIND: { description: '催办: remind those who are asked.' },
    COMMENT: { description: '评论: say something about it.' },
    ATTACH_EVIDENCE: { description: '附件: attach a file to it.' },
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
    COPIED_TO_ME: { description: '抄送: somebody wanted the caller to know.' },
    DRAFTS: { description: '草稿: the caller has not submitted them yet.' },
  },
});

const PhaseEnum = enumOf(PHASES);
registerEnumType(PhaseEnum, {
  name: 'ApprovalPhase',
  description: 'When an added approver is asked.',
  valuesConfig: {
    BEFORE: { description: '前加签: before the others of the level.' },
    MAIN: { description: '并加签: beside the others of the level.' },
    AFTER: { description: '后加签: after the others of the level.' },
  },
});

@ObjectType({
  description:
    'A group or a person that a level needs. Levels agree one after the other; all parts of one level must agree.',
  simpleResolvers: true,
})
export class ApprovalLevel {
  @Field(() => Int, { description: '1, 2, 3 …' })
  ordinal!: number;

  @Field(() => Int, { description: '1, 2, 3 … within the level.' })
  part!: number;

  @Field(() => PhaseEnum, { description: 'When it is asked.' })
  phase!: Phase;

  @Field(() => RoleEnum, { nullable: true, description: 'Role that decides here; null for a line or a person.' })
  role!: Role | null;

  @Field(() => LineEnum, { nullable: true, description: 'Line whose people decide here; null for any.' })
  line!: Line | null;

  @Field(() => Int, { description: 'Approvals needed, from different people. It never shrinks.' })
  quorum!: number;

  @Field({ description: 'Whether that is everybody who could vote when it was submitted 「会签」.' })
  everyOne!: boolean;

  @Field({ description: 'Whether each vote must be signed with the voter’s own key.' })
  signed!: boolean;

  @Field(() => Int, { nullable: true, description: 'Business hours in which it is to act; null for no bound.' })
  slaHours!: number | null;

  @Field({ description: 'Whether its vote is asked for at this moment.' })
  asked!: boolean;

  @Field(() => Int, { description: 'Approvals given.' })
  approvals!: number;

  @Field({ description: 'Whether this level is asked now.' })
  current!: boolean;
}

@ObjectType({ description: 'A vote on a request.' })
export class Vote {
  @Field(() => Int, { description: 'Round it was cast in.', simple: true })
  round!: number;

  @Field({ description: 'False once it was taken back, or its level began anew.', simple: true })
  standing!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'What the voter lowered the proposal to; null where he took it as it is.',
    simple: true,
  })
  loweredTo!: string | null;

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

  @Field(() => VoteSignature, {
    nullable: true,
    description: 'The voter’s own signature, checked anew; null where he gave none.',
    simple: true,
  })
  signature!: VoteSignature | null;
}

const StepVerbEnum = enumOf(STEP_VERBS);
registerEnumType(StepVerbEnum, {
  name: 'ChangeRequestStepVerb',
  description: 'What was done about a request.',
  valuesConfig: {
    SUBMIT: { description: '提交' },
    RESUBMIT: { description: '重新提交' },
    REVISE: { description: '修改' },
    APPROVE: { description: '同意' },
    REJECT: { description: '拒绝' },
    RETURN: { description: '退回' },
    WITHDRAW: { description: '撤回' },
    REASSIGN: { description: '转办' },
    ADD_APPROVER: { description: '加签' },
    TAKE_BACK: { description: '收回' },
    COPY: { description: '抄送' },
    REMIND: { description: '催办' },
    COMMENT: { description: '评论' },
    ATTACH_EVIDENCE: { description: '附件' },
    ESCALATE: { description: '升级' },
    BREAK_GLASS: { description: '紧急放行' },
    SCHEDULE: { description: '待生效' },
    APPLY: { description: '生效' },
    FAIL: { description: '生效失败' },
    RETRY: { description: '重试' },
    FIND_STALE: { description: '失效' },
    EXPIRE: { description: '过期' },
  },
});

@ObjectType({ description: 'One thing that was done about a request.' })
export class ChangeRequestStep {
  @Field(() => StepVerbEnum, { description: 'What.', simple: true })
  verb!: keyof typeof StepVerbEnum;

  @Field(() => Int, { description: 'Round in which it was done.', simple: true })
  round!: number;

  @Field(() => Int, { description: 'Level that was asked then.', simple: true })
  levelOrdinal!: number;

  @Field(() => RoleEnum, { nullable: true, description: 'Role that it was escalated to.', simple: true })
  role!: Role | null;

  @Field(() => String, { nullable: true, description: 'What was said with it.', simple: true })
  text!: string | null;

  @Field(() => DateTimeScalar, { description: 'When.', simple: true })
  takenAt!: Date;
}

@ObjectType({ description: 'One thing that a proposal would make different.', simpleResolvers: true })
export class ProposedChange {
  @Field({ description: 'Name of the field.' })
  what!: string;

  @Field(() => String, { nullable: true, description: 'As it was at submission.' })
  before!: string | null;

  @Field(() => String, { nullable: true, description: 'As it would be.' })
  after!: string | null;
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

  @Field({ description: 'Where it is kept; of a file `sha256:` and its digest.' })
  reference!: string;

  @Field(() => ID, { nullable: true, description: 'Id of the file, under `evidence` of the request; null for others.' })
  fileId?: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 of the file, hex; null for others.' })
  sha256?: string | null;
}

/** On what grounds somebody overrides the model or a source. */
@ObjectType()
export abstract class OverrideGrounds {
  @Field({ description: 'Reason code of the override policy.', simple: true })
  reasonCode!: string;

  @Field({ description: 'Why.', simple: true })
  justification!: string;

  @Field(() => [Evidence], { description: 'Documents.', simple: true })
  evidence!: readonly Evidence[];
}

@ObjectType()
abstract class OverrideProposal extends OverrideGrounds {
  @Field(() => DateTimeScalar, { description: 'The override would end at this moment.', simple: true })
  validUntil!: Date;
}

@ObjectType({ description: 'A proposed override.', simpleResolvers: true })
class GradeOverrideProposal extends OverrideProposal {
  @Field(() => GradeValue, { description: 'Grade in force at submission.' })
  fromGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Model grade at submission.' })
  modelGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Proposed grade.' })
  toGrade!: GradeValue;
}

@ObjectType({ description: 'A proposed value in place of a source’s.', simpleResolvers: true })
class InputOverrideProposal extends OverrideProposal {
  @Field({ description: 'Code of the indicator.' })
  code!: string;

  @Field(() => DateScalar, { description: 'Day of the value that it stands in for.' })
  asOf!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Value at submission; null where none was known, or masked.',
  })
  fromValue!: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'Proposed value; null where masked.' })
  toValue!: string | null;

  @Field({ description: 'Whether the values are withheld from the caller.' })
  masked!: boolean;
}

const LimitScopeEnum = enumOf(['CUSTOMER', 'PRODUCT', 'GROUP']);
registerEnumType(LimitScopeEnum, {
  name: 'LimitScope',
  description: 'What a limit bounds.',
  valuesConfig: {
    CUSTOMER: { description: 'All that a customer owes 「授信额度」.' },
    PRODUCT: { description: 'What a product takes of it 「分项额度」.' },
    GROUP: { description: 'What the members of a group owe together 「集团限额」.' },
  },
});

@ObjectType({ description: 'A proposed raise of a credit limit.', simpleResolvers: true })
class CreditLimitProposal {
  @Field(() => Money, { description: 'Limit at submission.' })
  from!: Money;

  @Field(() => Money, { description: 'Proposed limit.' })
  to!: Money;

  @Field({ description: 'Why.' })
  justification!: string;

  @Field(() => [Evidence], { description: 'Documents.' })
  evidence!: readonly Evidence[];

  @Field(() => LimitScopeEnum, { description: 'What is raised.' })
  scope!: keyof typeof LimitScopeEnum;

  @Field(() => String, { nullable: true, description: 'Code of the product whose sub-limit is raised.' })
  product!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'The limit falls back by itself then; null: it stays.' })
  until!: Date | null;
}

@ObjectType({ description: 'A frozen credit limit that would be used again.', simpleResolvers: true })
class LimitUnfreezeProposal {
  @Field({ description: 'Why it was frozen.' })
  frozenFor!: string;

  @Field(() => DateTimeScalar, { description: 'When it was frozen.' })
  frozenAt!: Date;

  @Field({ description: 'Why it may be used again.' })
  justification!: string;
}

@ObjectType({ description: 'A proposed version of a scorecard.', simpleResolvers: true })
class ScorecardVersionProposal {
  @Field({ description: 'Code of the scorecard.' })
  scorecard!: string;

  @Field(() => Int, { description: 'Number of the version.' })
  number!: number;

  @Field({ description: 'SHA-256 of the definition that is agreed to, hex.' })
  definitionDigest!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Live from then on; null: as soon as it is agreed to.' })
  effectiveFrom!: Date | null;

  @Field({ description: 'Why.' })
  justification!: string;
}

@ObjectType({ description: 'A better grade of the model, held back until a checker agrees.', simpleResolvers: true })
class GradeUpgradeProposal {
  @Field(() => GradeValue, { description: 'Grade in force.' })
  fromGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade of the model.' })
  toGrade!: GradeValue;

  @Field(() => HeldReasonEnum, { description: 'Why it was held back.' })
  because!: HeldReason;
}

@ObjectType({ description: 'All better grades that a run held back.', simpleResolvers: true })
class HeldGradesProposal {
  @Field(() => Int, { description: 'Customers.' })
  held!: number;
}

@ObjectType({ description: 'A run whose results are unusual.', simpleResolvers: true })
class RatingRunProposal {
  @Field({ description: 'Root of the Merkle tree over all its ratings, hex.' })
  ratingsRoot!: string;

  @Field(() => Int, { description: 'Customers rated.' })
  rated!: number;

  @Field(() => Int, { description: 'Customers that could not be rated.' })
  parked!: number;

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
}

@ObjectType({ description: 'A role that somebody shall have.', simpleResolvers: true })
class RoleGrantProposal {
  @Field(() => RoleEnum, { description: 'The role.' })
  role!: Role;

  @Field({ description: 'Why.' })
  reason!: string;
}

@ObjectType({ description: 'Somebody shall act for another.', simpleResolvers: true })
class DelegationProposal {
  @Field(() => [String], { nullable: true, description: 'Kinds of requests; null for all.' })
  kinds!: readonly string[] | null;

  @Field(() => DateTimeScalar, { description: 'From then on.' })
  startsAt!: Date;

  @Field(() => DateTimeScalar, { description: 'Until then.' })
  endsAt!: Date;

  @Field({ description: 'Why.' })
  reason!: string;
}

@ObjectType({ description: 'What one person let through alone.', simpleResolvers: true })
class BreakGlassReviewProposal {
  @Field({ description: 'Number of the request.' })
  number!: string;

  @Field(() => RequestKindEnum, { description: 'What it changed.' })
  kind!: RequestKind;

  @Field({ description: 'Why it could not wait.' })
  reason!: string;
}

@ObjectType({ description: 'A proposed erasure of what is personal of a natural person.', simpleResolvers: true })
class ErasureProposal {
  @Field({ description: 'Business number of the party.' })
  number!: string;

  @Field({ description: 'Why.' })
  reason!: string;
}

@ObjectType({ description: 'Proposed content of a policy.', simpleResolvers: true })
class PolicyVersionProposal {
  @Field(() => PolicyKindEnum, { description: 'Which policy.' })
  policy!: PolicyKind;

  @Field(() => Int, { description: 'Number of the version that it would follow.' })
  after!: number;

  @Field(() => JsonScalar, { description: 'The rules themselves.' })
  content!: Json;

  @Field(() => JsonScalar, { description: 'Cases that it answers as expected.' })
  testCases!: Json;

  @Field({ description: 'Why.' })
  justification!: string;
}

@ObjectType({ description: 'What is said of one statement of the attestation.', simpleResolvers: true })
class AttestationAnswer {
  @Field({ description: 'Code of the statement.' })
  statement!: string;

  @Field({ description: '中文。' })
  nameZh!: string;

  @Field({ description: 'In English.' })
  nameEn!: string;

  @Field({ description: 'Whether it holds.' })
  holds!: boolean;

  @Field(() => String, { nullable: true, description: 'Why it does not, or what else is to be said.' })
  remark!: string | null;
}

@ObjectType({ description: 'The attestation of a year that is over.', simpleResolvers: true })
class AttestationProposal {
  @Field(() => Int, { description: 'The year.' })
  year!: number;

  @Field(() => [AttestationAnswer], { description: 'Statement by statement, in the order of the policy.' })
  answers!: readonly AttestationAnswer[];

  @Field(() => JsonScalar, {
    description:
      'How the rules were kept: ratings overdue and events late, overrides and what became of them, power of both grades, completeness of the log.',
  })
  figures!: Json;
}

@ObjectType({
  description:
    'What a limit policy would mean, at the grades in force, for customers with a limit: counts of who crosses what.',
  simpleResolvers: true,
})
class LimitPolicyCrossings {
  @Field(() => Int, { description: 'Rated customers with a limit.' })
  customers!: number;

  @Field(() => Int, {
    description: 'Their limit would be above what is allowed, and is not now: it is cut right after the publication.',
  })
  cut!: number;

  @Field(() => DecimalScalar, { description: 'What those cuts would take, in the currency of the policy.' })
  cutBy!: string;

  @Field(() => Int, { description: 'Their limit is above what is allowed, and would not be.' })
  noLongerAbove!: number;

  @Field(() => Int, { description: 'New business with them would stop at once.' })
  newBusinessStopped!: number;

  @Field(() => Int, { description: 'New business with them would be allowed again.' })
  newBusinessAllowed!: number;

  @Field(() => Int, { description: 'They would have to pay sooner.' })
  termShorter!: number;

  @Field(() => Int, { description: 'They could pay later.' })
  termLonger!: number;
}

@ObjectType({ description: 'What would come of new content of a policy.', simpleResolvers: true })
class PolicyVersionImpact {
  @Field(() => LimitPolicyCrossings, {
    nullable: true,
    description: 'What a limit policy would mean for limits as they stood then; null for other policies.',
  })
  limits!: LimitPolicyCrossings | null;

  @Field(() => Int, { description: 'Places where it says something else than the version in force.' })
  differences!: number;

  @Field(() => [String], { description: 'Test cases of the version in force that it does not keep.' })
  droppedCases!: readonly string[];

  @Field(() => [PolicyText], { description: 'What the analysis of its tables found.' })
  warnings!: readonly PolicyText[];

  @Field(() => Int, {
    description: 'Open requests that were judged by the version in force and would have to be refreshed.',
  })
  toBeRefreshed!: number;

  @Field(() => Int, { description: 'Open requests that other people would be asked about, by a new approval matrix.' })
  rerouted!: number;

  @Field(() => [String], { description: 'Numbers of some of these requests, the oldest first.' })
  examples!: readonly string[];
}

export const RequestProposal = createUnionType({
  name: 'ChangeRequestProposal',
  description: 'What would change.',
  types: () =>
    [
      GradeOverrideProposal,
      InputOverrideProposal,
      CreditLimitProposal,
      LimitUnfreezeProposal,
      ScorecardVersionProposal,
      GradeUpgradeProposal,
      HeldGradesProposal,
      RatingRunProposal,
      RoleGrantProposal,
      DelegationProposal,
      BreakGlassReviewProposal,
      ErasureProposal,
      PolicyVersionProposal,
      AttestationProposal,
    ] as const,
});

export const RequestImpact = createUnionType({
  name: 'ChangeRequestImpact',
  description: 'What would come of a change, as it was shown and is decided on.',
  types: () => [ScorecardVersionImpact, PolicyVersionImpact] as const,
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

  @Field(() => RequestImpact, {
    nullable: true,
    description:
      'What would come of it, frozen at submission and part of the digest; null where the proposal says it all.',
    simple: true,
  })
  impact!: typeof RequestImpact | null;

  @Field({ description: 'SHA-256 over everything that is decided on, hex.', simple: true })
  digest!: string;

  @Field({ description: 'Row of the approval matrix that chose the levels.', simple: true })
  routingRow!: string;

  @Field(() => [ApprovalLevel], { description: 'Who must agree, in order.', simple: true })
  levels!: readonly ApprovalLevel[];

  @Field(() => [Vote], { description: 'Votes so far, oldest first.', simple: true })
  votes!: readonly Vote[];

  @Field(() => TextsToSign, { description: 'What a vote signs at this moment.', simple: true })
  textsToSign!: TextsToSign;

  @Field(() => [ProposedChange], { description: 'What would be different, before and after.', simple: true })
  changes!: readonly ProposedChange[];

  @Field(() => Int, {
    description:
      'Grows when it is submitted again or goes back a level; votes of levels that began anew no longer count.',
    simple: true,
  })
  round!: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Agreed to, it takes effect from then on; null: at once.',
    simple: true,
  })
  effectiveFrom!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Message key of what stood against putting it into effect; null unless that failed.',
    simple: true,
  })
  failure!: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the level that is asked is reminded or escalated next; null where it has no bound.',
    simple: true,
  })
  nextAlarmAt!: Date | null;

  @Field(() => Int, { description: 'How often that has happened at this level.', simple: true })
  alarms!: number;

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

export const ChangeRequestOrderBy = orderByType<RequestOrder>('ChangeRequest', {
  SUBMITTED_AT: 'The moment of submission.',
  DECIDE_BY: 'The end of the time to decide: the most urgent first, when ascending.',
  UPDATED_AT: 'The moment of the last change.',
});

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

export const COMMENT_MAX = 2_000;

/** What a vote brings. */
@InputType()
abstract class DecideRequestInput extends MutationInput {
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

/** A vote on one request, which may be signed. */
@InputType()
abstract class SignedDecisionInput extends DecideRequestInput {
  @Field(() => VoteSignatureInput, {
    nullable: true,
    description: 'Signature with the voter’s own key; demanded where the level is `signed`.',
  })
  @IsOptional()
  @ValidateNested()
  signature?: VoteSignatureInput | null;
}

@InputType({ description: 'A yes to a request, perhaps to less than was proposed.' })
export class ApproveRequestInput extends SignedDecisionInput {
  @Field(() => String, {
    nullable: true,
    description: 'Lowers the proposal, for an override to this grade; it can never be raised.',
  })
  @IsOptional()
  @MaxLength(100)
  lowerTo?: string | null;
}

@InputType({ description: 'A no to a request.' })
export class RejectRequestInput extends SignedDecisionInput {}

/** A verb by somebody who saw the request at a version. */
@InputType()
export abstract class RequestVerbInput extends MutationInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => Int, { description: 'Version that the caller saw.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: 'Comment.' })
  @IsOptional()
  @MaxLength(COMMENT_MAX)
  comment?: string | null;
}

@InputType({ description: 'Sends a request back; needs a comment.' })
export class ReturnRequestInput extends RequestVerbInput {
  @Field(() => Int, { nullable: true, description: 'Level that is asked again; left out: back to the maker.' })
  toLevel?: number | null;
}

@InputType({ description: 'Submits a draft.' })
export class SubmitDraftInput extends RequestVerbInput {}

const ResubmitWayEnum = enumOf(['RERUN', 'DIRECT']);
registerEnumType(ResubmitWayEnum, {
  name: 'ResubmitWay',
  description: 'Where a returned request goes.',
  valuesConfig: {
    RERUN: { description: '重新审批: every level is asked anew.' },
    DIRECT: { description: '直达: to the level that returned it; only where nothing has changed.' },
  },
});

@InputType({ description: 'Submits a returned or stale request again.' })
export class ResubmitRequestInput extends RequestVerbInput {
  @Field(() => ResubmitWayEnum, { defaultValue: 'RERUN', description: 'Where it goes.' })
  way!: keyof typeof ResubmitWayEnum;
}

@InputType({ description: 'Lets a colleague do the caller’s task.' })
export class ReassignRequestInput extends RequestVerbInput {
  @Field(() => ID, { description: 'Who shall decide instead.' })
  userId!: string;
}

@InputType({ description: 'Asks for the vote of one more person.' })
export class AddApproverInput extends RequestVerbInput {
  @Field(() => ID, { description: 'Who shall agree as well.' })
  userId!: string;

  @Field(() => PhaseEnum, { defaultValue: 'MAIN', description: 'Before, beside or after the others.' })
  place!: Phase;
}

@InputType({ description: 'Lets a request through alone.' })
export class BreakGlassInput extends MutationInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => Int, { description: 'Version that the caller saw.' })
  expectedVersion!: number;

  @Field({ description: 'Why it cannot wait.' })
  @MaxLength(COMMENT_MAX)
  reason!: string;
}

@InputType({ description: 'Takes the caller’s vote back.' })
export class TakeBackVoteInput extends RequestVerbInput {}

@InputType({ description: 'Tries once more what could not be put into effect.' })
export class RetryRequestInput extends MutationInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => Int, { description: 'Version that the caller saw.' })
  expectedVersion!: number;
}

@InputType({ description: 'Lets others know of a request.' })
export class CopyRequestInput extends MutationInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => [ID], { description: 'Whom, up to 50.' })
  userIds!: string[];

  @Field(() => String, { nullable: true, description: 'Comment.' })
  @IsOptional()
  @MaxLength(COMMENT_MAX)
  comment?: string | null;
}

@InputType({ description: 'Reminds those who are asked.' })
export class RemindApproversInput extends MutationInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => String, { nullable: true, description: 'Comment.' })
  @IsOptional()
  @MaxLength(COMMENT_MAX)
  comment?: string | null;
}

@InputType({ description: 'A comment on a request.' })
export class CommentOnRequestInput extends MutationInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field({ description: 'What is said.' })
  @MaxLength(COMMENT_MAX)
  comment!: string;
}

@InputType({ description: 'One of many decisions.' })
export class DecisionInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => VerdictEnum, { description: 'Yes or no.' })
  verdict!: Verdict;

  @Field(() => Int, { description: 'Version that the approver saw.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: 'Digest that the approver saw; checked when given.' })
  @IsOptional()
  @MaxLength(64)
  expectedDigest?: string | null;

  @Field(() => String, { nullable: true, description: 'Comment; a no needs one.' })
  @IsOptional()
  @MaxLength(COMMENT_MAX)
  comment?: string | null;

  @Field(() => VoteSignatureInput, {
    nullable: true,
    description:
      'Signature with the voter’s own key over the text of this request; demanded where its level is `signed`.',
  })
  @IsOptional()
  @ValidateNested()
  signature?: VoteSignatureInput | null;
}

@InputType({ description: 'Decides many requests at once, each by itself.' })
export class DecideRequestsInput extends MutationInput {
  @Field(() => [DecisionInput], { description: 'Up to 100.' })
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  decisions!: DecisionInput[];
}

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

@ObjectType({ description: 'A request after it was sent back.' })
export class ReturnRequestPayload extends RequestPayload {}

@ObjectType({ description: 'A draft after it was submitted.' })
export class SubmitDraftPayload extends RequestPayload {}

@ObjectType({ description: 'A request after it was submitted again.' })
export class ResubmitRequestPayload extends RequestPayload {}

@ObjectType({ description: 'A request after a task was handed on.' })
export class ReassignRequestPayload extends RequestPayload {}

@ObjectType({ description: 'A request with one more approver.' })
export class AddApproverPayload extends RequestPayload {}

@ObjectType({ description: 'A request after a vote was taken back.' })
export class TakeBackVotePayload extends RequestPayload {}

@ObjectType({ description: 'A request after it was tried once more.' })
export class RetryRequestPayload extends RequestPayload {}

@ObjectType({ description: 'A request that others were told of.' })
export class CopyRequestPayload extends RequestPayload {}

@ObjectType({ description: 'A request whose approvers were reminded.' })
export class RemindApproversPayload extends RequestPayload {}

@ObjectType({ description: 'A request with one more comment.' })
export class CommentOnRequestPayload extends RequestPayload {}

@ObjectType({ description: 'What became of one of many decisions.', simpleResolvers: true })
export class DecisionResult {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => RequestStateEnum, { nullable: true, description: 'Where it stands now; null where it was not decided.' })
  state!: RequestState | null;

  @Field(() => Int, { nullable: true, description: 'Its new version.' })
  version!: number | null;

  @Field(() => ID, { nullable: true, description: 'The event that the log holds of it.' })
  auditEventId!: string | null;

  @Field(() => [UserError], { description: 'What stood against it; empty on success.' })
  userErrors!: readonly UserError[];
}

@ObjectType({ description: 'What became of many decisions, each by itself.' })
export class DecideRequestsPayload {
  @Field(() => [DecisionResult], {
    nullable: true,
    description: 'In the order of the input; some may have been decided and others not.',
    simple: true,
  })
  results?: readonly DecisionResult[];

  @Field(() => Int, { nullable: true, description: 'How many were decided.', simple: true })
  decided?: number;

  @Field(() => [UserError], { description: 'What is wrong with the input as a whole.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, {
    nullable: true,
    description: 'The event that the log holds of the first that was decided; every result names its own.',
    simple: true,
  })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A request that was let through alone.' })
export class BreakGlassPayload extends RequestPayload {}
