/** Figures, queues and the slow-operation log of a real API process, as a scraper, a browser and an operator meet them. */
import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { startApi, type Api } from '../../graphql/server';
import type { Config } from '../../src/config';
import { ok } from '../../src/kernel/result';
import { createQueueBackend, redisPrefixOf, type JobCounts } from '../../src/platform/queue';
import { publishedOperations, useApi, type Loose } from '../support/api';
import { asSystemActor, type Handle } from '../support/people';
import { QUEUE_STORES, removeKeys } from '../workers/support/queue-stores';

const api = useApi('empty');
const apis: Api[] = [];
const lines: Loose[] = [];

/** One more process on the same installation, configured otherwise. */
const serve = async (config: Partial<Config>): Promise<string> => {
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const started = await startApi(
    { ...api.app, config: { ...api.app.config, ...config }, logger },
    { port: 0, host: '127.0.0.1' },
  );
  apis.push(started);
  return started.url;
};

// Before the hook of useApi closes what they stand on.
afterEach(async () => {
  for (const started of apis.splice(0)) await started.close();
});

const bearer = async (who: Handle | null): Promise<Record<string, string>> =>
  who === null ? {} : { authorization: `Bearer ${await api.token(who)}` };

const figures = async (url: string, headers: Record<string, string> = {}): Promise<string[]> => {
  const answer = await fetch(`${url}/metrics`, { headers });
  expect(answer.status).toBe(200);
  return (await answer.text()).split('\n').filter((line) => !line.startsWith('#'));
};

const ask = async (url: string, who: Handle | null, query: string, variables?: object): Promise<void> => {
  await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(await bearer(who)) },
    body: JSON.stringify({ query, variables }),
  });
};

