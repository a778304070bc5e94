import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { AuditEvent as AuditEventView } from '../../src/audit';
import type { Json } from '../../src/kernel/canonical-json';
import { connectionType } from '../connection';
import { asNode } from '../global-id';
import { Node } from '../node.types';
import { DateTimeScalar, JsonScalar } from '../scalars';

@ObjectType('AuditEvent', { implements: Node, description: 'Something that was done, as it was written down.' })
export class AuditEvent extends Node {
  key!: string;

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

export const auditEventNode = (view: AuditEventView): AuditEvent => asNode('AuditEvent', view);

export const AuditEventConnection = connectionType('AuditEvent', AuditEvent);

@InputType({ description: 'Which audit events; all conditions together.' })
export class AuditEventWhere {
  @Field(() => ID, { nullable: true, description: 'Public id of a user.' })
  actor?: string;

  @Field(() => String, { nullable: true, description: 'Name of a system actor, for example `system:rating-worker`.' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  systemActor?: string;

  @Field(() => String, { nullable: true, description: 'The action, exactly.' })
  @IsOptional()
  @MaxLength(100)
  action?: string;

  @Field(() => ID, { nullable: true, description: 'Public id of the object.' })
  object?: string;

  @Field(() => String, { nullable: true, description: 'Request id.' })
  @IsOptional()
  @MaxLength(200)
  requestId?: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From this moment on.' })
  from?: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this moment.' })
  to?: Date;
}
