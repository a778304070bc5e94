/**
 * `tierwarden migrate`: brings the database to the schema of this program and gives it the policies and the scorecard that
 * it cannot work without. Every other process of an installation with its own database waits for this one.
 */
import type { Command } from 'commander';
import { MIGRATIONS } from '../../migrations';
import { bootstrap } from '../../src/app';
import { loadConfig } from '../../src/config';
import { migrate } from '../../src/platform/migrate';
import { say, sayJson, UsageError } from '../output';
import { openApp, withDatabase } from '../with-app';

interface MigrateOptions {
  readonly down?: string;
  readonly json?: true;
}

export const register = (program: Command): void => {
  program
    .command('migrate')
    .description('bring the database to the schema of this program')
    .option('--down <count>', 'undo the newest migrations instead')
    .option('--json', 'end with one JSON object: {applied, reverted}')
    .action((options: MigrateOptions) => runMigrate(options));
};

const runMigrate = async ({ down, json }: MigrateOptions): Promise<void> => {
  if (down !== undefined && !/^[1-9]\d{0,3}$/.test(down)) throw new UsageError('--down takes a number from 1');
  const config = loadConfig();
  const outcome = await withDatabase(config, async (urls) => {
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
