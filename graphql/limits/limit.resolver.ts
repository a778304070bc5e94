import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { requestPayload } from '../approvals/change-request.resolver';
import { PageArgs, pageRequest, toConnection, type Connection } from '../connection';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import {
  CreditLimit,
  CreditLimitEntry,
  creditLimitEntry,
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
      context,
      await context.app.limits.requestRaise(context.initiator, {
        customerId: keyOf('Customer', input.customerId),
        amount: { amount: input.amount.amount.toFixed(), currency: input.amount.currency },
        justification: input.justification,
        expectedVersion: input.expectedVersion,
      }),
    );
  }

  @FieldResolver(() => CreditLimitEntryConnection, { description: 'Every move of the limit, newest first.' })
  async entries(
    @Root() limit: CreditLimit,
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
  ): Promise<Connection<CreditLimitEntry>> {
    const binding = { list: 'CreditLimit.entries', order: 'bookedAt', filter: limit.customerKey };
    const { entries, countEntries } = app.limits.queries;
    const page = valueOrFault(await entries(actor, limit.customerKey, pageRequest(args, binding, 2)));
    return toConnection(page, args, binding, creditLimitEntry, async () =>
      valueOrFault(await countEntries(actor, limit.customerKey)),
    );
  }
}
