/** Reads the audit log by actor, action, object, request and time. It never writes. */
import { ok, type Result } from '../kernel/result';
import type { Actor } from '../kernel/actor';
import type { Page, PageRequest } from '../kernel/page';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import {
  choiceConditions,
  filterConditions,
  rangeConditions,
  type Choice,
  type Filter,
  type Range,
} from '../platform/filter';
import { fetchPage, sortColumns, SqlParams, type PagedSelect, type Sort } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { REFUSED } from './look-recorder';
import { readWrittenForm, type AuditEvent } from './domain/audit-event';

/** DONE: it was done, and the event says what. REFUSED: somebody had no right to what he asked for. */
export const EVENT_RESULTS = ['DONE', 'REFUSED'] as const;
export type EventResult = (typeof EVENT_RESULTS)[number];

export interface AuditConditions {
  readonly actorId?: Choice<string>;
  readonly onBehalfOf?: Choice<string>;
  readonly result?: EventResult;
  /** Somebody looked at what is sensitive of this customer. */
  readonly lookedAt?: string;
  readonly action?: Choice<string>;
  readonly object?: { readonly type: string; readonly id: string };
  readonly customerId?: Choice<string>;
  readonly requestId?: Choice<string>;
  readonly occurredAt?: Range<Date>;
}
export type AuditFilter = Filter<AuditConditions>;

export type AuditEventOrder = 'OCCURRED_AT';
const NEWEST_FIRST: readonly Sort<AuditEventOrder>[] = [{ by: 'OCCURRED_AT', direction: 'DESC' }];

export const createAuditQueries = (database: Database) => ({
  /** Needs `audit.read`. */
  list: (actor: Actor, filter: AuditFilter, sort: readonly Sort<AuditEventOrder>[]): Result<ListSource> => {
    const permitted = permit(actor, 'audit.read');
    if (!permitted.ok) return permitted;
    // Some did millions of things and some three: one plan for all of them would read the whole log for the three.
    const plannedByValues = true;
    return ok({
      model: 'AuditEvent',
      alias: 'audit_event',
      select: (params) => ({ ...eventsOf(filter, sort, params), plannedByValues }),
    });
  },

  /** Newest first. Needs `audit.read`. */
  page: async (actor: Actor, filter: AuditFilter, page: PageRequest): Promise<Result<Page<AuditEvent>>> => {
    const permitted = permit(actor, 'audit.read');
    if (!permitted.ok) return permitted;
    const found = await fetchPage<{ written: string }>(database.query, select(filter), page);
    return ok({ ...found, items: found.items.map((row) => readWrittenForm(row.written)) });
  },
});

export type AuditQueries = ReturnType<typeof createAuditQueries>;

/** The written form of an event, from wherever it is kept; `t` is the event's alias. */
export const writtenText = (t: string): string =>
  `convert_from(coalesce((SELECT body.bytes FROM audit_event_body AS body WHERE body.event_id = ${t}.id), ${t}.bytes), 'UTF8')`;

const select = (filter: AuditFilter): PagedSelect => {
  const params = new SqlParams();
  return { select: `${writtenText('audit_event')} AS written`, params, ...eventsOf(filter, NEWEST_FIRST, params) };
};

const eventsOf = (filter: AuditFilter, sort: readonly Sort<AuditEventOrder>[], params: SqlParams) => ({
  from: 'audit_event',
  where: filterConditions(filter, (leaf) => conditions(leaf, params)),
  order: sortColumns('audit_event', sort, {
    OCCURRED_AT: { expression: 'audit_event.occurred_at', type: 'timestamptz' },
  }),
});

const conditions = (leaf: AuditConditions, params: SqlParams): string[] => [
  ...choiceConditions('actor_id', 'text', leaf.actorId, params),
  ...choiceConditions('on_behalf_of', 'text', leaf.onBehalfOf, params),
  ...(leaf.result === undefined ? [] : [`action ${leaf.result === 'REFUSED' ? '=' : '<>'} '${REFUSED}'`]),
  ...(leaf.lookedAt === undefined
    ? []
    : [`id IN (SELECT event_id FROM audit_look WHERE audit_look.customer_id = ${params.add(leaf.lookedAt)}::uuid)`]),
  ...choiceConditions('action', 'text', leaf.action, params),
  ...choiceConditions('request_id', 'text', leaf.requestId, params),
  ...rangeConditions('occurred_at', 'timestamptz', leaf.occurredAt, params),
  ...choiceConditions('customer_id', 'uuid', leaf.customerId, params),
  ...(leaf.object === undefined
    ? []
    : [`object_type = ${params.add(leaf.object.type)}`, `object_id = ${params.add(leaf.object.id)}`]),
];
