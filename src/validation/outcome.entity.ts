/** Row of `outcome`. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('outcome')
export class OutcomeEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  event!: string;

  @Column('boolean')
  bad!: boolean;

  @Column('date', { name: 'observed_on' })
  observedOn!: string;

  @Column('text')
  source!: string;

  @Column('uuid', { name: 'batch_id' })
  batchId!: string;

  @Column('timestamptz', { name: 'recorded_at' })
  recordedAt!: Date;
}
