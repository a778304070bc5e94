/**
 * The short way into GraphQL: a plain POST of JSON goes from the socket straight to Apollo Server, without the chain of
 * handlers that the site is made of. Whatever is odd about a request takes the long way, which says what is wrong.
 */
import { IncomingMessage, ServerResponse, type OutgoingHttpHeaders, type RequestListener } from 'node:http';
import { Socket } from 'node:net';
import { HeaderMap, type ApolloServer } from '@apollo/server';
import helmet from 'helmet';
import type { App } from '../src/app';
import type { Actor } from '../src/kernel/actor';
import { isUsableBody } from './clean-input';
import { GraphContext } from './context';

export interface ShortWayDeps {
  readonly app: App;
  readonly apollo: ApolloServer<GraphContext>;
  /** The long way. It leaves a body alone that is read already. */
  readonly site: RequestListener;
  readonly path: string;
  readonly maxBodyBytes: number;
  /** The id that the request goes by; its answer says it. */
  readonly nameRequest: (request: IncomingMessage) => string;
  /** Throws the fault of a credential that does not hold; null without one. */
  readonly signIn: (credential: string | undefined, requestId: string) => Promise<Actor | null>;
}

const PLAIN_JSON = /^application\/json(?: *; *charset=utf-?8)?$/i;
/** What Apollo Server looks at: the form of the answer, and whether a browser may have sent it from elsewhere. */
const HEADERS = ['accept', 'content-type', 'apollo-require-preflight', 'x-apollo-operation-name'] as const;

export const createShortWay = (deps: ShortWayDeps): RequestListener => {
  const { app, path, maxBodyBytes, site } = deps;
  // Every request is told of: that is what the handlers of the site are for.
  if (app.config.tracing !== null || app.logger.isLevelEnabled('debug')) return site;
  const protection = protectiveHeaders();

  const isPlain = ({ method, url, headers }: IncomingMessage): boolean =>
    method === 'POST' &&
    url === path &&
    PLAIN_JSON.test(headers['content-type'] ?? '') &&
    headers['content-encoding'] === undefined &&
    Number(headers['content-length'] ?? Infinity) <= maxBodyBytes;

  return (request, response) => {
    if (!isPlain(request)) {
      site(request, response);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = parsed(chunks);
      if (!isUsableBody(body)) {
        site(Object.assign(request, { body }), response);
        return;
      }
      answer(deps, request, response, body, protection).catch((error: unknown) => {
        app.logger.error({ err: error }, 'a request failed unforeseen');
        response.destroy();
      });
    });
  };
};

const answer = async (
  { app, apollo, nameRequest, signIn }: ShortWayDeps,
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
  protection: OutgoingHttpHeaders,
): Promise<void> => {
  const requestId = nameRequest(request);
  const headers = new HeaderMap();
  for (const name of HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const answered = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: 'POST', headers, search: '', body },
    context: async () =>
      new GraphContext(
        app,
        await signIn(request.headers.authorization, requestId),
        requestId,
        request.socket.remoteAddress ?? '',
      ),
  });
  const statusCode = answered.status ?? 200;
  if (statusCode >= 500) app.logger.error({ requestId, statusCode }, 'request failed');
  const outgoing: OutgoingHttpHeaders = { ...protection, 'x-request-id': requestId };
  for (const [name, value] of answered.headers) outgoing[name] = value;
  const { body: text } = answered;
  if (text.kind === 'complete') {
    outgoing['content-length'] = Buffer.byteLength(text.string);
    response.writeHead(statusCode, outgoing).end(text.string);
    return;
  }
  response.writeHead(statusCode, outgoing);
  for await (const chunk of text.asyncIterator) response.write(chunk);
  response.end();
};

/** What helmet adds to every answer: always the same, so it is asked once. */
const protectiveHeaders = (): OutgoingHttpHeaders => {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet()(request, response, () => undefined);
  return { ...response.getHeaders() };
};

/** Undefined for what is no JSON. */
const parsed = (chunks: readonly Buffer[]): unknown => {
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
};
