import { IsOptional, MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { EVENT_RESULTS, type AuditEventOrder, type EventResult } from '../../src/audit';
import type { Json } from '../../src/kernel/canonical-json';
import { connectionType } from '../connection';
import { enumOf } from '../enums';
import { DateTimeFilter, StringFilter, type ChoiceInput } from '../inputs';
import { Node } from '../node.types';
import { orderByType } from '../order';
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

  @Field(() => Int, {
    nullable: true,
    description: 'Its place in the signed log; null for the second or so until it has one.',
    simple: true,
  })
  leafIndex!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Proof file (C2SP tlog-proof) that the newest checkpoint holds it, with the entry itself; checked with the key of the log alone. Null as long as `leafIndex` is.',
    simple: true,
  })
  proof!: string | null;
}

const EventResultEnum = enumOf(EVENT_RESULTS);
registerEnumType(EventResultEnum, {
  name: 'AuditEventResult',
  description: 'What came of it.',
  valuesConfig: {
    DONE: { description: 'It was done.' },
    REFUSED: { description: 'Somebody had no right to what he asked for; `data.refusals` says to what.' },
  },
});

export const AuditEventConnection = connectionType('AuditEvent', AuditEvent);

export const AuditEventOrderBy = orderByType<AuditEventOrder>('AuditEvent', {
  OCCURRED_AT: 'The moment at which it was done.',
});

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

  @Field(() => StringFilter, { nullable: true, description: 'Done on behalf of this person, by user id.' })
  onBehalfOf?: ChoiceInput<string> | null;

  @Field(() => EventResultEnum, { nullable: true, description: 'What came of it.' })
  result?: EventResult | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Somebody looked at credit data or a report of this customer; `data.looks` says at what.',
  })
  lookedAt?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Part of a name: of who did it or on whose behalf, or of the customer concerned, also by number. Up to 50 of each are taken.',
  })
  @IsOptional()
  @MaxLength(100)
  search?: string | null;

  @Field(() => ID, { nullable: true, description: 'Concerns this customer: its grade, limit, requests, master data.' })
  customer?: string | null;

  @Field(() => ID, { nullable: true, description: 'Done to this object, by public id.' })
  object?: string | null;

  @Field(() => StringFilter, { nullable: true, description: 'Caused by this request.' })
  requestId?: ChoiceInput<string> | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When it was done.' })
  occurredAt?: DateTimeFilter | null;
}
