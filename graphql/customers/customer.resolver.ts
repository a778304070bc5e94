import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { CustomerInput, CustomerSort } from '../../src/customers';
import type { GradedCustomerFilter } from '../../src/ratings';
import { ChangeRequest, changeRequestNode } from '../approvals/change-request.types';
import { AuditEvent, auditEventNode } from '../audit/audit-event.types';
import { asJson, PageArgs, pageRequest, toConnection, type Connection } from '../connection';
import { GraphContext } from '../context';
import { fault, valueOrFault } from '../faults';
import { keyOf, optionalKeyOf } from '../global-id';
import { given, type Given } from '../inputs';
import { OrgUnit, orgUnitNode, User, userNode } from '../identity/user.types';
import { indicatorValue, IndicatorValue } from '../indicators/indicator.types';
import { creditLimit, CreditLimit } from '../limits/limit.types';
import type { Loaders } from '../loaders';
import { gradeOverrideNode, GradeOverride } from '../overrides/override.types';
import { CustomerGrade, customerGrade } from '../ratings/rating.types';
import { payloadOf } from '../user-errors';
import {
  Customer,
  CustomerChangesInput,
  CustomerConnection,
  customerNode,
  CustomerOrderBy,
  CustomerOrderField,
  CustomerRelation,
  customerRelationNode,
  CustomerWhere,
  EndCustomerRelationInput,
  EndCustomerRelationPayload,
  Industry,
  OrderDirection,
  RegisterCustomerInput,
  RegisterCustomerPayload,
  RelateCustomersInput,
  RelateCustomersPayload,
  UpdateCustomerInput,
  UpdateCustomerPayload,
} from './customer.types';

@Resolver(() => Customer)
export class CustomerResolver {
  @Query(() => Customer, { nullable: true, description: 'A customer by its id or its number; exactly one of the two.' })
  async customer(
    @Ctx() { app, actor, loaders }: GraphContext,
    @Arg('id', () => ID, { nullable: true, description: 'Id of the customer.' }) id?: string | null,
    @Arg('number', () => String, { nullable: true, description: 'Business number of the customer.' })
    number?: string | null,
  ): Promise<Customer | null> {
    const wanted = given({ id, number });
    if ((wanted.id === undefined) === (wanted.number === undefined)) {
      throw fault('BAD_USER_INPUT', 'give either `id` or `number`', { reason: 'ONE_OF' });
    }
    const view =
      wanted.id === undefined
        ? await app.customers.queries.byNumber(actor, wanted.number ?? '')
        : await loaders.customers.load(keyOf('Customer', wanted.id));
    return view === null ? null : customerNode(view);
  }

