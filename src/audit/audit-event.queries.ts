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
import { fetchPage, SqlParams, type PagedSelect } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { readWrittenForm, type AuditEvent } from './domain/audit-event';

export interface AuditConditions {
  readonly actorId?: Choice<string>;
  readonly action?: Choice<string>;
  readonly object?: { readonly type: string; readonly id: string };
  readonly customerId?: string;
  readonly requestId?: Choice<string>;
  readonly occurredAt?: Range<Date>;
}
export type AuditFilter = Filter<AuditConditions>;

export const createAuditQueries = (database: Database) => ({
  /** Newest first. Needs `audit.read`. */
  list: (actor: Actor, filter: AuditFilter): Result<ListSource> => {
    const permitted = permit(actor, 'audit.read');
    if (!permitted.ok) return permitted;
    return ok({ model: 'AuditEvent', alias: 'audit_event', select: (params) => eventsOf(filter, params) });
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

const select = (filter: AuditFilter): PagedSelect => {
  const params = new SqlParams();
  return { select: "convert_from(bytes, 'UTF8') AS written", params, ...eventsOf(filter, params) };
};

const eventsOf = (filter: AuditFilter, params: SqlParams) => ({
  from: 'audit_event',
  where: filterConditions(filter, (leaf) => conditions(leaf, params)),
  order: [
    { expression: 'audit_event.occurred_at', type: 'timestamptz', direction: 'DESC' },
    { expression: 'audit_event.id', type: 'uuid', direction: 'DESC' },
  ] as const,
});

const conditions = (leaf: AuditConditions, params: SqlParams): string[] => [
  ...choiceConditions('actor_id', 'text', leaf.actorId, params),
  ...choiceConditions('action', 'text', leaf.action, params),
  ...choiceConditions('request_id', 'text', leaf.requestId, params),
  ...rangeConditions('occurred_at', 'timestamptz', leaf.occurredAt, params),
  ...(leaf.customerId === undefined ? [] : [`customer_id = ${params.add(leaf.customerId)}::uuid`]),
  ...(leaf.object === undefined
    ? []
    : [`object_type = ${params.add(leaf.object.type)}`, `object_id = ${params.add(leaf.object.id)}`]),
];
