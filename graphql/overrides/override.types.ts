import { ArrayMaxSize, MaxLength, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Grade } from '../../src/kernel/grade';
import { Evidence, RequestPayload } from '../approvals/change-request.types';
import { EvidenceInput } from '../approvals/evidence.types';
import { enumOf, GradeEnum, GradeValue } from '../enums';
import { MutationInput } from '../inputs';
import { Node } from '../node.types';
import { DateTimeScalar } from '../scalars';

export const EndCauseEnum = enumOf(['EXPIRED', 'SUPERSEDED', 'REVERTED']);
registerEnumType(EndCauseEnum, {
  name: 'OverrideEndCause',
  description: 'Why an override ended.',
  valuesConfig: {
    EXPIRED: { description: 'Its time was over.' },
    SUPERSEDED: { description: 'A newer override took its place.' },
    REVERTED: { description: 'One person had let it through, and nobody ratified that.' },
  },
});

@ObjectType('GradeOverride', {
  implements: Node,
  description: "A person's judgement in place of the model's, for a time 「推翻」.",
  simpleResolvers: true,
})
export class GradeOverride extends Node {
  @Field(() => GradeValue, { description: 'Model grade when it was asked for.' })
  modelGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade in force when it was asked for.' })
  fromGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade that it puts in force.' })
  toGrade!: GradeValue;

  @Field({ description: 'Reason code of the override policy.' })
  reasonCode!: string;

  @Field({ description: 'Why.' })
  justification!: string;

  @Field(() => [Evidence], { description: 'Documents.' })
  evidence!: readonly Evidence[];

  @Field(() => DateTimeScalar, { description: 'In effect from.' })
  effectiveFrom!: Date;

  @Field(() => DateTimeScalar, { description: 'Ends by itself at this moment.' })
  validUntil!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it lives.' })
  endedAt!: Date | null;

  @Field(() => EndCauseEnum, { nullable: true, description: 'Why it ended.' })
  endCause!: keyof typeof EndCauseEnum | null;
}

/** What is proposed. */
@InputType()
abstract class ProposedOverrideInput extends MutationInput {
  @Field(() => GradeEnum, { description: 'Proposed grade.' })
  toGrade!: Grade;

  @Field({ description: 'Reason code of the override policy.' })
  @MaxLength(100)
  reasonCode!: string;

  @Field({ description: 'Why.' })
  @MaxLength(4_000)
  justification!: string;

  @Field(() => [EvidenceInput], { defaultValue: [], description: 'Documents; the policy says when they are demanded.' })
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  evidence!: EvidenceInput[];

  @Field(() => DateTimeScalar, { description: 'The override shall end at this moment.' })
  validUntil!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'It shall be in force from then on; left out: as soon as it is agreed to.',
  })
  effectiveFrom?: Date | null;
}

@InputType({ description: 'Asks for an override.' })
export class SubmitGradeOverrideInput extends ProposedOverrideInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field(() => Int, { description: "Version of the customer's grade that the maker saw." })
  expectedVersion!: number;

  @Field(() => Boolean, { nullable: true, description: 'Keeps it as a draft: nobody is asked yet.' })
  draft?: boolean | null;
}

@InputType({ description: 'Changes what an override proposes that lies with its maker.' })
export class ReviseGradeOverrideInput extends ProposedOverrideInput {
  @Field(() => ID, { description: 'The request: a draft, a returned or a stale one.' })
  requestId!: string;

  @Field(() => Int, { description: 'Version of the request that the editor saw.' })
  expectedVersion!: number;
}

@ObjectType({ description: 'An override whose proposal was changed.' })
export class ReviseGradeOverridePayload extends RequestPayload {}

@ObjectType({ description: 'An override that was asked for.' })
export class SubmitGradeOverridePayload extends RequestPayload {}
