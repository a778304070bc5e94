/** WebSockets and event streams: who gets in, what may be sent, what it may cost, and how it ends. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { getIntrospectionQuery } from 'graphql';
import { createApp } from '../../src/app';
import type { Config } from '../../src/config';
import type { ConnectionLimits } from '../../graphql/subscriptions/limits';
import { publishedOperations, useApi, type Loose, type TestApi } from '../support/api';
import {
  connectSocket,
  listen,
  openSocket,
  startLive,
  startProcess,
  stopListeners,
  TRANSPORTS,
  type Transport,
} from '../support/live';
import { until } from '../workers/support/until';

const api = useApi('empty');
const servers: { close(): Promise<void> }[] = [];

afterEach(async () => {
  stopListeners();
  for (const { close } of servers.splice(0)) await close();
});

const INBOX = 'subscription { inboxChanged { requestId } }';
const VIEWER = '{ viewer { id } }';
const hour = 3_600_000;

const serve = async (limits: Partial<ConnectionLimits>, settings: Partial<Config> = {}): Promise<string> => {
  const started = await startLive(api.app, limits, settings);
  servers.push(started);
  return started.url;
};

const issue = (subject: string, minutes: number): Promise<string> => api.app.tokens!.issue!(subject, minutes);

const stream = async (
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string | null; text: () => Promise<string>; response: Response }> => {
  const response = await fetch(`${url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, type: response.headers.get('content-type'), text: () => response.text(), response };
};
const bearer = async (who: Parameters<TestApi['token']>[0]) => ({ authorization: `Bearer ${await api.token(who)}` });

/** The one answer of an operation that is not a subscription, or its refusal. */
const outcome = async (transport: Transport, from: TestApi, query: string, variables = {}): Promise<Loose> => {
  const listener = listen(transport, from.url, await from.token('maker'), query, variables);
  const end = await listener.ended;
  return Array.isArray(end) ? { errors: end } : listener.results[0];
};

describe('a WebSocket is closed with', () => {
  const quick = { initTimeoutMs: 150 };

  it('4408 when nobody has signed in in time', async () => {
    const socket = await openSocket(await serve(quick));
    expect(await socket.closed).toBe('4408 Connection initialisation timeout');
  });

  it('4429 when somebody signs in twice', async () => {
    const socket = await connectSocket(await serve(quick), await api.token('maker'));
    socket.send({ type: 'connection_init' });
    expect(await socket.closed).toBe('4429 Too many initialisation requests');
  });

  it('a code, and what was sent behind it is not done', async () => {
    const socket = await connectSocket(api.url, await api.token('maker'));
    const query = (await publishedOperations()).get('register-customer') ?? '';
    socket.send({ type: 'connection_init' });
    const variables = { input: { number: 'BEHIND-1', nameEn: 'Behind Ltd' } };
    socket.send({ id: 'm', type: 'subscribe', payload: { query, variables } });
    expect(await socket.closed).toMatch(/^4429/);
    const later = await connectSocket(api.url, await api.token('maker'));
    later.send({ id: 'q', type: 'subscribe', payload: { query: '{ customer(number: "BEHIND-1") { id } }' } });
    expect((await later.first('next')).payload.data).toEqual({ customer: null });
  });

  it('4401 when something is asked before the sign-in', async () => {
    const socket = await openSocket(api.url);
    socket.send({ id: '1', type: 'subscribe', payload: { query: INBOX } });
    expect(await socket.closed).toBe('4401 Unauthorized');
  });

  it('4409 when an id is used twice', async () => {
    const socket = await connectSocket(api.url, await api.token('maker'));
    socket.send({ id: '1', type: 'subscribe', payload: { query: INBOX } });
    socket.send({ id: '1', type: 'subscribe', payload: { query: VIEWER } });
    expect(await socket.closed).toBe('4409 Subscriber for 1 already exists');
  });

  it('4406 when the subprotocol is another one', async () => {
    const socket = await openSocket(api.url, { protocol: 'graphql-ws' }).catch((error: Error) => error.message);
    expect(typeof socket === 'string' ? socket : await socket.closed).toMatch(/^4406|no subprotocol|invalid/i);
  });

  it.each([['no JSON'], ['{"type":"nothing of the kind"}'], ['{"type":"subscribe"}']])('4400 on %s', async (text) => {
    const socket = await connectSocket(api.url, await api.token('maker'));
    socket.send(text);
    expect(await socket.closed).toBe('4400 Invalid message received');
  });

  it('1009 on a message that is too large', async () => {
    const socket = await connectSocket(api.url, await api.token('maker'));
    socket.send({ id: '1', type: 'subscribe', payload: { query: VIEWER, variables: { x: 'x'.repeat(256 * 1024) } } });
    expect(await socket.closed).toMatch(/^1009/);
  });

  it.each<[string, () => Promise<object | undefined>, string]>([
    ['nothing', async () => undefined, '4401 TOKEN_MISSING'],
    ['an empty token', async () => ({ authorization: 'Bearer ' }), '4401 TOKEN_MISSING'],
    ['what is no token', async () => ({ authorization: 'Bearer x' }), '4401 TOKEN_MALFORMED'],
    ['what is no text', async () => ({ authorization: { token: 'x' } }), '4401 TOKEN_MISSING'],
    ['a stranger', async () => ({ Authorization: await issue('stranger', 5) }), '4401 UNKNOWN_SUBJECT'],
    ['a token of yesterday', async () => ({ authorization: await expired() }), '4403 TOKEN_EXPIRED'],
  ])('the reason when the sign-in brings %s', async (_, payload, closed) => {
    const socket = await openSocket(api.url);
    socket.send({ type: 'connection_init', payload: await payload() });
    expect(await socket.closed).toBe(closed);
    expect(socket.messages).toEqual([]);
  });

  const expired = async (): Promise<string> => {
    const present = api.test.clock().toISOString();
    api.test.clock.advance(-hour);
    const token = await issue('maker', 5);
    api.test.clock.set(present);
    return token;
  };
});

