/** `npm run bench -- NAME …`: runs one measurement and prints its figures; with `--json` one JSON line per case. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { loadConfig } from '../src/config';
import { reads } from './reads';
import { rerate } from './rerate';
import type { Figure } from './support/figure';

const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError('It is not a number from 1 to 99999999.');
  return Number(text);
};

const show = (figures: readonly Figure[], json: boolean): void => {
  for (const line of figures) {
    process.stdout.write(
      json
        ? `${JSON.stringify(line)}\n`
        : `${line.bench}: ${line.case}: ${line.value} ${line.unit}, floor ${line.floor}, ratio ${line.ratio}\n`,
    );
  }
};

const onStep = (title: string): void => {
  process.stderr.write(`  ${title} …\n`);
};

const program = new Command('npm run bench --').description('measured comparisons').exitOverride();

program
  .command('rerate')
  .description('rate a portfolio anew; floor: COPY of inputs out and of result rows in')
  .option('--customers <count>', 'customers', wholeNumber, 100_000)
  .option('--json', 'one JSON line per case')
  .action(async ({ customers, json }: { readonly customers: number; readonly json?: true }) => {
    show(await rerate(loadConfig(), { customers, onStep }), json === true);
  });

program
  .command('reads')
  .description('reads of screens through the API; floor: a server written by hand for just these reads')
  .option('--customers <count>', 'customers', wholeNumber, 200_000)
  .option('--requests <count>', 'change requests', wholeNumber, 20_000)
  .option('--seconds <count>', 'seconds of one measurement', wholeNumber, 4)
  .option('--rounds <count>', 'measurements of each server, in turn', wholeNumber, 5)
  .option('--soak <minutes>', 'then keep the API busy for so long and watch its memory', wholeNumber)
  .option('--json', 'one JSON line per case')
  .action(async ({ json, soak = 0, ...options }: ReadsArguments) => {
    const figures = await reads(loadConfig(), { ...options, soakMinutes: soak, concurrencies: [1, 16, 64], onStep });
    show(figures, json === true);
  });

interface ReadsArguments {
  readonly customers: number;
  readonly requests: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly soak?: number;
  readonly json?: true;
}

program.parseAsync().then(
  () => process.exit(),
  (error: unknown) => {
    // Commander has said what is wrong itself; help that was asked for is no failure.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
