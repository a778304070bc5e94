/** What a process does that is a worker and nothing else. */
import { setFlagsFromString } from 'node:v8';

/** Percent of what is alive that the heap may grow by before garbage is collected; V8 would let it become several times as large. */
const HEAP_GROWS_BY = 50;

/**
 * Keeps the memory of a long run near what it holds: batches of rows outlive the young generation, and are garbage soon after.
 * Costs a collection every few batches, which a process that answers nobody can afford.
 */
export const keepHeapSmall = (): void => {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWS_BY}`);
};
