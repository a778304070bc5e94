/** Writes ratings: those of a run by COPY, a single one by a statement that shares a trip with others. None is ever changed. */
import { gradeOfRank } from '../kernel/grade';
import { CopyWriter, dateField, textArrayField, timestampField, uuidField } from '../platform/binary-copy';
import type { Tx } from '../platform/unit-of-work';
import { MISSING_VALUE, pointsFromE4 } from '../scorecards';
import { dayNumber, MISSING_DAY } from './domain/prepare-inputs';
import type { Codes, RatedRow } from './score-customers';

interface RatingOccasion {
  readonly runId: string;
  readonly scorecardVersionId: string;
  /** YYYY-MM-DD. */
  readonly asOf: string;
  readonly ratedAt: Date;
}

const COLUMNS = `(id, customer_id, run_id, scorecard_version_id, cut_point_set_id, as_of, rated_at, score, model_grade,
  uncapped_grade, inputs, input_as_of, points_centi, caps, notes)`;
const COLUMN_COUNT = 15;

/** For `table`, that of a run. */
export const copyRatings = (table: string): string => `COPY ${table} ${COLUMNS} FROM STDIN (FORMAT binary)`;

const GRADE_FIELDS = Array.from({ length: 10 }, (_, rank) => Buffer.from(rank === 0 ? '' : gradeOfRank(rank)));
const gradeField = (rank: number): Buffer => GRADE_FIELDS[rank] as Buffer;

/** Rows for {@link copyRatings}. */
export class RatingRows {
  private readonly writer = new CopyWriter();
  private readonly run: Buffer;
  private readonly version: Buffer;
  private readonly asOf: Buffer;
  private readonly ratedAt: Buffer;
  private readonly arrays = new Map<Codes, Buffer>();

  constructor(occasion: RatingOccasion) {
    this.run = uuidField(occasion.runId);
    this.version = uuidField(occasion.scorecardVersionId);
    this.asOf = dateField(dayNumber(occasion.asOf));
    this.ratedAt = timestampField(occasion.ratedAt);
  }

  /** `id`: 16 bytes. */
  add(id: Uint8Array, rated: RatedRow): void {
    const { writer } = this;
    writer.row(COLUMN_COUNT);
    writer.raw(id);
    writer.raw(rated.customerId);
    writer.raw(this.run);
    writer.raw(this.version);
    writer.raw(rated.cutPointSetId);
    writer.raw(this.asOf);
    writer.raw(this.ratedAt);
    writer.numericE4(rated.scoreE4);
    writer.raw(gradeField(rated.modelRank));
    writer.raw(gradeField(rated.uncappedRank));
    writer.float8Array(rated.values, MISSING_VALUE);
    writer.dateArray(rated.days, MISSING_DAY);
    writer.int2Array(rated.pointsCenti);
    writer.raw(this.arrayOf(rated.caps));
    writer.raw(this.arrayOf(rated.notes));
  }

  end(): readonly Buffer[] {
    return this.writer.end();
  }

  /** They are written, or given up; nothing of them is read any more. */
  release(): void {
    this.writer.release();
  }

  private arrayOf(codes: Codes): Buffer {
    let field = this.arrays.get(codes);
    if (field === undefined) this.arrays.set(codes, (field = textArrayField(codes.texts)));
    return field;
  }
}

/** Text of a number that PostgreSQL reads back to the same bits. */
const float8Text = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
const DAY_MS = 86_400_000;
const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** One rating that belongs to no run. */
export const insertRating = async (
  tx: Tx,
  rating: {
    readonly id: string;
    readonly customerId: string;
    readonly scorecardVersionId: string;
    /** YYYY-MM-DD. */
    readonly asOf: string;
    readonly ratedAt: Date;
  },
  rated: RatedRow,
): Promise<void> => {
  await tx.query(
    `INSERT INTO rating (id, customer_id, scorecard_version_id, cut_point_set_id, as_of, rated_at, score, model_grade,
       uncapped_grade, inputs, input_as_of, points_centi, caps, notes)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::float8[], $11::date[], $12::int2[], $13::text[], $14::text[])`,
    [
      rating.id,
      rating.customerId,
      rating.scorecardVersionId,
      rated.cutPointSet,
      rating.asOf,
      rating.ratedAt,
      pointsFromE4(rated.scoreE4),
      gradeOfRank(rated.modelRank),
      gradeOfRank(rated.uncappedRank),
      Array.from(rated.values, (value) => (value === MISSING_VALUE ? null : float8Text(value))),
      Array.from(rated.days, (day) => (day === MISSING_DAY ? null : dayText(day))),
      [...rated.pointsCenti],
      [...rated.caps.texts],
      [...rated.notes.texts],
    ],
  );
};
