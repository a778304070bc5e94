/** CSV files as they occur: encodings, quoting, line numbers, and rows that cannot be trusted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { isFault, openCsv, sha256OfFile, type CsvItem, type CsvOptions } from '../../src/platform/csv-source';

const directory = mkdtempSync(join(tmpdir(), 'tw-csv-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

let files = 0;
const fileOf = (content: string | Buffer): string => {
  const path = join(directory, `${++files}.csv`);
  writeFileSync(path, content);
  return path;
};

interface Read {
  readonly header: readonly string[];
  readonly encoding: string;
  readonly items: CsvItem[];
}

const read = async (content: string | Buffer, options: CsvOptions = {}): Promise<Read> => {
  const source = await openCsv(fileOf(content), options);
  if (!source.ok) throw new Error(source.refusal.message);
  const items: CsvItem[] = [];
  for await (const block of source.value.blocks) items.push(...block);
  return { header: source.value.header, encoding: source.value.encoding(), items };
};

/** `line:field|field` for a row, `line!CODE@column` for a fault. */
const brief = (items: readonly CsvItem[]): string[] =>
  items.map((item) =>
    isFault(item)
      ? `${item.line}!${item.fault}${item.column === null ? '' : `@${item.column}`}`
      : `${item.line}:${item.fields.join('|')}`,
  );

describe('rows and their lines', () => {
  test.each<[string, string, string[]]>([
    ['plain rows', 'a,b\n1,2\n3,4\n', ['2:1|2', '3:3|4']],
    ['no line break at the end', 'a,b\n1,2', ['2:1|2']],
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n', ['2:1|2', '3:3|4']],
    ['lone carriage returns', 'a,b\r1,2\r3,4\r', ['2:1|2', '3:3|4']],
    ['blank lines and rows of separators are not rows', 'a,b\n\n1,2\n , \n\n3,4\n', ['3:1|2', '6:3|4']],
    ['blank lines before the header', '\n\na,b\n1,2\n', ['4:1|2']],
    ['quotes, separators and line breaks in a field', 'a,b\n"x, ""y""","l1\nl2"\n3,4\n', ['2:x, "y"|l1\nl2', '4:3|4']],
    ['CRLF inside quotes is one line break', 'a,b\r\n"l1\r\nl2",2\r\n3,4\r\n', ['2:l1\r\nl2|2', '4:3|4']],
    ['a quote in the middle of a field is text', 'a,b\n12" pipe,2\n"Foo" Ltd,3\n', ['2:12" pipe|2', '3:"Foo" Ltd|3']],
    ['too few and too many fields', 'a,b\n1\n1,2,3\n4,5\n', ['2!FIELD_COUNT', '3!FIELD_COUNT', '4:4|5']],
    ['a NUL', 'a,b\n1,2\0\n3,4\n', ['2!NUL_BYTE@b', '3:3|4']],
    ['an over-long field', `a,b\n1,${'x'.repeat(10_001)}\n3,4\n`, ['2!FIELD_TOO_LONG@b', '3:3|4']],
    ['a field just short enough', `a,b\n1,${'x'.repeat(10_000)}\n`, [`2:1|${'x'.repeat(10_000)}`]],
    ['an over-long line', `a,b\n1,${'x'.repeat(200_000)}\n3,4\n`, ['2!LINE_TOO_LONG', '3:3|4']],
    ['an over-long last line', `a,b\n1,2\n3,${'x'.repeat(200_000)}`, ['2:1|2', '3!LINE_TOO_LONG']],
  ])('%s', async (_, content, expected) => {
    expect(brief((await read(content)).items)).toEqual(expected);
  });

  test.each<[string, string, string[]]>([
    ['to the end of the file', 'a,b\n1,2\n"3,4\n5,6\n', ['2:1|2', '3!UNCLOSED_QUOTE', '4:5|6']],
    ['on the last line', 'a,b\n1,2\n"3,4', ['2:1|2', '3!UNCLOSED_QUOTE']],
    [
      'before a sound quoted field',
      'a,b\n"1,2\n3,4\n5,"x, y"\n7,8\n',
      ['2!UNCLOSED_QUOTE', '3:3|4', '4:5|x, y', '5:7|8'],
    ],
    ['before a sound field of two lines', 'a,b\n"1,2\n3,"x\ny"\n7,8\n', ['2!UNCLOSED_QUOTE', '3:3|x\ny', '5:7|8']],
    ['that a later field closes', 'a,b\n"1,2\n3,"\n5,6\n', ['2!UNCLOSED_QUOTE', '3!UNCLOSED_QUOTE', '4:5|6']],
    ['twice in a row', 'a,b\n"1,2\n"3,4\n5,6\n', ['2!UNCLOSED_QUOTE', '3!UNCLOSED_QUOTE', '4:5|6']],
  ])('an unclosed quote %s costs one line', async (_, content, expected) => {
    expect(brief((await read(content)).items)).toEqual(expected);
  });

  test('an unclosed quote early in a long file costs one line', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => (i === 10 ? '"torn,0' : `n${i},${i}`));
    const { items } = await read(`a,b\n${rows.join('\n')}\n`);
    expect(items).toHaveLength(30_000);
    expect(items.filter(isFault)).toEqual([
      { line: 12, row: 11, fault: 'UNCLOSED_QUOTE', column: null, value: '"torn,0' },
    ]);
    expect(items.at(-1)).toEqual({ line: 30_001, row: 30_000, fields: ['n29999', '29999'] });
  });

  test('whatever the fields hold, they come back as written, on their lines', async () => {
    const field = fc.string({
      unit: fc.constantFrom('a', '1', ',', '"', '\n', '\r\n', ' ', '中', '￥', '😀'),
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 20 }), async (rows) => {
        const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
        // A last column of its own keeps a row from being blank.
        const text = ['a,b,c', ...rows.map(([a, b]) => `${quoted(a)},${quoted(b)},x`)].join('\n');
        // The one shape that is refused on purpose although it is sound: see isTorn.
        fc.pre(!rows.flat().some((value) => value.startsWith('"') && value.includes('\n')));
        const { items } = await read(text);
        let line = 2;
        const expected = rows.map(([a, b]) => {
          const at = line;
          line += `${a}${b}`.split('\n').length;
          return { line: at, fields: [a, b, 'x'] };
        });
        expect(items.map((item) => (isFault(item) ? item : { line: item.line, fields: item.fields }))).toEqual(
          expected,
        );
      }),
      { numRuns: 200 },
    );
  });

  test('no content makes it throw, and every line is answered at most once', async () => {
    const soup = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '\0', '\uFEFF', ' '), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(soup, async (text) => {
        const { items } = await read(`a,b\n${text}`);
        const lines = items.map((item) => item.line);
        expect(lines).toEqual([...new Set(lines)].sort((x, y) => x - y));
        expect(items.map((item) => item.row)).toEqual(items.map((_, index) => index + 1));
      }),
      { numRuns: 500 },
    );
  });
});

