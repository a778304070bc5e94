/**
 * Reads what became of customers from a file, by the `outcome` part of the map that its indicators come in by. A row that
 * cannot be used is reported and stops no other; the file is read as a stream.
 */
import type { Initiator } from '../kernel/actor';
import type { NewId } from '../kernel/clock';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { cellOf, locateColumns, rowRefusal, type ImportOptions, type RowCode, type RowRefusal } from '../customers';
import { customerNumber, keyColumns, type IndicatorMap } from '../indicators';
import { isFault, openCsv, type CsvRow } from '../platform/csv-source';
import { isOutcomeEvent, OUTCOME_EVENTS, type OutcomeClaim } from './domain/outcome';
import type { OutcomeBatch, OutcomesRecorded } from './outcome.commands';

const CHUNK_ROWS = 1000;

export interface OutcomeImportSummary {
  readonly batchId: string;
  /** Rows of the file. */
  readonly rows: number;
  readonly recorded: number;
  readonly unchanged: number;
  readonly rejected: number;
}

export interface OutcomeImportDeps {
  readonly newId: NewId;
  readonly record: (by: Initiator, batch: OutcomeBatch) => Promise<Result<OutcomesRecorded>>;
}

const ROW_CODES: Readonly<Record<string, RowCode>> = {
  CUSTOMER: 'UNKNOWN_CUSTOMER',
  DATE: 'NOT_A_DATE',
  FUTURE: 'FUTURE_DATE',
};

/**
 * Refuses what openCsv and locateColumns refuse, FORBIDDEN, REQUIRED/OUTCOME for a map that names no outcome and
 * INVALID/EVENT for an event that nobody knows.
 */
export const importOutcomes = async (
  { newId, record }: OutcomeImportDeps,
  by: Initiator,
  { file, map }: { readonly file: string; readonly map: IndicatorMap },
  options: Omit<ImportOptions, 'dryRun'> = {},
): Promise<Result<OutcomeImportSummary>> => {
  const { outcome } = map;
  if (outcome === undefined) {
    return refuse('REQUIRED', 'The map does not say which column holds the outcome.', {
      reason: 'OUTCOME',
      field: ['map', 'outcome'],
    });
  }
  const { event, column, observedOn } = outcome;
  if (!isOutcomeEvent(event)) {
    return refuse('INVALID', `${event} is none of ${OUTCOME_EVENTS.join(', ')}.`, {
      reason: 'EVENT',
      field: ['map', 'outcome', 'event'],
    });
  }
  const opened = await openCsv(file, {
    ...(map.encoding === undefined ? {} : { encoding: map.encoding }),
    ...(map.delimiter === undefined ? {} : { delimiter: map.delimiter }),
  });
  if (!opened.ok) return opened;
  const source = opened.value;
  try {
    const columns = locateColumns(source.header, [...keyColumns(map), column]);
    if (!columns.ok) return columns;
    const [keyColumn = null] = keyColumns(map);
    const batchId = newId();
    const badCells = new Set(outcome.bad.map((cell) => cell.trim()));
    const said = new Map<string, boolean>();
    const counts = { rows: 0, recorded: 0, unchanged: 0, rejected: 0 };
    let claims: { readonly claim: OutcomeClaim; readonly line: number }[] = [];
    let refusals: RowRefusal[] = [];

    const read = (row: CsvRow): void => {
      const cell = (name: string): string => cellOf(row, columns.value, name);
      const number = customerNumber(map, row.row, cell);
      const text = cell(column).trim();
      const refuseRow = (where: string | null, code: RowCode, value: string): void => {
        refusals.push(rowRefusal(row.line, where, code, value));
      };
      if (number === '') return refuseRow(keyColumn, 'REQUIRED', '');
      if (text === '') return refuseRow(column, 'REQUIRED', '');
      const bad = badCells.has(text);
      // A file that says two things of one customer would be news at every load.
      if ((said.get(number) ?? bad) !== bad) return refuseRow(column, 'DUPLICATE', text);
      said.set(number, bad);
      claims.push({ claim: { number, event, bad, observedOn }, line: row.line });
    };

    const flush = async (): Promise<Result<true>> => {
      if (claims.length > 0) {
        const written = await record(by, { batchId, source: map.source, claims: claims.map(({ claim }) => claim) });
        if (!written.ok) return written;
        counts.recorded += written.value.recorded;
        counts.unchanged += written.value.unchanged;
        for (const { index = 0, reason = '' } of written.value.rejected) {
          const rejected = claims[index];
          if (rejected === undefined) throw new Error(`no claim stands at ${index}`);
          const code = ROW_CODES[reason] ?? 'UNKNOWN_VALUE';
          refusals.push(rowRefusal(rejected.line, keyColumn, code, rejected.claim.number));
        }
        claims = [];
      }
      counts.rejected += refusals.length;
      if (refusals.length > 0) await options.onRefusals?.(refusals.sort((a, b) => a.line - b.line));
      refusals = [];
      options.onProgress?.({
        rows: counts.rows,
        rejected: counts.rejected,
        bytesRead: source.bytesRead(),
        bytesTotal: source.bytesTotal,
      });
      return ok(true);
    };

    for await (const block of source.blocks) {
      for (const item of block) {
        counts.rows++;
        if (isFault(item)) refusals.push(rowRefusal(item.line, item.column, item.fault, item.value));
        else read(item);
        if (claims.length >= CHUNK_ROWS || refusals.length >= CHUNK_ROWS) {
          const flushed = await flush();
          if (!flushed.ok) return flushed;
        }
      }
    }
    const flushed = await flush();
    if (!flushed.ok) return flushed;
    return ok({ batchId, ...counts });
  } finally {
    await source.close();
  }
};
