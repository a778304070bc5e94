/** What subscribers are told: everything that concerns them, whoever did it and wherever, and nothing else. */
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { App } from '../../src/app';
import { asSystem, required } from '../../src/app';
import { readConfig } from '../../src/config';
import { publishedOperations, useApi, type Loose } from '../support/api';
import { listen, startProcess, stopListeners, TRANSPORTS, type Listener, type Transport } from '../support/live';
import { asSystemActor, type Handle } from '../support/people';
import { until } from '../workers/support/until';

const api = useApi('sample');
const by = asSystem('rating-worker', 'test');
const processes: { close(): Promise<void> }[] = [];
const REDIS = readConfig({ REDIS_URL: process.env['REDIS_URL'] ?? 'redis://localhost:6379' }).redis;
let operations: Map<string, string>;

beforeAll(async () => {
  operations = await publishedOperations();
});
afterEach(async () => {
  stopListeners();
  for (const { close } of processes.splice(0)) await close();
});

const start = async (...settings: Parameters<typeof startProcess> extends [unknown, ...infer Rest] ? Rest : never) => {
  const started = await startProcess(api, ...settings);
  processes.push(started);
  return started;
};

const follow = async (
  transport: Transport,
  url: string,
  who: Handle,
  operation: 'inbox-changed' | 'request-changed' | 'run-progress',
  variables: Record<string, unknown> = {},
): Promise<Listener> => {
  const listener = listen(transport, url, await api.token(who), operations.get(operation) ?? '', variables);
  await listener.told(1);
  return listener;
};

const numbers = Array.from({ length: 60 }, (_, i) => `C${String(i + 20).padStart(4, '0')}`);

/** Sales proposes one notch down for a customer whom no test has used yet: one level, decided by `approver`. */
const propose = async (url = api.url, notches = 1): Promise<{ id: string; version: number }> => {
  for (;;) {
    const number = numbers.shift();
    const { customer } = (
      await ask(url, 'maker', '{ customer(number: "' + number + '") { id grade { version inForce { value rank } } } }')
    ).data;
    const GRADES = ['C', 'CC', 'CCC', 'B', 'BB', 'BBB', 'A', 'AA', 'AAA'];
    const toGrade = GRADES[customer.grade.inForce.rank - 1 - notches];
    if (toGrade === undefined) continue;
    const answer = await ask(url, 'maker', operations.get('submit-grade-override') ?? '', {
      input: {
        customerId: customer.id,
        toGrade,
        reasonCode: 'MATERIAL_EVENT',
        justification: 'Something material has happened to them.',
        evidence: [{ title: 'Notice', reference: '2026-1' }],
        validUntil: '2026-03-01T00:00:00.000Z',
        expectedVersion: customer.grade.version,
      },
    });
    const { request, userErrors } = answer.data.submitGradeOverride;
    expect(userErrors).toEqual([]);
    return { id: request.id, version: request.version };
  }
};

