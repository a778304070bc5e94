/** How audit events are read for screens: from the bytes that were written down. */
import type { Actor } from '../kernel/actor';
import { byActorId, permit } from '../identity';
import type { Database } from '../platform/database';
import { batched, computed, identity, int, moment, one, text, type RoomReads } from '../platform/read-model';
import { writtenText } from './audit-event.queries';
import { proveLeaves, type ProvableLeaf } from './audit-log.queries';
import { readWrittenForm, type AuditEvent } from './domain/audit-event';

const written = text(writtenText);

let last: { readonly written: string; readonly event: AuditEvent } | null = null;
/** Several fields of one event are asked for one after the other. */
const read = (text: string): AuditEvent => {
  if (last?.written !== text) last = { written: text, event: readWrittenForm(text) };
  return last.event;
};

const part = (name: 'before' | 'after' | 'reason' | 'data') =>
  computed({ written }, (parts) => read(parts.written)[name]);

const readsLog = (viewer: Actor): boolean => permit(viewer, 'audit.read').ok;

const newest = (column: string) => () => `(SELECT ${column} FROM audit_log_checkpoint ORDER BY size DESC LIMIT 1)`;
const leafIndex = int((t) => `(SELECT leaf_index::int FROM audit_log_leaf WHERE event_id = ${t}.id)`);
const entry = text((t) => `encode(${t}.bytes, 'base64')`);

export const createAuditReads = ({ query }: Pick<Database, 'query'>): RoomReads => ({
  models: [
    {
      name: 'AuditEvent',
      table: (t) => `audit_event AS ${t}`,
      key: 'id',
      mayRead: () => true,
      // A mutation answers with its own event.
      sees: computed(
        { actorId: text('actor_id') },
        ({ actorId }, { viewer }) => readsLog(viewer) || actorId === viewer.id,
      ),
      fields: {
        id: identity,
        occurredAt: moment('occurred_at'),
        actorId: text('actor_id'),
        actor: one('User', byActorId('actor_id')),
        onBehalfOf: text('on_behalf_of'),
        action: text('action'),
        objectType: text('object_type'),
        objectId: text('object_id'),
        requestId: text('request_id'),
        before: part('before'),
        after: part('after'),
        reason: part('reason'),
        data: part('data'),
        leafIndex,
        proof: batched(
          { leafIndex, entry, size: int(newest('size::int')), note: text(newest('note')) },
          async (events) => {
            const leaves = events.map((event): ProvableLeaf | null =>
              // The reads' types know no NULL; an event that is no leaf yet has one.
              (event.leafIndex as number | null) === null
                ? null
                : {
                    index: event.leafIndex,
                    size: event.size,
                    note: event.note,
                    entry: Buffer.from(event.entry, 'base64'),
                  },
            );
            const proofs = await proveLeaves(
              query,
              leaves.filter((leaf) => leaf !== null),
            );
            return leaves.map((leaf) => (leaf === null ? null : proofs.shift()));
          },
        ),
      },
    },
    {
      name: 'AuditDiscrepancy',
      table: (t) => `audit_discrepancy AS ${t}`,
      key: 'id',
      mayRead: readsLog,
      fields: {
        id: identity,
        table: text('table_name'),
        key: text('row_key'),
        kind: text('kind'),
        leafIndex: int('leaf_index'),
        foundAt: moment('found_at'),
        goneAt: moment('gone_at'),
      },
    },
  ],
});
