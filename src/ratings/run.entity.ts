import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('rating_run')
export class RatingRunEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('integer', { generated: 'identity' })
  number!: number;

  @Column('text')
  purpose!: string;

  @Column('text')
  state!: string;

  @Column('uuid', { name: 'scorecard_version_id' })
  scorecardVersionId!: string;

  @Column('uuid', { name: 'trial_id', nullable: true })
  trialId!: string | null;

  @Column('jsonb', { name: 'limit_policy', nullable: true })
  limitPolicy!: object | null;

  @Column('date', { name: 'as_of' })
  asOf!: string;

  @Column('integer')
  customers!: number;

  @Column('text', { name: 'requested_by' })
  requestedBy!: string;

  @Column('timestamptz', { name: 'started_at' })
  startedAt!: Date;

  @Column('timestamptz', { name: 'resumed_at', nullable: true })
  resumedAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('integer')
  version!: number;
}

@Entity('rating_run_chunk')
export class RatingRunChunkEntity {
  @PrimaryColumn('uuid', { name: 'run_id' })
  runId!: string;

  @PrimaryColumn('integer')
  ordinal!: number;

  @Column('uuid', { name: 'id_after', nullable: true })
  idAfter!: string | null;

  @Column('uuid', { name: 'id_upto', nullable: true })
  idUpto!: string | null;

  @Column('integer', { nullable: true })
  rated!: number | null;

  @Column('integer', { nullable: true })
  parked!: number | null;

  @Column('text', { nullable: true })
  digest!: string | null;

  @Column('timestamptz', { name: 'done_at', nullable: true })
  doneAt!: Date | null;
}

@Entity('rating_parked')
export class RatingParkedEntity {
  @PrimaryColumn('uuid', { name: 'run_id' })
  runId!: string;

  @PrimaryColumn('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  reason!: string;

  @Column('text')
  detail!: string;

  @Column('timestamptz', { name: 'parked_at' })
  parkedAt!: Date;
}
