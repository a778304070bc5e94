/** Reads share a few connections and outlive the loss of one; what one of them does wrong is its own affair. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientConfig } from 'pg';
import { OutOfPatience, Patience } from '../../src/platform/patience';
import { createReadConnections, type ReadConnections, type ReadStatement } from '../../src/platform/read-connections';
import { useDatabase } from '../support/database';
import { isHeld } from '../support/locks';
import { until } from '../workers/support/until';

const test = useDatabase();
const MAX = 3;
let readers: ReadConnections;

beforeEach(() => {
  const { url, extra } = test.database.dataSource.options as { url: string; extra: ClientConfig };
  readers = createReadConnections({ ...extra, connectionString: url }, MAX);
});
afterEach(() => readers.close());

const statement = (text: string, values: readonly unknown[] = [], name: string | null = null): ReadStatement => ({
  name,
  text,
  values,
});
const PID = statement('SELECT pg_backend_pid()');

it('yields rows as the server writes them', async () => {
  const values = [7, 'seven', null, ['a', 'b'], new Date('2026-01-02T03:04:05.678Z')];
  const text = 'SELECT $1::int, $2::text, $3::text, $4::text[], $5::timestamptz, true FROM generate_series(1, 2)';
  const row = ['7', 'seven', null, '{a,b}', '2026-01-02 03:04:05.678+00', 't'];
  expect(await readers.run(statement(text, values))).toEqual([row, row]);
  expect(await readers.run(statement('SELECT 1 WHERE false'))).toEqual([]);
});

it('answers many at once, each with its own rows, over few connections', async () => {
  const asked = Array.from({ length: 500 }, (_, i) => i);
  const text = 'SELECT $1::int, pg_backend_pid() FROM generate_series(1, $1::int % 4)';
  const answers = await Promise.all(asked.map((i) => readers.run(statement(text, [i], i % 2 === 0 ? 'even' : null))));
  answers.forEach((rows, i) => expect(rows.map(([own]) => own)).toEqual(new Array(i % 4).fill(String(i))));
  expect(new Set(answers.flat().map(([, pid]) => pid)).size).toBe(MAX);
  expect(readers.counts).toEqual({ total: MAX, idle: MAX });
});

it('opens no second connection while one is free', async () => {
  const pids = [];
  for (let again = 0; again < 5; again++) pids.push((await readers.run(PID))[0]?.[0]);
  expect(new Set(pids).size).toBe(1);
  expect(readers.counts).toEqual({ total: 1, idle: 1 });
});

it('lets a statement that fails spoil none of those before and after it', async () => {
  const zero = statement('SELECT 1 / $1::int', [0], 'division');
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, (_, i) => readers.run(i % 3 === 0 ? zero : statement('SELECT $1::int', [i], 'echo'))),
  );
  outcomes.forEach((outcome, i) => {
    if (i % 3 === 0) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
    else expect(outcome).toEqual({ status: 'fulfilled', value: [[String(i)]] });
  });
});

it('refuses a statement that cannot be prepared, every time, and takes its name again once it can', async () => {
  const broken = statement('SELECT * FROM not_there', [], 'later');
  for (let again = 0; again < 3; again++) {
    await expect(readers.run(broken)).rejects.toMatchObject({ code: '42P01' });
  }
  await test.asOwner('CREATE VIEW not_there AS SELECT 5 AS five');
  await test.asOwner('GRANT SELECT ON not_there TO tierwarden_app');
  expect(await readers.run(broken)).toEqual([['5']]);
});

it('sends reads again whose connection broke', async () => {
  const pids = await Promise.all(Array.from({ length: MAX }, () => readers.run(PID)));
  const slow = Array.from({ length: 12 }, (_, i) =>
    readers.run(statement('SELECT $1::int, pg_sleep(0.2)', [i], 'slow')),
  );
  await sleep(50);
  for (const [row] of pids) await test.asOwner('SELECT pg_terminate_backend($1)', [Number(row?.[0])]);
  expect((await Promise.all(slow)).map(([row]) => row?.[0])).toEqual(slow.map((_, i) => String(i)));
  expect(readers.counts.total).toBeLessThanOrEqual(MAX);
});

it('says so where there is no server, and comes back when there is one', async () => {
  const nowhere = createReadConnections({ host: '127.0.0.1', port: 1, user: 'nobody' }, MAX);
  await expect(nowhere.run(PID)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await expect(nowhere.run(PID)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(nowhere.counts.total).toBe(0);
  await nowhere.close();
});

it('ends a statement that runs into its timeout, and only that one', async () => {
  const { url, extra } = test.database.dataSource.options as { url: string; extra: ClientConfig };
  const bounded = createReadConnections(
    { ...extra, connectionString: url, options: `${extra.options ?? ''} -c statement_timeout=200` },
    1,
  );
  const outcomes = await Promise.allSettled([
    bounded.run(PID),
    bounded.run(statement('SELECT pg_sleep(10)')),
    bounded.run(PID),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { code: '57014' } });
  await bounded.close();
});

describe('a statement that nobody waits for any more', () => {
  const SLOW = statement('SELECT pg_advisory_xact_lock(60), pg_sleep(60)');
  const isRunning = (): Promise<boolean> => isHeld(test, 60);
  const one = (): ReadConnections => {
    const { url, extra } = test.database.dataSource.options as { url: string; extra: ClientConfig };
    return createReadConnections({ ...extra, connectionString: url }, 1);
  };

  it('is ended, and those behind it on its connection are answered', async () => {
    const alone = one();
    const patience = new Patience();
    const slow = alone.run(SLOW, patience).catch((error: unknown) => error);
    const behind = Array.from({ length: 20 }, (_, i) => alone.run(statement('SELECT $1::int', [i])));
    await until('it runs', isRunning);
    patience.lose('CALLER_GONE');
    expect(await slow).toEqual(new OutOfPatience('CALLER_GONE'));
    expect(await Promise.all(behind)).toEqual(behind.map((_, i) => [[String(i)]]));
    expect(await isRunning()).toBe(false);
    expect(alone.counts).toEqual({ total: 1, idle: 1 });
    await alone.close();
  });

  it('is ended when its turn comes, and what stands before it is left alone', async () => {
    const alone = one();
    const patience = new Patience();
    const before = alone.run(statement('SELECT 7, pg_sleep(0.5)'));
    const slow = alone.run(SLOW, patience).catch((error: unknown) => error);
    await until('the first runs', async () => alone.counts.idle === 0);
    patience.lose('OPERATION_TIMEOUT');
    expect((await before)[0]?.[0]).toBe('7');
    expect(await slow).toEqual(new OutOfPatience('OPERATION_TIMEOUT'));
    await alone.close();
  });

  it('is not even sent, where the patience was lost before', async () => {
    const patience = new Patience();
    patience.lose('CALLER_GONE');
    await expect(readers.run(PID, patience)).rejects.toThrow(OutOfPatience);
    expect(readers.counts.total).toBe(0);
  });

  it('costs nobody else an answer, however often it happens', async () => {
    const asked = Array.from({ length: 300 }, (_, i) => {
      const patience = new Patience();
      const impatient = i % 3 === 0;
      if (impatient) setTimeout(() => patience.lose('CALLER_GONE'), i % 7);
      const answer = readers.run(statement('SELECT $1::int, pg_sleep(0.002)', [i]), patience);
      return {
        i,
        impatient,
        outcome: answer.then(
          ([row]) => row?.[0],
          (error: unknown) => error,
        ),
      };
    });
    for (const { i, impatient, outcome } of asked) {
      const found = await outcome;
      if (!impatient) expect(found).toBe(String(i));
      else if (found !== String(i)) expect(found).toBeInstanceOf(OutOfPatience);
    }
    expect(
      (await Promise.all(asked.map(({ outcome }) => outcome))).some((found) => found instanceof OutOfPatience),
    ).toBe(true);
  });
});
