import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { permit } from '../../src/identity';
import { INDICATORS } from '../../src/indicators';
import { PageArgs, pageRequest, toConnection, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import {
  IndicatorDefinition,
  indicatorDefinition,
  IndicatorValue,
  indicatorValue,
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
  @FieldResolver(() => IndicatorValueConnection, {
    description: 'Every value that an indicator ever had, corrections included, newest day first.',
  })
  async indicatorHistory(
    @Root() customer: Customer,
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('code', () => String, { description: 'Code of the indicator.' }) code: string,
  ): Promise<Connection<IndicatorValue>> {
    const { key } = customer;
    const binding = { list: 'Customer.indicatorHistory', order: 'asOf', filter: [key, code] };
    const { history, countHistory } = app.indicators.queries;
    const page = valueOrFault(await history(actor, key, code, pageRequest(args, binding, 3)));
    return toConnection(page, args, binding, indicatorValue, async () =>
      valueOrFault(await countHistory(actor, key, code)),
    );
  }
}
