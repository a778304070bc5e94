/**
 * Makes sure that cut points are frozen before anybody is rated by them: for every industry that is big enough and for
 * all industries together, from the values that are current at that moment. What is frozen stays as it is.
 */
import type { Initiator } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import { indicatorOf } from '../indicators';
import type { Database } from '../platform/database';
import {
  ALL_INDUSTRIES,
  MIN_REFERENCE_SIZE,
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
  const sizes = await deps.database.query<{ industry: string; members: number }>(
    `SELECT customer.industry_code AS industry, count(*)::int AS members
     FROM customer JOIN indicator_current AS current ON current.customer_id = customer.id
     WHERE customer.industry_code IS NOT NULL GROUP BY customer.industry_code ORDER BY customer.industry_code`,
  );
  const segments = [
    ALL_INDUSTRIES,
    ...sizes.filter(({ members }) => members >= MIN_REFERENCE_SIZE).map(({ industry }) => industry),
  ];
  for (const segment of segments) {
    if (bySegment.has(segment)) continue;
    const population = await loadPopulation(deps.database, version, segment);
    const set = await deps.scorecards.freezeCutPoints(by, version.id, segment, population);
    if (set.ok) bySegment.set(segment, set.value);
    // An industry whose members have none of the values is rated by everybody's cut points.
    else if (segment === ALL_INDUSTRIES || set.refusal.reason !== 'NO_REFERENCE_VALUES') return set;
  }
  return ok(bySegment);
};

export const segmentsOf = (sets: readonly FrozenCutPoints[]): CutPointsBySegment =>
  new Map(sets.map((set) => [set.cutPoints.segment, set]));

/** The set that rates a customer of the industry. */
export const cutPointsFor = (bySegment: CutPointsBySegment, industryCode: string): FrozenCutPoints => {
  const set = bySegment.get(industryCode) ?? bySegment.get(ALL_INDUSTRIES);
  if (set === undefined) throw new Error('cut points are frozen before anybody is rated');
  return set;
};

const loadPopulation = async (database: Database, version: ScorecardVersion, segment: string): Promise<Population> => {
  const ordinals = version.definition.characteristics.map(({ indicator }) => indicatorOf(indicator).ordinal);
  const rows = await database.query<{ inputs: (number | null)[] }>(
    `SELECT ARRAY[${ordinals.map((ordinal) => `current.values[${ordinal}]`).join(', ')}] AS inputs
     FROM indicator_current AS current JOIN customer ON customer.id = current.customer_id
     WHERE customer.industry_code = $1 OR $1 = '${ALL_INDUSTRIES}' AND customer.industry_code IS NOT NULL`,
    [segment],
  );
  // What is no number parks its customer, and must not keep everybody else from being rated.
  const numberOf = (value: number | null | undefined): number | null =>
    value != null && Number.isFinite(value) ? value : null;
  return { columns: ordinals.map((_, column) => rows.map((row) => numberOf(row.inputs[column]))) };
};
