/** Clients of connections that stay open, as front ends use them, and sockets for what no decent client would do. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { pino, type Logger } from 'pino';
import WebSocket from 'ws';
import { createOperationsDoor } from '../../graphql/operations-door';
import { createExecutor } from '../../graphql/execution';
import { createQueryLimits } from '../../graphql/query-limits';
import { createPresentSchema, createSchema } from '../../graphql/schema';
import { startApi, type Api } from '../../graphql/server';
import { createLiveDoor, UpgradableRequest } from '../../graphql/subscriptions';
import { CONNECTION_LIMITS, type ConnectionLimits } from '../../graphql/subscriptions/limits';
import { createApp, type App } from '../../src/app';
import type { Config } from '../../src/config';
import { until } from '../workers/support/until';
import type { Loose, TestApi } from './api';

/** One subscription, query or mutation and what came of it. */
export interface Listener {
  readonly results: Loose[];
  /** Resolves when so many results are there. */
  told(count: number): Promise<Loose[]>;
  /** `complete`, or what the client was given as the error. */
  readonly ended: Promise<unknown>;
  stop(): void;
}

export type Transport = 'websocket' | 'sse';
export const TRANSPORTS: readonly Transport[] = ['websocket', 'sse'];

const stops: (() => void)[] = [];

/** Ends the clients of a test; call it after each. */
export const stopListeners = (): void => {
  for (const stop of stops.splice(0)) stop();
};

export const listen = (
  transport: Transport,
  url: string,
  token: string | undefined,
  query: string,
  variables: Record<string, unknown> = {},
): Listener => {
  const results: Loose[] = [];
  let end: (how: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => {
    end = resolve;
  });
  const sink = {
    next: (result: unknown) => void results.push(result),
    complete: () => end('complete'),
    error: (error: unknown) => end(error),
  };
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const client =
    transport === 'websocket'
      ? createWsClient({
          url: `${url.replace('http', 'ws')}/graphql`,
          webSocketImpl: WebSocket,
          connectionParams: authorization,
          retryAttempts: 0,
        })
      : createSseClient({ url: `${url}/graphql/stream`, headers: authorization, retryAttempts: 0 });
  client.subscribe({ query, variables }, sink);
  const stop = (): void => void client.dispose();
  stops.push(stop);
  return {
    results,
    ended,
    stop,
    told: async (count) => {
      await until(`${count} results, not ${JSON.stringify(results)}`, async () => results.length >= count, 20_000);
      return results;
    },
  };
};

/** One more API process on the same installation, with its own connections and wake-ups. */
export const startProcess = async (
  api: TestApi,
  settings: Partial<Config> = {},
  logger: Logger = pino({ level: 'silent' }),
): Promise<{ app: App; url: string; close: () => Promise<void> }> => {
  const config = { ...api.app.config, databasePoolSize: 5, ...settings };
  const app = await createApp({ config, databaseUrl: api.test.appUrl, logger, clock: api.test.clock });
  const server: Api = await startApi(app, { port: 0, host: '127.0.0.1' });
  return {
    app,
    url: server.url,
    close: async () => {
      await server.close();
      await app.close();
    },
  };
};

/** The connections alone, without plain HTTP beside them, under limits that a test can wait for. */
export const startLive = async (
  app: App,
  connectionLimits: Partial<ConnectionLimits>,
  settings: Partial<Config> = {},
): Promise<{ url: string; close: () => Promise<void> }> => {
  const site = express();
  const http = createServer({ IncomingMessage: UpgradableRequest }, site);
  const schema = createSchema();
  const limits = await createQueryLimits({ ...app, config: { ...app.config, ...settings } }, schema);
  const operations = createOperationsDoor(app);
  const live = createLiveDoor({
    app,
    http,
    schema,
    executor: createExecutor(schema, createPresentSchema()),
    limits,
    telemetry: operations.telemetry,
    maxTokens: 4_000,
    maxMessageBytes: 256 * 1024,
    connectionLimits: { ...CONNECTION_LIMITS, tendMs: 20, ...connectionLimits },
  });
  site.use((request, _, next) => {
    request.id = app.newId();
    next();
  });
  site.use(operations.router);
  site.use(live.router);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: async () => {
      await live.close();
      http.closeAllConnections();
      http.close();
      await limits.close();
      await operations.close();
    },
  };
};

export interface RawSocket {
  readonly socket: WebSocket;
  readonly messages: Loose[];
  /** As "code reason". */
  readonly closed: Promise<string>;
  send(message: unknown): void;
  /** The first message of the type, now or later. */
  first(type: string): Promise<Loose>;
}

export const openSocket = async (
  url: string,
  options: { protocol?: string; headers?: Record<string, string>; path?: string } & WebSocket.ClientOptions = {},
): Promise<RawSocket> => {
  const { protocol = 'graphql-transport-ws', path = '/graphql', ...rest } = options;
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocol, rest);
  stops.push(() => socket.terminate());
  const messages: Loose[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString('utf8'))));
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => {
    socket.once('close', (code, reason) => resolve(`${code} ${reason.toString()}`.trim()));
  });
  const opened = once(socket, 'open');
  const refused = new Promise<never>((_, reject) => {
    socket.once('unexpected-response', (_request, response) => reject(new Error(String(response.statusCode))));
  });
  await Promise.race([opened, refused]);
  return {
    socket,
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    first: async (type) => {
      const find = (): Loose => messages.find((message) => message.type === type);
      await until(`a message of type ${type}`, async () => find() !== undefined, 20_000);
      return find();
    },
  };
};

/** Signed in. */
export const connectSocket = async (
  url: string,
  token: string,
  options?: Parameters<typeof openSocket>[1],
): Promise<RawSocket> => {
  const socket = await openSocket(url, options);
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await socket.first('connection_ack');
  return socket;
};
