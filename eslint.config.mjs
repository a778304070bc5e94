/**
 * Lint rules, type-aware for every TypeScript file. Layout is the formatter's affair and the order of rooms is
 * dependency-cruiser's; what stands here is what a reader of one file could get wrong.
 */
import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['**/*.ts'];
const PRODUCTION = [
  'src/**/*.ts',
  'graphql/**/*.ts',
  'workers/**/*.ts',
  'cli/**/*.ts',
  'migrations/**/*.ts',
  'bench/**/*.ts',
  'ormconfig.ts',
];
const PURE = ['src/*/domain/**/*.ts', 'src/kernel/**/*.ts'];
const ROOMS = ['src/*/**/*.ts'];
const SCRIPTS = ['**/*.{js,cjs,mjs}'];

const ENVIRONMENT = 'Only src/config.ts reads the environment; everything else is given values.';
const readsEnvironment = [
  { selector: "MemberExpression[object.name='process'][property.name='env']", message: ENVIRONMENT },
  { selector: "VariableDeclarator[init.name='process']", message: ENVIRONMENT },
  {
    selector: 'ImportDeclaration[source.value=/^(node:)?process$/]',
    message: 'Use the global process; its env stays with src/config.ts.',
  },
];
const CLOCK = 'Time is an argument: a unit of work has tx.at, a shell is given a Clock.';
const readsClock = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: CLOCK },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: CLOCK },
  { selector: "CallExpression[callee.name='Date']", message: CLOCK },
];
const CHANCE = 'Ids and randomness are arguments of decisions.';
const readsChance = [
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: CHANCE },
  {
    selector: 'CallExpression[callee.property.name=/^(randomUUID|randomBytes|randomInt|getRandomValues)$/]',
    message: CHANCE,
  },
  {
    selector: 'CallExpression[callee.name=/^(randomUUID|randomBytes|randomInt|uuidv?[147]|v[147])$/]',
    message: CHANCE,
  },
];
const switchedOff = [
  {
    selector: 'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(only|skip|todo|failing)$/]',
    message: 'A test runs, or it goes.',
  },
  {
    selector: 'CallExpression[callee.name=/^(fit|fdescribe|xit|xtest|xdescribe)$/]',
    message: 'A test runs, or it goes.',
  },
];
const restrict = (...groups) => ['error', ...groups.flat()];

export default tseslint.config(
  { ignores: ['**/node_modules/', 'graphql/reference/', 'dist/', 'coverage/', '.tierwarden/', '.tmp/'] },
  eslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'anywhere' }],
    },
  },
  {
    files: SCRIPTS,
    languageOptions: { globals: nodeGlobals() },
  },
  { files: ['**/*.{js,cjs}'], languageOptions: { sourceType: 'commonjs' } },
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: process.cwd() } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        // A default on a closed union would hide the next member; on an open type it is the only way to be complete.
        {
          allowDefaultCaseForExhaustiveSwitch: false,
          considerDefaultExhaustiveForUnions: true,
          requireDefaultForNonUnion: true,
        },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Ports promise; an adapter that has nothing to wait for still keeps the promise.
      '@typescript-eslint/require-await': 'off',
      // Rooms are plain objects of functions that never use `this`, so nothing is lost when one is handed on.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Classes here stand in decorator metadata: TypeScript emits a reference to a class that the file imports, and an
    // `import type` leaves `Object` in its place, silently. TypeORM and type-graphql then map the field wrongly.
    files: ['graphql/**/*.ts', '**/*.entity.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: PRODUCTION,
    rules: { 'no-restricted-syntax': restrict(readsEnvironment) },
  },
  {
    files: ['src/**/*.ts', 'graphql/**/*.ts', 'workers/**/*.ts', 'migrations/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    // Rooms are given the clock; the platform is what gives it.
    files: ROOMS,
    ignores: ['src/platform/**'],
    rules: { 'no-restricted-syntax': restrict(readsEnvironment, readsClock) },
  },
  {
    files: PURE,
    rules: {
      'no-restricted-syntax': restrict(readsEnvironment, readsClock, readsChance),
      'no-restricted-globals': [
        'error',
        ...['process', 'console', 'fetch', 'performance', 'crypto', 'setTimeout', 'setInterval', 'setImmediate'].map(
          (name) => ({
            name,
            message: 'Decisions compute; the shell acts.',
          }),
        ),
      ],
      'no-param-reassign': ['error', { props: true }],
    },
  },
  { files: ['src/config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': restrict(switchedOff),
      // A missing value fails the test at once, which is what a test is for.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // JSON from the outside is read as it comes; the expectation checks its shape.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  prettier,
);

function nodeGlobals() {
  const names = [
    'AbortController', 'AbortSignal', 'Buffer', 'URL', 'clearInterval', 'clearTimeout', 'console', 'fetch', 'performance',
    'process', 'setInterval', 'setTimeout',
  ]; // prettier-ignore
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}
