import { join } from 'node:path';
import { plantTree, REPOSITORY, runTool, type TemporaryTree } from './temporary-tree';

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}
interface Report {
  readonly summary: {
    readonly violations: readonly Violation[];
    readonly totalCruised: number;
    readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string }[] };
  };
}

const cruise = async (root: string, folders: readonly string[]): Promise<Report['summary']> => {
  const config = join(REPOSITORY, '.dependency-cruiser.cjs');
  const printed = await runTool(
    'dependency-cruiser/bin/dependency-cruise.mjs',
    ['--config', config, '--output-type', 'json', ...folders],
    root,
  );
  return (JSON.parse(printed) as Report).summary;
};

const ROOMS = [
  'kernel', 'platform', 'identity', 'audit', 'policies', 'approvals', 'customers', 'indicators',
  'scorecards', 'ratings', 'overrides', 'tiers', 'limits', 'warnings', 'validation',
]; // prettier-ignore
const orderCases = ROOMS.slice(0, -1).map((room, i): Case => [
  `room-order-${room}`,
  `src/${room}/order.ts`,
  `import '../${ROOMS[i + 1] ?? ''}';`,
]);

/** The rule that must fire, the file that breaks it, and how. */
type Case = readonly [rule: string, file: string, text: string];
const BROKEN: readonly Case[] = [
  ...orderCases,
  [
    'room-order-identity',
    'src/identity/order-types.ts',
    "import type { Door } from '../limits'; export type A = Door;",
  ],
  [
    'room-order-indicators',
    'src/indicators/domain/order.ts',
    "import { pure } from '../../ratings/domain/pure'; pure;",
  ],
  ['known-room', 'src/billing/index.ts', "import '../kernel/pure';"],
  ['through-the-door', 'src/ratings/behind.ts', "import '../customers/customer.store';"],
  ['through-the-door', 'src/ratings/behind-pure.ts', "import { pure } from '../customers/domain/pure'; pure;"],
  ['through-the-door', 'src/app.ts', "import './customers/customer.store';"],
  ['through-the-door', 'graphql/behind.ts', "import '../src/customers/customer.store';"],
  [
    'through-the-door',
    'workers/behind.ts',
    "import type { Row } from '../src/customers/customer.store'; export type A = Row;",
  ],
  ['entity-list-has-entities', 'src/entities.ts', "import './customers/customer.store';"],
  ['rooms-get-values', 'src/customers/reads-environment.ts', "import '../config';"],
  ['rooms-get-values', 'src/platform/reads-environment.ts', "import '../config';"],
  ['rooms-know-no-doors', 'src/customers/asks-worker.ts', "import '../../workers/main';"],
  ['rooms-know-no-doors', 'src/root.ts', "import '../graphql/server';"],
  ['doors-stand-apart', 'workers/asks-graphql.ts', "import '../graphql/server';"],
  ['doors-stand-apart', 'graphql/asks-worker.ts', "import '../workers/main';"],
  ['nobody-imports-cli-or-bench', 'graphql/asks-cli.ts', "import '../cli/main';"],
  ['nobody-imports-cli-or-bench', 'workers/asks-bench.ts', "import '../bench/rerate';"],
  ['verifier-stands-alone', 'cli/verify/asks-room.ts', "import '../../src/kernel/pure';"],
  ['verifier-stands-alone', 'cli/verify/asks-command.ts', "import '../main';"],
  ['nobody-imports-tests', 'cli/asks-test.ts', "import '../test/support';"],
  ['console-sees-the-contract-only', 'console/asks-server.ts', "import '../graphql/server';"],
  ['console-sees-the-contract-only', 'console/asks-room.ts', "import '../src/kernel/pure';"],
  ['kernel-is-pure', 'src/kernel/file.ts', "import 'node:fs';"],
  ['kernel-is-pure', 'src/kernel/package.ts', "import 'zod';"],
  ['domain-is-pure', 'src/limits/domain/door.ts', "import { value } from '../../policies'; value;"],
  ['domain-is-pure', 'src/limits/domain/platform.ts', "import '../../platform/database';"],
  ['domain-is-pure', 'src/limits/domain/store.ts', "import '../limit.store';"],
  [
    'domain-types-from-doors',
    'src/limits/domain/row.ts',
    "import type { Row } from '../limit.store'; export type A = Row;",
  ],
  [
    'domain-types-from-doors',
    'src/limits/domain/tx.ts',
    "import type { Tx } from '../../platform/database'; export type A = Tx;",
  ],
  ...['typeorm', 'pg', 'bullmq', 'ioredis', 'express', 'pino', 'uuid'].map((name): Case => [
    'domain-packages',
    `src/limits/domain/${name}.ts`,
    `import '${name}';`,
  ]),
  ...['node:fs', 'node:crypto', 'fs', 'timers/promises'].map((name): Case => [
    'domain-without-node',
    `src/limits/domain/${name.replace(/\W/g, '-')}.ts`,
    `import '${name}';`,
  ]),
  ...['type-graphql', '@apollo/server', '@as-integrations/express5', 'graphql', 'graphql-scalars'].map((name): Case => [
    'graphql-packages-in-graphql',
    `workers/${name.replace(/\W/g, '-')}.ts`,
    `import '${name}';`,
  ]),
  ['bullmq-in-workers', 'src/ratings/rating.commands.ts', "import 'bullmq';"],
  ['bullmq-in-workers', 'graphql/queue.ts', "import type { Queue } from 'bullmq'; export type A = Queue;"],
  ['ioredis-in-platform', 'workers/redis.ts', "import 'ioredis';"],
  ['opentelemetry-in-platform', 'workers/span.ts', "import '@opentelemetry/api';"],
  ['typeorm-in-stores', 'src/ratings/publish.commands.ts', "import 'typeorm';"],
  ['typeorm-in-stores', 'graphql/entity.ts', "import 'typeorm';"],
  ['pg-in-platform', 'src/ratings/rating.store.ts', "import 'pg';"],
  ['pg-in-platform', 'cli/copy.ts', "import 'pg-copy-streams';"],
  ['no-cycles', 'src/audit/chicken.ts', "import { egg } from './egg'; export const chicken = () => egg;"],
  ['resolvable', 'src/audit/nowhere.ts', "import './no-such-file';"],
  ['declared-packages', 'src/audit/undeclared.ts', "import 'left-pad';"],
  ['no-development-packages', 'src/audit/development.ts', "import 'fast-check';"],
];

