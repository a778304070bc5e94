/** How a change request is read from its three tables; used by the store (under lock) and by the queries. */
import type { Json } from '../kernel/canonical-json';
import { isRole } from '../kernel/role';
import {
  REQUEST_KINDS,
  REQUEST_STATES,
  type ChangeRequest,
  type RequestKind,
  type RequestState,
  type Verdict,
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
  policy_version_id: string;
  routing_row: string;
  digest: string;
  state: string;
  current_level: number;
  maker_id: string;
  submitted_at: Date;
  decide_by: Date;
  closed_at: Date | null;
  updated_at: Date;
  version: number;
  levels: { ordinal: number; role: string; quorum: number }[];
  votes: {
    id: string;
    level_ordinal: number;
    voter_id: string;
    verdict: string;
    comment: string | null;
    digest: string;
    cast_at: string;
  }[];
}

/** Select list over `change_request AS request`. */
export const REQUEST_SELECT = `request.*,
  (SELECT json_agg(json_build_object('ordinal', ordinal, 'role', role, 'quorum', quorum) ORDER BY ordinal)
   FROM change_request_level WHERE request_id = request.id) AS levels,
  (SELECT coalesce(json_agg(vote ORDER BY vote.cast_at, vote.id), '[]')
   FROM change_request_vote AS vote WHERE vote.request_id = request.id) AS votes`;

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
  policyVersionId: row.policy_version_id,
  routingRow: row.routing_row,
  digest: row.digest,
  state: known<RequestState>(REQUEST_STATES, row.state),
  currentLevel: row.current_level,
  makerId: row.maker_id,
  submittedAt: row.submitted_at,
  decideBy: row.decide_by,
  closedAt: row.closed_at,
  updatedAt: row.updated_at,
  version: row.version,
  levels: row.levels.map((level) => {
    if (!isRole(level.role)) throw new Error(`unknown role ${level.role}`);
    return { ordinal: level.ordinal, role: level.role, quorum: level.quorum };
  }),
  votes: row.votes.map((vote) => ({
    id: vote.id,
    levelOrdinal: vote.level_ordinal,
    voterId: vote.voter_id,
    verdict: known<Verdict>(['APPROVE', 'REJECT'], vote.verdict),
    comment: vote.comment,
    digest: vote.digest,
    castAt: new Date(vote.cast_at),
  })),
});

const known = <T extends string>(values: readonly T[], value: string): T => {
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw new Error(`unknown stored value ${value}`);
  return found;
};
