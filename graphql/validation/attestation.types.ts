import { ArrayMaxSize, IsOptional, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { RequestPayload } from '../approvals/change-request.types';
import { MutationInput } from '../inputs';
import { DateScalar, DateTimeScalar } from '../scalars';

@ObjectType({ description: 'The attestation of a year that is over 「年度声明」.', simpleResolvers: true })
export class Attestation {
  @Field(() => Int, { description: 'The year.' })
  year!: number;

  @Field(() => DateScalar, { description: 'Day by which it is given.' })
  dueOn!: string;

  @Field({ description: 'Whether that day is over and it was not given.' })
  overdue!: boolean;

  @Field(() => Int, { description: 'How often it was asked for since the year was over.' })
  reminders!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was given; null until then.' })
  attestedAt!: Date | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The request that gave it, with answers and figures, or the open one that would; null where there is none.',
  })
  requestId!: string | null;
}

@InputType({ description: 'What is said of one statement.' })
export class AttestationAnswerInput {
  @Field({ description: 'Code of the statement in the policy `ATTESTATION`.' })
  @MaxLength(100)
  statement!: string;

  @Field({ description: 'Whether it holds.' })
  holds!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Demanded where it does not hold: why, and what is done about it.',
  })
  @IsOptional()
  @MaxLength(4_000)
  remark?: string | null;
}

@InputType({ description: 'Puts the attestation of a year up for decision.' })
export class SubmitAttestationInput extends MutationInput {
  @Field(() => Int, { description: 'A year that is over.' })
  @Min(2000)
  @Max(9999)
  year!: number;

  @Field(() => [AttestationAnswerInput], { description: 'One for each statement of the policy.' })
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  answers!: AttestationAnswerInput[];
}

@ObjectType({ description: 'An attestation that was put up for decision.' })
export class SubmitAttestationPayload extends RequestPayload {}
