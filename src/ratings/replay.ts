/**
 * Rates past ratings again from what was stored with them, and compares byte for byte (I8): inputs, version, cut points in,
 * the same canonical bytes out. A rating of a run must also be the leaf that the run's root was made over. It reads, and
 * never mends anything.
 */
import { z } from 'zod';
import { rankOf, type Grade } from '../kernel/grade';
import { refuse } from '../kernel/refusal';
import { ok, refused, type Result } from '../kernel/result';
import { processingRefusals } from '../customers';
import { permit } from '../identity';
import type { Initiator } from '../kernel/actor';
import { uuidField } from '../platform/binary-copy';
import type { UnitOfWork } from '../platform/unit-of-work';
import type { Database, Query } from '../platform/database';
import {
  ALL_INDUSTRIES,
  MISSING_VALUE,
  pointsToE4,
  type FrozenCutPoints,
  type Scorecards,
  type ScorecardVersion,
} from '../scorecards';
import { dayNumber, MISSING_DAY } from './domain/prepare-inputs';
import { LeafEncoder, type RatingFacts } from './domain/rating-leaf';
import { codesFrom, createScorer, isRefusal, type Scorer } from './score-customers';

export interface ReplayDeps {
  readonly database: Database;
  readonly scorecards: Scorecards;
}

/** Everything, so many drawn at random, or one. */
export type ReplayChoice = { readonly all: true } | { readonly sample: number } | { readonly ratingId: string };

export interface ReplayReport {
  readonly checked: number;
  readonly mismatches: number;
  /** The first of them. */
  readonly mismatched: readonly Mismatch[];
}

export interface Mismatch {
  readonly ratingId: string;
  /** RESULT: it comes out otherwise. LEAF: it is not what the run's root was made over. */
  readonly what: 'RESULT' | 'LEAF';
}

const SHOWN = 100;
const PAGE = 2_000;

/** Needs `rating.read`. Refuses NOT_FOUND for one that is not there. */
export const replay = async (
  deps: ReplayDeps,
  by: Initiator,
  choice: ReplayChoice,
  onProgress: (checked: number) => void = () => undefined,
): Promise<Result<ReplayReport>> => {
  const permitted = permit(by.actor, 'rating.read');
  if (!permitted.ok) return permitted;
  const judge = createJudge(deps);
  let [checked, mismatches] = [0, 0];
  const mismatched: Mismatch[] = [];
  for await (const page of pagesOf(deps.database, choice)) {
    for (const { ratingId, what } of await judge(page)) {
      mismatches += 1;
      if (mismatched.length < SHOWN) mismatched.push({ ratingId, what });
    }
    checked += page.length;
    onProgress(checked);
  }
  if (checked === 0 && 'ratingId' in choice) {
    return refuse('NOT_FOUND', 'There is no such rating.', { field: ['ratingId'] });
  }
  return ok({ checked, mismatches, mismatched });
};

const stored = z.object({
  id: z.uuid(),
  customerId: z.string(),
  scorecardVersionId: z.string(),
  cutPointSetId: z.string(),
  asOf: z.string(),
  score: z.string(),
  modelGrade: z.string(),
  uncappedGrade: z.string(),
  inputs: z.array(z.number().nullable()),
  inputAsOf: z.array(z.string().nullable()),
  pointsCenti: z.array(z.number()),
  caps: z.array(z.string()),
  notes: z.array(z.string()),
});

type StoredRating = z.infer<typeof stored>;
export type ReadRating = StoredRating & { readonly runId: string | null; readonly leafHash: string | null };

/** A rating of a run says in its id which chunk and which row it was. */
const READ = `SELECT rating.id, rating.customer_id AS "customerId", rating.scorecard_version_id AS "scorecardVersionId",
    rating.cut_point_set_id AS "cutPointSetId", rating.as_of::text AS "asOf", rating.score::text,
    rating.model_grade AS "modelGrade", rating.uncapped_grade AS "uncappedGrade", rating.inputs,
    rating.input_as_of::text[] AS "inputAsOf", rating.run_id AS "runId", rating.points_centi AS "pointsCenti", rating.caps, rating.notes,
    CASE WHEN chunk.ordinal IS NOT NULL THEN encode(substring(chunk.leaf_hashes
      FROM 1 + 32 * ('x' || substr(rating.id::text, 29, 8))::bit(32)::int FOR 32), 'hex') END AS "leafHash"
  FROM rating LEFT JOIN rating_run_chunk AS chunk ON rating.id >= '80000000-0000-0000-0000-000000000000'
    AND chunk.run_id = rating.run_id AND chunk.ordinal = ('x' || substr(rating.id::text, 10, 4))::bit(16)::int`;

