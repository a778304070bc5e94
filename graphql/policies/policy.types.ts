import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { POLICY_KINDS, type PolicyKind } from '../../src/policies';
import type { Json } from '../../src/kernel/canonical-json';
import { connectionType } from '../connection';
import { enumOf } from '../enums';
import { Node } from '../node.types';
import { DateTimeScalar, JsonScalar } from '../scalars';

export const PolicyKindEnum = enumOf(POLICY_KINDS);
registerEnumType(PolicyKindEnum, {
  name: 'PolicyKind',
  description: 'What a policy rules.',
  valuesConfig: {
    APPROVAL_MATRIX: { description: 'Who must agree to a change.' },
    APPROVAL_RULES: { description: 'Bounds and times of the approval process itself.' },
    OVERRIDE: { description: 'When, how far and how long a grade may be overridden.' },
    LIMIT: { description: 'Credit limit and payment term by grade.' },
    RATING_RUN: { description: 'Which moves of a whole portfolio are usual.' },
    SOURCE_PRECEDENCE: { description: 'Whose value of an indicator holds where sources differ.' },
    TIER_MATRIX: { description: 'Tier by value band and risk class.' },
    TREATMENT_PLAN: { description: 'What customers of a tier are given and asked for, and the tasks that follow.' },
    VALUE_SCORE: { description: 'What the worth of a customer is made of.' },
    RERATING_CALENDAR: {
      description: 'How often each grade is rated again, business days, the cool-down, and targets of campaigns.',
    },
    RISK_EVENT: { description: 'What follows from which risk event.' },
    LIFE_CYCLE: { description: 'Which stage of the life cycle a customer’s own figures speak for.' },
    ATTESTATION: { description: 'What is attested each year, and by when.' },
  },
});

@ObjectType('PolicyVersion', {
  implements: Node,
  description: 'A published version of a policy.',
  simpleResolvers: true,
})
export class PolicyVersion extends Node {
  @Field(() => PolicyKindEnum, { description: 'What it rules.' })
  kind!: PolicyKind;

  @Field(() => Int, { description: '1, 2, 3 … within the kind.' })
  number!: number;

  @Field({ description: 'SHA-256 of the canonical content, hex.' })
  digest!: string;

  @Field(() => DateTimeScalar, { description: 'In force from this moment.' })
  effectiveFrom!: Date;

  @Field(() => JsonScalar, { description: 'The rules themselves.' })
  content!: Json;

  @Field(() => JsonScalar, { description: 'The cases that it was tried with before it was published.' })
  testCases!: Json;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When everybody whom it touches had been brought to what it says; null while that goes on, where another version came in between, and of policies that nobody is brought to.',
  })
  followedThroughAt!: Date | null;

  @Field(() => Int, {
    nullable: true,
    description: 'For how many customers something changed by then; null where nobody has begun.',
  })
  customersMoved!: number | null;
}

export const PolicyVersionConnection = connectionType('PolicyVersion', PolicyVersion);

@ObjectType({ description: 'Something that two versions of a policy say differently.', simpleResolvers: true })
export class PolicyDifference {
  @Field({ description: 'Where, as names with dots between them; rows stand by their names.' })
  path!: string;

  @Field(() => JsonScalar, { nullable: true, description: 'What stands there before; null for nothing.' })
  before!: Json;

  @Field(() => JsonScalar, { nullable: true, description: 'What stands there after; null for nothing.' })
  after!: Json;
}

@ObjectType({ description: 'Something in two languages.', simpleResolvers: true })
export class PolicyText {
  @Field({ description: 'In English.' })
  en!: string;

  @Field({ description: '中文。' })
  zh!: string;
}

const FindingCodeEnum = enumOf(['GAP', 'OVERLAP', 'CONTRADICTION', 'SHADOWED', 'EMPTY_ROW', 'TOO_LARGE']);
registerEnumType(FindingCodeEnum, {
  name: 'PolicyFindingCode',
  description: 'What speaks against a decision table.',
  valuesConfig: {
    GAP: { description: '缺口: an input that no row fits.' },
    OVERLAP: { description: '重叠: an input that two rows fit, where only one may.' },
    CONTRADICTION: { description: '矛盾: two rows that ask for the same and answer differently.' },
    SHADOWED: { description: '遮蔽: a row that others always come before.' },
    EMPTY_ROW: { description: '空行: a row that no input can fit.' },
    TOO_LARGE: { description: 'Too many combinations to be proved sound.' },
  },
});

const PolicySeverityEnum = enumOf(['ERROR', 'WARNING']);
registerEnumType(PolicySeverityEnum, {
  name: 'PolicySeverity',
  description: 'How much a finding weighs.',
  valuesConfig: {
    ERROR: { description: 'The policy is not published with it.' },
    WARNING: { description: 'Those who agree should know of it.' },
  },
});

@ObjectType({ description: 'What the analysis of a decision table found.', simpleResolvers: true })
class PolicyFinding {
  @Field(() => PolicySeverityEnum, { description: 'How much it weighs.' })
  severity!: keyof typeof PolicySeverityEnum;

  @Field(() => FindingCodeEnum, { description: 'What it is.' })
  code!: keyof typeof FindingCodeEnum;

  @Field({ description: 'The table; of the approval matrix the kind of change.' })
  table!: string;

  @Field(() => [String], { description: 'Names of the rows that it is about.' })
  rows!: readonly string[];

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'An input that shows it, by name; null where there is none.',
  })
  example!: Json;

  @Field(() => PolicyText, { description: 'For people.' })
  text!: PolicyText;
}

@ObjectType({ description: 'A test case that a policy does not answer as expected.', simpleResolvers: true })
class FailedPolicyCase {
  @Field({ description: 'Name of the case.' })
  name!: string;

  @Field(() => JsonScalar, { description: 'What was expected.' })
  expected!: Json;

  @Field(() => JsonScalar, { description: 'What it answers.' })
  got!: Json;
}

@ObjectType({ description: 'A row of a policy as a sentence.', simpleResolvers: true })
class PolicySentence {
  @Field({ description: 'The table; of the approval matrix the kind of change.' })
  table!: string;

  @Field({ description: 'Name of the row.' })
  row!: string;

  @Field({ description: 'In English.' })
  en!: string;

  @Field({ description: '中文。' })
  zh!: string;
}

@ObjectType({ description: 'What is to be said of content that is, or may become, a policy.', simpleResolvers: true })
export class PolicyCheck {
  @Field(() => [PolicyFinding], {
    description: 'Errors first. None is the proof that nothing is left out or said twice.',
  })
  findings!: readonly PolicyFinding[];

  @Field(() => [FailedPolicyCase], { description: 'Test cases that it does not answer as expected.' })
  failedCases!: readonly FailedPolicyCase[];

  @Field(() => [PolicyDifference], { description: 'What it says differently from the version in force.' })
  differences!: readonly PolicyDifference[];

  @Field(() => [PolicySentence], { description: 'Its rows as sentences; none for policies that are no tables.' })
  sentences!: readonly PolicySentence[];
}
