/** Statements of one lane follow each other over one connection; what one of them does wrong is its own affair. */
import { once } from 'node:events';
import type { Connection, Pool, PoolClient } from 'pg';
import { createLanes, type Commit } from '../../src/platform/lanes';
import { Patience, patiently } from '../../src/platform/patience';
import { useDatabase } from '../support/database';

const test = useDatabase();
const poolHere = (): Pool => (test.database.dataSource.driver as unknown as { master: Pool }).master;
let commit: Commit;

beforeEach(() => {
  commit = createLanes(poolHere());
});
// Every connection is back in the pool.
afterEach(() => expect(poolHere().idleCount).toBe(poolHere().totalCount));

const PID = { text: 'SELECT pg_backend_pid() AS pid', values: [] };
const pids = async (lanes: readonly string[]): Promise<number[]> =>
  (await Promise.all(lanes.map((lane) => commit<{ pid: number }>(lane, PID)))).map(([row]) => row!.pid);

it('takes one connection for a lane, however many want it, and others for others', async () => {
  expect(new Set(await pids(new Array<string>(50).fill('one'))).size).toBe(1);
  expect(new Set(await pids(['a', 'b', 'a', 'b'])).size).toBe(2);
});

it('executes the statements of a lane in their order', async () => {
  await test.asOwner('CREATE SEQUENCE turn');
  await test.asOwner('GRANT USAGE ON SEQUENCE turn TO tierwarden_app');
  const turns = await Promise.all(
    Array.from({ length: 40 }, () =>
      commit<{ turn: number }>('one', { text: "SELECT nextval('turn')::int AS turn", values: [] }),
    ),
  );
  expect(turns.map(([row]) => row!.turn)).toEqual(turns.map((_, i) => i + 1));
});

it('lets a statement that fails spoil none of those before and after it', async () => {
  const told = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) =>
      commit<{ n: number }>('one', { text: 'SELECT 6 / $1::int AS n', values: [i % 3] }),
    ),
  );
  told.forEach((outcome, i) => {
    if (i % 3 === 0) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
    else expect(outcome).toEqual({ status: 'fulfilled', value: [{ n: 6 / (i % 3) }] });
  });
});

it('gives a broken connection up, and the lane another one', async () => {
  const given = once(poolHere(), 'acquire') as Promise<[PoolClient & { readonly connection: Connection }]>;
  const told = Promise.allSettled([commit('one', { text: 'SELECT pg_sleep(60)', values: [] }), commit('one', PID)]);
  const [client] = await given;
  await new Promise((resolve) => setImmediate(resolve));
  client.connection.stream.destroy();
  expect((await told).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await pids(['one'])).toHaveLength(1);
});

it('sends nothing for somebody who is gone', async () => {
  const patience = new Patience();
  patience.lose('CALLER_GONE');
  await expect(patiently(patience, () => commit('one', PID))).rejects.toThrow(/caller is gone/);
  expect(await pids(['one'])).toHaveLength(1);
});
