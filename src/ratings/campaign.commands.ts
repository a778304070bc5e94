/**
 * Campaigns: begun when a new scorecard version is live, advanced at a pace that meets the targets, worst grades first, and
 * loud when behind. What is covered is counted from the ratings themselves, whoever made them.
 */
import type { Initiator } from '../kernel/actor';
import { localDay } from '../kernel/business-days';
import type { Json } from '../kernel/canonical-json';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Tx } from '../platform/unit-of-work';
import * as store from './campaign.store';
import { missedTargets, shareOf, targetsFrom, wantedBy, type Coverage } from './domain/campaign';
import type { RatingDeps } from './rating.commands';
import { insertReratings } from './rerating.store';

/** What is asked for runs ahead of the pace by this much, so that workers have something to do between two ticks. */
const LEAD_MS = 86_400_000;

export interface Advanced {
  /** Re-ratings that were asked for. */
  readonly asked: number;
  /** Targets that have passed without being met, where one of them was not told of before; else null. */
  readonly newlyMissed: number | null;
}

/** Safe to call at any time; asks for at most `atMost` re-ratings. */
export const advanceCampaign = (deps: RatingDeps, by: Initiator, atMost: number): Promise<Result<Advanced>> =>
  deps.unitOfWork.run(by, async (tx) => {
    const permitted = permit(by.actor, 'rating.run');
    if (!permitted.ok) return permitted;
    await store.lockCampaigns(tx);
    let events = 0;
    const tell: Tell = (campaign, verb, data) => {
      events++;
      tx.record({
        action: `ratingCampaign.${verb}`,
        object: { type: 'RatingCampaign', id: campaign.id },
        data: { scorecardVersion: campaign.scorecardVersionId, ...data },
      });
    };
    const campaign = await presentCampaign(deps, tx, tell);
    const advanced = campaign === null ? NOTHING : await advance(deps, tx, campaign, atMost, tell);
    if (events === 0) tx.unchanged();
    return ok(advanced);
  });

const NOTHING: Advanced = { asked: 0, newlyMissed: null };

type Tell = (
  campaign: store.CampaignRow,
  verb: 'started' | 'counted' | 'advanced' | 'behind' | 'reached' | 'superseded',
  data: { readonly [name: string]: Json },
) => void;

/** The campaign of the live version: the open one, or a new one where somebody is rated by another version. */
const presentCampaign = async (deps: RatingDeps, tx: Tx, tell: Tell): Promise<store.CampaignRow | null> => {
  const live = await deps.scorecards.liveVersion();
  const open = await store.openCampaign(tx);
  if (open?.scorecardVersionId === live.id) return open;
  if (open !== null) {
    await store.endCampaign(tx, open.id, 'SUPERSEDED');
    tell(open, 'superseded', { by: live.id });
  }
  if (await store.hadCampaign(tx, live.id)) return null;
  const coverage = await store.coverageOf(tx.query, live.id);
  if (coverage.covered === coverage.customers) return null;
  const { content } = await deps.policies.inForce(tx, 'RERATING_CALENDAR');
  const startedAt = live.effectiveFrom ?? tx.at;
  const targets = targetsFrom(startedAt, content.campaignTargets);
  const campaign = await store.insertCampaign(tx, { scorecardVersionId: live.id, startedAt, targets });
  tell(campaign, 'started', shown(coverage));
  return campaign;
};

const advance = async (
  deps: RatingDeps,
  tx: Tx,
  campaign: store.CampaignRow,
  atMost: number,
  tell: Tell,
): Promise<Advanced> => {
  const { content: calendar } = await deps.policies.inForce(tx, 'RERATING_CALENDAR');
  const coverage = await store.coverageOf(tx.query, campaign.scorecardVersionId);
  if (await store.insertPoint(tx, campaign.id, localDay(calendar, tx.at), coverage)) {
    tell(campaign, 'counted', shown(coverage));
  }
  if (coverage.covered === coverage.customers) {
    await store.endCampaign(tx, campaign.id, 'REACHED');
    tell(campaign, 'reached', shown(coverage));
    return NOTHING;
  }
  const missed = missedTargets(campaign.targets, coverage, tx.at);
  const newlyMissed = missed > campaign.missed ? missed : null;
  if (newlyMissed !== null) {
    await store.noteMissed(tx, campaign.id, missed);
    tell(campaign, 'behind', { ...shown(coverage), missed });
  }
  const wanted = wantedBy(campaign.startedAt, campaign.targets, coverage, new Date(tx.at.getTime() + LEAD_MS));
  const lacking = Math.min(atMost, wanted - coverage.covered - (await store.countOpen(tx)));
  const next = lacking <= 0 ? [] : await store.uncovered(tx, campaign.scorecardVersionId, lacking);
  const asked = next.length === 0 ? 0 : await insertReratings(tx, 'CAMPAIGN', next);
  if (asked > 0) tell(campaign, 'advanced', { ...shown(coverage), asked });
  return { asked, newlyMissed };
};

const shown = (coverage: Coverage) => ({ ...coverage, share: shareOf(coverage) });
