/**
 * Signed notes (C2SP signed-note): a text, an empty line, signatures, each by the name and id of its key. Which text is worth
 * signing is for others to say. Keys are written as verifiers and signers exchange them.
 */
import { ed25519PublicKey, ed25519Sign, ed25519Verify, type Ed25519Seed } from '../../kernel/ed25519';
import { sha256 } from '../../kernel/sha256';

/** What a key signs: the note's text itself, or a cosignature that tells the time. */
export const KEY_TYPES = { signature: 0x01, cosignature: 0x04 } as const;
export type KeyType = keyof typeof KEY_TYPES;

export interface VerifierKey {
  readonly name: string;
  readonly type: KeyType;
  readonly publicKey: Buffer;
  /** Big-endian number of four bytes that signatures carry; a hint, not a proof. */
  readonly id: number;
}

export interface SignerKey extends VerifierKey {
  readonly seed: Ed25519Seed;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  /** What follows the key id. */
  readonly bytes: Buffer;
}

export interface SignedNote {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Of more signatures than this nobody needs to take notice. */
const MAX_SIGNATURES = 100;

const isName = (name: string): boolean => name !== '' && !/[\s\u0085+]/u.test(name) && !hasControls(name);
// Newlines are taken apart before.
// eslint-disable-next-line no-control-regex
const hasControls = (text: string): boolean => /[\u0000-\u001f\u007f]/.test(text.replaceAll('\n', ''));

/* Keys */

const keyId = (name: string, typed: Buffer): number =>
  Buffer.from(sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])), 'latin1').readUInt32BE(0);
const typed = (type: KeyType, bytes: Buffer): Buffer => Buffer.concat([Buffer.of(KEY_TYPES[type]), bytes]);
const hexId = (id: number): string => id.toString(16).padStart(8, '0');
/** As it stands in the middle of a verifier key. */
export const hexKeyId = ({ id }: VerifierKey): string => hexId(id);

const verifierKey = (name: string, type: KeyType, publicKey: Buffer): VerifierKey => ({
  name,
  type,
  publicKey,
  id: keyId(name, typed(type, publicKey)),
});

/** A key that signs under `name`: not empty, without blanks and plus signs. */
export const signerKey = (name: string, type: KeyType, seed: Ed25519Seed): SignerKey => {
  if (!isName(name)) throw new Error('a key needs a name without blanks and plus signs');
  return { ...verifierKey(name, type, ed25519PublicKey(seed)), seed };
};

/** `NAME+HEXID+BASE64`. */
export const formatVerifierKey = ({ name, type, id, publicKey }: VerifierKey): string =>
  `${name}+${hexId(id)}+${typed(type, publicKey).toString('base64')}`;

/** `PRIVATE+KEY+NAME+HEXID+BASE64`, as public tools for signed notes write it. */
export const formatSignerKey = ({ name, type, id, seed }: SignerKey): string =>
  `PRIVATE+KEY+${name}+${hexId(id)}+${typed(type, seed).toString('base64')}`;

export const parseVerifierKey = (text: string): VerifierKey | null => {
  const parts = readKey(text);
  if (parts === null) return null;
  const key = verifierKey(parts.name, parts.type, parts.bytes);
  return hexId(key.id) === parts.hexId ? key : null;
};

export const parseSignerKey = (text: string): SignerKey | null => {
  const parts = text.startsWith('PRIVATE+KEY+') ? readKey(text.slice('PRIVATE+KEY+'.length)) : null;
  if (parts === null) return null;
  const key = signerKey(parts.name, parts.type, parts.bytes);
  return hexId(key.id) === parts.hexId ? key : null;
};

