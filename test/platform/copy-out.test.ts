/** COPY as pieces whose memory is used again: everything that comes is taken, whatever is cut where, and the connection lives on. */
import { Client } from 'pg';
import { createCopyReader } from '../../src/platform/binary-copy';
import { CopyOut } from '../../src/platform/copy-out';
import { useDatabase } from '../support/database';

const test = useDatabase();
let client: Client;
beforeEach(async () => {
  client = new Client({ connectionString: test.appUrl });
  await client.connect();
});
afterEach(() => client.end());

const copied = async (sql: string, onPiece: () => Promise<void> = () => Promise.resolve()): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const piece of client.query(new CopyOut(sql)).pieces()) {
    all.push(Buffer.from(piece));
    await onPiece();
  }
  return Buffer.concat(all);
};
const alive = async () => expect((await client.query<{ n: number }>('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);

it.each([
  ['nothing', 'SELECT 1 WHERE false', 0],
  ['one row', 'SELECT 1', 1],
  ['many small rows', 'SELECT n FROM generate_series(1, 200000) AS n', 200_000],
  ['rows larger than what comes at once', "SELECT repeat('x', 300000 + n) FROM generate_series(1, 20) AS n", 20],
])('takes %s to the last', async (_, query, rows) => {
  const text = (await copied(`COPY (${query}) TO STDOUT`)).toString();
  const expected = (await client.query<{ t: string }>(`SELECT string_agg(q::text, '') AS t FROM (${query}) AS r (q)`))
    .rows[0];
  expect(text.split('\n').length - 1).toBe(rows);
  expect(text.replaceAll('\n', '')).toBe(expected?.t ?? '');
  await alive();
});

it('waits for a reader who takes his time', async () => {
  const bytes = await copied(
    'COPY (SELECT n FROM generate_series(1, 100000) AS n) TO STDOUT',
    () => new Promise((resolve) => setImmediate(resolve)),
  );
  expect(bytes.toString().split('\n')[99_999]).toBe('100000');
  await alive();
});

it.each([
  ['before the first row', 'COPY (SELECT nothing) TO STDOUT', /nothing/],
  ['after many', 'COPY (SELECT 1 / (50000 - n) FROM generate_series(1, 60000) AS n) TO STDOUT', /division by zero/],
])('says what went wrong %s, and leaves the connection as it was', async (_, sql, message) => {
  await expect(copied(sql)).rejects.toThrow(message);
  await alive();
});

it('throws away what nobody reads any more', async () => {
  for await (const piece of client
    .query(new CopyOut('COPY (SELECT n FROM generate_series(1, 500000) AS n) TO STDOUT'))
    .pieces()) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  await alive();
});

it('hears of a connection that is lost on the way', async () => {
  const lost = new Client({ connectionString: test.appUrl });
  lost.on('error', () => undefined);
  await lost.connect();
  const { rows } = await lost.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const read = async () => {
    for await (const piece of lost
      .query(new CopyOut('COPY (SELECT n FROM generate_series(1, 5000000) AS n) TO STDOUT'))
      .pieces()) {
      if (piece.length > 0) await client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    }
  };
  await expect(read()).rejects.toThrow();
});

describe('rows that are cut anywhere', () => {
  const SQL =
    "COPY (SELECT n, repeat('y', n * 7 % 90), NULLIF(n % 5, 0) FROM generate_series(1, 40) AS n) TO STDOUT (FORMAT binary)";
  const rowsOf = (pieces: readonly Buffer[]): string[] => {
    const rows: string[] = [];
    const reader = createCopyReader(3, (bytes, starts, lengths) => {
      const field = (i: number) =>
        lengths[i] === -1 ? 'null' : bytes.toString('hex', starts[i], (starts[i] ?? 0) + (lengths[i] ?? 0));
      rows.push([0, 1, 2].map(field).join(' '));
    });
    // As memory that is used again: after each piece nothing of it is left.
    for (const piece of pieces) {
      const once = Buffer.from(piece);
      reader.push(once);
      once.fill(0xee);
    }
    reader.end();
    return rows;
  };

  it.each([1, 2, 3, 7, 19, 50, 1023, 1024, 1025])('come out whole from pieces of %d bytes', async (size) => {
    const bytes = await copied(SQL);
    const whole = rowsOf([bytes]);
    expect(whole).toHaveLength(40);
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    expect(rowsOf(pieces)).toEqual(whole);
  });

  it('are not taken for all where the end is missing', async () => {
    const bytes = await copied(SQL);
    expect(() => rowsOf([bytes.subarray(0, bytes.length - 2)])).toThrow('in the middle of a row');
  });
});
