/**
 * Writes change requests, levels and votes, and signals every new version. It never deletes: rejected and withdrawn requests
 * stay (I12).
 */
import type { Tx } from '../platform/unit-of-work';
import { ChangeRequestEntity, ChangeRequestLevelEntity, ChangeRequestVoteEntity } from './change-request.entity';
import { REQUEST_SELECT, requestOf, type ChangeRequestRow } from './change-request.rows';
import type { ChangeRequest, RequestKind, RequestState, RequestSubstance, Verdict } from './domain/change-request';

export const lockRequest = async (tx: Tx, id: string): Promise<ChangeRequest | null> => {
  // The lock comes first and alone: sub-selects of a locking statement would still see the snapshot from before the wait.
  await tx.query('SELECT FROM change_request WHERE id = $1 FOR UPDATE', [id]);
  return readRequest(tx, id);
};

const readRequest = async (tx: Tx, id: string): Promise<ChangeRequest | null> => {
  const [row] = await tx.query<ChangeRequestRow>(
    `SELECT ${REQUEST_SELECT} FROM change_request AS request WHERE request.id = $1`,
    [id],
  );
  return row === undefined ? null : requestOf(row);
};

/** The open request of that kind on the subject, if there is one. Two submitters at once: the second waits for the first. */
export const openRequestOn = async (
  tx: Tx,
  kind: RequestKind,
  subject: RequestSubstance['subject'],
): Promise<{ id: string; number: string } | null> => {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${kind}:${subject.type}:${subject.id}`]);
  const [row] = await tx.query<{ id: string; serial: string }>(
    `SELECT id, serial FROM change_request
     WHERE kind = $1 AND subject_type = $2 AND subject_id = $3 AND state = 'IN_REVIEW'`,
    [kind, subject.type, subject.id],
  );
  return row === undefined ? null : { id: row.id, number: `CR-${row.serial.padStart(6, '0')}` };
};

export const insertRequest = async (
  tx: Tx,
  request: RequestSubstance & { digest: string; makerId: string; decideBy: Date },
): Promise<ChangeRequest> => {
  const id = tx.newId();
  await tx.manager.insert(ChangeRequestEntity, {
    id,
    kind: request.kind,
    subjectType: request.subject.type,
    subjectId: request.subject.id,
    payload: request.payload as object,
    base: request.base as object,
    impact: request.impact as object,
    policyVersionId: request.policyVersionId,
    routingRow: request.routingRow,
    digest: request.digest,
    state: 'IN_REVIEW',
    currentLevel: 1,
    makerId: request.makerId,
    submittedAt: tx.at,
    decideBy: request.decideBy,
    closedAt: null,
    updatedAt: tx.at,
    version: 1,
  });
  await tx.manager.insert(
    ChangeRequestLevelEntity,
    request.levels.map((level) => ({ requestId: id, ...level })),
  );
  return signalled(tx, id);
};

/** The request as it is now, of which those who watch it will hear. */
const signalled = async (tx: Tx, id: string): Promise<ChangeRequest> => {
  const stored = await readRequest(tx, id);
  if (stored === null) throw new Error(`request ${id} vanished`);
  tx.signal('ChangeRequest', id, stored.version);
  return stored;
};

export const insertVote = async (
  tx: Tx,
  request: ChangeRequest,
  vote: { levelOrdinal: number; voterId: string; verdict: Verdict; comment: string | null },
): Promise<string> => {
  const id = tx.newId();
  await tx.manager.insert(ChangeRequestVoteEntity, {
    id,
    requestId: request.id,
    ...vote,
    digest: request.digest,
    castAt: tx.at,
  });
  return id;
};

/** Moves a locked request on; its version goes up by one. */
export const moveRequest = async (
  tx: Tx,
  request: ChangeRequest,
  to: { state: RequestState; currentLevel: number },
): Promise<ChangeRequest> => {
  await tx.manager.update(ChangeRequestEntity, request.id, {
    state: to.state,
    currentLevel: to.currentLevel,
    closedAt: to.state === 'IN_REVIEW' ? null : tx.at,
    // The clock of another process may have been ahead.
    updatedAt: new Date(Math.max(request.updatedAt.getTime(), tx.at.getTime())),
    version: request.version + 1,
  });
  return signalled(tx, request.id);
};

/** Ids of open requests whose time to be decided has passed, oldest first. */
export const overdueRequestIds = async (tx: Tx, atMost: number): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM change_request WHERE state = 'IN_REVIEW' AND decide_by <= $1
     ORDER BY decide_by, id LIMIT ${atMost} FOR UPDATE SKIP LOCKED`,
    [tx.at],
  );
  return rows.map((row) => row.id);
};
