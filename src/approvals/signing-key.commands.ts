/** Keys of one's own, by which one signs one's votes: registered by who has them, revoked by their owner, and used. */
import type { Initiator } from '../kernel/actor';
import { ed25519Verify } from '../kernel/ed25519';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Tx, UnitOfWork } from '../platform/unit-of-work';
import { possessionText, voteText, type SignedVote } from './domain/signing-text';
import type { EvidenceLinks } from './evidence-links';
import {
  verifyPasskey,
  verifySignature,
  type PasskeyRegistration,
  type PublicKey,
  type RelyingParty,
  type Signature,
} from './signatures';
import * as store from './signing-key.store';

export interface SigningDeps {
  readonly unitOfWork: UnitOfWork;
  readonly links: () => Promise<EvidenceLinks | null>;
  readonly party: RelyingParty;
}

export interface RegisterKey {
  /** For people, 1–100 characters. */
  readonly name: string;
  /** As it was given out to the caller, minutes ago. */
  readonly challenge: string;
  /** Raw key and signature of the possession text, base64url. */
  readonly ed25519?: { readonly publicKey: string; readonly signature: string } | null;
  readonly passkey?: PasskeyRegistration | null;
}

export interface KeyOutcome {
  readonly keyId: string;
  readonly auditEventId: string;
}

const MAX_NAME = 100;

export const registerKey = async (
  deps: SigningDeps,
  by: Initiator,
  input: RegisterKey,
): Promise<Result<KeyOutcome>> => {
  const permitted = permit(by.actor, 'request.decide');
  if (!permitted.ok) return permitted;
  const links = await deps.links();
  return deps.unitOfWork.run(by, async (tx) => {
    const name = input.name.trim();
    if (name === '') return refuse('REQUIRED', 'a key has a name', { field: ['name'] });
    if (name.length > MAX_NAME)
      return refuse('OUT_OF_RANGE', 'the name is too long', { field: ['name'], params: { max: MAX_NAME } });
    const challenged = links?.checkChallenge(by.actor.id, input.challenge, tx.at) ?? noLinks();
    if (!challenged.ok) return challenged;
    const key = await keyOf(deps.party, by.actor.id, input);
    if (!key.ok) return key;
    const keyId = await store.insertKey(tx, { ...key.value, name });
    if (keyId === null) return refuse('ALREADY_EXISTS', 'this key is registered already', { reason: 'KEY' });
    const { kind, publicKey } = key.value;
    return ok({
      keyId,
      auditEventId: tx.record({
        action: 'signingKey.registered',
        object: { type: 'SigningKey', id: keyId },
        data: { kind, publicKey: publicKey.toString('base64url') },
      }),
    });
  });
};

export const noLinks = () =>
  refuse('INVALID_STATE', 'this installation has no key for links and challenges', { reason: 'NO_LINK_KEY' });

/** The key that was brought, once it is shown that its private part is there. */
const keyOf = async (
  party: RelyingParty,
  userId: string,
  { challenge, ed25519 = null, passkey = null }: RegisterKey,
): Promise<Result<PublicKey>> => {
  if ((ed25519 === null) === (passkey === null)) {
    return refuse('REQUIRED', 'a key is an Ed25519 key or a passkey, one of the two', { field: ['ed25519'] });
  }
  if (ed25519 !== null) {
    const publicKey = Buffer.from(ed25519.publicKey, 'base64url');
    const text = possessionText({ userId, challenge, publicKey: publicKey.toString('base64url') });
    return ed25519Verify(publicKey, Buffer.from(text), Buffer.from(ed25519.signature, 'base64url'))
      ? ok({ kind: 'ED25519', publicKey, credentialId: null })
      : refuse('INVALID', 'the signature does not show that you have this key', {
          reason: 'POSSESSION',
          field: ['ed25519'],
        });
  }
  const key = passkey === null ? null : await verifyPasskey(party, challenge, passkey);
  return key === null
    ? refuse('INVALID', 'this is no passkey that was made for this challenge', {
        reason: 'POSSESSION',
        field: ['passkey'],
      })
    : ok(key);
};

/** From now on it signs nothing; what it signed before stays as it is. */
export const revokeKey = async (
  deps: Pick<SigningDeps, 'unitOfWork'>,
  by: Initiator,
  { keyId }: { readonly keyId: string },
): Promise<Result<KeyOutcome>> => {
  const permitted = permit(by.actor, 'request.read');
  if (!permitted.ok) return permitted;
  return deps.unitOfWork.run(by, async (tx) => {
    const key = await store.lockKey(tx, keyId);
    if (key?.ownerId !== by.actor.id) return refuse('NOT_FOUND', 'no such key of yours', { field: ['keyId'] });
    if (key.revokedAt !== null)
      return refuse('INVALID_STATE', 'the key is revoked already', { reason: 'REVOKED', field: ['keyId'] });
    await store.revokeKey(tx, keyId);
    return ok({
      keyId,
      auditEventId: tx.record({ action: 'signingKey.revoked', object: { type: 'SigningKey', id: keyId } }),
    });
  });
};

/** A signature as it comes with a vote. */
export interface VoteSignature extends Signature {
  readonly keyId: string;
}

export interface CheckedSignature extends VoteSignature {
  readonly uses: number;
}

/** Refuses what the voter's own key, in force, has not signed. */
export const checkVoteSignature = async (
  tx: Tx,
  party: RelyingParty,
  vote: SignedVote,
  given: VoteSignature,
): Promise<Result<CheckedSignature>> => {
  const key = await store.lockKey(tx, given.keyId);
  if (key?.ownerId !== tx.initiator.actor.id || key.revokedAt !== null) {
    return refuse('NOT_FOUND', 'no such key of yours in force', { field: ['signature', 'keyId'] });
  }
  const verified = await verifySignature(party, key, voteText(vote), given, key.uses);
  return verified === null
    ? refuse('INVALID', 'your key did not sign this vote', { reason: 'SIGNATURE', field: ['signature'] })
    : ok({ ...given, uses: verified.uses });
};
