/** Rows of `import_batch`: which file was brought in, when, by whom, and what came of it. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('import_batch')
export class ImportBatchEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  kind!: string;

  @Column('text', { name: 'file_name' })
  fileName!: string;

  @Column('text', { name: 'file_sha256' })
  fileSha256!: string;

  @Column('text', { name: 'map_digest' })
  mapDigest!: string;

  @Column('text')
  source!: string;

  @Column('timestamptz', { name: 'started_at' })
  startedAt!: Date;

  @Column('text', { name: 'started_by' })
  startedBy!: string;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column('jsonb', { nullable: true })
  counts!: object | null;
}
