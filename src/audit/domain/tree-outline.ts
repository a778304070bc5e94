/**
 * A tree inside of an event, such as that over the ratings of a run, in as little as inclusion proofs can be made from: a
 * hash for each 256 leaves. A proof needs these and the leaves around the one that is proved.
 */
import { accumulate, inclusionRanges, rangeHash, type LeafRange, type TreeHash } from './merkle-tree';

const BLOCK_LEVEL = 8;
const BLOCK = 2 ** BLOCK_LEVEL;

export interface TreeOutline {
  /** Leaves. */
  readonly size: number;
  /** Of each 256 leaves, as far as these are whole. */
  readonly blocks: readonly TreeHash[];
  /** The leaves after the last whole block. */
  readonly tail: readonly TreeHash[];
}

export interface TreeOutliner {
  /** Takes the hash of the next leaf. */
  append(leaf: TreeHash): void;
  readonly outline: () => TreeOutline;
}

export const outlineTree = (): TreeOutliner => {
  const blocks: TreeHash[] = [];
  let tail: TreeHash[] = [];
  const tree = accumulate(undefined, (level, hash) => {
    if (level === 0) tail.push(hash);
    if (level !== BLOCK_LEVEL) return;
    blocks.push(hash);
    tail = [];
  });
  return { append: tree.append, outline: () => ({ size: tree.size(), blocks: [...blocks], tail: [...tail] }) };
};

/** The leaves that {@link pathIn} must be given for a leaf. */
export const leavesAround = (index: number, size: number): LeafRange => {
  const begin = index - (index % BLOCK);
  return { begin, end: Math.min(size, begin + BLOCK) };
};

/** From the leaf's sibling upwards; `around` are the leaves of {@link leavesAround}. */
export const pathIn = ({ size, blocks, tail }: TreeOutline, index: number, around: readonly TreeHash[]): TreeHash[] => {
  const { begin } = leavesAround(index, size);
  const tailBegin = blocks.length * BLOCK;
  const leafAt = (at: number): TreeHash =>
    known(at >= tailBegin && begin !== tailBegin ? tail[at - tailBegin] : around[at - begin]);
  return inclusionRanges(index, size).map((range) =>
    rangeHash(range, (subtree) => {
      const level = subtree.level - BLOCK_LEVEL;
      const whole =
        level >= 0
          ? blocks.slice(subtree.index * 2 ** level, (subtree.index + 1) * 2 ** level)
          : Array.from({ length: 2 ** subtree.level }, (_, i) => leafAt(subtree.index * 2 ** subtree.level + i));
      const tree = accumulate();
      whole.forEach((hash) => tree.append(known(hash)));
      return tree.root();
    }),
  );
};

const known = (hash: TreeHash | undefined): TreeHash => {
  if (hash === undefined) throw new Error('the tree lacks a hash that the proof needs');
  return hash;
};
