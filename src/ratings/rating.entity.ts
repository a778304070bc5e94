import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('rating')
export class RatingEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('uuid', { name: 'run_id', nullable: true })
  runId!: string | null;

  @Column('uuid', { name: 'scorecard_version_id' })
  scorecardVersionId!: string;

  @Column('uuid', { name: 'cut_point_set_id' })
  cutPointSetId!: string;

  @Column('date', { name: 'as_of' })
  asOf!: string;

  @Column('timestamptz', { name: 'rated_at' })
  ratedAt!: Date;

  @Column('numeric')
  score!: string;

  @Column('text', { name: 'model_grade' })
  modelGrade!: string;

  @Column('text', { name: 'uncapped_grade' })
  uncappedGrade!: string;

  @Column('float8', { array: true })
  inputs!: (number | null)[];

  @Column('date', { name: 'input_as_of', array: true })
  inputAsOf!: (string | null)[];

  @Column('smallint', { name: 'points_centi', array: true })
  pointsCenti!: number[];

  @Column('text', { array: true })
  caps!: string[];

  @Column('text', { array: true })
  notes!: string[];
}

@Entity('customer_grade')
export class CustomerGradeEntity {
  @PrimaryColumn('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('text', { name: 'model_grade' })
  modelGrade!: string;

  @Column('text')
  grade!: string;

  @Column('text')
  basis!: string;

  @Column('uuid', { name: 'override_id', nullable: true })
  overrideId!: string | null;

  @Column('uuid', { name: 'rating_id' })
  ratingId!: string;

  @Column('timestamptz', { name: 'effective_from' })
  effectiveFrom!: Date;

  @Column('timestamptz', { name: 'last_rated_at' })
  lastRatedAt!: Date;

  @Column('timestamptz', { name: 'rating_due_at' })
  ratingDueAt!: Date;

  @Column('smallint', { name: 'months_at_most', nullable: true })
  monthsAtMost!: number | null;

  @Column('timestamptz', { name: 'downgraded_at', nullable: true })
  downgradedAt!: Date | null;

  @Column('integer')
  version!: number;
}
