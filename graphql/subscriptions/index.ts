/** Subscriptions, and queries and mutations over the same connections: WebSocket and server-sent events beside plain HTTP. */
import type { Server } from 'node:http';
import express, { Router, type RequestHandler } from 'express';
import type { GraphQLSchema } from 'graphql';
import type { App } from '../../src/app';
import type { Telemetry } from '../../src/platform/telemetry';
import type { Executor } from '../execution';
import { createOperationRunner } from '../operation-runner';
import type { QueryLimits } from '../query-limits';
import { createChangeFeeds } from './change-feeds';
import { createConnections } from './connections';
import { serveEventStreams } from './event-stream';
import { CONNECTION_LIMITS, type ConnectionLimits } from './limits';
import { createSharedReads, type Broadcast } from './live-context';
import { serveWebSockets } from './websocket';

export { UpgradableRequest } from './websocket';

export interface LiveDoorDeps {
  readonly app: App;
  /** Made with {@link UpgradableRequest}. */
  readonly http: Server;
  readonly schema: GraphQLSchema;
  readonly executor: Executor;
  readonly limits: QueryLimits;
  readonly telemetry: Telemetry;
  readonly maxTokens: number;
  /** Of a WebSocket message or of the body of an event stream's request. */
  readonly maxMessageBytes: number;
  readonly connectionLimits?: ConnectionLimits;
}

export interface LiveDoor {
  /** POST /graphql/stream; comes before whatever serves /graphql. */
  readonly router: Router;
  /** Lets queries and mutations under way end, then ends every connection; before the HTTP server is stopped. */
  close(): Promise<void>;
}

const SOCKET_PATH = '/graphql';
const STREAM_PATH = '/graphql/stream';

export const createLiveDoor = (deps: LiveDoorDeps): LiveDoor => {
  const { app, telemetry, connectionLimits: limits = CONNECTION_LIMITS } = deps;
  const feeds = createChangeFeeds(app.signals, telemetry);
  const connections = createConnections(app, feeds, telemetry, limits);
  const broadcast: Broadcast = { feeds, reads: createSharedReads(app), telemetry };
  const runner = createOperationRunner(deps);
  const sockets = serveWebSockets({ ...deps, path: SOCKET_PATH, runner, connections, broadcast, limits });

  const router = Router();
  router.post(
    STREAM_PATH,
    express.json({ limit: deps.maxMessageBytes }),
    serveEventStreams({ app, runner, connections, broadcast, telemetry, limits }),
  );
  router.all(STREAM_PATH, postOnly);

  return {
    router,
    close: async () => {
      sockets.refuseFurther();
      connections.refuseFurther();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, app.config.shutdownTimeoutMs / 2);
      });
      await Promise.race([runner.drain(), late]);
      clearTimeout(timer);
      // What was answered last is on its way only now.
      await new Promise((resolve) => setImmediate(resolve));
      await connections.close();
      await feeds.close();
    },
  };
};

const postOnly: RequestHandler = (request, response) => {
  response
    .status(405)
    .setHeader('allow', 'POST')
    .json({
      errors: [
        {
          message: 'event streams are asked for by POST',
          extensions: { code: 'BAD_USER_INPUT', reason: 'EVENT_STREAM', retryable: false, requestId: request.id },
        },
      ],
    });
};
