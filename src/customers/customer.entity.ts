/** Rows of `customer`, `customer_version`, `customer_relation` and `industry`. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('industry')
export class IndustryEntity {
  @PrimaryColumn('text')
  code!: string;

  @Column('text', { name: 'name_zh' })
  nameZh!: string;

  @Column('text', { name: 'name_en' })
  nameEn!: string;
}

@Entity('customer')
export class CustomerEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { unique: true })
  number!: string;

  @Column('text')
  kind!: string;

  @Column('text', { name: 'name_zh', nullable: true })
  nameZh!: string | null;

  @Column('text', { name: 'name_en', nullable: true })
  nameEn!: string | null;

  @Column('text', { name: 'short_name', nullable: true })
  shortName!: string | null;

  @Column('text', { name: 'credit_code', nullable: true, unique: true })
  creditCode!: string | null;

  @Column('text', { nullable: true, unique: true })
  lei!: string | null;

  @Column('text', { name: 'industry_code', nullable: true })
  industryCode!: string | null;

  @Column('text', { nullable: true })
  region!: string | null;

  @Column('text', { nullable: true })
  size!: string | null;

  @Column('text')
  stage!: string;

  @Column('uuid', { name: 'owner_user_id', nullable: true })
  ownerUserId!: string | null;

  @Column('uuid', { name: 'org_unit_id', nullable: true })
  orgUnitId!: string | null;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  /** Computed by the database: the Chinese name, else the English one. */
  @Column({ type: 'text', name: 'display_name', insert: false, update: false })
  displayName!: string;

  /** Computed by the database: 0–1023, evenly spread by id. */
  @Column({ type: 'smallint', insert: false, update: false })
  bucket!: number;
}

@Entity('customer_version')
export class CustomerVersionEntity {
  @PrimaryColumn('uuid', { name: 'customer_id' })
  customerId!: string;

  @PrimaryColumn('integer')
  version!: number;

  @Column('timestamptz', { name: 'recorded_at' })
  recordedAt!: Date;

  @Column('text', { name: 'recorded_by' })
  recordedBy!: string;

  @Column('jsonb')
  fields!: object;
}

@Entity('customer_relation')
export class CustomerRelationEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'from_id' })
  fromId!: string;

  @Column('uuid', { name: 'to_id' })
  toId!: string;

  @Column('text')
  kind!: string;

  @Column('numeric', { precision: 7, scale: 6, nullable: true })
  share!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
