import { MaxLength, ValidateNested } from 'class-validator';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Json } from '../../src/kernel/canonical-json';
import { MutationInput } from '../inputs';
import type { Reading } from '../reads';
import { DateTimeScalar, JsonScalar } from '../scalars';
import { UserError } from '../user-errors';
import { AuditEvent, AuditEventWhere } from './audit-event.types';

@ObjectType({ description: 'A search in the audit log that the caller keeps under a name.' })
export class AuditSearch {
  @Field(() => ID, { description: 'Id of the search, for `discardAuditSearch`.', simple: true })
  id!: string;

  @Field({ description: 'Its name.', simple: true })
  name!: string;

  @Field(() => JsonScalar, { description: 'Goes as it is into `auditEvents(where:)`.', simple: true })
  where!: Json;

  @Field(() => DateTimeScalar, { description: 'When it was kept.', simple: true })
  savedAt!: Date;
}

@InputType({ description: 'Keeps a search under a name; one with the same name gives way.' })
export class SaveAuditSearchInput extends MutationInput {
  @Field({ description: 'Name of the search.' })
  @MaxLength(1_000)
  name!: string;

  @Field(() => AuditEventWhere, { description: 'What is searched for.' })
  @ValidateNested()
  where!: AuditEventWhere;
}

@InputType({ description: 'Discards a kept search.' })
export class DiscardAuditSearchInput extends MutationInput {
  @Field(() => ID, { description: 'The search.' })
  searchId!: string;
}

@ObjectType()
abstract class AuditSearchOutcome {
  @Field(() => ID, { nullable: true, description: 'Id of the search.', simple: true })
  searchId?: string;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A search that was kept.' })
export class SaveAuditSearchPayload extends AuditSearchOutcome {}

@ObjectType({ description: 'A search that was discarded.' })
export class DiscardAuditSearchPayload extends AuditSearchOutcome {}