describe('people come in', () => {
  it('with a header, where nothing came with the sign-in', async () => {
    const socket = await openSocket(api.url, { headers: await bearer('maker') });
    socket.send({ type: 'connection_init' });
    expect(await socket.first('connection_ack')).toEqual({ type: 'connection_ack' });
  });

  it('but never with a cookie', async () => {
    const { authorization } = await bearer('maker');
    const cookie = `authorization=${authorization}; tierwarden_operator=${await api.token('maker')}`;
    const socket = await openSocket(api.url, { headers: { cookie, origin: 'https://evil.example' } });
    socket.send({ type: 'connection_init' });
    expect(await socket.closed).toBe('4401 TOKEN_MISSING');
    expect((await stream(api.url, { query: INBOX }, { cookie })).status).toBe(401);
  });

  it('and are asked for a sign of life', async () => {
    const url = await serve({ pingMs: 50, stallMs: 400 });
    const [alive, dead] = [
      await connectSocket(url, await api.token('maker')),
      await connectSocket(url, await api.token('maker'), { autoPong: false }),
    ];
    expect(await dead.closed).toBe('1006');
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
  });

  it('and get an answer when they ask for one', async () => {
    const socket = await openSocket(api.url);
    socket.send({ type: 'ping', payload: { n: 1 } });
    expect(await socket.first('pong')).toEqual({ type: 'pong', payload: { n: 1 } });
  });

  it.each([
    ['/', 404],
    ['/graphql/stream', 404],
    ['/graphqll', 404],
  ])('not at %s', async (path, status) => {
    await expect(openSocket(api.url, { path })).rejects.toThrow(String(status));
  });
});

