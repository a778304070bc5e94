import type { Appended } from '../../src/audit';
import { startSequencer } from '../../workers/audit-sequencer';

const log = { warn: () => undefined, error: () => undefined, info: () => undefined };
const answer = (more: boolean): Appended => ({ kind: 'APPENDED', leaves: 1, more });

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** What follows without any time passing. */
const settle = () => jest.advanceTimersByTimeAsync(0);

/** Starts a loop over these answers; each call takes so many milliseconds, and after the last there is nothing more. */
const start = (answers: readonly (Appended | Error)[], eachMs = 0) => {
  let calls = 0;
  const loop = startSequencer(async () => {
    const next = answers[calls] ?? answer(false);
    calls += 1;
    if (eachMs > 0) await new Promise((resolve) => setTimeout(resolve, eachMs));
    if (next instanceof Error) throw next;
    return next;
  }, log);
  return { calls: () => calls, close: () => loop.close() };
};

it('goes on at once while there is more, and looks again a second after it began', async () => {
  const loop = start([answer(true), answer(true), answer(true)]);
  await settle();
  expect(loop.calls()).toBe(4);
  await jest.advanceTimersByTimeAsync(999);
  expect(loop.calls()).toBe(4);
  await jest.advanceTimersByTimeAsync(1);
  expect(loop.calls()).toBe(5);
  await loop.close();
});

it('counts the time at work towards the second', async () => {
  const loop = start([], 400);
  await jest.advanceTimersByTimeAsync(999);
  expect(loop.calls()).toBe(1);
  await jest.advanceTimersByTimeAsync(1);
  expect(loop.calls()).toBe(2);
  const closed = loop.close();
  await jest.advanceTimersByTimeAsync(400);
  await closed;
});

it('does not pause where the work takes longer than that', async () => {
  const loop = start([], 1_500);
  await jest.advanceTimersByTimeAsync(4_600);
  expect(loop.calls()).toBe(4);
  const closed = loop.close();
  await jest.advanceTimersByTimeAsync(1_500);
  await closed;
});

it.each([
  ['a failure', new Error('the database is gone')],
  ['a missing key', { kind: 'NO_KEY' } as const],
])('tries again some time after %s', async (_, first) => {
  const loop = start([first]);
  await jest.advanceTimersByTimeAsync(4_999);
  expect(loop.calls()).toBe(1);
  await jest.advanceTimersByTimeAsync(1);
  expect(loop.calls()).toBe(2);
  await loop.close();
});
