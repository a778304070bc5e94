/**
 * Makes sure that cut points are frozen before anybody is rated by them: for every industry that is big enough and for
 * all industries together, from the values that are current at that moment. What is frozen stays as it is.
 */
import type { Initiator } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import { indicatorOf, MAX_ORDINAL } from '../indicators';
import { createCopyReader, readOffsets, textsOf, viewOf } from '../platform/binary-copy';
import type { Database } from '../platform/database';
import {
  ALL_INDUSTRIES,
  freezeCutPoints,
  isFrozen,
  MIN_REFERENCE_SIZE,
  MISSING_VALUE,
  type DrawnCutPoints,
  type FrozenCutPoints,
  type Population,
  type Scorecards,
  type ScorecardVersion,
} from '../scorecards';

interface ReferenceDeps {
  readonly database: Database;
  readonly scorecards: Scorecards;
}

/** Cut points of a version by segment; always holds {@link ALL_INDUSTRIES} when it holds anything. */
export type CutPointsBySegment = ReadonlyMap<string, FrozenCutPoints>;

/** Freezes what is missing. Refuses with INVALID_STATE.NO_REFERENCE_VALUES in an installation without any values. */
export const ensureCutPoints = async (
  deps: ReferenceDeps,
  by: Initiator,
  version: ScorecardVersion,
): Promise<Result<CutPointsBySegment>> => {
  const bySegment = new Map(segmentsOf(await deps.scorecards.cutPointsOfVersion(version.id)));
  const populationOf = createPopulations(deps.database, version);
  for (const segment of await referenceSegments(deps.database, [...bySegment.keys()])) {
    if (bySegment.has(segment)) continue;
    const population = await populationOf(segment);
    const set = await deps.scorecards.freezeCutPoints(by, version.id, segment, population);
    if (set.ok) bySegment.set(segment, set.value);
    // An industry whose members have none of the values is rated by everybody's cut points.
    else if (segment === ALL_INDUSTRIES || set.refusal.reason !== 'NO_REFERENCE_VALUES') return set;
  }
  return ok(bySegment);
};

/**
 * Cut points to try a version with: those that it has, and for segments without what would be frozen now. Writes nothing;
 * refuses as {@link ensureCutPoints} does. `only` asks for what rates one industry.
 */
export const drawCutPoints = async (
  deps: ReferenceDeps,
  version: ScorecardVersion,
  only: string | null = null,
): Promise<Result<readonly DrawnCutPoints[]>> => {
  const bySegment = new Map<string, DrawnCutPoints>(segmentsOf(await deps.scorecards.cutPointsOfVersion(version.id)));
  const segments = await referenceSegments(deps.database);
  const wanted = only === null ? segments : [only, ALL_INDUSTRIES].filter((segment) => segments.includes(segment));
  const populationOf = createPopulations(deps.database, version);
  for (const segment of wanted) {
    if (!bySegment.has(segment)) {
      const cut = freezeCutPoints(version.definition, segment, await populationOf(segment));
      if (cut.ok) bySegment.set(segment, cut.value);
      else if (segment === ALL_INDUSTRIES) return cut;
    }
    if (only !== null && bySegment.has(segment)) break;
  }
  return ok([...bySegment.values()]);
};

/**
 * What would rate a customer of the industry by the version: its cut points; of a draft those of its newest trial; else what would
 * be frozen now. Writes nothing; refuses as {@link ensureCutPoints} does.
 */
export const cutPointsToTry = async (
  deps: ReferenceDeps,
  version: ScorecardVersion,
  industry: string | null,
): Promise<Result<CutPointsBySegment>> => {
  const trial = await deps.scorecards.newestTrial(version);
  const own = await deps.scorecards.cutPointsOfVersion(version.id);
  if (trial !== null && own.length === 0) return ok(segmentsOf(trial.cutPoints));
  const drawn = await drawCutPoints(deps, version, industry ?? ALL_INDUSTRIES);
  if (!drawn.ok) return drawn;
  return ok(
    segmentsOf(
      drawn.value.map((set) => (isFrozen(set) ? set : { ...NOT_FROZEN, versionId: version.id, cutPoints: set })),
    ),
  );
};

const NOT_FROZEN = { id: '00000000-0000-0000-0000-000000000000', digest: '', frozenAt: new Date(0) };

