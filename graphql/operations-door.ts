/**
 * The door for those who operate an installation: figures at /metrics, the queues at /admin/queues. It reaches PostgreSQL and
 * the queue without GraphQL. Whoever may only look is kept from acting here, not by a page that hides the buttons.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import express, { Router, type Request, type RequestHandler, type Response } from 'express';
import type { App } from '../src/app';
import { IdentityProviderUnavailable, permit, type Authentication } from '../src/identity';
import type { Actor } from '../src/kernel/actor';
import { ok } from '../src/kernel/result';
import { outboxBacklog } from '../src/platform/outbox';
import { createQueueBackend, QUEUE_NAMES, redisPrefixOf, type QueueBackend } from '../src/platform/queue';
import { createTelemetry, type Telemetry } from '../src/platform/telemetry';
import { SIGN_IN_POLICY, signInPage, type Note } from './sign-in-page';

export interface OperationsDoor {
  readonly telemetry: Telemetry;
  readonly router: Router;
  close(): Promise<void>;
}

const BOARD = '/admin/queues';
const COOKIE = 'tierwarden_operator';
/** The token in the cookie is looked at anew at every request, so access may end sooner. */
const COOKIE_SECONDS = 15 * 60;
/** Browsers drop cookies above 4096 bytes, name and attributes included. */
const MAX_TOKEN_LENGTH = 3_800;

export const createOperationsDoor = (app: App): OperationsDoor => {
  const queues = openOnFirstUse(app);
  const telemetry = createTelemetry({
    pool: () => app.database.pool(),
    outbox: () => outboxBacklog(app.database),
    auditLog: async () => {
      const [log, { openDiscrepancies }] = await Promise.all([
        app.audit.log.queries.status(),
        app.audit.completeness.status(),
      ]);
      return { ...log, discrepancies: openDiscrepancies };
    },
    ratings: async () => ({
      ...(await app.ratings.queries.reratingBacklog(app.clock())),
      campaign: await app.ratings.queries.campaignProgress(),
    }),
    queues: async () => {
      const { backend } = await queues.get();
      const counted = QUEUE_NAMES.map(async (name) => [name, await backend.inspect(name).counts()] as const);
      return new Map(await Promise.all(counted));
    },
    clock: app.clock,
  });

  const router = Router();
  router.get('/metrics', scrapersOnly(app), async (_, response) => {
    const text = await telemetry.expose();
    response.setHeader('cache-control', 'no-store');
    response.setHeader('content-type', telemetry.contentType);
    response.send(text);
  });
  router.use('/admin', neverCached, signIn(app));
  router.use(BOARD, operatorsOnly(app), async (request, response, next) => {
    const { acting, looking } = await queues.get();
    response.setHeader('content-security-policy', BOARD_POLICY);
    (mayOperate(actorOf(response)) ? acting : looking)(request, response, next);
  });
  return { telemetry, router, close: () => queues.close() };
};

const neverCached: RequestHandler = (_, response, next) => {
  response.setHeader('cache-control', 'no-store');
  next();
};

/* Who may do what */

const mayOperate = (actor: Actor): boolean => permit(actor, 'system.operate').ok;
const mayLook = (actor: Actor): boolean => mayOperate(actor) || permit(actor, 'audit.read').ok;

/** The token of METRICS_TOKEN, or a person who may look; anybody where there is neither network nor outside data. */
const scrapersOnly =
  (app: App): RequestHandler =>
  async (request, response, next) => {
    const { metricsToken, auth } = app.config;
    const credential = request.headers.authorization;
    if (metricsToken === null && auth.kind === 'local' && credential === undefined) return next();
    if (metricsToken !== null && sameText(credential ?? '', `Bearer ${metricsToken}`)) return next();
    const asked = await authenticate(app, credential);
    if (asked === 'unavailable') return refuseRequest(response, 503);
    if (!asked.ok) return refuseRequest(response, 401);
    if (!mayLook(asked.value)) return refuseRequest(response, 403);
    next();
  };

/** By digest, so that the time it takes tells nothing. */
const sameText = (a: string, b: string): boolean => timingSafeEqual(digestOf(a), digestOf(b));
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const operatorsOnly =
  (app: App): RequestHandler =>
  async (request, response, next) => {
    const asked = await authenticate(app, request.headers.authorization ?? tokenInCookie(request));
    if (asked === 'unavailable') return refuseRequest(response, 503);
    if (!asked.ok) {
      if (request.accepts(['json', 'html']) === 'html')
        return showSignIn(response, 401, { en: 'Sign in first.', zh: '请先登录。' });
      return refuseRequest(response, 401);
    }
    const actor = asked.value;
    if (!mayLook(actor)) return refuseRequest(response, 403);
    response.locals['actor'] = actor;
    if (request.method === 'GET' || request.method === 'HEAD') return next();
    const act = `${request.method} ${request.path}`;
    if (!mayOperate(actor) || fromElsewhere(request) || !ACTS.some((allowed) => allowed.test(act))) {
      return refuseRequest(response, 403);
    }
    const recorded = await app.unitOfWork.run({ actor, requestId: request.id as string }, async (tx) => {
      const queue = QUEUE_NAMES.find((name) => request.path.startsWith(`/api/queues/${name}/`));
      tx.record({ action: 'queue.operated', object: { type: 'Queue', id: queue ?? 'all' }, data: { act } });
      return ok(true);
    });
    if (!recorded.ok) return refuseRequest(response, 403);
    next();
  };

/**
 * What operators may do to queues and jobs. Adding a job, changing its data and wiping a queue out are not among it: jobs
 * come from commands, through the outbox.
 */
