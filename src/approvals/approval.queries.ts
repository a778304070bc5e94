/** Reads change requests for inboxes, customer screens and detail pages. It never writes. */
import type { Actor } from '../kernel/actor';
import { decidedBy, type Moments } from '../kernel/moments';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { decidesRequests, permit, permitPast, rolesConflict } from '../identity';
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
import { newestFirst, sortColumns, type Sort, type SqlParams } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import { REQUEST_SELECT, requestOf, type ChangeRequestRow } from './change-request.rows';
import type { ChangeRequest, RequestKind, RequestState } from './domain/change-request';
import type { KeyKind } from './signatures';
import { conflictsOfRoles, type DutyConflict, type PersonOnDuty } from './domain/duty-conflicts';

/** Tabs of the inbox 「待办 / 已办 / 我发起 / 抄送 / 草稿」. */
export const INBOX_TABS = ['WAITING_FOR_ME', 'DONE_BY_ME', 'MADE_BY_ME', 'COPIED_TO_ME', 'DRAFTS'] as const;
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

export type RequestOrder = 'SUBMITTED_AT' | 'DECIDE_BY' | 'UPDATED_AT';
const NEWEST_FIRST: readonly Sort<RequestOrder>[] = [{ by: 'SUBMITTED_AT', direction: 'DESC' }];

export interface OwnKey {
  readonly id: string;
  readonly name: string;
  readonly kind: KeyKind;
  /** Base64. */
  readonly publicKey: string;
  readonly registeredAt: Date;
  readonly revokedAt: Date | null;
}