  @Query(() => CustomerConnection, { description: 'Customers and suppliers.' })
  async customers(
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => CustomerWhere, { nullable: true }) where?: CustomerWhere,
    @Arg('orderBy', () => [CustomerOrderBy], {
      defaultValue: [{ field: CustomerOrderField.NUMBER, direction: OrderDirection.ASC }],
    })
    orderBy?: CustomerOrderBy[],
  ): Promise<Connection<Customer>> {
    const filter = filterOf(given(where));
    const sort = sortOf(orderBy ?? []);
    const binding = {
      list: 'customers',
      order: sort.map(({ by, direction }) => [by, direction]),
      filter: asJson(filter),
    };
    const { page, count } = app.ratings.queries.gradedCustomers;
    const found = valueOrFault(await page(actor, filter, sort, pageRequest(args, binding, sort.length + 1)));
    return toConnection(found, args, binding, customerNode, async () => valueOrFault(await count(actor, filter)));
  }

  @Mutation(() => RegisterCustomerPayload, { description: 'Registers a customer or supplier.' })
  async registerCustomer(
    @Ctx() { app, initiator, loaders }: GraphContext,
    @Arg('input', () => RegisterCustomerInput) input: RegisterCustomerInput,
  ): Promise<RegisterCustomerPayload> {
    return payloadOf(
      await app.customers.commands.registerCustomer(initiator, fieldsOf(input)),
      ({ customer, auditEventId }) => ({
        customer: customerNode(customer),
        auditEvent: eventOf(loaders, auditEventId),
      }),
    );
  }

  @Mutation(() => UpdateCustomerPayload, {
    description: 'Changes the master data of a party. Where nothing would be different, nothing is written.',
  })
  async updateCustomer(
    @Ctx() { app, initiator, loaders }: GraphContext,
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
        customer: customerNode(customer),
        auditEvent: eventOf(loaders, auditEventId),
      }),
    );
  }

  @Mutation(() => RelateCustomersPayload, { description: 'Puts a relation between two parties on record.' })
  async relateCustomers(
    @Ctx() { app, initiator, loaders }: GraphContext,
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
        relation: customerRelationNode(relation, seenFrom),
        auditEvent: eventOf(loaders, auditEventId),
      }),
    );
  }

  @Mutation(() => EndCustomerRelationPayload, { description: 'Ends a relation between two parties.' })
  async endCustomerRelation(
    @Ctx() { app, initiator, loaders }: GraphContext,
    @Arg('input', () => EndCustomerRelationInput, { description: 'Which relation, and why it ends.' })
    { relationId, reason }: EndCustomerRelationInput,
  ): Promise<EndCustomerRelationPayload> {
    return payloadOf(
      await app.customers.commands.endRelation(initiator, {
        relationId: keyOf('CustomerRelation', relationId),
        reason,
      }),
      ({ relation, auditEventId }) => ({
        relation: customerRelationNode(relation),
        auditEvent: eventOf(loaders, auditEventId),
      }),
    );
  }

  @FieldResolver(() => Industry, { nullable: true, description: 'Industry.' })
  industry(@Root() customer: Customer, @Ctx() { loaders }: GraphContext): Promise<Industry | null> | null {
    return customer.industryCode === null ? null : loaders.industries.load(customer.industryCode);
  }

  @FieldResolver(() => User, { nullable: true, description: 'Customer manager.' })
  async owner(@Root() customer: Customer, @Ctx() { loaders }: GraphContext): Promise<User | null> {
    const user = customer.ownerUserId === null ? null : await loaders.users.load(customer.ownerUserId);
    return user === null ? null : userNode(user);
  }

  @FieldResolver(() => OrgUnit, { nullable: true, description: 'Org unit that looks after the party.' })
  async orgUnit(@Root() customer: Customer, @Ctx() { loaders }: GraphContext): Promise<OrgUnit | null> {
    const unit = customer.orgUnitId === null ? null : await loaders.orgUnits.load(customer.orgUnitId);
    return unit === null ? null : orgUnitNode(unit);
  }

  @FieldResolver(() => CustomerGrade, {
    nullable: true,
    description: 'Model grade and grade in force; null before the first rating.',
  })
  async grade(@Root() customer: Customer, @Ctx() { loaders }: GraphContext): Promise<CustomerGrade | null> {
    const view = await loaders.grades.load(customer.key);
    return view === null ? null : customerGrade(view);
  }

  @FieldResolver(() => GradeOverride, { nullable: true, description: 'The override in effect.' })
  async override(@Root() customer: Customer, @Ctx() { loaders }: GraphContext): Promise<GradeOverride | null> {
    const view = await loaders.liveOverrides.load(customer.key);
    return view === null ? null : gradeOverrideNode(view);
  }

  @FieldResolver(() => CreditLimit, { nullable: true, description: 'Credit limit; null before the first rating.' })
  async creditLimit(@Root() customer: Customer, @Ctx() { loaders }: GraphContext): Promise<CreditLimit | null> {
    const view = await loaders.limits.load(customer.key);
    return view === null ? null : creditLimit(view);
  }

  @FieldResolver(() => [ChangeRequest], { description: 'Changes that wait for a decision.' })
  async openRequests(@Root() customer: Customer, @Ctx() { loaders }: GraphContext): Promise<ChangeRequest[]> {
    return (await loaders.openRequests.load(customer.key)).map(changeRequestNode);
  }

  @FieldResolver(() => [IndicatorValue], { description: 'Newest value of every indicator that is known.' })
  async indicators(@Root() customer: Customer, @Ctx() { loaders }: GraphContext): Promise<IndicatorValue[]> {
    return (await loaders.indicatorValues.load(customer.key)).map(indicatorValue);
  }

  @FieldResolver(() => [CustomerRelation], { description: 'Related parties.' })
  async relations(@Root() customer: Customer, @Ctx() { loaders }: GraphContext): Promise<CustomerRelation[]> {
    const relations = await loaders.relationsOf.load(customer.key);
    return relations.map((relation) => customerRelationNode(relation, customer.key));
  }
}

@Resolver(() => CustomerRelation)
export class CustomerRelationResolver {
  @FieldResolver(() => Customer, { nullable: true, description: 'The other party.' })
  async other(@Root() relation: CustomerRelation, @Ctx() { loaders }: GraphContext): Promise<Customer | null> {
    const view = await loaders.customers.load(relation.otherId);
    return view === null ? null : customerNode(view);
  }
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

const eventOf = (loaders: Loaders, id: string | null) => async (): Promise<AuditEvent | null> => {
  const event = id === null ? null : await loaders.auditEvents.load(id);
  return event === null ? null : auditEventNode(event);
};

const filterOf = ({ and, or, not, industry, ...rest }: Given<CustomerWhere>): GradedCustomerFilter => ({
  ...rest,
  ...(industry === undefined ? {} : { industryCode: industry }),
  ...(and === undefined ? {} : { and: and.map(filterOf) }),
  ...(or === undefined ? {} : { or: or.map(filterOf) }),
  ...(not === undefined ? {} : { not: filterOf(not) }),
});

const sortOf = (orderBy: readonly CustomerOrderBy[]): CustomerSort[] => {
  const fields = orderBy.map(({ field }) => field);
  if (new Set(fields).size !== fields.length) {
    throw fault('BAD_USER_INPUT', 'a field is ordered by at most once', { reason: 'INVALID_ORDER' });
  }
  return orderBy.map(({ field, direction }) => ({ by: field, direction }));
};
