/**
 * Reads CSV files of any size as a stream of rows with their physical line numbers. A row that cannot be trusted comes
 * out as a fault and reading goes on behind it; no file makes it hold more than a few chunks or throw for its content.
 */
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import iconv from 'iconv-lite';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';

export const CSV_ENCODINGS = ['utf-8', 'utf-16', 'gb18030'] as const;
export type CsvEncoding = (typeof CSV_ENCODINGS)[number];

export type CsvFaultCode =
  'FIELD_COUNT' | 'UNCLOSED_QUOTE' | 'NUL_BYTE' | 'INVALID_BYTES' | 'FIELD_TOO_LONG' | 'LINE_TOO_LONG';

export interface CsvRow {
  /** Line of the file on which the row begins, from 1. */
  readonly line: number;
  /** Position among the rows behind the header, from 1; blank rows are not counted, faults are. */
  readonly row: number;
  /** As many as the header has. */
  readonly fields: readonly string[];
}

export interface CsvFault {
  readonly line: number;
  readonly row: number;
  readonly fault: CsvFaultCode;
  /** Name of the column where the fault sits; null when it concerns the whole row. */
  readonly column: string | null;
  readonly value: string;
}

export type CsvItem = CsvRow | CsvFault;

export const isFault = (item: CsvItem): item is CsvFault => 'fault' in item;

export interface CsvSource {
  /** Column names as the file writes them, trimmed. */
  readonly header: readonly string[];
  readonly bytesTotal: number;
  /** Bytes read so far: for a progress display. */
  bytesRead(): number;
  /** As far as it is known: a file is taken for UTF-8 until other bytes show up. */
  encoding(): CsvEncoding;
  /** Rows and faults in file order, a block at a time. May be iterated once. */
  readonly blocks: AsyncIterable<readonly CsvItem[]>;
  /** Gives the file back when the blocks are not read to their end. */
  close(): Promise<void>;
}

export interface CsvOptions {
  /** Skips the detection: byte order mark, else UTF-8 where the text reads as such, else GB 18030. */
  readonly encoding?: CsvEncoding;
  /** One character; a comma unless told. */
  readonly delimiter?: string;
}

/** Small, because what follows a torn row is parsed again to the end of its chunk. */
const CHUNK_BYTES = 32 * 1024;
const MAX_FIELD_CHARS = 10_000;
/** A row longer than this, or a quote still open after it, is a fault. */
const MAX_ROW_CHARS = 64 * 1024;

/** Refuses with NOT_FOUND, FORBIDDEN, INVALID/DIRECTORY or INVALID/NO_HEADER; `field` is `['file']`. */
export const openCsv = async (path: string, options: CsvOptions = {}): Promise<Result<CsvSource>> => {
  const size = await sizeOf(path);
  if (!size.ok) return size;
  const progress: Progress = { bytes: 0, encoding: options.encoding ?? 'utf-8' };
  const text = decode(readBytes(path, progress), options.encoding, progress);
  const splitter = new RowSplitter(options.delimiter ?? ',');

  let pending: RawRow[] = [];
  let header: RawRow | undefined;
  while (header === undefined) {
    const next = await text.next();
    pending = (next.done === true ? splitter.end() : splitter.push(next.value)).filter((row) => !isBlank(row));
    header = pending.shift();
    if (next.done === true) break;
  }
  if (header === undefined || header.torn !== undefined) {
    await text.return(undefined);
    return refuse('INVALID', 'The file has no header row.', { reason: 'NO_HEADER', field: ['file'] });
  }
  const names = header.fields.map((name) => name.replace(/^\uFEFF/, '').trim());

  const blocks = async function* (): AsyncGenerator<readonly CsvItem[]> {
    const toItem = itemMaker(names);
    const toItems = (rows: readonly RawRow[]): CsvItem[] => rows.filter((row) => !isBlank(row)).map(toItem);
    yield toItems(pending);
    for await (const chunk of text) yield toItems(splitter.push(chunk));
    yield toItems(splitter.end());
  };
  return ok({
    header: names,
    bytesTotal: size.value,
    bytesRead: () => progress.bytes,
    encoding: () => progress.encoding,
    blocks: blocks(),
    close: async () => {
      await text.return(undefined);
    },
  });
};

