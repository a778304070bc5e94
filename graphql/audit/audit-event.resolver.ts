import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, Info, Query, Resolver } from 'type-graphql';
import type { AuditFilter } from '../../src/audit';
import { asJson, PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { fault, valueOrFault } from '../faults';
import { keyOf, parseGlobalId } from '../global-id';
import { given, type Given } from '../inputs';
import { User } from '../identity/user.types';
import { ReadField, readPage } from '../reads';
import { AuditEvent, AuditEventConnection, AuditEventWhere } from './audit-event.types';

@Resolver(() => AuditEvent)
export class AuditResolver {
  @Query(() => AuditEventConnection, {
    description: 'The audit log, newest first. For auditors and the chief risk officer.',
  })
  auditEvents(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => AuditEventWhere, { nullable: true }) where?: AuditEventWhere,
  ): Promise<Connection<AuditEvent>> {
    const filter = filterOf(given(where));
    const list = valueOrFault(context.app.audit.queries.list(context.actor, filter));
    return readPage(context, info, list, args, { list: 'auditEvents', order: 'occurredAt', filter: asJson(filter) });
  }

  @ReadField(() => Customer, { nullable: true, description: 'The customer whom it concerns.' })
  customer!: Customer | null;

  @ReadField(() => User, { nullable: true, description: 'The person who did it; null for system actors.' })
  actor!: User | null;
}

const filterOf = (where: Given<AuditEventWhere>): AuditFilter => {
  const { and, or, not, actor, systemActor, customer, object, ...rest } = where;
  return {
    ...rest,
    ...(systemActor === undefined ? {} : { actorId: systemActor }),
    ...(customer === undefined ? {} : { customerId: keyOf('Customer', customer) }),
    ...(object === undefined ? {} : { object: objectOf(object) }),
    // A condition of its own, so that it holds beside one on system actors.
    and: [...(and ?? []).map(filterOf), ...(actor === undefined ? [] : [{ actorId: { eq: keyOf('User', actor) } }])],
    ...(or === undefined ? {} : { or: or.map(filterOf) }),
    ...(not === undefined ? {} : { not: filterOf(not) }),
  };
};

const objectOf = (id: string): { type: string; id: string } => {
  const parsed = parseGlobalId(id);
  if (parsed === null) throw fault('BAD_USER_INPUT', '`object` is not an id', { reason: 'INVALID_ID' });
  return { type: parsed.type, id: parsed.key };
};
