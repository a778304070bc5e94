/**
 * GraphQL over WebSocket, subprotocol `graphql-transport-ws`. The library keeps the protocol; what stands here lets people
 * in, and keeps sockets from costing more than they may: nothing is read from a client that does not read.
 */
import { IncomingMessage, STATUS_CODES, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { App } from '../../src/app';
import type { GraphQLSchema } from 'graphql';
import type { Leaving } from '../context';
import { fault } from '../faults';
import { codeOf } from '../metrics';
import { givenOrNewId } from '../request-id';
import type { Telemetry } from '../../src/platform/telemetry';
import { tooMany, type Admission, type Connection, type Connections, type EndCause } from './connections';
import type { ConnectionLimits } from './limits';
import { LiveContext, type Broadcast } from './live-context';
import type { OperationOutcome, OperationRunner } from '../operation-runner';

export interface WebSocketDeps {
  readonly app: App;
  readonly http: Server;
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly runner: OperationRunner;
  readonly connections: Connections;
  readonly broadcast: Broadcast;
  readonly telemetry: Telemetry;
  readonly limits: ConnectionLimits;
  /** Larger messages end the connection. */
  readonly maxMessageBytes: number;
}

export interface WebSocketDoor {
  /** Turns away sockets that come from here on. */
  refuseFurther(): void;
}

/**
 * Requests of a server with WebSockets. Any other protocol that a client would change to, such as `h2c`, is declined by
 * serving the request as it is; Node would take it out of HTTP.
 */
export class UpgradableRequest extends IncomingMessage {
  private wanted = false;

  get upgrade(): boolean {
    return this.wanted && this.headers.upgrade?.toLowerCase() === 'websocket';
  }

  set upgrade(wanted: boolean) {
    this.wanted = wanted;
  }
}

/** What the server says when it closes a socket; 4403 invites to come again with a fresh token, 4401 does not. */
const CLOSES: Readonly<Record<EndCause, readonly [code: number, reason: string]>> = {
  TOKEN_EXPIRED: [CloseCode.Forbidden, 'TOKEN_EXPIRED'],
  SIGNED_OUT: [CloseCode.Unauthorized, 'SIGNED_OUT'],
  GOING_AWAY: [1001, 'Going away'],
};
const TRY_AGAIN_LATER = 1013;
/** How long a client may take to answer that it closes too. */
const CLOSE_TIMEOUT_MS = 2_000;

type Extra = { readonly socket: LiveSocket };

export const serveWebSockets = (deps: WebSocketDeps): WebSocketDoor => {
  const { app, http, limits } = deps;
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols,
    maxPayload: deps.maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
  } as ConstructorParameters<typeof WebSocketServer>[0]);
  const strangers = new Map<string, number>();
  let closing = false;

  const protocol = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: limits.initTimeoutMs,
    onConnect: ({ connectionParams, extra: { socket } }) => socket.signIn(credentialIn(connectionParams)),
    onSubscribe: async ({ subscriptions, extra: { socket } }, id, payload) => {
      const outcome = await socket.run(payload, () => id in subscriptions);
      if (outcome.kind === 'refused') return outcome.result.errors ?? [];
      return {
        schema: deps.schema,
        document: outcome.document,
        operationName: payload.operationName,
        contextValue: outcome,
      };
    },
    execute: ({ contextValue }) => resultOf(contextValue as OperationOutcome),
    subscribe: ({ contextValue }) => resultOf(contextValue as OperationOutcome),
  });

  http.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const address = request.socket.remoteAddress ?? '';
    const waiting = strangers.get(address) ?? 0;
    const refused = closing
      ? 503
      : pathOf(request) !== deps.path
        ? 404
        : waiting >= limits.strangersPerAddress
          ? 429
          : null;
    if (refused !== null) {
      duplex.on('error', () => undefined);
      duplex.end(
        `HTTP/1.1 ${refused} ${STATUS_CODES[refused] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, duplex, head, (raw) => {
      strangers.set(address, (strangers.get(address) ?? 0) + 1);
      const noStranger = once(() => {
        const left = (strangers.get(address) ?? 1) - 1;
        if (left === 0) strangers.delete(address);
        else strangers.set(address, left);
      });
      const socket = new LiveSocket(deps, raw, request, address, noStranger);
      const closed = protocol.opened(socket, { socket });
      raw.once('close', (code, reason) => {
        socket.closed();
        closed(code, reason.toString()).catch((error: unknown) => {
          app.logger.error({ err: error }, 'a socket was not cleaned up');
        });
      });
    });
  });

  return {
    refuseFurther: () => {
      closing = true;
    },
  };
};

const resultOf = (outcome: OperationOutcome) => (outcome.kind === 'stream' ? outcome.results : outcome.result);

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';

const credentialIn = (params: Readonly<Record<string, unknown>> = {}): string | undefined => {
  const given = params['authorization'] ?? params['Authorization'];
  return typeof given === 'string' ? given : undefined;
};

const once = (work: () => void): (() => void) => {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
};

/** One socket, as the protocol and as the register of connections see it. */
class LiveSocket implements Connection {
  private admission: Admission | null = null;
  private gone = false;
  /** Messages that are being worked on; an operation counts until its last answer is on its way. */
  private busy = 0;
  private unsent = 0;
  /** Since when nothing of what waits for the client has moved; null while nothing waits. */
  private stuckSinceMs: number | null = null;
  private working = 0;
  private readonly waiting: (() => void)[] = [];
  /** Looks whether what is being worked on is still wanted. */
  private readonly wanted = new Set<() => void>();
  private heardMs = performance.now();
  private pingedMs: number | null = null;

  constructor(
    private readonly deps: WebSocketDeps,
    private readonly raw: WebSocket,
    private readonly request: IncomingMessage,
    private readonly address: string,
    private readonly noStranger: () => void,
  ) {
    raw.on('error', (error) => deps.app.logger.debug({ err: error }, 'a socket failed'));
    raw.on('pong', () => this.heard());
    raw.on('ping', () => this.heard());
  }

  /* For the protocol */

  get protocol(): string {
    return this.raw.protocol;
  }

  /** Resolves when the client's side of the network has taken it: whoever waits for that keeps no more than one message. */
  send(data: string): Promise<void> {
    if (this.raw.readyState !== this.raw.OPEN) return Promise.resolve();
    return new Promise((resolve) => {
      this.unsent += 1;
      this.stuckSinceMs ??= performance.now();
      this.raw.send(data, () => {
        this.unsent -= 1;
        this.stuckSinceMs = this.unsent > 0 ? performance.now() : null;
        this.readIfRead();
        this.callWaiting();
        resolve();
      });
      this.readIfRead();
    });
  }

  close(code?: number, reason?: string): void {
    this.raw.close(code, reason);
    // What comes after it is nobody's concern, and a client that sends no more than that is not waited for.
    if (this.raw.isPaused) this.raw.resume();
  }

  onMessage(handle: (data: string) => Promise<void>): void {
    this.raw.on('message', (data: Buffer) => {
      // What arrives behind the back of a goodbye is not done any more.
      if (this.raw.readyState !== this.raw.OPEN) return;
      this.heard();
      this.busy += 1;
      handle(data.toString('utf8'))
        .catch((error: unknown) => {
          this.deps.app.logger.error({ err: error }, 'a message failed unforeseen');
          this.close(CloseCode.InternalServerError, 'Internal server error');
        })
        .finally(() => {
          this.busy -= 1;
        });
      // It may have been word that an answer is not wanted any more.
      for (const look of this.wanted) look();
      this.readIfRead();
    });
  }

  async signIn(credential: string | undefined): Promise<boolean> {
    const { connections, telemetry, app } = this.deps;
    const id = app.newId();
    try {
      const admission = await connections.admit(
        'websocket',
        credential ?? this.request.headers.authorization,
        this,
        id,
      );
      this.noStranger();
      this.admission = admission;
      if (this.gone) admission.leave();
      return true;
    } catch (error) {
      const shown = this.deps.runner.show(error, id);
      telemetry.faulted(codeOf(shown));
      const { code, reason = code } = shown.extensions as { code: string; reason?: string };
      this.close(code === 'UNAUTHENTICATED' ? closeForSignIn(reason) : TRY_AGAIN_LATER, reason);
      return false;
    }
  }

  async run(
    payload: {
      readonly query?: unknown;
      readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
    },
    isWanted: () => boolean,
  ): Promise<OperationOutcome> {
    const { app, runner, connections, broadcast, limits, telemetry } = this.deps;
    const requestId = givenOrNewId(payload.extensions?.['requestId'], app.newId);
    const refused = (error: unknown): OperationOutcome => {
      const shown = runner.show(error, requestId);
      telemetry.faulted(codeOf(shown));
      return { kind: 'refused', result: { errors: [shown] }, thrown: [] };
    };
    try {
      // What was completed in the same breath has left by the next.
      if (this.busy > limits.operationsPerConnection) await new Promise((resolve) => setImmediate(resolve));
      if (this.busy > limits.operationsPerConnection) {
        return refused(tooMany('TOO_MANY_OPERATIONS', limits.operationsPerConnection, 'operations on one connection'));
      }
      const session = this.admission?.session;
      const actor = await session?.actor();
      if (session === undefined || actor == null) return refused(fault('UNAUTHENTICATED', 'Sign in first.'));
      const leaving = this.leavingWhen(() => this.gone || !isWanted());
      const context = new LiveContext(app, actor, requestId, this.address, session, broadcast, leaving);
      return await this.inTurn(() => runner.run(payload, context, () => connections.claimSubscription(session)));
    } catch (error) {
      return refused(error);
    }
  }

  /** A few at a time, and none while the client has not taken the answers that are there. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { parallelPerConnection, backlogBytes } = this.deps.limits;
    while (!this.gone && (this.working >= parallelPerConnection || this.raw.bufferedAmount > backlogBytes)) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.gone) throw fault('SERVICE_UNAVAILABLE', 'the connection is closed');
    this.working += 1;
    try {
      return await work();
    } finally {
      this.working -= 1;
      // By then the answer is among those that wait for the client.
      setImmediate(() => this.callWaiting());
    }
  }

  private leavingWhen(left: () => boolean): Leaving {
    return (gone) => {
      const look = (): void => {
        if (left()) gone();
      };
      this.wanted.add(look);
      look();
      return () => void this.wanted.delete(look);
    };
  }

  private callWaiting(): void {
    for (const look of this.waiting.splice(0)) look();
  }

  /* For the register of connections */

  end(cause: EndCause): void {
    const [code, reason] = CLOSES[cause];
    this.close(code, reason);
  }

  tend(): void {
    const { stallMs, pingMs } = this.deps.limits;
    const nowMs = performance.now();
    const stuck = this.stuckSinceMs !== null && nowMs - this.stuckSinceMs > stallMs;
    const silent = this.pingedMs !== null && nowMs - this.pingedMs > stallMs;
    if (stuck || silent) {
      this.raw.terminate();
    } else if (this.pingedMs === null && nowMs - this.heardMs > pingMs) {
      this.pingedMs = nowMs;
      this.raw.ping();
    }
  }

  closed(): void {
    this.gone = true;
    this.noStranger();
    this.admission?.leave();
    this.callWaiting();
    for (const look of this.wanted) look();
  }

  private heard(): void {
    this.heardMs = performance.now();
    this.pingedMs = null;
    this.readIfRead();
  }

  /** Whoever lets answers pile up is not asked for more questions. */
  private readIfRead(): void {
    if (this.raw.readyState !== this.raw.OPEN) return;
    const { backlogBytes } = this.deps.limits;
    if (this.raw.bufferedAmount > backlogBytes) {
      if (!this.raw.isPaused) this.raw.pause();
    } else if (this.raw.isPaused && this.raw.bufferedAmount < backlogBytes / 2) {
      this.raw.resume();
    }
  }
}

/** A token that has run out can be had anew; nothing else about a sign-in mends itself. */
const closeForSignIn = (reason: string): number =>
  reason === 'TOKEN_EXPIRED' ? CloseCode.Forbidden : CloseCode.Unauthorized;
