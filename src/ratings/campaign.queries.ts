/** Reads campaigns for screens and alarms. It never writes. */
import type { Actor } from '../kernel/actor';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import { CAMPAIGN_COLUMNS, coverageOf, toCampaign, type CampaignRow } from './campaign.store';
import { shareOf, type CampaignState, type CampaignTarget, type Coverage } from './domain/campaign';

export interface CampaignView extends Coverage {
  readonly scorecardVersionId: string;
  readonly state: CampaignState;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  /** Six places. */
  readonly share: string;
  readonly targets: readonly CampaignTarget[];
  /** Targets that have passed without being met, as of the last count. */
  readonly missed: number;
  /** What was counted, day by day. */
  readonly burnDown: readonly (Coverage & { readonly day: string; readonly share: string })[];
}

/** The latest campaigns are enough for a screen. */
const SHOWN = 10;

export const createCampaignQueries = ({ query }: Database) => ({
  /** Newest first, at most ten. What is covered is counted now for the open one, and as at its end for others. Needs `rating.read`. */
  campaigns: async (viewer: Actor): Promise<Result<CampaignView[]>> => {
    const permitted = permit(viewer, 'rating.read');
    if (!permitted.ok) return permitted;
    const rows = await query<
      Omit<CampaignRow, 'targets'> & {
        readonly targets: { dueAt: string; share: string }[];
        readonly endedAt: Date | null;
        readonly points: (Coverage & { readonly day: string })[];
      }
    >(
      `SELECT ${CAMPAIGN_COLUMNS}, ended_at AS "endedAt",
         (SELECT coalesce(json_agg(json_build_object('day', day, 'customers', customers, 'covered', covered) ORDER BY day), '[]')
          FROM rating_campaign_point WHERE campaign_id = campaign.id) AS points
       FROM rating_campaign AS campaign ORDER BY started_at DESC, id DESC LIMIT ${SHOWN}`,
    );
    const views: CampaignView[] = [];
    for (const { points, ...row } of rows) {
      const { scorecardVersionId, state, startedAt, endedAt, targets, missed } = { ...row, ...toCampaign(row) };
      const last = points.at(-1) ?? { customers: 0, covered: 0 };
      const { customers, covered } = state === 'OPEN' ? await coverageOf(query, scorecardVersionId) : last;
      const burnDown = points.map((point) => ({ ...point, share: shareOf(point) }));
      const coverage = { customers, covered, share: shareOf({ customers, covered }) };
      views.push({ scorecardVersionId, state, startedAt, endedAt, targets, missed, burnDown, ...coverage });
    }
    return ok(views);
  },

  /** For alarms: how far the open campaign had come when it was last counted; null where none is open. */
  campaignProgress: async (): Promise<{ readonly share: number; readonly missed: number } | null> => {
    const [row] = await query<{ share: number; missed: number }>(
      `SELECT missed, coalesce((SELECT covered::float8 / greatest(customers, 1) FROM rating_campaign_point
         WHERE campaign_id = campaign.id ORDER BY day DESC LIMIT 1), 0) AS share
       FROM rating_campaign AS campaign WHERE state = 'OPEN'`,
    );
    return row ?? null;
  },
});

export type CampaignQueries = ReturnType<typeof createCampaignQueries>;
