import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { requestPayload } from '../approvals/change-request.resolver';
import type { Connection } from '../connection';
import { GraphContext } from '../context';
import { pastLimitEntries } from '../customers/past-customer';
import { keyOf } from '../global-id';
import { ReadPages } from '../reads';
import {
  CreditLimit,
  CreditLimitEntry,
  CreditLimitEntryConnection,
  RequestCreditLimitRaiseInput,
  RequestCreditLimitRaisePayload,
} from './limit.types';

@Resolver(() => CreditLimit)
export class LimitResolver {
  @Mutation(() => RequestCreditLimitRaisePayload, {
    description: 'Puts a raise up for decision, within what the limit policy allows at the grade in force.',
  })
  async requestCreditLimitRaise(
    @Ctx() context: GraphContext,
    @Arg('input', () => RequestCreditLimitRaiseInput) input: RequestCreditLimitRaiseInput,
  ): Promise<RequestCreditLimitRaisePayload> {
    return requestPayload(
      await context.app.limits.requestRaise(context.initiator, {
        customerId: keyOf('Customer', input.customerId),
        amount: { amount: input.amount.amount.toFixed(), currency: input.amount.currency },
        justification: input.justification,
        expectedVersion: input.expectedVersion,
      }),
    );
  }

  @ReadPages(() => CreditLimitEntryConnection, {
    description: 'Every move of the limit, newest first.',
    past: pastLimitEntries,
  })
  entries!: Connection<CreditLimitEntry>;
}
