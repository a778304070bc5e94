/**
 * Signed notes, checkpoints and proof files (C2SP) as a verifier reads them. Written from the specification; nothing of any
 * platform is used but text encoding and base64, which browsers have as well.
 */
import { hashLeaf, rootOfPath, type Hash } from './tree';

/** Given by the platform. */
export interface Crypto {
  readonly sha256: Hash;
  readonly verifyEd25519: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => Promise<boolean> | boolean;
}

export interface VerifierKey {
  readonly name: string;
  readonly id: number;
  readonly type: number;
  readonly publicKey: Uint8Array;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 characters of one byte each. */
  readonly root: string;
}

export const bytesOf = (base64: string): Uint8Array | null => {
  try {
    const text = atob(base64);
    if (btoa(text) !== base64) return null;
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
};
export const textOf = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const uint32 = (bytes: Uint8Array | string): number => {
  const at = (i: number): number => (typeof bytes === 'string' ? bytes.charCodeAt(i) : (bytes[i] ?? 0));
  return ((at(0) << 24) | (at(1) << 16) | (at(2) << 8) | at(3)) >>> 0;
};
const joined = (...parts: Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** `NAME+HEXID+BASE64`; null for anything else. */
export const readKey = (crypto: Crypto, text: string): VerifierKey | null => {
  const [, name = '', hexId = '', encoded = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const typed = bytesOf(encoded);
  if (typed?.length !== 33 || (typed[0] !== 1 && typed[0] !== 4)) return null;
  const id = uint32(crypto.sha256(joined(utf8(`${name}\n`), typed)));
  return id === Number.parseInt(hexId, 16) ? { name, id, type: typed[0], publicKey: typed.subarray(1) } : null;
};

/** `unknown`: no key that is known has signed it. `false`: one that is known did not sign this. */
export type Signed = 'true' | 'false' | 'unknown';

export interface OpenedNote {
  readonly text: string;
  readonly signed: Signed;
}

/** Null for what is no signed note. */
export const openNote = async (
  crypto: Crypto,
  note: string,
  keys: readonly VerifierKey[],
): Promise<OpenedNote | null> => {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return null;
  const text = note.slice(0, end + 1);
  let signed: Signed = 'unknown';
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = bytesOf(encoded);
    if (bytes === null || bytes.length < 5) return null;
    const key = keys.find((known) => known.name === name && known.id === uint32(bytes));
    if (key === undefined) continue;
    if (!(await holds(crypto, key, text, bytes.subarray(4)))) return { text, signed: 'false' };
    signed = 'true';
  }
  return { text, signed };
};

const holds = async (crypto: Crypto, key: VerifierKey, text: string, bytes: Uint8Array): Promise<boolean> => {
  if (key.type === 1) return bytes.length === 64 && crypto.verifyEd25519(key.publicKey, utf8(text), bytes);
  if (bytes.length !== 72) return false;
  let time = 0n;
  for (const byte of bytes.subarray(0, 8)) time = time * 256n + BigInt(byte);
  return crypto.verifyEd25519(key.publicKey, utf8(`cosignature/v1\ntime ${time}\n${text}`), bytes.subarray(8));
};

export const readCheckpoint = (text: string): Checkpoint | null => {
  const [, origin = '', size = '', encoded = ''] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n$/.exec(text) ?? [];
  const root = bytesOf(encoded);
  return root?.length === 32 ? { origin, size: Number(size), root: textOf(root) } : null;
};

/** How the first line of a signed statement begins: what the installation says of itself, such as a report. */
export const STATEMENT = 'tierwarden statement: ';

export type StatementVerdict =
  | { readonly verdict: 'intact'; readonly about: string; readonly at: string; readonly said: string }
  | { readonly verdict: 'broken' | 'unverifiable'; readonly problem: string };

export const checkStatement = async (
  crypto: Crypto,
  statement: string,
  keys: readonly VerifierKey[],
): Promise<StatementVerdict> => {
  const note = await openNote(crypto, statement, keys);
  const [title = '', at, said, ...further] = note?.text.split('\n') ?? [];
  if (note === null || !title.startsWith(STATEMENT) || at === undefined || said === undefined || further.length !== 1)
    return { verdict: 'unverifiable', problem: 'the statement is damaged' };
  if (note.signed === 'unknown')
    return { verdict: 'unverifiable', problem: 'none of the given keys has signed the statement' };
  if (note.signed === 'false') return { verdict: 'broken', problem: 'the signature of the statement does not hold' };
  return { verdict: 'intact', about: title.slice(STATEMENT.length), at, said };
};

export type ProofVerdict =
  | { readonly verdict: 'intact'; readonly index: number; readonly checkpoint: Checkpoint; readonly entry: Uint8Array }
  | { readonly verdict: 'broken' | 'unverifiable'; readonly problem: string };

/** Checks a `.tlog-proof` against the entry's bytes, or against those that come along with it where `given` is null. */
export const checkProof = async (
  crypto: Crypto,
  proof: string,
  given: Uint8Array | null,
  keys: readonly VerifierKey[],
): Promise<ProofVerdict> => {
  const unverifiable = (problem: string): ProofVerdict => ({ verdict: 'unverifiable', problem });
  const end = proof.indexOf('\n\n');
  const [title, ...lines] = proof.slice(0, Math.max(end, 0)).split('\n');
  if (title !== 'c2sp.org/tlog-proof@v1') return unverifiable('this is no proof file of version 1');
  const carried = lines[0]?.startsWith('extra ') ? bytesOf((lines.shift() ?? '').slice('extra '.length)) : null;
  const entry = given ?? carried;
  if (entry === null) return unverifiable('the entry is neither given nor in the proof file');
  const [, digits = ''] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '') ?? [];
  const path = lines.map((line) => bytesOf(line));
  if (digits === '' || path.some((hash) => hash?.length !== 32)) return unverifiable('the proof file is damaged');
  const note = await openNote(crypto, proof.slice(end + 2), keys);
  const checkpoint = note === null ? null : readCheckpoint(note.text);
  if (note === null || checkpoint === null) return unverifiable('the proof file holds no checkpoint');
  if (note.signed === 'unknown')
    return unverifiable(`none of the given keys has signed the checkpoint of ${checkpoint.origin}`);
  if (note.signed === 'false') return { verdict: 'broken', problem: 'the signature of the checkpoint does not hold' };
  const index = Number(digits);
  const hashes = path.map((hash) => textOf(hash ?? new Uint8Array(0)));
  const root = rootOfPath(crypto.sha256, hashLeaf(crypto.sha256, entry), index, checkpoint.size, hashes);
  if (root !== checkpoint.root) return { verdict: 'broken', problem: `this is not entry ${index} of the signed log` };
  return { verdict: 'intact', index, checkpoint, entry };
};
