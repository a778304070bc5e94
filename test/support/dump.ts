/** What somebody gets hold of who copies the database: the text that pg_dump writes, and what stands behind its hex. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

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
 * All text of the dump, and once more with every bytea decoded, in lower case. Null, with a word of warning, where the machine has no pg_dump
 * or one that is older than the server.
 */
export const dumpDatabase = async (url: string): Promise<string | null> => {
  const program = findPgDump();
  if (program === null) {
    console.warn('not tried: there is no pg_dump on this machine');
    return null;
  }
  try {
    const { stdout } = await promisify(execFile)(program, [url], { maxBuffer: MOST_BYTES });
    const decoded = stdout.replace(/\\\\x((?:[0-9a-f]{2})+)/g, (_, hex: string) =>
      Buffer.from(hex, 'hex').toString('utf8'),
    );
    return `${stdout}\n${decoded}`.toLowerCase();
  } catch (error) {
    if (!String((error as { stderr?: unknown }).stderr).includes('server version mismatch')) throw error;
    console.warn(`not tried: ${program} is older than the server`);
    return null;
  }
};
