import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import type { OutcomeEvent } from '../../src/validation';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { OutcomeEventEnum, rankPower, RankPower } from './outcome.types';

@Resolver()
export class OutcomeResolver {
  @Query(() => RankPower, {
    description: "The model's latest scores and grades, whatever overrides say, held against what became of customers.",
  })
  async rankPower(
    @Ctx() { app, actor }: GraphContext,
    @Arg('event', () => OutcomeEventEnum, { description: 'What counts as bad.' }) event: OutcomeEvent,
    @Arg('source', () => String, { description: 'Who said so, as it was named when the outcomes came in.' })
    source: string,
  ): Promise<RankPower> {
    return rankPower(valueOrFault(await app.validation.queries.rankPower(actor, { event, source })));
  }
}
