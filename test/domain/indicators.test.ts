/** Reading cells and dates, the maps of files, rows, snapshots, and the fold of what is current. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CUSTOMER_MAP, readCustomerCells } from '../../src/customers/domain/import-map';
import { ROW_CODES } from '../../src/customers/domain/import-row';
import {
  foldSnapshots,
  NOTHING_KNOWN,
  type FoldedSnapshot,
  type FoldedValues,
} from '../../src/indicators/domain/current';
import { indicatorOf, MAX_ORDINAL } from '../../src/indicators/domain/dictionary';
import { columnsRead, customerNumber, INDICATOR_MAP, type IndicatorMap } from '../../src/indicators/domain/import-map';
import { isFuture, parseDate } from '../../src/indicators/domain/parse-date';
import { parseValue } from '../../src/indicators/domain/parse-value';
import { NO_PRECEDENCE } from '../../src/indicators/domain/precedence';
import { readRow } from '../../src/indicators/domain/read-row';
import { checkSnapshot, contentDigest, type SnapshotContent } from '../../src/indicators/domain/snapshot';
import { messageKey } from '../../src/kernel/refusal';
import { parseYaml } from '../../src/platform/yaml-source';

const NOW = new Date('2026-01-15T08:00:00Z');

/** `12.5`, `12.5 PERCENT`, `MISSING` or the fault. */
const reading = (cell: string): string => {
  const parsed = parseValue(cell);
  if (parsed.kind === 'MISSING') return 'MISSING';
  if (parsed.kind === 'REFUSED') return parsed.fault;
  return `${parsed.value.toFixed()}${parsed.mark === null ? '' : ` ${parsed.mark}`}`;
};

