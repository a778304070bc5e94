/**
 * `tierwarden doctor`: asks everything that the program stands on whether it is there, and says so, line by line. It
 * repairs nothing and makes nothing. Its exit code serves as a health check of processes that have no address.
 */
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import colors from 'picocolors';
import { loadConfig, type Config } from '../../src/config';
import { clusterExists } from '../../src/platform/embedded-cluster';
import { createQueueBackend } from '../../src/platform/queue';
import { CommandFailed, explain, say, sayJson } from '../output';
import { demandMigrated, openApp, withDatabase } from '../with-app';

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export const register = (program: Command): void => {
  program
    .command('doctor')
    .description('check what the program stands on: home, database, schema, queue, sign-in')
    .option('--json', 'end with one JSON object: {ok, checks}')
    .action(runDoctor);
};

const runDoctor = async ({ json }: { readonly json?: true }): Promise<void> => {
  const config = loadConfig();
  const home = await find('home', () => homeDetail(config));
  const checks: Finding[] = [
    { name: 'node', ok: true, detail: process.versions.node },
    home,
    // The embedded database lies in the home, and looking for it there would make it.
    ...(config.mode === 'external' || home.ok ? await findDatabase(config) : []),
    { name: 'sign-in', ok: config.auth.kind !== 'none', detail: SIGN_IN[config.auth.kind] },
  ];
  for (const { name, ok, detail } of checks)
    say(`${ok ? colors.green('✓') : colors.red('✗')} ${name.padEnd(9)} ${detail}`);
  const ok = checks.every((check) => check.ok);
  if (json) sayJson({ ok, checks });
  if (!ok)
    throw new CommandFailed(
      `not sound: ${checks
        .filter((check) => !check.ok)
        .map((check) => check.name)
        .join(', ')}`,
    );
};

const SIGN_IN = {
  jwks: 'tokens of the identity provider',
  local: 'sample sign-ins of the local issuer',
  none: 'nobody can sign in: set AUTH_JWKS_URL and its companions',
} as const;

const homeDetail = async ({ home, mode }: Config): Promise<string> => {
  const found = await stat(home).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found?.isDirectory() === false) throw new CommandFailed(`${home} is not a folder`);
  // With a database elsewhere nothing needs to be there before something is written.
  if (mode === 'external') return home;
  if (found === null || !clusterExists(join(home, 'postgres'))) {
    throw new CommandFailed(`${home}: nothing there yet: npm start creates it`);
  }
  await access(home, constants.W_OK);
  return home;
};

/** What can only be asked of a database that answers is left out when it does not. */
const findDatabase = async (config: Config): Promise<Finding[]> => {
  const findings: Finding[] = [];
  const reached = await find('database', () =>
    withDatabase(config, async (urls) => {
      const app = await openApp(config, urls, { process: 'doctor' });
      try {
        const [server] = await app.database.query<{ version: string }>(
          "SELECT current_setting('server_version') AS version",
        );
        findings.push(await find('schema', async () => demandMigrated(app).then(() => 'up to date')));
        findings.push(await find('queue', () => queueDetail(config, urls.appUrl)));
        return `PostgreSQL ${server?.version ?? '?'}, ${config.mode}`;
      } finally {
        await app.close();
      }
    }),
  );
  return [reached, ...findings];
};

const queueDetail = async (config: Config, databaseUrl: string): Promise<string> => {
  const backend = createQueueBackend({ redis: config.redis, databaseUrl, applicationName: 'tierwarden-doctor' });
  try {
    await backend.ping();
    return `in ${backend.store === 'redis' ? 'Redis' : 'PostgreSQL'}`;
  } finally {
    await backend.close();
  }
};

const find = async (name: string, look: () => Promise<string>): Promise<Finding> => {
  try {
    return { name, ok: true, detail: await look() };
  } catch (error) {
    return { name, ok: false, detail: explain(error).line };
  }
};
