import { ArrayMaxSize, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Grade } from '../../src/kernel/grade';
import { RequestPayload } from '../approvals/change-request.types';
import { EvidenceInput } from '../approvals/evidence.types';
import { GradeEnum, GradeValue } from '../enums';
import { Node } from '../node.types';
import { DateTimeScalar } from '../scalars';
import { GroundedInput, PlacedOverride } from './grounds.types';

@ObjectType('GradeOverride', {
  implements: Node,
  description: "A person's judgement in place of the model's, for a time 「推翻」.",
  simpleResolvers: true,
})
export class GradeOverride extends PlacedOverride implements Node {
  readonly id!: string;

  @Field(() => GradeValue, { description: 'Model grade when it was asked for.' })
  modelGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade in force when it was asked for.' })
  fromGrade!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade that it puts in force.' })
  toGrade!: GradeValue;
}

/** What is proposed. */
@InputType()
abstract class ProposedOverrideInput extends GroundedInput {
  @Field(() => GradeEnum, { description: 'Proposed grade.' })
  toGrade!: Grade;

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
