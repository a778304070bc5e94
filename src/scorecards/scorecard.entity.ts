import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('scorecard')
export class ScorecardEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  code!: string;
}

@Entity('scorecard_version')
export class ScorecardVersionEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'scorecard_id' })
  scorecardId!: string;

  @Column('integer')
  number!: number;

  @Column('jsonb')
  definition!: object;

  @Column('text')
  digest!: string;

  @Column('text')
  state!: string;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'effective_from', nullable: true })
  effectiveFrom!: Date | null;

  @Column('timestamptz', { name: 'retired_at', nullable: true })
  retiredAt!: Date | null;

  @Column('integer')
  revision!: number;

  @Column('uuid', { name: 'based_on_id', nullable: true })
  basedOnId!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('text', { name: 'developer_ids', array: true })
  developerIds!: readonly string[];
}

@Entity('cut_point_set')
export class CutPointSetEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'version_id' })
  versionId!: string;

  @Column('text')
  segment!: string;

  @Column('integer', { name: 'reference_size' })
  referenceSize!: number;

  @Column('jsonb')
  content!: object;

  @Column('text')
  digest!: string;

  @Column('text', { name: 'frozen_by' })
  frozenBy!: string;

  @Column('timestamptz', { name: 'frozen_at' })
  frozenAt!: Date;
}

@Entity('model_file')
export class ModelFileEntity {
  @PrimaryColumn('text')
  digest!: string;

  @Column('bytea')
  content!: Buffer;

  @Column('text', { name: 'added_by' })
  addedBy!: string;

  @Column('timestamptz', { name: 'added_at' })
  addedAt!: Date;
}
