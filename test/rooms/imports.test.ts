/** Whole files: sound rows go in, refused ones are listed, and running an import again, twice or halfway harms nothing. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import iconv from 'iconv-lite';
import { importFile, type ImportRequest } from '../../cli/commands/import';
import { UsageError } from '../../cli/output';
import { createCustomers, type Customers } from '../../src/customers';
import { createIdentity } from '../../src/identity';
import { createIndicators, type Indicators } from '../../src/indicators';
import { createPolicies } from '../../src/policies';
import { systemActor } from '../../src/kernel/actor';
import { messageKey, RefusalError } from '../../src/kernel/refusal';
import { useDatabase } from '../support/database';
import { leftReads, readObject } from '../support/reads';
import type { Loose } from '../support/api';
import type { Reads } from '../../src/platform/reads';

const db = useDatabase();
const directory = mkdtempSync(join(tmpdir(), 'tw-import-'));
const samples = join(__dirname, '../../samples');
const cli = systemActor('cli');

let reads: Reads;
let app: { readonly customers: Customers; readonly indicators: Indicators; readonly newId: () => string };
beforeAll(() => {
  const { database, unitOfWork, clock, newId } = db;
  const identity = createIdentity({ database, unitOfWork, clock });
  const customers = createCustomers({ database, unitOfWork, identity, newId });
  app = {
    customers,
    indicators: createIndicators({
      database,
      unitOfWork,
      clock,
      newId,
      customers,
      policies: createPolicies({ database, unitOfWork }),
    }),
    newId,
  };
  reads = leftReads(db);
});
/** Newest values of the customer. */
const valuesOf = async (id = ''): Promise<Loose[]> =>
  (await readObject(reads, cli, ['Customer', id], { indicators: { code: true, value: true, quality: true } }))
    .indicators;
afterAll(() => {
  rmSync(directory, { recursive: true });
});

let files = 0;
const write = (content: string | Buffer, extension = 'csv'): string => {
  const path = join(directory, `${++files}.${extension}`);
  writeFileSync(path, content);
  return path;
};

const importOf = (kind: ImportRequest['kind'], file: string, map: string, more: Partial<ImportRequest> = {}) =>
  importFile(app, { kind, file, map, dryRun: false, ...more });

const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'accepted';
  } catch (error) {
    if (error instanceof RefusalError) return `${messageKey(error.refusal)}: ${error.refusal.message}`;
    throw error;
  }
};