export const createApprovalQueries = (database: Database) => ({
  /** Needs `request.read`. */
  list: (
    viewer: Actor,
    filter: RequestFilter,
    now: Date,
    sort: readonly Sort<RequestOrder>[] = NEWEST_FIRST,
  ): Result<ListSource> => {
    const permitted = permit(viewer, 'request.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'ChangeRequest',
      alias: 'request',
      select: (params) => requestsOf(viewer, filter, now, sort, params),
    });
  },

  /** What lies in one hand and should not, and votes by those who never decide. Needs `audit.read` or `user.manage`. */
  dutyConflicts: async (viewer: Actor): Promise<Result<readonly DutyConflict[]>> => {
    const permitted = permit(viewer, 'audit.read');
    if (!permitted.ok && !permit(viewer, 'user.manage').ok) return permitted;
    const people = await database.query<PersonOnDuty>(
      `SELECT person.id AS "userId", person.display_name AS "userName", unit.line,
         ARRAY(SELECT held.role FROM user_role AS held WHERE held.user_id = person.id AND held.revoked_at IS NULL
               ORDER BY held.role COLLATE "C") AS roles
       FROM app_user AS person JOIN org_unit AS unit ON unit.id = person.org_unit_id WHERE person.active
       ORDER BY person.display_name, person.id`,
    );
    const decided = await database.query<DutyConflict>(DECIDED_BY_WHOM_IT_CONCERNS);
    return ok([...people.flatMap((person) => conflictsOfRoles(person, rolesConflict, decidesRequests)), ...decided]);
  },

  /** Who acts for whom, the newest first. Needs `request.read`. */
  delegations: (viewer: Actor, filter: { readonly userId?: string }): Result<ListSource> => {
    const permitted = permit(viewer, 'request.read');
    if (!permitted.ok) return permitted;
    return ok({
      model: 'Delegation',
      alias: 'delegation',
      select: (params) => ({
        from: 'delegation',
        where:
          filter.userId === undefined
            ? []
            : [`${params.add(filter.userId)}::uuid IN (delegation.from_id, delegation.to_id)`],
        order: newestFirst('delegation', 'ends_at'),
      }),
    });
  },

  /** The viewer's own keys, the newest first. */
  keysOf: (viewer: Actor): Promise<readonly OwnKey[]> =>
    database.query<OwnKey>(
      `SELECT id, name, kind, encode(public_key, 'base64') AS "publicKey", registered_at AS "registeredAt",
         revoked_at AS "revokedAt" FROM signing_key WHERE owner_id::text = $1 ORDER BY registered_at DESC, id DESC`,
      [viewer.id],
    ),

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
       WHERE request.state IN ('IN_REVIEW', 'SCHEDULED', 'APPLY_FAILED') AND request.subject_type = $1 AND request.subject_id = ANY ($2)
       ORDER BY request.submitted_at, request.id`,
      [subjectType, subjectIds],
    );
    return rows.map(requestOf);
  },

  /** The requests that were open on some subjects in the past, oldest first. Needs `request.read` and `audit.read`. */
  idsOpenAt: async (
    viewer: Actor,
    subjectType: string,
    subjectIds: readonly string[],
    at: Moments,
  ): Promise<Result<readonly { readonly id: string; readonly subjectId: string }[]>> => {
    const permitted = permitPast(viewer, 'request.read');
    if (!permitted.ok) return permitted;
    return ok(
      await database.query<{ id: string; subjectId: string }>(
        `SELECT id, subject_id AS "subjectId" FROM change_request
         WHERE subject_type = $1 AND subject_id = ANY ($2) AND state <> 'DRAFT'
           AND submitted_at <= $3 AND (closed_at IS NULL OR closed_at > $3) ORDER BY submitted_at, id`,
        [subjectType, subjectIds, decidedBy(at)],
      ),
    );
  },
});

/** Votes of all time, grants in force and mandates of now, each held against its rule. */
const DECIDED_BY_WHOM_IT_CONCERNS = `
  WITH cast_by AS (
    SELECT vote.id, vote.request_id, person.id AS user_id, person.display_name AS name
    FROM change_request_vote AS vote JOIN app_user AS person ON person.id IN (vote.voter_id, vote.principal_id))
  SELECT CASE WHEN cast_by.user_id::text = ANY (lower(request.maker_id) || request.editor_ids) THEN 'MAKER_DECIDED'
      ELSE 'INTERESTED_DECIDED' END AS rule,
    cast_by.user_id AS "userId", cast_by.name AS "userName", 'CR-' || lpad(request.serial::text, 6, '0') AS detail
  FROM cast_by JOIN change_request AS request ON request.id = cast_by.request_id
  WHERE cast_by.user_id::text = ANY (lower(request.maker_id) || request.editor_ids || request.interested_ids)
  UNION ALL
  SELECT 'COUNTED_TWICE', cast_by.user_id, cast_by.name, 'CR-' || lpad(request.serial::text, 6, '0')
  FROM cast_by JOIN change_request AS request ON request.id = cast_by.request_id
    JOIN change_request_vote AS vote ON vote.id = cast_by.id AND change_request_vote_stands(vote)
  GROUP BY cast_by.user_id, cast_by.name, request.id HAVING count(*) > 1
  UNION ALL
  SELECT 'OWN_GRANT', held.user_id, person.display_name, held.role
  FROM user_role AS held JOIN app_user AS person ON person.id = held.user_id WHERE held.granted_by = held.user_id::text
  UNION ALL
  SELECT 'MANDATE_OF_MAKER', person.id, person.display_name, 'CR-' || lpad(request.serial::text, 6, '0')
  FROM delegation JOIN app_user AS person ON person.id = delegation.to_id
    JOIN change_request AS request ON request.state = 'IN_REVIEW' AND request.maker_id = delegation.from_id::text
  WHERE delegation.revoked_at IS NULL AND delegation.starts_at <= now() AND delegation.ends_at > now()
    AND (delegation.kinds IS NULL OR request.kind = ANY (delegation.kinds))
    AND EXISTS (SELECT FROM change_request_level AS level JOIN user_role AS held ON held.role = level.role
      WHERE level.request_id = request.id AND level.round = request.round AND level.ordinal = request.current_level
        AND held.user_id = person.id AND held.revoked_at IS NULL)
  ORDER BY rule, "userName"`;

export type ApprovalQueries = ReturnType<typeof createApprovalQueries>;

const requestsOf = (
  viewer: Actor,
  filter: RequestFilter,
  now: Date,
  sort: readonly Sort<RequestOrder>[],
  params: SqlParams,
) => ({
  from: 'change_request AS request',
  where: filterConditions(filter, (leaf) => conditions(leaf, viewer, now, params)),
  order: sortColumns('request', sort, {
    SUBMITTED_AT: { expression: 'request.submitted_at', type: 'timestamptz' },
    DECIDE_BY: { expression: 'request.decide_by', type: 'timestamptz' },
    UPDATED_AT: { expression: 'request.updated_at', type: 'timestamptz' },
  }),
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
  const me = (): string => params.add(viewer.id);
  // Only users vote; the name of a system actor is no uuid.
  const myId = (): string => `${params.add(viewer.kind === 'USER' ? viewer.id : null)}::uuid`;
  switch (tab) {
    case 'WAITING_FOR_ME':
      return waitingFor(viewer, { me: me(), myId: myId() }, now, params);
    case 'DONE_BY_ME':
      return `EXISTS (SELECT FROM change_request_vote AS mine
        WHERE mine.request_id = request.id AND mine.voter_id = ${myId()})`;
    case 'MADE_BY_ME':
      return `request.maker_id = ${me()} AND request.state <> 'DRAFT'`;
    case 'COPIED_TO_ME':
      return `EXISTS (SELECT FROM change_request_step AS copy
        WHERE copy.request_id = request.id AND copy.verb = 'COPY' AND copy.to_id = ${myId()})`;
    case 'DRAFTS':
      return `request.maker_id = ${me()} AND request.state = 'DRAFT'`;
  }
};

const waitingFor = (
  viewer: Actor,
  { me, myId }: { readonly me: string; readonly myId: string },
  now: Date,
  params: SqlParams,
): string => {
  const at = params.add(now);
  const stands = (vote: string): string => `(NOT request.eventful OR change_request_vote_stands(${vote}))`;
  const needed = (level: string): string => `${level}.quorum > (SELECT count(*) FROM change_request_vote AS given
    WHERE given.request_id = request.id AND given.level_ordinal = ${level}.ordinal AND given.part = ${level}.part
      AND given.verdict = 'APPROVE' AND given.digest = request.digest AND ${stands('given')})`;
  // The planner would take it that next to nothing is left, where one maker made nearly everything or so many conditions
  // come together, and sort all that is open. Of an expression it knows nothing, and what IS TRUE stands around is asked of
  // one request after the other: so it walks the open ones in order until the page is full.
  return `request.state = 'IN_REVIEW' AND request.decide_by + interval '0' > ${at} AND request.maker_id || '' <> ${me}
    AND NOT (request.editor_ids || request.interested_ids) @> ARRAY[${me}]
    AND (NOT EXISTS (SELECT FROM change_request_vote AS mine WHERE mine.request_id = request.id
      AND (mine.voter_id = ${myId} OR mine.principal_id = ${myId}) AND ${stands('mine')})) IS TRUE
    AND NOT (request.eventful AND coalesce((SELECT step.actor_id = ${me} FROM change_request_step AS step
      WHERE step.request_id = request.id AND step.verb = 'REASSIGN' AND step.level_ordinal = request.current_level
        AND (step.actor_id = ${me} OR step.to_id = ${myId})
        AND change_request_lasts(step.request_id, step.round, step.level_ordinal)
      ORDER BY step.taken_at DESC, step.id DESC LIMIT 1), false))
    AND (EXISTS (SELECT FROM change_request_level AS level WHERE level.request_id = request.id
      AND level.round = request.round AND level.ordinal = request.current_level AND ${needed('level')}
      AND (level.role = ANY (${params.add(viewer.roles)}) AND level.line IS NULL
        OR request.eventful AND level.person_id = ${myId}
        OR level.line IS NOT NULL AND (level.role IS NULL OR level.role = ANY (${params.add(viewer.roles)}))
          AND level.line = (SELECT unit.line FROM org_unit AS unit WHERE unit.id = ${params.add(viewer.orgUnitId)}::uuid)
        OR request.eventful AND EXISTS (SELECT FROM change_request_step AS step WHERE step.request_id = request.id
          AND step.level_ordinal = level.ordinal AND change_request_lasts(step.request_id, step.round, step.level_ordinal)
          AND (step.verb = 'ESCALATE' AND step.role = ANY (${params.add(viewer.roles)})
            OR step.verb = 'REASSIGN' AND step.to_id = ${myId}))
        OR EXISTS (SELECT FROM delegation JOIN user_role AS held ON held.user_id = delegation.from_id
          WHERE delegation.to_id = ${myId} AND delegation.revoked_at IS NULL AND delegation.starts_at <= ${at}
            AND delegation.ends_at > ${at} AND (delegation.kinds IS NULL OR request.kind = ANY (delegation.kinds))
            AND held.role = level.role AND held.revoked_at IS NULL
            AND NOT delegation.from_id::text = ANY (request.maker_id || request.editor_ids || request.interested_ids)))
      AND (level.phase = 'BEFORE' OR NOT EXISTS (SELECT FROM change_request_level AS earlier
        WHERE request.eventful AND earlier.request_id = request.id AND earlier.round = request.round
          AND earlier.ordinal = level.ordinal AND earlier.phase <> level.phase
          AND (earlier.phase = 'BEFORE' OR level.phase = 'AFTER') AND ${needed('earlier')})))) IS TRUE`;
};
