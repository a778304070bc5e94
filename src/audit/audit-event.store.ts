/** Writes audit events inside the transaction of the change that they tell of. It never updates or deletes one. */
import type { RecordedEvent, Tx } from '../platform/unit-of-work';
import { writtenForm, type AuditEvent } from './domain/audit-event';

export const writeAuditEvents = async (tx: Tx, recorded: readonly RecordedEvent[]): Promise<void> => {
  const events = recorded.map((event) => eventOf(tx, event));
  await tx.query(
    `INSERT INTO audit_event (id, occurred_at, actor_id, on_behalf_of, action, object_type, object_id, customer_id,
       request_id, bytes)
     SELECT id, $2, $3, on_behalf_of, action, object_type, object_id, customer_id, $4, convert_to(written, 'UTF8')
     FROM unnest($1::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
         $10::uuid[])
       AS e (id, on_behalf_of, action, object_type, object_id, written, customer_id)`,
    [
      events.map((event) => event.id),
      tx.at,
      tx.initiator.actor.id,
      tx.initiator.requestId,
      events.map((event) => event.onBehalfOf),
      events.map((event) => event.action),
      events.map((event) => event.objectType),
      events.map((event) => event.objectId),
      events.map(writtenForm),
      events.map((event) => event.customerId),
    ],
  );
};

const eventOf = (tx: Tx, event: RecordedEvent): AuditEvent => ({
  id: event.id,
  occurredAt: tx.at,
  actorId: tx.initiator.actor.id,
  onBehalfOf: event.onBehalfOf ?? null,
  action: event.action,
  objectType: event.object.type,
  objectId: event.object.id,
  customerId: event.customerId ?? (event.object.type === 'Customer' ? event.object.id : null),
  requestId: tx.initiator.requestId,
  before: event.before ?? null,
  after: event.after ?? null,
  reason: event.reason ?? null,
  data: event.data ?? null,
});
