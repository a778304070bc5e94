import { IsOptional, MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Role } from '../../src/kernel/role';
import { AuditEvent } from '../audit/audit-event.types';
import { connectionType } from '../connection';
import { RoleEnum } from '../enums';
import { MutationInput } from '../inputs';
import { Node } from '../node.types';
import type { Reading } from '../reads';
import { DateTimeScalar } from '../scalars';
import { UserError } from '../user-errors';
import { ChangeRequest, RequestKindEnum, RequestPayload } from './change-request.types';
import type { RequestKind } from '../../src/approvals';

@ObjectType('Delegation', { implements: Node, description: 'Somebody acts for another, for a time 「委托」.' })
export class Delegation extends Node {
  @Field(() => [RequestKindEnum], { nullable: true, description: 'Kinds of requests; null for all.', simple: true })
  kinds!: readonly RequestKind[] | null;

  @Field(() => DateTimeScalar, { description: 'From then on.', simple: true })
  startsAt!: Date;

  @Field(() => DateTimeScalar, { description: 'Until then.', simple: true })
  endsAt!: Date;

  @Field({ description: 'Why.', simple: true })
  reason!: string;

  @Field(() => DateTimeScalar, { description: 'When it was given.', simple: true })
  givenAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was ended before its time.', simple: true })
  revokedAt!: Date | null;

  @Field({ description: 'Whether it holds now.', simple: true })
  inForce!: boolean;
}

export const DelegationConnection = connectionType('Delegation', Delegation);

@InputType({ description: 'Which delegations.' })
export class DelegationWhere {
  @Field(() => ID, { nullable: true, description: 'Given by this user, or to him.' })
  user?: string | null;
}

@InputType({ description: 'Lets another act for the caller.' })
export class DelegateInput extends MutationInput {
  @Field(() => ID, { description: 'Who shall act. He decides requests by office as well.' })
  toId!: string;

  @Field(() => [RequestKindEnum], { nullable: true, description: 'Kinds of requests; left out: all.' })
  kinds?: RequestKind[] | null;

  @Field(() => DateTimeScalar, { description: 'From then on.' })
  startsAt!: Date;

  @Field(() => DateTimeScalar, { description: 'Until then. For long it needs others to agree.' })
  endsAt!: Date;

  @Field({ description: 'Why.' })
  @MaxLength(500)
  reason!: string;
}

@InputType({ description: 'Ends a delegation before its time.' })
export class EndDelegationInput extends MutationInput {
  @Field(() => ID, { description: 'The delegation.' })
  delegationId!: string;
}

@InputType({ description: 'Asks for a role for somebody else.' })
export class RequestRoleInput extends MutationInput {
  @Field(() => ID, { description: 'Who shall have it.' })
  userId!: string;

  @Field(() => RoleEnum, { description: 'The role.' })
  role!: Role;

  @Field(() => Int, { description: 'Version of the user that the caller saw.' })
  expectedVersion!: number;

  @Field({ description: 'Why.' })
  @IsOptional()
  @MaxLength(500)
  reason!: string;
}

@ObjectType({ description: 'A role that was asked for.' })
export class RequestRolePayload extends RequestPayload {}

/** What the verbs on delegations answer; each has a type of its own to grow by. */
@ObjectType()
export abstract class DelegationPayload {
  @Field(() => Delegation, {
    nullable: true,
    description: 'As it stands; null while it waits for others.',
    simple: true,
  })
  delegation?: Reading<Delegation>;

  @Field(() => ChangeRequest, {
    nullable: true,
    description: 'The request for it, where it is longer than one may give by himself.',
    simple: true,
  })
  request?: Reading<ChangeRequest>;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A delegation that was given, or asked for.' })
export class DelegatePayload extends DelegationPayload {}

@ObjectType({ description: 'A delegation after its end.' })
export class EndDelegationPayload extends DelegationPayload {}

@ObjectType({
  description: 'Two duties in one hand, or a decision by somebody whom it concerns.',
  simpleResolvers: true,
})
export class DutyConflict {
  @Field({ description: 'Rule that is touched, such as `ROLE_CONFLICT` or `MAKER_DECIDED`.' })
  rule!: string;

  @Field(() => ID, { description: 'Whom it is about.' })
  userId!: string;

  @Field({ description: 'His name.' })
  userName!: string;

  @Field({ description: 'In which way, for people.' })
  detail!: string;
}
