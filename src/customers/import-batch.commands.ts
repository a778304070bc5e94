/**
 * Runs the import of one file: reads it as a stream, sorts rows into sound and refused, and hands the sound ones over in
 * chunks, each a unit of work of its own. What a row means is told by the room whose rows they are. A run that was
 * killed is simply run again: rows that are there already change nothing.
 */
import { basename } from 'node:path';
import type { Initiator } from '../kernel/actor';
import type { NewId } from '../kernel/clock';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { isFault, openCsv, sha256OfFile, type CsvEncoding, type CsvRow } from '../platform/csv-source';
import type { UnitOfWork } from '../platform/unit-of-work';
import { ensureBatch, finishBatch, type ImportBatch, type ImportCounts } from './import-batch.store';
import { rowRefusal, type ImportOutcome, type RowRefusal } from './domain/import-row';

const CHUNK_ROWS = 1000;

export interface ImportProgress {
  readonly rows: number;
  readonly rejected: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

export interface ImportSummary extends ImportCounts {
  /** Null after a dry run, which leaves no record. */
  readonly batchId: string | null;
  readonly encoding: CsvEncoding;
}

/** One row as its room reads it. */
export type RowReading<Row> =
  | {
      readonly row: Row;
      /** What the row is about; a second row about the same, saying something else, is refused as DUPLICATE. */
      readonly key: string;
      /** Digest of what the row says. */
      readonly digest: string;
      /** Column that shows a duplicate. */
      readonly keyColumn: string | null;
    }
  | { readonly refusals: readonly RowRefusal[] };

export interface ImportRun<Row> {
  readonly file: string;
  readonly kind: ImportBatch['kind'];
  readonly source: string;
  readonly mapDigest: string;
  readonly encoding?: CsvEncoding;
  readonly delimiter?: string;
  /** Columns that the map names: all must be there, each once. */
  readonly columns: readonly string[];
  readonly read: (row: CsvRow, cell: (column: string) => string) => RowReading<Row>;
  readonly write: (rows: readonly Row[], batch: ImportBatch) => Promise<Result<ImportOutcome>>;
  readonly dryRun: boolean;
  readonly onRefusals: (refusals: readonly RowRefusal[]) => Promise<void>;
  readonly onProgress: (progress: ImportProgress) => void;
}

/** What the caller of an import may steer. */
export interface ImportOptions {
  /** Does everything and keeps nothing. */
  readonly dryRun?: boolean;
  /** Told of refused rows chunk by chunk, in the order of lines within each. */
  readonly onRefusals?: (refusals: readonly RowRefusal[]) => Promise<void>;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportDeps {
  readonly unitOfWork: UnitOfWork;
  readonly newId: NewId;
}

/** Refuses what openCsv refuses, INVALID/MISSING_COLUMN, INVALID/AMBIGUOUS_COLUMN, and what `write` refuses. */
export const runImport = async <Row>(
  { unitOfWork, newId }: ImportDeps,
  by: Initiator,
  run: ImportRun<Row>,
): Promise<Result<ImportSummary>> => {
  const opened = await openCsv(run.file, {
    ...(run.encoding === undefined ? {} : { encoding: run.encoding }),
    ...(run.delimiter === undefined ? {} : { delimiter: run.delimiter }),
  });
  if (!opened.ok) return opened;
  const source = opened.value;
  try {
    const columns = locateColumns(source.header, run.columns);
    if (!columns.ok) return columns;
    const batch: ImportBatch = {
      id: newId(),
      kind: run.kind,
      fileName: basename(run.file),
      fileSha256: await sha256OfFile(run.file),
      mapDigest: run.mapDigest,
      source: run.source,
    };
    if (!run.dryRun) {
      const begun = await unitOfWork.run(by, async (tx) => {
        await ensureBatch(tx, batch);
        tx.record({
          action: 'import.started',
          object: { type: 'ImportBatch', id: batch.id },
          data: {
            kind: batch.kind,
            file: batch.fileName,
            sha256: batch.fileSha256,
            map: batch.mapDigest,
            source: batch.source,
          },
        });
        return ok(true);
      });
      if (!begun.ok) return begun;
    }

    const counts = { rows: 0, rejected: 0, new: 0, changed: 0, unchanged: 0 };
    const seen = new Map<string, string>();
    let chunk: Row[] = [];
    let refusals: RowRefusal[] = [];
    const flush = async (): Promise<Result<true>> => {
      if (chunk.length > 0) {
        const outcome = await run.write(chunk, batch);
        if (!outcome.ok) return outcome;
        counts.new += outcome.value.new;
        counts.changed += outcome.value.changed;
        counts.unchanged += outcome.value.unchanged;
        counts.rejected += linesOf(outcome.value.refusals);
        refusals.push(...outcome.value.refusals);
        chunk = [];
      }
      if (refusals.length > 0) {
        await run.onRefusals(refusals.sort((a, b) => a.line - b.line));
        refusals = [];
      }
      run.onProgress({
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
        if (isFault(item)) {
          counts.rejected++;
          refusals.push(rowRefusal(item.line, item.column, item.fault, item.value));
        } else {
          const cell = (column: string): string => cellOf(item, columns.value, column);
          const reading = withoutDuplicates(run.read(item, cell), seen, item.line, cell);
          if ('refusals' in reading) {
            counts.rejected++;
            refusals.push(...reading.refusals);
          } else {
            chunk.push(reading.row);
          }
        }
        if (chunk.length >= CHUNK_ROWS || refusals.length >= CHUNK_ROWS) {
          const flushed = await flush();
          if (!flushed.ok) return flushed;
        }
      }
    }
    const flushed = await flush();
    if (!flushed.ok) return flushed;

    const total: ImportCounts = { ...counts, accepted: counts.new + counts.changed + counts.unchanged };
    if (!run.dryRun) {
      const finished = await unitOfWork.run(by, async (tx) => {
        await finishBatch(tx, batch.id, total);
        tx.record({
          action: 'import.finished',
          object: { type: 'ImportBatch', id: batch.id },
          data: { ...total },
        });
        return ok(true);
      });
      if (!finished.ok) return finished;
    }
    return ok({ ...total, batchId: run.dryRun ? null : batch.id, encoding: source.encoding() });
  } finally {
    await source.close();
  }
};

/** Position of each named column. Refuses INVALID/MISSING_COLUMN and INVALID/AMBIGUOUS_COLUMN. */
export const locateColumns = (
  header: readonly string[],
  names: readonly string[],
): Result<ReadonlyMap<string, number>> => {
  const wanted = [...new Set(names)];
  const missing = wanted.filter((name) => !header.includes(name));
  if (missing.length > 0) {
    return refuse('INVALID', `The map names columns that the file does not have: ${firstOf(missing)}.`, {
      reason: 'MISSING_COLUMN',
      field: ['map'],
      params: { columns: missing.join(', ') },
    });
  }
  const ambiguous = wanted.filter((name) => header.indexOf(name) !== header.lastIndexOf(name));
  if (ambiguous.length > 0) {
    return refuse('INVALID', `The file has these columns more than once: ${ambiguous.join(', ')}.`, {
      reason: 'AMBIGUOUS_COLUMN',
      field: ['file'],
      params: { columns: ambiguous.join(', ') },
    });
  }
  return ok(new Map(wanted.map((name) => [name, header.indexOf(name)])));
};

const SHOWN_COLUMNS = 5;

const firstOf = (names: readonly string[]): string => {
  const more = names.length - SHOWN_COLUMNS;
  return more <= 0 ? names.join(', ') : `${names.slice(0, SHOWN_COLUMNS).join(', ')} and ${more} more`;
};

export const cellOf = (row: CsvRow, columns: ReadonlyMap<string, number>, column: string): string => {
  const index = columns.get(column);
  if (index === undefined) throw new Error(`column ${column} was not located`);
  return row.fields[index] ?? '';
};

/** Digests are kept in part only: a key that comes again is rare, and the part tells two contents apart. */
const KEPT_DIGEST_CHARS = 12;

const withoutDuplicates = <Row>(
  reading: RowReading<Row>,
  seen: Map<string, string>,
  line: number,
  cell: (column: string) => string,
): RowReading<Row> => {
  if ('refusals' in reading) return reading;
  const { key, keyColumn } = reading;
  const digest = reading.digest.slice(0, KEPT_DIGEST_CHARS);
  const known = seen.get(key);
  if (known !== undefined && known !== digest) {
    return { refusals: [rowRefusal(line, keyColumn, 'DUPLICATE', keyColumn === null ? key : cell(keyColumn))] };
  }
  seen.set(key, digest);
  return reading;
};

const linesOf = (refusals: readonly RowRefusal[]): number => new Set(refusals.map((refusal) => refusal.line)).size;
