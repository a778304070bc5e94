import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('credit_limit')
export class CreditLimitEntity {
  @PrimaryColumn('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('numeric')
  amount!: string;

  @Column('text')
  currency!: string;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

@Entity('credit_limit_entry')
export class CreditLimitEntryEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  kind!: string;

  @Column('numeric')
  before!: string;

  @Column('numeric')
  after!: string;

  @Column('text')
  currency!: string;

  @Column('text', { name: 'cause_id' })
  causeId!: string;

  @Column('timestamptz', { name: 'booked_at' })
  bookedAt!: Date;

  @Column('text', { name: 'booked_by' })
  bookedBy!: string;

  @Column('timestamptz', { nullable: true })
  until!: Date | null;
}
