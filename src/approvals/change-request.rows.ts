/** How a change request is read from its tables; used by the store (under lock) and by the queries. */
import type { Json } from '../kernel/canonical-json';
import { isRole, type Role } from '../kernel/role';
import { LINES } from '../kernel/line';
import { jsonTuple } from '../platform/json-tuple';
import type { ChangeFacts } from '../policies';
import {
  PHASES,
  REQUEST_KINDS,
  REQUEST_STATES,
  type ChangeRequest,
  type Handover,
  type LevelPart,
  type RequestKind,
  type RequestState,
  type Verdict,
  type Vote,
} from './domain/change-request';

export interface ChangeRequestRow {
  id: string;
  serial: string;
  kind: string;
  subject_type: string;
  subject_id: string;
  payload: Json;
  base: Json;
  impact: Json;
  facts: unknown;
  policy_version_id: string;
  routing_row: string;
  digest: string;
  effective_from: Date | null;
  state: string;
  round: number;
  current_level: number;
  returned_from: number | null;
  maker_id: string;
  editor_ids: string[];
  interested_ids: string[];
  submitted_at: Date;
  decide_by: Date;
  closed_at: Date | null;
  updated_at: Date;
  version: number;
  failure: string | null;
  alarm_at: Date | null;
  alarms: number;
  levels: JsonRows;
  votes: JsonRows;
  handovers: JsonRows;
}

interface LevelJson {
  readonly ordinal: number;
  readonly part: number;
  readonly phase: string;
  readonly role: string | null;
  readonly line: string | null;
  readonly personId: string | null;
  readonly quorum: number;
  readonly everyOne: boolean;
  readonly slaHours: number | null;
  readonly escalateTo: readonly string[];
  readonly signed: boolean;
}

type VoteJson = Omit<Vote, 'verdict' | 'castAt'> & { readonly verdict: string; readonly castAt: string };

interface HandoverJson {
  readonly verb: string;
  readonly level: number;
  readonly fromId: string;
  readonly toId: string | null;
  readonly role: string | null;
}

const LEVEL = jsonTuple<LevelJson>({
  ordinal: 'level.ordinal',
  part: 'level.part',
  phase: 'level.phase',
  role: 'level.role',
  line: 'level.line',
  personId: 'level.person_id',
  quorum: 'level.quorum',
  everyOne: 'level.every_one',
  slaHours: 'level.sla_hours',
  escalateTo: 'level.escalate_to',
  signed: 'level.signed',
});

const VOTE = jsonTuple<VoteJson>({
  id: 'vote.id',
  round: 'vote.round',
  levelOrdinal: 'vote.level_ordinal',
  part: 'vote.part',
  voterId: 'vote.voter_id',
  principalId: 'vote.principal_id',
  verdict: 'vote.verdict',
  comment: 'vote.comment',
  loweredTo: 'vote.lowered_to',
  digest: 'vote.digest',
  castAt: 'vote.cast_at',
  standing: 'vote.standing',
});

const HANDOVER = jsonTuple<HandoverJson>({
  verb: 'step.verb',
  level: 'step.level_ordinal',
  fromId: 'step.actor_id',
  toId: 'step.to_id',
  role: 'step.role',
});

/** What one of the three below yields for a request. */
export type JsonRows = readonly (readonly unknown[])[];

/** Parts of all levels of the present round; read by {@link levelsOf}. */
export const levelsJson = (t: string): string =>
  `(SELECT json_agg(${LEVEL.sql} ORDER BY level.ordinal, level.part)
    FROM change_request_level AS level WHERE level.request_id = ${t}.id AND level.round = ${t}.round)`;

/** Read by {@link votesOf}. As long as nothing but votes and moves has come about, every vote stands. */
export const votesJson = (t: string): string =>
  `(SELECT coalesce(json_agg(${VOTE.sql} ORDER BY vote.cast_at, vote.id), '[]')
    FROM (SELECT given.*, NOT ${t}.eventful OR change_request_vote_stands(given) AS standing
      FROM change_request_vote AS given WHERE given.request_id = ${t}.id) AS vote)`;

