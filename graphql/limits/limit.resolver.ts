import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { Result } from '../../src/kernel/result';
import type { Booked, LimitTouched } from '../../src/limits';
import { requestPayload } from '../approvals/change-request.resolver';
import { PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { pastExposureEntries, pastLimitEntries } from '../customers/past-customer';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { User } from '../identity/user.types';
import { MoneyInput } from '../money.types';
import { ReadField, reading, readPage, ReadPages } from '../reads';
import { payloadOf, userErrorOf } from '../user-errors';
import {
  ConfirmReservationInput,
  ConfirmReservationPayload,
  CreditCheck,
  CreditFreeze,
  CreditLimit,
  CreditLimitEntry,
  CreditLimitEntryConnection,
  CreditOverUse,
  CreditOverUseConnection,
  CreditSubLimit,
  ExposureEntry,
  ExposureEntryConnection,
  FreezeLimitInput,
  FreezeLimitPayload,
  RecordRepaymentInput,
  RecordRepaymentPayload,
  ReleaseReservationInput,
  ReleaseReservationPayload,
  RequestCreditLimitRaiseInput,
  RequestCreditLimitRaisePayload,
  RequestLimitUnfreezeInput,
  RequestLimitUnfreezePayload,
  ReserveCreditInput,
  ReserveCreditPayload,
  SetGroupLimitInput,
  SetGroupLimitPayload,
  SetSubLimitInput,
  SetSubLimitPayload,
  type CreditLimitPayload,
  type ExposurePayload,
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
        evidence: input.evidence,
        expectedVersion: input.expectedVersion,
        of: input.forGroup
          ? { scope: 'GROUP' }
          : input.product == null
            ? { scope: 'CUSTOMER' }
            : { scope: 'PRODUCT', product: input.product },
        effectiveFrom: input.effectiveFrom ?? null,
        until: input.until ?? null,
      }),
    );
  }

  @Query(() => CreditCheck, {
    description: 'Whether so much could be reserved now, by the same decision as a reservation; nothing is kept of it.',
  })
  async creditCheck(
    @Ctx() { app, actor }: GraphContext,
    @Arg('customerId', () => ID, { description: 'The customer.' }) customerId: string,
    @Arg('amount', () => MoneyInput, { description: 'How much.' }) { amount, currency }: MoneyInput,
    @Arg('product', () => String, { nullable: true, description: 'Product code; left out where none is meant.' })
    product?: string | null,
  ): Promise<CreditCheck> {
    const check = valueOrFault(
      await app.limits.creditCheck(actor, {
        customerId: keyOf('Customer', customerId),
        amount: { amount: amount.toFixed(), currency },
        product: product ?? null,
      }),
    );
    return { ...check, against: check.against.map(userErrorOf) };
  }

  @Query(() => CreditOverUseConnection, {
    description: 'Limits and sub-limits of which more is in use and reserved than allowed 「超限」, the newest first.',
  })
  overUses(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
  ): Promise<Connection<CreditOverUse>> {
    const list = valueOrFault(context.app.limits.queries.overUses(context.actor));
    return readPage(context, info, list, args, { list: 'overUses', order: 'foundAt', filter: null });
  }

  @Mutation(() => ReserveCreditPayload, {
    description:
      'Takes an amount out of what is available 「预占」, until it is confirmed, released or its time is over.',
  })
  async reserveCredit(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => ReserveCreditInput) input: ReserveCreditInput,
  ): Promise<ReserveCreditPayload> {
    const { reference, holdMinutes } = input;
    return booked(await app.limits.reserve(initiator, { ...ofProduct(input), reference, holdMinutes }));
  }

  @Mutation(() => ConfirmReservationPayload, {
    description: 'What was reserved is owed from now on 「确认」, all or a part of it; the rest is free.',
  })
  async confirmReservation(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => ConfirmReservationInput) { customerId, reference, amount }: ConfirmReservationInput,
  ): Promise<ConfirmReservationPayload> {
    return booked(
      await app.limits.confirm(initiator, {
        customerId: keyOf('Customer', customerId),
        reference,
        amount: amount?.toFixed() ?? null,
      }),
    );
  }

  @Mutation(() => ReleaseReservationPayload, { description: 'Gives a reservation back 「释放」.' })
  async releaseReservation(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => ReleaseReservationInput) { customerId, reference }: ReleaseReservationInput,
  ): Promise<ReleaseReservationPayload> {
    return booked(await app.limits.release(initiator, { customerId: keyOf('Customer', customerId), reference }));
  }

  @Mutation(() => RecordRepaymentPayload, { description: 'Books what a customer has paid back 「还款」.' })
  async recordRepayment(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RecordRepaymentInput) input: RecordRepaymentInput,
  ): Promise<RecordRepaymentPayload> {
    return booked(await app.limits.repay(initiator, { ...ofProduct(input), reference: input.reference }));
  }

  @Mutation(() => FreezeLimitPayload, {
    description: 'Nothing is reserved from now on 「冻结」. One person may; lifting it takes a request.',
  })
  async freezeLimit(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => FreezeLimitInput) { customerId, reason }: FreezeLimitInput,
  ): Promise<FreezeLimitPayload> {
    return touched(await app.limits.freeze(initiator, { customerId: keyOf('Customer', customerId), reason }));
  }

  @Mutation(() => RequestLimitUnfreezePayload, { description: 'Puts the end of a freeze up for decision 「解冻」.' })
  async requestLimitUnfreeze(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RequestLimitUnfreezeInput) { customerId, justification }: RequestLimitUnfreezeInput,
  ): Promise<RequestLimitUnfreezePayload> {
    return requestPayload(
      await app.limits.requestUnfreeze(initiator, { customerId: keyOf('Customer', customerId), justification }),
    );
  }

  @Mutation(() => SetSubLimitPayload, {
    description: 'Bounds what a product takes of a limit, anew or lower than before. To raise it takes a request.',
  })
  async setSubLimit(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => SetSubLimitInput) input: SetSubLimitInput,
  ): Promise<SetSubLimitPayload> {
    const { reason, product } = input;
    return touched(await app.limits.setSubLimit(initiator, { ...ofProduct(input), product, reason }));
  }

  @Mutation(() => SetGroupLimitPayload, {
    description:
      'Bounds what the group of a customer owes together, anew or lower than before. To raise it takes a request.',
  })
  async setGroupLimit(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => SetGroupLimitInput) input: SetGroupLimitInput,
  ): Promise<SetGroupLimitPayload> {
    const { customerId, amount } = ofProduct(input);
    return touched(await app.limits.setGroupLimit(initiator, { customerId, amount, reason: input.reason }));
  }

  @ReadField(() => CreditFreeze, {
    nullable: true,
    description: 'The freeze; null where it is not frozen, and in the past.',
  })
  freeze!: CreditFreeze | null;

  @ReadField(() => [CreditSubLimit], {
    nullable: true,
    description: 'What products take of it, by code; null in the past.',
  })
  subLimits!: readonly CreditSubLimit[] | null;

  @ReadField(() => [CreditOverUse], {
    nullable: true,
    description: 'Where more is in use than a cut has left, and is not less yet; null in the past.',
  })
  overUse!: readonly CreditOverUse[] | null;

  @ReadPages(() => ExposureEntryConnection, {
    description: 'Every booking against it, newest first.',
    past: pastExposureEntries,
  })
  exposureEntries!: Connection<ExposureEntry>;

  @ReadPages(() => CreditLimitEntryConnection, {
    description: 'Every move of the limit, newest first.',
    past: pastLimitEntries,
  })
  entries!: Connection<CreditLimitEntry>;
}