/** Those that are there, in no order. */
export const readRatings = (query: Query, ids: readonly string[]): Promise<ReadRating[]> =>
  query<ReadRating>(`${READ} WHERE rating.id = ANY ($1::uuid[])`, [ids]);

async function* pagesOf({ query }: Database, choice: ReplayChoice): AsyncGenerator<ReadRating[]> {
  if ('ratingId' in choice) {
    yield await readRatings(query, [choice.ratingId]);
    return;
  }
  if ('sample' in choice) {
    const drawn = await query<{ id: string }>('SELECT id FROM rating ORDER BY random() LIMIT $1', [choice.sample]);
    for (let start = 0; start < drawn.length; start += PAGE) {
      const ids = drawn.slice(start, start + PAGE).map(({ id }) => id);
      yield await readRatings(query, ids);
    }
    return;
  }
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const page = await query<ReadRating>(`${READ} WHERE rating.id > $1 ORDER BY rating.id LIMIT ${PAGE}`, [after]);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.id;
  }
}

const createJudge = ({ scorecards }: ReplayDeps) => {
  const versions = new Map<string, ScorecardVersion>();
  const sets = new Map<string, FrozenCutPoints>();
  const again = createReplayer();
  const encoder = new LeafEncoder();
  return async (page: readonly ReadRating[]): Promise<Mismatch[]> => {
    const missing = <T>(known: ReadonlyMap<string, T>, ids: readonly string[]): string[] => [
      ...new Set(ids.filter((id) => !known.has(id))),
    ];
    const versionIds = missing(
      versions,
      page.map((rating) => rating.scorecardVersionId),
    );
    const setIds = missing(
      sets,
      page.map((rating) => rating.cutPointSetId),
    );
    for (const version of await scorecards.versionsByIds(versionIds)) versions.set(version.id, version);
    for (const set of await scorecards.cutPointsByIds(setIds)) sets.set(set.id, set);
    return page.flatMap((rating): Mismatch[] => {
      const [version, set] = [versions.get(rating.scorecardVersionId), sets.get(rating.cutPointSetId)];
      if (version === undefined || set === undefined) return [{ ratingId: rating.id, what: 'RESULT' }];
      if (!again(rating, version, set).matches) return [{ ratingId: rating.id, what: 'RESULT' }];
      if (rating.leafHash === null) return [];
      const hash = Buffer.alloc(32);
      encoder.hash(factsOf(rating), hash, 0);
      return hash.toString('hex') === rating.leafHash ? [] : [{ ratingId: rating.id, what: 'LEAF' }];
    });
  };
};

export interface Replayed {
  readonly matches: boolean;
  /** Canonical bytes as they are stored, and as they come out now; null where it cannot be rated. */
  readonly stored: Buffer;
  readonly computed: Buffer | null;
}

/** Rates again, with the very function that runs use. Scorers are kept, as thousands of ratings share them. */
const createReplayer = () => {
  const scorers = new Map<string, Scorer>();
  const encoder = new LeafEncoder();
  return (rating: StoredRating, version: ScorecardVersion, set: FrozenCutPoints): Replayed => {
    const key = `${version.id}:${set.id}:${rating.asOf}`;
    const scorer = scorers.get(key) ?? createScorer(version, new Map([[ALL_INDUSTRIES, set]]), rating.asOf);
    scorers.set(key, scorer);
    const facts = factsOf(rating);
    const kept = encoder.leaf(facts);
    if (facts.values.length !== scorer.inputs.values.length) return { matches: false, stored: kept, computed: null };
    scorer.inputs.values.set(facts.values);
    scorer.inputs.days.set(facts.days);
    const rated = scorer.rate(facts.customerId, ALL_INDUSTRIES);
    if (isRefusal(rated)) return { matches: false, stored: kept, computed: null };
    const computed = encoder.leaf(rated);
    return { matches: computed.equals(kept), stored: kept, computed };
  };
};

