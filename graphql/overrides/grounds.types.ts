/** What overrides of grades and of inputs have in common: on what grounds, from when, until when; and how one is asked for. */
import { MaxLength } from 'class-validator';
import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { OverrideGrounds } from '../approvals/change-request.types';
import { enumOf } from '../enums';
import { MutationInput } from '../inputs';
import { DateTimeScalar } from '../scalars';

const EndCauseEnum = enumOf(['EXPIRED', 'SUPERSEDED', 'REVERTED']);
registerEnumType(EndCauseEnum, {
  name: 'OverrideEndCause',
  description: 'Why an override ended.',
  valuesConfig: {
    EXPIRED: { description: 'Its time was over.' },
    SUPERSEDED: { description: 'A newer override took its place.' },
    REVERTED: { description: 'One person had let it through, and nobody ratified that.' },
  },
});

/** An override that took effect. */
@ObjectType()
export abstract class PlacedOverride extends OverrideGrounds {
  @Field(() => DateTimeScalar, { description: 'In effect from.', simple: true })
  effectiveFrom!: Date;

  @Field(() => DateTimeScalar, { description: 'Ends by itself at this moment.', simple: true })
  validUntil!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it lives.', simple: true })
  endedAt!: Date | null;

  @Field(() => EndCauseEnum, { nullable: true, description: 'Why it ended.', simple: true })
  endCause!: keyof typeof EndCauseEnum | null;
}

@InputType()
export abstract class GroundedInput extends MutationInput {
  @Field({ description: 'Reason code of the override policy.' })
  @MaxLength(100)
  reasonCode!: string;

  @Field({ description: 'Why.' })
  @MaxLength(4_000)
  justification!: string;
}
