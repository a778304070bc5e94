/**
 * Proves ratings to outsiders: each with the path to the root of its run, and the event that names the root with its path to
 * a checkpoint of the log. It never writes.
 */
import { processingRefusals } from '../customers';
import { leavesAround, outlineTree, pathIn, proveEventsOf, type ProvenEvent, type TreeOutline } from '../audit';
import { permit } from '../identity';
import type { Actor } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, refused, type Result } from '../kernel/result';
import type { Query } from '../platform/database';
import { HASH_BYTES, LeafEncoder } from './domain/rating-leaf';
import { formatRatingProof } from './domain/rating-proof';
import { factsOf, readRatings, type ReadRating } from './replay';
import { chunkLeaves } from './run.store';

/** Events that name a run's root, all of ratings that people may come to see. */
const SEALED = ['ratingRun.sealed', 'ratingRun.parked'];
const RATED = ['customer.rated'];

/** Both, as a proof holds the values that the rating came from. */
const mayProve = (viewer: Actor): Result<true> => {
  const audits = permit(viewer, 'audit.read');
  return audits.ok ? permit(viewer, 'indicator.readCredit') : audits;
};

export interface ProvenRating {
  readonly customerId: string;
  readonly proof: string;
}

export const createRatingProofs = (query: Query) => {
  const treeOf = createTrees(query);
  const encoder = new LeafEncoder();

  const inRuns = async (ratings: readonly RunRating[]): Promise<Map<string, { index: number; path: string[] }>> => {
    const placed: { id: string; run: string; tree: RunTree; index: number; begin: number; end: number }[] = [];
    for (const { id, runId } of ratings) {
      const tree = await treeOf(runId);
      const index = (tree.starts[Number.parseInt(id.slice(9, 13), 16) - 1] ?? 0) + Number.parseInt(id.slice(28), 16);
      placed.push({ id, run: runId, tree, index, ...leavesAround(index, tree.outline.size) });
    }
    const pieces = placed.flatMap(({ run, tree, begin, end }, place) =>
      piecesOf(tree, begin, end).map((piece) => ({ ...piece, run, place })),
    );
    const around = new Map<number, string>();
    const read = await query<{ place: number; leaves: Buffer }>(
      `SELECT piece.place, substring(chunk.leaf_hashes FROM ${HASH_BYTES} * piece.first + 1 FOR ${HASH_BYTES} * piece.count) AS leaves
       FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[]) AS piece (run_id, ordinal, first, count, place)
       JOIN rating_run_chunk AS chunk USING (run_id, ordinal) ORDER BY piece.place, piece.ordinal`,
      [
        pieces.map(({ run }) => run),
        pieces.map(({ ordinal }) => ordinal),
        pieces.map(({ first }) => first),
        pieces.map(({ count }) => count),
        pieces.map(({ place }) => place),
      ],
    );
    for (const { place, leaves } of read) around.set(place, (around.get(place) ?? '') + leaves.toString('latin1'));
    return new Map(
      placed.map(({ id, tree, index }, place) => [
        id,
        { index, path: pathIn(tree.outline, index, hashesIn(around.get(place) ?? '')) },
      ]),
    );
  };

  const prove = async (ratings: readonly ReadRating[]): Promise<Map<string, string>> => {
    const ofRuns = ratings.filter((rating): rating is RunRating => rating.runId !== null);
    const singles = ratings.filter(({ runId }) => runId === null).map(({ id }) => id);
    const runs = await proveEventsOf(query, 'RatingRun', [...new Set(ofRuns.map(({ runId }) => runId))], SEALED);
    const events = await proveEventsOf(query, 'Rating', singles, RATED);
    const places = await inRuns(ofRuns);
    return new Map(
      ratings.flatMap((rating): [string, string][] => {
        const event: ProvenEvent | undefined = rating.runId === null ? events.get(rating.id) : runs.get(rating.runId);
        if (event === undefined) return [];
        const inRun = places.get(rating.id) ?? null;
        const leaf = encoder.leaf(factsOf(rating));
        return [[rating.id, formatRatingProof({ rating: leaf, inRun, body: event.body, event: event.proof })]];
      }),
    );
  };

  return {
    /**
     * Proof files in the order of ids; null where no signed tree holds the event yet, where the data must not be shown, and
     * for viewers without `rating.read`, `audit.read` and `indicator.readCredit`.
     */
    ratingProofs: async (viewer: Actor, ids: readonly string[]): Promise<(ProvenRating | null)[]> => {
      if (!permit(viewer, 'rating.read').ok || !mayProve(viewer).ok) return ids.map(() => null);
      const ratings = await readRatings(query, ids);
      const customers = ratings.map(({ customerId }) => customerId);
      const blocked = await processingRefusals(query, customers, true);
      const shown = new Map(ratings.filter(({ customerId }) => !blocked.has(customerId)).map((one) => [one.id, one]));
      const proofs = await prove([...shown.values()]);
      return ids.map((id) => {
        const [rating, proof] = [shown.get(id), proofs.get(id)];
        return rating === undefined || proof === undefined ? null : { customerId: rating.customerId, proof };
      });
    },

    /**
     * Refuses NOT_FOUND, INVALID_STATE.NOT_IN_LOG while no signed tree holds it, and INVALID_STATE.RESTRICTED and .ERASED
     * for persons.
     */
    ratingProof: async (viewer: Actor, id: string): Promise<Result<ProvenRating>> => {
      for (const permitted of [permit(viewer, 'rating.read'), mayProve(viewer)]) if (!permitted.ok) return permitted;
      const [rating] = await readRatings(query, [id]);
      if (rating === undefined) return refuse('NOT_FOUND', 'There is no such rating.', { reason: 'RATING' });
      const { customerId } = rating;
      const blocked = (await processingRefusals(query, [customerId], true)).get(customerId);
      if (blocked !== undefined) return refused(blocked);
      const proof = (await prove([rating])).get(id);
      return proof === undefined
        ? refuse('INVALID_STATE', 'no signed tree holds this rating (yet)', { reason: 'NOT_IN_LOG' })
        : ok({ customerId, proof });
    },
  };
};

