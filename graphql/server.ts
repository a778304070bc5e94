/**
 * The API process's HTTP door: GraphQL, the GraphiQL page, health and readiness. It authenticates, names every request
 * and maps failures; what requests mean is known to the resolvers.
 */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import type { App } from '../src/app';
import type { Actor } from '../src/kernel/actor';
import type { Telemetry } from '../src/platform/telemetry';
import { createAuditLogDoor } from './audit-log-door';
import { refuseUnusableInput } from './clean-input';
import { GraphContext, leavingBy } from './context';
import { createDocsSite } from './docs-site';
import { createEvidenceDoor } from './evidence-door';
import { createExecutor, executingBy } from './execution';
import { formatFault, type FaultCode } from './faults';
import { graphiqlPage } from './graphiql';
import { countingUserErrors, operationMetrics } from './metrics';
import { createOperationRunner } from './operation-runner';
import { createOperationsDoor } from './operations-door';
import { createQueryLimits, limitQueries } from './query-limits';
import { createReportsDoor } from './reports-door';
import { givenOrNewId } from './request-id';
import { createPresentSchema, createSchema } from './schema';
import { showingAlike } from './shown-answers';
import { createShortWay } from './short-way';
import { demandSignIn } from './sign-in';
import { createLiveDoor, UpgradableRequest } from './subscriptions';
import { operationTraces, traceOperations, traceRequests } from './traces';
import { withinTime } from './within-time';

export interface Api {
  readonly url: string;
  /** Stops taking requests, lets those under way end, and closes. */
  close(): Promise<void>;
}

/** Bodies above are refused before they are parsed. */
const MAX_BODY_BYTES = 256 * 1024;
/** Bounds the parser's work on one document. */
const MAX_TOKENS = 4_000;

