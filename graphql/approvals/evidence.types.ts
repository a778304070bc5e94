import { IsOptional, IsUUID, MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { AuditEvent } from '../audit/audit-event.types';
import { MutationInput } from '../inputs';
import type { Reading } from '../reads';
import { DateTimeScalar } from '../scalars';
import { UserError } from '../user-errors';
import { COMMENT_MAX, RequestPayload } from './change-request.types';

@ObjectType({ description: 'A file that stands with a request 「附件」. It never changes.' })
export class RequestEvidence {
  @Field(() => ID, { description: 'Id of the file.', simple: true })
  fileId!: string;

  @Field({ description: 'What it is, in the words of whoever brought it.', simple: true })
  title!: string;

  @Field({ description: 'Name of the file.', simple: true })
  name!: string;

  @Field({ description: 'Kind of the file, as its content told.', simple: true })
  mediaType!: string;

  @Field(() => Int, { description: 'Bytes.', simple: true })
  size!: number;

  @Field({ description: 'SHA-256 of the bytes, hex.', simple: true })
  sha256!: string;

  @Field(() => DateTimeScalar, { description: 'Since when it stands here.', simple: true })
  addedAt!: Date;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the caller gets it until `expiresAt`, from the address of the API, without a token; who gets it is put on record. Null where no links are given out.',
    simple: true,
  })
  downloadUrl!: string | null;

  @Field(() => DateTimeScalar, { description: 'When `downloadUrl` ends; ask again for another.', simple: true })
  expiresAt!: Date;
}

@InputType({ description: 'Announces a file.' })
export class PrepareEvidenceUploadInput extends MutationInput {
  @Field({ description: 'Name of the file, with its ending: pdf, png, jpg, jpeg, docx, xlsx, csv or txt.' })
  @MaxLength(1_000)
  name!: string;

  @Field({ description: 'Media type that belongs to the ending.' })
  @MaxLength(200)
  mediaType!: string;

  @Field(() => Int, { description: 'Bytes, exactly.' })
  size!: number;

  @Field({ description: 'SHA-256 of the bytes, 64 lower-case hex digits.' })
  @MaxLength(100)
  sha256!: string;
}

@ObjectType({ description: 'A file that may be put now.' })
export class PrepareEvidenceUploadPayload {
  @Field(() => ID, { nullable: true, description: 'Id of the file, for proposals and `attachEvidence`.', simple: true })
  fileId?: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where to put the bytes with HTTP PUT, once, from the address of the API, without a token.',
    simple: true,
  })
  uploadUrl?: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When `uploadUrl` ends.', simple: true })
  expiresAt?: Date;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@InputType({ description: 'Attaches a file to a request.' })
export class AttachEvidenceInput extends MutationInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => ID, { description: 'A file that the caller has put.' })
  @IsUUID()
  fileId!: string;

  @Field(() => String, { nullable: true, description: 'Comment.' })
  @IsOptional()
  @MaxLength(COMMENT_MAX)
  comment?: string | null;
}

@ObjectType({ description: 'A request with one more file.' })
export class AttachEvidencePayload extends RequestPayload {}

@InputType({ description: 'A document behind a proposal: kept elsewhere, or a file.' })
export class EvidenceInput {
  @Field({ description: 'What it is.' })
  @MaxLength(200)
  title!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where it is kept: file number, contract number, address; left out for a file.',
  })
  @IsOptional()
  @MaxLength(500)
  reference?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'A file that the caller has put; its digest becomes part of what is decided on.',
  })
  @IsOptional()
  @IsUUID()
  fileId?: string | null;
}
