/**
 * `tierwarden import`: brings a file of customers or indicator values in by a map. Sound rows go in whatever the others
 * are like; refused rows are listed in a report. It knows no rule about rows itself.
 */
import { access, constants } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { asSystem, required, type App } from '../../src/app';
import { loadConfig } from '../../src/config';
import {
  readCustomerMap,
  type ImportOptions,
  type ImportProgress,
  type ImportSummary,
  type RowRefusal,
} from '../../src/customers';
import { readIndicatorMap } from '../../src/indicators';
import type { Result } from '../../src/kernel/result';
import { openCsvReport, type CsvReport } from '../../src/platform/csv-report';
import { CommandFailed, say, sayJson, UsageError } from '../output';
import { step, type Step } from '../progress';
import { withApp } from '../with-app';

const KINDS = ['customers', 'indicators'] as const;
type Kind = (typeof KINDS)[number];

interface Options {
  readonly map?: string;
  readonly report?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

export const register = (program: Command): void => {
  program
    .command('import')
    .description('bring in a CSV file of customers or indicator values; a row that says nothing new changes nothing')
    .addArgument(new Argument('<kind>', 'what the rows are').choices(KINDS))
    .argument('<file>', 'CSV in UTF-8, UTF-16 or GB 18030')
    // Demanded below: commander would ask for it before it looks at the kind.
    .option('--map <file>', 'YAML that says which column is what (required)')
    .option('--report <file>', 'where to list refused rows (default: <file>.refusals.csv)')
    .option('--dry-run', 'say what would happen and keep nothing')
    .option('--json', 'end with one JSON object: {accepted, rejected, new, …}')
    .action((kind: Kind, file: string, options: Options) => runImport(kind, file, options));
};

const runImport = async (kind: Kind, file: string, { json, map, ...options }: Options): Promise<void> => {
  if (map === undefined) throw new UsageError('import takes --map FILE');
  const request: ImportRequest = { ...options, map, kind, file, dryRun: options.dryRun ?? false };
  demandSafeReport(request);
  // Known at once, unlike what needs a database.
  await READ_MAP[kind](map).then(required);
  await demandReadable(file);
  const { summary, firstRefusals, report } = await withApp(loadConfig(), (app) =>
    step(`importing ${basename(file)}`, (shown) => importFile(app, request, showProgress(basename(file), shown))),
  );
  const { rows, accepted, rejected, changed, unchanged } = summary;
  if (json) {
    sayJson({ ...summary, report, dryRun: request.dryRun });
  } else if (rows === 0) {
    say(`${file} has no rows below its header: nothing was imported`);
  } else {
    const counts = `${figure(summary.new)} new, ${figure(changed)} changed, ${figure(unchanged)} unchanged`;
    const kept = request.dryRun ? ' (dry run: nothing was kept)' : '';
    say(`${figure(accepted)} of ${figure(rows)} rows accepted: ${counts}${kept}`);
    for (const refusal of firstRefusals) say(`  ${refusalLine(refusal)}`);
  }
  if (rejected > 0) {
    throw new CommandFailed(`${figure(rejected)} of ${figure(rows)} rows were refused: see ${report ?? ''}`);
  }
};

const READ_MAP = { customers: readCustomerMap, indicators: readIndicatorMap } as const;

/** Throws a {@link CommandFailed} unless the file can be read. */
export const demandReadable = async (file: string): Promise<void> => {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandFailed(code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${code ?? '?'})`);
  }
};

const showProgress = (name: string, shown: Step): ((progress: ImportProgress) => void) => {
  const startedMs = performance.now();
  return ({ rows, rejected, bytesRead, bytesTotal }) => {
    const refused = rejected === 0 ? '' : `${figure(rejected)} refused, `;
    const rowsPerSecond = Math.round((rows * 1000) / (performance.now() - startedMs));
    shown.rename(`importing ${name}: ${figure(rows)} rows, ${refused}${figure(rowsPerSecond)} rows/s`);
    shown.update(bytesRead, bytesTotal);
  };
};

const figure = (count: number): string => count.toLocaleString('en-US');

/** Cells come from outside: control characters would steer the terminal. */
const refusalLine = ({ line, column, code, value }: RowRefusal): string =>
  `line ${line}${column === null ? '' : `, ${column}`}: ${code} ${JSON.stringify(value)}`.replace(/\p{C}/gu, '\uFFFD');

export interface ImportRequest {
  readonly kind: Kind;
  readonly file: string;
  readonly map: string;
  /** Where refused rows are listed; beside the file, else in the working folder, unless told. */
  readonly report?: string;
  readonly dryRun: boolean;
}

export interface ImportResult {
  readonly summary: ImportSummary;
  /** The first few, to be shown. */
  readonly firstRefusals: readonly RowRefusal[];
  /** Path of the report; null when no row was refused. */
  readonly report: string | null;
}

const SHOWN_REFUSALS = 5;

/**
 * Throws a RefusalError for a map or file that cannot be used at all, a UsageError for a report that would replace one of
 * them, and a CommandFailed when the report cannot be written.
 */
export const importFile = async (
  app: Pick<App, 'customers' | 'indicators' | 'newId'>,
  request: ImportRequest,
  onProgress: (progress: ImportProgress) => void = () => undefined,
): Promise<ImportResult> => {
  demandSafeReport(request);
  const firstRefusals: RowRefusal[] = [];
  let report: Report | null = null;
  const options: ImportOptions = {
    dryRun: request.dryRun,
    onProgress,
    onRefusals: async (refusals) => {
      firstRefusals.push(...refusals.slice(0, SHOWN_REFUSALS - firstRefusals.length));
      report ??= await openReport(request);
      await report.file.write(refusals.map(({ line, column, code, value }) => [`${line}`, column ?? '', code, value]));
    },
  };
  try {
    const summary = required(await runKind(app, request, options));
    return { summary, firstRefusals, report: pathOf(report) };
  } finally {
    await close(report);
  }
};

const runKind = async (
  app: Pick<App, 'customers' | 'indicators' | 'newId'>,
  { kind, file, map }: ImportRequest,
  options: ImportOptions,
): Promise<Result<ImportSummary>> => {
  const by = asSystem('cli', app.newId());
  switch (kind) {
    case 'customers':
      return app.customers.importFile(by, { file, map: required(await readCustomerMap(map)) }, options);
    case 'indicators':
      return app.indicators.importFile(by, { file, map: required(await readIndicatorMap(map)) }, options);
  }
};

interface Report {
  readonly path: string;
  readonly file: CsvReport;
}

// Functions, because the compiler does not follow the assignment inside the callback.
const pathOf = (report: Report | null): string | null => report?.path ?? null;
const close = async (report: Report | null): Promise<void> => report?.file.close();

const demandSafeReport = ({ report, file, map }: ImportRequest): void => {
  if (report !== undefined && [file, map].some((path) => resolve(path) === resolve(report))) {
    throw new UsageError('--report would replace the file or the map');
  }
};

const openReport = async ({ file, report }: ImportRequest): Promise<Report> => {
  // Data often lie in folders that are only read from; then the working folder has to do.
  const places = report === undefined ? [`${file}.refusals.csv`, `${basename(file)}.refusals.csv`] : [report];
  let reason = '';
  for (const path of places) {
    try {
      return { path, file: await openCsvReport(path, ['line', 'column', 'code', 'value']) };
    } catch (error) {
      reason = (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }
  throw new CommandFailed(
    `the report of refused rows cannot be written to ${places.join(' or ')} (${reason}); see --report`,
  );
};
