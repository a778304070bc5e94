/**
 * `tierwarden outcomes`: stores what became of the customers in a file and holds the model's grades against it. The map is
 * the one their indicators came in by; its `outcome` part names the column, which is never an input of a rating.
 */
import type { Command } from 'commander';
import { asSystem, required, type App } from '../../src/app';
import { loadConfig } from '../../src/config';
import type { ImportProgress, RowRefusal } from '../../src/customers';
import { readIndicatorMap } from '../../src/indicators';
import { isOutcomeEvent, type OutcomeImportSummary, type RankPower } from '../../src/validation';
import { CommandFailed, say, sayJson, warn } from '../output';
import { step } from '../progress';
import { withApp } from '../with-app';
import { demandReadable } from './import';

interface OutcomesRequest {
  readonly file: string;
  readonly map: string;
}

export interface OutcomesResult extends Omit<OutcomeImportSummary, 'batchId'>, RankPower {
  /** The first few, to be shown. */
  readonly firstRefusals: readonly RowRefusal[];
}

const SHOWN_REFUSALS = 5;

export const register = (program: Command): void => {
  program
    .command('outcomes <file>')
    .description('store what became of customers and hold the grades against it')
    .requiredOption('--map <file>', 'map of the indicator file, with its outcome part')
    .option('--json', 'end with one JSON object: {rows, recorded, unchanged, rejected, rated, bad, auc, grades}')
    .action((file: string, { map, json }: { readonly map: string; readonly json?: true }) =>
      runOutcomes({ file, map }, json === true),
    );
};

const runOutcomes = async (request: OutcomesRequest, json: boolean): Promise<void> => {
  required(await readIndicatorMap(request.map));
  await demandReadable(request.file);
  await withApp(loadConfig(), async (app) => {
    const { firstRefusals, ...result } = await step(
      'reading outcomes',
      (running) => loadOutcomes(app, request, ({ bytesRead, bytesTotal }) => running.update(bytesRead, bytesTotal)),
      ({ rows, recorded }) => `${rows} rows, ${recorded} new`,
    );
    if (result.rated < result.customers) {
      warn(`${result.customers - result.rated} customers have no rating yet: see tierwarden rate`);
    }
    for (const refusal of firstRefusals) warn(refusalLine(refusal));
    outcomeTable(result).forEach((line) => say(line));
    if (json) sayJson(result);
    if (result.rejected > 0) throw new CommandFailed(`${result.rejected} of ${result.rows} rows were refused`);
  });
};

/** Cells come from outside: control characters would steer the terminal. */
const refusalLine = ({ line, column, code, value }: RowRefusal): string =>
  `line ${line}${column === null ? '' : `, ${column}`}: ${code} ${JSON.stringify(value)}`.replace(/\p{C}/gu, '\uFFFD');

/** Throws a RefusalError for a map or file that cannot be used. */
export const loadOutcomes = async (
  app: Pick<App, 'validation' | 'newId'>,
  { file, map: mapFile }: OutcomesRequest,
  onProgress: (progress: ImportProgress) => void = () => undefined,
): Promise<OutcomesResult> => {
  const by = asSystem('cli', app.newId());
  const map = required(await readIndicatorMap(mapFile));
  const firstRefusals: RowRefusal[] = [];
  const { batchId: _, ...summary } = required(
    await app.validation.importFile(
      by,
      { file, map },
      {
        onProgress,
        onRefusals: async (refusals) => {
          firstRefusals.push(...refusals.slice(0, SHOWN_REFUSALS - firstRefusals.length));
        },
      },
    ),
  );
  const event = map.outcome?.event ?? '';
  if (!isOutcomeEvent(event)) throw new Error(`a file of ${event} outcomes was taken in`);
  const power = required(await app.validation.queries.rankPower(by.actor, { source: map.source, event }));
  return { ...summary, ...power, firstRefusals };
};

/** Lines of the table grade × customers × bad × share, and what it comes to. */
export const outcomeTable = ({ grades, rated, bad, auc }: RankPower): string[] => {
  const rows = [
    ['grade', 'customers', 'bad', 'share bad'],
    ...grades.map((row) => [row.grade, String(row.count), String(row.bad), percent(row.shareBad)]),
    ['all', String(rated), String(bad), percent(rated === 0 ? null : bad / rated)],
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    ...rows.map((row) =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
    ),
    '',
    auc === null
      ? 'area under the ROC curve: not known without rated customers of both kinds'
      : `area under the ROC curve: ${auc.toFixed(4)}`,
  ];
};

const percent = (share: number | null): string => (share === null ? '–' : `${(share * 100).toFixed(1)} %`);
