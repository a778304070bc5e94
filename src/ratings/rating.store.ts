/** Writes ratings by COPY, one or many alike; a rating is never changed afterwards. */
import type { Grade } from '../kernel/grade';
import type { Tx } from '../platform/unit-of-work';
import { MISSING_VALUE } from '../scorecards';

/** A rating that has been computed and is about to be written. */
export interface NewRating {
  readonly id: string;
  readonly customerId: string;
  readonly cutPointSetId: string;
  /** Plain decimal, four places. */
  readonly score: string;
  readonly modelGrade: Grade;
  readonly uncappedGrade: Grade;
  readonly inputs: Float64Array;
  readonly inputAsOf: readonly (string | null)[];
  readonly pointsCenti: Int16Array | readonly number[];
  readonly caps: readonly string[];
  readonly notes: readonly string[];
}

export interface RatingOccasion {
  readonly runId: string | null;
  readonly scorecardVersionId: string;
  /** YYYY-MM-DD. */
  readonly asOf: string;
}

/** Codes and ids only ever hold letters, digits, `_`, `-` and `.`, so no field needs escaping. */
const PLAIN = /^[\w.-]*$/;
/** Text sent to the server at a time. */
const LINES_PER_PIECE = 200;

/** `ratedAt` in the order of the ratings: when each of them counts from. */
export const insertRatings = async (
  tx: Tx,
  occasion: RatingOccasion,
  ratings: readonly NewRating[],
  ratedAt: readonly Date[],
): Promise<void> => {
  const written = await tx.copyIn(
    `COPY rating (id, customer_id, run_id, scorecard_version_id, cut_point_set_id, as_of, rated_at, score, model_grade,
       uncapped_grade, inputs, input_as_of, points_centi, caps, notes) FROM STDIN`,
    pieces(occasion, ratings, ratedAt),
  );
  if (written !== ratings.length) throw new Error(`${ratings.length} ratings were to be written, ${written} were`);
};

function* pieces(occasion: RatingOccasion, ratings: readonly NewRating[], ratedAt: readonly Date[]): Generator<string> {
  const shared = [occasion.runId ?? '\\N', occasion.scorecardVersionId];
  for (let start = 0; start < ratings.length; start += LINES_PER_PIECE) {
    yield ratings
      .slice(start, start + LINES_PER_PIECE)
      .map(
        (rating, i) =>
          `${[
            rating.id,
            rating.customerId,
            ...shared,
            rating.cutPointSetId,
            occasion.asOf,
            ratedAt[start + i]?.toISOString() ?? '\\N',
            rating.score,
            rating.modelGrade,
            rating.uncappedGrade,
            `{${Array.from(rating.inputs, (value) => (value === MISSING_VALUE ? 'NULL' : String(value))).join(',')}}`,
            `{${rating.inputAsOf.map((day) => day ?? 'NULL').join(',')}}`,
            `{${rating.pointsCenti.join(',')}}`,
            textArray(rating.caps),
            textArray(rating.notes),
          ].join('\t')}\n`,
      )
      .join('');
  }
}

const textArray = (texts: readonly string[]): string => {
  for (const text of texts) if (!PLAIN.test(text)) throw new Error(`not a plain code: ${text}`);
  return `{${texts.join(',')}}`;
};
