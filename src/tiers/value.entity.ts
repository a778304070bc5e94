import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('value_computation')
export class ValueComputationEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  state!: string;

  @Column('uuid', { name: 'policy_version_id' })
  policyVersionId!: string;

  @Column('uuid', { name: 'tier_policy_version_id' })
  tierPolicyVersionId!: string;

  @Column('date', { name: 'as_of' })
  asOf!: string;

  @Column('jsonb')
  cuts!: object;

  @Column('integer', { name: 'reference_size' })
  referenceSize!: number;

  @Column('text', { name: 'requested_by' })
  requestedBy!: string;

  @Column('timestamptz', { name: 'started_at' })
  startedAt!: Date;

  @Column('uuid', { name: 'done_upto', nullable: true })
  doneUpto!: string | null;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column('integer')
  version!: number;
}
