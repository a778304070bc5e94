/** What somebody gets hold of who copies the database: the text of a dump, and what stands behind its hex. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

const VERSIONS = '/usr/lib/postgresql';

/** The newest pg_dump of this machine; null where there is none. */
const findPgDump = (): string | null => {
  const installed = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)) : [];
  for (const candidate of [...installed.map((version) => join(VERSIONS, version, 'bin', 'pg_dump')), 'pg_dump']) {
    try {
      execFileSync(candidate, ['--version'], { stdio: 'ignore' });
      return candidate;
    } catch {
      // The next one.
    }
  }
  return null;
};

const MOST_BYTES = 2 ** 30;

/**
 * All text of the dump, and once more with every bytea decoded, in lower case. Where the machine has no pg_dump, or one that is
 * older than the server, the rows of every table are dumped here.
 */
export const dumpDatabase = async (url: string): Promise<string> => {
  const dumped = (await byPgDump(url)) ?? (await byCopy(url));
  const decoded = dumped.replace(/\\\\x((?:[0-9a-f]{2})+)/g, (_, hex: string) =>
    Buffer.from(hex, 'hex').toString('utf8'),
  );
  return `${dumped}\n${decoded}`.toLowerCase();
};

const byPgDump = async (url: string): Promise<string | null> => {
  const program = findPgDump();
  if (program === null) return null;
  try {
    return (await promisify(execFile)(program, [url], { maxBuffer: MOST_BYTES })).stdout;
  } catch (error) {
    if (!String((error as { stderr?: unknown }).stderr).includes('server version mismatch')) throw error;
    return null;
  }
};

/** In the form in which pg_dump writes rows, generated columns included. */
const byCopy = async (url: string): Promise<string> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT oid::regclass::text AS name FROM pg_class
       WHERE relkind IN ('r', 'm') AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       ORDER BY oid`,
    );
    const pieces: string[] = [];
    for (const { name } of rows) {
      pieces.push(`COPY ${name} FROM stdin;\n`);
      pieces.push(await text(client.query(copyTo(`COPY (SELECT * FROM ONLY ${name}) TO STDOUT`))));
    }
    return pieces.join('');
  } finally {
    await client.end();
  }
};
