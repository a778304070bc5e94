/** Hashes of the tree as they are stored. It reads tiles and computes nothing but what lies inside of one. */
import type { Query } from '../platform/database';
import { rangeHash, subtreesOf, type LeafRange, type TreeHash } from './domain/merkle-tree';
import { hashAt, placeOf } from './domain/tile';

/** Hashes over ranges of leaves, in one statement. Throws where a tile lacks hashes. */
export const readRanges = async (query: Query, ranges: readonly LeafRange[]): Promise<TreeHash[]> => {
  const places = ranges.flatMap(subtreesOf).map(placeOf);
  const wanted = new Map(places.map(({ level, index }) => [`${level}/${index}`, { level, index }]));
  if (wanted.size === 0) return ranges.map((range) => rangeHash(range, () => ''));
  const rows = await query<{ level: number; tile: string; bytes: Buffer }>(
    `SELECT level, tile::text AS tile, string_agg(hashes, ''::bytea ORDER BY first) AS bytes
     FROM audit_log_tile JOIN unnest($1::smallint[], $2::bigint[]) AS wanted (level, tile) USING (level, tile)
     GROUP BY level, tile`,
    [[...wanted.values()].map(({ level }) => level), [...wanted.values()].map(({ index }) => index)],
  );
  const tiles = new Map(rows.map(({ level, tile, bytes }) => [`${level}/${tile}`, bytes]));
  return ranges.map((range) =>
    rangeHash(range, (subtree) => {
      const place = placeOf(subtree);
      const tile = tiles.get(`${place.level}/${place.index}`);
      if (tile === undefined) throw new Error(`the audit log lacks tile ${place.index} of level ${place.level}`);
      return hashAt(place, tile);
    }),
  );
};

/** Of the perfect subtrees that a tree of `size` leaves consists of. */
export const readPeaks = (query: Query, size: number): Promise<TreeHash[]> =>
  readRanges(
    query,
    subtreesOf({ begin: 0, end: size }).map(({ level, index }) => ({
      begin: index * 2 ** level,
      end: (index + 1) * 2 ** level,
    })),
  );
