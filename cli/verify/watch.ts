/**
 * Follows a log by its public checkpoints and hashes alone: the tree is grown on from where it was, so that a checkpoint of any
 * other history does not fit. It holds a hash for each bit of the size, and says nothing to anybody itself.
 */
import { openNote, readCheckpoint, textOf, type Checkpoint, type Crypto, type VerifierKey } from './note';
import { tilePath } from './tile-path';
import { GrowingTree } from './tree';

/** What is kept between looks: base64 of the hashes, so that it can be written down. */
export interface Watched {
  readonly origin: string | null;
  readonly size: number;
  readonly peaks: readonly string[];
}

export const NOTHING_WATCHED: Watched = { origin: null, size: 0, peaks: [] };

/** The log broke its promise; this is evidence worth keeping. */
export class LogBroken extends Error {}

export interface Look {
  readonly checkpoint: Checkpoint;
  readonly note: string;
  readonly watched: Watched;
}

/** Reads what is served below the log's prefix; throws where there is none. */
export type Fetch = (path: string) => Promise<Uint8Array>;

const WIDTH = 256;

/** The newest checkpoint, shown to extend what was watched before. Throws a {@link LogBroken} where it does not. */
export const look = async (fetch: Fetch, crypto: Crypto, key: VerifierKey, before: Watched): Promise<Look> => {
  const note = new TextDecoder('utf-8', { fatal: true }).decode(await fetch('checkpoint'));
  const opened = await openNote(crypto, note, [key]);
  const checkpoint = opened === null ? null : readCheckpoint(opened.text);
  if (opened?.signed !== 'true' || checkpoint === null)
    throw new LogBroken('the checkpoint is not signed by the key of the log');
  const { origin, size, root } = checkpoint;
  if (before.origin !== null && before.origin !== origin)
    throw new LogBroken(`the log calls itself ${origin}, and was ${before.origin}`);
  if (size < before.size) throw new LogBroken(`the log shows ${size} leaves after ${before.size}`);
  const tree = new GrowingTree(crypto.sha256, undefined, {
    size: before.size,
    peaks: before.peaks.map((peak) => atob(peak)),
  });
  while (tree.size < size) {
    const index = Math.floor(tree.size / WIDTH);
    const width = Math.min(WIDTH, size - index * WIDTH);
    const tile = await fetch(tilePath(0, index, width));
    if (tile.length !== width * 32) throw new LogBroken(`tile ${index} has another length`);
    for (let at = (tree.size % WIDTH) * 32; at < tile.length; at += 32) tree.add(textOf(tile.subarray(at, at + 32)));
  }
  if (tree.root() !== root) throw new LogBroken(`the tree of ${size} leaves does not extend that of ${before.size}`);
  return { checkpoint, note, watched: { origin, size, peaks: tree.peaks().map((peak) => btoa(peak)) } };
};
