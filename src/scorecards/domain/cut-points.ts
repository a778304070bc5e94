/**
 * Frozen cut points (domain rule D13): how the values of one segment's reference population divide into tenths, kept as
 * data so that one customer can be rated alone and identically for ever. Made by freeze-cut-points.ts, never changed.
 */
import { z } from 'zod';

/** Segment of a cut point set made from everybody: used for industries too small for their own. */
export const ALL_INDUSTRIES = '*';

/** Members a population needs to be cut into tenths of its own. */
export const MIN_REFERENCE_SIZE = 30;

/** The segment whose cut points rate a customer: the industry's own where it is big enough, else everybody's. */
export const segmentFor = (industryCode: string, membersOfIndustry: number): string =>
  membersOfIndustry >= MIN_REFERENCE_SIZE ? industryCode : ALL_INDUSTRIES;

const whole = z.number().int().nonnegative();

const characteristicCuts = z.strictObject({
  id: z.string(),
  /** False where too few of the segment have a value: it then carries no weight and no points. */
  applicable: z.boolean(),
  /** Members of the reference population that had a value. */
  valueCount: whole,
  /**
   * DECILE: the value that reaches 2 points, 3 points … 10 points, in the indicator's unit: at least as good is enough. For a
   * BAND it is the distance outside the band. BANDS and WOE: where the second begins, the third … Z_SCORE: none. Empty when
   * not applicable.
   */
  cuts: z.array(z.number()),
  /** Z_SCORE only: mean and standard deviation of the population, measured as cuts of tenths are. */
  mean: z.number().optional(),
  deviation: z.number().nonnegative().optional(),
  /** Mean points of the members that had a value, in hundredths of a point; 0 when not applicable. */
  meanPointsCenti: whole.max(1000),
});

const cutPointSet = z.strictObject({
  segment: z.string().min(1),
  /** Members of the reference population. */
  referenceSize: whole,
  /** In the order of the definition's characteristics. */
  perCharacteristic: z.array(characteristicCuts),
  /**
   * Weights after those of what is not applicable went to the others, in millionths; they add up to
   * 1,000,000, or are all 0 where the model takes no weights.
   */
  effectiveWeightsPpm: z.array(whole),
});

export type CharacteristicCuts = Readonly<Omit<z.infer<typeof characteristicCuts>, 'cuts'>> & {
  readonly cuts: readonly number[];
};
export interface CutPointSet {
  readonly segment: string;
  readonly referenceSize: number;
  readonly perCharacteristic: readonly CharacteristicCuts[];
  readonly effectiveWeightsPpm: readonly number[];
}

/** Reads what was stored; throws when it is not a cut point set, which is damage and not a matter of input. */
export const readCutPointSet = (json: unknown): CutPointSet => cutPointSet.parse(json);
