import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { AuditFilter } from '../../src/audit';
import { pageRequest, PageArgs, toConnection, type Connection } from '../connection';
import type { GraphContext } from '../context';
import { fault, valueOrFault } from '../faults';
import { keyOf, parseGlobalId } from '../global-id';
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
    const filter = filterOf(where ?? {});
    const binding = { list: 'auditEvents', order: 'occurredAt', filter: { ...where } as never };
    const page = valueOrFault(await app.audit.queries.page(actor, filter, pageRequest(args, binding, 2)));
    return toConnection(page, args, binding, auditEventNode, async () =>
      valueOrFault(await app.audit.queries.count(actor, filter)),
    );
  }

  @FieldResolver(() => User, { nullable: true, description: 'The person who did it; null for system actors.' })
  async actor(@Root() event: AuditEvent, @Ctx() { loaders }: GraphContext): Promise<User | null> {
    if (event.actorId.startsWith('system:')) return null;
    const user = await loaders.users.load(event.actorId);
    return user === null ? null : userNode(user);
  }
}

const filterOf = (where: AuditEventWhere): AuditFilter => {
  const object = where.object === undefined ? null : parseGlobalId(where.object);
  if (where.object !== undefined && object === null) {
    throw fault('BAD_USER_INPUT', '`object` is not an id', { reason: 'INVALID_ID' });
  }
  const actorId = where.actor === undefined ? where.systemActor : keyOf('User', where.actor);
  return {
    ...(actorId === undefined ? {} : { actorId }),
    ...(where.action === undefined ? {} : { action: where.action }),
    ...(object === null ? {} : { objectType: object.type, objectId: object.key }),
    ...(where.requestId === undefined ? {} : { requestId: where.requestId }),
    ...(where.from === undefined ? {} : { from: where.from }),
    ...(where.to === undefined ? {} : { to: where.to }),
  };
};
