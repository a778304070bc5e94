/** Traces from the request over the database to the worker, and that none leave where they are switched off. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApi, type Api } from '../../graphql/server';
import { createApp, type App } from '../../src/app';
import { readConfig, type TracingConfig } from '../../src/config';
import { refuse } from '../../src/kernel/refusal';
import { ok } from '../../src/kernel/result';
import { redisPrefixOf } from '../../src/platform/queue';
import { useApi } from '../support/api';
import { startCollector, type CollectedSpan, type Collector } from '../support/collector';
import { asSystemActor } from '../support/people';
import { startChild, type Child } from './support/child-process';
import { QUEUE_STORES, removeKeys } from './support/queue-stores';
import { until } from './support/until';

const CALLER = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };
/** Longer than spans wait for others to be sent with. */
const SENT_WITHIN_MS = 20_000;

const sample = useApi('sample');
let collector: Collector;
let app: App;
let api: Api;

const open = async (tracing: TracingConfig, lines: string[] = []): Promise<App> =>
  createApp({
    config: { ...sample.app.config, tracing },
    databaseUrl: sample.test.appUrl,
    logger: pino({ level: 'warn' }, { write: (line: string) => lines.push(line) }),
    clock: sample.test.clock,
    process: 'api',
  });
const to = (endpoint: string, over: Partial<TracingConfig> = {}): TracingConfig => ({
  endpoint,
  serviceName: 'tierwarden',
  sampleRatio: 1,
  ...over,
});

