/** Reads overrides with what became of their customers. It never writes. */
import type { Actor } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import { reportOverrides, type OverrideFate, type OverrideFigures, type OverrideGroup } from './domain/override-report';

export interface OverrideReport {
  readonly total: OverrideFigures;
  readonly groups: readonly OverrideGroup[];
}

/** Override by override, of those that took effect in the period. Votes that stand say who agreed, in whose name he did. */
const FATES = `
  SELECT grade_override.model_grade AS "modelGrade", grade_override.to_grade AS "toGrade", grade_override.reason_code AS "reasonCode",
    held.model_grade AS "laterGrade",
    (SELECT json_build_object('id', person.id, 'name', person.display_name) FROM app_user AS person
     WHERE person.id::text = lower(request.maker_id)) AS requester,
    (SELECT coalesce(json_agg(json_build_object('id', person.id, 'name', person.display_name) ORDER BY person.id), '[]')
     FROM (SELECT DISTINCT voter_id FROM change_request_vote AS vote WHERE vote.request_id = request.id
             AND vote.verdict = 'APPROVE' AND change_request_vote_stands(vote)) AS agreed
       JOIN app_user AS person ON person.id = agreed.voter_id) AS approvers,
    (SELECT bool_or(said.bad) FROM (
       SELECT DISTINCT ON (source, event, observed_on) bad FROM outcome
       WHERE outcome.customer_id = grade_override.customer_id AND observed_on >= grade_override.effective_from::date
       ORDER BY source, event, observed_on, recorded_at DESC, id DESC) AS said) AS bad
  FROM grade_override JOIN change_request AS request ON request.id = grade_override.request_id
    JOIN customer_grade AS held ON held.customer_id = grade_override.customer_id
  WHERE ($1::timestamptz IS NULL OR grade_override.effective_from >= $1)
    AND ($2::timestamptz IS NULL OR grade_override.effective_from < $2)`;

export const createOverrideReports = ({ query }: Pick<Database, 'query'>) => ({
  /** Of the overrides that took effect from one moment up to another; null for no bound. Needs `outcome.read`. */
  overrideReport: async (
    viewer: Actor,
    { from, to }: { readonly from: Date | null; readonly to: Date | null },
  ): Promise<Result<OverrideReport>> => {
    const permitted = permit(viewer, 'outcome.read');
    if (!permitted.ok) return permitted;
    return ok(reportOverrides(await query<OverrideFate>(FATES, [from, to])));
  },
});
