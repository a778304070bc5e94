import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import type { AuditEventOrder, AuditFilter } from '../../src/audit';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { fault, valueOrFault } from '../faults';
import { keyOf, parseGlobalId } from '../global-id';
import { given, type Given } from '../inputs';
import { User } from '../identity/user.types';
import { sortOf, type OrderBy } from '../order';
import { ReadField, readOne, readPage } from '../reads';
import { AuditEvent, AuditEventConnection, AuditEventOrderBy, AuditEventWhere } from './audit-event.types';

@Resolver(() => AuditEvent)
export class AuditResolver {
  @Query(() => AuditEventConnection, {
    description: 'The audit log. For auditors and the chief risk officer.',
  })
  async auditEvents(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => AuditEventWhere, { nullable: true }) where: AuditEventWhere | null | undefined,
    @Arg('orderBy', () => [AuditEventOrderBy], { defaultValue: [{ field: 'OCCURRED_AT', direction: 'DESC' }] })
    orderBy: OrderBy<AuditEventOrder>[],
  ): Promise<Connection<AuditEvent>> {
    const filter = filterOf(await withNames(context, given(where)));
    const sort = sortOf(orderBy);
    const list = valueOrFault(context.app.audit.queries.list(context.actor, filter, sort));
    return readPage(context, info, list, args, { list: 'auditEvents', order: asJson(sort), filter: asJson(filter) });
  }

  @Query(() => AuditEvent, { nullable: true, description: 'An audit event by its id.' })
  auditEvent(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('id', () => ID, { description: 'Id of the event.' }) id: string,
  ): Promise<AuditEvent | null> {
    return readOne(context, info, 'AuditEvent', keyOf('AuditEvent', id));
  }

  @ReadField(() => Customer, { nullable: true, description: 'The customer whom it concerns.' })
  customer!: Customer | null;

  @ReadField(() => User, { nullable: true, description: 'The person who did it; null for system actors.' })
  actor!: User | null;
}

type Where = Omit<Given<AuditEventWhere>, 'and' | 'or' | 'not'> & {
  readonly and?: readonly Where[];
  readonly or?: readonly Where[];
  readonly not?: Where;
  /** Whom the text that was searched for may mean. */
  readonly meant?: AuditFilter;
};

/** Looks up, wherever in the filter a name is searched for, whom it may mean. */
const withNames = async (context: GraphContext, where: Given<AuditEventWhere>): Promise<Where> => {
  const { and, or, not, search, ...rest } = where;
  const each = (parts: readonly Given<AuditEventWhere>[]) => Promise.all(parts.map((part) => withNames(context, part)));
  return {
    ...rest,
    ...(and === undefined ? {} : { and: await each(and) }),
    ...(or === undefined ? {} : { or: await each(or) }),
    ...(not === undefined ? {} : { not: await withNames(context, not) }),
    ...(search === undefined || search.trim() === '' ? {} : { meant: await meantBy(context, search) }),
  };
};

const meantBy = async ({ app, actor }: GraphContext, search: string): Promise<AuditFilter> => {
  const [users, customers] = await Promise.all([
    app.identity.queries.idsByName(actor, search),
    app.customers.queries.idsMatching(actor, search),
  ]);
  return { or: [{ actorId: { in: users } }, { onBehalfOf: { in: users } }, { customerId: { in: customers } }] };
};

const filterOf = (where: Where): AuditFilter => {
  const { and, or, not, meant, actor, systemActor, customer, object, lookedAt, ...rest } = where;
  return {
    ...rest,
    ...(systemActor === undefined ? {} : { actorId: systemActor }),
    ...(customer === undefined ? {} : { customerId: { eq: keyOf('Customer', customer) } }),
    ...(lookedAt === undefined ? {} : { lookedAt: keyOf('Customer', lookedAt) }),
    ...(object === undefined ? {} : { object: objectOf(object) }),
    // A condition of its own, so that it holds beside one on system actors.
    and: [
      ...(and ?? []).map(filterOf),
      ...(meant === undefined ? [] : [meant]),
      ...(actor === undefined ? [] : [{ actorId: { eq: keyOf('User', actor) } }]),
    ],
    ...(or === undefined ? {} : { or: or.map(filterOf) }),
    ...(not === undefined ? {} : { not: filterOf(not) }),
  };
};

const objectOf = (id: string): { type: string; id: string } => {
  const parsed = parseGlobalId(id);
  if (parsed === null) throw fault('BAD_USER_INPUT', '`object` is not an id', { reason: 'INVALID_ID' });
  return { type: parsed.type, id: parsed.key };
};
