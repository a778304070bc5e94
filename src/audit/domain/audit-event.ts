/**
 * The audit event as it is written down: one canonical JSON object whose bytes never change afterwards.
 * People appear by id only, never by name.
 */
import { canonicalJson, type Json } from '../../kernel/canonical-json';

/** Version of the written form; readers refuse versions that they do not know. */
const FORMAT = 1;

export interface AuditEvent {
  readonly id: string;
  readonly occurredAt: Date;
  readonly actorId: string;
  readonly onBehalfOf: string | null;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  /** Customer whom it concerns, if it is one. */
  readonly customerId: string | null;
  readonly requestId: string;
  readonly before: Json;
  readonly after: Json;
  readonly reason: string | null;
  readonly data: Json;
}

/** UTF-8 text of the event (RFC 8785). Absent parts are written as null, so the set of keys is always the same. */
export const writtenForm = (event: AuditEvent): string =>
  canonicalJson({
    v: FORMAT,
    id: event.id,
    at: event.occurredAt.toISOString(),
    actor: event.actorId,
    onBehalfOf: event.onBehalfOf,
    action: event.action,
    object: { type: event.objectType, id: event.objectId },
    customer: event.customerId,
    request: event.requestId,
    before: event.before,
    after: event.after,
    reason: event.reason,
    data: event.data,
  });

/** Inverse of {@link writtenForm}; throws on another format version, which only a newer program writes. */
export const readWrittenForm = (text: string): AuditEvent => {
  const written = JSON.parse(text) as {
    v: number;
    id: string;
    at: string;
    actor: string;
    onBehalfOf: string | null;
    action: string;
    object: { type: string; id: string };
    customer: string | null;
    request: string;
    before: Json;
    after: Json;
    reason: string | null;
    data: Json;
  };
  if (written.v !== FORMAT) throw new Error(`audit event ${written.id} has unknown format ${written.v}`);
  return {
    id: written.id,
    occurredAt: new Date(written.at),
    actorId: written.actor,
    onBehalfOf: written.onBehalfOf,
    action: written.action,
    objectType: written.object.type,
    objectId: written.object.id,
    customerId: written.customer,
    requestId: written.request,
    before: written.before,
    after: written.after,
    reason: written.reason,
    data: written.data,
  };
};
