/**
 * Writes change requests, levels, rounds, votes and steps, and signals every new version. It never deletes: rejected and
 * withdrawn requests stay (I12).
 */
import type { Json } from '../kernel/canonical-json';
import type { Role } from '../kernel/role';
import type { ChangeFacts } from '../policies';
import type { Tx } from '../platform/unit-of-work';
import { REQUEST_SELECT, requestNumber, requestOf, type ChangeRequestRow } from './change-request.rows';
import {
  OCCUPYING_STATES,
  type ChangeRequest,
  type LevelPart,
  type RequestKind,
  type RequestState,
  type RequestSubstance,
  type Vote,
} from './domain/change-request';
import type { StepVerb } from './domain/step';

export const lockRequest = async (tx: Tx, id: string): Promise<ChangeRequest | null> => {
  // A statement of its own before it: sub-selects of a locking statement would still see the snapshot from before the wait.
  const [, request] = await Promise.all([
    tx.query('SELECT FROM change_request WHERE id = $1 FOR UPDATE', [id]),
    readRequest(tx, id),
  ]);
  return request;
};

export const readRequest = async (tx: Tx, id: string): Promise<ChangeRequest | null> => {
  const [row] = await tx.query<ChangeRequestRow>(
    `SELECT ${REQUEST_SELECT} FROM change_request AS request WHERE request.id = $1`,
    [id],
  );
  return row === undefined ? null : requestOf(row);
};

/**
 * The request of that kind that occupies the subject, if there is one. Two submitters at once: the second waits for the
 * first.
 */
export const openRequestOn = async (
  tx: Tx,
  kind: RequestKind,
  subject: RequestSubstance['subject'],
): Promise<{ id: string; number: string } | null> => {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${kind}:${subject.type}:${subject.id}`]);
  const [row] = await tx.query<{ id: string; serial: string }>(
    `SELECT id, serial FROM change_request
     WHERE kind = $1 AND subject_type = $2 AND subject_id = $3 AND state IN (${OCCUPYING_STATES.map((state) => `'${state}'`).join()})`,
    [kind, subject.type, subject.id],
  );
  return row === undefined ? null : { id: row.id, number: requestNumber(row.serial) };
};

export interface FrozenRequest extends RequestSubstance {
  readonly digest: string;
  readonly facts: Json;
  readonly interestedIds: readonly string[];
  readonly decideBy: Date;
  readonly alarmAt: Date | null;
}

export const insertRequest = async (
  tx: Tx,
  request: FrozenRequest & Pick<ChangeRequest, 'makerId' | 'editorIds'> & { readonly state: 'DRAFT' | 'IN_REVIEW' },
): Promise<ChangeRequest> => {
  const id = tx.newId();
  await tx.query(
    `INSERT INTO change_request (id, kind, subject_type, subject_id, payload, base, impact, facts, policy_version_id,
       routing_row, digest, effective_from, state, current_level, maker_id, editor_ids, interested_ids, submitted_at, decide_by,
       alarm_at, updated_at, version)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15, $16, $17, $18, $19, $17, 1)`,
    [
      id,
      request.kind,
      request.subject.type,
      request.subject.id,
      ...substanceColumns(request),
      request.effectiveFrom,
      request.state,
      request.makerId,
      request.editorIds,
      request.interestedIds,
      tx.at,
      request.decideBy,
      request.state === 'DRAFT' ? null : request.alarmAt,
    ],
  );
  await insertLevels(tx, id, 1, request.levels);
  return signalled(tx, id);
};

const substanceColumns = (request: FrozenRequest): unknown[] => [
  JSON.stringify(request.payload),
  JSON.stringify(request.base),
  JSON.stringify(request.impact),
  JSON.stringify(request.facts),
  request.policyVersionId,
  request.routingRow,
  request.digest,
];

export const insertLevels = async (
  tx: Tx,
  requestId: string,
  round: number,
  parts: readonly LevelPart[],
): Promise<void> => {
  await tx.query(
    `INSERT INTO change_request_level (request_id, round, ordinal, part, phase, role, line, person_id, quorum, every_one,
       sla_hours, escalate_to, signed)
     SELECT $1, $2, p.ordinal, p.part, p.phase, p.role, p.line, p."personId", p.quorum, p."everyOne", p."slaHours",
       p."escalateTo", p.signed
     FROM json_to_recordset($3) AS p (ordinal smallint, part smallint, phase text, role text, line text, "personId" uuid,
       quorum smallint, "everyOne" boolean, "slaHours" smallint, "escalateTo" text[], signed boolean)`,
    [
      requestId,
      round,
      // An array of the database, written as it reads them.
      JSON.stringify(parts.map((part) => ({ ...part, escalateTo: `{${part.escalateTo.join()}}` }))),
    ],
  );
};

/**
 * Begins a round: the substance as it is frozen now, and the levels that are asked anew. The round so far is put aside
 * first, so that every round can be read again.
 */
export const openRound = async (
  tx: Tx,
  request: ChangeRequest,
  fromLevel: number,
  frozen: Omit<FrozenRequest, 'alarmAt'>,
): Promise<void> => {
  await tx.query(
    `INSERT INTO change_request_round (request_id, round, from_level, payload, base, impact, facts, policy_version_id, routing_row,
       digest, effective_from, decide_by, opened_by, opened_at)
     SELECT id, round, 1, payload, base, impact, facts, policy_version_id, routing_row, digest, effective_from, decide_by,
       maker_id, submitted_at FROM change_request WHERE id = $1
     ON CONFLICT DO NOTHING`,
    [request.id],
  );
  await tx.query(
    `INSERT INTO change_request_round (request_id, round, from_level, payload, base, impact, facts, policy_version_id, routing_row,
       digest, effective_from, decide_by, opened_by, opened_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      request.id,
      request.round + 1,
      fromLevel,
      ...substanceColumns({ ...frozen, alarmAt: null }),
      frozen.effectiveFrom,
      frozen.decideBy,
      tx.initiator.actor.id,
      tx.at,
    ],
  );
  await insertLevels(tx, request.id, request.round + 1, frozen.levels);
};

