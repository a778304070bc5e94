import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('change_request')
export class ChangeRequestEntity {
  @PrimaryColumn('uuid')
  id!: string;

  /** Given by the database; the human number is made of it. */
  @Column({ type: 'bigint', insert: false, update: false })
  serial!: string;

  @Column('text')
  kind!: string;

  @Column('text', { name: 'subject_type' })
  subjectType!: string;

  @Column('text', { name: 'subject_id' })
  subjectId!: string;

  @Column('jsonb')
  payload!: object;

  @Column('jsonb')
  base!: object;

  @Column('jsonb')
  impact!: object;

  @Column('uuid', { name: 'policy_version_id' })
  policyVersionId!: string;

  @Column('text', { name: 'routing_row' })
  routingRow!: string;

  @Column('text')
  digest!: string;

  @Column('text')
  state!: string;

  @Column('smallint', { name: 'current_level' })
  currentLevel!: number;

  @Column('text', { name: 'maker_id' })
  makerId!: string;

  @Column('timestamptz', { name: 'submitted_at' })
  submittedAt!: Date;

  @Column('timestamptz', { name: 'decide_by' })
  decideBy!: Date;

  @Column('timestamptz', { name: 'closed_at', nullable: true })
  closedAt!: Date | null;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('integer')
  version!: number;
}

@Entity('change_request_level')
export class ChangeRequestLevelEntity {
  @PrimaryColumn('uuid', { name: 'request_id' })
  requestId!: string;

  @PrimaryColumn('smallint')
  ordinal!: number;

  @Column('text')
  role!: string;

  @Column('smallint')
  quorum!: number;
}

@Entity('change_request_vote')
export class ChangeRequestVoteEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'request_id' })
  requestId!: string;

  @Column('smallint', { name: 'level_ordinal' })
  levelOrdinal!: number;

  @Column('uuid', { name: 'voter_id' })
  voterId!: string;

  @Column('text')
  verdict!: string;

  @Column('text', { nullable: true })
  comment!: string | null;

  @Column('text')
  digest!: string;

  @Column('timestamptz', { name: 'cast_at' })
  castAt!: Date;
}
