/**
 * GraphQL over server-sent events, one stream for one operation (the distinct connections mode of graphql-sse). A stream
 * writes only what the client takes: the next event is asked for when the last has left.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { ExecutionResult } from 'graphql';
import type { App } from '../../src/app';
import type { Telemetry } from '../../src/platform/telemetry';
import { leavingBy } from '../context';
import { fault } from '../faults';
import { codeOf } from '../metrics';
import type { Connection, Connections, EndCause } from './connections';
import type { ConnectionLimits } from './limits';
import { LiveContext, type Broadcast } from './live-context';
import type { OperationRequest, OperationRunner } from '../operation-runner';

export interface EventStreamDeps {
  readonly app: App;
  readonly runner: OperationRunner;
  readonly connections: Connections;
  readonly broadcast: Broadcast;
  readonly telemetry: Telemetry;
  readonly limits: ConnectionLimits;
}

/** Handles a POST whose JSON body has been read. */
export const serveEventStreams =
  (deps: EventStreamDeps): RequestHandler =>
  async (request, response) => {
    const requestId = request.id as string;
    const stream = new EventStream(deps, response, requestId);
    try {
      demandForm(request);
      const { authorization } = request.headers;
      const { session, leave } = await deps.connections.admit('sse', authorization, stream, requestId);
      if (response.closed) return leave();
      response.once('close', leave);
      const actor = await session.actor();
      if (actor === null) throw fault('UNAUTHENTICATED', 'Sign in first.', { http: { status: 401 } });
      const { app, broadcast } = deps;
      const context = new LiveContext(app, actor, requestId, request.ip ?? '', session, broadcast, leavingBy(response));
      const claim = (): (() => void) => deps.connections.claimSubscription(session);
      await stream.carry(await deps.runner.run((request.body ?? {}) as OperationRequest, context, claim));
    } catch (error) {
      refuse(deps, response, error, requestId);
    }
  };

/** A page of another site cannot send JSON without being asked for first, and cannot bring along anybody's token. */
const demandForm = (request: Request): void => {
  const refused = (status: number, message: string): Error =>
    fault('BAD_USER_INPUT', message, { reason: 'EVENT_STREAM', http: { status } });
  if (request.accepts('text/event-stream') === false) throw refused(406, 'answers are of type text/event-stream');
  if (request.is('application/json') === false) throw refused(415, 'a request is of type application/json');
};

/** Before the stream began, there is an ordinary answer. */
const refuse = (
  { runner, telemetry }: EventStreamDeps,
  response: Response,
  error: unknown,
  requestId: string,
): void => {
  const shown = runner.show(error, requestId);
  telemetry.faulted(codeOf(shown));
  if (response.headersSent || response.closed) {
    response.destroy();
    return;
  }
  const { http } = (error as { extensions?: { http?: { status?: number } } }).extensions ?? {};
  const status = http?.status ?? (shown.extensions['code'] === 'SERVICE_UNAVAILABLE' ? 503 : 500);
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  response.status(status).json({ errors: [shown] });
};

class EventStream implements Connection {
  private unsent = 0;
  /** Since when nothing of what waits for the client has moved; null while nothing waits. */
  private stuckSinceMs: number | null = null;
  private wroteMs = performance.now();
  private ended = false;

  constructor(
    private readonly deps: EventStreamDeps,
    private readonly response: Response,
    private readonly requestId: string,
  ) {}

  async carry(outcome: Awaited<ReturnType<OperationRunner['run']>>): Promise<void> {
    if (outcome.kind !== 'stream') {
      this.begin();
      await this.next(outcome.result);
      this.complete();
      return;
    }
    const { results } = outcome;
    const stop = (): void => void results.return(undefined);
    this.response.once('close', stop);
    if (this.response.closed) return stop();
    // Only now, when nothing is missed any more, does the client hear that it is connected.
    this.begin();
    for await (const result of results) {
      await this.next(result);
      if (this.ended || this.response.closed) break;
    }
    this.complete();
  }

  /* For the register of connections */

  end(cause: EndCause): void {
    if (this.ended || !this.response.headersSent) return;
    if (cause !== 'GOING_AWAY') {
      const error = fault('UNAUTHENTICATED', 'the sign-in does not hold any longer', { reason: cause });
      void this.next({ errors: [this.deps.runner.show(error, this.requestId)] });
    }
    if (cause === 'SIGNED_OUT') return this.complete();
    // Without `complete` clients come again, with a fresh token if they have one.
    this.ended = true;
    this.response.end();
  }

  tend(): void {
    const { stallMs, pingMs } = this.deps.limits;
    const nowMs = performance.now();
    if (this.stuckSinceMs !== null) {
      if (nowMs - this.stuckSinceMs > stallMs) this.response.destroy();
    } else if (this.response.headersSent && nowMs - this.wroteMs > pingMs) {
      void this.write(':\n\n');
    }
  }

  private begin(): void {
    this.response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      // Proxies that would collect the answer before they hand it on.
      'x-accel-buffering': 'no',
    });
    // Some browsers wait for the first byte.
    this.response.write(':\n\n');
  }

  private next(result: ExecutionResult): Promise<void> {
    return this.write(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
  }

  private complete(): void {
    if (this.ended || this.response.closed) return;
    this.ended = true;
    this.response.end('event: complete\ndata:\n\n');
  }

  /** Resolves when the client's side of the network has taken it, or is gone. */
  private async write(text: string): Promise<void> {
    const { response } = this;
    if (this.ended || response.closed) return;
    this.wroteMs = performance.now();
    this.unsent += 1;
    this.stuckSinceMs ??= performance.now();
    await new Promise<void>((resolve) => {
      response.once('close', resolve);
      response.write(text, () => {
        response.removeListener('close', resolve);
        resolve();
      });
    });
    this.unsent -= 1;
    this.stuckSinceMs = this.unsent > 0 ? performance.now() : null;
  }
}
