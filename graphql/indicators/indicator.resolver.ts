import { Ctx, Query, Resolver } from 'type-graphql';
import { permit } from '../../src/identity';
import { INDICATORS } from '../../src/indicators';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { IndicatorDefinition, indicatorDefinition } from './indicator.types';

@Resolver()
export class IndicatorResolver {
  @Query(() => [IndicatorDefinition], { description: 'The indicator dictionary.' })
  indicatorDefinitions(@Ctx() { actor }: GraphContext): IndicatorDefinition[] {
    valueOrFault(permit(actor, 'indicator.read'));
    return INDICATORS.map(indicatorDefinition);
  }
}
