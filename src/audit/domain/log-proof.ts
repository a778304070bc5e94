/**
 * The proof file (C2SP tlog-proof): an index, the path from its leaf to the root, and the checkpoint, in one text that is
 * checked with the log's key and the entry's bytes alone.
 */
import type { TreeHash } from './merkle-tree';

export interface LogProof {
  readonly index: number;
  /** From the leaf's sibling upwards. */
  readonly path: readonly TreeHash[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
  /** Bytes that come along, for whoever knows what they are. */
  readonly extra?: Uint8Array;
}

const HEAD = 'c2sp.org/tlog-proof@v1';

export const formatLogProof = ({ index, path, checkpoint, extra }: LogProof): string =>
  [
    HEAD,
    ...(extra === undefined ? [] : [`extra ${Buffer.from(extra).toString('base64')}`]),
    `index ${index}`,
    ...path.map((hash) => Buffer.from(hash, 'latin1').toString('base64')),
    '',
    checkpoint,
  ].join('\n');
