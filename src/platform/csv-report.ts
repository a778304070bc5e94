/**
 * Writes CSV files for people who open them in a spreadsheet: UTF-8 with a byte order mark, and no cell that a
 * spreadsheet would take for a formula.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { stringify } from 'csv-stringify/sync';

export interface CsvReport {
  write(rows: readonly (readonly string[])[]): Promise<void>;
  close(): Promise<void>;
}

/** Replaces a file of that name. Throws what the file system throws. */
export const openCsvReport = async (path: string, header: readonly string[]): Promise<CsvReport> => {
  const file = createWriteStream(path, { encoding: 'utf8' });
  await once(file, 'open');
  const write = async (rows: readonly (readonly string[])[]): Promise<void> => {
    const text = stringify(
      rows.map((row) => row.map(neutralise)),
      { record_delimiter: 'windows', quoted_match: /[\r\n]/ },
    );
    if (text !== '' && !file.write(text)) await once(file, 'drain');
  };
  file.write('\uFEFF');
  await write([header]);
  return {
    write,
    close: async () => {
      file.end();
      await finished(file);
    },
  };
};

/** A leading apostrophe makes it text. Full-width signs count too: spreadsheets in East Asian locales take them for signs. */
const neutralise = (cell: string): string => (/^[=+\-@\t\r＝＋－＠]/.test(cell) ? `'${cell}` : cell);