beforeAll(async () => {
  collector = await startCollector();
  app = await open(to(`${collector.url}/`));
  api = await startApi(app, { port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await api.close();
  await app.close();
  await collector.close();
});

const ask = async (query: string, variables: object = {}, headers: Record<string, string> = {}) => {
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await sample.token('analyst')}`,
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as { data: Record<string, { userErrors?: unknown[] }>; errors?: unknown[] };
};

const seen = (request: string): CollectedSpan[] =>
  collector.spans.filter((span) => span.attributes['tierwarden.request_id'] === request);
const childrenOf = (span: CollectedSpan): CollectedSpan[] =>
  collector.spans.filter(({ parentSpanId }) => parentSpanId === span.spanId);
const one = (spans: readonly CollectedSpan[], name: string): CollectedSpan => {
  const found = spans.filter((span) => span.name === name);
  expect({ name, number: found.length, among: spans.map((span) => span.name) }).toMatchObject({ name, number: 1 });
  return found[0]!;
};
const sent = (request: string, name: RegExp): Promise<void> =>
  until(`a span of ${request}`, async () => seen(request).some((span) => name.test(span.name)), SENT_WITHIN_MS);

describe.each(QUEUE_STORES.filter((store) => store.name !== 'Redis Cluster'))('with the queue on $name', (store) => {
  let worker: Child;
  let forget = async (): Promise<void> => undefined;
  beforeAll(async () => {
    const redis = await store.start();
    worker = startChild('worker-child.ts', { databaseUrl: sample.test.appUrl, redis, tracing: to(collector.url) });
    forget = async () => removeKeys(redis, await redisPrefixOf(app.database));
  });
  afterAll(async () => {
    await worker.kill();
    await forget();
    await store.stop();
  });

  test('one trace leads from the caller over API, operation and database to the job of another process', async () => {
    const request = `run-on-${store.name.toLowerCase()}`;
    const { data } = await ask(
      'mutation StartRatingRun { startRatingRun { run { id } userErrors { code } } }',
      {},
      { 'x-request-id': request, traceparent: `00-${CALLER.trace}-${CALLER.span}-01` },
    );
    expect(data['startRatingRun']?.userErrors).toEqual([]);
    await sent(request, /^job /);
    await sent(request, /^POST/);

    const trace = collector.spans.filter(
      ({ traceId, attributes }) => traceId === CALLER.trace && attributes['tierwarden.request_id'] === request,
    );
    const http = one(trace, 'POST /graphql');
    expect(http).toMatchObject({ parentSpanId: CALLER.span, kind: 2, process: 'api', service: 'tierwarden' });
    expect(http.attributes).toMatchObject({ 'http.response.status_code': 200, 'http.request.method': 'POST' });
    const operation = one(childrenOf(http), 'mutation StartRatingRun');
    const unit = one(childrenOf(operation), 'unit of work');
    expect(unit.attributes).toMatchObject({
      'db.system.name': 'postgresql',
      'tierwarden.outcome': 'ok',
      'tierwarden.actions': ['ratingRun.started'],
    });
    const statements = childrenOf(unit).map(({ name }) => name);
    expect(statements).toEqual(expect.arrayContaining(['START', 'SELECT', 'INSERT', 'WITH', 'COMMIT']));

    const jobs = childrenOf(unit).filter(({ kind }) => kind === 5);
    expect(jobs.length).toBeGreaterThan(0);
    for (const job of jobs) {
      expect(job).toMatchObject({ name: 'job rating.chunk', traceId: CALLER.trace, process: 'worker', failure: null });
      expect(job.attributes).toMatchObject({
        'messaging.destination.name': 'rating',
        'tierwarden.request_id': request,
      });
      one(childrenOf(job), 'unit of work');
    }
    await until(
      'the end of the run',
      async () => (await app.database.query(`SELECT FROM rating_run WHERE finished_at IS NULL`)).length === 0,
      SENT_WITHIN_MS,
    );
  });
});

describe('a request', () => {
  test('begins a trace of its own without a caller that has one, or with one that makes no sense', async () => {
    await ask('{ viewer { id } }', {}, { 'x-request-id': 'of-its-own' });
    await ask('{ viewer { id } }', {}, { 'x-request-id': 'senseless', traceparent: `00-${'0'.repeat(32)}-zz-01` });
    await sent('senseless', /^POST/);
    for (const request of ['of-its-own', 'senseless']) {
      const http = one(seen(request), 'POST /graphql');
      expect(http).toMatchObject({ parentSpanId: '' });
      // Documents of others give no names to spans.
      one(childrenOf(http), 'query');
    }
  });

  test('shows the statements of a query, and neither what was asked for nor what was answered', async () => {
    const [document, secret] = [
      'query Mine($search: String) { customers(where: { search: $search }) { nodes { name } } }',
      'nobody-of-this-name',
    ];
    await ask(document, { search: secret }, { 'x-request-id': 'private-1' });
    const query = `?query=${encodeURIComponent('{ viewer { displayName } }')}`;
    await fetch(`${api.url}/graphql${query}`, {
      headers: {
        authorization: `Bearer ${await sample.token('analyst')}`,
        'x-request-id': 'private-2',
        'apollo-require-preflight': 'yes',
      },
    });
    await sent('private-2', /^GET/);
    const statements = childrenOf(one(seen('private-1'), 'query')).map(({ attributes }) => attributes['db.query.text']);
    expect(statements).toEqual(expect.arrayContaining([expect.stringMatching(/^SELECT .*customer/)]));
    const all = collector.requests.map(({ body }) => body).join('\n');
    for (const told of [secret, 'Mine', 'displayName', await sample.token('analyst'), '李强']) {
      expect(all).not.toContain(told);
    }
    expect(new Set(collector.requests.map((request) => request.to))).toEqual(new Set(['POST /v1/traces']));
  });

  test('that we failed is marked, one that the caller must mend is not', async () => {
    const query = jest.spyOn(app.reads, 'first').mockRejectedValueOnce(new Error('secret detail'));
    const document = 'query ($number: String) { customer(number: $number) { id } }';
    await ask(document, { number: 'x' }, { 'x-request-id': 'failed-1' });
    query.mockRestore();
    await ask('{ node(id: "x") { id } }', {}, { 'x-request-id': 'failed-2' });
    await fetch(`${api.url}/nowhere/at/all`, { headers: { 'x-request-id': 'failed-3' } });
    await sent('failed-3', /^GET/);
    expect(one(seen('failed-1'), 'query')).toMatchObject({
      failure: 'INTERNAL_SERVER_ERROR',
      attributes: { 'tierwarden.faults': ['INTERNAL_SERVER_ERROR'] },
    });
    expect(one(seen('failed-2'), 'query')).toMatchObject({
      failure: null,
      attributes: { 'tierwarden.faults': ['BAD_USER_INPUT'] },
    });
    expect(one(seen('failed-3'), 'GET')).toMatchObject({ attributes: { 'http.response.status_code': 404 } });
    expect(collector.requests.map(({ body }) => body).join()).not.toContain('secret detail');
  });

  test('of a machine that only asks for health is not traced', async () => {
    await fetch(`${api.url}/healthz`, { headers: { 'x-request-id': 'probe-0001' } });
    await ask('{ viewer { id } }', {}, { 'x-request-id': 'after-probe' });
    await sent('after-probe', /^POST/);
    expect(seen('probe-0001')).toEqual([]);
  });
});

test('work that is refused or throws says so by code and name', async () => {
  const by = { ...asSystemActor(), requestId: 'refused-1' };
  await app.unitOfWork.run(by, async () => refuse('INVALID_STATE', 'not now, Mr Smith'));
  await app.unitOfWork.run(by, async (tx) => ok(await tx.query('SELECT 1 / 0'))).catch(() => undefined);
  await sent('refused-1', /unit of work/);
  const [refused, thrown] = seen('refused-1');
  expect(refused).toMatchObject({ failure: null, attributes: { 'tierwarden.outcome': 'INVALID_STATE' } });
  expect(thrown).toMatchObject({ failure: 'error 22012' });
  expect(childrenOf(thrown!).find(({ attributes }) => attributes['db.query.text'] === 'SELECT 1 / 0')).toMatchObject({
    name: 'SELECT',
    failure: 'error 22012',
  });
});

test('a COPY inside a unit of work goes through', async () => {
  const by = { ...asSystemActor(), requestId: 'copied-1' };
  const copied = await app.unitOfWork.run(by, async (tx) => {
    await tx.query('CREATE TEMPORARY TABLE copied (n int) ON COMMIT DROP');
    tx.unchanged();
    return ok(await tx.copyIn('COPY copied FROM STDIN', ['1\n2\n']));
  });
  expect(copied).toEqual({ ok: true, value: 2 });
});

test('a share of none sends nothing, but keeps to what a caller decided', async () => {
  const silent = await open(to(collector.url, { sampleRatio: 0, serviceName: 'silent' }));
  await silent.tracing.span('alone', {}, async () => undefined);
  await silent.tracing.span('of a caller', { parent: `00-${CALLER.trace}-${CALLER.span}-01` }, async () => undefined);
  await silent.close();
  expect(collector.spans.filter(({ service }) => service === 'silent').map(({ name }) => name)).toEqual([
    'of a caller',
  ]);
});

test('a collector that is not there is told of once, and holds nobody up', async () => {
  const lines: string[] = [];
  const lonely = await open(to('http://127.0.0.1:9'), lines);
  await lonely.tracing.span('one', {}, async () => undefined);
  await until('the warning', async () => lines.length > 0, SENT_WITHIN_MS);
  await lonely.tracing.span('two', {}, async () => undefined);
  const startedMs = performance.now();
  await lonely.close();
  expect(performance.now() - startedMs).toBeLessThan(6_000);
  expect(lines.filter((line) => line.includes('traces cannot be delivered'))).toHaveLength(1);
});

test('switched off, nothing is sent and nothing that could is loaded', async () => {
  const before = collector.requests.length;
  const script = `
    const { createApp } = require('./src/app');
    const { readConfig } = require('./src/config');
    const { startApi } = require('./graphql/server');
    const { startWorker } = require('./workers/main');
    (async () => {
      const app = await createApp({
        config: readConfig(process.env), databaseUrl: process.env.TEST_DATABASE, logger: require('pino').pino({ level: 'silent' }),
      });
      const worker = await startWorker(app);
      const api = await startApi(app, { port: 0, host: '127.0.0.1' });
      await fetch(api.url + '/graphql?query={__typename}', { headers: { 'apollo-require-preflight': 'yes' } });
      await api.close();
      await worker.close();
      await app.close();
      console.log(JSON.stringify(Object.keys(require.cache).filter((file) => file.includes('opentelemetry'))));
    })();
  `;
  const ended = spawnSync(process.execPath, ['-r', join(__dirname, 'support/ts-register.js'), '-e', script], {
    cwd: join(__dirname, '../..'),
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      TEST_DATABASE: sample.test.appUrl,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SERVICE_NAME: 'elsewhere',
    },
  });
  expect(ended.stderr).toBe('');
  const packages = (JSON.parse(ended.stdout) as string[]).map((file) => /@opentelemetry\/[^/]+/.exec(file)?.[0]);
  // Interfaces alone, which the library of the figures brings along.
  expect([...new Set(packages)]).toEqual(['@opentelemetry/api']);
  expect(collector.requests.slice(before).filter(({ body }) => body.includes('elsewhere'))).toEqual([]);
});

test('readConfig of an environment that names a collector leaves tracing off', () => {
  expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }).tracing).toBeNull();
});