/** Lower-case hex SHA-256 of a file's bytes. */
export const sha256OfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

const sizeOf = async (path: string): Promise<Result<number>> => {
  const field = ['file'];
  try {
    const handle = await open(path, 'r');
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) return refuse('INVALID', `${path} is a directory.`, { reason: 'DIRECTORY', field });
      return ok(stat.size);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return refuse('NOT_FOUND', `There is no file ${path}.`, { reason: 'FILE', field });
    if (code === 'EACCES') return refuse('FORBIDDEN', `The file ${path} may not be read.`, { reason: 'FILE', field });
    throw error;
  }
};

// Bytes to text.

interface Progress {
  bytes: number;
  encoding: CsvEncoding;
}

async function* readBytes(path: string, progress: Progress): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    progress.bytes += chunk.length;
    yield chunk;
  }
}

/**
 * ASCII reads the same in UTF-8 and in GB 18030, so the choice waits for the first chunk with other bytes; that chunk
 * and its successor are judged together.
 */
async function* decode(
  bytes: AsyncGenerator<Buffer>,
  wanted: CsvEncoding | undefined,
  progress: Progress,
): AsyncGenerator<string, void, undefined> {
  let decoder = wanted === undefined ? undefined : iconv.getDecoder(wanted);
  for await (const chunk of bytes) {
    if (decoder !== undefined) {
      yield decoder.write(chunk);
    } else if (isAscii(chunk)) {
      yield chunk.toString('latin1');
    } else {
      const successor = await bytes.next();
      const head = successor.done === true ? chunk : Buffer.concat([chunk, successor.value]);
      progress.encoding = detectEncoding(head);
      decoder = iconv.getDecoder(progress.encoding);
      yield decoder.write(head);
    }
  }
  yield decoder?.end() ?? '';
}

const detectEncoding = (head: Buffer): CsvEncoding => {
  const [first, second] = head;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return 'utf-16';
  // `stream`, because the head may end inside a character.
  const text = new TextDecoder('utf-8').decode(head, { stream: true });
  const broken = text.split('\uFFFD').length - 1;
  const sound = [...text].filter((character) => character > '\u007F').length - broken;
  // Some broken bytes in a text that is UTF-8 otherwise are faults of their rows; GB 18030 hardly ever reads as UTF-8.
  return broken * MIN_SOUND_PER_BROKEN <= sound ? 'utf-8' : 'gb18030';
};

const MIN_SOUND_PER_BROKEN = 10;

// Text to rows.

interface RawRow {
  readonly line: number;
  /** Set when the row has no fields that could be trusted. */
  readonly torn?: 'UNCLOSED_QUOTE' | 'LINE_TOO_LONG';
  /** The text of a torn row is its only field. */
  readonly fields: readonly string[];
}

const LINE_BREAK = /\r\n|\n|\r/g;

/**
 * Cuts text into rows. A stray quote costs its own line only: when a row runs over line breaks without coming out right,
 * its first line is given up and reading starts again on the next one.
 */
class RowSplitter {
  /** Fields of a sound row: as many as the first row that is not blank has. */
  private width: number | undefined;
  private pending = '';
  private line = 1;
  private droppingLine = false;

  constructor(private readonly delimiter: string) {}

  push(text: string): RawRow[] {
    this.pending += text;
    if (this.droppingLine) {
      const rest = afterLineBreak(this.pending, 0);
      this.pending = rest === -1 ? '' : this.pending.slice(rest);
      if (rest === -1) return [];
      this.droppingLine = false;
      this.line++;
    }
    const whole = endOfLastLine(this.pending);
    if (whole > 0) {
      const behind = this.pending.slice(whole);
      const rows = this.split(this.pending.slice(0, whole), false);
      this.pending += behind;
      return rows;
    }
    if (this.pending.length <= MAX_ROW_CHARS) return [];
    const row: RawRow = { line: this.line, torn: 'LINE_TOO_LONG', fields: [this.pending] };
    this.pending = '';
    this.droppingLine = true;
    return [row];
  }

