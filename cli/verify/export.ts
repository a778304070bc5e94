/**
 * Checks an export of the log: every entry against the tree, the tree against every checkpoint, the checkpoints against the
 * key. It holds one tile and one bundle at a time, whatever the size. Where the files are is for the platform to know.
 */
import { checkEntries, type EntriesCheck } from './entries';
import { findingOf, Found, readTile, WIDTH, type Files, type Finding } from './export-files';
import { openNote, readCheckpoint, type Checkpoint, type Crypto, type VerifierKey } from './note';
import { GrowingTree, textOf } from './tree';

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
  /** Indexes of entries whose body lies beside. */
  readonly bodies: readonly number[];
}

const FORMAT = 'tierwarden-audit-export/1';
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The entries against the tiles, and the tiles against the checkpoints, beside each other.
 * @param entriesOf where a platform has a second core for the entries; on the same one otherwise.
 */
export const verifyExport = async (
  files: Files,
  crypto: Crypto,
  keys: readonly VerifierKey[],
  entriesOf: EntriesCheck = (order) => checkEntries(files, crypto, order),
): Promise<Report> => {
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

  const checkTree = async (newest: Checkpoint): Promise<void> => {
    // One above the other: tiles of the levels above the leaves, as far as they are needed at the moment.
    const held = new Map<number, { readonly index: number; readonly bytes: Uint8Array }>();
    const tile = async (level: number, index: number, width: number): Promise<Uint8Array> => {
      const known = held.get(level);
      if (known?.index === index) return known.bytes;
      const bytes = await readTile(files, newest.size, level, index, width);
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
        const read = await signedCheckpoint(noteOfLine(line.value), 'checkpoints.jsonl');
        if (read === null) counted.passedOver += 1;
        else if (read.origin !== newest.origin)
          throw new Found('broken', `a checkpoint is of another log, ${read.origin}`);
        else return read;
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
    const agreeIfDue = async (): Promise<void> => {
      while (due !== null && due.size === tree.size) {
        agree(due);
        due = await nextCheckpoint();
      }
    };
    for (let begin = 0; begin < newest.size; begin += WIDTH) {
      const width = Math.min(WIDTH, newest.size - begin);
      const hashes = await readTile(files, newest.size, 0, begin / WIDTH, width);
      while (tree.size < begin + width) {
        await agreeIfDue();
        const stop = due !== null && due.size > tree.size ? Math.min(width, due.size - begin) : width;
        tree.addAll(hashes.subarray((tree.size - begin) * 32, stop * 32));
      }
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
    await agreeIfDue();
    if (due !== null) throw new Found('unverifiable', `a checkpoint of ${due.size} leaves is out of its order`);
    agree(newest);
  };

  const finding = await findingOf(async () => {
    const manifest = readManifest(await text('manifest.json'));
    range = { from: manifest.from, to: manifest.to };
    const newest = await signedCheckpoint(await text('checkpoint'), 'checkpoint');
    if (newest === null) throw new Found('unverifiable', 'none of the given keys has signed the checkpoint');
    checkpoint = newest;
    if (manifest.size !== null && manifest.size !== newest.size)
      throw new Found('broken', `manifest.json speaks of ${manifest.size} leaves, the checkpoint of ${newest.size}`);
    const [ofEntries, ofTree] = await Promise.all([
      entriesOf({ size: newest.size, from: manifest.from, to: manifest.to, bodies: manifest.bodies }),
      findingOf(() => checkTree(newest)),
    ]);
    counted.entries = ofEntries.entries;
    counted.bodies = ofEntries.bodies;
    const first = firstOf(ofEntries.finding, ofTree);
    if (first !== null) throw new Found(first.verdict, first.problem, first.begin, first.end);
  });
  return {
    verdict: finding?.verdict ?? 'intact',
    problem: finding?.problem ?? null,
    firstBadIndex: finding?.begin ?? null,
    badBefore: finding?.end ?? null,
    checkpoint,
    range,
    ...counted,
  };
};

/** An entry is named exactly, a tree by a range: that of the entry unless all of the range lies before it. */
const firstOf = (ofEntries: Finding | null, ofTree: Finding | null): Finding | null => {
  if (ofEntries === null || ofTree === null) return ofEntries ?? ofTree;
  return ofTree.end !== null && ofEntries.begin !== null && ofTree.end <= ofEntries.begin ? ofTree : ofEntries;
};

const readManifest = (text: string): Manifest => {
  let manifest: Partial<Manifest> | null;
  try {
    manifest = JSON.parse(text) as Partial<Manifest> | null;
  } catch {
    throw new Found('unverifiable', 'manifest.json is damaged');
  }
  if (manifest?.format !== FORMAT) throw new Found('unverifiable', `manifest.json is not of format ${FORMAT}`);
  const { format, from, to, size = null, bodies = [] } = manifest;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to))
    throw new Found('unverifiable', 'manifest.json names no range');
  if (!Array.isArray(bodies)) throw new Found('unverifiable', 'manifest.json lists no bodies');
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
