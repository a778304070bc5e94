/**
 * The checkpoint (C2SP tlog-checkpoint): what a log says of itself, and the one thing that it signs. Signing refuses a
 * checkpoint that the one before does not lead to; it cannot be talked into a second history.
 */
import { isConsistent, type TreeHash } from './merkle-tree';
import {
  formatNote,
  fromBase64,
  parseNote,
  signText,
  verifyNote,
  type SignerKey,
  type VerifierKey,
} from './signed-note';

export interface Checkpoint {
  /** Name of the log, like `host/path` without a scheme. */
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  readonly root: TreeHash;
}

export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${Buffer.from(root, 'latin1').toString('base64')}\n`;

/** Null for anything else than {@link formatCheckpoint} writes. */
export const parseCheckpoint = (text: string): Checkpoint | null => {
  const [, origin = '', digits = '', encoded = ''] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n$/.exec(text) ?? [];
  const root = fromBase64(encoded);
  const size = Number(digits);
  if (origin === '' || root?.length !== 32 || !Number.isSafeInteger(size)) return null;
  return { origin, size, root: root.toString('latin1') };
};

/** The checkpoint of a note that one of the keys signed; null for any other. */
export const openCheckpoint = (note: string, keys: readonly VerifierKey[]): Checkpoint | null => {
  const parsed = parseNote(note);
  return parsed === null || verifyNote(parsed, keys) === null ? null : parseCheckpoint(parsed.text);
};

/** The signer refused: what it was shown contradicts what it signed before. */
export class ForkRefused extends Error {
  constructor(problem: string) {
    super(`the audit log refuses to sign: ${problem}`);
    this.name = 'ForkRefused';
  }
}

/** A tree that was signed, and what leads from it to the one to be signed. */
export interface SignedBefore {
  readonly checkpoint: Checkpoint;
  readonly consistency: readonly TreeHash[];
}

/**
 * The signed note, by every key. Throws a {@link ForkRefused} unless the checkpoint is shown to extend all that were signed
 * before. `before` is empty for the first of a log only.
 */
export const signCheckpoint = (
  keys: readonly SignerKey[],
  checkpoint: Checkpoint,
  before: readonly SignedBefore[],
): string => {
  for (const { checkpoint: old, consistency } of before) {
    if (old.origin !== checkpoint.origin) {
      throw new ForkRefused(`it signed as ${old.origin} before, and this is ${checkpoint.origin}`);
    }
    if (checkpoint.size < old.size) {
      throw new ForkRefused(`it signed ${old.size} leaves before, and these are ${checkpoint.size}`);
    }
    if (old.size > 0 && !isConsistent(old, checkpoint, consistency)) {
      throw new ForkRefused(`the tree of ${checkpoint.size} leaves does not begin with that of ${old.size}`);
    }
  }
  if (keys.length === 0) throw new Error('a checkpoint needs a key');
  const text = formatCheckpoint(checkpoint);
  return formatNote({ text, signatures: keys.map((key) => signText(key, text)) });
};