describe('a cell', () => {
  test.each([
    // plain numbers
    ['1234.5', '1234.5'],
    ['0.370594257', '0.370594257'],
    ['-3', '-3'],
    ['+3', '3'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['007', '7'],
    ['-0', '0'],
    ['-0.00', '0'],
    [' 12 ', '12'],
    ['\u00a012\u3000', '12'],
    // groups of thousands
    ['1,234.5', '1234.5'],
    ['1,234,567', '1234567'],
    ['1,23', 'NOT_A_NUMBER'],
    ['12,34,567', 'NOT_A_NUMBER'],
    ['1234,567', 'NOT_A_NUMBER'],
    ['1.234,5', 'NOT_A_NUMBER'],
    ['1 234', 'NOT_A_NUMBER'],
    // money
    ['￥1,234', '1234 MONEY'],
    ['¥1,234.50', '1234.5 MONEY'],
    ['¥ -5', '-5 MONEY'],
    ['-¥5', '-5 MONEY'],
    ['CNY 5', '5 MONEY'],
    ['1,200元', '1200 MONEY'],
    ['3.5亿', '350000000 MONEY'],
    ['3.5 亿元', '350000000 MONEY'],
    ['1,200万元', '12000000 MONEY'],
    ['￥12万', '120000 MONEY'],
    ['$5', 'NOT_A_NUMBER'],
    ['5 EUR', 'NOT_A_NUMBER'],
    // percent
    ['12%', '0.12 PERCENT'],
    ['12.5 %', '0.125 PERCENT'],
    ['１２％', '0.12 PERCENT'],
    ['-3%', '-0.03 PERCENT'],
    ['%', 'NOT_A_NUMBER'],
    ['12%%', 'NOT_A_NUMBER'],
    // full width
    ['１２３．５', '123.5'],
    ['－１，２３４', '-1234'],
    ['＋１', '1'],
    ['（１２）', '-12'],
    ['−5', '-5'],
    // accounting
    ['(1,234)', '-1234'],
    ['( 5.5 )', '-5.5'],
    ['(¥5)', '-5 MONEY'],
    ['(12%)', '-0.12 PERCENT'],
    ['(0)', '0'],
    ['(-5)', 'NOT_A_NUMBER'],
    ['()', 'NOT_A_NUMBER'],
    ['(5', 'NOT_A_NUMBER'],
    // scientific, as spreadsheets and programs write it
    ['4.98e9', '4980000000'],
    ['4980000000.0', '4980000000'],
    ['1.5E-05', '0.000015'],
    ['1e+3', '1000'],
    ['2e', 'NOT_A_NUMBER'],
    ['e5', 'NOT_A_NUMBER'],
    ['0e99999', '0'],
    // absent
    ['', 'MISSING'],
    ['   ', 'MISSING'],
    ['N/A', 'MISSING'],
    ['n/a', 'MISSING'],
    ['#N/A', 'MISSING'],
    ['NA', 'MISSING'],
    ['null', 'MISSING'],
    ['None', 'MISSING'],
    ['-', 'MISSING'],
    ['--', 'MISSING'],
    ['—', 'MISSING'],
    ['——', 'MISSING'],
    ['无', 'MISSING'],
    ['不适用', 'MISSING'],
    // refused
    ['NaN', 'NOT_FINITE'],
    ['nan', 'NOT_FINITE'],
    ['-NaN', 'NOT_FINITE'],
    ['Infinity', 'NOT_FINITE'],
    ['-inf', 'NOT_FINITE'],
    ['∞', 'NOT_FINITE'],
    ['1e400', 'TOO_BIG'],
    ['-1e400', 'TOO_BIG'],
    ['1e24', 'TOO_BIG'],
    ['1e23', `1${'0'.repeat(23)}`],
    ['9'.repeat(15), '9'.repeat(15)],
    ['9'.repeat(16), 'TOO_PRECISE'],
    [`1${'0'.repeat(22)}`, `1${'0'.repeat(22)}`],
    ['0.30000000000000004', 'TOO_PRECISE'],
    ['0.3000000000000000', '0.3'],
    ['1e-400', 'TOO_SMALL'],
    ['1e-99999999999999999999', 'TOO_SMALL'],
    ['1e99999999999999999999', 'TOO_BIG'],
    ['abc', 'NOT_A_NUMBER'],
    ['12abc', 'NOT_A_NUMBER'],
    ['0x1F', 'NOT_A_NUMBER'],
    ['1_000', 'NOT_A_NUMBER'],
    ['1.2.3', 'NOT_A_NUMBER'],
    ['=1+1', 'NOT_A_NUMBER'],
    ['#DIV/0!', 'NOT_A_NUMBER'],
    ['TRUE', 'NOT_A_NUMBER'],
    ['--5', 'NOT_A_NUMBER'],
    ['十二', 'NOT_A_NUMBER'],
  ])('%j → %s', (cell, expected) => {
    expect(reading(cell)).toBe(expected);
  });

  test('whatever a double of 15 digits prints as is read back as the same double', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e20, max: 1e20, noNaN: true }), (number) => {
        const text = String(Number(number.toPrecision(15)));
        fc.pre(Math.abs(number) > 1e-20);
        const parsed = parseValue(text);
        expect(parsed.kind).toBe('VALUE');
        if (parsed.kind === 'VALUE') expect(Number(parsed.value.toFixed())).toBe(Number(text));
      }),
    );
  });

  test('no text makes it throw or take long', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.,eE+-()%¥ 万亿元N/A'), maxLength: 40 }), (text) => {
        expect(['VALUE', 'MISSING', 'REFUSED']).toContain(parseValue(text).kind);
      }),
    );
  });
});

describe('a date', () => {
  test.each([
    ['2009-12-31', '2009-12-31'],
    ['2009/1/5', '2009-01-05'],
    ['2009.12.31', '2009-12-31'],
    ['20091231', '2009-12-31'],
    ['2009年12月31日', '2009-12-31'],
    [' ２００９-１２-３１ ', '2009-12-31'],
    ['2024-02-29', '2024-02-29'],
    ['2023-02-29', null],
    ['2009-13-01', null],
    ['2009-12', null],
    ['31/12/2009', null],
    ['1899-12-31', null],
    ['0000-00-00', null],
    ['', null],
  ])('%j → %s', (text, expected) => {
    expect(parseDate(text)).toBe(expected);
  });

  test.each([
    ['2026-01-15', false],
    ['2026-01-16', true],
    // Midnight has passed in Shanghai while it is still the day before in UTC.
    ['2026-01-14', false],
  ])('%s is in the future at 08:00 UTC on 15 January: %s', (date, expected) => {
    expect(isFuture(date, new Date('2026-01-15T08:00:00Z'))).toBe(expected);
  });

  test('the day that has begun in Shanghai is not in the future', () => {
    expect(isFuture('2026-01-16', new Date('2026-01-15T17:00:00Z'))).toBe(false);
  });
});