describe('an event stream', () => {
  it.each<[string, () => Promise<Record<string, string>>, number, object]>([
    ['without a token', async () => ({}), 401, { code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' }],
    ['with a forged one', async () => ({ authorization: 'Bearer x' }), 401, { reason: 'TOKEN_MALFORMED' }],
    ['that would be JSON', async () => ({ accept: 'application/json' }), 406, { reason: 'EVENT_STREAM' }],
    ['asked for by a form', async () => ({ 'content-type': 'text/plain' }), 415, { reason: 'EVENT_STREAM' }],
  ])('%s is refused with a code', async (_, headers, status, extensions) => {
    const answer = await stream(api.url, { query: INBOX }, await headers());
    expect([answer.status, answer.type]).toEqual([status, 'application/json; charset=utf-8']);
    const { errors } = JSON.parse(await answer.text());
    expect(errors[0].extensions).toMatchObject({
      ...extensions,
      requestId: answer.response.headers.get('x-request-id'),
    });
  });

  it('is asked for by POST, with a body that is JSON and not too large', async () => {
    const got = await fetch(`${api.url}/graphql/stream?query=${encodeURIComponent(INBOX)}`, {
      headers: { accept: 'text/event-stream', ...(await bearer('maker')) },
    });
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await stream(api.url, '{', await bearer('maker'))).status).toBe(400);
    expect((await stream(api.url, { query: 'x'.repeat(256 * 1024) }, await bearer('maker'))).status).toBe(413);
  });

  it('is one of server-sent events, never stored and never collected', async () => {
    const answer = await stream(
      api.url,
      { query: VIEWER },
      { 'x-request-id': 'my-request', ...(await bearer('maker')) },
    );
    expect(answer.status).toBe(200);
    expect(answer.type).toBe('text/event-stream; charset=utf-8');
    expect(answer.response.headers.get('cache-control')).toContain('no-cache');
    expect(answer.response.headers.get('x-accel-buffering')).toBe('no');
    const text = await answer.text();
    expect(text).toMatch(/^:\n\nevent: next\ndata: (\{.*\})\n\nevent: complete\ndata:\n\n$/);
    const { data, extensions } = JSON.parse(/data: (\{.*\})/.exec(text)?.[1] ?? '');
    expect([data.viewer.id, extensions.cost]).toEqual([expect.any(String), { requested: 2, actual: 2, limit: 10_000 }]);
  });

  it('gives signs of life', async () => {
    const url = await serve({ pingMs: 60 });
    const { response } = await stream(url, { query: INBOX }, await bearer('maker'));
    const reader = response.body!.getReader();
    let text = '';
    while (!/data: .*\n\n:\n\n:\n\n$/.test(text)) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
  });
});

