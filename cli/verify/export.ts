/**
 * Checks an export of the log: every entry against the tree, the tree against every checkpoint, the checkpoints against the
 * key. It holds one tile and one bundle at a time, whatever the size. Where the files are is for the platform to know.
 */
import { openNote, readCheckpoint, type Checkpoint, type Crypto, type VerifierKey } from './note';
import { tilePath } from './tile-path';
import { GrowingTree, textOf } from './tree';

/** Files of an export, by path. Given by the platform. */
export interface Files {
  /**
   * Null where there is no such file. The bytes are the reader's own, to be written over. They may be the beginning of `into`
   * where it has room for them, so that not every file takes memory of its own.
   */
  read(path: string, into?: Uint8Array): Promise<Uint8Array | null>;
  /** Without line ends; nothing where there is no such file. */
  lines(path: string): AsyncIterable<string>;
}

export interface Report {
  readonly verdict: 'intact' | 'broken' | 'unverifiable';
  /** What is wrong, in one sentence; null for an intact export. */
  readonly problem: string | null;
  /** The first entry that is not what was signed. Where only a range is known to hold it, its beginning. */
  readonly firstBadIndex: number | null;
  /** End of that range, exclusive; `firstBadIndex + 1` where it is known exactly. */
  readonly badBefore: number | null;
  readonly checkpoint: Checkpoint | null;
  /** Entries that were compared with the tree. */
  readonly entries: number;
  /** Bodies that entries name and that are what was signed. */
  readonly bodies: number;
  /** The range that the manifest names, which nobody has signed; null before it is read. Bodies are demanded within it. */
  readonly range: { readonly from: number; readonly to: number } | null;
  /** Checkpoints whose signature and root were checked, and those that no given key signed. */
  readonly checkpoints: number;
  readonly passedOver: number;
}

interface Manifest {
  readonly format: string;
  readonly from: number;
  readonly to: number;
  /** Leaves of the tree; null where it does not say. */
  readonly size: number | null;
  /** Indexes of entries whose body lies beside. Which ones must is told by the entries, and not by this list. */
  readonly bodies: readonly number[];
}

const FORMAT = 'tierwarden-audit-export/1';
const WIDTH = 256;
const decoder = new TextDecoder('utf-8', { fatal: true });

class Found extends Error {
  constructor(
    readonly verdict: 'broken' | 'unverifiable',
    problem: string,
    readonly begin: number | null = null,
    readonly end: number | null = begin === null ? null : begin + 1,
  ) {
    super(problem);
  }
}

