/** Reads the attestations that are due and those that were given, and the figures that one is put up with. It never writes. */
import type { Actor } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import type { Audit } from '../audit';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import type { Ratings } from '../ratings';
import type { AttestationFigures } from './domain/attestation';
import { createOutcomeQueries } from './outcome.queries';
import { createOverrideReports } from './override-report.queries';

export interface AttestationView {
  readonly year: number;
  /** YYYY-MM-DD. */
  readonly dueOn: string;
  readonly overdue: boolean;
  readonly reminders: number;
  readonly attestedAt: Date | null;
  /** The request that gave it, or the open one that would. */
  readonly requestId: string | null;
}

export const createAttestationQueries = ({ query }: Pick<Database, 'query'>) => ({
  /** One for each year that is over, the newest first. Needs `outcome.read`. */
  attestations: async (viewer: Actor, now: Date): Promise<Result<readonly AttestationView[]>> => {
    const permitted = permit(viewer, 'outcome.read');
    if (!permitted.ok) return permitted;
    return ok(
      await query<AttestationView>(
        `SELECT year, due_on::text AS "dueOn", attested_at IS NULL AND due_on < $1::date AS overdue, reminders,
           attested_at AS "attestedAt", coalesce(request_id, (SELECT id FROM change_request
             WHERE kind = 'ATTESTATION' AND subject_type = 'Attestation' AND subject_id = year::text
               AND state IN ('IN_REVIEW', 'RETURNED', 'STALE', 'APPLY_FAILED') ORDER BY serial DESC LIMIT 1)) AS "requestId"
         FROM attestation ORDER BY year DESC`,
        [now.toISOString().slice(0, 10)],
      ),
    );
  },
});

/** How the rules were kept in the year, and how things stand now. Needs `rating.read` and `outcome.read`. */
export const attestationFigures = async (
  {
    database,
    ratings,
    audit,
  }: {
    readonly database: Pick<Database, 'query'>;
    readonly ratings: { readonly queries: Pick<Ratings['queries'], 'reratingFigures'> };
    readonly audit: Pick<Audit, 'completeness'>;
  },
  viewer: Actor,
  year: number,
  now: Date,
): Promise<Result<AttestationFigures>> => {
  const period = { from: new Date(Date.UTC(year, 0, 1)), to: new Date(Date.UTC(year + 1, 0, 1)) };
  const reratings = await ratings.queries.reratingFigures(viewer, now, period);
  if (!reratings.ok) return reratings;
  const overrides = await createOverrideReports(database).overrideReport(viewer, period);
  if (!overrides.ok) return overrides;
  const power = await createOutcomeQueries(database).powerBySource(viewer);
  if (!power.ok) return power;
  const { tables, comparedTables, openDiscrepancies } = await audit.completeness.status();
  const { overdue, asked, late } = reratings.value;
  return ok({
    takenAt: now.toISOString(),
    ratings: { overdue, asked, late },
    overrides: { ...overrides.value.total },
    power: power.value.map(({ source, event, rated, bad, byGrade: { modelAuc, inForceAuc } }) => ({
      source,
      event,
      rated,
      bad,
      modelAuc: text(modelAuc),
      inForceAuc: text(inForceAuc),
    })),
    log: { tables, comparedTables, openDiscrepancies },
  });
};

const text = (auc: number | null): string | null => auc?.toFixed(4) ?? null;
