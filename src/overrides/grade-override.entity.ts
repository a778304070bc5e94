import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('grade_override')
export class GradeOverrideEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('uuid', { name: 'request_id' })
  requestId!: string;

  @Column('text', { name: 'model_grade' })
  modelGrade!: string;

  @Column('text', { name: 'from_grade' })
  fromGrade!: string;

  @Column('text', { name: 'to_grade' })
  toGrade!: string;

  @Column('text', { name: 'reason_code' })
  reasonCode!: string;

  @Column('text')
  justification!: string;

  @Column('jsonb')
  evidence!: object;

  @Column('timestamptz', { name: 'effective_from' })
  effectiveFrom!: Date;

  @Column('timestamptz', { name: 'valid_until' })
  validUntil!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('text', { name: 'end_cause', nullable: true })
  endCause!: string | null;
}