export const verifyExport = async (files: Files, crypto: Crypto, keys: readonly VerifierKey[]): Promise<Report> => {
  const counted = { entries: 0, bodies: 0, checkpoints: 0, passedOver: 0 };
  let checkpoint: Checkpoint | null = null;
  let range: Report['range'] = null;
  const text = async (name: string): Promise<string> => {
    const bytes = await files.read(name);
    if (bytes === null) throw new Found('unverifiable', `${name} is missing`);
    try {
      return decoder.decode(bytes);
    } catch {
      throw new Found('unverifiable', `${name} is no text`);
    }
  };

  const signedCheckpoint = async (note: string, where: string): Promise<Checkpoint | null> => {
    const opened = await openNote(crypto, note, keys);
    const read = opened === null ? null : readCheckpoint(opened.text);
    if (opened === null || read === null) throw new Found('unverifiable', `${where} holds no checkpoint`);
    if (opened.signed === 'false') throw new Found('broken', `a signature in ${where} does not hold`);
    return opened.signed === 'unknown' ? null : read;
  };

  const work = async (): Promise<void> => {
    const manifest = readManifest(await text('manifest.json'));
    range = { from: manifest.from, to: manifest.to };
    const newest = await signedCheckpoint(await text('checkpoint'), 'checkpoint');
    if (newest === null) throw new Found('unverifiable', 'none of the given keys has signed the checkpoint');
    checkpoint = newest;
    if (manifest.size !== null && manifest.size !== newest.size)
      throw new Found('broken', `manifest.json speaks of ${manifest.size} leaves, the checkpoint of ${newest.size}`);

    // One above the other: tiles of each level, as far as they are needed at the moment.
    const held = new Map<number, { readonly index: number; readonly bytes: Uint8Array }>();
    const tile = async (level: number, index: number, width: number): Promise<Uint8Array> => {
      const known = held.get(level);
      if (known?.index === index) return known.bytes;
      const name = tilePath(level, index, width);
      const bytes = await files.read(name);
      const covered = WIDTH ** (level + 1);
      if (bytes?.length !== width * 32) {
        throw new Found(
          bytes === null ? 'unverifiable' : 'broken',
          `${name} ${bytes === null ? 'is missing' : 'has another length'}`,
          index * covered,
          Math.min(newest.size, (index + 1) * covered),
        );
      }
      held.set(level, { index, bytes });
      return bytes;
    };

    const finished: { level: number; index: number; hash: string }[] = [];
    const tree = new GrowingTree(crypto.sha256, (level, index, hash) => finished.push({ level, index, hash }));
    const notes = files.lines('checkpoints.jsonl')[Symbol.asyncIterator]();
    let lastGood = 0;
    const nextCheckpoint = async (): Promise<Checkpoint | null> => {
      for (;;) {
        const line = await notes.next();
        if (line.done === true) return null;
        const found = await signedCheckpoint(noteOfLine(line.value), 'checkpoints.jsonl');
        if (found === null) counted.passedOver += 1;
        else if (found.origin !== newest.origin)
          throw new Found('broken', `a checkpoint is of another log, ${found.origin}`);
        else return found;
      }
    };
    const agree = ({ size, root }: Checkpoint): void => {
      if (tree.root() !== root) {
        throw new Found('broken', `the tree of ${size} leaves is not the one that was signed`, lastGood, size);
      }
      counted.checkpoints += 1;
      lastGood = size;
    };

    let due = await nextCheckpoint();
    const bodies = new Set(manifest.bodies);
    const readBundle = bundlesIn(files);
    /** Up to `end`, or to the first that names a body: yields the last index, and the digest of its body if it has one. */
    const checkEntries = (bundle: Bundle, hashes: Uint8Array, begin: number, end: number) => {
      for (let index = begin; index < end; index++) {
        const prefixed = bundle.next(index);
        const leaf = crypto.sha256(prefixed);
        if (!isAt(leaf, hashes, (index % WIDTH) * 32))
          throw new Found('broken', `entry ${index} is not the one that was signed`, index);
        counted.entries += 1;
        const digest = bundle.namesBodies ? bodyDigest(prefixed.subarray(1)) : null;
        if (digest !== null) return { index, digest };
        if (bodies.size > 0 && bodies.has(index))
          throw new Found('broken', `manifest.json names a body of entry ${index}, which has none`, index);
      }
      return { index: end - 1, digest: null };
    };
    for (let begin = 0; begin < newest.size; begin += WIDTH) {
      const width = Math.min(WIDTH, newest.size - begin);
      const hashes = await tile(0, begin / WIDTH, width);
      const isExported = begin < manifest.to && begin + width > manifest.from;
      const bundle = isExported ? await readBundle(begin / WIDTH, width) : null;
      for (let i = 0; i < width;) {
        while (due !== null && due.size === tree.size) {
          agree(due);
          due = await nextCheckpoint();
        }
        const stop = due !== null && due.size > tree.size ? Math.min(width, due.size - begin) : width;
        if (bundle === null) {
          tree.addAll(hashes.subarray(i * 32, stop * 32));
          i = stop;
          continue;
        }
        const { index, digest } = checkEntries(bundle, hashes, begin + i, begin + stop);
        tree.addAll(hashes.subarray(i * 32, (index + 1 - begin) * 32));
        i = index + 1 - begin;
        if (digest !== null && index >= manifest.from && index < manifest.to) {
          await checkBody(files, crypto, index, digest);
          counted.bodies += 1;
        }
      }
      bundle?.end(begin + width);
      for (const { level, index, hash } of finished.splice(0)) {
        const whole = Math.floor(newest.size / WIDTH ** level);
        const first = index - (index % WIDTH);
        const above = await tile(level, first / WIDTH, Math.min(WIDTH, whole - first));
        if (textOf(above, (index % WIDTH) * 32) !== hash) {
          const covered = WIDTH ** level;
          throw new Found(
            'broken',
            `the tiles of level ${level - 1} and ${level} contradict each other`,
            index * covered,
            (index + 1) * covered,
          );
        }
      }
    }
    while (due !== null && due.size === tree.size) {
      agree(due);
      due = await nextCheckpoint();
    }
    if (due !== null) throw new Found('unverifiable', `a checkpoint of ${due.size} leaves is out of its order`);
    agree(newest);
  };

  try {
    await work();
    return { verdict: 'intact', problem: null, firstBadIndex: null, badBefore: null, checkpoint, range, ...counted };
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    return {
      verdict: error.verdict,
      problem: error.message,
      firstBadIndex: error.begin,
      badBefore: error.end,
      checkpoint,
      range,
      ...counted,
    };
  }
};