describe.each(TRANSPORTS)('by %s', (transport) => {
  it('queries and mutations are answered as over HTTP, with what they cost', async () => {
    const query = 'query ($n: Int!) { customers(first: $n) { nodes { id } } }';
    const plain = await api.ask('maker', query, { n: 3 });
    expect(await outcome(transport, api, query, { n: 3 })).toEqual({ data: plain.data, extensions: plain.extensions });

    const register = (await publishedOperations()).get('register-customer') ?? '';
    const number = `LIVE-${transport}`;
    const made = await outcome(transport, api, register, { input: { number, nameEn: 'Live Ltd' } });
    expect(made.data.registerCustomer).toMatchObject({ userErrors: [], customer: { number } });
    const refused = await outcome(transport, api, register, { input: { number, nameEn: 'Live Ltd' } });
    expect(refused.data.registerCustomer.userErrors).toMatchObject([{ code: 'ALREADY_EXISTS' }]);
  });

  const deep = (depth: number): string =>
    `{ customer(number: "x") { ${Array.from({ length: depth - 2 }, (_, i) => ['grade', 'rating', 'customer'][i % 3]).join(' { ')} { __typename ${'} '.repeat(depth - 1)} }`;
  const cases: [string, string, object, string, object][] = [
    ['nothing', '', {}, 'BAD_USER_INPUT', {}],
    ['what cannot be parsed', '{', {}, 'GRAPHQL_PARSE_FAILED', {}],
    ['too many tokens', `{ ${'a: __typename '.repeat(2_000)} }`, {}, 'GRAPHQL_PARSE_FAILED', {}],
    ['an unknown field', '{ nobody }', {}, 'GRAPHQL_VALIDATION_FAILED', {}],
    ['two fields of a subscription', 'subscription { a: inboxChanged { version } b: inboxChanged { version } }', {}, 'GRAPHQL_VALIDATION_FAILED', {}],
    ['101 aliases', `{ ${Array.from({ length: 101 }, (_, i) => `a${i}: __typename`).join(' ')} }`, {}, 'GRAPHQL_VALIDATION_FAILED', { reason: 'TOO_MANY_ALIASES' }],
    ['too deep a document', deep(10), {}, 'DEPTH_LIMIT_EXCEEDED', {}],
    ['several operations', 'query A { __typename } query B { __typename }', {}, 'BAD_USER_INPUT', {}],
    ['variables that do not fit', 'query ($n: Int!) { customers(first: $n) { nodes { id } } }', { n: 'x' }, 'BAD_USER_INPUT', {}],
    ['text that cannot be stored', 'query ($n: String!) { customer(number: $n) { id } }', { n: 'a\0b' }, 'BAD_USER_INPUT', { reason: 'UNUSABLE_VALUE' }],
    ['what is too dear', '{ customers(first: 100) { nodes { gradeHistory(first: 100) { nodes { cause } } } } }', {}, 'COST_LIMIT_EXCEEDED', { params: { requested: 20_201, limit: 10_000 } }],
    ['what it may not see', '{ auditEvents(first: 1) { nodes { id } } }', {}, 'FORBIDDEN', {}],
  ]; // prettier-ignore
  it.each(cases)('%s is refused as over HTTP', async (_, query, variables, code, extensions) => {
    const { errors } = await outcome(transport, api, query, variables);
    expect(errors[0].extensions).toMatchObject({
      code,
      retryable: false,
      requestId: expect.stringMatching(/^[\w-]{36}$/),
      ...extensions,
    });
    expect(errors[0].extensions).not.toHaveProperty('http');
    expect(errors[0].extensions).not.toHaveProperty('stacktrace');
    const plain = await api.ask('maker', query, variables as Record<string, unknown>);
    expect(errors.map((error: Loose) => [error.message, error.extensions.code])).toEqual(
      query === '' || code === 'BAD_USER_INPUT'
        ? expect.anything()
        : plain.errors.map((error) => [error.message, error.extensions['code']]),
    );
  });

  it('what nobody foresaw says nothing of itself', async () => {
    const first = jest.spyOn(api.app.reads, 'first').mockRejectedValue(new Error('secret of the house'));
    const { errors, data } = await outcome(transport, api, '{ customer(number: "x") { id } }');
    first.mockRestore();
    expect(data).toEqual({ customer: null });
    expect(errors[0]).toMatchObject({
      message: 'something went wrong on our side',
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) },
    });
    expect(JSON.stringify(errors)).not.toContain('secret');
  });

  describe('in an installation of its own', () => {
    const strict = useApi('empty', {
      mode: 'external',
      trustedDocuments: { mode: 'enforce', folder: null },
      statementTimeoutMs: 300,
    });
    const narrow = useApi('empty', { rateLimitPerMinute: 10, queryCostLimit: 8 });

    it('documents must be trusted', async () => {
      const published = await publishedOperations();
      expect((await outcome(transport, strict, published.get('viewer') ?? '')).data.viewer).toBeDefined();
      const { errors } = await outcome(transport, strict, VIEWER);
      expect(errors[0].extensions.code).toBe('TRUSTED_DOCUMENT_REQUIRED');
      const { errors: schema } = await outcome(transport, strict, getIntrospectionQuery());
      expect(schema[0].extensions.code).toBe('TRUSTED_DOCUMENT_REQUIRED');
      const inbox = listen(transport, strict.url, await strict.token('maker'), published.get('inbox-changed') ?? '');
      expect((await inbox.told(1))[0].data.inboxChanged).toEqual({ requestId: null, version: null });
    });

    it('statements end in time', async () => {
      await strict.test.asOwner('BEGIN');
      await strict.test.asOwner('LOCK TABLE policy_version IN ACCESS EXCLUSIVE MODE');
      try {
        const policy = (await publishedOperations()).get('policy') ?? '';
        const { errors } = await outcome(transport, strict, policy, { kind: 'APPROVAL_MATRIX' });
        expect(errors[0].extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
      } finally {
        await strict.test.asOwner('ROLLBACK');
      }
    });

    it('points are spent from the same purse as over HTTP', async () => {
      const three = '{ viewer { id displayName } }';
      await narrow.test.asOwner('DELETE FROM rate_limit');
      const spender = transport === 'websocket' ? 'maker' : 'approver';
      const ask = async () => {
        const listener = listen(transport, narrow.url, await narrow.token(spender), three);
        const end = await listener.ended;
        return Array.isArray(end) ? end[0].extensions.code : listener.results[0].errors?.[0].extensions.code;
      };
      expect([await ask(), (await narrow.ask(spender, three)).errors, await ask(), await ask()]).toEqual([
        undefined,
        [],
        undefined,
        'RATE_LIMITED',
      ]);
    });
  });
});