const indicatorYaml = (change: (text: string) => string = (text) => text): ReturnType<typeof parseYaml<IndicatorMap>> =>
  parseYaml(
    'x.map.yaml',
    change(`kind: indicators
source: erp
asOf: { column: 日期 }
customer:
  key: { column: 客户编号 }
columns:
  - { column: 资产负债率, indicator: debtToAssetsRatio, unit: percent }
  - { column: 营业收入, indicator: annualRevenue, unit: 万元 }
  - { column: 违约次数, indicator: defaultsIn3Years }
`),
    INDICATOR_MAP,
  );

const mapOf = (change?: (text: string) => string): IndicatorMap => {
  const map = indicatorYaml(change);
  if (!map.ok) throw new Error(map.refusal.message);
  return map.value;
};

describe('an indicator map', () => {
  test.each<[string, (text: string) => string, string]>([
    ['bad YAML', (t) => t.replace('source: erp', 'source: [erp'), 'x.map.yaml:3:1: '],
    ['an unknown key', (t) => t.replace('source:', 'sauce: x\nsource:'), 'x.map.yaml:1:1: Unrecognized key: "sauce"'],
    ['another kind', (t) => t.replace('indicators', 'customers'), 'x.map.yaml:1:7: kind:'],
    ['no source', (t) => t.replace('source: erp\n', ''), 'x.map.yaml:1:1: source:'],
    [
      'an unknown indicator',
      (t) => t.replace('debtToAssetsRatio', 'debtRatio'),
      'x.map.yaml:7:33: columns.0.indicator: the dictionary has no indicator debtRatio',
    ],
    [
      'an indicator twice',
      (t) => t.replace('annualRevenue', 'debtToAssetsRatio'),
      'columns.1.indicator: debtToAssetsRatio is filled twice',
    ],
    [
      'a measure that does not fit',
      (t) => t.replace('万元', 'percent'),
      'columns.1.unit: percent does not fit annualRevenue, which is in CNY',
    ],
    ['an unknown measure', (t) => t.replace('万元', 'bushels'), 'columns.1.unit:'],
    [
      'scaled among others',
      (t) => t.replace('万元', 'scaled'),
      'columns: scaled and other columns do not go into one snapshot',
    ],
    ['a date that does not exist', (t) => t.replace('{ column: 日期 }', '2009-02-30'), 'asOf'],
    ['no columns', (t) => t.replace(/columns:[^]*/, 'columns: []\n'), 'columns'],
    [
      'the outcome as an indicator',
      (t) => `${t}outcome: { column: 违约次数, event: DEFAULT, bad: [1], observedOn: 2020-12-31 }\n`,
      'columns.2.column: the outcome column is never an indicator',
    ],
  ])('with %s is refused in one line that says where', (_, change, expected) => {
    const map = indicatorYaml(change);
    if (map.ok) throw new Error('accepted');
    expect(map.refusal.code).toBe('INVALID');
    expect(map.refusal.message).toContain(expected);
    expect(map.refusal.message).not.toContain('\n');
    expect(map.refusal.message).toMatch(/^x\.map\.yaml:\d+:\d+: /);
  });

  test('names the columns that it reads, the outcome not among them', () => {
    const map = mapOf(
      (t) =>
        `${t.replace('{ column: 客户编号 }', "{ template: '{地区}-{row}' }")}outcome: { column: Bad, event: DEFAULT, bad: [1], observedOn: 2020-12-31 }\n`,
    );
    expect(columnsRead(map)).toEqual(['地区', '日期', '资产负债率', '营业收入', '违约次数']);
    expect(map.outcome?.bad).toEqual(['1']);
    expect(customerNumber(map, 7, (column) => ` ${column}! `)).toBe('地区!-7');
  });

  test.each(['taiwan-ratios.map.yaml', 'indicators.map.yaml'])('samples/%s is sound', (name) => {
    const text = readFileSync(join(__dirname, '../../samples', name), 'utf8');
    expect(parseYaml(name, text, INDICATOR_MAP)).toMatchObject({ ok: true });
  });
});

