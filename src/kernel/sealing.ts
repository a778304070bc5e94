/** AES-256-GCM, HMAC-SHA-256 and HKDF over raw bytes. Who seals brings the nonce, which is never used twice under one key. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

export const SEALING_KEY_BYTES = 32;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Nonce, ciphertext, tag. `context` must be the same at opening, and is not part of it. */
export const seal = (key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, context: string): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

/** Null for what was not sealed under this key in this context. */
export const unseal = (key: Uint8Array, sealed: Uint8Array, context: string): Buffer | null => {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
};

export const hmacSha256 = (key: Uint8Array, message: string): Buffer =>
  createHmac('sha256', key).update(message, 'utf8').digest();

/** A key of its own for a purpose. */
export const derivedKey = (key: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), purpose, SEALING_KEY_BYTES));
