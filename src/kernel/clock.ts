/** Time and ids are arguments of decisions, never read inside (I14); shells get them from these two ports. */
export type Clock = () => Date;
/** Yields time-ordered UUIDs (version 7). */
export type NewId = () => string;
