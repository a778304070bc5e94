/**
 * `tierwarden migrate`: brings the database to the schema of this program and gives it the policies and the scorecard that
 * it cannot work without. Every other process of an installation with its own database waits for this one. It undoes
 * nothing that would take people's data along, unless it is told to.
 */
import type { Command } from 'commander';
import { MIGRATIONS } from '../../migrations';
import { bootstrap } from '../../src/app';
import { loadConfig } from '../../src/config';
import type { Database } from '../../src/platform/database';
import { migrate } from '../../src/platform/migrate';
import { CommandFailed, say, sayJson, UsageError } from '../output';
import { openIfEverMigrated } from '../reachable';
import { openApp, withDatabase, type DatabaseUrls } from '../with-app';

interface MigrateOptions {
  readonly down?: string;
  readonly yes?: true;
  readonly json?: true;
}

export const register = (program: Command): void => {
  program
    .command('migrate')
    .description('bring the database to the schema of this program')
    .option('--down <count>', 'undo the newest migrations instead, with the data that their tables hold')
    .option('--yes', 'with --down: undo them even though the database holds data')
    .option('--json', 'end with one JSON object: {applied, reverted}')
    .action((options: MigrateOptions) => runMigrate(options));
};

const runMigrate = async ({ down, yes, json }: MigrateOptions): Promise<void> => {
  if (down !== undefined && !/^[1-9]\d{0,3}$/.test(down)) throw new UsageError('--down takes a number from 1');
  if (yes && down === undefined) throw new UsageError('--yes goes with --down');
  const config = loadConfig();
  const outcome = await withDatabase(config, async (urls) => {
    if (down !== undefined && !yes) await demandNothingToLose(urls, Number(down));
    const migrated = await migrate({
      ...urls,
      migrations: MIGRATIONS,
      ...(down === undefined ? {} : { down: Number(down) }),
    });
    if (down === undefined) {
      const app = await openApp(config, urls, { process: 'migrate' });
      try {
        await bootstrap(app);
      } finally {
        await app.close();
      }
    }
    return migrated;
  });
  for (const name of outcome.applied) say(`applied  ${name}`);
  for (const name of outcome.reverted) say(`reverted ${name}`);
  if (json) sayJson(outcome);
  else if (outcome.applied.length + outcome.reverted.length === 0) say('the schema is up to date');
};

const demandNothingToLose = async ({ appUrl }: DatabaseUrls, down: number): Promise<void> => {
  const database = await openIfEverMigrated(appUrl);
  if (database === null) return;
  try {
    const held = await heldRows(database);
    if (held.length === 0) return;
    const undone = await database.query<{ name: string }>('SELECT name FROM migration ORDER BY id DESC LIMIT $1', [
      down,
    ]);
    const names = undone.map(({ name }) => name.replace(/\d+$/, '')).join(', ');
    const most = held.slice(0, NAMED_TABLES).map(({ name, rows }) => `${name} ${rows}`);
    const others = held.length > NAMED_TABLES ? ` and ${held.length - NAMED_TABLES} tables more` : '';
    throw new CommandFailed(
      `--down ${down} would undo ${undone.length === 1 ? '1 migration' : `${undone.length} migrations`} (${names}) and drop for good what their tables hold; the ` +
        `database holds rows of ${most.join(', ')}${others}; give --yes if that is meant`,
    );
  } finally {
    await database.close();
  }
};

const NAMED_TABLES = 6;
/** What migrations and the bootstrap put there themselves, and would put there again. */
const OWN_TABLES = ['migration', 'installation', 'industry', 'policy_version', 'scorecard', 'scorecard_version'];

interface HeldRows {
  readonly name: string;
  readonly rows: number;
}

/** Tables that hold what people brought in or did, the fullest first. The log of events holds what the events do. */
const heldRows = async ({ query }: Database): Promise<HeldRows[]> => {
  const tables = await query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
       AND relname <> ALL ($1) AND relname NOT LIKE 'audit\\_log\\_%' AND has_table_privilege(oid, 'SELECT')`,
    [OWN_TABLES],
  );
  const held: HeldRows[] = [];
  for (const { name } of tables) {
    const beyondBootstrap = name === 'audit_event' ? `WHERE actor_id <> 'system:bootstrap'` : '';
    const [found] = await query<{ rows: string }>(`SELECT count(*) AS rows FROM "${name}" ${beyondBootstrap}`);
    const rows = Number(found?.rows ?? 0);
    if (rows > 0) held.push({ name, rows });
  }
  return held.sort((a, b) => b.rows - a.rows || a.name.localeCompare(b.name));
};
