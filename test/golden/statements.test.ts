/** What each published operation asks of the database. The committed table is what may not grow unnoticed. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { parse, visit } from 'graphql';
import type { Pool, PoolClient } from 'pg';
import { useApi } from '../support/api';
import { runPublishedOperations } from '../support/published';
import { expectGolden } from './golden';

const api = useApi('sample', { rateLimitPerMinute: 0 });

interface Work {
  /** Sent outside of any transaction, since the last one if there was one. */
  statements: number;
  transactions: number;
}

/** Counts what the API sends from now on; signing in, waking others up, keeping the answer and noting who looked are left out. */
const watchDatabase = (): Work => {
  const pool = (api.app.database.dataSource.driver as unknown as { master: Pool }).master;
  const signingIn = new AsyncLocalStorage<true>();
  const work: Work = { statements: 0, transactions: 0 };

  const { identity, looks } = api.app;
  // They are put on record a second later, during whatever is asked then.
  for (const note of ['looked', 'refused'] as const) jest.spyOn(looks, note).mockImplementation(() => undefined);
  const authenticate = identity.authenticate.bind(identity);
  jest.spyOn(identity, 'authenticate').mockImplementation((credential) => signingIn.run(true, authenticate, credential));

  const rows = api.app.database.rows.bind(api.app.database);
  jest.spyOn(api.app.database, 'rows').mockImplementation((statement) => {
    work.statements++;
    return rows(statement);
  });
  const connect = pool.connect.bind(pool) as (...args: unknown[]) => unknown;
  jest.spyOn(pool, 'connect').mockImplementation((async (...args: unknown[]) => {
    if (args.length > 0) {
      // For a transaction.
      Object.assign(work, { statements: 0, transactions: work.transactions + 1 });
      return connect(...args);
    }
    // For one statement.
    const client = (await connect()) as PoolClient;
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    jest.spyOn(client, 'query').mockImplementationOnce((...asked: unknown[]) => {
      const text = String(asked[0]);
      const counts = !text.includes('pg_notify') && !text.startsWith('UPDATE idempotency_key');
      if (signingIn.getStore() === undefined && counts) work.statements++;
      return query(...asked);
    });
    return client;
  }) as never);
  return work;
};
afterEach(() => jest.restoreAllMocks());

/** Objects that stand in one another, the answer itself not counted. */
const depthOf = (document: string): number => {
  let depth = 0;
  let deepest = 0;
  visit(parse(document), {
    Field: {
      enter: ({ selectionSet }) => {
        if (selectionSet !== undefined) deepest = Math.max(deepest, ++depth);
      },
      leave: ({ selectionSet }) => {
        if (selectionSet !== undefined) depth--;
      },
    },
  });
  return deepest;
};

interface Line extends Readonly<Work> {
  readonly name: string;
  readonly depth: number;
}

const page = (lines: readonly Line[]): string => {
  const cells = [
    ['Operation', 'Depth', 'At most', 'Statements', 'Transactions'],
    ...lines.map((line) => [
      `\`${line.name}\``,
      ...[line.depth, COMPUTED[line.name] ?? 1 + line.depth, line.statements, line.transactions].map(String),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const row = (texts: readonly string[]): string =>
    `| ${texts.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return `# Statements of the published operations

Written by \`npm run goldens\`; edits here are overwritten. A test compares this table with what the operations do, so none
of them asks more of the database than stands here without somebody having looked at it.

One execution of an operation of [graphql/operations](../../graphql/operations) sends at most one statement more than its
objects are deep: depth counts the objects that stand in one another. _Statements_ are those that read. A mutation changes
in one transaction of its own, which is counted once and not by its statements, nor by what was looked up for it before;
what it reads is its payload. Finding out who asks is not counted, since people are remembered for a while, nor is the word
to others that something has moved, nor the answer that is kept under a key, nor who looked at
what, which is noted for all together. A what-if rates on the spot, and reads what a
rating reads.

${[row(cells[0]!), rule, ...cells.slice(1).map(row)].join('\n')}
`;
};

/** What is no reading of objects but a rating made up on the spot reads what a rating reads, however much it shows. */
const COMPUTED: Readonly<Record<string, number>> = { 'what-if': 20 };

it('every published operation keeps within one statement more than its depth, and to what is committed', async () => {
  const work = watchDatabase();
  const lines: Line[] = [];
  await runPublishedOperations(api, async ({ name, document }, execute) => {
    Object.assign(work, { statements: 0, transactions: 0 });
    const answer = await execute();
    lines.push({ name, depth: depthOf(document), ...work });
    return answer;
  });
  lines.sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(lines.filter(({ name, depth, statements }) => statements > (COMPUTED[name] ?? 1 + depth))).toEqual([]);
  expectGolden('docs/guides/statements.md', page(lines));
}, 120_000);
