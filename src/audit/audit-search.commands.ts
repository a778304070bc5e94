/** Searches in the audit log that a person keeps under a name. They are his alone, and say nothing that he may not read. */
import type { Actor, Initiator } from '../kernel/actor';
import type { Json } from '../kernel/canonical-json';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import type { UnitOfWork } from '../platform/unit-of-work';

export interface SavedSearch {
  readonly id: string;
  readonly name: string;
  /** As they were given to the list of events. */
  readonly conditions: Json;
  readonly savedAt: Date;
}

export interface SavedOutcome {
  readonly searchId: string;
  readonly auditEventId: string;
}

const MAX_NAME_CHARS = 100;
const MOST_KEPT = 100;

export const createAuditSearches = ({ query }: Pick<Database, 'query'>, unitOfWork: UnitOfWork) => ({
  /** Those of the actor, by name. Needs `audit.read`. */
  list: async (actor: Actor): Promise<Result<SavedSearch[]>> => {
    const permitted = permit(actor, 'audit.read');
    if (!permitted.ok) return permitted;
    return ok(
      await query<SavedSearch>(
        `SELECT id, name, conditions, saved_at AS "savedAt" FROM audit_search WHERE owner_id = $1 AND ended_at IS NULL
         ORDER BY name LIMIT ${MOST_KEPT}`,
        [actor.id],
      ),
    );
  },

  /** Takes the place of the one with the same name. Needs `audit.read`. Refuses REQUIRED.NAME, INVALID.TOO_LONG, OUT_OF_RANGE.SEARCHES. */
  save: async (
    by: Initiator,
    input: { readonly name: string; readonly conditions: Json },
  ): Promise<Result<SavedOutcome>> => {
    const permitted = permit(by.actor, 'audit.read');
    if (!permitted.ok) return permitted;
    return unitOfWork.run(by, async (tx) => {
      const name = input.name.trim();
      if (name === '') return refuse('REQUIRED', 'Give it a name.', { reason: 'NAME', field: ['name'] });
      if ([...name].length > MAX_NAME_CHARS) {
        return refuse('INVALID', `A name has at most ${MAX_NAME_CHARS} characters.`, {
          reason: 'TOO_LONG',
          field: ['name'],
        });
      }
      await tx.query(
        'UPDATE audit_search SET ended_at = greatest($3, saved_at) WHERE owner_id = $1 AND name = $2 AND ended_at IS NULL',
        [by.actor.id, name, tx.at],
      );
      const [kept] = await tx.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM audit_search WHERE owner_id = $1 AND ended_at IS NULL',
        [by.actor.id],
      );
      if ((kept?.count ?? 0) >= MOST_KEPT) {
        return refuse('OUT_OF_RANGE', `At most ${MOST_KEPT} searches are kept.`, { reason: 'SEARCHES' });
      }
      const searchId = tx.newId();
      await tx.query(
        'INSERT INTO audit_search (id, owner_id, name, conditions, saved_at) VALUES ($1, $2, $3, $4, $5)',
        [searchId, by.actor.id, name, JSON.stringify(input.conditions), tx.at],
      );
      const auditEventId = tx.record({
        action: 'auditSearch.saved',
        object: { type: 'AuditSearch', id: searchId },
        after: { name, conditions: input.conditions },
      });
      return ok({ searchId, auditEventId });
    });
  },

  /** Needs `audit.read`. Refuses NOT_FOUND for one that is not the actor's. */
  discard: async (by: Initiator, searchId: string): Promise<Result<SavedOutcome>> => {
    const permitted = permit(by.actor, 'audit.read');
    if (!permitted.ok) return permitted;
    return unitOfWork.run(by, async (tx) => {
      const ended = !UUID.test(searchId)
        ? []
        : await tx.query(
            'UPDATE audit_search SET ended_at = greatest($3, saved_at) WHERE id = $1 AND owner_id = $2 AND ended_at IS NULL RETURNING id',
            [searchId, by.actor.id, tx.at],
          );
      if (ended.length === 0) return refuse('NOT_FOUND', 'There is no such search.', { field: ['searchId'] });
      const auditEventId = tx.record({
        action: 'auditSearch.discarded',
        object: { type: 'AuditSearch', id: searchId },
      });
      return ok({ searchId, auditEventId });
    });
  },
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export type AuditSearches = ReturnType<typeof createAuditSearches>;