/** What keeps to the rules, next to what does not. */
const SOUND: Readonly<Record<string, string>> = {
  'src/kernel/pure.ts':
    "import { createHash } from 'node:crypto'; import 'decimal.js'; export const pure = createHash;",
  'src/kernel/index.ts': 'export {};',
  'src/platform/index.ts':
    "import 'typeorm'; import 'pg'; import 'bullmq'; import 'ioredis'; import '@opentelemetry/api'; import '../kernel/pure';",
  'src/platform/database.ts': "import 'pg'; export interface Tx { a: 1 }",
  'src/config.ts': 'export interface Config { a: 1 }',
  'src/audit/egg.ts': "import { chicken } from './chicken'; export const egg = () => chicken;",
  'src/customers/customer.store.ts': "import 'typeorm'; export interface Row { a: 1 }",
  'src/customers/domain/pure.ts':
    "import 'zod'; import { pure as exact } from '../../kernel/pure'; export const pure = exact;",
  'src/ratings/domain/pure.ts': "import { pure as left } from '../../customers/domain/pure'; export const pure = left;",
  'src/limits/limit.store.ts': "import type { Config } from '../config'; export interface Row extends Config { a: 1 }",
  'src/limits/domain/door-types.ts': "import type { Door } from '../../policies'; export type A = Door;",
  'src/limits/types-look-back.ts': "import { later } from './later'; export interface Back { a: 1 } later;",
  'src/limits/later.ts': "import type { Back } from './types-look-back'; export const later = (back: Back) => back;",
  'graphql/server.ts': "import '@apollo/server'; import 'type-graphql'; import 'graphql'; import '../src/ratings';",
  'graphql/operations/index.ts': 'export {};',
  'workers/main.ts': "import 'bullmq'; import '../src/ratings';",
  'cli/main.ts': "import '../src/ratings'; import '../workers/main';",
  'bench/rerate.ts': "import '../src/ratings';",
  'console/main.ts': "import '../graphql/operations';",
  'test/support.ts': "import '../cli/main'; import '../src/customers/customer.store';",
  'migrations/0001.ts': "import 'typeorm';",
  'ormconfig.ts': "import 'typeorm';",
};

const PACKAGES = [
  'typeorm', 'pg', 'pg-copy-streams', 'bullmq', 'ioredis', 'express', 'pino', 'uuid', 'zod', 'decimal.js', 'type-graphql',
  '@apollo/server', '@as-integrations/express5', 'graphql', 'graphql-scalars', '@opentelemetry/api',
]; // prettier-ignore
const stub = (name: string): Record<string, string> => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
  [`node_modules/${name}/index.js`]: '',
});
const PROJECT: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'planted',
    dependencies: Object.fromEntries(PACKAGES.map((name) => [name, '1.0.0'])),
    devDependencies: { 'fast-check': '1.0.0' },
  }),
  'tsconfig.json': JSON.stringify({ compilerOptions: { module: 'node20' }, include: ['**/*.ts'] }),
  ...Object.assign({}, ...[...PACKAGES, 'fast-check', 'left-pad'].map(stub)),
  ...Object.fromEntries(
    ROOMS.slice(2).map((room) => [`src/${room}/index.ts`, 'export const value = 1; export interface Door { a: 1 }']),
  ),
};

describe('on a tree that breaks every rule', () => {
  let tree: TemporaryTree;
  let summary: Report['summary'];

  beforeAll(async () => {
    tree = await plantTree({
      ...PROJECT,
      ...SOUND,
      ...Object.fromEntries(BROKEN.map(([, file, text]) => [file, text])),
    });
    const folders = ['src', 'graphql', 'workers', 'cli', 'bench', 'console', 'test', 'migrations', 'ormconfig.ts'];
    summary = await cruise(tree.root, folders);
  });
  afterAll(() => tree.remove());

  test.each(BROKEN)('%s fires in %s', (rule, file) => {
    const fired = summary.violations.filter((violation) => violation.from === file).map(({ rule: { name } }) => name);
    expect(fired).toContain(rule);
  });

  test('no rule is without a case', () => {
    const cases = new Set(BROKEN.map(([rule]) => rule));
    expect(summary.ruleSetUsed.forbidden.map(({ name }) => name).filter((name) => !cases.has(name))).toEqual([]);
  });

  test('what keeps to the rules is left alone', () => {
    const broken = new Set(BROKEN.map(([, file]) => file));
    const accused = summary.violations.filter(({ from, to }) => !broken.has(from) && !broken.has(to));
    expect(accused.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });
});

test('this repository keeps to every rule', async () => {
  const summary = await cruise(REPOSITORY, ['src', 'graphql', 'workers', 'cli', 'migrations', 'bench', 'ormconfig.ts']);
  expect(summary.totalCruised).toBeGreaterThan(100);
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
});