const ACTS = [
  /^PUT \/api\/queues\/(pause|resume)$/,
  /^PUT \/api\/queues\/[^/]+\/(pause|resume|promote|empty)$/,
  /^PUT \/api\/queues\/[^/]+\/(retry|clean)\/[^/]+$/,
  /^PUT \/api\/queues\/[^/]+\/[^/]+\/(retry|clean|promote)(\/[^/]+)?$/,
];

/** SameSite keeps out other sites; this keeps out other programs of the same one, such as another port of localhost. */
const fromElsewhere = (request: Request): boolean => {
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
};

const authenticate = async (app: App, credential: string | undefined): Promise<Authentication | 'unavailable'> => {
  try {
    return await app.identity.authenticate(credential);
  } catch (error) {
    if (!(error instanceof IdentityProviderUnavailable)) throw error;
    app.logger.warn({ err: error }, 'the identity provider does not answer');
    return 'unavailable';
  }
};

const actorOf = (response: Response): Actor => response.locals['actor'] as Actor;

const REFUSALS = {
  401: ['UNAUTHENTICATED', 'Sign in first.'],
  403: ['FORBIDDEN', 'Your roles do not allow this.'],
  503: ['SERVICE_UNAVAILABLE', 'a service that is needed does not answer'],
} as const;

const refuseRequest = (response: Response, status: keyof typeof REFUSALS): void => {
  const [code, message] = REFUSALS[status];
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  response.status(status).json({ errors: [{ message, extensions: { code, retryable: status === 503 } }] });
};

/* Signing in with a browser */

const signIn = (app: App): Router => {
  const router = Router();
  const cookie = {
    httpOnly: true,
    sameSite: 'strict',
    path: '/admin',
    secure: app.config.auth.kind !== 'local',
  } as const;
  router.get('/sign-in', (_, response) =>
    showSignIn(response, 200, { en: 'Sign in with a token.', zh: '请用令牌登录。' }),
  );
  router.post('/sign-in', express.urlencoded({ extended: false, limit: '16kb' }), async (request, response) => {
    const { token } = (request.body ?? {}) as { token?: unknown };
    if (fromElsewhere(request)) return refuseRequest(response, 403);
    if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) {
      return showSignIn(response, 400, {
        en: `A token has at most ${MAX_TOKEN_LENGTH} characters.`,
        zh: `令牌最长 ${MAX_TOKEN_LENGTH} 个字符。`,
      });
    }
    const asked = await authenticate(app, token);
    if (asked === 'unavailable') {
      return showSignIn(response, 503, { en: 'The identity provider does not answer.', zh: '身份提供方没有应答。' });
    }
    if (!asked.ok) return showSignIn(response, 401, { en: 'The token does not hold.', zh: '令牌无效。' });
    if (!mayLook(asked.value)) {
      const zh = '此令牌所属角色无权查看。';
      return showSignIn(response, 403, { en: 'The roles behind this token do not allow it.', zh });
    }
    const leftMs = asked.expiresAt.getTime() - app.clock().getTime();
    response.cookie(COOKIE, token.replace(/^bearer +/i, '').trim(), {
      ...cookie,
      maxAge: Math.min(COOKIE_SECONDS * 1_000, leftMs),
    });
    response.redirect(303, BOARD);
  });
  router.post('/sign-out', (request, response) => {
    if (fromElsewhere(request)) return refuseRequest(response, 403);
    response.clearCookie(COOKIE, cookie);
    response.redirect(303, '/admin/sign-in');
  });
  return router;
};

const showSignIn = (response: Response, status: number, note: Note): void => {
  response.setHeader('content-security-policy', SIGN_IN_POLICY);
  response.status(status).type('html').send(signInPage(note));
};

/** Tokens are written in characters that need no escape. */
const tokenInCookie = (request: Request): string | undefined =>
  new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(request.headers.cookie ?? '')?.[1];

/* The queues */

interface OpenQueues {
  readonly backend: QueueBackend;
  readonly acting: RequestHandler;
  readonly looking: RequestHandler;
}

/** Only what the page brings along; it also names fonts of a third party, which are left out. */
const BOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Two connections, and none before somebody asks. */
const openOnFirstUse = (app: App): { get(): Promise<OpenQueues>; close(): Promise<void> } => {
  let opened: Promise<OpenQueues> | null = null;
  return {
    get: () => {
      opened ??= open(app).catch((error: unknown) => {
        opened = null;
        throw error;
      });
      return opened;
    },
    close: async () => {
      const last = await opened?.catch(() => null);
      await last?.backend.close();
    },
  };
};

const open = async (app: App): Promise<OpenQueues> => {
  const backend = createQueueBackend({
    redis: app.config.redis,
    redisPrefix: await redisPrefixOf(app.database),
    databaseUrl: app.databaseUrl,
    applicationName: 'tierwarden-operations',
    poolSize: 2,
  });
  return { backend, acting: board(app, backend, false), looking: board(app, backend, true) };
};

const board = (app: App, backend: QueueBackend, readOnlyMode: boolean): RequestHandler => {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(BOARD);
  createBullBoard({
    queues: QUEUE_NAMES.map((name) => new BullMQAdapter(backend.inspect(name).raw, { readOnlyMode })),
    serverAdapter,
    options: {
      uiConfig: { boardTitle: 'Tierwarden queues', miscLinks: [{ text: 'Sign out', url: '/admin/sign-in' }] },
    },
  });
  // Its own would show the message of whatever was thrown.
  serverAdapter.setErrorHandler((error) => {
    app.logger.warn({ err: error }, 'the queue does not answer its dashboard');
    return { status: 500, body: { error: 'the queue does not answer' } };
  });
  return serverAdapter.getRouter() as RequestHandler;
};