describe('operations', () => {
  test('are timed under published names only', async () => {
    const url = await serve({});
    const viewer = (await publishedOperations()).get('viewer') ?? '';
    await ask(url, 'maker', viewer);
    await ask(url, 'maker', viewer);
    await ask(url, 'maker', 'query MyOwnName { viewer { id } }');
    await ask(url, 'maker', 'query {');
    const counts = (await figures(url)).filter((line) =>
      line.startsWith('tierwarden_operation_duration_seconds_count'),
    );
    expect(counts.sort()).toEqual([
      'tierwarden_operation_duration_seconds_count{operation="Viewer"} 2',
      'tierwarden_operation_duration_seconds_count{operation="other"} 2',
    ]);
  });

  test('that fail are counted by code, whether or not they were begun', async () => {
    const url = await serve({});
    await ask(url, null, '{ viewer { id } }');
    await ask(url, 'maker', '{ nothingOfTheKind }');
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer forged' },
      body: '{"query":"{ viewer { id } }"}',
    });
    const faults = (await figures(url)).filter((line) => line.startsWith('tierwarden_faults_total'));
    expect(faults.sort()).toEqual([
      'tierwarden_faults_total{code="GRAPHQL_VALIDATION_FAILED"} 1',
      'tierwarden_faults_total{code="UNAUTHENTICATED"} 2',
    ]);
  });

  test('that are refused are counted by code, whether or not the caller looks at it', async () => {
    const url = await serve({});
    const register = 'mutation M($input: RegisterCustomerInput!) { registerCustomer(input: $input) { __typename } }';
    const input = { number: 'K-1', creditCode: 'no such code' };
    await ask(url, 'maker', register, { input });
    const refused = (await figures(url)).filter((line) => line.startsWith('tierwarden_user_errors_total'));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.join()).toMatch(/code="(REQUIRED|INVALID|OUT_OF_RANGE)"/);
  });

  test('that are slow are logged with the digest of their document and without variables', async () => {
    const document = 'query Slow($id: ID!) { node(id: $id) { id } }';
    const fast = await serve({ slowOperationMs: 600_000 });
    lines.length = 0;
    await ask(fast, 'maker', document, { id: 'a-secret-of-the-caller' });
    expect(lines).toEqual([]);

    const slow = await serve({ slowOperationMs: 0 });
    await ask(slow, 'maker', document, { id: 'a-secret-of-the-caller' });
    expect(lines).toEqual([
      expect.objectContaining({
        level: 40,
        msg: 'slow operation',
        requestId: expect.stringMatching(/^[\w-]{36}$/),
        operation: 'Slow',
        documentSha256: createHash('sha256').update(document).digest('hex'),
        durationMs: expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('a-secret-of-the-caller');
  });
});

describe('/metrics', () => {
  test('has the process, the pool and the outbox', async () => {
    const url = await serve({});
    expect(await figures(url)).toEqual(
      expect.arrayContaining(['tierwarden_outbox_rows 0', 'tierwarden_outbox_oldest_seconds 0']),
    );
    await api.test.unitOfWork.run(asSystemActor(), async (tx) => {
      tx.record({ action: 'test.done', object: { type: 'Test', id: '1' } });
      for (const key of ['1', '2', '3']) tx.enqueue({ kind: 'test', key, payload: null });
      return ok(true);
    });
    api.test.clock.advance(90_000);
    const seen = await figures(url);
    expect(seen).toEqual(
      expect.arrayContaining([
        'tierwarden_outbox_rows 3',
        'tierwarden_outbox_oldest_seconds 90',
        'tierwarden_source_up{source="outbox"} 1',
        'tierwarden_source_up{source="queue"} 1',
        'tierwarden_database_connections{state="waiting"} 0',
      ]),
    );
    expect(seen.some((line) => line.startsWith('process_cpu_seconds_total '))).toBe(true);
  });

  test('counts what is refused before GraphQL hears of it', async () => {
    const url = await serve({});
    const post = (body: string): Promise<Response> =>
      fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const count = async (code: string): Promise<number> => {
      const line = (await figures(url)).find((figure) => figure.startsWith(`tierwarden_faults_total{code="${code}"}`));
      return Number(line?.split(' ')[1] ?? 0);
    };
    const before = [await count('PAYLOAD_TOO_LARGE'), await count('BAD_USER_INPUT')];
    const query = '{ viewer { id } }';
    expect((await post(JSON.stringify({ query, variables: { text: 'x'.repeat(1e6) } }))).status).toBe(413);
    expect((await post('{')).status).toBe(400);
    expect((await post(JSON.stringify({ query, variables: { text: 'a\0b' } }))).status).toBe(400);
    expect([await count('PAYLOAD_TOO_LARGE'), await count('BAD_USER_INPUT')]).toEqual([before[0]! + 1, before[1]! + 2]);
  });

  test('answers while the queue does not', async () => {
    const url = await serve({ redis: { kind: 'single', url: 'redis://127.0.0.1:1' } });
    const seen = await figures(url);
    expect(seen).toEqual(
      expect.arrayContaining(['tierwarden_source_up{source="outbox"} 1', 'tierwarden_source_up{source="queue"} 0']),
    );
    expect(seen.some((line) => line.startsWith('tierwarden_queue_jobs'))).toBe(false);
  });

  const METRICS_TOKEN = 'a-token-for-scrapers';
  const OUTSIDE: Config['auth'] = {
    kind: 'jwks',
    jwksUrl: 'https://id.bank.example/jwks',
    issuer: 'https://id.bank.example',
    audience: 'tierwarden',
    algorithms: ['ES256'],
  };
  const token = { authorization: `Bearer ${METRICS_TOKEN}` };
  test.each<[string, Partial<Config>, Handle | null, Record<string, string>, number]>([
    ['is open to this machine alone', {}, null, {}, 200],
    ['is open to nobody by default', { auth: OUTSIDE }, null, {}, 401],
    ['is closed by a token, also here', { metricsToken: METRICS_TOKEN }, null, {}, 401],
    ['takes the token', { auth: OUTSIDE, metricsToken: METRICS_TOKEN }, null, token, 200],
    ['takes no other', { auth: OUTSIDE, metricsToken: `${METRICS_TOKEN}.` }, null, token, 401],
    ['takes none where none is set', { auth: OUTSIDE }, null, { authorization: 'Bearer null' }, 401],
    ['is there for operators', { auth: OUTSIDE }, 'system', {}, 200],
    ['is there for auditors', { auth: OUTSIDE }, 'auditor', {}, 200],
    ['is not for others', { auth: OUTSIDE }, 'maker', {}, 403],
  ])('%s', async (_, config, who, headers, status) => {
    const url = await serve(config);
    const answer = await fetch(`${url}/metrics`, { headers: { ...headers, ...(await bearer(who)) } });
    expect(answer.status).toBe(status);
    expect((await answer.text()).includes('tierwarden_source_up')).toBe(status === 200);
  });
});

describe.each(QUEUE_STORES)('/admin/queues with the queue on $name', (store) => {
  let config: Pick<Config, 'redis'>;
  let prefix = '';
  beforeAll(async () => {
    config = { redis: await store.start() };
    prefix = await redisPrefixOf(api.test.database);
  });
  afterAll(async () => {
    await removeKeys(config.redis, prefix);
    await store.stop();
  });

  const withQueue = async <T>(work: (queue: Loose) => Promise<T>): Promise<T> => {
    const backend = createQueueBackend({
      redis: config.redis,
      redisPrefix: prefix,
      databaseUrl: api.test.appUrl,
      applicationName: 'test',
    });
    try {
      return await work(backend.inspect('rating').raw);
    } finally {
      await backend.close();
    }
  };
  const isPaused = (): Promise<boolean> => withQueue((queue) => queue.isPaused());
  const act = async (url: string, who: Handle, method: string, path: string, body?: object): Promise<number> => {
    const headers = { ...(await bearer(who)), 'content-type': 'application/json' };
    const answer = await fetch(`${url}/admin/queues/api/queues${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answer.status;
  };

  test.each<[Handle | null, number, boolean | null]>([
    [null, 401, null],
    ['maker', 403, null],
    ['policy', 403, null],
    ['security', 403, null],
    ['auditor', 200, true],
    ['cro', 200, true],
    ['system', 200, false],
  ])('%s is answered %i', async (who, status, readOnly) => {
    const url = await serve(config);
    const answer = await fetch(`${url}/admin/queues/api/queues`, { headers: await bearer(who) });
    expect(answer.status).toBe(status);
    const { queues } = await answer.json();
    expect(queues?.map((queue: Loose) => [queue.name, queue.readOnlyMode]) ?? null).toEqual(
      readOnly === null
        ? null
        : [
            ['command', readOnly],
            ['rating', readOnly],
          ],
    );
  });

  test('jobs show on the board and in the figures', async () => {
    const url = await serve(config);
    await withQueue((queue) => queue.add('test.kind', { runId: 'shown' }, { jobId: `shown-${store.name}` }));
    const seen = await figures(url);
    const expected: Partial<JobCounts> = { waiting: 1, active: 0, failed: 0 };
    for (const [state, count] of Object.entries(expected)) {
      expect(seen).toContain(`tierwarden_queue_jobs{queue="rating",state="${state}"} ${count}`);
    }
    expect(seen).toContain('tierwarden_queue_jobs{queue="command",state="waiting"} 0');
    const board = await fetch(`${url}/admin/queues/api/queues?activeQueue=rating&status=waiting`, {
      headers: await bearer('auditor'),
    });
    const { queues } = await board.json();
    expect(queues.find((queue: Loose) => queue.name === 'rating').jobs).toMatchObject([{ data: { runId: 'shown' } }]);
  });

  test('operators act, and it is evidence; auditors do not', async () => {
    const url = await serve(config);
    expect(await act(url, 'auditor', 'PUT', '/rating/pause')).toBe(403);
    expect(await isPaused()).toBe(false);
    expect(await act(url, 'system', 'PUT', '/rating/pause')).toBe(200);
    expect(await isPaused()).toBe(true);
    expect(await act(url, 'system', 'PUT', '/rating/resume')).toBe(200);
    expect(await isPaused()).toBe(false);
    const system = await api.app.identity.queries.bySubject('system');
    const events = await api.test.asOwner<{ actor_id: string; act: string }>(
      `SELECT actor_id, convert_from(bytes, 'UTF8')::jsonb #>> '{data,act}' AS act FROM audit_event
       WHERE object_type = 'Queue' AND object_id = 'rating' ORDER BY occurred_at DESC, id DESC LIMIT 2`,
    );
    expect(events).toEqual([
      { actor_id: system?.id, act: 'PUT /api/queues/rating/resume' },
      { actor_id: system?.id, act: 'PUT /api/queues/rating/pause' },
    ]);
  });

  test.each<[string, string, object]>([
    ['POST', '/rating/add', { name: 'rating.chunk', data: {} }],
    ['PATCH', '/rating/1/update-data', { jobData: {} }],
    ['PUT', '/rating/obliterate', { force: true }],
    ['PUT', '/rating/Obliterate/', { force: true }],
    ['PUT', '/rating/concurrency', { concurrency: 1 }],
    ['DELETE', '/rating/1/clean', {}],
  ])('nobody may %s %s', async (method, path, body) => {
    const url = await serve(config);
    const before = await withQueue((queue) => queue.getJobCounts());
    expect(await act(url, 'system', method, path, body)).toBe(403);
    expect(await withQueue((queue) => queue.getJobCounts())).toEqual(before);
  });
});

describe('a browser', () => {
  const send = async (url: string, path: string, given: RequestInit & { headers?: Record<string, string> } = {}) =>
    fetch(`${url}${path}`, { redirect: 'manual', ...given, headers: { accept: 'text/html', ...given.headers } });
  const signIn = (url: string, token: string, headers: Record<string, string> = {}) =>
    send(url, '/admin/sign-in', { method: 'POST', body: new URLSearchParams({ token }), headers });

  test('is asked for a token, on a page without script', async () => {
    const url = await serve({});
    const answer = await send(url, '/admin/queues');
    expect(answer.status).toBe(401);
    const page = await answer.text();
    expect(page).toContain('<form method="post" action="/admin/sign-in">');
    expect(page).toContain('请先登录。');
    expect(page).not.toMatch(/<script|style=|src=|href=/);
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; form-action 'self'/);
  });

  test('gets a cookie for a token and the board for the cookie, from this server alone', async () => {
    const url = await serve({});
    const signedIn = await signIn(url, `Bearer ${await api.token('system')} `);
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/admin/queues']);
    const cookie = signedIn.headers.get('set-cookie') ?? '';
    expect(cookie.split('; ').slice(1)).toEqual(
      expect.arrayContaining(['Max-Age=900', 'Path=/admin', 'HttpOnly', 'SameSite=Strict']),
    );
    expect(cookie).not.toContain('Secure');

    const headers = { cookie: cookie.split(';', 1)[0] ?? '' };
    const board = await send(url, '/admin/queues', { headers });
    expect(board.status).toBe(200);
    const page = await board.text();
    const policy = board.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('http');
    const scripts = [...page.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, source]) => source);
    expect(scripts.length).toBeGreaterThan(0);
    for (const source of scripts) {
      expect((await send(url, `/admin/queues/${source}`, { headers })).headers.get('content-type')).toMatch(
        /javascript/,
      );
    }
  });

  test.each([
    ['same-origin', 200],
    ['same-site', 403],
    ['cross-site', 403],
  ])('acts from pages that are %s: %i', async (site, status) => {
    const url = await serve({});
    const cookie =
      ((await signIn(url, await api.token('system'))).headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
    const acted = await send(url, '/admin/queues/api/queues/command/resume', {
      method: 'PUT',
      headers: { cookie, 'sec-fetch-site': site },
    });
    expect(acted.status).toBe(status);
  });

  test('keeps the cookie to encrypted connections where sign-in is not local', async () => {
    const url = await serve({
      auth: { kind: 'jwks', jwksUrl: 'https://id/jwks', issuer: 'i', audience: 'a', algorithms: ['ES256'] },
    });
    expect((await signIn(url, await api.token('auditor'))).headers.get('set-cookie')).toContain('; Secure');
  });

  test.each<[string, Handle | null, string, Record<string, string>, number]>([
    ['a forged token', null, 'forged.token.here', {}, 401],
    ['no token', null, '', {}, 401],
    ['a token that no cookie holds', null, 'x'.repeat(4_000), {}, 400],
    ['somebody without the right', 'maker', '', {}, 403],
    ['a form on another page', 'system', '', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('gets no cookie for %s', async (_, who, given, headers, status) => {
    const url = await serve({});
    const token = who === null ? given : await api.token(who);
    const answer = await signIn(url, token, headers);
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([status, null]);
  });

  test('signs out', async () => {
    const url = await serve({});
    const answer = await send(url, '/admin/sign-out', { method: 'POST' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('set-cookie')).toMatch(/^tierwarden_operator=; Path=\/admin; Expires=Thu, 01 Jan 1970/);
  });

  test('cannot use the cookie of somebody who has left', async () => {
    const url = await serve({});
    const [name] = ((await signIn(url, await api.token('auditor'))).headers.get('set-cookie') ?? '').split(';', 1);
    api.test.clock.advance(400 * 24 * 3_600_000);
    expect((await send(url, '/admin/queues', { headers: { cookie: name ?? '' } })).status).toBe(401);
  });
});
