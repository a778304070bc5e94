import { join } from 'node:path';
import { plantTree, REPOSITORY, runTool, type TemporaryTree } from './temporary-tree';

interface FileReport {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null; readonly message: string }[];
}

const SYNTAX = 'no-restricted-syntax';
/** The rule that must fire, the file that breaks it, and how. */
const BROKEN: readonly (readonly [rule: string, file: string, text: string])[] = [
  [
    '@typescript-eslint/no-floating-promises',
    'src/ratings/a.ts',
    'export const f = (p: Promise<void>): void => { p; };',
  ],
  [
    '@typescript-eslint/no-misused-promises',
    'workers/a.ts',
    'export const f = (p: Promise<boolean>): number => { if (p) return 1; return 2; };',
  ],
  [
    '@typescript-eslint/switch-exhaustiveness-check',
    'graphql/a.ts',
    "export const f = (g: 'A' | 'B'): number => { switch (g) { case 'A': return 1; } return 2; };",
  ],
  [
    '@typescript-eslint/switch-exhaustiveness-check',
    'cli/a.ts',
    "export const f = (g: string): number => { switch (g) { case 'A': return 1; } return 2; };",
  ],
  [
    '@typescript-eslint/consistent-type-imports',
    'src/ratings/b.ts',
    "import { Shape } from './shape'; export const f = (s: Shape): Shape => s;",
  ],
  [
    '@typescript-eslint/no-non-null-assertion',
    'src/ratings/c.ts',
    'export const f = (n: number | null): number => n!;',
  ],
  ['no-console', 'src/ratings/d.ts', "console.log('here');"],
  ['no-warning-comments', 'src/ratings/e.ts', '// to' + 'do: finish this\nexport const f = 1;'],
  ['eqeqeq', 'bench/a.ts', 'export const f = (n: number | string): boolean => n == 1;'],
  [SYNTAX, 'src/ratings/g.ts', "export const home = process.env['HOME'];"],
  [SYNTAX, 'graphql/g.ts', 'export const { env } = process;'],
  [SYNTAX, 'workers/g.ts', "import { env } from 'node:process'; export const a = env;"],
  [SYNTAX, 'ormconfig.ts', "export const url = process.env['DATABASE_URL'];"],
  [SYNTAX, 'src/ratings/rating.commands.ts', 'export const now = (): Date => new Date();'],
  ...['Date.now()', 'new Date()', 'Date()', 'Math.random()', 'crypto.randomUUID()'].flatMap((expression, i) => [
    [SYNTAX, `src/ratings/domain/impure${i}.ts`, `export const f = () => ${expression};`] as const,
    [SYNTAX, `src/kernel/impure${i}.ts`, `export const f = () => ${expression};`] as const,
  ]),
  [SYNTAX, 'src/ratings/domain/id.ts', "import { v7 } from 'uuid'; export const f = () => v7();"],
  ...['process', 'console', 'fetch', 'performance', 'crypto', 'setTimeout'].map(
    (name) => ['no-restricted-globals', `src/ratings/domain/${name}.ts`, `export const f = () => ${name};`] as const,
  ),
  [
    'no-param-reassign',
    'src/ratings/domain/mutates.ts',
    'export const f = (row: { points: number }): void => { row.points = 1; };',
  ],
  [SYNTAX, 'test/domain/only.test.ts', "test.only('a', () => undefined);"],
  [SYNTAX, 'test/domain/skip.test.ts', "describe.skip('a', () => undefined);"],
  [SYNTAX, 'test/domain/x.test.ts', "xit('a', () => undefined);"],
];

const SOUND: Readonly<Record<string, string>> = {
  'src/config.ts': "export const home = process.env['HOME'];",
  'src/ratings/shape.ts': 'export class Shape { readonly a = 1; }',
  'src/ratings/domain/time.ts': 'export const f = (now: Date): Date => new Date(now.getTime() + 1);',
  'src/platform/clock.ts': 'export const clock = (): Date => new Date();',
  // Decorator metadata needs the class itself.
  'src/ratings/shape.entity.ts': "import { Shape } from './shape'; export const f = (s: Shape): Shape => s;",
  'graphql/shape.types.ts': "import { Shape } from '../src/ratings/shape'; export const f = (s: Shape): Shape => s;",
  'src/ratings/exhaustive.ts':
    "export const f = (g: 'A' | 'B'): number => { switch (g) { case 'A': return 1; case 'B': return 2; } };",
  'test/domain/a.test.ts': "test('a', () => undefined);",
};

const PROJECT: Readonly<Record<string, string>> = {
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'node20', lib: ['ES2023'], strict: true, types: [] },
    include: ['**/*.ts'],
  }),
  'globals.d.ts':
    'declare const process: { env: Record<string, string | undefined> }; declare const console: any; declare const crypto: any; declare const fetch: any; declare const test: any; declare const describe: any; declare const xit: any; declare const performance: any; declare const setTimeout: any;',
};

describe('on a tree that breaks every rule', () => {
  let tree: TemporaryTree;
  let reports: readonly FileReport[];

  beforeAll(async () => {
    tree = await plantTree({
      ...PROJECT,
      ...SOUND,
      ...Object.fromEntries(BROKEN.map(([, file, text]) => [file, text])),
    });
    const config = join(REPOSITORY, 'eslint.config.mjs');
    reports = JSON.parse(
      await runTool('eslint/bin/eslint.js', ['--config', config, '--format', 'json', '.'], tree.root),
    ) as FileReport[];
  });
  afterAll(() => tree.remove());

  const rulesFiredIn = (file: string): (string | null)[] => {
    const report = reports.find(({ filePath }) => filePath === join(tree.root, file));
    if (report === undefined) throw new Error(`${file} was not linted`);
    return report.messages.map(({ ruleId, message }) => ruleId ?? message);
  };

  test.each(BROKEN)('%s fires in %s', (rule, file) => {
    expect(rulesFiredIn(file)).toContain(rule);
  });

  test.each(Object.keys(SOUND))('%s is left alone', (file) => {
    expect(rulesFiredIn(file)).toEqual([]);
  });
});
