/**
 * What a scorecard version would do, for whoever puts it up for decision and whoever decides: the figures of its simulation,
 * as they were and as they stand in the digest of the request. It only reads.
 */
import type { Json } from '../kernel/canonical-json';
import { gradeView, type Grade } from '../kernel/grade';
import { ok } from '../kernel/result';
import type { Policies } from '../policies';
import type { Query } from '../platform/database';
import type { ScorecardVersion, VersionWhatIfs } from '../scorecards';
import { judgeSimulation } from './domain/judge-simulation';
import type { WhatIfFigures } from './domain/what-if';

/** What stands in the impact of a request. */
interface WhatIfImpact {
  readonly runId: string;
  readonly asOf: string;
  readonly simulatedAt: string;
  readonly figures: WhatIfFigures;
}

export const versionWhatIfs = ({ policies }: { readonly policies: Pick<Policies, 'inForce'> }): VersionWhatIfs => ({
  of: async (tx, version) => {
    const [latest] = await simulationsOf(tx.query, version, null);
    // What was tried last with this very content; failing that, what was tried at all tells what has become of it.
    const [same] = await simulationsOf(tx.query, version, version.digest);
    const simulation = same ?? latest ?? null;
    if (simulation === null && !(await anybodyToRate(tx.query))) return ok(null);
    const { content } = await policies.inForce(tx, 'RATING_RUN');
    const judged = judgeSimulation(
      version.digest,
      simulation === null ? null : { ...simulation, ...(await changedSince(tx.query, simulation.startedAt)) },
      content.simulation,
      tx.at,
    );
    if (!judged.ok) return judged;
    return ok(simulation === null ? null : { trialId: simulation.trialId, impact: impactOf(simulation) });
  },
  show: (impact, identify) => {
    const { runId, asOf, simulatedAt, figures } = impact as unknown as WhatIfImpact;
    return { runId: identify('RatingRun', runId), asOf, simulatedAt, figures: whatIfView(figures) };
  },
});

interface Simulation {
  readonly runId: string;
  readonly trialId: string;
  readonly digest: string;
  readonly asOf: string;
  readonly startedAt: Date;
  readonly figures: WhatIfFigures;
}

/** Simulations of the version that came to their end, newest first; those that tried a limit policy as well are no proof. */
const simulationsOf = (query: Query, version: ScorecardVersion, digest: string | null): Promise<Simulation[]> =>
  query<Simulation>(
    `SELECT run.id AS "runId", trial.id AS "trialId", trial.digest, run.as_of::text AS "asOf",
       run.started_at AS "startedAt", run.what_if AS figures
     FROM rating_run AS run JOIN scorecard_trial AS trial ON trial.id = run.trial_id
     WHERE run.scorecard_version_id = $1 AND run.state = 'SIMULATED' AND run.limit_policy IS NULL
       AND ($2::text IS NULL OR trial.digest = $2)
     ORDER BY run.started_at DESC LIMIT 1`,
    [version.id, digest],
  );

const anybodyToRate = async (query: Query): Promise<boolean> => {
  const [row] = await query<{ anybody: boolean }>(
    `SELECT EXISTS (SELECT FROM indicator_current AS current JOIN customer ON customer.id = current.customer_id
       WHERE customer.industry_code IS NOT NULL) AS anybody`,
  );
  return row?.anybody === true;
};

const changedSince = async (query: Query, since: Date): Promise<{ customers: number; changed: number }> => {
  const [row] = await query<{ customers: number; changed: number }>(
    `SELECT count(*)::int AS customers, (count(*) FILTER (WHERE customer.created_at > $1 OR current.updated_at > $1
       OR held.effective_from > $1))::int AS changed
     FROM customer LEFT JOIN indicator_current AS current ON current.customer_id = customer.id
     LEFT JOIN customer_grade AS held ON held.customer_id = customer.id`,
    [since],
  );
  return row ?? { customers: 0, changed: 0 };
};

const impactOf = ({ runId, asOf, startedAt, figures }: Simulation): Json => ({
  runId,
  asOf,
  simulatedAt: startedAt.toISOString(),
  figures: figures as unknown as Json,
});

/** Figures as people are shown them. */
export const whatIfView = (figures: WhatIfFigures) => {
  const { currency } = figures;
  const money = (amount: string) => ({ amount, currency });
  const gradeOrNull = (grade: Grade | null) => (grade === null ? null : gradeView(grade));
  const crossings = (cells: WhatIfFigures['model']) =>
    cells.map(({ from, to, exposure, ...cell }) => ({
      ...cell,
      from: gradeOrNull(from),
      to: gradeOrNull(to),
      exposure: money(exposure),
    }));
  const amounts = ({ count, amount }: WhatIfFigures['limits']['cut']) => ({ count, amount: money(amount) });
  return {
    ...figures,
    exposure: money(figures.exposure),
    model: crossings(figures.model),
    inForce: crossings(figures.inForce),
    limits: {
      cut: amounts(figures.limits.cut),
      raisable: amounts(figures.limits.raisable),
      stopped: amounts(figures.limits.stopped),
      reopened: amounts(figures.limits.reopened),
    },
    tiers: figures.tiers.map(({ exposure, ...cell }) => ({ ...cell, exposure: money(exposure) })),
    terms: figures.terms.map(({ exposure, ...cell }) => ({ ...cell, exposure: money(exposure) })),
  };
};
