/** Reads evidence files for whoever comes with a link. It never writes. */
import type { Actor } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { sha256 } from '../kernel/sha256';
import { permit } from '../identity';
import type { Database } from '../platform/database';

export interface EvidenceDownload {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Buffer;
  readonly fileId: string;
  readonly requestId: string;
  /** Null where the request is about no customer. */
  readonly customerId: string | null;
}

export const createEvidenceQueries = ({ query }: Pick<Database, 'query'>) => ({
  /** Bytes that a file was announced with by its owner; null where there is no such file of his. */
  announcedSize: async (owner: Actor, fileId: string): Promise<number | null> => {
    const [file] = await query<{ size: number }>('SELECT size FROM evidence_file WHERE id = $1 AND owner_id = $2', [
      fileId,
      owner.id,
    ]);
    return file?.size ?? null;
  },

  /**
   * A file by the id under which it stands with a request. Needs `request.read`. Throws where the bytes are not those that
   * were agreed to.
   */
  download: async (viewer: Actor, id: string): Promise<Result<EvidenceDownload>> => {
    const permitted = permit(viewer, 'request.read');
    if (!permitted.ok) return permitted;
    const [found] = await query<EvidenceDownload & { readonly sha256: string }>(
      `SELECT file.name, file.media_type AS "mediaType", file.sha256, held.content, file.id AS "fileId",
         request.id AS "requestId", CASE WHEN request.subject_type = 'Customer' THEN request.subject_id END AS "customerId"
       FROM change_request_evidence AS evidence JOIN evidence_file AS file ON file.id = evidence.file_id
         JOIN evidence_content AS held ON held.file_id = file.id
         JOIN change_request AS request ON request.id = evidence.request_id WHERE evidence.id = $1`,
      [id],
    );
    if (found === undefined) return refuse('NOT_FOUND', 'no such file');
    const { sha256: expected, ...file } = found;
    if (Buffer.from(sha256(file.content), 'latin1').toString('hex') !== expected) {
      throw new Error(`the content of evidence file ${file.fileId} is not what was agreed to`);
    }
    return ok(file);
  },
});

export type EvidenceQueries = ReturnType<typeof createEvidenceQueries>;
