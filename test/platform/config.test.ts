/** What the environment may say, and the one line it gets when it says something else. */
import { ConfigError, readConfig, requireSignIn, type Environment } from '../../src/config';

const DATABASE_URL = 'postgres://app:secret@db.bank.example:5432/tierwarden';
const JWKS = {
  AUTH_JWKS_URL: 'https://id.bank.example/jwks',
  AUTH_ISSUER: 'https://id.bank.example',
  AUTH_AUDIENCE: 'tierwarden',
  AUTH_ALGORITHMS: 'ES256, RS256',
};

const problemOf = (env: Environment, read: (env: Environment) => unknown = readConfig): string => {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('defaults', () => {
  const config = readConfig({});

  test('an empty environment is the embedded installation on loopback', () => {
    expect(config).toMatchObject({
      mode: 'embedded',
      databaseUrl: null,
      databaseOwnerUrl: null,
      redis: null,
      host: '127.0.0.1',
      port: 4000,
      auth: { kind: 'local' },
      logLevel: null,
      logFormat: 'auto',
      statementTimeoutMs: 30_000,
      lockTimeoutMs: 10_000,
      idleInTransactionTimeoutMs: 60_000,
      queryCostLimit: 10_000,
      rateLimitPerMinute: 1_000_000,
      trustedDocuments: { mode: 'off', folder: null },
      slowOperationMs: 1000,
      metricsToken: null,
      tracing: null,
    });
  });

  test('home lies in the project, whatever the working directory', () => {
    expect(config.home).toBe(`${process.cwd()}/.tierwarden`);
  });

  test('nothing can be changed afterwards, at any depth', () => {
    const cluster = readConfig({ REDIS_URL: 'redis+cluster://a:1,b:2' }).redis;
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(cluster)).toBe(true);
    expect(cluster?.kind === 'cluster' && Object.isFrozen(cluster.nodes[0])).toBe(true);
  });

  test('a variable set to nothing counts as unset', () => {
    expect(readConfig({ DATABASE_URL: '', PORT: ' ', REDIS_URL: '' })).toEqual(readConfig({}));
  });
});

describe('databases', () => {
  test.each([
    [{ DATABASE_URL }, DATABASE_URL, DATABASE_URL],
    [{ DATABASE_URL: 'postgres:///tw?host=/run/pg' }, 'postgres:///tw?host=/run/pg', 'postgres:///tw?host=/run/pg'],
    [{ DATABASE_URL, DATABASE_OWNER_URL: 'postgresql://owner@db/tw' }, DATABASE_URL, 'postgresql://owner@db/tw'],
  ])('%j', (env, databaseUrl, databaseOwnerUrl) => {
    expect(readConfig(env)).toMatchObject({ mode: 'external', databaseUrl, databaseOwnerUrl });
  });
});

describe('redis', () => {
  test.each([
    ['redis://localhost:6379', { kind: 'single', url: 'redis://localhost:6379' }],
    ['rediss://u:p@cache:6380/2', { kind: 'single', url: 'rediss://u:p@cache:6380/2' }],
    ['redis+cluster://a:7000', { kind: 'cluster', nodes: [{ host: 'a', port: 7000 }], tls: false }],
    [
      'redis+cluster://me:p%40ss@a:7000,b:7001,c',
      {
        kind: 'cluster',
        username: 'me',
        password: 'p@ss',
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 7001 },
          { host: 'c', port: 6379 },
        ],
      },
    ],
    [
      'redis://a:7000, redis://b:7001',
      {
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 7001 },
        ],
      },
    ],
    ['rediss+cluster://a:7000,b:7001', { kind: 'cluster', tls: true }],
  ])('%s', (REDIS_URL, expected) => {
    expect(readConfig({ REDIS_URL }).redis).toMatchObject(expected);
  });
});

describe('sign-in', () => {
  test.each([
    ['local on loopback with the embedded database', { HOST: '::1' }, 'local'],
    ['none when the embedded installation listens to others', { HOST: '0.0.0.0' }, 'none'],
    ['none with an outside database, also on loopback', { DATABASE_URL }, 'none'],
    ['an identity provider with an outside database', { DATABASE_URL, ...JWKS }, 'jwks'],
    ['an identity provider in place of the local issuer', JWKS, 'jwks'],
  ])('%s', (_name, env: Environment, kind) => {
    expect(readConfig(env).auth.kind).toBe(kind);
  });

  test('the algorithms are a list', () => {
    expect(readConfig(JWKS).auth).toMatchObject({ algorithms: ['ES256', 'RS256'] });
  });

  test.each([
    [{ HOST: '0.0.0.0' }, /^AUTH_JWKS_URL is needed: .*loopback.*0\.0\.0\.0/],
    [{ DATABASE_URL }, /^AUTH_JWKS_URL is needed with DATABASE_URL/],
    [{}, /^accepted$/],
    [{ DATABASE_URL, ...JWKS }, /^accepted$/],
  ])('the API under %j', (env: Environment, expected) => {
    expect(problemOf(env, (given) => requireSignIn(readConfig(given)))).toMatch(expected);
  });
});

test('operations: what counts as slow, and who may read figures', () => {
  expect(readConfig({ SLOW_OPERATION_MS: '0', METRICS_TOKEN: 'sixteen-letters!' })).toMatchObject({
    slowOperationMs: 0,
    metricsToken: 'sixteen-letters!',
  });
});

