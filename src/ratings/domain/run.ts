/**
 * A run over the whole portfolio: its states, and how it is divided into chunks by ranges of customer ids, so that any number
 * of workers on any number of machines can take their share.
 */
export const RUN_STATES = [
  'RUNNING',
  'PARKED',
  'PUBLISHING',
  'COMPLETED',
  'CANCELLED',
  'REJECTED',
  'SIMULATED',
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Whether its ratings are to come into effect, or only to be looked at. */
export const RUN_PURPOSES = ['PUBLICATION', 'SIMULATION'] as const;
export type RunPurpose = (typeof RUN_PURPOSES)[number];

export type RunEvent = 'PUBLISH' | 'PARK' | 'APPROVE' | 'REJECT' | 'COMPLETE' | 'SHOW' | 'CANCEL';

/** The whole life of a run; a state without a row is final. */
export const RUN_TRANSITIONS: Readonly<Partial<Record<RunState, Readonly<Partial<Record<RunEvent, RunState>>>>>> = {
  RUNNING: { PUBLISH: 'PUBLISHING', PARK: 'PARKED', SHOW: 'SIMULATED', CANCEL: 'CANCELLED' },
  PARKED: { APPROVE: 'PUBLISHING', REJECT: 'REJECTED', CANCEL: 'CANCELLED' },
  PUBLISHING: { COMPLETE: 'COMPLETED', CANCEL: 'CANCELLED' },
};

export const nextRunState = (state: RunState, event: RunEvent): RunState | null =>
  RUN_TRANSITIONS[state]?.[event] ?? null;

export const isOpenRun = (state: RunState): boolean => RUN_TRANSITIONS[state] !== undefined;

/** A chunk is one transaction: large enough to make its overhead small, small enough to be repeated within a second. */
const FEWEST_PER_CHUNK = 2_000;
const MOST_PER_CHUNK = 20_000;
/** What a portfolio is divided into while its chunks may still grow, so that several workers have a share. */
const WANTED_CHUNKS = 16;

export const chunkSize = (customers: number): number =>
  Math.min(MOST_PER_CHUNK, Math.max(FEWEST_PER_CHUNK, Math.ceil(customers / WANTED_CHUNKS)));

export interface ChunkRange {
  /** 1, 2, 3 … */
  readonly ordinal: number;
  /** Ids above this one; null from the first on. */
  readonly idAfter: string | null;
  /** Up to and with this one; null to the last. */
  readonly idUpto: string | null;
}

/** Ranges between the ascending `bounds`, which together hold every id there is or will be. */
export const chunksBetween = (bounds: readonly string[]): ChunkRange[] =>
  [...bounds, null].map((idUpto, i) => ({ ordinal: i + 1, idAfter: i === 0 ? null : (bounds[i - 1] ?? null), idUpto }));

/** The id of a row that a run makes: above all others, in the order of runs, chunks and rows. */
export const runRowId = (runNumber: number, chunk: number, row: number, into: Buffer): void => {
  into.writeUInt32BE(0x8000_0000 + runNumber, 0);
  into.writeUInt16BE(chunk, 4);
  // Version 8, variant 2: a UUID of our own making.
  into.writeUInt16BE(0x8000, 6);
  into.writeUInt32BE(0x8000_0000, 8);
  into.writeUInt32BE(row, 12);
};
