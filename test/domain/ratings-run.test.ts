/** How a run is divided, and how its states follow one another. */
import fc from 'fast-check';
import {
  BUCKETS,
  CUSTOMERS_PER_CHUNK,
  nextRunState,
  planChunks,
  RUN_STATES,
  RUN_TRANSITIONS,
  type RunEvent,
  type RunState,
} from '../../src/ratings/domain/run';

describe('chunks', () => {
  it('cover every bucket exactly once, in order, whatever the size of the portfolio', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000_000 }), (customers) => {
        const chunks = planChunks(customers);
        const buckets = chunks.flatMap(({ bucketFrom, bucketTo }) =>
          Array.from({ length: bucketTo - bucketFrom + 1 }, (_, i) => bucketFrom + i),
        );
        expect(buckets).toEqual(Array.from({ length: BUCKETS }, (_, i) => i));
        expect(chunks.map((chunk) => chunk.ordinal)).toEqual(chunks.map((_, i) => i + 1));
      }),
    );
  });

  it.each([
    [0, 1],
    [1, 1],
    [CUSTOMERS_PER_CHUNK, 1],
    [CUSTOMERS_PER_CHUNK + 1, 2],
    [100_000, 50],
    [50_000_000, BUCKETS],
  ])('%d customers make %d', (customers, count) => {
    expect(planChunks(customers)).toHaveLength(count);
  });
});

describe('states', () => {
  it.each<[RunState, RunEvent, RunState | null]>([
    ['RUNNING', 'COMPLETE', 'COMPLETED'],
    ['RUNNING', 'CANCEL', 'CANCELLED'],
    ['COMPLETED', 'COMPLETE', null],
    ['COMPLETED', 'CANCEL', null],
    ['CANCELLED', 'COMPLETE', null],
    ['CANCELLED', 'CANCEL', null],
  ])('%s and %s give %s', (from, event, to) => {
    expect(nextRunState(from, event)).toBe(to);
  });

  it('are all reached from RUNNING', () => {
    const reached = new Set<RunState>(['RUNNING']);
    for (const state of reached) Object.values(RUN_TRANSITIONS[state] ?? {}).forEach((next) => reached.add(next));
    expect([...reached].sort()).toEqual([...RUN_STATES].sort());
  });
});