const ask = async (url: string, who: Handle, query: string, variables: object = {}): Promise<Loose> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await api.token(who)}` },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
};

const decide = async (url: string, who: Handle, request: { id: string; version: number }): Promise<void> => {
  const answer = await ask(url, who, operations.get('approve-request') ?? '', {
    input: { requestId: request.id, expectedVersion: request.version },
  });
  expect(answer.data.approveRequest.userErrors).toEqual([]);
};

const payloads = (listener: Listener, field: string): Loose[] =>
  listener.results.map((result) => result.data?.[field] ?? result);
const inboxOf = (listener: Listener): Loose[] => payloads(listener, 'inboxChanged');
const BEGINNING = { requestId: null, version: null };

/** Everything that was committed before has been told by now to whoever it is for. */
const allTold = async (app: App): Promise<void> => {
  const position = await new Promise<void>((resolve, reject) => {
    app.signals
      .follow({ onSignals: () => resolve(), onGap: () => resolve() })
      .then(async (following) => {
        await api.app.unitOfWork.run(asSystemActor(), async (tx) => {
          tx.record({ action: 'test.done', object: { type: 'Test', id: 'x' } });
          tx.signal('RatingRun', 'nothing', 1);
          return { ok: true, value: true };
        });
        processes.unshift(following);
      })
      .catch(reject);
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  return position;
};

describe('across processes', () => {
  const roads = [
    ['wake-ups through PostgreSQL', { here: null, there: null }],
    ['wake-ups through Redis', { here: REDIS, there: REDIS }],
    ['every wake-up lost', { here: REDIS, there: null }],
  ] as const;

  describe.each(roads)('%s', (_, { here, there }) => {
    it.each(TRANSPORTS)('a decision arrives by %s', async (transport) => {
      const deciding = await start({ redis: here });
      const watching = await start({ redis: there });
      const inbox = await follow(transport, watching.url, 'approver', 'inbox-changed');
      expect(inboxOf(inbox)).toEqual([BEGINNING]);

      const request = await propose(deciding.url);
      await inbox.told(2);
      const one = await follow(transport, watching.url, 'maker', 'request-changed', { id: request.id });
      await decide(deciding.url, 'approver', request);
      await inbox.told(3);
      expect(await one.ended).toBe('complete');
      expect(inboxOf(inbox)).toEqual([
        BEGINNING,
        { requestId: request.id, version: 1 },
        { requestId: request.id, version: 2 },
      ]);
      expect(payloads(one, 'requestChanged')).toEqual([
        { requestId: request.id, version: 1, state: 'IN_REVIEW' },
        { requestId: request.id, version: 2, state: 'APPLIED' },
      ]);
    });
  });

  it.each(TRANSPORTS)('the progress of a run that workers elsewhere rate arrives by %s', async (transport) => {
    const worker = await start();
    const { runId } = required(await worker.app.ratings.startRun(by));
    const id = Buffer.from(`RatingRun:${runId}`).toString('base64url');
    const progress = await follow(transport, api.url, 'analyst', 'run-progress', { id });
    required(await worker.app.ratings.runChunk(by, { runId, ordinal: 1 }));
    required(await worker.app.ratings.finishRun(by, { runId }));
    expect(await progress.ended).toBe('complete');
    const told = payloads(progress, 'runProgress');
    expect(told[0]).toEqual({ runId: id, state: 'RUNNING', done: 0, total: 600, version: 1 });
    // What lies between may come as one with what follows.
    expect(told.at(-1)).toEqual({ runId: id, state: 'COMPLETED', done: 600, total: 600, version: 3 });
  });

  it('what came while the database was away comes afterwards', async () => {
    const away = { is: false };
    const watching = await start();
    const { query } = watching.app.database;
    Object.assign(watching.app.database, {
      query: (...asked: Parameters<typeof query>) =>
        away.is ? Promise.reject(new Error('the database is away')) : query(...asked),
    });
    const inbox = await follow('websocket', watching.url, 'approver', 'inbox-changed');
    away.is = true;
    const requests = [await propose(), await propose()];
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(inboxOf(inbox)).toEqual([BEGINNING]);
    away.is = false;
    await inbox.told(3);
    expect(
      inboxOf(inbox)
        .slice(1)
        .map(({ requestId }) => requestId)
        .sort(),
    ).toEqual(requests.map(({ id }) => id).sort());
  });
});

describe('who was away', () => {
  it('connects to another process by himself and catches up by what changed since', async () => {
    const [first, second] = [await start(), await start()];
    const seen = { at: '', urls: [first.url, second.url] };
    const inboxes: Loose[] = [];
    const token = await api.token('approver');
    const client = createClient({
      url: () => `${seen.urls[0]!.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 10,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    });
    const missed: Loose[] = [];
    client.subscribe(
      { query: operations.get('inbox-changed') ?? '' },
      {
        next: ({ data }) => inboxes.push((data as Loose).inboxChanged),
        error: () => undefined,
        complete: () => undefined,
      },
    );
    await until('the first connection', async () => inboxes.length === 1);
    const known = await propose();
    await until('the first request', async () => inboxes.length === 2);
    seen.at = (await api.ask('approver', 'change-request', { id: known.id })).data.changeRequest.submittedAt;

    seen.urls.shift();
    client.on('connected', () => {
      const updatedSince = new Date(Date.parse(seen.at) - 60_000).toISOString();
      void ask(second.url, 'approver', operations.get('changed-requests') ?? '', { updatedSince }).then(({ data }) =>
        missed.push(...data.changeRequests.nodes),
      );
    });
    processes.splice(processes.indexOf(first), 1);
    const closing = first.close();
    await decide(api.url, 'approver2', known);
    const next = await propose();
    await closing;
    // By the list, or by an event after the connection: either way nothing is missing.
    const told = (id: string): number =>
      Math.max(
        0,
        ...inboxes.filter(({ requestId }) => requestId === id).map(({ version }) => version as number),
        ...missed.filter((node) => node.id === id).map(({ version }) => version as number),
      );
    await until('everything', async () => told(known.id) === 2 && told(next.id) === 1, 10_000);
    await client.dispose();
    expect(inboxes.filter(({ requestId }) => requestId === null)).toHaveLength(2);
  });
});

