/**
 * The Merkle tree of RFC 6962 over hashes of leaves: appending, roots, inclusion and consistency proofs. A proof is first a
 * list of ranges of leaves; whoever holds hashes of perfect subtrees, such as tiles, makes hashes of them. Nothing here
 * knows where leaves come from.
 */
import { sha256, SHA256_BYTES, type Sha256 } from '../../kernel/sha256';

export type TreeHash = Sha256;
export const TREE_HASH_BYTES = SHA256_BYTES;

/** Root of the tree without leaves. */
export const EMPTY_ROOT: TreeHash = sha256(Buffer.alloc(0));

/** Reused, as most that is hashed is small. */
const leafBytes = Buffer.alloc(1 + 65_535);
const nodeBytes = Buffer.alloc(1 + 2 * TREE_HASH_BYTES, 1);

/** SHA-256(0x00 ‖ entry). */
export const leafHash = (entry: Uint8Array): TreeHash => {
  if (entry.length >= leafBytes.length) return sha256(Buffer.concat([Buffer.of(0), entry]));
  leafBytes.set(entry, 1);
  return sha256(leafBytes.subarray(0, 1 + entry.length));
};

/** SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left: TreeHash, right: TreeHash): TreeHash => {
  nodeBytes.write(left, 1, 'latin1');
  nodeBytes.write(right, 1 + TREE_HASH_BYTES, 'latin1');
  return sha256(nodeBytes);
};

/** Hash of a tree whose perfect subtrees, the largest first, have these hashes. */
const joined = (subtrees: readonly TreeHash[]): TreeHash =>
  subtrees.length === 0 ? EMPTY_ROOT : subtrees.reduceRight((right, left) => nodeHash(left, right));

/* Appending */

/** A tree that grows. It holds one hash for each bit of its size and nothing else. */
export interface Accumulator {
  readonly size: () => number;
  /** Takes the hash of the next leaf. */
  append(leaf: TreeHash): void;
  readonly root: () => TreeHash;
  /** Of the perfect subtrees that the tree consists of, the largest first; with the size they are all it takes to go on. */
  readonly peaks: () => readonly TreeHash[];
}

export interface AccumulatorStart {
  readonly size: number;
  readonly peaks: readonly TreeHash[];
}

/**
 * An empty tree, or one that goes on from `start`. `onSubtree` hears of every perfect subtree as it is completed, leaves
 * (level 0) included; in each level from left to right.
 */
export const accumulate = (
  start: AccumulatorStart = { size: 0, peaks: [] },
  onSubtree: (level: number, hash: TreeHash) => void = () => undefined,
): Accumulator => {
  const stack = [...start.peaks];
  let size = start.size;
  if (stack.length !== subtreesOf({ begin: 0, end: size }).length)
    throw new Error('these are not the peaks of that size');
  return {
    size: () => size,
    append: (leaf) => {
      let hash = leaf;
      onSubtree(0, hash);
      for (let level = 1, left = size; left % 2 === 1; level++, left = (left - 1) / 2) {
        hash = nodeHash(stack.pop() ?? '', hash);
        onSubtree(level, hash);
      }
      stack.push(hash);
      size += 1;
    },
    root: () => joined(stack),
    peaks: () => [...stack],
  };
};

/** Root over entries, each one leaf. For a tree inside of an event, such as that over the ratings of a run. */
export const merkleRoot = (entries: Iterable<Uint8Array>): TreeHash => {
  const tree = accumulate();
  for (const entry of entries) tree.append(leafHash(entry));
  return tree.root();
};

/* Proofs */

/** Leaves from `begin` up to but not including `end`. */
export interface LeafRange {
  readonly begin: number;
  readonly end: number;
}

