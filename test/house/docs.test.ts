/** The documents say what is there: links lead somewhere, words and commands and variables are those of the code. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const filesBelow = (folder: string, wanted: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => wanted.test(path) && statSync(join(ROOT, path)).isFile());

const ROOT_DOCUMENTS = ['README.md', 'README.zh-CN.md', 'ARCHITECTURE.md'];
const DOCUMENTS = [...ROOT_DOCUMENTS, ...filesBelow('docs', /\.md$/)];

/** Text without fenced code, where brackets are not links. */
const prose = (path: string): string => read(path).replace(/^```.*?^```/gms, '');

/** The anchor under which a heading is reached: lower case, punctuation gone, blanks as dashes. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (path: string): string[] =>
  [...prose(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

describe('links', () => {
  test.each(DOCUMENTS)('%s', (document) => {
    const targets = [...prose(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = targets.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document : relative(ROOT, resolve(ROOT, dirname(document), path));
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(file).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe('examples in JSON are JSON', () => {
  test.each(DOCUMENTS)('%s', (document) => {
    const blocks = [...read(document).matchAll(/^```json\n(.*?)^```$/gms)].map(([, text = '']) => text);
    for (const block of blocks) expect(() => JSON.parse(block) as unknown).not.toThrow();
  });
});

/** Cells of every row of the tables that have these columns. */
const rowsOf = (document: string, columns: readonly string[]): string[][] => {
  const rows: string[][] = [];
  let inside = false;
  for (const line of read(document).split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim())
      : null;
    if (cells === null) inside = false;
    else if (cells.length === columns.length && cells.every((cell, at) => cell === columns[at])) inside = true;
    else if (inside && !cells.every((cell) => /^:?-+:?$/.test(cell))) rows.push(cells);
  }
  return rows;
};

describe('the glossary', () => {
  const rows = rowsOf('docs/GLOSSARY.md', ['English', '中文', 'Meaning', 'Where']);
  const sources = ['src', 'migrations', 'graphql', 'workers', 'cli']
    .flatMap((folder) => filesBelow(folder, /\.(ts|graphql)$/))
    .map(read)
    .join('\n');
  const words = new Set(sources.match(/[A-Za-z_][A-Za-z0-9_]*/g));

  test('has terms', () => expect(rows.length).toBeGreaterThan(60));

  test.each(rows)('%s %s', (english, chinese, meaning, where) => {
    expect(english).toMatch(/[A-Za-z]/);
    expect(chinese).toMatch(/\p{Script=Han}/u);
    expect(meaning).not.toBe('');
    const named = [...where.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !words.has(name))).toEqual([]);
  });

  test.each(['English', '中文'])('one line per word: %s', (column) => {
    const at = column === 'English' ? 0 : 1;
    const seen = rows.map((cells) => cells[at]!);
    expect(seen.filter((word, index) => seen.indexOf(word) !== index)).toEqual([]);
  });
});

describe('commands', () => {
  const registered = new Set(
    filesBelow('cli', /\.ts$/).flatMap((path) =>
      [...read(path).matchAll(/program\s*\.command\('([a-z-]+)/g)].map(([, name]) => name),
    ),
  );

  test.each(DOCUMENTS)('that %s names are there', (document) => {
    const named = [...read(document).matchAll(/(?:npx|bin\/)\s?tierwarden ([a-z][a-z-]*)/g)].map(([, name]) => name);
    expect(named.filter((name) => !registered.has(name))).toEqual([]);
  });

  test('all stand in the table of both READMEs', () => {
    for (const document of ['README.md', 'README.zh-CN.md']) {
      const text = read(document);
      expect([...registered].filter((name) => !text.includes(`\`${name}`))).toEqual([]);
    }
  });

  test('of npm are in package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = DOCUMENTS.flatMap((document) =>
      [...read(document).matchAll(/npm (?:run ([a-z:]+)|(start|test)\b)/g)].map(([, run, plain]) => run ?? plain!),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('environment variables', () => {
  const config = read('src/config.ts');
  const schema = /const VARIABLES = z\.object\(\{(.*?)^\}\);/ms.exec(config)?.[1] ?? '';
  const variables = [...schema.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name = '']) => name).sort();

  test.each(['README.md', 'README.zh-CN.md', 'docs/guides/operations.md'])('%s lists those of the code', (document) => {
    const listed = rowsOf(
      document,
      document.includes('zh-CN') ? ['变量', '默认', '含义'] : ['Variable', 'Default', 'Meaning'],
    );
    const names = listed.flatMap(([cell = '']) =>
      [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name = '']) => name),
    );
    expect(variables.length).toBeGreaterThan(8);
    expect(names.sort()).toEqual(variables);
  });
});