const count = async (table: string): Promise<number> =>
  (await db.asOwner<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n ?? 0;

const sizes = async (): Promise<number[]> => {
  const found: number[] = [];
  for (const table of ['customer', 'indicator_snapshot', 'import_batch', 'audit_event', 'industry'])
    found.push(await count(table));
  return found;
};

const reportLines = (path: string | null): string[] =>
  readFileSync(path ?? '', 'utf8')
    .replace(/^\uFEFF/, '')
    .trim()
    .split('\r\n');

const MAP = `kind: indicators
source: test
asOf: { column: day }
customer:
  key: { column: no }
  create: { name: 'Firm {no}' }
columns:
  - { column: roa, indicator: roa }
  - { column: revenue, indicator: annualRevenue }
`;
const mapFile = (change: (text: string) => string = (text) => text): string => write(change(MAP), 'map.yaml');

describe('the shipped samples', () => {
  const customerFile = join(samples, 'customers.csv');
  const customerMap = join(samples, 'customers.map.yaml');
  const indicatorFile = join(samples, 'indicators.csv');
  const indicatorMap = join(samples, 'indicators.map.yaml');

  test('customers go in once', async () => {
    const first = await importOf('customers', customerFile, customerMap);
    expect(first).toMatchObject({ report: null, summary: { accepted: 7, rejected: 0, new: 7, encoding: 'utf-8' } });
    expect(await app.customers.queries.byNumber(cli, 'S-2001')).toMatchObject({
      kind: 'SUPPLIER',
      nameZh: '宁波甬江精密铸造有限公司',
      industryCode: 'MANUFACTURING',
      size: 'MEDIUM',
      stage: 'MATURITY',
    });
    const versions = await count('customer_version');
    const second = await importOf('customers', customerFile, customerMap);
    expect(second.summary).toMatchObject({ accepted: 7, rejected: 0, new: 0, changed: 0, unchanged: 7 });
    expect(await count('customer_version')).toBe(versions);
  });

  test('values in GB 18030 with percent signs, 万, brackets and gaps go in once', async () => {
    const first = await importOf('indicators', indicatorFile, indicatorMap);
    expect(first).toMatchObject({ report: null, summary: { accepted: 8, rejected: 0, new: 8, encoding: 'gb18030' } });
    const values = async (number: string): Promise<Record<string, string | null>> => {
      const customer = await app.customers.queries.byNumber(cli, number);
      return Object.fromEntries((await valuesOf(customer?.id)).map(({ code, value }) => [code, value]));
    };
    expect(await values('K-1001')).toMatchObject({
      annualRevenue: '391040000',
      netMargin: '0.081',
      debtToAssetsRatio: '0.455',
    });
    expect(await values('K-1003')).toMatchObject({ netMargin: '-0.014' });
    expect(await values('K-1004')).toMatchObject({ yearlyTurnoverWithUs: '8600000' });
    expect(Object.keys(await values('S-2001'))).not.toContain('yearlyTurnoverWithUs');
    expect((await importOf('indicators', indicatorFile, indicatorMap)).summary).toMatchObject({
      accepted: 8,
      new: 0,
      unchanged: 8,
    });
  });
});

describe('a file with bad rows', () => {
  const text = [
    'no,day,roa,revenue',
    'B1,2025-12-31,0.1,100',
    'B2,2025-12-31,NaN,100',
    'B3,2025-12-31,0.1',
    'B4,2025-12-31,abc,-5',
    '"B5,2025-12-31,0.1,100',
    'B6,2025-12-31,0.1,"1,234.5"',
    'B7,2025-02-30,0.1,100',
    'B8,2030-01-01,0.1,100',
    'B9,2025-12-31,,N/A',
    ',2025-12-31,0.1,100',
    'B1,2025-12-31,0.2,100',
    'B1,2025-12-31,0.10,100.0',
    'B 2,2025-12-31,0.1,100',
    'B10,2025-12-31,=cmd|x,100',
    'B11,2025-12-31,0.1,1\u00002',
    'B12,2025-12-31,12%,￥1,234',
    'B13,2025-12-31,12%,"￥1,234"',
    '',
  ].join('\n');

  test('lists each refused cell with line, column, code and value; the others are in', async () => {
    const { summary, firstRefusals, report } = await importOf('indicators', write(text), mapFile());
    expect(summary).toMatchObject({ rows: 17, accepted: 4, rejected: 13, new: 3, unchanged: 1 });
    expect(reportLines(report)).toEqual([
      'line,column,code,value',
      '3,roa,NOT_FINITE,NaN',
      '4,,FIELD_COUNT,"B3,2025-12-31,0.1"',
      '5,roa,NOT_A_NUMBER,abc',
      "5,revenue,OUT_OF_RANGE,'-5",
      '6,,UNCLOSED_QUOTE,"""B5,2025-12-31,0.1,100"',
      '8,day,NOT_A_DATE,2025-02-30',
      '9,day,FUTURE_DATE,2030-01-01',
      '10,,NO_VALUES,',
      '11,no,REQUIRED,',
      '12,no,DUPLICATE,B1',
      '14,no,SHAPE,B 2',
      "15,roa,NOT_A_NUMBER,'=cmd|x",
      '16,revenue,NUL_BYTE,1␀2',
      '17,,FIELD_COUNT,"B12,2025-12-31,12%,￥1,234"',
    ]);
    expect(firstRefusals).toHaveLength(5);
    for (const number of ['B1', 'B6', 'B13']) expect(await app.customers.queries.byNumber(cli, number)).not.toBeNull();
    for (const number of ['B2', 'B4', 'B8']) expect(await app.customers.queries.byNumber(cli, number)).toBeNull();
  });

  test('the same file again: nothing new, the same refusals', async () => {
    const [file, map] = [write(text), mapFile()];
    const first = await importOf('indicators', file, map);
    expect(first.summary).toMatchObject({ accepted: 4, rejected: 13, new: 0, unchanged: 4 });
  });

  test('a report goes where it is told to', async () => {
    const path = join(directory, 'elsewhere.csv');
    const { report } = await importOf('indicators', write(text), mapFile(), { report: path });
    expect(report).toBe(path);
    expect(reportLines(path)).toHaveLength(15);
  });

  test('a report that cannot be written stops the import in one line', async () => {
    const report = join(directory, 'absent', 'report.csv');
    const work = importOf('indicators', write(text), mapFile(), { report });
    await expect(work).rejects.toThrow(/cannot be written to .*absent.report\.csv \(ENOENT\)/);
  });

  test('a report never replaces the file or the map', async () => {
    const [file, map] = [write(text), mapFile()];
    for (const report of [file, map]) {
      await expect(importOf('indicators', file, map, { report })).rejects.toThrow(UsageError);
    }
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

describe('what cannot be imported at all', () => {
  const sound = 'no,day,roa,revenue\nZ1,2025-12-31,0.1,100\n';

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'a column that the file lacks',
      () => importOf('indicators', write('no,day,roa\nZ1,2025-12-31,0.1\n'), mapFile()),
      'INVALID.MISSING_COLUMN: The map names columns that the file does not have: revenue.',
    ],
    [
      'a column that is there twice',
      () => importOf('indicators', write('no,day,roa,roa,revenue\n'), mapFile()),
      'INVALID.AMBIGUOUS_COLUMN: The file has these columns more than once: roa.',
    ],
    ['a map of another kind', () => importOf('customers', write(sound), mapFile()), 'INVALID.MAP: '],
    ['no map', () => importOf('indicators', write(sound), join(directory, 'absent.yaml')), 'NOT_FOUND.MAP: '],
    ['no file', () => importOf('indicators', join(directory, 'absent.csv'), mapFile()), 'NOT_FOUND.FILE: '],
    ['an empty file', () => importOf('indicators', write(''), mapFile()), 'INVALID.NO_HEADER: '],
  ])('%s', async (_, work, expected) => {
    const batches = await count('import_batch');
    expect(await refusalOf(work())).toContain(expected);
    expect(await count('import_batch')).toBe(batches);
    expect(await app.customers.queries.byNumber(cli, 'Z1')).toBeNull();
  });

  test('rows of unknown customers are refused where the map does not create them', async () => {
    const map = mapFile((yaml) => yaml.replace(/ {2}create:.*\n/, ''));
    const { summary, firstRefusals } = await importOf('indicators', write(sound), map);
    expect(summary).toMatchObject({ accepted: 0, rejected: 1 });
    expect(firstRefusals).toEqual([{ line: 2, column: 'no', code: 'UNKNOWN_CUSTOMER', value: 'Z1' }]);
  });
});

describe('running it again', () => {
  const manyRows = (prefix: string, rows: number): string =>
    `no,day,roa,revenue\n${Array.from({ length: rows }, (_, i) => `${prefix}${i},2025-12-31,0.${i % 100},${i}`).join('\n')}\n`;
  const snapshotsOf = async (prefix: string): Promise<number> =>
    (
      await db.asOwner<{ n: number }>(
        "SELECT count(*)::int AS n FROM indicator_snapshot s JOIN customer c ON c.id = s.customer_id WHERE c.number LIKE $1 || '%'",
        [prefix],
      )
    )[0]?.n ?? 0;

  test('a dry run tells what would happen and keeps nothing', async () => {
    const before = await sizes();
    const map = mapFile((yaml) => yaml.replace("name: 'Firm {no}'", "name: 'Firm {no}', industry: DRY_GOODS"));
    const { summary } = await importOf('indicators', write(manyRows('DRY', 1500)), map, { dryRun: true });
    expect(summary).toMatchObject({ accepted: 1500, new: 1500, batchId: null });
    expect(await sizes()).toEqual(before);
  });

  test('two imports of one file at once store everything once', async () => {
    const [file, map] = [write(manyRows('TWO', 2500)), mapFile()];
    const outcomes = await Promise.all([importOf('indicators', file, map), importOf('indicators', file, map)]);
    expect(outcomes.map(({ summary }) => summary.accepted)).toEqual([2500, 2500]);
    expect(outcomes.reduce((sum, { summary }) => sum + summary.new, 0)).toBe(2500);
    expect(await snapshotsOf('TWO')).toBe(2500);
  });

  test('an import that broke off is completed by the next one', async () => {
    const [file, map] = [write(manyRows('HALF', 3500)), mapFile()];
    let chunks = 0;
    const broken = importFile(app, { kind: 'indicators', file, map, dryRun: false }, () => {
      if (++chunks === 2) throw new Error('power cut');
    });
    await expect(broken).rejects.toThrow('power cut');
    expect(await snapshotsOf('HALF')).toBe(2000);
    const { summary } = await importOf('indicators', file, map);
    expect(summary).toMatchObject({ accepted: 3500, new: 1500, unchanged: 2000 });
    expect(await snapshotsOf('HALF')).toBe(3500);
    const batches = await db.asOwner<{ finished: boolean }>(
      'SELECT finished_at IS NOT NULL AS finished FROM import_batch WHERE file_name = $1 ORDER BY id',
      [basename(file)],
    );
    expect(batches).toEqual([{ finished: false }, { finished: true }]);
  });

  test('each chunk is one audit event, between the start and the end of the batch', async () => {
    const { summary } = await importOf('indicators', write(manyRows('AUD', 2100)), mapFile());
    const events = await db.asOwner<{ action: string; data: Record<string, unknown> }>(
      `SELECT action, convert_from(coalesce(body.bytes, event.bytes), 'UTF8')::jsonb -> 'data' AS data
       FROM audit_event AS event LEFT JOIN audit_event_body AS body ON body.event_id = event.id
       WHERE object_type = 'ImportBatch' AND object_id = $1 ORDER BY id`,
      [summary.batchId],
    );
    expect(events.map(({ action, data }) => [action, data['new']])).toEqual([
      ['import.started', undefined],
      ['indicator.imported', 1000],
      ['indicator.imported', 1000],
      ['indicator.imported', 100],
      ['import.finished', 2100],
      ['indicator.sourceJudged', undefined],
    ]);
    expect(events[1]?.data).toMatchObject({
      source: 'test',
      customersRegistered: 1000,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('a corrected file adds corrections and nothing else', async () => {
    const map = mapFile();
    await importOf('indicators', write('no,day,roa,revenue\nC1,2025-12-31,0.1,100\nC2,2025-12-31,0.2,200\n'), map);
    const corrected = write('no,day,roa,revenue\nC1,2025-12-31,0.1,100\nC2,2025-12-31,0.25,200\n');
    expect((await importOf('indicators', corrected, map)).summary).toMatchObject({ new: 0, changed: 1, unchanged: 1 });
    expect((await importOf('indicators', corrected, map)).summary).toMatchObject({ new: 0, changed: 0, unchanged: 2 });
  });

  test('files in every encoding say the same', async () => {
    const map = mapFile((yaml) => yaml.replace('column: no', 'column: 编号').replace('{no}', '{编号}'));
    const text = '编号,day,roa,revenue\n恒瑞-1,2025-12-31,１２％,￥１００\n';
    for (const [index, encoding] of (['utf-8', 'gb18030', 'utf-16le'] as const).entries()) {
      const { summary } = await importOf(
        'indicators',
        write(iconv.encode(text, encoding, { addBOM: encoding === 'utf-16le' })),
        map,
      );
      expect(summary).toMatchObject({ accepted: 1, new: index === 0 ? 1 : 0 });
    }
    expect(await app.customers.queries.byNumber(cli, '恒瑞-1')).toMatchObject({ nameZh: 'Firm 恒瑞-1' });
  });
});

const taiwan = join(__dirname, '../../../shared/data/taiwanese_bankruptcy_6819.csv');
// The data set is not part of the repository.
if (existsSync(taiwan)) {
  test('6,819 firms with their ratios go in, and once only', async () => {
    const map = join(samples, 'taiwan-ratios.map.yaml');
    const first = await importOf('indicators', taiwan, map);
    expect(first).toMatchObject({ report: null, summary: { accepted: 6819, rejected: 0, new: 6819 } });
    const firm = await app.customers.queries.byNumber(cli, 'TW-6819');
    expect(firm).toMatchObject({ nameEn: 'Taiwan firm 6819', industryCode: 'TW_LISTED', region: 'TW' });
    expect((await valuesOf(firm?.id)).every(({ quality }) => quality === 'SCALED')).toBe(true);
    const second = await importOf('indicators', taiwan, map);
    expect(second.summary).toMatchObject({ accepted: 6819, rejected: 0, new: 0, changed: 0, unchanged: 6819 });
  });
}
