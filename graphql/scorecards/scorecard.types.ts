import { ArrayMaxSize, IsOptional, MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Json } from '../../src/kernel/canonical-json';
import {
  VERSION_STATES,
  WEIGHT_PROFILES,
  type Finding,
  type ScorecardVersion as ScorecardVersionView,
  type VersionState,
  type WeightProfile,
} from '../../src/scorecards';
import { RequestPayload } from '../approvals/change-request.types';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { enumOf } from '../enums';
import { choiceInput, MutationInput, type ChoiceInput } from '../inputs';
import { Node } from '../node.types';
import type { Reading } from '../reads';
import { DateTimeScalar, DecimalScalar, JsonScalar } from '../scalars';
import { UserError } from '../user-errors';

const VersionStateEnum = enumOf(VERSION_STATES);
registerEnumType(VersionStateEnum, {
  name: 'ScorecardVersionState',
  description: 'Where a scorecard version stands in its life.',
  valuesConfig: {
    DRAFT: { description: '草稿: may be edited.' },
    IN_REVIEW: { description: '审批中: a request asks others to agree to it.' },
    APPROVED: { description: '已批准: agreed to, and on its way into effect.' },
    SCHEDULED: { description: '待生效: live from its date.' },
    LIVE: { description: '生效中: new ratings use it.' },
    RETIRED: { description: '已停用: kept for the ratings that were made with it.' },
    DISCARDED: { description: '已废弃: a draft that nobody wants any more.' },
  },
});

const WeightProfileEnum = enumOf(WEIGHT_PROFILES);
registerEnumType(WeightProfileEnum, {
  name: 'WeightProfile',
  description: 'What the four dimensions are meant to carry 「权重方案」.',
  valuesConfig: {
    EXPERT: { description: '专家默认: credit 40, operation 30, cooperation 20, potential 10.' },
    BALANCED: { description: '均衡: 25 each.' },
    MARKET_EXPANSION: { description: '市场拓展: potential 30, credit 25, operation 25, cooperation 20.' },
    RISK_CONTROL: { description: '风险控制: credit 40, operation 35, cooperation 15, potential 10.' },
  },
});

const FindingSeverityEnum = enumOf(['ERROR', 'WARNING']);
registerEnumType(FindingSeverityEnum, {
  name: 'ScorecardFindingSeverity',
  description: 'How much a finding weighs.',
  valuesConfig: {
    ERROR: { description: 'Bars the way into review.' },
    WARNING: { description: 'To be looked at.' },
  },
});

const ChangeKindEnum = enumOf(['ADDED', 'REMOVED', 'CHANGED']);
registerEnumType(ChangeKindEnum, {
  name: 'ScorecardChangeKind',
  description: 'How a part of a definition differs.',
  valuesConfig: {
    ADDED: { description: 'Only the second version has it.' },
    REMOVED: { description: 'Only the first version has it.' },
    CHANGED: { description: 'Both have it, differently.' },
  },
});

@ObjectType({ description: 'Something that lint has to say of a scorecard 「校验发现」.', simpleResolvers: true })
export class ScorecardFinding {
  @Field(() => String, { description: 'What it is, for example `BINS_OVERLAP`.' })
  code!: Finding['code'];

  @Field(() => FindingSeverityEnum, { description: 'Whether it bars review.' })
  severity!: Finding['severity'];

  @Field(() => [String], { description: 'Where in the definition.' })
  path!: readonly string[];

  @Field({ description: 'In words, Chinese.' })
  textZh!: string;

  @Field({ description: 'In words, English.' })
  textEn!: string;
}

@ObjectType({ description: 'A difference between two versions of a scorecard.', simpleResolvers: true })
export class ScorecardChange {
  @Field({ description: 'What differs, rows by their ids: `characteristics.roa.weight`.' })
  path!: string;

  @Field(() => ChangeKindEnum, { description: 'How.' })
  kind!: 'ADDED' | 'REMOVED' | 'CHANGED';

  @Field(() => JsonScalar, { nullable: true, description: 'As the first version has it.' })
  before!: Json;

  @Field(() => JsonScalar, { nullable: true, description: 'As the second version has it.' })
  after!: Json;
}

@ObjectType('ScorecardVersion', {
  implements: Node,
  description: 'A version of a scorecard 「评分卡版本」. A draft may be edited; once used, what it says never changes.',
})
export class ScorecardVersion extends Node {
  @Field({ description: 'Code of the scorecard.', simple: true })
  scorecard!: string;

  @Field(() => Int, { description: '1, 2, 3 … within the scorecard.', simple: true })
  number!: number;

  @Field({ description: 'Name, Chinese.', simple: true })
  nameZh!: string;

  @Field({ description: 'Name, English.', simple: true })
  nameEn!: string;