describe('tracing', () => {
  test('takes a switch of its own, whatever else is set', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc is elsewhere', OTEL_TRACES_SAMPLER_ARG: 'many' };
    expect(readConfig(env).tracing).toBeNull();
  });

  test('goes to a collector next door, all of it, unless told otherwise', () => {
    expect(readConfig({ TRACING: 'otlp' }).tracing).toEqual({
      endpoint: 'http://localhost:4318',
      serviceName: 'tierwarden',
      sampleRatio: 1,
    });
    const env = {
      TRACING: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.bank.example/otlp',
      OTEL_SERVICE_NAME: 'ratings',
      OTEL_TRACES_SAMPLER_ARG: '0.05',
    };
    expect(readConfig(env).tracing).toEqual({
      endpoint: 'https://collector.bank.example/otlp',
      serviceName: 'ratings',
      sampleRatio: 0.05,
    });
  });
});

describe('limits', () => {
  test('no limit of the rate is a choice', () => {
    expect(readConfig({ RATE_LIMIT_PER_MINUTE: '0' }).rateLimitPerMinute).toBe(0);
  });

  test('the folder of trusted documents is found from anywhere', () => {
    const { trustedDocuments } = readConfig({ TRUSTED_DOCUMENTS: 'enforce', TRUSTED_DOCUMENTS_FOLDER: 'documents' });
    expect(trustedDocuments).toEqual({ mode: 'enforce', folder: `${process.cwd()}/documents` });
  });
});

describe('one line names the variable', () => {
  test.each<[Environment, RegExp]>([
    [{ PORT: 'http' }, /^PORT is not a whole number$/],
    [{ PORT: '-1' }, /^PORT is not a whole number$/],
    [{ PORT: '65536' }, /^PORT is above 65535$/],
    [{ HOST: 'my host' }, /^HOST is not a host name/],
    [{ DATABASE_URL: 'mysql://db/x' }, /^DATABASE_URL is not an address of the form postgres:/],
    [{ DATABASE_URL: 'localhost' }, /^DATABASE_URL is not an address/],
    [{ DATABASE_OWNER_URL: DATABASE_URL }, /^DATABASE_OWNER_URL is set but DATABASE_URL is not$/],
    [{ DATABASE_POOL_SIZE: '0' }, /^DATABASE_POOL_SIZE is below 1$/],
    [{ REDIS_URL: 'memcached://x' }, /^REDIS_URL is not redis:/],
    [{ REDIS_URL: 'redis://' }, /^REDIS_URL is not redis:/],
    [{ REDIS_URL: 'redis+cluster://a:1,,b:2' }, /^REDIS_URL is not redis:/],
    [{ REDIS_URL: 'redis+cluster://a:port' }, /^REDIS_URL is not redis:/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL is none of trace, debug/],
    [{ LOG_FORMAT: 'xml' }, /^LOG_FORMAT is none of auto, text, json$/],
    [{ WORKER_CONCURRENCY: '1.5' }, /^WORKER_CONCURRENCY is not a whole number$/],
    [{ STATEMENT_TIMEOUT_MS: '1s' }, /^STATEMENT_TIMEOUT_MS is not a whole number$/],
    [{ LOCK_TIMEOUT_MS: '-1' }, /^LOCK_TIMEOUT_MS is not a whole number$/],
    [{ IDLE_IN_TRANSACTION_TIMEOUT_MS: '600001' }, /^IDLE_IN_TRANSACTION_TIMEOUT_MS is above 600000$/],
    [{ QUERY_COST_LIMIT: '0' }, /^QUERY_COST_LIMIT is below 1$/],
    [{ RATE_LIMIT_PER_MINUTE: '9999' }, /^RATE_LIMIT_PER_MINUTE is below QUERY_COST_LIMIT, which is 10000$/],
    [{ TRUSTED_DOCUMENTS: 'yes' }, /^TRUSTED_DOCUMENTS is none of off, log, enforce$/],
    [{ SHUTDOWN_TIMEOUT_MS: '999999999' }, /^SHUTDOWN_TIMEOUT_MS is above 600000$/],
    [{ SLOW_OPERATION_MS: '1s' }, /^SLOW_OPERATION_MS is not a whole number$/],
    [{ SLOW_OPERATION_MS: '600001' }, /^SLOW_OPERATION_MS is above 600000$/],
    [{ METRICS_TOKEN: 'fifteen-letters' }, /^METRICS_TOKEN is not 16 or more printable/],
    [{ METRICS_TOKEN: 'sixteen and more with blanks' }, /^METRICS_TOKEN is not 16 or more printable/],
    [{ TRACING: 'on' }, /^TRACING is none of off, otlp$/],
    [{ TRACING: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }, /^OTEL_EXPORTER_OTLP_ENDPOINT is not an http/],
    [{ TRACING: 'otlp', OTEL_TRACES_SAMPLER_ARG: '1.5' }, /^OTEL_TRACES_SAMPLER_ARG is not a share between 0 and 1$/],
    [{ ...JWKS, AUTH_ISSUER: undefined }, /^AUTH_ISSUER is needed because AUTH_JWKS_URL is set$/],
    [{ AUTH_AUDIENCE: 'tierwarden' }, /^AUTH_JWKS_URL is needed because AUTH_AUDIENCE is set$/],
    [{ ...JWKS, AUTH_ALGORITHMS: 'HS256' }, /^AUTH_ALGORITHMS is not a comma-separated list out of RS256/],
    [{ ...JWKS, AUTH_ALGORITHMS: 'none' }, /^AUTH_ALGORITHMS is not/],
    [{ ...JWKS, AUTH_JWKS_URL: 'file:///keys' }, /^AUTH_JWKS_URL is not an http/],
  ])('%j', (env, expected) => {
    const problem = problemOf(env);
    expect(problem).toMatch(expected);
    expect(problem).not.toContain('\n');
  });

  test('a password never shows', () => {
    expect(problemOf({ DATABASE_URL: 'postgres//app:hunter2@db/x' })).not.toContain('hunter2');
  });
});
