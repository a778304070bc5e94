import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('tier_task')
export class TierTaskEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('uuid', { name: 'owner_user_id', nullable: true })
  ownerUserId!: string | null;

  @Column('uuid', { name: 'org_unit_id', nullable: true })
  orgUnitId!: string | null;

  @Column('text')
  code!: string;

  @Column('text')
  state!: string;

  @Column('timestamptz', { name: 'closed_at', nullable: true })
  closedAt!: Date | null;

  @Column('text', { name: 'closed_by', nullable: true })
  closedBy!: string | null;

  @Column('text', { nullable: true })
  note!: string | null;

  @Column('integer')
  version!: number;
}