/** The request as it is now, of which those who watch it will hear. */
const signalled = async (tx: Tx, id: string): Promise<ChangeRequest> => {
  const stored = await readRequest(tx, id);
  if (stored === null) throw new Error(`request ${id} vanished`);
  tx.signal('ChangeRequest', id, stored.version);
  return stored;
};

export const insertVote = async (tx: Tx, request: ChangeRequest, vote: Vote): Promise<void> => {
  await tx.query(
    `INSERT INTO change_request_vote (id, request_id, round, level_ordinal, part, voter_id, principal_id, verdict, comment,
       lowered_to, digest, cast_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      vote.id,
      request.id,
      vote.round,
      vote.levelOrdinal,
      vote.part,
      vote.voterId,
      vote.principalId,
      vote.verdict,
      vote.comment,
      vote.loweredTo,
      vote.digest,
      vote.castAt,
    ],
  );
};

export interface NewStep {
  readonly verb: StepVerb;
  readonly toId?: string;
  readonly role?: Role;
  readonly voteId?: string;
  readonly text?: string | null;
  readonly data?: Json;
}

/** Puts down what was done about a request besides voting. */
export const insertStep = async (tx: Tx, request: ChangeRequest, step: NewStep): Promise<void> => {
  await tx.query(
    `INSERT INTO change_request_step (id, request_id, round, level_ordinal, verb, actor_id, to_id, role, vote_id, text, data,
       taken_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      tx.newId(),
      request.id,
      request.round,
      request.currentLevel,
      step.verb,
      tx.initiator.actor.id,
      step.toId ?? null,
      step.role ?? null,
      step.voteId ?? null,
      step.text ?? null,
      step.data === undefined ? null : JSON.stringify(step.data),
      tx.at,
    ],
  );
};

export interface Move {
  readonly state: RequestState;
  readonly currentLevel: number;
  readonly returnedFrom?: number | null;
  readonly failure?: string | null;
  /** Left out: as it was. */
  readonly alarm?: { readonly at: Date | null; readonly count: number };
  readonly editorId?: string;
  /** Whether from now on more than votes has to be looked at to tell where it stands. */
  readonly eventful?: true;
}

