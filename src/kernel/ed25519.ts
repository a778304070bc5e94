/** Ed25519 (RFC 8032) over raw keys. Signing is deterministic; who makes a seed brings the randomness. */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';

/** The private key: 32 bytes. */
export type Ed25519Seed = Buffer;
/** 32 bytes. */
export type Ed25519PublicKey = Buffer;

/* What DER puts before the raw key. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

const privateKey = (seed: Ed25519Seed) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });

export const ed25519PublicKey = (seed: Ed25519Seed): Ed25519PublicKey =>
  createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);

/** 64 bytes. */
export const ed25519Sign = (seed: Ed25519Seed, message: Uint8Array): Buffer => sign(null, message, privateKey(seed));

/** False as well for what is no key or no signature. */
export const ed25519Verify = (key: Ed25519PublicKey, message: Uint8Array, signature: Uint8Array): boolean => {
  if (key.length !== 32 || signature.length !== 64) return false;
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, key]), format: 'der', type: 'spki' });
  return verify(null, message, publicKey, signature);
};
