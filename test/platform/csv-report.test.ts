/** Reports for spreadsheets: byte order mark, quoting, and no cell that is taken for a formula. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCsvReport } from '../../src/platform/csv-report';
import { isFault, openCsv } from '../../src/platform/csv-source';

const directory = mkdtempSync(join(tmpdir(), 'tw-report-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['＝1', "'＝1"],
  ['\tx', "'\tx"],
  ['a=1', 'a=1'],
  ['恒瑞, "x"', '恒瑞, "x"'],
  ['two\nlines', 'two\nlines'],
  ['\u001b[31m red', '␛[31m red'],
  ['n\0l', 'n␀l'],
  ['', ''],
])('%j is written as %j', async (cell, written) => {
  const path = join(directory, 'report.csv');
  const report = await openCsvReport(path, ['line', 'value']);
  await report.write([['1', cell]]);
  await report.write([]);
  await report.close();
  expect(readFileSync(path).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
  const source = await openCsv(path);
  if (!source.ok) throw new Error(source.refusal.message);
  const rows: (readonly string[])[] = [];
  for await (const block of source.value.blocks)
    rows.push(...block.map((item) => (isFault(item) ? [item.fault] : item.fields)));
  expect(source.value.header).toEqual(['line', 'value']);
  expect(rows).toEqual([['1', written]]);
});

test('a place that cannot be written to is told by the file system', async () => {
  await expect(openCsvReport(join(directory, 'absent', 'report.csv'), [])).rejects.toMatchObject({ code: 'ENOENT' });
});