it('callers may name what they ask for over a WebSocket', async () => {
  const socket = await connectSocket(api.url, await api.token('maker'));
  socket.send({
    id: '1',
    type: 'subscribe',
    payload: { query: '{ auditEvents(first: 1) { nodes { id } } }', extensions: { requestId: 'my-own-name' } },
  });
  expect((await socket.first('next')).payload.errors[0].extensions.requestId).toBe('my-own-name');
});

describe('the end of a token', () => {
  it('ends what was opened with it', async () => {
    const token = await issue('maker', 30);
    const [socket, events] = TRANSPORTS.map((transport) => listen(transport, api.url, token, INBOX));
    await Promise.all([socket!.told(1), events!.told(1)]);
    const longer = listen('websocket', api.url, await issue('maker', 120), INBOX);
    await longer.told(1);
    api.test.clock.advance(31 * 60_000);
    expect(await socket!.ended).toMatchObject({ code: 4403, reason: 'TOKEN_EXPIRED' });
    // Not complete: a client that may get a fresh token comes again by itself.
    expect(await events!.ended).toBeInstanceOf(Error);
    expect(events!.results[1].errors[0].extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_EXPIRED',
    });
    expect(longer.results).toHaveLength(1);
  });
});

describe('too much', () => {
  it('10,000 subscriptions of one client are refused by their code, and others are served', async () => {
    const socket = await connectSocket(api.url, await api.token('maker'));
    for (let i = 0; i < 10_000; i++) socket.send({ id: `s${i}`, type: 'subscribe', payload: { query: INBOX } });
    await until('all answers', async () => socket.messages.length >= 10_001, 30_000);
    const refusals = socket.messages.filter((message) => message.type === 'error');
    expect(refusals).toHaveLength(9_900);
    expect(
      new Set(refusals.map(({ payload }) => `${payload[0].extensions.code} ${payload[0].extensions.reason}`)),
    ).toEqual(new Set(['RATE_LIMITED TOO_MANY_OPERATIONS']));
    const other = listen('websocket', api.url, await api.token('approver'), INBOX);
    await other.told(1);
    socket.send({ id: 's0', type: 'complete' });
    socket.send({ id: 'again', type: 'subscribe', payload: { query: INBOX } });
    await until('a place that was given back', async () => socket.messages.some(({ id }) => id === 'again'));
    expect(socket.messages.find(({ id }) => id === 'again').type).toBe('next');
  });

  it('one caller has a number of subscriptions, over all his connections', async () => {
    const url = await serve({ subscriptionsPerCaller: 3 });
    const places = Array.from({ length: 3 }, (_, i) => TRANSPORTS[i % 2]!);
    const token = await api.token('maker');
    const held = places.map((transport) => listen(transport, url, token, INBOX));
    await Promise.all(held.map((listener) => listener.told(1)));
    for (const transport of TRANSPORTS) {
      const refused = listen(transport, url, token, INBOX);
      const end = await refused.ended;
      const [error] = transport === 'websocket' ? (end as Loose[]) : refused.results[0].errors;
      expect(error.extensions).toMatchObject({
        code: 'RATE_LIMITED',
        reason: 'TOO_MANY_SUBSCRIPTIONS',
        retryable: true,
      });
    }
    await listen('sse', url, await api.token('approver'), INBOX).told(1);
    held[0]!.stop();
    await until('a place that was given back', async () => {
      const next = listen('websocket', url, token, INBOX);
      return (await Promise.race([next.told(1), next.ended])) === next.results;
    });
  });

  it('one caller has a number of connections', async () => {
    const url = await serve({ connectionsPerCaller: 2 });
    const token = await api.token('maker');
    await connectSocket(url, token);
    await listen('sse', url, token, INBOX).told(1);
    const third = await openSocket(url);
    third.send({ type: 'connection_init', payload: { authorization: token } });
    expect(await third.closed).toBe('1013 TOO_MANY_CONNECTIONS');
    const refused = await stream(url, { query: INBOX }, { authorization: token });
    expect([refused.status, JSON.parse(await refused.text())]).toMatchObject([
      429,
      { errors: [{ extensions: { code: 'RATE_LIMITED', reason: 'TOO_MANY_CONNECTIONS' } }] },
    ]);
    await connectSocket(url, await api.token('approver'));
  });

  it('one address has a number of sockets that nobody has signed in on', async () => {
    const url = await serve({ strangersPerAddress: 2 });
    const [first] = [await openSocket(url), await openSocket(url)];
    await expect(openSocket(url)).rejects.toThrow('429');
    first.send({ type: 'connection_init', payload: { authorization: await api.token('maker') } });
    await first.first('connection_ack');
    const third = await openSocket(url);
    await expect(openSocket(url)).rejects.toThrow('429');
    third.socket.close();
    await third.closed;
    await until('a place that was given back', async () =>
      openSocket(url).then(
        () => true,
        () => false,
      ),
    );
  });
});