describe('a customer map', () => {
  const parse = (text: string) => parseYaml('c.map.yaml', text, CUSTOMER_MAP);

  test('fills fields from cells, translated values and defaults', () => {
    const map = parse(`kind: customers
source: erp
columns:
  - { column: No, field: number }
  - { column: 行业, field: industry, values: { 制造业: MANUFACTURING } }
  - { column: Size, field: size, values: { 1: LARGE } }
  - { column: Region, field: region }
defaults: { kind: SUPPLIER, region: CN }
`);
    if (!map.ok) throw new Error(map.refusal.message);
    const cells: Record<string, string> = { No: ' C1 ', 行业: '制造业', Size: '1', Region: '' };
    expect(readCustomerCells(map.value, (column) => cells[column] ?? '')).toEqual({
      number: 'C1',
      industryCode: 'MANUFACTURING',
      size: 'LARGE',
      region: 'CN',
      kind: 'SUPPLIER',
    });
  });

  test.each([
    [
      'no number',
      'kind: customers\nsource: erp\ncolumns: [{ column: A, field: nameZh }]\n',
      'no column fills the field number',
    ],
    [
      'a field twice',
      'kind: customers\nsource: erp\ncolumns: [{ column: A, field: number }, { column: B, field: number }]\n',
      'number is filled twice',
    ],
    [
      'an unknown field',
      'kind: customers\nsource: erp\ncolumns: [{ column: A, field: phone }]\n',
      'c.map.yaml:3:31: columns.0.field',
    ],
    ['nothing in it', '', 'c.map.yaml:1:1'],
  ])('with %s is refused', (_, text, expected) => {
    const map = parse(text);
    if (map.ok) throw new Error('accepted');
    expect(map.refusal.message).toContain(expected);
  });

  test('samples/customers.map.yaml is sound', () => {
    const text = readFileSync(join(__dirname, '../../samples/customers.map.yaml'), 'utf8');
    expect(parse(text)).toMatchObject({ ok: true });
  });
});

