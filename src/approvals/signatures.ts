/** Whether a signature is that of a key over a text: Ed25519 as it stands, passkeys over the SHA-256 of the text as challenge. */
import type { VerifiedAuthenticationResponse } from '@simplewebauthn/server';
import type { Config } from '../config';
import { ed25519Verify } from '../kernel/ed25519';
import { sha256 } from '../kernel/sha256';

export const KEY_KINDS = ['ED25519', 'PASSKEY'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

export interface PublicKey {
  readonly kind: KeyKind;
  /** Raw for Ed25519, COSE for a passkey. */
  readonly publicKey: Buffer;
  readonly credentialId: Buffer | null;
}

export interface Signature {
  readonly signature: Buffer;
  /** What a passkey signs: its own data and, by digest, the client's; null for Ed25519. */
  readonly authenticatorData: Buffer | null;
  readonly clientData: Buffer | null;
}

export type RelyingParty = Config['passkeys'];

/** Certificates and all that come with it are loaded once somebody has a passkey. */
const webauthn = () => import('@simplewebauthn/server');

const challengeOf = (text: string): string => Buffer.from(sha256(Buffer.from(text)), 'latin1').toString('base64url');

/** Null where the signature is not that of the key; else how often the passkey says that it was used, 0 where it does not count. */
export const verifySignature = async (
  party: RelyingParty,
  key: PublicKey,
  text: string,
  { signature, authenticatorData, clientData }: Signature,
  usedBefore = 0,
): Promise<{ readonly uses: number } | null> => {
  if (key.kind === 'ED25519') {
    const isOfKey = authenticatorData === null && ed25519Verify(key.publicKey, Buffer.from(text), signature);
    return isOfKey ? { uses: 0 } : null;
  }
  if (key.credentialId === null || authenticatorData === null || clientData === null) return null;
  const id = key.credentialId.toString('base64url');
  const { verifyAuthenticationResponse } = await webauthn();
  const verified = await told(() =>
    verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          authenticatorData: authenticatorData.toString('base64url'),
          clientDataJSON: clientData.toString('base64url'),
          signature: signature.toString('base64url'),
        },
      },
      expectedChallenge: challengeOf(text),
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      credential: { id, publicKey: Uint8Array.from(key.publicKey), counter: usedBefore },
      requireUserVerification: true,
    }),
  );
  return verified?.verified === true ? { uses: verified.authenticationInfo.newCounter } : null;
};

export interface PasskeyRegistration {
  readonly credentialId: string;
  readonly clientData: string;
  readonly attestation: string;
}

/** The key of a passkey that was made for this challenge, or null. Who made the authenticator is not asked. */
export const verifyPasskey = async (
  party: RelyingParty,
  challenge: string,
  { credentialId, clientData, attestation }: PasskeyRegistration,
): Promise<PublicKey | null> => {
  const { verifyRegistrationResponse } = await webauthn();
  const verified = await told(() =>
    verifyRegistrationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: clientData, attestationObject: attestation },
      },
      expectedChallenge: challenge,
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: true,
      // ES256 and EdDSA.
      supportedAlgorithmIDs: [-7, -8],
    }),
  );
  if (verified?.verified !== true) return null;
  const { credential } = verified.registrationInfo;
  return {
    kind: 'PASSKEY',
    publicKey: Buffer.from(credential.publicKey),
    credentialId: Buffer.from(credential.id, 'base64url'),
  };
};

/** The package throws at whatever does not fit, be it forged or no passkey at all. */
const told = async <T extends Pick<VerifiedAuthenticationResponse, 'verified'>>(
  verify: () => Promise<T>,
): Promise<T | null> => {
  try {
    return await verify();
  } catch {
    return null;
  }
};
