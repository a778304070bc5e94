/**
 * The audit event as it is written down: one canonical JSON object whose bytes never change afterwards.
 * People appear by id only, never by name. The last event of a transaction holds the rows that the transaction wrote.
 * The log takes entries up to a size: of a larger event the entry holds the digest, and the whole form is kept aside.
 */
import { canonicalJson, type Json } from '../../kernel/canonical-json';

/** Version of the written form; readers refuse versions that they do not know. The first one had no `rows`. */
const FORMAT = 2;
const READABLE: readonly number[] = [1, FORMAT];

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
  /** Rows that its transaction wrote, with the last event of it; null with all others. */
  readonly rows: readonly WrittenRows[] | null;
}

/** What one statement did to one table, as the database saw it. Values are the texts that PostgreSQL has for them. */
export interface WrittenRows {
  readonly table: string;
  /** `baseline`: rows that were there before their table left a trail. */
  readonly op: 'insert' | 'update' | 'delete' | 'baseline';
  readonly columns: readonly string[];
  /** States after it; of deleted rows, before it. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What the program knows of an event when it writes it. */
export type EventDraft = Omit<AuditEvent, 'rows'>;

/**
 * UTF-8 text of the event (RFC 8785) without rows, which only the database knows: it puts them in place of
 * {@link NO_ROWS}. Absent parts are written as null, so the set of keys is always the same.
 */
export const writtenForm = (event: EventDraft): string => canonicalJson(written(event));

/** How every written form without rows ends. */
export const NO_ROWS = `null,"v":${FORMAT}}`;

/**
 * The entry of an event that is too large for one: who did what to what, and under `body`, in place of {@link NO_BODY}, the
 * hex SHA-256 and the length of the written form.
 */
export const entryForm = (event: EventDraft): string =>
  canonicalJson({ ...written(event), before: null, after: null, reason: null, data: null, body: null });

/** Stands in an {@link entryForm} once: inside of texts quotation marks are escaped. */
export const NO_BODY = '"body":null';

const written = (event: EventDraft) => ({
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
  rows: null,
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
    rows?: readonly WrittenRows[] | null;
  };
  if (!READABLE.includes(written.v)) throw new Error(`audit event ${written.id} has unknown format ${written.v}`);
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
    rows: written.rows ?? null,
  };
};
