/** Reads change requests for inboxes, customer screens and detail pages. It never writes. */
import type { Actor } from '../kernel/actor';
import { decidedBy, type Moments } from '../kernel/moments';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit, permitPast } from '../identity';
import type { Database } from '../platform/database';
import {
  choiceConditions,
  filterConditions,
  rangeConditions,
  type Choice,
  type Filter,
  since,
  type Range,
} from '../platform/filter';
import { type SqlParams } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { REQUEST_SELECT, requestOf, type ChangeRequestRow } from './change-request.rows';
import type { ChangeRequest, RequestKind, RequestState } from './domain/change-request';

/** Tabs of the inbox 「待办 / 已办 / 我发起」. */
export const INBOX_TABS = ['WAITING_FOR_ME', 'DONE_BY_ME', 'MADE_BY_ME'] as const;
export type InboxTab = (typeof INBOX_TABS)[number];

export interface RequestConditions {
  readonly tab?: InboxTab;
  readonly state?: Choice<RequestState>;
  readonly kind?: Choice<RequestKind>;
  readonly subject?: { readonly type: string; readonly id: string };
  readonly makerId?: Choice<string>;
  readonly submittedAt?: Range<Date>;
  /** Changed at this moment or after. */
  readonly updatedSince?: Date;
}
export type RequestFilter = Filter<RequestConditions>;

export const createApprovalQueries = (database: Database) => ({
  /** Newest first. Needs `request.read`. */
  list: (viewer: Actor, filter: RequestFilter, now: Date): Result<ListSource> => {
    const permitted = permit(viewer, 'request.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'ChangeRequest',
      alias: 'request',
      select: (params) => requestsOf(viewer, filter, now, params),
    });
  },

  /** Whether the viewer has an inbox at all. */
  mayRead: (viewer: Actor): Result<true> => permit(viewer, 'request.read'),

  /** Read once for many viewers: the answer tells each of them what he may see, else FORBIDDEN or NOT_FOUND. */
  forViewers: async (ids: readonly string[]): Promise<(viewer: Actor, id: string) => Result<ChangeRequest>> => {
    const rows = await database.query<ChangeRequestRow>(
      `SELECT ${REQUEST_SELECT} FROM change_request AS request WHERE request.id = ANY ($1)`,
      [ids],
    );
    const requests = new Map(rows.map((row) => [row.id, requestOf(row)]));
    return (viewer, id) => {
      const permitted = permit(viewer, 'request.read');
      if (!permitted.ok) return permitted;
      const request = requests.get(id);
      return request === undefined ? refuse('NOT_FOUND', 'There is no such request.') : ok(request);
    };
  },

  /** Open requests on the given subjects: what shows as pending on the subject itself. Needs `request.read`, else none. */
  openOn: async (viewer: Actor, subjectType: string, subjectIds: readonly string[]): Promise<ChangeRequest[]> => {
    if (!permit(viewer, 'request.read').ok) return [];
    const rows = await database.query<ChangeRequestRow>(
      `SELECT ${REQUEST_SELECT} FROM change_request AS request
       WHERE request.state = 'IN_REVIEW' AND request.subject_type = $1 AND request.subject_id = ANY ($2)
       ORDER BY request.submitted_at, request.id`,
      [subjectType, subjectIds],
    );
    return rows.map(requestOf);
  },

  /** Ids of the requests that were open on a subject in the past, oldest first. Needs `request.read` and `audit.read`. */
  idsOpenAt: async (
    viewer: Actor,
    subjectType: string,
    subjectId: string,
    at: Moments,
  ): Promise<Result<readonly string[]>> => {
    const permitted = permitPast(viewer, 'request.read');
    if (!permitted.ok) return permitted;
    const rows = await database.query<{ id: string }>(
      `SELECT id FROM change_request WHERE subject_type = $1 AND subject_id = $2
         AND submitted_at <= $3 AND (closed_at IS NULL OR closed_at > $3) ORDER BY submitted_at, id`,
      [subjectType, subjectId, decidedBy(at)],
    );
    return ok(rows.map(({ id }) => id));
  },
});

export type ApprovalQueries = ReturnType<typeof createApprovalQueries>;

const requestsOf = (viewer: Actor, filter: RequestFilter, now: Date, params: SqlParams) => ({
  from: 'change_request AS request',
  where: filterConditions(filter, (leaf) => conditions(leaf, viewer, now, params)),
  order: [
    { expression: 'request.submitted_at', type: 'timestamptz', direction: 'DESC' },
    { expression: 'request.id', type: 'uuid', direction: 'DESC' },
  ] as const,
});

const conditions = (leaf: RequestConditions, viewer: Actor, now: Date, params: SqlParams): string[] => [
  ...choiceConditions('request.state', 'text', leaf.state, params),
  ...choiceConditions('request.kind', 'text', leaf.kind, params),
  ...choiceConditions('request.maker_id', 'text', leaf.makerId, params),
  ...rangeConditions('request.submitted_at', 'timestamptz', leaf.submittedAt, params),
  ...rangeConditions('request.updated_at', 'timestamptz', since(leaf.updatedSince), params),
  ...(leaf.subject === undefined
    ? []
    : [
        `request.subject_type = ${params.add(leaf.subject.type)}`,
        `request.subject_id = ${params.add(leaf.subject.id)}`,
      ]),
  ...(leaf.tab === undefined ? [] : [tabCondition(leaf.tab, viewer, now, params)]),
];

const tabCondition = (tab: InboxTab, viewer: Actor, now: Date, params: SqlParams): string => {
  const me = params.add(viewer.id);
  // Only users vote; the name of a system actor is no uuid.
  const votedByMe = `EXISTS (SELECT FROM change_request_vote AS mine
    WHERE mine.request_id = request.id AND mine.voter_id = CASE WHEN ${me} NOT LIKE 'system:%' THEN ${me}::uuid END)`;
  switch (tab) {
    case 'WAITING_FOR_ME':
      return `request.state = 'IN_REVIEW' AND request.decide_by > ${params.add(now)} AND request.maker_id <> ${me}
        AND NOT ${votedByMe}
        AND EXISTS (SELECT FROM change_request_level AS level WHERE level.request_id = request.id
          AND level.ordinal = request.current_level AND level.role = ANY (${params.add(viewer.roles)}))`;
    case 'DONE_BY_ME':
      return votedByMe;
    case 'MADE_BY_ME':
      return `request.maker_id = ${me}`;
  }
};