const readKey = (text: string): { name: string; hexId: string; type: KeyType; bytes: Buffer } | null => {
  // The name holds no plus, base64 may.
  const [, name = '', id = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = fromBase64(encoded);
  if (!isName(name) || bytes?.length !== 33) return null;
  const type = (Object.keys(KEY_TYPES) as KeyType[]).find((known) => KEY_TYPES[known] === bytes[0]);
  return type === undefined ? null : { name, hexId: id, type, bytes: bytes.subarray(1) };
};

/** Strict, so that one value has one form. */
export const fromBase64 = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
};

/* Notes */

const isNoteText = (text: string): boolean => text.endsWith('\n') && !hasControls(text);

export const formatSignature = ({ name, keyId: id, bytes }: NoteSignature): string => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(id);
  return `— ${name} ${Buffer.concat([head, bytes]).toString('base64')}\n`;
};

export const formatNote = ({ text, signatures }: SignedNote): string =>
  `${text}\n${signatures.map(formatSignature).join('')}`;

export const parseNote = (note: string): SignedNote | null => {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return null;
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split('\n');
  const signatures = lines.map(parseSignature);
  if (!isNoteText(text) || lines.length > MAX_SIGNATURES || signatures.includes(null)) return null;
  return { text, signatures: signatures as NoteSignature[] };
};

/** One line without its newline. */
const parseSignature = (line: string): NoteSignature | null => {
  const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (!isName(name) || bytes === null || bytes.length < 5) return null;
  return { name, keyId: bytes.readUInt32BE(0), bytes: bytes.subarray(4) };
};

/** The key's signature over the text, without a time. */
export const signText = (key: SignerKey, text: string): NoteSignature => ({
  name: key.name,
  keyId: key.id,
  bytes: ed25519Sign(key.seed, Buffer.from(text)),
});

export const isSignedBy = (key: VerifierKey, { name, keyId: id }: NoteSignature): boolean =>
  key.name === name && key.id === id;

/** What the bytes of a signature sign, and the Ed25519 signature in them. */
const signedPart = (key: VerifierKey, text: string, bytes: Buffer): { message: string; signature: Buffer } | null => {
  if (key.type === 'signature') return { message: text, signature: bytes };
  const time = cosignatureTime(bytes);
  return time === null ? null : { message: cosignedMessage(time, text), signature: bytes.subarray(8) };
};

export const verifySignature = (key: VerifierKey, text: string, { bytes }: NoteSignature): boolean => {
  const part = signedPart(key, text, bytes);
  return part !== null && ed25519Verify(key.publicKey, Buffer.from(part.message), part.signature);
};

/**
 * The signatures of known keys, or null for a note that is to be rejected: one of a known key that does not hold, or none by
 * a known key at all.
 */
export const verifyNote = (note: SignedNote, keys: readonly VerifierKey[]): readonly NoteSignature[] | null => {
  const known = note.signatures.flatMap((signature) => {
    const key = keys.find((candidate) => isSignedBy(candidate, signature));
    return key === undefined ? [] : [{ key, signature }];
  });
  const hold = known.every(({ key, signature }) => verifySignature(key, note.text, signature));
  return known.length > 0 && hold ? known.map(({ signature }) => signature) : null;
};

/* Cosignatures (C2SP tlog-cosignature) */

const cosignedMessage = (time: bigint, text: string): string => `cosignature/v1\ntime ${time}\n${text}`;

/** POSIX seconds; null for what is no cosignature. */
export const cosignatureTime = (bytes: Buffer): bigint | null =>
  bytes.length === 72 ? bytes.readBigUInt64BE(0) : null;

/** Says that the witness saw the checkpoint with this text, at that moment, as an extension of all it saw before. */
export const cosignText = (key: SignerKey, text: string, at: Date): NoteSignature => {
  const time = BigInt(Math.floor(at.getTime() / 1000));
  const head = Buffer.alloc(8);
  head.writeBigUInt64BE(time);
  const signature = ed25519Sign(key.seed, Buffer.from(cosignedMessage(time, text)));
  return { name: key.name, keyId: key.id, bytes: Buffer.concat([head, signature]) };
};
