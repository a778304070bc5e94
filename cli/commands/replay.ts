/**
 * `tierwarden replay`: rates past ratings again from what was stored with them and compares byte for byte. A rating can be
 * exported into one file, and a file be replayed without any database. It changes nothing.
 */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { asSystem, required } from '../../src/app';
import { loadConfig } from '../../src/config';
import { replayDocument, type ReplayReport } from '../../src/ratings';
import { CommandFailed, say, sayJson, UsageError } from '../output';
import { step } from '../progress';
import { readJson } from '../read-json';
import { withApp } from '../with-app';

interface ReplayOptions {
  readonly all?: true;
  readonly sample?: string;
  readonly rating?: string;
  readonly export?: string;
  readonly file?: string;
  readonly json?: true;
}

export const register = (program: Command): void => {
  program
    .command('replay')
    .description('rate past ratings again and compare byte for byte')
    .option('--all', 'every rating there is')
    .option('--sample <count>', 'so many, drawn at random')
    .option('--rating <id>', 'the rating with this id')
    .option('--export <file>', 'with --rating: write it with all that it was made of into one JSON file')
    .option('--file <file>', 'a file that was exported; needs no database')
    .option('--json', 'end with one JSON object: {checked, mismatches, mismatched}')
    .action(runReplay);
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const runReplay = async (options: ReplayOptions): Promise<void> => {
  const { all, sample, rating, file, json } = options;
  if ([all, sample, rating, file].filter((choice) => choice !== undefined).length !== 1) {
    throw new UsageError('replay takes one of --all, --sample COUNT, --rating ID and --file FILE');
  }
  if (options.export !== undefined && rating === undefined) throw new UsageError('--export goes with --rating');
  if (sample !== undefined && !/^[1-9]\d{0,7}$/.test(sample)) throw new UsageError('--sample takes a number from 1 on');
  if (rating !== undefined && !UUID.test(rating)) throw new UsageError('--rating takes the id of a rating');
  if (file !== undefined) {
    conclude(required(replayDocument(await readJson(file))), json === true);
    return;
  }
  await withApp(loadConfig(), async (app) => {
    const by = asSystem('cli', app.newId());
    if (rating !== undefined && options.export !== undefined) {
      const document = required(await app.ratings.exportRating(by, rating));
      app.looks.looked(by.actor, by.requestId, { customerId: document.rating.customerId, field: 'ratingExport' });
      await app.looks.flush();
      await writeFile(options.export, `${JSON.stringify(document, null, 2)}\n`);
    }
    const choice =
      rating !== undefined
        ? { ratingId: rating }
        : sample === undefined
          ? ({ all: true } as const)
          : { sample: Number(sample) };
    const report = await step(
      'replaying',
      async (running) => required(await app.ratings.replay(by, choice, (checked) => running.update(checked, checked))),
      ({ checked }) => `${checked} checked`,
    );
    conclude(report, json === true);
  });
};

const conclude = (report: ReplayReport, json: boolean): void => {
  say(`${report.checked} checked, ${report.mismatches} mismatches`);
  for (const { ratingId, what } of report.mismatched) say(`${ratingId} ${what}`);
  if (json) sayJson(report);
  if (report.mismatches > 0)
    throw new CommandFailed(`${report.mismatches} ratings do not come out as they were stored`);
};
