import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { AuditFilter } from '../../src/audit';
import { asJson, pageRequest, PageArgs, toConnection, type Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer, customerNode } from '../customers/customer.types';
import { fault, valueOrFault } from '../faults';
import { keyOf, parseGlobalId } from '../global-id';
import { given, type Given } from '../inputs';
import { User, userNode } from '../identity/user.types';
import { AuditEvent, AuditEventConnection, auditEventNode, AuditEventWhere } from './audit-event.types';

@Resolver(() => AuditEvent)
export class AuditResolver {
  @Query(() => AuditEventConnection, {
    description: 'The audit log, newest first. For auditors and the chief risk officer.',
  })
  async auditEvents(
    @Ctx() { app, actor }: GraphContext,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('where', () => AuditEventWhere, { nullable: true }) where?: AuditEventWhere,
  ): Promise<Connection<AuditEvent>> {
    const filter = filterOf(given(where));
    const binding = { list: 'auditEvents', order: 'occurredAt', filter: asJson(filter) };
    const page = valueOrFault(await app.audit.queries.page(actor, filter, pageRequest(args, binding, 2)));
    return toConnection(page, args, binding, auditEventNode, async () =>
      valueOrFault(await app.audit.queries.count(actor, filter)),
    );
  }

  @FieldResolver(() => Customer, { nullable: true, description: 'The customer whom it concerns.' })
  async customer(@Root() event: AuditEvent, @Ctx() { loaders }: GraphContext): Promise<Customer | null> {
    const view = event.customerId === null ? null : await loaders.customers.load(event.customerId);
    return view === null ? null : customerNode(view);
  }

  @FieldResolver(() => User, { nullable: true, description: 'The person who did it; null for system actors.' })
  async actor(@Root() event: AuditEvent, @Ctx() { loaders }: GraphContext): Promise<User | null> {
    if (event.actorId.startsWith('system:')) return null;
    const user = await loaders.users.load(event.actorId);
    return user === null ? null : userNode(user);
  }
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
