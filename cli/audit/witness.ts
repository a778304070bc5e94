/**
 * `tierwarden audit witness`: looks at a log every few seconds from outside, and cosigns what extends all that it saw before.
 * What it saw is written down before it is signed. It needs no database; the log is anywhere that HTTP reaches.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed, say, UsageError, warn } from '../output';
import {
  cosign,
  formatWitnessKey,
  look,
  LogBroken,
  nodeCrypto,
  NOTHING_WATCHED,
  readKey,
  readWitnessKey,
  witnessKey,
  witnessVerifierKey,
  type VerifierKey,
  type Watched,
  type WitnessKey,
} from '../verify';

export interface WitnessOptions {
  /** Prefix of the log, such as `https://host/audit/log`. */
  readonly url: string;
  readonly key: string;
  readonly keyFile: string;
  readonly stateFile: string;
  readonly name: string;
  readonly everySeconds: number;
  /** Look once and end. */
  readonly once: boolean;
}

/** Runs until `stopped` says so, or the log breaks its promise: then it ends with a {@link CommandFailed}. */
export const runWitness = async (options: WitnessOptions, stopped: () => boolean): Promise<void> => {
  const logKey = readKey(nodeCrypto, options.key);
  if (logKey === null) throw new UsageError('--key is no verifier key of the form name+1a2b3c4d+BASE64');
  const key = await ownKey(options);
  say(`witness key: ${witnessVerifierKey(key)}`);
  for (;;) {
    try {
      await witness(options, logKey, key);
    } catch (error) {
      if (error instanceof LogBroken) throw new CommandFailed(`${error.message}; nothing was signed`);
      if (options.once) throw error;
      warn(error instanceof Error ? error.message : String(error));
    }
    if (options.once) return;
    for (let waited = 0; waited < options.everySeconds * 10; waited++) {
      if (stopped()) return;
      await sleep(100);
    }
  }
};

const witness = async ({ url, stateFile }: WitnessOptions, logKey: VerifierKey, key: WitnessKey): Promise<void> => {
  const before = await readState(stateFile);
  const { checkpoint, note, watched } = await look((path) => get(`${url}/${path}`), nodeCrypto, logKey, before);
  if (before.origin !== null && watched.size === before.size) return;
  await replace(stateFile, JSON.stringify(watched));
  const response = await reach(`${url}/cosignature`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: cosign(key, note, new Date()),
  });
  const answer = await response.text();
  if (!response.ok)
    throw new CommandFailed(`the log does not take the cosignature: ${response.status} ${answer.slice(0, 200)}`);
  say(`cosigned ${checkpoint.origin} at ${checkpoint.size} leaves`);
};

const reach = async (address: string, request?: RequestInit): Promise<Response> => {
  try {
    return await fetch(address, request);
  } catch (error) {
    const { cause } = error as Error;
    throw new CommandFailed(
      `${address} cannot be reached: ${(cause instanceof Error && cause.message) || String(error)}`,
    );
  }
};

const get = async (address: string): Promise<Uint8Array> => {
  const response = await reach(address);
  if (!response.ok) throw new CommandFailed(`${address} answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

const readIfThere = async (file: string): Promise<string | null> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

const readState = async (file: string): Promise<Watched> => {
  const kept = await readIfThere(file);
  return kept === null ? NOTHING_WATCHED : (JSON.parse(kept) as Watched);
};

const replace = async (file: string, text: string): Promise<void> => {
  await writeFile(`${file}.draft`, text, { mode: 0o600 });
  await rename(`${file}.draft`, file);
};

const ownKey = async ({ keyFile, name }: WitnessOptions): Promise<WitnessKey> => {
  const kept = await readIfThere(keyFile);
  if (kept !== null) {
    const key = readWitnessKey(kept);
    if (key === null) throw new CommandFailed(`${keyFile} holds no key of a witness`);
    return key;
  }
  const key = witnessKey(name, randomBytes(32));
  await writeFile(keyFile, `${formatWitnessKey(key)}\n`, { mode: 0o600, flag: 'wx' });
  return key;
};
