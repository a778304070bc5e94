import { Ctx, Query, Resolver } from 'type-graphql';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { reading } from '../reads';
import { ScorecardVersion } from '../scorecards/scorecard.types';
import { RatingCampaign } from './campaign.types';

@Resolver()
export class CampaignResolver {
  @Query(() => [RatingCampaign], { description: 'The latest campaigns after new scorecard versions, newest first.' })
  async ratingCampaigns(@Ctx() { app, actor }: GraphContext): Promise<readonly RatingCampaign[]> {
    const campaigns = valueOrFault(await app.ratings.queries.campaigns(actor));
    return campaigns.map(({ scorecardVersionId, ...view }) => ({
      ...view,
      scorecardVersion: reading<ScorecardVersion>('ScorecardVersion', scorecardVersionId),
    }));
  }
}
