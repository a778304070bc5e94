/** How audit events are read for screens: from the bytes that were written down. */
import type { Actor } from '../kernel/actor';
import { byActorId, permit } from '../identity';
import { computed, identity, moment, one, text, type RoomReads } from '../platform/read-model';
import { readWrittenForm, type AuditEvent } from './domain/audit-event';

const written = text((t) => `convert_from(${t}.bytes, 'UTF8')`);

let last: { readonly written: string; readonly event: AuditEvent } | null = null;
/** Several fields of one event are asked for one after the other. */
const read = (text: string): AuditEvent => {
  if (last?.written !== text) last = { written: text, event: readWrittenForm(text) };
  return last.event;
};

const part = (name: 'before' | 'after' | 'reason' | 'data') =>
  computed({ written }, (parts) => read(parts.written)[name]);

const readsLog = (viewer: Actor): boolean => permit(viewer, 'audit.read').ok;

export const auditReads: RoomReads = {
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
      },
    },
  ],
};
