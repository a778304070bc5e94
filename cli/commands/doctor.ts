/**
 * `tierwarden doctor`: asks everything that the program stands on whether it is there, and says so, line by line. It
 * repairs nothing and makes nothing. Its exit code serves as a health check of processes that have no address.
 */
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import colors from 'picocolors';
import { LOG_BEHIND_SECONDS, type App } from '../../src/app';
import { loadConfig, type Config } from '../../src/config';
import { clusterExists } from '../../src/platform/embedded-cluster';
import { calendarGap } from '../../src/policies';
import { createQueueBackend } from '../../src/platform/queue';
import { CommandFailed, explain, say, sayJson } from '../output';
import { demandMigrated, openApp, withDatabase } from '../with-app';

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** Sound, and yet somebody has to do something. */
  readonly mind?: true;
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
  for (const { name, ok, detail, mind } of checks) {
    const mark = !ok ? colors.red('✗') : mind === true ? colors.yellow('!') : colors.green('✓');
    say(`${mark} ${name.padEnd(9)} ${detail}`);
  }
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
        findings.push(await find('audit log', () => auditLogDetail(app)));
        findings.push(await find('records', () => recordsDetail(app)));
        findings.push(await find('ratings', () => ratingsDetail(app)));
        findings.push(await calendarFinding(app));
        findings.push(await find('queue', () => queueDetail(config, urls.appUrl)));
        return `PostgreSQL ${server?.version ?? '?'}, ${config.mode}`;
      } finally {
        await app.close();
      }
    }),
  );
  return [reached, ...findings];
};

const auditLogDetail = async ({ audit: { log } }: App): Promise<string> => {
  const { size, waiting, lagSeconds } = await log.queries.status();
  const keys = await log.keys.load();
  if (keys.length === 0 && size > 0) throw new CommandFailed('no key: set AUDIT_LOG_KEY or AUDIT_LOG_KEY_FILE');
  if (lagSeconds > LOG_BEHIND_SECONDS && size > 0) {
    throw new CommandFailed(
      `${waiting} events wait to be signed, the first since ${Math.round(lagSeconds)} s: is a worker running?`,
    );
  }
  return keys.length === 0 ? 'no key yet' : `${size} events signed, ${waiting} waiting`;
};

const recordsDetail = async ({ audit: { completeness } }: App): Promise<string> => {
  const { tables, comparedTables, openDiscrepancies } = await completeness.status();
  if (openDiscrepancies > 0) {
    throw new CommandFailed(
      `${openDiscrepancies} rows do not agree with the audit log: tierwarden audit discrepancies`,
    );
  }
  return `${comparedTables} of ${tables} tables were held against the audit log, and agree`;
};

/** No fault of what the program stands on, so it is told and nothing more. */
const ratingsDetail = async ({ ratings, clock }: App): Promise<string> => {
  const { overdue, overdueSince, lateEvents } = await ratings.queries.reratingBacklog(clock());
  const late = lateEvents === 0 ? '' : `, ${lateEvents} re-ratings for events past their deadline`;
  return overdueSince === null
    ? `none overdue${late}`
    : `${overdue} overdue, the longest since ${overdueSince.toISOString().slice(0, 10)}${late}`;
};

/** Nothing that a restart would mend, so it is told, with a mark, and fails nothing. */
const calendarFinding = async ({ policies, clock }: App): Promise<Finding> => {
  const { content } = await policies.inForceAt('RERATING_CALENDAR', clock());
  const gap = calendarGap(content, clock());
  const detail = gap ?? `holidays are known through ${content.holidaysKnownThrough}`;
  return { name: 'calendar', ok: true, detail, ...(gap === null ? {} : { mind: true }) };
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
