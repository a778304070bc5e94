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

/**
 * A leading apostrophe makes text of what would be a formula; full-width signs count too, as spreadsheets in East Asian
 * locales take them for signs. Control characters would steer the terminal of whoever looks at the file there.
 */
const neutralise = (cell: string): string => {
  const visible = cell.replace(/(?![\t\r\n])\p{Cc}/gu, controlPicture);
  return /^[=+\-@\t\r＝＋－＠]/.test(visible) ? `'${visible}` : visible;
};

const DELETE_PICTURE = 0x2421;

/** The sign that stands for a control character: ␛ for escape, ␀ for NUL. */
const controlPicture = (control: string): string => {
  const code = control.charCodeAt(0);
  return String.fromCharCode(code < 0x20 ? 0x2400 + code : DELETE_PICTURE);
};
