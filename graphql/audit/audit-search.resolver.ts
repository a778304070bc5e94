import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { asJson } from '../connection';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { reading } from '../reads';
import { payloadOf } from '../user-errors';
import {
  AuditSearch,
  DiscardAuditSearchInput,
  DiscardAuditSearchPayload,
  SaveAuditSearchInput,
  SaveAuditSearchPayload,
} from './audit-search.types';

@Resolver()
export class AuditSearchResolver {
  @Query(() => [AuditSearch], {
    description: 'Searches in the audit log that the caller keeps, by name. For auditors.',
  })
  async auditSearches(@Ctx() { app, actor }: GraphContext): Promise<AuditSearch[]> {
    const kept = valueOrFault(await app.auditSearches.list(actor));
    return kept.map(({ conditions, ...search }) => ({ ...search, where: conditions }));
  }

  @Mutation(() => SaveAuditSearchPayload, {
    description: 'Keeps a search in the audit log under a name. For auditors.',
  })
  async saveAuditSearch(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => SaveAuditSearchInput) { name, where }: SaveAuditSearchInput,
  ): Promise<SaveAuditSearchPayload> {
    return payloadOf(await app.auditSearches.save(initiator, { name, conditions: asJson(where) }), outcome);
  }

  @Mutation(() => DiscardAuditSearchPayload, { description: 'Discards a kept search.' })
  async discardAuditSearch(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => DiscardAuditSearchInput) { searchId }: DiscardAuditSearchInput,
  ): Promise<DiscardAuditSearchPayload> {
    return payloadOf(await app.auditSearches.discard(initiator, searchId), outcome);
  }
}

const outcome = ({ searchId, auditEventId }: { readonly searchId: string; readonly auditEventId: string }) => ({
  searchId,
  auditEvent: reading<never>('AuditEvent', auditEventId),
});
