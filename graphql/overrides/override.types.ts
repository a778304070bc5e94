import { ArrayMaxSize, MaxLength, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Grade } from '../../src/kernel/grade';
import { Evidence, RequestPayload } from '../approvals/change-request.types';
import { enumOf, GradeEnum, GradeValue } from '../enums';
import { MutationInput } from '../inputs';
import { Node } from '../node.types';
import { DateTimeScalar } from '../scalars';

const EndCauseEnum = enumOf(['EXPIRED', 'SUPERSEDED']);
registerEnumType(EndCauseEnum, {
  name: 'OverrideEndCause',
  description: 'Why an override ended.',
  valuesConfig: {
    EXPIRED: { description: 'Its time was over.' },
    SUPERSEDED: { description: 'A newer override took its place.' },
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

@InputType({ description: 'A document behind a proposal.' })
export class EvidenceInput {
  @Field({ description: 'What it is.' })
  @MaxLength(200)
  title!: string;

  @Field({ description: 'Where it is kept: file number, contract number, address.' })
  @MaxLength(500)
  reference!: string;
}

@InputType({ description: 'Asks for an override.' })
export class SubmitGradeOverrideInput extends MutationInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

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

  @Field(() => Int, { description: "Version of the customer's grade that the maker saw." })
  expectedVersion!: number;
}

@ObjectType({ description: 'An override that was asked for.' })
export class SubmitGradeOverridePayload extends RequestPayload {}