describe('whom it concerns', () => {
  it('is told, and nobody else', async () => {
    const handles: Handle[] = ['maker', 'approver', 'cro', 'analyst', 'auditor', 'policy'];
    const inboxes = new Map<Handle, Listener>();
    for (const handle of handles) {
      inboxes.set(handle, await follow('websocket', api.url, handle, 'inbox-changed'));
    }
    // Three notches down take the approver and, after him, the chief risk officer.
    const request = await propose(api.url, 3);
    await inboxes.get('approver')!.told(2);
    await allTold(api.app);
    const told = (): Record<string, number[]> =>
      Object.fromEntries(
        [...inboxes].map(([handle, inbox]) => [
          handle,
          inboxOf(inbox)
            .slice(1)
            .map(({ version }) => version),
        ]),
      );
    const nobodyElse = { analyst: [], auditor: [], policy: [] };
    expect(told()).toEqual({ ...nobodyElse, maker: [1], approver: [1], cro: [] });

    await decide(api.url, 'approver', request);
    await inboxes.get('cro')!.told(2);
    await allTold(api.app);
    expect(told()).toEqual({ ...nobodyElse, maker: [1, 2], approver: [1, 2], cro: [2] });

    await decide(api.url, 'cro', { ...request, version: 2 });
    await inboxes.get('cro')!.told(3);
    await allTold(api.app);
    expect(told()).toEqual({ ...nobodyElse, maker: [1, 2, 3], approver: [1, 2, 3], cro: [2, 3] });
  });

  it('holds for a colleague who could have decided too: it leaves his inbox', async () => {
    const inbox = await follow('sse', api.url, 'approver2', 'inbox-changed');
    const request = await propose();
    await inbox.told(2);
    await decide(api.url, 'approver', request);
    await inbox.told(3);
    expect(inboxOf(inbox).at(-1)).toEqual({ requestId: request.id, version: 2 });
  });

  it.each([
    ['requestChanged(id: $id) { version }', 'ChangeRequest', 'approver', 'NOT_FOUND'],
    ['runProgress(id: $id) { done }', 'RatingRun', 'approver', 'NOT_FOUND'],
    ['requestChanged(id: $id) { version }', 'ChangeRequest', 'system', 'FORBIDDEN'],
    ['runProgress(id: $id) { done }', 'RatingRun', 'system', 'FORBIDDEN'],
    ['requestChanged(id: $id) { version }', 'RatingRun', 'approver', 'BAD_USER_INPUT'],
    ['runProgress(id: $id) { done }', 'User', 'approver', 'BAD_USER_INPUT'],
  ] as const)('subscription { %s } of no such %s by %s: %s', async (field, type, who, code) => {
    const id = Buffer.from(`${type}:00000000-0000-7000-8000-000000000000`).toString('base64url');
    for (const transport of TRANSPORTS) {
      const refused = listen(transport, api.url, await api.token(who), `subscription ($id: ID!) { ${field} }`, { id });
      const error = await refused.ended;
      const [first] = transport === 'websocket' ? (error as Loose[]) : refused.results[0].errors;
      expect(first.extensions).toMatchObject({ code, requestId: expect.stringMatching(/^[\w-]{36}$/) });
    }
  });

  it('an inbox is for those who may read requests', async () => {
    const refused = listen('websocket', api.url, await api.token('security'), operations.get('inbox-changed') ?? '');
    expect(await refused.ended).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('plain HTTP has no subscriptions, and says where they are', async () => {
    for (const operation of ['inbox-changed', 'request-changed', 'run-progress']) {
      const { data, errors } = await ask(api.url, 'approver', operations.get(operation) ?? '', { id: 'x' });
      expect(data).toBeNull();
      expect(errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'STREAM_NEEDED' });
    }
  });
});

describe('the permissions of the moment', () => {
  const asSecurity = async (app: App) => {
    const user = await app.identity.queries.bySubject('security');
    const { actorOf } = jest.requireActual<typeof import('../../src/identity/domain/user')>(
      '../../src/identity/domain/user',
    );
    return { actor: actorOf(user!), requestId: 'test-security' };
  };

  it.each(TRANSPORTS)('who loses a role in another process is told nothing more by %s', async (transport) => {
    const elsewhere = await start();
    const [lost, kept] = [
      await follow(transport, api.url, 'approver2', 'inbox-changed'),
      await follow(transport, api.url, 'approver', 'inbox-changed'),
    ];
    const request = await propose();
    await Promise.all([lost.told(2), kept.told(2)]);

    const security = await asSecurity(elsewhere.app);
    const change = async (verb: 'revokeRole' | 'grantRole') => {
      const user = await elsewhere.app.identity.queries.bySubject('approver2');
      required(
        await elsewhere.app.identity.commands[verb](security, {
          userId: user!.id,
          role: 'RISK_APPROVER',
          expectedVersion: user!.version,
        }),
      );
    };
    await change('revokeRole');
    await decide(api.url, 'approver', request);
    await kept.told(3);
    await allTold(api.app);
    expect(lost.results).toHaveLength(2);

    await change('grantRole');
    // With the role comes what waits for it.
    await lost.told(3);
    expect(inboxOf(lost).at(-1)).toEqual(BEGINNING);
    const next = await propose();
    await lost.told(4);
    expect(inboxOf(lost).at(-1)).toEqual({ requestId: next.id, version: 1 });
  });

  it('who is let go in another process is cut off at once', async () => {
    const elsewhere = await start();
    const [socket, stream] = [
      await follow('websocket', api.url, 'approver2', 'inbox-changed'),
      await follow('sse', api.url, 'approver2', 'inbox-changed'),
    ];
    const user = await elsewhere.app.identity.queries.bySubject('approver2');
    required(
      await elsewhere.app.identity.commands.deactivateUser(await asSecurity(elsewhere.app), {
        userId: user!.id,
        reason: 'left',
        expectedVersion: user!.version,
      }),
    );
    expect(await socket.ended).toMatchObject({ code: 4401, reason: 'SIGNED_OUT' });
    expect(await stream.ended).toBe('complete');
    expect(stream.results.at(-1).errors[0].extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'SIGNED_OUT',
    });
    expect(inboxOf(socket)).toEqual([BEGINNING]);
  });
});