describe('encodings', () => {
  const text = '客户编号,名称\nC1,上海恒瑞机械有限公司\nC2,㐂𠮷有限公司\n';
  const rows = ['2:C1|上海恒瑞机械有限公司', '3:C2|㐂𠮷有限公司'];

  test.each<[string, Buffer, string]>([
    ['UTF-8', Buffer.from(text), 'utf-8'],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`), 'utf-8'],
    ['GB 18030', iconv.encode(text, 'gb18030'), 'gb18030'],
    ['GB 18030 with a byte order mark', iconv.encode(`\uFEFF${text}`, 'gb18030'), 'gb18030'],
    ['UTF-16, little end first', iconv.encode(text, 'utf-16le', { addBOM: true }), 'utf-16'],
    ['UTF-16, big end first', iconv.encode(text, 'utf-16be', { addBOM: true }), 'utf-16'],
  ])('%s is recognised', async (_, bytes, encoding) => {
    const found = await read(bytes);
    expect(found.encoding).toBe(encoding);
    expect(found.header).toEqual(['客户编号', '名称']);
    expect(brief(found.items)).toEqual(rows);
  });

  test('GB 18030 is recognised behind a megabyte of ASCII', async () => {
    const ascii = 'C0,plain name\n'.repeat(80_000);
    const found = await read(iconv.encode(`no,name\n${ascii}C1,恒瑞\n`, 'gb18030'));
    expect(found.encoding).toBe('gb18030');
    expect(found.items.at(-1)).toMatchObject({ line: 80_002, fields: ['C1', '恒瑞'] });
  });

  test('characters that straddle chunks stay whole', async () => {
    for (const encoding of ['utf-8', 'gb18030'] as const) {
      const name = '恒瑞盛嘉'.repeat(20);
      const content = Array.from({ length: 4000 }, (_, i) => `C${i},${name}`).join('\n');
      const found = await read(iconv.encode(`编号,名称\n${content}`, encoding));
      expect(found.items).toHaveLength(4000);
      expect(found.items.every((item) => !isFault(item) && item.fields[1] === name)).toBe(true);
    }
  });

  test('a stated encoding stands against the detection', async () => {
    // These bytes are valid in both.
    const bytes = Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0xc2, 0xa1]), Buffer.from('\n')]);
    expect(brief((await read(bytes)).items)).toEqual(['2:1|¡']);
    expect(brief((await read(bytes, { encoding: 'gb18030' })).items)).toEqual(['2:1|隆']);
  });

  test('a broken character in UTF-8 is a fault of its row and does not turn the file into GB 18030', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i},恒瑞机械`);
    const bytes = Buffer.concat([
      Buffer.from(`a,b\n${rows.join('\n')}\n20,`),
      Buffer.from('恒').subarray(0, 2),
      Buffer.from('\n21,瑞\n'),
    ]);
    const found = await read(bytes);
    expect(found.encoding).toBe('utf-8');
    expect(brief(found.items).slice(-3)).toEqual(['21:19|恒瑞机械', '22!INVALID_BYTES@b', '23:21|瑞']);
  });

  test('bytes that are no character make a fault of their row', async () => {
    const bytes = Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0xff]), Buffer.from('\n3,4\n')]);
    expect(brief((await read(bytes, { encoding: 'utf-8' })).items)).toEqual(['2!INVALID_BYTES@b', '3:3|4']);
  });
});

test('another delimiter', async () => {
  expect(brief((await read('a;b\n1,5;2\n', { delimiter: ';' })).items)).toEqual(['2:1,5|2']);
});

test.each<[string, () => string, string]>([
  ['no such file', () => join(directory, 'absent.csv'), 'NOT_FOUND.FILE'],
  ['a directory', () => directory, 'INVALID.DIRECTORY'],
  ['an empty file', () => fileOf(''), 'INVALID.NO_HEADER'],
  ['blank lines only', () => fileOf('\n\n  \n'), 'INVALID.NO_HEADER'],
  ['a header that never closes', () => fileOf('"a,b\n'), 'INVALID.NO_HEADER'],
])('%s is refused', async (_, path, code) => {
  const source = await openCsv(path());
  expect(source.ok ? 'opened' : `${source.refusal.code}.${source.refusal.reason}`).toBe(code);
});

test('the digest is that of the bytes', async () => {
  expect(await sha256OfFile(fileOf('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