export const factsOf = (rating: StoredRating): RatingFacts => ({
  customerId: uuidField(rating.customerId),
  scorecardVersionId: uuidField(rating.scorecardVersionId),
  cutPointSetId: uuidField(rating.cutPointSetId),
  asOfDay: dayNumber(rating.asOf),
  scoreE4: pointsToE4(rating.score),
  modelRank: rankOf(rating.modelGrade as Grade),
  uncappedRank: rankOf(rating.uncappedGrade as Grade),
  values: Float64Array.from(rating.inputs, (value) => value ?? MISSING_VALUE),
  days: Int32Array.from(rating.inputAsOf, (day) => (day === null ? MISSING_DAY : dayNumber(day))),
  pointsCenti: Int16Array.from(rating.pointsCenti),
  caps: codesFrom(rating.caps),
  notes: codesFrom(rating.notes),
});

const FORMAT = 'tierwarden-rating/1';

/** One rating with all that it was made of: whoever holds it can rate again without the database. */
export interface RatingDocument {
  readonly format: typeof FORMAT;
  readonly rating: StoredRating;
  readonly scorecardVersion: ScorecardVersion;
  readonly cutPointSet: FrozenCutPoints;
  /** Canonical bytes, hex. */
  readonly leaf: string;
}

/** Needs `rating.read`. Refuses NOT_FOUND, and INVALID_STATE.RESTRICTED and .ERASED for persons. */
export const exportRating = async (
  deps: ReplayDeps,
  by: Initiator,
  ratingId: string,
): Promise<Result<RatingDocument>> => {
  const permitted = permit(by.actor, 'rating.read');
  if (!permitted.ok) return permitted;
  const [found] = await readRatings(deps.database.query, [ratingId]);
  if (found === undefined) return refuse('NOT_FOUND', 'There is no such rating.', { field: ['ratingId'] });
  const rating = stored.parse(found);
  const audits = permit(by.actor, 'audit.read').ok;
  const blocked = (await processingRefusals(deps.database.query, [rating.customerId], audits)).get(rating.customerId);
  if (blocked !== undefined) return refused(blocked);
  const [scorecardVersion] = await deps.scorecards.versionsByIds([rating.scorecardVersionId]);
  const [cutPointSet] = await deps.scorecards.cutPointsByIds([rating.cutPointSetId]);
  if (scorecardVersion === undefined || cutPointSet === undefined) {
    throw new Error(`rating ${ratingId} lacks its scorecard`);
  }
  const leaf = new LeafEncoder().leaf(factsOf(rating)).toString('hex');
  return ok({ format: FORMAT, rating, scorecardVersion, cutPointSet, leaf });
};

/** Rates a document again; needs no database. Refuses INVALID.RATING_DOCUMENT for what is none. */
export const replayDocument = (json: unknown): Result<ReplayReport> => {
  const document = z
    .object({ format: z.literal(FORMAT), rating: stored, leaf: z.string() })
    .loose()
    .safeParse(json);
  if (!document.success) {
    return refuse('INVALID', 'this is no exported rating', { reason: 'RATING_DOCUMENT' });
  }
  // What it was rated by is compiled, which throws on anything that was not made for one another.
  const { rating, scorecardVersion, cutPointSet, leaf } = document.data as unknown as RatingDocument;
  const replayed = createReplayer()(rating, scorecardVersion, cutPointSet);
  const matches = replayed.matches && replayed.stored.toString('hex') === leaf;
  return ok({
    checked: 1,
    mismatches: matches ? 0 : 1,
    mismatched: matches ? [] : [{ ratingId: rating.id, what: 'RESULT' }],
  });
};

const DAY_MS = 86_400_000;

/**
 * Once a day, whoever asks first: rates so many ratings again and records what came of it. Yields null when it was done today
 * already. A mismatch is for the caller to raise an alarm about.
 */
export const replaySample = async (
  deps: ReplayDeps & { readonly unitOfWork: UnitOfWork },
  by: Initiator,
  sample: number,
): Promise<Result<ReplayReport | null>> =>
  deps.unitOfWork.run<ReplayReport | null>(by, async (tx) => {
    const [free] = await tx.query<{ free: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtext('rating.replay')) AND NOT EXISTS (
         SELECT FROM audit_event WHERE action = 'rating.replayed' AND occurred_at > $1) AS free`,
      [new Date(tx.at.getTime() - DAY_MS)],
    );
    const report = free?.free === true ? await replay(deps, by, { sample }) : ok(null);
    if (!report.ok || report.value === null || report.value.checked === 0) {
      tx.unchanged();
      return report.ok ? ok(null) : report;
    }
    const { checked, mismatches, mismatched } = report.value;
    tx.record({
      action: 'rating.replayed',
      object: { type: 'RatingReplay', id: tx.newId() },
      data: { checked, mismatches, mismatched: mismatched.map(({ ratingId, what }) => ({ ratingId, what })) },
    });
    return report;
  });
