/** Rows of `indicator_snapshot`, of the projection of what is current, and of what sources contradict one another about. */
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
  values!: Record<string, string | null>;

  @Column('text', { name: 'content_digest' })
  contentDigest!: string;

  @Column('uuid', { name: 'batch_id', nullable: true })
  batchId!: string | null;

  @Column('text', {
    name: 'recorded_by',
    nullable: true,
    default: () => "NULLIF(current_setting('tierwarden.actor'::text, true), ''::text)",
  })
  recordedBy!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('jsonb', { nullable: true })
  derivation!: object | null;
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

@Entity('indicator_origin')
export class IndicatorOriginEntity {
  @PrimaryColumn('uuid', { name: 'customer_id' })
  customerId!: string;

  /** In the order of the dictionary's ordinals, as are the ranks. */
  @Column('uuid', { name: 'snapshot_ids', array: true })
  snapshotIds!: (string | null)[];

  @Column('smallint', { array: true })
  ranks!: (number | null)[];
}

@Entity('indicator_precedence')
export class IndicatorPrecedenceEntity {
  @PrimaryColumn('integer')
  number!: number;

  @Column('uuid', { name: 'policy_version_id' })
  policyVersionId!: string;

  @Column('timestamptz', { name: 'adopted_at' })
  adoptedAt!: Date;

  @Column('text', { name: 'adopted_by' })
  adoptedBy!: string;
}

@Entity('indicator_conflict')
export class IndicatorConflictEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  indicator!: string;

  @Column('text')
  period!: string;

  @Column('uuid', { name: 'holding_snapshot_id' })
  holdingSnapshotId!: string;

  @Column('uuid', { name: 'yielding_snapshot_id' })
  yieldingSnapshotId!: string;

  @Column('numeric')
  deviation!: string;

  @Column('numeric')
  tolerance!: string;

  @Column('timestamptz', { name: 'detected_at' })
  detectedAt!: Date;
}