  @Field(() => VersionStateEnum, { description: 'Where it stands.', simple: true })
  state!: VersionState;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'In use from this moment; null before anybody has agreed to it.',
    simple: true,
  })
  effectiveFrom!: Date | null;

  @Field(() => DateTimeScalar, { description: 'When it was drafted.', simple: true })
  createdAt!: Date;

  @Field(() => Int, { description: 'Grows with every edit and move; send it back as `expectedVersion`.', simple: true })
  version!: number;

  @Field({ description: 'SHA-256 of the canonical definition, hex.', simple: true })
  digest!: string;

  @Field(() => JsonScalar, {
    description:
      'Model, characteristics with their weights and scales, knock-outs, floors, group rules, variants, thresholds of the grades, notes.',
    simple: true,
  })
  definition!: ScorecardVersionView['definition'];

  @Field(() => [ScorecardFinding], {
    description: 'What lint has to say; errors bar the way into review.',
    simple: true,
  })
  findings!: readonly ScorecardFinding[];
}

export const ScorecardVersionConnection = connectionType('ScorecardVersion', ScorecardVersion);

const VersionStateFilter = choiceInput<VersionState>('ScorecardVersionStateFilter', VersionStateEnum);

@InputType({ description: 'Which scorecard versions.' })
export class ScorecardVersionWhere {
  @Field(() => VersionStateFilter, { nullable: true, description: 'By state.' })
  @IsOptional()
  state?: ChoiceInput<VersionState> | null;
}

@InputType({ description: 'The weight of one characteristic.' })
export class CharacteristicWeightInput {
  @Field({ description: 'Id of the characteristic.' })
  characteristic!: string;

  @Field({ description: 'Points of 100, at most four decimals.' })
  weight!: string;
}

@InputType({ description: 'What shall be different: a whole definition, then a weight profile, then single weights.' })
export class ScorecardChangesInput {
  @Field(() => JsonScalar, { nullable: true, description: 'Takes the place of the whole definition.' })
  @IsOptional()
  definition?: Json;

  @Field(() => WeightProfileEnum, { nullable: true, description: 'Weights by a profile.' })
  @IsOptional()
  weightProfile?: WeightProfile | null;

  @Field(() => [CharacteristicWeightInput], { nullable: true, description: 'Single weights, at most 200.' })
  @IsOptional()
  @ArrayMaxSize(200)
  weights?: readonly CharacteristicWeightInput[] | null;
}

@InputType({ description: 'Draws a new version from another one.' })
export class CreateScorecardDraftInput extends MutationInput {
  @Field(() => ID, { description: 'Version to begin with.' })
  basedOnId!: string;

  @Field(() => ScorecardChangesInput, { nullable: true, description: 'What shall be different.' })
  @IsOptional()
  changes?: ScorecardChangesInput | null;
}

@InputType({ description: 'Changes a draft.' })
export class EditScorecardDraftInput extends MutationInput {
  @Field(() => ID, { description: 'The draft.' })
  versionId!: string;

  @Field(() => Int, { description: '`version` of the draft that was seen.' })
  expectedVersion!: number;

  @Field(() => ScorecardChangesInput, { description: 'What shall be different.' })
  changes!: ScorecardChangesInput;
}

@InputType({ description: 'Gives a draft up.' })
export class DiscardScorecardDraftInput extends MutationInput {
  @Field(() => ID, { description: 'The draft.' })
  versionId!: string;

  @Field(() => Int, { description: '`version` of the draft that was seen.' })
  expectedVersion!: number;
}

@InputType({ description: 'Puts a draft up for decision.' })
export class SubmitScorecardVersionInput extends MutationInput {
  @Field(() => ID, { description: 'The draft.' })
  versionId!: string;

  @Field(() => Int, { description: '`version` of the draft that was seen.' })
  expectedVersion!: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Live from then on; as soon as it is agreed to if left out.',
  })
  @IsOptional()
  effectiveFrom?: Date | null;

  @Field({ description: 'Why.' })
  @MaxLength(2000)
  justification!: string;
}

@ObjectType({ description: 'A draft after a mutation.' })
export class ScorecardDraftPayload {
  @Field(() => ScorecardVersion, { nullable: true, description: 'The version.', simple: true })
  scorecardVersion?: Reading<ScorecardVersion>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A new draft.' })
export class CreateScorecardDraftPayload extends ScorecardDraftPayload {}

@ObjectType({ description: 'A draft that was edited.' })
export class EditScorecardDraftPayload extends ScorecardDraftPayload {}

@ObjectType({ description: 'A draft that was given up.' })
export class DiscardScorecardDraftPayload extends ScorecardDraftPayload {}

@ObjectType({ description: 'The request that asks others to agree.' })
export class SubmitScorecardVersionPayload extends RequestPayload {}

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
