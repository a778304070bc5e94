import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { reading } from '../reads';
import { payloadOf } from '../user-errors';
import {
  RegisterSigningKeyInput,
  RegisterSigningKeyPayload,
  RevokeSigningKeyInput,
  RevokeSigningKeyPayload,
  SigningKey,
  SigningKeyChallenge,
} from './signing-key.types';

@Resolver()
export class SigningKeyResolver {
  @Query(() => [SigningKey], { description: 'The caller’s own keys, the newest first.' })
  async signingKeys(@Ctx() { app, actor }: GraphContext): Promise<readonly SigningKey[]> {
    return app.approvals.queries.keysOf(actor);
  }

  @Query(() => SigningKeyChallenge, {
    description: 'What the caller has to sign to register a key. Only people who decide requests have keys.',
  })
  async signingKeyChallenge(@Ctx() { app, actor, now }: GraphContext): Promise<SigningKeyChallenge> {
    return valueOrFault(await app.approvals.keyChallenge(actor, now));
  }

  @Mutation(() => RegisterSigningKeyPayload, {
    description: 'Registers a key by which the caller signs votes 「签名密钥」: an Ed25519 key or a passkey.',
  })
  async registerSigningKey(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RegisterSigningKeyInput)
    { name, challenge, ed25519, passkey }: RegisterSigningKeyInput,
  ): Promise<RegisterSigningKeyPayload> {
    return payloadOf(
      await app.approvals.registerKey(initiator, {
        name,
        challenge,
        ed25519: ed25519 ?? null,
        passkey: passkey ?? null,
      }),
      ({ keyId, auditEventId }) => ({ keyId, auditEvent: reading('AuditEvent', auditEventId) }),
    );
  }

  @Mutation(() => RevokeSigningKeyPayload, {
    description: 'Revokes a key of the caller: it signs nothing any more, and what it signed stays signed.',
  })
  async revokeSigningKey(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RevokeSigningKeyInput) { keyId }: RevokeSigningKeyInput,
  ): Promise<RevokeSigningKeyPayload> {
    return payloadOf(await app.approvals.revokeKey(initiator, { keyId }), ({ auditEventId }) => ({
      keyId,
      auditEvent: reading('AuditEvent', auditEventId),
    }));
  }
}
