/** What an export consists of, and what is said of it where it is not whole. */
import { tilePath } from './tile-path';

/** Children of a node of one tile level in the next, and entries of a bundle. */
export const WIDTH = 256;

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

/** What is wrong with an export. */
export interface Finding {
  readonly verdict: 'broken' | 'unverifiable';
  /** In one sentence. */
  readonly problem: string;
  /** The first entry that is not what was signed, or of the range that holds it; null for what is no matter of entries. */
  readonly begin: number | null;
  /** Exclusive. */
  readonly end: number | null;
}

/** Thrown where the check of a part ends early. */
export class Found extends Error implements Finding {
  constructor(
    readonly verdict: Finding['verdict'],
    readonly problem: string,
    readonly begin: number | null = null,
    readonly end: number | null = begin === null ? null : begin + 1,
  ) {
    super(problem);
  }
}

/** What the work found wrong; null where it came to its end. Other errors pass. */
export const findingOf = async (work: () => Promise<void>): Promise<Finding | null> => {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    const { verdict, problem, begin, end } = error;
    return { verdict, problem, begin, end };
  }
};

/**
 * Hashes of a tile of a tree of `size` leaves, one after the other.
 * @throws Found for a tile that is missing or has another length.
 */
export const readTile = async (
  files: Files,
  size: number,
  level: number,
  index: number,
  width: number,
): Promise<Uint8Array> => {
  const name = tilePath(level, index, width);
  const bytes = await files.read(name);
  if (bytes?.length === width * 32) return bytes;
  const covered = WIDTH ** (level + 1);
  throw new Found(
    bytes === null ? 'unverifiable' : 'broken',
    `${name} ${bytes === null ? 'is missing' : 'has another length'}`,
    index * covered,
    Math.min(size, (index + 1) * covered),
  );
};
