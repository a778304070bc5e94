import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Mutation, Query, Resolver } from 'type-graphql';
import type { CustomerInput, CustomerOrder } from '../../src/customers';
import type { TieredCustomerFilter } from '../../src/tiers';
import { ChangeRequest } from '../approvals/change-request.types';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { fault, valueOrFault } from '../faults';
import { keyOf, optionalKeyOf } from '../global-id';
import { composedFilter, given, type Given } from '../inputs';
import { OrgUnit, User } from '../identity/user.types';
import { IndicatorValue } from '../indicators/indicator.types';
import { CreditLimit } from '../limits/limit.types';
import { MomentArgs, momentsOf } from '../moments';
import { GradeOverride } from '../overrides/override.types';
import { CustomerGrade } from '../ratings/rating.types';
import { sortOf, type OrderBy } from '../order';
import { readFirst, ReadField, reading, readingFirst, readOne, readPage } from '../reads';
import { payloadOf } from '../user-errors';
import {
  Customer,
  CustomerChangesInput,
  CustomerConnection,
  CustomerOrderBy,
  CustomerRelation,
  CustomerWhere,
  EndCustomerRelationInput,
  EndCustomerRelationPayload,
  Industry,
  RegisterCustomerInput,
  RegisterCustomerPayload,
  RelateCustomersInput,
  RelateCustomersPayload,
  UpdateCustomerInput,
  UpdateCustomerPayload,
} from './customer.types';
import {
  customerAt,
  customerWithNumberAt,
  pastGrade,
  pastIndicators,
  pastIndustry,
  pastLimit,
  pastOpenRequests,
  pastOrgUnit,
  pastOtherParty,
  pastOverride,
  pastOwner,
  pastRelations,
} from './past-customer';

