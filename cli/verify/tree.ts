/**
 * The tree of RFC 6962 as a verifier needs it: grown leaf by leaf in memory that hardly grows with it, and checked by proofs.
 * Written from the specification; it shares no code with the writer of the log and nothing with any platform.
 */

/** SHA-256 of the bytes as 32 characters of one byte each. Given by the platform. */
export type Hash = (bytes: Uint8Array) => string;

const node = new Uint8Array(65).fill(1, 0, 1);
let leaf = new Uint8Array(4096);

const put = (hash: string, into: Uint8Array, at: number): void => {
  for (let i = 0; i < 32; i++) into[at + i] = hash.charCodeAt(i);
};

/** The hash that lies there. */
export const textOf = (hashes: Uint8Array, at: number): string => String.fromCharCode(...hashes.subarray(at, at + 32));

export const hashLeaf = (hash: Hash, entry: Uint8Array): string => {
  if (leaf.length < entry.length + 1) leaf = new Uint8Array((entry.length + 1) * 2);
  leaf.set(entry, 1);
  return hash(leaf.subarray(0, entry.length + 1));
};

const hashNode = (hash: Hash, left: string, right: string): string => {
  put(left, node, 1);
  put(right, node, 33);
  return hash(node);
};

/** A tree under construction. `onNode` hears of each perfect subtree of 256 leaves, of 256 such, and so on. */
export class GrowingTree {
  size: number;
  private readonly complete: string[];

  /** Goes on from a size and its {@link peaks}, or begins. */
  constructor(
    private readonly hash: Hash,
    private readonly onNode: (tileLevel: number, index: number, hash: string) => void = () => undefined,
    start: { readonly size: number; readonly peaks: readonly string[] } = { size: 0, peaks: [] },
  ) {
    this.size = start.size;
    this.complete = [...start.peaks];
  }

  peaks(): readonly string[] {
    return [...this.complete];
  }

  add(leafHash: string): void {
    this.size += 1;
    this.carry(leafHash, 0);
  }

  /** Adds leaves by their hashes, which lie one after the other. Two siblings are hashed as they lie. */
  addAll(leafHashes: Uint8Array): void {
    for (let at = 0; at < leafHashes.length;) {
      if (this.size % 2 === 1 || at + 32 === leafHashes.length) {
        this.add(textOf(leafHashes, at));
        at += 32;
      } else {
        node.set(leafHashes.subarray(at, at + 64), 1);
        this.size += 2;
        this.carry(this.hash(node), 1);
        at += 64;
      }
    }
  }

  /** Joins a perfect subtree, of 2^height leaves, with those that now have its height. */
  private carry(subtree: string, height: number): void {
    let carried = subtree;
    let grown = height;
    for (let count = this.size / 2 ** height; count % 2 === 0; count /= 2) {
      carried = hashNode(this.hash, this.complete.pop() ?? '', carried);
      grown += 1;
      if (grown % 8 === 0) this.onNode(grown / 8, this.size / 2 ** grown - 1, carried);
    }
    this.complete.push(carried);
  }

  root(): string {
    const [last, ...others] = [...this.complete].reverse();
    if (last === undefined) return this.hash(new Uint8Array(0));
    return others.reduce((right, left) => hashNode(this.hash, left, right), last);
  }
}

const split = (size: number): number => {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
};

/** The root that a leaf's path leads to; null for a path that does not fit. */
export const rootOfPath = (
  hash: Hash,
  leafHash: string,
  index: number,
  size: number,
  path: readonly string[],
): string | null => {
  let used = path.length;
  const climb = (at: number, leaves: number): string | null => {
    if (leaves === 1) return leafHash;
    used -= 1;
    const sibling = path[used];
    if (sibling === undefined) return null;
    const left = split(leaves);
    const below = at < left ? climb(at, left) : climb(at - left, leaves - left);
    if (below === null) return null;
    return at < left ? hashNode(hash, below, sibling) : hashNode(hash, sibling, below);
  };
  const root = index < size ? climb(index, size) : null;
  return used === 0 ? root : null;
};
