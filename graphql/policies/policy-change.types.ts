import { MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Json } from '../../src/kernel/canonical-json';
import type { PolicyKind } from '../../src/policies';
import { RequestPayload } from '../approvals/change-request.types';
import { MutationInput } from '../inputs';
import { DateTimeScalar, JsonScalar } from '../scalars';
import { PolicyKindEnum } from './policy.types';

@InputType()
abstract class PolicyContentInput extends MutationInput {
  @Field(() => JsonScalar, { description: 'All rules of the policy, in the form of its kind.' })
  content!: Json;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'Cases that it must answer as expected, each `{ name, table, input, expect }`; left out: those of the version in force.',
  })
  testCases?: Json;

  @Field({ description: 'Why.' })
  @MaxLength(4_000)
  justification!: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'In force from then on; left out: as soon as it is agreed to.',
  })
  effectiveFrom?: Date | null;
}

@InputType({ description: 'Proposes new content of a policy.' })
export class SubmitPolicyVersionInput extends PolicyContentInput {
  @Field(() => PolicyKindEnum, { description: 'Which policy.' })
  kind!: PolicyKind;
}

@InputType({ description: 'Keeps new content of a policy as a draft.' })
export class DraftPolicyVersionInput extends SubmitPolicyVersionInput {}

@InputType({ description: 'Changes content that lies with its maker.' })
export class RevisePolicyVersionInput extends PolicyContentInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => Int, { description: 'Version of the request that the caller saw.' })
  expectedVersion!: number;
}

@ObjectType({ description: 'New content of a policy that was put up for decision.' })
export class SubmitPolicyVersionPayload extends RequestPayload {}

@ObjectType({ description: 'New content of a policy that is kept as a draft.' })
export class DraftPolicyVersionPayload extends RequestPayload {}

@ObjectType({ description: 'New content of a policy, as it was changed.' })
export class RevisePolicyVersionPayload extends RequestPayload {}
