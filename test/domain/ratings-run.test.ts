/** How a run is divided, and how its states follow one another. */
import fc from 'fast-check';
import {
  chunksBetween,
  chunkSize,
  isOpenRun,
  nextRunState,
  RUN_STATES,
  RUN_TRANSITIONS,
  runRowId,
  type RunEvent,
  type RunState,
} from '../../src/ratings/domain/run';

describe('chunks', () => {
  it('hold every id exactly once, whatever the bounds', () => {
    const id = fc.uuid();
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 20 }), id, (bounds, customer) => {
        const chunks = chunksBetween([...bounds].sort());
        const holding = chunks.filter(
          ({ idAfter, idUpto }) => (idAfter === null || customer > idAfter) && (idUpto === null || customer <= idUpto),
        );
        expect(holding).toHaveLength(1);
        expect(chunks.map((chunk) => chunk.ordinal)).toEqual(chunks.map((_, i) => i + 1));
      }),
    );
  });

  it.each([
    [0, 2_000],
    [32_000, 2_000],
    [100_000, 6_250],
    [50_000_000, 20_000],
  ])('of %d customers have %d each', (customers, size) => {
    expect(chunkSize(customers)).toBe(size);
  });

  it('make ids that ascend with run, chunk and row', () => {
    const place = fc.tuple(
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      fc.integer({ min: 1, max: 65_535 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    );
    const idOf = (at: [number, number, number]): Buffer => {
      const bytes = Buffer.alloc(16, 0xff);
      runRowId(...at, bytes);
      return bytes;
    };
    fc.assert(
      fc.property(place, place, (a, b) => {
        const difference = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
        expect(Math.sign(idOf(a).compare(idOf(b)))).toBe(Math.sign(difference));
      }),
    );
  });
});

describe('states', () => {
  it.each<[RunState, RunEvent, RunState | null]>([
    ['RUNNING', 'PUBLISH', 'PUBLISHING'],
    ['RUNNING', 'PARK', 'PARKED'],
    ['RUNNING', 'SHOW', 'SIMULATED'],
    ['RUNNING', 'COMPLETE', null],
    ['PARKED', 'APPROVE', 'PUBLISHING'],
    ['PARKED', 'REJECT', 'REJECTED'],
    ['PUBLISHING', 'COMPLETE', 'COMPLETED'],
    ['PUBLISHING', 'PARK', null],
    ['COMPLETED', 'CANCEL', null],
    ['CANCELLED', 'APPROVE', null],
    ['REJECTED', 'APPROVE', null],
    ['SIMULATED', 'PUBLISH', null],
  ])('%s and %s give %s', (from, event, to) => {
    expect(nextRunState(from, event)).toBe(to);
  });

  it('may be cancelled as long as they are open', () => {
    for (const state of RUN_STATES) expect(nextRunState(state, 'CANCEL') !== null).toBe(isOpenRun(state));
  });

  it('are all reached from RUNNING', () => {
    const reached = new Set<RunState>(['RUNNING']);
    for (const state of reached) Object.values(RUN_TRANSITIONS[state] ?? {}).forEach((next) => reached.add(next));
    expect([...reached].sort()).toEqual([...RUN_STATES].sort());
  });
});
