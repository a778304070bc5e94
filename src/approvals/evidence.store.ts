/** Writes evidence files and where they stand. What stands with a request is never changed and never deleted. */
import type { Tx } from '../platform/unit-of-work';
import type { AnnouncedFile } from './domain/evidence-file';

export interface EvidenceFile extends AnnouncedFile {
  readonly id: string;
  readonly ownerId: string;
  readonly isStored: boolean;
}

export const insertFile = async (tx: Tx, file: AnnouncedFile, unusedUntil: Date): Promise<string> => {
  const id = tx.newId();
  await tx.query(
    `INSERT INTO evidence_file (id, name, media_type, size, sha256, owner_id, prepared_at, unused_until)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, file.name, file.mediaType, file.size, file.sha256, tx.initiator.actor.id, tx.at, unusedUntil],
  );
  return id;
};

/** Files by id, held so that they cannot be purged meanwhile. */
export const holdFiles = async (tx: Tx, ids: readonly string[]): Promise<EvidenceFile[]> => {
  await tx.query('SELECT FROM evidence_file WHERE id = ANY ($1) ORDER BY id FOR SHARE', [ids]);
  return tx.query<EvidenceFile>(
    `SELECT file.id, name, media_type AS "mediaType", size, sha256, owner_id AS "ownerId", held.file_id IS NOT NULL AS "isStored"
     FROM evidence_file AS file LEFT JOIN evidence_content AS held ON held.file_id = file.id WHERE file.id = ANY ($1)`,
    [ids],
  );
};

/** Waits for whoever stores the same file. */
export const lockFile = async (tx: Tx, id: string): Promise<EvidenceFile | null> => {
  await tx.query('SELECT FROM evidence_file WHERE id = $1 FOR UPDATE', [id]);
  const [file] = await holdFiles(tx, [id]);
  return file ?? null;
};

export const insertContent = async (tx: Tx, fileId: string, content: Buffer): Promise<void> => {
  await tx.query('INSERT INTO evidence_content (file_id, content, stored_at) VALUES ($1, $2, $3)', [
    fileId,
    content,
    tx.at,
  ]);
};

/** Ids of the files that stand with a request already. */
export const fileIdsOf = async (tx: Tx, requestId: string): Promise<string[]> => {
  const rows = await tx.query<{ file_id: string }>(
    'SELECT file_id FROM change_request_evidence WHERE request_id = $1',
    [requestId],
  );
  return rows.map((row) => row.file_id);
};

export const insertEvidence = async (
  tx: Tx,
  requestId: string,
  { fileId, title }: { readonly fileId: string; readonly title: string },
): Promise<void> => {
  await tx.query(
    `INSERT INTO change_request_evidence (id, request_id, file_id, title, added_by, added_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [tx.newId(), requestId, fileId, title, tx.initiator.actor.id, tx.at],
  );
};

/** Deletes files that nobody has used in time, contents included; yields their ids. */
export const purgeUnused = async (tx: Tx, atMost: number): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM evidence_file AS file WHERE unused_until <= $1
       AND NOT EXISTS (SELECT FROM change_request_evidence AS used WHERE used.file_id = file.id)
     ORDER BY unused_until, id LIMIT ${atMost} FOR UPDATE SKIP LOCKED`,
    [tx.at],
  );
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) {
    await tx.query('DELETE FROM evidence_content WHERE file_id = ANY ($1)', [ids]);
    await tx.query('DELETE FROM evidence_file WHERE id = ANY ($1)', [ids]);
  }
  return ids;
};
