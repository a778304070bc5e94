import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Json } from '../../src/kernel/canonical-json';
import { connectionType } from '../connection';
import { DateTimeFilter, StringFilter, type ChoiceInput } from '../inputs';
import { Node } from '../node.types';
import { DateTimeScalar, JsonScalar } from '../scalars';

@ObjectType('AuditEvent', { implements: Node, description: 'Something that was done, as it was written down.' })
export class AuditEvent extends Node {
  @Field(() => DateTimeScalar, { description: 'When it was done.', simple: true })
  occurredAt!: Date;

  @Field({ description: 'User id behind the public id, or the name of a system actor.', simple: true })
  actorId!: string;

  @Field(() => String, { nullable: true, description: 'The person for whom the actor acted.', simple: true })
  onBehalfOf!: string | null;

  @Field({ description: 'What was done, for example `override.applied`.', simple: true })
  action!: string;

  @Field({ description: 'Kind of the object.', simple: true })
  objectType!: string;

  @Field({ description: 'Key of the object.', simple: true })
  objectId!: string;

  @Field({ description: 'The HTTP request, job or command that caused it.', simple: true })
  requestId!: string;

  @Field(() => JsonScalar, { nullable: true, description: 'Values before.', simple: true })
  before!: Json;

  @Field(() => JsonScalar, { nullable: true, description: 'Values after.', simple: true })
  after!: Json;

  @Field(() => String, { nullable: true, description: 'Why, in the words of who did it.', simple: true })
  reason!: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'Further facts.', simple: true })
  data!: Json;
}

export const AuditEventConnection = connectionType('AuditEvent', AuditEvent);

@InputType({ description: 'Which audit events; all conditions together.' })
export class AuditEventWhere {
  @Field(() => [AuditEventWhere], { nullable: true, description: 'All of these hold.' })
  and?: AuditEventWhere[] | null;

  @Field(() => [AuditEventWhere], { nullable: true, description: 'One of these holds.' })
  or?: AuditEventWhere[] | null;

  @Field(() => AuditEventWhere, { nullable: true, description: 'This does not hold.' })
  not?: AuditEventWhere | null;

  @Field(() => ID, { nullable: true, description: 'Done by this user, by public id.' })
  actor?: string | null;

  @Field(() => StringFilter, {
    nullable: true,
    description: 'Done by a system actor, for example `system:rating-worker`.',
  })
  systemActor?: ChoiceInput<string> | null;

  @Field(() => StringFilter, { nullable: true, description: 'What was done, for example `override.applied`.' })
  action?: ChoiceInput<string> | null;

  @Field(() => ID, { nullable: true, description: 'Concerns this customer: its grade, limit, requests, master data.' })
  customer?: string | null;

  @Field(() => ID, { nullable: true, description: 'Done to this object, by public id.' })
  object?: string | null;

  @Field(() => StringFilter, { nullable: true, description: 'Caused by this request.' })
  requestId?: ChoiceInput<string> | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When it was done.' })
  occurredAt?: DateTimeFilter | null;
}