/** Read by {@link handoversOf}. */
export const handoversJson = (t: string): string =>
  `CASE WHEN ${t}.eventful THEN (SELECT coalesce(json_agg(${HANDOVER.sql} ORDER BY step.taken_at, step.id), '[]')
    FROM change_request_step AS step WHERE step.request_id = ${t}.id AND step.verb IN ('REASSIGN', 'ESCALATE')
      AND change_request_lasts(step.request_id, step.round, step.level_ordinal)) ELSE '[]' END`;

const COLUMNS = [
  'id',
  'serial',
  'kind',
  'subject_type',
  'subject_id',
  'payload',
  'base',
  'impact',
  'facts',
  'policy_version_id',
  'routing_row',
  'digest',
  'effective_from',
  'state',
  'round',
  'current_level',
  'returned_from',
  'maker_id',
  'editor_ids',
  'interested_ids',
  'submitted_at',
  'decide_by',
  'closed_at',
  'updated_at',
  'version',
  'failure',
  'alarm_at',
  'alarms',
] as const satisfies readonly (keyof ChangeRequestRow)[];

/** Select list over `change_request AS request`. */
export const REQUEST_SELECT = `${COLUMNS.map((name) => `request.${name}`).join()}, ${levelsJson('request')} AS levels, ${votesJson('request')} AS votes,
  ${handoversJson('request')} AS handovers`;

/** For people, for example `CR-000042`. */
export const requestNumber = (serial: string): string => `CR-${serial.padStart(6, '0')}`;

/** Throws on values that this code does not know: they were written by a newer program. */
export const requestOf = (row: ChangeRequestRow): ChangeRequest => ({
  id: row.id,
  number: requestNumber(row.serial),
  kind: known<RequestKind>(REQUEST_KINDS, row.kind),
  subject: { type: row.subject_type, id: row.subject_id },
  payload: row.payload,
  base: row.base,
  impact: row.impact,
  // As the room that asked gave them, when it asked.
  facts: row.facts as ChangeFacts,
  policyVersionId: row.policy_version_id,
  routingRow: row.routing_row,
  digest: row.digest,
  effectiveFrom: row.effective_from,
  state: known<RequestState>(REQUEST_STATES, row.state),
  round: row.round,
  currentLevel: row.current_level,
  returnedFrom: row.returned_from,
  makerId: row.maker_id,
  editorIds: row.editor_ids,
  interestedIds: row.interested_ids,
  submittedAt: row.submitted_at,
  decideBy: row.decide_by,
  closedAt: row.closed_at,
  updatedAt: row.updated_at,
  version: row.version,
  failure: row.failure,
  alarmAt: row.alarm_at,
  alarms: row.alarms,
  levels: levelsOf(row.levels),
  votes: votesOf(row.votes),
  handovers: handoversOf(row.handovers),
});

export const levelsOf = (rows: JsonRows): LevelPart[] =>
  rows.map((values) => {
    const level = LEVEL.read(values);
    return {
      ...level,
      phase: known(PHASES, level.phase),
      role: level.role === null ? null : knownRole(level.role),
      line: level.line === null ? null : known(LINES, level.line),
      escalateTo: level.escalateTo.map(knownRole),
    };
  });

const VERDICTS: readonly Verdict[] = ['APPROVE', 'REJECT'];

export const votesOf = (rows: JsonRows): Vote[] =>
  rows.map((values) => {
    const vote = VOTE.read(values);
    return { ...vote, verdict: known(VERDICTS, vote.verdict), castAt: new Date(vote.castAt) };
  });

export const handoversOf = (rows: JsonRows): Handover[] =>
  rows.map((values) => {
    const { verb, level, fromId, toId, role } = HANDOVER.read(values);
    if (verb === 'REASSIGN' && toId !== null) return { verb, level, fromId, toId };
    if (verb === 'ESCALATE' && role !== null) return { verb, level, role: knownRole(role) };
    throw new Error(`unknown handover ${verb}`);
  });

const knownRole = (role: string): Role => {
  if (!isRole(role)) throw new Error(`unknown role ${role}`);
  return role;
};

const known = <T extends string>(values: readonly T[], value: string): T => {
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw new Error(`unknown stored value ${value}`);
  return found;
};