@Resolver(() => CreditOverUse)
export class CreditOverUseResolver {
  @ReadField(() => Customer, { nullable: true, description: 'Whose limit it is.' })
  customer!: Customer | null;
}

@Resolver(() => CreditFreeze)
export class CreditFreezeResolver {
  @ReadField(() => User, { nullable: true, description: 'Who froze it; null for a system actor.' })
  frozenBy!: User | null;
}

@Resolver(() => ExposureEntry)
export class ExposureEntryResolver {
  @ReadField(() => User, { nullable: true, description: 'Who booked it; null for a system actor.' })
  bookedBy!: User | null;
}

const ofProduct = (input: { customerId: string; amount: MoneyInput; product?: string | null }) => ({
  customerId: keyOf('Customer', input.customerId),
  amount: { amount: input.amount.amount.toFixed(), currency: input.amount.currency },
  product: input.product ?? null,
});

const touched = (result: Result<LimitTouched>): CreditLimitPayload =>
  payloadOf(result, ({ customerId, auditEventId }) => ({
    creditLimit: reading('CreditLimit', customerId),
    auditEvent: reading('AuditEvent', auditEventId),
  }));

const booked = (result: Result<Booked>): ExposurePayload =>
  payloadOf(result, ({ entryId, customerId, auditEventId }) => ({
    entry: reading('ExposureEntry', entryId),
    creditLimit: reading('CreditLimit', customerId),
    auditEvent: reading('AuditEvent', auditEventId),
  }));
