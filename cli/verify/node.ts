/** What the verifier needs of a platform, for Node: hashing, signatures, files of a folder. */
import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { EntriesCheck, EntriesReport } from './entries';
import type { Files } from './export-files';
import { bytesOf, readKey, type Crypto, type VerifierKey } from './note';

const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

export const nodeCrypto: Crypto = {
  sha256: (bytes) => hash('sha256', bytes, 'binary'),
  verifyEd25519: (publicKey, message, signature) =>
    verify(
      null,
      message,
      createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' }),
      signature,
    ),
};

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Null for a file that may not fit. As a Buffer, since that is searched several times as fast. */
const readInto = (file: string, into: Uint8Array): Buffer | null => {
  const opened = openSync(file, 'r');
  try {
    let length = 0;
    for (let more = -1; more !== 0; length += more) more = readSync(opened, into, length, into.length - length, null);
    return length < into.length ? Buffer.from(into.buffer, into.byteOffset, length) : null;
  } finally {
    closeSync(opened);
  }
};

export const filesOf = (folder: string): Files => ({
  // Thousands of small files one after the other: to wait for each would take longer than what is done with it.
  read: (path, into) =>
    new Promise((resolve) => {
      const file = join(folder, path);
      try {
        resolve((into === undefined ? null : readInto(file, into)) ?? readFileSync(file));
      } catch (error) {
        if (!isMissing(error)) throw error;
        resolve(null);
      }
    }),
  async *lines(path) {
    const file = join(folder, path);
    const found = await stat(file).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (found !== null) yield* createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  },
});

/** Entries of an export in a folder, checked on a core of their own. For compiled files, as a thread begins with one. */
export const entriesInThread =
  (folder: string): EntriesCheck =>
  (order) =>
    new Promise<EntriesReport>((resolve, reject) => {
      const thread = new Worker(join(__dirname, 'entries-thread.js'), { workerData: { folder, order } });
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', (code) => reject(new Error(`the thread that checks entries ended with ${code}`)));
    });

/* Witnesses */

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const COSIGNATURE = 4;

export interface WitnessKey extends VerifierKey {
  readonly seed: Uint8Array;
}

/** A key of a witness from 32 random bytes. */
export const witnessKey = (name: string, seed: Uint8Array): WitnessKey => {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  const typed = Buffer.concat([Buffer.of(COSIGNATURE), publicKey]);
  const id = Buffer.from(nodeCrypto.sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])), 'latin1').readUInt32BE(0);
  return { name, id, type: COSIGNATURE, publicKey, seed };
};

const hexId = (id: number): string => id.toString(16).padStart(8, '0');
const typedBase64 = (bytes: Uint8Array): string => Buffer.concat([Buffer.of(COSIGNATURE), bytes]).toString('base64');

export const witnessVerifierKey = ({ name, id, publicKey }: WitnessKey): string =>
  `${name}+${hexId(id)}+${typedBase64(publicKey)}`;
export const formatWitnessKey = ({ name, id, seed }: WitnessKey): string =>
  `PRIVATE+KEY+${name}+${hexId(id)}+${typedBase64(seed)}`;

/** Null for what {@link formatWitnessKey} did not write. */
export const readWitnessKey = (text: string): WitnessKey | null => {
  const [, name = '', encoded = ''] = /^PRIVATE\+KEY\+([^\s+]+)\+[0-9a-f]{8}\+(\S+)$/.exec(text.trim()) ?? [];
  const typed = bytesOf(encoded);
  if (typed?.length !== 33 || typed[0] !== COSIGNATURE) return null;
  const key = witnessKey(name, typed.subarray(1));
  return formatWitnessKey(key) === text.trim() && readKey(nodeCrypto, witnessVerifierKey(key)) !== null ? key : null;
};

/** The note with the witness's line (C2SP tlog-cosignature). */
export const cosign = (key: WitnessKey, note: string, at: Date): string => {
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  const time = BigInt(Math.floor(at.getTime() / 1000));
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, key.seed]), format: 'der', type: 'pkcs8' });
  const head = Buffer.alloc(12);
  head.writeUInt32BE(key.id);
  head.writeBigUInt64BE(time, 4);
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), privateKey);
  return `${note}— ${key.name} ${Buffer.concat([head, signature]).toString('base64')}\n`;
};