export type RatingProofs = ReturnType<typeof createRatingProofs>;

type RunRating = ReadRating & { readonly runId: string };

interface RunTree {
  readonly outline: TreeOutline;
  /** Ratings before each chunk, by ordinal from 1 on, and of all. */
  readonly starts: readonly number[];
}

/** Leaves of a sealed run never change: outlines of the last few are kept, a quarter of a megabyte for a million ratings. */
const KEPT = 8;

const createTrees = (query: Query) => {
  const known = new Map<string, Promise<RunTree>>();
  return (runId: string): Promise<RunTree> => {
    const found = known.get(runId);
    if (found !== undefined) return found;
    const tree = outlineRun(query, runId);
    known.set(runId, tree);
    tree.catch(() => known.delete(runId));
    const [oldest] = known.keys();
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
    return tree;
  };
};

const outlineRun = async (query: Query, runId: string): Promise<RunTree> => {
  const [run] = await query<{ chunks: number }>(
    'SELECT count(*)::int AS chunks FROM rating_run_chunk WHERE run_id = $1',
    [runId],
  );
  const tree = outlineTree();
  const starts = [0];
  for (let ordinal = 1; ordinal <= (run?.chunks ?? 0); ordinal++) {
    const leaves = await chunkLeaves(query, runId, ordinal);
    for (const hash of hashesIn(leaves.toString('latin1'))) tree.append(hash);
    starts.push((starts.at(-1) ?? 0) + leaves.length / HASH_BYTES);
  }
  return { outline: tree.outline(), starts };
};

const hashesIn = (bytes: string): string[] =>
  Array.from({ length: bytes.length / HASH_BYTES }, (_, i) => bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES));

/** Where the leaves from `begin` up to but not including `end` stand in chunks. */
const piecesOf = ({ starts }: RunTree, begin: number, end: number) =>
  starts.slice(1).flatMap((chunkEnd, i) => {
    const chunkBegin = starts[i] ?? 0;
    const [from, to] = [Math.max(begin, chunkBegin), Math.min(end, chunkEnd)];
    return from < to ? [{ ordinal: i + 1, first: from - chunkBegin, count: to - from }] : [];
  });
