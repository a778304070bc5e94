import { ArrayMaxSize, MaxLength, ValidateNested } from 'class-validator';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Decimal } from '../../src/kernel/decimal';
import { RequestPayload } from '../approvals/change-request.types';
import { EvidenceInput } from '../approvals/evidence.types';
import { DateScalar, DateTimeScalar, DecimalScalar } from '../scalars';
import { GroundedInput, PlacedOverride } from './grounds.types';

@ObjectType({ description: 'A person’s value of an indicator in place of the source’s, for a time 「输入推翻」.' })
export class InputOverride extends PlacedOverride {
  @Field({ description: 'Code of the indicator.', simple: true })
  code!: string;

  @Field(() => DateScalar, { description: 'Day of the value that it stands in for.', simple: true })
  asOf!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Value that held before; null where none was known, or masked.',
    simple: true,
  })
  fromValue!: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'The person’s value; null where masked.', simple: true })
  toValue!: string | null;

  @Field({ description: 'Whether the values are withheld from the caller.', simple: true })
  masked!: boolean;
}

@InputType({ description: 'Asks for a value in place of a source’s.' })
export class SubmitInputOverrideInput extends GroundedInput {
  @Field(() => ID, { description: 'The customer.' })
  customerId!: string;

  @Field({ description: 'Code of the indicator.' })
  @MaxLength(100)
  code!: string;

  @Field(() => DecimalScalar, { description: 'Value in the unit of the dictionary.' })
  value!: Decimal;

  @Field(() => [EvidenceInput], { description: 'Documents; one at least.' })
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  evidence!: EvidenceInput[];

  @Field(() => DateTimeScalar, { description: 'What the source says shall hold again from this moment on.' })
  validUntil!: Date;
}

@ObjectType({ description: 'An input override that was asked for.' })
export class SubmitInputOverridePayload extends RequestPayload {}
