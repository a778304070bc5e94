/** Rows of `indicator_snapshot` and `indicator_current`. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('indicator_snapshot')
export class IndicatorSnapshotEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('date', { name: 'as_of' })
  asOf!: string;

  @Column('timestamptz', { name: 'recorded_at' })
  recordedAt!: Date;

  @Column('text')
  source!: string;

  @Column('text')
  quality!: string;

  @Column('jsonb')
  values!: Record<string, string>;

  @Column('text', { name: 'content_digest' })
  contentDigest!: string;

  @Column('uuid', { name: 'batch_id', nullable: true })
  batchId!: string | null;
}

@Entity('indicator_current')
export class IndicatorCurrentEntity {
  @PrimaryColumn('uuid', { name: 'customer_id' })
  customerId!: string;

  /** In the order of the dictionary's ordinals. */
  @Column('float8', { array: true })
  values!: (number | null)[];

  @Column('date', { name: 'as_of', array: true })
  asOf!: (string | null)[];

  @Column('timestamptz', { name: 'recorded_at', array: true })
  recordedAt!: (Date | null)[];

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