describe('a row', () => {
  const read = (cells: Record<string, string>, map = mapOf()): string => {
    const sound: Record<string, string> = {
      客户编号: 'C1',
      日期: '2025-12-31',
      资产负债率: '',
      营业收入: '',
      违约次数: '',
    };
    const outcome = readRow(map, { line: 5, row: 4 }, (column) => cells[column] ?? sound[column] ?? '', NOW);
    if ('refusals' in outcome) {
      return outcome.refusals
        .map(({ line, column, code, value }) => `${line} ${column ?? ''} ${code} ${value}`)
        .join('; ');
    }
    const { number, content } = outcome.row;
    return `${number} ${content.asOf} ${content.quality} ${JSON.stringify(content.values)}`;
  };

  test.each<[string, Record<string, string>, string]>([
    ['percent', { 资产负债率: '45.5' }, 'C1 2025-12-31 REPORTED {"debtToAssetsRatio":"0.455"}'],
    ['percent, said twice', { 资产负债率: '45.5%' }, 'C1 2025-12-31 REPORTED {"debtToAssetsRatio":"0.455"}'],
    ['万元', { 营业收入: '￥1,200.5' }, 'C1 2025-12-31 REPORTED {"annualRevenue":"12005000"}'],
    [
      'a missing value is left out',
      { 营业收入: '3', 资产负债率: 'N/A' },
      'C1 2025-12-31 REPORTED {"annualRevenue":"30000"}',
    ],
    ['nothing but missing values', {}, '5  NO_VALUES '],
    ['no customer', { 客户编号: ' ', 违约次数: '1' }, '5 客户编号 REQUIRED '],
    ['a bad date', { 日期: '2025-02-30', 违约次数: '1' }, '5 日期 NOT_A_DATE 2025-02-30'],
    ['a future date', { 日期: '2026-12-31', 违约次数: '1' }, '5 日期 FUTURE_DATE 2026-12-31'],
    ['a scale stated twice', { 营业收入: '3亿' }, '5 营业收入 UNIT_CONFLICT 3亿'],
    ['percent of a count', { 违约次数: '5%' }, '5 违约次数 UNIT_CONFLICT 5%'],
    ['money as a ratio', { 资产负债率: '¥5' }, '5 资产负债率 UNIT_CONFLICT ¥5'],
    ['out of range', { 违约次数: '-1' }, '5 违约次数 OUT_OF_RANGE -1'],
    ['not whole', { 违约次数: '1.5' }, '5 违约次数 NOT_WHOLE 1.5'],
    ['NaN', { 违约次数: 'NaN' }, '5 违约次数 NOT_FINITE NaN'],
    [
      'every wrong cell is named',
      { 日期: 'x', 资产负债率: 'abc', 营业收入: '-1' },
      '5 日期 NOT_A_DATE x; 5 资产负债率 NOT_A_NUMBER abc; 5 营业收入 OUT_OF_RANGE -1',
    ],
    ['a long cell is cut', { 资产负债率: 'x'.repeat(200) }, `5 资产负债率 NOT_A_NUMBER ${'x'.repeat(80)}`],
  ])('%s', (_, cells, expected) => {
    expect(read(cells)).toBe(expected);
  });

  test('scaled values are taken as they are, whatever the range, but not with marks', () => {
    const map = mapOf((t) =>
      t
        .replace('percent', 'scaled')
        .replace('万元', 'scaled')
        .replace('defaultsIn3Years', 'defaultsIn3Years, unit: scaled'),
    );
    expect(read({ 违约次数: '-0.25', 营业收入: '4980000000.0' }, map)).toBe(
      'C1 2025-12-31 SCALED {"annualRevenue":"4980000000","defaultsIn3Years":"-0.25"}',
    );
    expect(read({ 资产负债率: '12%' }, map)).toBe('5 资产负债率 UNIT_CONFLICT 12%');
  });
});

describe('a snapshot', () => {
  const content: SnapshotContent = { asOf: '2025-12-31', source: 'erp', quality: 'REPORTED', values: { roa: '0.10' } };

  test.each<[string, Partial<SnapshotContent>, string]>([
    ['sound', {}, 'ok'],
    ['a strange source', { source: '=cmd' }, 'INVALID.SOURCE'],
    ['a date that does not exist', { asOf: '2025-02-30' }, 'INVALID.AS_OF'],
    ['a date in another form', { asOf: '20251231' }, 'INVALID.AS_OF'],
    ['tomorrow', { asOf: '2026-01-17' }, 'OUT_OF_RANGE.FUTURE_DATE'],
    ['no values', { values: {} }, 'REQUIRED.VALUES'],
    ['an unknown indicator', { values: { luck: '1' } }, 'NOT_FOUND.INDICATOR'],
    ['an inherited name', { values: { constructor: '1' } }, 'NOT_FOUND.INDICATOR'],
    ['NaN', { values: { roa: 'NaN' } }, 'INVALID.NOT_A_NUMBER'],
    ['an exponent', { values: { roa: '1e-3' } }, 'INVALID.NOT_A_NUMBER'],
    ['16 digits', { values: { roa: '0.1234567890123456' } }, 'OUT_OF_RANGE.TOO_PRECISE'],
    ['out of range', { values: { roa: '3' } }, 'OUT_OF_RANGE.VALUE'],
    ['out of range but scaled', { quality: 'SCALED', values: { roa: '3' } }, 'ok'],
    ['half a default', { values: { defaultsIn3Years: '0.5' } }, 'INVALID.NOT_WHOLE'],
  ])('%s', (_, change, expected) => {
    const checked = checkSnapshot({ ...content, ...change }, NOW);
    expect(checked.ok ? 'ok' : messageKey(checked.refusal)).toBe(expected);
  });

  test('has one digest per content, however the values are ordered or written', () => {
    const a = checkSnapshot({ ...content, values: { roa: '0.10', roe: '-0' } }, NOW);
    const b = checkSnapshot({ ...content, values: { roe: '0.000', roa: '0.1' } }, NOW);
    const c = checkSnapshot({ ...content, values: { roe: '0', roa: '0.11' } }, NOW);
    if (!a.ok || !b.ok || !c.ok) throw new Error();
    expect(contentDigest(a.value)).toBe(contentDigest(b.value));
    expect(contentDigest(a.value)).not.toBe(contentDigest(c.value));
  });
});

