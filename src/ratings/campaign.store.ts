/** Writes campaigns and what was counted of them. */
import type { Query } from '../platform/database';
import type { Tx } from '../platform/unit-of-work';
import type { CampaignState, CampaignTarget, Coverage } from './domain/campaign';
import type { DueCustomer } from './rerating.store';

export interface CampaignRow {
  readonly id: string;
  readonly scorecardVersionId: string;
  readonly startedAt: Date;
  readonly targets: readonly CampaignTarget[];
  readonly state: CampaignState;
  readonly missed: number;
}

type StoredCampaign = Omit<CampaignRow, 'targets'> & { readonly targets: readonly { dueAt: string; share: string }[] };

export const CAMPAIGN_COLUMNS = `id, scorecard_version_id AS "scorecardVersionId", started_at AS "startedAt", targets, state, missed`;

export const toCampaign = <Row extends StoredCampaign>({ targets, ...row }: Row) => ({
  ...row,
  targets: targets.map(({ dueAt, share }): CampaignTarget => ({ dueAt: new Date(dueAt), share })),
});

/** Serialises those who advance campaigns. */
export const lockCampaigns = async (tx: Tx): Promise<void> => {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('rating_campaign'))");
};

export const openCampaign = async (tx: Tx): Promise<CampaignRow | null> => {
  const [row] = await tx.query<StoredCampaign>(`SELECT ${CAMPAIGN_COLUMNS} FROM rating_campaign WHERE state = 'OPEN'`);
  return row === undefined ? null : toCampaign(row);
};

export const hadCampaign = async (tx: Tx, scorecardVersionId: string): Promise<boolean> =>
  (await tx.query('SELECT FROM rating_campaign WHERE scorecard_version_id = $1', [scorecardVersionId])).length > 0;

export const insertCampaign = async (
  tx: Tx,
  campaign: Pick<CampaignRow, 'scorecardVersionId' | 'startedAt' | 'targets'>,
): Promise<CampaignRow> => {
  const row: CampaignRow = { id: tx.newId(), ...campaign, state: 'OPEN', missed: 0 };
  await tx.query(
    `INSERT INTO rating_campaign (id, scorecard_version_id, started_at, targets, state, missed)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [row.id, row.scorecardVersionId, row.startedAt, JSON.stringify(row.targets), row.state, row.missed],
  );
  return row;
};

export const endCampaign = async (tx: Tx, id: string, state: Exclude<CampaignState, 'OPEN'>): Promise<void> => {
  await tx.query('UPDATE rating_campaign SET state = $2, ended_at = greatest($3, started_at) WHERE id = $1', [
    id,
    state,
    tx.at,
  ]);
};

export const noteMissed = async (tx: Tx, id: string, missed: number): Promise<void> => {
  await tx.query('UPDATE rating_campaign SET missed = $2 WHERE id = $1', [id, missed]);
};

/** Counted from the current grades and the ratings that they come from. */
export const coverageOf = async (query: Query, scorecardVersionId: string): Promise<Coverage> => {
  const [row] = await query<Coverage>(
    `SELECT count(*)::int AS customers, count(*) FILTER (WHERE rating.scorecard_version_id = $1)::int AS covered
     FROM customer_grade AS held JOIN rating ON rating.id = held.rating_id`,
    [scorecardVersionId],
  );
  if (row === undefined) throw new Error('a count without a row');
  return row;
};

/** The first count of a day stands; yields whether this was it. */
export const insertPoint = async (tx: Tx, campaignId: string, day: string, coverage: Coverage): Promise<boolean> =>
  (
    await tx.query(
      `INSERT INTO rating_campaign_point (campaign_id, day, customers, covered) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING day`,
      [campaignId, day, coverage.customers, coverage.covered],
    )
  ).length === 1;

export const countOpen = async (tx: Tx): Promise<number> => {
  const [row] = await tx.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM rerating WHERE kind = 'CAMPAIGN' AND state = 'OPEN'`,
  );
  return row?.open ?? 0;
};

/** Customers that are not covered and were not asked for in this campaign, worst grades first. */
export const uncovered = (tx: Tx, scorecardVersionId: string, atMost: number): Promise<DueCustomer[]> =>
  tx.query<DueCustomer>(
    `SELECT held.customer_id AS "customerId", $1::text AS period, grade_rank(least(held.grade, held.model_grade)) AS rank
     FROM customer_grade AS held JOIN rating ON rating.id = held.rating_id
     WHERE rating.scorecard_version_id <> $1::uuid
       AND NOT EXISTS (SELECT FROM rerating WHERE customer_id = held.customer_id AND kind = 'CAMPAIGN' AND period = $1::text)
     ORDER BY least(held.grade, held.model_grade), held.customer_id LIMIT $2`,
    [scorecardVersionId, atMost],
  );