@Resolver(() => Customer)
export class CustomerResolver {
  @Query(() => Customer, {
    nullable: true,
    description:
      'A customer by its id or its number; exactly one of the two. At a moment of the past it is as it was then, with all that is asked of it, and null before it was registered.',
  })
  async customer(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => MomentArgs) moments: MomentArgs,
    @Arg('id', () => ID, { nullable: true, description: 'Id of the customer.' }) id?: string | null,
    @Arg('number', () => String, { nullable: true, description: 'Business number of the customer.' })
    number?: string | null,
  ): Promise<object | null> {
    const wanted = given({ id, number });
    if ((wanted.id === undefined) === (wanted.number === undefined)) {
      throw fault('BAD_USER_INPUT', 'give either `id` or `number`', { reason: 'ONE_OF' });
    }
    const at = momentsOf(context, moments);
    if (wanted.id !== undefined) {
      const key = keyOf('Customer', wanted.id);
      return at === null ? readOne(context, info, 'Customer', key) : customerAt(context, key, at);
    }
    const sought = wanted.number ?? '';
    if (at !== null) return customerWithNumberAt(context, sought, at);
    const { app, actor } = context;
    const list = app.customers.queries.withNumber(actor, sought);
    return list.ok ? readFirst(context, info, list.value) : null;
  }

  @Query(() => CustomerConnection, { description: 'Customers and suppliers.' })
  customers(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => CustomerWhere, { nullable: true }) where: CustomerWhere | null | undefined,
    @Arg('orderBy', () => [CustomerOrderBy], {
      defaultValue: [{ field: 'NUMBER', direction: 'ASC' }],
    })
    orderBy: OrderBy<CustomerOrder>[],
  ): Promise<Connection<Customer>> {
    const filter = filterOf(given(where));
    const sort = sortOf(orderBy);
    const list = valueOrFault(context.app.tiers.queries.tieredCustomers(context.actor, filter, sort));
    return readPage(context, info, list, args, { list: 'customers', order: asJson(sort), filter: asJson(filter) });
  }

  @Mutation(() => RegisterCustomerPayload, { description: 'Registers a customer or supplier.' })
  async registerCustomer(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RegisterCustomerInput) input: RegisterCustomerInput,
  ): Promise<RegisterCustomerPayload> {
    return payloadOf(
      await app.customers.commands.registerCustomer(initiator, fieldsOf(input)),
      ({ customer, auditEventId }) => ({
        customer: reading('Customer', customer.id),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }

  @Mutation(() => UpdateCustomerPayload, {
    description: 'Changes the master data of a party. Where nothing would be different, nothing is written.',
  })
  async updateCustomer(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => UpdateCustomerInput, { description: 'Which party, and what shall be different.' })
    { customerId, expectedVersion, changes, reason }: UpdateCustomerInput,
  ): Promise<UpdateCustomerPayload> {
    return payloadOf(
      await app.customers.commands.updateCustomer(initiator, {
        customerId: keyOf('Customer', customerId),
        expectedVersion,
        changes: fieldsOf(changes),
        ...(typeof reason === 'string' ? { reason } : {}),
      }),
      ({ customer, auditEventId }) => ({
        customer: reading('Customer', customer.id),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }

  @Mutation(() => RelateCustomersPayload, { description: 'Puts a relation between two parties on record.' })
  async relateCustomers(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RelateCustomersInput, { description: 'Which parties, and how they are related.' })
    { fromId, toId, kind, share }: RelateCustomersInput,
  ): Promise<RelateCustomersPayload> {
    const seenFrom = keyOf('Customer', fromId);
    return payloadOf(
      await app.customers.commands.relateCustomers(initiator, {
        fromId: seenFrom,
        toId: keyOf('Customer', toId),
        kind,
        share: share?.toFixed() ?? null,
      }),
      ({ relation, auditEventId }) => ({
        relation: readingFirst(app.customers.queries.relationSeenFrom(initiator.actor, relation.id, seenFrom)),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }

  @Mutation(() => EndCustomerRelationPayload, { description: 'Ends a relation between two parties.' })
  async endCustomerRelation(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => EndCustomerRelationInput, { description: 'Which relation, and why it ends.' })
    { relationId, reason }: EndCustomerRelationInput,
  ): Promise<EndCustomerRelationPayload> {
    return payloadOf(
      await app.customers.commands.endRelation(initiator, {
        relationId: keyOf('CustomerRelation', relationId),
        reason,
      }),
      ({ relation, auditEventId }) => ({
        relation: reading('CustomerRelation', relation.id),
        auditEvent: reading('AuditEvent', auditEventId),
      }),
    );
  }

  @ReadField(() => Industry, { nullable: true, description: 'Industry.', past: pastIndustry })
  industry!: Industry | null;

  @ReadField(() => User, { nullable: true, description: 'Customer manager.', past: pastOwner })
  owner!: User | null;

  @ReadField(() => OrgUnit, {
    nullable: true,
    description: 'Org unit that looks after the party.',
    past: pastOrgUnit,
  })
  orgUnit!: OrgUnit | null;

  @ReadField(() => CustomerGrade, {
    nullable: true,
    description: 'Model grade and grade in force; null before the first rating.',
    past: pastGrade,
    moments: true,
  })
  grade!: CustomerGrade | null;

  @ReadField(() => GradeOverride, {
    nullable: true,
    description: 'The override in effect.',
    past: pastOverride,
    moments: true,
  })
  override!: GradeOverride | null;

  @ReadField(() => CreditLimit, {
    nullable: true,
    description: 'Credit limit; null before the first rating.',
    past: pastLimit,
    moments: true,
  })
  creditLimit!: CreditLimit | null;

  @ReadField(() => [ChangeRequest], {
    description: 'Changes that wait for a decision; in the past those that waited then, as they stand today.',
    past: pastOpenRequests,
    moments: true,
  })
  openRequests!: readonly ChangeRequest[];

  @ReadField(() => [IndicatorValue], {
    description: 'The value that holds of every indicator that is known.',
    past: pastIndicators,
    moments: true,
  })
  indicators!: readonly IndicatorValue[];

  @ReadField(() => [CustomerRelation], { description: 'Related parties.', past: pastRelations, moments: true })
  relations!: readonly CustomerRelation[];
}

@Resolver(() => CustomerRelation)
export class CustomerRelationResolver {
  @ReadField(() => Customer, { nullable: true, description: 'The other party.', past: pastOtherParty })
  other!: Customer | null;
}

/** Public ids become keys. What was left out stays out and null stays null: to a change they are not the same. */
const fieldsOf = ({
  ownerUserId,
  orgUnitId,
  ...fields
}: RegisterCustomerInput | CustomerChangesInput): CustomerInput => ({
  ...fields,
  ownerUserId: optionalKeyOf('User', ownerUserId),
  orgUnitId: optionalKeyOf('OrgUnit', orgUnitId),
});

const filterOf = composedFilter<Given<CustomerWhere>, TieredCustomerFilter>(({ industry, ...rest }) => ({
  ...rest,
  ...(industry === undefined ? {} : { industryCode: industry }),
}));