describe('the fold of current values', () => {
  const snapshot = (asOf: string, recordedAt: string, values: Record<string, string>) => ({
    id: `${asOf} ${recordedAt}`,
    source: 'erp',
    asOf,
    recordedAt: new Date(recordedAt),
    values,
  });
  const slot = (code: string): number => indicatorOf(code).ordinal - 1;
  const fold = (known: FoldedValues, snapshots: readonly FoldedSnapshot[]) =>
    foldSnapshots(known, snapshots, NO_PRECEDENCE);

  test('the latest day wins, then the latest recording; other indicators stay', () => {
    const folded = foldSnapshots(
      NOTHING_KNOWN,
      [
        snapshot('2025-06-30', '2025-07-02T00:00:00Z', { roa: '0.3', roe: '0.5' }),
        snapshot('2025-03-31', '2025-07-03T00:00:00Z', { roa: '0.1' }),
        snapshot('2025-06-30', '2025-07-01T00:00:00Z', { roa: '0.2' }),
      ],
      NO_PRECEDENCE,
    );
    expect(folded.values).toHaveLength(MAX_ORDINAL);
    expect(folded.values[slot('roa')]).toBe(0.3);
    expect(folded.asOf[slot('roa')]).toBe('2025-06-30');
    expect(folded.values[slot('roe')]).toBe(0.5);
    expect(folded.values.filter((value) => value !== null)).toHaveLength(2);
  });

  test('is the same in any order and in any number of steps, where no two were recorded at one moment', () => {
    const snapshots = fc.uniqueArray(
      fc.record({
        day: fc.integer({ min: 1, max: 4 }),
        minute: fc.integer({ min: 0, max: 59 }),
        roa: fc.option(fc.integer({ min: 0, max: 9 })),
        roe: fc.option(fc.integer({ min: 0, max: 9 })),
      }),
      { selector: ({ minute }) => minute, maxLength: 8 },
    );
    fc.assert(
      fc.property(snapshots, fc.infiniteStream(fc.nat()), fc.nat(8), (drawn, keys, cut) => {
        const list = drawn.map(({ day, minute, roa, roe }) =>
          snapshot(`2025-01-0${day}`, new Date(Date.UTC(2025, 1, 1, 0, minute)).toISOString(), {
            ...(roa === null ? {} : { roa: String(roa) }),
            ...(roe === null ? {} : { roe: String(roe) }),
          }),
        );
        const shuffled = list
          .map((item) => ({ item, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ item }) => item);
        const stepwise = fold(fold(NOTHING_KNOWN, shuffled.slice(0, cut)), shuffled.slice(cut));
        expect(stepwise).toEqual(fold(NOTHING_KNOWN, list));
      }),
    );
  });
});

test('the guide explains every row code, each once', () => {
  const guide = readFileSync(join(__dirname, '../../docs/guides/import.md'), 'utf8');
  const [, table = ''] = guide.split('| code | the row is refused because');
  expect([...table.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1])).toEqual([...ROW_CODES]);
});
