import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('policy_version')
export class PolicyVersionEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  kind!: string;

  @Column('integer')
  number!: number;

  @Column('jsonb')
  content!: object;

  @Column('text')
  digest!: string;

  @Column('timestamptz', { name: 'effective_from' })
  effectiveFrom!: Date;

  @Column('timestamptz', { name: 'published_at' })
  publishedAt!: Date;

  @Column('text', { name: 'published_by' })
  publishedBy!: string;

  @Column('jsonb', { name: 'test_cases' })
  testCases!: object;

  @Column('uuid', { name: 'request_id', nullable: true })
  requestId!: string | null;
}
