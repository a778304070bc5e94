import { Ctx, Query, Resolver } from 'type-graphql';
import { permit } from '../../src/identity';
import { INDICATORS } from '../../src/indicators';
import type { Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { pastIndicatorHistory } from '../customers/past-customer';
import { valueOrFault } from '../faults';
import { ReadPages } from '../reads';
import {
  IndicatorDefinition,
  indicatorDefinition,
  IndicatorHistoryArgs,
  IndicatorValue,
  IndicatorValueConnection,
} from './indicator.types';

@Resolver()
export class IndicatorResolver {
  @Query(() => [IndicatorDefinition], { description: 'The indicator dictionary.' })
  indicatorDefinitions(@Ctx() { actor }: GraphContext): IndicatorDefinition[] {
    valueOrFault(permit(actor, 'indicator.read'));
    return INDICATORS.map(indicatorDefinition);
  }
}

@Resolver(() => Customer)
export class CustomerIndicatorsResolver {
  @ReadPages(() => IndicatorValueConnection, {
    description: 'Every value that an indicator ever had, corrections included, newest day first.',
    args: IndicatorHistoryArgs,
    past: pastIndicatorHistory,
  })
  indicatorHistory!: Connection<IndicatorValue>;
}
