import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { POLICY_KINDS, type PolicyKind } from '../../src/policies';
import type { Json } from '../../src/kernel/canonical-json';
import { enumOf } from '../enums';
import { Node } from '../node.types';
import { DateTimeScalar, JsonScalar } from '../scalars';

export const PolicyKindEnum = enumOf(POLICY_KINDS);
registerEnumType(PolicyKindEnum, {
  name: 'PolicyKind',
  description: 'What a policy rules.',
  valuesConfig: {
    APPROVAL_MATRIX: { description: 'Who must agree to a change.' },
    OVERRIDE: { description: 'When, how far and how long a grade may be overridden.' },
    LIMIT: { description: 'Credit limit and payment term by grade.' },
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
}