export const startApi = async (app: App, listen: { readonly port: number; readonly host: string }): Promise<Api> => {
  const site = express();
  const http = createServer({ IncomingMessage: UpgradableRequest });
  const operations = createOperationsDoor(app);
  const schema = countingUserErrors(createSchema(), operations.telemetry);
  const limits = await createQueryLimits(app, schema);
  const executor = withinTime(app.config, showingAlike(app, createExecutor(schema, createPresentSchema())));
  const live = createLiveDoor({
    app,
    http,
    schema,
    executor,
    limits,
    telemetry: operations.telemetry,
    maxTokens: MAX_TOKENS,
    maxMessageBytes: MAX_BODY_BYTES,
  });
  const apollo = new ApolloServer<GraphContext>({
    gateway: executingBy(schema, executor),
    validationRules: [...limits.validationRules],
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: formatFault(app.logger),
    parseOptions: { maxTokens: MAX_TOKENS },
    plugins: [
      ApolloServerPluginDrainHttpServer({ httpServer: http, stopGracePeriodMillis: app.config.shutdownTimeoutMs }),
      ApolloServerPluginLandingPageDisabled(),
      // It would put itself around every field of every answer, and nothing here is cached.
      ApolloServerPluginCacheControlDisabled(),
      limitQueries(limits),
      requestIdInErrors,
      operationMetrics(app, operations.telemetry),
      operationTraces(app),
    ],
    logger: app.logger,
    stopOnTerminationSignals: false,
  });
  await apollo.start();

  site.disable('x-powered-by');
  site.use(
    pinoHttp({
      logger: app.logger,
      genReqId: (request, response) => {
        const id = givenOrNewId(request.headers['x-request-id'], randomUUID);
        response.setHeader('x-request-id', id);
        return id;
      },
      customLogLevel: (_, response, error) => (error !== undefined || response.statusCode >= 500 ? 'error' : 'debug'),
      serializers: {
        // Headers hold tokens; a log line needs none of them.
        req: (request: { id: string; method: string; url: string }) => ({
          id: request.id,
          method: request.method,
          url: request.url,
        }),
        res: (response: { statusCode: number }) => ({ statusCode: response.statusCode }),
      },
    }),
  );
  site.use(traceRequests(app));
  site.use(helmet());
  site.get('/healthz', (_, response) => {
    response.type('text/plain').send('ok\n');
  });
  site.get('/readyz', async (_, response) => {
    const readiness = await app.readiness();
    response.status(readiness.ready ? 200 : 503).json(readiness);
  });

  site.use(operations.router);
  site.use('/audit/log', createAuditLogDoor(app));
  site.use('/docs', createDocsSite());
  site.use('/reports', createReportsDoor(app));
  site.use('/evidence', createEvidenceDoor(app));
  site.get('/', (_, response) => {
    response.redirect('/graphql');
  });
  site.get('/graphql', async (request, response, next) => {
    if (request.query['query'] !== undefined || request.accepts(['application/json', 'text/html']) !== 'text/html') {
      next();
      return;
    }
    const { html, policy } = await graphiqlPage();
    response.setHeader('Content-Security-Policy', policy);
    response.type('html').send(html);
  });
  site.use(live.router);
  site.use(
    '/graphql',
    express.json({ limit: MAX_BODY_BYTES }),
    // Without a body express leaves it undefined, which Apollo takes for a missing parser.
    (request, _, next) => {
      request.body ??= {};
      next();
    },
    refuseUnusableInput(operations.telemetry),
    traceOperations(app),
    expressMiddleware(apollo, {
      context: async ({ req, res }) =>
        new GraphContext(
          app,
          await signIn(app, req.headers.authorization, requestIdOf(req)),
          requestIdOf(req),
          req.ip ?? '',
          leavingBy(res),
        ),
    }),
  );
  site.use((_, response) => {
    response.status(404).json({ error: 'not found' });
  });
  site.use(answerFaults(app, operations.telemetry));
  http.on(
    'request',
    createShortWay({
      app,
      apollo,
      runner: createOperationRunner({
        app,
        schema,
        executor,
        limits,
        telemetry: operations.telemetry,
        maxTokens: MAX_TOKENS,
      }),
      site,
      path: '/graphql',
      maxBodyBytes: MAX_BODY_BYTES,
      signIn: (credential, requestId) => signIn(app, credential, requestId),
    }),
  );

  await listening(http, listen);
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${port}`,
    close: async () => {
      await live.close();
      await apollo.stop();
      await limits.close();
      await operations.close();
    },
  };
};

const listening = (http: Server, listen: { readonly port: number; readonly host: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(listen.port, listen.host, () => {
      http.removeListener('error', reject);
      resolve();
    });
  });

/** Given to every request by the logger, as a string. */
const requestIdOf = (request: Request): string => request.id as string;

/** The actor behind the request's token; null without one, and a 401 for one that does not hold. */
const signIn = async (app: App, credential: string | undefined, requestId: string): Promise<Actor | null> => {
  if (credential === undefined || /^bearer *$/i.test(credential)) return null;
  return (await demandSignIn(app, credential, requestId)).value;
};

const requestIdInErrors: ApolloServerPlugin<GraphContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ response, contextValue }) => {
      if (response.body.kind !== 'single') return;
      const { errors } = response.body.singleResult;
      if (errors === undefined) return;
      response.body.singleResult.errors = errors.map((error) => ({
        ...error,
        extensions: { ...error.extensions, requestId: contextValue.requestId },
      }));
    },
  }),
};

/** Failures before GraphQL is reached: body too large, not JSON, and whatever else a middleware throws. */
const answerFaults =
  (app: App, telemetry: Pick<Telemetry, 'faulted'>): ErrorRequestHandler =>
  (error: { status?: number; type?: string }, request: Request, response: Response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const status = error.status ?? 500;
    if (status >= 500) app.logger.error({ err: error, requestId: requestIdOf(request) }, 'a request failed unforeseen');
    const [code, message]: [FaultCode, string] =
      status === 413
        ? ['PAYLOAD_TOO_LARGE', `a request body has at most ${MAX_BODY_BYTES / 1024} KiB`]
        : status < 500
          ? ['BAD_USER_INPUT', 'the request body cannot be read']
          : ['INTERNAL_SERVER_ERROR', 'something went wrong on our side'];
    telemetry.faulted(code);
    response
      .status(status)
      .json({ errors: [{ message, extensions: { code, retryable: false, requestId: requestIdOf(request) } }] });
  };
