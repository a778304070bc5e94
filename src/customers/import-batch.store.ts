/** Writes the record of imports: begun once, finished once, never changed afterwards. */
import { IsNull } from 'typeorm';
import type { Tx } from '../platform/unit-of-work';
import { ImportBatchEntity } from './import-batch.entity';

export interface ImportBatch {
  readonly id: string;
  readonly kind: 'CUSTOMERS' | 'INDICATORS';
  /** Name of the file without its folder. */
  readonly fileName: string;
  /** Lower-case hex. */
  readonly fileSha256: string;
  /** Digest of the map as it was understood. */
  readonly mapDigest: string;
  readonly source: string;
}

export interface ImportCounts {
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly new: number;
  readonly changed: number;
  readonly unchanged: number;
}

/** Begins the batch unless it has begun. */
export const ensureBatch = async (tx: Tx, batch: ImportBatch): Promise<void> => {
  await tx.query(
    `INSERT INTO import_batch (id, kind, file_name, file_sha256, map_digest, source, started_at, started_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
    [
      batch.id,
      batch.kind,
      batch.fileName,
      batch.fileSha256,
      batch.mapDigest,
      batch.source,
      tx.at,
      tx.initiator.actor.id,
    ],
  );
};

export const finishBatch = async (tx: Tx, id: string, counts: ImportCounts): Promise<void> => {
  await tx.manager.update(ImportBatchEntity, { id, finishedAt: IsNull() }, { finishedAt: tx.at, counts });
};