/** The perfect subtree over leaves from `index × 2^level` up to but not including `(index + 1) × 2^level`. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** The perfect subtrees that a range consists of, left to right. The range begins where a subtree of its size may begin. */
export const subtreesOf = ({ begin, end }: LeafRange): Subtree[] => {
  const found: Subtree[] = [];
  for (let at = begin; at < end;) {
    const level = Math.floor(Math.log2(end - at));
    const leaves = 2 ** level;
    if (at % leaves !== 0) throw new Error(`leaves ${begin} to ${end} are not a node of a tree`);
    found.push({ level, index: at / leaves });
    at += leaves;
  }
  return found;
};

/** Hash over a range, given those of perfect subtrees. */
export const rangeHash = (range: LeafRange, hashOf: (subtree: Subtree) => TreeHash): TreeHash =>
  joined(subtreesOf(range).map(hashOf));

/** Leaves on the left of the topmost node: the largest power of two below `leaves`, which are two or more. */
const leftLeaves = (leaves: number): number => {
  const power = 2 ** Math.floor(Math.log2(leaves));
  return power === leaves ? power / 2 : power;
};

/** The siblings on the way from leaf `index` up to the root of a tree of `size` leaves. */
export const inclusionRanges = (index: number, size: number): LeafRange[] => {
  if (!isBetween(index, 0, size - 1)) throw new Error(`no leaf ${index} in a tree of ${size}`);
  const downwards: LeafRange[] = [];
  for (let [begin, end] = [0, size]; end - begin > 1;) {
    const middle = begin + leftLeaves(end - begin);
    if (index < middle) {
      downwards.push({ begin: middle, end });
      end = middle;
    } else {
      downwards.push({ begin, end: middle });
      begin = middle;
    }
  }
  return downwards.reverse();
};

/** What shows that a tree of `size` leaves begins with the tree of `oldSize` leaves; `oldSize` is 1 to `size`. */
export const consistencyRanges = (oldSize: number, size: number): LeafRange[] => {
  if (!isBetween(oldSize, 1, size)) throw new Error(`no consistency from ${oldSize} to ${size}`);
  const downwards: LeafRange[] = [];
  let [begin, end] = [0, size];
  while (oldSize !== end) {
    const middle = begin + leftLeaves(end - begin);
    if (oldSize <= middle) {
      downwards.push({ begin: middle, end });
      end = middle;
    } else {
      downwards.push({ begin, end: middle });
      begin = middle;
    }
  }
  // The old tree itself need not be told to who knows its root.
  if (begin > 0) downwards.push({ begin, end });
  return downwards.reverse();
};

const isBetween = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most;

/* Checking, as in RFC 9162, 2.1.3.2 and 2.1.4.2 */

/** The root that leads to: null for a path of the wrong length. */
export const rootFromInclusion = (
  leaf: TreeHash,
  index: number,
  size: number,
  path: readonly TreeHash[],
): TreeHash | null => {
  if (!isBetween(index, 0, size - 1)) return null;
  let [node, last, root] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, half(last)];
    } else {
      root = nodeHash(root, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? root : null;
};

/** Whether the path shows that the tree with `root` begins with the one with `oldRoot`. */
export const isConsistent = (
  old: { readonly size: number; readonly root: TreeHash },
  grown: { readonly size: number; readonly root: TreeHash },
  path: readonly TreeHash[],
): boolean => {
  if (!isBetween(old.size, 1, grown.size)) return false;
  if (old.size === grown.size) return path.length === 0 && old.root === grown.root;
  const isPerfect = 2 ** Math.floor(Math.log2(old.size)) === old.size;
  const [first, ...rest] = isPerfect ? [old.root, ...path] : path;
  if (first === undefined) return false;
  let [node, last] = [old.size - 1, grown.size - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  let [oldRoot, root] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      [oldRoot, root] = [nodeHash(sibling, oldRoot), nodeHash(sibling, root)];
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, half(last)];
    } else {
      root = nodeHash(root, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && oldRoot === old.root && root === grown.root;
};

const half = (n: number): number => Math.floor(n / 2);