/** Everybody's, and industries that are big enough for their own; of the industries in `known` nobody is counted. */
const referenceSegments = async (database: Database, known: readonly string[] = []): Promise<readonly string[]> => {
  const sizes = await database.query<{ industry: string; members: number }>(
    `SELECT customer.industry_code AS industry, count(*)::int AS members
     FROM customer JOIN indicator_current AS current ON current.customer_id = customer.id
     WHERE customer.industry_code IS NOT NULL AND customer.industry_code <> ALL ($1::text[])
     GROUP BY customer.industry_code ORDER BY customer.industry_code`,
    [known],
  );
  return [
    ALL_INDUSTRIES,
    ...sizes.filter(({ members }) => members >= MIN_REFERENCE_SIZE).map(({ industry }) => industry),
  ];
};

export const segmentsOf = (sets: readonly FrozenCutPoints[]): CutPointsBySegment =>
  new Map(sets.map((set) => [set.cutPoints.segment, set]));

/** The set that rates a customer of the industry. */
export const cutPointsFor = (bySegment: CutPointsBySegment, industryCode: string): FrozenCutPoints => {
  const set = bySegment.get(industryCode) ?? bySegment.get(ALL_INDUSTRIES);
  if (set === undefined) throw new Error('cut points are frozen before anybody is rated');
  return set;
};

/** Populations of segments, read once for all of them as soon as one is asked for. */
const createPopulations = (
  database: Database,
  version: ScorecardVersion,
): ((segment: string) => Promise<Population>) => {
  const ordinals = version.definition.characteristics.map(({ indicator }) => indicatorOf(indicator).ordinal);
  let read: Promise<ReadonlyMap<string, Members>> | undefined;
  return async (segment) => {
    const byIndustry = await (read ??= readMembers(database, ordinals));
    const groups = segment === ALL_INDUSTRIES ? [...byIndustry.values()] : [byIndustry.get(segment) ?? new Members(0)];
    return { columns: ordinals.map((_, column) => joined(groups.map((members) => members.column(column)))) };
  };
};

/** Columns of values of one industry, MISSING_VALUE where there is none. */
class Members {
  private readonly columns: Float64Array[];
  private count = 0;

  constructor(width: number) {
    this.columns = Array.from({ length: width }, () => new Float64Array(256));
  }

  /** `values`: one for each column. */
  add(values: Float64Array): void {
    for (const [column, held] of this.columns.entries()) {
      if (this.count === held.length) {
        const larger = new Float64Array(held.length * 2);
        larger.set(held);
        this.columns[column] = larger;
      }
      (this.columns[column] as Float64Array)[this.count] = values[column] as number;
    }
    this.count += 1;
  }

  column(column: number): Float64Array {
    return this.columns[column]?.subarray(0, this.count) ?? new Float64Array(0);
  }
}

const joined = (parts: readonly Float64Array[]): Float64Array => {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

const readMembers = async (database: Database, ordinals: readonly number[]): Promise<ReadonlyMap<string, Members>> => {
  const byIndustry = new Map<string, Members>();
  const industryOf = textsOf();
  const offsets = new Int32Array(MAX_ORDINAL);
  const last = Math.max(...ordinals) - 1;
  const values = new Float64Array(ordinals.length);
  const reader = createCopyReader(2, (bytes, starts, lengths) => {
    const view = viewOf(bytes);
    const industry = industryOf(bytes, starts[0] as number, lengths[0] as number) ?? '';
    let members = byIndustry.get(industry);
    if (members === undefined) byIndustry.set(industry, (members = new Members(ordinals.length)));
    const known = lengths[1] === -1 ? 0 : readOffsets(view, starts[1] as number, lengths[1] as number, last, offsets);
    for (const [column, ordinal] of ordinals.entries()) {
      const at = ordinal <= known ? (offsets[ordinal - 1] as number) : -1;
      const value = at === -1 ? MISSING_VALUE : view.getFloat64(at);
      // What is no number parks its customer, and must not keep everybody else from being rated.
      values[column] = Number.isFinite(value) ? value : MISSING_VALUE;
    }
    members.add(values);
  });
  const pieces = database.copyOut(
    `COPY (SELECT customer.industry_code, current.values
           FROM indicator_current AS current JOIN customer ON customer.id = current.customer_id
           WHERE customer.industry_code IS NOT NULL) TO STDOUT (FORMAT binary)`,
  );
  for await (const piece of pieces) reader.push(piece);
  reader.end();
  return byIndustry;
};