const CLOSED: readonly RequestState[] = ['APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'STALE'];

/** Moves a locked request on; its version goes up by one. */
export const moveRequest = async (tx: Tx, request: ChangeRequest, to: Move): Promise<ChangeRequest> => {
  const moved = tx.query(
    `UPDATE change_request SET state = $2, current_level = $3, returned_from = $4, failure = $5, closed_at = $6,
       alarm_at = $7, alarms = $8, eventful = eventful OR $9,
       editor_ids = CASE WHEN $10::text IS NULL OR $10 = ANY (editor_ids) THEN editor_ids ELSE editor_ids || $10::text END,
       updated_at = greatest(updated_at, $11), version = $12
     WHERE id = $1`,
    [
      request.id,
      to.state,
      to.currentLevel,
      to.returnedFrom ?? null,
      to.failure ?? null,
      CLOSED.includes(to.state) ? tx.at : null,
      to.alarm === undefined ? request.alarmAt : to.alarm.at,
      to.alarm === undefined ? request.alarms : to.alarm.count,
      to.eventful ?? false,
      to.editorId ?? null,
      // The clock of another process may have been ahead.
      tx.at,
      request.version + 1,
    ],
  );
  const [, stored] = await Promise.all([moved, signalled(tx, request.id)]);
  return stored;
};

/** Word to those who watch, of something that leaves the request at its version. */
export const signalSame = (tx: Tx, request: ChangeRequest): void =>
  tx.signal('ChangeRequest', request.id, request.version);

/** Ids of requests whose moment has come, the longest due first; each is locked by whoever takes it up. */
export const dueRequestIds = async (tx: Tx, due: 'EXPIRY' | 'EFFECT' | 'ALARM', atMost: number): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM change_request WHERE ${DUE[due]} ORDER BY ${DUE_ORDER[due]}, id LIMIT ${atMost} FOR UPDATE SKIP LOCKED`,
    [tx.at],
  );
  return rows.map((row) => row.id);
};

const DUE = {
  EXPIRY: "state IN ('IN_REVIEW', 'RETURNED') AND decide_by <= $1",
  EFFECT: "state = 'SCHEDULED' AND effective_from <= $1",
  ALARM: "state = 'IN_REVIEW' AND alarm_at <= $1",
} as const;
const DUE_ORDER = { EXPIRY: 'decide_by', EFFECT: 'effective_from', ALARM: 'alarm_at' } as const;

/** People who hold a role or work in a line now, in no order. */
export const eligibleIds = async (
  tx: Tx,
  { role, line }: { readonly role: Role | null; readonly line: string | null },
): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `SELECT person.id FROM app_user AS person JOIN org_unit ON org_unit.id = person.org_unit_id
     WHERE person.active AND ($2::text IS NULL OR org_unit.line = $2) AND ($1::text IS NULL OR EXISTS (
       SELECT FROM user_role AS held WHERE held.user_id = person.id AND held.role = $1 AND held.revoked_at IS NULL))`,
    [role, line],
  );
  return rows.map(({ id }) => id);
};

/** When the request was last reminded of by hand, by anybody. */
export const lastReminder = async (tx: Tx, requestId: string): Promise<Date | null> => {
  const [row] = await tx.query<{ at: Date | null }>(
    `SELECT max(taken_at) AS at FROM change_request_step WHERE request_id = $1 AND verb = 'REMIND' AND actor_id NOT LIKE 'system:%'`,
    [requestId],
  );
  return row?.at ?? null;
};

/** Open requests that ask for the same, together. */
export interface OpenByFacts {
  readonly facts: ChangeFacts;
  /** The policy of its kind that it was judged by; null where it names none. */
  readonly judgedBy: string | null;
  readonly count: number;
  /** Of the oldest ones. */
  readonly serials: readonly string[];
}

export const openByFacts = (tx: Tx): Promise<OpenByFacts[]> =>
  tx.query<OpenByFacts>(
    `SELECT facts, base ->> 'policyVersion' AS "judgedBy", count(*)::int AS count,
       (array_agg(serial::text ORDER BY serial))[1:10] AS serials
     FROM change_request WHERE state IN (${OCCUPYING_STATES.map((state) => `'${state}'`).join()})
     GROUP BY facts, base ->> 'policyVersion' ORDER BY min(serial)`,
    [],
  );
