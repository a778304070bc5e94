import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, Info, Query, Resolver } from 'type-graphql';
import { permit } from '../../src/identity';
import { PageArgs, type Connection } from '../connection';
import { GraphContext } from '../context';
import { fault, valueOrFault } from '../faults';
import { toGlobalId } from '../global-id';
import { readPage } from '../reads';
import { JsonScalar } from '../scalars';
import {
  AuditCompleteness,
  AuditDiscrepancyConnection,
  AuditRecordVersion,
  type AuditDiscrepancy,
} from './completeness.types';

@Resolver()
export class CompletenessResolver {
  @Query(() => AuditCompleteness, {
    description:
      'Whether every row is in the audit log as it stands in its table, as far as that was compared. For auditors.',
  })
  async auditCompleteness(@Ctx() context: GraphContext): Promise<AuditCompleteness> {
    valueOrFault(permit(context.actor, 'audit.read'));
    return context.app.audit.completeness.status();
  }

  @Query(() => AuditDiscrepancyConnection, {
    description: 'Rows that were found not to agree with the audit log, newest first. For auditors.',
  })
  auditDiscrepancies(
    @Ctx() context: GraphContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) args: PageArgs,
  ): Promise<Connection<AuditDiscrepancy>> {
    const list = valueOrFault(context.app.audit.completeness.discrepancies(context.actor));
    return readPage(context, info, list, args, { list: 'auditDiscrepancies', order: 'foundAt', filter: null });
  }

  @Query(() => [AuditRecordVersion], {
    description:
      'Every version of a stored record, the oldest first, rebuilt from the audit log alone; up to 1,000. For auditors.',
  })
  async auditRecord(
    @Ctx() context: GraphContext,
    @Arg('table', () => String, { description: 'Table of the database, such as `customer`.' }) table: string,
    @Arg('key', () => JsonScalar, { description: 'Its key by column, such as `{"id": "…"}`.' }) key: unknown,
  ): Promise<AuditRecordVersion[]> {
    const versions = valueOrFault(
      await context.app.audit.completeness.versionsOf(context.actor, table, columnsOf(key)),
    );
    return versions.map(({ leafIndex, event, op, state }) => ({
      leafIndex,
      auditEventId: toGlobalId('AuditEvent', event.id),
      occurredAt: event.occurredAt,
      actorId: event.actorId,
      action: event.action,
      operation: op,
      state,
    }));
  }
}

const columnsOf = (key: unknown): Record<string, string> => {
  const isObject = typeof key === 'object' && key !== null && !Array.isArray(key);
  const entries = isObject ? Object.entries(key) : [];
  if (entries.length === 0 || !entries.every(([, value]) => typeof value === 'string')) {
    throw fault('BAD_USER_INPUT', '`key` names columns and their values as texts', { reason: 'KEY' });
  }
  return Object.fromEntries(entries);
};
