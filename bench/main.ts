/** `npm run bench -- NAME …`: runs one measurement and prints its figures; with `--json` one JSON line per case. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../src/config';
import { audit } from './audit';
import { decide } from './decide';
import { events } from './events';
import { paging } from './paging';
import { reads } from './reads';
import { rerate } from './rerate';
import { reserve } from './reserve';
import { scoring } from './scoring';
import type { Figure } from './support/figure';
import { whatIf } from './what-if';

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

interface ReserveArguments {
  readonly accounts: number;
  readonly reservations: number;
  readonly seconds: number;
  readonly json?: true;
}

program
  .command('rerate')
  .description('rate a portfolio anew; floor: COPY of inputs out and of result rows in')
  .option('--customers <count>', 'customers', wholeNumber, 100_000)
  .option('--workers <count>', 'worker processes', wholeNumber, 1)
  .option('--json', 'one JSON line per case')
  .action(
    async ({ json, ...options }: { readonly customers: number; readonly workers: number; readonly json?: true }) => {
      show(await rerate(loadConfig(), { ...options, onStep }), json === true);
    },
  );

program
  .command('decide')
  .description('votes that put an override into effect; floor: pgbench with as many inserts in a transaction')
  .option('--requests <count>', 'requests of one measurement', wholeNumber, 2_000)
  .option('--seconds <count>', 'seconds of the floor', wholeNumber, 10)
  .option('--json', 'one JSON line per case')
  .action(
    async ({ json, ...options }: { readonly requests: number; readonly seconds: number; readonly json?: true }) => {
      show(await decide(loadConfig(), { ...options, onStep }), json === true);
    },
  );

program
  .command('reserve')
  .description('reservations of credit; floors: pgbench with as many rows in a transaction, and a bare race of updates')
  .option('--accounts <count>', 'accounts', wholeNumber, 10_000)
  .option('--reservations <count>', 'reservations of one measurement', wholeNumber, 10_000)
  .option('--seconds <count>', 'seconds of the floor', wholeNumber, 10)
  .option('--json', 'one JSON line per case')
  .action(async ({ json, ...options }: ReserveArguments) => {
    show(await reserve(loadConfig(), { ...options, onStep }), json === true);
  });

program
  .command('audit')
  .description('sequence, prove and verify the audit log; floors: SHA-256 and COPY of the same bytes')
  .option('--events <count>', 'events', wholeNumber, 1_000_000)
  .option('--seconds <count>', 'seconds of one measurement of writers', wholeNumber, 10)
  .option('--json', 'one JSON line per case')
  .action(async ({ json, ...options }: { readonly events: number; readonly seconds: number; readonly json?: true }) => {
    show(await audit(loadConfig(), { ...options, onStep }), json === true);
  });

program
  .command('paging')
  .description('pages deep in the audit log, by each of its filters; floor: the first page of the same filter')
  .option('--events <count>', 'events', wholeNumber, 1_000_000)
  .option('--rounds <count>', 'of each page', wholeNumber, 15)
  .option('--json', 'one JSON line per case')
  .action(async ({ json, ...options }: { readonly events: number; readonly rounds: number; readonly json?: true }) => {
    show(await paging(loadConfig(), { ...options, onStep }), json === true);
  });

program
  .command('reads')
  .description('reads of screens through the API; floor: a server written by hand for just these reads')
  .option('--customers <count>', 'customers', wholeNumber, 200_000)
  .option('--requests <count>', 'change requests', wholeNumber, 20_000)
  .option('--seconds <count>', 'seconds of one measurement', wholeNumber, 1)
  .option('--rounds <count>', 'measurements of each server, in turn', wholeNumber, 15)
  .option('--soak <minutes>', 'then keep the API busy for so long and watch its memory', wholeNumber)
  .addOption(
    new Option('--peer <name>', 'measure a peer too; it is installed for the occasion').choices(['postgraphile']),
  )
  .option('--json', 'one JSON line per case')
  .action(async ({ json, soak = 0, peer, ...options }: ReadsArguments) => {
    const figures = await reads(loadConfig(), {
      ...options,
      soakMinutes: soak,
      peer: peer !== undefined,
      concurrencies: [1, 16, 64],
      onStep,
    });
    show(figures, json === true);
  });

program
  .command('events')
  .description('from a risk event to the published re-rating; floor: a bare commit of the same database')
  .option('--customers <count>', 'customers', wholeNumber, 5_000)
  .option('--events <count>', 'events', wholeNumber, 300)
  .option('--json', 'one JSON line per case')
  .action(
    async ({ json, ...options }: { readonly customers: number; readonly events: number; readonly json?: true }) => {
      show(await events(loadConfig(), { ...options, onStep }), json === true);
    },
  );

program
  .command('scoring')
  .description('the pure scorer over a batch in memory; floor: a bare loop written by hand for the same scorecard')
  .option('--customers <count>', 'customers', wholeNumber, 200_000)
  .option('--rounds <count>', 'measurements of each, in turn', wholeNumber, 9)
  .option('--json', 'one JSON line per case')
  .action(({ json, ...options }: { readonly customers: number; readonly rounds: number; readonly json?: true }) => {
    show(scoring({ ...options, onStep }), json === true);
  });

program
  .command('whatif')
  .description('see what a draft or a limit policy would do to everybody; floor: a published run of the same size')
  .option('--customers <count>', 'customers', wholeNumber, 200_000)
  .option('--json', 'one JSON line per case')
  .action(async ({ customers, json }: { readonly customers: number; readonly json?: true }) => {
    show(await whatIf(loadConfig(), { customers, onStep }), json === true);
  });

interface ReadsArguments {
  readonly customers: number;
  readonly requests: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly soak?: number;
  readonly peer?: 'postgraphile';
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
