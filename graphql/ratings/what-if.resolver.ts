import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';
import { isSensitive } from '../../src/indicators';
import type { CustomerWhatIfView } from '../../src/ratings';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { valueOrFault } from '../faults';
import { keyOf, optionalKeyOf } from '../global-id';
import { readOne } from '../reads';
import { ScorecardVersion } from '../scorecards/scorecard.types';
import { CustomerWhatIf, WhatIfArgs } from './customer-what-if.types';

@Resolver(() => CustomerWhatIf)
export class WhatIfResolver {
  @Query(() => CustomerWhatIf, {
    description:
      'What would become of one customer with other values, by another scorecard version or limit policy 「单户试算」. Nothing is kept of it.',
  })
  async whatIf(
    @Ctx() { app, actor, now, requestId }: GraphContext,
    @Args(() => WhatIfArgs) { customerId, changes, scorecardVersionId, limitPolicy }: WhatIfArgs,
  ): Promise<CustomerWhatIfView> {
    const question = {
      customerId: keyOf('Customer', customerId),
      changes: changes.map(({ indicator, value }) => ({ indicator, value: value?.toFixed() ?? null })),
      scorecardVersionId: optionalKeyOf('ScorecardVersion', scorecardVersionId) ?? null,
      limitPolicy: limitPolicy ?? null,
    };
    const view = valueOrFault(await app.ratings.queries.whatIf(actor, question, now));
    if (view.contributions.some(({ indicator, masked }) => !masked && isSensitive(indicator)))
      app.looks.looked(actor, requestId, { customerId: view.customerId, field: 'whatIf' });
    return view;
  }

  @FieldResolver(() => Customer, { nullable: true, description: 'The customer.' })
  customer(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Root() { customerId }: CustomerWhatIfView,
  ): Promise<Customer | null> {
    return readOne(context, info, 'Customer', customerId);
  }

  @FieldResolver(() => ScorecardVersion, { nullable: true, description: 'Version that was rated by.' })
  scorecardVersion(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Root() { scorecardVersionId }: CustomerWhatIfView,
  ): Promise<ScorecardVersion | null> {
    return readOne(context, info, 'ScorecardVersion', scorecardVersionId);
  }
}
