/**
 * The `tierwarden` command: its list of commands, and the one place where a failure becomes a line and an exit code.
 * 0 done · 1 failed · 2 used wrongly · 3 not verifiable · 128 + signal when it was interrupted. It knows nothing of what commands do.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { projectFolder } from '../src/config';
import { register as registerApi } from './commands/api';
import { register as registerAudit } from './commands/audit';
import { register as registerDoctor } from './commands/doctor';
import { register as registerImport } from './commands/import';
import { register as registerKeys } from './commands/keys';
import { register as registerMigrate } from './commands/migrate';
import { register as registerModel } from './commands/model';
import { register as registerOutcomes } from './commands/outcomes';
import { register as registerOverrideReport } from './commands/override-report';
import { register as registerPolicy } from './commands/policy';
import { register as registerRate } from './commands/rate';
import { register as registerReplay } from './commands/replay';
import { register as registerSimulate } from './commands/simulate';
import { register as registerStart } from './commands/start';
import { register as registerUser } from './commands/user';
import { register as registerWorker } from './commands/worker';
import { installInterruption } from './interruption';
import { EXIT_USAGE, explain, warn } from './output';

const COMMANDS = [
  registerStart,
  registerApi,
  registerWorker,
  registerMigrate,
  registerImport,
  registerRate,
  registerSimulate,
  registerReplay,
  registerModel,
  registerOutcomes,
  registerOverrideReport,
  registerPolicy,
  registerUser,
  registerAudit,
  registerKeys,
  registerDoctor,
];

/** Runs one command and ends the process with its exit code. */
export const main = async (args: readonly string[]): Promise<void> => {
  installInterruption();
  // A reader that has seen enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  process.on('uncaughtException', (error) => process.exit(report(error)));
  try {
    await program().parseAsync(args, { from: 'user' });
    process.exit();
  } catch (error) {
    process.exit(report(error));
  }
};

export const program = (): Command => {
  const root = new Command('tierwarden')
    .description('Customer rating and tier governance: rate, override, approve, limit, audit.')
    .version(programVersion())
    .exitOverride()
    .configureOutput({
      outputError: (text) =>
        warn(
          text
            .trim()
            .replace(/^error: /, '')
            .replaceAll('\n', ' '),
        ),
    })
    .addHelpText('after', ENVIRONMENT_HELP);
  COMMANDS.forEach((register) => register(root));
  return root;
};

const report = (error: unknown): number => {
  // Commander itself has said what is wrong, or shown the help; only help that was asked for is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const { line, exitCode } = explain(error);
  warn(line);
  return exitCode;
};

const programVersion = (): string => {
  const { version } = JSON.parse(readFileSync(join(projectFolder(), 'package.json'), 'utf8')) as { version: string };
  return version;
};

const ENVIRONMENT_HELP = `
Environment:
  DATABASE_URL         PostgreSQL of the application; without it an embedded one is used
  DATABASE_OWNER_URL   login that runs migrations (default: DATABASE_URL)
  REDIS_URL            queue on Redis or Redis Cluster; without it the queue is in PostgreSQL
  TIERWARDEN_HOME      folder for data and keys (default: .tierwarden in the project)
  HOST, PORT           address of the API (default: 127.0.0.1, 4000)
  AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE, AUTH_ALGORITHMS   identity provider
  AUDIT_LOG_ORIGIN, AUDIT_LOG_KEY, AUDIT_LOG_KEY_FILE, AUDIT_LOG_WITNESSES   the audit log's name and keys
  LOG_LEVEL, LOG_FORMAT   trace … silent; text or json`;