  end(): RawRow[] {
    return this.droppingLine ? [] : this.split(this.pending, true);
  }

  /** Settles what can be settled of whole lines; an open last row stays pending unless this is the end. */
  private split(text: string, final: boolean): RawRow[] {
    const rows: RawRow[] = [];
    let offset = 0;
    const skipLines = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const next = afterLineBreak(text, offset);
        offset = next === -1 ? text.length : next;
      }
      this.line += count;
    };
    const giveUpLine = (): void => {
      const { line } = this;
      const start = offset;
      skipLines(1);
      rows.push({ line, torn: 'UNCLOSED_QUOTE', fields: [text.slice(start, offset).trimEnd()] });
    };
    this.pending = '';
    while (offset < text.length) {
      const { records, open } = this.parse(text.slice(offset));
      let settled = true;
      for (const fields of records) {
        const lines = linesOf(fields);
        if (!isBlankRow(fields)) this.width ??= fields.length;
        if (lines > 1 && this.isTorn(fields)) {
          giveUpLine();
          settled = false;
          break;
        }
        rows.push({ line: this.line, fields });
        skipLines(lines);
      }
      if (!settled) continue;
      if (!open) break;
      if (!final && text.length - offset <= MAX_ROW_CHARS) {
        this.pending = text.slice(offset);
        break;
      }
      giveUpLine();
    }
    return rows;
  }

  private parse(text: string): { records: string[][]; open: boolean } {
    let open = false;
    const records = parse(text, {
      delimiter: this.delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      // A quote in the middle of a field is text: 12" pipe.
      relax_quotes: true,
      skip_records_with_error: true,
      // With the options above the one error left is a quote that is never closed.
      on_skip: () => {
        open = true;
        return undefined;
      },
    });
    return { records, open };
  }

  /** A quoted field that ended in the middle of text keeps its opening quote. */
  private isTorn(fields: readonly string[]): boolean {
    return fields.length !== this.width || fields.some((field) => field.startsWith('"') && linesOf([field]) > 1);
  }
}

/** Offset behind the next line break at or after `from`; -1 when there is none. */
const afterLineBreak = (text: string, from: number): number => {
  LINE_BREAK.lastIndex = from;
  return LINE_BREAK.test(text) ? LINE_BREAK.lastIndex : -1;
};

/** A lone carriage return at the very end may be the first half of CRLF, so it does not count. */
const endOfLastLine = (text: string): number => {
  const lineFeed = text.lastIndexOf('\n');
  return lineFeed === -1 ? text.lastIndexOf('\r', text.length - 2) + 1 : lineFeed + 1;
};

const linesOf = (fields: readonly string[]): number =>
  fields.reduce((lines, field) => lines + (field.match(LINE_BREAK)?.length ?? 0), 1);

const isBlankRow = (fields: readonly string[]): boolean => fields.every((field) => field.trim() === '');

const isBlank = (row: RawRow): boolean => row.torn === undefined && isBlankRow(row.fields);

// Rows to items.

const SHOWN_CHARS = 200;

const itemMaker = (header: readonly string[]): ((raw: RawRow) => CsvItem) => {
  let row = 0;
  return (raw) => {
    row++;
    const fault = (code: CsvFaultCode, column: string | null, value: string): CsvFault => ({
      line: raw.line,
      row,
      fault: code,
      column,
      value: value.slice(0, SHOWN_CHARS),
    });
    if (raw.torn !== undefined) return fault(raw.torn, null, raw.fields[0] ?? '');
    if (raw.fields.length !== header.length) return fault('FIELD_COUNT', null, raw.fields.join());
    for (const [index, field] of raw.fields.entries()) {
      const code = faultOf(field);
      if (code !== null) return fault(code, header[index] ?? null, field);
    }
    return { line: raw.line, row, fields: raw.fields };
  };
};

const faultOf = (field: string): CsvFaultCode | null => {
  if (field.length > MAX_FIELD_CHARS) return 'FIELD_TOO_LONG';
  if (field.includes('\0')) return 'NUL_BYTE';
  // What the decoder puts in place of bytes that are no character of the encoding.
  return field.includes('\uFFFD') ? 'INVALID_BYTES' : null;
};
