import { IsOptional, IsUUID, MaxLength, ValidateNested } from 'class-validator';
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { KEY_KINDS, type KeyKind } from '../../src/approvals';
import { AuditEvent } from '../audit/audit-event.types';
import { enumOf } from '../enums';
import { MutationInput } from '../inputs';
import type { Reading } from '../reads';
import { DateTimeScalar } from '../scalars';
import { UserError } from '../user-errors';

const SigningKeyKindEnum = enumOf(KEY_KINDS);
registerEnumType(SigningKeyKindEnum, {
  name: 'SigningKeyKind',
  description: 'What signs.',
  valuesConfig: {
    ED25519: { description: 'An Ed25519 key (RFC 8032).' },
    PASSKEY: { description: '通行密钥: a WebAuthn credential.' },
  },
});

@ObjectType({ description: 'A key by which the caller signs votes.', simpleResolvers: true })
export class SigningKey {
  @Field(() => ID, { description: 'Id of the key.' })
  id!: string;

  @Field({ description: 'Name that its owner gave it.' })
  name!: string;

  @Field(() => SigningKeyKindEnum, { description: 'What it is.' })
  kind!: KeyKind;

  @Field({ description: 'The public key in base64: 32 bytes of Ed25519, or a COSE key.' })
  publicKey!: string;

  @Field(() => DateTimeScalar, { description: 'When it was registered.' })
  registeredAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when it signs nothing any more.' })
  revokedAt!: Date | null;
}

@ObjectType({ description: 'What has to be signed to register a key.', simpleResolvers: true })
export class SigningKeyChallenge {
  @Field({ description: 'Bytes in base64url: the challenge of a passkey, a line of the text for an Ed25519 key.' })
  challenge!: string;

  @Field(() => DateTimeScalar, { description: 'Until then.' })
  expiresAt!: Date;

  @Field({ description: 'Who has to sign it: another line of the text, and the user handle of a passkey.' })
  userId!: string;

  @Field({ description: 'Relying party of passkeys.' })
  relyingPartyId!: string;
}

@ObjectType({ description: 'That a vote was signed with a key of its voter.', simpleResolvers: true })
export class VoteSignature {
  @Field(() => ID, { description: 'The key.' })
  keyId!: string;

  @Field(() => SigningKeyKindEnum, { description: 'What signed.' })
  algorithm!: KeyKind;

  @Field({ description: 'Whether the signature fits the vote as it is stored, checked just now.' })
  verified!: boolean;
}

@ObjectType({
  description: 'What a vote at this moment signs; with `lowerTo` the grade is the last line.',
  simpleResolvers: true,
})
export class TextsToSign {
  @Field({ description: 'For a yes.' })
  approve!: string;

  @Field({ description: 'For a no.' })
  reject!: string;
}

const BYTES_MAX = 8_000;

@InputType({ description: 'An Ed25519 key, with the proof that the caller has it.' })
class Ed25519KeyInput {
  @Field({ description: 'The 32 bytes of the public key, base64url.' })
  @MaxLength(100)
  publicKey!: string;

  @Field({
    description:
      'Signature of the lines `tierwarden key v1`, user id, challenge and public key, joined by line feeds; base64url.',
  })
  @MaxLength(200)
  signature!: string;
}

@InputType({ description: 'What an authenticator answers to the creation of a passkey; all in base64url.' })
class PasskeyInput {
  @Field({ description: '`rawId`.' })
  @MaxLength(BYTES_MAX)
  credentialId!: string;

  @Field({ description: '`response.clientDataJSON`.' })
  @MaxLength(BYTES_MAX)
  clientData!: string;

  @Field({ description: '`response.attestationObject`.' })
  @MaxLength(BYTES_MAX)
  attestation!: string;
}

@InputType({ description: 'Registers a key of the caller.' })
export class RegisterSigningKeyInput extends MutationInput {
  @Field({ description: 'Name of the key, for people.' })
  @MaxLength(1_000)
  name!: string;

  @Field({ description: 'From `signingKeyChallenge`.' })
  @MaxLength(200)
  challenge!: string;

  @Field(() => Ed25519KeyInput, { nullable: true, description: 'An Ed25519 key.' })
  @IsOptional()
  @ValidateNested()
  ed25519?: Ed25519KeyInput | null;

  @Field(() => PasskeyInput, { nullable: true, description: 'Or a passkey.' })
  @IsOptional()
  @ValidateNested()
  passkey?: PasskeyInput | null;
}

@InputType({ description: 'Revokes a key of the caller.' })
export class RevokeSigningKeyInput extends MutationInput {
  @Field(() => ID, { description: 'The key.' })
  @IsUUID()
  keyId!: string;
}

@InputType({ description: 'The signature of a vote with the voter’s own key.' })
export class VoteSignatureInput {
  @Field(() => ID, { description: 'The key.' })
  @IsUUID()
  keyId!: string;

  @Field({ description: 'Signature of the text, or what the passkey signed; base64url.' })
  @MaxLength(BYTES_MAX)
  value!: string;

  @Field(() => String, { nullable: true, description: 'Of a passkey: `response.authenticatorData`, base64url.' })
  @IsOptional()
  @MaxLength(BYTES_MAX)
  authenticatorData?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Of a passkey: `response.clientDataJSON`, base64url; its challenge is the SHA-256 of the text.',
  })
  @IsOptional()
  @MaxLength(BYTES_MAX)
  clientData?: string | null;
}

@ObjectType()
abstract class SigningKeyOutcome {
  @Field(() => ID, { nullable: true, description: 'The key.', simple: true })
  keyId?: string;

  @Field(() => [UserError], { description: 'What the user can mend; empty on success.', simple: true })
  userErrors!: readonly UserError[];

  @Field(() => AuditEvent, { nullable: true, description: 'The event that the log holds of it.', simple: true })
  auditEvent?: Reading<AuditEvent>;
}

@ObjectType({ description: 'A key that was registered.' })
export class RegisterSigningKeyPayload extends SigningKeyOutcome {}

@ObjectType({ description: 'A key that was revoked.' })
export class RevokeSigningKeyPayload extends SigningKeyOutcome {}
