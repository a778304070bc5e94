/** The rating run policy: which moves of a whole portfolio are usual, and how long a checker has to look at one that is not. */
import { z } from 'zod';

const decimalText = z.string().regex(/^\d+(\.\d+)?$/);

export const ratingRunPolicySchema = z.strictObject({
  /** Share of the customers rated anew whose model grade may move, 0 to 1. */
  shareMovedUpTo: decimalText,
  /** Notches that they may move on average, in either direction. */
  meanNotchShiftUpTo: decimalText,
  /** Of fewer customers no share says anything. */
  fewestCompared: z.number().int().min(1),
  decideWithinDays: z.number().int().min(1).max(365),
  /** How long what a simulation showed may be put before approvers. */
  simulation: z
    .strictObject({
      validDays: z.number().int().min(1).max(365),
      /** Share of the customers whose values or grade in force may have changed since, 0 to 1. */
      shareChangedUpTo: decimalText,
    })
    .default({ validDays: 30, shareChangedUpTo: '0.05' }),
});
