/**
 * Tiles (C2SP tlog-tiles): how the hashes of a tree and its entries are cut into files that never change. Tiles of level 0
 * hold hashes of leaves, those of each level above the roots of full tiles below. Where files are kept is not known here.
 */
import { nodeHash, TREE_HASH_BYTES, type Subtree, type TreeHash } from './merkle-tree';

/** Hashes of a full tile; entries of a full bundle. */
export const TILE_WIDTH = 256;
/** Levels of the tree that one level of tiles spans. */
export const TILE_HEIGHT = 8;
/** Entries have their length before them in two bytes. */
export const MAX_ENTRY_BYTES = 65_535;

export interface Tile {
  /** Of tiles: 0 for leaves. `entries` for a bundle of entries. */
  readonly level: number | 'entries';
  readonly index: number;
  /** Hashes or entries that it holds: {@link TILE_WIDTH}, or less for the rightmost. */
  readonly width: number;
}

/** Below the log's prefix, for example `tile/1/x001/067.p/12`. */
export const tilePath = ({ level, index, width }: Tile): string => {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const name = groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/');
  return `tile/${level}/${name}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
};

const PATH = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Null for what is no path, or another than {@link tilePath} writes. */
export const parseTilePath = (path: string): Tile | null => {
  const parts = PATH.exec(path);
  if (parts === null) return null;
  const [, level = '', name = '', width] = parts;
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(name.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const isKnown = (tile.level === 'entries' || tile.level < 64) && Number.isSafeInteger(tile.index);
  return isKnown && tilePath(tile) === path ? tile : null;
};

/** Hashes in a level of tiles, in a tree of `size` leaves. */
export const levelWidth = (level: number, size: number): number => Math.floor(size / TILE_WIDTH ** level);

/** Whether a tree of `size` leaves has this tile; partial tiles of every width it ever had count. */
export const hasTile = ({ level, index, width }: Tile, size: number): boolean =>
  index * TILE_WIDTH + width <= levelWidth(level === 'entries' ? 0 : level, size);

/** Every tile and bundle that it takes to mirror a tree of `size` leaves, level by level. */
export const tilesOf = function* (size: number): Generator<Tile> {
  yield* tilesOfLevel('entries', size);
  for (let level = 0; levelWidth(level, size) > 0; level++) yield* tilesOfLevel(level, levelWidth(level, size));
};

const tilesOfLevel = function* (level: Tile['level'], width: number): Generator<Tile> {
  for (let index = 0; index * TILE_WIDTH < width; index++) {
    yield { level, index, width: Math.min(TILE_WIDTH, width - index * TILE_WIDTH) };
  }
};

/** Where the hash of a perfect subtree is found: the `leaves` hashes from `first` on of a tile, as the leaves of a tree. */
export interface PlaceInTile {
  readonly level: number;
  readonly index: number;
  readonly first: number;
  readonly leaves: number;
}

export const placeOf = ({ level, index }: Subtree): PlaceInTile => {
  const leaves = 2 ** (level % TILE_HEIGHT);
  const position = index * leaves;
  return {
    level: Math.floor(level / TILE_HEIGHT),
    index: Math.floor(position / TILE_WIDTH),
    first: position % TILE_WIDTH,
    leaves,
  };
};

/** Hash of the subtree at `place`, given the bytes of its tile, partial or not. */
export const hashAt = ({ first, leaves }: PlaceInTile, tile: Buffer): TreeHash => {
  let hashes = Array.from({ length: leaves }, (_, i) => tileHash(tile, first + i));
  while (hashes.length > 1) {
    hashes = Array.from({ length: hashes.length / 2 }, (_, i) =>
      nodeHash(hashes[2 * i] ?? '', hashes[2 * i + 1] ?? ''),
    );
  }
  return hashes[0] ?? '';
};

const tileHash = (tile: Buffer, position: number): TreeHash => {
  const hash = tile.toString('latin1', position * TREE_HASH_BYTES, (position + 1) * TREE_HASH_BYTES);
  if (hash.length !== TREE_HASH_BYTES) throw new Error(`the tile holds no hash ${position}`);
  return hash;
};

/** A bundle: each entry after its length. */
export const bundleOf = (entries: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY_BYTES) throw new Error(`an entry of ${entry.length} bytes has no place in a bundle`);
      return [Buffer.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