describe('a client that never reads', () => {
  /** What is loud enough would be refused for its cost otherwise. */
  const AT_ANY_COST = { queryCostLimit: 1e9, rateLimitPerMinute: 0 };
  /** An answer of about a megabyte for every twelve aliases. */
  const loud = (aliases: number): string =>
    `{ ${Array.from({ length: aliases }, (_, i) => `a${i}: __schema { types { fields { type { name description fields { name description } } } } }`).join(' ')} }`;

  it('is closed, and nothing more is begun for it', async () => {
    const url = await serve({ stallMs: 1_000 }, AT_ANY_COST);
    const socket = await connectSocket(url, await api.token('maker'));
    socket.socket.pause();
    for (let i = 0; i < 80; i++) {
      socket.send({ id: `q${i}`, type: 'subscribe', payload: { query: loud(12) } });
      socket.send({ type: 'ping', payload: { x: 'x'.repeat(1_000) } });
      socket.socket.ping();
    }
    await until('a closed socket', async () => (await openConnections(url)) === 0, 30_000);
    const begun = (await figures(url)).find((line) => line.startsWith('tierwarden_operation_duration_seconds_count'));
    // What the network between two ends holds, and a little.
    expect(Number(begun?.split(' ')[1])).toBeLessThan(25);
    await connectSocket(url, await api.token('approver'));
  });

  it('has its event stream closed too', async () => {
    const url = await serve({ stallMs: 2_000 }, AT_ANY_COST);
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const body = JSON.stringify({ query: loud(100) });
    socket.pause();
    const { authorization } = await bearer('maker');
    socket.write(
      `POST /graphql/stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: ${authorization}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    await until('an open stream', async () => (await openConnections(url, 'sse')) === 1);
    await until('a closed stream', async () => (await openConnections(url, 'sse')) === 0, 20_000);
    socket.destroy();
  });
});

const figures = async (url: string): Promise<string[]> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text.split('\n').filter((line) => !line.startsWith('#'));
};
const openConnections = async (url: string, transport: Transport = 'websocket'): Promise<number> => {
  const line = (await figures(url)).find((one) =>
    one.startsWith(`tierwarden_open_connections{transport="${transport}"}`),
  );
  return Number(line?.split(' ')[1] ?? 0);
};

it('figures tell of connections, subscriptions and events', async () => {
  const url = await serve({});
  const listeners = TRANSPORTS.map(async (transport) => {
    const listener = listen(transport, url, await api.token('maker'), INBOX);
    await listener.told(1);
    return listener;
  });
  const [socket] = await Promise.all(listeners);
  expect(await figures(url)).toEqual(
    expect.arrayContaining([
      'tierwarden_open_connections{transport="websocket"} 1',
      'tierwarden_open_connections{transport="sse"} 1',
      'tierwarden_open_subscriptions{subscription="inboxChanged"} 2',
      'tierwarden_subscription_events_total{outcome="sent"} 2',
      'tierwarden_operation_duration_seconds_count{operation="other"} 2',
    ]),
  );
  const refused = listen('websocket', url, 'x', INBOX);
  await refused.ended;
  socket!.stop();
  await until('one subscription less', async () =>
    (await figures(url)).includes('tierwarden_open_subscriptions{subscription="inboxChanged"} 1'),
  );
  expect(await figures(url)).toEqual(
    expect.arrayContaining([
      'tierwarden_open_connections{transport="websocket"} 0',
      'tierwarden_faults_total{code="UNAUTHENTICATED"} 1',
    ]),
  );
});

describe('a process that stops', () => {
  it('lets a mutation end, says goodbye, and takes nobody in', async () => {
    const stopping = await startProcess(api);
    servers.push(stopping);
    const token = await api.token('maker');
    const socket = await connectSocket(stopping.url, token);
    const events = listen('sse', stopping.url, token, INBOX);
    await events.told(1);
    const lock = await holdCustomers();
    const register = (await publishedOperations()).get('register-customer') ?? '';
    socket.send({
      id: 'm',
      type: 'subscribe',
      payload: { query: register, variables: { input: { number: 'LATE-1', nameEn: 'Late Ltd' } } },
    });
    await lock.waitedFor();
    const closing = stopping.close();
    socket.send({ id: 'n', type: 'subscribe', payload: { query: VIEWER } });
    expect((await socket.first('error')).payload[0].extensions.code).toBe('SERVICE_UNAVAILABLE');
    await expect(openSocket(stopping.url)).rejects.toThrow('503');
    expect((await stream(stopping.url, { query: VIEWER }, await bearer('maker'))).status).toBe(503);
    await lock.release();
    expect((await socket.first('next')).payload.data.registerCustomer.customer).toMatchObject({ number: 'LATE-1' });
    expect(await socket.closed).toBe('1001 Going away');
    expect(await events.ended).toBeInstanceOf(Error);
    await closing;
    servers.length = 0;
  });

  const holdCustomers = async () => {
    await api.test.asOwner('BEGIN');
    await api.test.asOwner('LOCK TABLE customer IN ACCESS EXCLUSIVE MODE');
    return {
      waitedFor: () =>
        until('somebody who waits', async () => {
          const waiting = await api.test.asApp(
            "SELECT FROM pg_locks WHERE NOT granted AND relation = 'customer'::regclass",
          );
          return waiting.length > 0;
        }),
      release: () => api.test.asOwner('ROLLBACK'),
    };
  };

  it('does not wait for a client that does not answer', async () => {
    const stopping = await startProcess(api, { shutdownTimeoutMs: 2_000 });
    const socket = await connectSocket(stopping.url, await api.token('maker'));
    socket.socket.pause();
    const startedMs = performance.now();
    await stopping.close();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

it('a client that would rather speak HTTP/2 is served all the same', async () => {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify({ query: '{ __typename }' });
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n` +
      `HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(answer).toContain('{"data":{"__typename":"Query"}');
});

it('a process whose database is away asks to come again', async () => {
  const app = await createApp({
    config: api.app.config,
    databaseUrl: api.test.appUrl,
    logger: pino({ level: 'silent' }),
    clock: api.test.clock,
  });
  const { query } = app.database;
  const live = await startLive(app, {});
  servers.push({
    close: async () => {
      await live.close();
      await app.close();
    },
  });
  expect(await app.identity.queries.usersByIds((await actorOf()) as never, [await userId()])).toHaveLength(1);
  Object.assign(app.database, {
    query: (sql: string, params?: readonly unknown[]) =>
      sql.includes('pg_current_snapshot') ? Promise.reject(new Error('away')) : query(sql, params),
  });
  const socket = await openSocket(live.url);
  socket.send({ type: 'connection_init', payload: await bearer('maker') });
  expect(await socket.closed).toBe('1013 INTERNAL_SERVER_ERROR');
  Object.assign(app.database, { query });
  await connectSocket(live.url, await api.token('maker'));
});

const userId = async (): Promise<string> => (await api.app.identity.queries.bySubject('maker'))!.id;
const actorOf = async () => ((await api.app.identity.authenticate(await api.token('security'))) as Loose).value;
