/** Time and ids are arguments of decisions, never read inside (I14); shells get them from these two ports. */
export type Clock = () => Date;
/** Yields time-ordered UUIDs (version 7). */
export type NewId = () => string;

/**
 * The moment to stamp a change with: `at`, or just after the change before it where somebody waited for that, or comes from
 * a machine whose clock is behind.
 */
export const momentAfter = (at: Date, ...before: readonly Date[]): Date =>
  new Date(Math.max(at.getTime(), ...before.map((moment) => moment.getTime() + 1)));
