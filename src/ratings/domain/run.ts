/**
 * A run over the whole portfolio: its states, and how it is divided into chunks by hash range, so that any number of
 * workers on any number of machines can take their share.
 */
export const RUN_STATES = ['RUNNING', 'COMPLETED', 'CANCELLED'] as const;
export type RunState = (typeof RUN_STATES)[number];
export type RunEvent = 'COMPLETE' | 'CANCEL';

/** The whole life of a run; a state without a row is final. */
export const RUN_TRANSITIONS: Readonly<Partial<Record<RunState, Readonly<Record<RunEvent, RunState>>>>> = {
  RUNNING: { COMPLETE: 'COMPLETED', CANCEL: 'CANCELLED' },
};

export const nextRunState = (state: RunState, event: RunEvent): RunState | null =>
  RUN_TRANSITIONS[state]?.[event] ?? null;

/** Customers fall into this many buckets by a hash of their id; the customers table computes the bucket. */
export const BUCKETS = 1024;
/** A chunk is one transaction: large enough to make its overhead small, small enough to be repeated within seconds. */
export const CUSTOMERS_PER_CHUNK = 2_000;

export interface ChunkRange {
  /** 1, 2, 3 … */
  readonly ordinal: number;
  /** Both ends inclusive. */
  readonly bucketFrom: number;
  readonly bucketTo: number;
}

/** Ranges that cover every bucket exactly once, for about {@link CUSTOMERS_PER_CHUNK} customers each. */
export const planChunks = (customers: number): ChunkRange[] => {
  const count = Math.min(BUCKETS, Math.max(1, Math.ceil(customers / CUSTOMERS_PER_CHUNK)));
  return Array.from({ length: count }, (_, i) => ({
    ordinal: i + 1,
    bucketFrom: Math.floor((i * BUCKETS) / count),
    bucketTo: Math.floor(((i + 1) * BUCKETS) / count) - 1,
  }));
};
