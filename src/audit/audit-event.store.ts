/** Writes audit events inside the transaction of the change that they tell of. It never updates or deletes one. */
import { keptStatement, type KeptStatement } from '../platform/kept-statements';
import type { PostingStatement, RecordedEvent, Tx } from '../platform/unit-of-work';
import { entryForm, NO_BODY, NO_ROWS, writtenForm, type EventDraft } from './domain/audit-event';
import { MAX_ENTRY_BYTES } from './domain/tile';

/**
 * One statement: what the transaction wrote into business tables lies in two settings of it (see the function tw_trail) and
 * becomes part of the last event; what is then too large for an entry is kept aside. Afterwards the settings are empty.
 */
const WRITE = `
  WITH event AS (
    SELECT *, ordinal = count(*) OVER () AND trail <> '' AS has_rows
    FROM unnest($1::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::uuid[], $11::text[])
      WITH ORDINALITY AS e (id, on_behalf_of, action, object_type, object_id, written, customer_id, short, ordinal),
      (SELECT concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''),
                nullif(current_setting('tierwarden.fresh_rows', true), '')) AS trail) AS transaction),
  whole AS MATERIALIZED (
    SELECT *, convert_to(CASE WHEN has_rows
        THEN left(written, -${NO_ROWS.length}) || '[' || trail || ']${NO_ROWS.replace('null', '')}' ELSE written END, 'UTF8') AS form
    FROM event),
  stored AS (
    INSERT INTO audit_event (id, occurred_at, actor_id, on_behalf_of, action, object_type, object_id, customer_id,
      request_id, bytes)
    SELECT id, $2, $3, on_behalf_of, action, object_type, object_id, customer_id, $4,
      CASE WHEN octet_length(form) <= ${MAX_ENTRY_BYTES} THEN form
        ELSE convert_to(replace(short, '${NO_BODY}', format('"body":{"bytes":%s,"sha256":"%s"}', octet_length(form),
          encode(sha256(form), 'hex'))), 'UTF8') END
    FROM whole ORDER BY ordinal),
  aside AS (
    INSERT INTO audit_event_body (event_id, bytes)
    SELECT id, form FROM whole WHERE octet_length(form) > ${MAX_ENTRY_BYTES})
  SELECT set_config('tierwarden.rows', '', true), set_config('tierwarden.fresh_rows', '', true)
  FROM (SELECT count(*) FROM whole) AS written`;

/**
 * The statement around a posting: who acts is told before it, and its event follows where it posted, with the rows that it
 * wrote. A later part refers to an earlier one, so that the server executes them in this order.
 */
const around = (sql: string, own: number): string => {
  const given = (place: number): string => `$${own + place}`;
  return `
  WITH acting AS MATERIALIZED (
    SELECT set_config('tierwarden.actor', ${given(1)}, true) AS actor, set_config('application_name', ${given(2)}, true)),
  told AS MATERIALIZED (SELECT answer.* FROM acting, LATERAL (
    SELECT * FROM (${sql}) AS posting WHERE acting.actor <> '' OFFSET 0) AS answer),
  event AS (
    INSERT INTO audit_event (id, occurred_at, actor_id, on_behalf_of, action, object_type, object_id, customer_id,
      request_id, bytes)
    SELECT ${given(3)}::uuid, ${given(4)}::timestamptz, ${given(1)}, ${given(5)}, ${given(6)}, ${given(7)}, ${given(8)}, ${given(9)}::uuid, ${given(10)},
      convert_to(${given(11)}::text || '[' || concat_ws(',', nullif(current_setting('tierwarden.rows', true), ''),
        nullif(current_setting('tierwarden.fresh_rows', true), '')) || ']${NO_ROWS.replace('null', '')}', 'UTF8')
    FROM told WHERE posted)
  SELECT * FROM told`;
};

/** By the statement inside; there are few of them. */
const postings = new Map<string, string>();

const postingText = (sql: string, own: number): string => {
  const text = postings.get(sql) ?? around(sql, own);
  postings.set(sql, text);
  return text;
};

export const writePosting = (
  unit: Pick<Tx, 'at' | 'initiator'>,
  { sql, params, event: recorded, label }: PostingStatement,
): KeptStatement => {
  const event = eventOf(unit, recorded);
  return keptStatement(postingText(sql, params.length), [
    ...params,
    event.actorId,
    label,
    event.id,
    event.occurredAt,
    event.onBehalfOf,
    event.action,
    event.objectType,
    event.objectId,
    event.customerId,
    event.requestId,
    writtenForm(event).slice(0, -NO_ROWS.length),
  ]);
};

export const writeAuditEvents = async (tx: Tx, recorded: readonly RecordedEvent[]): Promise<void> => {
  const events = recorded.map((event) => eventOf(tx, event));
  await tx.query(WRITE, [
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
    events.map(entryForm),
  ]);
};

const eventOf = (tx: Pick<Tx, 'at' | 'initiator'>, event: RecordedEvent): EventDraft => ({
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
