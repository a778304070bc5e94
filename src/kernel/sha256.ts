/**
 * The one hash of the evidence. Everything that is hashed into a tree or a key id goes through here, but for entries of the
 * audit log, which the database hashes where they lie.
 */
import { hash } from 'node:crypto';

/**
 * 32 bytes, one character each (latin1): compared by `===`, and the quickest form that Node hands a digest over in. Bytes of
 * it are had by `Buffer.from(digest, 'latin1')`.
 */
export type Sha256 = string;

export const SHA256_BYTES = 32;

export const sha256 = (bytes: Uint8Array): Sha256 => hash('sha256', bytes, 'binary');
