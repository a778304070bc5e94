/**
 * Is it time to tell everybody's value anew: by the calendar of the policy, because a policy has changed, or because the
 * portfolio has outgrown the cut points?
 */

export interface LastComputation {
  readonly startedAt: Date;
  /** Customers with values that its cut points were taken from. */
  readonly referenceSize: number;
  /** Of the kinds VALUE_SCORE and TIER_MATRIX. */
  readonly policyVersions: readonly [valueScore: string, tierMatrix: string];
}

const DAY_MS = 86_400_000;
/** A portfolio that has grown by a quarter is another one. */
const OUTGROWN = 1.25;

/** `last` is null before the first computation, which is due as soon as there is somebody with values. */
export const isComputationDue = (
  last: LastComputation | null,
  present: {
    readonly policyVersions: LastComputation['policyVersions'];
    readonly computeEveryDays: number;
    readonly referenceSize: number;
  },
  now: Date,
): boolean =>
  last === null
    ? present.referenceSize > 0
    : last.policyVersions.some((id, i) => id !== present.policyVersions[i]) ||
      present.referenceSize > last.referenceSize * OUTGROWN ||
      now.getTime() - last.startedAt.getTime() >= present.computeEveryDays * DAY_MS;