/** Compared in place, as it is done for every entry. */
const isAt = (hash: string, bytes: Uint8Array, at: number): boolean => {
  for (let i = 0; i < 32; i++) if (bytes[at + i] !== hash.charCodeAt(i)) return false;
  return true;
};

const readManifest = (text: string): Manifest => {
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(text) as Partial<Manifest>;
  } catch {
    throw new Found('unverifiable', 'manifest.json is damaged');
  }
  if (manifest.format !== FORMAT) throw new Found('unverifiable', `manifest.json is not of format ${FORMAT}`);
  const { format, from, to, size = null, bodies = [] } = manifest;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to))
    throw new Found('unverifiable', 'manifest.json names no range');
  return { format, from: Number(from), to: Number(to), size, bodies };
};

const noteOfLine = (line: string): string => {
  try {
    const note: unknown = JSON.parse(line);
    if (typeof note === 'string') return note;
  } catch {
    // Said below.
  }
  throw new Found('unverifiable', 'checkpoints.jsonl is damaged');
};

/** The entries of one bundle, in turn. */
class Bundle {
  /** Whether any of them may hold the digest of a body. */
  readonly namesBodies: boolean;
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(
    private readonly name: string,
    bytes: Uint8Array,
  ) {
    this.namesBodies = namesBody(bytes);
    // Whatever the platform makes of it: parts of plain arrays are made quicker.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** After the 0x00 that it is hashed with. That stands where its length was: nothing is copied. */
  next(entry: number): Uint8Array {
    const { bytes, at } = this;
    const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    if (end > bytes.length) throw new Found('broken', `${this.name} ends within entry ${entry}`, entry);
    bytes[at + 1] = 0;
    this.at = end;
    return bytes.subarray(at + 1, end);
  }

  end(entry: number): void {
    if (this.at !== this.bytes.length) throw new Found('broken', `${this.name} holds more than its entries`, entry - 1);
  }
}

/** One at a time, all in the same memory. */
const bundlesIn = (files: Files) => {
  let room = new Uint8Array(2 ** 18);
  return async (index: number, width: number): Promise<Bundle> => {
    const name = tilePath('entries', index, width);
    const bytes = await files.read(name, room);
    if (bytes === null) throw new Found('unverifiable', `${name} is missing`, index * WIDTH, index * WIDTH + width);
    if (bytes.length >= room.length) room = new Uint8Array(2 * bytes.length);
    return new Bundle(name, bytes);
  };
};

/** By the rarest of its letters, as there are millions of entries and hardly any names a body. */
const namesBody = (bytes: Uint8Array): boolean => {
  for (let at = bytes.indexOf(RAREST); at >= 0; at = bytes.indexOf(RAREST, at + 1)) {
    if (isBody(bytes, at - RAREST_AT)) return true;
  }
  return false;
};

const isBody = (bytes: Uint8Array, begin: number): boolean => {
  for (let i = 0; i < BODY.length; i++) if (bytes[begin + i] !== BODY[i]) return false;
  return true;
};

const BODY = [...'"body":{'].map((character) => character.charCodeAt(0));
const RAREST = 'y'.charCodeAt(0);
const RAREST_AT = BODY.indexOf(RAREST);

/**
 * Hex digest that the entry names in place of its content; null for one that holds its content itself. Only what holds the
 * right letters is parsed.
 */
const bodyDigest = (entry: Uint8Array): string | null => {
  if (!namesBody(entry)) return null;
  try {
    const event = JSON.parse(decoder.decode(entry)) as { body?: { sha256?: unknown } };
    return event.body === undefined ? null : String(event.body.sha256);
  } catch {
    // Signed all the same, and no event.
    return null;
  }
};

const checkBody = async (files: Files, crypto: Crypto, index: number, digest: string): Promise<void> => {
  const body = await files.read(`bodies/${index}.json`);
  if (body === null) throw new Found('unverifiable', `bodies/${index}.json is missing`, index);
  const hex = [...crypto.sha256(body)].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  if (digest !== hex) throw new Found('broken', `the body of entry ${index} is not the one that was signed`, index);
};
